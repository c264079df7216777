"""A toy service: a few things in memory that can be listed, polled and read.

It answers like a real one (pages by marker, ``changes-since``, 404), at exactly the
moment that a test chooses: *between* deciding on an answer and giving it, it calls
`during`, where a test may change the cloud or let another sampler run. So every race
between samplers can be told in one thread, and replayed.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Paging, Plugin, Resource
from synchronizer.plugins.service import Answer, Query


class Thing(Resource):
    """A thing of the toy service."""

    name, path, key = "thing", "/things", "things"
    paging, limit = Paging.MARKER, 3
    since = "changes-since"
    gone = ("status", frozenset({"DELETED"}))
    single, single_key = "/things/{id}", "thing"
    volatile = ("heartbeat",)
    secret = ("password",)


class Grain(Resource):
    """A thing that can only be listed."""

    name, path, key = "grain", "/things", "things"
    volatile = ("heartbeat",)
    secret = ("password",)


class Pebble(Resource):
    """A thing that is polled by its outline, read in bulk, and counts its versions."""

    name, path, key = "pebble", "/things", "things"
    paging, limit = Paging.MARKER, 3
    outline = ("id", "version")
    unsettled = {"status": ("BUILD",)}  # noqa: RUF012 - declared in every class so
    bulk = "id"
    version = "version"
    hints = (Hint("pebble.*", "id"),)
    volatile = ("heartbeat",)
    secret = ("password",)


class Toy(Plugin):
    """The toy service's plugin."""

    name = "toy"
    service_type = "toy"
    version = "1"
    resources = (Thing, Grain, Pebble)


class ToyCloud:
    """Things with versions; an id is never used again.

    Attributes:
        alive: the truth, id to body; ``version`` counts every change of the cloud.
        dead: what was deleted.
        during: called while an answer is on its way.
        hidden: ids that listings (not reads) leave out, whatever the reason.
        calls: how often it was asked.
    """

    def __init__(self) -> None:
        self.alive: dict[str, dict[str, Any]] = {}
        self.dead: dict[str, dict[str, Any]] = {}
        self.during: Callable[[], None] = lambda: None
        self.hidden: set[str] = set()
        self.calls = 0
        self.version = 0

    def create(self, id_: str | None = None) -> str:
        """Create a thing and return its id."""
        self.version += 1
        id_ = id_ or f"thing-{self.version:05d}"
        self.alive[id_] = {
            "id": id_,
            "version": self.version,
            "status": "ACTIVE",
            "password": "CANARY-SECRET",
        }
        return id_

    def update(self, id_: str) -> None:
        """Change a thing."""
        self.version += 1
        self.alive[id_]["version"] = self.version

    def delete(self, id_: str) -> None:
        """Delete a thing."""
        self.version += 1
        self.dead[id_] = {**self.alive.pop(id_), "status": "DELETED", "version": self.version}

    # --- the seam that a Service has -------------------------------------------

    def get(
        self,
        path: str,
        query: Query,
        *,
        microversion: tuple[str, str] | None = None,  # noqa: ARG002 - the seam's signature
        allow: Collection[int] = (),
    ) -> Answer:
        """Answer a listing or a single read."""
        self.calls += 1
        split = urlsplit(path)
        given: dict[str, Any] = {**dict(parse_qsl(split.query)), **query}
        status, body = self._answer(split.path, given)
        self.during()
        assert status == 200 or status in allow
        return Answer(status, body, float(self.version))

    def relocate(self) -> None:
        """Do nothing: it is where it is."""

    def usage(self) -> tuple[int, float, int]:
        """Return calls, seconds and bytes so far."""
        return self.calls, 0.0, 0

    def _answer(self, path: str, query: Mapping[str, Any]) -> tuple[int, bytes]:
        if path != "/things":
            found = self.alive.get(path.removeprefix("/things/"))
            if found is None:
                return 404, b'{"itemNotFound": {"code": 404}}'
            return 200, msgspec.json.encode({"thing": found})
        rows = sorted(self.alive.values(), key=lambda row: row["id"])
        if "changes-since" in query:
            rows = sorted([*rows, *self.dead.values()], key=lambda row: row["id"])
        rows = [row for row in rows if "id" in query or row["id"] not in self.hidden]
        for name in {"id", "status"} & query.keys():
            rows = [row for row in rows if row[name] in query[name]]
        if "marker" in query:
            rows = [row for row in rows if row["id"] > query["marker"]]
        if "limit" in query:
            rows = rows[: int(query["limit"])]
        if "fields" in query:
            rows = [{name: row[name] for name in query["fields"]} for row in rows]
        return 200, msgspec.json.encode({"things": rows})
