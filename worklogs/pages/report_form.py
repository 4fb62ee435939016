"""The form by which a problem is reported, the same with and without sign-in; and the photos that come with it."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest

from core.admin.forms import themed
from core.errors import DomainError, Invalid
from core.models import Attachment
from core.services import attachments
from scheduling.models import Resource
from worklogs.models import WorkOrder
from worklogs.rules.reports import headline
from worklogs.services.reports import MOST_PHOTOS, TARGET

_CATEGORIES = [("", "Choose one"), *WorkOrder.Category.choices]


class ReportForm(forms.Form):
    """What is wrong. `website` is for machines: people see it only after something stood in it."""

    text = forms.CharField(
        label="What is wrong?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say what is wrong."},
    )
    category = forms.ChoiceField(label="What does it concern?", choices=_CATEGORIES, required=False)
    safety_concern = forms.BooleanField(
        label="Somebody could get hurt",
        required=False,
        help_text="Such as bare wires, smoke, broken glass. In an emergency, call for help first.",
    )
    contact_email = forms.EmailField(
        label="Your e-mail address",
        required=False,
        max_length=254,
        help_text="Only if you want to hear what becomes of it. Nobody who works on it sees it.",
        error_messages={
            "invalid": "This is not an e-mail address. Leave it empty if you want no mail."
        },
    )
    website = forms.CharField(label="Website", required=False, max_length=500)

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError("Leave this empty, so that we know you are no machine.")
        return ""

    def order(self, resource: Resource) -> WorkOrder:
        """The report, not saved yet."""
        data = self.cleaned_data
        title, description = headline(data["text"])
        return WorkOrder(
            resource=resource,
            title=title,
            description=description,
            category=data["category"] or WorkOrder.Category.OTHER,
            safety_concern=data["safety_concern"],
        )


class SignedInReportForm(ReportForm):
    """Of somebody who is known, and told in the console."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("contact_email", "website"):
            del self.fields[name]
        themed(self)

    clean_website = None  # type: ignore[assignment]


def keep_photos(request: HttpRequest, *, by: Any, now: datetime) -> list[Attachment]:
    """Keep the photos of a form for an order that comes to be next. Raises `Invalid` with a sentence for the person."""
    uploads = [file for file in request.FILES.getlist("photos") if file]
    if len(uploads) > MOST_PHOTOS:
        raise Invalid(f"Choose {MOST_PHOTOS} photos at most.", field="photos")
    kept = []
    for upload in uploads:
        try:
            kept.append(
                attachments.store(
                    upload=upload,
                    name=upload.name or "photo",
                    target_type=TARGET,
                    target_id=None,
                    by=by,
                    now=now,
                    only_photos=True,
                )
            )
        except DomainError as error:
            raise Invalid(f"{upload.name}: {error.message}", field="photos") from error
    return kept
