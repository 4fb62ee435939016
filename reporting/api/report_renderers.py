"""The report of work as a file: `?format=pdf` and `?format=xlsx`."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from core.api.renderers import JSONRenderer
from reporting.services import report_files


class _FileRenderer(BaseRenderer):
    """A refusal stays JSON."""

    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        context = renderer_context or {}
        response, user = context["response"], context["request"].user
        if response.status_code != 200:
            response["Content-Type"] = JSONRenderer.media_type
            return JSONRenderer().render(data)
        name = report_files.name_of(data, self.format)
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        organization = user.organization
        return report_files.written(
            data, self.format, currency=organization.currency, organization=organization.name
        )


class PdfRenderer(_FileRenderer):
    format = report_files.PDF
    media_type = report_files.TYPES[report_files.PDF]


class XlsxRenderer(_FileRenderer):
    format = report_files.XLSX
    media_type = report_files.TYPES[report_files.XLSX]
