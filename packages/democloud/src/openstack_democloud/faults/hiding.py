"""Faults of visibility: a 200 answer from which something is missing without a word."""

from dataclasses import replace
from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask
from openstack_democloud.faults.kinds import Options, Serve, kind, rewritten


@kind
async def hidden_project(cloud: Cloud, ask: Ask, serve: Serve, options: Options) -> Answer:
    """Hide all rows of ``project`` (id or name), or with ``fields`` those fields of all rows."""
    fields = frozenset(options.get("fields", ()))
    wanted = options.get("project", None if fields else cloud.pools.projects[0])
    projects = frozenset(
        body["id"]
        for body in cloud.table("keystone.project")
        if wanted in (body["id"], body["name"])
    )
    ask.lens = replace(
        ask.lens, projects=ask.lens.projects | projects, fields=ask.lens.fields | fields
    )
    return await serve(ask)


@kind
async def hidden_rows(_cloud: Cloud, ask: Ask, serve: Serve, options: Options) -> Answer:
    """Leave the rows of ``ids`` out of listings; next links and the GET of one are as ever."""
    hidden = frozenset(options.get("ids", ()))

    def leave_out(_name: str, rows: list[Any]) -> list[Any]:
        return [row for row in rows if not isinstance(row, dict) or row.get("id") not in hidden]

    return rewritten(await serve(ask), leave_out)


@kind
async def cell_down(cloud: Cloud, ask: Ask, serve: Serve, options: Options) -> Answer:
    """Take the cell of ``hosts`` (names, or how many; a third) away, as Nova shows it.

    Paged listings lack its servers, the unpaged one has UNKNOWN rows, os-services shows
    UNKNOWN, hypervisors and server groups answer 500.
    """
    names = [host.name for host in cloud.pools.hosts]
    hosts = options.get("hosts", max(1, len(names) // 3))
    down = names[:hosts] if isinstance(hosts, int) else hosts
    ask.lens = replace(ask.lens, down_hosts=ask.lens.down_hosts | frozenset(down))
    return await serve(ask)
