"""The made-up service itself, so that there is something to sample.

``python almanac_service.py --os-cloud demo`` enters itself into that cloud's catalogue and
serves windows and notes from memory. It is a toy: it believes any token.
"""

import argparse
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, urlsplit

import openstack

WINDOWS: dict[str, dict] = {}
NOTES: dict[str, list[dict]] = {}
NUMBERS = count(1)


class Door(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """List windows by page, or show one, or list its notes."""
        parts, query = self.asked()
        if parts == ["windows"]:
            since = query.get("changes-since", "")
            rows = [row for id_, row in sorted(WINDOWS.items()) if id_ > query.get("marker", "")]
            rows = [row | {"countdown": time.time()} for row in rows if row["changed"] >= since]
            self.answer(200, {"windows": rows[: min(100, int(query.get("limit", 100)))]})
        elif parts[1:] and parts[1] not in WINDOWS:
            self.answer(404, {"error": {"code": 404}})
        elif parts[2:] == ["notes"]:
            self.answer(200, {"notes": NOTES[parts[1]]})
        else:
            self.answer(200, {"window": WINDOWS[parts[1]] | {"countdown": time.time()}})

    def do_PUT(self):
        """Create or change a window, or add a note to it."""
        parts, _ = self.asked()
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        id_ = parts[1]
        if parts[2:] == ["notes"]:
            note = {"window_id": id_, "number": next(NUMBERS), **told}
            NOTES[id_].append(note)
            self.answer(200, {"note": note})
            return
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        row = WINDOWS.get(id_, {"id": id_, "host": None, "project_id": None, "pager": "0000"})
        WINDOWS[id_] = row | told | {"changed": now}
        NOTES.setdefault(id_, [])
        self.answer(200, {"window": WINDOWS[id_]})

    def do_DELETE(self):
        """Delete a window with its notes."""
        parts, _ = self.asked()
        WINDOWS.pop(parts[1], None)
        NOTES.pop(parts[1], None)
        self.answer(204, None)

    def asked(self):
        """Return the parts of the path, and the query."""
        split = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        return split.path.strip("/").split("/"), query

    def answer(self, status, body):
        """Send an answer."""
        text = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """Be quiet."""


def main():
    """Enter the catalogue, then serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--os-cloud", default="demo")
    parser.add_argument("--port", type=int, default=8992)
    options = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Door)
    keystone = openstack.connect(cloud=options.os_cloud).identity
    service = keystone.create_service(name="almanac", type="maintenance")
    keystone.create_endpoint(
        service_id=service.id,
        region_id="RegionOne",
        interface="public",
        url=f"http://127.0.0.1:{server.server_port}",
    )
    server.serve_forever()


if __name__ == "__main__":
    main()
