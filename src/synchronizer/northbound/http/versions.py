"""``/``: which versions of the API there are, and where everything is."""

import msgspec

from synchronizer.northbound.http.envelopes import ApiVersions, Link, VersionItem
from synchronizer.northbound.http.exchange import Exchange, Response
from synchronizer.northbound.http.state import AppState


def versions(north: AppState, call: Exchange) -> Response:
    """List the versions of the API, with links."""
    base = call.path.rstrip("/")
    v1 = VersionItem("v1", "CURRENT", [Link("self", f"{base}/v1/types")])
    links = [
        Link("types", f"{base}/v1/types"),
        Link("entities", f"{base}/v1/entities"),
        Link("changes", f"{base}/v1/changes"),
        Link("service-desc", f"{base}/openapi.json"),
        Link("status", f"{base}/healthcheck"),
        Link("metrics", f"{base}/metrics"),
    ]
    return Response(msgspec.json.encode(ApiVersions([v1], links)), north.head())
