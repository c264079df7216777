"""Mutations on request: what ``/demo/mutate`` does, whatever the service."""

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import RefusalError


def mutate(
    cloud: Cloud, op: str, type: str, count: int | None = 1, ids: list[str] | None = None
) -> list[str]:
    """Do one kind of mutation *count* times and return the ids; None: delete all there are.

    With *ids* it is done to these: what the service can do to a named entity, and "delete".
    Of Keystone's entities those stay that a client needs to log in.

    Raises:
        RefusalError: 400, this cannot be done to this type.
    """
    function = cloud.services.mutations.get((op, type))
    if function is None:
        known = ", ".join(" ".join(key) for key in cloud.services.mutations)
        raise RefusalError(400, f"no mutation {op} {type}; there are: {known}")
    if count is None and op == "delete" and ids is None:
        wipe = cloud.services.of_type(type).wipes.get(type)
        if wipe is not None:
            return wipe(cloud)
        ids = cloud.table(type).ids()
    if ids is not None:
        return [id_ for id_ in ids if mutate_one(cloud, op, type, id_)]
    done: list[str] = []
    while len(done) < (1 if count is None else count):
        id_ = function(cloud, cloud.random)
        if id_ is None:
            break
        done.append(id_)
    return done


def mutate_one(cloud: Cloud, op: str, type: str, id: str) -> bool:
    """Do it to the entity *id*; return whether that was possible."""
    one = cloud.services.of_type(type).named.get((op, type))
    if one is not None:
        return one(cloud, id)
    if op != "delete" or type not in cloud.tables or id not in cloud.table(type):
        return False
    cloud.table(type).remove(id)
    return True
