"""The permissions that the documentation gives suffice for everything that is done on the bus."""

import re
import shlex
from pathlib import Path

import pytest
from plain import Consumer, programs

from synchronizer.bus.topics import EXCHANGE
from synchronizer.client.bus import BusTransport
from synchronizer.client.mirror import Mirror
from synchronizer.testing.bus import BusDoors
from synchronizer.testing.rabbit import Rabbit
from synchronizer.testing.writing import truth, write

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "bus.rst"


def commands():
    """Yield the page's rabbitmqctl commands about permissions."""
    text = PAGE.read_text().replace("\\\n", "")
    for line in re.findall(r"^   rabbitmqctl (set_permissions .*)$", text, flags=re.MULTILINE):
        yield shlex.split(line)


@pytest.fixture
def exchange():
    return EXCHANGE


@pytest.fixture
def users(rabbit):
    """Make the page's users; return each one's URL."""
    urls = {}
    for words in commands():
        user = words[1]
        rabbit.control("add_user", user + "-page", "pw")
        rabbit.control(words[0], user + "-page", *words[2:])
        urls[user] = rabbit.url.replace(f"{Rabbit.user}:{Rabbit.password}", f"{user}-page:pw")
    assert set(urls) == {"synchronizer", "consumer"}
    yield urls
    for user in urls:
        rabbit.control("delete_user", user + "-page")


def test_they_suffice(users, store, eventually):
    write(store, {"1": {"n": 1}})
    with BusDoors(store, users["synchronizer"], EXCHANGE):
        transport = BusTransport(users["consumer"], timeout=20, watch_timeout=5)
        try:
            with Mirror(transport, []) as mirror:
                assert mirror.wait_synced(30)
                last = write(store, {"2": {"n": 2}, "1": None})
                eventually(lambda: mirror.revision >= last, 20)
                assert {key: each.revision for key, each in mirror.items()} == {
                    key: revision for key, (revision, _) in truth(store, last).items()
                }
        finally:
            transport.close()


@pytest.mark.parametrize("program", programs(), ids=["short", "noticing"])
def test_they_suffice_for_a_listener_of_oslo_messaging(
    users, rabbit, store, tmp_path, eventually, program
):
    with BusDoors(store, users["synchronizer"], EXCHANGE):
        consumer = Consumer(tmp_path, users["consumer"], EXCHANGE, program)
        try:
            eventually(consumer.listings, 60)
            last = write(store, {"1": {"n": 1}})
            eventually(lambda: consumer.has_reached(last), 30)
        finally:
            consumer.kill()
            rabbit.control("delete_queue", "mine")
