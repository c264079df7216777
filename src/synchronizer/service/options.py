"""The options of the configuration file and environment, read with oslo.config.

Precedence, highest first: command line, environment (``OS_STORE__URL`` is ``[store]
url``), configuration files.
"""

import os
import re
from difflib import get_close_matches
from typing import Any

from oslo_config import cfg

from synchronizer.bus.topics import EXCHANGE
from synchronizer.model.errors import ConfigurationError
from synchronizer.plugins.pagination import ITEMS_MOST
from synchronizer.sampling.intervals import Intervals
from synchronizer.service.clouds import default_names, resolve
from synchronizer.service.settings import Api, Bus, Settings

_positive = {"min": 0.05}

_LOCATION = re.compile(r"LocationInfo\(location=<[^>]*>, detail='([^']*)'\)")
"""How oslo.config writes where a value came from; people want the file or variable."""

GROUPS: dict[str, list[cfg.Opt]] = {
    "clouds": [
        cfg.ListOpt("names", default=[], help="Clouds of clouds.yaml to sample."),
        cfg.StrOpt("file", help="Path of clouds.yaml; else the usual places are searched."),
    ],
    "store": [
        cfg.StrOpt(
            "url",
            default="sqlite:////var/lib/synchronizer/store.sqlite",
            secret=True,
            help="SQLAlchemy URL of the store.",
        ),
        cfg.FloatOpt(
            "history",
            default=86_400.0,
            min=0.0,
            help="Seconds for which superseded versions can be asked for.",
        ),
    ],
    "sampling": [
        cfg.FloatOpt(
            "sweep_interval",
            default=600.0,
            help="Seconds between complete listings; twice as long while notifications reach us "
            "and listings find nothing that they had not told.",
            **_positive,
        ),
        cfg.FloatOpt(
            "poll_interval",
            default=15.0,
            help="Seconds between incremental listings, where the API has them.",
            **_positive,
        ),
        cfg.FloatOpt(
            "outline_interval",
            default=180.0,
            help="Seconds between listings of ids and versions, for the types that have them and "
            "while the services' notifications reach us; else the poll_interval holds.",
            **_positive,
        ),
        cfg.FloatOpt(
            "rediscover_interval",
            default=300.0,
            help="Seconds between two looks at the catalogue for new services and regions.",
            **_positive,
        ),
        cfg.FloatOpt(
            "stale_after",
            default=0.0,
            min=0.0,
            help="Age in seconds at which a type counts as stale; 0 is two and a half sweeps.",
        ),
        cfg.ListOpt(
            "types",
            default=[],
            help="Patterns of entity types to sample (nova.*); empty takes each plugin's default.",
        ),
        cfg.ListOpt("skip", default=[], help="Patterns of entity types not to sample."),
        cfg.ListOpt("plugins", default=[], help="Plugins to run; empty takes all installed."),
        cfg.FloatOpt(
            "delete_guard",
            default=0.2,
            min=0.0,
            max=1.0,
            help="Fraction of a type beyond which absences are held and confirmed singly.",
        ),
        cfg.FloatOpt(
            "calls_per_second", default=20.0, help="Calls per second to one service.", **_positive
        ),
        cfg.IntOpt("in_flight", default=4, min=1, help="Calls at a time to one service."),
        cfg.IntOpt(
            "listing_limit",
            default=ITEMS_MOST,
            min=1000,
            help="The most items of one listing; one with more is taken for a listing that never "
            "ends, and is a fault.",
        ),
        cfg.FloatOpt(
            "demand_interval",
            default=10.0,
            min=0.0,
            help="Least seconds between two samples on demand (max_age, sweep) of one type; a call "
            "that comes earlier waits, and shares the next one with all that wait; one that would "
            "wait for more than a minute is refused with 429 and Retry-After.",
        ),
        cfg.IntOpt(
            "memory_limit",
            default=2 << 30,
            min=512 << 20,
            help="Bytes that one plugin's process may allocate.",
        ),
        cfg.FloatOpt(
            "hang_limit",
            default=240.0,
            min=5.0,
            help="Seconds without progress after which a plugin's process is killed.",
        ),
    ],
    "api": [
        cfg.HostAddressOpt("host", default="127.0.0.1", help="Address of the HTTP API."),
        cfg.PortOpt("port", default=8989, help="Port of the HTTP API; 0 takes a free one."),
        cfg.ListOpt(
            "allowed_hosts",
            default=[],
            help="Names of the HTTP API besides those of loopback: the Host of a proxy, and of web "
            "pages that may call it.",
        ),
        cfg.FloatOpt(
            "bookmark_interval",
            default=10.0,
            help="Seconds after which an idle watch gets a bookmark.",
            **_positive,
        ),
    ],
    "bus": [
        cfg.StrOpt(
            "url",
            default="",
            secret=True,
            help="Transport URL of oslo.messaging (rabbit://user:password@host:5672/) at which "
            "calls are answered and changes are told; empty for no bus.",
        ),
        cfg.StrOpt(
            "exchange",
            default=EXCHANGE,
            help="Exchange of our topics; oslo.messaging calls it control_exchange.",
        ),
        cfg.BoolOpt("rpc", default=True, help="Answer calls on the bus."),
        cfg.BoolOpt("relay", default=True, help="Tell changes on the bus."),
        cfg.BoolOpt(
            "windowed",
            default=True,
            help="Tell RabbitMQ or Kafka in windows, each confirmed; false uses oslo.messaging's "
            "driver, which is slower and knows other buses.",
        ),
        cfg.StrOpt(
            "envelope",
            default="oslo",
            choices=["oslo", "cloudevents"],
            help="What changes are wrapped in; CloudEvents are not understood by listeners of "
            "oslo.messaging, nor by our own.",
        ),
        cfg.FloatOpt(
            "bookmark_interval",
            default=10.0,
            help="Seconds between bookmarks on each topic.",
            **_positive,
        ),
        cfg.IntOpt(
            "page_bytes",
            default=1 << 20,
            min=1 << 10,
            max=8 << 20,
            help="The largest page of a reply in bytes, before it is compressed.",
        ),
        cfg.IntOpt(
            "window",
            default=500,
            min=1,
            max=10_000,
            help="About so many changes are told before the relay's cursor moves.",
        ),
    ],
}


def load(
    *,
    config_files: list[str] | None = None,
    clouds: list[str] | None = None,
    clouds_file: str | None = None,
    overrides: dict[str, dict[str, Any]] | None = None,
    debug: bool = False,
) -> Settings:
    """Read the configuration and resolve the clouds.

    Args:
        config_files: paths; None searches the usual places for ``synchronizer.conf``.
        clouds: names from the command line, instead of the configured ones.
        overrides: options from the command line, by group.

    Raises:
        ConfigurationError: with the option's name and the remedy.
    """
    conf = cfg.ConfigOpts()
    for group, options in GROUPS.items():
        conf.register_opts(options, group=group)
    try:
        conf(
            args=[],
            project="synchronizer",
            default_config_files=config_files,
            default_config_dirs=[] if config_files is not None else None,
            use_env=True,
        )
        _refuse_unknown(conf)
        _refuse_unknown_variables()
        for group, values in (overrides or {}).items():
            for name, value in values.items():
                try:
                    conf.set_override(name, value, group=group)
                except ValueError as error:
                    raise ConfigurationError(f"[{group}] {name} = {value}: {error}") from None
        names = clouds or conf.clouds.names or default_names()
        settings = _settings(conf, debug=debug)
    except cfg.ConfigFilesNotFoundError as error:
        raise ConfigurationError(f"There is no such configuration file: {error}") from None
    except (cfg.Error, ValueError) as error:
        said = _LOCATION.sub(r"\1", str(error))
        raise ConfigurationError(f"The configuration is wrong: {said}.") from None
    access = resolve(names, clouds_file or conf.clouds.file)
    return Settings(**{**_fields(settings), "clouds": access})


def _fields(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__struct_fields__}


def _settings(conf: Any, *, debug: bool) -> Settings:
    sampling = conf.sampling
    return Settings(
        store=conf.store.url,
        history=conf.store.history,
        api=Api(
            host=str(conf.api.host),
            port=conf.api.port,
            allowed_hosts=tuple(conf.api.allowed_hosts),
            bookmark_interval=conf.api.bookmark_interval,
        ),
        bus=Bus(**{option.dest: conf.bus[option.dest] for option in GROUPS["bus"]}),
        intervals=Intervals(
            sweep=sampling.sweep_interval,
            poll=sampling.poll_interval,
            outline=sampling.outline_interval,
            rediscover=sampling.rediscover_interval,
            stale_after=sampling.stale_after,
            types=tuple(sampling.types),
            skip=tuple(sampling.skip),
            delete_guard=sampling.delete_guard,
            calls_per_second=sampling.calls_per_second,
            in_flight=sampling.in_flight,
            listing_limit=sampling.listing_limit,
        ),
        plugins=tuple(sampling.plugins),
        memory_limit=sampling.memory_limit,
        hang_limit=sampling.hang_limit,
        demand_interval=sampling.demand_interval,
        debug=debug,
    )


def _refuse_unknown_variables() -> None:
    """Refuse a misspelt variable as a misspelt option is; those of other programs are let be."""
    for variable in os.environ:
        prefix, _, name = variable.lower().partition("__")
        group = prefix.removeprefix("os_")
        if not name or group == prefix:
            continue
        known = [option.dest for option in GROUPS.get(group, [])]
        if name in known or (not known and not get_close_matches(group, GROUPS)):
            continue
        raise ConfigurationError(
            f"The environment variable {variable} is no option of ours"
            f"{_guess(f'os_{group}__{name}')}; correct it or unset it."
        )


def _guess(variable: str) -> str:
    every = [f"os_{group}__{each.dest}" for group, options in GROUPS.items() for each in options]
    close = get_close_matches(variable, every, 1)
    return f" (did you mean {close[0].upper()}?)" if close else ""


def _refuse_unknown(conf: Any) -> None:
    """A misspelt option is an error, not a silent default."""
    parsed = getattr(conf._namespace, "_parsed", [])  # noqa: SLF001 - oslo.config has no way to ask
    for section in parsed:
        for group, values in section.items():
            if group == "DEFAULT":
                continue
            known = {option.dest for option in GROUPS.get(group, [])}
            if group not in GROUPS:
                raise ConfigurationError(
                    f"There is no group [{group}]; the groups are {', '.join(GROUPS)}."
                )
            for name in values:
                if name.replace("-", "_") not in known:
                    raise ConfigurationError(
                        f"There is no option {name!r} in [{group}]; "
                        f"it has {', '.join(sorted(known))}."
                    )
