"""Samplers that lack one rule each: whoever proves that a rule is needed samples with them.

Every rule has a method of `Sampler` of its own, and here it does nothing.
"""

from synchronizer.sampling.sampler import Sampler
from synchronizer.sampling.ticket import Ticket


class ComparesWithTheTicket(Sampler):
    """Compares an answer with the log as it was when the request went out."""

    def arrived(self) -> None:
        """Leave the baseline as it is."""


class NamesNoSweep(Sampler):
    """Takes tickets that do not name the sweeps that had begun."""

    def ticket(self) -> Ticket:
        """Return the ticket without the sweep."""
        return super().ticket()._replace(sweep=None)
