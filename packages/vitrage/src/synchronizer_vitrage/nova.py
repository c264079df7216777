"""Nova's: instances, compute hosts, availability zones."""

from collections.abc import Iterable

from synchronizer.model.change import Change
from synchronizer_vitrage.datasource import Body, Datasource, Farewell

_COMPUTE = "nova-compute"
_INTERNAL = "internal"  # the zone of Nova's own services, which Vitrage leaves out


class Instance(Datasource):
    """A server."""

    name = "nova.instance"
    types = ("nova.server",)


class Host(Datasource):
    """A compute host: the ``nova-compute`` service on it. Its id is the host's name."""

    name = "nova.host"
    types = ("nova.service",)

    def ids(self) -> Iterable[str]:
        """Return the names of the hosts that compute."""
        hosts = (each.partition("/") for each in self.of("nova.service"))
        return [host for binary, _, host in hosts if binary == _COMPUTE]

    def touched(self, change: Change) -> Iterable[str]:
        """Return the host of a service."""
        binary, _, host = change.id.partition("/")
        return (host,) if binary == _COMPUTE else ()

    def entity(self, id: str) -> Body | None:
        """Return the service."""
        return self.body("nova.service", f"{_COMPUTE}/{id}")

    def farewell(self, entity: Body) -> Farewell:
        """Name the host."""
        return Farewell({"host": entity["host"]})


class Zone(Datasource):
    """An availability zone, which tells Vitrage too whether each of its hosts is available.

    That is as old as the zone's last other change in the zone itself, because there it is no
    state; the hosts' own services tell it as it is.
    """

    name = "nova.zone"
    types = ("nova.availability_zone", "nova.service")

    def touched(self, change: Change) -> Iterable[str]:
        """Return the zone, or the one that a compute host is in."""
        if change.type == "nova.availability_zone":
            return (change.id,)
        zone = change.body.get("zone")
        return (zone,) if change.body.get("binary") == _COMPUTE and zone else ()

    def entity(self, id: str) -> Body | None:
        """Return the zone with the state of its hosts as of now."""
        body = None if id == _INTERNAL else self.body("nova.availability_zone", id)
        if body is None:
            return None
        hosts = {
            host: {binary: self._service(binary, host, told) for binary, told in services.items()}
            for host, services in (body.get("hosts") or {}).items()
        }
        return {**body, "hosts": hosts}

    def _service(self, binary: str, host: str, told: Body) -> Body:
        service = self.body("nova.service", f"{binary}/{host}")
        if service is None:
            return told
        return {
            **told,
            "available": service.get("state") == "up",
            "active": service.get("status") == "enabled",
        }

    def farewell(self, entity: Body) -> Farewell:
        """Name the zone; the hosts are looked through even then."""
        return Farewell({"zoneName": entity["zoneName"], "hosts": {}})
