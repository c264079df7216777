"""The command line against a real synchronizer's HTTP door."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from terminal import Terminal

from synchronizer.cli.app import main
from synchronizer.model.errors import RetiredError
from synchronizer.store.freshness import Fault
from synchronizer.store.migrations.upgrade import SCHEMA
from synchronizer.testing.writing import IMAGES, SERVERS, declare, write


@pytest.fixture
def run(url, capsys):
    """Run a command line; return its exit code, output and errors."""

    def run(*argv):
        code = main(["--url", url, *argv])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def rows(run, *argv):
    code, out, err = run(*argv, "-f", "json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_entity_list_says_that_it_is_not_complete_yet(run, store):
    store.declare(IMAGES, stale_after=60)
    code, out, err = run("entity", "list", "glance.image", "-f", "json")
    assert (code, json.loads(out)) == (0, [])
    assert err.startswith("Not complete yet")
    code, out, err = run("entity", "list", "glance.image", "--complete")
    assert code == 1
    assert "cloud/region/glance.image" in err
    store.note(IMAGES, sampled_at=1.0)
    assert rows(run, "entity", "list", "glance.image", "--complete") == []


def test_entity_list_shows_what_people_look_for(run):
    found = rows(run, "entity", "list", "nova.server", "keystone.project")
    assert sorted(tuple(each.values())[:5] for each in found) == [
        ("keystone.project", "p", "admin", "enabled", 3),
        ("nova.server", "1", "web", "ACTIVE", 1),
        ("nova.server", "2", "db", "ERROR", 4),
    ]
    assert list(found[0]) == ["Type", "ID", "Name", "Status", "Revision", "Sampled At"]
    code, out, _ = run("entity", "list", "nova.server", "--long")
    assert code == 0
    assert "Region" in out
    assert "web" in out
    assert "flavor.original_name" in out, "a column of this type"


def test_entity_list_long_as_json_gives_whole_entities(run):
    (found,) = rows(run, "entity", "list", "nova.server", "--long", "--limit", "1")
    assert found["body"]["flavor"] == {"vcpus": 2}
    assert {"cloud", "region", "type", "id", "revision", "sampled_at", "stale"} < set(found)


def test_entity_list_filters_and_goes_back_in_time(run):
    def ids(*argv):
        return sorted(each["ID"] for each in rows(run, "entity", "list", "nova.server", *argv))

    assert ids("--filter", "body.status=ERROR") == ["2"]
    assert ids("--filter", "body.flavor.vcpus=4", "--filter", "body.status=ACTIVE") == []
    assert ids("--filter", "body.name=web", "--filter", "body.name=db") == ["1", "2"]
    assert ids("--at", "1") == ["1"]
    assert ids("--limit", "1") == ["1"]


def test_entity_list_shows_the_fields_that_are_named(run):
    paths = "name,flavor.vcpus,body.flavor,nope.x"
    by_id = {
        each["ID"]: each for each in rows(run, "entity", "list", "nova.server", "--fields", paths)
    }
    assert list(by_id["2"]) == ["Type", "ID", "name", "flavor.vcpus", "flavor", "nope.x"]
    assert tuple(by_id["2"].values())[2:] == ("db", 4, {"vcpus": 4}, None)
    _, out, _ = run("entity", "list", "nova.server", "--fields", paths, "-f", "value")
    assert '2 db 4 {"vcpus":4} ' in out
    code, _, err = run("entity", "list", "nova.server", "--fields", "name,,x")
    assert code == 2
    assert "name,flavor.ram" in err


def test_a_type_that_is_known_and_not_sampled_is_told_from_a_misspelt_one(run):
    code, _, err = run("entity", "list", "heat.resource")
    assert (code, "know heat.resource: name it in [sampling] types" in err) == (2, True)
    assert "The plugins know" not in run("entity", "list", "heat.nothing")[2]


def test_entity_show_and_history(run):
    assert rows(run, "entity", "show", "nova.server", "2")["body"]["status"] == "ERROR"
    assert rows(run, "entity", "show", "nova.server", "2", "--at", "2")["body"]["status"] == "BUILD"
    _, out, _ = run("entity", "show", "nova.server", "2", "-f", "shell")
    assert 'body_status="ERROR"\n' in out
    _, out, _ = run("entity", "show", "nova.server", "2")
    assert 'body.flavor | {"vcpus":4}' in out
    history = rows(run, "entity", "history", "nova.server", "2")
    assert [(each["Op"], each["Changed"]) for each in history] == [
        ("create", ""),
        ("update", "status"),
    ]
    long = rows(run, "entity", "history", "nova.server", "2", "--long")
    assert [each["body"]["status"] for each in long] == ["BUILD", "ERROR"]


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (["entity", "show", "nova.server", "none"], 1, "none"),
        (["entity", "list", "nova.sever"], 2, "nova.server"),
        (["entity", "list", "nova.server", "--at", "99"], 7, "99"),
        (["entity", "list", "nova.server", "--at", "yesterday"], 2, "ISO 8601"),
        (["change", "list", "--since", "99"], 7, "newest is 4"),
        (["entity", "list", "nova.sever"], 2, "did you mean nova.server"),
        (["type", "list", "nova.sever"], 1, "--all"),
        (["entity", "list", "nova.server", "-c", "Foo"], 2, "column"),
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


def test_an_id_in_two_regions_asks_for_one(run, store):
    elsewhere = SERVERS._replace(region="elsewhere")
    declare(store, elsewhere)
    write(store, {"1": {"name": "other"}}, elsewhere)
    code, _, err = run("entity", "show", "nova.server", "1")
    assert code == 2
    assert "cloud/elsewhere" in err
    found = rows(run, "entity", "show", "nova.server", "1", "--region", "elsewhere")
    assert found["body"] == {"name": "other"}


def test_type_list_tells_how_fresh_each_is(run, store):
    store.declare(IMAGES, stale_after=60)
    found = {each["Type"]: each for each in rows(run, "type", "list")}
    assert found["nova.server"]["Entities"] == 2
    assert found["nova.server"]["State"] == "current"
    assert found["glance.image"]["State"] == "unsampled"
    assert found["keystone.project"]["Region"] is None


def test_type_list_tells_what_sampling_costs(run, store):
    store.note(SERVERS, calls=3, call_seconds=0.5, call_bytes=700, sweeps=1)
    store.note(SERVERS, calls=2, call_seconds=0.25, call_bytes=10)
    found = {each["Type"]: each for each in rows(run, "type", "list", "--cost")}
    servers = found["nova.server"]
    assert [servers[f"Cycle {each}"] for each in ("Calls", "Seconds", "Bytes")] == [3, 0.5, 700]
    assert [servers[each] for each in ("Calls", "Seconds", "Bytes")] == [5, 0.75, 710]
    assert found["keystone.project"]["Cycle Calls"] is None
    code, out, _ = run("type", "list", "--cost")
    assert code == 0
    assert "Cycle Bytes" in out


def test_change_list_reads_page_after_page(run, store):
    for number in range(30):
        last = write(store, {"1": {"n": number}, "2": {"n": number}})
    found = rows(run, "change", "list", "--since", "0")
    assert len(found) == 64
    assert found[-1]["Revision"] == last
    # Never a part of a commit: two pages of two.
    assert len(rows(run, "change", "list", "--since", "4", "--limit", "3")) == 4
    long = rows(run, "change", "list", "--since", "3", "--limit", "1", "nova.server", "--long")
    assert (long[0]["op"], long[0]["body"]["status"]) == ("update", "ERROR")


def test_change_list_has_the_reason_of_a_delete_in_a_column_of_its_own(run, store):
    last = write(store, {"1": None})
    (deleted,) = rows(run, "change", "list", "--since", str(last - 1))
    assert (deleted["Changed"], deleted["Reason"]) == ("", "the test says so")


def test_entity_watch_prints_the_snapshot_then_each_change(run, store):
    code, out, err = run(
        "entity", "watch", "nova.server", "--since", "0", "--max-changes", "3", "-f", "json"
    )
    assert (code, err) == (0, "")
    assert [json.loads(line)["op"] for line in out.splitlines()] == ["create", "create", "update"]
    _, out, _ = run("entity", "watch", "--since", "3", "--max-changes", "1")
    assert out == "r4  update  nova.server  2  db  ERROR  changed: status\n"
    _, out, _ = run("entity", "watch", "--snapshot", "--max-changes", "0")
    assert sorted(line.split()[1] for line in out.splitlines()) == ["exists"] * 3


def test_entity_watch_tells_what_is_stale_or_has_a_fault(url, store):
    store.note(SERVERS, fault=Fault("c", "Service unreachable", "no answer", "2026-11-30"))
    process = started(url, "entity", "watch", "nova.server", "keystone.project")
    faulted = process.stderr.readline()
    store.note(SERVERS, sampled_at=time.time(), fault=None)
    healed = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (faulted, healed) == (
        "cloud/region/nova.server is fault: Service unreachable\n",
        "cloud/region/nova.server is current\n",
    )
    assert (out, err) == ("", "")


def started(url, *argv):
    return subprocess.Popen(
        [sys.executable, "-m", "synchronizer.cli", "--url", url, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def test_entity_watch_ends_with_130_on_ctrl_c_and_says_nothing(url, store):
    process = started(url, "entity", "watch", "--since", "3", "-f", "json")
    assert json.loads(process.stdout.readline())["revision"] == 4
    write(store, {"1": None})
    assert json.loads(process.stdout.readline())["op"] == "delete"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, "", "")


def test_output_that_nobody_reads_any_more_ends_it_quietly(url):
    process = started(url, "entity", "watch", "--snapshot", "-f", "json")
    process.stdout.readline()
    process.stdout.close()
    process.send_signal(signal.SIGINT)
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(10) in {130, 141}


def test_db_upgrade_makes_a_store_and_may_be_repeated(tmp_path, capsys):
    url = f"sqlite:///{tmp_path}/new.sqlite"
    for _ in range(2):
        assert main(["db", "upgrade", "--store", url]) == 0
        assert f"has schema {SCHEMA}" in capsys.readouterr().out
    assert main(["db", "upgrade", "--store", "nonsense"]) == 5
    assert "sqlite:///" in capsys.readouterr().err


def test_doctor_names_what_is_wrong_and_what_to_do(url, store, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("OS_CLOUD", raising=False)
    config = tmp_path / "synchronizer.conf"
    config.write_text(f"[store]\nurl = sqlite:///{tmp_path}/store.sqlite\n")

    def doctor(*argv):
        code = main([*argv, "doctor", "-f", "json"])
        found = json.loads(capsys.readouterr().out)
        return code, {each["Check"]: (each["OK"], each["Remedy"]) for each in found}

    store.declare(IMAGES, stale_after=60)
    code, found = doctor("--url", url, "--config-file", str(config))
    assert found["store"] == ("yes", "")
    assert found["API"] == ("yes", "")
    assert found["type glance.image of cloud (region)"][0] == "look"
    assert code == int("no" in {verdict for verdict, _ in found.values()})

    code, found = doctor("--url", "http://127.0.0.1:1", "--config-file", str(tmp_path / "none"))
    assert code == 1
    assert (found["configuration"][0], found["API"][0]) == ("no", "look")
    assert "synchronizer serve" in found["API"][1]


def test_doctor_takes_what_is_retired_for_no_fault(url, store, capsys):
    fault = Fault(RetiredError.code, RetiredError.title, "left out", "now")
    store.note(SERVERS, fault=fault)
    main(["--url", url, "doctor", "-f", "json"])
    found = {each["Check"]: each for each in json.loads(capsys.readouterr().out)}
    row = found["type nova.server of cloud (region)"]
    assert (row["OK"], "db purge nova.server" in row["Remedy"]) == ("look", True)


def test_doctor_makes_no_store(url, tmp_path, capsys):
    missing = tmp_path / "missing.sqlite"
    main(["--url", url, "doctor", "--store", f"sqlite:///{missing}", "-f", "json"])
    found = {each["Check"]: each for each in json.loads(capsys.readouterr().out)}
    assert found["store"]["OK"] == "look"
    assert not missing.exists()


def test_credentials_are_sent_to_no_synchronizer(run):
    code, _, err = run("--os-cloud", "mycloud", "type", "list")
    assert code == 2
    assert "--os-cloud names the cloud that serve and doctor sample" in err


def test_a_name_does_where_an_id_does(run, store):
    assert rows(run, "entity", "show", "nova.server", "db")["id"] == "2"
    assert [each["Op"] for each in rows(run, "entity", "history", "nova.server", "db")] == [
        "create",
        "update",
    ]
    write(store, {"3": {"id": "3", "name": "db"}})
    code, out, err = run("entity", "show", "nova.server", "db")
    assert (code, out) == (2, "")
    assert "2, 3; give the id of one" in err


def test_type_list_takes_patterns_and_a_cloud(run):
    assert [each["Type"] for each in rows(run, "type", "list", "nova.*")] == ["nova.server"]
    assert rows(run, "type", "list", "--cloud", "other") == []
    assert rows(run, "type", "list", "--all", "nova.server")[0]["Plugin"] == "nova"


NASTY = "a\x1b]0;owned\x07\x9b31m\N{GRINNING FACE}"


@pytest.mark.parametrize("form", ["table", "value", "csv"])
def test_control_characters_of_a_name_are_written_out(run, store, form):
    write(store, {"n": {"id": "n", "name": NASTY}})
    code, out, _ = run("entity", "list", "nova.server", "-f", form)
    assert code == 0
    assert not set(out) & {chr(each) for each in (*range(10), *range(11, 32), *range(127, 160))}
    assert "a\\u001b]0;owned\\u0007\\u009b31m" in out


def test_a_program_gets_them_whole(run, store):
    write(store, {"n": {"id": "n", "name": NASTY}})
    assert rows(run, "entity", "show", "nova.server", "n")["body"]["name"] == NASTY
    _, out, _ = run("entity", "watch", "--since", "4", "--max-changes", "1", "-f", "json")
    assert json.loads(out)["body"]["name"] == NASTY


def test_a_terminal_that_knows_ascii_only_shows_the_rest_written_out(url, store):
    write(store, {"n": {"id": "n", "name": NASTY}})
    done = subprocess.run(
        [sys.executable, "-m", "synchronizer.cli", "--url", url, "entity", "list", "nova.server"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\\U0001f600" in done.stdout


def test_entity_watch_tells_a_terminal_that_it_watches(url, store):
    terminal = Terminal([sys.executable, "-m", "synchronizer.cli", "--url", url, "entity", "watch"])
    terminal.read_until(r"Watching from revision 4\.")
    write(store, {"n": {"id": "n", "name": NASTY}})
    terminal.read_until(r"\d\d:\d\d:\d\d r5 .*owned.*\n")
    assert "\x1b]0;" not in terminal.printed
    terminal.press(b"\x03")
    assert terminal.end() == 130
