"""Nothing is lost: changes go on while programs and servers are killed, and every receiver has every event in the end.

    python -m tests.acceptance.chaos [--changes 10000] [--seed 1]

Two processes each for pages, sockets and work serve clients who repeat what was not answered, with the same key.
Meanwhile programs are killed at random, the message bus is stopped once and killed once, Redis is killed, and the
receiver of the webhook fails for a while. Who hears live, by sockets or Redis, fetches what it missed when it is
connected again, as every program should. In the end it compares what was asked for with what stands in the database
and with what each receiver heard: every event at least once, each object's in their order, every effect exactly once.
Needs Debian's servers (`make services`).
"""

import argparse
import json
import os
import random
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.acceptance.trial import fresh_site

#: What is asked of each order, one request each.
COMMANDS = ("create", "assign", "start", "hold", "resume", "complete", "verify")
_PAST = ("reported", "assigned", "started", "held", "resumed", "completed", "verified")
#: A booking's news, as its booking system tells them.
_NEWS = ("booking.created", "booking.checked_in", "booking.completed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ["WEBHOOKS_PRIVATE"] = "true"  # the receiver is on this machine
    with fresh_site() as folder:
        from tests.acceptance.chaos_site import ChaosSite

        with ChaosSite(folder) as site:
            found = trial(site, changes=options.changes, seed=options.seed)
    sys.stdout.write(f"{json.dumps(found, indent=1)}\n")
    sys.exit(1 if found["wrong"] else 0)


def trial(site: Any, *, changes: int, seed: int) -> dict[str, Any]:
    """Work, destroy, wait, compare."""
    orders = max(1, changes // len(COMMANDS))
    started = time.monotonic()
    work = Work(site, orders=orders, seed=seed)
    destroyer = Destroyer(site, work, seed=seed)
    work.start()
    destroyer.start()
    work.join()
    destroyer.join()
    worked = time.monotonic() - started
    site.settle()
    return compare(site, work, destroyer) | {
        "seconds_of_work": round(worked, 1),
        "seconds_until_all_was_told": round(time.monotonic() - started - worked, 1),
    }


class Work:
    """Four clients; each has orders of its own and sends one command after the other until it is answered. Beside
    them a booking system tells its news twice and out of order.
    """

    CLIENTS = 4

    def __init__(self, site: Any, *, orders: int, seed: int) -> None:
        self.site, self.orders = site, orders
        self.done, self.repeated = 0, 0
        self.errors: Counter[str] = Counter()
        self.keys: list[str] = []
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self._threads: list[threading.Thread] = []

    @property
    def share(self) -> float:
        """How much of it is done."""
        return self.done / (self.orders * len(COMMANDS))

    def start(self) -> None:
        shares = [range(number, self.orders, self.CLIENTS) for number in range(self.CLIENTS)]
        calls: list[Callable[[], None]] = [partial(self._serve, own) for own in shares]
        self._threads = [threading.Thread(target=call) for call in (*calls, self._tell_bookings)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _serve(self, numbers: range) -> None:
        for number in numbers:
            key = ""
            for command in COMMANDS:
                key = self._send(number, key, command)
            with self._lock:
                self.keys.append(key)

    def _send(self, number: int, key: str, command: str) -> str:
        """One command, repeated until it is answered; the id of the order."""
        while True:
            try:
                answer = self.site.command(number, key, command)
            except (OSError, self.site.BROKEN) as error:
                problem = type(error).__name__
            else:
                if answer.status < 400:
                    with self._lock:
                        self.done += 1
                    return str(answer.body["id"])
                problem = f"{answer.status}"
                if answer.status < 500:
                    raise AssertionError(f"{command} of {number}: {answer.status} {answer.body}")
            with self._lock:
                self.repeated += 1
                self.errors[problem] += 1
            time.sleep(0.2)

    def _tell_bookings(self) -> None:
        """Each piece of news twice, neighbours mixed up."""
        for stay in range(self.site.STAYS):
            news = [(name, copy) for name in _NEWS for copy in range(2)]
            self._random.shuffle(news)
            for name, _ in news:
                self.site.tell_booking(stay, name, _NEWS.index(name))
            time.sleep(0.02)


class Destroyer:
    """Kills a program every few seconds; at fixed shares of the work stops the bus, kills it, and makes the receiver of
    the webhook fail.
    """

    def __init__(self, site: Any, work: Work, *, seed: int) -> None:
        self.site, self.work = site, work
        self.killed: Counter[str] = Counter()
        self._random = random.Random(seed + 1)
        self._thread = threading.Thread(target=self._destroy)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _destroy(self) -> None:
        plan: list[tuple[float, str, Callable[[], None]]] = [
            (0.15, "bus stopped", lambda: self.site.stop_bus(kill=False)),
            (0.25, "bus started", self.site.start_bus),
            (0.35, "receiver fails", lambda: self.site.answer(503)),
            (0.50, "bus killed", lambda: self.site.stop_bus(kill=True)),
            (0.60, "bus started", self.site.start_bus),
            (0.62, "redis killed", self.site.kill_redis),
            (0.64, "redis started", self.site.start_redis),
            (0.70, "receiver answers", lambda: self.site.answer(200)),
        ]
        while self.work.share < 1:
            while plan and self.work.share >= plan[0][0]:
                _, name, act = plan.pop(0)
                act()
                self.killed[name] += 1
            program = self._random.choice(list(self.site.programs))
            self.site.kill(program)
            self.killed[program] += 1
            time.sleep(self._random.uniform(0.5, 4))
        for _, name, act in plan:
            if name.endswith(("started", "answers")):
                act()


def compare(site: Any, work: Work, destroyer: Destroyer) -> dict[str, Any]:
    """What each receiver heard against what was published, and that against what was asked for."""
    published = site.published()
    wrong = [*site.wrong_effects(work.keys, COMMANDS), *_wrong_stories(published, work.keys)]
    receivers = {}
    for name, heard in site.heard().items():
        first = list(dict.fromkeys(heard))
        missing = published.keys() - set(first)
        if missing:
            wrong.append(f"{name}: {len(missing)} events never came")
        disordered = _disordered(first, published)
        if disordered:
            wrong.append(f"{name}: {disordered} objects out of order")
        receivers[name] = {"heard": len(heard), "different": len(first)}
    return {
        "changes": work.done,
        "requests_repeated": work.repeated,
        "why": dict(work.errors),
        "destroyed": dict(destroyer.killed),
        "events_published": len(published),
        "receivers": receivers,
        "fetched_by_those_who_hear_live": site.fetched(),
        "wrong": wrong,
    }


def _wrong_stories(published: dict[str, Any], keys: list[str]) -> list[str]:
    """Orders whose events do not tell each move once, in its order."""
    stories: dict[str, list[str]] = defaultdict(list)
    for event in published.values():
        if event["type"].startswith("work-order."):
            stories[event["subject"]].append(event["data"]["what"])
    bad = [key for key in keys if tuple(stories[f"work-order/{key}"]) != _PAST]
    return (
        [f"{len(bad)} orders are told otherwise, such as {stories[f'work-order/{bad[0]}']}"]
        if bad
        else []
    )


def _disordered(first: list[str], published: dict[str, Any]) -> int:
    """Objects whose events came first in another order than they were published in."""
    last: dict[str, str] = {}
    bad = set()
    for key in first:
        event = published.get(key)
        if event is not None:
            if last.get(event["subject"], "") > event["sequence"]:
                bad.add(event["subject"])
            last[event["subject"]] = event["sequence"]
    return len(bad)


if __name__ == "__main__":
    main()
