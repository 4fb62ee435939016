"""The table of a console list, for templates."""

from typing import Any

from django import template

from core.admin import table

register = template.Library()


@register.inclusion_tag("core/admin/table.html")
def list_table(change_list: Any, has_add_permission: bool) -> dict[str, Any]:
    """Headings and rows of the page in view."""
    return {
        "cl": change_list,
        "headings": table.headings(change_list),
        "rows": list(table.rows(change_list)),
        "choosing": "action_checkbox" in change_list.list_display,
        "has_add_permission": has_add_permission,
    }


@register.simple_tag
def rows_in_words(change_list: Any, count: int | None = None) -> str:
    """What the rows of a list are called: the word for one when `count` is 1, else the word for many."""
    options = change_list.opts
    names = change_list.model_admin.row_names
    one, many = names or (str(options.verbose_name), str(options.verbose_name_plural))
    return one if count == 1 else many
