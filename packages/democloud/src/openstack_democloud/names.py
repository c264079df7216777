"""Seeded names: the same seed gives the same cloud, id by id."""

import uuid
from hashlib import blake2b

SECRET = "CANARY-SECRET"  # noqa: S105  # every secret of the demo cloud carries it


class Names:
    """Ids as a pure function of seed, kind and number."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def _digest(self, kind: str, number: int | str) -> bytes:
        return blake2b(f"{self.seed}/{kind}/{number}".encode(), digest_size=16).digest()

    def hex(self, kind: str, number: int | str) -> str:
        """Return an id as Keystone makes them: 32 hex digits."""
        return self._digest(kind, number).hex()

    def uuid(self, kind: str, number: int | str) -> str:
        """Return an id as Nova makes them: a version 4 UUID."""
        return str(uuid.UUID(bytes=self._digest(kind, number), version=4))

    def secret(self, kind: str, number: int | str) -> str:
        """Return a secret that tests recognise wherever it leaks to."""
        return f"{SECRET}-{kind}-{self.hex(kind, number)[:12]}"


def mac(number: int) -> str:
    """Return a MAC address in Neutron's range."""
    return f"fa:16:3e:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
