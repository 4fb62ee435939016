"""Query parameters that are read by hand, with their place in the schema."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


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
    """A moment in ISO 8601; without an offset it is UTC, a date alone is its midnight."""
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        found = parse_datetime(text)
        if found is None and (day := parse_date(text)):
            found = datetime(day.year, day.month, day.day)  # noqa: DTZ001  (made aware below)
    except ValueError:
        found = None
    if found is None:
        raise ValidationError({name: ["Write a moment such as 2026-03-04T06:00:00Z."]})
    return found if timezone.is_aware(found) else timezone.make_aware(found)
