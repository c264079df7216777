"""Aodh's: the alarms that are ringing."""

from typing import Any

from vitrage.datasources.aodh.driver import AodhDriver

from synchronizer_vitrage.datasource import Body, Datasource, Farewell


class _Words(AodhDriver):  # type: ignore[misc]
    """Vitrage's own translation of an alarm, without the client that it begins with."""

    def _cache_all_alarms(self) -> None:
        """List nothing."""

    def translated(self, body: Body) -> Body | None:
        """Return the alarm in Vitrage's words; None when it has none for alarms of its kind."""
        if self._get_aodh_alarm_type(body) is None:
            return None
        alarm: dict[str, Any] = self._convert_alarm(body)
        return alarm


class Alarm(Datasource):
    """An alarm in the state ``alarm``."""

    name = "aodh"
    types = ("aodh.alarm",)

    def __init__(self) -> None:
        super().__init__()
        self._words = _Words()

    def entity(self, id: str) -> Body | None:
        """Return the alarm while it rings."""
        body = self.body("aodh.alarm", id)
        alarm = None if body is None else self._words.translated(body)
        if alarm is None or alarm["state"] != "alarm":
            return None
        if "." not in alarm["timestamp"]:
            alarm["timestamp"] += ".0"  # a full second comes without, and is not understood so
        return alarm

    def farewell(self, entity: Body) -> Farewell:
        """Say that all is well: that is how Vitrage knows that an alarm is over."""
        return Farewell({**entity, "state": "ok"}, event=None)
