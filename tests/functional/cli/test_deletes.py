"""``deletes``: an operator sees what is held, and decides."""

import json

import pytest

from synchronizer.cli.app import main
from synchronizer.store.contract import Held
from synchronizer.testing.writing import SERVERS


@pytest.fixture
def run(url, capsys):
    def run(*arguments):
        code = main(["--url", url, *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def held(store):
    store.hold(SERVERS, Held(collection=SERVERS, ids=("1", "2"), since=0.0, revision=1))


def test_what_is_held_is_listed(run, held):
    code, out, _ = run("deletes", "list", "-f", "json", "--long")
    (row,) = json.loads(out)
    assert code == 0
    assert (row["Type"], row["Entities"], row["Decision"]) == ("nova.server", 2, None)
    assert row["IDs"] == ["1", "2"]
    assert row["Since"] == "1970-01-01T00:00:00.000000Z"


def test_a_table_has_no_nulls(run, held):
    _, out, _ = run("deletes", "list")
    assert "nova.server" in out
    assert "None" not in out


@pytest.mark.parametrize(("word", "decision"), [("confirm", "confirmed"), ("reject", "rejected")])
def test_a_decision_is_noted(run, store, held, word, decision):
    code, out, _ = run("deletes", word, "nova.server", "-f", "json")
    assert (code, json.loads(out)["type"]) == (0, "nova.server")
    assert store.held()[0].decision == decision


def test_a_decision_on_nothing_says_so(run):
    code, _, err = run("deletes", "confirm", "nova.server")
    assert code == 1
    assert "No deletes of nova.server are held" in err
