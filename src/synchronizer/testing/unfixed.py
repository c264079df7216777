"""Samplers that lack one rule each: whoever proves that a rule is needed samples with them.

Every rule has a method of `Sampler` of its own, or of a part of it, and here it does nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from synchronizer.model.change import Candidate
from synchronizer.sampling.control import Controls, Service
from synchronizer.sampling.credentials import Credentials
from synchronizer.sampling.deletion import DeletionDetector
from synchronizer.sampling.listing import ListingPass
from synchronizer.sampling.reader import Reader, Reject
from synchronizer.sampling.sampler import Sampler
from synchronizer.sampling.scope import Scope
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


class IgnoresDeclarations(Sampler):
    """Compares its own digests with whatever the log holds."""

    def begun(self) -> int:
        """Return how many sweeps began."""
        return self.setup.store.begun(self.collection)


class PassesOnWhatIsLate(Sampler):
    """Believes a notification's body when its version is higher than that in the log."""

    def is_late(
        self,
        id_: str,  # noqa: ARG002
        told: Mapping[str, Any],  # noqa: ARG002
        known: Mapping[str, Any],  # noqa: ARG002
        ticket: Ticket,  # noqa: ARG002
    ) -> bool:
        """Say that it is not."""
        return False


class AsksForNoControl(Sampler):
    """Believes every absence, as if something that was known answered."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.controls = _Believing(self)


class ClaimsWhatWasRefused(Sampler):
    """Calls a sweep complete although something waits for the next."""

    def is_complete(self, look: ListingPass) -> bool:  # noqa: ARG002
        """Say that it is."""
        return True


class BelievesBeforeTheControl(Sampler):
    """Takes for gone what was missing before its control answered."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.reading = _Hasty(self)
        self._absence = _HastyAbsence(self)


class TakesReadsForOneAnswer(Sampler):
    """Lets what was read before a miss vouch for it."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.reading = _Lumping(self)


class ClaimsNoCollection(Sampler):
    """Notes its scope at the end of the first sweep only."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.credentials = _Unclaiming(self)

    def conclude(self, sweep: int, replaced: int, **fields: Any) -> None:
        """Note the scope first."""
        self.setup.store.note(self.collection, scope=fields["scope"])
        super().conclude(sweep, replaced, **fields)


class ConcludesRegardless(Sampler):
    """Notes the end of a sweep whatever became of the store meanwhile."""

    def conclude(self, sweep: int, replaced: int, **fields: Any) -> None:  # noqa: ARG002
        """Note it."""
        self.setup.store.note(self.collection, **fields)


class DeletesUncompared(Sampler):
    """Compares no scope before deletes."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.credentials = _Unchecked(self)


class ComparesNoScope(Sampler):
    """Samples as whoever the token is for."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.credentials = _Trusting(self)


class _Believing(Controls):
    def listed(self, *_given: Any) -> bool:
        """Return that one answered."""
        return True

    def of_type(self, *_given: Any) -> bool:
        """Return that one answered."""
        return True

    def of_service(self, *_given: Any, **_more: Any) -> Service:
        """Return that one answered."""
        return Service(answers=True, living=0)


class _Hasty(Reader):
    def _still_missing(self, missing: set[str], _answered: Sequence[str]) -> set[str]:
        """Return all."""
        return missing


class _Lumping(Reader):
    def _in_one_answer(self, _missing: set[str], answered: Sequence[str]) -> bool:
        """Say so of all that answered."""
        return bool(answered)


class _HastyAbsence(DeletionDetector):
    def _still_missing(self, gone: set[str], _reject: Reject) -> set[str]:
        """Return all."""
        return gone


class _Unclaiming(Credentials):
    def claim(self, _scope: Scope) -> dict[str, str]:
        """Claim nothing."""
        return {}


class _Unchecked(Credentials):
    def before_deletes(self) -> None:
        """Check nothing."""


class _Trusting(Credentials):
    def _compare(self, *_given: Any) -> None:
        """Find no difference."""
