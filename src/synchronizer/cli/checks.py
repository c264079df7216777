"""The checks of ``doctor``: each looks at one thing and says what to do when it is not right."""

import os
import shutil
import time
from argparse import Namespace
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import keystoneauth1.exceptions as ksa
import sqlalchemy as sa

from synchronizer.cli.command import settings
from synchronizer.client.transport import Transport
from synchronizer.model.errors import SynchronizerError
from synchronizer.plugins import installed
from synchronizer.service.clouds import check, session_for
from synchronizer.service.settings import CloudAccess, Settings
from synchronizer.store.engine import Database
from synchronizer.store.migrations.upgrade import ensure_current

_FREE_BYTES = 1 << 30
_CLOCK_SECONDS = 5.0


class Finding(NamedTuple):
    """One row: *verdict* is ``yes``, ``no``, or ``look`` for what may be meant so."""

    check: str
    verdict: Literal["yes", "look", "no"]
    found: str
    remedy: str = ""


def all_checks(options: Namespace, store: str | None, transport: Transport) -> Iterator[Finding]:
    """Yield every finding; a check that cannot be made without an earlier one is left out."""
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
    yield from api_checks(transport)
    if configured is not None:
        if not configured.clouds:
            yield Finding(
                "clouds", "look", "none", "Name one with --os-cloud, OS_CLOUD or [clouds] names."
            )
        for access in configured.clouds:
            yield from cloud_checks(access)


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
    finally:
        database.close()


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


def api_checks(transport: Transport) -> Iterator[Finding]:
    """Look at the HTTP API, and at the types that it says are not as they should be."""
    try:
        types = transport.types()
    except SynchronizerError as error:
        yield _failed("API", error)
        return
    yield Finding("API", "yes", f"{len(types)} entity types")
    for each in types:
        if each.fault is not None:
            yield Finding(
                f"type {each.type}", "no", each.fault.title, each.fault.detail or each.fault.code
            )
        elif each.stale:
            yield Finding(
                f"type {each.type}", "look", each.state, "Wait for its first sweep; see the log."
            )


def cloud_checks(access: CloudAccess) -> Iterator[Finding]:
    """Look at Keystone, the catalogue and the clock of a cloud."""
    name = f"cloud {access.name}"
    try:
        check(access)
    except SynchronizerError as error:
        yield _failed(f"{name}: Keystone", error)
        return
    yield Finding(f"{name}: Keystone", "yes", "token given")
    session = session_for(access)
    try:
        token = session.auth.get_access(session)
        offered = {each.get("type") for each in token.service_catalog.catalog}
        yield from _services(name, session, offered)
        yield _clock(name, session, str(access.auth.get("auth_url", "")))
    except (ksa.ClientException, OSError) as error:
        yield Finding(name, "no", str(error), "Check the catalogue and the network.")


def _services(name: str, session: Any, offered: set[Any]) -> Iterator[Finding]:
    for plugin in installed().values():
        # An alias (volumev3 for block-storage) counts: keystoneauth1 knows them all.
        endpoint = session.get_endpoint(service_type=plugin.service_type)
        check_name = f"{name}: {plugin.name}"
        if endpoint:
            yield Finding(check_name, "yes", endpoint)
        else:
            yield Finding(
                check_name,
                "look",
                f"no {plugin.service_type} among {', '.join(sorted(filter(None, offered)))}",
                "Its types stay faulted: install the service, or leave the plugin out "
                "with [sampling] plugins.",
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
