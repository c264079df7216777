import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchronizer.bus.payloads import BookmarkPayload, ChangePayload
from synchronizer.client.reassembly import MOST, Reassembly, chosen

TYPES = ("nova.server", "neutron.port", "keystone.user")


def told(revision, type_="nova.server", *, prior=0, part=1, parts=1, id_="a", **more):
    return ChangePayload(
        op="update",
        cloud="cloud",
        region="region",
        type=type_,
        id=id_,
        revision=revision,
        previous=None,
        sampled_at="2026-01-01T00:00:00.000000Z",
        body={"n": revision},
        epoch="e",
        prior=prior,
        part=part,
        parts=parts,
        **more,
    )


def marks(revision, **priors):
    return BookmarkPayload(
        revision, "e", {name.replace("_", "."): at for name, at in priors.items()}
    )


def joining(position=0, types=TYPES):
    return Reassembly(position, lambda type_: type_ in types)


def revisions(commits):
    return None if commits is None else [each.revision for each in commits]


def test_nothing_comes_out_before_its_bookmark():
    join = joining()
    join.offer(told(1))
    assert join.position == 0
    (commit,) = join.complete(marks(1, nova_server=1))
    assert (commit.revision, [each.id for each in commit.changes]) == (1, ["a"])
    assert join.position == 1
    assert type(commit.changes[0]).__name__ == "Change"


def test_what_arrives_in_another_order_comes_out_in_order():
    join = joining()
    for each in (
        told(3, prior=1, part=2, parts=2, id_="b"),
        told(2, "neutron.port"),
        told(3, prior=1, part=1, parts=2),
        told(1),
    ):
        join.offer(each)
    commits = join.complete(marks(3, nova_server=3, neutron_port=2))
    assert revisions(commits) == [1, 2, 3]
    assert [each.id for each in commits[-1].changes] == ["a", "b"]


def test_what_comes_twice_comes_out_once():
    join = joining()
    join.offer(told(1))
    join.offer(told(1))
    assert revisions(join.complete(marks(1, nova_server=1))) == [1]
    join.offer(told(1))
    assert join.complete(marks(1, nova_server=1)) == []


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param([told(2, prior=1, part=1, parts=2)], id="a part of a commit"),
        pytest.param([told(2, prior=1)], id="a commit in the middle"),
        pytest.param([], id="the last commit of the topic"),
    ],
)
def test_what_is_missing_shows(lost):
    join = joining(position=0)
    for each in lost:
        join.offer(each)
    assert join.complete(marks(3, nova_server=2 if lost else 3)) is None
    assert join.position == 0


def test_a_commit_of_another_topic_that_is_missing_holds_back_what_came_after_it():
    join = joining()
    join.offer(told(2))
    assert join.complete(marks(2, nova_server=2, neutron_port=1)) is None


def test_topics_that_are_not_listened_to_are_not_missed():
    join = joining(types=("nova.server",))
    join.offer(told(2))
    assert revisions(join.complete(marks(2, nova_server=2, neutron_port=1))) == [2]


def test_a_body_that_was_left_out_counts_as_missing():
    join = joining()
    join.offer(told(1, oversize=True))
    assert join.complete(marks(1, nova_server=1)) is None


def test_what_came_over_the_log_is_not_told_again():
    join = joining()
    join.offer(told(1))
    join.offer(told(2, prior=1))
    join.offer(told(5, prior=4))
    join.reached(4)
    assert join.position == 4
    assert revisions(join.complete(marks(5, nova_server=5))) == [5]


def test_a_bookmark_of_what_is_known_changes_nothing():
    join = joining(position=9)
    assert join.complete(marks(3, nova_server=3)) == []
    assert join.position == 9


def test_more_than_should_wait_is_noticed():
    join = joining()
    for revision in range(1, MOST + 1):
        join.offer(told(revision, prior=revision - 1))
    assert not join.overfull()
    join.offer(told(MOST + 1, prior=MOST))
    assert join.overfull()
    join.reached(MOST)
    assert not join.overfull()


def test_what_has_no_region_is_in_all_of_its_cloud():
    here = told(1)
    anywhere = ChangePayload(
        **{n: getattr(here, n) for n in ChangePayload.__struct_fields__} | {"region": None}
    )
    assert chosen([here, anywhere], None, None) == [here, anywhere]
    assert chosen([here, anywhere], "cloud", "region") == [here, anywhere]
    assert chosen([here, anywhere], None, "elsewhere") == [anywhere]
    assert chosen([here, anywhere], "other", None) == []


commits = st.lists(st.tuples(st.sampled_from(TYPES), st.integers(1, 3)), min_size=1, max_size=25)


def history(made):
    """Return the messages of a log as a relay tells them, and after each commit the priors."""
    messages, priors, states = [], {}, []
    for revision, (type_, parts) in enumerate(made, start=1):
        prior = priors.get(type_, 0)
        messages.append(
            [
                told(revision, type_, prior=prior, part=part, parts=parts, id_=f"{part}")
                for part in range(1, parts + 1)
            ]
        )
        priors[type_] = revision
        states.append(dict(priors))
    return messages, states


@given(made=commits, seed=st.integers(0, 1 << 32), loss=st.sampled_from([0.0, 0.1, 0.5]))
def test_whatever_the_bus_does_each_commit_comes_out_once_and_in_order(made, seed, loss):
    """Windows are shuffled, doubled and thinned; what is missing is asked for, as a watch does."""
    dice = random.Random(seed)
    messages, states = history(made)
    join, out, at = joining(), [], 0
    while at < len(made):
        upto = min(len(made), at + dice.randint(1, 5))
        window = [each for commit in messages[at:upto] for each in commit]
        window += dice.sample(window, dice.randint(0, len(window)))
        window += [each for commit in messages[:at] for each in commit if dice.random() < 0.1]
        window = [each for each in window if dice.random() >= loss]
        dice.shuffle(window)
        for each in window:
            join.offer(each)
        at = upto
        if dice.random() < loss and at < len(made):
            continue  # the bookmark is lost as well
        found = join.complete(BookmarkPayload(at, "e", states[at - 1]))
        if found is None:
            out += [(n, len(messages[n - 1])) for n in range(join.position + 1, at + 1)]
            join.reached(at)
        else:
            out += [(each.revision, len(each.changes)) for each in found]
        assert [n for n, _ in out] == list(range(1, join.position + 1))
    assert out == [(n, parts) for n, (_, parts) in enumerate(made, start=1)]
