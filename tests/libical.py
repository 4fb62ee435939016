"""libical's lint: the library behind many calendar programs says what is wrong with an iCalendar text."""

import ctypes
import ctypes.util
import os
from functools import cache
from typing import Any

#: ICAL_XLICERROR_PROPERTY, by which libical marks what it does not accept.
_NAME = "X-LIC-ERROR"


def complaints(data: bytes) -> list[str]:
    """What libical does not accept, in its own words; nothing at a desk without it. CI has it."""
    library = _library()
    if library is None:
        return []
    root = library.icalparser_parse_string(ctypes.c_char_p(data))
    if not root:
        return ["It is no calendar."]
    component = ctypes.c_void_p(root)
    library.icalrestriction_check(component)
    text = library.icalcomponent_as_ical_string(component).decode()
    library.icalcomponent_free(component)
    return [line for line in text.replace("\r\n ", "").splitlines() if line.startswith(_NAME)]


@cache
def _library() -> Any:
    name = ctypes.util.find_library("ical")
    if name is None:
        assert not os.environ.get("CI"), "CI needs libical: apt-get install libical3"
        return None
    library = ctypes.CDLL(name)
    library.icalparser_parse_string.restype = ctypes.c_void_p
    library.icalcomponent_as_ical_string.restype = ctypes.c_char_p
    return library
