"""A service on a real socket that answers byte for byte what a test scripts."""

import contextlib
import socket
import threading

import msgspec
import pytest
from keystoneauth1.noauth import NoAuth

from synchronizer.model.errors import RefusedError, UnreachableError
from synchronizer.plugins.service import Answer, Service, Turn, adapter_for
from synchronizer.plugins.session import CloudSession


def answer(status=200, body=b"{}", *, headers=(), length=True, kind="application/json"):
    """Return the bytes of an answer."""
    lines = [f"HTTP/1.1 {status} Whatever", "Connection: close", f"Content-Type: {kind}"]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def chunked(*parts, end=True, headers=()):
    """Return the bytes of a chunked answer, perhaps without its end."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    headers = ("Transfer-Encoding: chunked", *headers)
    return answer(body=body + (b"0\r\n\r\n" if end else b""), headers=headers, length=False)


class Wire:
    """Gives the next scripted answer to each connection, the last one again and again."""

    answer = staticmethod(answer)
    chunked = staticmethod(chunked)

    def __init__(self):
        self.script = [answer()]
        self.requests = []
        self.hold = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve, name="wire")
        self._thread.start()

    def says(self, *script):
        self.script = list(script)

    def drips(self, head, piece):
        """Answer with a head and then piece by piece, without an end."""
        self.script = [(head, piece)]

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                self._answer(connection)

    def _answer(self, connection):
        request = b""
        while b"\r\n\r\n" not in request:
            got = connection.recv(65536)
            if not got:
                return
            request += got
        self.requests.append(request.decode())
        said = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if said is None:
            self.hold.wait(10)
        elif isinstance(said, tuple):
            head, piece = said
            connection.sendall(head)
            while not self.hold.is_set():  # until the other side has enough
                connection.sendall(piece)
        else:
            connection.sendall(said)

    def header(self, name, number=-1):
        """Return a header of a request."""
        for line in self.requests[number].split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None

    def target(self, number=-1):
        """Return path and query of a request."""
        return self.requests[number].split(" ")[1]

    def close(self):
        self.hold.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        assert not self._thread.is_alive()


class Told(Turn):
    """Remembers what the governor was told."""

    def __init__(self):
        self.services = []
        self.calls = []

    def done(self, *, seconds, size, status, retry_after):
        assert seconds >= 0
        self.calls.append((size, status, retry_after))

    @contextlib.contextmanager
    def gate(self, service):
        self.services.append(service)
        yield self


@pytest.fixture
def wire():
    wire = Wire()
    yield wire
    wire.close()


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def ask(wire, told, pauses):
    """Make services that ask the wire; every pause is noted and none is waited for."""
    sessions = []

    def make(auth=None, timeout=5.0, url=None, secrets=(), **more):
        auth = auth or NoAuth(endpoint=url or wire.url)
        session = CloudSession(auth=auth, timeout=timeout, secrets=secrets)
        sessions.append(session)
        adapter = adapter_for(session, "compute", "2.1", None, "public")
        more = {"gate": told.gate, "pause": pauses.append, "now": lambda: 77.0, **more}
        return Service("cloud/r/compute", adapter, **more)

    yield make
    for session in sessions:
        session.session.close()


class Spoken:
    """A service in memory that answers by path what a test says; it remembers what was asked.

    An answer is what JSON can hold, or a status.
    """

    def __init__(self, says):
        self.says = says
        self.asked = []

    def get(self, path, query, *, microversion=None, allow=()):
        self.asked.append(path)
        said = self.says.get(path, 404)
        status = said if isinstance(said, int) else 200
        if status == 403:
            raise RefusedError("the service answered 403")
        if status != 200 and status not in allow:
            raise UnreachableError(f"the service answered {status} to {path}")
        return Answer(status, msgspec.json.encode({} if said == status else said), 0.0)


@pytest.fixture
def spoken():
    """Make services in memory."""
    return Spoken
