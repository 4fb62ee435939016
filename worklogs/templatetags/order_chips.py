"""The chips of work orders, for templates: the same as in the list."""

from django import template
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def status_chip(status: str) -> SafeString:
    """Where an order stands."""
    # The theme looks at all libraries of tags while it is imported, and the lists need the theme.
    from worklogs.admin.order_cells import status_chip as chip

    return chip(status)


@register.filter
def priority_chip(level: str) -> SafeString:
    """How urgent it is."""
    from worklogs.admin.order_cells import priority_chip as chip

    return chip(level)
