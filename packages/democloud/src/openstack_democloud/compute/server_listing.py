"""``GET /servers/detail``: the listing that everything else leans on.

Reproduced on purpose: BuildRequests come first whatever the order, a server can be on page 1
as a BuildRequest and later again as an instance, de-duplication makes short pages without a
next link, the marker of a deleted row works until it is archived, and changes-since does not
see rows whose updated_at is NULL.
"""

from collections.abc import Iterator
from itertools import islice

from openstack_democloud.clock import stamp
from openstack_democloud.cloud import Cloud
from openstack_democloud.compute import server_query
from openstack_democloud.compute.paging import next_link, page_size
from openstack_democloud.compute.server_query import ServerQuery
from openstack_democloud.exchange import Answer, Ask, RefusalError, decode, encode
from openstack_democloud.servers.seeds import BUILD_TIME, EPOCH
from openstack_democloud.servers.server import NO_HOST, Server
from openstack_democloud.servers.template import Template, brief, listed


def render(cloud: Cloud, ask: Ask, seqs: list[int], template: Template) -> list[bytes]:
    """Return the JSON of servers."""
    items = cloud.servers.renderer.items(cloud.servers, seqs, template)
    if ask.lens.fields:
        items = [_without(item, ask.lens.fields) for item in items]
    return items


def _without(item: bytes, fields: frozenset[str]) -> bytes:
    body = decode(item)
    for name in fields:
        body.pop(name, None)
    return encode(body)


def detail(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /servers/detail``."""
    return _list(cloud, ask, listed(ask.minor, cloud.base, cloud.servers.seeds.padding))


def index(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /servers``."""
    return _list(cloud, ask, brief(ask.minor, cloud.base))


def _list(cloud: Cloud, ask: Ask, template: Template) -> Answer:
    query = server_query.read(cloud, ask)
    size = page_size(cloud, ask)
    seqs = _page(cloud, ask, query, size)
    items = render(cloud, ask, seqs, template)
    if ask.lens.down_hosts and _shows_down_cells(ask):
        items = _unknown(cloud, ask, size - len(items)) + items
    tail = b"]}"
    if size and len(items) == size and seqs:
        link = next_link(cloud, ask, cloud.servers.ids.id(seqs[-1]))
        tail = b'],"servers_links":' + encode(link) + b"}"
    # One join: a page is megabytes, each "+" would copy it.
    if items:
        items[0] = b'{"servers":[' + items[0]
        items[-1] += tail
    return Answer(200, b",".join(items) if items else b'{"servers":[' + tail)


def _page(cloud: Cloud, ask: Ask, query: ServerQuery, size: int) -> list[int]:
    fleet = cloud.servers
    after = None
    if query.marker is not None:
        after = fleet.find(query.marker)
        if after is None:
            raise RefusalError(400, f"marker [{query.marker}] not found")
    requested: list[int] = []
    if after is None or (after in fleet.requested and not fleet.visible(after)):
        requested = [
            seq
            for seq in fleet.requested
            if (after is None or seq > after)
            and not query.dead
            and (not query.tests or all(test(fleet.look(seq)) for test in query.tests))
        ][:size]
        after = None
    rows = islice(_rows(cloud, ask, query, after), max(0, size - len(requested)))
    if not requested:
        return list(rows)
    seen = set(requested)
    return requested + [seq for seq in rows if seq not in seen]


def _rows(cloud: Cloud, ask: Ask, query: ServerQuery, after: int | None) -> Iterator[int]:
    fleet = cloud.servers
    hidden = ask.lens.projects or ask.lens.down_hosts
    if query.timed:
        newest_seed = EPOCH + fleet.seeds.count * fleet.seeds.step + BUILD_TIME
        only_touched = query.since is not None and query.since > newest_seed
        rows = (
            fleet.touched_rows(after=after, descending=query.descending)
            if only_touched
            else fleet.rows(after=after, descending=query.descending, dead=True)
        )
        return (seq for seq in rows if _timely(cloud, ask, query, seq))
    if query.sort == "uuid":
        rows = fleet.rows_by_id(after=after, descending=query.descending)
    elif query.sort == "created_at":
        rows = fleet.rows(after=after, descending=query.descending, dead=query.dead)
    else:
        rows = _sorted(cloud, query, after)
    if query.plain and not hidden:
        touched, alive = fleet.touched, fleet.alive
        return (seq for seq in rows if alive[seq] and (seq not in touched or fleet.visible(seq)))
    return (seq for seq in rows if _wanted(cloud, ask, query, seq))


def _wanted(cloud: Cloud, ask: Ask, query: ServerQuery, seq: int) -> bool:
    fleet = cloud.servers
    server = fleet.look(seq)
    if query.dead:
        if fleet.alive[seq]:
            return False
    elif query.soft:
        if server.condition != "soft-delete":
            return False
    elif not fleet.visible(seq):
        return False
    return all(test(server) for test in query.tests) and not _hidden(cloud, ask, server)


def _hidden(cloud: Cloud, ask: Ask, server: Server) -> bool:
    if ask.lens.projects and cloud.pools.projects[server.project] in ask.lens.projects:
        return True
    down = ask.lens.down_hosts
    return bool(down) and server.host != NO_HOST and cloud.pools.hosts[server.host].name in down


def _timely(cloud: Cloud, ask: Ask, query: ServerQuery, seq: int) -> bool:
    updated = cloud.servers.updated(seq)
    if updated is None or seq in cloud.servers.requested:
        return False
    if query.since is not None and int(updated) < query.since:
        return False
    if query.before is not None and int(updated) > query.before:
        return False
    server = cloud.servers.look(seq)
    return all(test(server) for test in query.tests) and not _hidden(cloud, ask, server)


def _sorted(cloud: Cloud, query: ServerQuery, after: int | None) -> Iterator[int]:
    """Sort by a column that changes: allowed by Nova, wrong for a walk, slow here."""
    fleet, pools = cloud.servers, cloud.pools

    def column(seq: int) -> str:
        server = fleet.look(seq)
        values = {
            "display_name": server.name,
            "project_id": pools.projects[server.project],
            "user_id": pools.users[server.user],
            "host": "" if server.host == NO_HOST else pools.hosts[server.host].name,
            "vm_state": server.condition,
            "updated_at": "" if server.updated is None else f"{server.updated:020.3f}",
        }
        return str(values.get(query.sort, ""))

    rows = list(fleet.rows(after=None, descending=False, dead=query.dead))
    keyed = sorted(((column(seq), seq) for seq in rows), reverse=query.descending)
    if after is None:
        return (seq for _, seq in keyed)
    edge = (column(after), after)
    return (row[1] for row in keyed if (row < edge if query.descending else row > edge))


def _shows_down_cells(ask: Ask) -> bool:
    return ask.minor >= 69 and all(name == "all_tenants" for name, _ in ask.pairs)


def _unknown(cloud: Cloud, ask: Ask, room: int) -> list[bytes]:
    """Return the stripped rows of servers in down cells, as many as the page has room for."""
    rows: list[bytes] = []
    for seq in cloud.servers.rows(after=None, descending=True):
        if len(rows) >= room:
            break
        server = cloud.servers.look(seq)
        if server.host == NO_HOST or cloud.pools.hosts[server.host].name not in ask.lens.down_hosts:
            continue
        href = f"{cloud.base}/compute/v2.1/servers/{server.id}"
        rows.append(
            encode(
                {
                    "id": server.id,
                    "status": "UNKNOWN",
                    "tenant_id": cloud.pools.projects[server.project],
                    "created": stamp(server.created),
                    "links": [{"rel": "self", "href": href}],
                }
            )
        )
    return rows
