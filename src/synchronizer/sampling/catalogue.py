"""Where a plugin's service is found: in the catalogue of a cloud, or beside it."""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import keystoneauth1.exceptions as ksa
import msgspec
from keystoneauth1.access import AccessInfo
from keystoneauth1.access.service_catalog import ServiceCatalog
from keystoneauth1.session import Session

from synchronizer.model.errors import AbsentServiceError, UnreachableError
from synchronizer.plugins.plugin import Plugin
from synchronizer.plugins.service import Gate, Service, adapter_for
from synchronizer.sampling.scope import Scope

Interface = str | list[str]
"""Of endpoints: ``public``, ``internal``; of several, the first that a service has."""


class ServiceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What ``clouds.yaml`` says of one service.

    Attributes:
        endpoint: taken instead of the catalogue's; empty for the catalogue's.
    """

    endpoint: str = ""
    interface: Interface | None = None
    region: str | None = None


class Entry(NamedTuple):
    """What ``clouds.yaml`` says of a cloud, or of some of its regions.

    Attributes:
        regions: to sample; empty takes all of the catalogue.
        services: what is said of single services, by service type.
    """

    session: Session
    regions: tuple[str, ...] = ()
    interface: Interface = "public"
    services: Mapping[str, ServiceEntry] = {}


class Endpoints(Protocol):
    """The regions of one cloud that have a plugin's service, and the way to each."""

    def regions(self, *, anew: bool = False, known: Container[str | None] = ()) -> list[str | None]:
        """Return the regions to sample; None stands for the cloud as a whole.

        Args:
            anew: ask Keystone, and not a catalogue that came with an earlier token.
            known: regions that were sampled before: of those that share an endpoint, such
                a one goes on to stand for all.

        Raises:
            SampleError: it cannot be told now.
        """

    def wants(self, region: str | None) -> bool:
        """Return whether a region is sampled when it is there."""

    def service(self, region: str | None, gate: Gate, pause: Callable[[float], None]) -> Service:
        """Return the way to the service of one region."""

    def scope(self, region: str | None) -> Scope:
        """Return as whom, and where, the service of one region is asked."""


class CatalogEndpoints:
    """A service that the catalogue of the cloud has, or that ``clouds.yaml`` says where it is."""

    def __init__(self, plugin: type[Plugin], cloud: str, entry: Entry) -> None:
        self._plugin = plugin
        self._cloud = cloud
        self._entry = entry
        self._own = entry.services.get(plugin.service_type, ServiceEntry())
        self._scopes: dict[str | None, tuple[AccessInfo, Scope]] = {}

    def regions(self, *, anew: bool = False, known: Container[str | None] = ()) -> list[str | None]:
        """Return the regions, one for each distinct endpoint."""
        catalogue = None
        if has_catalogue(self._entry.session):
            catalogue = catalogue_of(self._cloud, self._entry.session, anew=anew)
        found = self._offered(catalogue)
        if not self._plugin.regional:
            return [None] if found else []
        by_url: dict[str, str | None] = {}
        for region in sorted(found, key=lambda each: (each not in known, each or "")):
            # Regions that share an endpoint share its entities: sampled once.
            by_url.setdefault(found[region].rstrip("/"), region)
        return list(by_url.values())

    def wants(self, region: str | None) -> bool:
        """Return whether the configuration names a region, or none at all."""
        return wants(self._entry, self._plugin.service_type, region)

    def service(self, region: str | None, gate: Gate, pause: Callable[[float], None]) -> Service:
        """Return the service of one region."""
        adapter = adapter_for(
            self._entry.session,
            self._plugin.service_type,
            self._plugin.version,
            region if self._plugin.regional else None,
            self._own.interface or self._entry.interface,
            endpoint=self._own.endpoint,
            headers=self._plugin.headers,
        )
        name = f"{self._cloud}/{region or '-'}/{self._plugin.service_type}"
        return Service(name, adapter, gate=gate, pause=pause)

    def scope(self, region: str | None) -> Scope:
        """Return the scope of the token, and the endpoint that is asked."""
        plugin, session = self._plugin, self._entry.session
        if not has_catalogue(session):
            return Scope(endpoint=self._own.endpoint)
        access = _token(self._cloud, session)
        known = self._scopes.get(region)
        if known is None or known[0] is not access:
            found = self._offered(access.service_catalog)
            at = found.get(region) if plugin.regional else next(iter(found.values()), None)
            known = self._scopes[region] = (access, scope_of(access, at or ""))
        return known[1]

    def _offered(self, catalogue: ServiceCatalog | None) -> dict[str | None, str]:
        type_ = self._plugin.service_type
        found = offered(catalogue, type_, self._entry)
        if found or self._plugin.regional:
            return found
        # Keystone serves all regions, and may be registered in another one, or in ``*``.
        return offered(catalogue, type_, self._entry._replace(regions=()))


class Several:
    """A service whose regions have entries of their own, such as another ``auth_url``."""

    def __init__(self, plugin: type[Plugin], each: Sequence[CatalogEndpoints]) -> None:
        # What has no region is asked for once, where the entry begins.
        self._each = each if plugin.regional else each[:1]

    def regions(self, *, anew: bool = False, known: Container[str | None] = ()) -> list[str | None]:
        """Return the regions of all of them."""
        every = (place.regions(anew=anew, known=known) for place in self._each)
        return [region for some in every for region in some]

    def wants(self, region: str | None) -> bool:
        """Return whether one of them names a region."""
        return any(place.wants(region) for place in self._each)

    def service(self, region: str | None, gate: Gate, pause: Callable[[float], None]) -> Service:
        """Return the service of one region, in the way that its entry says."""
        return self._of(region).service(region, gate, pause)

    def scope(self, region: str | None) -> Scope:
        """Return the scope with which one region is asked."""
        return self._of(region).scope(region)

    def _of(self, region: str | None) -> CatalogEndpoints:
        return next((each for each in self._each if each.wants(region)), self._each[0])


class StaticEndpoint:
    """A system that no catalogue knows; the cloud's entry in ``clouds.yaml`` says where it is.

    Args:
        entries: what the cloud's entry has for systems beside it, by key.
    """

    def __init__(
        self, plugin: type[Plugin], cloud: str, entries: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._plugin = plugin
        self._cloud = cloud
        self._entry = entries.get(plugin.beside)

    def regions(
        self,
        *,
        anew: bool = False,  # noqa: ARG002 - it is in no catalogue
        known: Container[str | None] = (),  # noqa: ARG002 - it has none
    ) -> list[str | None]:
        """Return the cloud as a whole, if it has such a system."""
        return [] if self._entry is None else [None]

    def wants(self, region: str | None) -> bool:  # noqa: ARG002 - it has none
        """Return true."""
        return True

    def service(
        self,
        region: str | None,  # noqa: ARG002 - it has none
        gate: Gate,
        pause: Callable[[float], None],
    ) -> Service:
        """Return the way to it."""
        name = f"{self._cloud}/-/{self._plugin.name}"
        return self._plugin.connect(self._entry or {}, name=name, gate=gate, pause=pause)

    def scope(self, region: str | None) -> Scope:  # noqa: ARG002 - it has none
        """Return the empty one: it knows nothing of our credentials."""
        return Scope()


def has_catalogue(session: Session) -> bool:
    """Return whether Keystone gives the tokens; a standalone service has no catalogue."""
    return hasattr(session.auth, "get_access")


def catalogue_of(cloud: str, session: Session, *, anew: bool = False) -> ServiceCatalog:
    """Return a cloud's catalogue as the token has it, or Keystone (*anew*).

    Raises:
        SampleError: there is none now.
    """
    access = _token(cloud, session, anew=anew)
    if not access.has_service_catalog():
        raise AbsentServiceError(f"{cloud}: the token has no catalogue; scope it to a project")
    return access.service_catalog


def _token(cloud: str, session: Session, *, anew: bool = False) -> AccessInfo:
    auth = session.auth
    try:
        if anew:
            # The old token goes on to be used when Keystone gives no other now.
            auth.auth_ref = auth.get_auth_ref(session)
        return auth.get_access(session)
    except ksa.ClientException as error:
        raise UnreachableError(f"{cloud}: no token ({type(error).__name__})") from None


def scope_of(access: AccessInfo, endpoint: str) -> Scope:
    """Return what a token says of whose it is and what for."""
    target, where = "", ""
    if access.project_scoped:
        target, where = f"project:{access.project_id}", f"project {access.project_name}"
    elif access.domain_scoped:
        target, where = f"domain:{access.domain_id}", f"domain {access.domain_name}"
    elif access.system_scoped:
        target, where = "system:all", "the system"
    if access.trust_id:
        target += f"/trust:{access.trust_id}"
    own = access.service_catalog.catalog if access.has_service_catalog() else []
    return Scope(
        keystone=min((str(each.get("id") or "") for each in own if _is_keystone(each)), default=""),
        user=access.user_id or "",
        target=target,
        roles=",".join(sorted(access.role_names or [])),
        endpoint=endpoint.rstrip("/"),
        shown=f"{access.username} in {where}" if where else "",
    )


def _is_keystone(service: Mapping[str, Any]) -> bool:
    return service.get("type") == "identity"


def regions_of(catalogue: ServiceCatalog, interface: Interface) -> list[str]:
    """Return the names of the regions that a catalogue tells."""
    every = catalogue.get_endpoints_data(interface=interface).values()
    return sorted({each.region_name for of_type in every for each in of_type if each.region_name})


def wants(entry: Entry, service_type: str, region: str | None) -> bool:
    """Return whether an entry names a region for a service, or none at all."""
    own = entry.services.get(service_type, ServiceEntry()).region
    named = (own,) if own else entry.regions
    return not named or region is None or region in named


def offered(
    catalogue: ServiceCatalog | None, service_type: str, entry: Entry
) -> dict[str | None, str]:
    """Return the endpoint of a service in each region that an entry wants."""
    own = entry.services.get(service_type, ServiceEntry())
    every = {}
    if catalogue is not None:
        every = endpoints(catalogue, service_type, own.interface or entry.interface)
    found = {region: url for region, url in every.items() if wants(entry, service_type, region)}
    if own.endpoint:
        named = (own.region,) if own.region else entry.regions
        return dict.fromkeys(found or named or (None,), own.endpoint)
    return found


def endpoints(
    catalogue: ServiceCatalog, service_type: str, interface: Interface
) -> dict[str | None, str]:
    """Return the endpoint of a service in each region, None where endpoints have no region."""
    found: dict[str | None, str] = {}
    # Each region by itself, as an adapter does: regions may know a service by other aliases.
    for region in (*regions_of(catalogue, interface), None):
        url = (
            None if region is None and found else _first(catalogue, service_type, interface, region)
        )
        if url:
            found[region] = url
    return found


def _first(
    catalogue: ServiceCatalog, service_type: str, interface: Interface, region: str | None
) -> str | None:
    """Return the endpoint that an adapter would take."""
    try:
        found = catalogue.get_endpoints_data(service_type, interface, region)
    except ValueError:
        return None  # keystoneauth1 trips over several aliases of which none has an endpoint
    return next((each.url for of_type in found.values() for each in of_type if each.url), None)


def places_of(
    plugin: type[Plugin],
    cloud: str,
    entries: Sequence[Entry],
    *,
    beside: Mapping[str, Mapping[str, Any]] | None = None,
) -> Endpoints:
    """Return the places of a plugin's service in one cloud."""
    if plugin.beside:
        return StaticEndpoint(plugin, cloud, beside or {})
    found = [CatalogEndpoints(plugin, cloud, entry) for entry in entries]
    return found[0] if len(found) == 1 else Several(plugin, found)
