"""The server: where it listens, and how it stops."""

import signal
import socket
import subprocess
import sys
import time

import pytest

from synchronizer.model.errors import ConfigurationError
from synchronizer.northbound.http import HttpServer, build


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1"])
def test_it_listens_on_this_machine_only(store, host):
    with pytest.raises(ConfigurationError, match="Authentication is not configured"):
        HttpServer(build(store), host, 0, ready=print)


def test_a_taken_port_is_a_configuration_error(store):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Cannot listen on 127.0.0.1:{port}"):
            HttpServer(build(store), "127.0.0.1", port, ready=print)


def test_a_name_that_is_none_is_a_configuration_error(store):
    with pytest.raises(ConfigurationError, match="no address to listen on"):
        HttpServer(build(store), "no.such.host.invalid", 0, ready=print)


SERVE = """
import asyncio, sys
from synchronizer.northbound.http import build, serve
from synchronizer.store import open_store
store = open_store(sys.argv[1])
asyncio.run(serve(build(store), "127.0.0.1", 0, ready=lambda port: print(port, flush=True)))
"""


def test_sigterm_stops_it_within_five_seconds_with_watches_open(tmp_path, store):
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    with subprocess.Popen([sys.executable, "-c", SERVE, url], stdout=subprocess.PIPE) as process:
        port = int(process.stdout.readline())
        watches = []
        for _ in range(20):
            watch = socket.create_connection(("127.0.0.1", port), timeout=20)
            watch.sendall(
                b"GET /v1/changes HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
            )
            watches.append((watch, watch.makefile("rb")))
        for _, lines in watches:
            while lines.readline() != b"event: bookmark\n":
                pass
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        took = time.monotonic() - began
        for watch, lines in watches:
            assert lines.read().endswith(b"0\r\n\r\n")
            lines.close()
            watch.close()
    assert took < 5
