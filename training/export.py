"""Exports trained networks for the service: OpenVINO graphs, the word tables, and the model card.

``python -m training.export --folder runs/first --out src/limner/nano/weights --version 2026.11.1``
"""

import argparse
import json
import re
from pathlib import Path

import openvino as ov
import torch
from torch import Tensor, nn

from limner.nano.grid import IMAGE_TOKENS, TEXT_TOKENS
from training.batches import WORDS
from training.networks import TOKEN_DIMS, LayoutTransformer, PixelNetwork
from training.train import load
from training.vocabulary import COLOUR_NAMES, FILLERS, MOST_THINGS, PLACES, RELATIONS, SYNONYMS, THINGS

PLAUSIBLE_WITHIN = 4.0  # nats below the likeliest
SIGN_BOARD = (-0.84, -0.69, 0.84, 0.16)  # the face in the drawing of training/sprites.py, in its u and v


TEMPLATE = Path(__file__).with_name("card.md")
STAGES = ("layout", "pixels", "upscale8", "upscale2")


class GuidedLayout(nn.Module):
    """One step of the layout transformer with guidance, words and counter-words as one batch of two."""

    def __init__(self, network: LayoutTransformer) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, noisy: Tensor, t: Tensor, words: Tensor, position: Tensor, visible: Tensor, guidance: Tensor
    ) -> tuple[Tensor, ...]:
        both = [x.expand(2, *x.shape[1:]) for x in (noisy, position, visible)]
        out = self.network(both[0], t.expand(2), words, both[1], both[2])
        thing, colour, place = (guided(out[k][:1], out[k][1:], guidance) for k in (0, 1, 3))
        frame = out[2][:1]  # guidance is for what, not for where: exaggerated places tear things apart
        clean = self.network.encode(thing.softmax(-1), colour.softmax(-1), frame, place.softmax(-1))
        return clean, thing, colour, frame, place


def guided(asked: Tensor, against: Tensor, guidance: Tensor) -> Tensor:
    """Log-probabilities pushed away from ``against``, among what is plausible as asked (Li et al. 2023).

    Without that bound, what both rule out can win because one rules it out more firmly than the other.
    """
    asked, against = asked.log_softmax(-1), against.log_softmax(-1)
    plausible = asked > asked.amax(-1, keepdim=True) - PLAUSIBLE_WITHIN
    return torch.where(plausible, against + guidance * (asked - against), torch.full_like(asked, -1e4))


class Painting(nn.Module):
    """One step of the pixel network, the map's features included."""

    def __init__(self, network: PixelNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        noisy: Tensor,
        t: Tensor,
        thing: Tensor,
        colour: Tensor,
        place: Tensor,
        where: Tensor,
        position: Tensor,
    ) -> Tensor:
        clean: Tensor = self.network(noisy, t, self.network.condition(thing, colour, place, where, position))
        return clean


def layout_example() -> dict[str, Tensor]:
    return {
        "noisy": torch.randn(1, IMAGE_TOKENS, TOKEN_DIMS),
        "t": torch.rand(1),
        "words": torch.ones(2, TEXT_TOKENS, dtype=torch.long),
        "position": torch.randn(1, IMAGE_TOKENS, 2),
        "visible": torch.ones(1, IMAGE_TOKENS),
        "guidance": torch.ones(1),
    }


def painting_example(h: int, w: int) -> dict[str, Tensor]:
    cells = {name: torch.zeros(1, h, w, dtype=torch.long) for name in ("thing", "colour", "place")}
    return {
        "noisy": torch.randn(1, 3, 8 * h, 8 * w),
        "t": torch.rand(1),
        **cells,
        "where": torch.randn(1, 3, h, w),
        "position": torch.randn(1, 2, 2 * h, 2 * w),
    }


def convert(
    module: nn.Module, example: dict[str, Tensor], outputs: tuple[str, ...], dynamic: bool
) -> ov.Model:
    """An OpenVINO model with named inputs and outputs; dynamic ones take any picture size."""
    with torch.no_grad():
        model = ov.convert_model(module.eval(), example_input=example)
    for name, port in zip(example, model.inputs, strict=True):
        port.get_tensor().set_names({name})
    for name, port in zip(outputs, model.outputs, strict=True):
        port.get_tensor().set_names({name})
    if not dynamic:
        model.reshape({name: list(value.shape) for name, value in example.items()})
    return model


def page(version: str) -> dict[str, object]:
    phrases = {phrase: place.name for place in PLACES for phrase in place.phrases}
    phrases |= {phrase: word for word, said in RELATIONS.items() for phrase in said} | SYNONYMS
    return {
        "version": version,
        "words": list(WORDS),
        "phrases": phrases,
        "fillers": sorted(FILLERS),
        "things": list(THINGS),
        "colours": list(COLOUR_NAMES),
        "most_things": MOST_THINGS,
        "places": [place.name for place in PLACES],
        "token_codes": TOKEN_DIMS,
        "sign_board": SIGN_BOARD,
    }


def export(folder: Path, out: Path, version: str) -> None:
    """Writes everything that a folder of checkpoints holds; a missing stage raises FileNotFoundError."""
    out.mkdir(parents=True, exist_ok=True)
    layout, pixels = load(folder / "layout.pt"), load(folder / "pixels.pt")
    heads = ("clean", "thing", "colour", "frame", "place")
    ov.save_model(convert(GuidedLayout(layout), layout_example(), heads, dynamic=False), out / "layout.xml")
    ov.save_model(
        convert(Painting(pixels), painting_example(16, 16), ("clean",), dynamic=True), out / "pixels.xml"
    )
    for stage, side in (("upscale8", 128), ("upscale2", 1024)):
        example = {"small": torch.randn(1, 3, side, side)}
        ov.save_model(
            convert(load(folder / f"{stage}.pt"), example, ("large",), dynamic=True), out / f"{stage}.xml"
        )
    (out / "model.json").write_text(json.dumps(page(version), indent=1, ensure_ascii=False) + "\n")
    (out / "CARD.md").write_text(card(folder, version))


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
    things = ", ".join(THINGS[1:])
    places = ", ".join(place.name for place in PLACES)
    colours = ", ".join(COLOUR_NAMES[1:])
    return TEMPLATE.read_text().format(
        version=version, rows="\n".join(rows), things=things, places=places, colours=colours
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("runs/first"), help="where the checkpoints are")
    parser.add_argument(
        "--out", type=Path, default=Path("src/limner/nano/weights"), help="where the service looks"
    )
    parser.add_argument("--version", required=True, help="what answers will say, such as 2026.11.1")
    args = parser.parse_args()
    export(args.folder, args.out, args.version)


if __name__ == "__main__":
    main()
