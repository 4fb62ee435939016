"""Console pages of work orders, of reports and of the log of work."""

from worklogs.pages import (
    board,
    completion,
    details,
    lists,
    order_commands,
    order_lists,
    order_parts,
    orders,
    reporting,
    service_levels,
    triage,
    workload,
)

urlpatterns = [
    *lists.urlpatterns,
    *details.urlpatterns,
    *completion.urlpatterns,
    *workload.urlpatterns,
    *board.urlpatterns,
    *orders.urlpatterns,
    *order_commands.urlpatterns,
    *order_lists.urlpatterns,
    *order_parts.urlpatterns,
    *reporting.urlpatterns,
    *triage.urlpatterns,
    *service_levels.urlpatterns,
]
