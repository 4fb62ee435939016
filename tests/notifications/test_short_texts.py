"""Texts that fit an SMS, numbers that can be dialled, addresses that are taken, errors in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.rules import service_addresses, short_texts
from notifications.rules.error_words import in_words

LINK = "https://maintenance.hotel-nord.example/m/AaBbCcDdEeFfGgHhIiJjKkLlMmNnOoPp/"


@given(st.text(max_size=400))
def test_an_sms_fits_and_ends_with_its_link(text: str) -> None:
    sms = short_texts.sms(text, LINK)
    assert sms.endswith(LINK)
    most = short_texts.ONE_SMS if short_texts.is_gsm(sms) else short_texts.ONE_WIDE_SMS
    assert short_texts.length(sms) <= most or sms == f"... {LINK}"


def test_dashes_quotes_and_accents_become_letters_of_the_alphabet() -> None:
    sms = short_texts.sms("Overdue: Filter – “Štěpán’s” room…  now", LINK)
    assert sms == f'Overdue: Filter - "Stepan\'s" room... now {LINK}'
    assert short_texts.is_gsm(short_texts.sms("Lüftung prüfen, Größe 5 €", LINK))


def test_another_script_keeps_its_letters() -> None:
    assert short_texts.sms("Проверить лифт", "https://m.example/1").startswith("Проверить лифт ")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+49 170 1234567", "+491701234567"),
        ("0049 (0)170 123-4567", "+491701234567"),
        ("+1 (212) 555.0100", "+12125550100"),
        ("030 1234567", ""),
        ("+49 30 1234567 ext. 12", ""),
        ("", ""),
    ],
)
def test_only_numbers_with_a_country_code_can_be_dialled_from_anywhere(
    written: str, number: str
) -> None:
    assert short_texts.phone_number(written) == number


@pytest.mark.parametrize(
    "address",
    [
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "mmosts://chat.example.org/3ccdd113474722377935511fc85d3dd4?channel=town",
        "jsons://example.org/path?+X-Token=abc",
        "ntfys://ntfy.sh/my-topic?priority=high",
    ],
)
def test_services_of_people_are_taken(address: str) -> None:
    assert service_addresses.refusal(address, service_addresses.CHAT) == ""


@pytest.mark.parametrize(
    "address",
    [
        *(
            "syslog://",
            "dbus://",
            "exec:///bin/sh",
            "file:///etc/passwd",
            "windows://",
            "macosx://",
        ),
        *(
            "mailto://user:pass@example.org",
            "apprise://localhost/token",
            "smpp://a:b@example.org/1",
        ),
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?template=/etc/passwd",
        "jsons://example.org?verify=no",
        "jsons://example.org?rto=600",
        "ntfys://ntfy.sh/topic?attach=http://10.0.0.1/",
        "jsons://example.org:99999/",
        "jsons://exa mple.org/",
        "jsons://" + "x" * 500,
        "nonsense",
        "",
    ],
)
def test_all_else_is_refused_with_a_sentence(address: str) -> None:
    assert service_addresses.refusal(address, service_addresses.CHAT).endswith(".")


@given(st.text(max_size=200))
def test_no_address_is_too_odd_to_be_judged(address: str) -> None:
    said = service_addresses.refusal(address, service_addresses.CHAT)
    assert said == "" or said.endswith(".")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("", ""),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "The server does not answer."),
        ("TimeoutError: timed out", "The server takes too long to answer."),
        ("550 No such mailbox", "The mail server refused it for good: “550 No such mailbox”."),
        ("450 Try later", "The mail server refused it for now: “450 Try later”."),
        ("The service refused the message (it answered 404).",) * 2,
        ("ZeroDivisionError: oh", "It could not be sent: ZeroDivisionError: oh."),
    ],
)
def test_errors_are_told_in_words(error: str, words: str) -> None:
    assert in_words(error) == words
