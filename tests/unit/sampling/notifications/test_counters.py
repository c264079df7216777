"""What was heard is written once, whatever happens to the store meanwhile."""

from types import SimpleNamespace

import pytest

from synchronizer.model.errors import StoreFullError
from synchronizer.sampling.notifications.counters import NotificationCounters
from synchronizer.sampling.notifications.listener import Counts


class Listening:
    heard = (0, 0, 0)

    def counts(self):
        return Counts(*self.heard, True)


@pytest.fixture
def made(store):
    listener = Listening()
    return SimpleNamespace(
        listener=listener, store=store, heard=NotificationCounters(store, "cloud", "nova", listener)
    )


def counted(made):
    return {each.name: each.value for each in made.store.counters()}


def test_each_notification_is_counted_once(made):
    made.heard.write()
    assert counted(made) == {}
    made.listener.heard = (10, 6, 1)
    made.heard.write()
    made.heard.write()
    made.listener.heard = (14, 7, 1)
    made.heard.write()
    assert counted(made) == {"hinted": 7, "ignored": 6, "malformed": 1}


def test_a_store_that_takes_nothing_now_gets_it_later(made, monkeypatch):
    def full(*_, **__):
        raise StoreFullError("no space")

    made.listener.heard = (10, 6, 1)
    with monkeypatch.context() as broken:
        broken.setattr(made.store, "count", full)
        made.heard.write()
    made.heard.write()
    assert counted(made) == {"hinted": 6, "ignored": 3, "malformed": 1}
