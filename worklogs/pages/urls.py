"""Console pages of the log of work."""

from worklogs.pages import completion, details, lists, service_levels

urlpatterns = [
    *lists.urlpatterns,
    *details.urlpatterns,
    *completion.urlpatterns,
    *service_levels.urlpatterns,
]
