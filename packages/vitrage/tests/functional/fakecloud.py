"""Services that list exactly what they were given, as their real APIs would.

Keystone, Nova, Cinder, Heat and Aodh by HTTP, Nagios by Livestatus. What they hold is raw
rows; that is all that a foreign test-suite has.
"""

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from synchronizer.plugins.nagios_rows import TABLES

PROJECT = "0123456789abcdef0123456789abcdef"
PATHS = {  # service type -> name, path in the catalogue, its discovery document
    "identity": ("keystone", "/v3", {"id": "v3.14", "status": "stable"}),
    "compute": (
        "nova",
        "/compute/v2.1",
        {"id": "v2.1", "status": "CURRENT", "version": "2.100", "min_version": "2.1"},
    ),
    "block-storage": (
        "cinder",
        "/volume/v3",
        {"id": "v3.0", "status": "CURRENT", "version": "3.71", "min_version": "3.0"},
    ),
    "orchestration": ("heat", "/heat/v1", None),
    "alarm": ("aodh", "/aodh/v2", None),
}
LISTINGS = {  # path -> entity type, key of the collection, what marks a row
    "/compute/v2.1/servers/detail": ("nova.server", "servers", "id"),
    "/compute/v2.1/os-services": ("nova.service", "services", "id"),
    "/compute/v2.1/os-availability-zone/detail": (
        "nova.availability_zone",
        "availabilityZoneInfo",
        "zoneName",
    ),
    "/volume/v3/volumes/detail": ("cinder.volume", "volumes", "id"),
    "/heat/v1/stacks": ("heat.stack", "stacks", "id"),
    "/aodh/v2/alarms": ("aodh.alarm", "", "alarm_id"),
}


class FakeCloud:
    """The services, each entity type as {id: row} in ``rows``; changed at any time."""

    def __init__(self):
        self.rows = {type_: {} for type_, _, _ in LISTINGS.values()}
        self.rows |= {"heat.resource": {}, "nagios.service": {}}
        # What every cloud has: a listing without it is not believed.
        self.rows["nova.service"]["scheduler"] = {
            "id": "scheduler",
            "binary": "nova-scheduler",
            "host": "controller",
            "zone": "internal",
            "state": "up",
            "status": "enabled",
        }
        self.rows["nova.availability_zone"]["internal"] = {
            "zoneName": "internal",
            "zoneState": {"available": True},
            "hosts": {},
        }
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _http(self))
        self._livestatus = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _livestatus(self))
        self._livestatus.daemon_threads = True
        for server in (self._http, self._livestatus):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        self.base = f"http://127.0.0.1:{self._http.server_port}"

    def close(self):
        for server in (self._http, self._livestatus):
            server.shutdown()
            server.server_close()

    def write_clouds_yaml(self, path, name="fake"):
        auth = {
            "auth_url": f"{self.base}/v3",
            "username": "admin",
            "password": "secret",
            "project_name": "admin",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        port = self._livestatus.server_address[1]
        entry = {
            "auth": auth,
            "region_name": "RegionOne",
            "nagios": {"url": f"tcp://127.0.0.1:{port}"},
        }
        path.write_text(json.dumps({"clouds": {name: entry}}))
        return path

    def catalogue(self):
        return [
            {
                "id": name,
                "type": type_,
                "name": name,
                "endpoints": [
                    {
                        "id": name,
                        "interface": "public",
                        "region": "RegionOne",
                        "region_id": "RegionOne",
                        "url": f"{self.base}{path}",
                    }
                ],
            }
            for type_, (name, path, _) in PATHS.items()
        ]

    def token(self):
        return {
            "methods": ["password"],
            "user": {"id": "admin", "name": "admin", "domain": {"id": "default", "name": "D"}},
            "project": {"id": PROJECT, "name": "admin", "domain": {"id": "default", "name": "D"}},
            "roles": [{"id": "admin", "name": "admin"}],
            "catalog": self.catalogue(),
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": "2099-01-01T00:00:00.000000Z",
        }

    def answer(self, url):
        """Return status and JSON of a GET."""
        split = urlsplit(url)
        path, query = split.path.rstrip("/"), dict(parse_qsl(split.query))
        for _, root, found in PATHS.values():
            if path == root and found:
                links = [{"rel": "self", "href": f"{self.base}{root}/"}]
                return 200, {"version": {**found, "links": links}}
        if path in LISTINGS:
            type_, key, mark = LISTINGS[path]
            rows = list(self.rows[type_].values())
            if "marker" in query:
                marks = [row[mark] for row in rows]
                rows = rows[marks.index(query["marker"]) + 1 :]
            rows = rows[: int(query.get("limit", len(rows)))]
            return 200, {key: rows} if key else rows
        parts = path.split("/")
        if path.startswith("/heat/v1/stacks/") and parts[-1] == "resources":
            rows = self.rows["heat.resource"].values()
            return 200, {"resources": [row["row"] for row in rows if row["stack"] == parts[-2]]}
        return 404, {"error": {"code": 404, "message": path}}


def _http(cloud):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args):
            pass

        def do_GET(self):
            self._send(*cloud.answer(self.path))

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._send(201, {"token": cloud.token()}, {"X-Subject-Token": "a-token"})

        def _send(self, status, document, headers=()):
            body = json.dumps(document).encode()
            self.send_response(status)
            for name, value in dict(headers).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _livestatus(cloud):
    (services,) = [table for table in TABLES.values() if table.name == "services"]
    usual = {"state": 0, "has_been_checked": 1, "last_check": 0}

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            lines = list(iter(lambda: self.rfile.readline().decode().strip(), ""))
            columns = next(line for line in lines if line.startswith("Columns:")).split()[1:]
            rows = []
            if lines[0] == f"GET {services.name}":
                for row in cloud.rows["nagios.service"].values():
                    whole = dict.fromkeys(columns) | usual | row
                    rows.append([whole[column] for column in columns])
            body = json.dumps(rows).encode()
            self.wfile.write(b"%3d %11d\n" % (200, len(body)) + body)

    return Handler
