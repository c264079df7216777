"""The benchmarks at their smallest: each section runs, and one that fails harms no other."""

import json
import subprocess
import sys
from pathlib import Path

from synchronizer.testing.rabbit import missing

ROOT = Path(__file__).resolve().parents[3]
SECTIONS = {  # and a figure of each
    "sweep": "sweep_unchanged_cpu_vs_novaclient",
    "get": "get_all_cpu_vs_json",
    "watch": "watch_deliveries_per_s",
    "bus": "relay_changes_vs_notifier",
    "memory": "baseline_1m_rss_mb",
    "load": "load_bytes_vs_listing",
}


def bench(folder, *sections, options=()):
    """Run some sections; return exit code, the results that were written, and what was said."""
    only = [word for each in sections for word in ("--only", each)]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench",
            "--quick",
            "--output",
            str(folder / "results.json"),
            *only,
            *options,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    found = json.loads((folder / "results.json").read_text())
    return done.returncode, found, done.stdout + done.stderr


def test_every_section_runs(tmp_path):
    sections = [each for each in SECTIONS if each != "bus" or not missing()]
    code, found, said = bench(tmp_path, *sections)
    assert (code, found["failed"]) == (0, {}), said
    assert list(found["sections"]) == sections
    # A tick of the CPU clock is more than some of it takes.
    assert all(found[SECTIONS[each]] >= 0 for each in sections)


def test_a_section_that_fails_is_named_and_loses_no_others_figures(tmp_path):
    code, found, said = bench(tmp_path, "get", "memory", options=["--servers", "0"])
    assert code == 1
    assert list(found["failed"]) == ["get"]
    assert "get failed" in said
    assert found[SECTIONS["memory"]] > 0
