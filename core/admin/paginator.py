"""Pages of console lists whose cost does not grow with the table."""

from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

COUNT_LIMIT = 1_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts up to COUNT_LIMIT rows; beyond it a list says "more than" and offers the next page.

    `shown` is the page made last, for the template.
    """

    template_name = "core/admin/pagination.html"
    shown: "Page[Any] | None" = None

    @cached_property
    def count(self) -> int:
        """The number of rows, or COUNT_LIMIT + 1 when there are more."""
        rows = self.object_list
        if isinstance(rows, QuerySet) and not rows.query.is_sliced:
            return rows.order_by()[: COUNT_LIMIT + 1].count()
        return super().count

    @property
    def is_bounded(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.count > COUNT_LIMIT

    @property
    def limit(self) -> int:
        return COUNT_LIMIT

    def validate_number(self, number: Any) -> int:
        if not self.is_bounded:
            return super().validate_number(number)
        try:
            page_number = int(number)
        except (TypeError, ValueError) as error:
            raise PageNotAnInteger("That page number is not an integer") from error
        if page_number < 1:
            raise EmptyPage("That page number is less than 1")
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


class BoundedPage(Page):  # type: ignore[type-arg]
    def has_next(self) -> bool:
        end = self.number * self.paginator.per_page
        if end < self.paginator.count:
            return True
        return bool(self.paginator.object_list[end : end + 1])

    def end_index(self) -> int:
        return self.start_index() + len(self.object_list) - 1

    def start_index(self) -> int:
        return (self.number - 1) * self.paginator.per_page + 1
