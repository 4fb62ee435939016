"""Console pages of work, reports, checklists and of the log."""

from worklogs.pages import (
    answering,
    checklists,
    completion,
    details,
    lists,
    my_work,
    reporting,
    triage,
)

urlpatterns = [
    *lists.urlpatterns,
    *details.urlpatterns,
    *completion.urlpatterns,
    *reporting.urlpatterns,
    *triage.urlpatterns,
    *my_work.urlpatterns,
    *answering.urlpatterns,
    *checklists.urlpatterns,
]
