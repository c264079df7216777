"""Where a service is found: regions, endpoints that they share, and what is no longer there."""

from types import SimpleNamespace

import pytest
from keystoneauth1 import exceptions as ksa
from keystoneauth1.access import create
from keystoneauth1.noauth import NoAuth

from synchronizer.model.errors import AbsentServiceError, UnreachableError
from synchronizer.plugins import load
from synchronizer.plugins.service import open_gate
from synchronizer.sampling.catalogue import Entry, ServiceEntry, endpoints, places_of, scope_of
from synchronizer.sampling.scope import Scope

GLANCE, KEYSTONE = load("glance"), load("keystone")


def offer(type_, region, url):
    """Return a service of a catalogue, with one endpoint or without."""
    place = {"id": "e", "interface": "public", "region": region, "region_id": region, "url": url}
    return {"type": type_, "name": "", "id": type_, "endpoints": [place] if url else []}


def token(catalogue, **scope):
    body = {"roles": [{"id": "1", "name": "admin"}], "methods": ["password"]}
    body |= {"user": {"id": "u", "name": "sync"}, **scope}
    if catalogue is not None:
        body["catalog"] = catalogue
    return create(body={"token": body}, auth_token="t")


class Keystone:
    """Gives out tokens whose catalogue a test sets: {(type, region): url}."""

    def __init__(self, catalogue):
        self.catalogue = catalogue
        self.auth_ref = None
        self.down = False

    def get_auth_ref(self, _session):
        if self.down:
            raise ksa.ConnectFailure
        return token([offer(*place, url) for place, url in self.catalogue.items()])

    def get_access(self, session):
        if self.auth_ref is None:
            self.auth_ref = self.get_auth_ref(session)
        return self.auth_ref


@pytest.fixture
def places():
    """Make the places of a plugin; the Keystone behind them is their attribute."""

    def make(catalogue, plugin=GLANCE, **options):
        keystone = Keystone(catalogue)
        entry = Entry(SimpleNamespace(auth=keystone), **options)
        made = places_of(plugin, "cloud", [entry])
        made.keystone = keystone
        return made

    return make


def test_each_region_with_an_endpoint_of_its_own_is_a_place(places):
    assert places({("image", "B"): "http://b", ("image", "A"): "http://a"}).regions() == ["A", "B"]


def test_regions_that_share_an_endpoint_are_one(places):
    shared = {("image", "A"): "http://a", ("image", "B"): "http://b", ("image", "C"): "http://a/"}
    assert places(shared).regions() == ["A", "B"]


def test_the_region_that_stood_for_all_goes_on_to_do_so(places):
    """A new region whose name sorts before must not make every entity a new one."""
    shared = {("image", "A"): "http://x", ("image", "B"): "http://x"}
    assert places(shared).regions(known={"B"}) == ["B"]


def test_only_the_named_regions_are_places(places):
    catalogue = {("image", "A"): "http://a", ("image", "B"): "http://b"}
    made = places(catalogue, regions=("B",))
    assert made.regions() == ["B"]
    assert made.wants("B")
    assert not made.wants("A")


def test_keystone_has_no_region(places):
    catalogue = {("identity", "A"): "http://k", ("identity", "B"): "http://k2"}
    assert places(catalogue, KEYSTONE).regions() == [None]


@pytest.mark.parametrize("region", ["A", "*", None])
def test_keystone_may_be_registered_in_another_region_than_the_one_that_is_sampled(places, region):
    made = places(
        {("identity", region): "http://k", ("image", "B"): "http://b"}, KEYSTONE, regions=("B",)
    )
    assert made.regions() == [None]
    assert made.scope(None).endpoint == "http://k"


def test_a_catalogue_without_regions_has_one_place(places):
    assert places({("image", None): "http://a"}).regions() == [None]


def test_a_service_that_is_not_there_has_no_place(places):
    assert places({("compute", "A"): "http://a"}).regions() == []


def test_regions_may_know_a_service_by_different_aliases(places):
    cinder = load("cinder")
    catalogue = {("volumev3", "A"): "http://a", ("block-storage", "B"): "http://b"}
    assert places(catalogue, cinder).regions() == ["A", "B"]


def test_aliases_without_endpoints_are_no_service(places):
    made = places({("image", "A"): "http://a"}, load("cinder"))
    made.keystone.catalogue |= {("volumev2", "A"): None, ("volumev3", "A"): None}
    assert made.regions() == []


def test_the_catalogue_of_the_token_holds_until_another_is_asked_for(places):
    made = places({("image", "A"): "http://a"})
    assert made.regions() == ["A"]
    made.keystone.catalogue = {}
    assert made.regions() == ["A"]
    assert made.regions(anew=True) == []


def test_a_keystone_that_does_not_answer_takes_no_token_away(places):
    made = places({("image", "A"): "http://a"})
    made.regions()
    made.keystone.down = True
    with pytest.raises(UnreachableError, match=r"cloud: no token \(ConnectFailure\)"):
        made.regions(anew=True)
    assert made.regions() == ["A"]
    assert made.scope("RegionOne").roles == "admin"


PROJECT = {"id": "p", "name": "operators", "domain": {"id": "default", "name": "Default"}}


@pytest.mark.parametrize(
    ("body", "target", "shown"),
    [
        ({"project": PROJECT}, "project:p", "sync in project operators"),
        (
            {"project": PROJECT, "OS-TRUST:trust": {"id": "t"}},
            "project:p/trust:t",
            "sync in project operators",
        ),
        ({"domain": {"id": "d", "name": "D"}}, "domain:d", "sync in domain D"),
        ({"system": {"all": True}}, "system:all", "sync in the system"),
        ({}, "", ""),
    ],
)
def test_the_scope_is_what_the_token_says(body, target, shown):
    found = scope_of(token([offer("identity", "A", "http://k")], **body), "http://n/")
    assert found == Scope(
        keystone="identity",
        user="u",
        target=target,
        roles="admin",
        endpoint="http://n",
        shown=shown,
    )


def test_the_scope_of_each_region_has_its_endpoint(places):
    made = places({("image", "A"): "http://a/", ("image", "B"): "http://b"})
    assert [made.scope(region).endpoint for region in "AB"] == ["http://a", "http://b"]
    identity = places({("identity", "A"): "http://k"}, KEYSTONE)
    assert identity.scope(None).endpoint == "http://k"
    assert places_of(load("nagios"), "cloud", None).scope(None) == Scope()


def test_a_new_token_may_be_of_another_scope(places):
    made = places({("image", "A"): "http://a"})
    assert made.scope("A").endpoint == "http://a"
    made.keystone.catalogue = {("image", "A"): "http://moved"}
    made.regions(anew=True)
    assert made.scope("A").endpoint == "http://moved"


def test_a_token_without_scope_is_told(places):
    class Unscoped(Keystone):
        def get_auth_ref(self, _session):
            return token(None)

    session = SimpleNamespace(auth=Unscoped({}))
    with pytest.raises(AbsentServiceError, match="no catalogue; scope it"):
        places_of(GLANCE, "cloud", [Entry(session)]).regions()


def test_the_endpoint_is_the_one_that_an_adapter_would_take():
    both = [offer("image", "A", "http://first"), offer("image", "A", "http://second")]
    catalogue = token(both).service_catalog
    assert endpoints(catalogue, "image", "public") == {"A": "http://first"}


def test_a_system_beside_is_where_the_entry_says():
    nagios = load("nagios")
    assert places_of(nagios, "cloud", (), beside={"nagios": {"url": "x"}}).regions() == [None]
    assert places_of(nagios, "cloud", ()).regions() == []


HERE = "http://here"


def test_an_endpoint_of_ones_own_is_taken_instead_of_the_catalogue(places):
    own = {"image": ServiceEntry(endpoint=HERE)}
    made = places({("image", "A"): "http://a", ("image", "B"): "http://b"}, services=own)
    assert made.regions() == ["A"]
    assert made.service("A", open_gate, print)._adapter.get_endpoint() == HERE
    assert places({}, services=own, regions=("R",)).regions() == ["R"]
    assert places({}, services=own).regions() == [None]


def test_what_a_plugin_declares_is_sent_with_each_request(places):
    """Without this header Manila says that there are no share backups."""
    manila = load("manila")
    made = places({("shared-file-system", "A"): "http://a"}, manila)
    sent = made.service("A", open_gate, print)._adapter.additional_headers
    assert sent == manila.headers == {"X-OpenStack-Manila-API-Experimental": "true"}


def test_a_service_may_have_a_region_of_its_own(places):
    own = {"image": ServiceEntry(region="B")}
    catalogue = {("image", "A"): "http://a", ("image", "B"): "http://b"}
    made = places(catalogue, services=own, regions=("A",))
    assert made.regions() == ["B"]
    assert not made.wants("A")


def test_a_standalone_service_has_no_catalogue_and_no_roles():
    ironic = load("ironic")
    session = SimpleNamespace(auth=NoAuth())
    entry = Entry(session, services={"baremetal": ServiceEntry(endpoint=HERE)})
    made = places_of(ironic, "cloud", [entry])
    assert made.regions() == [None]
    assert made.scope(None) == Scope(endpoint=HERE)
    assert places_of(GLANCE, "cloud", [entry]).regions() == []


@pytest.fixture
def several():
    """A cloud whose two regions have a Keystone each."""
    one = Keystone({("image", "A"): "http://a", ("identity", "A"): "http://k1"})
    two = Keystone({("image", "B"): "http://b", ("identity", "B"): "http://k2"})
    return [
        Entry(SimpleNamespace(auth=one), regions=("A",)),
        Entry(SimpleNamespace(auth=two), regions=("B",)),
    ]


def test_each_region_is_asked_in_its_own_way(several):
    made = places_of(GLANCE, "cloud", several)
    assert made.regions() == ["A", "B"]
    assert made.wants("B")
    assert not made.wants("C")
    for region, entry in zip("AB", several, strict=True):
        assert made.service(region, open_gate, print)._adapter.session is entry.session


def test_what_has_no_region_is_sampled_once(several):
    made = places_of(KEYSTONE, "cloud", several)
    assert made.regions() == [None]
    assert made.service(None, open_gate, print)._adapter.session is several[0].session


def test_each_region_has_the_scope_of_its_own_token(several):
    made = places_of(GLANCE, "cloud", several)
    assert [made.scope(region).endpoint for region in "AB"] == ["http://a", "http://b"]


def test_a_service_with_two_endpoints_in_a_region_is_one_place_in_whatever_order_they_come(places):
    """Such as one for IPv4 and one for IPv6: an adapter takes the first."""
    made = places({})
    both = [offer("image", "A", "http://four"), offer("image", "A", "http://[::1]")]
    for order in (both, both[::-1]):
        listed = {**order[0], "endpoints": [each["endpoints"][0] for each in order]}
        made.keystone.get_auth_ref = lambda _session, listed=listed: token([listed])
        assert made.regions(anew=True) == ["A"]
        assert made.scope("A").endpoint == listed["endpoints"][0]["url"]
