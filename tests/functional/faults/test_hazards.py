"""Every known hazard has a test that reproduces it."""

import ast
from pathlib import Path

import pytest
from tests.functional.faults.hazards import HAZARDS


def marked():
    """Return {hazard: [names of the tests that are marked with it]}."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for number in numbers(node):
                    found.setdefault(number, []).append(node.name)
    return found


def numbers(function):
    """Return the hazards that the decorators of a test name."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.hazard":
            yield from (ast.literal_eval(each) for each in decorator.args)


def test_they_are_numbered_without_a_gap():
    assert list(HAZARDS) == list(range(1, 27))


@pytest.mark.parametrize("number", HAZARDS)
def test_each_has_a_test(number):
    assert marked().get(number), f"nothing reproduces: {HAZARDS[number]}"


def test_no_test_is_marked_with_another():
    assert marked().keys() <= HAZARDS.keys()
