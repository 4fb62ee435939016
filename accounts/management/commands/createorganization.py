"""`createorganization NAME --email … --administrator …`: the first step on a real installation."""

import getpass
import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Organization
from accounts.services import organizations
from core.errors import DomainError


class Command(BaseCommand):
    """Found an organisation with its first administrator."""

    help = "Create an organisation and its first administrator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--email", required=True, help="Of the first administrator.")
        parser.add_argument("--administrator", default="Administrator", help="Their name.")
        parser.add_argument("--slug", default="", help="Short name for addresses.")
        parser.add_argument("--time-zone", default="UTC", help="Such as Europe/Berlin.")
        parser.add_argument("--currency", default="EUR")
        parser.add_argument("--plan", default="standard", choices=Organization.Plan.values)
        parser.add_argument(
            "--invite",
            action="store_true",
            help="Mail a link for choosing the password. Otherwise ADMIN_PASSWORD or a prompt gives it.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization(
            name=options["name"],
            slug=options["slug"],
            time_zone=options["time_zone"],
            currency=options["currency"],
            plan=options["plan"],
        )
        try:
            person = organizations.create_organization(
                organization,
                email=options["email"],
                administrator=options["administrator"],
                password=None if options["invite"] else self._password(),
                by=None,
                now=timezone.now(),
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{organization.name} ({organization.slug}): {person.email} can sign in.")

    def _password(self) -> str:
        given = os.environ.get("ADMIN_PASSWORD")
        if given:
            return given
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Password (again): "):
            raise CommandError("The passwords differ.")
        return password
