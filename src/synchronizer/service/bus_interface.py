"""Builds the relay and the RPC server that the settings name, or finds out that it cannot.

``python -m synchronizer.service.bus_interface`` reads a `Bus` as JSON from standard input,
builds the clients without connecting, and reports what is wrong. It is a process of its own
because oslo.messaging chooses, for a whole process, how threads are made; a program that
embeds the synchronizer has chosen already.
"""

import subprocess
import sys

import msgspec

from synchronizer.model.errors import ConfigurationError
from synchronizer.northbound.relay.session import Publisher
from synchronizer.service.settings import Bus
from synchronizer.service.supervisor.interpreter import command, environment

_SECONDS = 60.0
"""For an import on a busy machine."""


def publisher(bus: Bus, publisher_id: str) -> Publisher:
    """Return the relay's way to the bus; it connects when it is first used.

    Raises:
        ConfigurationError: the URL cannot be used so, or a library is missing.
    """
    kafka = bus.url.startswith("kafka:")
    if bus.windowed and kafka:
        from synchronizer.northbound.relay.kafka import KafkaPublisher  # noqa: PLC0415 - an extra

        return KafkaPublisher(bus.url, publisher_id, bus.envelope)
    if bus.windowed:
        from synchronizer.bus.rabbit import Address  # noqa: PLC0415 - an extra
        from synchronizer.northbound.relay.rabbit import RabbitPublisher  # noqa: PLC0415

        return RabbitPublisher(Address(bus.url, bus.exchange), publisher_id, bus.envelope)
    from synchronizer.northbound.relay.oslo import OsloPublisher  # noqa: PLC0415

    if bus.envelope != "oslo":
        raise ConfigurationError(
            f"[bus] envelope = {bus.envelope} needs windowed = true: oslo.messaging's driver "
            "has an envelope of its own. Set envelope = oslo, or tell RabbitMQ in windows."
        )
    if kafka:
        raise ConfigurationError(
            "A kafka:// bus needs [bus] windowed = true: oslo.messaging's driver does not wait "
            "for Kafka, and would lose what is under way."
        )
    return OsloPublisher(bus.url, bus.exchange, publisher_id)


def check_bus(bus: Bus) -> None:
    """See that the doors of a bus can be made, in a process of its own.

    A broker that is down is not looked for: it is waited for later.

    Raises:
        ConfigurationError: they cannot; the sentence says what to change, and no secret.
    """
    if not bus.url or not (bus.rpc or bus.relay):
        return
    done = subprocess.run(  # noqa: S603 - our own interpreter
        command("synchronizer.service.bus_interface"),
        env=environment(),
        input=msgspec.json.encode(bus),
        stdout=subprocess.PIPE,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace").strip()
        raise ConfigurationError(said or f"The check of [bus] ended with {done.returncode}.")


def examine(bus: Bus) -> None:
    """Make the doors of a bus in this process, and throw them away.

    Raises:
        ConfigurationError: they cannot be made.
    """
    from synchronizer.bus import oslo  # noqa: PLC0415 - an extra
    from synchronizer.bus.rabbit import Address  # noqa: PLC0415

    _, found = oslo.parsed(bus.url)
    if bus.rpc:
        if found.transport == "kafka":
            raise ConfigurationError("A kafka:// bus carries no calls; set [bus] rpc = false.")
        oslo.rpc_transport(bus.url)
    if found.transport == "rabbit":
        Address(bus.url, bus.exchange)
    if bus.relay:
        publisher(bus, "")
        if not bus.windowed:
            oslo.notification_transport(bus.url)


def main() -> int:
    """Examine the bus that standard input describes."""
    try:
        examine(msgspec.json.decode(sys.stdin.buffer.read(), type=Bus))
    except ConfigurationError as error:
        sys.stdout.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
