"""Whose digests the log holds: what to do where two releases share a store.

Digests of two declarations differ for the same state. A newer release computes those of all
bodies in the store anew when it begins, which changes no entity and takes no revision; what
its declaration shows otherwise is then found like any change. An older one stands back, for
as long as the newer keeps the collection current: else each would undo the other's work, for
ever. Two that are one release (somebody is developing it) go by which was started later.
"""

from typing import TYPE_CHECKING

import msgspec

from synchronizer.model.declaration import Adopted, Declaration, place
from synchronizer.model.entity import Collection
from synchronizer.model.errors import OlderDeclarationError
from synchronizer.model.essence import digest
from synchronizer.sampling.items import WRONG_SHAPE
from synchronizer.store.contract import Store

if TYPE_CHECKING:
    from synchronizer.sampling.sampler import Sampler

_NONE = bytes(16)
"""The digest of no body: the entity is written anew when it is next looked at."""


def is_newers(store: Store, collection: Collection, ours: Declaration, now: float) -> bool:
    """Whether a newer release than *ours* declared a collection and keeps it current."""
    found = store.adopted(collection)
    newer = found is not None and place(found.declaration.release) > place(ours.release)
    return newer and _kept(store, collection, now)


def _kept(store: Store, collection: Collection, now: float) -> bool:
    """Whether somebody keeps a collection current by the declaration that its digests are of."""
    found = store.adopted(collection)
    for each in store.collections():
        if found is not None and each.collection == collection:
            return now - max(each.sampled_at or 0.0, found.at) <= each.stale_after
    return False


class DeclarationCheck:
    """Keeps the log's digests those of one sampler's declaration."""

    def __init__(self, sampler: "Sampler") -> None:
        self._sampler = sampler
        self._ours = sampler.resource.declaration
        self._begun: int | None = None  # when it was looked at last
        self._turn: int | None = None
        self._started = False

    def begun(self) -> int:
        """Return how many sweeps began, now that the log's digests are those of our declaration.

        Raises:
            OlderDeclarationError: a newer release is at work.
        """
        sampler = self._sampler
        store, collection = sampler.setup.store, sampler.collection
        with sampler.locked():
            while (begun := store.begun(collection)) != self._begun:
                found = store.adopted(collection)
                if found is None or found.turn < (self._turn or 0):
                    self._started = False  # the store went back: whoever adopted it may be gone
                if found is None or found.declaration != self._ours:
                    self._adopt(found)
                    continue
                if found.turn != self._turn:
                    sampler.baseline.reload()
                self._begun, self._turn, self._started = begun, found.turn, True
            return begun

    def _adopt(self, found: Adopted | None) -> None:
        now = self._sampler.setup.clock.now()
        if found is not None and self._stands_back(found, now):
            type_ = self._sampler.resource.type
            theirs, ours = found.declaration.release, self._ours.release
            raise OlderDeclarationError(
                f"{type_}: release {theirs or '?'} declares it otherwise than this one, "
                f"{ours or '?'}, and keeps it current in the same store; this one stands back. "
                "Upgrade it, or stop the other one"
            )
        after = Adopted(self._ours, found.turn + 1 if found else 1, now)
        self._sampler.setup.store.adopt(
            self._sampler.collection,
            found,
            after,
            self._digests(),
            relations=self._sampler.resource.relations,
            volatile=self._sampler.resource.volatile,
        )

    def _stands_back(self, found: Adopted, now: float) -> bool:
        ours, theirs = place(self._ours.release), place(found.declaration.release)
        if ours == theirs and not self._started:
            return False
        return ours <= theirs and _kept(self._sampler.setup.store, self._sampler.collection, now)

    def _digests(self) -> dict[int, bytes]:
        """Return the digests, by position, that are others under our declaration."""
        store, collection = self._sampler.setup.store, self._sampler.collection
        known: dict[str, bytes] = {}
        at = 0
        for page in store.versions(collection, None):
            known.update((version.id, version.digest) for version in page.versions)
            at = page.head.revision
        found = {}
        for records in store.snapshot([collection], at):
            for each in records:
                ours = self._digest(each.body)
                if ours != known.get(each.id):
                    found[each.position] = ours
            self._sampler.setup.beat()
        return found

    def _digest(self, body: bytes) -> bytes:
        resource = self._sampler.resource
        try:
            shown = msgspec.json.decode(body)
            resource.redact(shown)
            resource.measure(shown)
            item = msgspec.json.decode(body)
            if shown != item:
                return _NONE  # it holds what is a secret by now, or not in the body
            return digest(resource.essence(item))
        except WRONG_SHAPE:
            return _NONE
