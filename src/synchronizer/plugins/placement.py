"""Placement: v1.

Facts that shape this file: nothing is paged, nothing has a changed-since filter, and there
are no notifications. But the generation of a resource provider moves with its inventories,
traits, aggregates and allocations, and all generations come in one answer: only where one
moved the rest is asked for. A missing consumer's allocations are an empty 200.

Source: https://docs.openstack.org/api-ref/placement/
"""

from typing import Any

import msgspec

from synchronizer.model.errors import MalformedError
from synchronizer.plugins.placement_provider import ProviderCompleter
from synchronizer.plugins.plugin import Plugin, Resource, decode_object
from synchronizer.plugins.service import Answer, Query, Service

_MICROVERSION = ("1.19", "1.39")


class ResourceProvider(Resource):
    """A resource provider with its inventories, traits and aggregates."""

    name, path, key = "resource_provider", "/resource_providers", "resource_providers"
    id = ("uuid",)
    microversion = _MICROVERSION
    single = "/resource_providers/{id}"
    version = "generation"
    volatile = ("generation", "links")
    relations = {
        "uuid": ("nova.hypervisor", "ironic.node"),
        "parent_provider_uuid": "placement.resource_provider",
        "root_provider_uuid": "placement.resource_provider",
        "aggregates.*": "nova.aggregate#uuid",
        "traits.*": "placement.trait",
    }

    def __init__(self) -> None:
        super().__init__()
        self._wholes = ProviderCompleter(self.type, _MICROVERSION)

    def ask(self, service: Service, parent: str | None, more: Query) -> Answer:
        """List the providers, and complete those whose generation moved."""
        answer = super().ask(service, parent, more)
        found = decode_object(self.type, answer.body)
        rows = found.get(self.key)
        if not isinstance(rows, list):
            raise MalformedError(f"{self.type}: the answer has no {self.key}")
        whole = self._wholes.of(service, rows)
        return answer._replace(body=msgspec.json.encode({self.key: whole}))

    def read(self, service: Service, id_: str) -> dict[str, Any] | None:
        """Read one provider, whole."""
        row = super().read(service, id_)
        return self._wholes.one(service, row) if row is not None else None


class ResourceClass(Resource):
    """A kind of resource that providers have an amount of."""

    name, path, key = "resource_class", "/resource_classes", "resource_classes"
    id = ("name",)
    microversion = _MICROVERSION
    single = "/resource_classes/{id}"
    volatile = ("links",)
    never_empty = True


class Trait(Resource):
    """A quality that providers have or have not."""

    name, path, key = "trait", "/traits", "traits"
    id = ("name",)
    microversion = _MICROVERSION
    single, single_key = "/traits?name=in:{id}", "traits"
    never_empty = True

    def ask(self, service: Service, parent: str | None, more: Query) -> Answer:
        """Make objects of what are bare names."""
        answer = super().ask(service, parent, more)
        return answer._replace(body=msgspec.json.encode({self.key: self._named(answer)}))

    def read(self, service: Service, id_: str) -> dict[str, Any] | None:
        """Ask whether the name is listed: Placement's own answer to that has no body."""
        answer = service.get(self.single_path(id_), {}, microversion=self.microversion)
        return {"name": id_} if {"name": id_} in self._named(answer) else None

    def _named(self, answer: Answer) -> list[dict[str, Any]]:
        found = decode_object(self.type, answer.body)
        try:
            names = msgspec.convert(found.get(self.key), list[str])
        except msgspec.ValidationError:
            raise MalformedError(f"{self.type}: the answer has no list of names") from None
        return [{"name": each} for each in names]


class Allocation(Resource):
    """What one consumer takes of one provider: one call for each provider, when asked for."""

    name, path, key = "allocation", "/resource_providers/{parent}/allocations", "allocations"
    each = "placement.resource_provider"
    id = ("resource_provider_uuid", "consumer_uuid")
    microversion = _MICROVERSION
    volatile = ("consumer_generation",)
    relations = {
        "resource_provider_uuid": "placement.resource_provider",
        "consumer_uuid": ("nova.server", "nova.migration"),
    }
    default = False

    def ask(self, service: Service, parent: str | None, more: Query) -> Answer:
        """Make a list of what is an object by consumer."""
        answer = super().ask(service, parent, more)
        if answer.status != 200:
            return answer
        found = decode_object(self.type, answer.body).get(self.key)
        try:
            by_consumer = msgspec.convert(found, dict[str, dict[str, Any]])
        except msgspec.ValidationError:
            raise MalformedError(f"{self.type}: the answer has no {self.key}") from None
        rows = [{**taken, "consumer_uuid": consumer} for consumer, taken in by_consumer.items()]
        return answer._replace(body=msgspec.json.encode({self.key: rows}))

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the provider."""
        item = super().shape(item, parent)
        item["resource_provider_uuid"] = parent
        return item


class Usage(Resource):
    """How much of a provider is taken: it never rests, so only when asked for."""

    name, path, key = "usage", "/resource_providers/{parent}/usages", "usages"
    each = "placement.resource_provider"
    lone = True
    id = ("resource_provider_uuid",)
    microversion = _MICROVERSION
    relations = {"resource_provider_uuid": "placement.resource_provider"}
    default = False

    def shape(self, item: dict[str, Any], parent: str | None = None) -> dict[str, Any]:
        """Name the provider, beside the amounts by resource class."""
        return {"resource_provider_uuid": parent, "usages": item}


class Placement(Plugin):
    """The placement service."""

    name = "placement"
    service_type = "placement"
    version = "1"
    privileged = "/resource_providers"
    resources = (ResourceProvider, ResourceClass, Trait, Allocation, Usage)
