"""Which log a client on a message bus has joined, when several synchronizers are there.

They answer the same calls and publish on the same topics, each of its own log. The first
answer decides; from then on others are reported and ignored. When the publisher that we
know has another log than before, its store was replaced; the next answer decides anew.
"""

import logging
import threading
from collections.abc import Collection

LOG = logging.getLogger(__name__)


class JoinedLog:
    """May be used by several threads.

    Args:
        epoch: of the log to join, for good; None joins the first that answers.

    Attributes:
        epoch: of the log that was joined; None before.
        others: the epochs of other logs that were seen, and who publishes them.
    """

    def __init__(self, epoch: str | None = None) -> None:
        self.epoch = epoch
        self.others: dict[str, str] = {}
        self._fixed = epoch is not None
        self._publishers: set[str] = set()
        self._lock = threading.Lock()

    def take(self, epoch: str, publisher: str) -> bool:
        """Take in who has which log; return whether it is the one that was joined."""
        with self._lock:
            if self.epoch is None:
                self.epoch = epoch
                self.others.pop(epoch, None)
            if epoch == self.epoch:
                self._publishers.add(publisher)
                return True
            if epoch not in self.others:
                LOG.warning(
                    "another synchronizer is on this bus (%s, log %s); it is ignored",
                    publisher or "unnamed",
                    epoch,
                )
            self.others[epoch] = publisher
            return False

    def missed(self, publishers: Collection[str]) -> None:
        """Take in that nobody has our log, and that *publishers* have others."""
        with self._lock:
            if not self._fixed and not self._publishers.isdisjoint(publishers):
                self.epoch = None
                self._publishers.clear()
