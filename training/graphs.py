"""Networks as graphs: what the service runs in one go, with named inputs and outputs, as OpenVINO models."""

import openvino as ov
import torch
from torch import Tensor, nn

from limner.nano.boxes import HALF_CELL, OBJECTS, TEXT_TOKENS
from limner.nano.finish import DETAIL, GRAINS
from training.composer import CODES, Composer, Composition
from training.illustrator import Illustrator
from training.painter import SKETCH_DIMS, Painter

PLAUSIBLE_WITHIN = 4.0  # nats below the likeliest
KINDS = ("things", "colours", "place", "light", "style")


class Reading(nn.Module):
    """The reader of the composer, or of the illustrator."""

    def __init__(self, network: Composer | Illustrator) -> None:
        super().__init__()
        self.network = network

    def forward(self, words: Tensor) -> tuple[Tensor, Tensor]:
        meaning, there = self.network.read(words)
        return meaning, there


class GuidedComposing(nn.Module):
    """One step of the composer with guidance, words and counter-words as one batch of two."""

    def __init__(self, network: Composer) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        noisy: Tensor,
        t: Tensor,
        size: Tensor,
        meaning: Tensor,
        there: Tensor,
        guidance: Tensor,
        ban_things: Tensor,
        ban_colours: Tensor,
        ban_place: Tensor,
        ban_light: Tensor,
        ban_style: Tensor,
    ) -> tuple[Tensor, ...]:
        """meaning and there (2, ...): the words' and the counter-words'. What is banned gets a large negative
        number added to its logit."""
        out = self.network(noisy.expand(2, -1), t.expand(2), size.expand(2, -1), meaning, there)
        bans = (ban_things[:, None], ban_colours[:, None], ban_place, ban_light, ban_style)
        logits = [guided_kinds(out.things, guidance, bans[0])]
        logits += [
            guided(getattr(out, kind), guidance, ban) for kind, ban in zip(KINDS[1:], bans[1:], strict=True)
        ]
        frames, horizon = out.frames[:1], out.horizon[:1]  # guidance is for what, not for where
        likely = [logit.softmax(-1) for logit in logits]
        scene = Composition(likely[0], likely[1], frames, likely[2], likely[3], likely[4], horizon)
        return self.network.encode(scene), *logits, frames, horizon


def guided_kinds(logits: Tensor, guidance: Tensor, ban: Tensor) -> Tensor:
    """Guidance among the kinds of things only; whether there is one is as asked, or counts go wrong."""
    asked = logits.chunk(2)[0].log_softmax(-1)
    kinds = guided(logits[..., 1:], guidance, ban[..., 1:]).log_softmax(-1)
    none = asked[..., :1]
    return torch.cat([none, torch.log1p(-none.exp().clamp(max=1 - 1e-6)) + kinds], -1)


def guided(logits: Tensor, guidance: Tensor, ban: Tensor) -> Tensor:
    """Log-probabilities pushed away from the counter-words', among the plausible (Li et al. 2023).

    Without that bound, what both rule out can win because one rules it out more firmly than the other.
    """
    asked, against = (logits + ban).log_softmax(-1).chunk(2)
    plausible = asked > asked.amax(-1, keepdim=True) - PLAUSIBLE_WITHIN
    return torch.where(plausible, against + guidance * (asked - against), torch.full_like(asked, -1e4))


class GuidedIllustrating(nn.Module):
    """One step of the illustrator with guidance, words and counter-words as one batch of two."""

    def __init__(self, network: Illustrator) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        noisy: Tensor,
        t: Tensor,
        position: Tensor,
        meaning: Tensor,
        there: Tensor,
        guidance: Tensor,
    ) -> Tensor:
        """noisy (1, 3, 4h, 4w), t (1,), position (1, 2, h, w), meaning and there (2, ...)."""
        twice = torch.cat([noisy, noisy]), torch.cat([t, t]), torch.cat([position, position])
        asked, against = self.network(*twice, meaning, there).chunk(2)
        clean: Tensor = against + guidance * (asked - against)
        return clean


class Describing(nn.Module):
    """What the painter makes of a scene before it paints."""

    def __init__(self, network: Painter) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, things: Tensor, colours: Tensor, boxes: Tensor, place: Tensor, ground: Tensor, position: Tensor
    ) -> tuple[Tensor, Tensor]:
        condition, cover = self.network.condition(things, colours, boxes, place, ground, position)
        return condition, cover


def composing_example(network: Composer) -> dict[str, Tensor]:
    s = network.shape
    return {
        "noisy": torch.randn(1, CODES),
        "t": torch.rand(1),
        "size": torch.ones(1, 2),
        "meaning": torch.randn(2, TEXT_TOKENS, s.width),
        "there": torch.ones(2, TEXT_TOKENS, dtype=torch.long),
        "guidance": torch.ones(1),
        "ban_things": torch.zeros(1, s.things),
        "ban_colours": torch.zeros(1, s.colours),
        "ban_place": torch.zeros(1, s.places),
        "ban_light": torch.zeros(1, s.lights),
        "ban_style": torch.zeros(1, s.styles),
    }


def describing_example(h: int, w: int) -> dict[str, Tensor]:
    """Of h x w half-cells."""
    return {
        "things": torch.zeros(1, OBJECTS, dtype=torch.long),
        "colours": torch.zeros(1, OBJECTS, dtype=torch.long),
        "boxes": torch.full((1, OBJECTS, 5), 16.0),
        "place": torch.zeros(1, dtype=torch.long),
        "ground": torch.randn(1, 2, h, w),
        "position": torch.randn(1, 2, h, w),
    }


def painting_example(network: Painter, h: int, w: int) -> dict[str, Tensor]:
    return {
        "noisy": torch.randn(1, 3, HALF_CELL * h, HALF_CELL * w),
        "t": torch.rand(1),
        "condition": torch.randn(1, network.shape.condition + SKETCH_DIMS, h, w),
    }


def illustrating_example(network: Illustrator, h: int, w: int) -> dict[str, Tensor]:
    """Of h x w half-cells."""
    return {
        "noisy": torch.randn(1, 3, HALF_CELL * h, HALF_CELL * w),
        "t": torch.rand(1),
        "position": torch.randn(1, 2, h, w),
        "meaning": torch.randn(2, TEXT_TOKENS, network.shape.deep),
        "there": torch.ones(2, TEXT_TOKENS, dtype=torch.long),
        "guidance": torch.full((1,), 3.0),
    }


def finishing_example(h: int, w: int) -> dict[str, Tensor]:
    """Of h x w base pixels."""
    return {
        "small": torch.randn(1, 3, DETAIL * h, DETAIL * w),
        "cover": torch.rand(1, 1, h // HALF_CELL, w // HALF_CELL),
        "around": torch.randn(1, 2, h, w),
        "grain": torch.randn(1, GRAINS, h, w),
        "places": torch.zeros(1, h, w, dtype=torch.long),
        "light": torch.zeros(1, dtype=torch.long),
        "style": torch.zeros(1, dtype=torch.long),
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
