"""The columns of single types lead to fields that their entities have."""

import copy
import json
from pathlib import Path

import pytest

from synchronizer.cli.columns import field
from synchronizer.cli.type_columns import COLUMNS, columns_of
from synchronizer.model.essence import names
from synchronizer.plugins import installed, load

FIXTURES = Path(__file__).parents[2] / "fixtures"


def recorded():
    """Yield a type and a body of it as a real service gave it."""
    for folder in ("items", "more"):
        for path in sorted((FIXTURES / folder).glob("*.json")):
            kinds = {each.name: each for each in load(path.stem).declared()}
            for name, found in json.loads(path.read_text()).items():
                if isinstance(found, dict) and "item" in found and name in kinds:
                    item = kinds[name].shape(copy.deepcopy(found["item"]), found.get("parent"))
                    yield f"{path.stem}.{name}", item


BODIES = dict(recorded())


def there(body, path):
    *above, last = names(path)
    return last in (field(body, above) or {})


@pytest.mark.parametrize("type_", sorted(COLUMNS.keys() & BODIES.keys()))
def test_each_column_is_a_field_of_the_type(type_):
    assert [path for path in COLUMNS[type_] if not there(BODIES[type_], path)] == []


def test_most_types_with_columns_have_a_recorded_entity():
    assert len(COLUMNS.keys() & BODIES.keys()) > 15


def test_there_are_columns_of_known_types_only():
    known = {each.type for plugin in installed().values() for each in plugin().declared()}
    assert not COLUMNS.keys() - known


def test_a_list_of_several_types_has_the_columns_of_none():
    assert columns_of({"nova.server"}) == COLUMNS["nova.server"]
    assert columns_of({"nova.server", "neutron.port"}) == columns_of(set()) == ()
