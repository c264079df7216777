"""Whole resource providers: each row completed by what Placement lists beside it.

A provider's generation says whether that may have changed, so what was fetched under a
generation serves until it moves. The three parts come in three calls; each tells the
generation that it was taken at, and only parts of one generation are put together.
"""

import threading
from typing import Any, NamedTuple
from urllib.parse import quote

from synchronizer.model.errors import MalformedError
from synchronizer.plugins.plugin import decode_object
from synchronizer.plugins.service import Service

_PARTS = ("inventories", "traits", "aggregates")
_GENERATION = "resource_provider_generation"
_TRIES = 3
"""So often the parts of a provider that changes while it is read are fetched."""


class _Known(NamedTuple):
    """The parts of a provider, as they were at a generation."""

    generation: Any
    parts: dict[str, Any]


class ProviderCompleter:
    """Completes providers; remembers the parts of each. Safe to use from several threads.

    Args:
        type_: for messages.
        microversion: of all calls.
    """

    def __init__(self, type_: str, microversion: tuple[str, str]) -> None:
        self._type = type_
        self._microversion = microversion
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def of(self, service: Service, rows: list[Any]) -> list[Any]:
        """Return all providers completed, without those that are gone by now."""
        wholes = [self.one(service, row) for row in rows]
        listed = {self._uuid(row) for row in rows}
        with self._lock:
            for uuid in self._known.keys() - listed:
                del self._known[uuid]
        return [each for each in wholes if each is not None]

    def one(self, service: Service, row: Any) -> dict[str, Any] | None:
        """Return one provider completed; None when it is gone by now.

        Raises:
            SampleError: an answer failed, or is not what the API promises.
        """
        uuid = self._uuid(row)
        with self._lock:
            known = self._known.get(uuid)
        if known is None or known.generation != row.get("generation"):
            known = self._fetch(service, uuid, row.get("generation"))
            if known is None:
                return None
            with self._lock:
                self._known[uuid] = known
        return {**row, **known.parts}

    def _uuid(self, row: Any) -> str:
        uuid = row.get("uuid") if isinstance(row, dict) else None
        if not isinstance(uuid, str) or not uuid:
            raise MalformedError(f"{self._type}: an item has no uuid")
        return uuid

    def _fetch(self, service: Service, uuid: str, generation: Any) -> _Known | None:
        """Fetch the parts; they are remembered under the generation that was asked about.

        Should the provider have moved on meanwhile, its next row says so, and they are
        fetched again: what is remembered is never older than its generation.
        """
        parts: dict[str, Any] = {}
        for _ in range(_TRIES):
            generations = set()
            for part in _PARTS:
                answer = service.get(
                    f"/resource_providers/{quote(uuid, safe='')}/{part}",
                    {},
                    microversion=self._microversion,
                    allow=(404,),
                )
                if answer.status == 404:
                    return None
                found = decode_object(self._type, answer.body)
                if part not in found:
                    raise MalformedError(f"{self._type}: an answer has no {part}")
                parts[part] = found[part]
                generations.add(found.get(_GENERATION))
            if len(generations) == 1:
                break
        return _Known(generation, parts)
