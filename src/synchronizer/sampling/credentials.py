"""Whether the credentials still see what they saw: asked before a sweep and before a commit."""

from typing import TYPE_CHECKING

from synchronizer.model.errors import ScopeChangedError, VisibilityLostError, WrongScopeError
from synchronizer.sampling.scope import Kept, Scope, differs, keep, kept, lost, moved

if TYPE_CHECKING:
    from synchronizer.sampling.sampler import Sampler


class Credentials:
    """Compares the scope of one sampler's requests with that of its last complete sweep."""

    def __init__(self, sampler: "Sampler") -> None:
        self._sampler = sampler
        self._good: Scope | None = None
        self._claimed = False  # by us, and nothing was committed since

    def check(self, *, strictly: bool = False) -> tuple[Scope, Kept | None]:
        """Return the scope of now and that of the last complete sweep.

        Args:
            strictly: whoever began the first sweep last is right, also while nothing is known.

        Raises:
            WrongScopeError: the service hides everything from such a scope.
            ScopeChangedError: it is another scope.
            VisibilityLostError: the same with fewer roles.
        """
        sampler = self._sampler
        now = sampler.setup.scope()
        self._check_kind(now)
        before = None
        for each in sampler.setup.store.collections():
            if each.collection == sampler.collection and (
                strictly or each.entities or each.sampled_at is not None
            ):
                before = kept(each.scope)
        if before is not None:
            self._compare(before, now)
        self._good = now
        return now, before

    def claim(self, scope: Scope) -> dict[str, str]:
        """Return what to note at the beginning of the first sweep: whose collection it is.

        Two that sample under two scopes would else both think that they are the first, and
        each would take for deleted what only the other can see.
        """
        self._claimed = True
        return {"scope": keep(scope, witness=False)}

    def recheck(self) -> None:
        """Check that the answers to be committed were not given to weaker credentials.

        A role may be lost between two pages: then Keystone ends the token, and what is
        asked with the next one is answered with less.
        """
        if self._claimed or self._good is None or self._sampler.setup.scope() != self._good:
            self.check(strictly=True)

    def committed(self) -> None:
        """Something is known now: whoever begins after this compares its scope with ours."""
        self._claimed = False

    def before_deletes(self) -> None:
        """Check that the collection is still of this scope.

        Since another one was accepted, what these credentials cannot see may be alive.
        """
        self.check()

    def _check_kind(self, now: Scope) -> None:
        if now.kind and now.kind not in self._sampler.setup.plugin.scopes:
            raise WrongScopeError(
                f"{self._sampler.resource.type}: the credentials are for a {now.kind}, to which "
                "the service may show nothing and say so by no error; name a project in "
                "clouds.yaml (project_name)"
            )

    def _compare(self, before: Kept, now: Scope) -> None:
        type_, cloud = self._sampler.resource.type, self._sampler.collection.cloud
        accept = f"accept these with `synchronizer db accept-scope --cloud {cloud}`"
        if other := differs(before, now):
            was = f"({before.shown}) " if before.shown else ""
            is_ = f" ({now.shown})" if now.shown else ""
            raise ScopeChangedError(
                f"{type_}: the credentials are for {other}{is_} than those of the last complete "
                f"sweep {was}and what they cannot see would look deleted; "
                f"give it those of before, or {accept}"
            )
        if roles := lost(before, now):
            raise VisibilityLostError(
                f"{type_}: the credentials lost {roles}, and what they cannot see would look "
                f"deleted; grant it again, or {accept}"
            )
        if moved(before, now) and not self._sampler.controls.same_deployment():
            raise ScopeChangedError(
                f"{type_}: it was asked at {before.endpoint} and is now at {now.endpoint}, where "
                "nothing of what is known can be found; correct the catalogue or the interface, "
                f"or {accept}"
            )
