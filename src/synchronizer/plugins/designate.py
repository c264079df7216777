"""Designate: DNS v2.

Facts that shape this file: pages hold 20 rows unless ``limit`` is sent; without
``all_projects`` an administrator, too, sees the own project only, in listings and in single
reads. A recordset can be read below its zone only, so the zone is part of its id.

Source: https://docs.openstack.org/api-ref/dns/
"""

from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Paging, Plugin, Resource

_ALL = {"all_projects": "true"}


class Zone(Resource):
    """A zone."""

    name, path, key = "zone", "/zones", "zones"
    query = _ALL
    paging = Paging.MARKER
    single = "/zones/{id}?all_projects=true"
    volatile = ("updated_at", "links")
    hints = (
        Hint("dns.zone.create", "id"),
        Hint("dns.zone.update", "id"),
        Hint("dns.zone.delete", "id"),
        Hint("dns.zone.*share", "zone_id", "id"),
    )
    relations = {"pool_id": "designate.pool", "project_id": "keystone.project"}


class Recordset(Resource):
    """The records of one name and type in a zone."""

    name, path, key = "recordset", "/recordsets", "recordsets"
    query = _ALL
    id, paging = ("zone_id", "id"), Paging.MARKER
    single = "/zones/{id[0]}/recordsets/{id[1]}?all_projects=true"
    volatile = ("updated_at", "links")
    hints = (Hint("dns.recordset.*", "zone_id/id"),)
    relations = {"zone_id": "designate.zone", "project_id": "keystone.project"}


class Pool(Resource):
    """Name servers that serve zones together."""

    name, path, key = "pool", "/pools", "pools"
    query = _ALL
    paging = Paging.MARKER
    # The pool that Designate comes with has no created_at, and is no marker in that order.
    sort = {"sort_key": "id", "sort_dir": "asc"}
    single = "/pools/{id}?all_projects=true"
    volatile = ("updated_at", "links")
    hints = (Hint("dns.pool.*", "id"),)
    relations = {"project_id": "keystone.project"}
    never_empty = True


class TsigKey(Resource):
    """A key that signs transfers; the secret itself is never kept."""

    name, path, key = "tsigkey", "/tsigkeys", "tsigkeys"
    query = _ALL
    paging = Paging.MARKER
    single = "/tsigkeys/{id}?all_projects=true"
    volatile = ("updated_at", "links")
    secret = ("secret",)
    hints = (Hint("dns.tsigkey.*", "id"),)
    relations = {"resource_id": ("designate.pool", "designate.zone")}


class Tld(Resource):
    """A top-level domain below which zones may be made."""

    name, path, key = "tld", "/tlds", "tlds"
    query = _ALL
    paging = Paging.MARKER
    single = "/tlds/{id}?all_projects=true"
    volatile = ("updated_at", "links")
    hints = (Hint("dns.tld.*", "id"),)


class Blacklist(Resource):
    """A pattern of names that no zone may have."""

    name, path, key = "blacklist", "/blacklists", "blacklists"
    query = _ALL
    paging = Paging.MARKER
    single = "/blacklists/{id}?all_projects=true"
    volatile = ("updated_at", "links")
    hints = (Hint("dns.blacklist.*", "id"),)


class ServiceStatus(Resource):
    """A service of Designate on a host."""

    name, path, key = "service_status", "/service_statuses", "service_statuses"
    query = _ALL
    paging = Paging.MARKER
    single = "/service_statuses/{id}?all_projects=true"
    volatile = ("updated_at", "links")
    measured = ("heartbeated_at", "stats")
    never_empty = True


class TransferRequest(Resource):
    """An offer to hand a zone to another project; sampled only when asked for."""

    name, path, key = "transfer_request", "/zones/tasks/transfer_requests", "transfer_requests"
    query = _ALL
    paging = Paging.MARKER
    single = "/zones/tasks/transfer_requests/{id}?all_projects=true"
    volatile = ("updated_at", "links")
    secret = ("key",)
    relations = {
        "zone_id": "designate.zone",
        "project_id": "keystone.project",
        "target_project_id": "keystone.project",
    }
    default = False


class TransferAccept(Resource):
    """That a project took a zone; sampled only when asked for."""

    name, path, key = "transfer_accept", "/zones/tasks/transfer_accepts", "transfer_accepts"
    query = _ALL
    paging = Paging.MARKER
    single = "/zones/tasks/transfer_accepts/{id}?all_projects=true"
    volatile = ("updated_at", "links")
    secret = ("key",)
    relations = {
        "zone_id": "designate.zone",
        "project_id": "keystone.project",
        "zone_transfer_request_id": "designate.transfer_request",
    }
    default = False


class ZoneImport(Resource):
    """An import of a zone from a file; sampled only when asked for."""

    name, path, key = "zone_import", "/zones/tasks/imports", "imports"
    query = _ALL
    paging = Paging.MARKER
    single = "/zones/tasks/imports/{id}?all_projects=true"
    volatile = ("updated_at", "links")
    relations = {"zone_id": "designate.zone", "project_id": "keystone.project"}
    default = False


class ZoneExport(ZoneImport):
    """An export of a zone to a file; sampled only when asked for."""

    name, path, key = "zone_export", "/zones/tasks/exports", "exports"
    single = "/zones/tasks/exports/{id}?all_projects=true"


class ZoneShare(Resource):
    """That another project may use a zone: one call for each zone, so only when asked for."""

    name, path, key = "zone_share", "/zones/{parent}/shares", "shared_zones"
    each = "designate.zone"
    query = _ALL
    id, paging = ("zone_id", "id"), Paging.MARKER
    single = "/zones/{id[0]}/shares/{id[1]}?all_projects=true"
    volatile = ("updated_at", "links")
    relations = {
        "zone_id": "designate.zone",
        "project_id": "keystone.project",
        "target_project_id": "keystone.project",
    }
    default = False
    hints = (Hint("dns.zone.*share"),)


class Designate(Plugin):
    """The DNS service."""

    name = "designate"
    service_type = "dns"
    version = "2"
    privileged = "/service_statuses"
    exchanges = ("openstack", "designate", "dns")
    resources = (
        Zone,
        Recordset,
        Pool,
        TsigKey,
        Tld,
        Blacklist,
        ServiceStatus,
        TransferRequest,
        TransferAccept,
        ZoneImport,
        ZoneExport,
        ZoneShare,
    )
