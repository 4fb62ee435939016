"""What all lists and forms with times on a resource share."""

from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from core.admin.base import ModelAdmin
from scheduling.admin import shown
from scheduling.admin.fields import WallTimeField


class WallTimesAdmin(ModelAdmin):
    """Times are wall times: in a list the viewer's, in a form those where the resource stands."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        shown.looked_at_by(request)
        return super().get_queryset(request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.DateTimeField):
            kwargs["form_class"] = WallTimeField
        return super().formfield_for_dbfield(db_field, request, **kwargs)
