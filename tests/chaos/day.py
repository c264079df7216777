"""A day of a cloud: what happens in each of its hours, by people, by machines, by chance."""

import json
import time
import urllib.request
from collections import Counter

from keystoneauth1.adapter import Adapter
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

SHARES = (
    *(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 0.6),  # night, and the first who come
    *(1.0, 1.0, 0.8, 0.8, 0.4, 0.7, 0.8, 0.8),  # the rush, lunch, the afternoon
    *(0.8, 0.6, 0.4, 0.3, 0.2, 0.2, 0.1, 0.1),
)
"""How much of the peak's churn each hour has."""

NOT_OF_THE_DAY = frozenset(
    {
        ("soft_delete", "nova.server"),  # the truth is silent on what no listing shows
        ("archive", "nova.server"),  # at night, see `_archive`
        ("archive", "glance.image"),
        ("archive", "heat.stack"),
        ("delete", "cinder.message"),  # only the own project's are ever listed
    }
)


class Day:
    """Lets a demo cloud live through one day.

    Args:
        hour: seconds that one takes.
        peak: operations per second in the busiest hour, besides the bursts.
        every: hours between two of the rounds in which everything is done once.
        crowd: how many servers a burst concerns.
    """

    def __init__(self, cloud, *, hour, peak, every, crowd):
        self.cloud = cloud
        self.operations = Counter()
        self._hour, self._peak, self._every, self._crowd = hour, peak, every, crowd
        self._rate = self._since = 0.0
        with urllib.request.urlopen(f"{cloud.base}/demo") as about:
            known = [tuple(each.split(" ")) for each in json.load(about)["mutations"]]
        self._everything = [key for key in known if key not in NOT_OF_THE_DAY]
        self._bursts = {
            8: self._boot,
            9: self._boot_by_api,
            11: self._rename,
            14: self._end_tenant,
            16: self._boot,
            17: self._scale_in,
            22: self._archive,
        }

    def run(self, after_hour):
        """Live through it; *after_hour* is called between the hours."""
        for number, share in enumerate(SHARES):
            begun = time.monotonic()
            self._churn(share * self._peak)
            if number % self._every == 0:
                for op, type_ in self._everything:
                    self._do(op, type_)
            if number in self._bursts:
                self._bursts[number]()
            time.sleep(max(0.0, begun + self._hour - time.monotonic()))
            after_hour()
        self._churn(0)
        self.cloud.pause()

    def _churn(self, rate):
        now = time.monotonic()
        self.operations["churn"] += round(self._rate * (now - self._since)) if self._since else 0
        self._rate, self._since = rate, now
        self.cloud.churn(rate)

    def _do(self, op, type_, count=1, **more):
        done = self.cloud.mutate(op, type_, count, **more)
        self.operations[op] += len(done)
        return done

    # --- bursts ----------------------------------------------------------

    def _boot(self):
        self._do("create", "nova.server", self._crowd)

    def _boot_by_api(self):
        """As clients do it: a request first, then BUILD, then ACTIVE."""
        compute = Adapter(Session(v3.Password(**self.cloud.auth)), "compute")
        for number in range(self._crowd // 4):
            compute.post("/servers", json={"server": {"name": f"rush-{number}", "flavorRef": "2"}})
        self.operations["boot"] += self._crowd // 4

    def _rename(self):
        """Somebody's script gives every server and port it can see another name."""
        for type_ in ("nova.server", "neutron.port"):
            ids = list(self.cloud.state(type_))[: self._crowd]
            self._do("update", type_, ids=ids)

    def _end_tenant(self):
        """The biggest tenant leaves: its servers, with their ports, and its volumes."""
        servers = self.cloud.state("nova.server")
        ((tenant, _),) = Counter(each["tenant_id"] for each in servers.values()).most_common(1)
        self._do("delete", "nova.server", ids=_of(tenant, servers, "tenant_id"))
        volumes = self.cloud.state("cinder.volume")
        owner = "os-vol-tenant-attr:tenant_id"
        self._do("delete", "cinder.volume", ids=_of(tenant, volumes, owner))

    def _scale_in(self):
        """So many servers go at once that the guard of deletes wakes up."""
        servers = list(self.cloud.state("nova.server"))
        self._do("delete", "nova.server", ids=servers[: len(servers) // 3])

    def _archive(self):
        """The nightly job: what was deleted leaves no record."""
        for type_ in ("nova.server", "glance.image", "heat.stack"):
            self._do("archive", type_)


def _of(tenant, bodies, field):
    return [id_ for id_, body in bodies.items() if body[field] == tenant]
