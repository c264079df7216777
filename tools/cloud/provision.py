"""What a cloud has before anyone uses it; whatever exists already is left as it is.

``provision.py identity``  users, roles, projects, services and endpoints: needs only Keystone
``provision.py cloud``     waits until every worker reports up, then flavor, image and network
"""

import argparse
import datetime as dt
import pathlib
import sys
import time

import yaml
from keystoneauth1 import exceptions, session
from keystoneauth1.identity import v3

# name, type, path: the port comes from the command line, and a service without one does not run
SERVICES = (
    ("nova", "compute", "/v2.1"),
    ("placement", "placement", ""),
    ("neutron", "network", ""),
    ("glance", "image", ""),
    ("cinder", "block-storage", "/v3"),
    ("heat", "orchestration", "/v1/%(tenant_id)s"),
    ("octavia", "load-balancer", ""),
    ("ironic", "baremetal", ""),
    ("manila", "shared-file-system", "/v2"),
    ("designate", "dns", ""),
    ("magnum", "container-infrastructure-management", "/v1"),
    ("barbican", "key-manager", ""),
    ("aodh", "alarming", ""),
    ("gnocchi", "metric", ""),
)
HEADERS = {
    "baremetal": {"OpenStack-API-Version": "baremetal 1.49"},
    "shared-file-system": {"X-OpenStack-Manila-API-Version": "2.60"},
}
SERVICE_USERS = (*(name for name, _, _ in SERVICES), "ceilometer")
# Both make users in a domain of their own and administer it as this one.
DOMAINS = {"heat": "heat_domain_admin", "magnum": "magnum_domain_admin"}
ROLES = ("service", "heat_stack_owner", "heat_stack_user", "load-balancer_admin")


class Identity:
    def __init__(self, http, url):
        self.http = http
        self.url = url

    def all(self, kind):
        return self.http.get(f"{self.url}/{kind}s").json()[f"{kind}s"]

    def create(self, kind, **body):
        return self.http.post(f"{self.url}/{kind}s", json={kind: body}).json()[kind]["id"]

    def ensure(self, kind, **body):
        """The id of the one with this name, made when there is none."""
        for found in self.all(kind):
            same_domain = found.get("domain_id") == body.get("domain_id")
            if found["name"] == body["name"] and same_domain:
                return found["id"]
        return self.create(kind, **body)

    def grant(self, role, user, *, project=None, domain=None):
        scope = f"projects/{project}" if project else f"domains/{domain}"
        self.http.put(f"{self.url}/{scope}/users/{user}/roles/{role}")

    def people(self, password):
        roles = {role["name"]: role["id"] for role in self.all("role")}
        for name in ROLES:
            if name not in roles:
                roles[name] = self.create("role", name=name)
        here = {"domain_id": "default"}
        project = self.ensure("project", name="service", **here)
        for name in SERVICE_USERS:
            user = self.ensure("user", name=name, password=password, **here)
            for role in ("admin", "service"):
                self.grant(roles[role], user, project=project)
        demo = self.ensure("project", name="demo", **here)
        reader = self.ensure("user", name="reader", password=password, **here)
        self.grant(roles["reader"], reader, project=demo)
        for name, admin in DOMAINS.items():
            domain = self.ensure("domain", name=name)
            user = self.ensure("user", name=admin, password=password, domain_id=domain)
            self.grant(roles["admin"], user, domain=domain)
        # By default Octavia does not take an admin for one who may see everything.
        project = self.ensure("project", name="admin", **here)
        user = self.ensure("user", name="admin", **here)
        self.grant(roles["load-balancer_admin"], user, project=project)

    def catalogue(self, ports, region):
        """Names exactly the services that run: a client would take the others for broken ones."""
        known = {service["name"]: service["id"] for service in self.all("service")}
        served = {(row["service_id"], row["interface"]) for row in self.all("endpoint")}
        for name, kind, path in SERVICES:
            if name not in ports:
                if name in known:
                    self.http.delete(f"{self.url}/services/{known[name]}")
                continue
            service = known.get(name) or self.create("service", name=name, type=kind)
            for interface in ("public", "internal"):
                if (service, interface) not in served:
                    self.create(
                        "endpoint",
                        service_id=service,
                        interface=interface,
                        region_id=region,
                        url=f"http://127.0.0.1:{ports[name]}{path}",
                    )


class Cloud:
    def __init__(self, http, region, since):
        self.http = http
        self.region = region
        self.since = since

    def call(self, method, kind, path, **how):
        where = {"service_type": kind, "interface": "public", "region_name": self.region}
        how = {"headers": HEADERS.get(kind)} | how
        return self.http.request(path, method, endpoint_filter=where, **how)

    def rows(self, kind, path, key=None):
        found = self.call("GET", kind, path).json()
        return found[key] if key else found

    def answers(self, kind, path, key=None):
        self.rows(kind, path, key)

    def workers(self, kind, path, wanted, key="services"):
        up = {row["binary"] for row in self.rows(kind, path, key) if self.is_up(row)}
        return ", ".join(sorted(wanted - up))

    def is_up(self, worker):
        """Heartbeats of before the last stop still count for a minute, hence the time."""
        at = worker["updated_at"] or worker.get("created_at")
        if at is None or "up" not in (worker.get("state"), worker.get("status")):
            return False
        at = dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC)  # some name no zone
        return at.timestamp() >= self.since

    def hypervisors(self):
        return "" if self.rows("compute", "/os-hypervisors", "hypervisors") else "no hypervisor"

    def conductors(self):
        found = self.rows("baremetal", "/v1/conductors", "conductors")
        return "" if any(row["alive"] for row in found) else "no conductor"

    def not_ready(self, services):
        """What is still missing, each part in words."""
        nova = {"nova-compute", "nova-conductor", "nova-scheduler"}
        cinder = {"cinder-scheduler", "cinder-volume"}
        manila = {"manila-scheduler", "manila-share"}
        clusters = "container-infrastructure-management"
        checks = (
            ("nova", self.workers, ("compute", "/os-services", nova)),
            ("nova", self.hypervisors, ()),
            ("neutron", self.answers, ("network", "/v2.0/networks?limit=1", "networks")),
            ("glance", self.answers, ("image", "/v2/images?limit=1", "images")),
            ("cinder", self.workers, ("block-storage", "/os-services", cinder)),
            ("heat", self.workers, ("orchestration", "/services", {"heat-engine"})),
            ("octavia", self.answers, ("load-balancer", "/v2/lbaas/providers", "providers")),
            ("ironic", self.conductors, ()),
            ("manila", self.workers, ("shared-file-system", "/services", manila)),
            ("designate", self.answers, ("dns", "/v2/zones?limit=1", "zones")),
            ("magnum", self.workers, (clusters, "/mservices", {"magnum-conductor"}, "mservices")),
            ("barbican", self.answers, ("key-manager", "/v1/secrets?limit=1", "secrets")),
            ("aodh", self.answers, ("alarming", "/v2/alarms?limit=1")),
            ("gnocchi", self.answers, ("metric", "/v1/resource_type")),
        )
        for service, check, arguments in checks:
            if service not in services:
                continue
            try:
                lacking = check(*arguments)
            except (exceptions.ClientException, ValueError, KeyError) as error:
                lacking = str(error)
            if lacking:
                yield f"{service}: {lacking}"

    def wait_until_ready(self, services, seconds):
        deadline = time.monotonic() + seconds
        while lacking := list(self.not_ready(services)):
            if time.monotonic() > deadline:
                sys.exit(f"not ready after {seconds} s: " + "; ".join(lacking))
            time.sleep(0.3)

    def has(self, kind, path, key, name):
        return any(row["name"] == name for row in self.rows(kind, path, key))

    def ensure_flavor(self):
        if self.has("compute", "/flavors", "flavors", "m1.tiny"):
            return
        body = {"name": "m1.tiny", "id": "1", "vcpus": 1, "ram": 64, "disk": 1}
        self.call("POST", "compute", "/flavors", json={"flavor": body})

    def ensure_image(self):
        if self.has("image", "/v2/images?name=tiny&status=active", "images", "tiny"):
            return
        body = {
            "name": "tiny",
            "visibility": "public",
            "disk_format": "raw",
            "container_format": "bare",
        }
        image = self.call("POST", "image", "/v2/images", json=body).json()["id"]
        octets = {"Content-Type": "application/octet-stream"}
        self.call("PUT", "image", f"/v2/images/{image}/file", data=bytes(4096), headers=octets)

    def ensure_network(self):
        if self.has("network", "/v2.0/subnets?name=private", "subnets", "private"):
            return
        found = self.rows("network", "/v2.0/networks?name=private", "networks")
        if not found:
            body = {"network": {"name": "private", "shared": True}}
            found = [self.call("POST", "network", "/v2.0/networks", json=body).json()["network"]]
        subnet = {
            "name": "private",
            "network_id": found[0]["id"],
            "ip_version": 4,
            "cidr": "10.20.0.0/20",
        }
        self.call("POST", "network", "/v2.0/subnets", json={"subnet": subnet})


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("identity", "cloud"))
    parser.add_argument("--clouds", required=True, help="the clouds.yaml")
    parser.add_argument("--cloud", required=True, help="the entry in it")
    parser.add_argument(
        "--since", type=int, default=0, help="epoch seconds: older heartbeats do not count"
    )
    parser.add_argument("services", nargs="+", metavar="NAME=PORT", help="those that run")
    return parser.parse_args()


def main():
    arguments = read_arguments()
    text = pathlib.Path(arguments.clouds).read_text("utf-8")
    entry = yaml.safe_load(text)["clouds"][arguments.cloud]
    http = session.Session(v3.Password(**entry["auth"]))
    ports = dict(service.split("=") for service in arguments.services)
    try:
        if arguments.step == "identity":
            identity = Identity(http, entry["auth"]["auth_url"])
            identity.people(entry["auth"]["password"])
            identity.catalogue(ports, entry["region_name"])
        else:
            cloud = Cloud(http, entry["region_name"], arguments.since)
            cloud.wait_until_ready(ports, seconds=150)
            cloud.ensure_flavor()
            cloud.ensure_image()
            cloud.ensure_network()
    except exceptions.Unauthorized:
        sys.exit("Keystone knows another password: take the cloud down with --wipe first")


if __name__ == "__main__":
    main()
