"""The whole way of an entity: service API, plugin, store, transport, driver of Vitrage.

A foreign test that made up an event for Vitrage gets it back as it comes out of this.
"""

import copy
import time
from collections import Counter
from datetime import datetime

from synchronizer.model.clock import iso

STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


def columns_of(event):
    """Return a Nagios check as Livestatus has it."""
    checked = datetime.strptime(event["last_check"], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
    return {
        "host_name": event["resource_name"],
        "description": event["service"],
        "state": STATES.index(event["status"]),
        "plugin_output": event["status_info"],
        "last_check": int(checked.timestamp()),
    }


def server(event):
    return {"nova.server": {event["id"]: event}}, event["id"]


def host(event):
    row = {"binary": "nova-compute", "status": "enabled", "state": "up", **event}
    return {"nova.service": {event["host"]: row}}, event["host"]


def zone(event):
    return {"nova.availability_zone": {event["zoneName"]: event}}, event["zoneName"]


def volume(event):
    row = {"name": event["display_name"], **event}
    del row["display_name"]  # version 1 of the API had it; that of today has not
    row["id"] = str(row["id"])
    return {"cinder.volume": {row["id"]: row}}, row["id"]


def stack(event):
    row = {"parent": None, **event}
    resources = {
        f"{row['id']}/{each['resource_name']}": {"stack": row["id"], "row": each}
        for each in row.pop("resources")
    }
    return {"heat.stack": {row["id"]: row}, "heat.resource": resources}, row["id"]


def check(event):
    id_ = f"{event['resource_name']}/{event['service']}"
    return {"nagios.service": {id_: columns_of(event)}}, id_


ENTRANCES = {
    "nova.instance": server,
    "nova.host": host,
    "nova.zone": zone,
    "cinder.volume": volume,
    "heat.stack": stack,
    "nagios": check,
}


ID_OF = {
    "nova.instance": lambda event: event["id"],
    "nova.host": lambda event: event["host"],
    "nova.zone": lambda event: event["zoneName"],
    "cinder.volume": lambda event: event["id"],
    "heat.stack": lambda event: event["id"],
    "nagios": lambda event: f"{event['resource_name']}/{event['service']}",
}


class Pipeline:
    """Sends events in at the services' end and takes them out at Vitrage's.

    Attributes:
        passed: how many events went the whole way, by datasource.
        raw: how many were of a form that no driver of ours hands over, and were left alone.
    """

    def __init__(self, cloud, transport, driver):
        self._cloud = cloud
        self._transport = transport
        self._driver = driver
        self.passed = Counter()
        self.raw = Counter()

    def through(self, events):
        """Return *events* as our drivers hand them over, in their order."""
        done, batch = [], []
        for event in events:
            if not enters(event):
                self.raw[event.get("vitrage_entity_type", "a service's own notification")] += 1
                done += [*self._batch(batch), event]
                batch = []
                continue
            if batch and collides(batch, event):
                done += self._batch(batch)
                batch = []
            batch.append(event)
        return done + self._batch(batch)

    def _batch(self, events):
        if not events:
            return []
        wanted, types = [], []
        for event in events:
            datasource, rows, id_ = entered(event)
            wanted.append((datasource, id_))
            for type_, more in rows.items():
                self._cloud.rows[type_] |= more
                if type_ not in types:
                    types.append(type_)
        self._alarm_first([id_ for name, id_ in wanted if name == "nagios"])
        self._sampled(types)
        found = self._handed_over({name for name, _ in wanted}, action_of(events[0]))
        self.passed.update(datasource for datasource, _ in wanted)
        return [told_as(event, found[key]) for event, key in zip(events, wanted, strict=True)]

    def _alarm_first(self, ids):
        """A check that is well is told only when it ends an alarm: so there must be one."""
        rows = self._cloud.rows["nagios.service"]
        well = [id_ for id_ in ids if rows[id_]["state"] == STATES.index("OK")]
        if well:
            for state in ("CRITICAL", "OK"):
                for id_ in well:
                    rows[id_] = {**rows[id_], "state": STATES.index(state)}
                if state == "CRITICAL":
                    self._sampled(["nagios.service"])
                    self._handed_over({"nagios"}, "snapshot")

    def _sampled(self, types):
        """Wait until sweeps of these types are complete that began after now."""
        moment = iso(time.time())
        children = [type_ for type_ in types if type_ == "heat.resource"]  # listed for each stack
        for wanted in (set(types) - set(children), set(children)):
            until = time.monotonic() + 60
            while not self._fresh(wanted, moment):
                assert time.monotonic() < until, f"no sweep of {wanted} since {moment}"
                time.sleep(0.02)
            moment = iso(time.time())

    def _fresh(self, types, moment):
        known = {each.type: each.sampled_at or "" for each in self._transport.types()}
        return all(known[type_] > moment for type_ in types)

    def _handed_over(self, datasources, action):
        found = {}
        known = self._transport.types()
        for name in datasources:
            driver = self._driver(name)
            types = driver.datasource.types
            revision = max(each.revision for each in known if each.type in types)
            assert driver._mirror.wait_revision(revision, 20), driver._mirror
            found |= {(name, ID_OF[name](event)): event for event in driver.get_all(action)}
        return found


def enters(event):
    """Whether an event is a whole entity: what our drivers hand over."""
    whole = {"snapshot", "init_snapshot"}
    return event.get("vitrage_entity_type") in ENTRANCES and action_of(event) in whole


def action_of(event):
    return event.get("vitrage_datasource_action")


def entered(event):
    """Return the datasource of an event, its rows at the service by type, its id in Vitrage."""
    datasource = event["vitrage_entity_type"]
    dropped = {"_info", "_loaded"}  # a client library's own
    plain = {
        name: value
        for name, value in event.items()
        if not name.startswith("vitrage_") and name not in dropped
    }
    return datasource, *ENTRANCES[datasource](copy.deepcopy(plain))


def told_as(event, ours):
    """Return what came out, with the date and the datasource that the test made up.

    Both say something of the hand-over and nothing of the entity, and Vitrage's tests rely on
    theirs: some write later dates in a form that compares as earlier on the same day, and
    some let entities grow old that no datasource answers for.
    """
    handing = {"vitrage_sample_date", "vitrage_datasource_name"}
    return {name: value for name, value in ours.items() if name not in handing} | {
        name: event[name] for name in handing if name in event
    }


def collides(batch, event):
    """Whether an event cannot enter together with others."""
    datasource, _, id_ = entered(event)
    return action_of(event) != action_of(batch[0]) or any(
        (datasource, id_) == (entered(each)[0], entered(each)[2]) for each in batch
    )
