"""`GET dashboard/…` of work orders: now, and for any period."""

from datetime import date, timedelta
from typing import Any, ClassVar, cast

from django.utils import timezone
from django.utils.dateparse import parse_date
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rights import Right
from accounts.zones import zone_name_of
from core.api.viewsets import GuardedView
from reporting.api.report_renderers import PdfRenderer, XlsxRenderer
from reporting.rules import periods
from reporting.services import order_figures, work_now, work_report
from reporting.services.dashboard import MOST_COUNTED
from scheduling.rules import zones

_USUAL = timedelta(days=30)
_GRAIN = OpenApiParameter(
    "grain", enum=periods.GRAINS, description="The step of `series`; by the length of the period."
)
_PERIOD = [
    OpenApiParameter("start", OpenApiTypes.DATE, description="First day; 30 days ago."),
    OpenApiParameter("end", OpenApiTypes.DATE, description="The day after the last; tomorrow."),
    _GRAIN,
]
_DATE = [OpenApiParameter("date", OpenApiTypes.DATE, description="A day of it; today."), _GRAIN]


class _View(GuardedView):
    rights = {"get": Right.DASHBOARD_VIEW}

    def person(self, request: Request) -> User:
        """Who asks."""
        return cast("User", request.user)

    def day(self, request: Request, name: str, default: date) -> date:
        """A day of the address."""
        text = request.query_params.get(name, "")
        if not text:
            return default
        try:
            found = parse_date(text)
        except ValueError:
            found = None
        if found is None or not 1900 <= found.year <= 2200:
            raise ValidationError({name: ["Give a day such as 2026-03-04."]})
        return found

    def today(self, request: Request) -> date:
        """In the zone of whoever asks."""
        return zones.local_date(timezone.now(), zone_name_of(request.user))


class RealTimeView(_View):
    """Counts stop at 1,000."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """What happens on work orders at this moment."""
        user, now = self.person(request), timezone.now()
        counted = order_figures.figures(user, now=now)
        shown = {name: min(figure.count, MOST_COUNTED) for name, figure in counted.items()}
        return Response({"figures": shown, **work_now.real_time(user, now=now)})


class AlertsView(_View):
    """At most 50."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Open orders that cannot wait: safety, escalated, or urgent and overdue."""
        return Response({"alerts": work_now.alerts(self.person(request), now=timezone.now())})


class ReportView(_View):
    """`part` narrows it to housekeeping (`tasks`) or to everything else (`maintenance`). For who works or plans."""

    rights = {"get": Right.WORK_ORDER_WORK}
    part: ClassVar[str] = ""

    def get_renderers(self) -> list[Any]:
        """As a file, too."""
        return [*super().get_renderers(), PdfRenderer(), XlsxRenderer()]

    @extend_schema(parameters=_PERIOD, responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """What came, what was done, in time, by whom, at what cost. Days are those of the caller's zone."""
        tomorrow = self.today(request) + timedelta(days=1)
        end = self.day(request, "end", tomorrow)
        return self.answer(request, self.day(request, "start", end - _USUAL), end)

    def answer(self, request: Request, first: date, end: date) -> Response:
        """The report of these days."""
        user = self.person(request)
        span = work_report.span_of(user, first, end)
        grain = request.query_params.get("grain", "")
        if grain not in ("", *periods.GRAINS):
            raise ValidationError({"grain": [f"There are {', '.join(periods.GRAINS)}."]})
        return Response(work_report.report(user, span, part=self.part, grain=grain))


class TaskMetricsView(ReportView):
    """Housekeeping only."""

    part = "tasks"


class MaintenanceMetricsView(ReportView):
    """Everything but housekeeping."""

    part = "maintenance"


class DailyReportView(ReportView):
    """One day."""

    @extend_schema(parameters=_DATE, responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The report of one day."""
        day = self.day(request, "date", self.today(request))
        return self.answer(request, day, day + timedelta(days=1))


class WeeklyReportView(ReportView):
    """Monday to Sunday."""

    @extend_schema(parameters=_DATE, responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The report of the week of a day."""
        day = self.day(request, "date", self.today(request))
        monday = day - timedelta(days=day.weekday())
        return self.answer(request, monday, monday + timedelta(days=7))


class MonthlyReportView(ReportView):
    """A calendar month."""

    @extend_schema(parameters=_DATE, responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The report of the month of a day."""
        first = self.day(request, "date", self.today(request)).replace(day=1)
        following = (first + timedelta(days=32)).replace(day=1)
        return self.answer(request, first, following)


VIEWS: dict[str, Any] = {
    "real-time": RealTimeView,
    "report": ReportView,
    "report/daily": DailyReportView,
    "report/weekly": WeeklyReportView,
    "report/monthly": MonthlyReportView,
    "metrics/tasks": TaskMetricsView,
    "metrics/maintenance": MaintenanceMetricsView,
    "alerts": AlertsView,
}
