"""Every test of the Tempest plugin has an id of its own, which stays when it is renamed."""

import ast
import uuid
from pathlib import Path

import synchronizer_tempest_plugin

TESTS = Path(synchronizer_tempest_plugin.__file__).parent / "tests"


def ids():
    """Yield each test with the ids that its decorators give it."""
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                calls = [each for each in node.decorator_list if isinstance(each, ast.Call)]
                yield (
                    f"{path.stem}.{node.name}",
                    [
                        each.args[0].value
                        for each in calls
                        if getattr(each.func, "attr", "") == "idempotent_id"
                    ],
                )


def test_each_test_has_one_id_and_no_other_has_it():
    found = dict(ids())
    assert len(found) >= 30
    assert {name: each for name, each in found.items() if len(each) != 1} == {}
    given = [each[0] for each in found.values()]
    assert len(set(given)) == len(given)
    assert all(str(uuid.UUID(each)) == each for each in given)
