"""Inputs that a model does not take: named in the prediction's warnings, or with `?strict=1` refused.

WaveSpeed drops them without a word, and clients rely on that (contract section 1.1).
"""

from typing import Any

from fastapi import Request

from limner.catalog import ModelSpec
from limner.errors import InvalidInput
from limner.inputs import Json, printable

PARAMETER: dict[str, Any] = {
    "name": "strict",
    "in": "query",
    "required": False,
    "schema": {"type": "string", "enum": ["0", "1", "true", "false"], "default": "0"},
    "description": "With 1, inputs that the model does not take are refused; else listed in `warnings`.",
}
OF_THE_ENVELOPE = frozenset({"webhook_url"})  # in the body, but no input of a model
MAX_NAMED = 100
MAX_NAME_CHARACTERS = 100
_MEANINGS = {"1": True, "true": True, "0": False, "false": False, "": False}


def is_strict(request: Request) -> bool:
    """Raises InvalidInput for anything but yes and no."""
    said = request.query_params.get("strict", "").lower()
    if said not in _MEANINGS:
        raise InvalidInput('query "strict" must be 1 or 0')
    return _MEANINGS[said]


def warnings_of(spec: ModelSpec, body: Json, strict: bool) -> tuple[str, ...]:
    """What to tell of inputs that this model does not take. Raises InvalidInput that names all of them."""
    known = {*spec.inputs, *OF_THE_ENVELOPE}
    unknown = [name for name, value in body.items() if name not in known and value is not None]
    if unknown and strict:
        raise InvalidInput(f"{spec.model_id} takes no input {_listed(unknown)}")
    return (f"Without effect, {spec.model_id} takes no input {_listed(unknown)}.",) if unknown else ()


def _listed(names: list[str]) -> str:
    listed = ", ".join(f'"{printable(name[:MAX_NAME_CHARACTERS])}"' for name in names[:MAX_NAMED])
    rest = len(names) - MAX_NAMED
    return f"{listed} and {rest} more" if rest > 0 else listed
