"""Nagios by its JSON CGIs, which answer 200 to everything.

What went wrong stands in ``result.type_code``; what a read did not find is told in a
sentence. The CGIs read ``status.dat``, which Nagios writes every few seconds and takes away
while it restarts (then they answer nothing at all): an answer is as old as its
``last_data_update``, and when that is minutes ago Nagios does not run.

Status and configuration come from two CGIs. They are joined when both are of the same start
of Nagios; the configuration is kept until the next start, because it cannot change before.

Names that are not ASCII come out as ``(null)``, whatever the locale (nagioscore:
cgi/jsonutils.c): such a listing is refused, because nobody can say whose row it is.

Source: https://github.com/NagiosEnterprises/nagioscore/tree/master/cgi
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec
from keystoneauth1.adapter import Adapter
from keystoneauth1.http_basic import HTTPBasicAuth

from synchronizer.model.errors import MalformedError, UnreachableError
from synchronizer.plugins.nagios_rows import TABLES, Table, each_of
from synchronizer.plugins.plugin import decode_object
from synchronizer.plugins.service import Answer, Gate, Query, Service
from synchronizer.plugins.session import CloudSession

TIMEOUT = 60.0
STALE = 300.0
"""So many seconds after it was last written, ``status.dat`` is no word of a living Nagios."""

_SUCCESS, _NO_MEMORY, _NO_FILE, _WRONG_VALUE = 0, 1, 2, 6
_STATUS, _OBJECTS = "/statusjson.cgi", "/objectjson.cgi"


class Source(NamedTuple):
    """Where a table comes from: its word in the queries, its CGIs, its row's parameters."""

    word: str
    parameters: tuple[str, ...]
    status: bool = False
    objects: bool = False


SOURCES = {
    "hosts": Source("host", ("hostname",), status=True, objects=True),
    "services": Source("service", ("hostname", "servicedescription"), status=True, objects=True),
    "comments": Source("comment", ("commentid",), status=True),
    "downtimes": Source("downtime", ("downtimeid",), status=True),
    "hostgroups": Source("hostgroup", ("hostgroup",), objects=True),
    "servicegroups": Source("servicegroup", ("servicegroup",), objects=True),
    "contacts": Source("contact", ("contactname",), objects=True),
}


class Result(msgspec.Struct):
    """The envelope of an answer; times in milliseconds."""

    type_code: int
    message: str = ""
    query_time: float = 0.0
    last_data_update: float = 0.0
    program_start: int = 0


Row = dict[str, Any]
Rows = dict[tuple[str, ...], Row]


class Told(NamedTuple):
    """What a CGI told: rows by their names, when they were written, which start it was."""

    rows: Rows
    written: float
    started: int


class Cgis(Service):
    """Answers ``/hosts`` and ``/hosts/NAME`` out of the JSON CGIs."""

    @classmethod
    def at(
        cls,
        url: str,
        access: Mapping[str, Any],
        *,
        name: str,
        gate: Gate,
        pause: Callable[[float], None],
    ) -> "Cgis":
        """Return the CGIs below *url*; *access* has username, password, cacert, verify."""
        auth = HTTPBasicAuth(
            endpoint=url, username=access.get("username"), password=access.get("password")
        )
        verify = access.get("cacert") or access.get("verify", True)
        session = CloudSession(auth=auth, verify=verify, timeout=TIMEOUT)
        adapter = Adapter(session, user_agent="openstack-synchronizer", connect_retries=0)
        return cls(name, adapter, gate=gate, pause=pause)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._configured: dict[str, Told] = {}

    def _once(
        self, path: str, query: Query, microversion: str | None, allow: Collection[int]
    ) -> Answer:
        del microversion  # there are none
        name, *key = path.strip("/").split("/")
        table, source = TABLES[name], SOURCES[name]
        told = self._told(table, [unquote(part) for part in key], query.get("since"))
        if told is not None:
            rows = told.rows.values()
            body: dict[str, Any] = (
                {source.word: table.of_cgi(next(iter(rows)))}
                if key
                else {name: each_of(rows, table.of_cgi)}
            )
            return Answer(200, msgspec.json.encode(body), told.written)
        if 404 in allow:
            return Answer(404, b"{}", self._now())
        raise UnreachableError(f"{self.name}: there is no {path}")

    def _told(self, table: Table, key: list[str], since: Any) -> Told | None:
        """Return one row or all, or None: there is no such row."""
        source = SOURCES[table.name]
        if not source.status:
            return self._ask(_OBJECTS, table, key)
        status = self._ask(_STATUS, table, key, _incremental(source, since))
        if status is None or not source.objects:
            return status
        known = self._configured.get(table.name)
        if known is None or known.started != status.started or not _covers(known, status):
            known = self._ask(_OBJECTS, table, key)
            if known is None or known.started != status.started or not _covers(known, status):
                raise UnreachableError(f"{self.name}: Nagios was restarted meanwhile")
            if not key:
                # What is configured stays until the next start: half of the calls are saved.
                self._configured[table.name] = known
        rows = {name: {**known.rows[name], **row} for name, row in status.rows.items()}
        return status._replace(rows=rows)

    def _ask(
        self, cgi: str, table: Table, key: list[str], more: Mapping[str, str] | None = None
    ) -> Told | None:
        """Ask one CGI for one row or all; None: it says that there is no such row."""
        source = SOURCES[table.name]
        if key and len(key) != len(source.parameters):
            raise MalformedError(f"{self.name}: {'/'.join(key)} names nothing of {table.name}")
        query = source.word if key else f"{source.word}list"
        parameters = dict(zip(source.parameters, key, strict=False)) or {"details": "true"}
        asked = {"query": query, "formatoptions": "enumerate", **parameters, **(more or {})}
        answer = super()._once(cgi, asked, None, ())
        if not answer.body.strip():
            # So they answer while there is no status.dat; the sentence for it is never printed.
            raise UnreachableError(f"{self.name}: {cgi} answers nothing; does Nagios run?")
        said = decode_object(self.name, answer.body)
        try:
            result = msgspec.convert(said.get("result"), Result)
            if not self._judged(cgi, result, single=bool(key)):
                return None
            data = msgspec.convert(said.get("data"), dict[str, Any])
            listed = data.get(query)
            found = {tuple(key): listed} if key else _rows(listed, len(table.key))
            rows = msgspec.convert(found, Rows)
        except msgspec.ValidationError as error:
            raise MalformedError(f"{self.name}: {cgi} is no CGI of Nagios 4 ({error})") from None
        return Told(rows, result.last_data_update / 1000, result.program_start)

    def _judged(self, cgi: str, result: Result, *, single: bool) -> bool:
        """Whether there is data; false when a read found nothing."""
        code, message = result.type_code, result.message[:200]
        if code == _SUCCESS:
            age = (result.query_time - result.last_data_update) / 1000
            if cgi == _STATUS and age > STALE:
                raise UnreachableError(
                    f"{self.name}: Nagios wrote nothing for {age:.0f} s; does it run?"
                )
            return True
        if code == _WRONG_VALUE and single and message.endswith("could not be found."):
            if message.startswith("The status"):  # of what is configured: it is just starting
                raise UnreachableError(f"{self.name}: {cgi} says: {message}")
            return False
        kind = UnreachableError if code in (_NO_MEMORY, _NO_FILE) else MalformedError
        raise kind(f"{self.name}: {cgi} says {code}: {message}")


def _covers(configured: Told, status: Told) -> bool:
    return status.rows.keys() <= configured.rows.keys()


def _incremental(source: Source, since: Any) -> dict[str, str]:
    """Return the filter for what changed its state since an ISO time."""
    if since is None:
        return {}
    start = int(datetime.fromisoformat(str(since)).timestamp())
    return {f"{source.word}timefield": "laststatechange", "starttime": str(start)}


def _rows(listed: Any, depth: int) -> Rows:
    """Return the rows under their names: services lie below their hosts."""
    found: Rows = {}
    for name, row in msgspec.convert(listed, dict[str, Row]).items():
        if depth == 1:
            found[name,] = row
        else:
            found.update({(name, inner): each for inner, each in row.items()})
    for key in found:
        if "(null)" in key or "" in key:
            raise MalformedError(
                f"nagios: the CGIs cannot show a name on {key[0]} that is not ASCII; "
                "rename it, or use Livestatus"
            )
    return found
