"""Reads the options of an upstream engine. Whatever is wrong raises EngineFailed, in one line.

Keys are never options: options stand in limner.toml, in the names of queues and in logs. An option names the
variable of the environment that holds the key.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from limner.engines.engine import Options
from limner.errors import EngineFailed

LIMITS = ("attempts", "timeout_seconds", "call_timeout_seconds", "at_once")


@dataclass(frozen=True, slots=True)
class Key:
    """Shown to nobody."""

    secret: str = field(repr=False)

    def hidden_in(self, text: str) -> str:
        """The text without the key."""
        return text.replace(self.secret, "…") if self.secret else text


@dataclass(frozen=True, slots=True)
class Limits:
    attempts: int = 3  # for one picture, at least one for each address
    timeout_seconds: float = 300.0  # for one picture, all attempts and pauses
    call_timeout_seconds: float = 120.0
    at_once: int = 4  # calls in flight
    tick_seconds: float = 0.5  # how often on_step is called while nothing happens


class Reader:
    """The options of one engine. Raises EngineFailed for a name that it does not know."""

    def __init__(self, engine: str, options: Options, known: Sequence[str]) -> None:
        self._engine, self._options = engine, options
        for name in options:
            if name not in known:
                raise self.wrong(name, f"there is no such option; there are {', '.join(known)}")

    def wrong(self, name: str, complaint: str) -> EngineFailed:
        return EngineFailed(f"Engine {self._engine}, option {name}: {complaint}.")

    def text(self, name: str, default: str = "") -> str:
        return self._options.get(name, default).strip()

    def needed(self, name: str) -> str:
        if not (text := self.text(name)):
            raise self.wrong(name, "must be given")
        return text

    def words(self, name: str, default: str, known: Sequence[str] = ()) -> tuple[str, ...]:
        """Those between commas, of which only the known ones may be named."""
        found = tuple(word.strip() for word in self.text(name, default).split(",") if word.strip())
        for word in found:
            if known and word not in known:
                raise self.wrong(name, f"{word!r} is none of {', '.join(known)}")
        return found

    def number(self, name: str, default: float, least: float) -> float:
        try:
            number = float(self.text(name) or default)
        except ValueError as error:
            raise self.wrong(name, "must be a number") from error
        if not number >= least:
            raise self.wrong(name, f"must be at least {least:g}")
        return number

    def fields(self, name: str) -> dict[str, Any]:
        """A JSON object."""
        try:
            found = json.loads(self.text(name) or "{}")
        except ValueError as error:
            raise self.wrong(name, "must be a JSON object") from error
        if not isinstance(found, dict):
            raise self.wrong(name, "must be a JSON object")
        return found

    def urls(self, name: str, default: str) -> tuple[str, ...]:
        found = tuple(url.rstrip("/") for url in self.words(name, default))
        for url in found:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise self.wrong(name, "must be http or https addresses")
            if parts.username or parts.password or parts.query:
                raise self.wrong(name, "may not hold a key; name its variable in api_key_env")
        if not found:
            raise self.wrong(name, "must be given")
        return found

    def key(self, default_variable: str, is_needed: bool) -> Key:
        """From the variable that ``api_key_env`` names."""
        variable = self.text("api_key_env") or default_variable
        secret = os.environ.get(variable, "").strip()
        if not secret and (is_needed or self.text("api_key_env")):
            raise self.wrong("api_key_env", f"the environment has no {variable}")
        return Key(secret)

    def limits(self) -> Limits:
        usual = Limits()
        return Limits(
            int(self.number("attempts", usual.attempts, 1)),
            self.number("timeout_seconds", usual.timeout_seconds, 0.1),
            self.number("call_timeout_seconds", usual.call_timeout_seconds, 0.1),
            int(self.number("at_once", usual.at_once, 1)),
        )
