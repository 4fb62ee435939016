"""What may only shrink, and what is written down from the code."""

import ast
from collections import Counter
from pathlib import Path

from django.conf import settings

from core.management.commands import state_diagrams

APPS = (
    *("core", "accounts", "scheduling", "worklogs", "notifications", "reporting"),
    *("integrations", "maintenance_site"),
)
#: Who may reach every organisation's rows, how often, and why. A new place needs a reason here.
ALLOWED = {
    "accounts/api/tokens.py": (3, "a token is found before its person's organisation is known"),
    "accounts/backends.py": (2, "sign-in and session find the person first"),
    "accounts/services/api_keys.py": (1, "a key is found before its organisation is known"),
    "accounts/services/certificates.py": (1, "the sweep finds what ends in every organisation"),
    "accounts/services/passwords.py": (2, "whoever forgot a password is not signed in"),
    "accounts/services/sign_in.py": (1, "sign-in finds the person first"),
    "accounts/services/tokens.py": (1, "a person is found by their token before the scope"),
    "core/api/filters.py": (1, "filters are declared before anybody asks; no row is read"),
    "core/api/viewsets.py": (1, "columns are chosen before anybody asks; no row is read"),
    "core/audit.py": (1, "sign-ins are recorded before anybody's organisation is known"),
    "core/clean_up.py": (1, "old keys of every organisation go"),
    "core/outbox.py": (3, "the relay serves every organisation"),
    "integrations/services/booking_feeds.py": (
        1,
        "one worker reads for every organisation; each feed is read in the scope of its own",
    ),
    "integrations/services/calendar_feeds.py": (
        1,
        "a calendar for subscription is found by its secret, which nobody has signed in for",
    ),
    "integrations/services/imports/runs.py": (2, "workers import for every organisation"),
    "integrations/services/inbound/receiving.py": (2, "one worker tries and cleans up for all"),
    "integrations/services/live.py": (2, "the bells and pages of everybody who is connected"),
    "integrations/services/publication.py": (2, "all events stand in one order"),
    "integrations/services/reading.py": (
        2,
        "the message bus belongs to the installation, and the clean-up removes everybody's",
    ),
    "integrations/services/webhook_sending.py": (1, "one sender serves every organisation"),
    "integrations/services/webhooks.py": (1, "old deliveries of every organisation go"),
    "notifications/services/browsers.py": (
        1,
        "a browser may have shown messages of somebody of another organisation",
    ),
    "notifications/services/deliveries.py": (2, "workers send for every organisation"),
    "notifications/services/following_up.py": (1, "messages of every organisation are followed up"),
    "notifications/services/inbox.py": (1, "old messages of every organisation go"),
    "notifications/services/message_links.py": (
        1,
        "a link is opened before anybody's organisation is known",
    ),
    "reporting/metrics.py": (1, "operators watch the whole installation"),
    "scheduling/services/due_check.py": (2, "the sweep finds organisations whose check is due"),
    "scheduling/services/window_notices.py": (2, "the sweep finds moments of every organisation"),
    "worklogs/services/generation.py": (
        2,
        "the sweep generates for every organisation, and asks for orders by their dates alone",
    ),
    "worklogs/services/housekeeping.py": (1, "the sweep settles bookings of every organisation"),
    "worklogs/services/judging.py": (1, "the sweep judges orders of every organisation"),
    "worklogs/services/portal.py": (
        1,
        "a code on a label is read before anybody's organisation is known",
    ),
    "worklogs/services/sla_sweep.py": (1, "the sweep looks at the clocks of every organisation"),
    "worklogs/services/uploads.py": (1, "unused uploads of every organisation go"),
}


def uses(path: Path) -> int:
    """Calls of all_tenants() in the file."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    names = (getattr(call.func, "id", getattr(call.func, "attr", "")) for call in calls)
    return sum(name == "all_tenants" for name in names)


def test_every_reach_over_all_organisations_has_a_reason() -> None:
    found: Counter[str] = Counter()
    for app in APPS:
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            if number := uses(path):
                found[str(path.relative_to(settings.BASE_DIR))] = number
    assert dict(found) == {place: number for place, (number, _) in ALLOWED.items()}


def test_the_drawn_lifecycles_are_those_of_the_code() -> None:
    written = (settings.BASE_DIR / "docs" / "state-diagrams.md").read_text()
    assert written == state_diagrams.document(), "Run: manage.py state_diagrams"
    assert state_diagrams.state_tables()
