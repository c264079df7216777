"""Nagios's: the services that are not well, as alarms on what Vitrage's mapping names.

The mapping from Nagios hosts to Vitrage's resources is Vitrage's own file and code
(``[nagios] config_file``).
"""

from datetime import datetime

from vitrage.datasources.nagios.config import NagiosConfig

from synchronizer_vitrage.datasource import Body, Datasource, Farewell

_WELL = {"ok", "pending"}  # pending: it was never checked, nobody knows of anything bad


class Alarm(Datasource):
    """A service that is not well, of a host that is mapped to a resource."""

    name = "nagios"
    types = ("nagios.service",)

    def __init__(self) -> None:
        super().__init__()
        self._mapping = NagiosConfig()

    def entity(self, id: str) -> Body | None:
        """Return the alarm, in the words of Nagios's status page."""
        body = self.body("nagios.service", id)
        if body is None or body.get("status") in _WELL:
            return None
        resource = self._mapping.get_vitrage_resource(body["host_name"])
        if resource is None:
            return None
        type_, name = resource
        # The page tells local time, and the transformer takes it for that.
        checked = datetime.fromtimestamp((body.get("last_check") or 0) / 1000)  # noqa: DTZ006
        return {
            "service": body["description"],
            "resource_type": type_,
            "resource_name": name,
            "status": str(body.get("status")).upper(),
            "status_info": body.get("plugin_output"),
            "last_check": checked.strftime("%Y-%m-%d %H:%M:%S"),
        }

    def farewell(self, entity: Body) -> Farewell:
        """Say that all is well: that is how Vitrage knows that an alarm is over."""
        return Farewell({**entity, "status": "OK"}, event=None)
