"""The declaration of a resource: a fingerprint of all that makes an entity's state what it is."""

from functools import lru_cache
from hashlib import sha256
from importlib import metadata
from typing import TYPE_CHECKING, Any

from synchronizer.model.declaration import Declaration
from synchronizer.model.essence import RULES, canonical

if TYPE_CHECKING:
    from synchronizer.plugins.plugin import Resource

_OURS = "openstack-synchronizer"

_VALUES = ("id", "lone", "microversion", "query", "unwrap", "variants")
_SETS = ("measured", "only_single", "ordered", "secret", "volatile")
_CODE = frozenset({"shape", "essence", "redact", "identify", "read"})


def declaration_of(resource: "Resource") -> Declaration:
    """Return a resource's declaration; one that shapes by code is another in each release."""
    kind = type(resource)
    values: dict[str, Any] = {name: getattr(kind, name) for name in _VALUES}
    values |= {name: sorted(getattr(kind, name), key=canonical) for name in _SETS}
    release = kind.release or _release(kind.__module__.partition(".")[0])
    said = [RULES, values, release if _by_code(kind) else ""]
    return Declaration(release, sha256(canonical(said)).hexdigest()[:32])


def _by_code(kind: "type[Resource]") -> bool:
    base = __name__.rpartition(".")[0]
    own = (each for each in kind.__mro__ if each.__module__ not in {f"{base}.plugin", "builtins"})
    return any(_CODE & vars(each).keys() for each in own)


@lru_cache(maxsize=64)
def _release(package: str) -> str:
    """Return the version of the distribution that a package comes with; empty if in none."""
    try:
        if package == __name__.partition(".")[0]:
            return metadata.version(_OURS)
        (name, *_) = metadata.packages_distributions()[package]
        return metadata.version(name)
    except (LookupError, metadata.PackageNotFoundError):
        return ""
