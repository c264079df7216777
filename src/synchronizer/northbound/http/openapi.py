"""``/openapi.json``: the API as OpenAPI 3.1, made from the table of routes and the structs.

Nothing is written twice: paths and parameters come from the table, schemas from the
structs that answers are made of, error codes from the classes that are raised.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import msgspec

from synchronizer.model.errors import RequestError, StoreError, SynchronizerError
from synchronizer.northbound.http.envelopes import Bookmark
from synchronizer.northbound.http.errors import (
    HeaderError,
    HostError,
    InternalError,
    MethodError,
    OriginError,
    Problems,
    SimpleRequestError,
    UnknownPathError,
)
from synchronizer.northbound.http.exchange import Exchange, Response
from synchronizer.northbound.http.parameters import FILTER_PREFIX, Parameter
from synchronizer.northbound.http.state import AppState

if TYPE_CHECKING:
    from synchronizer.northbound.http.routes import Operation

Json = dict[str, Any]

_EVERY_CALL = (
    RequestError,
    StoreError,
    UnknownPathError,
    MethodError,
    HostError,
    OriginError,
    HeaderError,
    InternalError,
)
_REF = "#/components/schemas/{name}"
_OF_PATH = {
    "type": "Entity type, `plugin.resource`.",
    "id": "The entity's id, percent-encoded: `/` is `%2F`.",
}
_HEADERS: Json = {
    "Synchronizer-Revision": {
        "description": "The revision that the answer speaks of.",
        "schema": {"type": "integer"},
    },
    "Synchronizer-Epoch": {
        "description": "Which log the revision belongs to; when it is another than before, the "
        "store was replaced: get all again.",
        "schema": {"type": "string"},
    },
    "X-Openstack-Request-Id": {
        "description": "Names this request in the log.",
        "schema": {"type": "string", "pattern": "^req-"},
    },
    "ETag": {
        "description": "Equal for as long as the selected types do not change.",
        "schema": {"type": "string"},
    },
    "Synchronizer-Complete": {
        "description": "`false` while a type asked has never been completely sampled: what is "
        "missing may be there all the same.",
        "schema": {"type": "boolean"},
    },
    "Synchronizer-Complete-To": {
        "description": "Whatever happened in the cloud before this time is in the answer. "
        "ISO 8601, by the services' own clocks; missing when it is not known.",
        "schema": {"type": "string", "format": "date-time"},
    },
    "Allow": {"description": "The methods that are possible.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}
_ALWAYS = ("Synchronizer-Revision", "Synchronizer-Epoch", "X-Openstack-Request-Id")
_OF_LISTING = ("Synchronizer-Complete", "Synchronizer-Complete-To", "ETag")
_ASKED: Json = {
    "If-None-Match": "An ETag from before: 304 when nothing has changed since.",
    "Last-Event-ID": "Where a watch goes on; it goes before `since`.",
}


def description(doors: "Sequence[Operation]") -> Callable[[AppState, Exchange], Response]:
    """Return the work that answers with the description of *doors* and of itself."""

    def openapi(north: AppState, _call: Exchange) -> Response:
        """Describe this API."""
        return Response(text(), north.head())

    @cache
    def text() -> bytes:
        return msgspec.json.encode(document(doors))

    return openapi


def document(doors: "Sequence[Operation]") -> Json:
    """Return the OpenAPI document of *doors*."""
    kinds = [kind for door in doors for kind in door.answers.values() if kind is not None]
    _, schemas = msgspec.json.schema_components([*kinds, Problems, Bookmark], ref_template=_REF)
    parameters = {each.name: each for door in doors for each in door.parameters}
    paths: Json = {}
    for door in doors:
        path = re.sub(r":\w+}", "}", door.path)
        entry = paths.setdefault(path, {})
        entry[door.method.lower()] = _operation(door, path)
        if door.method == "GET":
            entry["head"] = _operation(door, path, head=True)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Synchronizer", "version": _version()},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "headers": _HEADERS,
            "parameters": {name: _parameter(each) for name, each in parameters.items()},
        },
    }


def _operation(door: "Operation", path: str, *, head: bool = False) -> Json:
    said = (door.work.__doc__ or "").strip()
    name = door.work.__name__
    responses = {"200": _success(door, head=head)}
    if "If-None-Match" in door.asks:
        responses["304"] = {
            "description": "Nothing has changed.",
            "headers": _headers(*_OF_LISTING),
        }
    of_method = (SimpleRequestError,) if door.method == "POST" else ()
    for status, kinds in _by_status((*_EVERY_CALL, *of_method, *door.errors)).items():
        responses[str(status)] = _refusal(status, kinds)
    return {
        "operationId": f"{name}_head" if head else name,
        "summary": said.partition("\n")[0],
        "parameters": [
            *(_in_path(each) for each in re.findall(r"{(\w+)}", path)),
            *({"$ref": f"#/components/parameters/{each.name}"} for each in door.parameters),
            *([_FILTER] if door.filters else []),
            *(_in_header(each) for each in door.asks),
        ],
        "responses": responses,
    }


def _success(door: "Operation", *, head: bool) -> Json:
    more = _OF_LISTING if "If-None-Match" in door.asks else ()
    answer: Json = {"description": "OK", "headers": _headers(*_ALWAYS, *more)}
    if not head:
        answer["content"] = {
            media: {} if kind is None else {"schema": {"$ref": _REF.format(name=kind.__name__)}}
            for media, kind in door.answers.items()
        }
    return answer


def _refusal(status: int, kinds: Iterable[type[SynchronizerError]]) -> Json:
    said = sorted({(kind.code, kind.title) for kind in kinds})
    more = {405: ("Allow",), 429: ("Retry-After",), 503: ("Retry-After",)}.get(status, ())
    return {
        "description": f"{HTTPStatus(status).phrase}. "
        + "; ".join(f"`{code}`: {title}" for code, title in said),
        "headers": _headers(*_ALWAYS, *more),
        "content": {"application/json": {"schema": {"$ref": _REF.format(name="Problems")}}},
        "x-codes": [code for code, _ in said],
    }


def _by_status(
    kinds: Iterable[type[SynchronizerError]],
) -> dict[int, list[type[SynchronizerError]]]:
    found: dict[int, list[type[SynchronizerError]]] = {}
    for kind in kinds:
        # Those below an error with another status are named by the doors that raise them.
        below = [each for each in kind.__subclasses__() if each.status == kind.status]
        for each in (kind, *below):
            found.setdefault(each.status, []).append(each)
    return dict(sorted(found.items()))


def _parameter(parameter: Parameter[Any]) -> Json:
    schema: Json = parameter.schema
    if parameter.repeated:
        schema = {"type": "array", "items": schema}
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": schema,
    }


_FILTER: Json = {
    "name": "filters",
    "in": "query",
    "style": "form",
    "explode": True,
    "description": f"`{FILTER_PREFIX}PATH=VALUE`: only entities whose body has this value there. "
    "A dotted path; a list on the way passes when any item does; the same path again is an "
    "alternative, different paths must all pass.",
    "schema": {
        "type": "object",
        "patternProperties": {f"^{re.escape(FILTER_PREFIX)}.+": {"type": "string"}},
        "additionalProperties": False,
    },
}


def _in_path(name: str) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": _OF_PATH[name],
        "schema": {"type": "string"},
    }


def _in_header(name: str) -> Json:
    return {
        "name": name,
        "in": "header",
        "description": _ASKED[name],
        "schema": {"type": "string"},
    }


def _headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _version() -> str:
    try:
        return version("openstack-synchronizer")
    except PackageNotFoundError:
        return "0"
