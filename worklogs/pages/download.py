"""The log of work as a file, for console and API."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse

from accounts.zones import zone_name_of as zone_of
from core import audit
from worklogs.services import export


def csv_response(
    request: HttpRequest, rows: Any, *, asked: dict[str, str], with_bom: bool, now: datetime
) -> Any:
    """The streamed file; the export is in the audit trail with what was asked for."""
    user: Any = request.user
    audit.record(
        "export", ("worklogs.log", None, "Logs"), by=user, now=now, changes=audit.changes({}, asked)
    )
    response = StreamingHttpResponse(
        export.lines(rows, zone=zone_of(user), with_bom=with_bom),
        content_type="text/csv; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="logs-{now:%Y-%m-%d}.csv"'
    return response
