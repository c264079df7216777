"""Networks, and what is on them."""

from typing import Any

from tempest.lib import decorators

from synchronizer_tempest_plugin.tests.scenario.making import MakingTest

NETWORK, SUBNET, PORT = "neutron.network", "neutron.subnet", "neutron.port"
ROUTER, GROUP = "neutron.router", "neutron.security_group"


class TestNetwork(MakingTest):
    """Neutron."""

    services = ("neutron",)
    types = (NETWORK, SUBNET, PORT, ROUTER, GROUP)

    @decorators.idempotent_id("9d8e6a10-22d5-4c57-8d5c-6a7b1e0f4c93")
    @decorators.attr(type="smoke")
    def test_a_port_is_told_whole_and_once_from_create_to_delete(self) -> None:
        client = self.os_primary.ports_client
        followed = self.follow(PORT)
        shown = self.a_port(self.a_network())
        its_id = shown["id"]
        followed.wait_there(PORT, its_id)
        client.update_port(its_id, description="changed")
        followed.wait(PORT, its_id, lambda body: body["description"] == "changed")
        client.delete_port(its_id)
        followed.wait_gone(PORT, its_id)
        followed.whole_and_once(PORT, its_id, shown)

    @decorators.idempotent_id("41c2be07-6f0f-4a6e-8cf2-95a4d0b3e7f8")
    def test_a_network_with_its_subnet_is_told_whole_and_once(self) -> None:
        networks, subnets = self.os_primary.networks_client, self.os_primary.subnets_client
        followed = self.follow(NETWORK, SUBNET)
        shown = self.a_network()
        its_id = shown["id"]
        with_subnet = followed.wait(NETWORK, its_id, lambda body: body and body["subnets"])
        (subnet,) = with_subnet["subnets"]
        shown_subnet = subnets.show_subnet(subnet)["subnet"]
        followed.wait_there(SUBNET, subnet)
        subnets.update_subnet(subnet, name="changed")
        networks.update_network(its_id, name="changed")
        for kind, each in ((NETWORK, its_id), (SUBNET, subnet)):
            followed.wait(kind, each, lambda body: body["name"] == "changed")
        networks.delete_network(its_id)  # and with it its subnet
        for kind, each, what in ((NETWORK, its_id, shown), (SUBNET, subnet, shown_subnet)):
            followed.wait_gone(kind, each)
            followed.whole_and_once(kind, each, what)

    @decorators.idempotent_id("e2f9c5b8-0b7a-4df1-9f6e-7d1c3a5e8b24")
    def test_a_router_is_told_whole_and_once_from_create_to_delete(self) -> None:
        client = self.os_primary.routers_client
        followed = self.follow(ROUTER)
        shown = client.create_router(name=self.a_name("router"))["router"]
        its_id = shown["id"]
        self.removed(client.delete_router, its_id)
        followed.wait_there(ROUTER, its_id)
        client.update_router(its_id, admin_state_up=False)
        followed.wait(ROUTER, its_id, lambda body: body["admin_state_up"] is False)
        client.delete_router(its_id)
        followed.wait_gone(ROUTER, its_id)
        followed.whole_and_once(ROUTER, its_id, shown)

    @decorators.idempotent_id("b60d4f7e-1c39-4e5a-a1b8-2f8e7c9d0a36")
    def test_a_rule_is_told_with_its_security_group(self) -> None:
        groups = self.os_primary.security_groups_client
        rules = self.os_primary.security_group_rules_client
        followed = self.follow(GROUP)
        shown = groups.create_security_group(name=self.a_name("group"))["security_group"]
        its_id = shown["id"]
        self.removed(groups.delete_security_group, its_id)
        followed.wait_there(GROUP, its_id)
        rule = rules.create_security_group_rule(
            security_group_id=its_id, direction="ingress", protocol="icmp"
        )["security_group_rule"]["id"]

        def has_rule(body: Any) -> bool:
            return rule in {each["id"] for each in body["security_group_rules"]}

        followed.wait(GROUP, its_id, has_rule)
        rules.delete_security_group_rule(rule)
        followed.wait(GROUP, its_id, lambda body: not has_rule(body))
        groups.delete_security_group(its_id)
        followed.wait_gone(GROUP, its_id)
        followed.whole_and_once(GROUP, its_id, shown)
