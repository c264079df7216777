"""Every error that the synchronizer raises on purpose, drawn as one tree.

::

    SynchronizerError
    ├── ConfigurationError            give up: the operator must change something
    │   ├── CloudUnreachableError     no answer from the cloud at start
    │   └── CredentialsError          Keystone refused the credentials
    ├── SampleError                   a fault of one entity type; nothing was changed
    │   ├── UnreachableError          retry later: no complete answer came
    │   ├── SlowAnswerError           retry later: an answer did not end in time
    │   ├── ForeignRedirectError      the service sends us to another host: not followed
    │   ├── OtherMicroversionError    the answer is of another version than was asked for
    │   ├── ThrottledError            retry later: the service asked for patience
    │   ├── TooSoonError              retry later: it was sampled on demand a moment ago
    │   ├── AwaitedParentsError       retry later: what it is listed for is not sampled yet
    │   ├── IncompleteSweepError      retry later: not all that it showed could be taken up
    │   ├── RefusedError              the service answered 401 or 403
    │   ├── AbsentServiceError        the catalogue has no such service
    │   ├── RetiredError              nobody samples it any more: so it is configured
    │   ├── MalformedError            the answer is not what the API promises
    │   ├── EndlessListingError       pages repeat without a new id
    │   ├── VisibilityLostError       we see less than before: rows or fields were filtered
    │   │   ├── ScopeChangedError     the credentials are for somebody or something else
    │   │   └── WrongScopeError       the credentials are for what the service shows nothing to
    │   ├── CanaryError               a part of the service is down and its rows are hidden
    │   ├── OlderDeclarationError     a newer release declares the type otherwise, and is at work
    │   └── MassDeleteHeldError       more is absent than is believable at once
    │       └── DeleteHeldError       and nothing vouches for it: an operator decides
    ├── StoreError
    │   ├── StoreUnusableError        newer schema, corrupt file, wrong engine: give up
    │   │   ├── StoreDamagedError     its file is not as it was written
    │   │   └── StoreReplacedError    its file is another one by now
    │   ├── StoreFullError            no space: retry later, nothing was lost
    │   ├── StoreDiskError            the disk refuses, and is not full
    │   ├── StoreLockedError          another program keeps the file to itself
    │   ├── UndeclaredError           a collection is not, or no longer, declared in it
    │   ├── RevisionCompactedError    that revision is gone; list again
    │   │   └── HistoryReplacedError  the log has another history; list again
    │   ├── BeforeLogError            nothing is known of that time
    │   └── RevisionAheadError        that revision is not there yet
    ├── IncompleteError               the first sweep of a type has not ended: retry later
    ├── RequestError                  the caller asked for something impossible
    │   ├── UnknownTypeError
    │   ├── UnknownEntityError
    │   ├── HeldChangedError          others are held than those that were decided on
    │   ├── NothingHeldError          no deletes wait for a decision
    │   └── AmbiguousError            an id needs its cloud or region
    └── TransportError                the client could not talk to a synchronizer
        └── OtherLogError             the synchronizer that answers has another log

Each class has a stable dotted *code*, used in HTTP bodies, logs, metrics and the
documentation, and an HTTP *status* for the API. The sentence of each error says what
to do next. Each can be made again from its ``args``, as crossing a process or a bus does.
"""

from typing import ClassVar


class SynchronizerError(Exception):
    """Root of all errors; *code* is stable, *exit_code* is what a command ends with."""

    code: ClassVar[str] = "synchronizer.error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Synchronizer error"
    exit_code: ClassVar[int] = 1


class ConfigurationError(SynchronizerError):
    """An option, file or environment variable is wrong."""

    code = "synchronizer.configuration"
    title = "Wrong configuration"
    exit_code = 2


class CloudUnreachableError(ConfigurationError):
    """The cloud's Keystone does not answer."""

    code = "synchronizer.configuration.cloud_unreachable"
    title = "Cloud unreachable"
    exit_code = 3


class CredentialsError(ConfigurationError):
    """Keystone refused the credentials."""

    code = "synchronizer.configuration.credentials"
    title = "Credentials refused"
    exit_code = 4


class SampleError(SynchronizerError):
    """One sample of one entity type failed; the store keeps the last good state."""

    code = "synchronizer.sample"
    status = 503
    title = "Sample failed"


class UnreachableError(SampleError):
    """No complete answer came: connection, time-out, 5xx, cut body."""

    code = "synchronizer.sample.unreachable"
    title = "Service unreachable"


class SlowAnswerError(SampleError):
    """The service went on answering for too long."""

    code = "synchronizer.sample.slow_answer"
    title = "Answer without an end"


class ForeignRedirectError(SampleError):
    """A service redirects to another origin; token and password stay with this one."""

    code = "synchronizer.sample.foreign_redirect"
    title = "Redirected elsewhere"


class OtherMicroversionError(SampleError):
    """An answer is of another microversion than was asked for, so of another shape."""

    code = "synchronizer.sample.other_microversion"
    title = "Answer of another microversion"


class ThrottledError(SampleError):
    """The service answered 429 (or 503 with Retry-After) more often than we wait."""

    code = "synchronizer.sample.throttled"
    title = "Service asks for patience"

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooSoonError(SampleError):
    """The type was sampled on demand a moment ago, and may not be again for a while."""

    code = "synchronizer.sample.too_soon"
    status = 429
    title = "Sampled a moment ago"

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AwaitedParentsError(SampleError):
    """A type that is listed for each entity of another waits for the other's first sweep."""

    code = "synchronizer.sample.awaited_parents"
    title = "Parents not sampled yet"


class IncompleteSweepError(SampleError):
    """A sweep could not take up all that it showed; the next one can."""

    code = "synchronizer.sample.incomplete"
    title = "Not all is known yet"


class RefusedError(SampleError):
    """The service answered 401 or 403."""

    code = "synchronizer.sample.refused"
    title = "Service refused"


class AbsentServiceError(SampleError):
    """The catalogue of this cloud has no endpoint for the service."""

    code = "synchronizer.sample.absent_service"
    title = "Service not in the catalogue"


class RetiredError(SampleError):
    """The configuration leaves the type out, and nobody else samples it."""

    code = "synchronizer.sample.retired"
    title = "Not sampled any more"


class MalformedError(SampleError):
    """The answer is not JSON, has the wrong shape, lacks ids, or is absurdly large."""

    code = "synchronizer.sample.malformed"
    title = "Malformed answer"


class EndlessListingError(SampleError):
    """A listing repeats its pages."""

    code = "synchronizer.sample.endless"
    title = "Endless listing"


class VisibilityLostError(SampleError):
    """Fields or roles that were there before are gone, so rows may be hidden too."""

    code = "synchronizer.sample.visibility_lost"
    title = "Visibility lost"


class ScopeChangedError(VisibilityLostError):
    """Another scope than at the last complete sweep: of other rows no conclusion is drawn."""

    code = "synchronizer.sample.scope_changed"
    title = "Scope changed"


class WrongScopeError(VisibilityLostError):
    """The token is for a domain or the system, to which the service shows nothing."""

    code = "synchronizer.sample.wrong_scope"
    title = "Wrong scope"


class CanaryError(SampleError):
    """The canary says that a part of the service is down and hides its entities."""

    code = "synchronizer.sample.canary"
    title = "Part of the service is down"


class OlderDeclarationError(SampleError):
    """A newer release, which declares a type otherwise, samples it into the same store."""

    code = "synchronizer.sample.older_declaration"
    title = "Declared otherwise by a newer release"


class MassDeleteHeldError(SampleError):
    """More entities are absent than *delete_guard* allows without single confirmation."""

    code = "synchronizer.sample.mass_delete_held"
    title = "Mass delete held"


class DeleteHeldError(MassDeleteHeldError):
    """Much is absent and nothing that was known answers: an operator must decide."""

    code = "synchronizer.sample.delete_held"
    title = "Delete held for a decision"


class StoreError(SynchronizerError):
    """The store cannot do what was asked."""

    code = "synchronizer.store"
    status = 503
    title = "Store error"
    exit_code = 5


class StoreUnusableError(StoreError):
    """The store is newer than this program, corrupt, or not a store."""

    code = "synchronizer.store.unusable"
    title = "Store unusable"


class StoreDamagedError(StoreUnusableError):
    """The store's file was damaged, cut off, or is no store."""

    code = "synchronizer.store.damaged"
    title = "Store damaged"


class StoreReplacedError(StoreUnusableError):
    """The store's file was removed or replaced while it was open."""

    code = "synchronizer.store.replaced"
    title = "Store replaced"


class StoreFullError(StoreError):
    """The disk is full; nothing was committed and nothing was lost."""

    code = "synchronizer.store.full"
    title = "No space for the store"


class StoreDiskError(StoreError):
    """The disk refuses though it is not full: a quota, a limit, or it fails."""

    code = "synchronizer.store.disk"
    title = "Disk refuses"


class StoreLockedError(StoreError):
    """Another program keeps the store to itself."""

    code = "synchronizer.store.locked"
    title = "Store locked"


class UndeclaredError(StoreError):
    """The store knows no such collection: it was never declared, or the store went back."""

    code = "synchronizer.store.undeclared"
    title = "Collection not declared"


class RevisionCompactedError(StoreError):
    """The revision is older than the history that is kept: get all again.

    Args:
        revision: what was asked for.
        oldest: the oldest revision that can still be asked for.
    """

    code = "synchronizer.revision.compacted"
    status = 410
    title = "Revision compacted"
    exit_code = 7

    def __init__(self, revision: int, oldest: int) -> None:
        super().__init__(revision, oldest)  # so it can be made again elsewhere
        self.revision = revision
        self.oldest = oldest

    def __str__(self) -> str:
        return (
            f"Revision {self.revision} has been compacted; the oldest available is {self.oldest}. "
            "Get all again and go on from its revision."
        )


class HistoryReplacedError(RevisionCompactedError):
    """The revision is of another history than this store's: get all again.

    So it is after a restore from a backup, or a failover to a database that lagged.
    """

    code = "synchronizer.revision.replaced"
    title = "History replaced"

    def __str__(self) -> str:
        return (
            f"Revision {self.revision} is of another history: the store went back to an earlier "
            "state since. Get all again and go on from its revision."
        )


class BeforeLogError(StoreError):
    """The time lies before the log, or before the history that is kept of it."""

    code = "synchronizer.time.before_log"
    status = 410
    title = "Before the log"


class RevisionAheadError(StoreError):
    """The revision has not happened yet in this store.

    Args:
        revision: what was asked for.
        newest: the store's revision.
    """

    code = "synchronizer.revision.ahead"
    status = 416
    title = "Revision not reached"
    exit_code = 7

    def __init__(self, revision: int, newest: int) -> None:
        super().__init__(revision, newest)
        self.revision = revision
        self.newest = newest

    def __str__(self) -> str:
        return (
            f"Revision {self.revision} has not been reached; the newest is {self.newest}. "
            "If it came from this synchronizer, its store was replaced: get all again."
        )


class IncompleteError(SynchronizerError):
    """A type was not completely sampled or not discovered yet: what is missing says nothing."""

    code = "synchronizer.collection.incomplete"
    status = 503
    title = "Not complete yet"


class RequestError(SynchronizerError):
    """A query cannot be understood."""

    code = "synchronizer.request.invalid"
    status = 400
    title = "Bad request"
    exit_code = 2


class UnknownTypeError(RequestError):
    """No such entity type is sampled here."""

    code = "synchronizer.type.unknown"
    status = 404
    title = "Unknown entity type"


class UnknownEntityError(RequestError):
    """No such entity (at that revision)."""

    code = "synchronizer.entity.unknown"
    status = 404
    title = "Unknown entity"
    exit_code = 1


class HeldChangedError(RequestError):
    """Other deletes are held by now than those that a decision is about."""

    code = "synchronizer.deletes.changed"
    status = 409
    title = "Other deletes are held"
    exit_code = 1


class NothingHeldError(RequestError):
    """No deletes of this type wait for a decision."""

    code = "synchronizer.deletes.none_held"
    status = 404
    title = "No deletes held"
    exit_code = 1


class AmbiguousError(RequestError):
    """The id exists in several clouds or regions: name one."""

    code = "synchronizer.request.ambiguous"
    status = 409
    title = "Ambiguous"


class TransportError(SynchronizerError):
    """No synchronizer answers, or what answers is not one."""

    code = "synchronizer.transport"
    status = 502
    title = "Synchronizer unreachable"
    exit_code = 6


class OtherLogError(TransportError):
    """Those who answer on the message bus have another log than the one that was joined.

    Args:
        asked: epoch of the log that was asked for.
        epoch: of the log that is there.
        publisher: who has that.
    """

    code = "synchronizer.epoch.other"
    status = 409
    title = "Another log"

    def __init__(self, asked: str, epoch: str, publisher: str) -> None:
        super().__init__(asked, epoch, publisher)  # so it can be made again elsewhere
        self.asked = asked
        self.epoch = epoch
        self.publisher = publisher

    def __str__(self) -> str:
        return (
            f"{self.publisher or 'The synchronizer that answers'} has the log {self.epoch}, not "
            f"{self.asked}. Several synchronizers on one message bus need a virtual host each, or "
            "wait until the one that is meant runs again."
        )


def by_code() -> dict[str, type[SynchronizerError]]:
    """Return every error class by its code: the reference page and the client use it."""
    found: dict[str, type[SynchronizerError]] = {}
    waiting: list[type[SynchronizerError]] = [SynchronizerError]
    while waiting:
        kind = waiting.pop()
        found[kind.code] = kind
        waiting.extend(kind.__subclasses__())
    return dict(sorted(found.items()))
