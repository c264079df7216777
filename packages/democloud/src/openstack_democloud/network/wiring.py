"""The ports of the cloud's servers: Nova makes, moves and deletes them through Neutron's API."""

from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import RefusalError
from openstack_democloud.network.agents import wire
from openstack_democloud.network.writes import change, create, delete
from openstack_democloud.servers.server import NO_HOST, Server
from openstack_democloud.table import Body

Fields = dict[str, Any]


class Wiring:
    """Which ports each server has; follows what happens to the servers."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.ports_of: dict[str, list[str]] = {}

    def follow(self, op: str, seq: int, fields: Fields) -> None:
        """Do to a server's ports what is done to the server."""
        cloud = self._cloud
        id_ = cloud.servers.ids.id(seq)
        if op == "delete":
            for port_id in self.ports_of.pop(id_, []):
                _delete(cloud, port_id)
        elif op == "create" or "host" in fields or "addresses" in fields:
            self._place(cloud.servers.look(seq), fields)

    def _place(self, server: Server, fields: Fields) -> None:
        cloud, ports = self._cloud, self.ports_of.get(server.id, [])
        number = fields.get("host", server.host)
        if number == NO_HOST:
            return
        host = cloud.pools.hosts[number].name
        for port_id in ports:
            port = cloud.table("neutron.port").get(port_id)
            if port is not None and port["binding:host_id"] != host:
                change(cloud, "port", port_id, {"binding:host_id": host})
                wire(cloud, port_id)
        addresses = fields.get("addresses", server.addresses)
        if not ports and addresses and server.seq >= cloud.servers.seeds.count:
            self.ports_of[server.id] = _plugged(cloud, server, host, addresses)


def _plugged(cloud: Cloud, server: Server, host: str, on: dict[str, list[Body]]) -> list[str]:
    networks = {body["name"]: body for body in cloud.table("neutron.network")}
    project = cloud.pools.projects[server.project]
    made = []
    for name, addresses in on.items():
        network = networks.get(name)
        if network is None or not network["subnets"]:
            continue
        fixed = [
            {"subnet_id": network["subnets"][0], "ip_address": str(address["addr"])}
            for address in addresses
        ]
        given = {
            "network_id": network["id"],
            "fixed_ips": fixed,
            "mac_address": addresses[0]["OS-EXT-IPS-MAC:mac_addr"],
            "device_id": server.id,
            "device_owner": "compute:nova",
            "binding:host_id": host,
        }
        made.append(str(create(cloud, "port", given, project)["id"]))
        wire(cloud, made[-1])
    return made


def _delete(cloud: Cloud, port_id: str) -> None:
    """Delete a port; one of a trunk is only let go of, as Nova does after a refusal."""
    port = cloud.table("neutron.port").get(port_id)
    if port is None:
        return
    try:
        delete(cloud, "port", port_id)
    except RefusalError:
        change(cloud, "port", port_id, {"device_id": "", "device_owner": ""})
