"""Networks and addresses: what counts as one network, and which targets of `next=` are our own."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

LONGEST_PATH = 512


def network_of(address: str) -> str:
    """Return the network that an address is counted under: itself for IPv4, its /64 for IPv6, `?` if unreadable."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "?"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False).network_address)
    return str(ip)


def own_path(target: str | None, default: str = "/") -> str:
    """Return `target` if it is a path of this site, else `default`.

    A path begins with exactly one slash and holds no backslash, control character, scheme or host: browsers read
    `//host`, `/\\host` and `/<tab>/host` as other sites.
    """
    if not target or len(target) > LONGEST_PATH or not target.startswith("/") or target.startswith("//"):
        return default
    if "\\" in target or any(ord(char) < 0x21 or ord(char) == 0x7F for char in target):
        return default
    try:
        parts = urlsplit(target)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc else target
