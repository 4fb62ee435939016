"""How PostgreSQL goes about a query; other databases are not asked."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections, transaction
from django.db.models import QuerySet


def expected(rows: "QuerySet[Any, Any]") -> float:
    """How many rows PostgreSQL believes there are; endless where nobody says, none where it need not be asked."""
    if connections[rows.db].vendor != "postgresql":
        return float("inf")
    return _planned(rows.order_by().values("pk"), "Plan Rows")


def cost(rows: "QuerySet[Any, Any]") -> float:
    """What PostgreSQL believes that reading them costs: one for a block of the table; nothing where nobody says."""
    return _planned(rows, "Total Cost") if connections[rows.db].vendor == "postgresql" else 0.0


def _planned(rows: "QuerySet[Any, Any]", what: str) -> float:
    plan = rows.explain(format="json")
    return float(json.loads(plan)[0]["Plan"][what]) if plan else 0.0


@contextmanager
def no_gathering(alias: str) -> Iterator[None]:
    """Inside, rows are read along the list, not gathered from indexes beforehand."""
    if connections[alias].vendor != "postgresql":
        yield
        return
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        yield
        cursor.execute("SET LOCAL enable_bitmapscan = on")
