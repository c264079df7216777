"""Records of a listing that cannot be taken: left out, counted, and named where that is possible.

One odd record harms only itself. What else the listing holds is taken; nothing is deleted
that the odd one could be; and whoever looks is told how many there are, and which. So it is
with a parent whose children cannot be asked for.
"""

from synchronizer.model.errors import MalformedError
from synchronizer.store.freshness import Rejected

EXAMPLES = 5
"""So many are told of one by one."""


class Rejections:
    """What one look did not take.

    Attributes:
        count: how many there were.
        unnamed: so many of them had no id that could be told.
        first: why the first was not taken.
    """

    def __init__(self) -> None:
        self.count = 0
        self.unnamed = 0
        self.first: MalformedError | None = None
        self._passed = 0
        self._examples: list[str] = []

    def add(self, id_: str | None, error: MalformedError) -> None:
        """Take up one."""
        self.count += 1
        self.unnamed += id_ is None
        self.first = self.first or error
        if len(self._examples) < EXAMPLES:
            self._examples.append(str(error) if id_ is None else f"{id_}: {error}")

    def pass_over(self, parent: str) -> None:
        """Take up a parent whose children cannot be listed; that is no record of the listing."""
        self._passed += 1
        if len(self._examples) < EXAMPLES:
            self._examples.append(
                f"{parent}: its id holds a slash, which no path can hold, so what belongs to it "
                "cannot be listed"
            )

    def told(self) -> Rejected | None:
        """Return what to say of them; None when there is nothing to say."""
        count = self.count + self._passed
        return Rejected(count, self._examples) if count else None
