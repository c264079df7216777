"""What a cloud's services told by themselves while something was done, and what they did not.

A deed of which its service sends no notification cannot be hinted, however well anybody
listens: it is found by the next poll or sweep. To tell those deeds from the ones whose
notification was missed, this listens beside the synchronizer, with queues of its own.
"""

import contextlib
import time
from typing import NamedTuple

import kombu
import msgspec
from amqp.exceptions import NotFound

from synchronizer.plugins import installed
from synchronizer.plugins.hints import Hints
from synchronizer.sampling.notifications.listener import Listener

POOL = "overheard"


class Told(NamedTuple):
    """A notification: when it came (monotonic), the type it concerns, and the ids; none: some."""

    at: float
    type: str
    ids: tuple[str, ...]


class Overheard:
    """Listens from `__enter__` to `__exit__` to what the services of some plugins tell."""

    def __init__(self, access, plugins):
        self.told = []
        notifications = msgspec.structs.replace(access.notifications, pool=POOL, drain=())
        found = {name: plugin for name, plugin in installed().items() if name in plugins}
        self._listeners = [
            Listener(notifications, each.exchanges, Hints(each.declared()), name=name)
            for name, each in found.items()
            if each.exchanges
        ]

    def __enter__(self):
        for each in self._listeners:
            each.start(lambda type_, ids, *_: self._hear(type_, ids))
        return self

    def __exit__(self, *_):
        for each in self._listeners:
            each.stop()

    def _hear(self, type_, ids):
        self.told.append(Told(time.monotonic(), type_, tuple(ids)))

    def of(self, type_, id_, since, until):
        """Whether a notification within some time concerned an entity."""
        return any(
            told.type == type_
            and since <= told.at <= until
            and (not told.ids or any(names(each, id_) for each in told.ids))
            for told in list(self.told)
        )


def names(whole, part):
    """Whether an entity's id is, or as one of its parts has, the id that its service gave."""
    return part == whole or part in whole.split("/")


def await_listeners(access, plugins, seconds):
    """Wait until a synchronizer listens for each of these plugins that can be told anything."""
    found = installed()
    pool = access.notifications.pool
    waiting = {f"{pool}.{access.name}.{name}" for name in plugins if found[name].exchanges}
    url = access.notifications.transport_url.replace("rabbit:", "amqp:", 1)
    until = time.monotonic() + seconds
    with kombu.Connection(url if url.endswith("//") else f"{url}/") as connection:
        while waiting:
            assert time.monotonic() < until, f"nobody listens at {sorted(waiting)}"
            waiting = {queue for queue in waiting if not _consumers(connection, queue)}
            time.sleep(0.2)


def _consumers(connection, queue):
    with contextlib.suppress(NotFound), connection.channel() as channel:
        return channel.queue_declare(queue, passive=True).consumer_count
    return 0
