"""The program ``synchronizer``: global options, and how a command ends.

Exit codes: 0 done, 1 the answer is no (nothing found, a check failed), 2 wrong usage or
configuration, 3 cloud unreachable, 4 credentials refused, 5 store, 6 no synchronizer
answers, 7 a revision that is gone or still to come, 130 ended by Ctrl-C, 141 nobody reads
the output.
"""

import logging
import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cliff.app import App

from synchronizer.cli.commands import COMMANDS, Commands

DEFAULT_URL = "http://127.0.0.1:8989"  # the client's, whose import --help does not wait for

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


class Synchronizer(App):  # type: ignore[misc]
    """One run of the program."""

    NAME = "synchronizer"
    DEFAULT_VERBOSE_LEVEL = 0

    def __init__(self) -> None:
        super().__init__(
            description="The watch API for OpenStack: every entity of a cloud, and every change.",
            version=_version(),
            command_manager=Commands("synchronizer.cli"),
            deferred_help=True,
        )

    def build_option_parser(
        self, description: str | None, version: str | None, argparse_kwargs: Any = None
    ) -> ArgumentParser:
        """Return the parser of the options that stand before or behind any command."""
        options = {
            "prog": self.NAME,
            "allow_abbrev": False,
            "conflict_handler": "resolve",
            **(argparse_kwargs or {}),
        }
        parser: ArgumentParser = super().build_option_parser(description, version, options)
        # cliff's own names whatever file was started, such as __main__.py.
        parser.add_argument("--version", action="version", version=f"{self.NAME} {version}")
        parser.add_argument(
            "--url",
            default=os.environ.get("SYNCHRONIZER_URL", DEFAULT_URL),
            help="URL of the synchronizer, or of the message bus it is on: "
            f"rabbit://user:password@host:5672/ (SYNCHRONIZER_URL; {DEFAULT_URL}).",
        )
        parser.add_argument(
            "--os-cloud",
            metavar="CLOUD",
            help="Entry of clouds.yaml: the cloud that serve and doctor sample (OS_CLOUD).",
        )
        parser.add_argument(
            "--config-file",
            metavar="PATH",
            action="append",
            help="Configuration file of serve, doctor and db; may be repeated, later ones win.",
        )
        return parser

    def configure_logging(self) -> None:
        """Send warnings to standard error; more with -v."""
        options = self.options
        level = logging.DEBUG if options.debug else _LEVELS[min(2, options.verbose_level)]
        output = (
            logging.FileHandler(options.log_file)
            if options.log_file
            else logging.StreamHandler(self.stderr)
        )
        form = self.LOG_FILE_MESSAGE_FORMAT if options.log_file else self.CONSOLE_MESSAGE_FORMAT
        logging.basicConfig(handlers=[output], level=level, format=form, force=True)
        for noisy in ("urllib3", "stevedore", "asyncio"):
            logging.getLogger(noisy).setLevel(max(level, logging.INFO))
        if level == logging.WARNING:
            # Our own sentence tells what they would; they say it again and again.
            for noisy in ("oslo_messaging", "oslo.messaging", "kombu", "amqp"):
                logging.getLogger(noisy).setLevel(logging.CRITICAL)

    def print_help_if_requested(self) -> None:
        """Print the commands from the table: none of them is imported for it."""
        if self.options.deferred_help:
            self._help()
            raise SystemExit(0)

    def interact(self) -> None:
        """Print the help: there is no shell."""
        self._help()

    def run(self, argv: list[str]) -> int:
        """Run one command; without one, print the help and end with 0."""
        result = super().run(argv)
        return 0 if self.interactive_mode else int(result or 0)

    def _help(self) -> None:
        self.parser.print_help(self.stdout)
        width = max(map(len, COMMANDS))
        lines = [f"  {name:<{width}}  {entry.summary}" for name, entry in COMMANDS.items()]
        self.stdout.write("\nCommands:\n" + "\n".join(lines) + "\n")
        self.stdout.write("\n`synchronizer COMMAND --help` tells more of each.\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line *argv* and return its exit code."""
    try:
        return Synchronizer().run(list(sys.argv[1:] if argv is None else argv))
    except SystemExit as end:  # argparse says so
        return end.code if isinstance(end.code, int) else 2


def _version() -> str:
    try:
        return version("openstack-synchronizer")
    except PackageNotFoundError:
        return "unknown"
