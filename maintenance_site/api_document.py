"""How the API is described to those who build against it: its OpenAPI document and the page that shows it."""

from typing import Any

#: Names for clients' generated code, where several fields are called alike.
_ENUM_NAMES = {
    "LevelEnum": "scheduling.models.resource.Criticality",
    "ResourceKindEnum": "scheduling.models.resource.Kind",
    "AttachmentKindEnum": "core.models.attachments.Attachment.Kind",
    "MessageKindEnum": "notifications.models.notification.Kind",
    "MessagePriorityEnum": "notifications.models.notification.Notification.Priority",
    "MessageRhythmEnum": "notifications.models.reaching.Reaching.Rhythm",
    "RhythmEnum": "worklogs.models.housekeeping.CleaningPlan.Rhythm",
    "ScheduleTriggerEnum": "scheduling.models.schedule.Schedule.Trigger",
    "CheckTriggerEnum": "scheduling.models.due.DueCheckRun.Trigger",
    "ResourceStatusEnum": "scheduling.models.resource.Resource.Status",
    "BookingStatusEnum": "scheduling.models.booking.Booking.Status",
    "WindowStatusEnum": "scheduling.models.window.Window.Status",
    "WindowKindEnum": "scheduling.models.window.Window.Kind",
    "WindowEffectEnum": "scheduling.models.window.Window.Effect",
    "AnswerEnum": "scheduling.models.asking.InquiryAnswer.Choice",
    "OrderStatusEnum": "worklogs.models.order_choices.Status",
    "OrderKindEnum": "worklogs.models.order_choices.Kind",
    "TaskTypeEnum": "worklogs.models.order_choices.TaskType",
    "FrequencyEnum": "scheduling.models.schedule.Schedule.Frequency",
    "CostKindEnum": "worklogs.models.order_parts.CostEntry.Kind",
    "LinkKindEnum": "worklogs.models.order_parts.WorkOrderLink.Kind",
    "CleaningFrequencyEnum": [
        *("daily", "weekly", "biweekly", "monthly", "quarterly", "semiannual", "annual")
    ],
    "PlaceStatusEnum": ["open", "done", "not_done"],
    "StepKindEnum": "worklogs.rules.checklist_steps.StepKind",
    "AbsenceKindEnum": "accounts.models.people.ShiftException.Kind",
    "CalendarFeedKindEnum": "integrations.models.calendar_feed.CalendarFeed.Kind",
    "KeyScopeEnum": "accounts.models.api_key.ApiKey.Scope",
    "SeriesScopeEnum": ["one", "following", "all"],
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Mainstay API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # hundreds of open operations would take seconds to draw and be nothing to find one's way in
    "SWAGGER_UI_SETTINGS": {"docExpansion": "none", "deepLinking": True, "filter": True},
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_NAME_OVERRIDES": _ENUM_NAMES,
}
