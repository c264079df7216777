"""Clouds: from ``clouds.yaml`` and the environment to sessions that are ready to ask."""

import os
import warnings
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import keystoneauth1.exceptions as ksa
import msgspec
from keystoneauth1 import loading
from keystoneauth1.session import Session

from synchronizer.model.errors import CloudUnreachableError, ConfigurationError, CredentialsError
from synchronizer.plugins import names as plugins
from synchronizer.plugins.service import Gate, open_gate
from synchronizer.plugins.session import CloudSession
from synchronizer.plugins.tokens import govern
from synchronizer.sampling.listener import Notifications
from synchronizer.service.settings import CloudAccess

_NOT_BESIDE = frozenset({"auth", "notifications"})
"""What a cloud's entry has nested that is no system beside it."""

TIMEOUT = 60.0
"""Seconds to connect, and between two bytes of an answer."""


def resolve(names: list[str], clouds_yaml: str | None = None) -> tuple[CloudAccess, ...]:
    """Return the access to each named cloud, as openstacksdk reads ``clouds.yaml``.

    Raises:
        ConfigurationError: no such cloud, or its entry is not complete.
    """
    if clouds_yaml is not None:
        _refuse_unreadable(clouds_yaml)
    with warnings.catch_warnings():
        # openstacksdk warns of its own defaults (statsd, influxdb), whatever clouds.yaml says.
        warnings.simplefilter("ignore")
        return tuple(_resolve_one(name, clouds_yaml) for name in names)


def _refuse_unreadable(path: str) -> None:
    """Say what is wrong with a file that openstacksdk would merely skip."""
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415 - openstacksdk's

    if not Path(path).is_file():
        raise ConfigurationError(f"There is no file {path}; give the path of a clouds.yaml.")
    try:
        yaml.safe_load(Path(path).read_bytes())
    except (OSError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise ConfigurationError(f"{path} cannot be read: {said}. Correct it.") from None


def _resolve_one(name: str, clouds_yaml: str | None) -> CloudAccess:
    # openstacksdk is large and only this process needs it: children get plain values.
    from openstack.config import OpenStackConfig  # noqa: PLC0415
    from openstack.exceptions import ConfigException  # noqa: PLC0415

    try:
        files = {"config_files": [clouds_yaml]} if clouds_yaml else {}
        config = OpenStackConfig(load_envvars=clouds_yaml is None, **files)
        if name not in config.get_cloud_names():
            # Without a file openstacksdk makes up a cloud named "defaults".
            known = ", ".join(sorted({*config.get_cloud_names()} - {"defaults"})) or "none"
            raise ConfigurationError(
                f"clouds.yaml has no cloud {name!r} (it has: {known}); "
                "name one of them with --os-cloud or [clouds] names."
            )
        regions = [
            region.config.get("region_name") or ""
            for region in config.get_all()
            if region.name == name
        ]
        cloud = config.get_one(cloud=name)
    except (ConfigException, ksa.ClientException, TypeError) as error:
        # openstacksdk passes on what it trips over: an unknown auth_type, an unknown key.
        raise ConfigurationError(f"The entry of cloud {name!r} is wrong: {error}") from None
    return _access(name, cloud.config, tuple(each for each in regions if each))


def _access(name: str, config: dict[str, Any], regions: tuple[str, ...]) -> CloudAccess:
    auth_type = config.get("auth_type") or "password"
    try:
        options = loading.get_plugin_loader(auth_type).get_options()
    except ksa.NoMatchingPlugin:
        raise ConfigurationError(
            f"Cloud {name!r} has auth_type {auth_type!r}, which no installed library knows."
        ) from None
    known = {option.dest for option in options}
    auth = {key.replace("-", "_"): value for key, value in (config.get("auth") or {}).items()}
    cert: tuple[str, str] | str | None = config.get("cert")
    notifications = config.get("notifications")
    if cert and config.get("key"):
        cert = (str(cert), str(config["key"]))
    return CloudAccess(
        name=name,
        auth_type=auth_type,
        auth={key: value for key, value in auth.items() if key in known and value is not None},
        regions=regions,
        interface=config.get("interface") or "public",
        verify=config.get("cacert") or bool(config.get("verify", True)),
        cert=cert,
        beside=_beside(name, config),
        notifications=None if notifications is None else _notifications(name, notifications),
    )


def _beside(cloud: str, config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the entries of systems beside a cloud; each is named after its plugin."""
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


def _notifications(cloud: str, entry: Any) -> Notifications:
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


def session_for(access: CloudAccess, gate: Gate = open_gate) -> Session:
    """Return a session for a cloud; nothing is asked yet.

    Args:
        gate: waits for permission before a token is asked for.

    Raises:
        ConfigurationError: required values are missing.
    """
    try:
        loader = loading.get_plugin_loader(access.auth_type)
        auth = loader.load_from_options(**access.auth)
    except ksa.MissingRequiredOptions as error:
        raise ConfigurationError(f"Cloud {access.name!r}: {error}") from None
    govern(auth, f"{access.name}/-/tokens", gate)
    secret = {each.dest for each in loader.get_options() if each.secret}
    return CloudSession(
        secrets=[str(value) for name, value in access.auth.items() if name in secret],
        auth=auth,
        verify=access.verify,
        cert=access.cert,
        timeout=TIMEOUT,
        user_agent="openstack-synchronizer",
    )


def check(access: CloudAccess) -> None:
    """Get a token, to know that address and credentials are right.

    Raises:
        CloudUnreachableError, CredentialsError
    """
    session = session_for(access)
    try:
        session.get_token()
    except ksa.Unauthorized:
        raise CredentialsError(
            f"Keystone of cloud {access.name!r} refused the credentials; "
            "check user, password, project and their domains in clouds.yaml."
        ) from None
    except (ksa.ClientException, OSError) as error:
        raise CloudUnreachableError(
            f"Keystone of cloud {access.name!r} does not answer at "
            f"{access.auth.get('auth_url', 'an unknown address')} ({type(error).__name__}); "
            "check auth_url and the network."
        ) from None


def default_names() -> list[str]:
    """Return the cloud that the environment names, if any."""
    name = os.environ.get("OS_CLOUD")
    return [name] if name else []
