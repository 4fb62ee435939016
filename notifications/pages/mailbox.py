"""The mails that a development installation keeps instead of sending them."""

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.rights import Right
from core.admin.pages import console_page, render_page
from notifications.pages import zones
from notifications.services import mailbox


@console_page(Right.DELIVERY_VIEW)
@require_GET
def mails(request: HttpRequest) -> HttpResponse:
    """The newest digests to people of the organisation, and the reader's own letters."""
    _refuse_real_mail()
    reader = cast(User, request.user)
    zone = zones.of(reader)
    rows = [_shown(mail, zone) for mail in mailbox.mails(reader)]
    return render_page(request, "notifications/mailbox.html", title="Mailbox", rows=rows)


@console_page(Right.DELIVERY_VIEW)
@require_GET
def mail(request: HttpRequest, key: str) -> HttpResponse:
    """One mail as its reader sees it, in a frame that can run nothing and reach nothing."""
    _refuse_real_mail()
    reader = cast(User, request.user)
    found = mailbox.find(key, reader)
    if found is None:
        raise Http404("This mail is not kept any more.")
    shown = _shown(found, zones.of(reader))
    return render_page(request, "notifications/mail.html", title=found.subject, **shown)


def _shown(found: mailbox.Mail, zone: zones.Zone) -> dict[str, Any]:
    return {"mail": found, "at": zones.local(found.sent_at, zone) if found.sent_at else None}


def _refuse_real_mail() -> None:
    if not mailbox.is_kept():
        raise Http404("Mails are sent from here, not kept.")
