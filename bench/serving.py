"""Get all: our API child and a server that goes through json, over the same store."""

import shutil
from pathlib import Path
from statistics import median
from typing import Any

from bench.parts.measuring import memory
from bench.processes import ApiProcess, Part, Scales, cpu_of, part, say
from openstack_democloud.running import DemoCloud

_WARM = 10
_REPEATED = 20


def filled(folder: Path, servers: int) -> Path:
    """Return a store with the servers of a demo cloud, made once a run."""
    kept = folder / "store.sqlite"
    if not kept.exists():
        say(f"get: filling a store with {servers} servers of a demo cloud")
        with DemoCloud(servers=servers, never_updated_every=0) as cloud:
            part(
                "sweeps",
                auth=cloud.auth,
                base=cloud.base,
                database=str(kept),
                unchanged=0,
                changed=False,
            )
    return kept


def run(folder: Path, *, servers: int, rounds: int) -> dict[str, Any]:
    kept = filled(folder, servers)
    database = folder / "get.sqlite"
    shutil.copy(kept, database)
    rows = [_round(database, number) for number in range(1, rounds + 1)]
    # The section on sweeps may have left one more: what is deleted at once goes a little later.
    counts = {each["entities"] for row in rows for each in (row, row["json"])}
    if len(counts) != 1 or min(counts) < servers:
        raise SystemExit(f"get: not every answer had the same {servers} entities: {rows}")
    return {"rounds": rows, **_medians(rows)}


def _asked(pid: int, port: int, times: int) -> dict[str, Any]:
    before = cpu_of(pid)
    found = part("get", port=port, times=times)
    return found | {"server_cpu": (cpu_of(pid) - before) / times}


def _round(database: Path, number: int) -> dict[str, Any]:
    def tell(name: str, found: dict[str, Any]) -> None:
        wall = median(found["walls"])
        say(
            f"get, round {number}: {name}: {wall:.3f} s, "
            f"{found['server_cpu']:.3f} CPU s of the server"
        )

    row: dict[str, Any] = {}
    with ApiProcess(database) as api:
        row["memory_before"] = memory(api.pid)
        with Scales(api.pid) as scales:
            row["cold"] = _asked(api.pid, api.port, 1)
            tell("ours, cold", row["cold"])
            row["warm"] = _asked(api.pid, api.port, _WARM)
            tell("ours, warm", row["warm"])
            part("touch", database=str(database), changes=10)
            row["touched"] = _asked(api.pid, api.port, 1)
            tell("ours, after ten changes", row["touched"])
            part("get", port=api.port, times=_REPEATED)
        row["memory_growth_mb"], row["memory_kept_mb"] = scales.growth, scales.last - scales.first
        row["memory_after"] = memory(api.pid)
        say(f"get, round {number}: ours: grew by {scales.growth:.1f} MB")
        row["entities"] = part("count", port=api.port)["entities"]
    with Part("jsonserver", database=str(database)) as peer:
        row["json"] = _asked(peer.pid, peer.first["port"], 1)
        row["json"]["entities"] = part("count", port=peer.first["port"])["entities"]
    tell("through json", row["json"])
    return row


def _medians(rows: list[dict[str, Any]]) -> dict[str, Any]:
    entities = rows[0]["entities"]

    def wall(name: str) -> float:
        return median(each for row in rows for each in row[name]["walls"])

    def used(name: str) -> float:
        return median(row[name]["server_cpu"] for row in rows)

    through_json = used("json")
    found: dict[str, Any] = {"entities": entities, "bytes": rows[0]["cold"]["bytes"][0]}
    for name in ("cold", "warm", "touched", "json"):
        found[f"get_all_{name}_wall_s"] = wall(name)
        found[f"get_all_{name}_cpu_s"] = used(name)
        found[f"get_all_{name}_entities_per_s"] = entities / wall(name)
        found[f"get_all_{name}_entities_per_cpu_s"] = entities / max(used(name), 0.001)
    return found | {
        "get_all_entities_per_s": entities / wall("warm"),
        "get_all_cpu_vs_json": used("warm") / through_json,
        "get_all_cold_cpu_vs_json": used("cold") / through_json,
        "get_all_touched_cpu_vs_json": used("touched") / through_json,
        "get_all_memory_growth_mb": max(row["memory_growth_mb"] for row in rows),
        "get_all_memory_kept_mb": max(row["memory_kept_mb"] for row in rows),
    }
