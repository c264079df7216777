"""Volume types, who may use the private ones, how theirs are encrypted; group types; QoS."""

from collections.abc import Callable
from typing import Any

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.table import Body, shown
from openstack_democloud.volume import entities
from openstack_democloud.volume.access import admin
from openstack_democloud.volume.catalog import GROUP_TYPES, QOS_SPECS, TYPES
from openstack_democloud.volume.collections import Collection

TYPE, ACCESS = "cinder.volume_type", "cinder.volume_type_access"
ENCRYPTION = "cinder.volume_type_encryption"
QOS, GROUP_TYPE = "cinder.qos_spec", "cinder.group_type"
_TRUE = frozenset({"1", "t", "true", "on", "y", "yes"})


def type_of(cloud: Cloud, wanted: str) -> Body:
    """Return the volume type of an id or a name.

    Raises:
        RefusalError: 404, there is none.
    """
    table = cloud.table(TYPE)
    body = table.get(wanted) or next((b for b in table if b["name"] == wanted), None)
    if body is None:
        raise RefusalError(404, f"Volume type {wanted} could not be found.")
    return body


def listing(collection: Collection) -> Callable[[Cloud, Ask], Answer]:
    """Return what answers a listing of types: the public ones, or with None all, to an admin."""

    def index(cloud: Cloud, ask: Ask) -> Answer:
        public = ask.query.get("is_public", "true").lower()
        if public == "none" and admin(ask):
            return collection.detail(cloud, ask)
        want = public in _TRUE or not admin(ask)
        return collection.detail(cloud, ask, lambda body: body["is_public"] == want)

    return index


def make(cloud: Cloud, type: str, name: str, **fields: Any) -> Body:
    """Create a volume type or a group type and return it."""
    id_ = cloud.names.uuid(type, cloud.next(type))
    maker = entities.volume_type if type == TYPE else entities.group_type
    return cloud.table(type).add(id_, maker(id_, name, **fields))


def _create(cloud: Cloud, ask: Ask, collection: Collection) -> Answer:
    given = ask.part(collection.one)
    name = given.get("name")
    if not isinstance(name, str) or not name:
        raise RefusalError(400, "Invalid input for field/attribute name.")
    if any(body["name"] == name for body in collection.table(cloud)):
        raise RefusalError(409, f"{collection.noun} {name} already exists.")
    public = given.get("os-volume-type-access:is_public", given.get("is_public", True))
    fields = {n: given[n] for n in ("description", "extra_specs", "group_specs") if n in given}
    body = make(cloud, collection.type, name, public=bool(public), **fields)
    return Answer.json({collection.one: collection.shape(cloud, ask, body)})


def create_type(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /types``."""
    return _create(cloud, ask, TYPES)


def create_group_type(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /group_types``."""
    return _create(cloud, ask, GROUP_TYPES)


def _update(cloud: Cloud, ask: Ask, collection: Collection, id: str) -> Answer:
    collection.found(cloud, ask, id)
    given = ask.part(collection.one)
    fields = {n: given[n] for n in ("name", "description") if n in given}
    body = collection.table(cloud).change(id, **fields)
    return Answer.json({collection.one: collection.shape(cloud, ask, body)})


def update_type(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PUT of a volume type. Its volumes show the new name; theirs no time moves."""
    return _update(cloud, ask, TYPES, id)


def update_group_type(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PUT of a group type."""
    return _update(cloud, ask, GROUP_TYPES, id)


def remove_type(cloud: Cloud, id: str) -> None:
    """Delete a volume type, with who may use it, whose default it is and how it is encrypted."""
    table = cloud.table(ACCESS)
    for key in [key for key in table.ids() if key.startswith(f"{id}/")]:
        table.remove(key)
    defaults = cloud.table("cinder.default_type")
    for project in [row["project_id"] for row in defaults if row["volume_type_id"] == id]:
        defaults.remove(project)
    if id in cloud.table(ENCRYPTION):
        cloud.table(ENCRYPTION).remove(id)
    cloud.table(TYPE).remove(id)


def delete_type(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the DELETE of a volume type."""
    TYPES.found(cloud, ask, id)
    if any(body["_type"] == id for body in cloud.table("cinder.volume")):
        raise RefusalError(400, f"Volume type {id} deletion is not allowed with volumes present.")
    remove_type(cloud, id)
    return Answer(202)


def delete_group_type(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the DELETE of a group type."""
    GROUP_TYPES.found(cloud, ask, id)
    cloud.table(GROUP_TYPE).remove(id)
    return Answer(202)


def set_extra_specs(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the POST of extra specs."""
    held = TYPES.found(cloud, ask, id)["extra_specs"]
    given = ask.part("extra_specs")
    cloud.table(TYPE).change(id, extra_specs=held | given)
    return Answer.json({"extra_specs": given})


def access(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the GET of who may use a private type; of a public one nobody can be named."""
    if TYPES.found(cloud, ask, id)["is_public"]:
        raise RefusalError(404, "Access list not available for public volume types.")
    rows = [shown(b) for b in cloud.table(ACCESS) if b["volume_type_id"] == id]
    return Answer.json({"volume_type_access": rows})


def act(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer ``POST /types/{id}/action``: addProjectAccess, removeProjectAccess."""
    TYPES.found(cloud, ask, id)
    table, given = cloud.table(ACCESS), ask.json()
    if "addProjectAccess" in given:
        project = given["addProjectAccess"]["project"]
        if f"{id}/{project}" in table:
            raise RefusalError(409, f"Volume type access for {id} / {project} already exists.")
        table.add(f"{id}/{project}", {"volume_type_id": id, "project_id": project})
    elif "removeProjectAccess" in given:
        project = given["removeProjectAccess"]["project"]
        if f"{id}/{project}" not in table:
            raise RefusalError(404, f"Volume type access not found for {id} / {project}.")
        table.remove(f"{id}/{project}")
    else:
        raise RefusalError(400, "There is no such action")
    return Answer(202)


def encryption(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the GET of a type's encryption: a bare object, empty when there is none."""
    TYPES.found(cloud, ask, id)
    return Answer.json(shown(cloud.table(ENCRYPTION).get(id) or {}))


def create_qos(cloud: Cloud, ask: Ask) -> Answer:
    """Answer ``POST /qos-specs``."""
    given = ask.part("qos_specs")
    id_ = cloud.names.uuid("qos_spec", cloud.next("qos_spec"))
    name, consumer = given.pop("name"), given.pop("consumer", "back-end")
    body = entities.qos_spec(id_, name, **given) | {"consumer": consumer}
    return Answer.json({"qos_specs": cloud.table(QOS).add(id_, body)})


def update_qos(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the PUT of some specs."""
    held = QOS_SPECS.found(cloud, ask, id)["specs"]
    given = ask.part("qos_specs")
    cloud.table(QOS).change(id, specs=held | given)
    return Answer.json({"qos_specs": given})


def delete_qos(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the DELETE of a specification that no type names."""
    QOS_SPECS.found(cloud, ask, id)
    if any(body["qos_specs_id"] == id for body in cloud.table(TYPE)):
        raise RefusalError(400, f"Qos specs {id} is still associated with entities.")
    cloud.table(QOS).remove(id)
    return Answer(202)


def associations(cloud: Cloud, ask: Ask, id: str) -> Answer:
    """Answer the GET of the types that name a specification."""
    QOS_SPECS.found(cloud, ask, id)
    rows = [
        {"association_type": "volume_type", "name": body["name"], "id": body["id"]}
        for body in cloud.table(TYPE)
        if body["qos_specs_id"] == id
    ]
    return Answer.json({"qos_associations": rows})
