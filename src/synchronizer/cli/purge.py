"""``db purge``: remove what is sampled no more."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from cliff.lister import Lister

from synchronizer.cli.accept import meant
from synchronizer.cli.command import ReportsErrors, add_place, settings
from synchronizer.model.errors import AbsentServiceError, RequestError

if TYPE_CHECKING:
    from synchronizer.store.contract import Store
    from synchronizer.store.freshness import Freshness

REASON = "purged: it is sampled no more"

_ROUNDS = 5
"""What was committed while it was purged is purged in the next round, so often."""


class Purge(ReportsErrors, Lister):  # type: ignore[misc]
    """Remove the entities of types that are sampled no more; consumers are told of deletes.

    A type that is still sampled is refused: leave it out by [sampling] skip first.
    """

    def get_parser(self, prog_name: str) -> ArgumentParser:
        """Add which store, and what of it."""
        parser: ArgumentParser = super().get_parser(prog_name)
        parser.add_argument(
            "types", metavar="TYPE", nargs="+", help="Such as nova.keypair or heat.*"
        )
        parser.add_argument(
            "--store", metavar="URL", help="SQLAlchemy URL; else the configured [store] url."
        )
        parser.add_argument(
            "--force", action="store_true", help="Also what may be sampled still, and comes back."
        )
        add_place(parser)
        return parser

    def take_action(self, parsed_args: Namespace) -> tuple[Any, Any]:
        """Remove them, and tell how many."""
        from synchronizer.store import open_store  # noqa: PLC0415 - the server's

        store = open_store(parsed_args.store or settings(self.app_args).store, migrate=False)
        try:
            chosen = [each for each in store.collections() if meant(each.collection, parsed_args)]
            _check(chosen, parsed_args.types, force=parsed_args.force)
            rows = [
                (
                    each.collection.type,
                    each.collection.cloud,
                    each.collection.region or "",
                    purge(store, each),
                )
                for each in chosen
            ]
        finally:
            store.close()
        return ("Type", "Cloud", "Region", "Purged"), rows


def purge(store: "Store", what: "Freshness") -> int:
    """Delete every entity of a collection, and forget that it was sampled; return how many.

    Raises:
        RequestError: somebody samples it, and brings back what was purged.
    """
    from synchronizer.model.change import Candidate  # noqa: PLC0415
    from synchronizer.model.clock import SystemClock  # noqa: PLC0415
    from synchronizer.store.contract import COMMIT_LIMIT  # noqa: PLC0415

    collection, purged = what.collection, 0
    for _ in range(_ROUNDS):
        ticket = store.head().revision
        pages = store.versions(collection, None)
        living = [each.id for page in pages for each in page.versions]
        if not living:
            break
        for start in range(0, len(living), COMMIT_LIMIT):
            page = [Candidate(id=id_, reason=REASON) for id_ in living[start:][:COMMIT_LIMIT]]
            done = store.commit(collection, ticket, page, sampled_at=SystemClock().now())
            purged += len(done.accepted)
    else:
        raise RequestError(
            f"{collection}: {purged} were purged, and somebody who samples it brings them back; "
            "leave it out by [sampling] skip there first."
        )
    store.hold(collection, None)
    store.note(collection, sampled_at=None, polled_at=None, scope=None, fault=None)
    return purged


def _check(chosen: "list[Freshness]", types: list[str], *, force: bool) -> None:
    from synchronizer.model.clock import SystemClock  # noqa: PLC0415

    if not chosen:
        raise RequestError(f"The store has no type {', '.join(types)}; `type list` shows all.")
    now = SystemClock().now()
    alive = [
        str(each.collection)
        for each in chosen
        if each.state(now) not in {"retired", "unsampled"}
        and not (each.fault and each.fault.code == AbsentServiceError.code)
    ]
    if alive and not force:
        raise RequestError(
            f"{', '.join(alive)}: sampled until lately. Leave it out by [sampling] skip and purge "
            "it when `type list` shows it as retired, or give --force if nobody samples its cloud."
        )
