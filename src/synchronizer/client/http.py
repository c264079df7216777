"""The way to a synchronizer over HTTP.

keystoneauth1 carries it, so tokens, TLS and proxies are what they are for every other
OpenStack client; without a session of the caller's own nothing of that is used.

A token is for the synchronizer that the caller named: no redirect is followed, and over
plain HTTP it leaves this machine only when the caller says so.
"""

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import requests
from keystoneauth1 import adapter, noauth, session
from keystoneauth1 import exceptions as ksa

from synchronizer.client.http_streams import EntityLines, EventStream
from synchronizer.client.remote_errors import refusal
from synchronizer.client.schemas import (
    PAGE,
    SWEEP_SECONDS,
    Changes,
    Deletes,
    Relations,
    Types,
    Versions,
    decoded,
)
from synchronizer.client.transport import EntityType, HeldDelete, Page, Snapshot, Watch
from synchronizer.model.address import segment
from synchronizer.model.change import Change
from synchronizer.model.entity import Entity
from synchronizer.model.errors import ConfigurationError, RequestError, TransportError
from synchronizer.model.loopback import is_loopback
from synchronizer.model.relation import Direction, Related, Relation

DEFAULT_URL = "http://127.0.0.1:8989"

T = TypeVar("T")
Query = list[tuple[str, str]]


class HttpTransport:
    """Talk to a synchronizer over HTTP; see `synchronizer.client.transport` for the promises.

    Owned by its maker, safe to call from several threads.

    Args:
        url: of the synchronizer.
        session: a keystoneauth1 session with credentials; none are sent without it.
        cleartext: whether its token may be sent over plain HTTP to another machine.
        timeout: seconds to wait for an answer, and between two pieces of one.
        connect_timeout: seconds to wait for a connection.
        watch_timeout: seconds without a change, bookmark or comment after which a watch
            counts as broken.

    Raises:
        ConfigurationError: the session's token would be sent in clear.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        session: session.Session | None = None,
        *,
        cleartext: bool = False,
        timeout: float = 60.0,
        connect_timeout: float = 5.0,
        watch_timeout: float = 30.0,
    ) -> None:
        self.url = url.rstrip("/")
        if session is not None and not cleartext:
            _refuse_cleartext(self.url)
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._watch_timeout = watch_timeout
        self._adapter = adapter.Adapter(
            session=session or _without_credentials(),
            # keystoneauth1 fills %(project_id)s into endpoints; a URL of ours has no such place.
            endpoint_override=self.url.replace("%", "%%"),
            client_name="synchronizer",
        )

    def types(self) -> list[EntityType]:
        """Return every entity type that is sampled there."""
        return self._decoded(self._call("GET", "/v1/types"), Types).types

    def get_all(
        self,
        types: Sequence[str] = (),
        *,
        cloud: str | None = None,
        region: str | None = None,
        at: int | str | None = None,
        max_age: float | None = None,
        where: Sequence[tuple[str, str]] = (),
        complete: bool = False,
    ) -> Snapshot:
        """Get all entities of some types at one revision, streamed.

        *where* keeps those whose body has these values, by dotted path; several values of
        one path are alternatives. *complete* refuses what has never been completely sampled.
        """
        query = _query(types, cloud, region, at=at, max_age=max_age)
        query += [("complete", "true")] if complete else []
        query += [(f"body.{path}", value) for path, value in where]
        answer = self._call(
            "GET",
            "/v1/entities",
            query,
            accept="application/x-ndjson",
            # Sampling first takes as long as the cloud needs.
            timeout=None if max_age is None else max(self._timeout, SWEEP_SECONDS),
            asked=at if isinstance(at, int) else None,
        )
        return EntityLines(answer)

    def changes(
        self,
        since: int,
        types: Sequence[str] = (),
        limit: int = 1000,
        *,
        cloud: str | None = None,
        region: str | None = None,
        digest: str | None = None,
    ) -> Page:
        """Return whole commits after *since*, about *limit* changes of them."""
        query = _query(types, cloud, region, since=since, limit=limit)
        answer = self._called_from(digest, query, asked=since)
        page = self._decoded(answer, Changes)
        epoch, log = (answer.headers.get(f"Synchronizer-{each}") for each in ("Epoch", "Digest"))
        more = page.next is not None
        return Page(page.revision, epoch or "", page.changes, more, page.collections, log)

    def watch(
        self,
        since: int | None,
        types: Sequence[str] = (),
        *,
        cloud: str | None = None,
        region: str | None = None,
        digest: str | None = None,
    ) -> Watch:
        """Follow the log from *since* on; None begins now."""
        answer = self._called_from(
            digest,
            _query(types, cloud, region, since=since),
            accept="text/event-stream",
            timeout=self._watch_timeout,
            asked=since,
        )
        return EventStream(answer)

    def entity(
        self,
        type: str,
        id: str,
        at: int | str | None = None,
        *,
        cloud: str | None = None,
        region: str | None = None,
    ) -> Entity:
        """Return one entity."""
        path = f"/v1/entities/{segment(type)}/{segment(id)}"
        asked = at if isinstance(at, int) else None
        query = _query((), cloud, region, at=at)
        return self._decoded(self._call("GET", path, query, asked=asked), Entity)

    def history(
        self, type: str, id: str, *, cloud: str | None = None, region: str | None = None
    ) -> list[Change]:
        """Return the kept versions of one entity, oldest first."""
        path = f"/v1/entities/{segment(type)}/{segment(id)}/history"
        return self._decoded(self._call("GET", path, _query((), cloud, region)), Versions).versions

    def relations(
        self,
        type: str,
        id: str,
        at: int | str | None = None,
        *,
        cloud: str | None = None,
        region: str | None = None,
        direction: Direction | None = None,
        types: Sequence[str] = (),
        fields: Sequence[str] = (),
    ) -> Related:
        """Return what an entity refers to and what refers to it, all at one revision."""
        path = f"/v1/entities/{segment(type)}/{segment(id)}/relations"
        query = _query(types, cloud, region, at=at, direction=direction, limit=PAGE)
        query += [("fields", each) for each in fields]
        asked = at if isinstance(at, int) else None
        found: list[Relation] = []
        while True:
            page = self._decoded(self._call("GET", path, query, asked=asked), Relations)
            found += page.relations
            if page.next is None:
                return Related(page.revision, found)
            query = parse_qsl(urlsplit(page.next).query)

    def sweep(
        self, type: str, *, cloud: str | None = None, region: str | None = None
    ) -> EntityType:
        """Sweep a type now and return how it stands then."""
        answer = self._call(
            "POST",
            f"/v1/types/{segment(type)}/sweep",
            _query((), cloud, region),
            timeout=max(self._timeout, SWEEP_SECONDS),
        )
        return self._decoded(answer, EntityType)

    def deletes(self) -> list[HeldDelete]:
        """Return the deletes that are held until an operator decides."""
        return self._decoded(self._call("GET", "/v1/deletes"), Deletes).deletes

    def confirm_deletes(
        self,
        type: str,
        *,
        cloud: str | None = None,
        region: str | None = None,
        version: str | None = None,
    ) -> EntityType:
        """Say that what is held of a type is gone."""
        return self._decided(type, "confirm", cloud, region, version)

    def reject_deletes(
        self,
        type: str,
        *,
        cloud: str | None = None,
        region: str | None = None,
        version: str | None = None,
    ) -> EntityType:
        """Say that what is held of a type lives."""
        return self._decided(type, "reject", cloud, region, version)

    def _decided(
        self, type: str, decision: str, cloud: str | None, region: str | None, version: str | None
    ) -> EntityType:
        answer = self._call(
            "POST",
            f"/v1/deletes/{segment(type)}/{decision}",
            _query((), cloud, region, version=version),
            timeout=max(self._timeout, SWEEP_SECONDS),
        )
        return self._decoded(answer, EntityType)

    def _called_from(self, digest: str | None, query: Query, **options: Any) -> requests.Response:
        """Ask for changes after a revision at which we know the log's digest."""
        if digest is not None:
            try:
                return self._call("GET", "/v1/changes", [*query, ("digest", digest)], **options)
            except RequestError:
                pass  # an earlier release does not know it; whatever else is wrong comes again
        return self._call("GET", "/v1/changes", query, **options)

    def _call(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        *,
        accept: str = "application/json",
        timeout: float | None = None,
        asked: int | None = None,
    ) -> requests.Response:
        streamed = accept != "application/json"
        headers = {"Accept": accept}
        if method == "POST":
            headers["Content-Type"] = "application/json"  # so it is no page's request
        if streamed:
            # Compressed pieces would wait in the server for more to come.
            headers["Accept-Encoding"] = "identity"
        options = {
            "params": query or [],
            "headers": headers,
            "raise_exc": False,
            "redirect": False,
            "stream": streamed,
            "log": not streamed,
            "timeout": (self._connect_timeout, timeout or self._timeout),
        }
        try:
            answer = self._sent(method, path, options)
        except ksa.UnknownConnectionError as error:
            raise TransportError(
                f"{self.url}{path} was cut before its end ({_reason(error)}); try again."
            ) from error
        except ksa.ClientException as error:
            raise TransportError(
                f"No synchronizer answers at {self.url} ({_reason(error)}); "
                "start one with `synchronizer serve`, or name another with --url."
            ) from error
        if answer.status_code >= 400:
            raise refusal(answer, asked)
        if answer.status_code >= 300:
            answer.close()
            raise TransportError(
                f"{answer.url} redirects to {answer.headers.get('Location', '')[:200]!r}, which "
                "is not followed; if that is the synchronizer, name it by that URL."
            )
        kind = answer.headers.get("Content-Type", "")
        if not kind.startswith(accept):
            answer.close()
            raise TransportError(
                f"{answer.url} answered {kind or 'nothing'} instead of {accept}: "
                "no synchronizer; check the URL."
            )
        return answer

    def _sent(self, method: str, path: str, options: dict[str, Any]) -> requests.Response:
        answer: requests.Response
        try:
            answer = self._adapter.request(path, method, **options)
        except ksa.ConnectFailure:
            # A kept connection that the server had given up meanwhile looks like this. All
            # our calls may be made twice.
            answer = self._adapter.request(path, method, **options)
        return answer

    def _decoded(self, answer: requests.Response, kind: type[T]) -> T:
        return decoded(answer.content, kind, str(answer.url))


def _reason(error: BaseException) -> str:
    """Return the system's own words from below all the libraries, or the error's."""
    said = str(error)
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError) and below.strerror:
            said = below.strerror
        below = below.__cause__ or below.__context__
    return said


def _refuse_cleartext(url: str) -> None:
    split = urlsplit(url)
    if split.scheme != "https" and not is_loopback(split.hostname or ""):
        raise ConfigurationError(
            f"A token would go to {split.hostname} in clear; use an https:// URL, leave the "
            "session out, or say cleartext=True."
        )


def _without_credentials() -> session.Session:
    return session.Session(auth=noauth.NoAuth())


def _query(types: Sequence[str], cloud: str | None, region: str | None, **more: Any) -> Query:
    named = {"cloud": cloud, "region": region, **more}
    return [("type", each) for each in types] + [
        (name, str(value)) for name, value in named.items() if value is not None
    ]
