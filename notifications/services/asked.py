"""Questions to those who booked: sent to them, and what comes of it told to the planner."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from accounts.rights import RIGHTS, Right, Role
from notifications.models import Kind
from notifications.rules.words import shorten
from notifications.services import contact_letters, links, recipients
from notifications.services.telling import Fact, tell
from scheduling import states
from scheduling.models import Inquiry, InquiryAnswer, Window
from scheduling.rules.window_words import period


def send_question(inquiry_id: UUID, *, number: int, now: datetime) -> int:
    """Mail the question to the booking's contact, unless it is void or answered meanwhile."""
    standing = Inquiry.objects.standing().unanswered().filter(pk=inquiry_id)
    inquiry = standing.select_related("window__resource", "booking").first()
    if inquiry is None:
        return 0
    return contact_letters.ask_contact(
        inquiry.booking, inquiry.window, inquiry_id=inquiry.pk, number=number, now=now
    )


def confirm_answer(answer_id: UUID, *, now: datetime) -> int:
    """Confirm to the booking's contact what was answered, also when somebody answered on their behalf."""
    rows = InquiryAnswer.objects.select_related("inquiry__window__resource")
    given = rows.get(pk=answer_id)
    return contact_letters.confirm_answer(given, now=now)


def tell_answer(answer_id: UUID, *, now: datetime) -> int:
    """Tell whoever asked what was answered; who answered on the contact's behalf knows."""
    related = ("inquiry__window__resource", "inquiry__booking__resource", "resource")
    given = InquiryAnswer.objects.select_related(*related).get(pk=answer_id)
    inquiry, booking = given.inquiry, given.inquiry.booking
    heads = {
        InquiryAnswer.Choice.MOVED: "moves",
        InquiryAnswer.Choice.RELEASED: "is given up",
        InquiryAnswer.Choice.KEPT: "stays",
    }
    name = booking.reference or "A booking"
    return _tell_planner(
        inquiry.window,
        asked_by=inquiry.asked_by_id,
        key=f"answer:{given.pk}",
        title=f"{name} {heads[InquiryAnswer.Choice(given.choice)]}: {inquiry.window}",
        message=_outcome(given),
        except_for=given.answered_by_id,
        now=now,
    )


def _outcome(given: InquiryAnswer) -> str:
    """What the answer means for the plan."""
    inquiry, booking = given.inquiry, given.inquiry.booking
    if given.choice == InquiryAnswer.Choice.KEPT:
        text = "The contact keeps the booking. Look for another time, or get in touch."
    elif given.resource and given.starts_at and given.ends_at:
        zone = given.resource.effective_time_zone
        text = f"Now in {given.resource}, {period(given.starts_at, given.ends_at, zone)}."
    else:
        text = "The contact gives the booking up; it is cancelled here."
    if given.choice != InquiryAnswer.Choice.KEPT and booking.source:
        text += f" It comes from {booking.source}: change it there as well."
    missing = Inquiry.objects.filter(window=inquiry.window).standing().unanswered().count()
    return f"{text} {_answers(missing)} still missing." if missing else text


def _answers(count: int) -> str:
    return "1 answer is" if count == 1 else f"{count} answers are"


def tell_unanswered(window_id: UUID, *, now: datetime) -> int:
    """Tell whoever asked that the time to answer is over."""
    window = _window(window_id)
    silent = Inquiry.objects.filter(window=window_id).overdue(now=now)
    rows = list(silent.values_list("asked_by", "answer_by"))
    if window is None or not rows:
        return 0
    latest = max(deadline for _, deadline in rows)
    return _tell_planner(
        window,
        asked_by=next((pk for pk, _ in rows if pk), None),
        key=f"unanswered:{window.pk}:{latest:%Y%m%dT%H%M}",
        title=f"No answer in time: {window} – {window.resource}",
        message=f"{_answers(len(rows))} missing. Remind them, answer for them, or look for another time.",
        now=now,
    )


def tell_approvers(what: str, window_id: UUID, *, now: datetime) -> int:
    """Tell those who may approve the draft that it was `submitted`, or `cleared`: nothing is in its way any more.

    A series is one message.
    """
    window = _window(window_id)
    if window is None or window.status != states.DRAFT:
        return 0
    when = period(window.starts_at, window.ends_at, window.resource.effective_time_zone)
    title, message = {
        "submitted": (
            "Waits for approval",
            f"{window.created_by or 'The system'} planned it: {when}. It takes nothing until it is approved.",
        ),
        "cleared": (
            "Ready for approval",
            "Those who booked made room. The window is scheduled once it is approved.",
        ),
    }[what]
    subject = window.series_id if what == "submitted" else None
    return _tell(
        _approvers(window),
        window,
        key=f"{what}:{subject or f'{window.pk}:{window.blocked_from:%Y%m%dT%H%M}'}",
        title=f"{title}: {window} – {window.resource}",
        message=message,
        why="You may approve maintenance windows here.",
        now=now,
    )


def _window(window_id: UUID) -> Window | None:
    """The window with its place and who planned it; None when it was deleted."""
    rows = Window.objects.filter(pk=window_id).select_related("resource", "created_by")
    found: Window | None = rows.first()
    return found


def _approvers(window: Window) -> list[UUID]:
    """Active people who may approve this one: for venue admins it lies in what is entrusted to them."""
    line = [UUID(hex=part) for part in window.resource.path.rstrip("/").split("/")]
    roles = [role for role, rights in RIGHTS.items() if Right.WINDOW_APPROVE in rights]
    people = User.objects.active().filter(organization=window.organization_id, role__in=roles)
    reach = ~Q(role=Role.VENUE_ADMIN) | Q(entrustments__resource__in=line)
    return list(people.filter(reach).distinct().values_list("pk", flat=True))


def _tell_planner(
    window: Window,
    *,
    asked_by: UUID | None,
    key: str,
    title: str,
    message: str,
    now: datetime,
    except_for: UUID | None = None,
) -> int:
    """Whoever asked, else whoever planned the window, else the administrators."""
    planner = asked_by or window.created_by_id
    people: list[UUID] = [planner] if planner else recipients.administrators()
    return _tell(
        [pk for pk in people if pk != except_for],
        window,
        key=key,
        title=title,
        message=message,
        why="You asked those who booked, or look after this window.",
        now=now,
    )


def _tell(
    ids: Collection[UUID],
    window: Window,
    *,
    key: str,
    title: str,
    message: str,
    why: str,
    now: datetime,
) -> int:
    people = recipients.load(ids, organization_id=window.organization_id)
    facts = [
        Fact(
            recipient=pk,
            kind=Kind.WINDOW_ANSWER.value,
            key=key,
            title=shorten(title),
            message=message,
            why=why,
            object_type="window",
            object_id=window.pk,
            action_url=links.to("window", window.pk),
        )
        for pk in people
    ]
    return tell(facts, people, now=now)
