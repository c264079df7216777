"""Versions and tokens: what a client needs before it can ask for anything."""

from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.services import UNAUTHORIZED


def _version(base: str) -> dict[str, Any]:
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{base}/v3/"}],
        "media-types": [
            {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}
        ],
    }


def versions(cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /``: 300 with all versions."""
    return Answer.json({"versions": {"values": [_version(cloud.base)]}}, 300)


def version(cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /v3``."""
    return Answer.json({"version": _version(cloud.base)})


def issue(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /v3/auth/tokens``."""
    token = cloud.tokens.issue(ask.part("auth"))
    return Answer.json(cloud.tokens.body(token), 201, X_Subject_Token=token.id)


def show(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /v3/auth/tokens``: the token in X-Subject-Token."""
    id_ = ask.header(b"x-subject-token")
    token = cloud.tokens.find(id_)
    if token is None:
        raise RefusalError(404, "Could not find token.")
    return Answer.json(cloud.tokens.body(token), 200, X_Subject_Token=id_)


def check(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``HEAD /v3/auth/tokens``."""
    answer = show(cloud, ask)
    answer.body = b""
    return answer


def revoke(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``DELETE /v3/auth/tokens``."""
    id_ = ask.header(b"x-subject-token")
    if cloud.tokens.find(id_) is None:
        raise RefusalError(404, "Could not find token.")
    cloud.tokens.revoke(id_)
    return Answer(204)


def catalog(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /v3/auth/catalog``."""
    if ask.token is None:
        raise RefusalError(401, UNAUTHORIZED)
    return Answer.json({"catalog": cloud.tokens.catalog(ask.token), "links": {"self": None}})


def own_projects(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /v3/auth/projects``: what the caller may be scoped to."""
    if ask.token is None:
        raise RefusalError(401, UNAUTHORIZED)
    user = ask.token.user_id
    members = cloud.table("keystone.group_member")
    actors = {user} | {m["group_id"] for m in members if m["user_id"] == user}
    ids = {
        grant["scope"]["project"]["id"]
        for grant in cloud.table("keystone.role_assignment")
        if "project" in grant["scope"]
        and (grant.get("user") or grant.get("group") or {}).get("id") in actors
    }
    projects = [body for body in cloud.table("keystone.project") if body["id"] in ids]
    return Answer.json({"projects": projects, "links": {"next": None, "self": None}})
