"""Phantoms: what is listed although reads say that there is no such entity.

Nova lists a server from its cell, and reads it by way of another database; where that has lost
it, the server is in every listing and each read answers 404. A read that deletes it and a
listing that creates it again would take turns for ever. So of what was deleted because of a
read and then was listed again, only a listing tells from then on that it is gone.
"""

from collections.abc import Callable, Iterable


class Unreadable:
    """The phantoms of one collection, as far as this process met them."""

    def __init__(self) -> None:
        self._gone: set[str] = set()  # by a read, since the last sweep
        self._listed: set[str] = set()

    def deleted(self, ids: Iterable[str]) -> None:
        """Note what was deleted because of a read."""
        self._gone.update(ids)

    def listed(self, ids: Iterable[str]) -> None:
        """Note what a listing created."""
        if self._gone:
            self._listed |= self._gone.intersection(ids)

    def found(self, ids: Iterable[str]) -> None:
        """Forget those that a read found."""
        if self._listed:
            self._listed.difference_update(ids)

    def among(self, ids: set[str]) -> set[str]:
        """Return those of which only a listing tells that they are gone."""
        return self._listed & ids

    def before(self) -> frozenset[str]:
        """Return what was deleted by now: a listing that begins now shows whether it is gone."""
        return frozenset(self._gone)

    def swept(self, before: frozenset[str], lives: Callable[[str], bool]) -> None:
        """Forget what a complete listing settled."""
        self._gone -= before
        self._listed = {each for each in self._listed if lives(each)}
