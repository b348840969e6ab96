"""A classifier in ONNX, run on the CPU by OpenVINO: where its files are, and what its answer means.

Knows neither pictures nor text: what goes in is prepared elsewhere. Nothing is downloaded that is there.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from limner.errors import BadSettings
from limner.safety.finding import Finding

try:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError
except ImportError:  # the extra "classifiers"
    snapshot_download = None

CONFIG = "config.json"
_NAMES = ("model.onnx", "onnx/model.onnx", "quantized_onnx/model.onnx")
_HUB_NAME = re.compile(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")
_WANTED = ["*.onnx", "onnx/model.onnx*", "*.onnx_data", "*.json", "*.txt"]
INNOCENT = frozenset(
    {
        *("normal", "sfw", "safe", "neutral", "clean", "ok", "none", "other", "benign"),
        *("drawing", "drawings", "safe for work", "appropriate"),
        *("non toxic", "not nsfw", "no nsfw", "non nsfw"),
    }
)
"""Labels that are no finding; so are those that say no more than LABEL_0."""

_SEXUAL = ("nsfw", "porn", "hentai", "sexy", "explicit", "nudity", "nude", "sex", "erotic")
_CATEGORIES = {
    **dict.fromkeys(_SEXUAL, "sexual"),
    **dict.fromkeys(("gore", "violent", "graphic"), "violence"),
    **dict.fromkeys(("hateful", "hate speech", "toxic"), "hate"),
    **dict.fromkeys(("self harm", "selfharm", "suicide"), "self-harm"),
    **dict.fromkeys(("csam", "sexual minors", "child"), "minors"),
}
Inputs = Mapping[str, NDArray[Any]]


class Classifier:
    """May be used by one thread at a time."""

    def __init__(self, onnx: Path, config: Mapping[str, Any]) -> None:
        """Raises BadSettings for a file that is no ONNX, or labels that tell nothing."""
        self._categories = [category_of(label) for label in labels_of(config)]
        if not any(self._categories):
            raise BadSettings(f"{onnx.parent / CONFIG} names no label that would be a finding")
        self._is_exclusive = config.get("problem_type") != "multi_label_classification"
        try:
            compiled = ov.Core().compile_model(onnx, "CPU", {"PERFORMANCE_HINT": "LATENCY"})
        except RuntimeError as error:
            raise BadSettings(f"{onnx} cannot be loaded: it is no ONNX that OpenVINO reads") from error
        self.inputs = [port.any_name for port in compiled.inputs]
        self._request = compiled.create_infer_request()

    def classify(self, inputs: Inputs) -> Sequence[Finding]:
        """One finding for each category that is none of the innocent ones."""
        self._request.infer(dict(inputs))
        scores = self._probabilities(self._request.get_output_tensor(0).data.astype(np.float64).ravel())
        if len(scores) != len(self._categories):
            raise ValueError(f"{len(scores)} scores for {len(self._categories)} labels")
        found: dict[str, float] = {}
        for category, score in zip(self._categories, scores, strict=True):
            if category:
                former = found.get(category, 0.0)
                found[category] = min(1.0, former + score) if self._is_exclusive else max(former, score)
        return [Finding(category, score) for category, score in found.items()]

    def _probabilities(self, logits: NDArray[np.float64]) -> list[float]:
        if self._is_exclusive and len(logits) > 1:
            powers = np.exp(logits - logits.max())
            return [float(one) for one in powers / powers.sum()]
        return [float(one) for one in 1 / (1 + np.exp(-logits))]


def find_model(name: str) -> Path:
    """The ONNX file of a folder, a file or a name on the hub. Raises BadSettings."""
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if path.is_dir():
        found = _onnx_in(path)
        if found is None:
            raise BadSettings(f"there is no model.onnx in {path}")
        return found
    hub_name = _HUB_NAME.fullmatch(name)
    if hub_name is None:
        raise BadSettings(f"there is no model at {name}")
    return _fetched(hub_name[1], hub_name[2])


def read_config(onnx: Path, file_name: str = CONFIG) -> Mapping[str, Any]:
    """Beside the ONNX file, or one folder up. Raises BadSettings."""
    for folder in (onnx.parent, onnx.parent.parent):
        if (folder / file_name).is_file():
            try:
                return dict(json.loads((folder / file_name).read_text(encoding="utf-8")))
            except (OSError, ValueError) as error:
                raise BadSettings(f"{folder / file_name} cannot be read: {error}") from error
    raise BadSettings(f"there is no {file_name} beside {onnx}")


def labels_of(config: Mapping[str, Any]) -> list[str]:
    """In the order of the outputs, as transformers (id2label) and timm (label_names) write them."""
    by_number = config.get("id2label", {})
    if by_number:
        return [str(by_number[number]) for number in sorted(by_number, key=int)]
    return [str(label) for label in config.get("label_names", [])]


def category_of(label: str) -> str:
    """Ours, where there is one; "" for an innocent label."""
    words = re.sub(r"[\W_]+", " ", label.lower()).strip()
    if words in INNOCENT or re.fullmatch(r"(label )?\d*", words):
        return ""
    return _CATEGORIES.get(words, words)


def _onnx_in(folder: Path) -> Path | None:
    named = [folder / name for name in _NAMES if (folder / name).is_file()]
    every = sorted(folder.rglob("*.onnx"))
    return next(iter(named), every[0] if len(every) == 1 else None)


def _fetched(name: str, revision: str | None) -> Path:
    if snapshot_download is None:
        raise BadSettings(
            f"{name} is no file here; to fetch it from the hub, install limner[classifiers] (huggingface_hub)"
        )
    asked = {"repo_id": name, "revision": revision, "allow_patterns": _WANTED}
    try:
        found = _onnx_in(Path(snapshot_download(**asked, local_files_only=True)))
    except LocalEntryNotFoundError:
        found = None
    try:
        found = found or _onnx_in(Path(snapshot_download(**asked)))
    except Exception as error:  # of whatever kind: of the hub, the network, the disk
        cause = str(error).partition("\n")[0]
        raise BadSettings(f"{name} cannot be fetched from the hub: {cause}") from error
    if found is None:
        raise BadSettings(f"{name} on the hub has no model.onnx: export one, and name its folder")
    return found
