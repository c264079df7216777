"""The checks of ``doctor``: each looks at one thing and says what to do when it is not right."""

import os
import shutil
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import sqlalchemy as sa

from synchronizer.cli.cloud_checks import bus_row, cloud_checks
from synchronizer.cli.command import settings
from synchronizer.cli.finding import Finding, failed
from synchronizer.client.transport import EntityType, Transport
from synchronizer.model.errors import SynchronizerError, TransportError
from synchronizer.plugins import names
from synchronizer.service.patterns import check_patterns
from synchronizer.service.settings import Bus, Settings
from synchronizer.service.supervisor.plugin_probe import ProbeResult, try_all
from synchronizer.store.bodies import Bodies
from synchronizer.store.engine import Database
from synchronizer.store.migrations.upgrade import ensure_current
from synchronizer.store.self_check import SelfCheck

_FREE_BYTES = 1 << 30
_SHOWN = 5


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
        yield failed("configuration", error)
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
        try:
            check_patterns(configured)
        except SynchronizerError as error:
            yield failed("types and skip", error)
        tried = try_all(configured.plugins or names())
        yield from plugin_checks(tried)
        for access in configured.clouds:
            yield from cloud_checks(access, tried)


def store_checks(url: str) -> Iterator[Finding]:
    """Look at the store, without making one."""
    try:
        database = Database(url)
    except SynchronizerError as error:
        yield failed("store", error)
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
            yield failed("store", error)
        else:
            yield Finding("store", "yes", f"{database.shown}, schema current")
            yield from _contents(database)
    finally:
        database.close()


def _contents(database: Database) -> Iterator[Finding]:
    """Look whether everything in the store is as it was written."""
    try:
        found = SelfCheck(database, Bodies(database)).check()
    except SynchronizerError as error:
        yield failed("store: contents", error)
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
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent  # `serve` makes what is missing
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
    except TransportError as error:
        # Before the first `serve` that is as it should be.
        yield failed("API", error)._replace(verdict="look")
        return
    except SynchronizerError as error:
        yield failed("API", error)
        return
    yield Finding("API", "yes", f"{len(types)} entity types")
    for each in types:
        if each.state == "retired":
            yield Finding(
                _place(each),
                "look",
                "retired: the configuration leaves it out",
                f"Sample it again, or remove it: `synchronizer db purge {each.type}`.",
            )
        elif each.fault is not None:
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
    from synchronizer.service.bus_interface import examine  # noqa: PLC0415 - an extra

    try:
        examine(bus)
    except SynchronizerError as error:
        return failed("bus", error)
    return bus_row("bus", bus.url, bus.exchange)


def _place(each: EntityType) -> str:
    return f"type {each.type} of {each.cloud}{f' ({each.region})' if each.region else ''}"


def plugin_checks(tried: Sequence[ProbeResult]) -> Iterator[Finding]:
    """Look at the plugins that cannot be imported."""
    for each in tried:
        if each.broken:
            yield Finding(
                f"plugin {each.name}",
                "no",
                each.broken,
                "Install what it needs, or leave it out with [sampling] plugins.",
            )


def _named(configured: Settings) -> str:
    return f"clouds: {', '.join(each.name for each in configured.clouds) or 'none'}"
