"""What several scenarios make in the cloud, as its users; removed when the test is over."""

from collections.abc import Callable
from typing import Any

from tempest.common import waiters
from tempest.lib.common.utils.test_utils import call_and_ignore_notfound_exc

from synchronizer_tempest_plugin.tests.base import CONF, BaseSynchronizerTest


class MakingTest(BaseSynchronizerTest):
    """Makes networks, servers and volumes."""

    def removed(self, delete: Callable[..., object], *arguments: Any) -> None:
        """Remove something at the end of the test, if the test itself has not."""
        self.addCleanup(call_and_ignore_notfound_exc, delete, *arguments)

    def a_network(self) -> Any:
        """Make a network with a subnet; return the network."""
        clients = self.os_primary
        network = clients.networks_client.create_network(name=self.a_name("network"))["network"]
        self.removed(clients.networks_client.delete_network, network["id"])
        clients.subnets_client.create_subnet(
            name=self.a_name("subnet"), network_id=network["id"], ip_version=4, cidr="10.99.0.0/24"
        )
        return clients.networks_client.show_network(network["id"])["network"]

    def a_port(self, network: Any) -> Any:
        """Make a port on a network; return it."""
        client = self.os_primary.ports_client
        port = client.create_port(name=self.a_name("port"), network_id=network["id"])["port"]
        self.removed(client.delete_port, port["id"])
        return port

    def a_server(self, port: Any) -> Any:
        """Boot a server on a port; return it as Nova shows it to an administrator when it runs."""
        client = self.os_primary.servers_client
        made = client.create_server(
            name=self.a_name("server"),
            imageRef=CONF.compute.image_ref,
            flavorRef=CONF.compute.flavor_ref,
            networks=[{"port": port["id"]}],
        )["server"]
        self.addCleanup(waiters.wait_for_server_termination, client, made["id"])
        self.removed(client.delete_server, made["id"])
        waiters.wait_for_server_status(client, made["id"], "ACTIVE")
        return self.os_admin.servers_client.show_server(made["id"])["server"]

    def a_volume(self) -> Any:
        """Make a volume; return it as Cinder shows it when it is there."""
        client = self.os_primary.volumes_client_latest
        made = client.create_volume(name=self.a_name("volume"), size=CONF.volume.volume_size)
        its_id = made["volume"]["id"]
        self.addCleanup(client.wait_for_resource_deletion, its_id)
        self.removed(client.delete_volume, its_id)
        waiters.wait_for_volume_resource_status(client, its_id, "available")
        return client.show_volume(its_id)["volume"]
