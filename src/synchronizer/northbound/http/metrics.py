"""``/metrics``: the store at this moment and this process's own counters, for Prometheus."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from synchronizer.northbound.http.exchange import Exchange, Response
from synchronizer.northbound.http.state import AppState
from synchronizer.store.contract import STORE, Attempted

_PLACE = ("cloud", "region", "type")

# What sampling a type costs its service: ever, by the names of Freshness, and in its last cycle.
_COST = {
    "calls": "Requests made to the service for this type.",
    "call_seconds": "Seconds that these requests took.",
    "call_bytes": "Bytes that they brought.",
    "sweeps": "Complete sweeps.",
    "faults": "Samples that failed.",
}
_CYCLE = {
    "calls": "Requests made from the end of one complete sweep to the end of the next.",
    "seconds": "Seconds that the requests of this cycle took.",
    "bytes": "Bytes that they brought.",
}


def metrics(north: AppState, _call: Exchange) -> Response:
    """Return the metrics of the store and of this process."""
    head = north.head()
    text = generate_latest(north.registry)
    return Response(text, head, media=CONTENT_TYPE_LATEST)


class StoreMetrics:
    """What is read from the store at each scrape; a prometheus_client collector."""

    def __init__(self, north: AppState) -> None:
        self._north = north

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand, so that registering does not read the store."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics."""
        sinks = self._north.store.sinks()  # before the head, so that none is ahead of it
        head, known = self._north.standing()
        now = self._north.clock.now()
        yield GaugeMetricFamily("synchronizer_revision", "The store's revision.", head.revision)
        yield GaugeMetricFamily(
            "synchronizer_oldest_revision", "The oldest revision that is kept.", head.oldest
        )
        handed = GaugeMetricFamily(
            "synchronizer_sink_revision",
            "Everything up to it has been handed on; the sink `bus` is the message bus.",
            labels=("sink",),
        )
        for sink in sinks:
            handed.add_metric([sink.name], sink.revision)
        yield handed
        entities = _gauge("entities", "Live entities.")
        revision = _gauge("type_revision", "Revision of the type's latest change.")
        age = _gauge("age_seconds", "Seconds since the last complete sweep began.")
        stale = _gauge("stale", "1 when the type is older than declared, or faulted.")
        fault = GaugeMetricFamily(
            "synchronizer_fault", "1 while the last sample failed.", labels=(*_PLACE, "code")
        )
        rejected = _gauge(
            "rejected_records", "Records of the last complete sweep that could not be taken."
        )
        cost = {
            name: CounterMetricFamily(f"synchronizer_{name}", text, labels=_PLACE)
            for name, text in _COST.items()
        }
        cycle = {name: _gauge(f"cycle_{name}", text) for name, text in _CYCLE.items()}
        for each in known:
            place = [each.collection.cloud, each.collection.region or "", each.collection.type]
            entities.add_metric(place, each.entities)
            revision.add_metric(place, each.revision)
            stale.add_metric(place, float(each.stale(now)))
            rejected.add_metric(place, each.rejected.count if each.rejected else 0)
            for name, counter in cost.items():
                counter.add_metric(place, getattr(each, name))
            for name, gauge in cycle.items():
                if each.cycle is not None:
                    gauge.add_metric(place, getattr(each.cycle, name))
            seconds = each.age(now)
            if seconds is not None:
                age.add_metric(place, seconds)
            if each.fault is not None:
                fault.add_metric([*place, each.fault.code], 1.0)
        yield from (entities, revision, age, stale, fault, rejected)
        yield from (*cost.values(), *cycle.values())
        held = _gauge("held_deletes", "Absent entities that wait for an operator's decision.")
        for waiting in self._north.store.held():
            region = waiting.collection.region or ""
            place = [waiting.collection.cloud, region, waiting.collection.type]
            held.add_metric(place, len(waiting.ids))
        yield held
        heard = CounterMetricFamily(
            "synchronizer_notifications",
            "Notifications of the cloud's services: hinted at an entity, ignored, or malformed.",
            labels=("cloud", "plugin", "outcome"),
        )
        damaged = 0
        for counter in self._north.store.counters():
            if counter.plugin == STORE:
                damaged = counter.value
            else:
                heard.add_metric([counter.cloud, counter.plugin, counter.name], counter.value)
        yield heard
        yield from _attempts(self._north.store.attempted())
        yield CounterMetricFamily(
            "synchronizer_store_damaged",
            "How often a check of the store found something that is not as it was written.",
            damaged,
        )


def _attempts(attempted: Attempted) -> Iterable[Metric]:
    written = GaugeMetricFamily(
        "synchronizer_store_last_write_timestamp_seconds",
        "When the store last took a write, in seconds since the epoch.",
    )
    if attempted.written_at is not None:
        written.add_metric([], attempted.written_at)
    yield written
    failed = CounterMetricFamily(
        "synchronizer_store_failed_writes",
        "Writes that the store did not take, by the code of the error.",
        labels=("code",),
    )
    for code, count in attempted.failed.items():
        failed.add_metric([code], count)
    yield failed


class ApiMetrics:
    """Requests and watches of this process; a prometheus_client collector."""

    def __init__(self, north: AppState) -> None:
        self._north = north

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics."""
        audience = self._north.audience
        requests = CounterMetricFamily(
            "synchronizer_http_requests",
            "Requests answered.",
            labels=("method", "route", "status"),
        )
        for (method, route, status), count in sorted(self._north.answered.items()):
            requests.add_metric([method, route, str(status)], count)
        yield requests
        yield GaugeMetricFamily("synchronizer_watchers", "Open watches.", len(audience))
        yield CounterMetricFamily(
            "synchronizer_deliveries", "Changes sent to watchers.", audience.deliveries
        )
        cuts = CounterMetricFamily(
            "synchronizer_watchers_cut", "Watches ended by us, by reason.", labels=("reason",)
        )
        for reason, count in sorted(audience.cuts.items()):
            cuts.add_metric([reason], count)
        yield cuts


def registry(north: AppState, own: CollectorRegistry | None) -> CollectorRegistry:
    """Return the registry that `/metrics` shows, ours registered in it."""
    shown = own if own is not None else CollectorRegistry()
    shown.register(StoreMetrics(north))
    shown.register(ApiMetrics(north))
    return shown


def _gauge(name: str, documentation: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"synchronizer_{name}", documentation, labels=_PLACE)
