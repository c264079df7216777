"""What the synchronizer's own plugins make of the storage services is what truly is there."""

import copy

import msgspec
import pytest
from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session

from openstack_democloud.running import DemoCloud
from synchronizer.plugins.cinder import Cinder
from synchronizer.plugins.glance import Glance
from synchronizer.plugins.heat import Heat
from synchronizer.plugins.pagination import walk
from synchronizer.plugins.placement import Placement
from synchronizer.plugins.service import Service, adapter_for

MINORS = {"cinder": "3.70", "placement": "1.39"}
#: Listed, but of no entity that the demo cloud keeps.
NOT_KEPT = {"cinder.cluster"}
KINDS = [
    (plugin, resource)
    for plugin in (Glance, Cinder, Heat, Placement)
    for resource in plugin.declared()
    if resource.type not in NOT_KEPT
]


class Page:
    def __init__(self, items, tail):
        self.items, self.size, self.tail, self.more = items, len(items), tail, False


@pytest.fixture(scope="module")
def quiet():
    """A cloud of this module's own: others take away what must be there."""
    with DemoCloud(servers=120, page_limit=40, build_seconds=0.1, seed=7) as running:
        yield running


@pytest.fixture(scope="module")
def endpoint(quiet):
    session = Session(Password(**quiet.auth))
    held = {}

    def of(plugin):
        if plugin.name not in held:
            adapter = adapter_for(
                session, plugin.service_type, plugin.version, "RegionOne", "public"
            )
            held[plugin.name] = Service(plugin.name, adapter)
        return held[plugin.name]

    return of


def listed(resource, service, parents):
    def split(answer, parent):
        found = msgspec.json.decode(answer.body)[resource.key]
        rows = [found] if resource.lone else found
        shaped = [resource.shape(row, parent) for row in rows]
        return Page(shaped, [str(row.get(resource.marker)) for row in shaped])

    pages = walk(resource, service, split, parents=iter(parents))
    rows = [row for page in pages for row in page.items]
    return {resource.identify(row): row for row in rows}


def essence(resource, body):
    body = copy.deepcopy(body)
    return resource.essence(resource.shape(body, None) if not resource.each else body)


@pytest.mark.parametrize(("plugin", "resource"), KINDS, ids=[r.type for _, r in KINDS])
def test_a_walk_finds_every_entity_as_it_is(quiet, endpoint, plugin, resource):
    parents = list(quiet.state(resource.each)) if resource.each else []
    found = listed(resource, endpoint(plugin), parents)
    truth = quiet.state(resource.type, MINORS.get(plugin.name, ""))
    if resource.type == "cinder.message":  # only the own project's are ever listed
        truth = {id_: body for id_, body in truth.items() if id_ in found}
    assert truth
    assert set(found) == set(truth)
    for id_, body in found.items():
        assert essence(resource, body) == essence(resource, truth[id_])


@pytest.mark.parametrize(
    ("plugin", "resource"),
    [(p, r) for p, r in KINDS if r.single],
    ids=[r.type for _, r in KINDS if r.single],
)
def test_a_read_shows_what_the_listing_shows(quiet, endpoint, plugin, resource):
    parents = list(quiet.state(resource.each)) if resource.each else []
    service = endpoint(plugin)
    found = listed(resource, service, parents)
    for id_ in list(found)[:3]:
        read = resource.read(service, id_)
        assert essence(resource, read) == essence(resource, found[id_])
