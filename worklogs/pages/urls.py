"""Console pages of reports and of the log of work."""

from worklogs.pages import completion, details, lists, reporting, service_levels, triage

urlpatterns = [
    *lists.urlpatterns,
    *details.urlpatterns,
    *completion.urlpatterns,
    *reporting.urlpatterns,
    *triage.urlpatterns,
    *service_levels.urlpatterns,
]
