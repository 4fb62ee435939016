"""Query parameters that are read by hand, with their place in the schema."""

from dataclasses import dataclass
from datetime import datetime, time

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts.zones import zone_name_of
from core.api.serializers import OFFSET_NEEDED
from scheduling.rules import zones

_DATE = len("2026-03-04")


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """A whole number from 1 to `most`."""

    name: str
    default: int
    most: int

    @property
    def parameter(self) -> OpenApiParameter:
        schema = {"type": "integer", "minimum": 1, "maximum": self.most, "default": self.default}
        return OpenApiParameter(self.name, schema)

    def __call__(self, request: Request) -> int:
        text = request.query_params.get(self.name)
        if text is None:
            return self.default
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= self.most):
            raise ValidationError({self.name: [f"A whole number from 1 to {self.most}."]})
        return int(text)


limit_of = WholeNumber("limit", 50, 200)
days_of = WholeNumber("days", 7, 366)


def moment_of(request: Request, name: str) -> datetime | None:
    """A moment in ISO 8601 with its offset; a date alone is its midnight in the caller's zone."""
    # a plus sign that was not escaped arrives as a space
    text = request.query_params.get(name, "").replace(" ", "+")
    if not text:
        return None
    try:
        if len(text) == _DATE and (day := parse_date(text)):
            return zones.to_utc(datetime.combine(day, time()), zone_name_of(request.user))
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or timezone.is_naive(found):
        raise ValidationError({name: [OFFSET_NEEDED]})
    return found
