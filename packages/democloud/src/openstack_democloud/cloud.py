"""The cloud: every entity there is, and what is known of who asked."""

import random
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from openstack_democloud.calls import Calls
from openstack_democloud.clock import CloudClock
from openstack_democloud.identity.tokens import Tokens
from openstack_democloud.journal import Journal
from openstack_democloud.names import Names
from openstack_democloud.notices import Notices
from openstack_democloud.servers.pools import Pools
from openstack_democloud.table import Body, Table

if TYPE_CHECKING:
    from openstack_democloud.servers.fleet import Fleet
    from openstack_democloud.servers.placement import Placement
    from openstack_democloud.service import Tell
    from openstack_democloud.services import Services

REGION = "RegionOne"
_MOST_PORTS = 20_000


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
    ports: int | None = None

    def project_count(self) -> int:
        """Return how many projects there are besides admin, service and demo."""
        return max(8, min(1000, self.servers // 50)) if self.projects is None else self.projects

    def user_count(self) -> int:
        """Return how many users there are besides admin, nova and demo."""
        return 2 * self.project_count() if self.users is None else self.users

    def port_count(self) -> int:
        """Return how many ports the servers have together."""
        if self.ports is not None:
            return self.ports
        return min(self.servers + self.servers // 2, _MOST_PORTS)

    def hypervisor_count(self) -> int:
        """Return how many hypervisors there are; at least one."""
        wanted = self.hypervisors
        return max(1, max(6, min(1000, self.servers // 40)) if wanted is None else wanted)


class Cloud:
    """All state of the demo cloud. Owned by the event loop; nothing here waits.

    ``servers`` and ``placement`` are Nova's, made when it is seeded.
    """

    servers: "Fleet"
    placement: "Placement"

    def __init__(self, size: Size, base: str, services: "Services") -> None:
        self.size = size
        self.base = base
        self.services = services
        self.names = Names(size.seed)
        self.random = random.Random(size.seed)
        self.clock = CloudClock()
        self.journal = Journal()
        self.calls = Calls()
        self.notices = Notices(size.seed)
        self.tables = {
            type_: Table(type_, self.journal, partial(self.told, service.tells.get(type_)))
            for service in services
            for type_ in service.types
        }
        self.pools = Pools(base)
        self.made = 0
        self.tokens = Tokens(self)
        for service in services:
            service.seed(self)

    def told(self, tell: "Tell | None", op: str, old: Body, new: Body) -> None:
        """Send out what *tell* makes of a mutation, if anybody listens."""
        if tell is not None and self.notices.heard:
            for notification in tell(self, op, old, new):
                self.notices.tell(notification)

    def table(self, type: str) -> Table:
        """Return the table of an entity type."""
        return self.tables[type]

    def next(self, kind: str) -> int:
        """Return a new number for something that is being created; *kind* is for people."""
        del kind
        self.made += 1
        return 1_000_000 + self.made
