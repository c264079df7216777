"""Asks the HTTP application without a wire: so both doors answer the same by construction.

The application runs in an event loop of its own; calls come from any thread.
"""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from synchronizer.northbound.http.app import Application

Pairs = Sequence[tuple[str, str]]


class Reply(NamedTuple):
    """An answer: status, body, and the log that it is of: its epoch, and its digest, if told."""

    status: int
    body: bytes
    epoch: str
    digest: str | None = None


class InProcessClient:
    """An application that is asked from inside its process, from `start` to `stop`."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._lifespan = app.router.lifespan_context(app)

    def start(self) -> None:
        """Bring the application up."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="inside", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._lifespan.__aenter__(), self._loop).result()

    def stop(self) -> None:
        """Bring it down; calls under way are answered with an error."""
        self._loop.call_soon_threadsafe(self._app.state.stop)
        ending = self._lifespan.__aexit__(None, None, None)
        asyncio.run_coroutine_threadsafe(ending, self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def epoch(self) -> str:
        """Return the epoch of the log that answers come from now."""
        epoch: str = self._app.state.north.head().epoch
        return epoch

    def ask(self, method: str, path: str, query: Pairs = ()) -> Reply:
        """Return the answer to a call; *path* is written as in a URL, parts quoted."""
        asked = asyncio.run_coroutine_threadsafe(self._ask(method, path, query), self._loop)
        return asked.result()

    async def _ask(self, method: str, path: str, query: Pairs) -> Reply:
        done = asyncio.Event()
        head: dict[str, Any] = {}
        parts: list[bytes] = []

        async def receive() -> dict[str, Any]:
            await done.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                head.update(message)
            else:
                parts.append(message.get("body", b""))
                if not message.get("more_body"):
                    done.set()

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": urlencode(query, quote_via=quote).encode(),
            "headers": [(b"content-type", b"application/json")],
            "root_path": "",
        }
        try:
            await self._app(scope, receive, send)
        finally:
            done.set()
        named = dict(head.get("headers", ()))
        return Reply(
            head.get("status", 500),
            b"".join(parts),
            named.get(b"synchronizer-epoch", b"").decode(),
            named.get(b"synchronizer-digest", b"").decode() or None,
        )
