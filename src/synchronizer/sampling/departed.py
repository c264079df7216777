"""Collections that nobody can sample now: kept as they were last seen, and told to be stale."""

from collections.abc import Callable

from synchronizer.model.clock import iso
from synchronizer.model.entity import Collection
from synchronizer.model.errors import AbsentServiceError, SynchronizerError
from synchronizer.store.contract import Fault, Store


def mark(
    store: Store, error: SynchronizerError, now: float, concerns: Callable[[Collection], bool]
) -> None:
    """Note *error* as the fault of the known collections that it concerns, once."""
    for known in store.collections():
        said = (known.fault.code, known.fault.detail) if known.fault else None
        if concerns(known.collection) and said != (error.code, str(error)):
            fault = Fault(error.code, error.title, str(error), iso(now))
            store.note(known.collection, fault=fault, faults=1)


def belongs(collection: Collection, cloud: str, plugin: str) -> bool:
    """Return whether a collection is of this plugin in this cloud."""
    return collection.cloud == cloud and collection.type.partition(".")[0] == plugin


def left(cloud: str, plugin: str, region: str | None) -> AbsentServiceError:
    """Return the fault of a service that was there and is no longer."""
    where = f"region {region} of {cloud}" if region else cloud
    return AbsentServiceError(
        f"{plugin} has left the catalogue of {where}; its entities are kept as they were last seen"
    )
