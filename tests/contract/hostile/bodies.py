"""Attacks by what a JSON body holds, and by how it is written."""

import gzip
import json
import zlib
from collections.abc import Callable
from random import Random

from tests.contract.hostile.attack import (
    MODELS,
    SUBMIT,
    URLS,
    Attack,
    Target,
    as_json,
    harmless,
    own_id,
    request,
    sound,
)

# As they are written, for many of them no JSON writer writes.
JUNK = (
    *(
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1.5",
        "-0.0",
        "1e2",
        "1e400",
        "-1e400",
        "2147483648",
        "9223372036854775808",
    ),
    *(
        "1" + "0" * 400,
        "0." + "0" * 400 + "1",
        "NaN",
        "Infinity",
        "-Infinity",
        "01",
        "+1",
        "0x10",
        ".5",
        "1_000",
        "'x'",
    ),
    *(
        '""',
        '" "',
        '"x"',
        '"1"',
        '"true"',
        '"null"',
        '"\\u0000"',
        '"a\\u0000b"',
        '"\\ud800"',
        '"\\udfff\\ud800"',
        '"\\uZZZZ"',
    ),
    *(
        '"\\x41"',
        '"\t"',
        '"\n"',
        '"\\u202e"',
        '"\\ufeff"',
        '"\\uffff"',
        '"\\ud83c\\udf4e"',
        '"é"',
        '"🍎"',
        '"̸̡̢̧̨"',
    ),
    *(
        "[]",
        "[[]]",
        "[null]",
        "{}",
        '{"a":1}',
        '{"$ne":null}',
        '{"":""}',
        "[" * 50 + "]" * 50,
        '{"a":' * 50 + "1" + "}" * 50,
    ),
    *(
        '"\' OR 1=1 --"',
        '"\'; DROP TABLE predictions; --"',
        '"%s%s%n"',
        '"{{7*7}}"',
        '"${jndi:ldap://127.0.0.1:9/x}"',
    ),
    *(
        '"../../../../etc/passwd"',
        '"<script>alert(1)</script>"',
        '"__proto__"',
        '"1970-01-01T00:00:00Z"',
        '"9999-12-31"',
    ),
    *(
        '"-0001-01-01"',
        '"2026-02-30"',
        '"2026-11-21T25:61:61Z"',
        '"0001-01-01T00:00:00+14:00"',
        '"9999-12-31T23:59:59-14:00"',
    ),
    *(
        '"1:1"',
        '"1:1 "',
        '"16:9"',
        '"2k"',
        '"2K"',
        '"png"',
        '"created"',
        '"deduct"',
        "[1,2,3]",
        '["x"]',
        '["\\u0000"]',
        '["\\ud800"]',
    ),
)
BOMB = gzip.compress(b'{"prompt": "' + b"x" * 5_000_000)
NAMES = (
    "",
    "prompt",
    "PROMPT",
    "__proto__",
    "constructor",
    "\0",
    "\ud800",
    "x" * 5000,
    "id",
    "account_id",
    "status",
)


def types(rng: Random, target: Target) -> Attack:
    """A field or two hold what they should not."""
    operation = target.operation(rng, "POST", "PUT", "DELETE")
    fields = {name: json.dumps(value) for name, value in sound(rng, operation).items()}
    names = [*operation.fields, *rng.sample(NAMES, 2)]
    for name in rng.sample(names, min(len(names), rng.randint(1, 3))):
        fields[name] = rng.choice(JUNK)
    text = ", ".join(f"{json.dumps(name)}: {value}" for name, value in fields.items())
    body = ("{" + text + "}").encode("utf-8", "surrogatepass")
    return Attack("types", (request(target, operation.method, operation.at(harmless(rng)), body),))


def whole_bodies(rng: Random, target: Target) -> Attack:
    """The body is anything but an object."""
    operation = target.operation(rng, "POST", "PUT")
    body = rng.choice((*JUNK, "", " ", "\0", "prompt=x", "<a/>", "---\na: b", "[" * rng.randint(1, 200_000)))
    path = operation.at(harmless(rng))
    return Attack("types", (request(target, operation.method, path, body.encode("utf-8", "surrogatepass")),))


def sizes(rng: Random, target: Target) -> Attack:
    """Large, or many."""
    size = rng.choice((9_999, 10_001, 100_000, 1_000_000, 1_048_575, 1_048_576, 1_048_577, 3_000_000))
    many = min(size, 200_000)
    makers: tuple[Callable[[], bytes], ...] = (
        lambda: as_json({"prompt": "x" * size}),
        lambda: as_json({"prompt": "\U0001f34e" * (size // 12)}),
        lambda: as_json({"prompt": "x", "negative_prompt": "y " * (size // 2)}),
        lambda: as_json({"prompt": "x"} | {f"k{n}": n for n in range(many // 10)}),
        lambda: as_json({"prompt": "x", "seed": [0] * (many // 3)}),
        lambda: as_json({"ids": [own_id(rng) for _ in range(many // 7)]}),
        lambda: as_json({"ids": ["x"] * many}),
        lambda: b'{"prompt": "x", "seed": ' + b"9" * size + b"}",
        lambda: b'{"prompt": "x", "seed": 1e' + b"9" * min(size, 5_000) + b"}",
        lambda: b'{"prompt": "x"' + b" " * size + b"}",
        lambda: b'{"prompt": ' + b"[" * many + b"]" * many + b"}",
        lambda: b'{"x":' * (many // 5) + b"1" + b"}" * (many // 5),
    )
    path = rng.choice((SUBMIT, "/api/v3/predictions/delete", "/api/v3/predictions", "/api/v3/model/price"))
    return Attack("sizes", (request(target, "POST", path, rng.choice(makers)()),))


def said_sizes(rng: Random, target: Target) -> Attack:
    """The length said is not the length sent."""
    body = as_json({"prompt": "x"})
    said = rng.choice(
        ("0", "1", str(len(body) - 1), "200000001", "99999999999", "9" * 30, "00015", str(2**64))
    )
    operation = target.operation(rng, "POST", "PUT")
    return Attack(
        "sizes", (request(target, "POST", operation.at(harmless(rng)), body, [("Content-Length", said)]),)
    )


def encodings(rng: Random, target: Target) -> Attack:
    """A sound body in another encoding, or broken."""
    text = json.dumps({"prompt": "ein grüner Apfel 🍏", "seed": 7}, ensure_ascii=rng.random() < 0.5)
    sound_body = text.encode()
    cut = rng.randrange(len(sound_body))
    body = rng.choice(
        (
            text.encode("utf-16"),
            text.encode("utf-16-le"),
            text.encode("utf-32"),
            text.encode("utf-8-sig"),
            text.encode("utf-7"),
            text.encode("cp1252", "replace"),
            sound_body[:cut],
            sound_body[cut:],
            sound_body[:cut] + rng.randbytes(rng.randint(1, 8)) + sound_body[cut:],
            sound_body + b"\0",
            sound_body + sound_body,
            b"\xef\xbb\xbf" + sound_body,
            b"\xc0\xaf" + sound_body,
            rng.randbytes(200),
            b'{"prompt": "\xed\xa0\x80"}',
            b'{"prompt": "\xf4\x90\x80\x80"}',
            b'{"prompt": "\xc0\x80"}',
            b'{"prompt": "\xff"}',
            b'{"prompt": "a", "prompt": "b"}',
            b'{"prompt": "a", "prompt": 7}',
            b'{"prompt": "a",}',
            b'{"prompt": "a"} x',
            b"{'prompt': 'a'}",
            b'{prompt: "a"}',
            b'{"prompt": "a" /* */}',
            b'{"prompt": "a"}\n{"prompt": "b"}',
            b")]}',\n{}",
        )
    )
    path = rng.choice((SUBMIT, target.operation(rng, "POST").at(harmless(rng))))
    return Attack("encodings", (request(target, "POST", path, body),))


def content_types(rng: Random, target: Target) -> Attack:
    """Said to be something else, or compressed."""
    body = as_json({"prompt": "x", "model_id": MODELS[0], "ids": []})
    content, headers = rng.choice(
        (
            (gzip.compress(body), [("Content-Encoding", "gzip")]),
            (BOMB, [("Content-Encoding", "gzip")]),
            (zlib.compress(body), [("Content-Encoding", "deflate")]),
            (
                body,
                [
                    (
                        "Content-Encoding",
                        rng.choice(("gzip", "br", "zstd", "x" * 500, "gzip, gzip", "identity")),
                    )
                ],
            ),
            (
                body,
                [
                    (
                        "Content-Type",
                        rng.choice(
                            ("text/xml", "", "a/b/c", "application/json; charset=utf-16", "\xff", "x" * 9000)
                        ),
                    )
                ],
            ),
            (b"prompt=x", [("Content-Type", "application/x-www-form-urlencoded")]),
            (
                b"--x\r\nContent-Disposition: form-data; name=prompt\r\n\r\nx\r\n--x--",
                [("Content-Type", "multipart/form-data; boundary=x")],
            ),
            (
                b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
                [("Content-Type", "application/xml")],
            ),
            (b"\x80\x04\x95", [("Content-Type", "application/x-python-pickle")]),
        )
    )
    path = target.operation(rng, "POST").at(harmless(rng))
    return Attack("content types", (request(target, "POST", path, content, headers),), (b"root:",))


def webhooks(rng: Random, target: Target) -> Attack:
    """To addresses that are nobody's business."""
    url = rng.choice(URLS)
    where = rng.choice((SUBMIT, "/api/v3/webhook/test"))
    body = {"prompt": "x", "webhook_url": url, "url": url}
    return Attack("webhooks", (request(target, "POST", where, as_json(body)),))


def mutations(rng: Random, target: Target) -> Attack:
    """A sound request with some of its bytes changed, dropped or doubled."""
    operation = target.operation(rng)
    body = as_json(sound(rng, operation)) if operation.fields else None
    whole = bytearray(request(target, operation.method, operation.at(harmless(rng)), body))
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(whole))
        whole[place : place + rng.randint(0, 3)] = rng.choice(
            (b"", rng.randbytes(1), b"\r\n", b"\0", b"%", b'"', b" ")
        )
    return Attack("mutations", (bytes(whole),))
