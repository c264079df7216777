"""The services the demo cloud has. One line here adds a service; see ``service.py``."""

from openstack_democloud.cloud import Cloud, Size
from openstack_democloud.compute.service import COMPUTE
from openstack_democloud.identity.service import IDENTITY
from openstack_democloud.image.service import IMAGE
from openstack_democloud.network.service import NETWORK
from openstack_democloud.orchestration.service import ORCHESTRATION
from openstack_democloud.placing.service import PLACING
from openstack_democloud.services import Services
from openstack_democloud.volume.service import VOLUME

#: In the order of seeding: who refers to others comes after them.
SERVICES = Services((IDENTITY, COMPUTE, NETWORK, PLACING, IMAGE, VOLUME, ORCHESTRATION))


def make_cloud(size: Size, base: str) -> Cloud:
    """Return a new cloud with all services, whose addresses begin with *base*."""
    return Cloud(size, base, SERVICES)
