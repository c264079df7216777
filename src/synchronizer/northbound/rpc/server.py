"""The RPC server: oslo.messaging's, over any bus that it has a driver for.

Any number of them may listen; the bus hands each call to one. What cannot be understood is
answered with an error where there is somebody to answer, and dropped where there is not.
"""

import logging
from typing import Any

from synchronizer.bus import oslo
from synchronizer.bus.topics import RPC_TOPIC, RPC_VERSION
from synchronizer.model.errors import SynchronizerError, TransportError
from synchronizer.northbound.rpc.calls import (
    Calls,
    answer_what_is_too_deep,
    expected,
    log_in_one_line,
)
from synchronizer.northbound.rpc.endpoint import Endpoint

log = logging.getLogger(__name__)

_THREADS = 8


class Methods:
    """What oslo.messaging sees of an endpoint: its public methods, errors without tracebacks."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.target = oslo.needed().Target(version=RPC_VERSION)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._endpoint, name)

        def call(context: Any, /, **arguments: Any) -> Any:
            try:
                return method(context, **arguments)
            except SynchronizerError as error:
                said = error
            except Exception:  # the edge of a thread: logged, and answered
                log.exception("%s failed", name)
                said = SynchronizerError("An internal error; the synchronizer's log has it.")
            raise expected(said)

        return call


class RpcServer:
    """Serves an endpoint, from `start` to `stop`.

    Args:
        url: oslo.messaging's transport URL; a secret.
        host: name of this server; calls may be directed to it.

    Raises:
        ConfigurationError: the URL cannot be used, or a library is missing.
    """

    def __init__(self, url: str, exchange: str, host: str, endpoint: Endpoint) -> None:
        module = oslo.needed()
        answer_what_is_too_deep()
        log_in_one_line()
        self._transport = oslo.rpc_transport(url)
        target = module.Target(exchange=exchange, topic=RPC_TOPIC, server=host)
        self._server = module.get_rpc_server(self._transport, target, [Methods(endpoint)])
        self._server.dispatcher = Calls(self._server.dispatcher)

    def start(self) -> None:
        """Begin to answer; a broker that is down is waited for.

        Raises:
            TransportError: the broker refuses the login.
        """
        from amqp.exceptions import AccessRefused, NotAllowed  # noqa: PLC0415 - an extra

        try:
            self._server.start(override_pool_size=_THREADS)
        except (AccessRefused, NotAllowed) as error:
            raise TransportError(
                f"The message bus refuses us ({str(error)[:200]}); check user, password, "
                "virtual host and permissions in [bus] url."
            ) from None

    def stop(self) -> None:
        """Answer what is under way, and end."""
        self._server.stop()
        self._server.wait()
        self._transport.cleanup()
