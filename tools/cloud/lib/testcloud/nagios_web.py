"""Serves Nagios' CGI programs under /cgi-bin/ to whoever knows the password.

Started as ``nagios_web PORT FOLDER USER``, with the password in NAGIOS_PASSWORD.
"""

import base64
import hmac
import http.server
import os
import pathlib
import subprocess
import sys
import urllib.parse


class Cgi(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections alive

    def do_GET(self):
        if not self.knows_the_password():
            self.answer(401, [("WWW-Authenticate", 'Basic realm="Nagios"')], b"")
            return
        url = urllib.parse.urlsplit(self.path)
        folder, name = os.path.split(url.path)
        program = self.server.folder / name
        if folder != "/cgi-bin" or not program.is_file():
            self.answer(404, [], b"")
            return
        environment = {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": url.path,
            "QUERY_STRING": url.query,
            "REMOTE_USER": self.server.user,
            "REMOTE_ADDR": self.client_address[0],
            "HTTP_USER_AGENT": self.headers.get("User-Agent", ""),
            "NAGIOS_CGI_CONFIG": os.environ["NAGIOS_CGI_CONFIG"],
        }
        # Some print their headers with, some without a carriage return.
        done = subprocess.run([program], env=environment, capture_output=True, check=False)
        head, _, body = done.stdout.replace(b"\r\n", b"\n", 20).partition(b"\n\n")
        # One that says what was wrong with the question ends with an error as well: as Apache
        # does, that is not looked at.
        if not head:
            self.answer(500, [], done.stderr)
            return
        lines = [line.partition(":") for line in head.decode().splitlines()]
        self.answer(200, [(name, value.strip()) for name, _, value in lines], body)

    def knows_the_password(self):
        pair = f"{self.server.user}:{os.environ['NAGIOS_PASSWORD']}".encode()
        wanted = b"Basic " + base64.b64encode(pair)
        return hmac.compare_digest(self.headers.get("Authorization", "").encode(), wanted)

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Cgi)
    server.folder, server.user = pathlib.Path(sys.argv[2]), sys.argv[3]
    server.serve_forever()


if __name__ == "__main__":
    main()
