"""The command line against a real synchronizer's doors to the bus."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from synchronizer.cli.app import main
from synchronizer.testing.writing import PORTS, PROJECTS, SERVERS, write

PASSWORD = "s3cret"


@pytest.fixture
def told(store):
    """Write a little into the store."""
    write(store, {"1": {"id": "1", "name": "web", "status": "ACTIVE", "flavor": {"vcpus": 2}}})
    write(store, {"2": {"id": "2", "name": "db", "status": "BUILD", "flavor": {"vcpus": 4}}})
    write(store, {"p": {"id": "p", "name": "admin", "enabled": True}}, PROJECTS)
    write(store, {"2": {"id": "2", "name": "db", "status": "ERROR", "flavor": {"vcpus": 4}}})


@pytest.fixture
def url(told, doors, rabbit, exchange):
    return f"{rabbit.url}?exchange={exchange}"


@pytest.fixture
def ended(capsys):
    """Run a command line at a URL; return its exit code, output and errors, none with a secret."""

    def run(url, *argv):
        code = main(["--url", url, *argv])
        printed = capsys.readouterr()
        assert PASSWORD not in printed.out + printed.err
        return code, printed.out, printed.err

    return run


@pytest.fixture
def run(ended, url):
    return lambda *argv: ended(url, *argv)


@pytest.fixture
def rows(run):
    def rows(*argv):
        code, out, err = run(*argv, "-f", "json")
        assert (code, err) == (0, "")
        return json.loads(out)

    return rows


def started(url, *argv):
    return subprocess.Popen(
        [sys.executable, "-m", "synchronizer.cli", "--url", url, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def test_every_command_that_reads_answers_as_over_http(rows, store):
    servers = {each["ID"]: each for each in rows("entity", "list", "nova.server")}
    assert (servers["2"]["Name"], servers["2"]["Status"]) == ("db", "ERROR")
    (whole,) = rows("entity", "list", "nova.server", "--filter", "body.name=web", "--long")
    assert whole["body"]["flavor"] == {"vcpus": 2}
    assert [each["ID"] for each in rows("entity", "list", "nova.server", "--at", "1")] == ["1"]
    assert rows("entity", "show", "nova.server", "2", "--at", "2")["body"]["status"] == "BUILD"
    history = rows("entity", "history", "nova.server", "2")
    assert [(each["Op"], each["Changed"]) for each in history] == [
        ("create", ""),
        ("update", "status"),
    ]
    assert {each["Type"]: each["Entities"] for each in rows("type", "list")} == {
        "nova.server": 2,
        "neutron.port": 0,
        "keystone.project": 1,
    }
    store.note(SERVERS, calls=3, call_seconds=0.5, call_bytes=700, sweeps=1)
    costs = {each["Type"]: each for each in rows("type", "list", "--cost")}
    assert costs["nova.server"]["Cycle Calls"] == 3
    changes = rows("change", "list", "--since", "1", "nova.server")
    assert [each["Revision"] for each in changes] == [2, 4]


def test_relations_are_shown(rows, store):
    store.declare(SERVERS, stale_after=60, relations={"project": "keystone.project"})
    store.declare(PORTS, stale_after=60, relations={"device_id": "nova.server"})
    write(store, {"3": {"id": "3", "project": "p"}})
    write(store, {"b": {"device_id": "3", "name": "eth0"}}, PORTS)
    found = rows("entity", "show", "nova.server", "3", "--relations")["relations"]
    assert [(each["direction"], each["id"]) for each in found] == [("out", "p"), ("in", "b")]


def test_change_list_reads_page_after_page(rows, store):
    for number in range(30):
        last = write(store, {"1": {"n": number}, "2": {"n": number}})
    found = rows("change", "list", "--since", "0")
    assert (len(found), found[-1]["Revision"]) == (64, last)


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (["entity", "show", "nova.server", "none"], 1, "none"),
        (["entity", "list", "nova.sever"], 2, "nova.server"),
        (["entity", "list", "nova.server", "--at", "99"], 7, "99"),
        (["change", "list", "--since", "99"], 7, "newest is 4"),
        (["sweep", "nova.server"], 1, "does not sample"),
        (["entity", "list", "nova.server", "--max-age", "0"], 1, "does not sample"),
        (["entity", "watch", "--since", "99"], 7, "newest is 4"),
    ],
)
def test_what_is_refused_is_one_sentence_and_an_exit_code(run, argv, code, says):
    ended, out, err = run(*argv)
    assert (ended, out) == (code, "")
    assert says in err
    assert err.count("\n") == 1


def test_entity_watch_prints_the_snapshot_then_each_change(run):
    code, out, err = run(
        "entity", "watch", "nova.server", "--since", "0", "--max-changes", "3", "-f", "json"
    )
    assert (code, err) == (0, "")
    assert [json.loads(line)["op"] for line in out.splitlines()] == ["create", "create", "update"]
    _, out, _ = run("entity", "watch", "--snapshot", "--max-changes", "0")
    assert sorted(line.split()[1] for line in out.splitlines()) == ["exists"] * 3


def test_entity_watch_ends_with_130_on_ctrl_c_and_says_nothing(url, store):
    process = started(url, "entity", "watch", "--since", "3", "-f", "json")
    assert json.loads(process.stdout.readline())["revision"] == 4
    write(store, {"1": None})
    assert json.loads(process.stdout.readline())["op"] == "delete"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "", "")


def test_a_command_ends_with_its_answer_and_leaves_no_connection(url, rabbit, eventually):
    process = started(url, "type", "list", "-f", "json")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err, len(json.loads(out))) == (0, "", 3)

    def users():
        return rabbit.control("list_connections", "client_properties")

    eventually(lambda: str(process.pid) not in users(), why=users)


def test_nobody_there_ends_with_6_in_seconds(ended, rabbit, exchange):
    began = time.monotonic()
    for argv in (["type", "list"], ["sweep", "nova.server"]):
        code, out, err = ended(f"{rabbit.url}?exchange={exchange}", *argv)
        assert (code, out) == (6, "")
        assert f"No synchronizer answers on the message bus at 127.0.0.1:{rabbit.port}" in err
        assert err.count("\n") == 1
    assert time.monotonic() - began < 60


WRONG = {
    "no broker": (f"rabbit://u:{PASSWORD}@127.0.0.1:1/", 6, "check that it runs"),
    "no such host": (f"rabbit://u:{PASSWORD}@nowhere.invalid/", 6, "nowhere.invalid:5672"),
    "no port": (f"rabbit://u:{PASSWORD}@h:port/", 2, "it is like rabbit://user:password"),
    "port too high": (f"rabbit://u:{PASSWORD}@h:99999/", 2, "it is like rabbit://user:password"),
    "no host": ("rabbit:///", 2, "it is like rabbit://user:password"),
    "half an address": (f"rabbit://u:{PASSWORD}@[::1/", 2, "it is like rabbit://user:password"),
    "no scheme": (PASSWORD, 2, "it is like http://127.0.0.1:8989"),
    "another bus": (f"kafka://u:{PASSWORD}@h/", 2, "use http://, https://, or rabbit://"),
}


@pytest.mark.parametrize("options", [[], ["--debug"]], ids=["plain", "debug"])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_url_is_told_without_its_password(ended, name, options):
    url, code, says = WRONG[name]
    found, out, err = ended(url, *options, "type", "list")
    assert (found, out) == (code, "")
    assert says in err
    assert options or err.count("\n") == 1


@pytest.mark.parametrize("options", [[], ["--debug"]], ids=["plain", "debug"])
def test_a_wrong_password_is_told_and_not_shown(ended, rabbit, options):
    wrong = rabbit.url.replace(PASSWORD, f"{PASSWORD}%2Fno")
    code, _, err = ended(wrong, *options, "type", "list")
    assert code == 6
    assert "refuses us" in err
    assert "check user, password, virtual host and permissions" in err


def test_debug_shows_no_password(run):
    code, _, err = run("--debug", "type", "list")
    assert code == 0
    assert err


def test_doctor_looks_at_the_bus(url, rabbit, ended, tmp_path, monkeypatch):
    monkeypatch.delenv("OS_CLOUD", raising=False)
    config = tmp_path / "synchronizer.conf"

    def doctor(bus):
        store = f"[store]\nurl = sqlite:///{tmp_path}/store.sqlite\n"
        config.write_text(f"{store}[bus]\n{bus}\n")
        _, out, _ = ended(url, "--config-file", str(config), "doctor", "-f", "json")
        return {each["Check"]: each for each in json.loads(out)}

    found = doctor(f"url = {rabbit.url}")
    assert (found["API"]["OK"], found["API"]["Found"]) == ("yes", "3 entity types")
    assert (found["bus"]["OK"], found["bus"]["Found"]) == (
        "yes",
        f"RabbitMQ at 127.0.0.1:{rabbit.port} accepts the login",
    )
    found = doctor(f"url = rabbit://u:{PASSWORD}@127.0.0.1:1/")
    assert (found["bus"]["OK"], found["bus"]["Remedy"]) == ("no", "check that it runs there.")
    found = doctor(f"url = {rabbit.url}\nwindowed = false\nenvelope = cloudevents")
    assert found["bus"]["OK"] == "no"
    assert "bus" not in doctor("")
