"""The life of one of everything: made, changed and deleted in every service that runs.

    python tools/cloud/lives --cloud-yaml clouds.yaml --os-cloud NAME [--only nova,neutron]

Prints one line of JSON for each operation that the cloud accepted, and a summary as the last one.
Every service sends nearly all of its kinds of notifications meanwhile. Needs keystoneauth1 and
PyYAML, an admin, and the flavor, image and network that up.sh makes.
"""

import argparse
import importlib
import json
import pathlib
import sys
import time
import uuid

import yaml
from keystoneauth1 import exceptions, session
from keystoneauth1.identity import v3
from life import SERVICES, Cloud, Life


def connect(entry):
    verify = entry.get("cacert", entry.get("verify", True))
    http = session.Session(v3.Password(**entry["auth"]), verify=verify)
    return Cloud(http, entry.get("region_name"), sys.stdout)


def live(cloud, service, pipe):
    """Why it failed, in words."""
    part = importlib.import_module(service)
    try:
        if service == "nagios":
            part.live(cloud, pipe)
            return ""
        with Life(cloud, service, f"life-{uuid.uuid4().hex[:8]}") as life:
            part.live(life)
    except exceptions.HttpError as error:
        return f"{error.method} {error.url}: {error.response.text}"
    except (exceptions.ClientException, TimeoutError) as error:
        return str(error)
    return ""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cloud-yaml", required=True, help="path of the clouds.yaml")
    parser.add_argument("--os-cloud", required=True, help="the cloud's name in it")
    parser.add_argument("--only", help="services, with commas between them")
    arguments = parser.parse_args()
    path = pathlib.Path(arguments.cloud_yaml)
    entry = yaml.safe_load(path.read_text("utf-8"))["clouds"][arguments.os_cloud]
    cloud = connect(entry)
    pipe = path.parent / "var/nagios/rw/nagios.cmd"  # Nagios takes commands from nowhere else
    services = arguments.only.split(",") if arguments.only else [*SERVICES, "nagios"]
    failed, seconds = {}, {}
    for service in services:
        if not ("nagios" in entry if service == "nagios" else cloud.serves(service)):
            continue
        began = time.monotonic()
        if why := live(cloud, service, pipe):
            failed[service] = why
        seconds[service] = round(time.monotonic() - began, 1)
    summary = {"summary": True, "operations": cloud.done, "failed": failed, "seconds": seconds}
    print(json.dumps(summary), flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
