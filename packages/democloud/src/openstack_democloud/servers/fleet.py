"""All servers: which are alive, which were touched, and every mutation of one."""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from openstack_democloud.clock import CloudClock
from openstack_democloud.journal import Journal
from openstack_democloud.servers.seeds import BUILD_TIME, Seeds
from openstack_democloud.servers.server import Server
from openstack_democloud.servers.values import Renderer

if TYPE_CHECKING:
    from numpy.typing import NDArray

TYPE = "nova.server"
Fields = dict[str, Any]
Follower = Callable[[str, int, Fields], None]
_NOTHING: Fields = {}


class Fleet:
    """Servers by number. Numbers are given in the order of creation and never again.

    ``alive`` has one byte a server. ``touched`` holds what differs from the seed, also of
    deleted ones until they are archived: as in Nova, a marker works that long. ``followers``
    hear of each mutation (operation, number, fields), of a create when it is done, of an
    update and a delete just before.
    """

    def __init__(self, seeds: Seeds, journal: Journal, clock: CloudClock) -> None:
        self.seeds = seeds
        self.ids = seeds.ids
        self.pools = seeds.pools
        self.clock = clock
        self.renderer = Renderer(seeds)
        self.alive = bytearray(b"\x01") * seeds.count
        self.touched: dict[int, Fields] = {}
        self.requested: dict[int, None] = {}
        self.followers: list[Follower] = []
        self._journal = journal
        self._order: NDArray[np.uint64] | None = None
        self._numbers: NDArray[np.int64] | None = None
        self._later: list[tuple[int, int]] = []
        self._by_creation: list[tuple[float, int]] = []
        self._sorted: list[int] | None = None
        self._tombstone: Fields = {}
        journal.naming[TYPE] = self.ids.id

    # What there is

    def __len__(self) -> int:
        return self.alive.count(1)

    @property
    def born(self) -> int:
        """Return how many servers there ever were, the number of the next one."""
        return len(self.alive)

    def find(self, id: str) -> int | None:
        """Return the number of a server that has a row, alive or deleted; else None."""
        seq = self.ids.seq(id)
        if seq is None or seq >= self.born:
            return None
        return seq if self.alive[seq] or seq in self.touched else None

    def look(self, seq: int) -> Server:
        """Return server *seq* to look at; changing it goes through ``touch``."""
        server = self.seeds.server(seq)
        for name, value in self.touched.get(seq, _NOTHING).items():
            setattr(server, name, value)
        return server

    def updated(self, seq: int) -> float | None:
        """Return updated_at of server *seq*, without making the whole of it."""
        fields = self.touched.get(seq, _NOTHING)
        if "updated" in fields:
            updated: float | None = fields["updated"]
            return updated
        return None if self.seeds.never_updated(seq) else self.seeds.created(seq) + BUILD_TIME

    def visible(self, seq: int) -> bool:
        """Tell whether the cell's part of the normal listing shows server *seq*.

        It does not while there is only a BuildRequest.
        """
        if not self.alive[seq]:
            return False
        fields = self.touched.get(seq)
        if fields is None:
            return True
        hidden = "scheduling" if fields.get("requested") else "soft-delete"
        return fields.get("condition") != hidden

    # In which order

    def rows(self, *, after: int | None, descending: bool, dead: bool = False) -> Iterator[int]:
        """Iterate over numbers in the order of created_at, from behind *after*.

        The seeded are in order and older than all others; the others are by their creation
        time, which is not the order of their numbers when the cloud's clock was set back.
        """
        count, later = self.seeds.count, self._by_creation
        place = None
        if after is not None and after >= count:
            place = bisect_right(later, (self.touched[after]["created"], after))
        if descending:
            stop = len(later) if after is None else 0 if place is None else place - 1
            yield from self._rest(reversed(later[:stop]), dead=dead)
            start = count if after is None else min(after, count)
            if dead:
                yield from (n for n in range(start - 1, -1, -1) if self._has_row(n))
            else:
                while (start := self.alive.rfind(1, 0, start)) >= 0:
                    yield start
            return
        if place is None:
            start = -1 if after is None else after
            if dead:
                yield from (n for n in range(start + 1, count) if self._has_row(n))
            else:
                while (start := self.alive.find(1, start + 1, count)) >= 0:
                    yield start
        yield from self._rest(iter(later[place or 0 :]), dead=dead)

    def _has_row(self, seq: int) -> bool:
        return bool(self.alive[seq]) or seq in self.touched

    def _rest(self, later: Iterator[tuple[float, int]], *, dead: bool) -> Iterator[int]:
        shown = self._has_row if dead else self.alive.__getitem__
        return (seq for _, seq in later if shown(seq))

    def rows_by_id(self, *, after: int | None, descending: bool) -> Iterator[int]:
        """Iterate over numbers in the order of their UUIDs, from behind *after*."""
        if self._order is None or self._numbers is None:
            heads = self.ids.heads(self.seeds.count)
            self._numbers = np.argsort(heads)
            self._order = heads[self._numbers]
        order, numbers, later = self._order, self._numbers, self._later
        if descending:
            head = 1 << 62 if after is None else self.ids.head(after)
            i, j = int(np.searchsorted(order, np.uint64(head))), bisect_right(later, (head, -1))
            while i > 0 or j > 0:
                if j == 0 or (i > 0 and int(order[i - 1]) > later[j - 1][0]):
                    i -= 1
                    yield int(numbers[i])
                else:
                    j -= 1
                    yield later[j][1]
            return
        head = -1 if after is None else self.ids.head(after)
        i = int(np.searchsorted(order, np.uint64(head), side="right")) if head >= 0 else 0
        j = bisect_right(later, (head, self.born))
        while i < len(order) or j < len(later):
            if j == len(later) or (i < len(order) and int(order[i]) < later[j][0]):
                yield int(numbers[i])
                i += 1
            else:
                yield later[j][1]
                j += 1

    def touched_rows(self, *, after: int | None, descending: bool) -> Iterator[int]:
        """Iterate over the touched numbers only, deleted ones too."""
        if self._sorted is None:
            self._sorted = sorted(self.touched)
        start = -1 if after is None else after
        if descending:
            stop = len(self._sorted) if after is None else bisect_right(self._sorted, start - 1)
            yield from reversed(self._sorted[:stop])
        else:
            yield from self._sorted[bisect_right(self._sorted, start) :]

    # What happens to them

    def touch(self, seq: int, *, bump: bool = True, **fields: Any) -> Server:
        """Change a server; *bump* is whether Nova saves the instance row for it.

        Not all that changes a server does: tags, volumes, addresses do not.
        """
        self._follow("update", seq, fields)
        if bump:
            fields["updated"] = self.clock.now()
        if seq not in self.touched:
            self.touched[seq] = {}
            self._sorted = None
        self.touched[seq].update(fields)
        self._journal.add("update", TYPE, seq)
        return self.look(seq)

    def instantiate(self, seq: int) -> None:
        """End the time in which a server is also a BuildRequest; no change of its state."""
        self.requested.pop(seq, None)
        self.touched[seq]["requested"] = False

    def create(self, *, requested: bool = False, **fields: Any) -> Server:
        """Create a server; with *requested* it is a BuildRequest at first."""
        seq = self.born
        now = self.clock.now()
        known = None if requested else now
        self._sorted = None
        self.touched[seq] = {
            "created": now,
            "updated": known,
            "launched": known,
            "condition": "active",
            "fault": None,
            "requested": requested,
            **fields,
        }
        self.alive.append(1)
        insort(self._later, (self.ids.head(seq), seq))
        insort(self._by_creation, (now, seq))
        if requested:
            self.requested[seq] = None
        self._journal.add("create", TYPE, seq)
        self._follow("create", seq, fields)
        return self.look(seq)

    def _follow(self, op: str, seq: int, fields: Fields) -> None:
        for follower in self.followers:
            follower(op, seq, fields)

    def delete(self, seq: int) -> None:
        """Delete a server. One that is still a BuildRequest leaves no row behind."""
        self._follow("delete", seq, _NOTHING)
        self.alive[seq] = 0
        self._sorted = None
        self._journal.add("delete", TYPE, seq)
        if seq in self.requested:
            del self.requested[seq], self.touched[seq]
            return
        now = float(int(self.clock.now()))
        if self._tombstone.get("deleted") != now:
            times = dict.fromkeys(("updated", "deleted", "terminated"), now)
            self._tombstone = {"condition": "deleted", **times}
        if seq in self.touched:
            self.touched[seq].update(self._tombstone)
        else:
            self.touched[seq] = self._tombstone  # shared: nothing touches the dead

    def archive(self, seq: int) -> None:
        """Remove the row of a deleted server, as ``nova-manage db archive_deleted_rows``."""
        if not self.alive[seq]:
            self.touched.pop(seq, None)
            self._sorted = None

    def archive_all(self) -> int:
        """Archive every deleted row and return how many there were."""
        gone = [seq for seq in self.touched if not self.alive[seq]]
        for seq in gone:
            del self.touched[seq]
        self._sorted = None
        return len(gone)
