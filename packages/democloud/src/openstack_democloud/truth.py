"""What the cloud truly holds: the other side of every comparison a test makes.

Ids and bodies are what the synchronizer's plugins make of the listings at the microversion
asked for, seen by an admin without any fault, secrets included.
"""

from collections.abc import Iterator

from openstack_democloud.cloud import Cloud


def types(cloud: Cloud) -> list[str]:
    """Return every entity type the cloud knows the truth of."""
    return cloud.services.types


def truth(cloud: Cloud, type: str, minor: int | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield id and JSON of every entity of a type; without *minor* at the service's usual one.

    Raises:
        RefusalError: 404, there is no such type.
    """
    return cloud.services.of_type(type).entities(cloud, type, minor)
