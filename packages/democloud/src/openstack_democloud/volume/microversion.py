"""Cinder's microversions: which one a request means, and the refusal of one too high."""

import re

from openstack_democloud.exchange import Ask, RefusalError

LOWEST, HIGHEST = 0, 71


def minor_of(text: str) -> int:
    """Return N of a version "3.N".

    Raises:
        RefusalError: 400 for something else, 406 outside the range.
    """
    if text == "latest":
        return HIGHEST
    found = re.fullmatch(r"(\d+)\.(\d+)", text)
    if not found:
        raise RefusalError(
            400,
            f"API Version String {text} is of invalid format. Must be of format MajorNum.MinorNum.",
        )
    major, minor = map(int, found.groups())
    if major != 3 or not LOWEST <= minor <= HIGHEST:
        raise RefusalError(
            406,
            f"Version {text} is not supported by the API."
            f" Minimum is 3.{LOWEST} and maximum is 3.{HIGHEST}.",
        )
    return minor


def read(ask: Ask) -> None:
    """Find out the microversion of a request: 3.0 when it names none."""
    ask.minor = LOWEST
    for part in ask.header(b"openstack-api-version").split(","):
        service, _, version = part.strip().partition(" ")
        if service == "volume" and version:
            ask.minor = minor_of(version.strip())


def echoed(ask: Ask) -> dict[str, str]:
    """Return the headers that name the version an answer has."""
    return {
        "OpenStack-API-Version": f"volume 3.{ask.minor}",
        "Vary": "OpenStack-API-Version",
    }
