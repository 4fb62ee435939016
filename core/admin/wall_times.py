"""Date and time in forms."""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError


class WallTimeField(forms.SplitDateTimeField):
    """Date and time as people read them off the wall where the resource stands; the form knows the zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages["required"] = "Enter a date and a time, such as 08:00."
        formats = {"date": "%Y-%m-%d", "time": "%H:%M"}
        for widget, (kind, pattern) in zip(self.widget.widgets, formats.items(), strict=True):
            widget.input_type, widget.format = kind, pattern
            widget.attrs["class"] = re.sub(r"v(Date|Time)Field", "", widget.attrs.get("class", ""))

    def compress(self, data_list: Any) -> datetime | None:
        if not data_list or data_list[0] in self.empty_values:
            return None
        if data_list[1] in self.empty_values:
            raise ValidationError("Enter a time as well, such as 08:00.", code="incomplete")
        return datetime.combine(*data_list)
