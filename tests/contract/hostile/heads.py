"""Attacks by method, path, query and header."""

from random import Random
from urllib.parse import quote

from tests.contract.hostile.attack import (
    URLS,
    Attack,
    Target,
    as_json,
    harmless,
    own_id,
    request,
    sound,
)
from tests.contract.hostile.bodies import JUNK

BODY = as_json({"prompt": "a red apple"})
METHODS = (
    *(
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
        "PATCH",
        "OPTIONS",
        "TRACE",
        "CONNECT",
        "PROPFIND",
        "get",
        "G\u00e9T",
        "",
    ),
    *("GET GET", "POST\t", "A" * 5_000, "M-SEARCH", "PRI", "LINK"),
)
CLIMBS = (
    *(
        "../",
        "..%2f",
        "%2e%2e/",
        "%2e%2e%2f",
        "..%252f",
        "..%c0%af",
        "..\\",
        "..%5c",
        "....//",
        "./",
        "//",
        "/%2f/",
        "%00",
        "..;/",
    ),
    *(
        "%ff",
        "%",
        "%g1",
        "%u002e",
        "\u202e",
        ".%00.",
        "~/",
        "file:///",
        "C:\\",
        "%0d%0a",
        "?",
        "#",
        ";",
        "*",
        "{}",
        "$(id)",
    ),
)
GOALS = (
    "etc/passwd",
    "limner.toml",
    "limner.db",
    "state/limner.db",
    "stderr.log",
    "1.png",
    "objects/x",
    "canary.txt",
)
ODD_VALUES = (
    *(
        "",
        " ",
        "x",
        "\xff\xfe",
        "x" * 8_000,
        "\t",
        '"',
        "';--",
        "0",
        "-1",
        "9" * 40,
        "*",
        "a,b,c",
        "a;q=2",
        "%00",
        "..",
        "null",
    ),
    *(
        "Bearer",
        "bytes=0-",
        "bytes=-1",
        "bytes=5-1,0-0",
        'W/"x"',
        "gzip;q=0",
        "text/html",
        "Thu, 01 Jan 1970 00:00:00 GMT",
    ),
)
HEADERS = (
    *(
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "Content-Type",
        "Cookie",
        "Expect",
        "Forwarded",
        "From",
        "Host",
        "If-Match",
    ),
    *(
        "If-Modified-Since",
        "If-None-Match",
        "Idempotency-Key",
        "Last-Event-ID",
        "Origin",
        "Pragma",
        "Range",
        "Referer",
        "TE",
    ),
    *(
        "Trailer",
        "Upgrade",
        "User-Agent",
        "Via",
        "X-Api-Key",
        "X-Client-Name",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Request-Id",
    ),
    *(
        "X-Http-Method-Override",
        "X-Original-Url",
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
        "Keep-Alive",
    ),
)


def methods(rng: Random, target: Target) -> Attack:
    """The wrong verb, or none that there is."""
    path = rng.choice(
        (target.operation(rng).at(harmless(rng)), "/", "*", "/docs", "/openapi.json", "/api/v3/", "/api/v2/x")
    )
    body = rng.choice((None, BODY))
    return Attack("methods", (request(target, rng.choice(METHODS), path, body),))


def paths(rng: Random, target: Target) -> Attack:
    """Out of the place that is meant."""
    start = rng.choice(
        (
            "/predictions/",
            f"/predictions/{own_id(rng)}/",
            "/media/",
            f"/media/{own_id(rng)}",
            "/api/v3/",
            "/api/v2/",
            "/",
            "/api/v3/predictions/",
            "/api/v3/media/uploads/",
            "/models/",
            "/center/default/api/v1/model_schema/",
            "/docs/",
        )
    )
    climb = "".join(rng.choice(CLIMBS) for _ in range(rng.randint(1, 12)))
    end = rng.choice(
        (rng.choice(GOALS), "x" * rng.randint(1, 20_000), "/result", "/events", "/cancel", own_id(rng))
    )
    path = (start + climb + end).replace("\u202e", "%e2%80%ae").replace("\r", "").replace(" ", "%20")
    method = rng.choice(("GET", "GET", "HEAD", "POST", "DELETE", "PUT"))
    return Attack(
        "paths",
        (request(target, method, path.encode(), BODY if method in ("POST", "PUT") else None),),
        (b"root:",),
    )


def queries(rng: Random, target: Target) -> Attack:
    """Arguments that say nothing, or too much."""
    operation = target.operation(rng)
    names = [*operation.queries, "wait", "page", "page_size", "strict", "webhook", "x", ""]
    values = (
        *(text.strip('"') for text in JUNK if len(text) < 100),
        *URLS[:20],
        "%00",
        "%ff",
        "%",
        "%zz",
        "a" * 9_000,
        "0.001",
    )
    given = [f"{rng.choice(names)}={quote(rng.choice(values), safe='%')}" for _ in range(rng.randint(1, 6))]
    query = rng.choice(("&".join(given), "&" * 5_000, "=" * 500, "?" * 50, "wait=0" * 90, ";".join(given)))
    body = as_json(sound(rng, operation)) if operation.fields else None
    path = f"{operation.at(harmless(rng))}?{query}".encode("utf-8", "replace")
    return Attack("queries", (request(target, operation.method, path.replace(b" ", b"+"), body),))


def headers(rng: Random, target: Target) -> Attack:
    """Odd values, doubled, and names that nobody knows."""
    operation = target.operation(rng)
    names = rng.choices(HEADERS, k=rng.randint(1, 6))
    given = [(name, rng.choice(ODD_VALUES)) for name in names]
    if rng.random() < 0.2:
        given += [
            ("X-Forwarded-Host", "evil.example"),
            ("Host", "evil.example"),
            ("X-Forwarded-Proto", "gopher"),
        ]
    body = as_json(sound(rng, operation)) if operation.fields else None
    whole = request(target, operation.method, operation.at(harmless(rng)), body, given)
    return Attack("headers", (whole,), (b"evil.example",))


def preflights(rng: Random, target: Target) -> Attack:
    """What a page of another origin asks before it may ask."""
    given = [("Origin", rng.choice(("null", "https://evil.example", "\xff", "", "x" * 3_000)))]
    given += [("Access-Control-Request-Method", rng.choice((*METHODS[:8], "x" * 3_000)))]
    given += [
        ("Access-Control-Request-Headers", rng.choice(("authorization", "x, y", "\xff", "", "x" * 9_000)))
    ]
    path = target.operation(rng).at(harmless(rng))
    return Attack("headers", (request(target, rng.choice(("OPTIONS", "GET")), path, headers=given),))


def header_floods(rng: Random, target: Target) -> Attack:
    """More than anybody has to say."""
    flood = rng.choice(
        (
            b"X-A: " + b"a" * rng.choice((60_000, 70_000, 500_000)) + b"\r\n",
            b"a: b\r\n" * rng.choice((1_500, 3_000, 50_000)),
            b"X-%d: y\r\n" % rng.randrange(9) * 30_000,
            b"Cookie: " + b"a=b; " * 20_000 + b"\r\n",
            b"Authorization: Bearer " + b"k" * 60_000 + b"\r\n",
            b"X" * 70_000 + b": y\r\n",
        )
    )
    return Attack(
        "header floods",
        (b"GET /api/v3/balance HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + flood, b"\r\n"),
    )
