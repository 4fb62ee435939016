"""Prove that no log of work was changed, removed, exchanged or inserted."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Organization
from core.tenancy import tenant_scope
from worklogs.services.verify import Finding, Walk, verify

#: More findings than this tell nothing new.
_SHOWN = 1000


class Command(BaseCommand):
    """Exit code 0: every chain is whole. 1: something is wrong, and where."""

    help = "Walk the hash chain of every organisation's log of work and report what is not as it was written."

    def add_arguments(self, parser: CommandParser) -> None:
        """One organisation, how thoroughly, and the form of the answer."""
        parser.add_argument("--organization", metavar="SLUG", help="only this organisation")
        parser.add_argument(
            "--files", action="store_true", help="read and hash the stored files too"
        )
        parser.add_argument("--json", action="store_true", help="answer in JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found, then exit by it."""
        organizations = Organization.objects.order_by("slug")
        if options["organization"]:
            organizations = organizations.filter(slug=options["organization"])
            if not organizations.exists():
                raise CommandError(f"There is no organisation “{options['organization']}”.")
        results = [
            self._verified(row, stored_files=options["files"], quiet=options["json"])
            for row in organizations
        ]
        if options["json"]:
            self.stdout.write(json.dumps(results, indent=1))
        if any(result["findings"] for result in results):
            raise SystemExit(1)

    def _verified(
        self, organization: Organization, *, stored_files: bool, quiet: bool
    ) -> dict[str, Any]:
        walk, shown, count = Walk(), list[dict[str, Any]](), 0
        with tenant_scope(organization.pk):
            for finding in verify(walk, stored_files=stored_files):
                count += 1
                if count <= _SHOWN:
                    shown.append(_plain(finding))
                    if not quiet:
                        self.stderr.write(f"{organization.slug}: {finding.message}")
        if not quiet:
            verdict = "whole" if count == 0 else f"{count} findings"
            self.stdout.write(
                f"{organization.slug}: {walk.rows} logs, {verdict}, end {walk.hash[:16] or '–'}"
            )
        return {
            "organization": organization.slug,
            "logs": walk.rows,
            "end_sequence": walk.sequence,
            "end_hash": walk.hash,
            "whole": count == 0,
            "finding_count": count,
            "findings": shown,
        }


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "fault": finding.fault.value,
        "sequence": finding.sequence,
        "log_id": str(finding.log_id) if finding.log_id else None,
        "message": finding.message,
    }
