"""How the console looks and what stands in its navigation; read by the theme through `settings.UNFOLD`."""

from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.rights import RIGHTS, Right, Role, has_right
from core.features import scheduling_enabled
from core.tenancy import current_organization_id

#: Every page asks for these two dozen addresses, and they stay the same as long as the process runs.
_address = cache(reverse)

#: Title, icon (Material Symbols), address name, right. The platform's order of work: look, plan, record, set up.
_WORK = [
    ("Dashboard", "space_dashboard", "admin:index", Right.DASHBOARD_VIEW),
    ("Calendar", "calendar_month", "admin:calendar", Right.SCHEDULE_VIEW),
    ("Timeline", "view_timeline", "admin:timeline", Right.WINDOW_VIEW),
    ("Board", "view_kanban", "admin:work_order_board", Right.WORK_ORDER_VIEW),
    (
        "Work orders",
        "assignment",
        "admin:worklogs_workorder_changelist",
        Right.WORK_ORDER_VIEW,
    ),
    ("Housekeeping", "bed", "admin:housekeeping", Right.WORK_ORDER_WORK),
    ("Triage", "inbox", "admin:triage", Right.WORK_ORDER_TRIAGE),
    ("Report a problem", "report", "admin:report_problem", Right.WORK_ORDER_REPORT),
    ("Schedules", "event_repeat", "admin:scheduling_schedule_changelist", Right.SCHEDULE_VIEW),
    ("Resources", "account_tree", "admin:scheduling_resource_changelist", Right.RESOURCE_VIEW),
    (
        "Resource types",
        "category",
        "admin:scheduling_resourcetype_changelist",
        Right.RESOURCE_TYPE_VIEW,
    ),
    ("Logs", "fact_check", "admin:worklogs_log_changelist", Right.LOG_VIEW),
    ("Work report", "bar_chart", "admin:work_report", Right.WORK_ORDER_WORK),
    ("Service levels", "timer", "admin:sla", Right.SLA_VIEW),
    (
        "Notifications",
        "notifications",
        "admin:notifications_inbox",
        Right.NOTIFICATION_VIEW,
    ),
]
#: First of all for those who do the work.
_MY_WORK = ("My work", "handyman", "admin:my_work", Right.WORK_ORDER_WORK)
_PLANNING = [
    (
        "Cleaning plans",
        "cleaning_services",
        "admin:worklogs_cleaningplan_changelist",
        Right.WORK_ORDER_WORK,
    ),
    ("Checklists", "checklist", "admin:checklist_list", Right.CHECKLIST_VIEW),
    ("Overview", "monitoring", "admin:window_overview", Right.WINDOW_VIEW),
    ("Windows", "event_busy", "admin:scheduling_window_changelist", Right.WINDOW_VIEW),
    ("Free time", "event_available", "admin:availability", Right.WINDOW_VIEW),
    ("Bookings", "hotel", "admin:scheduling_booking_changelist", Right.BOOKING_VIEW),
    ("Booking feeds", "sync", "admin:integrations_bookingfeed_changelist", Right.BOOKING_MANAGE),
    (
        "Calendar feeds",
        "calendar_add_on",
        "admin:integrations_calendarfeed_changelist",
        Right.WINDOW_VIEW,
    ),
]
_PEOPLE = [
    ("Shifts", "schedule", "admin:shift_week", Right.STAFF_VIEW),
    ("Workload", "equalizer", "admin:workload", Right.STAFF_VIEW),
    ("Teams", "groups", "admin:accounts_team_changelist", Right.STAFF_VIEW),
    ("Skills", "workspace_premium", "admin:accounts_skill_changelist", Right.STAFF_VIEW),
    ("Certificates", "verified", "admin:accounts_certificate_changelist", Right.STAFF_VIEW),
    ("Absences", "event_busy", "admin:accounts_shiftexception_changelist", Right.STAFF_VIEW),
    ("Required skills", "rule", "admin:worklogs_workneed_changelist", Right.STAFF_MANAGE),
    ("Usual places", "home_pin", "admin:worklogs_homeplace_changelist", Right.STAFF_MANAGE),
    ("Vendors", "handshake", "admin:worklogs_vendor_changelist", Right.VENDOR_VIEW),
]
_EVENTS = [
    ("Events", "hub", "admin:event_catalogue", Right.EVENT_VIEW),
    ("What left", "call_made", "admin:events_left", Right.EVENT_VIEW),
    ("Incoming events", "call_received", "admin:incoming_events", Right.EVENT_VIEW),
    ("Put aside", "inventory_2", "admin:events_aside", Right.EVENT_VIEW),
    ("Webhooks", "webhook", "admin:integrations_webhook_changelist", Right.WEBHOOK_MANAGE),
]
_ADMINISTRATION = [
    (
        "Due checks",
        "published_with_changes",
        "admin:scheduling_duecheckrun_changelist",
        Right.DUE_CHECK_VIEW,
    ),
    (
        "Labour rates",
        "payments",
        "admin:worklogs_laborrate_changelist",
        Right.ORGANIZATION_VIEW,
    ),
    ("Users", "group", "admin:accounts_user_changelist", Right.USER_VIEW),
    ("Import", "upload_file", "admin:import", Right.DATA_IMPORT),
    ("Deliveries", "outbox", "admin:notifications_delivery_changelist", Right.DELIVERY_VIEW),
    (
        "Chat rooms",
        "forum",
        "admin:notifications_chatroom_changelist",
        Right.ORGANIZATION_VIEW,
    ),
    ("Mailbox", "mail", "admin:notifications_mailbox", Right.DELIVERY_VIEW),
    ("API keys", "key", "admin:accounts_apikey_changelist", Right.API_KEY_MANAGE),
    (
        "Settings",
        "settings",
        "admin:settings",
        Right.ORGANIZATION_VIEW,
    ),
    ("Audit trail", "history", "admin:core_auditentry_changelist", Right.AUDIT_VIEW),
]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The side bar: what the person may open, with the page in view marked.

    The longest matching address wins, so that a page below another marks only itself.
    """
    is_technician = getattr(request.user, "role", "") == Role.TECHNICIAN
    work = [_MY_WORK, *_WORK] if is_technician else [_WORK[0], _MY_WORK, *_WORK[1:]]
    groups = [
        {"title": title, "separator": bool(title), "items": _items(request, links)}
        for title, links in (
            *(
                ("", work),
                ("Planning", _PLANNING),
                ("People", _PEOPLE),
                ("Events", _EVENTS),
                ("Administration", _ADMINISTRATION),
            ),
        )
    ]
    items: list[dict[str, Any]] = [item for group in groups for item in group["items"]]  # type: ignore[attr-defined]
    front = _address("admin:index")
    here = [item for item in items if _stands_on(request.path, item["link"], front)]
    if here:
        max(here, key=lambda item: len(item["link"]))["active"] = True
    return [group for group in groups if group["items"]]


def _items(request: HttpRequest, links: list[tuple[str, str, str, Right]]) -> list[dict[str, Any]]:
    return [
        {"title": title, "icon": icon, "link": _address(name), "active": False}
        for title, icon, name, right in links
        if has_right(request.user, right)  # type: ignore[arg-type]
        and (title != "Mailbox" or settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"))
    ]


def _stands_on(path: str, link: str, front: str) -> bool:
    return path == link or (link != front and path.startswith(link))


def organization_name(request: HttpRequest) -> str:
    """Shown below the product's name, so that nobody works in the wrong organisation."""
    user, chosen = request.user, current_organization_id()
    if not user.is_authenticated:
        return "Maintenance, planned and proven"
    if chosen in {None, user.organization_id}:
        return str(user.organization)
    return str(apps.get_model("accounts", "Organization")._default_manager.get(pk=chosen))


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """For every page: the person's rights, whether scheduling is on, where settings are, and whether pages are live."""
    user = request.user
    rights = RIGHTS[Role(user.role)] if user.is_authenticated and user.is_active else frozenset()
    enabled = SimpleLazyObject(lambda: scheduling_enabled(user))  # asked only by pages that need it
    return {
        "rights": rights,
        "scheduling_enabled": enabled,
        "settings_url": _address("admin:settings"),
        # a page that is fetched to be looked up in takes no message from the one that a person opens
        "is_looked_up": "X-Live" in request.headers,
        # the moment whose state the page shows
        "is_live": bool(rights) and settings.LIVE_PAGES and timezone.now().isoformat(),
    }


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """What the person's own menu offers."""
    links = [
        {"title": "Your profile", "link": _address("admin:profile")},
        {"title": "Change password", "link": _address("admin:password_change")},
    ]
    if has_right(request.user, Right.ORGANIZATION_SWITCH):  # type: ignore[arg-type]
        links.append({"title": "Switch organisation", "link": reverse("admin:switch_organization")})
    return links


def _asset(path: str) -> Any:
    return lambda request: static(path)


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Mainstay",
    "SITE_HEADER": "Mainstay",
    "SITE_SUBHEADER": organization_name,
    "SITE_URL": "",
    "SITE_ICON": {"light": _asset("console/logo.svg"), "dark": _asset("console/logo-dark.svg")},
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": _asset("console/favicon.svg")}
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "BORDER_RADIUS": "8px",
    "LOGIN": {"form": "accounts.pages.forms.SignInForm"},
    "ACCOUNT": {"navigation": account_links},
    "STYLES": [_asset("console/console.css")],
    "SCRIPTS": [],
    "GLOBAL_CALLBACK": "maintenance_site.console.everywhere",
    "DASHBOARD_CALLBACK": "reporting.pages.dashboard.fill",
    "COMMAND": {"search_callback": "maintenance_site.quick_search.find"},
    "SIDEBAR": {
        "show_search": False,
        "command_search": False,
        "show_all_applications": False,
        "navigation": navigation,
    },
    "COLORS": {
        "base": {
            "50": "oklch(98.4% .003 230)",
            "100": "oklch(96.6% .005 230)",
            "200": "oklch(92.6% .008 230)",
            "300": "oklch(86.8% .012 230)",
            "400": "oklch(71.5% .02 232)",
            "500": "oklch(53.5% .024 234)",
            "600": "oklch(43.5% .026 236)",
            "700": "oklch(36% .027 238)",
            "800": "oklch(27% .026 240)",
            "900": "oklch(20.5% .024 242)",
            "950": "oklch(14.5% .02 244)",
        },
        "primary": {
            "50": "oklch(97.6% .012 205)",
            "100": "oklch(94.5% .028 205)",
            "200": "oklch(89% .052 206)",
            "300": "oklch(81.5% .085 207)",
            "400": "oklch(73.5% .105 208)",
            "500": "oklch(66.5% .11 209)",
            "600": "oklch(48.5% .088 212)",
            "700": "oklch(42.5% .077 214)",
            "800": "oklch(36.5% .064 216)",
            "900": "oklch(31% .052 218)",
            "950": "oklch(22.5% .04 220)",
        },
        "font": {
            "subtle-light": "var(--color-base-500)",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "var(--color-base-600)",
            "default-dark": "var(--color-base-300)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
}
