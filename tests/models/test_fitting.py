"""What least squares finds of the renderer's lights and styles, which training begins with."""

import pytest
import torch
import torch.nn.functional as F

from limner.nano.finish import DETAIL, TILE
from training.features import FEATURES
from training.finisher import Finisher, FinisherShape, share
from training.fitting import (
    fit_blocks,
    fit_changes,
    fit_falling,
    fit_pieces,
    fit_tints,
    made_of,
    toned_of,
    views_of,
)
from training.full_size import pieced
from training.sprites import Sprites
from training.vocabulary import LIGHTS, STYLES

TINY = FinisherShape(len(LIGHTS), len(STYLES), width=16, condition=8, depth=1, fine=8)


@pytest.fixture(scope="module")
def network(sprites: Sprites) -> Finisher:
    torch.manual_seed(1)
    network = Finisher(TINY)
    fit_tints(network, sprites, seed=1, crops=4)
    return network


def test_only_pixel_art_is_squares(network: Finisher, sprites: Sprites) -> None:
    fit_blocks(network, sprites, seed=1)
    squares = network.style_blocks.weight[:, 0]
    assert squares[STYLES.index("pixel art")] > 0.9
    assert squares.count_nonzero() == 1


def test_pieces_are_found_that_come_nearer_than_the_picture(network: Finisher, sprites: Sprites) -> None:
    fit_pieces(network, sprites, seed=1, crops=24)
    style = STYLES.index("low poly")
    (batch,) = views_of([(0, style)], sprites, seed=2, crops=3)  # others than it was fitted to
    toned = toned_of(network, batch)
    mixes = network.style_mixes(network.slots[batch["style"]]).view(len(toned), TILE**2, -1, 64)
    large = network.crisp(toned)
    in_pieces = large + share(network.style_pieces, batch["style"]) * (
        pieced(F.avg_pool2d(toned, DETAIL), mixes) - large
    )
    before, after = ((made - batch["large"]).square().mean() for made in (large, in_pieces))
    assert after < 0.5 * before


def test_styles_want_lines_rims_and_what_is_behind_in_a_blur(sprites: Sprites) -> None:
    torch.manual_seed(1)
    network, styles = Finisher(TINY), [STYLES.index(name) for name in ("neon", "paper cut", "photo")]
    network.last_mask.bias.data.fill_(-20)  # nothing is covered, until something has been learned
    fit_changes(network, sprites, seed=1, crops=12, styles=styles)
    of_layers = network.style_features.weight.view(-1, 3, FEATURES)[:, :, -9:].view(-1, 3, 3, 3)
    blur, _, rim = of_layers.diagonal(dim1=1, dim2=3).mean(2).unbind(1)
    neon, paper_cut, photo = styles
    assert rim[paper_cut] > 0.5
    assert rim[photo].abs() < 0.2
    assert blur[photo] > 0.5
    (batch,) = views_of([(0, neon)], sprites, seed=2, crops=3)
    untouched = (batch["large"] - network.crisp(batch["small"])).square().mean()
    with torch.no_grad():
        assert (batch["large"] - made_of(network, batch)).square().mean() < 0.5 * untouched


def test_what_falls_is_told_from_the_noise(network: Finisher, sprites: Sprites) -> None:
    fit_falling(network, sprites, seed=1, crops=12)
    falling = {light for light in LIGHTS if network.light_falls.weight[LIGHTS.index(light)].any()}
    assert falling == {"rain", "snowfall"}
    (batch,) = views_of([(LIGHTS.index("snowfall"), 0)], sprites, seed=2, crops=3)
    flakes = network.fallen(batch["grain"], batch["light"]) > 0.5
    brightness = batch["large"].mean(1, keepdim=True)
    assert brightness[flakes].mean() > brightness[~flakes].mean() + 0.4
