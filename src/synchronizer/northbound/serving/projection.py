"""``fields=a,b.c``: a body reduced to some of its fields, the rest never decoded."""

from collections.abc import Sequence
from typing import Any

import msgspec

from synchronizer.northbound.serving.field_paths import checked

_top = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode

FIELDS_MOST = 256

Tree = dict[str, Any]


class Projection:
    """The projection of one request; its *key* is equal for equal projections.

    Raises:
        RequestError: it is larger than a request may have.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self.key = tuple(sorted(set(checked(paths, FIELDS_MOST, "fields"))))
        self._tree: Tree = {}
        for path in self.key:
            _plant(self._tree, path.split("."))

    def __bool__(self) -> bool:
        return bool(self._tree)

    def __call__(self, body: bytes) -> bytes:
        """Return *body* with the asked fields only, in their order there."""
        kept: dict[str, Any] = {}
        for name, raw in _top(body).items():
            if name in self._tree:
                below = self._tree[name]
                kept[name] = raw if below is None else _reduced(_decode(raw), below)
            else:
                _dotted(kept, name, raw, self.key)
        return _encode(kept)


def _plant(tree: Tree, names: list[str]) -> None:
    # A field asked for whole makes its parts superfluous; "a" sorts before "a.b".
    for name in names[:-1]:
        below = tree.setdefault(name, {})
        if below is None:
            return
        tree = below
    tree.setdefault(names[-1], None)


def _dotted(kept: dict[str, Any], name: str, raw: msgspec.Raw, key: tuple[str, ...]) -> None:
    if "." in name and name in key:
        kept[name] = raw


def _reduced(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_reduced(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: inner if tree[name] is None else _reduced(inner, tree[name])
        for name, inner in value.items()
        if name in tree
    }
