"""The timeline: the page; its rows come from the API."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rights import Right, has_right
from accounts.zones import zone_name_of as zone_of
from core.admin.pages import console_page, render_page
from scheduling.models import Resource, ResourceType
from scheduling.pages.calendar import named_resource
from scheduling.pages.plan import LAYERS, WITHOUT_BOOKINGS
from scheduling.services.timeline import LAYERS as layers_of_rows


@require_safe
@console_page(Right.WINDOW_VIEW, scheduling=True)
def timeline(request: HttpRequest) -> HttpResponse:
    """Resources against time; the choice of filters, scale and day stands in the address."""
    user = cast("User", request.user)
    layers = LAYERS if has_right(user, Right.BOOKING_VIEW) else WITHOUT_BOOKINGS
    return render_page(
        request,
        "scheduling/timeline.html",
        title="Timeline",
        layers=[layer for layer in layers if layer.name in layers_of_rows],
        types=ResourceType.objects.order_by("name").values_list("pk", "name")[:200],
        statuses=Resource.Status.choices,
        resource=named_resource(user, request.GET.get("resource", "")),
        zone=zone_of(user),
        has_resources=Resource.objects.visible_to(user).exists(),
    )
