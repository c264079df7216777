"""A resource with a metric, beside those that Ceilometer makes."""

import uuid


def live(gnocchi):
    path = "/v1/resource/generic"
    body = {"id": str(uuid.uuid4()), "project_id": gnocchi.project}
    resource = gnocchi.make("resource", path, body, key=None)
    gnocchi.change("resource", resource, "PATCH", f"{path}/{resource}", {"user_id": gnocchi.user})
    metric = {"name": gnocchi.word, "archive_policy_name": "low", "resource_id": resource}
    gnocchi.make("metric", "/v1/metric", metric, key=None)
