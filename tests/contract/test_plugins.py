"""The contract of plugins, over every plugin that we ship."""

from synchronizer.plugins.keystone import Keystone
from synchronizer.plugins.nova import Nova
from synchronizer.testing.plugin import PluginContract
from synchronizer.testing.toy import Grain, Thing, Toy


class TestKeystone(PluginContract):
    plugin = Keystone


class TestNova(PluginContract):
    plugin = Nova


class Both(Toy):
    """The toy service's plugin with both of its ways; tests of races choose one of them."""

    resources = (Thing, Grain)


class TestToy(PluginContract):
    plugin = Both
