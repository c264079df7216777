"""Calls as they come from the bus: what is none is refused here, in a sentence.

oslo.messaging answers a call that it cannot make sense of with its own traceback, writes
that to the log, and keeps a thread for it; one that is nested too deeply for its JSON
decoder it drops, because it no longer knows whom to answer.
"""

import json
import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

from synchronizer.bus import oslo
from synchronizer.bus.topics import RPC_VERSION
from synchronizer.model.errors import RequestError
from synchronizer.northbound.rpc.endpoint import METHODS

log = logging.getLogger(__name__)

DEEPEST = 8
"""Levels that an argument may have; ours need three."""
_LOGS = ("_drivers.impl_rabbit", "rpc.server")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]|[^"\[\]{}]+', re.DOTALL)


class TooDeep(dict[str, Any]):
    """Stands for arguments that cannot be decoded."""


class Calls:
    """Dispatches what is a call, and answers what is none; in place of oslo.messaging's own.

    Args:
        dispatcher: takes the calls.
    """

    def __init__(self, dispatcher: Any) -> None:
        self._dispatcher = dispatcher
        self._oslo = oslo.needed()

    def dispatch(self, incoming: Any) -> Any:
        """Return what the method returns.

        Raises:
            ExpectedException: of oslo.messaging; the caller gets the sentence in it.
        """
        try:
            self._check(incoming.message)
        except (RequestError, self._oslo.NoSuchMethod, self._oslo.UnsupportedVersion) as error:
            log.warning("refused a call: %s", error)
            raise expected(error) from None
        return self._dispatcher.dispatch(incoming)

    def _check(self, message: Mapping[str, Any]) -> None:
        method, arguments = message.get("method"), message.get("args", {})
        version = message.get("version", RPC_VERSION)
        if not isinstance(method, str) or not isinstance(version, str):
            raise RequestError("A call has the texts method and version; oslo.messaging's have.")
        if message.get("namespace") is not None or not _is_ours(version):
            raise self._oslo.UnsupportedVersion(version[:100], method=method[:100])
        if method not in METHODS:
            raise self._oslo.NoSuchMethod(method[:100])
        if not isinstance(arguments, dict):
            raise RequestError("args must be a map of names to values.")
        if isinstance(arguments, TooDeep) or _is_deeper(arguments, DEEPEST):
            raise RequestError(
                f"Arguments are nested deeper than {DEEPEST} levels; none needs that."
            )


def expected(error: Exception) -> Exception:
    """Return what tells oslo.messaging to answer with *error*, and with no traceback."""
    # Callers get the sentence, not where in our code it was said.
    error.__cause__ = error.__context__ = None
    found: Any = oslo.needed().ExpectedException()
    found.exc_info = (type(error), error.with_traceback(None), None)
    raised: Exception = found
    return raised


def _is_ours(version: str) -> bool:
    major, _, minor = version.partition(".")
    ours, _, newest = RPC_VERSION.partition(".")
    return major == ours and minor.isdecimal() and int(minor[:9]) <= int(newest)


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether *value* has more levels; looked at level by level, so none is too deep for it."""
    level = [value]
    for _ in range(levels + 1):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)


def answer_what_is_too_deep() -> None:
    """Let oslo.messaging receive calls whose arguments its JSON decoder cannot take."""
    from oslo_messaging._drivers import common  # noqa: PLC0415 - an extra

    decode = common.deserialize_msg
    if getattr(decode, "shallow", False):
        return

    def deserialize_msg(message: Any) -> Any:
        try:
            return decode(message)
        except RecursionError:
            call = _outermost(message["oslo.message"])
            if "method" not in call:
                raise
            return {**call, "args": TooDeep()}

    deserialize_msg.shallow = True  # type: ignore[attr-defined]
    common.deserialize_msg = deserialize_msg


def _outermost(text: str) -> dict[str, Any]:
    """Return a JSON object with null for whatever is nested in it."""
    depth, kept = 0, []
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token in {"{", "["}:
            depth += 1
            kept += [token] if depth == 1 else ["null"] if depth == 2 else []
        elif token in {"}", "]"}:
            kept += [token] if depth == 1 else []
            depth -= 1
        elif depth == 1:
            kept.append(token)
    call = json.loads("".join(kept))
    return call if isinstance(call, dict) else {}


def log_in_one_line() -> None:
    """Let what oslo.messaging drops, or cannot answer, take one line of the log each."""
    for name in _LOGS:
        for package in ("oslo.messaging", "oslo_messaging"):  # as oslo.log calls it, and Python
            # It is there once, however often it is added.
            logging.getLogger(f"{package}.{name}").addFilter(_in_one_line)


def _in_one_line(record: logging.LogRecord) -> bool:
    if record.exc_info:
        kind, error, _ = record.exc_info if isinstance(record.exc_info, tuple) else sys.exc_info()
        said = " ".join(str(error).split())[:200]
        record.msg = f"{record.getMessage()}: {kind.__name__ if kind else ''}: {said}"
        record.args, record.exc_info, record.exc_text = (), None, None
    return True
