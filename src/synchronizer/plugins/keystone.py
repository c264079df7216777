"""Keystone: identity v3.

Facts that shape this file: entities carry no timestamps and there is no incremental
filter, so every look is a full listing. ``limit`` and ``marker`` work on projects,
domains, users and groups only (since 2025.1), where a call *without* ``limit`` is cut
silently at 1000; on every other collection ``limit`` makes page one repeat for ever.

Source: https://docs.openstack.org/api-ref/identity/v3/
"""

from collections.abc import Mapping as Item
from typing import Any
from urllib.parse import urlencode

from synchronizer.plugins.hints import Hint
from synchronizer.plugins.plugin import Paging, Plugin, Resource
from synchronizer.plugins.service import Service as Asked


def _told(name: str) -> tuple[Hint, ...]:
    """Return the hints of a resource's own events; both formats have this field."""
    return (Hint(f"identity.{name}.*", "resource_info"),)


class Domain(Resource):
    """A domain: the namespace of users and projects."""

    name, path, key = "domain", "/domains", "domains"
    paging = Paging.MARKER
    single, single_key = "/domains/{id}", "domain"
    volatile = ("links",)
    never_empty = True
    hints = _told("domain")


class Project(Resource):
    """A project."""

    name, path, key = "project", "/projects", "projects"
    paging = Paging.MARKER
    single, single_key = "/projects/{id}", "project"
    volatile = ("links",)
    relations = {"domain_id": "keystone.domain", "parent_id": "keystone.project"}
    never_empty = True
    hints = (
        *_told("project"),
        Hint("identity.project tag.*"),  # names the tag, not the project
    )

    def is_gone(self, item: Item[str, Any]) -> bool:
        """Whether it is a domain: notifications and reads take it for a project, too."""
        return item.get("is_domain") is True


class User(Resource):
    """A user. With domain-specific drivers, those of the token's domain."""

    name, path, key = "user", "/users", "users"
    paging = Paging.MARKER
    single, single_key = "/users/{id}", "user"
    volatile = ("links",)
    secret = ("password", "original_password")
    relations = {"domain_id": "keystone.domain", "default_project_id": "keystone.project"}
    never_empty = True
    hints = _told("user")


class Group(Resource):
    """A group of users."""

    name, path, key = "group", "/groups", "groups"
    paging = Paging.MARKER
    single, single_key = "/groups/{id}", "group"
    volatile = ("links",)
    relations = {"domain_id": "keystone.domain"}
    hints = _told("group")


class GroupMember(Resource):
    """The membership of one user in one group; Keystone answers whether there is one."""

    name, path, key = "group_member", "/groups/{parent}/users", "users"
    each = "keystone.group"
    id = ("group_id", "user_id")
    single = "/groups/{id[0]}/users/{id[1]}"
    relations = {"group_id": "keystone.group", "user_id": "keystone.user"}
    sweep = 1800.0
    hints = (Hint("identity.group.*"),)  # the default format leaves out the user

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Keep the pair alone: the user is an entity of its own."""
        return {"group_id": parent, "user_id": item.get("id")}

    def read(self, service: Asked, id_: str) -> dict[str, Any] | None:
        """Ask whether there is one."""
        answer = service.get(self.single_path(id_), {}, allow=(204, 404))
        return None if answer.status == 404 else {"id": id_.rpartition("/")[2]}


class Role(Resource):
    """A global role."""

    name, path, key = "role", "/roles", "roles"
    single, single_key = "/roles/{id}", "role"
    volatile = ("links",)
    never_empty = True
    hints = _told("role")

    def is_gone(self, item: Item[str, Any]) -> bool:
        """Whether it belongs to a domain: a read shows those, too."""
        return item.get("domain_id") is not None


class DomainRole(Resource):
    """A role that belongs to one domain; the plain listing leaves these out."""

    name, path, key = "domain_role", "/roles?domain_id={parent}", "roles"
    each = "keystone.domain"
    single, single_key = "/roles/{id}", "role"
    volatile = ("links",)
    relations = {"domain_id": "keystone.domain"}
    hints = _told("role")

    def is_gone(self, item: Item[str, Any]) -> bool:
        """Whether it is a global role: a read shows those, too."""
        return item.get("domain_id") is None


class RoleAssignment(Resource):
    """A role granted to a user or group on a project, a domain or the system.

    Keystone gives it no id: ours is ``role/user:ID/project:ID``, with ``/inherited``
    behind it when the grant is only for what lies below.
    """

    name, path, key = "role_assignment", "/role_assignments", "role_assignments"
    single, single_key = "/role_assignments", "role_assignments"
    volatile = ("links",)
    relations = {
        "role.id": "keystone.role",
        "user.id": "keystone.user",
        "group.id": "keystone.group",
        "scope.project.id": "keystone.project",
        "scope.domain.id": "keystone.domain",
    }
    never_empty = True
    # What goes with its role, actor or target is not announced.
    hints = (
        Hint("identity.role_assignment.*"),
        *(
            Hint(f"identity.{each}.deleted")
            for each in ("role", "user", "group", "project", "domain")
        ),
    )

    def hinted(self, event_type: str, payload: Any) -> list[str] | None:
        """Join what a notification of a grant names; the formats of others name none."""
        if not event_type.startswith("identity.role_assignment.") or not isinstance(payload, dict):
            return []
        scope: dict[str, Any] = {
            kind: {"id": payload[kind]} for kind in ("project", "domain") if payload.get(kind)
        }
        if payload.get("inherited_to_projects"):
            scope["OS-INHERIT:inherited_to"] = "projects"
        actor = "user" if payload.get("user") else "group"
        item = {"role": {"id": payload.get("role")}, actor: {"id": payload.get(actor)}}
        parts = self._parts({**item, "scope": scope}) if scope else [""]
        return ["/".join(parts)] if parts != [""] else []

    def identify(self, item: Any) -> str:
        """Join role, actor and scope."""
        synthetic = {"id": "/".join(self._parts(item))}
        return super().identify(synthetic)

    def reads(self, id_: str) -> bool:  # noqa: ARG002 - any grant can be asked for
        """Return true: the filtered listing takes the parts as parameters."""
        return True

    def single_path(self, id_: str) -> str:
        """Return the listing filtered to exactly this grant."""
        role, actor, target, *inherited = id_.split("/")
        kind, actor_id = actor.split(":", 1)
        query = {"role.id": role, f"{kind}.id": actor_id}
        place, _, target_id = target.partition(":")
        if place == "system":
            query["scope.system"] = "all"
        else:
            query[f"scope.{place}.id"] = target_id
        if inherited:
            query["scope.OS-INHERIT:inherited_to"] = "projects"
        return f"{self.path}?{urlencode(query)}"

    @staticmethod
    def _parts(item: Any) -> list[str]:
        scope = item.get("scope") or {}
        actor = "user" if "user" in item else "group"
        who = (item.get(actor) or {}).get("id") or ""
        parts = [(item.get("role") or {}).get("id") or "", f"{actor}:{who}"]
        if "project" in scope:
            parts.append(f"project:{scope['project'].get('id', '')}")
        elif "domain" in scope:
            parts.append(f"domain:{scope['domain'].get('id', '')}")
        else:
            parts.append("system")
        if scope.get("OS-INHERIT:inherited_to"):
            parts.append("inherited")
        return parts if parts[0] and who else [""]


class ImpliedRole(Resource):
    """What one role implies: the prior role with the list of roles that come with it."""

    name, path, key = "implied_role", "/role_inferences", "role_inferences"
    id = ("prior_role.id",)
    volatile = ("prior_role.links", "implies.*.links")
    relations = {"prior_role.id": "keystone.role", "implies.*.id": "keystone.role"}


class Service(Resource):
    """A service of the catalogue."""

    name, path, key = "service", "/services", "services"
    single, single_key = "/services/{id}", "service"
    volatile = ("links",)
    never_empty = True
    hints = _told("service")


class Endpoint(Resource):
    """An endpoint of the catalogue."""

    name, path, key = "endpoint", "/endpoints", "endpoints"
    single, single_key = "/endpoints/{id}", "endpoint"
    volatile = ("links",)
    relations = {"service_id": "keystone.service", "region_id": "keystone.region"}
    never_empty = True
    hints = _told("endpoint")


class Region(Resource):
    """A region; its id is free text."""

    name, path, key = "region", "/regions", "regions"
    single, single_key = "/regions/{id}", "region"
    volatile = ("links",)
    relations = {"parent_region_id": "keystone.region"}
    never_empty = True
    hints = _told("region")


class Credential(Resource):
    """A credential of a user; the secret itself is never kept."""

    name, path, key = "credential", "/credentials", "credentials"
    single, single_key = "/credentials/{id}", "credential"
    volatile = ("links",)
    secret = ("blob",)
    relations = {"user_id": "keystone.user", "project_id": "keystone.project"}
    hints = _told("credential")


class Ec2Credential(Resource):
    """An EC2 key pair of a user: one call for each user, so only when asked for."""

    name, path, key = "ec2_credential", "/users/{parent}/credentials/OS-EC2", "credentials"
    each = "keystone.user"
    id = ("user_id", "access")
    single, single_key = "/users/{id[0]}/credentials/OS-EC2/{id[1]}", "credential"
    volatile = ("links",)
    secret = ("secret", "trust_id")
    relations = {"user_id": "keystone.user", "tenant_id": "keystone.project"}
    default = False
    hints = (Hint("identity.credential.*"),)  # names the hash of the access key


class ApplicationCredential(Resource):
    """An application credential: one call for each user, so only when asked for."""

    name = "application_credential"
    path, key = "/users/{parent}/application_credentials", "application_credentials"
    each = "keystone.user"
    id = ("user_id", "id")
    single = "/users/{id[0]}/application_credentials/{id[1]}"
    single_key = "application_credential"
    volatile = ("links",)
    secret = ("secret",)
    relations = {"user_id": "keystone.user", "project_id": "keystone.project"}
    default = False
    # Only owners make them, and nearly always it is they who delete them.
    hints = (Hint("identity.application_credential.*", "initiator.user_id/resource_info"),)

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the owner, which older releases leave out."""
        item["user_id"] = parent
        return item


class Policy(Resource):
    """A policy that Keystone keeps for others; sampled only when asked for."""

    name, path, key = "policy", "/policies", "policies"
    single, single_key = "/policies/{id}", "policy"
    volatile = ("links",)
    relations = {"user_id": "keystone.user", "project_id": "keystone.project"}
    default = False


class Trust(Resource):
    """A trust; its roles are shown by the single read only and left out."""

    name, path, key = "trust", "/OS-TRUST/trusts", "trusts"
    single, single_key = "/OS-TRUST/trusts/{id}", "trust"
    only_single = ("roles", "roles_links")
    volatile = ("links",)
    measured = ("remaining_uses",)
    relations = {
        "trustor_user_id": "keystone.user",
        "trustee_user_id": "keystone.user",
        "project_id": "keystone.project",
    }
    hints = _told("OS-TRUST:trust")


class RegisteredLimit(Resource):
    """The default limit of a resource of a service."""

    name, path, key = "registered_limit", "/registered_limits", "registered_limits"
    single, single_key = "/registered_limits/{id}", "registered_limit"
    volatile = ("links",)
    relations = {"service_id": "keystone.service", "region_id": "keystone.region"}


class Limit(Resource):
    """The limit of one project or domain."""

    name, path, key = "limit", "/limits", "limits"
    single, single_key = "/limits/{id}", "limit"
    volatile = ("links",)
    relations = {
        "service_id": "keystone.service",
        "region_id": "keystone.region",
        "project_id": "keystone.project",
        "domain_id": "keystone.domain",
    }


class IdentityProvider(Resource):
    """A federated identity provider."""

    name = "identity_provider"
    path, key = "/OS-FEDERATION/identity_providers", "identity_providers"
    single, single_key = "/OS-FEDERATION/identity_providers/{id}", "identity_provider"
    volatile = ("links",)
    relations = {"domain_id": "keystone.domain"}


class Protocol(Resource):
    """A protocol of an identity provider."""

    name = "protocol"
    path, key = "/OS-FEDERATION/identity_providers/{parent}/protocols", "protocols"
    each = "keystone.identity_provider"
    id = ("idp_id", "id")
    single = "/OS-FEDERATION/identity_providers/{id[0]}/protocols/{id[1]}"
    single_key = "protocol"
    only_single = ("remote_id_attribute",)
    volatile = ("links",)
    relations = {"idp_id": "keystone.identity_provider", "mapping_id": "keystone.mapping"}

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the provider: a protocol's id is unique within it only."""
        item = super().shape(item, parent)
        item["idp_id"] = parent
        return item


class Mapping(Resource):
    """A mapping of federated attributes; the order of its rules is state."""

    name, path, key = "mapping", "/OS-FEDERATION/mappings", "mappings"
    single, single_key = "/OS-FEDERATION/mappings/{id}", "mapping"
    volatile = ("links",)
    ordered = ("rules",)


class ServiceProvider(Resource):
    """Another Keystone that trusts this one."""

    name, path, key = "service_provider", "/OS-FEDERATION/service_providers", "service_providers"
    single, single_key = "/OS-FEDERATION/service_providers/{id}", "service_provider"
    volatile = ("links",)


class Keystone(Plugin):
    """The identity service; its entities belong to the whole cloud."""

    name = "keystone"
    service_type = "identity"
    exchanges = ("keystone",)
    version = "3"
    privileged = "/users"
    regional = False
    scopes = ("project", "system")
    resources = (
        Domain,
        Project,
        User,
        Group,
        GroupMember,
        Role,
        DomainRole,
        RoleAssignment,
        ImpliedRole,
        Service,
        Endpoint,
        Region,
        Credential,
        Ec2Credential,
        ApplicationCredential,
        Policy,
        Trust,
        RegisteredLimit,
        Limit,
        IdentityProvider,
        Protocol,
        Mapping,
        ServiceProvider,
    )
