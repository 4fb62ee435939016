"""Import a file of resources, schedules, logs, users or bookings."""

import json
from argparse import ArgumentParser
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Organization, User
from core.errors import DomainError
from core.tenancy import tenant_scope
from integrations.models import ImportRun
from integrations.rules.dates import ORDERS
from integrations.rules.fields import ENTITIES
from integrations.rules.tables import DELIMITERS
from integrations.services.imports import files, runs, source
from integrations.services.imports import run as imports
from integrations.services.imports.source import Inspection, Options

_SHOWN = 20


class Command(BaseCommand):
    """All rows or none; `--partial` keeps the good ones, `--dry-run` writes nothing."""

    help = "Import resources, schedules, logs, users or bookings from a CSV file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("entity", choices=list(ENTITIES))
        self.add_common_arguments(parser)
        parser.add_argument("--create-types", action="store_true", help="create unknown types")
        parser.add_argument("--mapping", type=_pairs, help="JSON object: column to field")
        parser.add_argument(
            "--map", action="append", default=[], metavar="COLUMN=FIELD", help="one column; repeat"
        )
        parser.add_argument("--encoding", default="")
        parser.add_argument("--delimiter", default="", choices=["", *DELIMITERS])
        parser.add_argument("--dates", choices=list(ORDERS), help="how dates are written")

    def add_common_arguments(self, parser: ArgumentParser) -> None:
        """What every kind of file needs."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--organization", metavar="SLUG", help="needed when there are several")
        parser.add_argument("--by", metavar="EMAIL", help="the person in whose name it is imported")
        parser.add_argument("--dry-run", action="store_true", help="try it, write nothing")
        parser.add_argument("--partial", action="store_true", help="keep the good rows")
        parser.add_argument("--source", default="", help="the booking system the file comes from")
        parser.add_argument("--errors", type=Path, metavar="FILE", help="write refused rows here")
        parser.add_argument("--now", type=datetime.fromisoformat, help="as of this moment")

    def handle(self, *args: Any, **options: Any) -> None:
        now = options["now"] or timezone.now()
        now = now if now.tzinfo else now.replace(tzinfo=UTC)
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        organization = _organization(options["organization"])
        with tenant_scope(organization.pk):
            try:
                run, result = self._import(data, options, now)
            except DomainError as error:
                raise CommandError(error.message) from error
        self._report(run, result, options["errors"])

    def _import(
        self, data: bytes, options: dict[str, Any], now: datetime
    ) -> tuple[ImportRun, imports.Result]:
        by = _person(options["by"])
        imports.check_rights(options["entity"], by)
        name = options["file"].name
        wished = self._wishes(data, options, name)
        inspection = files.inspect(data, options["entity"], wished, name=name)
        self._describe(inspection)
        imports.check_mapping(inspection)
        run = ImportRun.objects.create(
            entity=options["entity"],
            file_name=name[-200:],
            state=ImportRun.State.RUNNING,
            options=runs.plain_options(inspection.options(wished)),
            is_dry_run=options["dry_run"],
            is_partial=options["partial"],
            started_by=by,
            lease_until=now + runs.LEASE,
        )
        try:
            return run, runs.perform(run, data, by=by, now=now)
        except BaseException:
            run.delete()
            raise

    def _wishes(self, data: bytes, options: dict[str, Any], name: str) -> Options:
        """What the caller says about the file."""
        return replace(
            _wished(data, options, name),
            create_types=options["create_types"],
            source=options["source"],
        )

    def _describe(self, inspection: Inspection) -> None:
        say = self.stdout.write
        separator = DELIMITERS.get(inspection.delimiter, inspection.delimiter)
        say(f"{inspection.rows} rows, encoding {inspection.encoding}, separated by {separator}")
        for column, field in inspection.mapping.items():
            say(f"  {column} → {field}")
        unused = [column for column in inspection.header if column not in inspection.mapping]
        if unused:
            say(f"  not read: {', '.join(unused)}")
        for found in inspection.dates:
            doubt = ", which is a guess: set it with --dates" if found.is_ambiguous else ""
            say(f"  dates in {found.column}: {found.words}{doubt}")
        for notice in inspection.notices:
            say(f"  {notice}")

    def _report(self, run: ImportRun, result: imports.Result, errors: Path | None) -> None:
        self.stdout.write(
            f"{run.get_state_display()}: {run.created} created, {run.changed} changed,"
            f" {run.unchanged} unchanged, {run.rejected} rejected"
        )
        for line, problem in run.first_problems[:_SHOWN]:
            self.stderr.write(f"line {line}: {problem}")
        if run.rejected > _SHOWN:
            self.stderr.write(f"… and {run.rejected - _SHOWN} more")
        if errors and run.error_file:
            with run.error_file.open("rb") as file:
                errors.write_bytes(file.read())
            self.stderr.write(f"The rejected rows are in {errors}.")
        if run.state == ImportRun.State.REFUSED:
            advice = "" if run.is_partial else ", or keep the good ones with --partial"
            raise CommandError(f"Nothing was imported. Mend the rows{advice}.")


def _pairs(text: str) -> dict[str, str]:
    found = json.loads(text)
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found.values()):
        raise ValueError(text)  # which the parser turns into a sentence
    return found


def _organization(slug: str | None) -> Organization:
    found = Organization.objects.filter(slug=slug) if slug else Organization.objects.all()
    if len(rows := list(found[:2])) == 1:
        return rows[0]
    known = ", ".join(Organization.objects.order_by("slug").values_list("slug", flat=True)[:20])
    raise CommandError(
        f"Choose the organisation with --organization: {known or 'there is none yet'}."
    )


def _person(email: str | None) -> User | None:
    if not email:
        return None
    person: User | None = User.objects.active().filter(email=email.lower()).first()
    if person is None:
        raise CommandError(f"Nobody signs in as {email} in this organisation.")
    return person


def _wished(data: bytes, options: dict[str, Any], name: str) -> Options:
    """What the caller says, over what was found."""
    wished = Options(
        encoding=options["encoding"],
        delimiter=options["delimiter"],
        orders={"*": options["dates"]} if options["dates"] else {},
    )
    mapping = dict(options["mapping"] or {})
    if options["map"]:
        mapping = source.inspect(data, options["entity"], wished, name=name).mapping | mapping
        for pair in options["map"]:
            column, separator, field = pair.partition("=")
            if not separator:
                raise CommandError(f"Write --map COLUMN=FIELD, not {pair}.")
            for other in [known for known, taken in mapping.items() if taken == field and field]:
                del mapping[other]
            mapping[column] = field
    return Options(wished.encoding, wished.delimiter, mapping, wished.orders)
