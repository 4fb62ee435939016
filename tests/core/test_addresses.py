"""Which addresses belong to everybody: IANA's registries of special-purpose addresses, line by line."""

import pytest

from core.rules.addresses import is_inside, is_public

#: One address of each line of the registries that is not reached from everywhere, and of multicast.
SPECIAL = [
    *("0.0.0.1", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.9.9.9"),
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.9"),
    *("192.0.0.10", "192.0.0.170", "192.0.0.171", "192.0.2.1", "192.88.99.1", "192.88.99.2"),
    *("192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1"),
    *("239.1.2.3", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "100:0:0:1::1"),
    *("2001::1", "2001:1::1", "2001:1::2", "2001:1::3", "2001:2::1", "2001:3::1"),
    *("2001:4:112::1", "2001:10::1", "2001:20::1", "2001:30::1", "2001:db8::1"),
    *("2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1"),
    *("fe80::1", "fec0::1", "feff::1", "ff02::1", "4000::1"),
]
PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.32.0.1"),
    *("192.0.1.1", "192.31.196.1", "192.52.193.1", "192.175.48.1", "198.20.0.1", "223.255.255.1"),
    *("::ffff:8.8.8.8", "2001:200::1", "2001:4860:4860::8888", "2600::1", "2620:4f:8000::1"),
    *("2a00:1450:4001::1", "3ffe::1"),
]


@pytest.mark.parametrize("address", SPECIAL)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)
    assert is_inside(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_all_others_are(address: str) -> None:
    assert is_public(address)
    assert not is_inside(address)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LocalHost.", "api.localhost", "printer.local", "db.internal"),
        *(
            "127.1",
            "0x7f000001",
            "2130706433",
            "017700000001",
            "0177.0.0.1",
            "10.1",
            "0",
            "１２７.0.0.1",
        ),
        *("[::1]", "fe80::1%eth0", "127.0.0.1."),
    ],
)
def test_hosts_in_the_own_network_are_seen_at_once(host: str) -> None:
    assert is_inside(host)


@pytest.mark.parametrize(
    "host", ["receiver.example", "localhost.example.org", "134744072", "8.8", "internal", "a.b.c"]
)
def test_names_are_looked_up_when_they_are_asked(host: str) -> None:
    assert not is_inside(host)
