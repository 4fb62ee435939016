"""Signatures and the schedule of retries of webhooks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from integrations.rules import webhook_retries, webhook_signatures

NOW = datetime(2026, 3, 4, 6, 0, tzinfo=UTC)


def test_the_known_answer_of_the_specification() -> None:
    assert (
        webhook_signatures.signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp=1614265330,
            body=b'{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


@given(
    keys=st.lists(st.binary(min_size=24, max_size=64), min_size=1, max_size=2),
    text=st.text(max_size=200),
)
def test_every_secret_verifies(keys: list[bytes], text: str) -> None:
    import json

    body = json.dumps({"text": text}).encode()
    secrets = [webhook_signatures.secret_of(key) for key in keys]
    now = int(datetime.now(UTC).timestamp())
    headers = webhook_signatures.headers(secrets, event_id="one", timestamp=now, body=body)
    for secret in secrets:
        assert Webhook(secret).verify(body, headers) == {"text": text}


def test_the_schedule_goes_over_a_day() -> None:
    waits = [webhook_retries.wait(attempt, spread=1) for attempt in range(1, 10)]
    assert waits == sorted(waits)
    assert waits[0] <= timedelta(seconds=10)
    assert sum(waits[:7], timedelta()) > timedelta(hours=12)
    at, tries = NOW, 1
    while not webhook_retries.is_given_up(NOW, at):
        at, tries = at + webhook_retries.wait(tries, spread=1), tries + 1
    assert timedelta(days=1) < at - NOW < timedelta(days=1, hours=10)
    assert tries < 12


@given(attempts=st.integers(1, 10_000), spread=st.floats(0.9, 1.1), asked=st.integers(0, 10**9))
def test_what_the_receiver_asks_for_is_waited_up_to_a_day(
    attempts: int, spread: float, asked: int
) -> None:
    usual = webhook_retries.wait(attempts, spread=spread)
    wished = webhook_retries.retry_after(str(asked), NOW)
    waited = webhook_retries.wait(attempts, spread=spread, asked=wished)
    assert usual <= waited <= timedelta(days=1)
    assert waited == max(usual, min(timedelta(seconds=asked), timedelta(days=1)))


@given(st.text())
def test_any_retry_after_is_read_without_harm(text: str) -> None:
    found = webhook_retries.retry_after(text, NOW)
    assert found is None or timedelta() <= found <= timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "wished"),
    [
        ("120", timedelta(minutes=2)),
        ("Wed, 04 Mar 2026 06:10:00 GMT", timedelta(minutes=10)),
        ("Wed, 04 Mar 2026 05:00:00 GMT", timedelta()),
        ("Wed, 04 Mar 2026 06:10:00 -0000", timedelta(minutes=10)),
        ("soon", None),
        ("-1", None),
        ("", None),
        ("²", None),
    ],
)
def test_retry_after(text: str, wished: timedelta | None) -> None:
    assert webhook_retries.retry_after(text, NOW) == wished
