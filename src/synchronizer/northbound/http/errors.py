"""Refusals as HTTP says them: one API-SIG body for every error, and no internals in it.

``{"errors": [{"status", "code", "title", "detail", "request_id"}]}``, with ``revision``,
``oldest`` and ``newest`` beside them where the error is about a revision.
"""

import math
from typing import ClassVar

import msgspec
from starlette.exceptions import HTTPException

from synchronizer.model.errors import (
    IncompleteError,
    RequestError,
    RevisionAheadError,
    RevisionCompactedError,
    SynchronizerError,
    ThrottledError,
    TooSoonError,
)

_RETRY_INCOMPLETE = 5
"""Seconds after which the first sweep may have ended."""


class UnknownPathError(RequestError):
    """Nothing is served at this path."""

    code = "synchronizer.request.path"
    status = 404
    title = "Unknown path"


class MethodError(RequestError):
    """The path is served, but not with this method.

    Args:
        allow: the methods that are, as the ``Allow`` header lists them.
    """

    code = "synchronizer.request.method"
    status = 405
    title = "Method not allowed"

    def __init__(self, method: str, allow: str) -> None:
        super().__init__(f"{method} is not possible here; use {allow}.")
        self.allow = allow


class HostError(RequestError):
    """The Host of the request is none of this service."""

    code = "synchronizer.request.host"
    status = 403
    title = "Unknown host"


class OriginError(RequestError):
    """A page of another web site makes the request."""

    code = "synchronizer.request.origin"
    status = 403
    title = "Foreign origin"


class SimpleRequestError(RequestError):
    """A request that does something bears nothing that a foreign page could not send."""

    code = "synchronizer.request.simple"
    status = 403
    title = "Simple request"


class HeaderError(RequestError):
    """A request's line and headers are larger than any that we read."""

    code = "synchronizer.request.header"
    status = 431
    title = "Request header too large"


class InternalError(SynchronizerError):
    """Something failed that should not; the log of this process has it."""

    code: ClassVar[str] = "synchronizer.internal"
    title = "Internal error"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One error of an answer.

    Attributes:
        status: the HTTP status.
        code: stable and dotted; the reference lists them all.
        title: what went wrong, the same words each time.
        detail: what went wrong this time, and what to do next.
        request_id: to find this request in the log.
        revision: that was asked for.
        oldest: the oldest revision that can still be asked for.
        newest: the store's revision.
    """

    status: int
    code: str
    title: str
    detail: str
    request_id: str
    revision: int | None = None
    oldest: int | None = None
    newest: int | None = None


class Problems(msgspec.Struct, frozen=True):
    """The body of every answer of status 400 and more."""

    errors: list[Problem]


def ours(error: BaseException, method: str) -> SynchronizerError | None:
    """Return *error* as one of ours, or None when nobody raised it on purpose."""
    if isinstance(error, SynchronizerError):
        return error
    if isinstance(error, HTTPException):
        if error.status_code == 405:
            allow = (error.headers or {}).get("Allow", "GET").split(", ")
            return MethodError(method, ", ".join(sorted(allow)))
        return UnknownPathError("Nothing is served here; / and /openapi.json list what is.")
    return None


def body(error: SynchronizerError, request_id: str) -> bytes:
    """Return the API-SIG body that tells of *error*."""
    compacted = error if isinstance(error, RevisionCompactedError) else None
    ahead = error if isinstance(error, RevisionAheadError) else None
    about = compacted or ahead
    problem = Problem(
        status=error.status,
        code=error.code,
        title=error.title,
        detail=str(error) or error.title,
        request_id=request_id,
        revision=about.revision if about else None,
        oldest=compacted.oldest if compacted else None,
        newest=ahead.newest if ahead else None,
    )
    return msgspec.json.encode(Problems([problem]))


def headers(error: SynchronizerError) -> list[tuple[bytes, bytes]]:
    """Return the headers that *error* brings: ``Allow``, ``Retry-After``."""
    if isinstance(error, MethodError):
        return [(b"allow", error.allow.encode())]
    if isinstance(error, IncompleteError):
        return [(b"retry-after", b"%d" % _RETRY_INCOMPLETE)]
    if isinstance(error, ThrottledError | TooSoonError):
        return [(b"retry-after", b"%d" % math.ceil(error.retry_after))]
    return []
