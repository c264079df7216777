"""Listing all servers of a cloud: novaclient, openstacksdk, the floors, and our sampler."""

from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from bench.processes import part, say
from openstack_democloud.running import DemoCloud

SDK_SERVERS = 2000


def run(folder: Path, *, servers: int, rounds: int) -> dict[str, Any]:
    """Return the raw figures of every round; leaves store.sqlite in *folder*."""
    rows: list[dict[str, Any]] = []
    with ExitStack() as stack:
        say(f"sweep: starting a demo cloud of {servers} servers")
        cloud = stack.enter_context(DemoCloud(servers=servers, never_updated_every=0))
        small = stack.enter_context(
            DemoCloud(servers=min(SDK_SERVERS, servers), never_updated_every=0)
        )
        rows.extend(_round(folder, cloud, small, number) for number in range(1, rounds + 1))
    return {"rounds": rows, **_medians(rows)}


def _round(folder: Path, cloud: DemoCloud, small: DemoCloud, number: int) -> dict[str, Any]:
    database = folder / "store.sqlite"
    for each in folder.glob("store.sqlite*"):
        each.unlink()

    def tell(name: str, text: str) -> None:
        say(f"sweep, round {number}: {name}: {text}")

    row: dict[str, Any] = {}
    for name in ("keystoneauth", "httpclient"):
        row[name] = found = part(name, auth=cloud.auth, url=cloud.url)
        tell(name, f"{found['cpu']:.3f} CPU s for {found['bytes'] / 1e6:.0f} MB")
    row["novaclient"] = found = part("novaclient", auth=cloud.auth)
    tell("novaclient", f"{found['cpu']:.2f} CPU s for {found['servers']} servers")
    row["openstacksdk"] = found = part("openstacksdk", auth=small.auth)
    tell("openstacksdk", f"{found['cpu']:.2f} CPU s for {found['servers']} servers")
    row["ours"] = ours = part(
        "sweeps",
        auth=cloud.auth,
        base=cloud.base,
        database=str(database),
        unchanged=3,
        changed=True,
    )
    tell("ours, first", f"{ours['first']['cpu']:.2f} CPU s")
    again = ", ".join(f"{each['cpu']:.3f}" for each in ours["unchanged"])
    tell("ours, unchanged", f"{again} CPU s")
    tell("ours, one created and one deleted", f"{ours['shifted']['cpu']:.3f} CPU s")
    row["restart"] = found = part("restart", auth=cloud.auth, database=str(database))
    tell(
        "ours, restart",
        f"load {found['load']['cpu']:.2f}, sweep {found['sweep'][0]['cpu']:.2f} CPU s, "
        f"{found['sweep'][0]['commits']} commits",
    )
    return row


def _medians(rows: list[dict[str, Any]]) -> dict[str, Any]:
    def middle(*path: str, of: str = "cpu") -> float:
        found = []
        for row in rows:
            value: Any = row
            for name in path:
                value = value[name]
            found += [each[of] for each in (value if isinstance(value, list) else [value])]
        return median(found)

    novaclient = middle("novaclient")
    servers = rows[0]["novaclient"]["servers"]
    first, unchanged = middle("ours", "first"), middle("ours", "unchanged")
    shifted, load = middle("ours", "shifted"), middle("restart", "load")
    warm = middle("restart", "sweep")
    sdk = middle("openstacksdk") / rows[0]["openstacksdk"]["servers"]
    return {
        "servers": servers,
        "listing_bytes": rows[0]["keystoneauth"]["bytes"],
        "novaclient_cpu_s": novaclient,
        "openstacksdk_cpu_s_per_server": sdk,
        "openstacksdk_vs_novaclient": sdk / (novaclient / servers),
        "keystoneauth_get_cpu_s": middle("keystoneauth"),
        "httpclient_get_cpu_s": middle("httpclient"),
        "first_sweep_cpu_s": first,
        "first_sweep_wall_s": middle("ours", "first", of="wall"),
        "sweep_unchanged_cpu_s": unchanged,
        "sweep_unchanged_wall_s": middle("ours", "unchanged", of="wall"),
        "sweep_shifted_cpu_s": shifted,
        "restart_load_cpu_s": load,
        "restart_load_wall_s": middle("restart", "load", of="wall"),
        "restart_sweep_cpu_s": warm,
        "restart_sweep_wall_s": middle("restart", "sweep", of="wall"),
        "restart_process_cpu_s": median(row["restart"]["process_cpu"] for row in rows),
        "restart_commits": max(row["restart"]["sweep"][0]["commits"] for row in rows),
        "sweep_unchanged_cpu_vs_novaclient": unchanged / novaclient,
        "sweep_shifted_cpu_vs_novaclient": shifted / novaclient,
        "sweep_unchanged_cpu_vs_httpclient": unchanged / middle("httpclient"),
        "first_sweep_cpu_vs_novaclient": first / novaclient,
        "restart_cpu_vs_novaclient": (load + warm) / novaclient,
    }
