"""A second worker that relays events while the check runs, as production has it.

    python -m tests.bench.teller NOW

says "ready", relays until a line comes and nothing is left, prints what it cost and waits for the end of its input.
"""

import json
import os
import resource
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import django

_PAUSE_SECONDS = 0.005


class Cost(NamedTuple):
    """Of the second worker's Python."""

    cpu_seconds: float
    peak_memory_mib: int


@contextmanager
def telling(now: datetime) -> Iterator[Callable[[], Cost]]:
    """Relays in a process of its own; what this yields waits until everything is told, and answers what it cost."""
    command = [sys.executable, "-m", "tests.bench.teller", now.isoformat()]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        said: Any = process.stdout
        asked: Any = process.stdin

        def finish() -> Cost:
            asked.write("finish\n")
            asked.flush()
            return Cost(*json.loads(said.readline()))

        said.readline()
        yield finish


def main(now: datetime) -> None:
    from django.urls import reverse

    from core import outbox

    reverse("admin:index")  # finding all addresses belongs to a process's start
    while outbox.relay(now):
        pass
    print("ready", flush=True)
    before, told, finishing = time.process_time(), 0, False
    while told or not finishing:
        told = outbox.relay(now)
        if not told and not finishing:
            finishing = bool(select.select([sys.stdin], [], [], _PAUSE_SECONDS)[0])
            told = finishing  # what came between the last look and the line
    spent = time.process_time() - before
    print(json.dumps(Cost(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)))
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maintenance_site.settings")
    django.setup()
    main(datetime.fromisoformat(sys.argv[1]))
