"""The JSON CGIs as Nagios 4.4.6 answers them: always 200, and not always the truth."""

import json

import pytest

from synchronizer.model.errors import (
    ConfigurationError,
    MalformedError,
    RefusedError,
    UnreachableError,
)
from synchronizer.plugins.livestatus import Livestatus
from synchronizer.plugins.nagios import Nagios
from synchronizer.plugins.nagios_cgi import STALE
from synchronizer.sampling.items import examine

HOST, SERVICE = Nagios.declared()[:2]
START = 1795381741000

OBJECT = {
    "name": "compute-1",
    "display_name": "compute-1",
    "alias": "one",
    "address": "127.0.0.1",
    "parent_hosts": ["switch-1"],
    "check_command": "ping!CANARY-ARGUMENT!80",
    "check_interval": 5.0,
    "max_attempts": 2,
    "custom_variables": {"TOKEN": "CANARY-VARIABLE"},
}
STATUS = {
    "name": "compute-1",
    "plugin_output": "PING OK",
    "long_plugin_output": "CANARY-OUTPUT",
    "status": "up",
    "last_hard_state": "up",
    "state_type": "hard",
    "has_been_checked": True,
    "last_check": START + 5000,
    "scheduled_downtime_depth": 0,
}


def said(query, data, *, code=0, message="", written=START + 6000, now=START + 7000, start=START):
    """Return the envelope of an answer."""
    result = {
        "query_time": now,
        "cgi": "statusjson.cgi",
        "query": query,
        "program_start": start,
        "last_data_update": written,
        "type_code": code,
        "type_text": "Success" if code == 0 else "Option Value Invalid",
        "message": message,
    }
    data = {"selectors": {}, query: data} if code == 0 else {"options": {}}
    return json.dumps({"format_version": 0, "result": result, "data": data}).encode()


def missing(query, sentence):
    return said(query, {}, code=6, message=sentence)


@pytest.fixture
def cgis(wire, told, pauses):
    access = {"url": f"{wire.url}/cgi-bin", "username": "watcher", "password": "secret"}
    service = Nagios.connect(access, name="c/-/nagios", gate=told.gate, pause=pauses.append)
    yield service
    service._adapter.session.session.close()


def hosts(service, **more):
    return json.loads(service.get("/hosts", more).body)["hosts"]


def test_status_and_configuration_are_joined(wire, cgis, told):
    """With the CGIs' own user, each call under the governor; passwords stay there."""
    wire.says(
        wire.answer(body=said("hostlist", {"compute-1": STATUS})),
        wire.answer(body=said("hostlist", {"compute-1": OBJECT})),
    )
    (host,) = hosts(cgis)
    assert (host["status"], host["address"]) == ("up", "127.0.0.1")
    assert host["check_command"] == "ping"
    assert host["custom_variables"] == {"TOKEN": "***"}
    item = examine(HOST, host, 0, None)
    assert item.id == "compute-1"
    assert b"CANARY" not in item.body
    assert [wire.target(number).partition("?")[0] for number in (0, 1)] == [
        "/cgi-bin/statusjson.cgi",
        "/cgi-bin/objectjson.cgi",
    ]
    assert wire.header("Authorization").startswith("Basic ")
    assert len(told.calls) == 2


def test_an_answer_is_as_old_as_the_file_that_it_was_read_from(wire, cgis):
    """What happens after that is found by the next poll, which starts there."""
    wire.says(
        wire.answer(body=said("hostlist", {"compute-1": STATUS})),
        wire.answer(body=said("hostlist", {"compute-1": OBJECT})),
    )
    assert cgis.get("/hosts", {}).date == (START + 6000) / 1000


def test_the_configuration_is_asked_for_once_until_nagios_starts_again(wire, cgis):
    """So a poll is one call."""
    status = wire.answer(body=said("hostlist", {"compute-1": STATUS}))
    wire.says(status, wire.answer(body=said("hostlist", {"compute-1": OBJECT})), status)
    hosts(cgis)
    hosts(cgis)
    assert len(wire.requests) == 3
    again = START + 60000
    renamed = {**OBJECT, "alias": "uno"}
    late = {"start": again, "written": again, "now": again}
    wire.says(
        wire.answer(body=said("hostlist", {"compute-1": STATUS}, **late)),
        wire.answer(body=said("hostlist", {"compute-1": renamed}, **late)),
    )
    assert hosts(cgis)[0]["alias"] == "uno"


def test_a_restart_between_both_answers_is_tried_again(wire, cgis, pauses):
    """Half of one and half of the other would be a state that never was."""
    again = {"start": START + 60000, "written": START + 60000, "now": START + 60000}
    wire.says(
        wire.answer(body=said("hostlist", {"compute-1": STATUS})),
        wire.answer(body=said("hostlist", {"compute-1": OBJECT}, **again)),
        wire.answer(body=said("hostlist", {"compute-1": STATUS}, **again)),
        wire.answer(body=said("hostlist", {"compute-1": OBJECT}, **again)),
    )
    assert len(hosts(cgis)) == 1
    assert len(pauses) == 1


def test_a_poll_asks_for_what_changed_its_state(wire, cgis):
    """In seconds since 1970, by the field of its kind."""
    wire.says(wire.answer(body=said("hostlist", {})))
    assert hosts(cgis, since="2026-11-22T21:00:00Z") == []
    assert "hosttimefield=laststatechange" in wire.target(0)
    assert "starttime=1795381200" in wire.target(0)


def test_a_read_of_what_is_not_there_is_an_absence(wire, cgis):
    """Told in a sentence, with status 200."""
    sentence = "The service 'a/b & c' on host 'compute-1' could not be found."
    wire.says(wire.answer(body=missing("service", sentence)))
    assert SERVICE.read(cgis, "compute-1/a/b & c") is None
    assert "servicedescription=a%2Fb+%26+c" in wire.target(0)


def test_what_is_configured_and_has_no_status_yet_is_no_absence(wire, cgis):
    """Nagios is just starting."""
    sentence = "The status for host 'compute-1' could not be found."
    wire.says(wire.answer(body=missing("host", sentence)))
    with pytest.raises(UnreachableError, match="status for host"):
        HOST.read(cgis, "compute-1")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"\n\n", UnreachableError),  # there is no status.dat
        (said("hostlist", {}, code=2, message="Could not read"), UnreachableError),
        (said("hostlist", {}, code=1, message="no memory"), UnreachableError),
        (said("hostlist", {}, code=3, message="Invalid option: 'details'."), MalformedError),
        (said("hostlist", {}, code=6, message="'hostlist' is invalid."), MalformedError),
        (said("hostlist", {}, now=START + 7000 + int(STALE * 1000)), UnreachableError),
        (said("other", {}), MalformedError),
        (said("hostlist", {"compute-1": 4}), MalformedError),
        (said("hostlist", []), MalformedError),
        (said("hostlist", {"(null)": STATUS}), MalformedError),
        (b'{"result": {"type_code": "0"}}', MalformedError),
        (b'{"data": {"hostlist": {}}}', MalformedError),
        (b"[]", MalformedError),
        (b"<html>Nagios 3</html>", MalformedError),
        (said("hostlist", {"compute-1": STATUS})[:-9], MalformedError),
    ],
)
def test_what_cannot_be_believed_is_a_fault(wire, cgis, body, error):
    """And no empty listing."""
    wire.says(wire.answer(body=body))
    with pytest.raises(error):
        cgis.get("/hosts", {})


def test_a_row_with_values_of_another_kind_is_malformed(wire, cgis):
    """Whatever a CGI of the future says."""
    wire.says(
        wire.answer(body=said("hostlist", {"compute-1": {**STATUS, "last_check": "soon"}})),
        wire.answer(body=said("hostlist", {"compute-1": OBJECT})),
    )
    with pytest.raises(MalformedError, match="row of hosts"):
        hosts(cgis)


def test_one_such_row_hides_no_other(wire, cgis):
    odd = {**STATUS, "last_check": "soon"}
    wire.says(
        wire.answer(body=said("hostlist", {"compute-1": STATUS, "compute-2": odd})),
        wire.answer(body=said("hostlist", {"compute-1": OBJECT, "compute-2": OBJECT})),
    )
    one, other = hosts(cgis)
    assert one["plugin_output"] == STATUS["plugin_output"]
    assert other is None


def test_a_refusal_is_refused(wire, cgis):
    """By the web server."""
    wire.says(wire.answer(401, b"<html>", kind="text/html"))
    with pytest.raises(RefusedError):
        hosts(cgis)


def test_ids_keep_slashes_apart():
    """A host's name may hold one, and a description any number."""
    one = SERVICE.identify({"host_name": "a/b", "description": "c"})
    other = SERVICE.identify({"host_name": "a", "description": "b/c"})
    assert (one, other) == ("a%2Fb/c", "a/b/c")
    assert SERVICE.single_path(one) == "/services/a%2Fb/c"
    assert SERVICE.single_path(other) == "/services/a/b%2Fc"
    assert HOST.single_path("a/b") == "/hosts/a%2Fb"


@pytest.mark.parametrize("url", ["", "ftp://x", "unix://", "tcp://", "/var/lib/live"])
def test_a_url_of_another_kind_is_refused_with_the_remedy(url, told, pauses):
    """It decides which way is meant."""
    with pytest.raises(ConfigurationError, match="unix:///"):
        Nagios.connect({"url": url}, name="n", gate=told.gate, pause=pauses.append)


@pytest.mark.parametrize("url", ["unix:///run/live", "tcp://nagios.example.org:6557"])
def test_a_socket_is_livestatus(url, told, pauses):
    """On this machine or over the network."""
    found = Nagios.connect({"url": url}, name="n", gate=told.gate, pause=pauses.append)
    assert isinstance(found, Livestatus)
