"""A watch over RabbitMQ: a queue of our own, joined with the log.

1. The queue is bound before the log is asked, so between the two nothing is missed.
2. It belongs to this connection and ends with it; it holds at most `QUEUE_BYTES`, and what
   the broker drops beyond that shows as a gap.
3. A gap, whatever made it, is filled from the log by calls; what came over the bus
   meanwhile is told once.
4. A bookmark of an earlier revision whose digest is not the one that the log had there may be
   of a store that went back: the log is asked, and refuses to go on if it is so.
5. Messages of others on our topics are counted and dropped.
6. Messages of another log are dropped once our own has answered that it is still there.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

import msgspec

from synchronizer.bus.envelope import opened
from synchronizer.bus.payloads import BookmarkPayload, ChangePayload, TopicBookmark
from synchronizer.bus.rabbit import Address
from synchronizer.bus.topics import BOOKMARK, BOOKMARK_TOPIC, EVERY_TOPIC, routing_key, topic_of
from synchronizer.client.joined_log import JoinedLog
from synchronizer.client.reassembly import Reassembly, chosen
from synchronizer.client.transport import Bookmark, Page
from synchronizer.model.change import OPS, Change
from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.errors import TransportError
from synchronizer.model.status import CollectionStatus, ContentDigest

S = TypeVar("S", CollectionStatus, ContentDigest)

QUEUE_BYTES = 64 << 20
_REMEMBERED = 10_000
_SLICE = 0.25
"""Seconds of one wait: so soon a close is noticed."""

_told = msgspec.json.Decoder(ChangePayload).decode
_marks = msgspec.json.Decoder(BookmarkPayload).decode
_mark = msgspec.json.Decoder(TopicBookmark).decode


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
        pages: returns a page of the log behind a revision, where it has a digest if one is given.
        digest: of the log at *since*, if that is known.
        log: that is watched; told of others.
        timeout: seconds of silence of our log after which it counts as broken.
        clock: that the silence is measured by.

    Attributes:
        foreign: messages that were not the synchronizer's.
        gaps: how often the log had to be asked because something was missing.
    """

    def __init__(
        self,
        address: Address,
        place: Place,
        since: Callable[[], int],
        pages: Callable[[int, str | None], Page],
        *,
        log: JoinedLog,
        digest: str | None = None,
        timeout: float,
        clock: Clock | None = None,
    ) -> None:
        self.foreign = self.gaps = 0
        self._address = address
        self._place = place
        self._pages = pages
        self._log = log
        self._timeout = timeout
        self._clock = clock or SystemClock()
        self._others: set[str] = set()  # logs of other synchronizers
        self._heard = 0.0
        self._closed = threading.Event()
        self._arrived: deque[Any] = deque()
        self._connection = address.connect()
        try:
            with address.broken(self._connection):
                self._listen()
            self.since = since()
            self._first = pages(self.since, digest)  # refuses what cannot be gone on from
        except BaseException:
            self._connection.collect(socket_timeout=1.0)
            raise
        self.epoch = self._first.epoch
        self._digest: str | None = digest
        self._digests: OrderedDict[int, str] = OrderedDict()  # of the latest positions
        self._joining = Reassembly(self.since, place.wants)
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
        for topic in dict.fromkeys((*topics, BOOKMARK_TOPIC)):
            channel.queue_bind(queue, exchange.name, routing_key(topic))
        # Not acknowledged: a broken connection ends the queue, and the log has it all.
        channel.basic_consume(queue, no_ack=True, callback=self._arrived.append)

    def _read(self) -> Iterator[Change | Bookmark]:
        yield from self._from_log(self._first)
        for body in self._messages():
            item = self._understood(body)
            if item is None:
                continue
            if isinstance(item, str):
                # Another's log, or ours was replaced: then the calls do not find it any more.
                self._others.add(item)
                yield from self._from_log(self._pages(self._joining.position, self._digest))
                continue
            self._heard = self._clock.monotonic()
            if isinstance(item, ChangePayload):
                self._joining.offer(item)
                if not self._joining.overfull():
                    continue
            if isinstance(item, TopicBookmark):
                continue
            commits = None
            if isinstance(item, BookmarkPayload) and not self._strange(item):
                commits = self._joining.complete(item)
            if commits is None:
                self.gaps += 1
                yield from self._from_log(self._pages(self._joining.position, self._digest))
                continue
            for commit in commits:
                yield from self._chosen(commit.changes)
                yield self._bookmark(commit.revision, commit.changes[-1].digest)
            if isinstance(item, BookmarkPayload) and item.revision >= self._joining.position:
                yield self._bookmark(
                    item.revision,
                    item.digest,
                    self._wanted(item.collections),
                    self._wanted(item.contents),
                )

    def _from_log(self, page: Page) -> Iterator[Change | Bookmark]:
        """Yield a page and all that follow; each commit with its bookmark, and one at the end."""
        while True:
            self._check(page.epoch)
            for place, change in enumerate(page.changes):
                yield from self._chosen([change])
                following = page.changes[place + 1 : place + 2]
                if not following or following[0].revision != change.revision:
                    yield self._bookmark(change.revision, change.digest)
            self._joining.reached(page.revision)
            if not page.more:
                yield self._bookmark(page.revision, page.digest, page.collections)
                return
            page = self._pages(page.revision, page.digest)

    def _bookmark(
        self,
        revision: int,
        digest: str | None,
        collections: tuple[CollectionStatus, ...] = (),
        contents: tuple[ContentDigest, ...] = (),
    ) -> Bookmark:
        """Return a bookmark, and remember the log's digest there."""
        self._digest = digest
        if digest is not None:
            self._digests[revision] = digest
            if len(self._digests) > _REMEMBERED:
                self._digests.popitem(last=False)
        return Bookmark(revision, collections, digest, contents)

    def _strange(self, marks: BookmarkPayload) -> bool:
        """Whether a bookmark of where we were is of a log that we do not know."""
        if marks.digest is None or marks.revision > self._joining.position:
            return False
        return self._digests.get(marks.revision) != marks.digest

    def _chosen(self, changes: Sequence[Change]) -> list[Change]:
        return chosen(changes, self._place.cloud, self._place.region)

    def _wanted(self, statuses: Sequence[S]) -> tuple[S, ...]:
        wanted = [each for each in statuses if self._place.wants(each.type)]
        return tuple(chosen(wanted, self._place.cloud, self._place.region))

    def _messages(self) -> Iterator[bytes]:
        self._heard = self._clock.monotonic()
        while True:
            while self._arrived and not self._closed.is_set():
                yield self._arrived.popleft().body
            if self._closed.is_set():
                raise TransportError("The stream was closed by its owner.")
            with self._address.broken(self._connection):
                try:
                    self._connection.heartbeat_check(rate=2)
                    self._connection.drain_events(timeout=_SLICE)
                except TimeoutError:
                    pass
            if self._clock.monotonic() - self._heard > self._timeout:
                raise TransportError(
                    f"Nothing came over the message bus for {self._timeout:.0f} s, not even a "
                    "bookmark; does the synchronizer's relay run?"
                )

    def _understood(
        self, body: bytes
    ) -> ChangePayload | TopicBookmark | BookmarkPayload | str | None:
        """Return what a message says; a log's epoch when it is the first of another log.

        None when it is not for us.
        """
        try:
            found = opened(body)
            if found.event_type == BOOKMARK:
                item: ChangePayload | TopicBookmark | BookmarkPayload = _marks(found.payload)
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
        self._log.take(item.epoch, found.publisher)
        if item.epoch == self.epoch:
            return item
        return None if item.epoch in self._others else item.epoch

    def _check(self, epoch: str) -> None:
        if epoch != self.epoch:
            raise TransportError(
                "The synchronizer's store was replaced; what comes now is of another log."
            )
