"""The verbs of a life: make, change, wait, and at its end delete all that was made."""

import contextlib
import datetime as dt
import json
import time

from keystoneauth1 import exceptions

# service: its type in the catalogue, and the headers that every call carries
SERVICES = {
    "keystone": ("identity", {}),
    "nova": ("compute", {"OpenStack-API-Version": "compute 2.93"}),
    "neutron": ("network", {}),
    "glance": ("image", {}),
    "cinder": ("block-storage", {"OpenStack-API-Version": "volume 3.60"}),
    "heat": ("orchestration", {}),
    "placement": ("placement", {"OpenStack-API-Version": "placement 1.39"}),
    "octavia": ("load-balancer", {}),
    "ironic": ("baremetal", {"OpenStack-API-Version": "baremetal 1.82"}),
    "manila": ("shared-file-system", {"X-OpenStack-Manila-API-Version": "2.65"}),
    "designate": ("dns", {}),
    "magnum": (
        "container-infrastructure-management",
        {"OpenStack-API-Version": "container-infra 1.9"},
    ),
    "barbican": ("key-manager", {}),
    "aodh": ("alarming", {}),
    "gnocchi": ("metric", {}),
}
DEADLINE = 120


class Cloud:
    """Whom everyone talks to, and where everyone's deeds are written down."""

    def __init__(self, http, region, log):
        self.http = http
        self.region = region
        self.log = log
        self.done = 0

    def serves(self, service):
        where = {"service_type": SERVICES[service][0], "region_name": self.region}
        try:
            return self.http.get_endpoint(**where) is not None
        except exceptions.EndpointNotFound:
            return False

    def record(self, op, type_, id_, since=None):
        """Write a deed down; *since* is the monotonic time of what was not over with its answer."""
        self.done += 1
        late = 0.0 if since is None else time.monotonic() - since
        now = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=late)
        now = now.isoformat(timespec="milliseconds")
        line = {"at": now, "op": op, "type": type_, "id": id_}
        print(json.dumps(line), file=self.log, flush=True)


class Life(contextlib.ExitStack):
    """One service's part: what was made in it is deleted on leaving it, the last first."""

    def __init__(self, cloud, service, word):
        super().__init__()
        self.cloud = cloud
        self.service = service
        self.word = word
        self.kind, self.headers = SERVICES[service]

    def beside(self, service):
        """The same life in another service, ended with this one."""
        return self.enter_context(Life(self.cloud, service, self.word))

    @property
    def project(self):
        return self.cloud.http.get_project_id()

    @property
    def user(self):
        return self.cloud.http.get_user_id()

    def call(self, method, path, body=None, **how):
        where = {"service_type": self.kind, "region_name": self.cloud.region}
        how["headers"] = self.headers | how.get("headers", {})
        if body is not None:
            how["json"] = body
        return self.cloud.http.request(path, method, endpoint_filter=where, **how)

    def get(self, path, key=None):
        found = self.call("GET", path).json()
        return found[key] if key else found

    def make(self, kind, path, body, *, key="", id_key="id", settled=None, delete=None):
        """Create one and plan its end; its id.

        Args:
            kind: the entity type without its service.
            path: of the collection.
            body: what it shall be.
            key: what the body is wrapped in; None for nothing, by default the kind.
            id_key: where its id is.
            settled: field and value to wait for; its end is then waited for as well.
            delete: path that deletes it, "{}" standing for the id; by default below the collection.
        """
        key = kind if key == "" else key
        answer = self.call("POST", path, {key: body} if key else body).json()
        id_ = (answer[key] if key else answer)[id_key]
        self.cloud.record("create", f"{self.service}.{kind}", id_)
        one = (delete or f"{path}/{{}}").format(id_)
        self.callback(self.end, kind, id_, one, key, settled)
        if settled:
            self.wait(one, key, *settled)
        return id_

    def end(self, kind, id_, path, key, settled):
        with contextlib.suppress(exceptions.NotFound):
            self.call("DELETE", path)
            since = self.wait(path, key, settled[0], "gone") if settled else None
            self.cloud.record("delete", f"{self.service}.{kind}", id_, since)

    def change(self, kind, id_, method, path, body=None, **how):
        answer = self.call(method, path, body, **how)
        self.cloud.record("update", f"{self.service}.{kind}", id_)
        return answer

    def wait(self, path, key, field, *wanted):
        """Until the field has one of these values; "gone" is no such thing.

        Returns:
            The monotonic time at which it was last seen to have another.
        """
        since = asked = time.monotonic()
        deadline = since + DEADLINE
        while True:
            since, asked = asked, time.monotonic()
            try:
                found = self.get(path, key).get(field)
            except exceptions.NotFound:
                found = "gone"
            except exceptions.BadRequest:  # Magnum's answer while it takes a cluster apart
                found = "unknown"
            if found in wanted:
                return since
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path}: {field} is still {found}, not {' or '.join(wanted)}")
            time.sleep(0.3)
