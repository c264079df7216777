"""Two synchronizers on one bus: each consumer keeps to one log, whatever the other does."""

from contextlib import ExitStack

import pytest

from synchronizer.client import Mirror
from synchronizer.client.bus import BusTransport
from synchronizer.model.backoff import Backoff
from synchronizer.model.errors import OtherLogError
from synchronizer.store import open_store
from synchronizer.testing.bus import BusDoors
from synchronizer.testing.writing import SERVERS, as_truth, declare, truth, write


@pytest.fixture
def stores(tmp_path):
    opened = [open_store(f"sqlite:///{tmp_path}/{name}.sqlite") for name in "abc"]
    for each in opened:
        declare(each)
    yield opened
    for each in opened:
        each.close()


@pytest.fixture
def both(rabbit, exchange, stores):
    """Two synchronizers that share topics and calls."""
    with ExitStack() as stack:
        for name, store in zip("ab", stores, strict=False):
            stack.enter_context(BusDoors(store, rabbit.url, exchange, owner=name, page_bytes=500))
        yield stores


@pytest.fixture
def transport(rabbit, exchange):
    made = []

    def make(**options):
        made.append(BusTransport(rabbit.url, exchange=exchange, timeout=20, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def fill(store, word, number=40):
    return write(store, {f"{word}-{n}": {"text": word * 100} for n in range(number)})


def of(stores, epoch):
    """Return the store that has that log, and the other one."""
    one, other = sorted(stores[:2], key=lambda store: store.head().epoch != epoch)
    return one, other


def test_pages_and_calls_are_of_one_log(both, transport):
    for word, store in zip("ab", both, strict=False):
        fill(store, word)
    for _ in range(3):
        client = transport()
        with client.get_all() as snapshot:
            ours, _ = of(both, snapshot.epoch)
            assert as_truth(snapshot) == truth(ours, snapshot.revision)
        for _ in range(4):
            assert client.changes(0).epoch == snapshot.epoch
            assert client.entity(SERVERS.type, ours.changes(0).records[0].id).revision == 1


def test_a_mirror_keeps_to_one_log(both, transport, eventually):
    for word, store in zip("ab", both, strict=False):
        fill(store, word)
    client = transport()
    with Mirror(client, backoff=Backoff(0.01, 0.1)) as mirror:
        assert mirror.wait_synced(20)
        ours, other = of(both, mirror.epoch)
        for number in range(30):
            write(other, {"theirs": {"n": number}})
            last = write(ours, {"mine": {"n": number}})
        assert mirror.wait_revision(last, 20)
        eventually(lambda: client.log.others)
        revision, held = mirror.snapshot()
        assert as_truth(held.values()) == truth(ours, revision)
        assert (mirror.statistics.relists, mirror.epoch) == (0, ours.head().epoch)
        assert list(client.log.others) == [other.head().epoch]


def test_a_log_may_be_named(both, transport):
    for store in both[:2]:
        for _ in range(3):
            client = transport(epoch=store.head().epoch)
            assert client.changes(0).epoch == store.head().epoch


def test_while_ours_is_away_another_is_not_joined(rabbit, exchange, stores, transport, eventually):
    one, other, _ = stores
    first = fill(one, "a", 3)
    fill(other, "b", 3)
    client = transport(watch_timeout=2)
    with BusDoors(one, rabbit.url, exchange, owner="a"):
        mirror = Mirror(client, backoff=Backoff(0.01, 0.1))
        assert mirror.wait_revision(first, 20)
    with mirror, BusDoors(other, rabbit.url, exchange, owner="b"):
        eventually(lambda: isinstance(mirror.fault, OtherLogError), 30, lambda: mirror.fault)
        assert mirror.epoch == one.head().epoch
        last = write(one, {"late": {}})
        with BusDoors(one, rabbit.url, exchange, owner="a"):
            assert mirror.wait_revision(last, 30)
        assert mirror.statistics.relists == 0


def test_a_store_that_was_replaced_is_followed(rabbit, exchange, stores, transport):
    one, _, replaced = stores
    first = fill(one, "a", 3)
    client = transport(watch_timeout=2)
    with BusDoors(one, rabbit.url, exchange, owner="a"):
        mirror = Mirror(client, backoff=Backoff(0.01, 0.1))
        assert mirror.wait_revision(first, 20)
    with mirror:
        for number in range(3):
            last = write(replaced, {"new": {"n": number}})
        with BusDoors(replaced, rabbit.url, exchange, owner="a"):
            assert mirror.wait_revision(last, 30), mirror.fault
            assert mirror.epoch == replaced.head().epoch
            assert as_truth(mirror.values()) == truth(replaced, last)


def test_an_earlier_release_that_knows_no_epoch_is_understood(both, transport, monkeypatch):
    """It refuses the argument; what it answers with is looked at all the same."""
    monkeypatch.setattr("synchronizer.northbound.rpc.endpoint.REPLY", ("accept", "part"))
    for word, store in zip("ab", both, strict=False):
        fill(store, word, 3)
    client = transport()
    epochs = {client.changes(0).epoch for _ in range(6)}
    assert epochs == {client.log.epoch}
