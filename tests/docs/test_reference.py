"""The reference: everything that exists is in it, and it is what the program says now."""

import ast
import re

import pytest

from synchronizer.bus.payloads import BookmarkPayload, ChangePayload, TopicBookmark
from synchronizer.cli.commands import COMMANDS
from synchronizer.model.errors import SampleError, by_code
from synchronizer.northbound.http import errors as _http  # noqa: F401 - they join the tree
from synchronizer.northbound.http.routes import OPERATIONS
from synchronizer.northbound.rpc.endpoint import METHODS, REPLY, Endpoint
from synchronizer.plugins import installed
from synchronizer.service.options import GROUPS

TYPES = [resource.type for plugin in installed().values() for resource in plugin.declared()]
PAGES = (
    "cli.rst",
    "configuration.rst",
    "entity-types.rst",
    "errors.rst",
    "http-calls.rst",
    "metrics.rst",
    "rpc-calls.rst",
)


def metric_names(root):
    """Return the metrics that the source names, as Prometheus shows them."""
    names = set()
    path = root / "src/synchronizer/northbound/http/metrics.py"
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        made, name = getattr(node.func, "id", ""), getattr(node.args[0], "value", None)
        if not isinstance(name, str):
            continue
        if made in {"GaugeMetricFamily", "CounterMetricFamily"}:
            names.add(name + ("_total" if made.startswith("Counter") else ""))
        elif made in {"_gauge", "_counter"}:
            names.add(f"synchronizer_{name}" + ("_total" if made == "_counter" else ""))
    return names


def test_every_generated_page_is_listed_here(reference):
    assert sorted(reference.PAGES) == sorted(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_program_says_now(reference, page, name):
    assert page(f"reference/{name}") == reference.text_of(name), "run python tools/reference.py"


def test_every_option_is_in_the_reference(page):
    text = page("reference/configuration.rst")
    for group, options in GROUPS.items():
        assert f"[{group}]" in text
        for option in options:
            assert f"``OS_{group.upper()}__{option.name.upper()}``" in text


def test_every_error_code_is_in_the_reference(page):
    lines = page("reference/errors.rst").splitlines()
    assert set(by_code()) <= set(lines)


def test_every_fault_of_a_type_has_its_remedy(page):
    lines = page("how-to/troubleshoot.rst").splitlines()
    faults = {code for code, kind in by_code().items() if issubclass(kind, SampleError)}
    assert faults <= set(lines)


@pytest.mark.parametrize("type_", TYPES)
def test_every_entity_type_is_in_the_reference(page, type_):
    assert type_ in page("reference/entity-types.rst").splitlines()


def test_every_metric_is_in_the_reference(root, page):
    names = metric_names(root)
    assert "synchronizer_revision" in names
    text = page("reference/metrics.rst")
    assert {name for name in names if f"``{name}``" not in text} == set()


def test_every_metric_that_a_page_names_exists(page):
    known = page("reference/metrics.rst")
    for word in page("how-to/metrics.rst").replace("(", " ").split():
        name = word.strip("`.,)[]10m").partition("{")[0]
        if name.startswith("synchronizer_"):
            assert f"``{name}``" in known


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_reference(page, command):
    assert command in page("reference/cli.rst").splitlines()


@pytest.mark.parametrize("door", OPERATIONS, ids=lambda door: f"{door.method} {door.path}")
def test_every_call_is_in_the_reference(page, door):
    path = door.path.replace(":path}", "}")
    assert f"{door.method} {path}" in page("reference/http-calls.rst").splitlines()


def test_every_rpc_method_is_in_its_table():
    assert {name for name in vars(Endpoint) if not name.startswith("_")} == set(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_every_rpc_method_and_argument_is_in_the_reference(page, name):
    _, _, section = page("reference/rpc-calls.rst").partition(f"\n{name}\n{'-' * len(name)}\n")
    section, _, _ = section.partition("\n:reply:")
    shown = set(re.findall(r"^   \* - ``(\w+)``$", section, flags=re.MULTILINE))
    assert shown == {*METHODS[name].needs, *METHODS[name].takes, *REPLY}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_takes_what_its_http_call_takes(name):
    """Filters are an argument; what a reply is bounded by is the server's choice; no streams."""
    method = METHODS[name]
    (door,) = [each for each in OPERATIONS if f"{each.method} {each.path}" == method.call]
    there = {each.name for each in door.parameters} - {"max_bytes", "snapshot"}
    renamed = {"type" if each == "types" else each for each in method.takes}
    assert renamed - {"where"} - ({"marker"} if name == "get_changes" else set()) == there
    assert ("where" in method.takes) == door.filters


@pytest.mark.parametrize("option", GROUPS["bus"], ids=lambda option: option.dest)
def test_every_option_of_the_bus_is_explained(page, option):
    """In the reference by its group; here, that an operator reads of it somewhere else too."""
    pages = ("how-to/bus.rst", "reference/notifications-out.rst", "reference/rpc.rst")
    assert any(re.search(rf"\b{option.dest}\b", page(name)) for name in pages), (
        "say in the pages about the bus what it is for"
    )


def test_every_field_of_what_is_told_is_in_the_reference(page):
    text = page("reference/notifications-out.rst")
    for kind in (ChangePayload, TopicBookmark, BookmarkPayload):
        for name in kind.__struct_fields__:
            assert f"``{name}``" in text
