"""What a picture's file says of where it comes from, and whether that can be believed.

Reads C2PA manifests of anybody's; trusts the authorities that it is given, and nobody else. Fetches nothing:
a manifest that lies elsewhere counts as none.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any

import c2pa

from limner.errors import InvalidInput, UnsupportedMedia

GENERATION = "limner.generation"  # the label of what we say besides what C2PA has words for
_TRAINED = "trainedAlgorithmicMedia"
_KINDS = {
    "image/png": (0, b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": (0, b"\xff\xd8\xff"),
    "image/webp": (8, b"WEBP"),
}
_HEAD_BYTES = 12
MAX_TEXT = 300  # of what strangers write into their manifests
_CHANGED = ("mismatch", "missing", "multiple", "undeclared", "notRedacted")
_NO_FAULT = ("signingCredential.untrusted",)  # told by the standing


class Standing(StrEnum):
    TRUSTED = "trusted"  # as it left a signer that is vouched for by an authority of ours
    UNTRUSTED = "untrusted"  # as it left its signer, whoever that is
    TAMPERED = "tampered"  # changed since it was signed
    INVALID = "invalid"  # signed in a way that does not count, such as by an expired certificate
    UNSIGNED = "unsigned"  # there is no manifest


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the manifest says is worth as much as its ``standing``; "" and 0 for what it does not say."""

    standing: Standing
    problems: tuple[str, ...] = ()  # C2PA's own codes
    signer: str = ""
    software: str = ""
    engine: str = ""
    weights: str = ""
    made_at: str = ""  # RFC 3339
    prediction_id: str = ""
    number: int = 0
    source_type: str = ""  # the IPTC's URL for it

    @property
    def is_generated(self) -> bool:
        return self.source_type.endswith(_TRAINED)


class Verifier:
    """Trusts these authorities, each a PEM."""

    def __init__(self, authorities: Sequence[str]) -> None:
        trust = {"trust_anchors": "".join(authorities)} if authorities else {}
        settings = {
            "version": 1,
            "trust": trust,
            "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
        }
        self._context = c2pa.Context.from_dict(settings)

    def examine(self, file: IO[bytes]) -> Verdict:
        """Raises UnsupportedMedia for what is no PNG, JPEG or WebP, and InvalidInput for half a one."""
        content_type = kind_of(file)
        file.seek(0)
        try:
            reader = c2pa.Reader.try_create(content_type, file, context=self._context)
        except c2pa.C2paError.RemoteManifest:
            return Verdict(Standing.UNSIGNED)
        except c2pa.C2paError as error:
            if _holds_manifest(file):
                return Verdict(Standing.INVALID, (str(error).partition("\n")[0],))
            raise InvalidInput(f'field "file": this is not a whole {content_type} file') from error
        if reader is None:
            return Verdict(Standing.UNSIGNED)
        with reader:
            report = json.loads(reader.json())
        try:
            return _verdict(report)
        except (KeyError, TypeError, AttributeError, IndexError):  # not of the form that C2PA has
            return Verdict(Standing.INVALID, ("manifest.unreadable",))


def kind_of(file: IO[bytes]) -> str:
    """The content type, by the first bytes. Raises UnsupportedMedia."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    for content_type, (start, magic) in _KINDS.items():
        if head.startswith(magic, start):
            return content_type
    raise UnsupportedMedia('field "file": this is no PNG, JPEG or WebP file')


def _holds_manifest(file: IO[bytes]) -> bool:
    file.seek(0)
    return b"c2pa" in file.read()


def _verdict(report: Mapping[str, Any]) -> Verdict:
    manifest = report["manifests"][report["active_manifest"]]
    problems = tuple(dict.fromkeys(_problems(report)))
    created, generation = _created(manifest), _assertion(manifest, GENERATION)
    signature = manifest.get("signature_info", {})
    return Verdict(
        standing=_standing(str(report.get("validation_state", "")), problems),
        problems=problems,
        signer=_text(signature.get("common_name") or signature.get("issuer")),
        software=_software(manifest),
        engine=_text(generation.get("engine")),
        weights=_text(generation.get("weights")),
        made_at=_text(created.get("when") or signature.get("time")),
        prediction_id=_text(generation.get("prediction_id")),
        number=generation["number"] if isinstance(generation.get("number"), int) else 0,
        source_type=_text(created.get("digitalSourceType")),
    )


def _standing(state: str, problems: Sequence[str]) -> Standing:
    if state == "Trusted":
        return Standing.TRUSTED
    if state == "Valid":
        return Standing.UNTRUSTED
    is_changed = any(word in problem for problem in problems for word in _CHANGED)
    return Standing.TAMPERED if is_changed else Standing.INVALID


def _problems(report: Mapping[str, Any]) -> list[str]:
    results = report.get("validation_results", {})
    failures = list(results.get("activeManifest", {}).get("failure", []))
    for delta in results.get("ingredientDeltas", []):
        failures += delta.get("validationDeltas", {}).get("failure", [])
    return [one["code"] for one in failures if one["code"] not in _NO_FAULT]


def _created(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """The action that says how the picture came to be; the first one, where none says so."""
    for label in ("c2pa.actions.v2", "c2pa.actions"):
        actions = _assertion(manifest, label).get("actions", [])
        created = [one for one in actions if one.get("action") == "c2pa.created"]
        if created or actions:
            return dict((created or actions)[0])
    return {}


def _assertion(manifest: Mapping[str, Any], label: str) -> Mapping[str, Any]:
    found = (one["data"] for one in manifest.get("assertions", []) if one["label"] == label)
    assertion: object = next(found, {})
    return assertion if isinstance(assertion, dict) else {}


def _software(manifest: Mapping[str, Any]) -> str:
    generators = manifest.get("claim_generator_info") or [{"name": manifest.get("claim_generator", "")}]
    name, number = (_text(generators[0].get(key)) for key in ("name", "version"))
    return f"{name} {number}".strip()


def _text(value: Any) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else ""
