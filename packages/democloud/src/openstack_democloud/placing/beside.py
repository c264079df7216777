"""What is listed beside a provider: inventories, traits, aggregates.

Each PUT names the generation that it was made for; another one meanwhile is a conflict.
"""

from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.placing.providers import found, generation, inventory, save
from openstack_democloud.table import Body

_GENERATION = "resource_provider_generation"
#: From this microversion on aggregates carry the generation.
_COUNTED_AGGREGATES = 19


def _part(cloud: Cloud, body: Body, name: str, value: Any) -> Answer:
    return Answer.json({name: value, _GENERATION: generation(cloud, body)})


def _checked(cloud: Cloud, uuid: str, given: Body) -> Body:
    """Return a provider whose generation is the one the request was made for."""
    body = found(cloud, uuid)
    if given.get(_GENERATION) != generation(cloud, body):
        raise RefusalError(
            409, "resource provider generation conflict: please retry with the new generation"
        )
    return body


def inventories(cloud: Cloud, _ask: Ask, uuid: str) -> Answer:
    """Answer the GET of all inventories."""
    body = found(cloud, uuid)
    return _part(cloud, body, "inventories", body["_inventories"])


def one_inventory(cloud: Cloud, _ask: Ask, uuid: str, name: str) -> Answer:
    """Answer the GET of the inventory of one class."""
    body = found(cloud, uuid)
    if name not in body["_inventories"]:
        raise RefusalError(404, f"No inventory of class {name} for {uuid}")
    return Answer.json(body["_inventories"][name] | {_GENERATION: generation(cloud, body)})


def put_inventories(cloud: Cloud, ask: Ask, uuid: str) -> Answer:
    """Answer the PUT of all inventories."""
    given = ask.json()
    _checked(cloud, uuid, given)
    wanted = {
        name: inventory(int(each["total"])) | each
        for name, each in given.get("inventories", {}).items()
    }
    _known(cloud, "placement.resource_class", wanted)
    body = save(cloud, uuid, _inventories=wanted)
    return _part(cloud, body, "inventories", wanted)


def put_inventory(cloud: Cloud, ask: Ask, uuid: str, name: str) -> Answer:
    """Answer the PUT of the inventory of one class."""
    given = ask.json()
    body = _checked(cloud, uuid, given)
    _known(cloud, "placement.resource_class", [name])
    wanted = inventory(int(given["total"])) | {n: v for n, v in given.items() if n != _GENERATION}
    body = save(cloud, uuid, _inventories=body["_inventories"] | {name: wanted})
    return Answer.json(wanted | {_GENERATION: generation(cloud, body)})


def delete_inventory(cloud: Cloud, _ask: Ask, uuid: str, name: str) -> Answer:
    """Answer the DELETE of the inventory of one class."""
    held = found(cloud, uuid)["_inventories"]
    if name not in held:
        raise RefusalError(404, f"No inventory of class {name} found for delete")
    save(cloud, uuid, _inventories={n: v for n, v in held.items() if n != name})
    return Answer(204)


def traits(cloud: Cloud, _ask: Ask, uuid: str) -> Answer:
    """Answer the GET of a provider's traits."""
    body = found(cloud, uuid)
    return _part(cloud, body, "traits", body["_traits"])


def put_traits(cloud: Cloud, ask: Ask, uuid: str) -> Answer:
    """Answer the PUT of a provider's traits."""
    given = ask.json()
    _checked(cloud, uuid, given)
    wanted = list(given.get("traits", []))
    _known(cloud, "placement.trait", wanted)
    return _part(cloud, save(cloud, uuid, _traits=wanted), "traits", wanted)


def _known(cloud: Cloud, type: str, names: Any) -> None:
    unknown = [name for name in names if name not in cloud.table(type)]
    if unknown:
        raise RefusalError(400, f"No such {type.partition('.')[2]}: {', '.join(unknown)}")


def aggregates(cloud: Cloud, ask: Ask, uuid: str) -> Answer:
    """Answer the GET of a provider's aggregates."""
    body = found(cloud, uuid)
    if ask.minor < _COUNTED_AGGREGATES:
        return Answer.json({"aggregates": body["_aggregates"]})
    return _part(cloud, body, "aggregates", body["_aggregates"])


def put_aggregates(cloud: Cloud, ask: Ask, uuid: str) -> Answer:
    """Answer the PUT of a provider's aggregates."""
    given = ask.json()
    if ask.minor < _COUNTED_AGGREGATES:
        found(cloud, uuid)
        save(cloud, uuid, _aggregates=list(given))
        return Answer.json({"aggregates": given})
    _checked(cloud, uuid, given)
    wanted = list(given.get("aggregates", []))
    return _part(cloud, save(cloud, uuid, _aggregates=wanted), "aggregates", wanted)
