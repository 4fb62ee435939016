"""Addresses of the console pages about what is due."""

from django.urls import path

from scheduling.pages import (
    asking,
    availability,
    calendar,
    checks,
    plan,
    resources,
    schedules,
    timeline,
    window_check,
    windows,
)

# Below the lists, so that the navigation marks them.
_SCHEDULE = "scheduling/schedule/<uuid:pk>/"
_RESOURCE = "scheduling/resource/<uuid:pk>/"
_WINDOW = "scheduling/window/<uuid:pk>/"

urlpatterns = [
    path(_SCHEDULE, schedules.schedule_detail, name="schedule_detail"),
    path(f"{_SCHEDULE}skip/", schedules.schedule_skip, name="schedule_skip"),
    path(f"{_SCHEDULE}pause/", schedules.schedule_pause, name="schedule_pause"),
    path(f"{_SCHEDULE}resume/", schedules.schedule_resume, name="schedule_resume"),
    path(f"{_SCHEDULE}delete/", schedules.schedule_delete, name="schedule_delete"),
    path(f"{_SCHEDULE}restore/", schedules.schedule_restore, name="schedule_restore"),
    path("scheduling/schedule/preview/", schedules.schedule_preview, name="schedule_preview"),
    path("scheduling/schedule/bulk/<slug:what>/", schedules.schedule_bulk, name="schedule_bulk"),
    path(_RESOURCE, resources.resource_detail, name="resource_detail"),
    path(f"{_RESOURCE}photo/", resources.resource_photo, name="resource_photo"),
    path(f"{_RESOURCE}label/", resources.resource_label, name="resource_label"),
    path(
        "scheduling/resource/attributes/", resources.resource_attributes, name="resource_attributes"
    ),
    path("availability/", availability.availability, name="availability"),
    path("scheduling/window/check/", window_check.window_check, name="window_check"),
    path(_WINDOW, windows.window_detail, name="window_detail"),
    path(f"{_WINDOW}approve/", windows.window_approve, name="window_approve"),
    path(f"{_WINDOW}start/", windows.window_start, name="window_start"),
    path(f"{_WINDOW}complete/", windows.window_complete, name="window_complete"),
    path(f"{_WINDOW}extend/", windows.window_extend, name="window_extend"),
    path(f"{_WINDOW}cancel/", windows.window_cancel, name="window_cancel"),
    path(f"{_WINDOW}delete/", windows.window_delete, name="window_delete"),
    path(f"{_WINDOW}ask/", asking.window_ask, name="window_ask"),
    path(f"{_WINDOW}remind/", asking.window_remind, name="window_remind"),
    path(f"{_WINDOW}answers/<uuid:inquiry>/", asking.window_answer, name="window_answer"),
    path(
        f"{_WINDOW}alternatives/<uuid:booking>/",
        windows.window_alternatives,
        name="window_alternatives",
    ),
    path("scheduling/duecheckrun/run/", checks.due_check_run, name="due_check_run"),
    path("timeline/", timeline.timeline, name="timeline"),
    path("plan/window/<uuid:pk>/", plan.plan_window, name="plan_window"),
    path("plan/booking/<uuid:pk>/", plan.plan_booking, name="plan_booking"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/resources/", calendar.calendar_resources, name="calendar_resources"),
    path("calendar/date/", calendar.calendar_date, name="calendar_date"),
    path("calendar/move/", calendar.calendar_move, name="calendar_move"),
    path("calendar/skip/", calendar.calendar_skip, name="calendar_skip"),
]
