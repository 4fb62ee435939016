"""What the columns of a work order can say."""

from django.db import models

from worklogs import states


class Status(models.TextChoices):
    """Where an order stands (`worklogs/states.py`)."""

    REPORTED = states.REPORTED, "Reported"
    TRIAGED = states.TRIAGED, "Triaged"
    SCHEDULED = states.SCHEDULED, "Scheduled"
    ASSIGNED = states.ASSIGNED, "Assigned"
    IN_PROGRESS = states.IN_PROGRESS, "In progress"
    ON_HOLD = states.ON_HOLD, "On hold"
    COMPLETED = states.COMPLETED, "Completed"
    VERIFIED = states.VERIFIED, "Verified"
    CANCELLED = states.CANCELLED, "Cancelled"
    REJECTED = states.REJECTED, "Rejected"
    DUPLICATE = states.DUPLICATE, "Duplicate"


class Kind(models.TextChoices):
    """What is to be done."""

    PREVENTIVE = "preventive", "Preventive"
    CORRECTIVE = "corrective", "Corrective"
    INSPECTION = "inspection", "Inspection"
    EMERGENCY = "emergency", "Emergency"
    CLEANING = "cleaning", "Cleaning"
    RESTOCKING = "restocking", "Restocking"
    OTHER = "other", "Other"


class TaskType(models.TextChoices):
    """Which housekeeping task; empty for other work."""

    CHECKOUT_CLEANING = "checkout_cleaning", "Checkout cleaning"
    STAY_OVER_CLEANING = "stay_over_cleaning", "Stay-over cleaning"
    DEEP_CLEANING = "deep_cleaning", "Deep cleaning"
    INSPECTION = "inspection", "Inspection"
    MAINTENANCE_REPAIR = "maintenance_repair", "Repair"
    RESTOCKING = "restocking", "Restocking"
    TURNDOWN = "turndown", "Turndown"
    SETUP = "setup", "Set-up"
    OTHER = "other", "Other"


class Category(models.TextChoices):
    """Which trade it concerns."""

    PLUMBING = "plumbing", "Plumbing"
    ELECTRICAL = "electrical", "Electrical"
    HVAC = "hvac", "Heating, ventilation, air"
    APPLIANCE = "appliance", "Appliance"
    FURNITURE = "furniture", "Furniture"
    SAFETY = "safety", "Safety"
    OTHER = "other", "Other"


class PrioritySource(models.TextChoices):
    """Who set the priority."""

    COMPUTED = "computed", "Computed"
    PLAN = "plan", "From the plan"
    PERSON = "person", "Set by a person"
    EVENT = "event", "Set by another system"


class HoldKind(models.TextChoices):
    """Why work stands still; all but `other` pause the clocks."""

    PARTS = "parts", "Waiting for parts"
    ACCESS = "access", "No access"
    VENDOR = "vendor", "Waiting for a contractor"
    APPROVAL = "approval", "Waiting for approval"
    WEATHER = "weather", "Weather"
    OTHER = "other", "Other"
