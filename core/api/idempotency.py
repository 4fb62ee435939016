"""POST requests that a client may repeat after a lost answer."""

import hashlib
from collections.abc import Callable
from typing import Any

import orjson
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.errors import KeyReused
from core.api.renderers import JSONRenderer
from core.models import IdempotencyKey
from core.plain import plain

REPLAYED = "Idempotent-Replayed"
_LONGEST = 200
_HEADERS = ("Location", "ETag", "Cache-Control")


def key_of(request: Request) -> str | None:
    """The client's key on a POST of a signed-in person, else None. Raises ValidationError for a bad one."""
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None or not request.user.is_authenticated:
        return None
    if not 0 < len(key) <= _LONGEST or not key.isprintable():
        raise ValidationError({"Idempotency-Key": [f"1 to {_LONGEST} printable characters."]})
    return key


def once(
    request: Request, key: str, act: Callable[[], Response], remember: Callable[[Any], Any]
) -> Response:
    """Run `act` unless the key was used: then its first answer again, or KeyReused for another request.

    Key, effect and answer are one transaction. A second request with the same key waits at the unique constraint
    until the first is through; when the first fails, nothing of it is left and the second acts.
    """
    endpoint, body_hash = f"{request.method} {request.path.rstrip('/')}"[:300], fingerprint(request)
    user: Any = request.user
    entry = IdempotencyKey(user_id=user.pk, key=key, endpoint=endpoint, body_hash=body_hash)
    with transaction.atomic():
        try:
            with transaction.atomic():
                entry.save(force_insert=True)
        except IntegrityError:
            return _again(IdempotencyKey.objects.get(user_id=user.pk, key=key), entry)
        response = act()
        if response.status_code >= 400:
            transaction.set_rollback(True)
            return response
        _keep(entry, response, remember)
        return response


def keep_again(request: Request, response: Response, remember: Callable[[Any], Any]) -> None:
    """Keep an answer that was completed after its transaction."""
    key = key_of(request)
    if key is not None and REPLAYED not in response:
        entry = IdempotencyKey.objects.get(user_id=request.user.pk, key=key)
        _keep(entry, response, remember)


def _keep(entry: IdempotencyKey, response: Response, remember: Callable[[Any], Any]) -> None:
    entry.response_status = response.status_code
    entry.response_headers = {name: response[name] for name in _HEADERS if name in response}
    entry.response_body = JSONRenderer().render(remember(response.data)).decode()
    changed = ("response_status", "response_headers", "response_body", "updated_at")
    entry.save(update_fields=changed)


def _again(first: IdempotencyKey, second: IdempotencyKey) -> Response:
    if (first.endpoint, first.body_hash) != (second.endpoint, second.body_hash):
        raise KeyReused()
    body = orjson.loads(first.response_body) if first.response_body else None
    answer = Response(body, status=first.response_status, headers=first.response_headers)
    answer[REPLAYED] = "true"
    return answer


def fingerprint(request: Request) -> str:
    """A keyed hash of what the body says, which may be a password; order of members and boundaries do not matter."""
    data: Any = request.data
    if hasattr(data, "lists"):
        data = {name: [_content(value) for value in values] for name, values in data.lists()}
    text = orjson.dumps(plain(data), option=orjson.OPT_SORT_KEYS)
    return salted_hmac("core.idempotency", text, algorithm="sha256").hexdigest()


def _content(value: Any) -> Any:
    if not hasattr(value, "chunks"):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return [value.name, digest.hexdigest()]
