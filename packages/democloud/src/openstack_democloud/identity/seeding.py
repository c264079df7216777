"""The identity side of the seeded cloud."""

from typing import TYPE_CHECKING

from openstack_democloud.identity import entities
from openstack_democloud.names import SECRET

if TYPE_CHECKING:
    from openstack_democloud.cloud import Cloud

ROLES = ("admin", "manager", "member", "reader", "service")


def seed(cloud: "Cloud") -> None:
    """Make domains, projects, users and everything that hangs on them."""
    _seed_domains(cloud)
    _seed_projects(cloud)
    _seed_users(cloud)
    _seed_grants(cloud)
    _seed_catalog(cloud)
    _seed_secrets(cloud)
    _seed_limits_and_federation(cloud)


def _seed_domains(cloud: "Cloud") -> None:
    table = cloud.table("keystone.domain")
    table.seed("default", entities.domain(cloud.base, "default", "Default", "The default domain"))
    id_ = cloud.names.hex("domain", 1)
    table.seed(id_, entities.domain(cloud.base, id_, "partners", "Users of partners"))


def _seed_projects(cloud: "Cloud") -> None:
    table, names = cloud.table("keystone.project"), cloud.names
    partners = names.hex("domain", 1)
    fixed = ["admin", "service", "demo"]
    for number, name in enumerate(
        [*fixed, *(f"project-{n:04d}" for n in range(cloud.size.project_count()))]
    ):
        id_ = names.hex("project", number)
        domain = partners if number % 10 == 9 else "default"
        body = entities.project(cloud.base, id_, name, domain)
        if number % 4 == 3:
            body["tags"] = ["billing", f"tier-{number % 3}"]
        table.seed(id_, body)
        if name != "service":
            cloud.pools.project(id_)


def _seed_users(cloud: "Cloud") -> None:
    names, base = cloud.names, cloud.base
    users, groups = cloud.table("keystone.user"), cloud.table("keystone.group")
    members = cloud.table("keystone.group_member")
    projects = cloud.table("keystone.project").ids()
    partners = names.hex("domain", 1)
    fixed = ["admin", "nova", "demo"]
    for number, name in enumerate(
        [*fixed, *(f"user-{n:04d}" for n in range(cloud.size.user_count()))]
    ):
        id_ = names.hex("user", number)
        domain = partners if number % 10 == 9 else "default"
        body = entities.user(base, id_, name, domain, email=f"{name}@demo.example")
        if number > 2:
            body["default_project_id"] = projects[number % len(projects)]
        users.seed(id_, body)
        if name != "nova":
            cloud.pools.user(id_)
    ids = users.ids()
    for number in range(max(2, len(ids) // 10)):
        group = names.hex("group", number)
        groups.seed(group, entities.group(base, group, f"group-{number:03d}", "default"))
        for user in {ids[(number * 7 + n * 3) % len(ids)] for n in range(4)}:
            members.seed(f"{group}/{user}", {"group_id": group, "user_id": user})


def _seed_grants(cloud: "Cloud") -> None:
    names, base = cloud.names, cloud.base
    roles, grants = cloud.table("keystone.role"), cloud.table("keystone.role_assignment")
    role = {name: names.hex("role", name) for name in ROLES}
    for name, id_ in role.items():
        roles.seed(id_, entities.role(base, id_, name))
    local = names.hex("role", "partner-auditor")
    partners = names.hex("domain", 1)
    cloud.table("keystone.domain_role").seed(
        local, entities.role(base, local, "partner-auditor", partners)
    )

    def grant(
        role_id: str, actor: tuple[str, str], scope: tuple[str, str], *, inherited: bool = False
    ) -> None:
        grants.seed(*entities.assignment(base, role_id, actor, scope, inherited=inherited))

    users = cloud.table("keystone.user").ids()
    projects = cloud.table("keystone.project").ids()
    grant(role["admin"], ("user", users[0]), ("project", projects[0]))
    grant(role["admin"], ("user", users[0]), ("system", "all"))
    grant(role["admin"], ("user", users[0]), ("domain", "default"), inherited=True)
    grant(role["service"], ("user", users[1]), ("project", projects[1]))
    grant(role["member"], ("user", users[2]), ("project", projects[2]))
    for number, user in enumerate(users[3:], 3):
        name = "reader" if number % 5 == 0 else "member"
        grant(role[name], ("user", user), ("project", projects[number % len(projects)]))
    for number, group in enumerate(cloud.table("keystone.group").ids()):
        project = projects[(number * 3) % len(projects)]
        grant(role["reader"], ("group", group), ("project", project))
    for prior, implied in (("admin", "manager"), ("manager", "member"), ("member", "reader")):
        cloud.table("keystone.implied_role").seed(role[prior], {"implied": [role[implied]]})


def _seed_catalog(cloud: "Cloud") -> None:
    names, base = cloud.names, cloud.base
    cloud.table("keystone.region").seed(
        "RegionOne",
        {
            "id": "RegionOne",
            "description": "",
            "parent_region_id": None,
            "links": entities.link(base, "regions", "RegionOne"),
        },
    )
    for service in cloud.services:
        id_ = names.hex("service", service.name)
        cloud.table("keystone.service").seed(
            id_,
            {
                "id": id_,
                "name": service.name,
                "type": service.kind,
                "enabled": True,
                "description": "",
                "links": entities.link(base, "services", id_),
            },
        )
        for interface in ("public", "internal", "admin"):
            endpoint = names.hex("endpoint", f"{service.name}-{interface}")
            cloud.table("keystone.endpoint").seed(
                endpoint,
                {
                    "id": endpoint,
                    "interface": interface,
                    "region": "RegionOne",
                    "region_id": "RegionOne",
                    "service_id": id_,
                    "url": base + service.root + service.version,
                    "enabled": True,
                    "links": entities.link(base, "endpoints", endpoint),
                },
            )


def _seed_secrets(cloud: "Cloud") -> None:
    names, base = cloud.names, cloud.base
    users = cloud.table("keystone.user").ids()
    projects = cloud.table("keystone.project").ids()
    member = names.hex("role", "member")
    for number, user in enumerate(users[:6]):
        project = projects[number % len(projects)]
        secret = names.secret("ec2", number)
        access = names.hex("access", number)
        id_ = names.hex("credential", number)
        cloud.table("keystone.credential").seed(
            id_,
            {
                "id": id_,
                "type": "ec2",
                "user_id": user,
                "project_id": project,
                "blob": f'{{"access": "{access}", "secret": "{secret}", "trust_id": null}}',
                "links": entities.link(base, "credentials", id_),
            },
        )
        cloud.table("keystone.ec2_credential").seed(
            f"{user}/{access}",
            {
                "access": access,
                "secret": secret,
                "user_id": user,
                "tenant_id": project,
                "trust_id": None,
                "links": entities.link(base, "users", user, "credentials", "OS-EC2", access),
            },
        )
        id_ = names.hex("app_credential", number)
        cloud.table("keystone.application_credential").seed(
            f"{user}/{id_}",
            {
                "id": id_,
                "name": f"robot-{number}",
                "description": None,
                "user_id": user,
                "project_id": project,
                "system": None,
                "expires_at": None,
                "unrestricted": False,
                "roles": [{"id": member, "name": "member", "domain_id": None}],
                "links": entities.link(base, "users", user, "application_credentials", id_),
                "_secret": f"{SECRET}-app-{number}",
            },
        )
    for number in range(3):
        id_ = names.hex("trust", number)
        cloud.table("keystone.trust").seed(
            id_,
            {
                "id": id_,
                "trustor_user_id": users[number],
                "trustee_user_id": users[number + 1],
                "project_id": projects[number % len(projects)],
                "impersonation": True,
                "expires_at": None,
                "deleted_at": None,
                "remaining_uses": 5 - number,
                "redelegation_count": 0,
                "links": entities.link(base, "OS-TRUST", "trusts", id_),
                "_roles": [member],
            },
        )


def _seed_limits_and_federation(cloud: "Cloud") -> None:
    names, base = cloud.names, cloud.base
    service = names.hex("service", "nova")
    for number, (resource, value) in enumerate((("servers", 10), ("class:VCPU", 20))):
        id_ = names.hex("registered_limit", number)
        common = {"service_id": service, "region_id": "RegionOne", "resource_name": resource}
        cloud.table("keystone.registered_limit").seed(
            id_,
            {
                "id": id_,
                **common,
                "default_limit": value,
                "description": None,
                "links": entities.link(base, "registered_limits", id_),
            },
        )
        id_ = names.hex("limit", number)
        cloud.table("keystone.limit").seed(
            id_,
            {
                "id": id_,
                **common,
                "project_id": names.hex("project", 2),
                "domain_id": None,
                "resource_limit": value * 10,
                "description": None,
                "links": entities.link(base, "limits", id_),
            },
        )
    federation = ("OS-FEDERATION",)
    cloud.table("keystone.identity_provider").seed(
        "corporate",
        {
            "id": "corporate",
            "description": "Corporate login",
            "enabled": True,
            "domain_id": names.hex("domain", 1),
            "remote_ids": ["https://login.demo.example"],
            "authorization_ttl": None,
            "links": entities.link(base, *federation, "identity_providers", "corporate"),
        },
    )
    path = (*federation, "identity_providers", "corporate", "protocols", "openid")
    cloud.table("keystone.protocol").seed(
        "corporate/openid",
        {
            "id": "openid",
            "mapping_id": "staff",
            "remote_id_attribute": None,
            "links": entities.link(base, *path),
            "_idp": "corporate",
        },
    )
    rule = {"local": [{"user": {"name": "{0}"}}], "remote": [{"type": "OIDC-email"}]}
    cloud.table("keystone.mapping").seed(
        "staff",
        {
            "id": "staff",
            "rules": [rule],
            "schema_version": "1.0",
            "links": entities.link(base, *federation, "mappings", "staff"),
        },
    )
    cloud.table("keystone.service_provider").seed(
        "branch",
        {
            "id": "branch",
            "auth_url": "https://branch.demo.example/v3/auth",
            "sp_url": "https://branch.demo.example/sso",
            "description": None,
            "enabled": True,
            "relay_state_prefix": "ss:mem:",
            "links": entities.link(base, *federation, "service_providers", "branch"),
        },
    )
