"""Imports that were made or are under way."""

from integrations.models.import_run import ImportRun

__all__ = ["ImportRun"]
