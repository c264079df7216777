"""Collections that nobody can sample now: kept as they were last seen, and told to be stale."""

from collections.abc import Callable

from synchronizer.model.clock import iso
from synchronizer.model.entity import Collection
from synchronizer.model.errors import AbsentServiceError, RetiredError, SynchronizerError
from synchronizer.store.contract import Store
from synchronizer.store.freshness import Fault


def mark(
    store: Store, error: SynchronizerError, now: float, concerns: Callable[[Collection], bool]
) -> None:
    """Note *error* as the fault of the known collections that it concerns, once."""
    for known in store.collections():
        said = (known.fault.code, known.fault.detail) if known.fault else None
        if concerns(known.collection) and said != (error.code, str(error)):
            fault = Fault(error.code, error.title, str(error), iso(now))
            store.note(known.collection, fault=fault, faults=1)


def retire(
    store: Store, now: float, patience: float, concerns: Callable[[Collection], bool]
) -> None:
    """Mark the known collections that the configuration leaves out, if nobody samples them.

    Another instance over the same store may: then they are not ours to judge.

    Args:
        patience: seconds without a poll, after which nobody polls a type that was polled.
    """
    for known in store.collections():
        polled, swept = known.polled_at or 0.0, known.sampled_at or 0.0
        limit = min(patience, known.stale_after) if polled else known.stale_after
        kept = known.entities or known.sampled_at is not None
        said = known.fault.code if known.fault else ""
        if (
            kept
            and concerns(known.collection)
            and said != RetiredError.code
            and now - max(polled, swept) > limit
        ):
            type_ = known.collection.type
            error = RetiredError(
                f"{type_} is left out by [sampling] types, skip or plugins, or by regions in "
                "clouds.yaml, and is kept as it was last seen; sample it again, or remove it by "
                f"`synchronizer db purge {type_}`"
            )
            fault = Fault(error.code, error.title, str(error), iso(now))
            store.note(known.collection, fault=fault)


def belongs(collection: Collection, cloud: str, plugin: str) -> bool:
    """Return whether a collection is of this plugin in this cloud."""
    return collection.cloud == cloud and collection.type.partition(".")[0] == plugin


def left(cloud: str, plugin: str, region: str | None) -> AbsentServiceError:
    """Return the fault of a service that was there and is no longer."""
    where = f"region {region} of {cloud}" if region else cloud
    return AbsentServiceError(
        f"{plugin} has left the catalogue of {where}; its entities are kept as they were last seen"
    )
