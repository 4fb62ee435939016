"""Runs the measurements on fresh databases and prints one JSON document.

    python -m tests.bench [--sizes 10000,100000,1000000] [--databases sqlite,postgresql] [--now ISO]

A million schedules take most of the time: `--sizes 10000` is a quick look, `--sizes 10000,100000` a thorough one.

PostgreSQL is taken from DATABASE_URL or var/services.env (`make services`).
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "var" / "services.env"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--now", default="2026-11-16T06:00:00+00:00")
    options = parser.parse_args()
    results: dict[str, Any] = {"machine": _machine(), "runs": []}
    for database in options.databases.split(","):
        for size in options.sizes.split(","):
            print(f"{database}, {size} schedules …", file=sys.stderr, flush=True)
            results["runs"].append(_measure(database, int(size), options.now))
    print(json.dumps(results, indent=1))


def _measure(database: str, size: int, now: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mainstay-bench-") as folder:
        environment = {
            **os.environ,
            "DATA_DIR": folder,
            "MAINSTAY_ENV": "development",
            "LOG_LEVEL": "ERROR",
            "WEBHOOKS_PRIVATE": "true",  # the bench's own receiver
        }
        environment.pop("REDIS_URL", None)
        environment.pop("DATABASE_URL", None)
        with _fresh_postgresql() if database == "postgresql" else _nothing() as url:
            if url:
                environment["DATABASE_URL"] = url
                given = {**_services(), **os.environ}
                for name in ("REDIS_URL", "RABBITMQ_URL"):  # the events need all three servers
                    if name in given:
                        environment[f"BENCH_{name}"] = given[name]
            command = [sys.executable, "-m", "tests.bench.worker", str(size), now]
            output = subprocess.run(
                command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
            ).stdout
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    return {"database": database, "schedules": size, **figures}


@contextmanager
def _nothing() -> Iterator[str]:
    yield ""


@contextmanager
def _fresh_postgresql() -> Iterator[str]:
    base = _postgresql_url()
    name = f"bench_{os.getpid()}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield base.rsplit("/", 1)[0] + f"/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _postgresql_url() -> str:
    if url := os.environ.get("DATABASE_URL") or _services().get("DATABASE_URL"):
        return url
    sys.exit(
        "No PostgreSQL: run `make services` first, or measure SQLite only with --databases sqlite."
    )


def _services() -> dict[str, str]:
    """The addresses that `make services` wrote."""
    lines = SERVICES.read_text().splitlines() if SERVICES.exists() else []
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "python": platform.python_version(),
        "system": platform.platform(),
        "load_average": os.getloadavg(),
    }


if __name__ == "__main__":
    main()
