"""Each watcher is sent what is news to it, and no more."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from synchronizer.model.entity import Collection
from synchronizer.northbound.serving.selection import Selection
from synchronizer.northbound.serving.statuses import Statuses, encoded
from synchronizer.store.freshness import Freshness

TYPES = ["nova.server", "neutron.port", "glance.image"]
PLACES = [Collection("cloud", region, type_) for region in ("one", "two") for type_ in TYPES]

steps = st.lists(
    st.one_of(
        st.dictionaries(st.sampled_from(PLACES), st.integers(1, 3), min_size=1),
        st.integers(0, 2),  # this watcher reads
    ),
    max_size=30,
)


@given(steps)
def test_whoever_reads_whenever_holds_the_latest_of_what_is_selected(done):
    board, now = Statuses(), dict.fromkeys(PLACES, 0)
    board.renew({place: _text(place, 0) for place in PLACES})
    watchers = [
        (Selection(), {}, [0]),
        (Selection(frozenset(["nova.server"])), {}, [0]),
        (Selection(frozenset(TYPES[1:]), "cloud", "two"), {}, [0]),
    ]
    for step in [*done, 0, 1, 2]:
        if isinstance(step, dict):
            now |= step
            board.renew({place: _text(place, value) for place, value in now.items()})
            continue
        selection, held, version = watchers[step]
        news = _read(board.news(selection, version[0]))
        assert version[0] < board.version or not news
        held |= news
        version[0] = board.version
        assert held == {place: n for place, n in now.items() if selection.holds(place)}


def test_what_changed_after_the_revision_is_left_for_later():
    known = [
        Freshness(collection=PLACES[0], revision=3),
        Freshness(collection=PLACES[1], revision=4),
    ]
    assert list(encoded(known, 3, 0.0)) == [PLACES[0]]


def _text(place, value):
    return msgspec.json.encode([*place, value])


def _read(joined):
    return {Collection(*row[:3]): row[3] for row in msgspec.json.decode(b"[%b]" % joined)}
