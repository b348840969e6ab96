"""Where a webhook may go, told from its URL and from what its name resolves to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.errors import InvalidInput
from limner.webhooks.addresses import Target, check_addresses, is_public, parse_target, resolve

ACCEPTED = {
    "https://example.com": Target("https", "example.com", 443, "/"),
    "http://example.com/hook": Target("http", "example.com", 80, "/hook"),
    "HTTPS://Hooks.Example.COM./a%20b?x=1&y=%2F#part": Target(
        "https", "hooks.example.com", 443, "/a%20b?x=1&y=%2F"
    ),
    "https://example.com:8443?x": Target("https", "example.com", 8443, "/?x"),
    "https://example.com:/": Target("https", "example.com", 443, "/"),
    "https://xn--bcher-kva.example/": Target("https", "xn--bcher-kva.example", 443, "/"),
    "https://a_b.example.com/": Target("https", "a_b.example.com", 443, "/"),
    "https://93.184.215.14/": Target("https", "93.184.215.14", 443, "/"),
    "https://[2606:4700::1111]:8443/": Target("https", "2606:4700::1111", 8443, "/"),
    "https://127.0.0.1.nip.example/": Target("https", "127.0.0.1.nip.example", 443, "/"),
}

# Hosts that are private, however they are written.
PRIVATE_HOSTS = [
    *("localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain", "printer.local"),
    *("metadata.google.internal", "metadata", "db", "router.lan", "nas.home.arpa"),
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "168.63.129.16", "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.2.1", "203.0.113.9"),
    # What one resolver or another reads as an address.
    *("127.1", "127.0.1", "0", "1", "2130706433", "017700000001", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0x"),
    *("0177.0.0.1", "127.0.0.01", "127.0.0.1.", "1.2.3.4.5", "256.1.1.1", "example.com.0x7f", "08.8.8.8"),
    *("[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[fec0::1]", "[100::1]"),
    # IPv6 addresses that carry an IPv4 address, a private one or any.
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:8.8.8.8]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[2001:db8::1]"),
]

MALFORMED = [
    *("", "/hook", "example.com/hook", "//example.com/hook", "ftp://example.com/", "file:///etc/passwd"),
    *("gopher://example.com/", "javascript:alert(1)", "https:example.com", "https://", "https:///hook"),
    *("https://user@example.com/", "https://user:pw@example.com/", "https://example.com@127.0.0.1/"),
    *("https://example.com:0/", "https://example.com:65536/", "https://example.com:99999/"),
    *("https://example.com:22/", "http://example.com:25/", "http://example.com:6000/"),
    *("https://example.com:+443/", "https://example.com:4a/", "https://example.com:-1/", "https://a.b:1:2/"),
    *(
        "https://exa mple.com/",
        " https://example.com/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
    ),
    *(
        "https://example.com/\0",
        "https://example.com\\@127.0.0.1/",
        "https://exämple.com/",
        "https://①②⑦.0.0.1/",
    ),
    *("https://example。com/", "https://%31%32%37.0.0.1/", "https://.example.com/", "https://exa..mple.com/"),
    *("https://-a.example.com/", "https://a-.example.com/", f"https://{'a' * 64}.example.com/"),
    *(
        f"https://{'a.' * 126}com/",
        "https://[::1",
        "https://::1/",
        "https://[fe80::1%25eth0]/",
        "https://[v1.a]/",
    ),
    *(
        "https://[2606:4700::1111]x/",
        "https://[example.com]/",
        "https://example.com;x/",
        "https://*.example.com/",
    ),
    f"https://example.com/{'a' * 2048}",
]


@pytest.mark.parametrize("url", ACCEPTED)
def test_public_addresses_are_taken_apart(url: str) -> None:
    assert parse_target(url, "webhook") == ACCEPTED[url]


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_private_hosts_are_refused_however_they_are_written(host: str) -> None:
    for url in (f"https://{host}/", f"http://{host}:8080/latest/meta-data"):
        with pytest.raises(InvalidInput, match=r'^field "webhook" must name a host on the public internet'):
            parse_target(url, "webhook")


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_no_address_of_a_receiver_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match=r'^field "webhook_url" must'):
        parse_target(url, "webhook_url")
    with pytest.raises(InvalidInput):
        parse_target(url, "webhook_url", allow_private=True)


def test_in_development_any_host_is_taken() -> None:
    assert parse_target("http://localhost:8000/x", "webhook", True) == Target("http", "localhost", 8000, "/x")
    for host in ("127.0.0.1", "[::1]", "db", "127.1", "printer.local"):
        assert parse_target(f"http://{host}:9000/x", "webhook", True).port == 9000


@given(st.text(max_size=40))
def test_no_text_is_too_odd_to_refuse(text: str) -> None:
    for url in (
        text,
        f"https://{text}",
        f"https://{text}/",
        f"https://a.example/{text}",
        f"https://a.example:{text}",
    ):
        try:
            target = parse_target(url, "webhook")
        except InvalidInput as refused:
            assert '"webhook"' in refused.message
        else:
            assert target.path.isascii() and " " not in target.path
            assert target.host and 0 < target.port < 65536


@given(st.ip_addresses(v=4))
def test_no_private_ipv4_address_counts_as_public(address: object) -> None:
    """By the standard library's own judgement, which knows the same registries."""
    private = ("is_private", "is_loopback", "is_link_local", "is_multicast", "is_reserved", "is_unspecified")
    if any(getattr(address, name) for name in private):
        assert not is_public(str(address))


@given(st.ip_addresses(v=6))
def test_no_private_ipv6_address_counts_as_public(address: object) -> None:
    private = (
        "is_private",
        "is_loopback",
        "is_link_local",
        "is_multicast",
        "is_site_local",
        "is_unspecified",
    )
    if any(getattr(address, name) for name in (*private, "ipv4_mapped", "sixtofour", "teredo")):
        assert not is_public(str(address))


def test_text_that_is_no_address_is_not_public() -> None:
    assert not any(map(is_public, ["", "localhost", "8.8.8.8/32", "2606:4700::1111%eth0", "8.8.8.8 "]))


@pytest.mark.parametrize(
    "addresses",
    [[], ["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["8.8.8.8", "::1"], ["::ffff:8.8.8.8"], ["fe80::1%eth0"]],
)
def test_a_name_is_refused_if_any_of_its_addresses_is_private(addresses: list[str]) -> None:
    with pytest.raises(InvalidInput, match="no address on the public internet"):
        check_addresses(addresses)


def test_public_addresses_of_a_name_are_kept_in_their_order() -> None:
    assert check_addresses(["2606:4700::1111", "8.8.8.8", "8.8.8.8"]) == ["2606:4700::1111", "8.8.8.8"]


def test_names_are_resolved_by_the_system() -> None:
    assert set(resolve("localhost", 80)) <= {"127.0.0.1", "::1"}
    for nonsense in ("no-such-host.invalid", f"{'a' * 70}.example", "a..b"):
        with pytest.raises(OSError, match=r"."):
            resolve(nonsense, 80)
