"""Console pages of work and its log."""

from worklogs.pages import (
    board,
    completion,
    details,
    lists,
    order_commands,
    order_lists,
    order_parts,
    orders,
)

urlpatterns = [
    *lists.urlpatterns,
    *details.urlpatterns,
    *completion.urlpatterns,
    *board.urlpatterns,
    *orders.urlpatterns,
    *order_commands.urlpatterns,
    *order_lists.urlpatterns,
    *order_parts.urlpatterns,
]
