"""Bring a backup archive back."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from core.services import backup


class Command(BaseCommand):
    """Stop web and workers first."""

    help = "Replace database and uploads by those of a backup archive."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archive", metavar="FILE", type=Path)
        parser.add_argument(
            "--overwrite", action="store_true", help="even when this database holds data"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = backup.restore(options["archive"], overwrite=options["overwrite"])
        except backup.BackupError as error:
            raise CommandError(error.message) from error
        call_command("migrate", verbosity=0)
        self.stdout.write(
            f"Restored the backup of {manifest['created_at']}. Check it: manage.py verify_history"
        )
