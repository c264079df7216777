"""Clouds: from ``clouds.yaml`` and the environment to sessions that are ready to ask."""

import os
import warnings
from pathlib import Path
from typing import Any

import keystoneauth1.exceptions as ksa
from keystoneauth1 import loading
from keystoneauth1.session import Session

from synchronizer.model.errors import CloudUnreachableError, ConfigurationError, CredentialsError
from synchronizer.service.settings import CloudAccess

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
    )


def session_for(access: CloudAccess) -> Session:
    """Return a session for a cloud; nothing is asked yet.

    Raises:
        ConfigurationError: required values are missing.
    """
    try:
        auth = loading.get_plugin_loader(access.auth_type).load_from_options(**access.auth)
    except ksa.MissingRequiredOptions as error:
        raise ConfigurationError(f"Cloud {access.name!r}: {error}") from None
    return Session(
        auth=auth,
        verify=access.verify,
        cert=access.cert,
        timeout=TIMEOUT,
        user_agent="openstack-synchronizer",
        redirect=5,
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
