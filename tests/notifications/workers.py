"""Worker processes for the crash test: `python -m tests.notifications.workers`.

Django is set up once. Each line on standard input, the moment (ISO 8601) that the worker's clock starts at, forks a
worker that does what `run_worker` does; its process id is answered.
"""

import os
import signal
import sys
import time
from datetime import datetime, timedelta

import django


def main() -> None:
    """Serve until standard input ends."""
    django.setup()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    from scheduling.services import due_check

    due_check.BATCH = 20  # many small steps, so that workers die between all of them
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            work(datetime.fromisoformat(line.strip()))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def work(start: datetime) -> None:
    """Rounds of everything that waits, for ever."""
    from core.services import background

    began = time.monotonic()
    while True:
        background.work(lambda: start + timedelta(seconds=time.monotonic() - began))
        time.sleep(0.01)


if __name__ == "__main__":
    main()
