"""Tokens: who may ask, for how long, and what the catalogue tells them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openstack_democloud.clock import identity_stamp
from openstack_democloud.exchange import RefusalError
from openstack_democloud.services import UNAUTHORIZED
from openstack_democloud.table import Body

if TYPE_CHECKING:
    from openstack_democloud.cloud import Cloud

LIFETIME = 3600
_PROJECT = "%(project_id)s"


@dataclass(frozen=True)
class Token:
    """One issued token. ``scope`` is ("project", id), ("domain", id), ("system", "all") or None."""

    id: str
    user_id: str
    scope: tuple[str, str] | None
    roles: tuple[tuple[str, str], ...]
    issued: float
    expires: float
    methods: tuple[str, ...]

    @property
    def project_id(self) -> str | None:
        """Return the project the token is scoped to."""
        return self.scope[1] if self.scope and self.scope[0] == "project" else None

    @property
    def admin(self) -> bool:
        """Tell whether the token has the role admin."""
        return any(name == "admin" for _, name in self.roles)


class Tokens:
    """All valid tokens."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._tokens: dict[str, Token] = {}
        self._issued = 0

    def find(self, id: str) -> Token | None:
        """Return a valid token, or None."""
        token = self._tokens.get(id)
        if token is not None and token.expires < self._cloud.clock.now():
            del self._tokens[id]
            return None
        return token

    def revoke(self, id: str) -> None:
        """End a token."""
        self._tokens.pop(id, None)

    def expire_all(self) -> None:
        """End every token issued so far."""
        self._tokens.clear()

    def issue(self, auth: Any) -> Token:
        """Return a new token for an ``auth`` object as clients post it.

        Raises:
            RefusalError: 401 whatever is wrong with the credentials, 400 for a malformed body.
        """
        try:
            methods = tuple(auth["identity"]["methods"])
            user = self._user(auth["identity"], methods)
            scope = self._scope(auth.get("scope"), user)
        except (KeyError, TypeError, AttributeError) as error:
            raise RefusalError(400, f"Expecting to find {error} in identity") from error
        roles = tuple(self._roles(user["id"], scope)) if scope else ()
        if not user["enabled"] or (scope and not roles):
            raise RefusalError(401, UNAUTHORIZED)
        self._issued += 1
        now = self._cloud.clock.now()
        id_ = "gAAAAAB" + self._cloud.names.hex("token", f"{self._issued}-{now}") * 4
        token = Token(id_, user["id"], scope, roles, now, now + LIFETIME, methods)
        self._tokens[id_] = token
        return token

    def _named(self, type: str, wanted: Any) -> Body:
        table = self._cloud.table(type)
        if "id" in wanted:
            body = table.get(wanted["id"])
        else:
            domain = self._named("keystone.domain", wanted["domain"])["id"]
            body = next(
                (b for b in table if b["name"] == wanted["name"] and b["domain_id"] == domain),
                None,
            )
        if body is None:
            raise RefusalError(401, UNAUTHORIZED)
        return body

    def _user(self, identity: Any, methods: tuple[str, ...]) -> Body:
        if "token" in methods:
            old = self.find(identity["token"]["id"])
            if old is None:
                raise RefusalError(401, UNAUTHORIZED)
            return self._named("keystone.user", {"id": old.user_id})
        if "application_credential" in methods:
            given = identity["application_credential"]
            held = self._cloud.table("keystone.application_credential")
            body = next((body for body in held if body["id"] == given.get("id")), None)
            if body is None or body["_secret"] != given["secret"]:
                raise RefusalError(401, UNAUTHORIZED)
            return self._named("keystone.user", {"id": body["user_id"]})
        given = identity["password"]["user"]
        if "id" not in given and "name" in given.get("domain", {}):
            given = given | {"domain": self._domain(given["domain"]["name"])}
        user = self._named("keystone.user", given)
        if user["_password"] != given["password"]:
            raise RefusalError(401, UNAUTHORIZED)
        return user

    def _domain(self, name: str) -> Body:
        for body in self._cloud.table("keystone.domain"):
            if body["name"] == name:
                return body
        raise RefusalError(401, UNAUTHORIZED)

    def _scope(self, scope: Any, user: Body) -> tuple[str, str] | None:
        if not scope:
            default = user.get("default_project_id")
            return ("project", default) if default else None
        if scope == "unscoped" or "unscoped" in scope:
            return None
        if "system" in scope:
            return ("system", "all")
        kind = "project" if "project" in scope else "domain"
        wanted = scope[kind]
        if kind == "domain":
            body = self._domain(wanted["name"]) if "name" in wanted else None
            return ("domain", (body or self._named("keystone.domain", wanted))["id"])
        if "id" not in wanted and "name" in wanted["domain"]:
            wanted = wanted | {"domain": self._domain(wanted["domain"]["name"])}
        return ("project", self._named("keystone.project", wanted)["id"])

    def _roles(self, user_id: str, scope: tuple[str, str]) -> Iterator[tuple[str, str]]:
        cloud = self._cloud
        members = cloud.table("keystone.group_member")
        groups = {m["group_id"] for m in members if m["user_id"] == user_id}
        kind, target = scope
        granted = set()
        for grant in cloud.table("keystone.role_assignment"):
            mine = grant.get("user", {}).get("id") == user_id
            mine = mine or grant.get("group", {}).get("id") in groups
            where = grant["scope"]
            direct = "OS-INHERIT:inherited_to" not in where
            here = kind in where and (kind == "system" or where[kind]["id"] == target)
            if mine and here and direct:
                granted.add(grant["role"]["id"])
        implied = dict(cloud.table("keystone.implied_role").items())
        for _ in implied:
            for prior, body in implied.items():
                granted.update(body["implied"] if prior in granted else ())
        for role in cloud.table("keystone.role"):
            if role["id"] in granted:
                yield role["id"], role["name"]

    def body(self, token: Token) -> dict[str, Any]:
        """Return the token as ``POST`` and ``GET /v3/auth/tokens`` show it."""
        cloud = self._cloud
        user = cloud.table("keystone.user").get(token.user_id) or {}
        shown: dict[str, Any] = {
            "methods": list(token.methods),
            "user": {
                "id": token.user_id,
                "name": user.get("name"),
                "domain": self._domain_of(user),
                "password_expires_at": None,
            },
            "audit_ids": [token.id[7:29]],
            "issued_at": identity_stamp(token.issued),
            "expires_at": identity_stamp(token.expires),
        }
        if token.scope:
            kind, id_ = token.scope
            if kind == "system":
                shown["system"] = {"all": True}
            elif kind == "domain":
                shown["domain"] = {"id": id_, "name": self._domain_of({"domain_id": id_})["name"]}
            else:
                project = cloud.table("keystone.project").get(id_) or {}
                shown["project"] = {
                    "id": id_,
                    "name": project.get("name"),
                    "domain": self._domain_of(project),
                }
                shown["is_domain"] = False
            shown["roles"] = [{"id": id_, "name": name} for id_, name in token.roles]
            shown["catalog"] = self.catalog(token)
        return {"token": shown}

    def _domain_of(self, body: Body) -> dict[str, Any]:
        domain = self._cloud.table("keystone.domain").get(body.get("domain_id", "")) or {}
        return {"id": domain.get("id"), "name": domain.get("name")}

    def catalog(self, token: Token) -> list[dict[str, Any]]:
        """Return the catalogue: enabled services with their enabled endpoints.

        An address with a project in it shows the token's; without one it is left out.
        """
        project = token.project_id
        endpoints = [
            endpoint | {"url": endpoint["url"].replace(_PROJECT, project or "")}
            for endpoint in self._cloud.table("keystone.endpoint")
            if endpoint["enabled"] and (project or _PROJECT not in endpoint["url"])
        ]
        wanted = ("id", "interface", "region", "region_id", "url")
        return [
            {
                "id": service["id"],
                "type": service["type"],
                "name": service["name"],
                "endpoints": [
                    {name: endpoint[name] for name in wanted}
                    for endpoint in endpoints
                    if endpoint["service_id"] == service["id"]
                ],
            }
            for service in self._cloud.table("keystone.service")
            if service["enabled"]
        ]
