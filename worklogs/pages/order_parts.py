"""Small forms on the page of a work order: what is said, time, money, links, files."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.rights import Right
from core.admin.pages import console_page
from core.errors import DomainError, Invalid
from core.services import attachments
from scheduling.admin.filters import is_id
from scheduling.models import Window
from scheduling.rules import zones
from worklogs.models import CostEntry, LaborEntry, WorkOrder, WorkOrderLink
from worklogs.pages import places
from worklogs.pages.order_commands import order_of
from worklogs.pages.order_tabs import TARGET
from worklogs.pages.orders import order_page
from worklogs.rules.search import number_in
from worklogs.services import labor, orders, talk

_ORDER = "worklogs/workorder/<uuid:pk>/"
_MOST_PEOPLE = 8


#: The forms that people write into; what is refused comes back as it was typed.
_WRITTEN = {"comment", "labor", "cost", "link"}


def _act(
    name: str, right: Right, tab: str, use_case: Callable[[WorkOrder, HttpRequest, datetime], str]
) -> Callable[..., HttpResponse]:
    """A small form: one service call, then its tab again with what came of it."""

    @require_POST
    @console_page(right)
    def view(request: HttpRequest, pk: UUID) -> HttpResponse:
        order = order_of(request, pk)
        try:
            messages.success(request, use_case(order, request, timezone.now()))
        except DomainError as error:
            if name in _WRITTEN:
                return order_page(request, order, tab=tab, form=name, problem=_sentence(error))
            messages.error(request, _sentence(error))
        address = reverse("admin:work_order_detail", args=[pk])
        return HttpResponseRedirect(f"{address}?tab={tab}")

    return view


def _sentence(error: DomainError) -> str:
    if isinstance(error, Invalid) and error.errors:
        return " ".join(str(text) for texts in error.errors.values() for text in texts)
    return error.message


def _text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "").strip()


def _user(request: HttpRequest) -> User:
    user: Any = request.user
    return user  # type: ignore[no-any-return]


# -- what is said ------------------------------------------------------------------------------------------------------


def _comment(order: WorkOrder, request: HttpRequest, now: datetime) -> str:
    ids = [text for text in request.POST.getlist("mentioned") if is_id(text)]
    text = _text(request, "text")
    # a name that was deleted from the text again is not addressed
    people = [
        person for person in User.objects.active().filter(pk__in=ids) if f"@{person.name}" in text
    ]
    talk.add_comment(order, text, mentioned=people, by=_user(request), now=now)
    told = ", ".join(person.name for person in people)
    return f"Said. {told} will hear of it." if told else "Said."


@require_safe
@console_page(Right.WORK_ORDER_VIEW)
def work_order_people(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whom a comment can address by the letters typed after “@”: those who can see the order."""
    order = order_of(request, pk)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    rows = User.objects.active().filter(name__icontains=words).order_by("name", "pk")
    found = [
        {"id": str(person.pk), "name": person.name}
        for person in rows[: _MOST_PEOPLE * 3]
        if WorkOrder.objects.visible_to(person).filter(pk=order.pk).exists()
    ]
    return JsonResponse({"people": found[:_MOST_PEOPLE]})


# -- time and money ----------------------------------------------------------------------------------------------------


def _timer_start(order: WorkOrder, request: HttpRequest, now: datetime) -> str:
    entry = LaborEntry(work_order=order, person=_user(request), started_at=now)
    labor.add_labor(entry, by=_user(request), now=now)
    return "Your timer runs."


def _timer_stop(order: WorkOrder, request: HttpRequest, now: datetime) -> str:
    rows = LaborEntry.objects.running().filter(work_order=order, person=_user(request))
    entry = rows.select_related("work_order__resource", "person").first()
    if entry is None:
        raise Invalid("Your timer does not run on this order.")
    labor.change_labor(entry, {"ended_at": now}, by=_user(request), now=now)
    return "Your timer is stopped."


def _labor_add(order: WorkOrder, request: HttpRequest, now: datetime) -> str:
    person: User | None = _user(request)
    if is_id(chosen := _text(request, "person")):
        person = User.objects.active().filter(pk=chosen).first()
    if person is None:
        raise Invalid("Choose a person.", field="person")
    zone = order.resource.effective_time_zone
    entry = LaborEntry(
        work_order=order,
        person=person,
        started_at=_local(request, "started_at", zone),
        ended_at=_local(request, "ended_at", zone),
        note=_text(request, "note")[:300],
    )
    labor.add_labor(entry, by=_user(request), now=now)
    return "The time is entered."


def _local(request: HttpRequest, name: str, zone: str) -> datetime:
    try:
        local = datetime.fromisoformat(_text(request, name)).replace(tzinfo=None)
        return zones.to_utc(local, zone)
    except (ValueError, OverflowError):
        raise Invalid("Enter start and end with date and time.", field=name) from None


def _chosen(request: HttpRequest, rows: Any) -> Any:
    """The row that a button stands beside."""
    key = _text(request, "entry")
    found = rows.filter(pk=key).first() if is_id(key) else None
    if found is None:
        raise Invalid("This is gone already.")
    return found


def _labor_remove(order: WorkOrder, request: HttpRequest, now: datetime) -> str:
    entry = _chosen(request, order.labor.select_related("work_order__resource", "person"))
    labor.remove_labor(entry, by=_user(request), now=now)
    return "The time is removed."


def _cost_add(order: WorkOrder, request: HttpRequest, now: datetime) -> str:
    try:
        amount = Decimal(_text(request, "amount").replace(",", "."))
    except InvalidOperation:
        raise Invalid("Enter an amount such as 12.50.", field="amount") from None
    kind = _text(request, "kind") or CostEntry.Kind.OTHER
    words = _text(request, "description")
    entry = CostEntry(work_order=order, kind=kind, amount=amount, description=words)
    despite = "despite_warranty" in request.POST
    labor.add_cost(entry, by=_user(request), now=now, despite_warranty=despite)
    return "The cost is entered."


def _cost_remove(order: WorkOrder, request: HttpRequest, now: datetime) -> str:
    entry = _chosen(request, order.costs.select_related("work_order"))
    labor.remove_cost(entry, by=_user(request), now=now)
    return "The cost is removed."


# -- links, window, files ----------------------------------------------------------------------------------------------


def _link(order: WorkOrder, request: HttpRequest, now: datetime) -> str:
    number = number_in(f"#{_text(request, 'number').removeprefix('#')}")
    rows = WorkOrder.objects.visible_to(_user(request))
    other = rows.filter(number=number).first() if number else None
    if other is None:
        raise Invalid("There is no order of this number.", field="number")
    talk.add_link(order, other, _text(request, "kind"), by=_user(request), now=now)
    return f"Linked with {other}."


def _link_remove(order: WorkOrder, request: HttpRequest, now: datetime) -> str:
    link = _chosen(request, WorkOrderLink.objects.touching(order))
    talk.remove_link(link, order=order, by=_user(request), now=now)
    return "The link is removed."


def _window(order: WorkOrder, request: HttpRequest, now: datetime) -> str:
    key = _text(request, "window")
    rows = Window.objects.visible_to(_user(request))
    window = rows.filter(pk=key).first() if is_id(key) else None
    if key and window is None:
        raise Invalid("There is no such window.", field="window")
    changes: dict[str, Any] = {"window": window}
    if window is not None:
        changes |= {"scheduled_start_at": window.starts_at, "scheduled_end_at": window.ends_at}
    orders.change_order(order, changes, by=_user(request), now=now)
    return "The work takes this window." if window else "The window is taken away from the order."


def _files(order: WorkOrder, request: HttpRequest, now: datetime) -> str:
    uploads = request.FILES.getlist("file")
    if not uploads:
        raise Invalid("Choose a photo or document first.", field="file")
    for upload in uploads:
        attachments.store(
            upload=upload,
            name=upload.name or "file",
            target_type=TARGET,
            target_id=order.pk,
            by=request.user,
            now=now,
        )
    return f"{len(uploads)} kept." if len(uploads) > 1 else f"{uploads[0].name} is kept."


def _stop(order: WorkOrder, request: HttpRequest, now: datetime) -> str:
    places.say(order, request, now)
    return "The place is noted."


_FORMS: dict[str, tuple[Right, str, Callable[[WorkOrder, HttpRequest, datetime], str]]] = {
    "comment": (Right.WORK_ORDER_VIEW, "comments", _comment),
    "timer_start": (Right.WORK_ORDER_WORK, "time", _timer_start),
    "timer_stop": (Right.WORK_ORDER_WORK, "time", _timer_stop),
    "labor": (Right.WORK_ORDER_WORK, "time", _labor_add),
    "labor_remove": (Right.WORK_ORDER_WORK, "time", _labor_remove),
    "cost": (Right.WORK_ORDER_CHANGE, "time", _cost_add),
    "cost_remove": (Right.WORK_ORDER_CHANGE, "time", _cost_remove),
    "link": (Right.WORK_ORDER_CHANGE, "links", _link),
    "link_remove": (Right.WORK_ORDER_CHANGE, "links", _link_remove),
    "window": (Right.WORK_ORDER_CHANGE, "details", _window),
    "stop": (Right.WORK_ORDER_WORK, "details", _stop),
    "file": (Right.ATTACHMENT_ADD, "files", _files),
}
urlpatterns = [
    path(f"{_ORDER}people/", work_order_people, name="work_order_people"),
    *(
        path(f"{_ORDER}{name.replace('_', '-')}/", _act(name, *values), name=f"work_order_{name}")
        for name, values in _FORMS.items()
    ),
]
