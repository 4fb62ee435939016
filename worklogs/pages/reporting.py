"""“Report a problem” in the console: where, what, and what became of it; for everybody who signs in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.rights import Right
from accounts.zones import zone_name_of as zone_of
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from core.rules.moments import away
from scheduling.models import Resource
from scheduling.services.places import in_words, place_in_words
from worklogs.models import WorkOrder, WorkOrderFollower
from worklogs.pages.lists import identity
from worklogs.pages.portal import standing_of
from worklogs.pages.report_form import SignedInReportForm, keep_photos
from worklogs.rules import reports as rules
from worklogs.services import portal, reports

_MOST_CHOICES, _MOST_OWN = 30, 30


@require_http_methods(["GET", "HEAD", "POST"])
@console_page(Right.WORK_ORDER_REPORT)
def report_problem(request: HttpRequest) -> HttpResponse:
    """The form for one resource; asks first where, and shows what the person reported before."""
    resource, is_at_place = _place(request)
    if resource is None:
        return _choice(request)
    form = SignedInReportForm(request.POST or None)
    if request.method != "POST":
        return _form(request, resource, form)
    now = timezone.now()
    user: Any = request.user
    try:
        token = portal.read_form_token(user.pk, request.POST.get("form", ""))
        if "known" in request.POST:
            follower = reports.follow(_known(request, resource), by=user, now=now)
            messages.success(request, "Noted. You are told what becomes of it.")
        elif form.is_valid():
            photos = keep_photos(request, by=user, now=now)
            follower = reports.submit(
                form.order(resource),
                by=user,
                now=now,
                photos=[photo.pk for photo in photos],
                form_key=token.key,
                is_at_place=is_at_place,
            )
            messages.success(request, "Thank you. Your report has arrived.")
        else:
            return _form(request, resource, form, status=422)
    except DomainError as error:
        return _form(request, resource, form, problem=str(error), status=422)
    return HttpResponseRedirect(reverse("admin:report_standing", args=[follower.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@console_page(Right.WORK_ORDER_REPORT)
def report_standing(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where one's own report stands, in plain words; more can be said about it."""
    related = ("work_order__resource", "work_order__duplicate_of", "user")
    user: Any = request.user
    rows = WorkOrderFollower.objects.filter(user=user).select_related(*related)
    follower = get_object_or_404(rows, pk=pk)
    text, problem, now = "", "", timezone.now()
    if request.method == "POST":
        text = request.POST.get("text", "").replace("\x00", "")[:2000]
        try:
            photos = keep_photos(request, by=user, now=now)
            reports.add_note(follower, text, now=now, photos=[photo.pk for photo in photos])
        except DomainError as error:
            problem = str(error)
        else:
            messages.success(request, "Added.")
            return HttpResponseRedirect(request.path)
    return render_page(
        request,
        "worklogs/report_standing.html",
        title=reports.words_of(follower),
        status=422 if problem else 200,
        problem=problem,
        text=text,
        **standing_of(follower),
    )


def _place(request: HttpRequest) -> tuple[Resource | None, bool]:
    """What the address names, and whether by the code on its label; 404 for what the person cannot see."""
    user: Any = request.user
    if code := request.GET.get("code"):
        found = portal.find(code)
        if found is None or found.organization_id != user.organization_id:
            raise Http404
        return found.resource, True
    if not (text := request.GET.get("resource")):
        return None, False
    key = identity(text)
    rows = Resource.objects.visible_to(user).in_service()
    row = rows.filter(pk=key).first() if key else None
    if row is None:
        raise Http404
    return row, False


def _known(request: HttpRequest, resource: Resource) -> WorkOrder:
    """The open report on this resource that the form names."""
    user: Any = request.user
    key = identity(request.POST["known"])
    if key is None or key not in {one.pk for one in reports.known(resource, by=user)}:
        raise Http404
    order: WorkOrder = WorkOrder.objects.get(pk=key)
    return order


def _form(
    request: HttpRequest,
    resource: Resource,
    form: SignedInReportForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    user: Any = request.user
    now, zone = timezone.now(), zone_of(user)
    known = [
        {"row": one, "when": away(one.reported_at, now=now, zone=zone)}
        for one in reports.known(resource, by=user)
    ]
    return render_page(
        request,
        "worklogs/report.html",
        title="Report a problem",
        status=status,
        place=place_in_words(resource),
        form=form,
        token=portal.form_token(user.pk),
        problem=problem,
        known=known,
        had_photos=bool(status != 200 and request.FILES),
        most_photos=reports.MOST_PHOTOS,
    )


def _choice(request: HttpRequest) -> HttpResponse:
    """Where it is, and what became of earlier reports."""
    user: Any = request.user
    search = request.GET.get("q", "").replace("\x00", "").strip()
    rows = Resource.objects.visible_to(user).in_service()
    if search:
        rows = rows.named_like(search)
    found = list(rows.order_by("name", "pk")[: _MOST_CHOICES + 1])
    words = in_words(found[:_MOST_CHOICES])
    return render_page(
        request,
        "worklogs/report_choice.html",
        title="Report a problem",
        search=search,
        places=[(row, words[row.pk]) for row in found[:_MOST_CHOICES]],
        has_more=len(found) > _MOST_CHOICES,
        own=_own(request),
    )


def _own(request: HttpRequest) -> list[dict[str, Any]]:
    """What the person reported or follows, the newest first."""
    user: Any = request.user
    related = ("work_order__resource", "work_order__duplicate_of")
    rows = WorkOrderFollower.objects.filter(user=user).select_related(*related)
    now, zone = timezone.now(), zone_of(user)
    found = []
    for row in rows.order_by("-created_at", "-pk")[:_MOST_OWN]:
        word, _ = rules.standing(reports.subject_of(row).status)
        found.append(
            {
                "pk": row.pk,
                "title": row.words or row.work_order.title,
                "place": row.work_order.resource.name,
                "when": away(row.created_at, now=now, zone=zone),
                "word": word,
                "tone": {"Done": "success", "Closed": "", "Received": "info"}.get(word, "warning"),
                "is_reporter": row.is_reporter,
            }
        )
    return found


@require_POST
@console_page(Right.RESOURCE_CHANGE)
def replace_label(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A code for the resource's label, the first or a new one; those printed so far report nothing any more."""
    user: Any = request.user
    resource = get_object_or_404(Resource.objects.visible_to(user), pk=pk)
    portal.new_code(resource, by=user, now=timezone.now())
    messages.success(request, "The label has a new code. Print it, and take an old one off.")
    return HttpResponseRedirect(reverse("admin:resource_label", args=[pk]))


urlpatterns = [
    path(
        "scheduling/resource/<uuid:pk>/label/replace/",
        replace_label,
        name="resource_label_replace",
    ),
    path("report/", report_problem, name="report_problem"),
    path("report/<uuid:pk>/", report_standing, name="report_standing"),
]
