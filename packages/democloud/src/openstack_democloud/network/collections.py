"""All of Neutron's collections on one screen: what each lets a client filter and sort by.

The attributes are those that Neutron 29's own attribute maps mark so; every other one is
answered 400, among them ``changed_since``, ``updated_at``, and ``status`` of routers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import chain


class Marker(Enum):
    """What a listing does with the marker of an entity that is gone."""

    MISSING = "404"
    RESTART = "the first page again"
    EMPTY = "an empty page, as if it were the end"
    IGNORED = "no marker has any effect"


@dataclass(frozen=True, kw_only=True)
class Collection:
    """One collection.

    Attributes:
        path: below ``/v2.0``.
        key: of the list in an answer.
        one: of one entity in an answer; names its notifications.
        type: the entity type.
        filters: attributes that may be filtered by.
        sorts: attributes that may be sorted by.
        marker: what becomes of a marker that is gone.
        standard: it has revision, timestamps, description and tags.
        admins: fields that only an admin sees.
        shared: others than the owner may see a row that says so.
        writable: it has POST, PUT and DELETE.
        silent: a PUT of nothing but these fields leaves the revision as it is.
    """

    path: str
    key: str
    one: str
    type: str
    filters: frozenset[str]
    sorts: frozenset[str]
    marker: Marker = Marker.RESTART
    standard: bool = True
    admins: frozenset[str] = frozenset()
    shared: bool = False
    writable: bool = True
    silent: frozenset[str] = frozenset()


_STANDARD = frozenset({"description", "revision_number"})
_TAGGED = frozenset({"tags", "tags-any", "not-tags", "not-tags-any"})
_OWNER = frozenset({"tenant_id", "project_id"})


def _collection(one: str, filters: str, sorts: str = "", **rest: object) -> Collection:
    key = str(rest.pop("key", f"{one}s"))
    given = frozenset(filters.split()) | {"id"}
    if rest.get("standard", True):
        given |= _STANDARD | _TAGGED
    values: dict[str, object] = {
        "path": f"/{key.replace('_', '-')}",
        "key": key,
        "one": one,
        "type": f"neutron.{one}",
        "filters": given | (_OWNER if "tenant_id" in given else frozenset()),
        "sorts": frozenset(sorts.split()) | {"id"} | (_OWNER if "tenant_id" in sorts else set()),
        "admins": frozenset(str(rest.pop("admins", "")).split()),
        "silent": frozenset(str(rest.pop("silent", "")).split()),
    }
    return Collection(**(values | rest))  # type: ignore[arg-type]


_ALL = (
    _collection(
        "network",
        "is_default router:external name admin_state_up status tenant_id shared mtu"
        " provider:network_type provider:physical_network provider:segmentation_id",
        "name admin_state_up status tenant_id mtu",
        marker=Marker.MISSING,
        shared=True,
        admins="provider:network_type provider:physical_network provider:segmentation_id",
    ),
    _collection(
        "subnet",
        "segment_id name ip_version network_id subnetpool_id cidr gateway_ip tenant_id"
        " enable_dhcp ipv6_ra_mode ipv6_address_mode shared",
        "segment_id name ip_version network_id subnetpool_id cidr gateway_ip tenant_id enable_dhcp",
        shared=True,
        silent="dns_nameservers host_routes",
    ),
    _collection(
        "port",
        "name network_id admin_state_up mac_address fixed_ips device_id device_owner tenant_id"
        " status binding:host_id security_groups",
        "name network_id admin_state_up mac_address device_id device_owner tenant_id status",
        marker=Marker.MISSING,
        admins="binding:host_id binding:profile binding:vif_details binding:vif_type"
        " resource_request",
    ),
    _collection(
        "router",
        "name admin_state_up tenant_id enable_snat",
        "name admin_state_up status tenant_id",
        marker=Marker.EMPTY,
        admins="distributed ha",
    ),
    _collection(
        "floatingip",
        "router_id floating_ip_address floating_network_id port_id fixed_ip_address tenant_id"
        " status",
        "router_id floating_ip_address floating_network_id fixed_ip_address tenant_id status",
        marker=Marker.EMPTY,
    ),
    _collection("security_group", "name tenant_id shared stateful", "name tenant_id", shared=True),
    _collection(
        "security_group_rule",
        "security_group_id remote_group_id direction protocol port_range_min port_range_max"
        " ethertype remote_ip_prefix tenant_id normalized_cidr remote_address_group_id",
        "security_group_id remote_group_id direction protocol ethertype tenant_id",
    ),
    _collection(
        "subnetpool",
        "address_scope_id name tenant_id default_quota ip_version default_prefixlen min_prefixlen"
        " max_prefixlen is_default shared",
        "address_scope_id name tenant_id ip_version is_default shared",
        shared=True,
    ),
    _collection(
        "trunk",
        "admin_state_up name tenant_id port_id status",
        "admin_state_up name tenant_id port_id status",
    ),
    _collection(
        "policy",
        "name shared tenant_id is_default",
        "name tenant_id",
        key="policies",
        path="/qos/policies",
        type="neutron.qos_policy",
        shared=True,
    ),
    _collection(
        "segment",
        "network_id physical_network network_type name",
        "network_id physical_network network_type segmentation_id name",
    ),
    _collection(
        "address_group", "name description tenant_id", "name tenant_id", standard=False, shared=True
    ),
    _collection(
        "address_scope",
        "name tenant_id shared ip_version",
        "name tenant_id shared ip_version",
        standard=False,
        shared=True,
    ),
    _collection(
        "rbac_policy",
        "object_type object_id target_tenant tenant_id action",
        key="rbac_policies",
        standard=False,
        marker=Marker.IGNORED,
    ),
    *(
        _collection(one, "name shared tenant_id", "name tenant_id", key=many, path=f"/fwaas/{many}")
        for one, many in (
            ("firewall_group", "firewall_groups"),
            ("firewall_policy", "firewall_policies"),
            ("firewall_rule", "firewall_rules"),
        )
    ),
    *(
        _collection(one, "name tenant_id", "name tenant_id", path=f"/sfc/{one}s", standard=False)
        for one in ("port_pair", "port_pair_group", "port_chain", "flow_classifier")
    ),
    _collection(
        "agent",
        "agent_type binary topic host admin_state_up alive description availability_zone",
        "agent_type binary topic host admin_state_up created_at started_at heartbeat_timestamp",
        standard=False,
        writable=False,
    ),
)
COLLECTIONS: Mapping[str, Collection] = {collection.one: collection for collection in _ALL}
#: A listing of its own: rows without an id.
ZONE_FILTERS = frozenset({"name", "resource", "state"})
#: All aliases in /v2.0/extensions; what the synchronizer looks for is among them.
ALIASES = sorted(
    chain(
        ("filter-validation", "standard-attr-revisions", "standard-attr-timestamp", "pagination"),
        ("sorting", "project-id", "standard-attr-description", "standard-attr-tag", "agent"),
        ("availability_zone", "network_availability_zone", "router_availability_zone", "binding"),
        ("provider", "external-net", "router", "quotas", "rbac-policies", "port-security", "qos"),
        ("security-group", "stateful-security-group", "subnet_allocation", "address-scope"),
        ("address-group", "trunk", "trunk-details", "segment", "standard-attr-segment"),
        ("revision-if-match", "net-mtu", "ext-gw-mode", "extraroute", "fip-port-details"),
        ("allowed-address-pairs", "extra_dhcp_opt", "default-subnetpools", "l3_agent_scheduler"),
        ("fwaas_v2", "sfc", "flow_classifier"),
        ("dhcp_agent_scheduler", "empty-string-filtering", "security-groups-shared-filtering"),
    )
)
