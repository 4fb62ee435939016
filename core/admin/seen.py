"""Two people in one form: who saves last learns what the other changed, and overwrites it knowingly or not at all.

A form carries a fingerprint of every value that it showed. What is stored now is compared when it comes back: only
fields that somebody changed meanwhile and that this form would set to something else count. So neither what workers
write beside the form nor a second click on “Save” bothers anybody.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.forms import BaseForm, BoundField
from django.forms.utils import pretty_name
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.models import AuditEntry
from core.rules.moments import day_and_time

#: The hidden field; what comes without it, such as a script's form, is taken as it is.
FIELD = "_seen"


class SeenMixin:
    """A form that overwrites what another saved meanwhile comes back as it was typed, and says so."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Of two forms of one row that arrive together, the second is compared with what the first saved."""
        if FIELD not in request.POST:
            return super().changeform_view(request, object_id, *args, **kwargs)  # type: ignore[misc]
        with transaction.atomic():
            _wait_for_others(object_id or "")
            return super().changeform_view(request, object_id, *args, **kwargs)  # type: ignore[misc]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]
        return _comparing(form, request) if change and FIELD in request.POST else form

    def _create_formsets(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Rows amid the form are compared with it."""
        found = super()._create_formsets(request, *args, **kwargs)  # type: ignore[misc]
        request.formsets = found[0]  # type: ignore[attr-defined]
        return found

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        if kwargs.get("change"):
            forms = _forms(request, context["adminform"].form)
            context["seen"] = _shown(forms, now=timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]


def _shown(forms: Iterable[BaseForm], *, now: datetime) -> str:
    """The moment, and what the forms show of what is stored then: “name=fingerprint” for each field."""
    found = [f"{one.html_name}={_fingerprint(one)}" for form in forms for one in form]
    return " ".join([now.isoformat(), *found])


def _overwritten(forms: Iterable[BaseForm], shown: Mapping[str, str]) -> list[BoundField]:
    """The fields that somebody changed since, and that these forms would set to something else."""
    return [
        one
        for form in forms
        for name in form.changed_data
        if (one := form[name]).html_name in shown and shown[one.html_name] != _fingerprint(one)
    ]


def _comparing(form: Any, request: HttpRequest) -> Any:
    """The form class, with what it would overwrite unknowingly among its errors."""

    class ComparingForm(form):
        def full_clean(self) -> None:
            super().full_clean()
            since, *fields = request.POST[FIELD].split() or [""]
            shown = dict(one.rpartition("=")[::2] for one in fields)
            forms = _forms(request, self)
            if found := _overwritten(forms, shown):
                self.add_error(None, _sentence(request, found, since))
            if len(forms) < len(_forms(request, self, also_gone=True)):
                self.add_error(None, _again(request, "Somebody removed a row of this form."))

    return ComparingForm


def _forms(request: HttpRequest, form: Any, *, also_gone: bool = False) -> list[Any]:
    """The form and those of the rows amid it that exist already; those that no longer do only when asked."""
    formsets: Any = getattr(request, "formsets", ())
    rows = [row for formset in formsets for row in formset.initial_forms]
    return [form, *(row for row in rows if also_gone or not row.instance._state.adding)]


def _fingerprint(one: BoundField) -> str:
    """Tells values apart without giving them away: a form need not show a secret that it may replace."""
    value = one.initial
    if isinstance(value, list | tuple | QuerySet) and all(isinstance(row, Model) for row in value):
        value = sorted(str(row.pk) for row in value)
    text = json.dumps(value, default=str, sort_keys=True)
    return salted_hmac(f"{__name__}:{one.html_name}", text, algorithm="sha256").hexdigest()[:12]


def _wait_for_others(object_id: str) -> None:
    """Forms of one row come one after the other; on SQLite all that write do.

    Only forms take this lock, and before any other, so that they and the services never wait for each other.
    """
    if connection.vendor == "postgresql":
        key = int.from_bytes(sha256(object_id.encode()).digest()[:8], signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _sentence(request: HttpRequest, fields: list[BoundField], since: str) -> SafeString:
    """Who changed what, when, and what now."""
    user: Any = request.user
    rows = {one.form.instance for one in fields}  # type: ignore[attr-defined]
    entry = AuditEntry.objects.latest_change(
        rows, {one.name for one in fields}, since=_moment(since)
    )
    changed = "This was changed"
    if entry is not None:
        who = entry.actor_label or "The system"
        where = "You changed this elsewhere" if entry.actor_id == user.pk else f"{who} changed this"
        zone = user.time_zone or user.organization.time_zone
        changed = f"{where} on {day_and_time(entry.at, zone)}"
    return format_html(
        "{} while you were editing: {}. What you typed is kept. Save again to overwrite it with yours, or "
        '<a href="{}" class="underline">open the form anew</a> to see what is stored.',
        changed,
        ", ".join(dict.fromkeys(map(_label, fields))),
        request.get_full_path(),
    )


def _again(request: HttpRequest, problem: str) -> SafeString:
    """What saving again cannot mend."""
    return format_html(
        '{} <a href="{}" class="underline">Open the form anew</a> and make your change once more.',
        problem,
        request.get_full_path(),
    )


def _moment(text: str) -> datetime:
    """When the form was shown; now if that is unreadable."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return timezone.now()


def _label(one: BoundField) -> str:
    """The field as the form names it; of a row amid the form with the row's name."""
    words = str(one.label or pretty_name(one.name))
    words = words[:1].upper() + words[1:]
    return f"{words} of {one.form.instance}" if one.form.prefix else words  # type: ignore[attr-defined]
