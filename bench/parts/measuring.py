"""CPU seconds (user and system, of this process), wall seconds, and memory."""

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measured(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Return what *work* returned, and its CPU and wall seconds."""
    before, began = cpu(), time.monotonic()
    found = work()
    return found, {"cpu": cpu() - before, "wall": time.monotonic() - began}


def memory(pid: int | str = "self") -> dict[str, float]:
    """Return MB (1e6 bytes) of a process: all of RSS, and what is no page of a file."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kib = {
        name: int(value.split()[0])
        for name, _, value in (line.partition(":") for line in lines)
        if name in {"VmRSS", "VmHWM", "RssAnon", "RssShmem"}
    }
    return {
        "rss_mb": kib["VmRSS"] * 1024 / 1e6,
        "peak_rss_mb": kib["VmHWM"] * 1024 / 1e6,
        "private_mb": (kib["RssAnon"] + kib["RssShmem"]) * 1024 / 1e6,
    }
