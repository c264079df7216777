"""What no caller would mean is refused in words, and never an internal error."""

import pytest

from synchronizer.model.errors import RequestError
from synchronizer.northbound.rpc.endpoint import METHODS
from synchronizer.northbound.serving.snapshot_walk import sealed

NEEDED = {"type": "nova.server", "id": "a"}


def needed(method):
    return {name: NEEDED[name] for name in METHODS[method].needs}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["self", "_context", "context", "\ud800"])
def test_an_argument_of_any_name_is_unknown(endpoint, method, name):
    with pytest.raises(RequestError, match="Unknown argument"):
        getattr(endpoint, method)({}, **{name: 1}, **needed(method))


@pytest.mark.parametrize("place", [(1, -5), (-1, 0), (1, -1)])
def test_a_marker_from_before_the_beginning_is_none(endpoint, place):
    with pytest.raises(RequestError, match="marker is not one"):
        endpoint.get_changes({}, marker=sealed(place))


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("get_entity", {"type": "nova.server", "id": "\ud800"}),
        ("get_history", {"type": "\ud800", "id": "a"}),
        ("get_all", {"types": ["\ud800"]}),
        ("get_all", {"cloud": "\ud800"}),
        ("get_all", {"where": {"\ud800": "x"}}),
        ("get_all", {"where": {"x": "\ud800"}}),
        ("sweep", {"type": "\ud800"}),
    ],
)
def test_half_a_character_is_refused(endpoint, method, more):
    with pytest.raises(RequestError, match="half a character"):
        getattr(endpoint, method)({}, **more)


@pytest.mark.parametrize("value", [["demo"], {"demo": 1}])
def test_what_is_no_text_is_taken_for_none(endpoint, value):
    """Written as Python shows it, it would name a cloud that nobody has."""
    with pytest.raises(RequestError, match="cloud must be a text or a number"):
        endpoint.get_all({}, cloud=value)
