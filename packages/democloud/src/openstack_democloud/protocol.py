"""uvicorn's HTTP protocol, with the connection within reach of the faults that cut it."""

from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from openstack_democloud.door import TRANSPORT


class CuttableProtocol(HttpToolsProtocol):
    """Puts the transport into the scope: ASGI has no way to say "hang up"."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        cast("dict[str, object]", self.scope)[TRANSPORT] = self.transport
