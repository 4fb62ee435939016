"""Console pages of the log of work."""

from worklogs.pages import answering, checklists, completion, details, lists, my_work

urlpatterns = [
    *lists.urlpatterns,
    *details.urlpatterns,
    *completion.urlpatterns,
    *my_work.urlpatterns,
    *answering.urlpatterns,
    *checklists.urlpatterns,
]
