"""One look at a listing: takes each page as it comes, and remembers what was seen."""

from hashlib import sha256
from re import IGNORECASE
from re import compile as compiled
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from synchronizer.model.errors import MalformedError, VisibilityLostError
from synchronizer.plugins.service import Answer
from synchronizer.sampling.baseline import Rows
from synchronizer.sampling.items import Item, decode, hashes, named, raw_items, tail_of
from synchronizer.sampling.rejections import Rejections

if TYPE_CHECKING:
    from synchronizer.sampling.sampler import Sampler


_UUID = compiled("[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", IGNORECASE)

Mask = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]


class KnownPage(NamedTuple):
    """A page as it was: its rows, valid while none of them was committed after *revision*."""

    rows: Rows
    revision: int
    generation: int
    tail: list[str]
    more: bool


class ListingPass:
    """The state of one walk.

    Args:
        sweeping: whether this is a complete listing (else an incremental one).
        witnessed: whether the witness fields were there in earlier sweeps.
    """

    class Page(NamedTuple):
        """What the walk needs of a page."""

        size: int
        tail: list[str]
        more: bool = False

    def __init__(self, sampler: "Sampler", *, sweeping: bool, witnessed: bool = False) -> None:
        self._sampler = sampler
        self._sweeping = sweeping
        self._witnessed = witnessed
        self._ticket = sampler.ticket()
        self._seen = np.zeros(sampler.baseline.rows, np.bool_)
        self._named: set[str] = set()
        self.pages: dict[bytes, KnownPage] = {}
        self.doubts: set[str] = set()
        self.partial: set[str] = set()
        self.refused: set[str] = set()  # by the store: they are looked at again
        self.rejections = Rejections()
        self.measured: dict[str, dict[str, Any]] = {}
        self.count = 0
        self.differed = 0  # so many were not as known, and neither hints nor polls tell that
        self.witness: bool | None = None  # whether all that was decoded showed it
        self.date: float | None = None
        self.began: float | None = None  # by the service's clock: no later than its first answer
        self._asked: float | None = None

    def ask(self) -> None:
        """Take the ticket of the request that goes out now."""
        self._sampler.setup.beat()
        self._sampler.credentials.recheck()
        self._ticket = self._sampler.ticket()
        if self._asked is None:
            self._asked = self._sampler.setup.clock.monotonic()

    def take(self, answer: Answer, parent: str | None) -> Page:
        """Compare a page with the log as it is now, and commit what differs."""
        if self.date is None:
            self.date = answer.date
            if self._asked is not None:
                # The service read its clock after we had asked, so it began no later than this.
                waited = self._sampler.setup.clock.monotonic() - self._asked
                self.began = answer.date - waited
        with self._sampler.locked():
            self._sampler.arrived()
            return self._take(answer.body, parent)

    def seen(self) -> Mask:
        """Return the mask of rows that were listed."""
        return self._grown()

    def was_named(self, id_: str) -> bool:
        """Whether an id was listed, though it has no row (a partial one, or a refused).

        It may have been where a record was listed that nobody can tell the id of, and
        no read can tell either.
        """
        hidden = self.rejections.unnamed > 0 and not self._sampler.resource.reads(id_)
        return hidden or id_ in self._named

    def reject(self, id_: str | None, error: MalformedError) -> None:
        """Leave out a record that is malformed, and keep what it stands for."""
        self.rejections.add(id_, error)
        if id_ is not None:
            self._named.add(id_)

    def check(self) -> None:
        """Check that a listing had more than records that cannot be taken.

        Raises:
            MalformedError: all of them are so: it is no matter of odd ones.
        """
        if self.rejections.first is not None and self.rejections.count >= self.count:
            raise self.rejections.first

    def some_seen(self, number: int) -> list[str]:
        """Return a few ids that this look saw."""
        rows = np.flatnonzero(self._seen[: self._sampler.baseline.rows])
        spread = np.linspace(0, len(rows) - 1, number).astype(int) if len(rows) else rows
        return self._sampler.baseline.ids_of(rows[np.unique(spread)].astype(np.int32))

    def _take(self, body: bytes, parent: str | None) -> Page:
        sampler = self._sampler
        baseline, resource = sampler.baseline, sampler.resource
        page_hash = sha256(body if parent is None else parent.encode() + b"\0" + body).digest()
        known = sampler.pages.get(page_hash)
        if (
            self._sweeping
            and known is not None
            and known.generation == baseline.generation
            and baseline.newest(known.rows) <= known.revision
        ):
            self._see(known.rows)
            self._settle(known.rows)
            self.pages[page_hash] = known
            return ListingPass.Page(len(known.rows), known.tail, known.more)
        raw, more = raw_items(resource, body)
        if not raw:
            return ListingPass.Page(0, [])
        digests = hashes(raw, parent)
        rows = baseline.match(digests)
        items = []
        for place in np.flatnonzero(rows < 0).tolist():
            try:
                items.append(decode(resource, raw[place], place, parent))
            except MalformedError as error:
                self.reject(named(resource, raw[place], parent), error)
        doubts_before = len(self.doubts)
        if self._sweeping:
            whole = [item for item in items if not item.partial and not item.gone]
            self.measured |= {item.id: item.measured for item in whole if item.measured}
        known_rows = rows[rows >= 0]
        if self._sweeping:
            self._see(known_rows)
        self._decide(items, rows, digests)
        self._settle(rows[rows >= 0])
        tail = tail_of(resource, raw, more=more)
        if self._sweeping and len(self.doubts) == doubts_before and baseline.holds(rows, digests):
            self.pages[page_hash] = KnownPage(
                rows, baseline.revision, baseline.generation, tail, more
            )
        return ListingPass.Page(len(raw), tail, more)

    def _decide(self, items: list[Item], rows: Rows, digests: Hashes) -> None:
        sampler = self._sampler
        baseline = sampler.baseline
        candidates: dict[str, Item] = {}
        places: list[Item] = []
        whole: list[Item] = []
        gone: list[str] = []
        for item in items:
            if item.partial:
                self._named.add(item.id)
                self.partial.add(item.id)
            elif item.gone:
                gone.append(item.id)
            else:
                self._check_witness(item)
                whole.append(item)
        # The service lists its dead for a long time; we only ask after those that live here.
        known = baseline.find(gone).tolist()
        self.doubts.update(id_ for id_, row in zip(gone, known, strict=True) if baseline.lives(row))
        found = baseline.find([item.id for item in whole]).tolist()
        self._check_case([item.id for item, row in zip(whole, found, strict=True) if row < 0])
        seen = self._grown()
        for item, row in zip(whole, found, strict=True):
            if item.unlisted and not baseline.lives(row):
                continue
            same = baseline.same(row, item.digest)
            twice = item.id in candidates or (
                self._sweeping and not same and (item.id in self._named or (row >= 0 and seen[row]))
            )
            if row < 0:
                self._named.add(item.id)
            if twice:
                # Listed twice with different content: only a read can tell which is later.
                self._twice(item.id)
                candidates.pop(item.id, None)
                continue
            if same:
                rows[item.place] = row
                if self._sweeping:
                    seen[row] = True
            else:
                candidates[item.id] = item
            places.append(item)
        if candidates:
            if self._sweeping:
                self.differed += sum(not sampler.told(item) for item in candidates.values())
            self._named.update(candidates)  # they were listed, whatever becomes of them
            refused = sampler.take(self._ticket, list(candidates.values()))
            self.refused.update(refused)
            self.doubts.update(refused)
            sampler.reading.phantoms.listed(candidates.keys() - set(refused))
            sampler.catch_up()
        self._remember([each for each in places if each.id not in self.doubts], rows, digests)

    def _twice(self, id_: str) -> None:
        resource = self._sampler.resource
        self._named.add(id_)
        self.doubts.add(id_)
        if not resource.reads(id_) and self._sweeping:
            error = MalformedError(f"{resource.type}: listed twice, with different content")
            self.rejections.add(id_, error)

    def _remember(self, items: list[Item], rows: Rows, digests: Hashes) -> None:
        if not items:
            return
        baseline = self._sampler.baseline
        found = baseline.find([item.id for item in items])
        at = np.array([item.place for item in items])
        # Another sampler may have committed a later state right behind us: then these
        # bytes are not the ones to know it by.
        hits = baseline.agree(found, [item.digest for item in items])
        rows[at[hits]] = found[hits]
        baseline.remember_raw(found[hits], digests[at[hits]])
        if self._sampler.resource.outline:
            marks = np.array([item.mark for item in items], np.uint64)
            baseline.mark(found[hits], marks[hits])
        if self._sweeping:
            self._see(found[hits])
            # A row remembers it from now on; a million names would be a third of the memory.
            self._named.difference_update(
                item.id for item, hit in zip(items, hits.tolist(), strict=True) if hit
            )

    def _check_case(self, new: list[str]) -> None:
        """Check that no new id is a known one in other letters: a UUID is one in any case."""
        twins = {
            twin: id_
            for id_ in new
            if _UUID.fullmatch(id_)
            for twin in {id_.lower(), id_.upper()} - {id_}
        }
        baseline = self._sampler.baseline
        rows = baseline.find(list(twins)).tolist()
        known = {twin for twin, row in zip(twins, rows, strict=True) if baseline.lives(row)}
        if known := known | twins.keys() & set(new):
            raise MalformedError(
                f"{self._sampler.resource.type}: the service spells {min(known)} in two ways"
            )

    def _check_witness(self, item: Item) -> None:
        if item.witnessed:
            self.witness = self.witness is not False
            return
        self.witness = False
        if self._witnessed:
            fields = ", ".join(self._sampler.resource.witness)
            raise VisibilityLostError(
                f"{self._sampler.resource.type}: {fields} is not shown any more, so rows may be "
                "hidden too; give the credentials their role again"
            )

    def _settle(self, rows: Rows) -> None:
        """Forget doubts about entities that were listed as the log has them."""
        if self._sampler.behind:
            self._sampler.behind.settle(self._sampler.baseline.ids_of(rows))

    def _see(self, rows: Rows) -> None:
        self._grown()[rows] = True

    def _grown(self) -> Mask:
        missing = self._sampler.baseline.rows - len(self._seen)
        if missing > 0:
            self._seen = np.concatenate([self._seen, np.zeros(missing + 4096, np.bool_)])
        return self._seen
