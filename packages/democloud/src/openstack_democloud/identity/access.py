"""What Keystone lets those do who are no admins: ask for themselves."""

from openstack_democloud.cloud import Cloud
from openstack_democloud.exchange import Ask, RefusalError


def allow(_cloud: Cloud, ask: Ask, template: str) -> None:
    """Refuse with 403 what is neither about the token nor about its own user."""
    own = ask.token is not None and ask.token.user_id in ask.path
    if not template.startswith("/v3/auth/") and not own:
        raise RefusalError(403, "You are not authorized to perform the requested action.")
