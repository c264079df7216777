import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchronizer.northbound.serving.filters import BodyFilter, passes, steps

SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["a", "b", "true", "1"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "a.b"]), inner, max_size=3)
    ),
    max_leaves=8,
)
BODIES = st.dictionaries(st.sampled_from(["a", "b", "a.b"]), VALUES, max_size=3)
PATHS = st.sampled_from(["a", "b", "a.b", "a.b.a"])
TEXTS = st.sampled_from(["a", "b", "true", "null", "1", "-1", "1.0", "", "a.b"])


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        (2, "2", True),
        (2, "2.0", True),
        (2.5, "2.5", True),
        (2, "two", False),
        ("2", "2", True),
        (True, "true", True),
        (True, "1", False),
        (1, "true", False),
        (False, "false", True),
        (None, "null", True),
        ("null", "null", True),
        (None, "", False),
        (12345678901234567890, "12345678901234567890", True),
        (12345678901234567890, "12345678901234567891", False),
        (1, "nan", False),
    ],
)
def test_scalars_are_compared_as_what_they_are(value, text, expected):
    assert passes({"x": value}, steps("x"), [text]) is expected


def test_a_list_on_the_way_passes_when_any_item_does():
    body = {"nets": {"blue": [{"addr": "1"}, {"addr": "2"}]}}
    assert passes(body, steps("nets.blue.addr"), ["2"])
    assert not passes(body, steps("nets.blue.addr"), ["3"])


def test_names_with_dots_are_found():
    body = {"metadata": {"app.kubernetes.io/name": "web"}}
    assert BodyFilter({"metadata.app.kubernetes.io/name": ["web"]})(json.dumps(body).encode())


def test_an_object_is_equal_to_no_text():
    assert not passes({"x": {"y": 1}}, steps("x"), ["1"])


@given(BODIES, st.dictionaries(PATHS, st.lists(TEXTS, min_size=1, max_size=3), max_size=2))
def test_looking_at_the_bytes_first_changes_no_answer(body, filters):
    slow = all(passes(body, steps(path), texts) for path, texts in filters.items())
    assert BodyFilter(filters)(json.dumps(body).encode()) is slow


def test_escaped_text_is_found():
    assert BodyFilter({"x": ["abc"]})(rb'{"x": "\u0061bc"}')


def test_only_fields_that_the_filter_names_can_matter():
    where = BodyFilter({"a.b": ["1"], "c": ["2"]})
    assert where.touches(["a"])
    assert where.touches(["c"])
    assert where.touches(["a.b"])
    assert not where.touches(["b", "ab"])
