"""Write a backup archive."""

from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.services import backup


class Command(BaseCommand):
    """Run it daily; archives older than 30 days go."""

    help = "Write database and uploads into one archive in DIR."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", metavar="DIR", type=Path)
        parser.add_argument(
            "--keep-days", type=int, default=30, help="remove older archives in DIR (30)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        keep = timedelta(days=max(options["keep_days"], 1))
        try:
            path = backup.back_up(options["directory"], now=timezone.now(), keep=keep)
        except (backup.BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(path))
