"""What all commands share: the transport, and how an error is told."""

import logging
from argparse import Namespace
from typing import Any

from synchronizer.cli.extras import missing
from synchronizer.cli.output import Shown
from synchronizer.client.connect import transport_to
from synchronizer.client.transport import Transport
from synchronizer.model.errors import ConfigurationError, SynchronizerError, UnknownTypeError

LOG = logging.getLogger(__name__)


_COLUMN = "No recognized column names"
"""What cliff says of --column."""

BUS_SECONDS = 10.0
"""For an answer over a message bus, which does not tell that nobody is there."""


class ReportsErrors:
    """Mixed into a cliff command: errors become one sentence and an exit code."""

    app: Any
    app_args: Namespace
    _opened: Transport | None = None

    def run(self, parsed_args: Namespace) -> int:
        """Run the command; a traceback is shown with --debug only."""
        if not isinstance(self.app.stdout, Shown):
            self.app.stdout, self.app.stderr = Shown(self.app.stdout), Shown(self.app.stderr)
        try:
            return super().run(parsed_args) or 0  # type: ignore[misc]
        except SynchronizerError as error:
            more = _known(parsed_args) if isinstance(error, UnknownTypeError) else ""
            return self._tell(error, f"{error}{more}", error.exit_code)
        except (BrokenPipeError, KeyboardInterrupt):
            raise
        except ModuleNotFoundError as error:
            said = missing(error)
            return self._tell(error, said, 2) if said else self._unexpected(error)
        except ValueError as error:
            if _COLUMN not in str(error):
                return self._unexpected(error)
            return self._tell(error, str(error).removesuffix(".") + ".", 2)
        except Exception as error:  # noqa: BLE001 - the edge of the process
            return self._unexpected(error)
        finally:
            # A message bus has connections and threads of its own.
            if close := getattr(self._opened, "close", None):
                close()

    def _unexpected(self, error: Exception) -> int:
        said = f"Unexpected {type(error).__name__}: {error}. --debug shows where."
        return self._tell(error, said, 1)

    def _tell(self, error: Exception, said: str, code: int) -> int:
        if self.app_args.debug:
            LOG.error("", exc_info=error)
        self.app.stderr.write(f"{said}\n")
        return code

    @property
    def transport(self) -> Transport:
        """The way to the synchronizer that --url names; closed when the command ends.

        Raises:
            ConfigurationError: credentials are named, for which it has no use.
        """
        options = self.app_args
        if options.os_cloud:
            raise ConfigurationError(
                "--os-cloud names the cloud that serve and doctor sample; a synchronizer takes no "
                "credentials. Leave it out, or use --cloud to choose among its clouds."
            )
        over_bus = not options.url.startswith("http")
        return self.opened(timeout=BUS_SECONDS if over_bus else None)

    def opened(self, *, timeout: float | None = None) -> Transport:
        """Return a transport to --url that is closed when the command ends."""
        self._opened = transport_to(self.app_args.url, timeout=timeout)
        return self._opened


def _known(parsed_args: Namespace) -> str:
    """Return what to say of types that the plugins know and nobody samples."""
    from synchronizer.cli.type import known  # noqa: PLC0415 - plugins are only for this

    asked = {*getattr(parsed_args, "types", ()), getattr(parsed_args, "type", "")}
    found = sorted(asked & {row[0] for row in known()})
    if not found:
        return ""
    return (
        f" The plugins know {', '.join(found)}: name it in [sampling] types of the synchronizer; "
        "where it is named, the cloud does not offer it."
    )


def settings(options: Namespace, **overrides: dict[str, Any]) -> Any:
    """Read the configuration as the global options say.

    Raises:
        ConfigurationError
    """
    from synchronizer.service.options import load  # noqa: PLC0415 - the server's dependencies

    return load(
        config_files=options.config_file,
        clouds=[options.os_cloud] if options.os_cloud else None,
        overrides=overrides,
        debug=options.debug,
    )


def add_place(parser: Any) -> None:
    """Add --cloud and --region: which of several is meant."""
    parser.add_argument("--cloud", help="Only this cloud.")
    parser.add_argument("--region", help="Only this region, and what has none.")


def add_moment(parser: Any) -> None:
    """Add --at."""
    parser.add_argument(
        "--at", type=moment, metavar="REVISION|TIME", help="As it was at a revision or ISO time."
    )


def moment(text: str) -> int | str:
    """Return a revision as a number, a time as it is."""
    return int(text) if text.isdecimal() else text
