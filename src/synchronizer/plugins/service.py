"""One service of one cloud in one region: GET, and the bytes that came back.

Authentication, catalogue, microversions and re-authentication are keystoneauth1's. The
body is read off the wire without going through requests' chunked copy, which costs five
times the reading itself.
"""

import logging
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urljoin

import keystoneauth1.exceptions as ksa
import requests
import urllib3
from keystoneauth1.adapter import Adapter
from keystoneauth1.discover import get_discovery, normalize_version_number
from keystoneauth1.session import Session

from synchronizer.model.errors import (
    AbsentServiceError,
    MalformedError,
    OtherMicroversionError,
    RefusedError,
    SampleError,
    SlowAnswerError,
    ThrottledError,
    UnreachableError,
)
from synchronizer.plugins.excerpt import excerpt
from synchronizer.plugins.retry_after import THROTTLED, wait_asked_for

log = logging.getLogger(__name__)

PAGE_BYTES = 256 << 20
"""The largest answer that is read."""

BODY_SECONDS = 120.0
"""The longest that one body may take to arrive. Less than a plugin's process may hang."""

_PIECE = 1 << 16
"""More at a time costs more: what is handed back is cut out of a larger buffer."""

_ATTEMPTS = 3
_PATIENCE = 30.0
"""The longest Retry-After that is waited for within one request, in seconds."""

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Cache-Control": "no-cache",
}

_VERSION_HEADER = re.compile(r"(x-)?openstack-([a-z]+-)?api-version", re.IGNORECASE)
_VERSION = re.compile(r"(?:^|\s)(\d+\.\d+)$")


class Answer(NamedTuple):
    """An answer: status, body, and the service's own time when it answered."""

    status: int
    body: bytes
    date: float


Query = Mapping[str, str | Sequence[str]]
"""Parameters of a request; one with several values is repeated."""


class Turn:
    """What the governor hands out for one call, to be told how it went."""

    def done(self, *, seconds: float, size: int, status: int, retry_after: float | None) -> None:
        """Report the call's end."""


Gate = Callable[[str], AbstractContextManager[Turn]]
"""Given the name of a service, waits for permission to make one call."""


@contextmanager
def open_gate(_service: str) -> Iterator[Turn]:
    """Permit every call: for tests and one-off reads."""
    yield Turn()


class Service:
    """Asks one endpoint. Safe to use from several threads.

    Args:
        name: for the governor and for messages.
        adapter: a keystoneauth1 adapter bound to service type, interface and region.
        gate: waits for permission before each call.
        pause: waits between attempts, in seconds.
        now: the time, in seconds since the epoch.
        elapsed: a clock that nobody sets.
    """

    def __init__(
        self,
        name: str,
        adapter: Adapter,
        *,
        gate: Gate = open_gate,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._adapter = adapter
        self._gate = gate
        self._pause = pause
        self._now = now
        self._elapsed = elapsed
        self._highest: tuple[int, int] | None = None
        self._endpoint: str | None = None
        self._calls, self._seconds, self._bytes = 0, 0.0, 0

    def usage(self) -> tuple[int, float, int]:
        """Return calls, seconds and bytes so far."""
        return self._calls, self._seconds, self._bytes

    def get(
        self,
        path: str,
        query: Query,
        *,
        microversion: tuple[str, str] | None = None,
        allow: Collection[int] = (),
    ) -> Answer:
        """GET *path* below the endpoint, patiently.

        Args:
            microversion: lowest and highest that the caller understands.
            allow: statuses besides 200 that the caller understands, when it is the
                service itself that says so and not a proxy before it; 204 is its yes.

        Raises:
            SampleError: of the class that says what to do about it.
        """
        chosen = self.microversion(microversion) if microversion else None
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._once(path, query, chosen, allow)
            except ThrottledError as error:
                wait = error.retry_after
                if attempt == _ATTEMPTS or wait > _PATIENCE:
                    raise
                self._pause(wait)
            except UnreachableError:
                self._endpoint = None  # it may have moved
                if attempt == _ATTEMPTS:
                    raise
                self._pause(0.2 * 4**attempt)
        raise AssertionError("unreachable")

    def microversion(self, wanted: tuple[str, str]) -> str:
        """Return the highest version that both sides know.

        Raises:
            SampleError: the service is too old.
        """
        known = self._newest()
        if not self.offers(wanted):
            raise SampleError(
                f"{self.name} knows microversions up to {'.'.join(map(str, known))}; "
                f"{wanted[0]} is the oldest that can be sampled"
            )
        return ".".join(map(str, min(normalize_version_number(wanted[1]), known)))

    def offers(self, wanted: tuple[str, str]) -> bool:
        """Whether the service is new enough for a range of microversions.

        Raises:
            SampleError: it cannot be reached.
        """
        return bool(self._newest() >= normalize_version_number(wanted[0]))

    def _newest(self) -> tuple[int, int]:
        if self._highest is None:
            with _in_our_words(self.name, self._session_secrets):
                found = self._adapter.get_endpoint_data()
            if found is None:
                raise AbsentServiceError(f"the catalogue has no endpoint for {self.name}")
            self._highest = found.max_microversion or self._announced(found.url)
        return self._highest

    def _announced(self, url: str) -> tuple[int, int]:
        """Return what the list of versions above *url* says: Magnum tells it there only."""
        try:
            versions = get_discovery(self._adapter.session, urljoin(url.rstrip("/"), "./"))
        except ksa.ClientException:
            return 1, 0
        newest = [each["max_microversion"] or (1, 0) for each in versions.version_data()]
        return max(newest, default=(1, 0))

    def relocate(self) -> None:
        """Look the endpoint up again before the next call: it may have moved."""
        self._endpoint = self._highest = None

    def _base(self) -> str:
        """Return the endpoint, looked up once: the catalogue is walked anew after a failure."""
        endpoint = self._endpoint
        if endpoint is None:
            endpoint = self._endpoint = self._located()
            if endpoint is None:
                raise AbsentServiceError(f"the catalogue has no endpoint for {self.name}")
        return endpoint.rstrip("/")

    def _located(self) -> str | None:
        adapter = self._adapter
        if adapter.endpoint_override and adapter.max_version:
            # An address that somebody wrote down may lack the version; discovery has it.
            found = adapter.get_endpoint_data()
            return str(found.url) if found else None
        endpoint: str | None = adapter.get_endpoint()
        return endpoint

    def _once(
        self, path: str, query: Query, microversion: str | None, allow: Collection[int]
    ) -> Answer:
        with self._gate(self.name) as turn, _in_our_words(self.name, self._session_secrets):
            started = self._elapsed()
            size, status, retry_after = 0, 0, None
            try:
                response = self._adapter.get(
                    self._base() + path,
                    params=dict(query),
                    microversion=microversion,
                    raise_exc=False,
                    stream=True,
                    log=False,  # at DEBUG keystoneauth1 would read the body before we do
                    headers=_HEADERS,
                )
                status = response.status_code
                body = _read(response, self.name, self._elapsed)
                size = len(body)
                if status in THROTTLED:
                    retry_after = wait_asked_for(response.headers, self._now())
            finally:
                took = self._elapsed() - started
                turn.done(seconds=took, size=size, status=status, retry_after=retry_after)
                self._calls += 1
                self._seconds += took
                self._bytes += size
        if response.headers.get("Age", "0").strip(" 0"):
            # It is from before it was asked for, so it proves nothing and orders nothing.
            raise UnreachableError(
                f"{self.name}: a cache answered instead (Age: {response.headers['Age'][:12]}); "
                "let the proxy before the service cache nothing"
            )
        if microversion is not None and (status == 200 or status in allow):
            self._check_microversion(response, microversion)
        return self._judge(response, body, path, allow, retry_after)

    def _check_microversion(self, response: requests.Response, asked: str) -> None:
        """Check that an answer that names its microversion is of the one asked for."""
        for header, value in response.headers.items():
            if not _VERSION_HEADER.fullmatch(header):
                continue
            named = {found[1] for each in value.split(",") if (found := _VERSION.search(each))}
            if named and asked not in named:
                raise OtherMicroversionError(
                    f"{self.name} answered in microversion {min(named)} to a request for {asked}; "
                    "look for a proxy that drops the header OpenStack-API-Version"
                )

    def _judge(
        self,
        response: requests.Response,
        body: bytes,
        path: str,
        allow: Collection[int],
        retry_after: float | None,
    ) -> Answer:
        status = response.status_code
        if status == 200:
            return Answer(200, body, self._date(response))
        said = f"{self.name} answered {status} to {path.split('?', maxsplit=1)[0]}"
        if status == 429 or (status in THROTTLED and retry_after is not None):
            raise ThrottledError(
                f"{said}: too many requests; lower calls_per_second",
                retry_after=1.0 if retry_after is None else retry_after,
            )
        if status in (401, 403):
            raise RefusedError(f"{said}: the credentials lack the role that lists everything")
        if status in allow and (status == 204 or _is_own_answer(response, body)):
            return Answer(status, body, self._date(response))
        if status >= 500 or status in (404, 408):
            raise UnreachableError(f"{said}; it is retried, see the service's own log")
        raise MalformedError(f"{said}: {excerpt(body, self._secrets(response))}")

    def _secrets(self, response: requests.Response) -> list[str]:
        """Return what no message may show of an answer: token and credentials."""
        token = response.request.headers.get("X-Auth-Token")
        return [str(each) for each in (token, *self._session_secrets) if each]

    @property
    def _session_secrets(self) -> Sequence[str]:
        return getattr(self._adapter.session, "secrets", ())

    def _date(self, response: requests.Response) -> float:
        try:
            return parsedate_to_datetime(response.headers["Date"]).timestamp()
        except (KeyError, TypeError, ValueError):
            return self._now()


def _read(response: requests.Response, name: str, clock: Callable[[], float]) -> bytes:
    """Read a whole body off the wire; a cut one raises urllib3's error."""
    until = clock() + BODY_SECONDS
    body = bytearray()
    # read1 returns what has come, however little: so a body that drips is noticed.
    read = getattr(response.raw, "read1", response.raw.read)  # urllib3 1 has none
    while part := read(_PIECE, decode_content=True):
        body += part
        if len(body) > PAGE_BYTES:
            response.close()
            raise MalformedError(f"{name}: an answer is larger than {PAGE_BYTES >> 20} MiB")
        if clock() > until:
            response.close()
            raise SlowAnswerError(
                f"{name}: an answer was not complete after {BODY_SECONDS:.0f} s; "
                "look for what slows the service or the network down"
            )
    return bytes(body)


def _is_own_answer(response: requests.Response, body: bytes) -> bool:
    """Whether an error comes from the service and not from a proxy before it."""
    kind = response.headers.get("Content-Type", "")
    return "json" in kind and body.lstrip()[:1] == b"{"


@contextmanager
def _in_our_words(name: str, secrets: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except (ksa.Unauthorized, ksa.MissingAuthPlugin) as error:
        said = excerpt(str(error).encode(errors="replace"), secrets)
        raise RefusedError(f"{name}: Keystone refused the credentials ({said})") from None
    except ksa.EndpointNotFound:
        raise AbsentServiceError(f"the catalogue has no endpoint for {name}") from None
    except (
        ksa.ClientException,
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
    ) as error:
        raise UnreachableError(f"{name}: no complete answer ({type(error).__name__})") from None


def adapter_for(
    session: Session,
    service_type: str,
    version: str,
    region: str | None,
    interface: str | list[str],
    *,
    endpoint: str = "",
    headers: Mapping[str, str] | None = None,
) -> Adapter:
    """Return the adapter of a service's major version in a region.

    Without a version the catalogue's address is taken as it is, and nothing is discovered.

    Args:
        endpoint: taken instead of the catalogue's; its version is looked for below it.
        headers: sent with each request.
    """
    return Adapter(
        session,
        service_type=service_type,
        region_name=region,
        interface=interface,
        endpoint_override=endpoint or None,
        min_version=version or None,
        max_version=f"{version.partition('.')[0]}.latest" if version else None,
        user_agent="openstack-synchronizer",
        additional_headers=dict(headers or {}),
        connect_retries=0,
    )
