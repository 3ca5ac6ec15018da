"""Which addresses calls may reach, in every spelling."""

import socket

import pytest

from activities.addresses import allowed, parse_openings

INSIDE = (
    "127.0.0.1", "127.1", "127.0.1", "0.0.0.0", "0", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "017700000001", "127.255.255.254", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
    "192.168.0.1", "192.168.255.255", "169.254.169.254", "0xa9fea9fe", "2852039166", "169.254.0.1",
    "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "192.88.99.1", "::1", "::", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::1",
    "2002:7f00:1::", "2002:a00:1::", "2002:a9fe:a9fe::1", "2001::1", "2001:0:7f00:1::", "2001:db8::1",
    "fc00::1", "fd00::1", "fdff:ffff::1", "fe80::1", "fe80::1%1", "febf::1", "fec0::1", "ff02::1", "ff0e::1",
    "100::1", "5f00::1", "2001:10::1", "2001:20::1", "::ffff:0:127.0.0.1", "::ffff:100.64.0.1",
)  # fmt: skip
OUTSIDE = ("1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1")


def resolved(text: str) -> set[str]:
    return {str(found[4][0]) for found in socket.getaddrinfo(text, 80, type=socket.SOCK_STREAM)}


def test_there_are_at_least_sixty_forms() -> None:
    assert len(set(INSIDE)) >= 60


@pytest.mark.parametrize("text", INSIDE)
def test_the_inside_is_closed(text: str) -> None:
    assert not any(allowed(text, address, 80, ()) for address in resolved(text))


@pytest.mark.parametrize("text", OUTSIDE)
def test_the_outside_is_open(text: str) -> None:
    assert all(allowed(text, address, 80, ()) for address in resolved(text))


@pytest.mark.parametrize(
    ("opening", "host", "address", "port", "open_"),
    [
        ("127.0.0.1:8001", "localhost", "127.0.0.1", 8001, True),
        ("127.0.0.1:8001", "localhost", "127.0.0.1", 8002, False),
        ("127.0.0.1:8001", "x", "::ffff:127.0.0.1", 8001, True),
        ("10.0.0.0/8", "db", "10.3.4.5", 5432, True),
        ("10.0.0.0/8", "db", "11.3.4.5", 5432, True),  # public anyway
        ("10.0.0.0/8", "db", "192.168.1.1", 5432, False),
        ("Intranet.Example:443", "intranet.example.", "10.1.1.1", 443, True),
        ("intranet.example", "evil.intranet.example", "10.1.1.1", 443, False),
        ("[::1]:80, 10.0.0.1", "x", "::1", 80, True),
    ],
)
def test_the_operator_opens_what_is_named(
    opening: str, host: str, address: str, port: int, open_: bool
) -> None:
    assert allowed(host, address, port, parse_openings(opening)) is open_


@pytest.mark.parametrize("text", ["10.0.0.0/99", "host:99999", "a:b:c", ":80", "http://x"])
def test_what_is_no_opening_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="no"):
        parse_openings(text)
