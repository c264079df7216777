"""What every answer has in common: headers, errors, the description of the API."""

import json

import pytest

from synchronizer.model.errors import StoreError
from synchronizer.northbound.http.routes import OPERATIONS


@pytest.mark.parametrize(
    "path",
    ["/", "/v1/types", "/v1/entities", "/v1/changes?since=0", "/v1/nope", "/v1/types?x=1",
     "/healthcheck", "/metrics", "/openapi.json"],
)  # fmt: skip
def test_every_answer_names_revision_epoch_and_request(door, store, path):
    door.ask("/v1/types")
    headers = door.ask(path).headers
    assert headers["Synchronizer-Revision"] == "0"
    assert headers["Synchronizer-Epoch"] == store.head().epoch
    assert headers["X-Openstack-Request-Id"].startswith("req-")


def test_an_unknown_parameter_is_named_with_those_that_are_known(door):
    error = door.refused("/v1/entities?colour=red", 400, "synchronizer.request.invalid")
    assert "colour" in error["detail"]
    assert "max_age" in error["detail"]
    door.refused("/metrics?x=1", 400, "synchronizer.request.invalid")
    door.refused("/v1/types?body.x=1", 400, "synchronizer.request.invalid")


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=10001", "limit=ten", "limit=1&limit=2", "at=", "max_age=-1",
     "max_age=nan", "cloud=a&cloud=b", "cloud=%ff"],
)  # fmt: skip
def test_a_wrong_value_is_400(door, query):
    door.refused(f"/v1/entities?{query}", 400, "synchronizer.request.invalid")


def test_unknown_paths_and_methods_are_told_apart(door):
    door.refused("/v1/entitys", 404, "synchronizer.request.path")
    answer = door.ask("/v1/entities", "POST")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert answer.json["errors"][0]["code"] == "synchronizer.request.method"
    assert door.ask("/v1/types/nova.server/sweep").headers["Allow"] == "POST"


def test_a_surprise_is_500_without_its_insides(serve, caplog):
    async def refresh(collections, max_age):
        raise ZeroDivisionError("password=hunter2")

    with serve(refresh=refresh) as door:
        error = door.refused("/v1/entities?max_age=0", 500, "synchronizer.internal")
    assert "hunter2" not in json.dumps(error)
    assert error["request_id"] in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_health_is_alive_and_detailed_is_ready(door):
    assert door.json("/healthcheck") == {"status": "OK"}
    assert door.json("/healthcheck?detailed") == {
        "status": "OK",
        "store": "OK",
        "types": 3,
        "types_stale": 3,
    }


def test_a_store_that_cannot_be_read_is_alive_but_not_ready(serve, store):
    class Broken:
        """The store, after its database went away."""

        def __getattr__(self, name):
            return getattr(store, name)

        def head(self):
            raise StoreError("gone")

        standing = head

    with serve(store=Broken()) as door:
        assert door.ask("/healthcheck").status == 200
        answer = door.ask("/healthcheck?detailed")
        door.refused("/v1/types", 503, "synchronizer.store")
    assert answer.status == 503
    assert answer.json["status"] == "UNAVAILABLE"


def test_metrics_show_the_store_and_the_doors(door, store, commit, places):
    commit(places.server, {"a": {"id": "a"}})
    door.ask("/v1/types")
    with door.watch("/v1/changes?since=0") as watch:
        watch.until_bookmark()
        text = door.ask("/metrics").body.decode()
    place = '{cloud="demo",region="RegionOne",type="nova.server"}'
    assert f"synchronizer_entities{place} 1.0" in text
    assert f"synchronizer_stale{place} 1.0" in text
    assert "synchronizer_revision 1.0" in text
    assert "synchronizer_watchers 1.0" in text
    assert "synchronizer_deliveries_total 1.0" in text
    counted = 'synchronizer_http_requests_total{method="GET",route="/v1/types",status="200"} 1.0'
    assert counted in text


def test_metrics_show_what_sampling_costs(door, store, places):
    place = '{cloud="demo",region="RegionOne",type="nova.server"}'
    store.note(places.server, calls=3, call_seconds=0.5, call_bytes=700)
    assert f"synchronizer_cycle_calls{place}" not in door.ask("/metrics").body.decode()
    store.note(places.server, calls=1, call_seconds=0.25, call_bytes=100, sweeps=1)
    store.note(places.server, calls=2)
    text = door.ask("/metrics").body.decode()
    assert f"synchronizer_cycle_calls{place} 4.0" in text
    assert f"synchronizer_cycle_seconds{place} 0.75" in text
    assert f"synchronizer_cycle_bytes{place} 800.0" in text
    assert f"synchronizer_calls_total{place} 6.0" in text


def test_the_root_links_to_everything(door):
    answer = door.json("/")
    for link in answer["links"]:
        if link["rel"] != "changes":
            assert door.ask(link["href"]).status == 200, link
    assert answer["versions"][0]["id"] == "v1"


def test_the_description_is_of_what_is_served(door):
    description = door.json("/openapi.json")
    assert description["openapi"] == "3.1.0"
    for route in OPERATIONS:
        path = route.path.replace(":path}", "}")
        operation = description["paths"][path][route.method.lower()]
        assert operation["summary"]
        named = json.dumps(operation["parameters"])
        assert all(f"parameters/{each.name}" in named for each in route.parameters)
        codes = [
            code for answer in operation["responses"].values() for code in answer.get("x-codes", [])
        ]
        assert all(each.code in codes for each in route.errors)
    assert "/openapi.json" in description["paths"]


def test_every_reference_of_the_description_leads_somewhere(door):
    description = door.json("/openapi.json")

    def references(value):
        if isinstance(value, dict):
            if "$ref" in value:
                yield value["$ref"]
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    for reference in set(references(description)):
        place = description
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]


@pytest.mark.parametrize(
    ("name", "path"), [("detailed", "/healthcheck"), ("complete", "/v1/entities")]
)
def test_the_description_names_every_way_to_write_a_flag(door, name, path):
    schema = door.json("/openapi.json")["components"]["parameters"][name]["schema"]
    described = {value for each in schema["anyOf"] for value in each.get("enum", ())}
    assert {"type": "boolean"} in schema["anyOf"]
    assert described == {"", "1", "yes", "0", "no"}
    for text in described | {"true", "false"}:
        assert door.ask(f"{path}?{name}={text}").status in {200, 503}
    door.refused(f"{path}?{name}=maybe", 400, "synchronizer.request.invalid")
