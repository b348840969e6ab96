"""What an attack is, whom it goes to, and the plain request that most of them bend."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

MODELS = ("google/imagen4", "google/imagen4-ultra", "google/imagen4-fast", "wavespeed-ai/imagen4")
SUBMIT = f"/api/v3/{MODELS[0]}"
# Nowhere outside this machine: whatever of these is asked for, it must be refused or lead to nobody.
URLS = (
    *(
        "http://127.0.0.1:9/",
        "http://127.1:9/",
        "http://[::1]:9/",
        "http://[::ffff:127.0.0.1]:9/",
        "http://0:9/",
    ),
    *(
        "http://localhost:9/",
        "http://2130706433:9/",
        "http://0x7f.1:9/",
        "https://169.254.169.254/latest/meta-data",
    ),
    *(
        "http://10.0.0.1/",
        "http://192.168.0.1/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://100.64.0.1/",
    ),
    *(
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "javascript:alert(1)",
        "http://",
        "http://user:x@127.0.0.1:9/",
    ),
    *(
        "//127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:9/\r\nX: y",
        "http://127.0.0.1:9/\u0000",
        "x" * 9000,
    ),
    *(
        "http://\u2460\u2461\u2466.0.0.1:9/",
        "http://127.0.0.1%2f@nowhere.invalid/",
        "http://nowhere.invalid/",
        "http://[/",
    ),
)


@dataclass(frozen=True)
class Attack:
    """``never`` must not be in the answer."""

    family: str
    pieces: tuple[bytes, ...]
    never: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Operation:
    """A documented request: its path is a template, its fields those of the JSON body."""

    method: str
    path: str
    queries: tuple[str, ...]
    fields: Mapping[str, Any]  # name to JSON Schema

    def at(self, fill: Callable[[str], str]) -> str:
        """The path, with ``fill`` asked for each of its parameters."""
        parts = self.path.split("{")
        filled = (fill(part.partition("}")[0]) + part.partition("}")[2] for part in parts[1:])
        return parts[0] + "".join(filled)


@dataclass(frozen=True)
class Target:
    """A server, the attacker's key, and what another account has there."""

    key: str
    operations: tuple[Operation, ...]
    foreign_ids: tuple[str, ...]
    secrets: tuple[bytes, ...]  # of the other account, or of the machine: in no answer, ever

    def operation(self, rng: Random, *methods: str) -> Operation:
        chosen = [one for one in self.operations if not methods or one.method in methods]
        return rng.choice(chosen)


def operations_of(openapi: Mapping[str, Any]) -> tuple[Operation, ...]:
    return tuple(
        _operation(method.upper(), path, described)
        for path, methods in openapi["paths"].items()
        for method, described in methods.items()
    )


def _operation(method: str, path: str, described: Mapping[str, Any]) -> Operation:
    queries = tuple(one["name"] for one in described.get("parameters", ()) if one["in"] == "query")
    body = described.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Operation(method, path, queries, body.get("schema", {}).get("properties", {}))


def own_id(rng: Random) -> str:
    """Of nothing."""
    return rng.randbytes(16).hex()


def harmless(rng: Random) -> Callable[[str], str]:
    """Fills a path so that it leads to something, or to nothing in particular."""

    def fill(name: str) -> str:
        return (
            rng.choice(MODELS) if name == "model_id" else own_id(rng) + ("/1.png" if "file" in name else "")
        )

    return fill


def request(
    target: Target,
    method: str = "POST",
    path: str | bytes = SUBMIT,
    body: bytes | None = None,
    headers: Iterable[tuple[str, str | bytes]] = (),
    key: str | None = "",
) -> bytes:
    """A request on a connection of its own. ``key`` is the attacker's unless named; None sends none."""
    line = path if isinstance(path, bytes) else quote(path, safe="/?&=%:;,+[]@!$'()*~").encode()
    lines = [method.encode("latin-1") + b" " + line + b" HTTP/1.1", b"Host: localhost", b"Connection: close"]
    if key is not None:
        lines.append(b"Authorization: Bearer " + (key or target.key).encode())
    given = [
        (name, value if isinstance(value, bytes) else value.encode("latin-1")) for name, value in headers
    ]
    if body is not None and not any(
        name.lower() in ("content-length", "transfer-encoding") for name, _ in given
    ):
        given.append(("Content-Length", b"%d" % len(body)))
    if body is not None and not any(name.lower() == "content-type" for name, _ in given):
        given.append(("Content-Type", b"application/json"))
    lines += [name.encode("latin-1") + b": " + value for name, value in given]
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def sound(rng: Random, operation: Operation) -> dict[str, Any]:
    """A body of the right types."""
    values = {name: _sound_value(rng, name, schema) for name, schema in operation.fields.items()}
    if "prompt" in values:
        values = {"prompt": "a red apple", "num_images": rng.randint(1, 4)}
    return values


def _sound_value(rng: Random, name: str, schema: Mapping[str, Any]) -> Any:
    kinds = {"integer": rng.randint(1, 9), "array": [own_id(rng)], "object": {}, "boolean": True}
    if "url" in name:
        return rng.choice(URLS)
    return kinds.get(schema.get("type", ""), rng.choice(MODELS) if "model" in name else None)
