"""Which addresses of chat and push services people may enter.

Apprise knows two hundred kinds of address, among them such as write to the machine's own logs and run its programs;
here stand the ones that people need. Parameters are named too: some make Apprise read files or skip checks.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Service:
    """A service that people use. `schemes` begin its addresses; `example` is one without real secrets."""

    name: str
    schemes: frozenset[str]
    example: str


CHAT = (
    Service("Slack", frozenset({"slack"}), "https://hooks.slack.com/services/T…/B…/…"),
    Service(
        "Microsoft Teams (Workflows)",
        frozenset({"workflow", "workflows"}),
        "https://….logic.azure.com/workflows/…",
    ),
    Service("Mattermost", frozenset({"mmost", "mmosts"}), "mmosts://chat.example.org/token"),
    Service("Google Chat", frozenset({"gchat"}), "https://chat.googleapis.com/v1/spaces/…"),
    Service("Discord", frozenset({"discord"}), "https://discord.com/api/webhooks/…"),
    Service("Rocket.Chat", frozenset({"rocket", "rockets"}), "rockets://token@chat.example.org"),
    Service("Webex", frozenset({"wxteams", "webex"}), "wxteams://token"),
    Service("Zulip", frozenset({"zulip"}), "zulip://bot@organisation/token/stream"),
    Service("Telegram", frozenset({"tgram"}), "tgram://bot-token/chat-number"),
    Service("ntfy", frozenset({"ntfy", "ntfys"}), "ntfys://ntfy.example.org/topic"),
    Service(
        "a server of your own (JSON)", frozenset({"json", "jsons"}), "jsons://example.org/path"
    ),
)
PUSH = (
    Service("ntfy", frozenset({"ntfy", "ntfys"}), "ntfys://ntfy.sh/your-topic"),
    Service("Gotify", frozenset({"gotify", "gotifys"}), "gotifys://gotify.example.org/token"),
    Service("Pushover", frozenset({"pover"}), "pover://user-key@token"),
    Service("Pushbullet", frozenset({"pbul"}), "pbul://access-token"),
    Service("Prowl", frozenset({"prowl"}), "prowl://api-key"),
)
#: Services whose own web addresses are taken as they are.
_NATIVE = "https"
_PARAMETERS = frozenset(
    {"api-version", "sp", "sv", "sig", "key", "token", "thread", "threadkey", "to", "channel"}
    | {"mode", "priority", "tags", "auth", "id", "ver", "pa"}
)
_LONGEST = 500


def refusal(address: str, services: tuple[Service, ...]) -> str:
    """Why the address is not taken, in a sentence that says what to do; empty when it is."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "This is not an address of a service. Copy it whole."
    if len(address) > _LONGEST:
        return f"Use {_LONGEST} characters at most."
    if not host or any(sign <= " " or sign == "\x7f" for sign in address):
        return "This is not an address of a service. Copy it whole."
    if parts.scheme != _NATIVE and not is_of(parts.scheme, services):
        return (
            f"Addresses of {listed(services)} are taken, none beginning with “{parts.scheme}://”."
        )
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if name.lower() not in _PARAMETERS and not name.startswith(("+", " ")):
            return f"Leave “{name}=…” out of the address: it is not taken."
    return ""


def is_of(scheme: str, services: tuple[Service, ...]) -> bool:
    """Whether one of the services has addresses that begin so."""
    return any(scheme in service.schemes for service in services)


def name_of(address: str, services: tuple[Service, ...]) -> str:
    """What people call the service; where only its host tells, that. Empty for no address."""
    parts = urlsplit(address)
    names = (service.name for service in services if parts.scheme in service.schemes)
    return next(names, parts.hostname or "")


def listed(services: tuple[Service, ...]) -> str:
    """Their names, as people list them."""
    *first, last = [service.name for service in services]
    return f"{', '.join(first)} and {last}"
