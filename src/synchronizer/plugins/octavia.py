"""Octavia: load balancing v2.

Facts that shape this file: without the role of ``load-balancer_global_observer`` (or
``admin``) every listing shows the own project only, and says nothing. Members and layer 7
rules are listed for each pool and policy. Quotas and availability zones have no ``id``, and
so no marker: what does not fit into one page cannot be had. Only load balancers of the
amphora provider are told of in notifications.

Source: https://docs.openstack.org/api-ref/load-balancer/v2/
"""

from typing import Any

import msgspec

from synchronizer.model.errors import MalformedError
from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Paging, Plugin, Resource
from synchronizer.plugins.service import Answer, Query, Service

_OWNED = {"project_id": "keystone.project"}


class LoadBalancer(Resource):
    """A load balancer with its address."""

    name, path, key = "loadbalancer", "/lbaas/loadbalancers", "loadbalancers"
    paging = Paging.MARKER
    single, single_key = "/lbaas/loadbalancers/{id}", "loadbalancer"
    volatile = ("updated_at",)
    hints = (Hint("octavia.loadbalancer.*.end", "loadbalancer_id", "id"),)
    relations = {
        **_OWNED,
        "vip_port_id": "neutron.port",
        "vip_subnet_id": "neutron.subnet",
        "vip_network_id": "neutron.network",
        "vip_qos_policy_id": "neutron.qos_policy",
        "additional_vips.*.port_id": "neutron.port",
        "additional_vips.*.subnet_id": "neutron.subnet",
        "flavor_id": "octavia.flavor",
        "availability_zone": "octavia.availability_zone",
        "listeners.*.id": "octavia.listener",
        "pools.*.id": "octavia.pool",
    }


class Listener(Resource):
    """A listener: a port of a load balancer."""

    name, path, key = "listener", "/lbaas/listeners", "listeners"
    paging = Paging.MARKER
    single, single_key = "/lbaas/listeners/{id}", "listener"
    volatile = ("updated_at",)
    relations = {
        **_OWNED,
        "loadbalancers.*.id": "octavia.loadbalancer",
        "default_pool_id": "octavia.pool",
        "l7policies.*.id": "octavia.l7policy",
    }


class Pool(Resource):
    """A pool of members."""

    name, path, key = "pool", "/lbaas/pools", "pools"
    paging = Paging.MARKER
    single, single_key = "/lbaas/pools/{id}", "pool"
    volatile = ("updated_at",)
    relations = {
        **_OWNED,
        "loadbalancers.*.id": "octavia.loadbalancer",
        "listeners.*.id": "octavia.listener",
        "healthmonitor_id": "octavia.health_monitor",
    }


class Member(Resource):
    """A member of a pool: one call for each pool."""

    name, path, key = "member", "/lbaas/pools/{parent}/members", "members"
    each = "octavia.pool"
    id = ("pool_id", "id")
    paging = Paging.MARKER
    single, single_key = "/lbaas/pools/{id[0]}/members/{id[1]}", "member"
    volatile = ("updated_at",)
    relations = {**_OWNED, "pool_id": "octavia.pool", "subnet_id": "neutron.subnet"}
    sweep = 1800.0

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the pool, which only the path tells."""
        item = super().shape(item, parent)
        item["pool_id"] = parent
        return item


class L7Policy(Resource):
    """A layer 7 policy of a listener."""

    name, path, key = "l7policy", "/lbaas/l7policies", "l7policies"
    paging = Paging.MARKER
    single, single_key = "/lbaas/l7policies/{id}", "l7policy"
    volatile = ("updated_at",)
    relations = {
        **_OWNED,
        "listener_id": "octavia.listener",
        "redirect_pool_id": "octavia.pool",
    }


class L7Rule(Resource):
    """A rule of a layer 7 policy: one call for each policy."""

    name, path, key = "l7rule", "/lbaas/l7policies/{parent}/rules", "rules"
    each = "octavia.l7policy"
    id = ("l7policy_id", "id")
    paging = Paging.MARKER
    single, single_key = "/lbaas/l7policies/{id[0]}/rules/{id[1]}", "rule"
    volatile = ("updated_at",)
    relations = {**_OWNED, "l7policy_id": "octavia.l7policy"}
    sweep = 1800.0

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the policy, which only the path tells."""
        item = super().shape(item, parent)
        item["l7policy_id"] = parent
        return item


class HealthMonitor(Resource):
    """How a pool's members are checked."""

    name, path, key = "health_monitor", "/lbaas/healthmonitors", "healthmonitors"
    paging = Paging.MARKER
    single, single_key = "/lbaas/healthmonitors/{id}", "healthmonitor"
    volatile = ("updated_at",)
    relations = {**_OWNED, "pools.*.id": "octavia.pool"}


class Flavor(Resource):
    """A flavor of load balancers."""

    name, path, key = "flavor", "/lbaas/flavors", "flavors"
    paging = Paging.MARKER
    single, single_key = "/lbaas/flavors/{id}", "flavor"
    relations = {"flavor_profile_id": "octavia.flavor_profile"}


class FlavorProfile(Resource):
    """What a flavor means to its provider."""

    name, path, key = "flavor_profile", "/lbaas/flavorprofiles", "flavorprofiles"
    paging = Paging.MARKER
    single, single_key = "/lbaas/flavorprofiles/{id}", "flavorprofile"


class OnePage(Resource):
    """A listing without a marker: it is whole, or it is refused."""

    def ask(self, service: Service, parent: str | None, more: Query) -> Answer:
        """Ask for the page, and believe it only when it is all."""
        answer = super().ask(service, parent, more)
        try:
            shell = msgspec.json.decode(answer.body)
            links = shell.get(f"{self.key}_links") or []
            hrefs = [link.get("href", "") for link in links if link.get("rel") == "next"]
        except (msgspec.DecodeError, UnicodeDecodeError, AttributeError, TypeError):
            return answer  # the sampler says what is wrong with it
        # With an infinite pagination_max_limit every page has this link, and is whole.
        if any("limit=None" not in href for href in hrefs):
            raise MalformedError(
                f"{self.type}: the listing is cut and has no marker; "
                "raise Octavia's [api_settings] pagination_max_limit"
            )
        return answer


class AvailabilityZone(OnePage):
    """An availability zone of load balancers; its name is its id."""

    name, path, key = "availability_zone", "/lbaas/availabilityzones", "availability_zones"
    id = ("name",)
    single, single_key = "/lbaas/availabilityzones/{id}", "availability_zone"


class AvailabilityZoneProfile(Resource):
    """What an availability zone means to its provider; sampled only when asked for."""

    name = "availability_zone_profile"
    path, key = "/lbaas/availabilityzoneprofiles", "availability_zone_profiles"
    paging = Paging.MARKER
    single = "/lbaas/availabilityzoneprofiles/{id}"
    single_key = "availability_zone_profile"
    relations = {"provider_name": "octavia.provider"}
    default = False


class Provider(OnePage):
    """A driver of load balancers; its name is its id. Sampled only when asked for."""

    name, path, key = "provider", "/lbaas/providers", "providers"
    id = ("name",)
    never_empty = True
    default = False


class Amphora(Resource):
    """A server that carries load balancers."""

    name, path, key = "amphora", "/octavia/amphorae", "amphorae"
    paging = Paging.MARKER
    single, single_key = "/octavia/amphorae/{id}", "amphora"
    volatile = ("updated_at", "cert_busy")
    relations = {
        "loadbalancer_id": "octavia.loadbalancer",
        "compute_id": "nova.server",
        "vrrp_port_id": "neutron.port",
        "ha_port_id": "neutron.port",
        "image_id": "glance.image",
        "compute_flavor": "nova.flavor",
    }


class Quota(OnePage):
    """The quota of a project that has another than the default."""

    name, path, key = "quota", "/lbaas/quotas", "quotas"
    id = ("project_id",)
    relations = _OWNED


class Octavia(Plugin):
    """The load balancing service."""

    name = "octavia"
    service_type = "load-balancer"
    version = "2"
    privileged = "/octavia/amphorae"
    exchanges = ("octavia",)
    proven = "recorded"
    resources = (
        LoadBalancer,
        Listener,
        Pool,
        Member,
        L7Policy,
        L7Rule,
        HealthMonitor,
        Flavor,
        FlavorProfile,
        AvailabilityZone,
        AvailabilityZoneProfile,
        Provider,
        Amphora,
        Quota,
    )
