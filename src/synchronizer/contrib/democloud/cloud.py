"""The cloud: every entity there is, and what is known of who asked."""

import random
from dataclasses import dataclass

from synchronizer.contrib.democloud.calls import Calls
from synchronizer.contrib.democloud.clock import CloudClock
from synchronizer.contrib.democloud.compute.seeding import seed_around_servers, seed_compute
from synchronizer.contrib.democloud.identity.seeding import seed_identity
from synchronizer.contrib.democloud.identity.tokens import Tokens
from synchronizer.contrib.democloud.journal import Journal
from synchronizer.contrib.democloud.names import Names
from synchronizer.contrib.democloud.servers.fleet import Fleet
from synchronizer.contrib.democloud.servers.ids import ServerIds
from synchronizer.contrib.democloud.servers.placement import Placement
from synchronizer.contrib.democloud.servers.pools import Pools
from synchronizer.contrib.democloud.servers.seeds import Seeds
from synchronizer.contrib.democloud.servers.template import listed
from synchronizer.contrib.democloud.servers.values import Renderer
from synchronizer.contrib.democloud.table import Table

REGION = "RegionOne"

TYPES = (
    "keystone.domain", "keystone.project", "keystone.user", "keystone.group",
    "keystone.group_member", "keystone.role", "keystone.domain_role", "keystone.role_assignment",
    "keystone.implied_role", "keystone.service", "keystone.endpoint", "keystone.region",
    "keystone.credential", "keystone.ec2_credential", "keystone.application_credential",
    "keystone.trust", "keystone.registered_limit", "keystone.limit", "keystone.identity_provider",
    "keystone.protocol", "keystone.mapping", "keystone.service_provider",
    "nova.flavor", "nova.flavor_access", "nova.hypervisor", "nova.service", "nova.aggregate",
    "nova.server_group", "nova.keypair", "nova.migration",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Size:
    """How big a cloud is and how it differs from others: the program's options."""

    servers: int = 200
    projects: int | None = None
    users: int | None = None
    hypervisors: int | None = None
    seed: int = 0
    page_limit: int = 1000
    build_seconds: float = 1.0
    server_bytes: int = 2700
    never_updated_every: int = 500

    def project_count(self) -> int:
        """Return how many projects there are besides admin, service and demo."""
        return max(8, min(1000, self.servers // 50)) if self.projects is None else self.projects

    def user_count(self) -> int:
        """Return how many users there are besides admin, nova and demo."""
        return 2 * self.project_count() if self.users is None else self.users

    def hypervisor_count(self) -> int:
        """Return how many hypervisors there are; at least one."""
        wanted = self.hypervisors
        return max(1, max(6, min(1000, self.servers // 40)) if wanted is None else wanted)


class Cloud:
    """All state of the demo cloud. Owned by the event loop; nothing here waits."""

    def __init__(self, size: Size, base: str) -> None:
        self.size = size
        self.base = base
        self.names = Names(size.seed)
        self.random = random.Random(size.seed)
        self.clock = CloudClock()
        self.journal = Journal()
        self.calls = Calls()
        self.tables = {type_: Table(type_, self.journal) for type_ in TYPES}
        self.pools = Pools(base)
        self.made = 0
        self.tokens = Tokens(self)
        seed_identity(self)
        seed_compute(self)
        ids = ServerIds(size.seed)
        self.servers = Fleet(self._seeds(ids), self.journal, self.clock)
        self.placement = Placement(self.servers)
        seed_around_servers(self)

    def _seeds(self, ids: ServerIds) -> Seeds:
        def seeds(padding: int) -> Seeds:
            return Seeds(
                ids,
                self.pools,
                count=self.size.servers,
                seed=self.size.seed,
                never_updated_every=self.size.never_updated_every,
                padding=padding,
            )

        plain = seeds(0)
        values = Renderer(plain).of_server(plain.server(0), now=self.clock.now())
        typical = len(listed(96, self.base).render(values))
        return seeds(max(0, self.size.server_bytes - typical))

    def table(self, type: str) -> Table:
        """Return the table of an entity type."""
        return self.tables[type]

    def next(self, kind: str) -> int:
        """Return a new number for something that is being created; *kind* is for people."""
        del kind
        self.made += 1
        return 1_000_000 + self.made
