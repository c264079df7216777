"""The essence: what counts as state, whatever order and noise a service adds."""

import copy
import json
import random
from hashlib import blake2b

from hypothesis import given, settings
from hypothesis import strategies as st

from synchronizer.model.essence import (
    canonical,
    changed_fields,
    digest,
    drop,
    essence_of,
    names,
    take,
)

light = settings(max_examples=40, deadline=None)

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=6)
keys = st.sampled_from(["a", "b", "c", "links", "a.b"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)
bodies = st.dictionaries(keys, values, max_size=5)
paths = st.lists(st.sampled_from(["a", "b", "c", "links", "*"]), min_size=1, max_size=3).map(tuple)


def shuffled(value, dice):
    """Return the same JSON with the items of every list and the keys of every object moved."""
    if isinstance(value, dict):
        pairs = [(key, shuffled(inner, dice)) for key, inner in value.items()]
        dice.shuffle(pairs)
        return dict(pairs)
    if isinstance(value, list):
        items = [shuffled(item, dice) for item in value]
        dice.shuffle(items)
        return items
    return value


def dropped(value, path):
    """Say in the plainest way what dropping a path means."""
    name, rest = path[0], path[1:]
    if isinstance(value, list) and name == "*":
        return [dropped(item, rest) if rest else item for item in value]
    if not isinstance(value, dict):
        return value
    if not rest:
        return {key: inner for key, inner in value.items() if name not in {"*", key}}
    return {
        key: dropped(inner, rest) if name in {"*", key} else inner for key, inner in value.items()
    }


@light
@given(bodies, st.lists(paths, max_size=3))
def test_the_essence_of_an_essence_is_itself(body, volatile):
    essence = essence_of(volatile)
    once = essence(copy.deepcopy(body))
    assert essence(copy.deepcopy(once)) == once


@light
@given(bodies, st.randoms(use_true_random=False))
def test_order_is_not_state(body, dice):
    essence = essence_of(())
    assert digest(essence(shuffled(body, dice))) == digest(essence(copy.deepcopy(body)))


@light
@given(bodies, paths)
def test_a_dropped_path_is_gone_and_nothing_else_is(body, path):
    expected = dropped(body, path)
    drop(body, path)
    assert body == expected


@light
@given(bodies, bodies, st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True))
def test_volatile_fields_never_count(body, noise, volatile):
    essence = essence_of(volatile)
    noisy = {**body, **{name: noise.get(name) for name in volatile}}
    assert digest(essence(copy.deepcopy(noisy))) == digest(essence(copy.deepcopy(body)))


@light
@given(bodies)
def test_without_volatile_fields_every_item_of_every_list_remains(body):
    def leaves(value):
        if isinstance(value, dict):
            return sorted(leaf for inner in value.values() for leaf in leaves(inner))
        if isinstance(value, list):
            return sorted(leaf for inner in value for leaf in leaves(inner))
        return [repr(value)]

    assert leaves(essence_of(())(copy.deepcopy(body))) == leaves(body)


def test_a_list_whose_order_is_state_keeps_it():
    essence = essence_of((), ordered=("rules", "rules.*.steps"))
    body = {"rules": [{"n": 2, "tags": [2, 1]}, {"n": 1, "steps": [2, 1]}], "tags": ["b", "a"]}
    assert essence(body) == {
        "rules": [{"n": 2, "tags": [1, 2]}, {"n": 1, "steps": [2, 1]}],
        "tags": ["a", "b"],
    }


def test_lists_of_different_things_have_one_order():
    one, other = [1, "1", None, {"a": 1}, [2], True], [True, [2], {"a": 1}, "1", None, 1]
    essence = essence_of(())
    assert digest(essence({"l": one})) == digest(essence({"l": other}))


def test_a_star_stands_for_every_key_and_every_item():
    body = {"hosts": {"a": [{"seen": 1, "up": 1}], "b": {"x": {"seen": 2}}}, "seen": 3}
    drop(body, names("hosts.*.*.seen"))
    assert body == {"hosts": {"a": [{"up": 1}], "b": {"x": {}}}, "seen": 3}


def test_a_star_at_the_end_empties_an_object_and_leaves_a_list():
    body = {"object": {"a": 1}, "list": [1]}
    drop(body, names("object.*"))
    drop(body, names("list.*"))
    assert body == {"object": {}, "list": [1]}


def test_a_name_with_a_dot_is_given_as_a_tuple():
    body = {"a.b": 1, "a": {"b": 1}}
    essence = essence_of((("a.b",),))
    assert essence(dict(body)) == {"a": {"b": 1}}
    assert names("a.b") == ("a", "b")


@light
@given(bodies)
def test_the_canonical_form_is_json_with_sorted_keys_and_no_spaces(body):
    expected = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical(body).decode() == expected


@light
@given(bodies, st.randoms(use_true_random=False))
def test_the_canonical_form_forgets_the_order_of_keys(body, dice):
    pairs = list(body.items())
    dice.shuffle(pairs)
    assert canonical(dict(pairs)) == canonical(body)


def test_the_digest_is_blake2b_of_the_canonical_form():
    body = {"b": [1, 2.5, "ü"], "a": None}
    text = '{"a":null,"b":[1,2.5,"ü"]}'.encode()
    assert digest(body) == blake2b(text, digest_size=16).digest()


def test_kinds_of_values_are_told_apart():
    alike = [1, 1.0, True, "1", None, 0, False, "", [], {}, [None]]
    assert len({digest({"v": value}) for value in alike}) == len(alike)


@light
@given(bodies, bodies)
def test_changed_fields_are_the_top_level_fields_that_differ(old, new):
    changed = changed_fields(old, new)
    assert changed == sorted(changed)
    patched = {key: value for key, value in old.items() if key not in changed}
    patched |= {key: new[key] for key in changed if key in new}
    assert patched == new
    assert all(old.get(key, ...) != new.get(key, ...) for key in changed)


def test_a_field_that_became_null_is_a_changed_field():
    assert changed_fields({"a": 1, "b": None}, {"b": None, "c": None}) == ["a", "c"]


def test_bodies_that_are_no_objects_have_no_changed_fields():
    assert changed_fields([1], {"a": 1}) == changed_fields({"a": 1}, None) == []


def test_the_same_dice_give_the_same_order():
    """The helper of this file moves items at all."""
    assert shuffled(list(range(20)), random.Random(1)) != list(range(20))


def test_what_is_taken_has_its_dotted_name():
    body = {"a": 1, "b": {"x": 2, "y": {"z": 3}}, "c": [{"t": 4, "u": 5}], "d.e": 6}
    taken = {
        name: value
        for path in (("a",), ("b", "*"), ("c", "*", "t"), ("d.e",), ("no", "x"))
        for name, value in take(body, path)
    }
    assert taken == {"a": 1, "b.x": 2, "b.y": {"z": 3}, "c.0.t": 4, "d.e": 6}
    assert body == {"b": {}, "c": [{"u": 5}]}


def test_changed_fields_leave_out_what_is_volatile():
    old = {"at": 1, "image": {"links": [1], "id": "i"}, "name": "a"}
    new = {"at": 2, "image": {"links": [2], "id": "i"}, "name": "b"}
    assert changed_fields(old, new, ("at", "image.links")) == ["name"]
