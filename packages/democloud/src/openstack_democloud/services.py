"""All services side by side: which one a path belongs to, and what they have together."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from openstack_democloud.exchange import Answer, Ask, RefusalError
from openstack_democloud.routes import Routes
from openstack_democloud.service import Mutate, Service

if TYPE_CHECKING:
    from openstack_democloud.cloud import Cloud

UNAUTHORIZED = "The request you have made requires authentication."


class Services:
    """The services in the order in which they are seeded."""

    def __init__(self, services: tuple[Service, ...]) -> None:
        self._services = services
        self._longest_first = sorted(services, key=lambda service: -len(service.root))
        self.routes = Routes({t: v for service in services for t, v in service.routes.items()})
        self._open = frozenset().union(*(service.open for service in services))

    def __iter__(self) -> Iterator[Service]:
        return iter(self._services)

    @cached_property
    def types(self) -> list[str]:
        """Return every entity type whose truth is known."""
        return sorted({type_ for s in self._services for type_ in (*s.types, *s.truth)})

    @cached_property
    def mutations(self) -> dict[tuple[str, str], Mutate]:
        """Return everything that can be done: (operation, type) to function."""
        return {key: do for service in self._services for key, do in service.mutations.items()}

    def of_type(self, type: str) -> Service:
        """Return the service of an entity type.

        Raises:
            RefusalError: 404, there is no such type.
        """
        if type not in self.types:
            raise RefusalError(404, f"no type {type}; there are: {', '.join(self.types)}")
        name = type.partition(".")[0]
        return next(service for service in self._services if service.name == name)

    def of_path(self, path: str) -> Service:
        """Return the service a path belongs to; what is nobody's is Keystone's."""
        return next((s for s in self._longest_first if s.owns(path)), self._longest_first[-1])

    def refused(self, ask: Ask, error: RefusalError) -> Answer:
        """Return *error* in the shape of the service that was asked."""
        return self.of_path(ask.path).refused(error)

    def route(self, path: str) -> str:
        """Return the template of *path*, for counting; "unknown" if there is none."""
        found = self.routes.find(path)
        return found[0] if found else "unknown"

    def serve(self, cloud: "Cloud", ask: Ask) -> Answer:
        """Answer a request as the real service would."""
        service = self.of_path(ask.path)
        try:
            answer = self._serve(cloud, service, ask)
        except RefusalError as error:
            answer = service.refused(error)
        answer.headers.update(service.headers(ask))
        return answer

    def _serve(self, cloud: "Cloud", service: Service, ask: Ask) -> Answer:
        found = self.routes.find(ask.path)
        if found is None:
            raise RefusalError(404, "The resource could not be found.")
        template, names = found
        verbs = self.routes.table[template]
        function = verbs.get(ask.method) or (verbs.get("GET") if ask.method == "HEAD" else None)
        if function is None:
            raise RefusalError(405, "The method is not allowed for this resource.")
        if (ask.method, template) not in self._open:
            ask.token = cloud.tokens.find(ask.header(b"x-auth-token"))
            if ask.token is None:
                uri = {"WWW-Authenticate": f'Keystone uri="{cloud.base}"'}
                raise RefusalError(401, UNAUTHORIZED, uri)
            if not ask.token.admin:
                service.allow(cloud, ask, template)
        service.read(ask)
        answer: Answer = function(cloud, ask, **names)
        if ask.method == "HEAD":
            answer.body = b""
        return answer
