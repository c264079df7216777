"""Who may do what, and where everything is."""


def live(keystone):
    word = keystone.word

    def crud(kind, body, change=None, collection=None):
        path = f"/{collection or kind + 's'}"
        made = keystone.make(kind, path, body)
        if change:
            keystone.change(kind, made, "PATCH", f"{path}/{made}", {kind: change})
        return made

    # An enabled domain cannot be deleted.
    crud("domain", {"name": word}, {"enabled": False})
    project = crud("project", {"name": word}, {"description": "changed"})
    user = crud("user", {"name": word, "password": word}, {"email": "a@example.org"})
    group = crud("group", {"name": word}, {"description": "changed"})
    role = crud("role", {"name": word}, {"name": f"{word}-changed"})
    grant = f"projects/{project}/users/{user}/roles/{role}"
    for kind, made, path in (
        ("group_member", f"{group}/{user}", f"groups/{group}/users/{user}"),
        ("role_assignment", f"{role}/user:{user}/project:{project}", grant),
    ):
        for method, op in (("PUT", "create"), ("DELETE", "delete")):
            keystone.call(method, f"/{path}")
            keystone.cloud.record(op, f"keystone.{kind}", made)
    region = crud("region", {"id": word}, {"description": "changed"})
    service = crud("service", {"name": word, "type": word}, {"description": "changed"})
    endpoint = {
        "service_id": service,
        "interface": "public",
        "url": "http://127.0.0.1:1/",
        "region_id": region,
    }
    crud("endpoint", endpoint, {"url": "http://127.0.0.1:2/"})
    credential = {"type": "cert", "blob": "x", "user_id": user}
    crud("credential", credential)
    application = {"name": word}
    path = f"/users/{keystone.user}/application_credentials"
    keystone.make("application_credential", path, application, key="application_credential")
    trust = {
        "trustor_user_id": keystone.user,
        "trustee_user_id": user,
        "impersonation": False,
        "project_id": keystone.project,
        "roles": [{"name": "member"}],
    }
    keystone.make("trust", "/OS-TRUST/trusts", trust)
