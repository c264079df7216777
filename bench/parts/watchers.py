"""A crowd of watchers in one process: counts events and notes when they came.

Reads commands from standard input, one JSON object a line: ``{"expect": N, "times": bool}``
arms the count, is answered with ``{"armed": true}``, and with the result when N events
have come in all. Times are of CLOCK_MONOTONIC, which all processes of a machine share.
"""

import asyncio
import json
import sys
import time
from typing import Any

import uvloop

from bench.parts.measuring import cpu

_ROOM = 1 << 18
_END = b"\n\n"
_BOOKMARK = b"event: bookmark"


class Crowd:
    """What all watchers share."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.buffer = bytearray(_ROOM)
        self.view = memoryview(self.buffer)
        self.ready = self.lost = 0
        self.expected = self.delivered = self.bytes = 0
        self.first = self.last = 0.0
        self.times: list[float] | None = None
        self.complete = asyncio.Event()
        self.all_ready = asyncio.Event()

    def arm(self, expected: int, *, times: bool) -> None:
        self.expected, self.delivered, self.bytes, self.first = expected, 0, 0, 0.0
        self.times = [] if times else None
        self.complete.clear()

    def came(self, events: int, size: int) -> None:
        now = time.monotonic()
        self.first = self.first or now
        self.last = now
        self.delivered += events
        self.bytes += size
        if self.times is not None:
            self.times += [now] * events
        if self.delivered >= self.expected:
            self.complete.set()


class Watcher(asyncio.BufferedProtocol):
    def __init__(self, crowd: Crowd, path: str) -> None:
        self._crowd = crowd
        self._path = path
        self._ready = False
        self._half = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(  # type: ignore[attr-defined]
            b"GET %b HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
            % self._path.encode()
        )

    def connection_lost(self, _error: Exception | None) -> None:
        self._crowd.lost += 1

    def get_buffer(self, _hint: int) -> memoryview:
        return self._crowd.view

    def buffer_updated(self, size: int) -> None:
        crowd = self._crowd
        if not self._ready:
            if crowd.buffer.find(_BOOKMARK, 0, size) >= 0:
                self._ready = True
                crowd.ready += 1
                if crowd.ready == crowd.number:
                    crowd.all_ready.set()
            return
        # Every event ends with an empty line; comments and bookmarks are not counted.
        if size < 200 and crowd.buffer.find(b":\n\n", 0, size) >= 0:
            return
        events = crowd.buffer.count(_END, 0, size) - crowd.buffer.count(_BOOKMARK, 0, size)
        if not events:
            return
        if self._half and crowd.buffer[0] == 10:
            events += 1
        self._half = crowd.buffer[size - 1] == 10 and not crowd.buffer.endswith(_END, 0, size)
        crowd.came(events, size)


async def _run(port: int, number: int, path: str) -> None:
    loop = asyncio.get_running_loop()
    crowd = Crowd(number)
    for _ in range(number):
        await loop.create_connection(lambda: Watcher(crowd, path), "127.0.0.1", port)
    await asyncio.wait_for(crowd.all_ready.wait(), 60)
    print(json.dumps({"ready": number}), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        crowd.arm(order["expect"], times=order.get("times", False))
        used = cpu()
        print(json.dumps({"armed": True}), flush=True)
        try:
            await asyncio.wait_for(crowd.complete.wait(), order.get("timeout", 120))
        except TimeoutError:
            pass
        else:
            await asyncio.sleep(0.2)  # more than expected would be seen, too
        found: dict[str, Any] = {
            "delivered": crowd.delivered,
            "lost": crowd.lost,
            "bytes": crowd.bytes,
            "first": crowd.first,
            "last": crowd.last,
            "cpu": cpu() - used,
        }
        print(json.dumps(found | {"times": crowd.times or []}), flush=True)


def watchers(port: int, number: int, path: str) -> dict[str, Any]:
    uvloop.run(_run(port, number, path))
    return {}
