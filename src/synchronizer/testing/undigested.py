"""A store that knows no digests: whoever proves that they are needed looks at one through it."""

from collections.abc import Iterator, Sequence
from typing import Any

from synchronizer.model.change import Candidate, Commit
from synchronizer.model.digests import NOTHING
from synchronizer.model.entity import Collection
from synchronizer.store.contract import ChangesPage, Head, Store, VersionsPage


class Undigested:
    """Judges by revisions alone, as if a log never went back; all else is the store's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def head(self) -> Head:
        """Return where the log stands, and not which history that is."""
        return self._store.head()._replace(digest=NOTHING)

    def versions(self, collection: Collection, since: Head | None) -> Iterator[VersionsPage]:
        """Yield what was committed after the revision of *since*, whatever log that was of."""
        head = self.head()
        if since is not None and since.revision >= head.revision:
            yield VersionsPage(head._replace(revision=since.revision), anew=False, versions=[])
            return
        known = since and since._replace(digest=self._store.digest(since.revision))
        for page in self._store.versions(collection, known):
            yield page._replace(head=page.head._replace(digest=NOTHING))

    def commit(
        self,
        collection: Collection,
        ticket: int,
        candidates: Sequence[Candidate],
        *,
        log: bytes | None = None,
        **more: Any,
    ) -> Commit:
        """Commit whatever log the ticket is of."""
        del log
        at = min(ticket, self._store.head().revision)
        return self._store.commit(collection, at, candidates, **more)

    def conclude(
        self, collection: Collection, sweep: int, log: Sequence[tuple[int, bytes]], **fields: Any
    ) -> bool:
        """Note the end of a sweep, whatever log it was of."""
        del log
        return self._store.conclude(collection, sweep, [], **fields)

    def changes(
        self, since: int, *args: Any, digest: bytes | None = None, **more: Any
    ) -> ChangesPage:
        """Return what follows a revision of any log."""
        del digest
        return self._store.changes(since, *args, **more)
