"""The words that providers are described with: traits and resource classes."""

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.placing.providers import PROVIDER
from openstack_democloud.table import Body

TRAIT, CLASS = "placement.trait", "placement.resource_class"
_CUSTOM = "CUSTOM_"


def traits(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``GET /traits``: bare names."""
    names, wanted = cloud.table(TRAIT).ids(), ask.query.get("name", "")
    if wanted.startswith("in:"):
        some = set(wanted.removeprefix("in:").split(","))
        names = [name for name in names if name in some]
    elif wanted.startswith("startswith:"):
        names = [name for name in names if name.startswith(wanted.removeprefix("startswith:"))]
    elif wanted:
        raise RefusalError(400, "Badly formatted name parameter. Use in: or startswith:")
    if ask.query.get("associated", "").lower() == "true":
        held = {name for body in cloud.table(PROVIDER) for name in body["_traits"]}
        names = [name for name in names if name in held]
    return Answer.json({"traits": names})


def trait(cloud: Cloud, _ask: Ask, name: str) -> Answer:
    """Answer the GET of a trait: 204 and no word more."""
    if name not in cloud.table(TRAIT):
        raise RefusalError(404, f"No such trait(s): {name}.")
    return Answer(204)


def put_trait(cloud: Cloud, _ask: Ask, name: str) -> Answer:
    """Answer the PUT of a custom trait."""
    _custom(name)
    if name in cloud.table(TRAIT):
        return Answer(204)
    cloud.table(TRAIT).add(name, {"name": name})
    return Answer(201)


def _custom(name: str) -> None:
    if not name.startswith(_CUSTOM):
        raise RefusalError(400, f"The name {name} is invalid: it must begin with {_CUSTOM}.")


def delete_trait(cloud: Cloud, _ask: Ask, name: str) -> Answer:
    """Answer the DELETE of a custom trait that no provider has."""
    _custom(name)
    if name not in cloud.table(TRAIT):
        raise RefusalError(404, f"No such trait(s): {name}.")
    if any(name in body["_traits"] for body in cloud.table(PROVIDER)):
        raise RefusalError(409, f"The trait {name} is in use by a resource provider.")
    cloud.table(TRAIT).remove(name)
    return Answer(204)


def resource_class(name: str) -> Body:
    """Return a resource class."""
    href = f"/placement/resource_classes/{name}"
    return {"name": name, "links": [{"rel": "self", "href": href}]}


def classes(cloud: Cloud, _ask: Ask) -> Answer:
    """Answer ``GET /resource_classes``."""
    return Answer.json({"resource_classes": list(cloud.table(CLASS))})


def one_class(cloud: Cloud, _ask: Ask, name: str) -> Answer:
    """Answer the GET of one resource class."""
    body = cloud.table(CLASS).get(name)
    if body is None:
        raise RefusalError(404, f"No such resource class {name}.")
    return Answer.json(body)


def put_class(cloud: Cloud, _ask: Ask, name: str) -> Answer:
    """Answer the PUT of a custom resource class."""
    _custom(name)
    if name in cloud.table(CLASS):
        return Answer(204)
    cloud.table(CLASS).add(name, resource_class(name))
    return Answer(201)


def delete_class(cloud: Cloud, ask: Ask, name: str) -> Answer:
    """Answer the DELETE of a custom resource class that no provider has."""
    one_class(cloud, ask, name)
    _custom(name)
    if any(name in body["_inventories"] for body in cloud.table(PROVIDER)):
        raise RefusalError(409, f"Resource class {name} is in use.")
    cloud.table(CLASS).remove(name)
    return Answer(204)
