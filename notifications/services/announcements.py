"""Single facts told as they happen: an assignment, an issue found, a letter that another app asks for."""

from datetime import datetime
from uuid import UUID

from accounts.models import User
from accounts.services import passwords
from accounts.services.passwords import Letter
from core import correlation
from core.ids import new_id
from notifications.channels import registry
from notifications.models import Channel, Delivery, Kind, Notification
from notifications.rules import words
from notifications.services import letters, links, recipients
from notifications.services.telling import Fact, tell
from scheduling.models import Schedule
from worklogs.models import Log


def tell_assigned(
    schedule_id: UUID, assignee_id: UUID, *, by_id: UUID | None, event_id: UUID, now: datetime
) -> int:
    """Tell somebody that a schedule is theirs now, unless they took it themselves or it is not theirs any more."""
    schedule = (
        Schedule.objects.kept().filter(pk=schedule_id).select_related("resource", "resource_type")
    ).first()
    if schedule is None or schedule.assigned_to_id != assignee_id or assignee_id == by_id:
        return 0
    people = recipients.load([assignee_id], organization_id=schedule.organization_id)
    target = schedule.resource or f"every {schedule.resource_type}"
    facts = [
        Fact(
            recipient=pk,
            kind=Kind.SCHEDULE_ASSIGNED.value,
            key=f"schedule_assigned:{schedule.pk}:{event_id}",
            title=words.shorten(f"Assigned to you: {schedule.title} – {target}"),
            message="You will be told when it comes due.",
            why="Somebody assigned this schedule to you.",
            object_type="schedule",
            object_id=schedule.pk,
            action_url=links.to("schedule", schedule.pk),
        )
        for pk in people
    ]
    return tell(facts, people, now=now)


def tell_issue(log_id: UUID, *, now: datetime) -> int:
    """Tell the owner of the resource what was found there; for a major issue that reaches no owner, the administrators.

    Whoever recorded or performed the work knows it already.
    """
    log = Log.objects.select_related("resource", "schedule", "performed_by").get(pk=log_id)
    knowing = {log.performed_by_id, log.recorded_by_id}
    owner = log.resource.owner_id
    people = recipients.load(
        [owner] if owner and owner not in knowing else [], organization_id=log.organization_id
    )
    is_major = log.issues_found == Log.Issues.MAJOR
    if not people and is_major:
        others = [pk for pk in recipients.administrators() if pk not in knowing]
        people = recipients.load(others, organization_id=log.organization_id)
    return tell([_issue(log, pk, is_major, owner) for pk in people], people, now=now)


def _issue(log: Log, recipient: UUID, is_major: bool, owner: UUID | None) -> Fact:
    finder = f" Found by {log.performed_by}." if log.performed_by else ""
    notes = words.shorten(log.notes, 500) or "No notes."
    return Fact(
        recipient=recipient,
        kind=Kind.ISSUE_FOUND.value,
        key=f"issue_found:{log.pk}",
        title=words.shorten(f"{'Major' if is_major else 'Minor'} issue found: {log.resource}"),
        message=f"{notes}{finder}",
        why="You are responsible for this resource."
        if recipient == owner
        else "Nobody else who is responsible for this resource can be told.",
        priority=(Notification.Priority.URGENT if is_major else Notification.Priority.NORMAL).value,
        object_type="log",
        object_id=log.pk,
        action_url=links.to("log", log.pk),
    )


def send_letter(user_id: UUID, *, letter: Letter, organization_id: UUID, now: datetime) -> int:
    """Mail a letter, which waits for no digest; returns 0 when the person is not active any more."""
    people = recipients.load([user_id], organization_id=organization_id)
    for user in User.objects.filter(pk__in=people).select_related("organization"):
        person, pk = people[user.pk], new_id()
        Delivery.objects.create(
            id=pk,
            recipient_id=person.pk,
            channel=Channel.EMAIL,
            address=registry.channel(Channel.EMAIL).address_of(person),
            message_id=letters.message_id(pk),
            subject=words.shorten(passwords.subject_of(letter, user)),
            letter=letter,
            available_at=now,
            correlation_id=correlation.current(),
        )
    return len(people)
