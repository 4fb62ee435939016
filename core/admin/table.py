"""The table of a console list: each column is worked out once, each cell costs one look and one line of HTML.

The tags of Django and of the theme work every heading out anew for each row and render a template for each
checkbox, which takes longer than all the rest of the page.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape, unescape
from typing import Any
from uuid import UUID

from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import display_for_field, display_for_value, label_for_field, quote
from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField, Field, ForeignKey
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

_CHECKBOX = "action_checkbox"
_NO_ID = UUID(int=0)
_ICON = re.compile(r'<span class="material-symbols-outlined"[^>]*>[^<]*</span>')
_TAG = re.compile(r"<[^>]*>")
_YES = mark_safe(
    '<span class="chip success"><span class="material-symbols-outlined" aria-hidden="true">'
    "check_circle</span>Yes</span>"
)
_NO = mark_safe('<span class="chip">No</span>')
EMPTY = mark_safe('<span class="quiet">–</span>')
Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list; `read` gives a row's value, as safe HTML or as plain text."""

    name: str
    label: str
    read: Read


def columns(model_admin: Any, names: Any) -> list[Column]:
    """The columns of these names, without the one to choose rows by."""
    return [
        Column(name, _label(model_admin, name), _reader(model_admin, name))
        for name in names
        if name != _CHECKBOX
    ]


def headings(change_list: Any) -> list[dict[str, Any]]:
    """What stands above the columns, with the addresses that sort by them."""
    return [
        heading
        for heading, name in zip(result_headers(change_list), change_list.list_display, strict=True)
        if name != _CHECKBOX
    ]


def rows(change_list: Any) -> Iterator[SafeString]:
    """The rows of the page in view, ready to be put into the table."""
    admin = change_list.model_admin
    shown = [(column, escape(column.label)) for column in columns(admin, change_list.list_display)]
    opened = change_list.list_display_links or ()
    address = _addresses(change_list) if opened else None
    choosing = _CHECKBOX in change_list.list_display
    for row in change_list.result_list:
        cells: list[str] = [_checkbox(row)] if choosing else []
        for place, (column, label) in enumerate(shown):
            read = column.read(row)
            value = read if isinstance(read, SafeString) else escape(str(read))
            if address is not None and column.name in opened:
                value = f'<a class="row-title" href="{address(row)}">{value}</a>'
            tag = "td" if place else 'th scope="row"'
            cells.append(
                f'<{tag} class="field-{column.name}" data-label="{label}">{value}</{tag[:2]}>'
            )
        yield mark_safe(f'<tr id="row-{row.pk}">{"".join(cells)}</tr>')  # noqa: S308  (every part is escaped above)


def in_words(value: Any) -> str:
    """A cell as plain text, for files."""
    if value is EMPTY:
        return ""
    if not isinstance(value, SafeString):
        return str(value)
    return " ".join(unescape(_TAG.sub(" ", _ICON.sub("", value))).split())


def _label(model_admin: Any, name: str) -> str:
    text = str(label_for_field(name, model_admin.model, model_admin))
    return text[:1].upper() + text[1:]


def _reader(model_admin: Any, name: str) -> Read:
    try:
        field: Any = model_admin.opts.get_field(name)
    except FieldDoesNotExist:
        return _method_reader(getattr(model_admin, name))
    return _field_reader(field)


def _method_reader(method: Read) -> Read:
    def read(row: Any) -> Any:
        value = method(row)
        if isinstance(value, bool):
            return _YES if value else _NO
        return value if value and isinstance(value, str) else display_for_value(value, EMPTY)

    return read


def _field_reader(field: "Field[Any, Any]") -> Read:
    name = field.name
    if isinstance(field, ForeignKey):
        return lambda row: getattr(row, name) or EMPTY
    if isinstance(field, BooleanField):
        return lambda row: _YES if getattr(row, name) else _NO
    if field.choices:
        words = dict(field.flatchoices)
        return lambda row: words.get(getattr(row, name)) or EMPTY
    return lambda row: display_for_field(getattr(row, name), field, EMPTY) or EMPTY


def _addresses(change_list: Any) -> Read:
    """The address of a row's page, worked out once for all rows."""
    options = change_list.opts
    name = f"admin:{options.app_label}_{options.model_name}_change"
    pattern = add_preserved_filters(
        {"preserved_filters": change_list.preserved_filters, "opts": options},
        reverse(name, args=[_NO_ID], current_app=change_list.model_admin.admin_site.name),
    )
    before, _, after = conditional_escape(pattern).partition(str(_NO_ID))
    return lambda row: f"{before}{quote(row.pk)}{after}"


def _checkbox(row: Any) -> str:
    return (
        f'<td class="row-check"><label><input type="checkbox" name="_selected_action" value="{row.pk}"'
        f' class="action-select"><span class="visually-hidden">Select {escape(str(row))}</span></label></td>'
    )
