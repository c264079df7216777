"""A service with its whole history: so it can answer as of any moment, as a replica would.

What it shows depends on who asks (a project sees its own), and on what has befallen it.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

from synchronizer.model.clock import iso
from synchronizer.testing.simulation.world import BEGUN, World

Body = dict[str, Any]
EVERYTHING = "everything"


class Past(NamedTuple):
    """What was from a moment on; without a body it was deleted, or not there yet."""

    at: float
    body: Body | None
    last: Body | None


def owner(id_: str) -> str:
    """Return the project that an entity belongs to."""
    return "b" if int(id_[:8], 16) % 3 == 0 else "a"


class Cloud:
    """The truth.

    Attributes:
        past: kind and id to all that was.
        outage: until when it does not answer.
        silent: since when it answered, or answers, as if it had nothing.
        emptied: until when.
        hidden: kinds and ids that listings leave out.
        shy: those that were ever hidden.
        broken: until when listings fail on their second page.
        lag: how far replicas are behind.
        lagged: they ever were.
        quiet: nothing goes wrong any more, and answers are fast.
    """

    def __init__(self, world: World, kinds: tuple[str, ...]) -> None:
        self.past: dict[str, dict[str, list[Past]]] = {kind: {} for kind in kinds}
        self.outage = self.emptied = self.broken = 0.0
        self.silent = float("inf")
        self.hidden: set[tuple[str, str]] = set()
        self.shy: set[tuple[str, str]] = set()
        self.lag = 0.0
        self.lagged = False
        self.quiet = False
        self.version = 0
        self.heartbeat = 0
        self.progress = 0
        self._world = world

    # --- what happens ----------------------------------------------------------

    def alive(self, kind: str) -> dict[str, Body]:
        """Return what there is."""
        return self.as_of(kind, self._world.time)

    def put(self, kind: str, id_: str, status: str, *, silent: bool = False) -> Body:
        """Create an entity or change it; *silent* ones move without a new version or stamp."""
        past = self.past[kind].setdefault(id_, [])
        old = past[-1].body if past else None
        self.version += not silent
        body: Body = {
            "id": id_,
            "version": old["version"] if silent and old else self.version,
            "status": status,
            "updated_at": old["updated_at"] if silent and old else self.stamp(),
            "owner": owner(id_),
            "password": "CANARY-SECRET",
        }
        past.append(Past(self._world.time, body, body))
        return body

    def delete(self, kind: str, id_: str) -> Body | None:
        """Delete an entity."""
        past = self.past[kind].get(id_)
        if not past or past[-1].body is None:
            return None
        self.version += 1
        body = past[-1].body
        last = {**body, "status": "DELETED", "updated_at": self.stamp(), "version": self.version}
        past.append(Past(self._world.time, None, last))
        return last

    def stamp(self) -> str:
        """Return the time as its entities carry it, in whole seconds."""
        return iso(BEGUN + self._world.time)[:19] + "Z"

    # --- what it shows ------------------------------------------------------------

    def as_of(self, kind: str, at: float, *, dead: bool = False) -> dict[str, Body]:
        """Return what there was; with *dead*, what had been deleted as well."""
        found = {}
        for id_, past in self.past[kind].items():
            place = bisect_right(past, at, key=lambda each: each.at) - 1
            if place >= 0:
                body = past[place].last if dead else past[place].body
                if body is not None:
                    found[id_] = body
        return found

    def answer(self, path: str, query: Mapping[str, Any], scope: str, at: float) -> Any:
        """Return status and body for somebody who asks, as of a moment."""
        split = urlsplit(path)
        given: dict[str, Any] = {**dict(parse_qsl(split.query)), **query}
        names = split.path.strip("/").split("/")
        kind = names[0][:-1]
        rows = self._visible(kind, scope, at, dead="changes-since" in given)
        if len(names) > 1:
            found = rows.get(names[1])
            if found is None:
                return 404, b'{"itemNotFound": {"code": 404}}'
            return 200, msgspec.json.encode({kind: self.moving(found)})
        if self.broken > self._world.time and "marker" in given:
            return 500, b""
        chosen = [
            rows[id_] for id_ in sorted(rows) if "id" in given or (kind, id_) not in self.hidden
        ]
        for name in {"id", "status"} & given.keys():
            chosen = [row for row in chosen if row[name] in given[name]]
        if "changes-since" in given:
            chosen = [row for row in chosen if row["updated_at"] >= given["changes-since"]]
        if "marker" in given:
            chosen = [row for row in chosen if row["id"] > given["marker"]]
        if "limit" in given:
            chosen = chosen[: int(given["limit"])]
        shown = [self.moving(row) for row in chosen]
        if "fields" in given:
            shown = [{name: row[name] for name in given["fields"]} for row in shown]
        return 200, msgspec.json.encode({names[0]: shown})

    def _visible(self, kind: str, scope: str, at: float, *, dead: bool) -> dict[str, Body]:
        if self.emptied > self._world.time and not self.quiet:
            return {}
        rows = self.as_of(kind, at, dead=dead)
        if scope == EVERYTHING:
            return rows
        return {id_: row for id_, row in rows.items() if row["owner"] == scope}

    def moving(self, body: Body) -> Body:
        """Return a body with the fields that move by themselves."""
        return {**body, "heartbeat": self.heartbeat, "progress": self.progress}
