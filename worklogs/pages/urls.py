"""Console pages of the log of work."""

from worklogs.pages import completion, details, lists, workload

urlpatterns = [
    *lists.urlpatterns,
    *details.urlpatterns,
    *completion.urlpatterns,
    *workload.urlpatterns,
]
