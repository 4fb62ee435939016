"""Pages of console lists whose cost does not grow with the table."""

from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

COUNT_LIMIT = 1_000
#: No list is longer, and no database counts to where more would begin.
_LAST = 10_000_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts up to `limit` rows; beyond it a list says "more than" and offers the next page.

    `shown` is the page made last, for the template.
    """

    template_name = "core/admin/pagination.html"
    shown: "Page[Any] | None" = None

    @property
    def limit(self) -> int:
        return COUNT_LIMIT

    @cached_property
    def count(self) -> int:
        """The number of rows, or `limit` + 1 when there are more."""
        rows = self.object_list
        if isinstance(rows, QuerySet) and not rows.query.is_sliced:
            return rows.order_by()[: self.limit + 1].count()
        return super().count

    @property
    def is_bounded(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.count > self.limit

    def validate_number(self, number: Any) -> int:
        if not self.is_bounded:
            return super().validate_number(number)
        try:
            page_number = int(number)
        except (TypeError, ValueError) as error:
            raise PageNotAnInteger("That page number is not an integer") from error
        if page_number < 1:
            raise EmptyPage("That page number is less than 1")
        if page_number > _LAST:
            raise EmptyPage("That page contains no results")
        return page_number

    def page(self, number: Any) -> "Page[Any]":
        if not self.is_bounded:
            self.shown = super().page(number)
        else:
            page_number = self.validate_number(number)
            start = (page_number - 1) * self.per_page
            self.shown = BoundedPage(
                self.object_list[start : start + self.per_page], page_number, self
            )
        return self.shown


class FoundPaginator(BoundedPaginator):
    """For what a search found: reads the first page and one row more, and says "more than a page" where there is one;
    of a later page no more than that there is a first.

    Words that stand in many rows are found along the list's own order, which ends with the page; to count them would
    read an index from end to end.
    """

    #: Whether the first page is meant.
    begins = True

    @property
    def limit(self) -> int:
        return int(self.per_page)

    @cached_property
    def _first_rows(self) -> list[Any]:
        rows: Any = self.object_list
        return list((rows if self.begins else rows.values("pk"))[: self.per_page + 1])

    @cached_property
    def count(self) -> int:
        return len(self._first_rows)

    def page(self, number: Any) -> "Page[Any]":
        found = super().page(number)
        if self.begins and found.number == 1:
            found.object_list = self._first_rows[: self.per_page]
        return found


class BoundedPage(Page):  # type: ignore[type-arg]
    def has_next(self) -> bool:
        end = self.number * self.paginator.per_page
        if end < self.paginator.count:
            return True
        next_row: Any = self.paginator.object_list[end : end + 1]
        return next_row.exists() if isinstance(next_row, QuerySet) else bool(next_row)

    def end_index(self) -> int:
        return self.start_index() + len(self.object_list) - 1

    def start_index(self) -> int:
        return (self.number - 1) * self.paginator.per_page + 1
