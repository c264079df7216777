"""The contract of transports over RabbitMQ, through a wire that breaks anywhere."""

import gc
import uuid

import pytest

from synchronizer.client import Mirror
from synchronizer.client.bus import BusTransport
from synchronizer.model.backoff import Backoff
from synchronizer.store import open_store
from synchronizer.testing.backups import Backup
from synchronizer.testing.bus import BusDoors
from synchronizer.testing.proxy import Proxy
from synchronizer.testing.transport import TransportContract
from synchronizer.testing.writing import as_truth, declare, truth, write

pytestmark = [
    # oslo.messaging and kombu leave sockets that broke to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def collected():
    """What they left is collected while that may be said."""
    yield
    gc.collect()


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    declare(store)
    yield store
    store.close()


@pytest.fixture
def exchange(rabbit, store):
    """An exchange whose topics tell the store."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    with BusDoors(store, rabbit.url, name):
        yield name


class TestBus(TransportContract):
    """RPC and notifications over a real broker."""

    examples = 6
    cuts = (0, 61, 300, 700, 2000, 9000, 30_000)
    heals = True

    @pytest.fixture
    def transport(self, rabbit, exchange):
        transport = BusTransport(rabbit.url, exchange=exchange, timeout=20)
        yield transport
        transport.close()

    @pytest.fixture
    def link(self, rabbit):
        with Proxy(("127.0.0.1", rabbit.port)) as proxy:
            yield proxy

    @pytest.fixture
    def weak(self, rabbit, exchange, link):
        url = f"rabbit://{rabbit.user}:{rabbit.password}@127.0.0.1:{link.port}/"
        transport = BusTransport(url, exchange=exchange, timeout=3, watch_timeout=3)
        yield transport
        transport.close()

    @pytest.mark.parametrize("commits", [0, 2, 6], ids=["behind", "level", "beyond"])
    def test_a_mirror_of_a_store_that_goes_back_gets_all_again(
        self, store, transport, tmp_path, eventually, commits
    ):
        """Bookmarks tell the log's digest; the RPC refuses to go on from another history."""
        write(store, {"a": {"n": 1}, "b": {"n": 1}})
        backup = Backup(tmp_path / "store.sqlite")
        write(store, {"ghost": {"n": 1}})
        write(store, {"a": {"n": 2}})
        with Mirror(transport, backoff=Backoff(0.01, 0.1)) as mirror:
            assert mirror.wait_revision(3, 20)
            backup.restore()
            for n in range(commits):
                write(store, {f"new{n}": {"n": n}})
            wanted = store.head().digest.hex()
            eventually(lambda: mirror.digest == wanted, 30)
            assert as_truth(mirror.values()) == truth(store, 1 + commits)
            last = write(store, {"after": {}})
            assert mirror.wait_revision(last, 20)
            assert mirror.statistics.mismatches == 0
