"""One owner's turn at a sink: windows are told, confirmed, and the cursor follows.

While one window is confirmed the next is made. Used by one thread.
"""

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from synchronizer.bus.envelope import BusMessage
from synchronizer.model.clock import Clock
from synchronizer.model.entity import Collection
from synchronizer.model.errors import RevisionCompactedError, StoreError, TransportError
from synchronizer.model.status import CollectionStatus, content_of
from synchronizer.northbound.relay import messages
from synchronizer.northbound.relay.leadership import BEAT, Leadership, priors_of
from synchronizer.store.contract import ChangesPage, Sink, Store

log = logging.getLogger(__name__)

CONFIRM_SECONDS = 15.0
"""A bus that confirms nothing for so long counts as lost."""

_AHEAD = 2
"""So many windows are under way at a time."""


class Publisher(Protocol):
    """The way to a bus. Used by one thread.

    Every method raises TransportError when the bus fails; then `close` and start again.

    Attributes:
        shown: where the bus is, for people.
    """

    shown: str

    def publish(self, told: list[BusMessage]) -> int:
        """Send letters in their order; return a ticket to wait for."""

    def unconfirmed(self, ticket: int, seconds: float) -> int:
        """Return how many letters up to *ticket* the bus has not confirmed.

        At once when it is none, else after about so many seconds.
        """

    def idle(self) -> None:
        """Keep the connection alive."""

    def close(self) -> None:
        """Let go of the connection; the next `publish` makes a new one."""


class _Window(NamedTuple):
    ticket: int
    revision: int
    priors: dict[str, int]
    changes: int


class LeaderSession:
    """Tells from a sink's cursor on, step by step.

    Args:
        sink: as we own it.
        window: about so many changes are told together.
        interval: seconds between bookmarks on each topic.

    Attributes:
        told: changes that the bus has confirmed.
    """

    def __init__(
        self,
        store: Store,
        publisher: Publisher,
        lead: Leadership,
        sink: Sink,
        *,
        window: int,
        interval: float,
        clock: Clock,
    ) -> None:
        self.told = 0
        self._store = store
        self._publisher = publisher
        self._lead = lead
        self._sink = sink
        self._window = window
        self._interval = interval
        self._clock = clock
        self._head, known = store.standing()
        self._contents = {each.collection: each.content for each in known}
        self._digest = self._digest_at(sink.revision)
        self._under_way: deque[_Window] = deque()
        self._ahead, self._priors = sink.revision, dict(sink.priors)
        self._bookmarked = self._moved = self._got_on = clock.monotonic()
        self._left = 0
        # Who listens learns at once where we stand.
        self._send([self._marks(self._contents)], 0)

    def step(self) -> bool:
        """Do what is due next, or wait a moment; return whether the sink is still ours.

        Raises:
            TransportError: the bus failed.
            StoreError: the store did.
        """
        more = False
        if len(self._under_way) < _AHEAD:
            page = self._page()
            more = page.more
            if page.records:
                self._publish(page)
        now = self._clock.monotonic()
        if now - self._bookmarked >= self._interval and len(self._under_way) <= _AHEAD:
            # Whether or not other topics are busy: else one that is idle would never get any.
            self._bookmark()
        if more and len(self._under_way) < _AHEAD:
            return True
        if self._under_way:
            return self._confirm(self._under_way[0])
        if now - self._moved >= BEAT:
            self._publisher.idle()
            return self._move(self._ahead, dict(self._priors))
        self._store.wait(self._ahead, min(BEAT, self._interval) / 4)
        return True

    def _page(self) -> ChangesPage:
        if self._store.head().epoch != self._head.epoch:
            raise StoreError("The store has another epoch now; publishing begins anew.")
        try:
            return self._store.changes(self._ahead, limit=self._window, digest=self._digest)
        except RevisionCompactedError as error:
            log.error(  # noqa: TRY400 - for operators; nothing is broken
                "the bus was told up to revision %d, and the log begins at %d; going on from "
                "now, listeners will get all again",
                error.revision,
                error.oldest,
            )
            self._head, known = self._store.standing()
            self._contents = {each.collection: each.content for each in known}
            self._ahead, self._digest = self._head.revision, self._head.digest
            self._priors = priors_of(known)
            self._bookmarked -= self._interval  # so that listeners know it soon
            return self._store.changes(self._ahead, limit=self._window, digest=self._digest)

    def _publish(self, page: ChangesPage) -> None:
        self._ahead, self._digest = page.revision, page.digest
        told = list(messages.changes(page, self._priors, self._head.epoch))
        changed = {each.collection: page.commits[each.revision].content for each in page.records}
        if self._ahead > self._head.revision:
            self._contents |= changed
        told.append(self._marks(changed))
        self._send(told, len(page.records))

    def _marks(
        self, contents: Mapping[Collection, bytes], statuses: Sequence[CollectionStatus] = ()
    ) -> BusMessage:
        """Return the bookmark of all topics.

        What is in a collection is known from where the log stood when our turn began.
        """
        told = [content_of(*each) for each in contents.items()]
        known = self._ahead >= self._head.revision
        return messages.marks(
            self._here(), self._head.epoch, self._hex(), told if known else [], statuses
        )

    def _hex(self) -> str | None:
        return None if self._digest is None else self._digest.hex()

    def _digest_at(self, revision: int) -> bytes | None:
        try:
            return self._store.digest(revision)
        except RevisionCompactedError:
            return None  # what follows is refused for the same reason

    def _bookmark(self) -> None:
        here = self._here()
        known = self._store.collections()
        types = sorted({each.collection.type for each in known})
        now = self._clock.now()
        # What has changed since was not told yet: its status would claim too much.
        statuses = [e.status(here.revision, now) for e in known if e.revision <= here.revision]
        epoch, digest = self._head.epoch, self._hex()
        told = [messages.mark(here, type_, epoch, digest, statuses) for type_ in types]
        told.append(self._marks(self._contents, statuses))
        self._send(told, 0)
        self._bookmarked = self._clock.monotonic()

    def _send(self, told: list[BusMessage], changes: int) -> None:
        if not self._under_way:
            self._left, self._got_on = 0, self._clock.monotonic()
        ticket = self._publisher.publish(told)
        self._under_way.append(_Window(ticket, self._ahead, dict(self._priors), changes))

    def _confirm(self, first: _Window) -> bool:
        """Wait a moment for the oldest window; return whether the sink is still ours.

        A bus may be slower than other relays are patient: they see meanwhile that we live.
        """
        left = self._publisher.unconfirmed(first.ticket, BEAT)
        now = self._clock.monotonic()
        if left != self._left or not left:
            self._left, self._got_on = left, now
        if not left:
            self._under_way.popleft()
            self.told += first.changes
            return self._move(first.revision, first.priors)
        if now - self._got_on >= CONFIRM_SECONDS:
            raise TransportError(
                f"The message bus at {self._publisher.shown} confirmed nothing for "
                f"{CONFIRM_SECONDS:.0f} s; check that it runs there. It is tried again."
            )
        self._publisher.idle()
        return self._move(self._sink.revision, self._sink.priors)

    def _here(self) -> Sink:
        return self._sink._replace(revision=self._ahead, priors=self._priors)

    def _move(self, revision: int, priors: dict[str, int]) -> bool:
        moved = self._lead.moved(self._sink, revision, priors)
        if moved is None:
            log.warning("another relay tells the bus now")
            return False
        self._sink, self._moved = moved, self._clock.monotonic()
        return True
