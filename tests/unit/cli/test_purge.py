"""Purging what is sampled no more: consumers are told, and what is sampled is refused."""

import time

import msgspec
import pytest

from synchronizer.cli.app import main
from synchronizer.model.errors import AbsentServiceError, RetiredError
from synchronizer.store import open_store
from synchronizer.store.contract import Held
from synchronizer.store.freshness import Fault
from synchronizer.testing.writing import PROJECTS, SERVERS, declare, write


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    declare(store)
    write(store, {str(number): {"id": str(number)} for number in range(5)})
    write(store, {"p": {"id": "p"}}, PROJECTS)
    for each in (SERVERS, PROJECTS):
        store.note(each, sampled_at=time.time(), scope="{}")
    yield store
    store.close()


@pytest.fixture
def run(tmp_path, capsys):
    def run(*arguments):
        code = main(["db", "purge", "--store", f"sqlite:///{tmp_path}/store.sqlite", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def faulted(store, kind):
    store.note(SERVERS, fault=Fault(kind.code, kind.title, "", ""))


def known(store, collection=SERVERS):
    return next(each for each in store.collections() if each.collection == collection)


@pytest.mark.parametrize("kind", [RetiredError, AbsentServiceError])
def test_what_is_sampled_no_more_is_deleted_and_its_consumers_are_told(store, run, kind):
    faulted(store, kind)
    store.hold(SERVERS, Held(collection=SERVERS, ids=("1",), since=0.0, revision=0))
    before = store.head().revision
    code, out, _ = run("nova.*", "-f", "json")
    assert code == 0
    assert [(row["Type"], row["Purged"]) for row in msgspec.json.decode(out)] == [
        ("nova.server", 5)
    ]
    told = store.changes(before).records
    assert {(each.op, each.reason) for each in told} == {
        ("delete", "purged: it is sampled no more")
    }
    assert len(told) == 5
    assert store.held() == []
    now = known(store)
    assert (now.entities, now.state(time.time()), now.fault, now.scope) == (
        0,
        "unsampled",
        None,
        None,
    )
    assert known(store, PROJECTS).entities == 1


def test_what_is_sampled_is_refused(store, run):
    code, _, err = run("nova.server")
    assert code == 2
    assert "skip" in err
    assert known(store).entities == 5


def test_unless_it_is_forced(store, run):
    assert run("nova.server", "--force")[0] == 0
    assert known(store).entities == 0


def test_an_unknown_type_is_told(store, run):
    code, _, err = run("nova.sevrer")
    assert code == 2
    assert "nova.sevrer" in err
