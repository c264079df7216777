"""Neutron's: networks, and the ports of servers.

Their transformers look the event up in a table of Neutron's own notifications, so that a
delete has to look like one of those.
"""

from synchronizer_vitrage.datasource import Body, Datasource, Farewell


class Network(Datasource):
    """A network."""

    name = "neutron.network"
    types = ("neutron.network",)

    def entity(self, id: str) -> Body | None:
        """Return the network; its transformer insists on a time of update."""
        body = self.body("neutron.network", id)
        return None if body is None else {"updated_at": None, **body}

    def farewell(self, entity: Body) -> Farewell:
        """Look like Neutron's notification, and like the entity: both are looked at."""
        return _deleted("network", entity)


class Port(Datasource):
    """A port that belongs to a server; the others are none of Vitrage's."""

    name = "neutron.port"
    types = ("neutron.port",)

    def entity(self, id: str) -> Body | None:
        """Return the port if it is a server's."""
        body = self.body("neutron.port", id)
        if body is None or "compute" not in (body.get("device_owner") or ""):
            return None
        return {"updated_at": None, **body, "fixed_ips": body.get("fixed_ips") or []}

    def farewell(self, entity: Body) -> Farewell:
        """Look like Neutron's notification, and like the entity: both are looked at."""
        return _deleted("port", entity)


def _deleted(kind: str, entity: Body) -> Farewell:
    known = ("id", "name", "status", "updated_at", "tenant_id", "device_id", "network_id")
    body = {name: entity.get(name) for name in known}
    told = {f"{kind}_id": entity["id"], kind: body}
    return Farewell({**body, **told}, "update", f"{kind}.delete.end")
