"""The contract of every plugin as a suite of tests: for its author, who builds nothing.

::

    class TestNova(PluginContract):
        plugin = Nova

That checks each declaration, what becomes of items that are made from it, and how the
sampler fares with a service in memory (`Bench`) that lists such items as the declaration
says, one fault at a time. Where a service's items are built in a way that no declaration
tells, override `PluginContract.item`.
"""

from synchronizer.testing.plugin.bench import Rig
from synchronizer.testing.plugin.declared import Declared
from synchronizer.testing.plugin.examined import Examined
from synchronizer.testing.plugin.sampled import Sampled

__all__ = ["PluginContract", "Rig"]


class PluginContract(Declared, Examined, Sampled):
    """Inherit it and name the plugin; see `synchronizer.testing.plugin.items.Items`."""
