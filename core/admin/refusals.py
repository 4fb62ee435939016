"""A use case's refusal among the errors of a form."""

from typing import Any

from core.errors import DomainError, Invalid


def refused_form(form: Any, refusal: DomainError) -> Any:
    """The form class, with the refusal among its errors."""

    class RefusedForm(form):
        def full_clean(self) -> None:
            super().full_clean()
            if self.is_bound:
                for name, sentence in _sentences(refusal):
                    self.add_error(name if name in self.fields else None, sentence)

    return RefusedForm


def _sentences(refusal: DomainError) -> list[tuple[str | None, str]]:
    if isinstance(refusal, Invalid):
        return [(name, text) for name, texts in refusal.errors.items() for text in texts]
    return [(refusal.field, refusal.message)]
