"""One of everything, made through the services' own APIs in a real cloud and removed after.

A fresh real cloud is nearly empty; the demo cloud is seeded with all of this.
"""

import contextlib
from uuid import uuid4

import keystoneauth1.exceptions as ksa


class Furnishing:
    """Makes things and remembers how to remove them.

    Args:
        api: the cloud's own API, as the scenarios have it.
        image: id of an image to boot.
    """

    def __init__(self, api, image):
        self.compute, self.identity = api.compute, api.identity
        self.image = image
        self._undo = []
        self._word = f"furnished-{uuid4().hex[:6]}"

    def make(self):
        """Make one of everything."""
        access = self.identity.session.auth.get_access(self.identity.session)
        self._identity(access.user_id, access.project_id)
        self._federation()
        self._compute()

    def remove(self):
        """Remove all of it, the last first."""
        for adapter, path in reversed(self._undo):
            with contextlib.suppress(ksa.HttpError):
                adapter.delete(path)

    def _post(self, adapter, path, key, body, *, id_key="id", undo=None):
        made = adapter.post(path, json={key: body}).json()[key]
        self._undo.append((adapter, (undo or f"{path}/{{}}").format(made[id_key])))
        return made[id_key]

    def _put(self, path, key=None, body=None):
        self.identity.put(path, json={key: body} if key else None)
        self._undo.append((self.identity, path))

    def _identity(self, me, here):
        post, word, v3 = self._post, self._word, self.identity
        domain = post(v3, "/domains", "domain", {"name": word, "enabled": False})
        project = post(v3, "/projects", "project", {"name": word, "tags": ["b", "a", "c"]})
        user = post(v3, "/users", "user", {"name": word, "password": "CANARY-SECRET"})
        groups = [post(v3, "/groups", "group", {"name": f"{word}-{n}"}) for n in range(2)]
        for group in groups:  # the same member in two groups
            self._put(f"/groups/{group}/users/{user}")
        role = post(v3, "/roles", "role", {"name": word})
        implied = post(v3, "/roles", "role", {"name": f"{word}-implied"})
        post(v3, "/roles", "role", {"name": word, "domain_id": domain})
        self._put(f"/roles/{role}/implies/{implied}")
        self._put(f"/projects/{project}/groups/{groups[0]}/roles/{role}")
        self._put(f"/domains/default/users/{user}/roles/{role}")
        self._put(f"/system/users/{user}/roles/{role}")
        self._put(f"/OS-INHERIT/projects/{project}/users/{user}/roles/{role}/inherited_to_projects")
        secret = {"type": "totp", "blob": "CANARY-SECRET", "user_id": me, "project_id": here}
        post(v3, "/credentials", "credential", secret)
        mine = f"/users/{me}"
        v3.post(f"{mine}/credentials/OS-EC2", json={"tenant_id": here})
        application = {"name": word, "secret": "CANARY-SECRET"}
        post(v3, f"{mine}/application_credentials", "application_credential", application)
        trust = {
            "trustor_user_id": me,
            "trustee_user_id": user,
            "project_id": here,
            "impersonation": False,
            "roles": [{"name": "admin"}],
            "remaining_uses": 3,
        }
        post(v3, "/OS-TRUST/trusts", "trust", trust)
        service = post(v3, "/services", "service", {"type": word, "name": word})
        endpoint = {"service_id": service, "interface": "public", "url": "http://127.0.0.1:1/"}
        post(v3, "/endpoints", "endpoint", endpoint)
        post(v3, "/regions", "region", {"id": f"{word}/with a slash", "description": ""}, undo="/x")
        registered = {"service_id": service, "resource_name": "things", "default_limit": 5}
        limits = v3.post("/registered_limits", json={"registered_limits": [registered]}).json()
        self._undo.append((v3, f"/registered_limits/{limits['registered_limits'][0]['id']}"))
        limit = {
            "service_id": service,
            "project_id": project,
            "resource_name": "things",
            "resource_limit": 7,
        }
        limits = v3.post("/limits", json={"limits": [limit]}).json()
        self._undo.append((v3, f"/limits/{limits['limits'][0]['id']}"))

    def _federation(self):
        word = self._word
        base = "/OS-FEDERATION"
        self._put(f"{base}/identity_providers/{word}", "identity_provider", {"enabled": False})
        rules = [
            {
                "local": [{"user": {"name": "{0}"}}],
                "remote": [
                    {"type": "UserName"},
                    {"type": "orgPersonType", "any_one_of": ["b", "a"]},
                ],
            }
        ]
        self._put(f"{base}/mappings/{word}", "mapping", {"rules": rules})
        protocol = f"{base}/identity_providers/{word}/protocols/saml2"
        self._put(protocol, "protocol", {"mapping_id": word})
        provider = {"auth_url": "http://127.0.0.1:1/", "sp_url": "http://127.0.0.1:1/"}
        self._put(f"{base}/service_providers/{word}", "service_provider", provider)

    def _compute(self):
        post, word, nova = self._post, self._word, self.compute
        flavor = {
            "name": word,
            "ram": 64,
            "vcpus": 1,
            "disk": 0,
            "os-flavor-access:is_public": False,
        }
        flavor = post(nova, "/flavors", "flavor", flavor)
        specs = {"extra_specs": {"hw:cpu_policy": "shared", "hw:boot_menu": "true"}}
        nova.post(f"/flavors/{flavor}/os-extra_specs", json=specs)
        post(nova, "/os-keypairs", "keypair", {"name": word, "type": "ssh"} | _KEY, id_key="name")
        aggregate = {"name": word, "availability_zone": word}
        aggregate = post(nova, "/os-aggregates", "aggregate", aggregate)
        group = {"name": word, "policy": "soft-anti-affinity"}
        group = post(nova, "/os-server-groups", "server_group", group)
        public = nova.get("/flavors").json()["flavors"][0]["id"]
        for number in range(2):
            server = {
                "name": f"{word}-{number}",
                "flavorRef": public,
                "imageRef": self.image,
                "networks": "none",
                "key_name": word,
                "user_data": "Q0FOQVJZLVNFQ1JFVA==",
                "tags": ["b", "a"],
                "metadata": {"b": "1", "a": "2"},
            }
            body = {"server": server, "os:scheduler_hints": {"group": group}}
            made = nova.post("/servers", json=body).json()["server"]["id"]
            self._undo.append((nova, f"/servers/{made}"))


_KEY = {
    "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq3Zr2HxhWmR3dA0uMHkYvqgPRcB7RLcCkrBZpXJmGZ"
}
