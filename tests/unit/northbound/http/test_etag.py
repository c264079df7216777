from synchronizer.model.entity import Collection
from synchronizer.northbound.http.etag import etag, matches
from synchronizer.store.contract import Head
from synchronizer.store.freshness import Freshness


def tag(
    *,
    revision=5,
    head=9,
    at=None,
    asked="q",
    sampled=0.0,
    epoch="e",
    content=bytes(16),
    digest=bytes(16),
):
    known = Freshness(
        collection=Collection("demo", None, "a.b"),
        revision=revision,
        sampled_at=sampled,
        stale_after=10,
        content=content,
    )
    return etag(Head(head, 0, epoch, digest), [known], 5.0, at, asked)


def test_a_commit_of_another_type_leaves_it():
    assert tag(head=9) == tag(head=10)


def test_whatever_shapes_the_answer_spoils_it():
    tags = [tag(), tag(revision=6), tag(asked="r"), tag(sampled=-99.0), tag(epoch="f"), tag(at=5)]
    assert len(set(tags)) == len(tags)


def test_another_history_spoils_it_where_revisions_are_the_same():
    assert tag(content=bytes(16)) != tag(content=b"x" * 16)
    assert tag(at=5, digest=bytes(16)) != tag(at=5, digest=b"x" * 16)


def test_if_none_match_may_name_many():
    mine = tag().decode()
    assert matches(f'"x", W/{mine}', tag())
    assert matches("*", tag())
    assert not matches('"x"', tag())
    assert not matches("", tag())
