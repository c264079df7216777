"""The whole API on one screen: every method and path, what it takes, what it answers."""

from collections.abc import Awaitable
from typing import Any, NamedTuple, Protocol

from synchronizer.model.change import Change
from synchronizer.model.entity import Entity
from synchronizer.model.errors import (
    AmbiguousError,
    HeldChangedError,
    HistoryReplacedError,
    IncompleteError,
    NothingHeldError,
    RevisionAheadError,
    RevisionCompactedError,
    SampleError,
    SynchronizerError,
    UnknownEntityError,
    UnknownTypeError,
)
from synchronizer.northbound.http import envelopes
from synchronizer.northbound.http.changes import changes
from synchronizer.northbound.http.deletes import confirm, deletes, reject
from synchronizer.northbound.http.entities import NDJSON, entities
from synchronizer.northbound.http.entity import entity, history
from synchronizer.northbound.http.exchange import Exchange, Response
from synchronizer.northbound.http.health import health
from synchronizer.northbound.http.measurements import measured_metrics, measurements
from synchronizer.northbound.http.metrics import metrics
from synchronizer.northbound.http.parameters import (
    AT,
    CLOUD,
    COMPLETE,
    DETAILED,
    DIGEST,
    DIRECTION,
    FIELDS,
    LIMIT,
    MARKER,
    MAX_AGE,
    MAX_BYTES,
    REGION,
    SINCE,
    SNAPSHOT,
    TYPE,
    VERSION,
    Parameter,
)
from synchronizer.northbound.http.relations import relations
from synchronizer.northbound.http.state import AppState
from synchronizer.northbound.http.types import sweep, types
from synchronizer.northbound.http.versions import versions
from synchronizer.northbound.http.watch import MEDIA


class Endpoint(Protocol):
    """Answers a call; named and documented, because the API's description is made of it."""

    __name__: str

    def __call__(self, north: AppState, call: Exchange, /) -> Response | Awaitable[Response | None]:
        """Return the answer, or None when it has been streamed."""


class Operation(NamedTuple):
    """One method and path.

    Attributes:
        work: answers it; a plain function runs in a thread and may block on the store.
        answers: what comes back, by media type; None for what no struct describes.
        filters: it takes ``body.PATH=VALUE``.
        errors: that it answers with, beyond those of every call.
        asks: request headers that it looks at.
        quick: it costs little, and waits for none that does not.
    """

    method: str
    path: str
    work: Endpoint
    answers: dict[str, Any]
    parameters: tuple[Parameter[Any], ...] = ()
    filters: bool = False
    errors: tuple[type[SynchronizerError], ...] = ()
    asks: tuple[str, ...] = ()
    quick: bool = False


JSON = "application/json"
PLACE = (CLOUD, REGION)
_UNKNOWN = (UnknownTypeError, IncompleteError)
_REVISIONS = (RevisionCompactedError, HistoryReplacedError, RevisionAheadError)

OPERATIONS = (
    Operation("GET", "/", versions, {JSON: envelopes.ApiVersions}, quick=True),
    Operation(
        "GET",
        "/v1/types",
        types,
        {JSON: envelopes.Types},
        (TYPE, *PLACE),
        errors=_UNKNOWN,
        quick=True,
    ),
    Operation(
        "POST",
        "/v1/types/{type}/sweep",
        sweep,
        {JSON: envelopes.TypeItem},
        PLACE,
        errors=(*_UNKNOWN, AmbiguousError, SampleError),
    ),
    Operation(
        "GET",
        "/v1/entities",
        entities,
        {JSON: envelopes.Entities, NDJSON: Entity},
        (TYPE, *PLACE, LIMIT, MAX_BYTES, MARKER, AT, MAX_AGE, COMPLETE, FIELDS),
        filters=True,
        errors=(*_UNKNOWN, *_REVISIONS, SampleError),
        asks=("If-None-Match",),
    ),
    Operation(
        "GET",
        "/v1/entities/{type}/{id:path}/history",
        history,
        {JSON: envelopes.Versions},
        PLACE,
        errors=(*_UNKNOWN, UnknownEntityError, AmbiguousError),
    ),
    Operation(
        "GET",
        "/v1/entities/{type}/{id:path}/relations",
        relations,
        {JSON: envelopes.Relations},
        (*PLACE, AT, TYPE, DIRECTION, FIELDS, LIMIT, MARKER),
        errors=(*_UNKNOWN, UnknownEntityError, AmbiguousError, *_REVISIONS),
    ),
    Operation(
        "GET",
        "/v1/entities/{type}/{id:path}",
        entity,
        {JSON: Entity},
        (*PLACE, AT, FIELDS),
        errors=(*_UNKNOWN, UnknownEntityError, AmbiguousError, *_REVISIONS),
    ),
    Operation(
        "GET",
        "/v1/changes",
        changes,
        {JSON: envelopes.Changes, MEDIA: Change},
        (TYPE, *PLACE, SINCE, DIGEST, LIMIT, MAX_BYTES, SNAPSHOT, FIELDS),
        filters=True,
        errors=(*_UNKNOWN, *_REVISIONS),
        asks=("Last-Event-ID",),
    ),
    Operation(
        "GET",
        "/v1/deletes",
        deletes,
        {JSON: envelopes.Deletes},
        (TYPE, *PLACE),
        errors=_UNKNOWN,
        quick=True,
    ),
    Operation(
        "POST",
        "/v1/deletes/{type}/confirm",
        confirm,
        {JSON: envelopes.TypeItem},
        (*PLACE, VERSION),
        errors=(*_UNKNOWN, NothingHeldError, HeldChangedError, AmbiguousError),
    ),
    Operation(
        "POST",
        "/v1/deletes/{type}/reject",
        reject,
        {JSON: envelopes.TypeItem},
        (*PLACE, VERSION),
        errors=(*_UNKNOWN, NothingHeldError, HeldChangedError, AmbiguousError),
    ),
    Operation(
        "GET",
        "/v1/measurements",
        measurements,
        {JSON: envelopes.Measurements},
        (TYPE, *PLACE, LIMIT, MARKER),
        errors=_UNKNOWN,
    ),
    Operation("GET", "/healthcheck", health, {JSON: envelopes.Health}, (DETAILED,)),
    Operation("GET", "/metrics", metrics, {"text/plain": None}, quick=True),
    Operation("GET", "/metrics/measurements", measured_metrics, {"text/plain": None}),
)
