"""What a mirror knows of how its collections stand. Pure, without locks."""

from collections.abc import Iterable

from synchronizer.model.entity import Collection
from synchronizer.model.status import CollectionStatus, all_complete


class Statuses:
    """The latest status of each collection.

    Attributes:
        known: by collection.
        complete: whether each was completely sampled once; None when nobody says.
    """

    def __init__(self) -> None:
        self.known = dict[Collection, CollectionStatus]()
        self.complete: bool | None = None

    def begin(self, complete: bool | None, *, anew: bool) -> None:
        """Take in what a listing says of itself; *anew* forgets what another log said."""
        self.complete = complete
        if anew:
            self.known = {}

    def update(self, statuses: Iterable[CollectionStatus]) -> list[CollectionStatus]:
        """Take in what a bookmark says; return what differs from before."""
        given = {each.collection: each for each in statuses}
        news = [each for place, each in given.items() if self.known.get(place) != each]
        if given:
            self.known |= given
            self.complete = all_complete(self.known.values())
        return news
