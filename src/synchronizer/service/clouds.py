"""Clouds: from ``clouds.yaml`` and the environment to sessions that are ready to ask."""

import os
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import keystoneauth1.exceptions as ksa
import msgspec
from keystoneauth1 import loading
from keystoneauth1.identity.base import BaseIdentityPlugin
from keystoneauth1.session import Session
from os_service_types import ServiceTypes

from synchronizer.model.errors import CloudUnreachableError, ConfigurationError, CredentialsError
from synchronizer.plugins.service import Gate, open_gate
from synchronizer.plugins.session import CloudSession
from synchronizer.plugins.tokens import govern
from synchronizer.sampling.catalogue import Entry, ServiceEntry
from synchronizer.service.cloud_entry import notifications_of, systems_beside
from synchronizer.service.clouds_yaml import read_cloud
from synchronizer.service.settings import CloudAccess

if TYPE_CHECKING:
    from openstack.config.cloud_region import CloudRegion

TIMEOUT = 60.0
"""Seconds to connect, and between two bytes of an answer, unless ``api_timeout`` is set."""

_OF_A_SERVICE = ("_endpoint_override", "_endpoint", "_interface", "_region_name")
"""What an entry may say of one service: ``compute_endpoint_override``."""


def resolve(names: list[str], clouds_yaml: str | None = None) -> tuple[CloudAccess, ...]:
    """Return the access to each named cloud, as openstacksdk reads ``clouds.yaml``.

    Raises:
        ConfigurationError: no such cloud, or its entry is not complete.
    """
    with warnings.catch_warnings():
        # openstacksdk warns of its own defaults (statsd, influxdb), whatever clouds.yaml says.
        warnings.simplefilter("ignore")
        return tuple(_resolve_one(name, clouds_yaml) for name in names)


def _resolve_one(name: str, clouds_yaml: str | None) -> CloudAccess:
    """Return one access; regions that have values of their own are further ones below it."""
    groups: list[CloudAccess] = []
    for region in read_cloud(name, clouds_yaml):
        access = _access(name, region)
        own = tuple(filter(None, [region.config.get("region_name")]))
        for place, group in enumerate(groups):
            if msgspec.structs.replace(group, regions=()) == access:
                groups[place] = msgspec.structs.replace(group, regions=group.regions + own)
                break
        else:
            groups.append(msgspec.structs.replace(access, regions=own))
    first, *further = groups
    return msgspec.structs.replace(first, further=tuple(further))


def _access(name: str, region: "CloudRegion") -> CloudAccess:
    config: dict[str, Any] = region.config
    auth = {key: value for key, value in config["auth"].items() if value is not None}
    verify, cert = region.get_requests_verify_args()
    interface = config.get("interface") or "public"
    several = interface if isinstance(interface, list) else [interface]
    if not all(isinstance(each, str) for each in several):
        raise ConfigurationError(
            f"The entry of cloud {name!r} is wrong: interface is {interface!r}; "
            "give public, internal, admin, or a list of them."
        )
    access = CloudAccess(
        name=name,
        auth_type=config["auth_type"],
        auth=auth,
        interface=interface,
        verify=True if verify is None else verify,
        cert=cert,
        timeout=_timeout(name, config),
        services=_services(region),
        beside=systems_beside(name, config),
        notifications=notifications_of(name, config),
    )
    if wrong := _wrong_auth(access):
        raise ConfigurationError(f"The entry of cloud {name!r} is wrong: {wrong}.")
    try:
        # Children get it through a pipe: what cannot be written there must fail here.
        return msgspec.json.decode(msgspec.json.encode(access), type=CloudAccess)
    except (TypeError, msgspec.MsgspecError) as error:
        raise ConfigurationError(f"The entry of cloud {name!r} is wrong: {error}.") from None


def _timeout(name: str, config: dict[str, Any]) -> float:
    given = config.get("api_timeout")
    try:
        seconds = TIMEOUT if given is None else float(given)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ConfigurationError(
            f"The entry of cloud {name!r} is wrong: api_timeout is {given!r}; "
            "give a number of seconds."
        )
    return seconds


def _services(region: "CloudRegion") -> dict[str, ServiceEntry]:
    """Return what an entry says of single services, by the official service type."""
    official = ServiceTypes()
    named = {
        key.removesuffix(suffix).replace("_", "-")
        for key in region.config
        for suffix in _OF_A_SERVICE
        if key.endswith(suffix)
    }
    found = {}
    for kind in sorted({official.get_service_type(each) or each for each in named}):
        place = region.get_region_name(kind)
        found[kind] = ServiceEntry(
            endpoint=region.get_endpoint(kind) or "",
            interface=region.get_interface(kind),
            region=place if place != region.get_region_name() else None,
        )
    return found


def _wrong_auth(access: CloudAccess) -> str:
    """Say what no request could succeed with; empty when there is nothing."""
    options = loading.get_plugin_loader(access.auth_type).get_options()
    missing = [
        each.dest for each in options if each.prompt is not None and not access.auth.get(each.dest)
    ]
    if missing:
        return f"{missing[0]} is missing; it is best kept in secure.yaml"
    url = str(access.auth.get("auth_url", ""))
    if url and not _is_url(url):
        return f"auth_url {url!r} is not a URL; expected one like https://keystone.example.org/v3"
    endpoints = [(kind, entry.endpoint) for kind, entry in access.services.items()]
    for kind, endpoint in endpoints:
        if endpoint and not _is_url(endpoint):
            return f"the endpoint of {kind}, {endpoint!r}, is not a URL"
    if not uses_keystone(access) and not any(endpoint for _, endpoint in endpoints):
        return (
            f"with auth_type {access.auth_type} there is no catalogue, so it must say which "
            "service is where, for example baremetal_endpoint_override: http://ironic:6385"
        )
    return ""


def _is_url(text: str) -> bool:
    try:
        split = urlsplit(text)
    except ValueError:
        return False
    plain = "%(" not in text and not any(each.isspace() for each in text)
    return split.scheme in ("http", "https") and bool(split.hostname) and plain


def uses_keystone(access: CloudAccess) -> bool:
    """Return whether tokens and a catalogue come from Keystone; standalone services have none."""
    return issubclass(loading.get_plugin_loader(access.auth_type).plugin_class, BaseIdentityPlugin)


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
        timeout=access.timeout,
        user_agent="openstack-synchronizer",
    )


def entries_of(access: CloudAccess, gate: Gate = open_gate) -> tuple[Entry, ...]:
    """Return a cloud's entries with sessions: one, unless regions have values of their own."""
    return tuple(
        Entry(session_for(each, gate), each.regions, each.interface, each.services)
        for each in (access, *access.further)
    )


def check(access: CloudAccess) -> None:
    """Get a token, to know that address and credentials are right.

    Raises:
        CloudUnreachableError, CredentialsError
    """
    for entry, each in zip(entries_of(access), (access, *access.further), strict=True):
        url = each.auth.get("auth_url", "an unknown address")
        try:
            entry.session.get_token()
        except ksa.Unauthorized:
            raise CredentialsError(
                f"Keystone of cloud {access.name!r} refused the credentials; "
                "check user, password, project and their domains in clouds.yaml."
            ) from None
        except (ksa.ClientException, OSError) as error:
            raise CloudUnreachableError(_why_no_token(access.name, url, error)) from None


def _why_no_token(cloud: str, url: str, error: Exception) -> str:
    said = str(error)
    if isinstance(error, ksa.SSLError) or "SSL exception" in said:
        return (
            f"The certificate at {url} cannot be verified (cloud {cloud!r}); "
            "name the file of its authority with cacert in clouds.yaml."
        )
    if isinstance(error, ksa.HttpError) and error.http_status >= 500:
        return (
            f"Keystone of cloud {cloud!r} answered {error.http_status} at {url}; "
            "see its own log, or that of the proxy before it."
        )
    # Discovery wraps why it could not connect into a text.
    if isinstance(error, ksa.DiscoveryFailure | ksa.HttpError) and "Unable to" not in said:
        return (
            f"What answers at {url} is not Keystone (cloud {cloud!r}, {type(error).__name__}); "
            "correct auth_url."
        )
    return (
        f"Keystone of cloud {cloud!r} does not answer at {url} ({type(error).__name__}); "
        "check auth_url and the network."
    )


def default_names(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the cloud that the environment names, or is, as after sourcing an openrc file."""
    if name := environment.get("OS_CLOUD"):
        return [name]
    if environment.get("OS_AUTH_URL"):
        return [environment.get("OS_CLOUD_NAME", "envvars")]
    return []
