"""The tree of errors: each has a code of its own, and says what to do."""

import re

import pytest

from synchronizer.model import errors
from synchronizer.model.errors import (
    CloudUnreachableError,
    ConfigurationError,
    CredentialsError,
    RequestError,
    RevisionAheadError,
    RevisionCompactedError,
    SampleError,
    StoreError,
    SynchronizerError,
    ThrottledError,
    TransportError,
    by_code,
)

ALL = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, SynchronizerError)
]


def test_every_error_has_a_code_of_its_own():
    assert len({kind.code for kind in ALL}) == len(ALL)
    assert all("code" in vars(kind) for kind in ALL)


def test_by_code_finds_every_error():
    found = by_code()
    assert set(ALL) <= set(found.values())
    assert all(kind.code == code for code, kind in found.items())
    assert list(found) == sorted(found)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_an_error_is_declared_in_our_way(kind):
    assert kind.__name__.endswith("Error")
    assert re.fullmatch(r"synchronizer(\.[a-z_]+)+", kind.code)
    assert 400 <= kind.status < 600
    assert kind.title == kind.title.strip()
    assert kind.title
    assert kind.__doc__
    assert not kind.title.endswith(".")


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_the_drawing_shows_every_error_below_its_parent(kind):
    lines = errors.__doc__.splitlines()
    depth = {name: line.index(name) for line in lines for name in re.findall(r"\b\w+Error\b", line)}
    assert kind.__name__ in depth
    parent = kind.__mro__[1]
    if parent is not Exception:
        assert depth[parent.__name__] < depth[kind.__name__]


def test_exit_codes_tell_what_failed():
    codes = {
        SynchronizerError: 1,
        ConfigurationError: 2,
        CloudUnreachableError: 3,
        CredentialsError: 4,
        StoreError: 5,
        TransportError: 6,
        RequestError: 2,
        SampleError: 1,
    }
    assert {kind: kind.exit_code for kind in codes} == codes


def test_a_compacted_revision_names_the_oldest_that_is_left():
    error = RevisionCompactedError(3, 17)
    assert (error.revision, error.oldest, error.status) == (3, 17, 410)
    assert "17" in str(error)


def test_a_revision_ahead_names_the_newest():
    error = RevisionAheadError(9, 4)
    assert (error.revision, error.newest, error.status) == (9, 4, 416)
    assert "4" in str(error)


def test_a_throttled_error_says_how_long_to_wait():
    assert ThrottledError("wait", retry_after=7.5).retry_after == 7.5
    assert ThrottledError("wait").retry_after == 1.0
