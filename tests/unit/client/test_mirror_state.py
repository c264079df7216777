"""The rules by which changes come in, over random logs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchronizer.client.mirror_state import GapError, Key, MirrorState, differences, shelved
from synchronizer.model.change import Change
from synchronizer.model.entity import Entity
from synchronizer.testing.writing import applied, as_truth

IDS = ["a", "b", "c", "d"]


def entity(id, revision, body):
    return Entity(
        cloud="c", region="r", type="t", id=id, revision=revision, sampled_at="", body=body
    )


def change(op, id, revision, previous, body=None):
    return Change(
        op=op,
        cloud="c",
        region="r",
        type="t",
        id=id,
        revision=revision,
        previous=previous,
        sampled_at="",
        body=body,
    )


@st.composite
def logs(draw):
    """Commits as a store makes them: list of lists of changes, one list a revision."""
    living, log = {}, []
    for revision in range(1, draw(st.integers(1, 12)) + 1):
        commit = []
        for name in draw(st.lists(st.sampled_from(IDS), unique=True, min_size=1)):
            previous = living.get(name)
            if previous is not None and draw(st.booleans()):
                del living[name]
                commit.append(change("delete", name, revision, previous, {}))
            else:
                op = "create" if previous is None else "update"
                living[name] = revision
                commit.append(change(op, name, revision, previous, {"n": draw(st.integers(0, 2))}))
        log.append(commit)
    return log


def state_at(log, revision):
    return applied({}, [each for commit in log[:revision] for each in commit])


def offer_all(contents, commit):
    for each in commit:
        contents.offer(each)


def held(contents):
    return as_truth(each for shelf in contents.shelves.values() for each in shelf.values())


@given(logs(), st.data())
def test_any_replay_from_any_earlier_point_leads_to_the_same_state(log, data):
    """Streams begin anywhere at or before the revision, break anywhere, and repeat changes."""
    contents = MirrorState()
    start = data.draw(st.integers(0, len(log)), "listed at")
    listing = [
        entity(key.id, revision, {"n": int(body[5:-1])})
        for key, (revision, body) in state_at(log, start).items()
    ]
    contents.adopt("epoch", start, shelved(listing))
    told = []
    for _ in range(data.draw(st.integers(1, 4), "streams")):
        contents.forget_waiting()
        since = data.draw(st.integers(max(0, contents.revision - 4), contents.revision), "since")
        until = data.draw(st.integers(since, len(log)), "until")
        for number in range(since, until):
            for each in log[number]:
                for _ in range(data.draw(st.integers(1, 2), "times")):
                    contents.offer(each)
            if number + 1 == until and data.draw(st.booleans(), "cut before the bookmark"):
                break
            if contents.complete(number + 1):
                told += contents.commit(number + 1)
            assert held(contents) == state_at(log, contents.revision)
    assert applied(state_at(log, start), told) == held(contents)
    assert len({(each.id, each.revision) for each in told}) == len(told)


@given(logs(), st.data())
def test_a_lost_commit_is_found_out_by_the_next_change_of_each_of_its_entities(log, data):
    lost = data.draw(st.integers(0, len(log) - 1))
    missing = {each.id for each in log[lost]}
    contents = MirrorState()
    contents.adopt("epoch", 0, {})
    for number, commit in enumerate(log):
        if number == lost:
            continue
        touched = number > lost and missing & {each.id for each in commit}
        if touched:
            with pytest.raises(GapError):
                offer_all(contents, commit)
            return
        offer_all(contents, commit)
        contents.commit(number + 1)


@given(logs(), st.data())
def test_a_change_that_comes_after_its_bookmark_is_a_gap_or_brings_nothing(log, data):
    """Late changes never bring back what is past."""
    contents = MirrorState()
    contents.adopt("epoch", 0, {})
    lost = data.draw(st.integers(0, len(log) - 1))
    for commit in log[:lost]:
        offer_all(contents, commit)
    contents.commit(lost + 1)  # the bookmark of the lost commit, but not its changes
    before = held(contents)
    for each in log[lost]:
        if each.previous is None:
            contents.offer(each)  # could as well have been deleted since
        else:
            with pytest.raises(GapError):
                contents.offer(each)
    assert contents.commit(lost + 1) == []
    assert held(contents) == before


@given(logs(), st.data(), st.booleans())
def test_differences_lead_from_one_listing_to_the_other(log, data, renumbered):
    first, second = sorted(data.draw(st.integers(0, len(log))) for _ in range(2))

    def listing(at, shift=0):
        return shelved(
            entity(key.id, revision + shift, {"n": int(body[5:-1])})
            for key, (revision, body) in state_at(log, at).items()
        )

    before, after = listing(first), listing(second, 100 if renumbered else 0)
    found = differences(before, after, second, renumbered=renumbered)
    result = applied(state_at(log, first), found)
    flat = as_truth(each for shelf in after.values() for each in shelf.values())
    if renumbered:  # a new number alone is not told
        result, flat = ({key: body for key, (_, body) in each.items()} for each in (result, flat))
    assert result == flat
    assert [each.revision for each in found] == sorted(each.revision for each in found)
    assert differences(after, after, second, renumbered=renumbered) == []


def test_a_bookmark_that_comes_late_moves_nothing():
    contents = MirrorState()
    contents.adopt("epoch", 5, {})
    contents.offer(change("create", "a", 7, None))
    assert not contents.complete(4)
    assert not contents.complete(6)
    assert contents.complete(7)


def test_staleness_is_not_held():
    stale = Entity(
        cloud="c", region=None, type="t", id="a", revision=1, sampled_at="", stale=True, body={}
    )
    contents = MirrorState()
    contents.adopt("epoch", 1, shelved([stale]))
    assert contents.find(Key("c", None, "t", "a")).stale is False
