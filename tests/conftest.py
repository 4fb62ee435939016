"""What every test may use: an organisation at work, people of every role, a fixed moment."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import hypothesis
import pytest
import pytest_django
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connection, transaction

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from maintenance_site import migrating
from tests import chromium, factories

migrating.hasten()

# Races are about who gets what, not about how soon: on a busy machine threads wait as long as it takes.
_options = settings.DATABASES["default"]["OPTIONS"]
_options.get("pool", _options)["timeout"] = 300
# What tests commit need not outlive a power cut: nobody waits for the disk.
if settings.DATABASE_URL:
    _options["options"] = "-c synchronous_commit=off"
else:
    _options["init_command"] += " PRAGMA synchronous=OFF;"

# Examples take as long as they take, too.
hypothesis.settings.register_profile(
    "steady",
    parent=hypothesis.settings(),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("steady")

# Every client of a test would look for all static files anew: they are found when asked for instead.
settings.WHITENOISE_AUTOREFRESH = True
# Passwords of tests are hashed as everywhere, with the least work that Argon2 allows.
Argon2PasswordHasher.time_cost = Argon2PasswordHasher.parallelism = 1
Argon2PasswordHasher.memory_cost = 8

if settings.REDIS_URL:
    # each process of the suite has its own Redis database, so that emptying one empties no other
    _process = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    settings.CACHES["default"]["LOCATION"] = (
        f"{settings.REDIS_URL.rsplit('/', 1)[0]}/{int(_process) + 1}"
    )


@pytest.fixture(autouse=True, scope="session")
def _uploads(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Files of tests do not lie among those of the site."""
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("uploads")


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Rate limits and counted sign-ins of other tests do not count."""
    cache.clear()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite tests use a file: in memory all threads of the live server share one connection and lock each other."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        file = tmp_path_factory.mktemp("database") / "test.sqlite3"
        database.setdefault("TEST", {})["NAME"] = str(file)


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[None]:
    """PostgreSQL drops no database that somebody uses: threads of live sites let go of theirs in their own time."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = current_user"
                " AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="module")
def shared_rows(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[None]:
    """A transaction around all tests of a module: what is made in it is made once, and gone at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def now() -> datetime:
    """A Wednesday morning, 06:00 UTC."""
    return datetime(2026, 3, 4, 6, 0, tzinfo=UTC)


@pytest.fixture
def organization(db: None) -> Organization:
    """An organisation in Berlin with scheduling switched on; outside any scope."""
    return factories.organization()


@pytest.fixture
def scope(organization: Organization) -> Iterator[Organization]:
    """The organisation, with its rows in reach for the whole test."""
    with tenant_scope(organization.pk):
        yield organization


@pytest.fixture
def stranger(db: None) -> Organization:
    """Another organisation, whose rows nobody of ours may see."""
    return factories.organization(name="Stranger", slug="stranger")


@pytest.fixture
def user_with(organization: Organization) -> Callable[[Role], User]:
    """A person of `organization` with a role; the password is `factories.PASSWORD`."""
    return lambda role: factories.user(organization, role=role)


@pytest.fixture
def admin(organization: Organization) -> User:
    """An administrator of `organization`."""
    return factories.user(organization, role=Role.ADMIN)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs another database or servers not named; a named one that does not answer fails its tests."""
    absent = {"sqlite" if settings.DATABASE_URL else "postgres"}
    if not (settings.DATABASE_URL and settings.REDIS_URL and settings.CELERY_BROKER_URL):
        absent.add("services")
    if _lacks_chromium():
        absent.add("browser")
    # long ones first: one process that draws them last would leave the other idle
    items.sort(key=lambda item: item.get_closest_marker("thorough") is None)
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in absent)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _lacks_chromium() -> bool:
    """Whether to do without a browser; CI never does, so that its tests of pages fail where Chromium is missing."""
    return chromium.is_missing() and not os.environ.get("CI")


def pytest_report_header() -> str:
    """Say on what the tests run."""
    database = "PostgreSQL" if settings.DATABASE_URL else "SQLite"
    return f"database: {database} (tests that need servers: make test-services)"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what a machine without a browser did not show."""
    if _lacks_chromium():
        terminalreporter.write_line(
            f"tests/browser left out: no Chromium at {chromium.CHROMIUM} (install it, or set CHROMIUM)"
        )
