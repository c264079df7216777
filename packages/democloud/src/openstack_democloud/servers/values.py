"""The rendered values of a server, in the order of ``template.VALUES``.

Two ways to the same tuple: ``seeded`` is the fast one for a server nobody touched,
``of_server`` takes any. A test holds them together.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from openstack_democloud.clock import micro_stamp, stamp
from openstack_democloud.exchange import encode
from openstack_democloud.names import SECRET
from openstack_democloud.servers.pools import NOWHERE
from openstack_democloud.servers.seeds import (
    BUILD_TIME,
    DRAW,
    DRAW_AGAIN,
    DRAWN_CONDITIONS,
    EPOCH,
    MASK64,
    RENDERED_GROUPS,
    RENDERED_METADATA,
    Seeds,
)
from openstack_democloud.servers.server import CONDITIONS, NO_HOST, Server

if TYPE_CHECKING:
    from openstack_democloud.servers.fleet import Fleet
    from openstack_democloud.servers.template import Template

Values = tuple[bytes, ...]

_USER_DATA = SECRET.encode() + b"-user-data-%b"
_MINUTES = [b"T%02d:%02d:" % divmod(minute, 60) for minute in range(1440)]
_SECONDS = [b"%02dZ" % second for second in range(60)]
_ADDRESS = (
    b'{"net-%d":[{"version":4,"addr":"10.%d.%d.%d","OS-EXT-IPS:type":"fixed",'
    b'"OS-EXT-IPS-MAC:mac_addr":"fa:16:3e:%02x:%02x:%02x"}]}'
)
_VOLUMES = (b"[]", b"[]", b'[{"id":"%b"}]', b'[{"id":"%b"}]')
_VOLUMES_3 = (
    b"[]",
    b"[]",
    b'[{"id":"%b","delete_on_termination":false}]',
    b'[{"id":"%b","delete_on_termination":true}]',
)


def _condition(name: str) -> bytes:
    status, vm_state, task_state, power_state = CONDITIONS[name]
    return encode(
        {
            "status": status,
            "OS-EXT-STS:vm_state": vm_state,
            "OS-EXT-STS:task_state": task_state,
            "OS-EXT-STS:power_state": power_state,
            "progress": 0,
        }
    )[1:-1]


_RENDERED_CONDITIONS = {name: _condition(name) for name in CONDITIONS}
#: Of a drawn condition; None for those that need more than the condition.
_RENDERED_DRAWN = [
    None if name == "error" else _RENDERED_CONDITIONS[name] for name in DRAWN_CONDITIONS
]


class Renderer:
    """Renders the values of servers of one fleet."""

    def __init__(self, seeds: Seeds) -> None:
        self._seeds = seeds
        self._pools = seeds.pools
        self._projects = [id_.encode() for id_ in seeds.pools.projects]
        self._users = [id_.encode() for id_ in seeds.pools.users]
        self._keys = [encode(f"key-{number}") for number in range(seeds.users)]
        self._pinned = [encode(h.zone) if h.pinned else b"null" for h in seeds.pools.hosts]
        self._days: dict[int, bytes] = {}

    def _time(self, seconds: int) -> bytes:
        day, rest = divmod(seconds, 86400)
        date = self._days.get(day)
        if date is None:
            date = self._days[day] = stamp(seconds)[:10].encode()
        return date + _MINUTES[rest // 60] + _SECONDS[rest % 60]

    def seeded(self, seqs: Iterable[int]) -> Iterator[tuple[int, Values | None]]:
        """Yield numbers of untouched servers with their values; None if not a plain one.

        This is the hot loop of a big cloud, hence everything in local names.
        """
        seeds, pools = self._seeds, self._pools
        encoded, time_of, step = seeds.ids.encoded, self._time, seeds.step
        salt, every = seeds.salt, seeds.never_updated_every
        projects, project_count = self._projects, seeds.projects
        users, keys, user_count = self._users, self._keys, seeds.users
        hosts, pinned, host_count = pools.rendered_hosts, self._pinned, seeds.hosts
        images, image_count = pools.rendered_images, seeds.images
        flavors, flavor_count = pools.rendered_flavors, seeds.flavors
        for seq in seqs:
            x = (seq * DRAW + salt) & MASK64
            draw = ((x ^ (x >> 29)) * DRAW_AGAIN) & MASK64
            condition = _RENDERED_DRAWN[(draw >> 32) % 100]
            if condition is None or (every and seq % every == every // 2):
                yield seq, None
                continue
            id_ = encoded(seq)
            name = b'"server-%07d"' % seq
            number = b"%08x" % seq
            created = EPOCH + seq * step
            updated = time_of(created + BUILD_TIME)
            project = (draw >> 8) % project_count
            user = (draw >> 16) % user_count
            host = (draw >> 24) % host_count
            image, image_98 = images[(draw >> 44) % image_count]
            flavor, flavor_47 = flavors[(draw >> 40) % flavor_count]
            if draw & 2:
                volume = id_[:24] + id_[:-13:-1]
                volumes, volumes_3 = _VOLUMES[draw & 3] % volume, _VOLUMES_3[draw & 3] % volume
            else:
                volumes = volumes_3 = b"[]"
            a, b, c = seq >> 16 & 255, seq >> 8 & 255, seq & 255
            yield (
                seq,
                (
                    id_,
                    name,
                    condition,
                    projects[project],
                    users[user],
                    hosts[host],
                    RENDERED_METADATA[(draw >> 48) % len(RENDERED_METADATA)],
                    image,
                    image_98,
                    flavor,
                    flavor_47,
                    time_of(created),
                    updated,
                    b'"%b.000000"' % updated[:-1],
                    _ADDRESS % (project, a, b, c, a, b, c),
                    keys[user],
                    volumes,
                    volumes_3,
                    RENDERED_GROUPS[(draw >> 52) % len(RENDERED_GROUPS)],
                    number,
                    id_[:8],
                    name,
                    _USER_DATA % number,
                    pinned[host],
                ),
            )

    def items(self, fleet: "Fleet", seqs: Iterable[int], template: "Template") -> list[bytes]:
        """Return the JSON of servers of any kind, in the order given."""
        touched = fleet.touched
        text, pick = template.seeded
        items: list[bytes] = []
        append = items.append
        now = fleet.clock.now()
        for seq, values in self.seeded(seqs):
            if values is None or seq in touched:
                append(template.render(self.of_server(fleet.look(seq), now=now)))
            else:
                append(text % pick(values))
        return items

    def of_server(
        self,
        server: Server,
        *,
        now: float,
        host_status: str = "UP",
        groups: list[str] | None = None,
    ) -> Values:
        """Return the values of a server object at the time *now*."""
        pools = self._pools
        image, image_98 = pools.rendered_images[server.image]
        flavor, flavor_47 = pools.rendered_flavors[server.flavor]
        launched = micro_stamp(server.launched) if server.launched is not None else None
        terminated = micro_stamp(server.terminated) if server.terminated is not None else None
        nowhere = server.host == NO_HOST
        host = pools.hosts[server.host]
        return (
            server.id.encode(),
            encode(server.name),
            _RENDERED_CONDITIONS[server.condition],
            pools.projects[server.project].encode(),
            pools.users[server.user].encode(),
            NOWHERE if nowhere else pools.rendered_hosts[server.host],
            b"" if nowhere else host_status.encode(),
            encode(server.metadata),
            image,
            image_98,
            flavor,
            flavor_47,
            stamp(server.created).encode(),
            stamp(now if server.updated is None else server.updated).encode(),
            encode(launched),
            encode(terminated),
            encode(server.addresses),
            encode(server.key_name),
            encode([{"id": volume["id"]} for volume in server.volumes]),
            encode(
                [
                    {"id": v["id"], "delete_on_termination": v["delete_on_termination"]}
                    for v in server.volumes
                ]
            ),
            encode(server.security_groups),
            b"%08x" % server.seq,
            server.id[:8].encode(),
            encode(server.name),
            server.user_data.encode(),
            encode(server.description),
            encode(server.tags),
            encode(server.locked),
            encode(server.locked_reason),
            encode(host.zone) if host.pinned and not nowhere else b"null",
            encode(server.hints),
            b"" if server.fault is None else b',"fault":' + encode(server.fault),
            encode(groups or []),
        )
