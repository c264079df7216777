"""The service clients of the plugin."""

from synchronizer_tempest_plugin.services.stacks_client import StacksClient
from synchronizer_tempest_plugin.services.synchronizer_client import SynchronizerClient

__all__ = ["StacksClient", "SynchronizerClient"]
