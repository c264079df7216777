"""Get all is what the services themselves list."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tempest import config
from tempest.lib import decorators

from synchronizer_tempest_plugin.agreement import Rows, disagreements
from synchronizer_tempest_plugin.services import StacksClient
from synchronizer_tempest_plugin.tests.base import CONF, BaseSynchronizerTest

_PAGE = 500
_ATTEMPTS = 5


class Listing(NamedTuple):
    """How a service lists a type, and what must be equal.

    Attributes:
        rows: returns all of them.
        fields: that a snapshot must have as the listing has them.
    """

    type: str
    rows: Callable[[], list[Any]]
    fields: tuple[str, ...]


class TestGetAll(BaseSynchronizerTest):
    """Each service's own listing, before and after a snapshot that is sampled in between."""

    def _agrees(self, listing: Listing) -> None:
        for name, transport in self.transports.items():
            for _ in range(_ATTEMPTS):
                before = _by_id(listing.rows())
                with transport.get_all([listing.type], max_age=0, **self.place()) as answer:
                    snapshot = {entity.id: entity.body for entity in answer}
                after = _by_id(listing.rows())
                wrong, fleeting = disagreements(before, snapshot, after, listing.fields)
                if not fleeting:
                    break
            self.assertEqual([], wrong, f"{listing.type} at {name}")

    def _need(self, service: str) -> None:
        if not getattr(CONF.service_available, service):
            raise self.skipException(f"{service} is not available, says [service_available]")

    @decorators.idempotent_id("1c7e4b9d-8a30-4f52-b6d1-0e9f3a7c5b28")
    def test_servers_and_flavors_are_those_that_nova_lists(self) -> None:
        self._need("nova")
        servers, flavors = self.os_admin.servers_client, self.os_admin.flavors_client

        def all_servers() -> list[Any]:
            return list(
                _pages(
                    lambda **page: servers.list_servers(detail=True, all_tenants=1, **page),
                    "servers",
                )
            )

        def all_flavors() -> list[Any]:
            return list(
                _pages(
                    lambda **page: flavors.list_flavors(detail=True, is_public="None", **page),
                    "flavors",
                )
            )

        self._agrees(
            Listing("nova.server", all_servers, ("name", "status", "tenant_id", "metadata"))
        )
        self._agrees(Listing("nova.flavor", all_flavors, ("name", "ram", "vcpus", "disk")))

    @decorators.idempotent_id("a35f8d06-6e2b-4c94-9f17-4b8c0d2e7a59")
    def test_networks_and_what_is_on_them_are_those_that_neutron_lists(self) -> None:
        self._need("neutron")
        clients = self.os_admin
        for listing in (
            Listing(
                "neutron.network",
                lambda: clients.networks_client.list_networks()["networks"],
                ("name", "status", "project_id", "shared", "mtu"),
            ),
            Listing(
                "neutron.subnet",
                lambda: clients.subnets_client.list_subnets()["subnets"],
                ("name", "network_id", "cidr", "gateway_ip"),
            ),
            Listing(
                "neutron.port",
                lambda: clients.ports_client.list_ports()["ports"],
                ("name", "network_id", "device_id", "mac_address", "status"),
            ),
            Listing(
                "neutron.router",
                lambda: clients.routers_client.list_routers()["routers"],
                ("name", "status", "project_id", "admin_state_up"),
            ),
            Listing(
                "neutron.security_group",
                lambda: clients.security_groups_client.list_security_groups()["security_groups"],
                ("name", "project_id", "description"),
            ),
        ):
            self._agrees(listing)

    @decorators.idempotent_id("7e0c2d95-3b6f-4a81-8c5d-9a1f4e6b3d70")
    def test_volumes_and_snapshots_are_those_that_cinder_lists(self) -> None:
        self._need("cinder")
        volumes = self.os_admin.volumes_client_latest
        snapshots = self.os_admin.snapshots_client_latest

        def everybodys(list_some: Callable[..., Any], key: str) -> list[Any]:
            def page(**query: Any) -> Any:
                return list_some(detail=True, params={"all_tenants": 1, **query})

            return list(_pages(page, key))

        self._agrees(
            Listing(
                "cinder.volume",
                lambda: everybodys(volumes.list_volumes, "volumes"),
                ("name", "status", "size", "volume_type", "bootable"),
            )
        )
        self._agrees(
            Listing(
                "cinder.snapshot",
                lambda: everybodys(snapshots.list_snapshots, "snapshots"),
                ("name", "status", "size", "volume_id"),
            )
        )

    @decorators.idempotent_id("d9b1f6c4-0a7e-4835-b24f-6c3e8d5a1f92")
    def test_images_are_those_that_glance_lists(self) -> None:
        self._need("glance")
        client = self.os_admin.image_client_v2

        def page(**query: Any) -> Any:
            return client.list_images(params=query)

        def every() -> list[Any]:
            return list(_pages(page, "images"))

        self._agrees(
            Listing("glance.image", every, ("name", "status", "owner", "size", "visibility"))
        )

    @decorators.idempotent_id("58a4e2b7-9d1c-4f06-a8e3-2f7b5c0d6e14")
    def test_projects_users_and_endpoints_are_those_that_keystone_lists(self) -> None:
        clients = self.os_admin
        for listing in (
            Listing(
                "keystone.project",
                lambda: clients.projects_client.list_projects()["projects"],
                ("name", "enabled", "domain_id", "description"),
            ),
            Listing(
                "keystone.user",
                lambda: clients.users_v3_client.list_users()["users"],
                ("name", "enabled", "domain_id"),
            ),
            Listing(
                "keystone.role",
                lambda: clients.roles_v3_client.list_roles()["roles"],
                ("name", "domain_id"),
            ),
            Listing(
                "keystone.endpoint",
                lambda: clients.endpoints_v3_client.list_endpoints()["endpoints"],
                ("url", "interface", "service_id", "region_id"),
            ),
        ):
            self._agrees(listing)

    @decorators.idempotent_id("3f6b0d8e-5c2a-4971-9e4d-8b1a7f3c2e65")
    def test_stacks_are_those_that_heat_lists(self) -> None:
        catalogue = self.os_admin.auth_provider.auth_data[1]["catalog"]
        if "orchestration" not in {each["type"] for each in catalogue}:
            raise self.skipException("the catalogue has no orchestration")
        stacks = StacksClient(
            self.os_admin.auth_provider,
            "orchestration",
            CONF.identity.region,
            **config.service_client_config(),
        )
        self._agrees(
            Listing(
                "heat.stack",
                lambda: stacks.list_stacks()["stacks"],
                ("stack_name", "stack_status", "creation_time", "project"),
            )
        )


def _by_id(rows: list[Any]) -> Rows:
    return {row["id"]: row for row in rows}


def _pages(list_some: Callable[..., Any], key: str) -> Iterator[Any]:
    """Yield all that a listing has, which gives them in pages."""
    page = list_some(limit=_PAGE)[key]
    while page:
        yield from page
        page = list_some(limit=_PAGE, marker=page[-1]["id"])[key]
