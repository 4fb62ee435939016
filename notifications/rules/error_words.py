"""What went wrong with a delivery, in words for whoever waits for it."""

import re

_CODE = re.compile(r"(\d{3})(?: |$)")
_WORDS = (
    (
        r"ConnectionRefused|does not answer|Connection unexpectedly closed",
        "The server does not answer.",
    ),
    (
        r"gaierror|Name or service not known|no server of this name",
        "There is no server of this name.",
    ),
    (r"[Tt]imed? ?out|Timeout", "The server takes too long to answer."),
    (r"SMTPAuthenticationError|535", "The mail server does not accept this site's password."),
    (r"CERTIFICATE_VERIFY_FAILED|SSL", "The server's certificate is not valid."),
)


def in_words(error: str) -> str:
    """A sentence. What the far side says in words of its own follows the sentence."""
    if not error:
        return ""
    if error.endswith(".") and not re.match(r"\w+(Error|Refused|Exception)\b", error):
        return error
    for pattern, words in _WORDS:
        if re.search(pattern, error):
            return words
    code = _CODE.match(error)
    if code:
        refused = "for good" if code[1].startswith("5") else "for now"
        return f"The mail server refused it {refused}: “{error}”."
    return f"It could not be sent: {error}."
