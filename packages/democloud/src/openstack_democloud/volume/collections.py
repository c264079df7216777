"""Cinder's collections: what they have in common, and what each departs in.

``all_tenants`` of somebody who is no admin is dropped without a word. A marker is looked up
as an entity: 404 when it is gone. Only volumes have a filter by time, from 3.60; below, the
same parameter is dropped and everything listed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.ordering import Sort, behind, ordered
from openstack_democloud.table import Body, Table, shown
from openstack_democloud.volume.access import admin, owned, project
from openstack_democloud.volume.times import time_tests

_CONTROL = frozenset(
    (
        "limit", "marker", "offset", "sort", "sort_key", "sort_dir", "all_tenants", "with_count",
        "created_at", "updated_at", "list_volume", "is_public",
    )
)  # fmt: skip
_TRUE = frozenset({"1", "t", "true", "on", "y", "yes"})
_COUNTED = 45
_TIMED = 60
Row = Callable[[Cloud, Body, int], Body]


def plain_row(_cloud: Cloud, body: Body, _minor: int) -> Body:
    """Show an entity as its table holds it."""
    return shown(body)


@dataclass(frozen=True, kw_only=True)
class Collection:
    """One collection.

    Attributes:
        type: entity type.
        many, one: names in answers.
        noun: in messages.
        row: shows an entity at a microversion.
        owner: field that names the project; empty when it is nobody's.
        brief: fields of the listing without details.
        since: lowest microversion that has it.
        links: whether a full page has a link to the next.
        timed: whether it can be filtered by time.
        aliases: filters that are not called like the field.
    """

    type: str
    many: str
    one: str
    noun: str
    row: Row = plain_row
    owner: str = ""
    brief: tuple[str, ...] = ("id", "name", "links")
    since: int = 0
    links: bool = True
    timed: bool = False
    aliases: tuple[tuple[str, str], ...] = ()

    def table(self, cloud: Cloud) -> Table:
        """Return its table."""
        return cloud.table(self.type)

    def check(self, ask: Ask) -> None:
        """Refuse with 404 below the microversion it came with."""
        if ask.minor < self.since:
            raise RefusalError(404, "The resource could not be found.")

    def found(self, cloud: Cloud, ask: Ask, id: str) -> Body:
        """Return an entity that the one who asks may see.

        Raises:
            RefusalError: 404, there is none.
        """
        self.check(ask)
        body = self.table(cloud).get(id)
        if body is None or not owned(ask, body, self.owner):
            raise RefusalError(404, f"{self.noun} {id} could not be found.")
        return body

    def shape(self, cloud: Cloud, ask: Ask, body: Body) -> Body:
        """Return an entity as this request shows it."""
        row = self.row(cloud, body, ask.minor)
        for name in ask.lens.fields:
            row.pop(name, None)
        return row

    # Requests

    def show(self, cloud: Cloud, ask: Ask, id: str) -> Answer:
        """Answer the GET of one."""
        return Answer.json({self.one: self.shape(cloud, ask, self.found(cloud, ask, id))})

    def detail(self, cloud: Cloud, ask: Ask, only: Callable[[Body], bool] = bool) -> Answer:
        """Answer the listing with details, of *only* these."""
        return self._page(cloud, ask, lambda body: self.shape(cloud, ask, body), only)

    def index(self, cloud: Cloud, ask: Ask) -> Answer:
        """Answer the listing without details."""

        def few(body: Body) -> Body:
            row = self.shape(cloud, ask, body)
            return {name: row[name] for name in self.brief if name in row}

        return self._page(cloud, ask, few, bool)

    def _page(
        self,
        cloud: Cloud,
        ask: Ask,
        show: Callable[[Body], Body],
        only: Callable[[Body], bool],
    ) -> Answer:
        self.check(ask)
        sorts, size = self._sorts(ask), _size(cloud, ask)
        rows = ordered(filter(only, self._rows(cloud, ask)), sorts)
        count, marker = len(rows), ask.query.get("marker")
        if marker is not None:
            rows = behind(rows, sorts, self.found(cloud, ask, marker))
        rows = rows[_number(ask, "offset") or 0 :][:size]
        answer: Body = {self.many: [show(body) for body in rows]}
        counted = ask.minor >= _COUNTED and ask.query.get("with_count", "").lower() in _TRUE
        # With a count, Cinder takes the total for the length of the page.
        if self.links and size and (count if counted else len(rows)) >= size and rows:
            query = [(n, v) for n, v in ask.pairs if n != "marker"]
            href = f"{cloud.base}{ask.path}?{urlencode([*query, ('marker', rows[-1]['id'])])}"
            answer[f"{self.many}_links"] = [{"rel": "next", "href": href}]
        if counted:
            answer["count"] = count
        return Answer.json(answer)

    def _rows(self, cloud: Cloud, ask: Ask) -> list[Body]:
        everything = admin(ask) and ask.query.get("all_tenants", "").lower() in _TRUE
        own = project(ask)
        rows = [
            body
            for body in self.table(cloud)
            if owned(ask, body, self.owner)
            and (everything or not self.owner or body[self.owner] == own)
        ]
        if self.timed and ask.minor >= _TIMED:
            tests = time_tests(ask)
            rows = [body for body in rows if all(test(body) for test in tests)]
        aliases = dict(self.aliases)
        for name, value in ask.pairs:
            if name not in _CONTROL:
                rows = _equal(rows, aliases.get(name, name), value, strict=admin(ask))
        return rows

    def _sorts(self, ask: Ask) -> list[Sort]:
        if "sort" in ask.query:
            pairs = [part.strip().partition(":")[::2] for part in ask.query["sort"].split(",")]
        else:
            pairs = [(ask.query.get("sort_key", "created_at"), ask.query.get("sort_dir", "desc"))]
        if any(way not in {"", "asc", "desc"} for _, way in pairs):
            raise RefusalError(400, "Unknown sort direction, must be 'desc' or 'asc'.")
        sorts = [(name, way != "asc") for name, way in pairs]
        last = sorts[-1][1]
        # Where a listing does not show when it was created, the demo cloud has it noted.
        return [*sorts, ("_created_at", last), ("id", last)]


def _number(ask: Ask, name: str) -> int | None:
    text = ask.query.get(name)
    if text is None:
        return None
    if not text.isdigit():
        raise RefusalError(400, f"{name} param must be an integer of at least 0: {text}")
    return int(text)


def _size(cloud: Cloud, ask: Ask) -> int:
    asked = _number(ask, "limit")
    most = cloud.size.page_limit
    return most if asked is None else min(asked, most)


def _equal(rows: list[Body], name: str, value: str, *, strict: bool) -> list[Body]:
    """Filter by a field; one that nobody has matches nothing, or is dropped for the many."""
    if not any(name in body for body in rows):
        return [] if strict else rows
    return [body for body in rows if str(body.get(name)).lower() == value.lower()]
