"""Beside the list of work orders: saved views, many orders at once, and the priority of what is being typed."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.rights import Right
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from scheduling.admin.filters import is_id
from scheduling.models import Schedule
from worklogs.admin.order_cells import priority_chip
from worklogs.models import SavedView, WorkOrder
from worklogs.pages.order_commands import order_of
from worklogs.pages.order_forms import workers
from worklogs.rules import priority
from worklogs.services import generation, judging, many, saved_views, warranties

_MOST_SAID = 12
_TITLES = {"assign": "Assign", "priority": "Set the priority", "cancel": "Cancel these orders"}


@require_POST
@console_page(Right.WORK_ORDER_VIEW)
def view_keep(request: HttpRequest) -> HttpResponse:
    """Keep the list in view under a name."""
    query = saved_views.cleaned(request.POST.get("query", "")[:1000].replace("\x00", ""))
    user: Any = request.user
    name = request.POST.get("name", "").replace("\x00", "")
    try:
        view = saved_views.keep(
            name,
            query,
            is_shared="is_shared" in request.POST,
            by=user,
            now=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"The list is kept as “{view}”.")
    return _to_list(query)


@require_POST
@console_page(Right.WORK_ORDER_VIEW)
def view_forget(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remove a saved view; the orders stay."""
    user: Any = request.user
    view = get_object_or_404(SavedView.objects.visible_to(user), pk=pk)
    try:
        saved_views.forget(view, by=user, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"The view “{view}” is removed.")
    return _to_list()


def _to_list(query: str = "") -> HttpResponse:
    address = reverse("admin:worklogs_workorder_changelist")
    return HttpResponseRedirect(f"{address}?{query}" if query else address)


@require_POST
@console_page(Right.WORK_ORDER_ADD)
def judge(request: HttpRequest) -> HttpResponse:
    """The priority of what is typed so far, and its reasons; writes nothing."""
    text = request.GET.get("order", "")
    order = order_of(request, UUID(text)) if is_id(text) else WorkOrder()
    is_new = order._state.adding
    form_class = admin.site.get_model_admin(WorkOrder).get_form(
        request, None if is_new else order, change=not is_new
    )
    form = form_class(request.POST, instance=order)
    form.is_valid()
    if order.resource_id is None or "resource" in form.errors:
        return HttpResponse("<p class='quiet'>Choose the resource first.</p>")
    if "due_at" in form.errors:
        order.due_at = None
    found = judging.judged(order, now=timezone.now())
    context = {
        "chip": priority_chip(found["priority"]),
        "reasons": priority.in_words(found["priority_reasons"].split()),
        "warranties": warranties.of_resource(
            order.resource, on=timezone.localdate(), without=None if is_new else order
        ),
        "is_set": bool(form.cleaned_data.get("priority")),
    }
    return render(request, "worklogs/order/judged.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@console_page(Right.WORK_ORDER_CHANGE)
def bulk(request: HttpRequest, what: str) -> HttpResponse:
    """Many orders at once: asks, then calls the service for each and tells what was refused."""
    if what not in _TITLES:
        raise Http404
    user: Any = request.user
    values = request.POST if request.method == "POST" else request.GET
    ids = [text for text in values.getlist("id") if is_id(text)][: many.MOST]
    rows = WorkOrder.objects.changeable_by(user).filter(pk__in=ids)
    chosen = list(rows.select_related("resource", "assigned_to").order_by("number"))
    problem = ""
    if request.method == "POST" and chosen:
        use_case = _use_case(request, what)
        if isinstance(use_case, str):
            problem = use_case
        else:
            _tell(request, many.each(chosen, use_case))
            return _to_list()
    return render_page(
        request,
        "worklogs/order/bulk.html",
        title=_TITLES[what],
        what=what,
        rows=chosen,
        people=workers(),
        priorities=Schedule.Priority.choices,
        problem=problem,
    )


def _use_case(request: HttpRequest, what: str) -> many.UseCase | str:
    """What is done with each order; the sentence to show when something is missing."""
    user: Any = request.user
    now = timezone.now()
    if what == "cancel":
        reason = request.POST.get("reason", "").replace("\x00", "").strip()
        if not reason:
            return "Say why, so that others understand it later."
        return many.cancelling(reason, by=user, now=now)
    if what == "priority":
        level = request.POST.get("priority", "")
        if level and level not in Schedule.Priority.values:
            return "Choose a priority."
        return many.prioritising(level, by=user, now=now)
    chosen = request.POST.get("person", "")
    person = workers().filter(pk=chosen).first() if is_id(chosen) else None
    return many.assigning(person, by=user, now=now) if person else "Choose a person."


def _tell(request: HttpRequest, outcomes: list[many.Outcome]) -> None:
    refused = [
        f"#{one.order.number}: {one.refusal.message}" for one in outcomes if one.refusal is not None
    ]
    for sentence in refused[:_MOST_SAID]:
        messages.error(request, sentence)
    if len(refused) > _MOST_SAID:
        messages.error(request, f"{len(refused) - _MOST_SAID} more were refused.")
    done = len(outcomes) - len(refused)
    if done:
        messages.success(request, f"{done} work order{'' if done == 1 else 's'} changed.")


@require_POST
@console_page(Right.WORK_ORDER_ADD, scheduling=True)
def schedule_generate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make the work orders of a schedule's next date now, wherever the person sees it."""
    user: Any = request.user
    schedule = get_object_or_404(Schedule.objects.visible_to(user).kept(), pk=pk)
    address = reverse("admin:schedule_detail", args=[pk])
    try:
        made = generation.generate_next(schedule, by=user, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(address)
    if not made:
        messages.info(request, "The next date has its work order already.")
    elif len(made) == 1:
        messages.success(request, "The work order is there.")
        address = reverse("admin:work_order_detail", args=made)
    else:
        messages.success(request, f"{len(made)} work orders are there.")
    return HttpResponseRedirect(address)


_LIST = "worklogs/workorder/"
urlpatterns = [
    path("scheduling/schedule/<uuid:pk>/generate/", schedule_generate, name="schedule_generate"),
    path(f"{_LIST}views/keep/", view_keep, name="work_order_view_keep"),
    path(f"{_LIST}views/<uuid:pk>/forget/", view_forget, name="work_order_view_forget"),
    path(f"{_LIST}judge/", judge, name="work_order_judge"),
    path(f"{_LIST}bulk/<slug:what>/", bulk, name="work_order_bulk"),
]
