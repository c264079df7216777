"""Cinder's place in the catalogue as clouds of Zed have it: ``zed.catalogue CLOUDS-YAML CLOUD``.

Its type is volumev3, and each URL names the project: a client must find both by itself.
"""

import pathlib
import sys

import yaml
from keystoneauth1 import session
from keystoneauth1.identity import v3

PROJECT = "/%(tenant_id)s"


def main():
    text = pathlib.Path(sys.argv[1]).read_text("utf-8")
    entry = yaml.safe_load(text)["clouds"][sys.argv[2]]
    http, url = session.Session(v3.Password(**entry["auth"])), entry["auth"]["auth_url"]
    for service in http.get(f"{url}/services?name=cinder").json()["services"]:
        volumes = f"{url}/services/{service['id']}"
        http.patch(volumes, json={"service": {"type": "volumev3"}})
        rows = http.get(f"{url}/endpoints?service_id={service['id']}").json()["endpoints"]
        for row in rows:
            if not row["url"].endswith(PROJECT):
                body = {"endpoint": {"url": row["url"] + PROJECT}}
                http.patch(f"{url}/endpoints/{row['id']}", json=body)


if __name__ == "__main__":
    main()
