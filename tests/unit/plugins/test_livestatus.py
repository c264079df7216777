"""Livestatus on a socket: the same entities as the CGIs give."""

import contextlib
import json
import socket
import threading

import pytest

from synchronizer.model.errors import MalformedError, UnreachableError
from synchronizer.plugins.livestatus import Livestatus
from synchronizer.plugins.nagios import Nagios
from synchronizer.plugins.nagios_rows import TABLES
from synchronizer.sampling.items import examine

RESOURCES = {resource.name: resource for resource in Nagios.declared()}
SERVICE = RESOURCES["service"]

ROWS = {
    "services": [
        {
            "host_name": "compute-1",
            "description": "Disk /var ü",
            "state": 2,
            "last_hard_state": 2,
            "state_type": 1,
            "has_been_checked": 1,
            "check_command": "disk!CANARY-ARGUMENT",
            "custom_variable_names": ["TOKEN"],
            "contacts": ["somebody"],
            "check_interval": 5.0,
            "max_check_attempts": 3,
            "active_checks_enabled": 1,
            "acknowledged": 1,
            "acknowledgement_type": 2,
            "last_state_change": 1795381741,
            "plugin_output": "it is full",
            "long_plugin_output": "CANARY-OUTPUT",
        },
        {"host_name": "compute-2", "description": "cpu", "last_state_change": 5},
    ],
    "servicegroups": [{"name": "cpus", "alias": "CPUs", "members": [["compute-2", "cpu"]]}],
    "comments": [
        {"id": 7, "host_name": "compute-1", "is_service": 0, "author": "bob", "entry_type": 4}
    ],
}


class Listener:
    """Speaks Livestatus: columns, two kinds of filter, the header of 16 bytes."""

    def __init__(self, path):
        self.asked = []
        self.raw = None
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, name="livestatus")
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                text = b""
                while not text.endswith(b"\n\n"):
                    text += connection.recv(4096)
                self.asked.append(text.decode())
                connection.sendall(self._answer(text.decode()) if self.raw is None else self.raw)

    def _answer(self, text):
        first, *lines = text.strip().split("\n")
        headers = [line.split(": ", 1) for line in lines]
        rows = ROWS.get(first.removeprefix("GET "), [])
        columns = next(value for name, value in headers if name == "Columns").split(" ")
        for name, value in headers:
            if name == "Filter":
                column, operator, wanted = value.split(" ", 2)
                keep = {"=": lambda a, b: str(a) == b, ">=": lambda a, b: int(a) >= int(b)}
                rows = [row for row in rows if keep[operator](row.get(column, 0), wanted)]
        found = [
            [row.get(column, 0 if "name" not in column else "") for column in columns]
            for row in rows
        ]
        return framed(json.dumps(found).encode())

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)


def framed(body, status=200):
    return b"%d %11d\n" % (status, len(body)) + body


@pytest.fixture
def listener(tmp_path):
    found = Listener(tmp_path / "live")
    yield found
    found.close()


@pytest.fixture
def live(listener, tmp_path, told, pauses):
    return Livestatus("n", f"unix://{tmp_path}/live", gate=told.gate, pause=pauses.append)


def test_a_row_has_the_shape_that_the_cgis_give(live):
    """Words for states, milliseconds for times, no passwords."""
    service = json.loads(live.get("/services", {}).body)["services"][0]
    cgi = TABLES["services"].of_cgi(
        {
            "host_name": "compute-1",
            "description": "Disk /var ü",
            "status": "critical",
            "last_hard_state": "critical",
            "state_type": "hard",
            "check_type": "active",
            "has_been_checked": True,
            "check_command": "disk!CANARY-ARGUMENT",
            "custom_variables": {"TOKEN": "CANARY-VARIABLE"},
            "contacts": ["somebody"],
            "check_interval": 5.0,
            "max_attempts": 3,
            "checks_enabled": True,
            "problem_has_been_acknowledged": True,
            "acknowledgement_type": "sticky",
            "last_state_change": 1795381741000,
            "display_name": 0,
            "plugin_output": "another text",
        }
    )
    assert service.keys() == cgi.keys()
    different = {name for name in cgi if cgi[name] != service[name]}
    assert different <= set(SERVICE.volatile) | TEXTS
    item = examine(SERVICE, service, 0, None)
    assert item.id == "compute-1/Disk /var ü"
    assert b"CANARY" not in item.body


TEXTS = {
    "notes",
    "notes_url",
    "check_period",
    "notification_period",
    "event_handler",
    "contact_groups",
    "display_name",
}
"""What the listener has no value for."""


def test_what_was_never_checked_is_pending(live):
    """Its state says ok, and means nothing."""
    rows = json.loads(live.get("/services", {}).body)["services"]
    assert [row["status"] for row in rows] == ["critical", "pending"]


def test_groups_and_comments_name_what_they_are_about(live):
    """Pairs, and the word for which kind of object it is."""
    (group,) = json.loads(live.get("/servicegroups", {}).body)["servicegroups"]
    assert group["members"] == [{"host_name": "compute-2", "service_description": "cpu"}]
    (comment,) = json.loads(live.get("/comments", {}).body)["comments"]
    assert (comment["comment_type"], comment["entry_type"]) == ("host", "acknowledgement")
    assert RESOURCES["comment"].identify(comment) == "7"


def test_a_single_row_is_filtered_by_its_names(live, listener):
    """Whatever stands in them."""
    found = SERVICE.read(live, "compute-1/Disk /var ü")
    assert found["plugin_output"] == "it is full"
    assert "Filter: description = Disk /var ü\n" in listener.asked[-1]
    assert SERVICE.read(live, "compute-1/nothing") is None


def test_a_name_cannot_become_a_line_of_its_own(live, listener):
    """A query is lines: a command could be put behind."""
    with pytest.raises(MalformedError):
        SERVICE.read(live, "compute-1/x\n\nCOMMAND [0] SHUTDOWN_PROGRAM")
    assert listener.asked == []


def test_a_poll_asks_for_what_changed_its_state(live, listener):
    """In seconds since 1970."""
    rows = json.loads(live.get("/services", {"since": "2026-11-22T21:00:00Z"}).body)["services"]
    assert [row["description"] for row in rows] == ["Disk /var ü"]
    assert "Filter: last_state_change >= 1795381200\n" in listener.asked[-1]


def test_calls_are_counted_under_the_governor(live, told):
    """With their bytes."""
    body = live.get("/comments", {}).body
    ((size, status, _),) = told.calls
    assert status == 200
    assert live.usage()[0] == 1
    assert live.usage()[2] == size > 0 < len(body)


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"", UnreachableError),
        (b"200    ", UnreachableError),
        (framed(b"[[1, 2]]")[:-1], UnreachableError),
        (framed(b"[]")[:3] + b"x" * 13, MalformedError),
        (b"HTTP/1.1 400 Bad", MalformedError),
        (b"200 99999999999\n", MalformedError),
        (framed(b"Invalid GET request, no such table", 404), MalformedError),
        (framed(b"{}"), MalformedError),
        (framed(b"[[1, 2]]"), MalformedError),
        (framed(b"\xff\xfe"), MalformedError),
    ],
)
def test_what_cannot_be_believed_is_a_fault(live, listener, raw, error):
    """And no empty listing; what was cut is tried again."""
    listener.raw = raw
    with pytest.raises(error):
        live.get("/services", {})
    assert len(listener.asked) == (3 if error is UnreachableError else 1)


def test_a_socket_that_is_not_there_is_unreachable(tmp_path, told, pauses):
    """Nagios does not run, or the broker module is not loaded."""
    live = Livestatus("n", f"unix://{tmp_path}/none", gate=told.gate, pause=pauses.append)
    with pytest.raises(UnreachableError):
        live.get("/hosts", {})
    assert len(pauses) == 2


def test_bytes_that_are_no_text_in_the_output_of_one_check_hide_no_other(live, listener):
    fields = [each.name for each in TABLES["hostgroups"].fields]
    row = {"group_name": "all", "alias": "HERE", "members": []}
    rows = json.dumps([[row.get(name, "") for name in fields]]).encode()
    body = rows.replace(b"HERE", b"d\xe9j\xe0 vu")
    listener.raw = b"200 %11d\n" % len(body) + body
    (found,) = json.loads(live.get("/hostgroups", {}).body)["hostgroups"]
    assert found["alias"] == "d\ufffdj\ufffd vu"


def test_one_row_with_a_value_of_another_kind_hides_no_other(live, listener):
    fields = [each.name for each in TABLES["hostgroups"].fields]
    rows = [["one" if name == "group_name" else "" for name in fields], [{}] * len(fields), []]
    rows[0][fields.index("members")] = []
    body = json.dumps(rows).encode()
    listener.raw = b"200 %11d\n" % len(body) + body
    first, *others = json.loads(live.get("/hostgroups", {}).body)["hostgroups"]
    assert first["group_name"] == "one"
    assert others[1] is None
