"""What a cloud's entry in ``clouds.yaml`` has besides credentials: other systems, and the bus."""

from importlib.metadata import entry_points
from typing import Any
from urllib.parse import urlsplit

import msgspec

from synchronizer.model.errors import ConfigurationError
from synchronizer.plugins import names as plugins
from synchronizer.sampling.notifications.listener import Notifications

_NOT_BESIDE = frozenset({"auth", "notifications"})
"""What a cloud's entry has nested that is no system beside it."""


def systems_beside(cloud: str, config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the entries of systems beside a cloud; each is named after its plugin.

    Raises:
        ConfigurationError: an entry is not complete.
    """
    for key in sorted(config.keys() & set(plugins())):
        wrong = _wrong_beside(config[key])
        if wrong:
            raise ConfigurationError(
                f"Cloud {cloud!r} has a wrong entry {key!r}: {wrong}. It is like "
                f"{key}: {{url: https://host/path, username: …}}, with the password in secure.yaml."
            )
    return {
        key: value
        for key, value in config.items()
        if isinstance(value, dict) and key not in _NOT_BESIDE
    }


def notifications_of(cloud: str, config: dict[str, Any]) -> Notifications | None:
    """Return where the services' notifications are to be had; None when nothing is said.

    Raises:
        ConfigurationError: the entry is not complete.
    """
    entry = config.get("notifications")
    if entry is None:
        return None
    try:
        found = msgspec.convert(entry, Notifications)
        wrong = _wrong_notifications(found)
    except msgspec.ValidationError as error:
        wrong = str(error)
    if wrong:
        raise ConfigurationError(
            f"Cloud {cloud!r} has a wrong entry 'notifications': {wrong}. It needs at least "
            "transport_url, such as rabbit://user:password@host:5672/, best in secure.yaml."
        )
    return found


def _wrong_beside(entry: Any) -> str:
    if not isinstance(entry, dict):
        return "it has no fields"
    if not entry.get("url"):
        return "url is missing"
    if "://" not in str(entry["url"]):
        return "url does not begin with a scheme"
    if entry.get("username") and not entry.get("password"):
        return "there is a username and no password"
    return ""


def _wrong_notifications(given: Notifications) -> str:
    # The address itself is never shown: it has the password.
    try:
        split = urlsplit(given.transport_url)
    except ValueError:
        return "transport_url is no address"
    drivers = sorted(point.name for point in entry_points(group="oslo.messaging.drivers"))
    checks = {
        "install openstack-synchronizer[messaging], which knows message buses": drivers,
        f"transport_url begins with none of {', '.join(drivers)}": split.scheme in drivers,
        "transport_url names no host": split.netloc,
        "topics are empty": given.topics,
        "pool is empty; without one, listeners take each other's messages": given.pool,
    }
    return next((wrong for wrong, right in checks.items() if not right), "")
