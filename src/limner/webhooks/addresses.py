"""Which addresses a webhook may go to: hosts on the public internet, and nothing behind our own walls.

A caller names the address, so without this check anybody with a key could have this server knock at its
neighbours' doors. A URL is checked as text when it is given, and the addresses that its name stands for are
checked again by whoever connects (``sending``), because a name may stand for something else by then.
Knows no HTTP.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

from limner.errors import InvalidInput

MAX_URL_CHARACTERS = 2048
MAX_PORT = 65_535
DEFAULT_PORTS = {"http": 80, "https": 443}

Resolve = Callable[[str, int], Iterable[str]]
"""All addresses of (host name, port), as text. Raises OSError when there are none."""

_PLACE = re.compile(r"(\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(:(?P<port>[0-9]{0,5}))?")
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NEARBY_SUFFIXES = (".localhost", ".localdomain", ".local", ".internal", ".intranet", ".lan", ".home.arpa")

# The special-purpose registries of IANA, spelled out: ipaddress's is_global changed between patch releases.
_NOT_PUBLIC_V4 = tuple(
    IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # Azure's host, as its guests see it
    )
)
_PUBLIC_V6 = IPv6Network("2000::/3")  # so no ::1, fe80::, fc00::, ff00::, ::ffff:1.2.3.4, no NAT64
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments, among them Teredo, which carries an IPv4 address
        "2001:db8::/32",
        "2002::/16",  # 6to4: carries an IPv4 address
        "3fff::/20",
    )
)

# What browsers refuse too (https://fetch.spec.whatwg.org/#port-blocking): services that might take a request
# for commands of their own protocol.
_REFUSED_PORTS = frozenset({
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103,
    104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514,
    515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723,
    2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook goes, taken apart once: what was checked is what is connected to."""

    scheme: str
    host: str  # lower case; an IPv6 address without its brackets
    port: int
    path: str  # with the query

    @property
    def authority(self) -> str:
        """As the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def parse_target(url: str, field: str, allow_private: bool = False) -> Target:
    """Takes a URL apart and checks what shows without asking a name server. Raises InvalidInput that names
    the field. ``allow_private`` lets any host pass, for development; the rest of the rules hold."""
    if len(url) > MAX_URL_CHARACTERS:
        raise _refuse(field, f"must be at most {MAX_URL_CHARACTERS} characters, not {len(url)}")
    if not (url.isascii() and url.isprintable()) or set(url) & set(' \\"<>^`{|}'):
        raise _refuse(
            field, "must be a URL in ASCII, other characters percent-encoded, host names in punycode"
        )
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _refuse(field, "must be a URL") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise _refuse(field, "must be a URL that begins with https:// or http://")
    if "@" in parts.netloc:
        raise _refuse(field, "must not hold a user name or a password")
    place = _PLACE.fullmatch(parts.netloc.lower())
    if place is None:
        raise _refuse(field, "must name a host, and a port if any, as in https://example.com:8443/path")
    host = place["v6"] or place["name"].removesuffix(".")
    _check_host(host, field, allow_private)
    port = _checked_port(place["port"], DEFAULT_PORTS[parts.scheme], field)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path)


def check_addresses(addresses: Iterable[str]) -> list[str]:
    """These addresses. Raises InvalidInput if there are none, or one of them is not public: a name that
    stands for a private address among public ones is a trick, or a mistake."""
    found = list(dict.fromkeys(addresses))
    if not found or not all(is_public(address) for address in found):
        raise InvalidInput(NOT_PUBLIC)
    return found


NOT_PUBLIC = "the host has no address on the public internet"


def is_public(address: str) -> bool:
    """Whether this IP address, as text, can only be on the public internet."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    match ip:
        case IPv4Address():
            return not any(ip in block for block in _NOT_PUBLIC_V4)
        case IPv6Address():
            return (
                ip.scope_id is None and ip in _PUBLIC_V6 and not any(ip in block for block in _NOT_PUBLIC_V6)
            )


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host name or of an address, by the system's name servers. Raises OSError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a name that no name server could hold
        raise OSError(str(error)) from error
    return [str(address[0]) for *_, address in found]


def _checked_port(written: str | None, default: int, field: str) -> int:
    port = int(written) if written else default
    if port > MAX_PORT or port in _REFUSED_PORTS:
        raise _refuse(field, f"must not name port {port}")
    return port


def _check_host(host: str, field: str, allow_private: bool) -> None:
    if not (_is_address(host) if ":" in host else _NAME.fullmatch(host)):
        raise _refuse(field, "must name a host, as in https://example.com/path")
    if not (allow_private or _may_be_public(host)):
        raise _refuse(field, f"must name a host on the public internet, not {host}")


def _may_be_public(host: str) -> bool:
    # Not 127.0.0.1 alone, but all that a resolver takes for an address: 127.1, 0177.0.0.1, 0x7f000001
    if ":" in host or _NUMBER.fullmatch(host.rpartition(".")[2]):
        return is_public(host)
    return "." in host and not host.endswith(_NEARBY_SUFFIXES)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _refuse(field: str, what: str) -> InvalidInput:
    return InvalidInput(f'field "{field}" {what}')
