"""The search before decoding leaves no line out."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchronizer.northbound.serving.prefilter import lines_with, needles

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6) | st.integers().map(str)
BODIES = st.lists(
    st.dictionaries(st.sampled_from(["a", "b"]), TEXTS | st.integers(-20, 20)), max_size=8
)


def slashed(value):
    return json.dumps(value, ensure_ascii=False).replace("/", "\\/").encode()


@given(BODIES, st.data())
@pytest.mark.parametrize(
    "encode", [msgspec.json.encode, lambda value: json.dumps(value).encode(), slashed]
)
def test_every_line_that_holds_the_text_is_found_in_order(encode, bodies, data):
    """However its service escapes: not at all, all but ASCII, or slashes too."""
    held = [str(value) for body in bodies for value in body.values()]
    texts = data.draw(st.sets(st.sampled_from(held) | TEXTS if held else TEXTS, max_size=4))
    lines = [encode(body) for body in bodies]
    found = list(lines_with(b"".join(line + b"\n" for line in lines), needles(texts)))
    holding = [
        line
        for line, body in zip(lines, bodies, strict=True)
        if texts & {str(value) for value in body.values()}
    ]
    rest = iter(found)
    assert all(line in rest for line in holding)
    assert set(found) <= set(lines)


def test_a_line_without_the_text_is_not_found():
    piece = b'{"id":"abc"}\n{"id":"xabcx"}\n{"id":"abcd"}\n{"id":"abc"}\n'
    assert list(lines_with(piece, needles({"abc"}))) == [b'{"id":"abc"}', b'{"id":"abc"}']


@pytest.mark.parametrize("texts", [{'"'}, {"//"}, {str(n) for n in range(17)}])
def test_where_nothing_can_be_searched_for_every_line_is_found(texts):
    assert needles(texts) is None
    assert list(lines_with(b"1\n2\n", None)) == [b"1", b"2"]


def test_a_line_is_given_once_whatever_it_holds():
    assert list(lines_with(b'"a" "b" "a"\n', needles({"a", "b"}))) == [b'"a" "b" "a"']
