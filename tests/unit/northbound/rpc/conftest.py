"""An endpoint over a store, asked as oslo.messaging would."""

import base64
import json

import pytest
import zstandard

from synchronizer.northbound.http.app import build
from synchronizer.northbound.rpc.endpoint import Endpoint
from synchronizer.northbound.rpc.in_process import InProcessClient
from synchronizer.store import open_store
from synchronizer.testing.writing import declare


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    declare(store)
    yield store
    store.close()


@pytest.fixture
def inside(store):
    inside = InProcessClient(build(store))
    inside.start()
    yield inside
    inside.stop()


@pytest.fixture
def endpoint(inside):
    return Endpoint(inside, page_bytes=2000)


@pytest.fixture
def walk(endpoint):
    """Walk over all pages of a method; return the replies."""

    def walked(method, **arguments):
        replies, marker = [], None
        while True:
            reply = getattr(endpoint, method)({}, marker=marker, **arguments)
            if "zstd" in reply:
                reply = json.loads(zstandard.decompress(base64.b64decode(reply["zstd"])))
            replies.append(reply)
            marker = reply["next"]
            if marker is None:
                return replies
            assert len(replies) < 500

    return walked
