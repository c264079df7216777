"""The servers nobody touched: each a pure function of the seed and its number."""

from openstack_democloud.exchange import encode
from openstack_democloud.names import SECRET
from openstack_democloud.servers.ids import ServerIds
from openstack_democloud.servers.pools import Pools
from openstack_democloud.servers.server import Server

EPOCH = 1704067200  # 2024-01-01: the oldest server
SPAN = 700 * 86400  # the newest seeded one is that much younger
BUILD_TIME = 61
MASK64 = (1 << 64) - 1
DRAW = 0x9E3779B97F4A7C15
DRAW_AGAIN = 0xBF58476D1CE4E5B9
DRAWN_CONDITIONS = (*("active",) * 88, *("stopped",) * 8, *("paused",) * 2, *("error",) * 2)

METADATA = [
    {"app": app, "stage": stage, "cost-center": str(4100 + len(app))}
    for app in ("web", "api", "worker", "database", "cache", "search")
    for stage in ("prod", "test", "dev")
]
GROUPS = [
    [{"name": "default"}],
    [{"name": "default"}, {"name": "web"}],
    [{"name": "ssh"}, {"name": "default"}, {"name": "default"}],
]


class Seeds:
    """Makes server number *seq*, and draws the numbers that both of its forms are made of."""

    def __init__(
        self,
        ids: ServerIds,
        pools: Pools,
        *,
        count: int,
        seed: int,
        never_updated_every: int = 0,
        padding: int = 0,
    ) -> None:
        self.ids = ids
        self.pools = pools
        self.count = count
        self.step = max(1, SPAN // max(1, count))
        self.salt = (seed * 0xBF58476D1CE4E5B9 + 0x94D049BB) & MASK64
        self.never_updated_every = never_updated_every
        self.padding = "x" * padding
        # A seeded server points only at what was there in the beginning.
        self.projects = len(pools.projects)
        self.users = len(pools.users)
        self.hosts = len(pools.hosts)
        self.flavors = len(pools.flavors)
        self.images = len(pools.images)

    def draw(self, seq: int) -> int:
        """Return the 64 random bits of server *seq*."""
        x = (seq * DRAW + self.salt) & MASK64
        return ((x ^ (x >> 29)) * DRAW_AGAIN) & MASK64

    def created(self, seq: int) -> int:
        """Return when server *seq* was created: later for each next one."""
        return EPOCH + seq * self.step

    def never_updated(self, seq: int) -> bool:
        """Tell whether server *seq* is one of the few whose updated_at is still NULL."""
        every = self.never_updated_every
        return every > 0 and seq % every == every // 2

    def condition(self, draw: int) -> str:
        """Return the state that *draw* stands for."""
        return DRAWN_CONDITIONS[(draw >> 32) % 100]

    def address(self, seq: int, project: int) -> tuple[str, str, str]:
        """Return network, IPv4 and MAC address of server *seq*."""
        return (
            f"net-{project}",
            f"10.{seq >> 16 & 255}.{seq >> 8 & 255}.{seq & 255}",
            f"fa:16:3e:{seq >> 16 & 255:02x}:{seq >> 8 & 255:02x}:{seq & 255:02x}",
        )

    def volume_id(self, seq: int) -> str:
        """Return the id of the volume that server *seq* may have attached."""
        id_ = self.ids.id(seq)
        return id_[:24] + id_[:-13:-1]

    def server(self, seq: int) -> Server:
        """Return server *seq* as an object, to be touched or looked at closely."""
        draw = self.draw(seq)
        condition = self.condition(draw)
        project = (draw >> 8) % self.projects
        created = self.created(seq)
        network, address, mac = self.address(seq, project)
        fixed = {
            "version": 4,
            "addr": address,
            "OS-EXT-IPS:type": "fixed",
            "OS-EXT-IPS-MAC:mac_addr": mac,
        }
        volume = {"id": self.volume_id(seq), "delete_on_termination": bool(draw & 1)}
        fault = {
            "code": 500,
            "created": "2026-01-01T00:00:00Z",
            "message": "No valid host was found.",
            "details": f"Traceback: password={SECRET}-fault-{seq:x}",
        }
        return Server(
            seq=seq,
            id=self.ids.id(seq),
            name=f"server-{seq:07d}",
            condition=condition,
            project=project,
            user=(draw >> 16) % self.users,
            host=(draw >> 24) % self.hosts,
            flavor=(draw >> 40) % self.flavors,
            image=(draw >> 44) % self.images,
            created=created,
            updated=None if self.never_updated(seq) else created + BUILD_TIME,
            launched=created + BUILD_TIME,
            metadata=dict(METADATA[(draw >> 48) % len(METADATA)]),
            addresses={network: [fixed]},
            volumes=[volume] if draw & 2 else [],
            security_groups=GROUPS[(draw >> 52) % len(GROUPS)],
            key_name=f"key-{(draw >> 16) % self.users}",
            user_data=f"{SECRET}-user-data-{seq:08x}{self.padding}",
            fault=fault if condition == "error" else None,
        )


RENDERED_METADATA = [encode(metadata) for metadata in METADATA]
RENDERED_GROUPS = [encode(groups) for groups in GROUPS]
