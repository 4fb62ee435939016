"""Forms of console pages in the look of the theme."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django import forms
from unfold.widgets import CHECKBOX_CLASSES, INPUT_CLASSES, SELECT_CLASSES, TEXTAREA_CLASSES

from core.errors import DomainError, Invalid

Form = TypeVar("Form", bound=forms.BaseForm)
_CLASSES: list[tuple[Any, Iterable[str]]] = [
    (forms.CheckboxInput, CHECKBOX_CLASSES),
    (forms.Select, SELECT_CLASSES),
    (forms.Textarea, TEXTAREA_CLASSES),
    (forms.Widget, INPUT_CLASSES),
]


class DayInput(forms.DateInput):
    """A day as the browser asks for it, like the dates that have a time."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")


def themed(form: Form) -> Form:
    """The same form, its inputs wearing the theme's classes."""
    for field in form.fields.values():
        dress(field)
    return form


def dress(field: forms.Field) -> None:
    """Let one input wear the theme's classes."""
    classes = next(names for kind, names in _CLASSES if isinstance(field.widget, kind))
    field.widget.attrs["class"] = " ".join(classes)


def themed_choice(
    choices: list[tuple[str, str]], *, label: str, help_text: str = ""
) -> forms.ChoiceField:
    """One of many, or nothing."""
    widget = forms.Select(attrs={"class": " ".join(SELECT_CLASSES)})
    return forms.ChoiceField(
        choices=choices, required=False, label=label, help_text=help_text, widget=widget
    )


def add_refusal(form: forms.BaseForm, refusal: DomainError) -> None:
    """Show a service's refusal at its fields, or above the form."""
    if isinstance(refusal, Invalid):
        for name, texts in refusal.errors.items():
            for text in texts:
                form.add_error(name if name in form.fields else None, text)
        return
    field = refusal.field if refusal.field in form.fields else None
    form.add_error(field, refusal.message)
