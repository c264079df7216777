"""What belongs to projects and users: server groups, key pairs, migrations, quotas."""

from openstack_democloud.clock import micro_stamp, parse
from openstack_democloud.cloud import Cloud
from openstack_democloud.compute.paging import number, page
from openstack_democloud.compute.seeding import add_keypair, server_group
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.table import Body, shown


def group_row(body: Body, minor: int) -> Body:
    """Return a server group as listing and GET show it."""
    row = shown(body)
    if minor < 64:
        row["policies"] = [row.pop("policy")]
        row["metadata"] = {}
        del row["rules"]
    if minor < 13:
        del row["project_id"], row["user_id"]
    return row


def groups(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /os-server-groups``: limit and offset, no links, cut without a word."""
    if ask.lens.down_hosts:
        raise RefusalError(500, "Unexpected API Error.")
    offset = number(ask, "offset") or 0
    asked = number(ask, "limit")
    size = cloud.size.page_limit if asked is None else min(asked, cloud.size.page_limit)
    token = ask.token
    everything = "all_projects" in ask.query and (token is None or token.admin)
    rows = [
        group_row(body, ask.minor)
        for body in cloud.table("nova.server_group")
        if (everything or (token and body["project_id"] == token.project_id))
        and not ask.lens.hides(body)
    ]
    return Answer.json({"server_groups": rows[offset : offset + size]})


def group(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the GET of one server group."""
    body = cloud.table("nova.server_group").get(id)
    if body is None:
        raise RefusalError(404, f"Instance group {id} could not be found.")
    return Answer.json({"server_group": group_row(body, ask.minor)})


def create_group(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /os-server-groups``."""
    given = ask.part("server_group")
    id_ = cloud.names.uuid("server_group", cloud.next("server_group"))
    body = server_group(cloud, id_, given["name"], [])
    body["policy"] = given.get("policy") or next(iter(given.get("policies", [])), "affinity")
    body["rules"] = given.get("rules", {})
    if ask.token:
        body |= {"project_id": ask.token.project_id, "user_id": ask.token.user_id}
    cloud.table("nova.server_group").add(id_, body)
    return Answer.json({"server_group": group_row(body, ask.minor)})


def delete_group(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the DELETE of a server group."""
    group(cloud, ask, id)
    cloud.table("nova.server_group").remove(id)
    return Answer(204)


def keypair_row(body: Body, minor: int) -> Body:
    """Return a key pair as the listing shows it: without whose it is."""
    row = shown(body)
    if minor < 2:
        del row["type"]
    return row


def _owner(ask: Ask) -> str:
    own = ask.token.user_id if ask.token else ""
    user = ask.query.get("user_id", own)
    if user != own and ask.token is not None and not ask.token.admin:
        raise RefusalError(403, "Policy doesn't allow os_compute_api:os-keypairs:index")
    return user if ask.minor >= 10 else own


def keypairs(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /os-keypairs?user_id=``: there is no listing over all users."""
    user = _owner(ask)
    rows = [keypair_row(b, ask.minor) for b in cloud.table("nova.keypair") if b["_user"] == user]
    rows.sort(key=lambda row: str(row["name"]))
    answer = page(cloud, ask, "keypairs", rows, key="name")
    listed = answer.body
    # Nova wraps each item once more; the page was cut and checked on the plain rows.
    plain = Ask(ask.method, ask.path, b"", {}, listed, minor=ask.minor).json()
    plain["keypairs"] = [{"keypair": row} for row in plain["keypairs"]]
    return Answer.json(plain)


def keypair(cloud: Cloud, ask: Ask, name: str) -> Answer:
    """Answer the GET of one key pair."""
    body = cloud.table("nova.keypair").get(f"{_owner(ask)}/{name}")
    if body is None:
        raise RefusalError(404, f"Keypair {name} not found for user {_owner(ask)}")
    own = {"user_id": body["_user"], "id": body["_number"], "deleted": False}
    times = {"created_at": "2024-01-01T00:00:00.000000", "updated_at": None, "deleted_at": None}
    return Answer.json({"keypair": keypair_row(body, ask.minor) | own | times})


def create_keypair(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /os-keypairs``: the one time the private key is shown."""
    given = ask.part("keypair")
    user = given.get("user_id") or _owner(ask)
    if f"{user}/{given['name']}" in cloud.table("nova.keypair"):
        raise RefusalError(409, f"Key pair '{given['name']}' already exists.")
    body = add_keypair(cloud, user, given["name"])
    made = keypair_row(body, ask.minor) | {"user_id": user}
    if "public_key" in given:
        body["public_key"] = made["public_key"] = given["public_key"]
    else:
        made["private_key"] = body["_private"]
    return Answer.json({"keypair": made}, 201)


def delete_keypair(cloud: Cloud, ask: Ask, name: str) -> Answer:
    """Answer the DELETE of a key pair."""
    keypair(cloud, ask, name)
    cloud.table("nova.keypair").remove(f"{_owner(ask)}/{name}")
    return Answer(204)


def migration_row(body: Body, minor: int) -> Body:
    """Return a migration as the listing shows it."""
    row = shown(body) | {
        "created_at": micro_stamp(body["_created"]),
        "updated_at": None if body["_updated"] is None else micro_stamp(body["_updated"]),
    }
    if minor < 80:
        del row["user_id"], row["project_id"]
    if minor < 59:
        del row["uuid"]
    if minor < 23:
        del row["migration_type"]
    return row


def migrations(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /os-migrations``; from 2.59 paged, newest first, with changes-since."""
    down = ask.lens.down_hosts
    bodies = [
        body
        for body in sorted(cloud.table("nova.migration"), key=lambda b: -int(b["id"]))
        if body["source_compute"] not in down and not ask.lens.hides(body)
    ]
    for name in ("status", "host", "instance_uuid", "migration_type", "project_id", "user_id"):
        if value := ask.query.get(name):
            field = "source_compute" if name == "host" else name
            bodies = [body for body in bodies if body[field] == value]
    if ask.minor < 59:
        return Answer.json({"migrations": [migration_row(body, ask.minor) for body in bodies]})
    if (text := ask.query.get("changes-since")) is not None:
        try:
            since = parse(text.replace(" ", "+"))
        except ValueError as error:
            raise RefusalError(400, f"Invalid changes-since {text}") from error
        bodies = [b for b in bodies if b["_updated"] is not None and int(b["_updated"]) >= since]
    return page(cloud, ask, "migrations", [migration_row(b, ask.minor) for b in bodies], key="uuid")


_QUOTAS = {
    "cores": 400,
    "injected_file_content_bytes": 10240,
    "injected_file_path_bytes": 255,
    "injected_files": 5,
    "instances": 200,
    "key_pairs": 100,
    "metadata_items": 128,
    "ram": 1024000,
    "server_group_members": 10,
    "server_groups": 10,
}


def quota_row(cloud: Cloud, project: str, minor: int, *, detail: bool) -> Body:
    """Return a project's quota set; from 2.57 without injected files."""
    quotas = {n: limit for n, limit in _QUOTAS.items() if minor < 57 or "injected" not in n}
    if not detail:
        return {"id": project, **quotas}
    groups = sum(b["project_id"] == project for b in cloud.table("nova.server_group"))
    used = {"server_groups": groups}
    return {"id": project} | {
        name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0}
        for name, limit in quotas.items()
    }


def _quota(cloud: Cloud, ask: Ask, project: str, *, detail: bool) -> Answer:
    if project not in cloud.table("keystone.project"):
        raise RefusalError(400, f"Project ID {project} is not a valid project.")
    return Answer.json({"quota_set": quota_row(cloud, project, ask.minor, detail=detail)})


def quota(cloud: Cloud, ask: Ask, project: str) -> Answer:
    """Answer ``GET /os-quota-sets/{project}``."""
    return _quota(cloud, ask, project, detail=False)


def quota_detail(cloud: Cloud, ask: Ask, project: str) -> Answer:
    """Answer ``GET /os-quota-sets/{project}/detail``."""
    return _quota(cloud, ask, project, detail=True)
