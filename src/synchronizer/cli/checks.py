"""The checks of ``doctor``: each looks at one thing and says what to do when it is not right."""

import os
import shutil
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import keystoneauth1.exceptions as ksa
import sqlalchemy as sa
from keystoneauth1.access.service_catalog import ServiceCatalog

from synchronizer.cli.command import settings
from synchronizer.client.transport import EntityType, Transport
from synchronizer.model.errors import SampleError, SynchronizerError
from synchronizer.plugins import names
from synchronizer.sampling.places import Entry, catalogue_of, has_catalogue, offered, regions_of
from synchronizer.service.clouds import check, entries_of
from synchronizer.service.settings import Bus, CloudAccess, Settings
from synchronizer.service.trial import Tried, try_all
from synchronizer.store.bodies import Bodies
from synchronizer.store.checking import Checking
from synchronizer.store.engine import Database
from synchronizer.store.migrations.upgrade import ensure_current

_FREE_BYTES = 1 << 30
_CLOCK_SECONDS = 5.0
_SHOWN = 5


class Finding(NamedTuple):
    """One row: *verdict* is ``yes``, ``no``, or ``look`` for what may be meant so."""

    check: str
    verdict: Literal["yes", "look", "no"]
    found: str
    remedy: str = ""


def all_checks(
    options: Namespace, store: str | None, opened: Callable[[], Transport]
) -> Iterator[Finding]:
    """Yield every finding; a check that cannot be made without an earlier one is left out.

    Args:
        opened: returns a transport to --url.
    """
    configured: Settings | None = None
    try:
        configured = settings(options)
    except SynchronizerError as error:
        yield _failed("configuration", error)
    else:
        yield Finding("configuration", "yes", _named(configured))
    url = store or (configured.store if configured else None)
    if url:
        yield from store_checks(url)
    yield from api_checks(opened)
    if configured is not None:
        if configured.bus.url:
            yield bus_check(configured.bus)
        if not configured.clouds:
            yield Finding(
                "clouds", "look", "none", "Name one with --os-cloud, OS_CLOUD or [clouds] names."
            )
        tried = try_all(configured.plugins or names())
        yield from plugin_checks(tried)
        for access in configured.clouds:
            yield from cloud_checks(access, tried)


def store_checks(url: str) -> Iterator[Finding]:
    """Look at the store, without making one."""
    try:
        database = Database(url)
    except SynchronizerError as error:
        yield _failed("store", error)
        return
    try:
        path = database.engine.url.database if database.sqlite else None
        if path and path != ":memory:":
            yield from _disk(Path(path))
            if not Path(path).exists():
                yield Finding("store", "look", f"no {path} yet", "`synchronizer serve` makes it.")
                return
        try:
            ensure_current(database)
        except (SynchronizerError, sa.exc.SQLAlchemyError) as error:
            yield _failed("store", error)
        else:
            yield Finding("store", "yes", f"{database.shown}, schema current")
            yield from _contents(database)
    finally:
        database.close()


def _contents(database: Database) -> Iterator[Finding]:
    """Look whether everything in the store is as it was written."""
    try:
        found = Checking(database, Bodies(database)).check()
    except SynchronizerError as error:
        yield _failed("store: contents", error)
        return
    for each in found[:_SHOWN]:
        yield Finding(
            "store: contents",
            "no",
            f"{each.place}: {each.found}",
            "Restore a backup, or give another [store] url to begin anew.",
        )
    if not found:
        yield Finding("store: contents", "yes", "as they were written")


def _disk(path: Path) -> Iterator[Finding]:
    folder = path.absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        yield Finding(
            "disk", "no", f"cannot write to {folder}", "Make the folder, owned by this user."
        )
        return
    free = shutil.disk_usage(folder).free
    found = f"{free / (1 << 30):.1f} GiB free in {folder}"
    if free < _FREE_BYTES:
        yield Finding("disk", "no", found, "Free at least 1 GiB, or shorten [store] history.")
    else:
        yield Finding("disk", "yes", found)


def api_checks(opened: Callable[[], Transport]) -> Iterator[Finding]:
    """Look at the API behind --url, and at the types that it says are not as they should be."""
    try:
        types = opened().types()
    except SynchronizerError as error:
        yield _failed("API", error)
        return
    yield Finding("API", "yes", f"{len(types)} entity types")
    for each in types:
        if each.fault is not None:
            yield Finding(
                _place(each), "no", each.fault.title, each.fault.detail or each.fault.code
            )
        elif each.rejected is not None:
            yield Finding(
                _place(each),
                "look",
                f"{each.rejected.count} records left out",
                "; ".join(each.rejected.examples),
            )
        elif each.stale:
            yield Finding(
                _place(each), "look", each.state, "Wait for its first sweep; see the log."
            )


def bus_check(bus: Bus) -> Finding:
    """Look at the message bus of the configuration, without making anything on it."""
    from synchronizer.bus.rabbit import Address  # noqa: PLC0415 - an extra
    from synchronizer.service.doors import examine  # noqa: PLC0415

    try:
        examine(bus)
        if not bus.url.startswith("rabbit"):
            return Finding("bus", "look", "not RabbitMQ", "Look at it with its own tools.")
        address = Address(bus.url, bus.exchange)
        address.connect().release()
    except SynchronizerError as error:
        return _failed("bus", error)
    return Finding("bus", "yes", f"RabbitMQ at {address.shown} takes us")


def _place(each: EntityType) -> str:
    return f"type {each.type} of {each.cloud}{f' ({each.region})' if each.region else ''}"


def plugin_checks(tried: Sequence[Tried]) -> Iterator[Finding]:
    """Look at the plugins that cannot be imported."""
    for each in tried:
        if each.broken:
            yield Finding(
                f"plugin {each.name}",
                "no",
                each.broken,
                "Install what it needs, or leave it out with [sampling] plugins.",
            )


def cloud_checks(access: CloudAccess, tried: Sequence[Tried]) -> Iterator[Finding]:
    """Look at Keystone, the catalogue and the clock of a cloud."""
    name = f"cloud {access.name}"
    try:
        check(access)
    except SynchronizerError as error:
        yield _failed(f"{name}: Keystone", error)
        return
    yield Finding(f"{name}: Keystone", "yes", "token given")
    try:
        catalogues = []
        for entry in entries_of(access):
            catalogue = None
            if has_catalogue(entry.session):
                catalogue = catalogue_of(access.name, entry.session)
                yield from _regions(name, entry, catalogue)
            catalogues.append((entry, catalogue))
        for each in tried:
            if not each.broken:
                yield _service(f"{name}: {each.name}", access, catalogues, each)
        if url := access.auth.get("auth_url"):
            yield _clock(name, catalogues[0][0].session, str(url))
    except (SampleError, ksa.ClientException, OSError) as error:
        yield Finding(name, "no", str(error), "Check the catalogue and the network.")


def _regions(name: str, entry: Entry, catalogue: ServiceCatalog) -> Iterator[Finding]:
    there = regions_of(catalogue, entry.interface)
    for region in sorted({*entry.regions} - {*there}):
        yield Finding(
            f"{name}: region {region}",
            "no",
            f"the catalogue has {', '.join(there)}",
            "Correct region_name or regions in clouds.yaml.",
        )


def _service(
    check: str,
    access: CloudAccess,
    catalogues: Sequence[tuple[Entry, ServiceCatalog | None]],
    tried: Tried,
) -> Finding:
    if tried.beside:
        entry = access.beside.get(tried.beside)
        if entry is not None:
            return Finding(check, "yes", f"entry {tried.beside} in clouds.yaml")
        return Finding(
            check, "look", f"no entry {tried.beside}", f"Write one if {access.name} has such."
        )
    wanted = {
        region or "": url
        for entry, catalogue in catalogues
        for region, url in offered(catalogue, tried.service_type, entry).items()
    }
    if wanted:
        found = ", ".join(f"{region} {wanted[region]}".strip() for region in sorted(wanted))
        return Finding(check, "yes", found)
    return Finding(
        check,
        "look",
        f"no {tried.service_type} in the catalogue",
        "Its types are left out; once it is in the catalogue, they are sampled.",
    )


def _clock(name: str, session: Any, url: str) -> Finding:
    began = time.time()
    answer = session.get(url, authenticated=False, raise_exc=False)
    ended = time.time()
    said = answer.headers.get("Date")
    if said is None:
        return Finding(f"{name}: clock", "look", "no Date header", "Compare the clocks by hand.")
    there = parsedate_to_datetime(said).timestamp()
    # The header has whole seconds, cut off; the answer was made between the two looks.
    off = max(0.0, there - ended, began - (there + 1))
    if off > _CLOCK_SECONDS:
        return Finding(
            f"{name}: clock",
            "look",
            f"{off:.0f} s apart",
            "Synchronise both by NTP: changed-since filters compare with the cloud's clock.",
        )
    return Finding(f"{name}: clock", "yes", "in step")


def _named(configured: Settings) -> str:
    return f"clouds: {', '.join(each.name for each in configured.clouds) or 'none'}"


def _failed(check: str, error: Exception) -> Finding:
    found, _, remedy = str(error).partition("; ")
    return Finding(check, "no", found, remedy or found)
