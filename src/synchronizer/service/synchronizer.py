"""The whole synchronizer as one object: to serve, or to embed.

::

    with Synchronizer(clouds=["mycloud"], store="sqlite:///store.sqlite") as synchronizer:
        mirror = synchronizer.mirror(["nova.server"])
        mirror.wait_synced(timeout=60)
"""

import logging
import threading
import time
from types import TracebackType
from typing import Any, Self

import msgspec

from synchronizer.client.http import HttpTransport
from synchronizer.client.mirror import Mirror
from synchronizer.model.errors import ConfigurationError, SynchronizerError, by_code
from synchronizer.service.bus_interface import check_bus
from synchronizer.service.clouds import check, resolve
from synchronizer.service.patterns import check_patterns
from synchronizer.service.settings import Api, Role, Settings
from synchronizer.service.supervisor.supervisor import Supervisor, roles
from synchronizer.store import Store, open_store

log = logging.getLogger(__name__)

_START_SECONDS = 30.0
_NO_CLOUD = (
    "No cloud is named; use --os-cloud, OS_CLOUD, or [clouds] names. "
    "The cloud of an openrc file is named envvars."
)


class Synchronizer:
    """Runs samplers and API in processes below this one, from `start` to `stop`.

    Args:
        clouds: names in ``clouds.yaml``.
        store: SQLAlchemy URL; SQLite needs nothing installed.
        clouds_file: path of ``clouds.yaml``; else the usual places are searched.
        port: of the API on loopback; 0 takes a free one (see `url`).
        settings: all settings at once, instead of the arguments above.
        more: further fields of `Settings`.

    Raises:
        ConfigurationError: a cloud is not configured, unreachable or refuses.
        StoreUnusableError: the store cannot be used.
    """

    def __init__(
        self,
        clouds: list[str] | None = None,
        store: str = "sqlite:///synchronizer.sqlite",
        *,
        clouds_file: str | None = None,
        port: int = 0,
        settings: Settings | None = None,
        **more: Any,
    ) -> None:
        if settings is None:
            access = resolve(clouds or [], clouds_file)
            settings = Settings(store=store, clouds=access, api=Api(port=port), **more)
        if not settings.clouds:
            raise ConfigurationError(_NO_CLOUD)
        roles(settings)  # refused before anything is opened
        check_bus(settings.bus)
        check_patterns(settings)
        self.settings = settings
        self.store: Store = open_store(settings.store)
        self._ready = threading.Event()
        self._refused: SynchronizerError | None = None
        self._port = 0
        self._tree = Supervisor(settings, self.store, told=self._heard)

    @property
    def url(self) -> str:
        """The API's address, known once it listens."""
        host = self.settings.api.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    def start(self, *, preflight: bool = True) -> Self:
        """Check the clouds, start the processes, return when the API listens.

        A cloud that does not answer is fatal only when the store has nothing of it:
        else what is known is served, marked as stale, until the cloud is back.
        """
        if preflight:
            self._preflight()
        self._tree.start()
        try:
            self._await_api()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End every process and close the store."""
        self._tree.stop()
        self.store.close()

    def reload(self, settings: Settings) -> None:
        """Go on with other settings; a process whose work they change is started again.

        Raises:
            ConfigurationError: these need a restart, or are wrong; nothing was changed.
        """
        if settings.store != self.settings.store:
            raise ConfigurationError("[store] url holds from the start; restart to change it.")
        if not settings.clouds:
            raise ConfigurationError(_NO_CLOUD)
        if settings.api.port == 0 and self._port:
            api = msgspec.structs.replace(settings.api, port=self._port)
            settings = msgspec.structs.replace(settings, api=api)
        if settings.bus != self.settings.bus:
            check_bus(settings.bus)
        check_patterns(settings, self.settings)
        self._tree.reload(settings)
        self.settings = settings

    def pids(self) -> dict[str, int]:
        """Return the process ids below this one by name."""
        return self._tree.pids()

    def wait_sampled(self, types: list[str], timeout: float) -> bool:
        """Wait until each of *types* was completely sampled once; return whether it was."""
        until = time.monotonic() + timeout
        revision = -1
        while True:
            known = self.store.collections()
            sampled = {each.collection.type for each in known if each.sampled_at is not None}
            left = until - time.monotonic()
            if sampled >= set(types) or left <= 0:
                return sampled >= set(types)
            revision = self.store.wait(revision, min(left, 0.2))

    def transport(self) -> HttpTransport:
        """Return a transport to this synchronizer's API."""
        return HttpTransport(self.url)

    def mirror(self, types: list[str], **options: Any) -> Mirror:
        """Return a running mirror of some types; close it, or use it in a with block."""
        return Mirror(self.transport(), types, **options)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _preflight(self) -> None:
        known = {each.collection.cloud for each in self.store.collections() if each.entities}
        for cloud in self.settings.clouds:
            try:
                check(cloud)
            except ConfigurationError as error:
                if cloud.name not in known:
                    self.store.close()
                    raise
                log.warning("%s Serving what is known of it, as stale.", error)

    def _await_api(self) -> None:
        if not self._ready.wait(_START_SECONDS):
            raise SynchronizerError("The API did not come up in time; see the log.")
        if self._refused is not None:
            raise self._refused

    def _heard(self, role: Role, line: str) -> None:
        if role.kind != "api":
            return
        word, _, rest = line.partition(" ")
        if word == "port":
            self._port = int(rest)
            if self.settings.api.port == 0:
                # Whoever has found us shall find us there after a restart, too.
                self.settings = self._tree.settle(self._port)
            self._ready.set()
        elif word == "error":
            code, _, sentence = rest.partition(" ")
            if self._ready.is_set():
                log.error("api: %s", sentence)
            else:
                self._refused = by_code().get(code, SynchronizerError)(sentence)
                self._ready.set()
