"""``entity show --relations`` against a real synchronizer's HTTP door."""

import json
import time

import pytest

from synchronizer.cli.app import main
from synchronizer.testing.writing import PORTS, PROJECTS, SERVERS, write


@pytest.fixture
def show(store, url, capsys):
    """Show the relations of server 1, which has a port and two projects' names in it."""
    relations = {"project": "keystone.project", "old.*": "keystone.project", "x": "no.type"}
    store.declare(SERVERS, stale_after=60, relations=relations)
    store.declare(PORTS, stale_after=60, relations={"device_id": "nova.server"})
    store.note(PROJECTS, sampled_at=time.time())
    write(store, {"q": {"id": "q"}}, PROJECTS)
    body = {"id": "1", "name": "web", "project": "p", "old": ["q", "never"], "x": "y"}
    write(store, {"1": body})
    write(store, {"q": None}, PROJECTS)
    write(store, {"b": {"device_id": "1", "name": "eth0", "status": "DOWN"}}, PORTS)

    def show(*argv):
        code = main(["--url", url, "entity", "show", "nova.server", "1", *argv])
        printed = capsys.readouterr()
        assert (code, printed.err) == (0, "")
        return printed.out

    return show


def test_people_see_a_line_for_each(show):
    lines = [line.strip("| ") for line in show("--relations").splitlines()]
    rows = [[part.strip() for part in line.split(" | ")] for line in lines]
    assert ["out.project", "keystone.project p admin enabled"] in rows
    assert ["out.x", "no.type y (not sampled)"] in rows
    assert ["in.neutron.port.device_id", "neutron.port b eth0 DOWN"] in rows
    first = rows.index(["out.old.*", "keystone.project q (deleted at revision 7)"])
    assert rows[first + 1] == ["keystone.project never (does not exist)"]


def test_programs_get_them_whole(show):
    found = json.loads(show("--relations", "-f", "json"))["relations"]
    assert [(each["direction"], each["id"], each["exists"]) for each in found] == [
        ("out", "q", False),
        ("out", "never", False),
        ("out", "p", True),
        ("out", "y", None),
        ("in", "b", True),
    ]
    assert found[2]["body"] == {"name": "admin", "enabled": True}
    lines = show("--relations", "-f", "shell").splitlines()
    assert sum(each.startswith("relations=") for each in lines) == 1


def test_without_the_option_there_are_none(show):
    assert "relations" not in json.loads(show("-f", "json"))
    assert "in.neutron" not in show()


def test_entity_and_relations_are_of_the_same_revision(show):
    then = json.loads(show("--relations", "--at", "6", "-f", "json"))
    assert [each["id"] for each in then["relations"] if each["exists"]] == ["q", "p"]
    assert then["revision"] == 6
