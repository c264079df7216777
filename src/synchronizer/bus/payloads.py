"""What is said on the topics: changes, and bookmarks.

A commit has changes of one entity type only, so it is told on one topic. Each of its
messages says which part of how many it is, and *prior*: the revision of the commit that
was told before on that topic. So whoever listens sees that something is missing, within
a commit and between two; what was lost last shows by the next bookmark, which carries
*prior* as well.
"""

import msgspec

from synchronizer.model.change import Change
from synchronizer.model.status import CollectionStatus, ContentDigest


class ChangePayload(Change, frozen=True, kw_only=True):
    """The payload of a change notification: a change, and its place on the topic.

    Attributes:
        epoch: which log the revisions belong to.
        prior: revision of the commit that was told before on this topic; 0 for none.
        part: its number among the messages of its commit, from 1.
        parts: how many messages the commit has.
        oversize: the body is too large for a message and left out: read the entity.
    """

    epoch: str
    prior: int
    part: int
    parts: int
    oversize: bool = False

    @property
    def change(self) -> Change:
        """The change alone."""
        return Change(**{name: getattr(self, name) for name in Change.__struct_fields__})


class TopicBookmark(msgspec.Struct, frozen=True):
    """The payload of a topic's bookmark: everything up to *revision* has been published.

    *collections* says how those of the type stand at that revision; one that is not listed
    stands as it was published before. *digest* is the log's, in hexadecimal.
    """

    revision: int
    epoch: str
    prior: int
    collections: tuple[CollectionStatus, ...] = ()
    digest: str | None = None


class BookmarkPayload(msgspec.Struct, frozen=True):
    """The payload of the bookmark of all topics.

    *priors* has the prior of each entity type, *collections* says how they stand; it is
    empty in a bookmark that follows a window of messages. *digest* is the log's, in
    hexadecimal; *contents* says what is in the collections, or behind a window in those that
    it has changed.
    """

    revision: int
    epoch: str
    priors: dict[str, int]
    collections: tuple[CollectionStatus, ...] = ()
    digest: str | None = None
    contents: tuple[ContentDigest, ...] = ()
