"""Console pages of work orders, of reports, of checklists and of the log of work."""

from worklogs.pages import (
    answering,
    board,
    checklists,
    completion,
    details,
    housekeeping,
    lists,
    my_work,
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
    *housekeeping.urlpatterns,
    *service_levels.urlpatterns,
    *my_work.urlpatterns,
    *answering.urlpatterns,
    *checklists.urlpatterns,
]
