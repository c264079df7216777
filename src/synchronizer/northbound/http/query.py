"""A request's query, read once: every parameter known, every value right, or a 400."""

from collections.abc import Sequence
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl, unquote_plus

from synchronizer.model.errors import RequestError
from synchronizer.northbound.http.parameters import CLOUD, FILTER_PREFIX, REGION, TYPE, Parameter
from synchronizer.northbound.serving.selection import Selection

T = TypeVar("T")


class Query:
    """The values of a call's parameters, by the parameter: ``query[LIMIT]``.

    Args:
        text: the query string as it came.
        known: what this call takes.
        filters: whether it takes ``body.PATH=VALUE`` too.

    Raises:
        RequestError: a parameter is unknown, given twice, or not readable.
    """

    def __init__(self, text: bytes, known: Sequence[Parameter[Any]], *, filters: bool) -> None:
        self._values: dict[str, Any] = {}
        self.filters: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict")
        except ValueError:
            raise RequestError("The query is not percent-encoded UTF-8.") from None
        if filters:
            _see_values(text.decode("ascii"))
        self.pairs = pairs
        given: dict[str, list[str]] = {}
        for name, value in pairs:
            if filters and name.startswith(FILTER_PREFIX) and len(name) > len(FILTER_PREFIX):
                self.filters.setdefault(name.removeprefix(FILTER_PREFIX), []).append(value)
            else:
                given.setdefault(name, []).append(value)
        by_name = {each.name: each for each in known}
        unknown = [name for name in given if name not in by_name]
        if unknown:
            raise RequestError(_unknown(unknown, list(by_name), filters=filters))
        for name, texts in given.items():
            self._values[name] = _read(by_name[name], texts)

    def __getitem__(self, parameter: Parameter[T]) -> T:
        return cast("T", self._values.get(parameter.name, parameter.default))

    def without(self, *names: str) -> list[tuple[str, str]]:
        """Return the pairs as they came, except those of *names*."""
        return [pair for pair in self.pairs if pair[0] not in names]


def selection_of(query: Query, *types: str) -> Selection:
    """Return the selection of a query, or of the types that the path names."""
    return Selection(frozenset(types or query[TYPE]), query[CLOUD], query[REGION])


def _see_values(text: str) -> None:
    """Refuse a filter without a value: it would match what has an empty text there."""
    for name in map(unquote_plus, text.split("&")):
        if name.startswith(FILTER_PREFIX) and "=" not in name:
            raise RequestError(f"{name[:100]} has no value; give {name[:100]}=VALUE.")


def _read(parameter: Parameter[T], texts: list[str]) -> T:
    if len(texts) > 1 and not parameter.repeated:
        raise RequestError(f"{parameter.name} is given {len(texts)} times; give it once.")
    try:
        return parameter.read(texts)
    except ValueError as error:
        raise RequestError(f"{parameter.name} {error}, not {texts[0][:100]!r}.") from None


def _unknown(unknown: list[str], known: list[str], *, filters: bool) -> str:
    names = ", ".join(sorted(known)) + (", and body.PATH" if filters else "")
    said = ", ".join(name[:100] for name in sorted(unknown))
    if not known and not filters:
        return f"Unknown query parameter: {said}. This call takes none."
    return f"Unknown query parameter: {said}. This call takes {names}."
