"""Exports trained networks for the service: OpenVINO graphs, the word tables, and the model card.

``python -m training.export --folder runs/first --out src/limner/nano/weights --version 2026.11.1``
``python -m training.export --own --folder runs/own --out weights/own --version own.1``
``python -m training.export --words --version 2026.11.2``, where names have changed and no network has
"""

import argparse
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openvino as ov
import torch

from limner.nano.boxes import TEXT_TOKENS
from training.composer import Composer
from training.finisher import Finisher
from training.graphs import (
    KINDS,
    Describing,
    GuidedComposing,
    GuidedIllustrating,
    Reading,
    composing_example,
    convert,
    describing_example,
    finishing_example,
    illustrating_example,
    painting_example,
)
from training.page import page, seen_of
from training.painter import Painter
from training.sprites import Sprites, fetch
from training.stages import load
from training.upscale import Upscaler
from training.vocabulary import COLOUR_NAMES, DRAWINGS, FACES, LIGHTS, PLACES, STYLES, drawings_of

TEMPLATE = Path(__file__).with_name("card.md")
STAGES = ("composer", "painter", "finisher", "upscale4", "upscale2")


def export(folder: Path, out: Path, version: str, seen: Mapping[str, Any]) -> None:
    """Writes everything that a folder of checkpoints holds; a missing stage raises FileNotFoundError. What is
    ``seen`` of the drawings is written with it."""
    out.mkdir(parents=True, exist_ok=True)
    save_composer(load(folder / "composer.pt"), out)
    save_painter(load(folder / "painter.pt"), out)
    save_finisher(load(folder / "finisher.pt"), out)
    save_upscaler(load(folder / "upscale4.pt"), out)
    save_upscaler(load(folder / "upscale2.pt"), out)
    save_page(page(version, seen), out)
    (out / "CARD.md").write_text(card(folder, version))


def export_words(out: Path, version: str, seen: Mapping[str, Any]) -> None:
    """Writes anew how prompts are read, beside graphs that stay as they are."""
    before = json.loads((out / "model.json").read_text())["version"]
    save_page(page(version, seen), out)
    told = (out / "CARD.md").read_text()
    (out / "CARD.md").write_text(told.replace(f"version {before}\n", f"version {version}\n", 1))


def save_page(knows: Mapping[str, Any], out: Path) -> None:
    (out / "model.json").write_text(json.dumps(knows, indent=1, ensure_ascii=False) + "\n")


def save_composer(network: Composer, out: Path) -> None:
    words = {"words": torch.ones(2, TEXT_TOKENS, dtype=torch.long)}
    reader = convert(Reading(network), words, ("meaning", "there"), dynamic=False)
    ov.save_model(reader, out / "reader.xml")
    heads = ("clean", *KINDS, "frames", "horizon")
    composing = convert(GuidedComposing(network), composing_example(network), heads, dynamic=False)
    ov.save_model(composing, out / "composer.xml")


def save_finisher(network: Finisher, out: Path) -> None:
    finishing = convert(network, finishing_example(16, 16), ("large",), dynamic=True)
    ov.save_model(finishing, out / "finisher.xml")


def save_upscaler(network: Upscaler, out: Path) -> None:
    example = {"small": torch.randn(1, 3, 64, 64)}
    name = f"upscale{network.shape.scale}.xml"
    ov.save_model(convert(network, example, ("large",), dynamic=True), out / name)


def save_painter(network: Painter, out: Path) -> None:
    describing = convert(
        Describing(network), describing_example(32, 32), ("condition", "cover"), dynamic=True
    )
    ov.save_model(describing, out / "condition.xml")
    painting = convert(network, painting_example(network, 32, 32), ("clean",), dynamic=True)
    ov.save_model(painting, out / "painter.xml")


def export_own(folder: Path, out: Path, version: str) -> None:
    """Writes what was learned on a user's own pictures; FileNotFoundError where nothing was."""
    path = folder / "own.pt"
    network, saved = load(path), torch.load(path, map_location="cpu", weights_only=True)
    out.mkdir(parents=True, exist_ok=True)
    words = {"words": torch.ones(2, TEXT_TOKENS, dtype=torch.long)}
    ov.save_model(convert(Reading(network), words, ("meaning", "there"), dynamic=False), out / "reader.xml")
    example = illustrating_example(network, 32, 32)
    guided = convert(GuidedIllustrating(network), example, ("clean",), dynamic=True)
    ov.save_model(guided, out / "illustrator.xml")
    knows = {"kind": "own", "version": version, "words": saved["words"]}
    made = {"card": saved["card"], "shape": saved["shape"], "minutes": round(saved["seconds"] / 60, 1)}
    save_page(knows | made, out)


def card(folder: Path, version: str) -> str:
    """The model card: what the weights are, where they come from, what they cannot do."""
    rows = []
    for stage in STAGES:
        saved = torch.load(folder / f"{stage}.pt", weights_only=True)
        made = saved["card"]
        size = sum(value.numel() for value in saved["average"].values()) / 1e6
        hours, samples, loss = saved["seconds"] / 3600, made["samples"], made["loss"]
        command = re.sub(r"^\S*train(\.py)?|--folder \S+ ?", "", made["command"]).strip()
        rows.append(
            f"| {stage} | {size:.2f} M | {hours:.2f} | {samples:,} | {loss:.4f} | {made['seed']} "
            f"| `{made['commit'][:12]}` | `python -m training.train {command}` |"
        )
    known = {
        "count": str(len(DRAWINGS)),
        "drawings": str(sum(len(drawings_of(thing)) for thing in DRAWINGS)),
        "things": ", ".join(DRAWINGS),
        "faces": ", ".join(FACES),
        "colours": ", ".join(COLOUR_NAMES[1:]),
        "places": ", ".join(place.name for place in PLACES),
        "lights": ", ".join(LIGHTS),
        "styles": ", ".join(STYLES),
    }
    return TEMPLATE.read_text().format(version=version, rows="\n".join(rows), **known)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("runs/first"), help="where the checkpoints are")
    parser.add_argument(
        "--out", type=Path, default=Path("src/limner/nano/weights"), help="where the service looks"
    )
    parser.add_argument("--version", required=True, help="what answers will say, such as 2026.11.1")
    parser.add_argument(
        "--own", action="store_true", help="export what was learned on your own pictures, and that alone"
    )
    parser.add_argument("--words", action="store_true", help="how prompts are read, and no network")
    args = parser.parse_args()
    if args.own:
        export_own(args.folder, args.out, args.version)
        return
    seen = seen_of(Sprites(fetch(args.folder / "drawings")))
    if args.words:
        export_words(args.out, args.version, seen)
        return
    export(args.folder, args.out, args.version, seen)


if __name__ == "__main__":
    main()
