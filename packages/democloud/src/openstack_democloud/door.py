"""The door: every request comes in here, meets its faults, and is counted."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

from openstack_democloud.cloud import Cloud
from openstack_democloud.demo import Demo
from openstack_democloud.exchange import Answer, Ask
from openstack_democloud.faults.kinds import Serve

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_ROOT = re.compile(r"(/[a-z-]+)?(/v[0-9.]+)?")

#: Where ``protocol.py`` puts the connection, for faults that cut it.
TRANSPORT = "democloud.transport"


class Door:
    """The ASGI application."""

    def __init__(self, cloud: Cloud, demo: Demo) -> None:
        self.cloud = cloud
        self.demo = demo

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = dict(scope["headers"])
        body = b""
        if scope["method"] in {"POST", "PUT", "PATCH"}:
            body = await _body(receive)
        ask = Ask(
            scope["method"],
            _path(scope["raw_path"]),
            scope["query_string"],
            headers,
            body,
            self.cloud.base,
        )
        if ask.path.startswith("/demo"):
            await self._send(scope, send, await self.demo.serve(ask))
            return
        ask.family = f"{ask.method} {self.cloud.services.route(ask.path)}"
        calls = self.cloud.calls
        calls.start(ask.family)
        status, size = 0, 0
        try:
            answer = await self._answer(ask, receive)
            status, size = answer.status, len(answer.body)
            await self._send(scope, send, answer)
        finally:
            calls.end(ask.family, status, size)

    async def _answer(self, ask: Ask, receive: Receive) -> Answer:
        async def genuine(ask: Ask) -> Answer:
            return self.cloud.services.serve(self.cloud, ask)

        script = self.demo.script
        if not script.faults:
            return self.cloud.services.serve(self.cloud, ask)
        serve = script.around(ask, genuine)
        if serve is genuine:
            return self.cloud.services.serve(self.cloud, ask)
        return await _unless_gone(serve, ask, receive)

    async def _send(self, scope: Scope, send: Send, answer: Answer) -> None:
        transport = scope.get(TRANSPORT)
        if answer.reset:
            if transport is not None:
                transport.abort()
            return
        headers = [
            (b"date", self.cloud.clock.date().encode()),
            (b"content-type", answer.content_type.encode()),
            (b"x-openstack-request-id", f"req-{uuid.uuid4()}".encode()),
        ]
        if answer.stream is None:
            headers.append((b"content-length", str(len(answer.body)).encode()))
        for name, value in answer.headers.items():
            headers.append((name.lower().encode(), value.encode("latin-1")))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if answer.stream is not None:
            for chunk in answer.stream:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": b""})
        elif answer.cut is not None and transport is not None:
            part = answer.body[: answer.cut]
            await send({"type": "http.response.body", "body": part, "more_body": True})
            transport.close()
        else:
            await send({"type": "http.response.body", "body": answer.body})


def _path(raw: bytes) -> str:
    """Return the path that a service sees, as the web servers in front of it leave it.

    They resolve dot segments, but only those that are written out: ``%2E%2E`` is a name. A
    slash at the end makes another path, except at the root of a service or version.
    """
    resolved: list[str] = []
    parts = raw.decode("latin-1").partition("?")[0].split("/")[1:]
    for place, part in enumerate(parts, 1):
        if part == "..":
            resolved = resolved[:-1]
        elif part != ".":
            resolved.append(part)
        if part in {".", ".."} and place == len(parts):
            resolved.append("")
    path = unquote("/" + "/".join(resolved))
    bare = path.rstrip("/")
    return bare or "/" if _ROOT.fullmatch(bare) or bare.startswith("/demo") else path


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _unless_gone(serve: Serve, ask: Ask, receive: Receive) -> Answer:
    """Await the answer, or give up when the client does."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    answer = asyncio.ensure_future(serve(ask))
    leaving = asyncio.ensure_future(gone())
    await asyncio.wait({answer, leaving}, return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    if answer.done():
        return answer.result()
    answer.cancel()
    return Answer(reset=True)
