"""Aodh: alarming v2.

Facts that shape this file: the answer is a bare list; without the query for all projects an
administrator, too, sees the own project only, and with it a lesser role is refused (403);
there is no default page size; nothing is incremental. An alarm's actions are URLs that hold
signatures and tokens.

Source: https://docs.openstack.org/aodh/latest/webapi/v2.html
"""

from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Paging, Plugin, Resource


class Alarm(Resource):
    """An alarm with its rule and its state."""

    name, path, key = "alarm", "/alarms", ""
    query = {"q.field": "all_projects", "q.op": "eq", "q.value": "true"}
    id, paging, marker = ("alarm_id",), Paging.MARKER, "alarm_id"
    sort = {"sort": "alarm_id:asc"}
    single = "/alarms/{id}"
    volatile = ("evaluate_timestamp", "state_reason")
    ordered = ("composite_rule", "time_constraints")
    secret = ("alarm_actions.*", "ok_actions.*", "insufficient_data_actions.*")
    hints = (Hint("alarm.*", "alarm_id"),)
    relations = {
        "project_id": "keystone.project",
        "user_id": "keystone.user",
        "gnocchi_resources_threshold_rule.resource_id": (
            "nova.server",
            "cinder.volume",
            "gnocchi.resource",
        ),
        "gnocchi_aggregation_by_metrics_threshold_rule.metrics.*": "gnocchi.metric",
        "loadbalancer_member_health_rule.pool_id": "octavia.pool",
        "loadbalancer_member_health_rule.stack_id": "heat.stack",
    }


class Aodh(Plugin):
    """The alarming service."""

    name = "aodh"
    service_type = "alarm"
    version = "2"
    exchanges = ("aodh",)
    resources = (Alarm,)
