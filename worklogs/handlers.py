"""Reactions to events of other apps."""
