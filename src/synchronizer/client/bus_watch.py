"""A watch over RabbitMQ: a queue of our own, joined with the log.

1. The queue is bound before the log is asked, so between the two nothing is missed.
2. It belongs to this connection and ends with it; it holds at most `QUEUE_BYTES`, and what
   the broker drops beyond that shows as a gap.
3. A gap, whatever made it, is filled from the log by calls; what came over the bus
   meanwhile is told once.
4. Messages of others on our topics are counted and dropped.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec

from synchronizer.bus.envelope import opened
from synchronizer.bus.rabbit import Address
from synchronizer.bus.told import Mark, Marks, Told
from synchronizer.bus.words import BOOKMARK, EVERY_TOPIC, MARKS_TOPIC, routing_key, topic_of
from synchronizer.client.joining import Joining, chosen
from synchronizer.client.transport import Bookmark, Page
from synchronizer.model.change import OPS, Change
from synchronizer.model.errors import TransportError
from synchronizer.model.status import CollectionStatus

QUEUE_BYTES = 64 << 20
_SLICE = 0.25
"""Seconds of one wait: so soon a close is noticed."""

_told = msgspec.json.Decoder(Told).decode
_marks = msgspec.json.Decoder(Marks).decode
_mark = msgspec.json.Decoder(Mark).decode


class Place(NamedTuple):
    """Which types, cloud and region are watched."""

    types: tuple[str, ...]
    cloud: str | None
    region: str | None

    def wants(self, type_: str) -> bool:
        """Tell whether a type is watched."""
        return not self.types or type_ in self.types


class BusWatch:
    """An open watch; iterated by one thread, closed by any.

    Args:
        pages: returns a page of the log behind a revision.
        timeout: seconds of silence after which it counts as broken.

    Attributes:
        foreign: messages that were not the synchronizer's.
        gaps: how often the log had to be asked because something was missing.
    """

    def __init__(
        self,
        address: Address,
        place: Place,
        since: Callable[[], int],
        pages: Callable[[int], Page],
        *,
        timeout: float,
    ) -> None:
        self.foreign = self.gaps = 0
        self._address = address
        self._place = place
        self._pages = pages
        self._timeout = timeout
        self._closed = threading.Event()
        self._arrived: deque[Any] = deque()
        self._connection = address.connect()
        try:
            with address.broken(self._connection):
                self._listen()
            self.since = since()
            self._first = pages(self.since)  # refuses what cannot be gone on from
        except BaseException:
            self._connection.collect(socket_timeout=1.0)
            raise
        self.epoch = self._first.epoch
        self._joining = Joining(self.since, place.wants)
        self._items = self._read()

    def __iter__(self) -> Iterator[Change | Bookmark]:
        """Yield changes and bookmarks; it ends by an error only."""
        return self._items

    def close(self) -> None:
        """Give the connection up; an iteration that is blocked ends at once."""
        self._closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        self._connection.collect(socket_timeout=1.0)

    # --- inside ----------------------------------------------------------

    def _listen(self) -> None:
        exchange = self._address.declare_exchange(self._connection)
        channel = self._connection.channel()
        queue = channel.queue_declare(
            "",
            exclusive=True,
            auto_delete=True,
            arguments={"x-max-length-bytes": QUEUE_BYTES, "x-overflow": "drop-head"},
        ).queue
        topics = [topic_of(each) for each in self._place.types] or [EVERY_TOPIC]
        for topic in dict.fromkeys((*topics, MARKS_TOPIC)):
            channel.queue_bind(queue, exchange.name, routing_key(topic))
        # Not acknowledged: a broken connection ends the queue, and the log has it all.
        channel.basic_consume(queue, no_ack=True, callback=self._arrived.append)

    def _read(self) -> Iterator[Change | Bookmark]:
        yield from self._from_log(self._first)
        for body in self._messages():
            item = self._understood(body)
            if isinstance(item, Told):
                self._joining.offer(item)
                if not self._joining.overfull():
                    continue
            if item is None or isinstance(item, Mark):
                continue
            commits = self._joining.complete(item) if isinstance(item, Marks) else None
            if commits is None:
                self.gaps += 1
                yield from self._from_log(self._pages(self._joining.position))
                continue
            for commit in commits:
                yield from self._chosen(commit.changes)
                yield Bookmark(commit.revision)
            if isinstance(item, Marks) and item.revision >= self._joining.position:
                yield Bookmark(item.revision, self._wanted(item.collections))

    def _from_log(self, page: Page) -> Iterator[Change | Bookmark]:
        """Yield a page and all that follow; each commit with its bookmark, and one at the end."""
        while True:
            self._check(page.epoch)
            for place, change in enumerate(page.changes):
                yield from self._chosen([change])
                following = page.changes[place + 1 : place + 2]
                if not following or following[0].revision != change.revision:
                    yield Bookmark(change.revision)
            self._joining.reached(page.revision)
            if not page.more:
                yield Bookmark(self._joining.position, page.collections)
                return
            page = self._pages(page.revision)

    def _chosen(self, changes: Sequence[Change]) -> list[Change]:
        return chosen(changes, self._place.cloud, self._place.region)

    def _wanted(self, statuses: Sequence[CollectionStatus]) -> tuple[CollectionStatus, ...]:
        wanted = [each for each in statuses if self._place.wants(each.type)]
        return tuple(chosen(wanted, self._place.cloud, self._place.region))

    def _messages(self) -> Iterator[bytes]:
        heard = time.monotonic()
        while True:
            if self._closed.is_set():
                raise TransportError("The stream was closed by its owner.")
            while self._arrived:
                heard = time.monotonic()
                yield self._arrived.popleft().body
            with self._address.broken(self._connection):
                try:
                    self._connection.heartbeat_check(rate=2)
                    self._connection.drain_events(timeout=_SLICE)
                except TimeoutError:
                    pass
            if time.monotonic() - heard > self._timeout:
                raise TransportError(
                    f"Nothing came over the message bus for {self._timeout:.0f} s, not even a "
                    "bookmark; does the synchronizer's relay run?"
                )

    def _understood(self, body: bytes) -> Told | Mark | Marks | None:
        """Return what a message says; None when it is not ours."""
        try:
            found = opened(body)
            if found.event_type == BOOKMARK:
                item: Told | Mark | Marks = _marks(found.payload)
            elif found.event_type.endswith(f".{BOOKMARK}"):
                item = _mark(found.payload)
            elif found.event_type.rpartition(".")[2] in OPS:
                item = _told(found.payload)
            else:
                self.foreign += 1
                return None
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            self.foreign += 1
            return None
        self._check(item.epoch)
        return item

    def _check(self, epoch: str) -> None:
        if epoch != self.epoch:
            raise TransportError(
                "The synchronizer's store was replaced; what comes now is of another log."
            )
