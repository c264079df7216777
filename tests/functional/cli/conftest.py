"""A store with a little in it, served over real HTTP."""

import threading

import pytest

from synchronizer.northbound.http.app import build
from synchronizer.northbound.http.server import HttpServer
from synchronizer.store import open_store
from synchronizer.testing.writing import PROJECTS, declare, write


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    declare(store)
    write(store, {"1": {"id": "1", "name": "web", "status": "ACTIVE", "flavor": {"vcpus": 2}}})
    write(store, {"2": {"id": "2", "name": "db", "status": "BUILD", "flavor": {"vcpus": 4}}})
    write(store, {"p": {"id": "p", "name": "admin", "enabled": True}}, PROJECTS)
    write(store, {"2": {"id": "2", "name": "db", "status": "ERROR", "flavor": {"vcpus": 4}}})
    yield store
    store.close()


@pytest.fixture
def url(store):
    ready, ports = threading.Event(), []

    def told(port):
        ports.append(port)
        ready.set()

    server = HttpServer(build(store, bookmark_interval=0.3), "127.0.0.1", 0, ready=told)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert ready.wait(10)
    yield f"http://127.0.0.1:{ports[0]}"
    server.stop()
    thread.join(10)
