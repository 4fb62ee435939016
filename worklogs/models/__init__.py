"""The log of work, which nobody can alter."""

from worklogs.models.log import Log, LogChain

__all__ = ["Log", "LogChain"]
