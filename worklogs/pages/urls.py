"""Console pages of reports and of the log of work."""

from worklogs.pages import completion, details, lists, reporting, triage, workload

urlpatterns = [
    *lists.urlpatterns,
    *details.urlpatterns,
    *completion.urlpatterns,
    *workload.urlpatterns,
    *reporting.urlpatterns,
    *triage.urlpatterns,
]
