"""Which addresses the gateway may open a connection to (rule 32), and how an origin is written (rule 12). Pure."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address

# What clouds answer their own machines with: keys and passwords. Never opened, listed or not.
METADATA = tuple(
    ip_network(text)
    for text in (
        "169.254.0.0/16",  # AWS, Google, Azure, DigitalOcean, ECS and EKS credentials: all of link-local
        "fd00:ec2::/32",  # AWS over IPv6
        "fd20:ce::/64",  # Google over IPv6
        "100.100.100.200/32",  # Alibaba
        "192.0.0.192/32",  # Oracle, older instances
        "168.63.129.16/32",  # Azure's wire server, a public address
    )
)
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
UNICAST = IPv6Network("2000::/3")  # RFC 4291: all that is routed today
# IANA's special-purpose registries, "not globally reachable", where older releases of Python 3.11 to 3.13 do not know.
RESERVED = tuple(ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20"))
TUNNELS = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))  # Teredo, 6to4: both hide an IPv4 address


def unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv4-mapped, IPv4-compatible or NAT64 address stands for; else the same."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    # ::/96 but for :: and ::1 (RFC 4291 2.5.5.1, deprecated, still routed to IPv4 by some systems)
    if address in NAT64 or 1 < int(address) < 1 << 32:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_metadata(address: Address) -> bool:
    """True for the addresses that are never opened."""
    inner = unwrapped(address)
    return any(inner.version == network.version and inner in network for network in METADATA)


def is_public(address: Address) -> bool:
    """True for an address on the open Internet; private, loopback, link-local, CGNAT, ULA, multicast,
    reserved and tunnelled ones are not."""
    inner = unwrapped(address)
    if inner.is_multicast or inner.is_reserved or not inner.is_global:
        return False
    if any(inner.version == network.version and inner in network for network in RESERVED):
        return False
    if isinstance(inner, IPv6Address):
        return inner in UNICAST and not any(inner in network for network in TUNNELS)
    return True


def parsed(text: str) -> Address | None:
    """The address that this text spells, without an IPv6 scope; None for a name."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


# Origins stand in policy headers of ours, where a semicolon or a space would begin a directive of its own.
_HOST = re.compile(r"[a-z0-9_][a-z0-9_.-]*|\[[0-9a-f:.]+\]")


def origin(text: str) -> str | None:
    """Scheme, host and port as browsers write them; none for what is no origin."""
    try:
        address = urlsplit(text.strip().rstrip("/"))
        name, port = address.hostname or "", address.port
        host = f"[{name}]" if ":" in name else name if name.isascii() else name.encode("idna").decode()
    except ValueError:  # UnicodeError, of a label that no name may have, is one
        return None
    if address.scheme not in {"http", "https"} or not _HOST.fullmatch(host) or address.path or address.query:
        return None
    usual = {"http": 80, "https": 443}[address.scheme]
    return f"{address.scheme}://{host}" + (f":{port}" if port and port != usual else "")
