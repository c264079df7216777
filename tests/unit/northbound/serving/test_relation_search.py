"""Relations are what the bodies say, in both directions, at every revision."""

from itertools import chain
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.model.change import Candidate
from synchronizer.model.entity import Collection
from synchronizer.model.essence import digest
from synchronizer.model.relation import parsed, reached, references, values
from synchronizer.northbound.serving.page_cache import PageCache
from synchronizer.northbound.serving.projection import Projection
from synchronizer.northbound.serving.relation_search import Behind, RelationSearch
from synchronizer.store import open_store

ONE, TWO = Collection("c", "One", "a.thing"), Collection("c", "Two", "a.thing")
USER, OTHER = Collection("c", None, "b.user"), Collection("d", "One", "a.thing")
DECLARED = {
    "a.thing": {
        "owner": "b.user",
        "host": "a.thing#name",
        "parts.*.of": ("a.thing", "b.user#tags.*"),
        "never": "c.unsampled",
    },
    "b.user": {"likes.*": ("a.thing#name", "a.thing", "b.user")},
}
IDS = ["1", "2", "a/b", "ü", 'q"', "same"]

ids = st.sampled_from(IDS)
things = st.fixed_dictionaries(
    {"name": ids | st.integers(1, 2)},
    optional={
        "owner": ids | st.none(),
        "host": ids,
        "parts": st.lists(st.fixed_dictionaries({"of": ids | st.integers(1, 3)}), max_size=3),
        "never": ids,
    },
)
users = st.fixed_dictionaries(
    {}, optional={"likes": st.lists(ids, max_size=3), "tags": st.lists(ids, max_size=3)}
)
things_by_id = st.dictionaries(ids, st.none() | things, min_size=1)
steps = st.lists(
    st.tuples(st.sampled_from([ONE, TWO, OTHER]), things_by_id)
    | st.tuples(st.just(USER), st.dictionaries(ids, st.none() | users, min_size=1)),
    max_size=8,
)


def put(store, collection, bodies):
    candidates = [
        Candidate(id=id_, reason="gone")
        if body is None
        else Candidate(id=id_, digest=digest(body), body=msgspec.json.encode(body))
        for id_, body in bodies.items()
    ]
    store.commit(collection, store.head().revision, candidates, sampled_at=1.0)
    return store.head().revision


def opened():
    store = open_store(f"sqlite:///file:{uuid4().hex}?mode=memory&cache=shared&uri=true")
    for each in (ONE, TWO, USER, OTHER):
        store.declare(each, stale_after=1e9, relations=DECLARED[each.type])
        store.note(each, sampled_at=1.0)
    return store


@pytest.fixture
def store():
    store = opened()
    yield store
    store.close()


def search(store, lines, collection, id_, at, fields=()):
    known = store.collections()
    (origin,) = (each for each in known if each.collection == collection)
    record = store.entity(collection, id_, at)
    return RelationSearch(
        store, lines, known, at, 1.0, origin=origin, record=record, fields=Projection(fields)
    )


def shown(relation):
    place = Collection(relation.cloud, relation.region, relation.type)
    return (relation.path, relation.value, place, relation.id, relation.revision)


def edges(state):
    """Return every relation of a state by brute force: (from, path, value, to)."""
    found = set()
    for (place, id_), (_, body) in state.items():
        for path, value, targets in references(body, parsed(DECLARED[place.type])):
            for target in targets:
                inside = reached(place, target.type, (ONE, TWO, USER, OTHER))
                for (other, other_id), (_, other_body) in state.items():
                    known_by = (
                        {other_id}
                        if target.field is None
                        else set(values(other_body, target.field))
                    )
                    if other in inside and value in known_by:
                        found.add(((place, id_), path, value, (other, other_id)))
    return found


def state_of(store, at):
    return {
        (each.collection, each.id): (each.revision, msgspec.json.decode(each.body))
        for each in chain.from_iterable(store.snapshot([ONE, TWO, USER, OTHER], at))
    }


@settings(deadline=None, max_examples=60)
@given(steps, st.sampled_from([0, 1 << 20]))
def test_relations_are_what_brute_force_finds(steps, room):
    """Both directions, of every entity, at every revision, with or without kept lines."""
    store = opened()
    lines = PageCache(store, room, piece=500)
    for collection, bodies in steps:
        put(store, collection, bodies)
    head = store.head().revision
    for at in [head, *range(head)]:
        state = state_of(store, at)
        truth = edges(state)
        for place, id_ in state:
            about = search(store, lines, place, id_, at)
            outward, inward = list(about.outward()), list(about.inward())
            expected_out = {
                (path, value, *to, state[to][0])
                for origin, path, value, to in truth
                if origin == (place, id_)
            }
            expected_in = {
                (path, value, *origin, state[origin][0])
                for origin, path, value, to in truth
                if to == (place, id_)
            }
            there = [shown(each) for each in outward if each.exists]
            assert set(there) == expected_out
            assert len(there) == len(expected_out)
            assert {shown(each) for each in inward} == expected_in
            assert len(inward) == len(expected_in)
            missing = {(each.path, each.value) for each in outward if not each.exists}
            resolved = {(path, value) for path, value, *_ in expected_out}
            body = state[place, id_][1]
            refers = references(body, parsed(DECLARED[place.type]))
            assert missing == {each[:2] for each in refers} - resolved
    store.close()


@settings(deadline=None, max_examples=40)
@given(steps)
def test_a_walk_may_go_on_behind_every_relation(steps):
    """What is before and what is behind it make up the whole, nothing twice."""
    store = opened()
    lines = PageCache(store)
    for collection, bodies in steps:
        put(store, collection, bodies)
    head = store.head().revision
    for place, id_ in state_of(store, head):
        about = search(store, lines, place, id_, head)
        whole = list(about.inward())
        for count, last in enumerate(whole, start=1):
            behind = Behind(last.cloud, last.region, last.type, last.id, last.path, last.value)
            assert list(about.inward(behind=behind)) == whole[count:]
    store.close()


class TestWhatIsNotThere:
    def test_a_reference_to_nothing_does_not_exist(self, store):
        at = put(store, ONE, {"1": {"owner": "nobody"}})
        (found,) = search(store, PageCache(store), ONE, "1", at).outward()
        assert (found.exists, found.type, found.id) == (False, "b.user", "nobody")
        assert (found.cloud, found.region, found.revision) == ("c", None, None)

    def test_of_a_type_that_is_not_sampled_nobody_knows(self, store):
        at = put(store, ONE, {"1": {"never": "x"}})
        (found,) = search(store, PageCache(store), ONE, "1", at).outward()
        assert (found.exists, found.type, found.stale) == (None, "c.unsampled", True)

    def test_before_the_first_sweep_nobody_knows(self, store):
        store.note(USER, sampled_at=None)
        at = put(store, ONE, {"1": {"owner": "x"}})
        (found,) = search(store, PageCache(store), ONE, "1", at).outward()
        assert found.exists is None

    def test_a_deleted_one_is_named_with_its_last_revision(self, store):
        put(store, USER, {"x": {}})
        at = put(store, ONE, {"1": {"owner": "x"}})
        deleted = put(store, USER, {"x": None})
        lines = PageCache(store)
        (found,) = search(store, lines, ONE, "1", deleted).outward()
        assert (found.exists, found.type, found.revision) == (False, "b.user", deleted)
        (before,) = search(store, lines, ONE, "1", at).outward()
        assert before.exists

    def test_of_several_types_none_is_named(self, store):
        at = put(store, USER, {"1": {"likes": ["nothing"]}})
        (found,) = search(store, PageCache(store), USER, "1", at).outward()
        assert (found.exists, found.type, found.id) == (False, None, None)

    def test_it_is_shown_to_who_asks_for_one_of_the_types(self, store):
        at = put(store, USER, {"1": {"likes": ["nothing"]}})
        about = search(store, PageCache(store), USER, "1", at)
        assert len(list(about.outward(frozenset({"a.thing"})))) == 1
        assert list(about.outward(frozenset({"c.unsampled"}))) == []


def test_types_choose_the_related_side(store):
    put(store, USER, {"u": {"likes": ["1"]}})
    at = put(store, ONE, {"1": {"owner": "u"}, "2": {"parts": [{"of": "1"}]}})
    about = search(store, PageCache(store), ONE, "1", at)
    assert [each.id for each in about.inward()] == ["u", "2"]
    assert [each.id for each in about.inward(frozenset({"a.thing"}))] == ["2"]
    assert [each.id for each in about.inward(frozenset({"b.user"}))] == ["u"]
    assert list(about.outward(frozenset({"a.thing"}))) == []
    assert [each.id for each in about.outward(frozenset({"b.user"}))] == ["u"]


def test_the_order_is_that_of_collections_then_of_the_log(store):
    put(store, TWO, {"1": {"owner": "u"}})
    put(store, ONE, {"b": {"owner": "u"}})
    put(store, ONE, {"a": {"owner": "u", "parts": [{"of": "tag"}]}})
    at = put(store, USER, {"u": {"tags": ["tag"]}})
    found = list(search(store, PageCache(store), USER, "u", at).inward())
    assert [(each.region, each.id, each.path) for each in found] == [
        ("One", "b", "owner"),
        ("One", "a", "owner"),
        ("One", "a", "parts.*.of"),
        ("Two", "1", "owner"),
    ]


def test_fields_of_the_related_bodies_are_shown(store):
    put(store, USER, {"u": {"name": "anna", "tags": ["t"]}})
    at = put(store, ONE, {"1": {"owner": "u", "name": "x"}})
    (out,) = search(store, PageCache(store), ONE, "1", at, ["name"]).outward()
    (back,) = search(store, PageCache(store), USER, "u", at, ["name"]).inward()
    assert msgspec.json.decode(out.body) == {"name": "anna"}
    assert msgspec.json.decode(back.body) == {"name": "x"}


def test_many_values_are_looked_up_in_one_search(store):
    """More than there are needles for: every line is decoded then."""
    put(store, ONE, {f"t{n}": {"name": f"n{n}"} for n in range(40)})
    at = put(store, USER, {"u": {"likes": [f"n{n}" for n in range(40)]}})
    found = search(store, PageCache(store), USER, "u", at).outward()
    assert [each.id for each in found] == [f"t{n}" for n in range(40)]
