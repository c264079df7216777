"""Calls to a synchronizer's RPC server, and its errors as the classes that they were."""

import base64
import hashlib
import math
import threading
from typing import Any

import msgspec
import zstandard

from synchronizer.bus import oslo
from synchronizer.bus.rabbit import Address
from synchronizer.bus.topics import RPC_TOPIC, RPC_VERSION
from synchronizer.client.joined_log import JoinedLog
from synchronizer.model.errors import (
    OtherLogError,
    RequestError,
    SynchronizerError,
    TransportError,
)

_ERRORS = "synchronizer.model.errors"
_TRIES = 3
_SERVERS = 8
"""So many are asked in turn, when those that answer have another log."""


class _Origin(msgspec.Struct):
    """Which log a reply is of, and who gives it; earlier releases do not say who."""

    epoch: str = ""
    publisher: str = ""


_origin = msgspec.json.Decoder(_Origin).decode


class RpcCalls:
    """Calls methods over oslo.messaging. Safe to use from several threads.

    Args:
        address: what *url* says, read.
        log: the log that replies must be of.
    """

    def __init__(self, url: str, address: Address, timeout: float, log: JoinedLog) -> None:
        self._oslo = oslo.needed()
        self._address = address
        self._url = url
        self._timeout = timeout
        self._target = self._oslo.Target(
            exchange=address.exchange, topic=RPC_TOPIC, version=RPC_VERSION
        )
        self._log = log
        self._names_log = True
        self._lock = threading.Lock()
        self._transport: Any = None
        self.shown = self._address.shown

    def call(self, method: str, *, timeout: float | None = None, **arguments: Any) -> bytes:
        """Return the JSON of a reply.

        Raises:
            OtherLogError: those who answer have other logs.
            TransportError: nobody answered.
            SynchronizerError: what the synchronizer answered with.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        refused: OtherLogError | None = None
        publishers: set[str] = set()
        for _ in range(_SERVERS):
            asked = self._log.epoch
            try:
                reply = self._reply(method, timeout, given)
                origin = _origin(reply)
            except OtherLogError as error:
                refused = error
                self._log.take(error.epoch, error.publisher)
                publishers.add(error.publisher)
                continue
            if self._log.take(origin.epoch, origin.publisher):
                return reply
            refused = OtherLogError(asked or "", origin.epoch, origin.publisher)
            publishers.add(origin.publisher)
        self._log.missed(publishers)
        assert refused is not None
        raise refused

    def _reply(self, method: str, timeout: float | None, given: dict[str, Any]) -> bytes:
        for _ in range(_TRIES):
            reply = self._called(method, timeout, given)
            if "zstd" in reply:
                return zstandard.decompress(base64.b64decode(reply["zstd"]))
            if "piece" not in reply:
                return msgspec.json.encode(reply)
            joined = self._joined(method, timeout, given, reply)
            if joined is not None:
                return joined
        raise TransportError(
            f"The reply of {method} comes in pieces and changed between them {_TRIES} times; "
            "ask for an older revision, or over HTTP."
        )

    def close(self) -> None:
        """Let go of the connections; the next call makes new ones."""
        with self._lock:
            transport, self._transport = self._transport, None
        if transport is not None:
            transport.cleanup()

    def _joined(
        self, method: str, timeout: float | None, given: dict[str, Any], first: dict[str, Any]
    ) -> bytes | None:
        """Return a reply that comes in pieces; None when it was another one in between."""
        joined = base64.b64decode(first["piece"])
        for part in range(1, first["parts"]):
            more = self._called(method, timeout, {**given, "part": part})
            joined += base64.b64decode(more.get("piece", ""))
        return joined if hashlib.sha256(joined).hexdigest() == first["sha256"] else None

    def _called(self, method: str, timeout: float | None, given: dict[str, Any]) -> dict[str, Any]:
        epoch = self._log.epoch
        if epoch is None or not self._names_log:
            return self._sent(method, timeout, given)
        try:
            return self._sent(method, timeout, {**given, "epoch": epoch})
        except RequestError as error:
            if not str(error).startswith("Unknown argument") or "epoch" not in str(error):
                raise
        # An earlier release: what it answers with is looked at all the same.
        self._names_log = False
        return self._sent(method, timeout, given)

    def _sent(self, method: str, timeout: float | None, given: dict[str, Any]) -> dict[str, Any]:
        client = self._client(timeout or self._timeout)
        try:
            answer: dict[str, Any] = client.call({}, method, accept="zstd", **given)
        except SynchronizerError as error:
            raise _ours(error) from None
        except self._oslo.RemoteError as error:
            if error.exc_type in {"NoSuchMethod", "UnsupportedVersion"}:
                raise RequestError(
                    f"The synchronizer has no {method} of version {RPC_VERSION}; "
                    "are it and this client of the same major version?"
                ) from None
            raise TransportError(f"The synchronizer failed: {error.value}") from None
        except (self._oslo.MessagingTimeout, self._oslo.MessageUndeliverable):
            raise TransportError(
                f"No synchronizer answers on the message bus at {self.shown}; start one with "
                "[bus] url set to it, or name another with --url."
            ) from None
        except (self._oslo.MessagingException, *_broken(), OSError) as error:
            raise TransportError(
                f"The message bus at {self.shown} does not take calls ({type(error).__name__}); "
                "check that it runs, and the user and password."
            ) from error
        return answer

    def _client(self, timeout: float) -> Any:
        with self._lock:
            if self._transport is None:
                # oslo.messaging's first connection would wait for a broker without an end.
                self._address.connect().release()
                self._transport = oslo.rpc_transport(self._url, allowed_remote_exmods=[_ERRORS])
            return self._oslo.get_rpc_client(
                self._transport,
                self._target,
                timeout=timeout,
                # A call that may take long is heard of all the while, if somebody has it.
                call_monitor_timeout=_monitor(self._timeout) if timeout > self._timeout else None,
                retry=1,
                # A call that no queue takes is sent back at once.
                transport_options=self._oslo.TransportOptions(at_least_once=True),
            )


def _broken() -> tuple[type[Exception], ...]:
    """Return what the libraries below oslo.messaging raise, which it lets through."""
    from amqp.exceptions import AMQPError  # noqa: PLC0415 - comes with it
    from kombu.exceptions import KombuError  # noqa: PLC0415

    return AMQPError, KombuError


def _monitor(timeout: float) -> int:
    """Return the seconds between two signs of life: whole ones, of which half is one or more."""
    return max(2, math.ceil(timeout))


def _ours(remote: SynchronizerError) -> SynchronizerError:
    """Return an error without what oslo.messaging added to its class on the way."""
    kind = next(each for each in type(remote).__mro__ if each.__module__ == _ERRORS)
    found: SynchronizerError = kind(*remote.args)
    return found
