"""So many orders that PostgreSQL takes the way it takes for very many."""

from django.db import connection

from worklogs.models import WorkOrder


def copy(order: WorkOrder, count: int, **expressions: str) -> None:
    """Copies of the order, each ten numbers higher than the one before; in the `expressions` of SQL it is the `nth`."""
    names = [str(field.column) for field in WorkOrder._meta.concrete_fields if not field.generated]
    own = {"id": "gen_random_uuid()", "number": "number + 10 * nth", **expressions}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO worklogs_workorder ({', '.join(names)})"  # noqa: S608
            f" SELECT {', '.join(own.get(name, name) for name in names)}"
            " FROM worklogs_workorder CROSS JOIN generate_series(1, %s) AS nth WHERE id = %s",
            [count, order.pk],
        )
        cursor.execute("ANALYZE worklogs_workorder")
