"""The service clients of the plugin."""

from synchronizer.contrib.tempest.services.stacks_client import StacksClient
from synchronizer.contrib.tempest.services.synchronizer_client import SynchronizerClient

__all__ = ["StacksClient", "SynchronizerClient"]
