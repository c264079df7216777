"""Changes and bookmarks as letters for the bus."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from uuid import uuid4

import msgspec

from synchronizer.bus.envelope import BusMessage
from synchronizer.bus.payloads import BookmarkPayload, TopicBookmark
from synchronizer.bus.topics import BOOKMARK, BOOKMARK_TOPIC, topic_of
from synchronizer.model.status import CollectionStatus, ContentDigest
from synchronizer.northbound.serving.encoding import change_head, flat
from synchronizer.store.contract import ChangesPage, Sink

BODY_MOST = 8 << 20
"""Bytes beyond which a body is left out: RabbitMQ takes messages of up to 16 MiB."""

_encode = msgspec.json.Encoder().encode


def changes(page: ChangesPage, priors: dict[str, int], epoch: str) -> Iterator[BusMessage]:
    """Yield the letters of whole commits, and bring *priors* up to date with them."""
    told_by = _encode(epoch)
    for revision, group in groupby(page.records, key=attrgetter("revision")):
        commit = list(group)
        type_ = commit[0].collection.type
        topic = topic_of(type_)
        prior, parts = priors.get(type_, 0), len(commit)
        for part, record in enumerate(commit, start=1):
            oversize = len(record.body) > BODY_MOST
            payload = b'%b%b,"epoch":%b,"prior":%d,"part":%d,"parts":%d%b}' % (
                change_head(record, page.commits[revision].digest if part == parts else None),
                b"null" if oversize else flat(record.body),
                told_by,
                prior,
                part,
                parts,
                b',"oversize":true' if oversize else b"",
            )
            id_ = f"{epoch}-{revision}-{part}"
            yield BusMessage(topic, f"{type_}.{record.op}", payload, id_, record.id)
        priors[type_] = revision


def without_body(letter: BusMessage) -> BusMessage:
    """Return a letter for a bus that does not take one of this size."""
    payload = msgspec.json.decode(letter.payload, type=dict[str, msgspec.Raw])
    short = {**payload, "body": msgspec.Raw(b"null"), "oversize": msgspec.Raw(b"true")}
    return letter._replace(payload=_encode(short))


def marks(
    sink: Sink,
    epoch: str,
    digest: str | None,
    contents: Sequence[ContentDigest],
    statuses: Sequence[CollectionStatus] = (),
) -> BusMessage:
    """Return the bookmark of all topics together."""
    found = BookmarkPayload(
        sink.revision, epoch, sink.priors, tuple(statuses), digest, tuple(contents)
    )
    body = _encode(found)
    return BusMessage(BOOKMARK_TOPIC, BOOKMARK, body, uuid4().hex)


def mark(
    sink: Sink,
    type_: str,
    epoch: str,
    digest: str | None,
    statuses: Sequence[CollectionStatus] = (),
) -> BusMessage:
    """Return the bookmark of one topic, with those of *statuses* that are of its type."""
    own = tuple(each for each in statuses if each.type == type_)
    body = _encode(TopicBookmark(sink.revision, epoch, sink.priors.get(type_, 0), own, digest))
    return BusMessage(topic_of(type_), f"{type_}.{BOOKMARK}", body, uuid4().hex)
