"""Which network addresses belong to everybody, and which to the network that the site stands in."""

from ipaddress import IPv6Address, IPv6Network, ip_address

#: Addresses that stand for others: what they lead to is decided elsewhere.
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16"), IPv6Network("2001::/32"))


def is_public(text: str) -> bool:
    """Whether the IP address is reached over the internet, and through no translation that could lead back inside."""
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif any(address in network for network in _TRANSLATED):
            return False
    return address.is_global and not address.is_multicast
