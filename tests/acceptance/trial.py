"""What proofs on real records share: a database that is gone afterwards, and the product's own import."""

import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@contextmanager
def fresh_site() -> Iterator[Path]:
    """Django on a new database (SQLite, or beside the one that DATABASE_URL names); yields a folder for files."""
    with tempfile.TemporaryDirectory(prefix="acceptance-") as folder:
        os.environ["DATA_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maintenance_site.settings")
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        if connection.vendor != "postgresql":
            call_command("migrate", verbosity=0)
            yield Path(folder)
            return
        connection.settings_dict["TEST"]["NAME"] = f"acceptance_{os.getpid()}"
        name = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield Path(folder)
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)


def organization(slug: str, zone: str) -> Any:
    """The organisation whose records they are."""
    from accounts.models import Organization

    found, _ = Organization.objects.get_or_create(
        slug=slug,
        defaults={"name": slug.title(), "time_zone": zone, "maintenance_scheduling_enabled": True},
    )
    return found


def import_file(entity: str, path: Path, slug: str, **options: Any) -> Any:
    """Import by the product's command; the run as it is recorded, with its `seconds` and this process's `work`."""
    from django.core.management import call_command

    from core.tenancy import tenant_scope
    from integrations.models import ImportRun

    started, worked = time.monotonic(), time.process_time()
    out, error = io.StringIO(), io.StringIO()
    call_command("import_csv", entity, path, organization=slug, stdout=out, stderr=error, **options)
    seconds, work = time.monotonic() - started, time.process_time() - worked
    with tenant_scope(organization(slug, "UTC").pk):
        run = ImportRun.objects.newest_first()[0]
    run.seconds, run.work = seconds, work
    return run


def told(run: Any) -> str:
    """What became of an import, and how long it took."""
    return (
        f"{run.rows} rows in {run.seconds:.1f} s ({run.work:.1f} s of processor time beside the database):"
        f" {run.created} created, {run.changed} changed, {run.unchanged} unchanged, {run.rejected} refused"
    )


def verdict(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """A sentence for every figure that differs."""
    return [
        f"{name}: {found.get(name)} instead of {value}"
        for name, value in expected.items()
        if found.get(name) != value
    ]


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def database_address() -> str:
    """Of the database in use, for other programs."""
    from django.db import connection

    if connection.vendor != "postgresql":
        sys.exit("This trial needs PostgreSQL: set -a; . var/services.env; set +a")
    given = connection.settings_dict
    login = f"{quote(given['USER'])}:{quote(given['PASSWORD'])}"
    return f"postgresql://{login}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
