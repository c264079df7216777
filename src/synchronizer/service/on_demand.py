"""A run on demand: one process that sweeps some collections once and says how that went."""

import asyncio
import os

import msgspec

from synchronizer.model.errors import UnreachableError
from synchronizer.service.settings import Role, Settings, order_for
from synchronizer.service.supervisor.interpreter import command, environment

TIME_LIMIT = 600.0
"""Seconds after which a run is killed."""


async def run_once(settings: Settings, role: Role) -> str:
    """Carry a role out in a process of its own; return what it said.

    Raises:
        UnreachableError: it cannot be started, or took too long.
    """
    read_fd, write_fd = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *command("synchronizer.service.supervisor.child_main", str(write_fd), role.name),
            env=environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            pass_fds=(write_fd,),
            start_new_session=True,
        )
    except OSError as error:
        os.close(read_fd)
        raise UnreachableError(f"{role.name} cannot be started: {error.strerror}") from None
    finally:
        os.close(write_fd)
    outcome = asyncio.StreamReader()
    # Read while it runs: a pipe holds 64 KiB, and whoever writes more waits for a reader.
    reading, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(outcome), os.fdopen(read_fd, "rb", buffering=0)
    )
    try:
        if process.stdin is not None:
            process.stdin.write(msgspec.json.encode(order_for(role, settings)) + b"\n")
        async with asyncio.timeout(TIME_LIMIT):
            said = await outcome.read()
            await process.wait()
    except TimeoutError:
        raise UnreachableError(f"{role.name} took longer than {TIME_LIMIT:.0f} s") from None
    finally:
        reading.close()
        if process.returncode is None:
            process.kill()
            await process.wait()
    return said.decode("utf-8", "replace")
