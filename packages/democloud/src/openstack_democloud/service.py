"""What a service of the demo cloud declares of itself; nothing else knows it by name.

To add one: make a folder, write in its ``service.py`` one `Service`, and put that into the
tuple in ``registry.py``. The catalogue, authentication, the truth, the mutations, the faults
and the notifications then find it. Two rules for its listings: leave out what
``ask.lens.hides`` (a fault is at work, or the caller may not see it), and keep entities in
``cloud.table(type)``, whose every ``add``, ``change`` and ``remove`` is logged and told.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from openstack_democloud.exchange import Answer, Ask, RefusalError, encode
from openstack_democloud.routes import Table as RouteTable
from openstack_democloud.table import Body, shown

if TYPE_CHECKING:
    from openstack_democloud.cloud import Cloud
    from openstack_democloud.notices import Notification

#: Ids and entities of a type at a microversion; bytes are JSON already.
Truth = Callable[["Cloud", int], Iterator[tuple[str, Body | bytes]]]
#: One mutation with some dice; returns the id, or None if there was nothing to do it to.
Mutate = Callable[["Cloud", Random], str | None]
#: The same to the entity of one id; returns whether there was one.
MutateOne = Callable[["Cloud", str], bool]
#: What the service tells of an entity before and after a create, update or delete.
Tell = Callable[["Cloud", str, Body, Body], Iterable["Notification"]]


def _anything(_cloud: "Cloud", _ask: Ask, _template: str) -> None:
    """Allow every request."""


def _as_it_is(_ask: Ask) -> None:
    """Read nothing more out of the request."""


def _no_headers(_ask: Ask) -> dict[str, str]:
    """Add no headers."""
    return {}


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of the demo cloud.

    Attributes:
        name: the code name, the first part of its entity types; names it in the catalogue.
        kind: its type in the catalogue ("network").
        root: what all its paths begin with ("/network"); Keystone alone has the rest.
        version: what its endpoint has behind the root ("/v2.1"); may be empty.
        routes: from URL template, the root included, to method to function.
        open: (method, template) of what may be asked without a token.
        types: the entity types that `Cloud.table` has.
        seed: makes its entities at the beginning of the world, after those of the services
            before it in the registry.
        refused: puts a refusal into the service's own JSON error shape.
        allow: raises `RefusalError` if ``ask.token``, who is no admin, may not do this.
        read: looks at the request before it is served (``ask.minor``, the microversion).
        headers: what every answer carries.
        truth: of the types whose entities are not simply the bodies in their table.
        minor: the microversion whose truth is asked for when none is named.
        mutations: (operation, type) to what ``/demo/mutate`` and the churn do.
        named: the same for one id; deleting from the table needs no entry.
        wipes: type to what deletes all of it, where not each id of the table is to go.
        churn: (share, operation, type): what the churn does how often.
        tells: type to the notifications that a mutation of it causes.
    """

    name: str
    kind: str
    root: str
    version: str = ""
    routes: RouteTable
    open: frozenset[tuple[str, str]] = frozenset()
    types: tuple[str, ...] = ()
    seed: Callable[["Cloud"], None]
    refused: Callable[[RefusalError], Answer]
    allow: Callable[["Cloud", Ask, str], None] = _anything
    read: Callable[[Ask], None] = _as_it_is
    headers: Callable[[Ask], dict[str, str]] = _no_headers
    truth: Mapping[str, Truth] = field(default_factory=dict)
    minor: int = 0
    mutations: Mapping[tuple[str, str], Mutate] = field(default_factory=dict)
    named: Mapping[tuple[str, str], MutateOne] = field(default_factory=dict)
    wipes: Mapping[str, Callable[["Cloud"], list[str]]] = field(default_factory=dict)
    churn: tuple[tuple[int, str, str], ...] = ()
    tells: Mapping[str, Tell] = field(default_factory=dict)

    def owns(self, path: str) -> bool:
        """Tell whether *path* is this service's."""
        return path == self.root or path.startswith(f"{self.root}/")

    def entities(self, cloud: "Cloud", type: str, minor: int | None) -> Iterator[tuple[str, bytes]]:
        """Yield id and JSON of every entity of a type, as they truly are."""
        truth = self.truth.get(type) or plain(type)
        for id_, body in truth(cloud, self.minor if minor is None else minor):
            yield id_, body if isinstance(body, bytes) else encode(body)


def plain(type: str) -> Truth:
    """Return the truth of a type that is listed as its table holds it."""
    return rows(type, lambda _cloud, body, _minor: shown(body))


def rows(type: str, row: Callable[["Cloud", Body, int], Body]) -> Truth:
    """Return the truth of a type whose listing shows *row* of each body in its table."""

    def truth(cloud: "Cloud", minor: int) -> Iterator[tuple[str, Body | bytes]]:
        for id_, body in cloud.table(type).items():
            yield id_, row(cloud, body, minor)

    return truth
