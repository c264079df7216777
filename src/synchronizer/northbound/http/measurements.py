"""``/v1/measurements`` and ``/metrics/measurements``: usage and heartbeats, as last seen."""

from collections.abc import Iterable, Iterator

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from synchronizer.model.clock import iso, seconds
from synchronizer.model.errors import RequestError
from synchronizer.northbound.http.envelopes import Measurement, Measurements
from synchronizer.northbound.http.exchange import Exchange, Response
from synchronizer.northbound.http.parameters import LIMIT, MARKER
from synchronizer.northbound.http.query import selection_of
from synchronizer.northbound.http.state import AppState
from synchronizer.store.contract import Measured
from synchronizer.store.freshness import Freshness

_PAGE = 1000
_LABELS = ("cloud", "region", "type", "id", "name")


def measurements(north: AppState, call: Exchange) -> Response:
    """List what is measured of entities: usage, heartbeats; it has no revision of its own."""
    head, known = north.standing()
    chosen = {each.collection: each for each in selection_of(call.query).of(known)}
    limit = call.query[LIMIT]
    after = _place(call.query[MARKER])
    found = north.store.measurements(list(chosen), after=after, limit=limit)
    shown = [_shown(each, chosen[each.collection]) for each in found]
    following = None
    if len(found) == limit:
        number, id_ = found[-1].place
        following = f"{number}:{id_}"
    return Response(msgspec.json.encode(Measurements(head.revision, shown, following)), head)


def measured_metrics(north: AppState, _call: Exchange) -> Response:
    """Return every measured number and time for Prometheus: a scrape of its own, as it is large."""
    registry = CollectorRegistry()
    registry.register(MeasuredNumbers(north))
    return Response(generate_latest(registry), north.head(), media=CONTENT_TYPE_LATEST)


def _shown(each: Measured, known: Freshness) -> Measurement:
    return Measurement(
        **each.collection._asdict(),
        id=each.id,
        measured_at=None if known.sampled_at is None else iso(known.sampled_at),
        values=msgspec.json.decode(each.values),
    )


def _place(marker: str | None) -> tuple[int, str]:
    if marker is None:
        return 0, ""
    number, colon, id_ = marker.partition(":")
    if not colon or not (number.isascii() and number.isdecimal() and len(number) <= 9):
        raise RequestError("marker is not one that this call gave; take it from `next`.")
    return int(number), id_


class MeasuredNumbers:
    """Yields the measured numbers; a prometheus_client collector."""

    def __init__(self, north: AppState) -> None:
        self._north = north

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand, so that registering does not read the store."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield one gauge."""
        gauge = GaugeMetricFamily(
            "synchronizer_measurement",
            "What an entity's own service measures, as of the last complete sweep; times are "
            "seconds since the epoch.",
            labels=_LABELS,
        )
        store = self._north.store
        every = [each.collection for each in store.collections()]
        after = 0, ""
        while page := store.measurements(every, after=after, limit=_PAGE):
            after = page[-1].place
            for each in page:
                place = each.collection
                for name, value in msgspec.json.decode(each.values).items():
                    number = _number(value)
                    if number is not None:
                        labels = [place.cloud, place.region or "", place.type, each.id, name]
                        gauge.add_metric(labels, number)
        yield gauge


def _number(value: object) -> float | None:
    if isinstance(value, str):
        try:
            return seconds(value)
        except (ValueError, OverflowError):
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:  # JSON has integers that no float can hold
        return None
