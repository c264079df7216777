"""Runs the Tempest plugin: a synchronizer of its own beside a real cloud, and `tempest run`.

    python tools/tempest --clouds-yaml .cloud/clouds.yaml [-- ARGUMENT OF TEMPEST RUN ...]

Nothing in the cloud's own entry is changed; what is started here is ended here, by its process.
What tempest and the synchronizer said stays in the folder.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from beside import Beside
from tempest_conf import tempest_conf
from tested import TestedCloud

ROOT = Path(__file__).resolve().parents[2]
OURS = r"^synchronizer_tempest_plugin\."


def read_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clouds-yaml", required=True, type=Path)
    parser.add_argument("--os-cloud", default="synchronizer-test", help="an administrator in it")
    parser.add_argument("--folder", type=Path, default=ROOT / ".tempest", help="made anew")
    parser.add_argument("more", nargs="*", help="arguments of tempest run")
    return parser.parse_args()


def run(folder, more):
    """Run Tempest; return its exit code."""
    chosen = () if {"--regex", "-r", "--load-list"} & set(more) else ("--regex", OURS)
    command = ["tempest", "run", "--config-file", folder / "tempest.conf", *chosen, *more]
    return subprocess.run(command, cwd=folder, check=False).returncode


def main():
    arguments = read_arguments()
    folder = arguments.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with (
        TestedCloud(arguments.clouds_yaml, arguments.os_cloud) as cloud,
        Beside(folder, cloud) as synchronizer,
    ):
        doors = ", ".join(url.rpartition("@")[2] for url in synchronizer.urls)
        print(f"synchronizer: {doors}; logs: {folder}", flush=True)
        (folder / "tempest.conf").write_text(tempest_conf(folder, cloud, synchronizer))
        code = run(folder, arguments.more)
    if code:
        print(f"tempest run ended with {code}; see {folder}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
