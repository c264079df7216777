"""The contract of plugins, over those of the further services."""

from synchronizer.plugins.aodh import Aodh
from synchronizer.plugins.designate import Designate
from synchronizer.plugins.gnocchi import Gnocchi
from synchronizer.plugins.ironic import Ironic
from synchronizer.plugins.magnum import Magnum
from synchronizer.plugins.manila import Manila
from synchronizer.plugins.nagios import Nagios
from synchronizer.plugins.octavia import Octavia
from synchronizer.testing.plugin import PluginContract
from synchronizer.testing.plugin.bench import CANARY


class TestAodh(PluginContract):
    plugin = Aodh


class TestDesignate(PluginContract):
    plugin = Designate


class TestGnocchi(PluginContract):
    plugin = Gnocchi

    def item(self, resource, number, parent):
        """A resource of another type than the generic one is read in two steps."""
        item = super().item(resource, number, parent)
        if resource.name == "resource":
            item["type"] = "generic"
        return item


class TestIronic(PluginContract):
    plugin = Ironic

    def item(self, resource, number, parent):
        """The secrets of a rule are in its actions, which are in order."""
        item = super().item(resource, number, parent)
        if resource.name == "inspection_rule":
            item["actions"] = [{"op": "log", "args": {"msg": CANARY}}, {"op": "fail", "args": {}}]
        return item


class TestMagnum(PluginContract):
    plugin = Magnum


class TestManila(PluginContract):
    plugin = Manila


class TestNagios(PluginContract):
    plugin = Nagios


class TestOctavia(PluginContract):
    plugin = Octavia
