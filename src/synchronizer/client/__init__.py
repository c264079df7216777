"""The consumer's library: a transport to a synchronizer, and a live copy over it.

::

    with Mirror(HttpTransport("http://127.0.0.1:8989"), ["nova.server"]) as servers:
        servers.wait_synced()
        print(len(servers), servers.revision)

It needs keystoneauth1 and msgspec, and nothing of the server; over the message bus
(`transport_to` a ``rabbit://`` URL) the extra ``messaging`` as well.
"""

from synchronizer.client.connect import transport_to
from synchronizer.client.http import HttpTransport
from synchronizer.client.mirror import Mirror
from synchronizer.client.mirror_state import Key
from synchronizer.client.transport import Bookmark, EntityType, Page, Snapshot, Transport, Watch

__all__ = [
    "Bookmark",
    "EntityType",
    "HttpTransport",
    "Key",
    "Mirror",
    "Page",
    "Snapshot",
    "Transport",
    "Watch",
    "transport_to",
]
