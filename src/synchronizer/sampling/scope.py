"""The scope of a sample: as whom, with what and where its service was asked.

What a token may see is part of every conclusion. A service filters instead of refusing,
so rows that another scope may not see are missing from a listing that looks complete, and
even reads of them answer 404. So a complete sweep leaves its scope with the collection,
and samples under another scope are refused until an operator accepts it.

More roles of the same scope show no less, and are taken up. An endpoint may move: whether
it still leads to the same deployment is asked of what is known to be there.
"""

from typing import Any

import msgspec

ANY = ""
"""What is not known, or was not noted by an earlier release."""


class Scope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """As whom and where a service is asked; what is empty is not known.

    Attributes:
        keystone: the id that Keystone has in its own catalogue. It survives another URL,
            and no other Keystone has it.
        user: its id.
        target: what the token is for: ``project:ID``, ``domain:ID``, ``system:all``; with
            ``trust:ID`` behind it where a trust gives the roles.
        roles: names, comma separated.
        endpoint: where the service was asked.
        shown: names of user and target, for people; not compared.
    """

    keystone: str = ANY
    user: str = ANY
    target: str = ANY
    roles: str | None = None
    endpoint: str = ANY
    shown: str = ANY

    @property
    def kind(self) -> str:
        """What the token is for: ``project``, ``domain``, ``system``; empty when unknown."""
        return self.target.partition(":")[0]


class Kept(Scope, frozen=True, kw_only=True, omit_defaults=True):
    """The scope of the last complete sweep, as the store keeps it.

    Attributes:
        witness: whether the witness fields were shown.
    """

    witness: bool = False


def kept(text: str | None) -> Kept | None:
    """Decode the scope that a collection has; None when it has none."""
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=Kept)
    except msgspec.MsgspecError:
        return Kept()


def keep(scope: Scope, *, witness: bool) -> str:
    """Encode a scope for the store."""
    fields: dict[str, Any] = msgspec.structs.asdict(scope) | {"witness": witness}
    return msgspec.json.encode(Kept(**fields)).decode()


def lost(before: Scope, now: Scope) -> str:
    """Return the roles of *before* that *now* lacks, for people; empty when none."""
    if before.roles is None or now.roles is None:
        return ""
    return ", ".join(sorted(set(before.roles.split(",")) - set(now.roles.split(","))))


def differs(before: Scope, now: Scope) -> str:
    """Tell what makes *now* another scope, for people; empty when it is the same."""
    for name, said in (("keystone", "another Keystone"), ("target", ""), ("user", "another user")):
        was, is_ = getattr(before, name), getattr(now, name)
        if ANY not in (was, is_) and was != is_:
            return said or f"another {now.kind}"
    return ""


def moved(before: Scope, now: Scope) -> bool:
    """Whether the service is asked at another endpoint than before."""
    return ANY not in (before.endpoint, now.endpoint) and before.endpoint != now.endpoint
