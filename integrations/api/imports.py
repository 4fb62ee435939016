"""Files of other systems, taken over by the same service as in the console and by command."""

from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
from django.http import Http404, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core.api.parsers import MultiPartParser
from core.api.serializers import TenantSerializer
from core.api.viewsets import ReadOnlyViewSet
from core.errors import TooLarge
from integrations.models import ImportRun
from integrations.rules.dates import ORDERS
from integrations.rules.tables import DELIMITERS
from integrations.services.imports import runs, source
from integrations.services.imports.source import Options


class ImportParser(MultiPartParser):
    """A form with a file as large as imports may be."""

    def largest(self) -> int:
        return source.MOST_BYTES


class Problem(serializers.Serializer[Any]):
    """A row that was refused; line 0 means the file as a whole."""

    line = serializers.IntegerField()
    problem = serializers.CharField()


class ImportRead(TenantSerializer):
    """What became of the file. `problems` are the first hundred; `errors` of the import has all refused rows.

    `state`: waiting or running (ask again), checked (a dry run, nothing written), done, partial, refused (nothing
    written) or failed.
    """

    problems = serializers.SerializerMethodField()

    class Meta:
        model = ImportRun
        fields: ClassVar[Any] = [
            *("id", "entity", "file_name", "state", "is_dry_run", "is_partial", "rows"),
            *("created", "changed", "unchanged", "rejected", "problems", "started_by"),
            *("created_at", "finished_at"),
        ]
        read_only_fields = fields

    @extend_schema_field(Problem(many=True))
    def get_problems(self, run: ImportRun) -> list[dict[str, Any]]:
        return [{"line": line, "problem": problem} for line, problem in run.first_problems]


class ImportInput(serializers.Serializer[Any]):
    """A file, and how it is read where it does not say so itself.

    `mapping` is a JSON object, column to field; columns that it leaves out are recognised by their names. `dates` is
    the order of day and month. `on_error`: one refused row refuses all, or the good ones are kept. Bookings need
    their `source` where no column names the booking system; a calendar (.ics) needs the code of its `resource`.
    """

    entity = serializers.ChoiceField(choices=ImportRun.Entity.choices)
    file = serializers.FileField()
    mapping = serializers.CharField(required=False, allow_blank=True, default="")
    dry_run = serializers.BooleanField(default=False)
    on_error = serializers.ChoiceField(choices=["refuse_all", "keep_good"], default="refuse_all")
    dates = serializers.ChoiceField(choices=list(ORDERS), required=False)
    encoding = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    delimiter = serializers.ChoiceField(
        choices=[*(mark for mark in DELIMITERS if mark != "\t"), "tab"], required=False
    )
    create_types = serializers.BooleanField(default=False)
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=50, required=False, allow_blank=True, default=""
    )
    resource = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")

    def validate_mapping(self, text: str) -> dict[str, str]:
        """Column to field."""
        try:
            found = orjson.loads(text or "{}")
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            message = 'Write a JSON object of texts, such as {"Room number": "code"}.'
            raise serializers.ValidationError(message)
        return found


class ImportViewSet(ReadOnlyViewSet):
    """Files of resources, schedules, logs, users or bookings, all rows or none."""

    model = ImportRun
    serializer_class = ImportRead
    input_serializer_class = ImportInput
    parser_classes = [ImportParser]
    filterset_fields: ClassVar[Any] = ["entity", "state"]
    rights: ClassVar[Any] = dict.fromkeys(
        ("list", "retrieve", "create", "errors"), Right.DATA_IMPORT
    )

    @extend_schema(request=ImportInput, responses={201: ImportRead, 202: ImportRead})
    def create(self, request: Request) -> Response:
        """Take a file over, or try it. Small ones are done at once (201), larger ones by a worker (202)."""
        values = self.parsed()
        file = values["file"]
        if file.size > source.MOST_BYTES:
            raise TooLarge(f"The file is larger than {source.MOST_BYTES // 1_000_000} MB.")
        run = runs.take_over(
            file.read(),
            _options(values),
            name=file.name,
            entity=values["entity"],
            dry_run=values["dry_run"],
            partial=values["on_error"] == "keep_good",
            by=self.by,
            now=timezone.now(),
        )
        waits = run.state in {ImportRun.State.WAITING, ImportRun.State.RUNNING}
        response = self.answer(
            run, code=status.HTTP_202_ACCEPTED if waits else status.HTTP_201_CREATED
        )
        response["Location"] = f"{request.path.rstrip('/')}/{run.pk}"
        return response

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def errors(self, request: Request, pk: str) -> HttpResponse:
        """The refused rows with line and reason, to be mended and sent again."""
        run: ImportRun = self.get_object()
        if not run.error_file:
            raise Http404
        with run.error_file.open("rb") as file:
            return HttpResponse(file.read(), content_type="text/csv; charset=utf-8")


def _options(values: Mapping[str, Any]) -> Options:
    delimiter = values.get("delimiter", "")
    return Options(
        encoding=values["encoding"],
        delimiter="\t" if delimiter == "tab" else delimiter,
        mapping=values["mapping"],
        orders={"*": values["dates"]} if values.get("dates") else {},
        create_types=values["create_types"],
        source=values["source"],
        resource=values["resource"],
    )
