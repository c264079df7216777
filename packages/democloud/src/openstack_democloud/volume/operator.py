"""What an operator sees of Cinder: services, pools, clusters, quotas."""

from collections.abc import Iterator

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.table import Body
from openstack_democloud.volume import rows


def services(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /os-services``."""
    wanted = [(n, v) for n, v in ask.pairs if n in {"host", "binary"}]
    found = [
        rows.service(cloud, body, ask.minor)
        for body in cloud.table("cinder.service")
        if all(body[n] == v for n, v in wanted)
    ]
    return Answer.json({"services": found})


def switch(cloud: Cloud, ask: Ask, action: str) -> Answer:
    """Answer ``PUT /os-services/enable``, ``/disable`` and ``/disable-log-reason``."""
    if action not in {"enable", "disable", "disable-log-reason"}:
        raise RefusalError(404, "The resource could not be found.")
    given = ask.json()
    key = f"{given.get('binary')}/{given.get('host')}"
    table = cloud.table("cinder.service")
    if key not in table:
        raise RefusalError(404, f"Service {key} could not be found.")
    status = "enabled" if action == "enable" else "disabled"
    reason = given.get("disabled_reason") if action == "disable-log-reason" else None
    table.change(key, status=status, disabled_reason=reason)
    return Answer.json({"host": given["host"], "binary": given["binary"], "status": status})


def pools(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /scheduler-stats/get_pools``: what the scheduler remembers."""
    table = cloud.table("cinder.pool")
    if ask.query.get("detail", "").lower() not in {"true", "1"}:
        return Answer.json({"pools": [{"name": body["name"]} for body in table]})
    return Answer.json({"pools": [rows.pool(cloud, body, ask.minor) for body in table]})


def clusters(_cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /clusters/detail``: the demo cloud has none."""
    return Answer.json({"clusters": []})


def quota(cloud: Cloud, ask: Ask, project: str) -> Answer:
    """Answer ``GET /os-quota-sets/{project}``; nobody checks that there is such a project."""
    usage = ask.query.get("usage", "").lower() in {"true", "1"}
    if ask.token and not ask.token.admin and ask.token.project_id != project:
        raise RefusalError(403, "Policy doesn't allow this action to be performed.")
    return Answer.json({"quota_set": rows.quota_set(cloud, project, usage=usage)})


def quota_sets(cloud: Cloud, _minor: int) -> Iterator[tuple[str, Body | bytes]]:
    """Yield the quotas of every project."""
    for id_ in cloud.table("keystone.project").ids():
        yield id_, rows.quota_set(cloud, id_, usage=False)
