"""The checks of ``doctor`` that ask a cloud: may these credentials see everything of it?"""

import time
from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import keystoneauth1.exceptions as ksa
import msgspec
from keystoneauth1.access.service_catalog import ServiceCatalog
from keystoneauth1.session import Session

from synchronizer.cli.finding import Finding, failed
from synchronizer.model.errors import RefusedError, SampleError, SynchronizerError
from synchronizer.plugins import load
from synchronizer.plugins.service import Service, adapter_for, open_gate
from synchronizer.sampling.catalogue import (
    Entry,
    ServiceEntry,
    catalogue_of,
    has_catalogue,
    offered,
    regions_of,
)
from synchronizer.service.clouds import check, entries_of
from synchronizer.service.settings import CloudAccess
from synchronizer.service.supervisor.plugin_probe import ProbeResult

_CLOCK_SECONDS = 5.0
_PART = "What they cannot see does not exist for the synchronizer"


def cloud_checks(access: CloudAccess, tried: Sequence[ProbeResult]) -> Iterator[Finding]:
    """Look at Keystone, the catalogue, each service, the notifications and the clock of a cloud."""
    name = f"cloud {access.name}"
    try:
        check(access)
    except SynchronizerError as error:
        yield failed(f"{name}: Keystone", error)
        return
    try:
        entries = entries_of(access)
        yield Finding(f"{name}: Keystone", "yes", _shown(entries[0].session))
        catalogues = []
        for entry in entries:
            catalogue = None
            if has_catalogue(entry.session):
                catalogue = catalogue_of(access.name, entry.session)
                yield from _regions(name, entry, catalogue)
            catalogues.append((entry, catalogue))
        for each in tried:
            if each.broken:
                continue
            if each.beside:
                yield _system_beside(f"{name}: {each.name}", access, each)
            else:
                yield from _service(f"{name}: {each.name}", catalogues, each)
        if access.notifications is not None:
            yield bus_row(f"{name}: notifications", access.notifications.transport_url)
        if url := access.auth.get("auth_url"):
            yield _clock(name, entries[0].session, str(url))
    except (SampleError, ksa.ClientException, OSError) as error:
        yield Finding(name, "no", str(error), "Check the catalogue and the network.")


def bus_row(check: str, url: str, exchange: str = "") -> Finding:
    """Look whether a message bus lets us in, without making anything on it."""
    from synchronizer.bus.rabbit import Address  # noqa: PLC0415 - an extra

    if not url.startswith("rabbit"):
        return Finding(check, "look", "not RabbitMQ", "Look at it with its own tools.")
    try:
        address = Address(url, exchange)
        address.connect().release()
    except SynchronizerError as error:
        return failed(check, error)
    return Finding(check, "yes", f"RabbitMQ at {address.shown} accepts the login")


def _shown(session: Session) -> str:
    """Say whose token it is, for what, and with which roles."""
    if not has_catalogue(session):
        return "no token: there is no Keystone"
    token: Any = session.auth.get_access(session)
    if token.project_name:
        scope = f"project {token.project_name}"
    elif token.system_scoped:
        scope = "the system"
    else:
        scope = f"domain {token.domain_name}" if token.domain_name else "no scope"
    roles = ", ".join(sorted(token.role_names)) or "no role"
    return f"token of {token.username} for {scope}, roles: {roles}"


def _regions(name: str, entry: Entry, catalogue: ServiceCatalog) -> Iterator[Finding]:
    there = regions_of(catalogue, entry.interface)
    for region in sorted({*entry.regions} - {*there}):
        yield Finding(
            f"{name}: region {region}",
            "no",
            f"the catalogue has {', '.join(there)}",
            "Correct region_name or regions in clouds.yaml.",
        )


def _system_beside(check: str, access: CloudAccess, tried: ProbeResult) -> Finding:
    entry = access.beside.get(tried.beside)
    if entry is None:
        return Finding(
            check, "look", f"no entry {tried.beside}", f"Write one if {access.name} has such."
        )
    try:
        service = load(tried.name).connect(
            entry, name=tried.name, gate=open_gate, pause=lambda _: None
        )
        service.get(tried.privileged, {})
    except SynchronizerError as error:
        return Finding(check, "no", str(error), f"Correct {tried.beside} in clouds.yaml.")
    return Finding(check, "yes", f"entry {tried.beside} in clouds.yaml")


def _service(
    check: str, catalogues: Sequence[tuple[Entry, ServiceCatalog | None]], tried: ProbeResult
) -> Iterator[Finding]:
    wanted = {
        region or "": (url, entry)
        for entry, catalogue in catalogues
        for region, url in offered(catalogue, tried.service_type, entry).items()
    }
    refused = False
    for region, (_, entry) in sorted(wanted.items()) if tried.privileged else ():
        wrong = _listing(check, tried, region, entry)
        if wrong is not None:
            refused = True
            yield wrong
    if wanted and not refused:
        found = ", ".join(f"{region} {wanted[region][0]}".strip() for region in sorted(wanted))
        yield Finding(check, "yes", found)
    elif not wanted:
        yield Finding(
            check,
            "look",
            f"no {tried.service_type} in the catalogue",
            "Its types are left out; once it is in the catalogue, they are sampled.",
        )


def _listing(check: str, tried: ProbeResult, region: str, entry: Entry) -> Finding | None:
    """Try what only credentials that see everything may list; return what is wrong, if anything."""
    own = entry.services.get(tried.service_type, ServiceEntry())
    adapter = adapter_for(
        entry.session,
        tried.service_type,
        tried.version,
        region or None,
        own.interface or entry.interface,
        endpoint=own.endpoint,
    )
    at = f"{tried.privileged}{f' in {region}' if region else ''}"
    try:
        answer = Service(tried.name, adapter, pause=lambda _: None).get(tried.privileged, {})
    except RefusedError:
        return Finding(
            check,
            "no",
            f"the credentials may not list {at}",
            f"{_PART}: give them the role that lists everything, usually admin.",
        )
    except SampleError as error:
        return Finding(check, "no", str(error), "Look at the service; its types would be stale.")
    if _is_empty(answer.body):  # a policy may leave out what it does not refuse
        return Finding(
            check,
            "look",
            f"{at} is empty",
            f"{_PART}: if there are any, give the credentials the role that lists everything.",
        )
    return None


def _is_empty(body: bytes) -> bool:
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return False
    lists = [each for each in found.values() if isinstance(each, list)]
    return bool(lists) and not any(lists)


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
    return Finding(f"{name}: clock", "yes", "in sync")
