"""Patterns of entity types that match none are refused: a misspelt ``skip`` would still sample.

Only a process of its own imports plugins, so this costs a second, and only where there are
patterns.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from synchronizer.model.errors import ConfigurationError
from synchronizer.plugins import names
from synchronizer.sampling.intervals import Intervals
from synchronizer.service.settings import Settings
from synchronizer.service.supervisor.plugin_probe import ProbeResult, try_all


def check_patterns(settings: Settings, before: Settings | None = None) -> None:
    """See that each pattern of ``types`` and ``skip`` matches a type of an installed plugin.

    Args:
        before: settings that were in force and need no second look.

    Raises:
        ConfigurationError: one matches none.
    """
    wanted = {*settings.intervals.types, *settings.intervals.skip}
    if before is not None:
        wanted -= {*before.intervals.types, *before.intervals.skip}
    meant = [name for name in names() if any(_may_be_of(each, name) for each in wanted)]
    if wanted and (wrong := _unmatched(settings.intervals, wanted, try_all(meant or names()))):
        raise ConfigurationError(" ".join(wrong))


def _unmatched(intervals: Intervals, wanted: set[str], tried: Sequence[ProbeResult]) -> list[str]:
    """Return a sentence about each wanted pattern that matches no type of any plugin.

    A plugin that cannot be imported may have any type below its name.
    """
    known = [type_ for each in tried for type_ in each.types]
    broken = [each.name for each in tried if each.broken]
    return [
        f"[sampling] {option} = {pattern} matches no entity type{_guess(pattern, known)}; "
        "`synchronizer type list --all` prints those that there are."
        for option, patterns in (("types", intervals.types), ("skip", intervals.skip))
        for pattern in patterns
        if pattern in wanted
        and not any(fnmatchcase(type_, pattern) for type_ in known)
        and not any(_may_be_of(pattern, name) for name in broken)
    ]


def _may_be_of(pattern: str, plugin: str) -> bool:
    return fnmatchcase(plugin, pattern.partition(".")[0])


def _guess(pattern: str, known: Iterable[str]) -> str:
    close = get_close_matches(pattern, known, 1)
    return f" (did you mean {close[0]}?)" if close else ""
