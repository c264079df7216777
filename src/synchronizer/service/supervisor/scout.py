"""The scout of one cloud: tells which plugins have something to sample there.

So a plugin whose service the cloud lacks costs no process, and a service that appears in
the catalogue gets one without a restart. It imports no plugin itself: what it needs to
know of them comes from the trial, so that a broken one keeps no other from running.
"""

import logging
import threading
from collections.abc import Callable, Container

from keystoneauth1.access.service_catalog import ServiceCatalog

from synchronizer.model.clock import Clock, SystemClock
from synchronizer.model.entity import Collection
from synchronizer.model.errors import SampleError, StoreError, SynchronizerError
from synchronizer.plugins import names
from synchronizer.sampling.catalogue import (
    Entry,
    catalogue_of,
    has_catalogue,
    offered,
    regions_of,
    wants,
)
from synchronizer.sampling.schedule import Among
from synchronizer.sampling.unsampled import belongs, left, mark, retire
from synchronizer.service.clouds import entries_of
from synchronizer.service.settings import CloudAccess, Settings
from synchronizer.service.supervisor.plugin_probe import ProbeResult, try_all
from synchronizer.store import Store

log = logging.getLogger(__name__)

WORD = "plugins"
"""The first word of the line that the scout says; names follow, separated by commas."""

_RETRY = 5.0


class Scout:
    """Looks at one cloud's catalogue again and again.

    Args:
        say: called with what is there, whenever that changes.
        beat: called again and again.
    """

    def __init__(
        self,
        access: CloudAccess,
        settings: Settings,
        store: Store,
        *,
        say: Callable[[str], None],
        beat: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
    ) -> None:
        self._access = access
        self._settings = settings
        self._store = store
        self._say = say
        self._beat = beat
        self._clock = clock or SystemClock()
        self._tried: dict[str, ProbeResult] = {}
        self._found: set[str] | None = None
        self._complaints: dict[str, str] = {}

    def run(self, stop: threading.Event) -> None:
        """Look until *stop* is set."""
        while not stop.is_set():
            seconds = self._settings.intervals.rediscover if self.look() else _RETRY
            while seconds > 0 and not stop.wait(min(seconds, 5.0)):
                seconds -= 5.0
                self._beat()

    def look(self) -> bool:
        """Look once; return whether the catalogue could be seen."""
        self._beat()
        runnable = self._runnable()
        try:
            found = self._present(runnable)
        except SynchronizerError as error:
            self._complain("catalogue", str(error))
            if self._found is None:
                self._mark(error, lambda place: place.cloud == self._access.name)
            return False
        self._complain("catalogue", "")
        if self._found is None:
            # What left while nobody looked. What leaves later is marked by its sampler.
            for name in runnable.keys() - found:
                self._mark(left(self._access.name, name, None), self._places_of(name))
        self._retire(runnable.keys())
        if found != self._found:
            self._found = found
            self._say(f"{WORD} {','.join(sorted(found))}")
        return True

    def _retire(self, runnable: Container[str]) -> None:
        """Mark what no plugin samples here, because the configuration leaves the plugin out."""
        intervals = self._settings.intervals
        wanted = self._settings.plugins or names()

        def left_out(place: Collection) -> bool:
            plugin = place.type.partition(".")[0]
            runs = plugin in runnable and intervals.may_want(plugin)
            broken = plugin in wanted and plugin not in runnable
            return place.cloud == self._access.name and not runs and not broken

        try:
            retire(self._store, self._clock.now(), intervals.patience, left_out)
        except StoreError as unnoted:
            log.error("%s: %s", self._access.name, unnoted)  # noqa: TRY400

    def _runnable(self) -> dict[str, ProbeResult]:
        """Return the plugins that can be imported; those that could not are tried again."""
        wanted = self._settings.plugins or tuple(names())
        unknown = [each for each in wanted if self._tried.get(each, _UNTRIED).broken]
        for tried in try_all(unknown, self._beat):
            self._tried[tried.name] = tried
            said = (
                f"plugin {tried.name} cannot be imported and does not run ({tried.broken}); "
                "install what it needs, or leave it out with [sampling] plugins"
            )
            if tried.broken and self._complain(tried.name, said, logging.ERROR):
                self._mark(SampleError(said), self._places_of(tried.name))
        return {name: self._tried[name] for name in wanted if not self._tried[name].broken}

    def _present(self, plugins: dict[str, ProbeResult]) -> set[str]:
        """Return the plugins that this cloud has a service for.

        Raises:
            SynchronizerError: it cannot be told.
        """
        access = self._access
        # New sessions: their tokens come with today's catalogue.
        catalogues = [(each, self._catalogue(each)) for each in entries_of(access)]

        def there(tried: ProbeResult) -> bool:
            if tried.beside:
                return tried.beside in access.beside
            return any(offered(found, tried.service_type, each) for each, found in catalogues)

        return {name for name, tried in plugins.items() if there(tried)}

    def _catalogue(self, entry: Entry) -> ServiceCatalog | None:
        if not has_catalogue(entry.session):
            return None
        name = self._access.name
        catalogue = catalogue_of(name, entry.session)
        regions = regions_of(catalogue, entry.interface)
        missing = ", ".join(sorted({*entry.regions} - {*regions}))
        self._complain(
            f"regions {', '.join(entry.regions)}",
            f"{name}: the catalogue has no region {missing}; it has "
            f"{', '.join(regions)}. Correct region_name or regions in clouds.yaml."
            if missing
            else "",
        )
        return catalogue

    def _places_of(self, plugin: str) -> Among:
        cloud, kind = self._access.name, self._tried[plugin].service_type
        entries = entries_of(self._access)
        return lambda place: (
            belongs(place, cloud, plugin)
            and any(wants(each, kind, place.region) for each in entries)
        )

    def _mark(self, error: SynchronizerError, concerns: Among) -> None:
        try:
            mark(self._store, error, self._clock.now(), concerns)
        except StoreError as unnoted:
            log.error("%s: %s", self._access.name, unnoted)  # noqa: TRY400

    def _complain(self, about: str, said: str, level: int = logging.WARNING) -> bool:
        """Log a complaint when it is a new one; return whether it is."""
        new = self._complaints.get(about, "") != said
        self._complaints[about] = said
        if new and said:
            log.log(level, "%s", said)
        return new


_UNTRIED = ProbeResult(name="", broken="not tried yet")
