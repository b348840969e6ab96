"""Where weights lie: in a folder of the operator's, or in the cache of the hub, fetched once.

huggingface_hub fetches: it shows bars, goes on where it was broken off, and checks what it fetched against
the hub's sums. What is there already is never asked for again, so that a machine without a network works.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import NamedTuple

import structlog
from huggingface_hub import snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from limner.errors import BadSettings

INDEX = "model_index.json"
WANTED = (INDEX, "*/*")  # parts lie in folders; what lies beside them is the same once more, in one file
UNWANTED = ("*.bin", "*.ckpt", "*.pt", "*.pth", "*.h5", "*.msgpack", "*.onnx*", "*.gguf", "*.png", "*.jpg")
HASH_LETTERS = 12

log = structlog.get_logger()


class Located(NamedTuple):
    folder: Path
    version: str  # the name of the weights, and which edition of them


def locate(weights: str, revision: str | None = None) -> Located:
    """Fetches them where they are not here. Raises BadSettings."""
    folder = Path(weights).expanduser()
    if folder.is_dir():
        if not (folder / INDEX).is_file():
            raise BadSettings(f"{folder} holds no pipeline: there is no {INDEX}")
        return Located(folder, folder.resolve().name)
    if weights.startswith((".", "/", "~")) or weights.count("/") != 1:
        raise BadSettings(f"weights: there is no folder {weights}, and it is no name on the hub")
    return _located(weights, _cached(weights, revision) or fetch(weights, revision))


def fetch(weights: str, revision: str | None = None) -> Path:
    """The folder of weights on the hub, with every file that a pipeline reads. Raises BadSettings."""
    log.info("fetching weights", weights=weights)
    try:
        folder = Path(
            snapshot_download(
                weights, revision=revision, allow_patterns=list(WANTED), ignore_patterns=list(UNWANTED)
            )
        )
    except (OSError, ValueError) as error:  # all that the hub and the network raise are of these
        said = str(error).strip().splitlines()
        raise BadSettings(f"weights {weights} cannot be fetched: {said[0] if said else error}") from error
    if not (folder / INDEX).is_file():
        raise BadSettings(f"weights {weights}: there is no {INDEX}, so it is no pipeline of diffusers")
    check_sums(folder)
    log.info("weights are here", weights=weights, folder=str(folder))
    return folder


def check_sums(folder: Path) -> None:
    """Of what the cache calls by its SHA-256, which is all that is large; what is damaged is removed. Raises
    BadSettings."""
    for path in sorted(folder.rglob("*")):
        kept = path.resolve()
        if not re.fullmatch(r"[0-9a-f]{64}", kept.name):
            continue
        with kept.open("rb") as file:
            is_whole = hashlib.file_digest(file, "sha256").hexdigest() == kept.name
        if not is_whole:
            kept.unlink()
            path.unlink()
            raise BadSettings(f"{path.relative_to(folder)} arrived damaged and was removed: fetch it again")


def _cached(weights: str, revision: str | None) -> Path | None:
    """None while a file may be missing."""
    try:
        folder = Path(snapshot_download(weights, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    return folder if is_complete(folder) else None


def is_complete(folder: Path) -> bool:
    """Whether every part that the index names is there, with every file of its weights."""
    if not (folder / INDEX).is_file():
        return False
    index = json.loads((folder / INDEX).read_text())
    parts = [name for name, kind in index.items() if isinstance(kind, list) and kind[0] is not None]
    return all(_is_complete_part(folder / name) for name in parts)


def _is_complete_part(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    shards = {
        name
        for page in folder.glob("*.index.json")
        for name in json.loads(page.read_text())["weight_map"].values()
    }
    if shards:
        return all((folder / name).is_file() for name in shards)
    has_weights = any(folder.glob("*.safetensors"))
    return has_weights or not (folder / "config.json").is_file()  # a tokenizer or a scheduler has none


def _located(weights: str, folder: Path) -> Located:
    """The folder of a snapshot is called as its commit."""
    return Located(folder, f"{weights}@{folder.name[:HASH_LETTERS]}")
