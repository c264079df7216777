"""An alarm that goes off."""


def live(aodh):
    rule = {"event_type": "compute.instance.*", "query": []}
    alarm = {"name": aodh.word, "type": "event", "event_rule": rule, "severity": "low"}
    made = aodh.make("alarm", "/v2/alarms", alarm, key=None, id_key="alarm_id")
    path = f"/v2/alarms/{made}"
    aodh.change("alarm", made, "PUT", path, aodh.get(path) | {"severity": "critical"})
    aodh.change("alarm", made, "PUT", f"{path}/state", "alarm")
