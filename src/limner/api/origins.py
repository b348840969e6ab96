"""Whether a request of a browser comes from our own pages: what its cookie is worth hangs on it.

A page of another origin can make a browser send requests here, and the cookie with them; and a name that
somebody else's DNS points at this machine can pass a page of theirs off as ours. Both are told apart by what
a page cannot change: Host, Origin, Sec-Fetch-Site. Knows no route and no session.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import Request

from limner.errors import BadSettings, Forbidden, Misdirected

READING = ("GET", "HEAD", "OPTIONS")
OUR_PAGES = ("same-origin", "none")  # "none": typed in, or a bookmark


@dataclass(frozen=True, slots=True)
class Origins:
    """``public`` is LIMNER_PUBLIC_URL as browsers spell an origin."""

    public: str

    @property
    def is_secure(self) -> bool:
        return self.public.startswith("https:")

    @property
    def cookie_name(self) -> str:
        """Cookies do not tell ports apart: two servers on one machine need a name each."""
        if self.is_secure:
            return "__Host-limner"
        return f"limner-{urlsplit(self.public).port or 80}"

    def check_host(self, request: Request) -> None:
        """Raises Misdirected."""
        host = request.headers.get("host", "")
        if not self.trusts(host):
            raise Misdirected(
                f'this server is not known as "{host}": open {self.public}, or set LIMNER_PUBLIC_URL'
            )

    def trusts(self, host: str) -> bool:
        """No DNS has a say in an address, in localhost, or in what the operator wrote down."""
        if host.lower() == urlsplit(self.public).netloc:
            return True
        name = _hostname(host)
        return name == "localhost" or name.endswith(".localhost") or _is_address(name)

    def is_own(self, request: Request) -> bool:
        """Whether a request to read was made by a page of ours, or by somebody who typed it in."""
        if not self.trusts(request.headers.get("host", "")):
            return False
        if request.headers.get("sec-fetch-site", OUR_PAGES[0]) not in OUR_PAGES:
            return False
        origin = request.headers.get("origin")
        return origin is None or self._is_ours(origin, request.headers.get("host", ""))

    def check_write(self, request: Request) -> None:
        """Browsers say where a request that changes something comes from. Raises Forbidden."""
        if request.method not in READING and not ("origin" in request.headers and self.is_own(request)):
            raise Forbidden("a page of another origin may not do this with your session")

    def _is_ours(self, origin: str, host: str) -> bool:
        if origin == self.public:
            return True
        # Behind https nothing else of that name is ours, not even the same page without it.
        is_public_host = host.lower() == urlsplit(self.public).netloc
        return not is_public_host and origin in (f"http://{host.lower()}", f"https://{host.lower()}")


def origins_of(public_url: str) -> Origins:
    """Raises BadSettings."""
    try:
        parts = urlsplit(public_url)
        port = parts.port
    except ValueError as error:
        raise BadSettings(f"LIMNER_PUBLIC_URL is no URL: {error}") from error
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    is_default = port in (None, {"http": 80, "https": 443}.get(scheme))
    return Origins(f"{scheme}://{host}" if is_default else f"{scheme}://{host}:{port}")


def _hostname(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
