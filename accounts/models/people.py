"""Who can do what, and when they are there: teams, skills, certificates, shifts."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from accounts.models.user import User
from accounts.querysets import OwnRowsQuerySet, ShiftQuerySet, SkillQuerySet, TeamQuerySet
from accounts.rules.shifts import ALL_WEEK, days_of, in_words
from core.models import TenantModel
from core.querysets import TenantManager

#: Longer breaks end a shift.
LONGEST_BREAK = 12 * 60


class Team(TenantModel):
    """People who share work, and perhaps shifts."""

    name = models.CharField(max_length=100)
    lead = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="led_teams", null=True, blank=True
    )
    is_active = models.BooleanField("active", default=True)
    members = models.ManyToManyField(User, through="TeamMember", related_name="teams")

    objects = TenantManager.from_queryset(TeamQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="accounts_team_name")
        ]

    def __str__(self) -> str:
        return self.name


class TeamMember(TenantModel):
    """A person of a team."""

    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    user = models.ForeignKey(
        User, verbose_name="person", on_delete=models.CASCADE, related_name="memberships"
    )

    class Meta(TenantModel.Meta):
        verbose_name = "member"
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"],
                name="accounts_member_once",
                violation_error_message="This person is in the team already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class Skill(TenantModel):
    """What somebody can do. With `needs_certificate` it counts only while a certificate of the person is valid.

    `warn_days`: how many days before a certificate ends its person and the coordinators are told.
    """

    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    needs_certificate = models.BooleanField(default=False)
    warn_days = models.PositiveSmallIntegerField(
        "days of warning", default=30, validators=[MaxValueValidator(730)]
    )

    objects = TenantManager.from_queryset(SkillQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="accounts_skill_name")
        ]

    def __str__(self) -> str:
        return self.name


class PersonSkill(TenantModel):
    """A person can do this."""

    user = models.ForeignKey(
        User, verbose_name="person", on_delete=models.CASCADE, related_name="skills", db_index=False
    )
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="holders")

    objects = TenantManager.from_queryset(OwnRowsQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = "person with this skill"
        verbose_name_plural = "people with this skill"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "skill"],
                name="accounts_skill_once",
                violation_error_message="This person has the skill already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.skill}"


class Certificate(TenantModel):
    """A proof of a skill, valid from `issued_on` to `expires_on`, both included; without an end for good.

    A renewal is a row of its own. `warned_at` is when the coming end was told.
    """

    user = models.ForeignKey(
        User,
        verbose_name="person",
        on_delete=models.CASCADE,
        related_name="certificates",
        db_index=False,
    )
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="certificates")
    number = models.CharField(max_length=100, blank=True)
    issuer = models.CharField("issued by", max_length=150, blank=True)
    issued_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, editable=False)

    objects = TenantManager.from_queryset(OwnRowsQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(expires_on__gte=F("issued_on")),
                name="accounts_certificate_days",
                violation_error_message="A certificate cannot end before it is issued.",
            ),
            models.UniqueConstraint(
                fields=["user", "skill", "issued_on"],
                name="accounts_certificate_once",
                violation_error_message="This person has a certificate of this day already.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "expires_on"],
                condition=Q(warned_at=None, expires_on__isnull=False),
                name="accounts_certificate_ending",
            )
        ]

    def __str__(self) -> str:
        return f"{self.skill} of {self.user}"


class Shift(TenantModel):
    """When a person or a team works, week by week, on the organisation's clock.

    `weekdays` is a set of bits, Monday the lowest: the days on which the shift begins. One that ends when it begins or
    before ends on the next day. A person's own shifts take the place of their teams' on every day they are valid.
    `break_minutes` are part of the shift and no time for work.
    """

    name = models.CharField(max_length=100)
    user = models.ForeignKey(
        User,
        verbose_name="person",
        on_delete=models.CASCADE,
        related_name="shifts",
        null=True,
        blank=True,
    )
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, related_name="shifts", null=True, blank=True
    )
    weekdays = models.PositiveSmallIntegerField(
        default=0b11111, validators=[MinValueValidator(1), MaxValueValidator(ALL_WEEK)]
    )
    starts_at = models.TimeField("begins")
    ends_at = models.TimeField("ends")
    break_minutes = models.PositiveSmallIntegerField(
        "minutes of break", default=0, validators=[MaxValueValidator(LONGEST_BREAK)]
    )
    valid_from = models.DateField("first day", null=True, blank=True)
    valid_until = models.DateField("last day", null=True, blank=True)

    objects = TenantManager.from_queryset(ShiftQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team=None) | Q(user=None, team__isnull=False),
                name="accounts_shift_of_one",
                violation_error_message="A shift is either one person's or a team's.",
            ),
            models.CheckConstraint(
                condition=Q(weekdays__gte=1, weekdays__lte=ALL_WEEK),
                name="accounts_shift_weekdays",
                violation_error_message="Choose at least one day of the week.",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_until=None)
                | Q(valid_until__gte=F("valid_from")),
                name="accounts_shift_days",
                violation_error_message="The last day cannot be before the first.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.in_words}"

    @property
    def in_words(self) -> str:
        """“Mon–Fri 06:00–14:00”."""
        return f"{in_words(self.weekdays)} {self.starts_at:%H:%M}–{self.ends_at:%H:%M}"

    @property
    def days(self) -> list[int]:
        """The weekdays on which it begins, Monday 0."""
        return days_of(self.weekdays)


class ShiftException(TenantModel):
    """A person is away in `[starts_at, ends_at)`, or there beside their shifts."""

    class Kind(models.TextChoices):
        ABSENCE = "absence", "Absent"
        EXTRA = "extra", "Extra shift"

    user = models.ForeignKey(
        User, verbose_name="person", on_delete=models.CASCADE, related_name="shift_exceptions"
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.ABSENCE)
    starts_at = models.DateTimeField("begins")
    ends_at = models.DateTimeField("ends")
    reason = models.CharField(max_length=200, blank=True)

    objects = TenantManager.from_queryset(OwnRowsQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = "absence or extra shift"
        verbose_name_plural = "absences and extra shifts"
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")),
                name="accounts_exception_order",
                violation_error_message="The end must be after the begin.",
            )
        ]
        indexes = [
            models.Index(
                fields=["organization", "ends_at", "starts_at"], name="accounts_exception_by_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.user}"
