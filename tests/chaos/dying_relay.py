"""A relay that dies between the broker's confirm and the move of its cursor.

    python dying_relay.py STORE URL EXCHANGE CONFIRMS

It kills itself after so many confirms, as a power cut would.
"""

import os
import signal
import sys
import threading

from synchronizer.bus.rabbit import Address
from synchronizer.model.clock import SystemClock
from synchronizer.northbound.relay.leadership import Leadership
from synchronizer.northbound.relay.rabbit import RabbitPublisher
from synchronizer.northbound.relay.relay import Relay
from synchronizer.store import open_store


class Dying(RabbitPublisher):
    """Publishes as ever, and dies when enough was confirmed."""

    left = 0

    def unconfirmed(self, ticket, seconds):
        if waiting := super().unconfirmed(ticket, seconds):
            return waiting
        self.left -= 1
        if self.left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0


def main():
    url, broker, exchange, confirms = sys.argv[1:]
    store = open_store(url, migrate=False)
    publisher = Dying(Address(broker, exchange), "synchronizer.dying")
    publisher.left = int(confirms)
    lead = Leadership(store, exchange, "testing", SystemClock())
    Relay(store, publisher, lead, window=10).run(threading.Event())


if __name__ == "__main__":
    main()
