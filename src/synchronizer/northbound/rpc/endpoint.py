"""The RPC methods, version 1.0: the whole bus API on one screen.

Arguments have the names of HTTP's parameters (``types`` for ``type``); unknown ones, and
values that make no sense, are refused by the same words. An error is raised as what it is,
so a caller of oslo.messaging gets a RemoteError whose ``exc_type`` is the class's name.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from synchronizer.client.remote_errors import from_body
from synchronizer.model.errors import OtherLogError, RequestError, SynchronizerError
from synchronizer.northbound.rpc import pages
from synchronizer.northbound.rpc.in_process import InProcessClient, Reply

Arguments = dict[str, Any]
Made = Callable[[Reply], bytes]

_PLACE = ("cloud", "region")
REPLY = ("accept", "part", "epoch")
"""Arguments of every method, about its reply."""
_KINDS = (str, int, float, bool)


class Method(NamedTuple):
    """What a method takes, and the call of the HTTP API that answers it.

    Attributes:
        needs: arguments without which it is refused.
        takes: those that may be left out.
    """

    call: str
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


_ONE = "/v1/entities/{type}/{id:path}"

METHODS = {
    "get_types": Method("GET /v1/types", takes=("types", *_PLACE)),
    "get_all": Method(
        "GET /v1/entities",
        takes=("types", *_PLACE, "at", "max_age", "complete", "marker", "limit", "where", "fields"),
    ),
    "get_changes": Method(
        "GET /v1/changes",
        takes=("types", *_PLACE, "since", "digest", "limit", "where", "fields", "marker"),
    ),
    "get_entity": Method(f"GET {_ONE}", ("type", "id"), (*_PLACE, "at", "fields")),
    "get_history": Method(f"GET {_ONE}/history", ("type", "id"), _PLACE),
    "get_relations": Method(
        f"GET {_ONE}/relations",
        ("type", "id"),
        (*_PLACE, "at", "types", "direction", "fields", "limit", "marker"),
    ),
    "get_measurements": Method("GET /v1/measurements", takes=("types", *_PLACE, "limit", "marker")),
    "sweep": Method("POST /v1/types/{type}/sweep", ("type",), _PLACE),
    "get_deletes": Method("GET /v1/deletes", takes=("types", *_PLACE)),
    "confirm_deletes": Method("POST /v1/deletes/{type}/confirm", ("type",), (*_PLACE, "version")),
    "reject_deletes": Method("POST /v1/deletes/{type}/reject", ("type",), (*_PLACE, "version")),
}

MEANINGS = {
    "types": "Entity types, a list of `plugin.resource`, or one as text. All types without it.",
    "where": "Only entities whose body has these values: a map of dotted paths to a value, or to a "
    "list of alternatives, as in `{'status': 'ACTIVE'}`.",
    "fields": "Only these fields of the body: a list of dotted paths.",
    "type": "Entity type, `plugin.resource`.",
    "id": "The id that the entity's own service has given it.",
    "accept": "`zstd`: the reply is `{'zstd': TEXT}`, base64 of the compressed JSON.",
    "epoch": "Refuse (`OtherLogError`) unless the reply is of this log.",
    "part": "Which piece of a reply that comes in pieces, from 0.",
}
"""Of the arguments that HTTP has in another form, or not at all."""


class Endpoint:
    """What a call may do; stateless, so any number of servers answers.

    Each method takes ``accept="zstd"``: then the reply is ``{"zstd": …}``, the base64 of the
    compressed JSON. With ``epoch`` it answers from that log only.

    Args:
        publisher: who answers, as notifications name it too.
    """

    def __init__(
        self,
        inside: InProcessClient,
        page_bytes: int = pages.PAGE_BYTES,
        publisher: str = "synchronizer",
    ) -> None:
        self._inside = inside
        self._publisher = publisher
        self._page_bytes = page_bytes

    def get_types(self, _context: Any, /, **given: Any) -> Any:
        """Return the entity types and how fresh each is."""
        answer = self._ask("GET", "/v1/types", _query(given, METHODS["get_types"]), given)
        return self._reply(pages.whole(answer), given)

    def get_all(self, _context: Any, /, **given: Any) -> Any:
        """Return a page of all entities of some types, at one revision."""
        query = _query(given, METHODS["get_all"])
        answer = self._ask(
            "GET", "/v1/entities", [*query, ("max_bytes", str(self._most(given)))], given
        )
        return self._reply(pages.entities(answer), given)

    def get_changes(self, _context: Any, /, **given: Any) -> Any:
        """Return a page of what changed after *since*; a marker goes on, also within a commit."""
        asked = _query(given, METHODS["get_changes"])
        query = [each for each in asked if each[0] != "marker"]
        begin = None
        if given.get("marker") is not None:
            begin = pages.place(str(given["marker"]))
            query = [each for each in query if each[0] not in {"since", "digest"}]
            query.append(("since", str(begin.since)))
            if begin.digest is not None:
                query.append(("digest", begin.digest))
        most = self._most(given)
        answer = self._ask("GET", "/v1/changes", [*query, ("max_bytes", str(most))], given)
        begin = begin or pages.Place(int(given["since"]), 0, given.get("digest"))
        return self._reply(pages.changes(answer, begin, most), given)

    def get_entity(self, _context: Any, /, **given: Any) -> Any:
        """Return one entity."""
        return self._of_one("", given, METHODS["get_entity"])

    def get_history(self, _context: Any, /, **given: Any) -> Any:
        """Return the kept versions of one entity, oldest first."""
        return self._of_one("/history", given, METHODS["get_history"])

    def get_relations(self, _context: Any, /, **given: Any) -> Any:
        """Return what an entity refers to, and what refers to it."""
        return self._of_one("/relations", given, METHODS["get_relations"], pages.relations)

    def get_measurements(self, _context: Any, /, **given: Any) -> Any:
        """Return a page of what is measured of entities, such as usage and heartbeats."""
        query = _query(given, METHODS["get_measurements"])
        answer = self._ask("GET", "/v1/measurements", query, given)
        return self._reply(pages.whole(answer), given)

    def sweep(self, _context: Any, /, **given: Any) -> Any:
        """Sweep a type now and return how it stands then."""
        path = f"/v1/types/{_part(given, 'type')}/sweep"
        answer = self._ask("POST", path, _query(given, METHODS["sweep"]), given)
        return self._reply(pages.whole(answer), given)

    def get_deletes(self, _context: Any, /, **given: Any) -> Any:
        """Return the deletes that are held until an operator decides."""
        answer = self._ask("GET", "/v1/deletes", _query(given, METHODS["get_deletes"]), given)
        return self._reply(pages.whole(answer), given)

    def confirm_deletes(self, _context: Any, /, **given: Any) -> Any:
        """Say that what is held of a type is gone; return how the type stands then."""
        return self._decided("confirm", given, METHODS["confirm_deletes"])

    def reject_deletes(self, _context: Any, /, **given: Any) -> Any:
        """Say that what is held of a type lives; return how the type stands."""
        return self._decided("reject", given, METHODS["reject_deletes"])

    # --- inside ----------------------------------------------------------

    def _reply(self, body: bytes, given: Arguments) -> Any:
        named = b'{"publisher":%b,%b' % (msgspec.json.encode(self._publisher), body[1:])
        return _form(named, given)

    def _most(self, given: Arguments) -> int:
        """Return how many bytes a page may hold before it is compressed."""
        if given.get("accept") != "zstd":
            return self._page_bytes
        return min(pages.PIECE, self._page_bytes * pages.PACKED)

    def _of_one(self, call: str, given: Arguments, method: Method, made: Made = pages.whole) -> Any:
        path = f"/v1/entities/{_part(given, 'type')}/{_part(given, 'id')}{call}"
        return self._reply(made(self._ask("GET", path, _query(given, method), given)), given)

    def _decided(self, decision: str, given: Arguments, method: Method) -> Any:
        path = f"/v1/deletes/{_part(given, 'type')}/{decision}"
        return self._reply(
            pages.whole(self._ask("POST", path, _query(given, method), given)), given
        )

    def _ask(self, method: str, path: str, query: list[tuple[str, str]], given: Arguments) -> Reply:
        epoch = given.get("epoch")
        if epoch is not None and epoch != (now := self._inside.epoch()):
            raise OtherLogError(str(epoch), now, self._publisher)
        answer = self._inside.ask(method, path, query)
        if answer.status >= 400:
            error = from_body(answer.body, status=answer.status)
            raise error or SynchronizerError(f"The call failed with status {answer.status}.")
        return answer


def _part(given: Arguments, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise RequestError(f"{name} is missing; it is the text that names one.")
    return quote(_sent(name, value), safe="")


def _query(given: Arguments, method: Method) -> list[tuple[str, str]]:
    """Return arguments as the pairs of a query; those that a method needs stand in the path.

    Raises:
        RequestError: one is unknown, or no value that could be meant.
    """
    known = (*method.needs, *method.takes, *REPLY)
    if unknown := sorted(set(given) - set(known)):
        raise RequestError(
            f"Unknown argument: {', '.join(unknown)[:200]}. This method takes {', '.join(known)}."
        )
    pairs = []
    for name in method.takes:
        value = given.get(name)
        if name == "where":
            pairs += _filters(value)
        elif name in {"types", "fields"}:
            pairs += [("type" if name == "types" else name, each) for each in _texts(name, value)]
        elif value is not None:
            if not isinstance(value, _KINDS):
                raise RequestError(f"{name} must be a text or a number, not {_shown(value)}.")
            pairs.append((name, str(value)))
    return [(_sent("where", name), _sent(name, value)) for name, value in pairs]


def _sent(name: str, text: str) -> str:
    """Return *text*, which is Unicode that can be sent.

    Raises:
        RequestError: JSON can hold half a character, UTF-8 cannot.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RequestError(f"{_shown(name)} has half a character in {_shown(text)}.") from None
    return text


def _texts(name: str, value: Any) -> list[str]:
    value = [value] if isinstance(value, str) else value or []
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise RequestError(f"{name} must be a list of texts, not {_shown(value)}.")
    return list(value)


def _filters(value: Any) -> list[tuple[str, str]]:
    if value is None:
        return []
    if not isinstance(value, Mapping):
        raise RequestError(f"where must be a map of paths to values, not {_shown(value)}.")
    return [(f"body.{path}", text) for path in value for text in _texts("where", value[path])]


def _shown(value: Any) -> str:
    return repr(value)[:100]


def _form(body: bytes, given: Arguments) -> Any:
    part = given.get("part") or 0
    if not isinstance(part, int) or part < 0:
        raise RequestError(f"part must be a whole number, not {_shown(part)}.")
    return pages.reply(body, packed=given.get("accept") == "zstd", part=part)
