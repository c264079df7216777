"""Names and addresses of this machine, as they stand in a URL or a Host header."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether *host* (without a port) leads to this machine and nowhere else."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
