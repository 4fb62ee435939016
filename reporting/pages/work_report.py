"""The report of work orders, as a page with charts."""

from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rights import Right
from accounts.zones import zone_name_of
from core.admin.pages import console_page, render_page
from core.errors import Invalid
from core.rules.moments import day as in_words
from reporting.rules import periods, report_charts
from reporting.services import report_files, work_report
from scheduling.rules import zones

_USUAL = timedelta(days=29)
_PARTS = (("", "All work"), ("maintenance", "Maintenance"), ("tasks", "Housekeeping"))
_GRAINS = (("", "As fits"), *((grain, f"By {grain}") for grain in periods.GRAINS))
_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 12, 31)


def _day_field(label: str) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, input_formats=["%Y-%m-%d"])


class ReportForm(forms.Form):
    """Which days, of what, in which steps."""

    first = _day_field("From")
    last = _day_field("To")
    part = forms.ChoiceField(label="Of", choices=_PARTS, required=False)
    grain = forms.ChoiceField(label="Steps", choices=_GRAINS, required=False)

    def clean(self) -> dict[str, Any]:
        """Days that calendars of today know."""
        values: dict[str, Any] = super().clean() or {}
        for name in ("first", "last"):
            if name in values and not _EARLIEST <= values[name] <= _LATEST:
                self.add_error(name, "Give a year from 1900 to 2200.")
        return values


@require_safe
@console_page(Right.WORK_ORDER_WORK)
def work_report_page(request: HttpRequest) -> HttpResponse:
    """Figures and charts of a period; the last 30 days unless the address says otherwise."""
    user = cast("User", request.user)
    today = zones.local_date(timezone.now(), zone_name_of(user))
    form = _form(request, today)
    context: dict[str, Any] = {"title": "Work report", "form": form}
    if form.is_valid():
        context |= _reported(user, form)
    return render_page(
        request,
        "reporting/work_report.html",
        quick=_quick(form, today),
        is_wrong=bool(form.errors),
        asked=urlencode({name: form.data[name] for name in form.fields}),
        **context,
    )


@require_safe
@console_page(Right.WORK_ORDER_WORK)
def work_report_file(request: HttpRequest, kind: str) -> HttpResponse:
    """The same as a file; what is wrong is said on the page."""
    user = cast("User", request.user)
    form = _form(request, zones.local_date(timezone.now(), zone_name_of(user)))
    shown = _reported(user, form) if form.is_valid() else {}
    if not shown:
        return HttpResponseRedirect(f"{reverse('admin:work_report')}?{request.GET.urlencode()}")
    organization, found = user.organization, shown["report"]
    content = report_files.written(
        found, kind, currency=organization.currency, organization=organization.name
    )
    name = report_files.name_of(found, kind)
    return HttpResponse(
        content,
        content_type=report_files.TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _form(request: HttpRequest, today: date) -> ReportForm:
    last = request.GET.get("last") or today.isoformat()
    first = request.GET.get("first") or _before(last, today).isoformat()
    more = {name: request.GET.get(name, "") for name in ("part", "grain")}
    return ReportForm({"first": first, "last": last, **more})


def _before(last: str, today: date) -> date:
    """The first day, where only the last is given."""
    try:
        return date.fromisoformat(last) - _USUAL
    except (ValueError, OverflowError):
        return today - _USUAL


def _reported(user: User, form: ReportForm) -> dict[str, Any]:
    """The report that the form asks for; nothing, and what is wrong in the form, where it asks for too much."""
    values = form.cleaned_data
    first, last = values["first"], values["last"]
    try:
        span = work_report.span_of(user, first, last + timedelta(days=1))
        found = work_report.report(user, span, part=values["part"], grain=values["grain"])
    except Invalid as error:
        form.add_error("grain" if error.field == "grain" else "last", error.message)
        return {}
    currency = user.organization.currency
    return {
        "report": found,
        "currency": currency,
        "words": f"{in_words(first)} to {in_words(last)}",
        "charts": report_charts.charts(found, currency),
        "has_any": bool(found["reported"] or found["completed"]),
    }


def _quick(form: ReportForm, today: date) -> list[dict[str, Any]]:
    """Links to the periods that people ask for most."""
    part = form.data["part"]
    chosen = (form.data["first"], form.data["last"])
    return [
        {
            "label": label,
            "query": urlencode({"first": first, "last": last, "part": part}),
            "is_chosen": (first.isoformat(), last.isoformat()) == chosen,
        }
        for label, first, last in periods.known(today)
    ]
