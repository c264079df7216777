"""Vitrage's API on a loopback port. Its own program takes no configuration file, so this one does.

Usage: python api.py PORT --config-file FILE
"""

import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from vitrage.api import app
from vitrage.common import config


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_args):
        pass


if __name__ == "__main__":
    port = int(sys.argv.pop(1))
    config.parse_config(sys.argv)
    server = make_server("127.0.0.1", port, app.load_app(), Threads, Quiet)
    print(f"listens on {server.server_port}", flush=True)
    server.serve_forever()
