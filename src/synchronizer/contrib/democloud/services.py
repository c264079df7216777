"""The two services side by side: which one a path belongs to, and how each says no."""

from synchronizer.contrib.democloud.cloud import Cloud
from synchronizer.contrib.democloud.compute import microversion
from synchronizer.contrib.democloud.compute import routes as compute
from synchronizer.contrib.democloud.exchange import Answer, Ask, RefusalError
from synchronizer.contrib.democloud.identity import routes as identity
from synchronizer.contrib.democloud.identity.tokens import UNAUTHORIZED
from synchronizer.contrib.democloud.routes import Routes

ROUTES = Routes({**identity.ROUTES, **compute.ROUTES})
OPEN = identity.OPEN | compute.OPEN

_ADMIN_ONLY = tuple(
    f"{compute.ROOT}/v2.1/{name}"
    for name in ("os-services", "os-hypervisors", "os-aggregates", "os-migrations",
                 "os-availability-zone", "os-quota-sets")
)  # fmt: skip
_ADMIN_FIELDS = frozenset(
    {
        "OS-EXT-SRV-ATTR:host",
        "OS-EXT-SRV-ATTR:hypervisor_hostname",
        "OS-EXT-SRV-ATTR:instance_name",
        "OS-EXT-SRV-ATTR:user_data",
        "OS-EXT-SRV-ATTR:reservation_id",
        "OS-EXT-SRV-ATTR:launch_index",
        "OS-EXT-SRV-ATTR:root_device_name",
        "OS-EXT-SRV-ATTR:kernel_id",
        "OS-EXT-SRV-ATTR:ramdisk_id",
        "host_status",
    }
)


def is_compute(path: str) -> bool:
    """Tell whether *path* is Nova's."""
    return path.startswith(compute.ROOT)


def refused(ask: Ask, error: RefusalError) -> Answer:
    """Return *error* in the shape of the service that was asked."""
    return compute.refused(error) if is_compute(ask.path) else identity.refused(error)


def route(path: str) -> str:
    """Return the template of *path*, for counting; "unknown" if there is none."""
    found = ROUTES.find(path)
    return found[0] if found else "unknown"


def serve(cloud: Cloud, ask: Ask) -> Answer:
    """Answer a request as the real service would."""
    try:
        answer = _serve(cloud, ask)
    except RefusalError as error:
        answer = refused(ask, error)
    if is_compute(ask.path):
        answer.headers.update(microversion.echoed(ask.minor))
    return answer


def _serve(cloud: Cloud, ask: Ask) -> Answer:
    found = ROUTES.find(ask.path)
    if found is None:
        raise RefusalError(404, "The resource could not be found.")
    template, names = found
    verbs = ROUTES.table[template]
    function = verbs.get(ask.method) or (verbs.get("GET") if ask.method == "HEAD" else None)
    if function is None:
        raise RefusalError(405, "The method is not allowed for this resource.")
    if (ask.method, template) not in OPEN:
        _authenticate(cloud, ask, template)
    if is_compute(ask.path):
        ask.minor = microversion.asked(ask)
    answer: Answer = function(cloud, ask, **names)
    if ask.method == "HEAD":
        answer.body = b""
    return answer


def _authenticate(cloud: Cloud, ask: Ask, template: str) -> None:
    ask.token = cloud.tokens.find(ask.header(b"x-auth-token"))
    if ask.token is None:
        uri = {"WWW-Authenticate": f'Keystone uri="{cloud.base}"'}
        raise RefusalError(401, UNAUTHORIZED, uri)
    if ask.token.admin:
        return
    if is_compute(ask.path):
        ask.lens.fields |= _ADMIN_FIELDS
        writes_flavor = "/flavors" in template and ask.method != "GET"
        if template.startswith(_ADMIN_ONLY) or writes_flavor:
            raise RefusalError(403, "Policy doesn't allow this action to be performed.")
    elif not template.startswith("/v3/auth/") and ask.token.user_id not in ask.path:
        raise RefusalError(403, "You are not authorized to perform the requested action.")
