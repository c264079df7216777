"""What servers are made of: the projects, hosts, flavors and images they point at.

Pools only grow, so that a number in a server stays right when the flavor is gone; that is
what Nova does too: a server keeps its own copy of its flavor.
"""

from dataclasses import dataclass
from hashlib import sha224
from typing import Any

from openstack_democloud.exchange import encode


@dataclass(frozen=True)
class Host:
    """A compute host. Its cell is what goes down when a cell goes down."""

    name: str
    zone: str
    pinned: bool

    @property
    def hypervisor(self) -> str:
        """Return the hypervisor_hostname of this host's one hypervisor."""
        return f"{self.name}.demo.example"

    def rendered(self) -> bytes:
        """Return the fields of a server that say where it runs, as JSON without braces."""
        host_id = sha224(self.name.encode()).hexdigest()
        return encode(
            {
                "OS-EXT-SRV-ATTR:host": self.name,
                "OS-EXT-SRV-ATTR:hypervisor_hostname": self.hypervisor,
                "hostId": host_id,
                "OS-EXT-AZ:availability_zone": self.zone,
            }
        )[1:-1]


NOWHERE = encode(
    {
        "OS-EXT-SRV-ATTR:host": None,
        "OS-EXT-SRV-ATTR:hypervisor_hostname": None,
        "hostId": "",
        "OS-EXT-AZ:availability_zone": "",
    }
)[1:-1]


def embedded_flavor(flavor: dict[str, Any]) -> bytes:
    """Return the copy of a flavor that a server shows from 2.47 on."""
    return encode(
        {
            "vcpus": flavor["vcpus"],
            "ram": flavor["ram"],
            "disk": flavor["disk"],
            "ephemeral": flavor["OS-FLV-EXT-DATA:ephemeral"],
            "swap": flavor["swap"] or 0,
            "original_name": flavor["name"],
            "extra_specs": flavor["extra_specs"],
        }
    )


class Pools:
    """Lists that servers point into by number, each with its rendered fragments."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.projects: list[str] = []
        self.users: list[str] = []
        self.hosts: list[Host] = []
        self.flavors: list[dict[str, Any]] = []
        self.images: list[str] = []
        self.rendered_hosts: list[bytes] = []
        self.rendered_flavors: list[tuple[bytes, bytes]] = []
        self.rendered_images: list[tuple[bytes, bytes]] = []
        self._numbers: dict[tuple[str, str], int] = {}

    def _number(self, kind: str, pool: list[str], id: str) -> int:
        number = self._numbers.setdefault((kind, id), len(pool))
        if number == len(pool):
            pool.append(id)
        return number

    def project(self, id: str) -> int:
        """Return the number of a project, a new one if it is new."""
        return self._number("project", self.projects, id)

    def user(self, id: str) -> int:
        """Return the number of a user, a new one if it is new."""
        return self._number("user", self.users, id)

    def image(self, id: str) -> int:
        """Return the number of an image, a new one if it is new."""
        known = len(self.images)
        number = self._number("image", self.images, id)
        if number == known:
            old = {
                "id": id,
                "links": [{"rel": "bookmark", "href": f"{self.base}/compute/images/{id}"}],
            }
            properties = {
                "architecture": "x86_64",
                "base_image_ref": id,
                "container_format": "bare",
                "disk_format": "qcow2",
                "min_disk": "10",
                "min_ram": "0",
            }
            self.rendered_images.append((encode(old), encode(old | {"properties": properties})))
        return number

    def host(self, host: Host) -> int:
        """Add a host and return its number."""
        self.hosts.append(host)
        self.rendered_hosts.append(host.rendered())
        return len(self.hosts) - 1

    def flavor(self, flavor: dict[str, Any]) -> int:
        """Return the number of this state of a flavor, a new one if it was not seen before."""
        embedded = embedded_flavor(flavor)
        key = ("flavor", flavor["id"] + embedded.decode())
        number = self._numbers.setdefault(key, len(self.flavors))
        if number == len(self.flavors):
            self.flavors.append(dict(flavor))
            href = f"{self.base}/compute/flavors/{flavor['id']}"
            link = {"id": flavor["id"], "links": [{"rel": "bookmark", "href": href}]}
            self.rendered_flavors.append((encode(link), embedded))
        return number
