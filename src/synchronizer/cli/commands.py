"""Every command on one screen: its words, where it lives, and what it does.

Only the command that runs is imported, so `synchronizer --help` and a typing mistake are
answered at once.
"""

from importlib import import_module
from typing import Any, NamedTuple

from cliff.commandmanager import CommandManager


class Entry(NamedTuple):
    """One command: where its class is, and one line of help."""

    value: str
    summary: str

    def load(self) -> Any:
        """Import the class."""
        module, _, name = self.value.partition(":")
        return getattr(import_module(module), name)


_HERE = "synchronizer.cli"

COMMANDS = {
    "entity list": Entry(f"{_HERE}.entity:ListEntities", "Get all entities of some types."),
    "entity show": Entry(f"{_HERE}.entity:ShowEntity", "Show one entity."),
    "entity history": Entry(f"{_HERE}.entity:ShowHistory", "List the versions of one entity."),
    "entity watch": Entry(f"{_HERE}.watch:WatchEntities", "Print changes as they happen."),
    "type list": Entry(f"{_HERE}.type:ListTypes", "List entity types and how fresh they are."),
    "change list": Entry(f"{_HERE}.change:ListChanges", "List the changes after a revision."),
    "deletes list": Entry(f"{_HERE}.deletes:ListDeletes", "List deletes held for a decision."),
    "deletes confirm": Entry(
        f"{_HERE}.deletes:ConfirmDeletes", "Confirm the held deletes of an entity type."
    ),
    "deletes reject": Entry(
        f"{_HERE}.deletes:RejectDeletes", "Reject the held deletes of an entity type."
    ),
    "sweep": Entry(f"{_HERE}.sweep:Sweep", "Sweep an entity type now."),
    "serve": Entry(f"{_HERE}.serve:Serve", "Run a synchronizer in the foreground."),
    "demo": Entry(f"{_HERE}.demo:Demonstrate", "Run a demo cloud and a synchronizer over it."),
    "doctor": Entry(f"{_HERE}.doctor:Doctor", "Check that everything a synchronizer needs works."),
    "db upgrade": Entry(f"{_HERE}.db:Upgrade", "Bring the store's schema up to date."),
    "db backup": Entry(f"{_HERE}.db:Backup", "Copy the store into a file while it is in use."),
    "db new-epoch": Entry(
        f"{_HERE}.db:NewEpoch", "Name the log anew, so that every consumer gets all again."
    ),
    "db purge": Entry(f"{_HERE}.purge:Purge", "Remove the entities of types sampled no more."),
    "db accept-scope": Entry(
        f"{_HERE}.accept:AcceptScope", "Accept another scope of the credentials."
    ),
}


class Commands(CommandManager):  # type: ignore[misc]
    """cliff's commands, from the table above instead of entry points."""

    def load_commands(self, namespace: str) -> None:
        """Fill the table in; the namespace is not looked at."""
        self.group_list.append(namespace)
        self.commands.update(COMMANDS)
