"""Everything that a process needs to know, resolved once and handed down as plain values."""

from typing import Any, Literal

import msgspec

from synchronizer.model.entity import Collection
from synchronizer.sampling.intervals import Intervals


class CloudAccess(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach one cloud: what ``clouds.yaml`` says, resolved.

    Holds secrets: it is handed to child processes through a pipe, never by argument,
    environment or file.
    """

    name: str
    auth_type: str
    auth: dict[str, Any]
    regions: tuple[str, ...] = ()
    interface: str = "public"
    verify: bool | str = True
    cert: tuple[str, str] | str | None = None


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP door: where it listens and how often idle watches get a bookmark."""

    host: str = "127.0.0.1"
    port: int = 8989
    bookmark_interval: float = 10.0


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of one instance.

    Attributes:
        store: SQLAlchemy URL of the store.
        history: seconds for which superseded versions are kept.
        memory_limit: bytes of data that one child process may allocate.
        hang_limit: seconds without progress after which a child is killed.
        plugins: names of the plugins to run; empty takes all that are installed.
    """

    store: str
    clouds: tuple[CloudAccess, ...] = ()
    history: float = 86_400.0
    api: Api = Api()
    intervals: Intervals = Intervals()
    plugins: tuple[str, ...] = ()
    memory_limit: int = 2 << 30
    hang_limit: float = 240.0
    debug: bool = False


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """What one child process is.

    Attributes:
        kind: ``sampler`` runs one plugin for one cloud, ``api`` is the HTTP door, ``once``
            sweeps some types once and ends.
        collections: for ``once``, what to sweep.
    """

    kind: Literal["sampler", "api", "once"]
    cloud: str = ""
    plugin: str = ""
    collections: tuple[Collection, ...] = ()

    @property
    def name(self) -> str:
        """For logs: ``sampler nova@demo``."""
        return self.kind if self.kind == "api" else f"{self.kind} {self.plugin}@{self.cloud}"


class Order(msgspec.Struct, frozen=True):
    """The first line that a child reads: what it is, and the settings that it needs."""

    role: Role
    settings: Settings


def order_for(role: Role, settings: Settings) -> Order:
    """Return a child's order: without other clouds' secrets, and without what concerns others.

    So a reload restarts only those whose work it changes.
    """
    if role.kind == "api":
        return Order(role, settings)  # it starts samplers of any kind on demand
    own = tuple(cloud for cloud in settings.clouds if cloud.name == role.cloud)
    less = msgspec.structs.replace(settings, clouds=own, api=Api(), plugins=(), history=0.0)
    return Order(role, less)
