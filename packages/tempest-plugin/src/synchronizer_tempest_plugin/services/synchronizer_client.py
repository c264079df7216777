"""Every call of the HTTP API as a method, in the manner of Tempest's own clients."""

import copy
from typing import Any
from urllib.parse import quote, urlencode

from oslo_serialization import jsonutils as json
from tempest.lib.common import rest_client

Query = dict[str, Any]


class SynchronizerClient(rest_client.RestClient):
    """The API of a synchronizer.

    Args:
        url: of the synchronizer; None takes the catalogue's.
    """

    api_version = "v1"

    def __init__(
        self, auth_provider: Any, service: str, region: str, *, url: str | None = None, **more: Any
    ) -> None:
        provider = auth_provider
        if url is not None:
            # The same token, and another address than the catalogue's.
            provider = copy.copy(auth_provider)
            provider.base_url = lambda filters, auth_data=None: url  # noqa: ARG005
        super().__init__(provider, service, region, **more)

    def list_versions(self) -> Any:
        """Return the versions of the API."""
        return self._show("", expected=[200, 300])

    def show_health(self) -> Any:
        """Return how the synchronizer is."""
        return self._show("healthcheck", {"detailed": "true"}, expected=[200])

    def show_description(self) -> Any:
        """Return the description of the API for programs."""
        return self._show("openapi.json")

    def list_types(self, **query: Any) -> Any:
        """Return the sampled types and how fresh they are."""
        return self._show("v1/types", query)

    def sweep_type(self, type: str, **query: Any) -> Any:
        """Sweep a type now; return how it stands then."""
        headers, body = self.post(f"v1/types/{_quoted(type)}/sweep{_query(query)}", None)
        return self._answer(headers, body, [200])

    def list_entities(self, **query: Any) -> Any:
        """Return a page of all entities; several types are a list under ``type``."""
        return self._show("v1/entities", query)

    def list_next(self, path: str) -> Any:
        """Return what a ``next`` of an answer leads to."""
        return self._show(path.lstrip("/"))

    def list_entities_unless(self, etag: str, **query: Any) -> Any:
        """Return a page, or an empty answer of status 304 when nothing has changed."""
        headers = {"If-None-Match": etag, **self.get_headers()}
        answer, body = self.get(f"v1/entities{_query(query)}", headers=headers)
        self.expected_success([200, 304], answer.status)
        return rest_client.ResponseBody(answer, json.loads(body) if body else {})

    def show_entity(self, type: str, id: str, **query: Any) -> Any:
        """Return one entity."""
        return self._show(f"v1/entities/{_quoted(type)}/{_quoted(id)}", query)

    def show_history(self, type: str, id: str, **query: Any) -> Any:
        """Return the kept versions of one entity."""
        return self._show(f"v1/entities/{_quoted(type)}/{_quoted(id)}/history", query)

    def list_relations(self, type: str, id: str, **query: Any) -> Any:
        """Return what an entity refers to, and what refers to it."""
        return self._show(f"v1/entities/{_quoted(type)}/{_quoted(id)}/relations", query)

    def list_changes(self, since: int, **query: Any) -> Any:
        """Return whole commits after a revision."""
        return self._show("v1/changes", {"since": since, **query})

    def _show(
        self, path: str, query: Query | None = None, expected: list[int] | None = None
    ) -> Any:
        headers, body = self.get(path + _query(query or {}))
        return self._answer(headers, body, expected or [200])

    def _answer(self, headers: Any, body: str, expected: list[int]) -> Any:
        self.expected_success(expected, headers.status)
        return rest_client.ResponseBody(headers, json.loads(body))


def _quoted(part: str) -> str:
    return quote(part, safe="")


def _query(query: Query) -> str:
    given = {name: value for name, value in query.items() if value is not None}
    return f"?{urlencode(given, doseq=True)}" if given else ""
