"""All of Keystone on one screen, and its error shape."""

from http import HTTPStatus

from openstack_democloud.exchange import Answer, RefusalError
from openstack_democloud.identity import assignments, auth, catalogue, listing, writes
from openstack_democloud.identity.listing import Serve, collection, member
from openstack_democloud.routes import Table

#: What may be asked without a token.
OPEN = frozenset({("GET", "/"), ("GET", "/v3"), ("POST", "/v3/auth/tokens")})


def refused(error: RefusalError) -> Answer:
    """Return *error* in Keystone's shape."""
    title = HTTPStatus(error.status).phrase
    body = {"error": {"code": error.status, "message": error.message, "title": title}}
    answer = Answer.json(body, error.status)
    answer.headers.update(error.headers)
    return answer


def _writable(kind: str, listed: Serve) -> Table:
    return {
        f"/v3/{kind}s": {"GET": listed, "POST": writes.create(kind)},
        f"/v3/{kind}s/{{id}}": {
            "GET": member(f"keystone.{kind}", kind),
            "PATCH": writes.change(kind),
            "DELETE": writes.delete(kind),
        },
    }


def _readable(path: str, type: str, key: str) -> Table:
    return {
        f"/v3/{path}": {"GET": collection(type, path.rpartition("/")[2])},
        f"/v3/{path}/{{id}}": {"GET": member(type, key)},
    }


def _catalogued(kind: str) -> Table:
    return {
        f"/v3/{kind}s": {
            "GET": collection(f"keystone.{kind}", f"{kind}s"),
            "POST": catalogue.create(kind),
        },
        f"/v3/{kind}s/{{id}}": {
            "GET": member(f"keystone.{kind}", kind),
            "PATCH": catalogue.change(kind),
            "DELETE": catalogue.delete(kind),
        },
    }


_FEDERATION = "/v3/OS-FEDERATION/identity_providers/{idp}/protocols"
_GRANTS = {
    f"/v3/{kind}s/{{target}}/{actor}s/{{actor_id}}/roles/{{role_id}}": assignments.grant(
        kind, actor
    )
    for kind in ("project", "domain")
    for actor in ("user", "group")
}
_INHERITED = {
    f"/v3/OS-INHERIT/{kind}s/{{target}}/{actor}s/{{actor_id}}/roles/{{role_id}}"
    "/inherited_to_projects": assignments.grant(kind, actor, inherited=True)
    for kind in ("project", "domain")
    for actor in ("user", "group")
}
_SYSTEM = {
    f"/v3/system/{actor}s/{{actor_id}}/roles/{{role_id}}": assignments.grant("system", actor)
    for actor in ("user", "group")
}

OPERATIONS: Table = {
    "/": {"GET": auth.versions},
    "/v3": {"GET": auth.version},
    "/v3/auth/tokens": {
        "POST": auth.issue,
        "GET": auth.show,
        "HEAD": auth.check,
        "DELETE": auth.revoke,
    },
    "/v3/auth/catalog": {"GET": auth.catalog},
    "/v3/auth/projects": {"GET": auth.own_projects},
    **_readable("domains", "keystone.domain", "domain"),
    **_writable("project", listing.projects),
    **_writable("user", collection("keystone.user", "users")),
    **_writable("group", collection("keystone.group", "groups")),
    **_writable("role", listing.roles),
    **_catalogued("service"),
    **_catalogued("endpoint"),
    **_readable("regions", "keystone.region", "region"),
    **_readable("credentials", "keystone.credential", "credential"),
    **_readable("policies", "keystone.policy", "policy"),
    **_readable("registered_limits", "keystone.registered_limit", "registered_limit"),
    **_readable("limits", "keystone.limit", "limit"),
    **_readable(
        "OS-FEDERATION/identity_providers", "keystone.identity_provider", "identity_provider"
    ),
    **_readable("OS-FEDERATION/mappings", "keystone.mapping", "mapping"),
    **_readable("OS-FEDERATION/service_providers", "keystone.service_provider", "service_provider"),
    _FEDERATION: {"GET": listing.protocols},
    _FEDERATION + "/{id}": {"GET": listing.protocol},
    "/v3/OS-TRUST/trusts": {"GET": collection("keystone.trust", "trusts")},
    "/v3/OS-TRUST/trusts/{id}": {"GET": listing.trust},
    "/v3/projects/{id}/tags": {
        "GET": writes.show_tags,
        "PUT": writes.set_tags,
        "DELETE": writes.clear_tags,
    },
    "/v3/projects/{id}/tags/{tag}": {"PUT": writes.add_tag, "DELETE": writes.remove_tag},
    "/v3/groups/{id}/users": {"GET": listing.group_users},
    "/v3/groups/{id}/users/{user_id}": {
        "PUT": assignments.join,
        "GET": assignments.is_member,
        "HEAD": assignments.is_member,
        "DELETE": assignments.leave,
    },
    "/v3/users/{user_id}/credentials/OS-EC2": {"GET": listing.of_user("keystone.ec2_credential")},
    "/v3/users/{user_id}/credentials/OS-EC2/{id}": {
        "GET": listing.one_of_user("keystone.ec2_credential", "credential")
    },
    "/v3/users/{user_id}/application_credentials": {
        "GET": listing.of_user("keystone.application_credential")
    },
    "/v3/users/{user_id}/application_credentials/{id}": {
        "GET": listing.one_of_user("keystone.application_credential", "application_credential")
    },
    "/v3/role_assignments": {"GET": assignments.assignments},
    "/v3/role_inferences": {"GET": assignments.inferences},
    **_GRANTS,
    **_INHERITED,
    **_SYSTEM,
}
