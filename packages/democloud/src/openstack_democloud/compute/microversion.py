"""Nova's microversions: which one a request means, and the refusal of one too high."""

import re

from openstack_democloud.exchange import Ask, RefusalError

LOWEST, HIGHEST = 1, 103
_NEW, _OLD = b"openstack-api-version", b"x-openstack-nova-api-version"


def minor_of(text: str) -> int:
    """Return N of a version "2.N".

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
    if major != 2 or not LOWEST <= minor <= HIGHEST:
        raise RefusalError(
            406,
            f"Version {text} is not supported by the API."
            f" Minimum is 2.{LOWEST} and maximum is 2.{HIGHEST}.",
        )
    return minor


def asked(ask: Ask) -> int:
    """Return the microversion of a request: 2.1 when it names none."""
    for part in ask.header(_NEW).split(","):
        service, _, version = part.strip().partition(" ")
        if service == "compute" and version:
            return minor_of(version.strip())
    old = ask.header(_OLD)
    return minor_of(old) if old else LOWEST


def read(ask: Ask) -> None:
    """Find out the microversion of a request."""
    ask.minor = asked(ask)


def echoed(ask: Ask) -> dict[str, str]:
    """Return the headers that name the version an answer has."""
    return {
        "OpenStack-API-Version": f"compute 2.{ask.minor}",
        "X-OpenStack-Nova-API-Version": f"2.{ask.minor}",
        "Vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
    }
