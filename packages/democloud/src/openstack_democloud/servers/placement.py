"""Which servers are on which host, worked out for all at once: a scan of a million is slow."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from openstack_democloud.servers.fleet import Fleet
from openstack_democloud.servers.seeds import DRAW, DRAW_AGAIN
from openstack_democloud.servers.server import NO_HOST


class Placement:
    """The hosts of a fleet's servers."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    @cached_property
    def _seeded(self) -> NDArray[np.int64]:
        """Return the host of each seeded server, as long as it is untouched."""
        seeds = self._fleet.seeds
        x = np.arange(seeds.count, dtype=np.uint64) * np.uint64(DRAW) + np.uint64(seeds.salt)
        draw = (x ^ (x >> np.uint64(29))) * np.uint64(DRAW_AGAIN)
        return ((draw >> np.uint64(24)) % np.uint64(seeds.hosts)).astype(np.int64)

    def _plain(self) -> NDArray[np.bool_]:
        """Tell of each seeded server whether it is alive and untouched."""
        fleet, count = self._fleet, self._fleet.seeds.count
        plain = np.frombuffer(bytes(fleet.alive[:count]), dtype=np.bool_).copy()
        plain[[seq for seq in fleet.touched if seq < count]] = False
        return plain

    def _moved(self) -> Iterator[tuple[int, int]]:
        """Yield number and host of each living server that was touched."""
        fleet = self._fleet
        for seq, fields in fleet.touched.items():
            if fleet.alive[seq]:
                host = fields.get("host")
                if host is None:
                    seeded = seq < fleet.seeds.count
                    host = int(self._seeded[seq]) if seeded else fleet.look(seq).host
                yield seq, host

    def counts(self) -> list[int]:
        """Return how many servers each host has."""
        hosts = len(self._fleet.pools.hosts)
        counts: list[int] = np.bincount(self._seeded[self._plain()], minlength=hosts).tolist()
        for _, host in self._moved():
            if host != NO_HOST:
                counts[host] += 1
        return counts

    def servers(self, hosts: set[int]) -> dict[int, list[dict[str, str]]]:
        """Return the servers of some hosts as hypervisors show them, in order of creation."""
        fleet, held = self._fleet, dict[int, list[tuple[int, str]]]()
        wanted = self._plain() & np.isin(self._seeded, list(hosts))
        for seq in np.flatnonzero(wanted).tolist():
            held.setdefault(int(self._seeded[seq]), []).append((seq, f"server-{seq:07d}"))
        for seq, host in self._moved():
            if host in hosts:
                held.setdefault(host, []).append((seq, fleet.look(seq).name))
        return {
            host: [{"name": name, "uuid": fleet.ids.id(seq)} for seq, name in sorted(rows)]
            for host, rows in held.items()
        }
