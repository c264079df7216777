"""oslo.messaging with threads for its work, whoever uses it first."""

import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

from synchronizer.model.errors import ConfigurationError

_DEFAULTS = {
    # An idle connection is looked at every (60 s / rate / 2): so soon is an end noticed.
    "heartbeat_rate": "30",
    "rabbit_interval_max": "10",
}

_LIKE = (
    "rabbit://user:password@host:5672/, and may end in options of [oslo_messaging_rabbit]: "
    "?amqp_durable_queues=true"
)

_importing = threading.Lock()


def load() -> Any:
    """Return the module ``oslo_messaging``.

    Raises:
        ImportError: it is not installed.
    """
    from oslo_service import backend  # noqa: PLC0415 - an extra, needed only here

    # One thread at a time: kombu puts another module in its own place while it is imported.
    with _importing, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # these libraries warn of each other
        with suppress(backend.exceptions.BackendAlreadySelected):
            backend.init_backend(backend.BackendType.THREADING)  # the default is eventlet
        import kombu  # noqa: PLC0415
        import oslo_messaging  # noqa: PLC0415

        kombu.Connection  # noqa: B018 - now it is whole
    return oslo_messaging


def needed() -> Any:
    """Return ``oslo_messaging``.

    Raises:
        ConfigurationError: it is not installed; the sentence says how it is.
    """
    try:
        return load()
    except ImportError as error:
        raise ConfigurationError(
            f"For a message bus, {error.name} is needed: install "
            "openstack-synchronizer[messaging], or use an http:// URL."
        ) from None


def parsed(url: str, **defaults: str) -> tuple[Any, Any]:
    """Return a configuration without files and the ``TransportURL`` of *url*.

    Args:
        defaults: more options of RabbitMQ's driver, where *url* does not name them.

    Raises:
        ConfigurationError: it is none; the sentence holds no secret.
    """
    oslo = needed()
    from oslo_config import cfg  # noqa: PLC0415 - comes with it

    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[])
    for name in ("metrics", "tracing"):
        # oslo.messaging registers these with the global configuration only.
        with suppress(ImportError, AttributeError):
            module = import_module(f"oslo_messaging._{name}.client")
            group = f"oslo_messaging_{name}"
            conf.register_opts(getattr(module, group), group=group)
    try:
        found = oslo.TransportURL.parse(conf, url)
        if found.transport == "rabbit":
            found.query = {**_DEFAULTS, **defaults, **found.query}
    except (oslo.MessagingException, cfg.Error, ValueError) as error:
        raise unusable(error) from None
    return conf, found


def rpc_transport(url: str, **options: Any) -> Any:
    """Return a transport for calls; it does not connect before it is used.

    Raises:
        ConfigurationError: the URL cannot be used, or a library is missing.
    """
    return _transport(needed().get_rpc_transport, parsed(url), options)


def notification_transport(url: str, **defaults: str) -> Any:
    """Return a transport for notifications; it does not connect before it is used.

    Args:
        defaults: as of `parsed`.

    Raises:
        ConfigurationError: the URL cannot be used, or a library is missing.
    """
    return _transport(needed().get_notification_transport, parsed(url, **defaults), {})


def _transport(made: Callable[..., Any], at: tuple[Any, Any], options: dict[str, Any]) -> Any:
    conf, found = at
    try:
        return made(conf, found, **options)
    except needed().DriverLoadFailure as error:
        raise ConfigurationError(
            f"oslo.messaging cannot load its driver for {found.transport}:// ({error.ex}); "
            "correct the URL of the message bus, or install what the driver needs."
        ) from None
    except (needed().MessagingException, RuntimeError, ValueError) as error:
        raise unusable(error) from None


def unusable(error: Exception, like: str = _LIKE) -> ConfigurationError:
    """Return the error that says what a transport URL is like; *error*'s text may show a secret."""
    return ConfigurationError(
        f"The URL of the message bus cannot be used ({type(error).__name__}); it is like {like}."
    )
