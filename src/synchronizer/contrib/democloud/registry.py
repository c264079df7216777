"""The services the demo cloud has. One line here adds a service; see ``service.py``."""

from synchronizer.contrib.democloud.cloud import Cloud, Size
from synchronizer.contrib.democloud.compute.service import COMPUTE
from synchronizer.contrib.democloud.identity.service import IDENTITY
from synchronizer.contrib.democloud.image.service import IMAGE
from synchronizer.contrib.democloud.network.service import NETWORK
from synchronizer.contrib.democloud.orchestration.service import ORCHESTRATION
from synchronizer.contrib.democloud.placing.service import PLACING
from synchronizer.contrib.democloud.services import Services
from synchronizer.contrib.democloud.volume.service import VOLUME

#: In the order of seeding: who refers to others comes after them.
SERVICES = Services((IDENTITY, COMPUTE, NETWORK, PLACING, IMAGE, VOLUME, ORCHESTRATION))


def make_cloud(size: Size, base: str) -> Cloud:
    """Return a new cloud with all services, whose addresses begin with *base*."""
    return Cloud(size, base, SERVICES)
