"""Reads one entry of ``clouds.yaml`` as openstacksdk does, and looks at no other entry.

An entry that nobody asked for may be empty, misspelt, or name a vendor profile that is
fetched over the network: none of it may keep the named cloud from being read.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keystoneauth1.exceptions as ksa

from synchronizer.model.errors import ConfigurationError

if TYPE_CHECKING:
    from openstack.config import OpenStackConfig
    from openstack.config.cloud_region import CloudRegion

_SECURE = ("secure.yaml", "secure.yml", "secure.json")


def read_cloud(name: str, clouds_yaml: str | None = None) -> "list[CloudRegion]":
    """Return the configuration of each region that a cloud's entry names, at least one.

    Args:
        clouds_yaml: path of the file; None searches where every OpenStack client does.

    Raises:
        ConfigurationError: there is no such cloud, or its entry cannot be read.
    """
    with _explained(name):
        config = _open(clouds_yaml)
        entry = _find_entry(config, name)
        _check_shape(name, entry)
        config.cloud_config["clouds"] = {name: entry}
        # get_all() would log and skip a region whose credentials are incomplete.
        regions = config._get_regions(name)  # noqa: SLF001
        return [config.get_one(cloud=name, region_name=each["name"]) for each in regions]


def _open(clouds_yaml: str | None) -> "OpenStackConfig":
    # openstacksdk is large and only this process needs it: children get plain values.
    from openstack.config import OpenStackConfig  # noqa: PLC0415
    from openstack.config.loader import CONFIG_FILES  # noqa: PLC0415

    override = os.environ.get("OS_CLIENT_CONFIG_FILE")
    named = clouds_yaml or override
    searched = [named] if named else [each for each in CONFIG_FILES if Path(each).is_file()][:1]
    for path in searched:
        _check_file(path)
    if clouds_yaml is None:
        return OpenStackConfig()
    # Without its environment, which would put another file before the one that is named.
    secure = [str(Path(clouds_yaml).with_name(each)) for each in _SECURE]
    if override := os.environ.get("OS_CLIENT_SECURE_FILE"):
        secure.insert(0, override)
    return OpenStackConfig(config_files=[clouds_yaml], secure_files=secure, load_envvars=False)


def _check_file(path: str) -> None:
    """Say what is wrong with a file that openstacksdk would merely skip."""
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415 - openstacksdk's

    if not Path(path).is_file():
        raise ConfigurationError(f"There is no file {path}; give the path of a clouds.yaml.")
    try:
        yaml.safe_load(Path(path).read_bytes())
    except (OSError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise ConfigurationError(f"{path} cannot be read: {said}. Correct it.") from None


def _find_entry(config: "OpenStackConfig", name: str) -> Any:
    from openstack.config.loader import CONFIG_FILES  # noqa: PLC0415

    clouds = config.cloud_config["clouds"] or {}
    if name in clouds:
        entry = clouds[name]
        if name == config.envvar_key and isinstance(entry, dict):
            # Options of ours such as OS_STORE__URL are no credentials.
            return {key: value for key, value in entry.items() if "__" not in key}
        return entry
    if config.config_filename is None:
        raise ConfigurationError(
            f"No clouds.yaml was found (searched: {', '.join(CONFIG_FILES)}); "
            "name one with OS_CLIENT_CONFIG_FILE or [clouds] file."
        )
    # Without any entry openstacksdk makes up a cloud named "defaults".
    known = ", ".join(sorted({*map(str, clouds)} - {"defaults"})) or "none"
    raise ConfigurationError(
        f"clouds.yaml has no cloud {name!r} (it has: {known}); "
        "name one of them with --os-cloud or [clouds] names."
    )


def _check_shape(name: str, entry: Any) -> None:
    """Refuse what openstacksdk would trip over without saying where."""
    if not isinstance(entry, dict):
        raise ConfigurationError(f"The entry of cloud {name!r} has no fields; give it auth.")
    region = entry.get("region_name")
    checks = {
        "auth has no fields": not isinstance(entry.get("auth", {}), dict),
        f"region_name is {region!r} and not a text; put it in quotes": not isinstance(
            region, str | list | None
        ),
        "regions is not a list": not isinstance(entry.get("regions", []), list),
    }
    for wrong, applies in checks.items():
        if applies:
            raise ConfigurationError(f"The entry of cloud {name!r} is wrong: {wrong}.")


@contextmanager
def _explained(name: str) -> Iterator[None]:
    from openstack.exceptions import ConfigException  # noqa: PLC0415

    try:
        yield
    except KeyError as error:
        # A value such as auth_url may name others in braces.
        raise ConfigurationError(
            f"The entry of cloud {name!r} is wrong: it refers to {error}, which it does not have."
        ) from None
    except (
        ConfigException,
        ksa.ClientException,
        AttributeError,
        IndexError,
        TypeError,
        ValueError,
    ) as error:
        # openstacksdk passes on what it trips over: an unknown auth_type, an unknown key.
        raise ConfigurationError(f"The entry of cloud {name!r} is wrong: {error}") from None
