"""What Neutron tells: only what came in through the API, before and after it was done.

Nothing is told of status changes by agents, of what goes with a delete, nor of the actions
on a member (``add_subports``); ``start`` is told even of a request that is then refused.
"""

from openstack_democloud.cloud import Cloud
from openstack_democloud.notices import Notification, Payload, context


def tell(cloud: Cloud, event: str, payload: Payload, project: str = "") -> None:
    """Tell one event, if anybody listens."""
    if cloud.notices.heard:
        user = cloud.pools.users[0]
        whose = context(user, project or cloud.pools.projects[0])
        notice = Notification("neutron", "network.demo", event, payload, context=whose)
        cloud.notices.tell(notice)
