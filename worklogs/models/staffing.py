"""What work needs of people, and where people usually work."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Skill
from core.models import TenantModel
from core.querysets import TenantManager
from scheduling.models import Resource, ResourceType, Schedule
from worklogs.models.order import WorkOrder
from worklogs.querysets import HomePlaceQuerySet, OfOrderQuerySet

#: The longest estimate: four weeks of eight hours a day.
LONGEST_ESTIMATE = 20 * 8 * 60


class WorkNeed(TenantModel):
    """Work to which everything here applies needs this skill, and takes `minutes` where its order says nothing else."""

    task_type = models.CharField(max_length=20, choices=WorkOrder.TaskType, blank=True)
    category = models.CharField(max_length=12, choices=WorkOrder.Category, blank=True)
    resource_type = models.ForeignKey(
        ResourceType, on_delete=models.CASCADE, related_name="+", null=True, blank=True
    )
    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, related_name="+", null=True, blank=True
    )
    skill = models.ForeignKey(
        Skill, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    minutes = models.PositiveIntegerField(
        "usual minutes",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_ESTIMATE)],
    )

    class Meta(TenantModel.Meta):
        verbose_name = "required skill"
        verbose_name_plural = "required skills"
        constraints = [
            models.CheckConstraint(
                condition=~Q(task_type="", category="", resource_type=None, schedule=None),
                name="worklogs_need_of_something",
                violation_error_message="Say what work this is about: a task type, a category, a resource type or a"
                " schedule.",
            ),
            models.CheckConstraint(
                condition=Q(skill__isnull=False) | Q(minutes__isnull=False),
                name="worklogs_need_says_something",
                violation_error_message="Say what it needs: a skill, or how many minutes it takes.",
            ),
        ]

    def __str__(self) -> str:
        found = [
            self.get_task_type_display() if self.task_type else "",
            self.get_category_display() if self.category else "",
            str(self.resource_type or ""),
            str(self.schedule or ""),
        ]
        return " · ".join(filter(None, found))


class WorkOrderSkill(TenantModel):
    """A skill that a person said this order needs; it counts while the order says `skills_chosen`."""

    work_order = models.ForeignKey(
        WorkOrder, on_delete=models.CASCADE, related_name="chosen_skills", db_index=False
    )
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="+")

    objects = TenantManager.from_queryset(OfOrderQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["work_order", "skill"], name="worklogs_skill_once")
        ]

    def __str__(self) -> str:
        return str(self.skill)


class HomePlace(TenantModel):
    """Where a person's work usually is, such as their floor or workshop."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name="person",
        on_delete=models.CASCADE,
        related_name="home_place",
    )
    resource = models.ForeignKey(
        Resource, verbose_name="place", on_delete=models.CASCADE, related_name="+"
    )

    objects = TenantManager.from_queryset(HomePlaceQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = "usual place"

    def __str__(self) -> str:
        return f"{self.user}: {self.resource}"
