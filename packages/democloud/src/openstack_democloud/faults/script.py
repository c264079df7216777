"""The script of faults: which request meets which fault."""

import re
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Ask, RefusalError
from openstack_democloud.faults import (  # noqa: F401  # they register themselves
    bus,
    damage,
    hiding,
    pages,
    refusals,
    replicas,
    timing,
)
from openstack_democloud.faults.kinds import ARM, DISARM, KINDS, Options, Serve

_ONCE = frozenset({"token_expiry", "marker_deleted"})
_WALK_STARTS = frozenset({None, "0"})


@dataclass
class Fault:
    """One line of the script. ``page`` counts within a walk: one token, one query."""

    id: int
    kind: str
    options: Options
    path_prefix: str | None
    path_regex: re.Pattern[str] | None
    method: str | None
    page: int | None
    times: int | None
    hits: int = 0
    _walks: dict[Any, tuple[str | None, int]] = field(default_factory=dict)

    def meets(self, ask: Ask) -> bool:
        """Tell whether this fault strikes *ask*, and count it if so."""
        if self.times is not None and self.hits >= self.times:
            return False
        if self.method is not None and ask.method != self.method:
            return False
        # /compute may be left out: "/v2.1/servers" is what one reads in Nova's documents.
        paths = (ask.path, ask.path.removeprefix("/compute"))
        if self.path_prefix is not None and not any(p.startswith(self.path_prefix) for p in paths):
            return False
        if self.path_regex is not None and not any(self.path_regex.search(p) for p in paths):
            return False
        if self.page is not None and self._page(ask) != self.page:
            return False
        self.hits += 1
        return True

    def _page(self, ask: Ask) -> int:
        query = ask.query
        position = query.pop("marker", query.pop("offset", None))
        walk = (ask.header(b"x-auth-token"), ask.path, tuple(sorted(query.items())))
        if position in _WALK_STARTS:
            self._walks[walk] = (position, 1)
            return 1
        before, page = self._walks.get(walk, (None, 1))
        if before != position:
            page += 1
            self._walks[walk] = (position, page)
        return page

    def shown(self) -> dict[str, Any]:
        """Return the fault as ``GET /demo/faults`` shows it."""
        return {
            "id": self.id,
            "fault": {"kind": self.kind, **self.options},
            "match": {
                "path_prefix": self.path_prefix,
                "path_regex": self.path_regex.pattern if self.path_regex else None,
                "method": self.method,
                "page": self.page,
                "times": self.times,
            },
            "hits": self.hits,
        }


class Script:
    """All faults that stand, oldest first; the oldest is outermost."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._next = 1
        self.faults: list[Fault] = []

    def add(self, given: dict[str, Any]) -> Fault:
        """Add a fault as ``POST /demo/faults`` gets it.

        Raises:
            RefusalError: 400, it is not one.
        """
        options = dict(given.get("fault") or {})
        kind = options.pop("kind", None)
        if kind not in KINDS:
            raise RefusalError(400, f"fault.kind must be one of {', '.join(KINDS)}")
        match = dict(given.get("match") or {})
        known = {"path_prefix", "path_regex", "method", "page", "times"}
        if unknown := sorted(set(match) - known):
            raise RefusalError(400, f"unknown in match: {', '.join(unknown)}")
        page = match.get("page", 2 if kind == "marker_deleted" else None)
        pattern = match.get("path_regex")
        fault = Fault(
            id=self._next,
            kind=kind,
            options=options,
            path_prefix=match.get("path_prefix"),
            path_regex=re.compile(pattern) if pattern else None,
            method=match.get("method"),
            page=page,
            times=match.get("times", 1 if kind in _ONCE else None),
        )
        self._next += 1
        self.faults.append(fault)
        if kind in ARM:
            ARM[kind](self._cloud, options)
        return fault

    def clear(self, id: int | None = None) -> int:
        """Take away fault *id*, or all; return how many."""
        gone = [fault for fault in self.faults if id in (None, fault.id)]
        self.faults = [fault for fault in self.faults if fault not in gone]
        for fault in gone:
            if fault.kind in DISARM:
                DISARM[fault.kind](self._cloud, fault.options)
        return len(gone)

    def around(self, ask: Ask, serve: Serve) -> Serve:
        """Return *serve* with every fault around it that *ask* meets.

        Those that are switched on and off as a whole strike no single request.
        """
        struck = [f for f in self.faults if f.kind not in ARM and f.meets(ask)]
        for fault in reversed(struck):
            serve = partial(_strike, self._cloud, fault, serve)
        return serve


async def _strike(cloud: Cloud, fault: Fault, serve: Serve, ask: Ask) -> Any:
    return await KINDS[fault.kind](cloud, ask, serve, fault.options)
