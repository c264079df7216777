"""What the samplers of a service that has just begun may still discover.

Until each has looked at its cloud once, a type or a cloud that the store does not know is not
unknown, only not known yet: whoever asks, asks again, as with a sweep that has not ended.
"""

from collections.abc import Iterable

from synchronizer.model.clock import Clock
from synchronizer.model.entity import Collection
from synchronizer.model.errors import IncompleteError, RequestError
from synchronizer.northbound.serving.selection import Selection

_WITHIN = 60.0
"""Seconds after the start within which every sampler should have looked at its cloud."""


class Discovery:
    """Tells what is unknown from what is not known yet.

    Args:
        samplers: the cloud and the plugin of each sampler that this service may start.
    """

    def __init__(self, samplers: Iterable[tuple[str, str]], clock: Clock) -> None:
        self._samplers = frozenset(samplers)
        self._clock = clock
        self._until = clock.monotonic() + _WITHIN

    def check(self, error: RequestError, selection: Selection, known: Iterable[Collection]) -> None:
        """Raise what to answer instead of *error*, with which *selection* was refused.

        Raises:
            IncompleteError: what it names may still be discovered.
        """
        if self._clock.monotonic() < self._until and self._awaited(selection, known):
            raise IncompleteError(
                f"{error} The synchronizer has just started and still looks at what the cloud "
                "offers; ask again."
            ) from error

    def _awaited(self, selection: Selection, known: Iterable[Collection]) -> bool:
        found = {(each.cloud, _plugin_of(each.type)) for each in known}
        wanted = {_plugin_of(each) for each in selection.types}
        clouds = {cloud for cloud, _ in found}
        return any(
            selection.cloud in {None, cloud}
            and (plugin in wanted if wanted else cloud not in clouds)
            for cloud, plugin in self._samplers - found
        )


def _plugin_of(type_: str) -> str:
    return type_.partition(".")[0]
