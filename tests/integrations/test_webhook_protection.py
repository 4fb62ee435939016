"""What webhooks are kept from: private networks, other ways, endless answers, and answers that no database holds."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from accounts.models import Organization
from core.tenancy import tenant_scope
from integrations.models import WebhookDelivery
from integrations.services import foreign, webhook_calls
from tests.integrations.receivers import Receiver, drain, fresh, happen, log, made, receiving

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _own_network(settings: Any) -> None:
    settings.WEBHOOKS_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def test_a_secret_that_cannot_be_read_signs_nothing(
    organization: Organization, receiver: Receiver, settings: Any
) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    settings.SECRET_KEY = "another " * 10
    drain(now)
    assert receiver.got == []
    assert "Rotate it" in fresh(webhook).problem


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "::1", "fe80::1", "fc00::1",
     "::ffff:127.0.0.1", "64:ff9b::7f00:1", "100.64.0.1", "fec0::1", "64:ff9b:1::1", "::127.0.0.1"],
)  # fmt: skip
def test_private_networks_get_nothing(
    organization: Organization, settings: Any, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Also when a public name leads there, and among public addresses."""
    settings.WEBHOOKS_PRIVATE = False
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80)),
             (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]  # fmt: skip
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    now = timezone.now()
    webhook = made(organization, "https://receiver.example/events", now)
    happen(organization, now, "task.created")
    drain(now)
    assert "private network" in fresh(webhook).problem
    assert log(webhook) == [("task.created", 1, None, "unreached")]


def test_the_name_is_not_looked_up_again_between_events(
    organization: Organization, receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that closes its side makes us connect anew, and the new address is checked as well."""
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    settings.WEBHOOKS_PRIVATE = False
    checked: list[str] = []

    def is_public(address: str) -> bool:
        checked.append(address)
        return len(checked) < 3

    monkeypatch.setattr(foreign, "is_public", is_public)
    receiver.headers = {"Connection": "close"}
    happen(organization, now, *("task.created",) * 4)
    drain(now)
    assert (len(checked), len(receiver.got)) == (3, 2)
    assert "private network" in fresh(webhook).problem


def test_redirects_are_not_followed(organization: Organization, receiver: Receiver) -> None:
    now = timezone.now()
    with receiving() as other:
        webhook = made(organization, receiver.address, now)
        happen(organization, now, "task.created")
        receiver.status, receiver.headers = 307, {"Location": other.address}
        drain(now)
        assert other.got == []
    assert "is not followed" in fresh(webhook).problem


def test_in_production_the_way_is_encrypted(
    organization: Organization, receiver: Receiver, settings: Any
) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    settings.WEBHOOKS_PRIVATE, settings.PRODUCTION = False, True
    drain(now)
    assert receiver.got == []
    assert fresh(webhook).problem == "The address must begin with https://."


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[Receiver]:
    """A receiver with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver.example")])
    made_of = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    signed = (
        made_of.public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - DAY)
        .not_valid_after(datetime.now(UTC) + DAY)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    kind = serialization.PrivateFormat.PKCS8
    path = tmp_path / "receiver.pem"
    path.write_bytes(key.private_bytes(pem, kind, plain) + signed.public_bytes(pem))
    with receiving(path) as found:
        yield found


def test_certificates_are_checked(
    organization: Organization, encrypted: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = timezone.now()
    webhook = made(organization, encrypted.address, now)
    happen(organization, now, "task.created")
    drain(now)
    assert encrypted.got == []
    assert fresh(webhook).problem == "The server's certificate is not valid."
    trusting = ssl.create_default_context(cafile=str(tmp_path / "receiver.pem"))
    monkeypatch.setattr(foreign, "_encryption", lambda: trusting)
    drain(now + MINUTE)
    assert len(encrypted.taken) == 1


def test_a_server_that_never_shakes_hands_is_cut_off(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_calls, "PATIENCE", 0.3)
    now = timezone.now()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        webhook = made(organization, f"https://127.0.0.1:{mute.getsockname()[1]}/", now)
        happen(organization, now, "task.created")
        drain(now)
    assert "takes longer than" in fresh(webhook).problem


def test_an_answer_without_end_holds_up_nobody(
    organization: Organization, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_calls, "PATIENCE", 0.3)
    now, receiver.hold = timezone.now(), threading.Event()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    drain(now)
    receiver.hold.set()
    assert "takes longer than" in fresh(webhook).problem


@pytest.mark.parametrize(
    ("body", "shown"),
    [(b"no\x00thing\r\nhere \xff", "no thing here \ufffd"), (b"x" * 200_000, "x" * 300)],
)
def test_any_answer_can_be_kept(
    organization: Organization, receiver: Receiver, body: bytes, shown: str
) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created", "task.completed")
    receiver.body = body
    drain(now)
    assert len(receiver.taken) == 2
    with tenant_scope(organization.pk):
        kept = set(WebhookDelivery.objects.filter(webhook=webhook).values_list("response"))
    assert kept == {(shown,)}


def test_a_reason_can_hold_anything(organization: Organization, receiver: Receiver) -> None:
    receiver.reason = "Not\x00 today\x7f"
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    receiver.status = 500
    drain(now)
    assert fresh(webhook).problem == "The receiver answered 500 Not today."
