"""What every list of the console offers: a choice of columns that is kept, and a file of all its rows."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    QueryDict,
)
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import slugify

from core.admin import table
from core.admin.csv_export import csv_response
from core.admin.paginator import BoundedPaginator, FoundPaginator
from core.querysets import plans
from core.querysets.found import Finding
from core.services import list_preferences

_AT_A_TIME = 2_000
#: So many rows are sorted at once, and what that costs; see `plans.cost`.
_MANY, _DEAR = 20_000, 20_000
_TOO_MANY = (
    "These are too many rows to be sorted by this heading. Narrow the list by a filter first."
)


class RowList(ChangeList):
    """The rows of a list in view; the first page of a search is there once it is counted."""

    #: Whether a heading was asked for by which the database would have to sort too many rows.
    is_dear = False

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> Any:
        """In view, in its own order where the one that was asked for is dear; a file has any."""
        rows = super().get_queryset(request, exclude_parameters)
        if ORDER_VAR not in self.params or not getattr(request, "is_in_view", False):
            return rows
        finding: Finding = request.finding  # type: ignore[attr-defined]
        self.is_dear = (
            not finding.is_indexed
            and plans.cost(rows[: self.list_per_page]) > _DEAR
            and finding.expected > _MANY
        )
        if not self.is_dear:
            return rows
        del self.params[ORDER_VAR], self.filter_params[ORDER_VAR]
        return super().get_queryset(request, exclude_parameters)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        self._own_order = list(self.model_admin.get_ordering(request))
        return list(super().get_ordering(request, queryset))

    def _get_default_ordering(self) -> Any:
        """The arrow stands at the heading by which this list is sorted, not its usual one."""
        return self._own_order or super()._get_default_ordering()  # type: ignore[misc]

    def get_results(self, request: HttpRequest) -> None:
        whole = self.queryset
        finding: Finding = request.finding  # type: ignore[attr-defined]
        if self.query and (finding.is_indexed or ORDER_VAR not in self.params):
            end = max(self.page_num, 1) * self.list_per_page
            self.queryset = finding.first(end + 1)
        super().get_results(request)
        self.queryset = whole
        if self.page_num == 1 and isinstance(self.paginator, FoundPaginator):
            self.result_list = self.paginator.page(1).object_list


class ListMixin:
    """The columns are those of `list_display`, and of `more_columns` for whoever asks for them."""

    more_columns: tuple[str, ...] = ()

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"  # type: ignore[attr-defined]
        view = self.admin_site.admin_view  # type: ignore[attr-defined]
        own = [
            path("columns/", view(self.columns_view), name=f"{name}_columns"),
            path("export/", view(self.export_view), name=f"{name}_export"),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> BoundedPaginator:
        """What a search found is not counted to the end."""
        if not request.GET.get(SEARCH_VAR):
            return BoundedPaginator(*args, **kwargs)
        pages = FoundPaginator(*args, **kwargs)
        pages.begins = request.GET.get(PAGE_VAR, "1") == "1"
        return pages

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        request.is_in_view = request.method == "GET"  # type: ignore[attr-defined]
        page = super().changelist_view(request, extra_context)  # type: ignore[misc]
        rows = (getattr(page, "context_data", None) or {}).get("cl")
        if rows is not None and rows.is_dear:
            messages.warning(request, _TOO_MANY)
        return page

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return RowList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[Any, bool]:
        """Rows that know how they are looked for are asked themselves, as by the API."""
        if "\x00" in search_term:  # which PostgreSQL cannot even compare
            queryset, search_term = queryset.none(), ""
        if search_term and hasattr(queryset, "finding"):
            request.finding = queryset.finding(search_term)  # type: ignore[attr-defined]
            return request.finding.rows, False  # type: ignore[attr-defined]
        rows, may_repeat = super().get_search_results(request, queryset, search_term)  # type: ignore[misc]
        request.finding = Finding(rows, queryset)  # type: ignore[attr-defined]
        return rows, may_repeat

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Refuses what PostgreSQL cannot even compare; the search field says so itself."""
        asked = (
            text for name, texts in request.GET.lists() if name != SEARCH_VAR for text in texts
        )
        if any("\x00" in text for text in asked):
            raise IncorrectLookupParameters
        return super().get_changelist_instance(request)  # type: ignore[misc]

    def column_names(self) -> tuple[str, ...]:
        """All columns of the list, in the order in which they stand."""
        return (*self.list_display, *self.more_columns)  # type: ignore[attr-defined]

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns that the person chose; the first one says what the row is and always shows."""
        kept = getattr(request, "chosen_columns", None)
        if kept is None:
            names, chosen = self.column_names(), self._chosen(request)
            kept = (
                names[: len(self.list_display)]  # type: ignore[attr-defined]
                if chosen is None
                else (names[0], *(name for name in names[1:] if name in chosen))
            )
            request.chosen_columns = kept  # type: ignore[attr-defined]
        return kept

    def column_choices(self, request: HttpRequest) -> list[dict[str, Any]]:
        """For the menu: each column but the first, and whether it shows."""
        shown = self.get_list_display(request)
        return [
            {"name": column.name, "label": column.label, "shown": column.name in shown}
            for column in table.columns(self, self.column_names()[1:])
        ]

    def columns_view(self, request: HttpRequest) -> HttpResponse:
        """Keeps the choice of columns and shows the list again, as it was filtered."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._check_view(request)
        wanted = None if "standard" in request.POST else request.POST.getlist("column")
        names = None if wanted is None else [n for n in self.column_names() if n in wanted]
        list_preferences.choose_columns(
            request.user, self._list_name(), names, by=request.user, now=timezone.now()
        )
        query = QueryDict(request.POST.get("query", ""), mutable=True)
        query.pop("o", None)  # columns are sorted by their place, which is another one now
        return HttpResponseRedirect(f"{self._list_address()}?{query.urlencode()}")

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """All rows that the list shows with this search and these filters, as a file."""
        self._check_view(request)
        try:
            rows = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return HttpResponseRedirect(self._list_address())
        return self.export(request, rows)

    @admin.action(description="Export as CSV", permissions=["view"])
    def export(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
        """The chosen rows as people read them."""
        heads, rows = self.exported(queryset.iterator(_AT_A_TIME))
        name = f"{slugify(self.opts.verbose_name_plural)}.csv"  # type: ignore[attr-defined]
        return csv_response(name, heads, rows, by=request.user, now=timezone.now())

    def exported(self, rows: Iterable[Any]) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        """Headings and lines of the file: every column of the list, chosen or not."""
        columns = table.columns(self, self.column_names())
        lines = ([table.in_words(column.read(row)) for column in columns] for row in rows)
        return [column.label for column in columns], lines

    def _chosen(self, request: HttpRequest) -> list[str] | None:
        return list_preferences.columns_of(request.user, self._list_name())

    def _check_view(self, request: HttpRequest) -> None:
        if not self.has_view_or_change_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied

    def _list_name(self) -> str:
        return str(self.opts.label_lower)  # type: ignore[attr-defined]

    def _list_address(self) -> str:
        name = f"{self.opts.app_label}_{self.opts.model_name}_changelist"  # type: ignore[attr-defined]
        return reverse(f"{self.admin_site.name}:{name}")  # type: ignore[attr-defined]
