"""The errors that a synchronizer answers with, as the classes that they were raised from."""

from typing import Any

import msgspec
import requests

from synchronizer.model.errors import (
    HistoryReplacedError,
    RequestError,
    RevisionAheadError,
    RevisionCompactedError,
    SynchronizerError,
    TransportError,
    by_code,
)


class _Error(msgspec.Struct):
    """One item of an API-SIG error body."""

    code: str = ""
    title: str = ""
    detail: str = ""
    request_id: str | None = None
    revision: int | None = None
    oldest: int | None = None
    newest: int | None = None


class _Errors(msgspec.Struct):
    errors: list[_Error]


_CLASSES = by_code()


def refusal(answer: requests.Response, asked: int | None = None) -> SynchronizerError:
    """Return the error that an answer of status 400 or more stands for.

    *asked* is the revision that was asked for, when one was.
    """
    try:
        body = answer.content
    except requests.RequestException:
        body = b""
    return from_body(body, status=answer.status_code, asked=asked) or _unexplained(answer)


def from_body(
    body: bytes, *, status: int | None = None, asked: int | None = None
) -> SynchronizerError | None:
    """Return the error in an API-SIG *body*, or None when it is no such body."""
    try:
        first = msgspec.json.decode(body, type=_Errors).errors[0]
    except (msgspec.MsgspecError, IndexError):
        return None
    error = _typed(first, status, asked or 0)
    if first.request_id:
        error.add_note(f"Request id: {first.request_id}")
    return error


def _typed(first: _Error, status: int | None, asked: int) -> SynchronizerError:
    revision = asked if first.revision is None else first.revision
    if first.code in {RevisionCompactedError.code, HistoryReplacedError.code}:
        gone: Any = _CLASSES[first.code]
        return gone(revision, first.oldest or 0)  # type: ignore[no-any-return]
    if first.code == RevisionAheadError.code:
        return RevisionAheadError(revision, first.newest or 0)
    said = first.detail or first.title or "The synchronizer gave no reason."
    kind: Any = _CLASSES.get(first.code)
    if kind is not None:
        return kind(said)  # type: ignore[no-any-return]
    ours = status is not None and status in {400, 404, 405, 406, 409, 413, 414, 422}
    return RequestError(said) if ours else TransportError(said)


def _unexplained(answer: requests.Response) -> TransportError:
    status = f"{answer.status_code} {answer.reason or ''}".strip()
    if answer.status_code in {401, 403}:
        return TransportError(f"{answer.url} refused access ({status}); give credentials to it.")
    return TransportError(
        f"{answer.url} answered {status} without an error of a synchronizer; "
        "check the URL, and any proxy on the way."
    )
