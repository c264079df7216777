"""A server from birth to death, and the port that it is on."""

from typing import Any

from tempest.common import waiters
from tempest.lib import decorators

from synchronizer_tempest_plugin.tests.base import CONF, Followed
from synchronizer_tempest_plugin.tests.scenario.making import MakingTest

SERVER, PORT = "nova.server", "neutron.port"


class TestServer(MakingTest):
    """Nova."""

    services = ("nova", "glance", "neutron")
    types = (SERVER, PORT)

    def _wait_running(self, followed: Followed, shown: dict[str, Any]) -> None:
        def whole(body: Any) -> bool:
            return bool(body) and body["status"] == "ACTIVE" and set(shown) <= set(body)

        followed.wait(SERVER, shown["id"], whole)

    def _check_life(self, followed: Followed, shown: dict[str, Any]) -> None:
        # Nova itself leaves these out while the port is not bound yet, or not any more.
        followed.whole_and_once(SERVER, shown["id"], set(shown) - {"security_groups"})

    @decorators.idempotent_id("3b1f8c0e-8f0a-4a7e-9a51-0d0c3f2b7a11")
    @decorators.attr(type="smoke")
    def test_a_server_is_told_whole_and_once_from_create_to_delete(self) -> None:
        client = self.os_primary.servers_client
        followed = self.follow(SERVER, PORT)
        port = self.a_port(self.a_network())
        shown = self.a_server(port)
        its_id = shown["id"]
        self._wait_running(followed, shown)
        bound = followed.wait(PORT, port["id"], lambda body: body and body["device_id"] == its_id)
        self.assertEqual(shown["tenant_id"], bound["project_id"])

        renamed = self.a_name("renamed")
        client.update_server(its_id, name=renamed)
        followed.wait(SERVER, its_id, lambda body: body["name"] == renamed)
        client.set_server_metadata(its_id, {"colour": "blue"})
        followed.wait(SERVER, its_id, lambda body: body["metadata"] == {"colour": "blue"})

        client.delete_server(its_id)
        waiters.wait_for_server_termination(client, its_id)
        followed.wait_gone(SERVER, its_id)
        self._check_life(followed, shown)

    @decorators.idempotent_id("5f0d9a62-3a3e-4a53-8f64-7a4a9bb5f0c2")
    def test_a_resize_is_told_with_its_confirmation(self) -> None:
        if not CONF.compute_feature_enabled.resize:
            raise self.skipException("resize is off, says [compute-feature-enabled]")
        if CONF.compute.flavor_ref_alt in ("", None, CONF.compute.flavor_ref):
            raise self.skipException("[compute] flavor_ref_alt names no other flavor")
        client = self.os_primary.servers_client
        other = self.os_admin.flavors_client.show_flavor(CONF.compute.flavor_ref_alt)["flavor"]
        followed = self.follow(SERVER)
        shown = self.a_server(self.a_port(self.a_network()))
        its_id = shown["id"]
        self._wait_running(followed, shown)
        client.resize_server(its_id, CONF.compute.flavor_ref_alt)
        waiters.wait_for_server_status(client, its_id, "VERIFY_RESIZE")
        followed.wait(SERVER, its_id, lambda body: body and body["status"] == "VERIFY_RESIZE")
        client.confirm_resize_server(its_id)
        waiters.wait_for_server_status(client, its_id, "ACTIVE")

        def resized(body: Any) -> bool:
            of = body["flavor"]["original_name"], body["flavor"]["ram"]
            return bool(body["status"] == "ACTIVE" and of == (other["name"], other["ram"]))

        followed.wait(SERVER, its_id, resized)
        client.delete_server(its_id)
        followed.wait_gone(SERVER, its_id)
        self._check_life(followed, shown)
