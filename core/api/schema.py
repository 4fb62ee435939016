"""The OpenAPI document: besides the happy answers, every refusal that a client can meet."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from core.api.viewsets import READ_ONLY

_ERROR = {
    "type": "object",
    "properties": {"detail": {"type": "string"}, "code": {"type": "string"}},
    "additionalProperties": True,
}
_ALWAYS = {
    "400": "Field errors, or a request that cannot be understood.",
    "401": "Sign-in is missing or no longer valid.",
    "403": "The role does not include this.",
    "404": "There is no such row in reach, or the feature is not enabled.",
    "406": "None of the accepted media types is available.",
    "429": "Too many requests; Retry-After says when to try again.",
}
_EDITS = {
    "409": "The state of the system does not allow it; `conflicts` or `allowed` say why.",
    "412": "If-Match names another version of the row.",
    "413": "The body is too large.",
    "415": "This media type is not accepted.",
}
_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and body get the first answer again; kept for a day.",
)
_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The row's ETag: refuses the edit when the row was changed meanwhile.",
)


class Schema(AutoSchema):
    """Documents refusals and the headers of edits; answers follow the read serializer."""

    def get_response_serializers(self) -> Any:
        """Actions parse by input serializers, but answer with the row."""
        inputs = getattr(self.view, "action_serializers", {})
        action = getattr(self.view, "action", "")
        if action in {"create", "update", "partial_update"} or action in inputs:
            return (
                getattr(self.view, "serializer_class", None) or super().get_response_serializers()
            )
        return super().get_response_serializers()

    def get_tags(self) -> list[str]:
        """One heading for each kind of thing, such as “Due checks”."""
        kind = self.path.removeprefix("/api/v1/").partition("/")[0] or "overview"
        return [kind.replace("-", " ").capitalize().replace("Api", "API")]

    def get_override_parameters(self) -> list[Any]:
        if self.method == "POST":
            return [_KEY] if self.path.count("{") == 0 else [_KEY, _MATCH]
        return [_MATCH] if self.method in {"PUT", "PATCH", "DELETE"} else []

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        for code, description in self._refusals().items():
            responses.setdefault(code, _refusal(description))
        return responses

    def _refusals(self) -> dict[str, str]:
        if self.method in READ_ONLY:
            return _ALWAYS
        reused = {"422": "The Idempotency-Key was used for another request."}
        return _ALWAYS | _EDITS | (reused if self.method == "POST" else {})


def _refusal(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _ERROR}}}
