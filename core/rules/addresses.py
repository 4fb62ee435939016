"""Which network addresses belong to everybody, and which to the network that the site stands in."""

import socket
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from unicodedata import normalize

#: What of IPv6 is given out for the internet at all; the rest is local, reserved or stands for other addresses.
_GIVEN_OUT = IPv6Network("2000::/3")
#: IANA's special-purpose registries as far as they are not reached from everywhere, or translated to addresses that
#: somebody else decides about (6to4, Teredo). AS112 and AMT servers are reached by everybody and stand in neither.
_SPECIAL = tuple(
    ip_network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
)
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa")


def is_public(text: str) -> bool:
    """Whether the IP address is reached over the internet, and through no translation that could lead back inside."""
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None and address not in _GIVEN_OUT:
            return False
        address = address.ipv4_mapped or address
    return address.is_global and not any(address in network for network in _SPECIAL)


def is_inside(host: str) -> bool:
    """Whether a host can be seen to lie in the own network without asking anybody: by its number, however it is
    written (`127.1`, `0x7f000001`), or by a name that never leaves it.
    """
    name = normalize("NFKC", host).strip("[]").rstrip(".").lower().partition("%")[0]
    try:
        return not is_public(name)
    except ValueError:
        pass
    try:
        return not is_public(socket.inet_ntoa(socket.inet_aton(name)))
    except (OSError, ValueError):
        return name == "localhost" or name.endswith(_LOCAL_NAMES)
