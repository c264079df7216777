"""The table and results.json."""

import json
import os
import platform
import subprocess
import time
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table

import synchronizer
from bench.processes import ROOT

_PACKAGES = (
    "python-novaclient",
    "openstacksdk",
    "keystoneauth1",
    "msgspec",
    "numpy",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "uvloop",
    "zstandard",
)


class Line(NamedTuple):
    """A row of the table; without *most* and *least* it is for information."""

    key: str
    what: str
    form: str = "{:.3f}"
    most: float | None = None
    least: float | None = None


_SECTIONS: dict[str, tuple[Line, ...]] = {
    "sweep: CPU seconds to list all servers": (
        Line("novaclient_cpu_s", "novaclient servers.list(limit=-1)"),
        Line("openstacksdk_cpu_s_per_server", "openstacksdk, per server (2,000 listed)", "{:.6f}"),
        Line("openstacksdk_vs_novaclient", "openstacksdk / novaclient, per server", "{:.1f}"),
        Line("keystoneauth_get_cpu_s", "floor: keystoneauth GET of the same pages"),
        Line("httpclient_get_cpu_s", "floor: http.client GET of the same pages"),
        Line("first_sweep_cpu_s", "ours, first sweep: all new, stored durably"),
        Line("sweep_unchanged_cpu_s", "ours, unchanged cloud"),
        Line("sweep_shifted_cpu_s", "ours, one created and one deleted: pages shift"),
        Line("restart_load_cpu_s", "ours, restart: open, discover, load baseline"),
        Line("restart_sweep_cpu_s", "ours, restart: first sweep, nothing changed"),
        Line("restart_process_cpu_s", "ours, restart: the whole process, imports too"),
        Line("restart_commits", "ours, restart: commits made", "{:d}", most=0),
        Line("sweep_unchanged_cpu_vs_novaclient", "unchanged / novaclient", most=1 / 12),
        Line("sweep_shifted_cpu_vs_novaclient", "shifted / novaclient"),
        Line("restart_cpu_vs_novaclient", "restart / novaclient"),
        Line("first_sweep_cpu_vs_novaclient", "first / novaclient", most=1.5),
    ),
    "get all: NDJSON of every entity": (
        Line("get_all_json_cpu_s", "peer: each body through json, CPU s"),
        Line("get_all_cold_cpu_s", "ours, cold, CPU s"),
        Line("get_all_warm_cpu_s", "ours, warm, CPU s"),
        Line("get_all_touched_cpu_s", "ours, after a commit of ten changes, CPU s"),
        Line("get_all_cold_entities_per_s", "ours, cold, entities/s", "{:,.0f}"),
        Line("get_all_touched_entities_per_s", "ours, after ten changes, entities/s", "{:,.0f}"),
        Line("get_all_warm_entities_per_cpu_s", "ours, warm, entities/CPU s", "{:,.0f}"),
        Line("get_all_entities_per_s", "ours, warm, entities/s", "{:,.0f}"),
        Line("get_all_cold_cpu_vs_json", "cold / through json"),
        Line("get_all_cpu_vs_json", "warm / through json", most=1 / 15),
        Line("get_all_memory_growth_mb", "growth of the server, MB", "{:.1f}", most=64),
    ),
    "watch: 1,000 watchers, 1,000 changes": (
        Line("watch_small_single_per_s", "300 B, a commit each, deliveries/s", "{:,.0f}"),
        Line("watch_small_one_commit_per_s", "300 B, one commit, deliveries/s", "{:,.0f}"),
        Line("watch_large_per_s", "2.6 KB, commits of 100, deliveries/s", "{:,.0f}", least=200_000),
        Line(
            "watch_deliveries_per_s",
            "300 B, commits of 100, deliveries/s",
            "{:,.0f}",
            least=200_000,
        ),
        Line("watch_small_per_server_cpu_s", "the same, per CPU s of the server", "{:,.0f}"),
        *(
            Line(f"commit_to_delivery_{n}_watchers_{p}_ms", f"commit to delivery, {n}: {p} ms")
            for n in (1, 200, 1000)
            for p in ("p50", "p99")
        ),
        Line("commit_to_delivery_p50_ms", "commit to delivery, p50 ms (1,000 watchers)"),
    ),
    "bus: 100,000 changes of 2.7 KB told over RabbitMQ, and get all of as many": (
        Line("notifier_changes_per_s", "peer: oslo.messaging's notifier, changes/s", "{:,.0f}"),
        Line("relay_changes_per_s", "ours, changes/s", "{:,.0f}", least=8000),
        Line("relay_unheard_changes_per_s", "ours, nobody listens, changes/s", "{:,.0f}"),
        Line("notifier_cpu_us_per_change", "peer, CPU us a change", "{:.0f}"),
        Line("relay_cpu_us_per_change", "ours, CPU us a change", "{:.0f}"),
        Line("relay_unheard_cpu_us_per_change", "ours, nobody listens, CPU us", "{:.0f}"),
        Line("relay_broker_cpu_s", "the broker meanwhile, CPU s"),
        Line("relay_unheard_broker_cpu_s", "the broker when nobody listens, CPU s"),
        Line("relay_changes_vs_notifier", "changes/s, ours / notifier", "{:.1f}"),
        Line("relay_cpu_vs_notifier", "CPU a change, ours / notifier"),
        Line("get_pickle_cpu_s", "peer: zlib of pickle in one reply, CPU s of both ends"),
        Line("get_http_cpu_s", "HTTP NDJSON to our client, CPU s of both ends"),
        Line("get_rpc_cpu_s", "RPC to our client, CPU s of both ends"),
        Line("get_rpc_server_cpu_s", "RPC, CPU s of the server"),
        Line("get_pickle_wall_s", "peer, s"),
        Line("get_http_wall_s", "HTTP, s"),
        Line("get_rpc_wall_s", "RPC, s"),
        Line("get_rpc_cpu_vs_http", "CPU, RPC / HTTP"),
        Line("get_rpc_cpu_vs_pickle", "CPU, RPC / pickle"),
    ),
    "memory: a sampler with a baseline of 1,000,000": (
        Line("baseline_empty_rss_mb", "before loading, MB", "{:.0f}"),
        Line("baseline_1m_peak_rss_mb", "peak, mapped files included, MB", "{:.0f}"),
        Line("baseline_1m_total_rss_mb", "loaded, mapped files included, MB", "{:.0f}"),
        Line("baseline_1m_rss_mb", "loaded, MB", "{:.0f}", most=250),
        Line(
            "baseline_1m_first_sweep_rss_mb",
            "--full: after the first sweep into an empty store, MB",
            "{:.0f}",
            most=250,
        ),
        Line(
            "baseline_1m_swept_rss_mb",
            "--full: restarted on that store, after two sweeps, MB",
            "{:.0f}",
            most=250,
        ),
    ),
    "load: one hour of keeping servers and twice as many ports fresh within 15 s": (
        Line("peer_calls_per_h", "peer: listing both every 15 s, calls", "{:,.0f}"),
        Line("peer_mb_per_h", "the same, MB", "{:,.0f}"),
        Line("load_calls_per_h", "ours, calls", "{:,.0f}"),
        Line("load_mb_per_h", "ours, MB", "{:,.0f}"),
        Line("load_cpu_s_per_h", "ours, CPU s of both samplers", "{:.0f}"),
        Line("load_first_sweep_mb", "ours, once, before that hour, MB", "{:,.0f}"),
        Line("load_late", "changes not seen within 15 s (of every 20th step)", "{:d}"),
        Line("load_calls_vs_listing", "calls, ours / listing"),
        Line("load_bytes_vs_listing", "bytes, ours / listing", most=1 / 50),
    ),
}


def machine() -> dict[str, Any]:
    cpus = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": cpus[0] if cpus else platform.processor(),
        "cores": len(cpus) or os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6,
        "kernel": platform.release(),
        "load_before": os.getloadavg(),
    }


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found | {"commit": done.stdout.strip() or "unknown"}


def sources() -> str:
    """Return a hash of our own sources: who changes them during a run measures a mixture."""
    whole = sha256()
    for path in sorted(Path(synchronizer.__file__).parent.rglob("*.py")):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:16]


def flat(results: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of all sections side by side; raw ones stay with their section."""
    return {
        key: value
        for section in results["sections"].values()
        for key, value in section.items()
        if not isinstance(value, dict | list)
    }


def show(results: dict[str, Any]) -> None:
    console = Console(width=100)
    seen = results["machine"]
    console.print(
        f"\n{time.strftime('%Y-%m-%d %H:%M', time.gmtime(results['began']))} UTC, "
        f"{seen['cores']} cores of {seen['cpu']}, Python {results['versions']['python']}, "
        f"commit {results['versions']['commit']}; medians of {results['rounds']} rounds"
    )
    if not results["sources_unchanged"]:
        console.print(
            "[red]The sources of synchronizer changed during the run: the figures are a mixture.[/]"
        )
    for name, error in results["failed"].items():
        console.print(f"[red]{name} failed, and has no figures: {escape(error)}[/]")
    for title, lines in _SECTIONS.items():
        table = Table(title=title, title_justify="left", width=96)
        table.add_column("what", ratio=1)
        table.add_column("measured", justify="right", width=18)
        table.add_column("target", justify="right", width=12)
        table.add_column("", width=6)
        for line in lines:
            value = results.get(line.key)
            if value is not None:
                table.add_row(line.what, _shown(line, value), *_judged(line, value))
        if table.row_count:
            console.print(table)


def _shown(line: Line, value: float) -> str:
    text = line.form.format(value)
    return f"{text} = 1/{1 / value:.1f}" if "_vs_" in line.key and 0 < value < 1 else text


def _judged(line: Line, value: float) -> tuple[str, str]:
    if line.most is not None:
        good, target = value <= line.most, f"≤ {line.most:.3g}"
    elif line.least is not None:
        good, target = value >= line.least, f"≥ {line.least:,.0f}"
    else:
        return "", ""
    return target, "[green]met[/]" if good else "[red]MISSED[/]"


def write(results: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(results, indent=1) + "\n")
