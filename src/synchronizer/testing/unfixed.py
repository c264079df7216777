"""Samplers that lack one rule each: whoever proves that a rule is needed samples with them.

Every rule has a method of `Sampler` of its own, and here it does nothing.
"""

from synchronizer.model.change import Candidate
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


class BelievesWhatIsBehind(Sampler):
    """Takes every answer for the present, however old its stamp and however new the record."""

    def outlasted(self, id_: str, ticket: Ticket, *, gone: bool = False) -> bool:  # noqa: ARG002
        """Say that there is no doubt."""
        return True


class DatesByTheArrival(Sampler):
    """Takes an answer to be as new as its arrival."""

    def commit(self, ticket: Ticket, candidates: list[Candidate]) -> tuple[str, ...]:
        """Commit as if it had been asked for just now."""
        return super().commit(ticket._replace(asked_at=self.setup.clock.now()), candidates)
