"""Every setting from outside is either understood or refused with a sentence."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from maintenance_site import environment
from tests.threads import in_threads

ROOT = Path(__file__).resolve().parents[2]
SECRET = "Qw7-" * 16 + "zR2x"
PRODUCTION = {
    "MAINSTAY_ENV": "production",
    "SECRET_KEY": SECRET,
    "ALLOWED_HOSTS": "mainstay.example",
    "SITE_URL": "https://mainstay.example",
    "SMTP_URL": "smtp+tls://robot:pass%2Fword@mail.example",
}
#: What the tests themselves were started with must not decide.
OURS = [
    *("MAINSTAY_ENV", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL", "CSRF_TRUSTED_ORIGINS"),
    *("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "SMTP_URL", "MAIL_FROM", "PORT", "PROXIES"),
    *("S3_BUCKET", "S3_ENDPOINT_URL", "S3_REGION", "LOG_FORMAT", "LOG_LEVEL", "METRICS_TOKEN"),
    *("MAX_PHOTO_BYTES", "MAX_DOCUMENT_BYTES", "SIGN_IN_ATTEMPTS", "HSTS_SECONDS"),
    *("API_RATE_USER", "API_RATE_TENANT", "API_RATE_ALERTS", "API_RATE_ANON", "HTTPS_REDIRECT"),
    *("OTLP_URL", "OTLP_HEADERS", "OTLP_TRACES_PERCENT", "OTLP_METRICS_SECONDS", "OTLP_QUERIES"),
]


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))


def settings_with(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> dict[str, Any]:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "maintenance_site" / "settings.py"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAINSTAY_ENV", "prod"),
        ("DEBUG", "maybe"),
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("ALLOWED_HOSTS", "https://mainstay.example"),
        ("ALLOWED_HOSTS", "mainstay.example:8000"),
        ("ALLOWED_HOSTS", " , "),
        ("SITE_URL", "mainstay.example"),
        ("SITE_URL", "https://"),
        ("CSRF_TRUSTED_ORIGINS", "mainstay.example"),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "postgresql://host/"),
        ("DATABASE_URL", "postgresql://host:port/name"),
        ("DATABASE_URL", "postgresql://host/name?pool=0"),
        ("DATABASE_URL", "postgresql://host/name?pool=many"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://localhost/first"),
        ("REDIS_URL", "redis://"),
        ("CELERY_BROKER_URL", "http://localhost"),
        ("SMTP_URL", "mail.example"),
        ("SMS_URL", "twilio://SID:TOKEN@+49301234567"),
        ("SMS_URL", "{phone}"),
        ("VAPID_PRIVATE_KEY", "too-short"),
        ("VAPID_PRIVATE_KEY", "ü"),
        ("CHANNELS_PRIVATE", "perhaps"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://mail.example:99999"),
        ("MAIL_FROM", "Mainstay"),
        ("S3_ENDPOINT_URL", "https://s3.example"),
        ("S3_REGION", "eu-central-1"),
        ("MAX_PHOTO_BYTES", "15 MB"),
        ("MAX_DOCUMENT_BYTES", "-1"),
        ("SIGN_IN_ATTEMPTS", "0"),
        ("PROXIES", "-1"),
        ("API_RATE_USER", "100"),
        ("API_RATE_TENANT", "fast/min"),
        ("API_RATE_ALERTS", "0/min"),
        ("API_RATE_ANON", "10/fortnight"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "LOUD"),
        ("OTLP_URL", "collector:4317"),
        ("OTLP_URL", "grpc://collector:4317"),
        ("OTLP_HEADERS", "authorization"),
        ("OTLP_HEADERS", "authorization="),
        ("OTLP_HEADERS", "a header=value"),
        ("OTLP_HEADERS", "one=two%0D%0Athree"),
        ("OTLP_TRACES_PERCENT", "101"),
        ("OTLP_METRICS_SECONDS", "0"),
        ("OTLP_QUERIES", "some"),
        ("DATA_DIR", "/dev/null/data"),
    ],
)
def test_a_bad_value_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"\.$") as refusal:
        settings_with(monkeypatch, {name: value})
    assert name in str(refusal.value) or f"S3_BUCKET is empty, but {name}" in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("DEBUG", "on"),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", "*"),
        ("SITE_URL", ""),
        ("SITE_URL", "http://mainstay.example"),
        ("SMTP_URL", ""),
        ("HSTS_SECONDS", "long"),
        ("HTTPS_REDIRECT", "perhaps"),
    ],
)
def test_production_refuses_what_a_developer_may_leave_out(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"^{name}.*\.$"):
        settings_with(monkeypatch, {**PRODUCTION, name: value})


def test_a_refusal_does_not_repeat_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        settings_with(monkeypatch, {"DATABASE_URL": "mysql://root:hunter2@host/name"})
    assert "hunter2" not in str(refusal.value)


def test_headers_for_a_collector_may_hold_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    given = "authorization=Bearer%20a%2Cb==, x-scope=1,"
    made = settings_with(monkeypatch, {"OTLP_HEADERS": given})
    assert made["OTLP_HEADERS"] == {"authorization": "Bearer a,b==", "x-scope": "1"}
    with pytest.raises(ImproperlyConfigured) as refusal:
        settings_with(monkeypatch, {"OTLP_HEADERS": "hunter2"})
    assert "hunter2" not in str(refusal.value)


def test_development_needs_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = settings_with(monkeypatch, {})
    assert made["DATABASES"]["default"]["NAME"] == tmp_path / "data" / "mainstay.sqlite3"
    assert made["DATABASES"]["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert (made["PRODUCTION"], made["DEBUG"], made["ALLOWED_HOSTS"]) == (False, False, ["*"])
    assert made["EMAIL_BACKEND"].endswith("filebased.EmailBackend")


def test_production_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = settings_with(monkeypatch, PRODUCTION)
    assert made["SECURE_SSL_REDIRECT"] is made["SESSION_COOKIE_SECURE"] is True
    assert made["CSRF_TRUSTED_ORIGINS"] == ["https://mainstay.example"]
    assert (made["EMAIL_HOST"], made["EMAIL_PORT"], made["EMAIL_USE_TLS"]) == (
        *("mail.example", 587),
        True,
    )
    assert made["EMAIL_HOST_PASSWORD"] == "pass/word"


def test_postgresql_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql://us%40er:p%3Aw@db.example:6432/main?pool=7&sslmode=require"
    found = settings_with(monkeypatch, {"DATABASE_URL": address})["DATABASES"]["default"]
    assert (found["USER"], found["PASSWORD"], found["HOST"]) == ("us@er", "p:w", "db.example")
    assert (found["PORT"], found["NAME"]) == ("6432", "main")
    assert found["OPTIONS"]["pool"]["max_size"] == 7
    assert found["OPTIONS"]["sslmode"] == "require"


def test_postgresql_by_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql:///main?host=/run/postgresql"
    found = settings_with(monkeypatch, {"DATABASE_URL": address})["DATABASES"]["default"]
    assert (found["HOST"], found["NAME"]) == ("/run/postgresql", "main")


def check_deploy(tmp_path: Path, **values: str) -> str:
    """What `check --deploy` says about our own points and Django's security."""
    command = [sys.executable, "manage.py", "check", "--deploy", "--tag", "security"]
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    environment = {**kept, **PRODUCTION, "DATA_DIR": str(tmp_path / "data"), **values}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_a_deployment_on_servers_has_nothing_to_warn_of(tmp_path: Path) -> None:
    servers = {"DATABASE_URL": "postgresql://host/name", "REDIS_URL": "redis://host/0"}
    assert "no issues" in check_deploy(tmp_path, **servers)


def test_production_on_one_file_is_warned_of(tmp_path: Path) -> None:
    told = check_deploy(tmp_path)
    assert "maintenance_site.W001" in told
    assert "maintenance_site.W002" in told


def test_development_makes_a_key_for_browsers_and_production_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = settings_with(monkeypatch, {})["VAPID_PRIVATE_KEY"]
    assert settings_with(monkeypatch, {})["VAPID_PRIVATE_KEY"] == made
    assert (tmp_path / "data" / "vapid-key").read_text() == made
    assert settings_with(monkeypatch, PRODUCTION)["VAPID_PRIVATE_KEY"] == ""
    given = {**PRODUCTION, "VAPID_PRIVATE_KEY": made, "SMS_URL": "sms77://key/{phone}"}
    assert settings_with(monkeypatch, given)["VAPID_PRIVATE_KEY"] == made


def test_each_development_installation_makes_a_secret_of_its_own_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = settings_with(monkeypatch, {})["SECRET_KEY"]
    kept = tmp_path / "data" / "secret-key"
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (first, 0o600)
    assert settings_with(monkeypatch, {})["SECRET_KEY"] == first
    other = settings_with(monkeypatch, {"DATA_DIR": str(tmp_path / "other")})["SECRET_KEY"]
    assert other != first
    assert len(other) >= 50
    assert list((tmp_path / "data").glob("secret-key-*")) == []


def test_processes_that_start_at_once_agree_on_the_secret(tmp_path: Path) -> None:
    found, errors = in_threads(8, lambda _: environment.development_secret(tmp_path))
    assert errors == []
    assert len(set(found)) == 1
