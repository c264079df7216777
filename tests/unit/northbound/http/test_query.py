import pytest

from synchronizer.model.errors import RequestError
from synchronizer.northbound.http.parameters import AT, CLOUD, LIMIT, MAX_AGE, SNAPSHOT, TYPE
from synchronizer.northbound.http.query import Query

KNOWN = (AT, CLOUD, LIMIT, MAX_AGE, SNAPSHOT, TYPE)


def query(text, *, filters=True):
    return Query(text.encode(), KNOWN, filters=filters)


def test_what_is_not_given_has_its_default():
    empty = query("")
    assert (empty[LIMIT], empty[TYPE], empty[AT], empty[SNAPSHOT]) == (1000, (), None, False)


def test_types_come_repeated_and_as_lists():
    assert query("type=a.b,c.d&type=e.f&type=a.b")[TYPE] == ("a.b", "c.d", "e.f")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("at=12", 12), ("at=1970-01-01T00:01:00Z", 60.0), ("at=1970-01-01T01:01:00+01:00", 60.0)],
)
def test_at_is_a_revision_or_a_time(text, expected):
    value = query(text)[AT]
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize("text", ["snapshot", "snapshot=true", "snapshot=1", "snapshot=True"])
def test_a_flag_needs_no_value(text):
    assert query(text)[SNAPSHOT] is True


def test_filters_of_one_path_are_kept_together():
    assert query("body.a=1&body.b.c=2&body.a=3").filters == {"a": ["1", "3"], "b.c": ["2"]}


@pytest.mark.parametrize(
    "text",
    ["body.a=1&x=2", "limit=1e3", "limit=%D9%A3", "at=now", "snapshot=maybe", "cloud=%80",
     "max_age=inf", "body.=1", "at=9999999999999999999999"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(RequestError):
        query(text)


@pytest.mark.parametrize("text", ["body.a", "limit=1&body.a", "body%2Ea", "body.b=1&body.a&"])
def test_a_filter_without_a_value_is_refused(text):
    with pytest.raises(RequestError, match=r"body\.a has no value; give body\.a=VALUE"):
        query(text)


def test_a_filter_may_ask_for_an_empty_text():
    assert query("body.a=").filters == {"a": [""]}


def test_without_filters_a_path_is_an_unknown_parameter():
    with pytest.raises(RequestError, match=r"Unknown query parameter: body\.a"):
        query("body.a=1", filters=False)
