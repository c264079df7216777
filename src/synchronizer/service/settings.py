"""Everything that a process needs to know, resolved once and handed down as plain values."""

from typing import Any, Literal

import msgspec

from synchronizer.bus.topics import EXCHANGE
from synchronizer.model.entity import Collection
from synchronizer.sampling.catalogue import ServiceEntry
from synchronizer.sampling.intervals import Intervals
from synchronizer.sampling.notifications.listener import Notifications


class CloudAccess(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach one cloud: what ``clouds.yaml`` says, resolved.

    Holds secrets: it is handed to child processes through a pipe, never by argument,
    environment or file.

    Attributes:
        interface: of the endpoints; of several, the first that a service has.
        verify: whether certificates are verified, or by which file of authorities.
        timeout: seconds to connect, and between two bytes of an answer.
        services: what is said of single services, by service type.
        further: the same cloud in regions that have values of their own, such as auth_url.
        beside: how to reach the systems beside the cloud, by the key of its entry.
        notifications: where the services' notifications are to be had; None: nowhere.
    """

    name: str
    auth_type: str
    auth: dict[str, Any]
    regions: tuple[str, ...] = ()
    interface: str | list[str] = "public"
    verify: bool | str = True
    cert: tuple[str, str] | str | None = None
    timeout: float = 60.0
    services: dict[str, ServiceEntry] = {}
    further: tuple["CloudAccess", ...] = ()
    beside: dict[str, dict[str, Any]] = {}
    notifications: Notifications | None = None

    def __repr__(self) -> str:
        return f"CloudAccess(name={self.name!r})"


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP interface: where it listens, and how often idle watches get a bookmark.

    Attributes:
        allowed_hosts: its names besides those of loopback.
    """

    host: str = "127.0.0.1"
    port: int = 8989
    allowed_hosts: tuple[str, ...] = ()
    bookmark_interval: float = 10.0


class Bus(msgspec.Struct, frozen=True, kw_only=True):
    """The message bus as a door: RPC, and change notifications.

    Attributes:
        url: oslo.messaging's transport URL, a secret; empty for no bus.
        exchange: where our topics live.
        rpc: whether calls are answered there.
        relay: whether changes are told there.
        windowed: tell RabbitMQ or Kafka itself, in windows; else by oslo.messaging's driver.
        envelope: ``oslo`` or ``cloudevents``.
        bookmark_interval: seconds between bookmarks on each topic.
        page_bytes: the largest page of an RPC reply.
        window: about so many changes are told before the cursor moves.
        owner: who relays, over restarts of its process; the supervisor names it.
    """

    url: str = ""
    exchange: str = EXCHANGE
    rpc: bool = True
    relay: bool = True
    windowed: bool = True
    envelope: str = "oslo"
    bookmark_interval: float = 10.0
    page_bytes: int = 1 << 20
    window: int = 500
    owner: str = ""

    def __repr__(self) -> str:
        return f"Bus(url='***', exchange={self.exchange!r})"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of one instance.

    Attributes:
        store: SQLAlchemy URL of the store.
        history: seconds for which superseded versions are kept.
        memory_limit: bytes of data that one child process may allocate.
        hang_limit: seconds without progress after which a child is killed.
        demand_interval: least seconds between two runs on demand of one type.
        plugins: names of the plugins to run; empty takes all that are installed.
        limits_folder: where the processes of the instance share what they know of each
            service's limits; the supervisor makes it.
    """

    store: str
    clouds: tuple[CloudAccess, ...] = ()
    history: float = 86_400.0
    api: Api = Api()
    bus: Bus = Bus()
    intervals: Intervals = Intervals()
    plugins: tuple[str, ...] = ()
    memory_limit: int = 2 << 30
    hang_limit: float = 240.0
    demand_interval: float = 10.0
    debug: bool = False
    limits_folder: str = ""


OPERATIONS = frozenset({"api", "rpc", "relay"})
"""The kinds of processes that serve consumers."""


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """What one child process is.

    Attributes:
        kind: ``sampler`` runs one plugin for one cloud, ``scout`` finds out which plugins
            a cloud needs, ``api`` is the HTTP door, ``rpc`` answers on the message bus,
            ``relay`` tells it the changes, ``once`` sweeps some types once and ends.
        collections: for ``once``, what to sweep.
        urgent: for ``once``, also when the service asked for patience.
    """

    kind: Literal["sampler", "scout", "api", "rpc", "relay", "once"]
    cloud: str = ""
    plugin: str = ""
    collections: tuple[Collection, ...] = ()
    urgent: bool = False

    @property
    def name(self) -> str:
        """For logs: ``sampler nova@demo``."""
        if self.kind in OPERATIONS:
            return self.kind
        return f"{self.kind} {self.plugin}@{self.cloud}".replace(" @", " ")


class ChildSpec(msgspec.Struct, frozen=True):
    """The first line that a child reads: what it is, and the settings that it needs."""

    role: Role
    settings: Settings


def order_for(role: Role, settings: Settings) -> ChildSpec:
    """Return a child's order: without other clouds' secrets, and without what concerns others.

    So a reload restarts only those whose work it changes.
    """
    if role.kind in {"api", "rpc"}:
        # They start samplers of any kind on demand, but know only of their own door.
        own_door = {"bus": Bus()} if role.kind == "api" else {"api": Api()}
        return ChildSpec(role, msgspec.structs.replace(settings, **own_door))
    if role.kind == "relay":
        known = ("store", "bus", "memory_limit", "hang_limit", "debug")
        return ChildSpec(role, Settings(**{name: getattr(settings, name) for name in known}))
    own = tuple(cloud for cloud in settings.clouds if cloud.name == role.cloud)
    less = msgspec.structs.replace(
        settings, clouds=own, api=Api(), bus=Bus(), history=0.0, demand_interval=0.0
    )
    if role.kind != "scout":
        less = msgspec.structs.replace(less, plugins=())
    return ChildSpec(role, less)
