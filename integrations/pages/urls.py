"""Addresses of the import pages."""

from django.urls import path

from integrations.pages import imports

urlpatterns = [
    path("import/", imports.overview, name="import"),
    path("import/<uuid:pk>/", imports.show, name="import_run"),
    path("import/<uuid:pk>/read/", imports.read_again, name="import_read"),
    path("import/<uuid:pk>/start/", imports.start, name="import_start"),
    path("import/<uuid:pk>/progress/", imports.progress, name="import_progress"),
    path("import/<uuid:pk>/discard/", imports.discard, name="import_discard"),
    path("import/<uuid:pk>/errors/", imports.errors, name="import_errors"),
]
