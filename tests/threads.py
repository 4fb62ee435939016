"""Races for tests: the same call from several threads at once, on either database."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

from django.db import connection

Result = TypeVar("Result")


def in_threads(count: int, call: Callable[[int], Result]) -> tuple[list[Result], list[Exception]]:
    """Results and exceptions of `call(0)` … `call(count - 1)`, all started at the same moment."""
    start = Barrier(count)

    def run(number: int) -> Result:
        start.wait()
        try:
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        futures = [pool.submit(run, number) for number in range(count)]
    results, errors = [], []
    for future in futures:
        error = future.exception()
        if isinstance(error, Exception):
            errors.append(error)
        else:
            results.append(future.result())
    return results, errors


def after_all(count: int, call: Callable[..., Result]) -> Callable[..., Result]:
    """`call` for as many threads, none of which goes on before all have come to it."""
    everybody = Barrier(count)

    def met(*args: Any, **values: Any) -> Result:
        everybody.wait(300)
        return call(*args, **values)

    return met


@contextmanager
def shared_database(directory: Path) -> Iterator[None]:
    """SQLite's test database lives in memory, where threads lock each other out: use a file instead.

    On a database that threads can share already, nothing happens.
    """
    in_memory = connection.vendor == "sqlite" and "memory" in str(connection.settings_dict["NAME"])
    if not in_memory:
        yield
        return
    connection.ensure_connection()
    memory, name = connection.connection, connection.settings_dict["NAME"]
    path = directory / "threads.sqlite3"
    with sqlite3.connect(path) as file:
        memory.backup(file)
    file.close()
    connection.settings_dict["NAME"], connection.connection = path, None
    try:
        yield
    finally:
        connection.connection.close() if connection.connection else None
        connection.settings_dict["NAME"], connection.connection = name, memory
