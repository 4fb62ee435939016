"""The commands of a work order: a question in a dialog or on a page, then one call of the service."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from core.admin.pages import console_page, render_page
from core.errors import DomainError, Invalid, NotAllowed
from worklogs import states
from worklogs.models import WorkOrder
from worklogs.pages import order_cards
from worklogs.pages.order_forms import FORMS, CommandForm
from worklogs.pages.order_words import BUTTONS
from worklogs.services import assigning, moving, orders
from worklogs.states import COMMANDS

_GIVING = {"assign", "take", "reassign"}
_ORDER = "worklogs/workorder/<uuid:pk>/"
_SHOWN = (
    *("resource__type", "resource__parent", "schedule", "assigned_to", "reported_by"),
    *("duplicate_of", "window", "completed_by", "verified_by", "organization"),
)


def order_of(request: HttpRequest, pk: UUID, related: Sequence[str] = _SHOWN) -> WorkOrder:
    """The order of the address with what its page shows beside it; 404 unless the person sees it."""
    rows = WorkOrder.objects.visible_to(request.user)  # type: ignore[arg-type]
    found: WorkOrder = get_object_or_404(rows.select_related(*related), pk=pk)
    return found


def _command(name: str) -> Callable[..., HttpResponse]:
    """The page of one command: GET asks for what it needs, POST gives it."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @console_page(COMMANDS[name].right)
    def view(request: HttpRequest, pk: UUID) -> HttpResponse:
        order = order_of(request, pk, ["resource"])
        user: Any = request.user
        data = request.POST if request.method == "POST" else None
        form = FORMS.get(name, CommandForm)(data, order=order, user=user)
        try:
            moving.check_state(order, COMMANDS[name])
            if form.is_valid():
                orders.give(order, name, form.given(), by=user, now=timezone.now())
                return _done(request, order, name)
        except DomainError as error:
            if not (isinstance(error, Invalid) and form.fields):
                return _refused(request, order, error)
            form.refuse(error)
        return _ask(request, order, name, form)

    return view


def _ask(request: HttpRequest, order: WorkOrder, name: str, form: CommandForm) -> HttpResponse:
    """The question: its inner part for a dialog, else a page of its own."""
    context = {"form": form, "order": order, "button": BUTTONS[name], "name": name}
    status = 422 if form.is_bound else 200
    if is_dialog(request):
        return render(request, "worklogs/order/command.html", context, status=status)
    return render_page(
        request,
        "worklogs/order/command_page.html",
        title=BUTTONS[name].title,
        status=status,
        **context,
    )


def _done(request: HttpRequest, order: WorkOrder, name: str) -> HttpResponse:
    """The board is told what became of the card; elsewhere the order's page says so."""
    against = assigning.warnings(order, now=timezone.now()) if name in _GIVING else []
    on_board = request.headers.get("X-Dialog") == "board"
    if not on_board:
        messages.success(request, BUTTONS[name].done)
        for text in against:
            messages.warning(request, text)
    if not is_dialog(request):
        return HttpResponseRedirect(reverse("admin:work_order_detail", args=[order.pk]))
    user: Any = request.user
    back = states.way_back(name)
    answer: dict[str, Any] = {
        "message": " ".join([f"#{order.number}: {BUTTONS[name].done}", *against]),
        "status": order.status,
        "undo": back if back in moving.allowed_to(order, user) else None,
    }
    if on_board:
        answer["card"] = order_cards.one_card(request, order_of(request, order.pk))
    return JsonResponse(answer)


def _refused(request: HttpRequest, order: WorkOrder, error: DomainError) -> HttpResponse:
    if is_dialog(request):
        status = 403 if isinstance(error, NotAllowed) else 409
        return JsonResponse({"detail": error.message}, status=status)
    messages.error(request, error.message)
    return HttpResponseRedirect(reverse("admin:work_order_detail", args=[order.pk]))


def is_dialog(request: HttpRequest) -> bool:
    """Whether a script asks, which shows the answer on the page in view."""
    return "X-Dialog" in request.headers


urlpatterns = [
    path(f"{_ORDER}{name}/", _command(name), name=f"work_order_{name}") for name in COMMANDS
]
