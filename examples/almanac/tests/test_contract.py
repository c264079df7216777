"""The contract of plugins, over this one."""

from synchronizer_almanac import Almanac

from synchronizer.testing.plugin import PluginContract


class TestAlmanac(PluginContract):
    """Some seventy tests, inherited."""

    plugin = Almanac
