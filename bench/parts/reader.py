"""The client of a get all: takes the bytes off a socket and drops them."""

import http.client
import socket
import time
from typing import Any

from bench.parts.measuring import cpu

PATH = "/v1/entities?type=nova.server"
_MEDIA = "application/x-ndjson"


def get(port: int, times: int = 1) -> dict[str, Any]:
    """Get all *times* times, each over a connection of its own."""
    buffer = bytearray(1 << 20)
    walls, firsts, sizes, before = [], [], [], cpu()
    for _ in range(times):
        began, first, size = time.monotonic(), 0.0, 0
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(
                b"GET %b HTTP/1.1\r\nHost: localhost\r\nAccept: %b\r\nConnection: close\r\n\r\n"
                % (PATH.encode(), _MEDIA.encode())
            )
            while got := connection.recv_into(buffer):
                first = first or time.monotonic() - began
                size += got
        walls.append(time.monotonic() - began)
        firsts.append(first)
        sizes.append(size)
    return {"walls": walls, "first_bytes": firsts, "bytes": sizes, "client_cpu": cpu() - before}


def count(port: int) -> dict[str, Any]:
    """Get all once and count what came; not for timing."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", PATH, headers={"Accept": _MEDIA})
    answer = connection.getresponse()
    lines = size = 0
    while part := answer.read(1 << 20):
        lines += part.count(b"\n")
        size += len(part)
    return {"status": answer.status, "entities": lines, "bytes": size}
