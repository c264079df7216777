"""The memory of a sampler's baseline of a million entities."""

from pathlib import Path
from typing import Any

from bench.processes import part, say
from openstack_democloud.running import DemoCloud


def run(folder: Path, *, entities: int, full: bool) -> dict[str, Any]:
    database = folder / "million.sqlite"
    say(f"memory: filling a store with {entities} small entities")
    filled = part("fill", database=str(database), entities=entities, size=200)
    say(f"memory: filled in {filled['wall']:.0f} s; loading the baseline")
    found = part("baseline", database=str(database))
    result: dict[str, Any] = {
        "baseline": found,
        "fill": filled,
        "baseline_entities": found["entities"],
        "baseline_1m_rss_mb": found["settled"]["private_mb"],
        "baseline_1m_total_rss_mb": found["settled"]["rss_mb"],
        "baseline_1m_loaded_rss_mb": found["loaded"]["private_mb"],
        "baseline_1m_peak_rss_mb": found["settled"]["peak_rss_mb"],
        "baseline_empty_rss_mb": found["before"]["private_mb"],
        "baseline_1m_load_cpu_s": found["catch_up"]["cpu"],
        "baseline_1m_load_wall_s": found["catch_up"]["wall"],
    }
    say(f"memory: {result['baseline_1m_rss_mb']:.0f} MB")
    if full:
        result |= _swept(folder, entities)
    return result


def _swept(folder: Path, entities: int) -> dict[str, Any]:
    database = folder / "swept.sqlite"
    say(f"memory: sweeping a demo cloud of {entities} servers, twice in one process")
    with DemoCloud(servers=entities, never_updated_every=0) as cloud:
        first = part(
            "sweeps",
            auth=cloud.auth,
            base=cloud.base,
            database=str(database),
            unchanged=0,
            changed=False,
        )
        say(f"memory: first sweep {first['first']['cpu']:.0f} CPU s; restart")
        again = part("restart", auth=cloud.auth, database=str(database), sweeps=2)
    say(f"memory: {again['memory_swept']['private_mb']:.0f} MB after two sweeps")
    return {
        "full": {"first": first, "restart": again},
        "baseline_1m_first_sweep_rss_mb": first["memory"]["private_mb"],
        "baseline_1m_swept_rss_mb": again["memory_swept"]["private_mb"],
        "baseline_1m_swept_peak_rss_mb": again["memory_swept"]["peak_rss_mb"],
    }
