"""The cloud under test: what Tempest must know of it, and a second flavor to resize to."""

import copy
import uuid

import yaml
from keystoneauth1 import session
from keystoneauth1.adapter import Adapter
from keystoneauth1.identity import v3

FLAVOR = {"name": f"tempest-{uuid.uuid4().hex[:8]}", "vcpus": 1, "ram": 128, "disk": 1}


class TestedCloud:
    """An entry of a clouds.yaml.

    Attributes:
        name: of the entry.
        auth: how its administrator logs in.
        services: types in its catalogue.
        flavors: two ids; the second is made here and removed at the end.
        image: the id of one.
    """

    def __init__(self, clouds_yaml, name):
        self.name = name
        self._entry = yaml.safe_load(clouds_yaml.read_text())["clouds"][name]
        self.auth = self._entry["auth"]
        self.region = self._entry["region_name"]
        self._session = session.Session(v3.Password(**self.auth))
        access = self._session.auth.get_access(self._session)
        self.services = {each["type"] for each in access.service_catalog.catalog}
        self.catalogue = access.service_catalog

    def entry(self, **notifications):
        """Return the entry with other words about notifications."""
        entry = copy.deepcopy(self._entry)
        if "notifications" in entry:
            entry["notifications"].update(notifications)
        return entry

    @property
    def bus(self):
        """The address of its message bus; None where the entry names none."""
        return self._entry.get("notifications", {}).get("transport_url")

    def of(self, kind):
        """Return the type by which the catalogue has a service, which has had several names."""
        names = {"block-storage": ("block-storage", "volumev3")}.get(kind, (kind,))
        return next((name for name in names if name in self.services), None)

    def __enter__(self):
        self._compute = self._adapter("compute")
        first = self._compute.get("/flavors").json()["flavors"][0]["id"]
        made = self._compute.post("/flavors", json={"flavor": FLAVOR}).json()["flavor"]["id"]
        self.flavors = first, made
        images = self._adapter("image").get("/v2/images?name=tiny").json()["images"]
        self.image = images[0]["id"]
        return self

    def __exit__(self, *_):
        self._compute.delete(f"/flavors/{self.flavors[1]}")

    def _adapter(self, kind):
        url = self.catalogue.url_for(service_type=kind, region_name=self.region)
        return Adapter(self._session, endpoint_override=url)
