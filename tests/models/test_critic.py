"""The contest of upscaler and critic: neither moves the other, both learn, and it begins with crisp edges."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from training.critic import LARGER, Contest, batches, critic_loss, loss, upscaler_loss
from training.run import optimizers
from training.sprites import Sprites
from training.upscale import UpscalerShape

Batch = dict[str, Tensor]


@pytest.fixture
def contest() -> Contest:
    torch.manual_seed(1)
    return Contest(UpscalerShape(LARGER, 12, 2))


@pytest.fixture(scope="module")
def batch(sprites: Sprites) -> Batch:
    return next(batches(sprites, 3, seed=1))


def learn(contest: Contest, loss_of: Callable[[], Tensor], steps: int) -> None:
    chosen = optimizers(contest, rate=3e-3)
    for _ in range(steps):
        loss_of().backward()  # type: ignore[no-untyped-call]
        for optimizer in chosen:
            optimizer.step()
            optimizer.zero_grad()


def moved(contest: Contest) -> set[str]:
    """Which of the two a loss has reached."""
    return {name.split(".")[0] for name, value in contest.named_parameters() if value.grad is not None}


def test_neither_loss_reaches_the_other(contest: Contest, batch: Batch) -> None:
    small, real = batch["small"], batch["large"]
    made = contest(small)
    upscaler_loss(contest.critic, made, real, small).backward()  # type: ignore[no-untyped-call]
    assert moved(contest) == {"upscaler"}
    contest.zero_grad()
    critic_loss(contest.critic, made.detach(), real, small).backward()  # type: ignore[no-untyped-call]
    assert moved(contest) == {"critic"}
    contest.zero_grad()
    loss(contest, batch).backward()  # type: ignore[no-untyped-call]
    assert moved(contest) == {"upscaler", "critic"}


def test_an_untaught_upscaler_makes_edges_crisp_and_adds_nothing(contest: Contest, batch: Batch) -> None:
    assert batch["large"].shape[-1] == LARGER * batch["small"].shape[-1]
    assert torch.equal(contest(batch["small"]), contest.upscaler.crisp(batch["small"]))


def test_the_critic_soon_tells_renders_from_what_is_soft(contest: Contest, batch: Batch) -> None:
    small, real = batch["small"], batch["large"]
    made = F.interpolate(small, scale_factor=LARGER, mode="bilinear")
    learn(contest, lambda: critic_loss(contest.critic, made, real, small), steps=60)
    with torch.no_grad():
        scores = [contest.critic(picture, small)[-1].mean() for picture in (made, real)]
    assert scores[1] > scores[0] + 0.5


def test_the_upscaler_soon_makes_what_it_is_shown(contest: Contest, batch: Batch) -> None:
    pale = batch | {"large": 0.5 * batch["large"] + 0.3}

    def error() -> float:
        return float((contest(pale["small"]) - pale["large"]).abs().mean().detach())

    before = error()
    learn(contest, lambda: loss(contest, pale), steps=60)
    assert error() < before / 2
