"""Faults that answer with an error instead of an entity."""

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.faults.kinds import Options, Serve, kind

_PAGE = b"<html><head><title>%d</title></head><body><h1>%d</h1>haproxy</body></html>"


def _html(status: int) -> Answer:
    return Answer(status, _PAGE % (status, status), content_type="text/html")


@kind
async def status(cloud: Cloud, ask: Ask, _serve: Serve, options: Options) -> Answer:
    """Answer ``status`` (500) with ``body``: "json" in the service's own shape, or "html"."""
    code = int(options.get("status", 500))
    if options.get("body") == "html":
        return _html(code)
    return cloud.services.refused(
        ask, RefusalError(code, options.get("message", "Scripted fault."))
    )


@kind
async def html(_cloud: Cloud, _ask: Ask, _serve: Serve, _options: Options) -> Answer:
    """Answer 200 with an HTML page, as a proxy's login or maintenance page does."""
    return _html(200)


@kind
async def retry_after(cloud: Cloud, ask: Ask, _serve: Serve, options: Options) -> Answer:
    """Answer 429 (``status``) with ``Retry-After: seconds`` (1)."""
    seconds = str(options.get("seconds", 1))
    error = RefusalError(
        int(options.get("status", 429)), "Too many requests.", {"Retry-After": seconds}
    )
    return cloud.services.refused(ask, error)


@kind
async def forbidden(cloud: Cloud, ask: Ask, _serve: Serve, _options: Options) -> Answer:
    """Answer 403 in the service's shape: a role was lost."""
    message = "Policy doesn't allow this action to be performed."
    return cloud.services.refused(ask, RefusalError(403, message))


@kind
async def token_expiry(cloud: Cloud, ask: Ask, serve: Serve, _options: Options) -> Answer:
    """End all tokens issued so far, this request's too: 401. Once, unless ``times`` says more."""
    cloud.tokens.expire_all()
    return await serve(ask)
