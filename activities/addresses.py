"""Which addresses outgoing calls may reach: public ones, and what the operator opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# Not global by RFC 6890 and its successors, but not all of them known to `is_global`.
_CLOSED: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "168.63.129.16/32",  # a cloud's metadata service on a public address
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "3fff::/20",
        "fec0::/10",
        "5f00::/16",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Opening:
    """One entry of the operator's list: a host name or a network, and a port or all of them."""

    host: str | None
    network: Network | None
    port: int | None

    def admits(self, host: str, address: Address, port: int) -> bool:
        """Whether a call to `host`, which is at `address`, may go to `port`."""
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            return address in self.network
        return self.host == host.rstrip(".").lower()


def parse_openings(text: str) -> tuple[Opening, ...]:
    """`127.0.0.1:8080, 10.0.0.0/8, [::1]:80, intranet.example` as openings.

    Raises:
        ValueError: an entry is none of these; the message names it.
    """
    return tuple(_opening(entry.strip()) for entry in text.split(",") if entry.strip())


def _opening(entry: str) -> Opening:
    host, port = _split_port(entry)
    try:
        return Opening(None, ip_network(host, strict=False), port)
    except ValueError:
        if "/" in host or ":" in host or not host:
            raise ValueError(f"{entry!r} is no host, address or network") from None
        return Opening(host.rstrip(".").lower(), None, port)


def _split_port(entry: str) -> tuple[str, int | None]:
    if entry.startswith("["):
        host, _, rest = entry[1:].partition("]")
        port = rest.removeprefix(":")
    elif entry.count(":") == 1:
        host, _, port = entry.partition(":")
    else:
        host, port = entry, ""
    if port and not (port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(f"{entry!r} has no valid port")
    return host, int(port) if port else None


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet, whatever it is wrapped in."""
    inner = _unwrapped(address)
    if inner is not None:
        return is_public(inner)
    if any(address.version == net.version and address in net for net in _CLOSED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _unwrapped(address: Address) -> IPv4Address | None:
    """The IPv4 address inside an IPv6 one: mapped, 6to4 or NAT64."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def allowed(host: str, address: str, port: int, openings: Sequence[Opening]) -> bool:
    """Whether a call may go there; `address` is what `host` resolved to."""
    found = ip_address(address.partition("%")[0])
    forms = {found, _unwrapped(found) or found}
    return is_public(found) or any(
        each.admits(host, form, port) for each in openings for form in forms
    )
