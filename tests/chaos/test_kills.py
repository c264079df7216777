"""kill -9 of any process at any moment loses nothing, repeats nothing, invents nothing.

``--long`` kills two hundred times instead of twelve; ``--seed`` repeats the dice, though
not the machine's timing.
"""

import contextlib
import os
import signal
import threading
import time
from collections import Counter

from synchronizer.client.http import HttpTransport
from synchronizer.model.errors import SynchronizerError

ORPHAN_SECONDS = 10.0
STOP_SECONDS = 20.0  # two on a machine that is not loaded; then they are killed


def ask_now(url):
    """Get all servers as they are now: a sampling process of its own, to be killed too."""
    transport = HttpTransport(url)
    with (
        contextlib.suppress(SynchronizerError),
        transport.get_all(["nova.server"], max_age=0) as answer,
    ):
        list(answer)


def kill(stage, victim, eventually):
    """Kill one process of the service; return its role."""
    service = stage.service
    if victim == "supervisor":
        os.kill(service.process.pid, signal.SIGKILL)
        service.wait()
        # Its children end by themselves, and then it comes again over the same store.
        eventually(lambda: not service.family(), ORPHAN_SECONDS, lambda: str(service.children()))
        service.start()
        return victim
    found = eventually(lambda: sorted(service.family() - {service.process.pid}), 30, service.said)
    pid = stage.dice.choice(found)
    role = service.children().get(pid, "on demand")
    with contextlib.suppress(ProcessLookupError):  # it ended by itself a moment ago
        os.kill(pid, signal.SIGKILL)
    return role


def test_any_process_may_be_killed_at_any_moment(stage, rounds, eventually, request, capsys):
    dice, witness = stage.dice, stage.witness
    victims = ["supervisor" if n % 6 == 5 else "child" for n in range(rounds)]
    dice.shuffle(victims)
    killed = Counter()
    asking = []
    for number, victim in enumerate(victims):
        revision = witness.store.head().revision
        if dice.random() < 0.7:  # else hit it while it is still coming up
            eventually(lambda r=revision: witness.store.head().revision > r, 60, stage.service.said)
        if number % 4 == 1:
            asking.append(threading.Thread(target=ask_now, args=(stage.service.url,)))
            asking[-1].start()
        time.sleep(dice.uniform(0, 0.8))  # a moment that nobody chose
        if number % 3 == 0:
            stage.break_wire()
        killed[kill(stage, victim, eventually)] += 1
        stage.look()
    quiet = stage.calm()
    for thread in asking:
        thread.join(60)
    records = stage.judge()
    code, seconds = stage.service.stop()
    assert (code, stage.service.family()) == (0, set())
    assert seconds < STOP_SECONDS
    report = (
        f"\n{sum(killed.values())} kills {dict(killed)}, {len(records)} changes in "
        f"{witness.revision} commits, "
        f"{[each.mirror.statistics.reconnects for each in stage.mirrors]} reconnects, equal to "
        f"the cloud {quiet:.1f} s after its last change, {time.monotonic() - stage.begun:.0f} s"
    )
    with capsys.disabled() if request.config.getoption("--long") else contextlib.nullcontext():
        print(report)  # noqa: T201


def test_a_wire_may_break_at_any_byte(stage, rounds, eventually):
    witness = stage.witness
    for _ in range(rounds):
        revision = witness.store.head().revision
        eventually(lambda r=revision: witness.store.head().revision > r, 60, stage.service.said)
        stage.break_wire()
        stage.look()
    stage.wire.plan()
    stage.calm()
    stage.judge()
    mirror = stage.mirrors[2].mirror
    assert mirror.statistics.reconnects >= rounds / 4
    other = stage.mirrors[0].mirror
    assert other.statistics.reconnects < mirror.statistics.reconnects, "its own wire was whole"
