"""What measures the model tells right from wrong, on renders of which everything is known."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from limner.engines.engine import Engine, Generation, GenerationRequest, OnStep
from tests.models.test_tokenizer import tokens
from training.cases import Case, changed, interval, scenes, seed_of
from training.classifier import PIECE, Classifier, Seen, classifier_batches, classifier_loss, classify
from training.composing_tasks import COMPOSING, case_of, shows_colours, shows_count, shows_position
from training.edges import known_to_sampler
from training.evaluate import TASKS, is_possible
from training.finish_tasks import light_cases, style_cases, word_cases
from training.judge import Finding, Judge, find, judge_example, mirrored
from training.likeness import is_alike
from training.long_prompts import LONG_PROMPTS
from training.looks import Album, Eyes, Look, Picture, Shot, exact
from training.occlusion import are_all_seen, shares_seen
from training.reading_back import is_able_to_read, is_among, lines_in
from training.scenes import Scene, Thing
from training.sprites import Sprites
from training.vocabulary import COLOUR_NAMES, LIGHTS, PLACE_NAMES, PLACES, STYLES, THINGS
from training.wish_tasks import WISHING, negative_case, parts

BLANK: Picture = np.zeros((128, 128, 3), np.uint8)
CAT, DOG = Thing("cat", "red", 40, 80, 50, 50), Thing("dog", "blue", 90, 80, 50, 50)


def scene(*things: Thing, words: tuple[str, ...] = ()) -> Scene:
    return Scene(128, 128, PLACE_NAMES.index("meadow"), "natural", 64, 1, things, words=words)


def found_in(shown: Scene) -> tuple[Finding, ...]:
    return tuple(Finding(thing.name, thing.colour, thing.x, thing.y) for thing in shown.things)


def look_of(shown: Scene) -> Look:
    seen = Seen(PLACE_NAMES[shown.place], LIGHTS[shown.light], STYLES[shown.style])
    return Look(BLANK, found_in(shown), seen)


def shots_of(case: Case) -> list[Shot]:
    """What a case asks for, when the pictures show nothing."""
    shots: list[Shot] = []

    def look(shot: Shot) -> Look:
        shots.append(shot)
        return Look(BLANK)

    case.asked(look)
    return shots


def answered(answers: Mapping[str, Look], shot: Shot) -> Look:
    return answers[shot.negative]


def test_each_of_genevals_tasks_is_passed_by_its_own_scene_and_by_no_other(sprites: Sprites) -> None:
    for task in COMPOSING:
        for case in task.cases(sprites, 4):
            assert case.exact is not None
            assert all(right for _, right in case.exact(lambda shown, letters: look_of(shown)))
            assert not any(right for _, right in case.exact(lambda shown, letters: Look(BLANK)))


def test_a_wrong_colour_count_or_side_is_wrong() -> None:
    pair = scene(CAT, DOG, words=("red", "cat", "left of", "blue", "dog"))
    assert shows_position(pair, found_in(pair))
    assert not shows_position(pair, found_in(scene(replace(CAT, x=90), replace(DOG, x=40))))
    assert not shows_colours(pair, found_in(scene(replace(CAT, colour="blue"), replace(DOG, colour="red"))))
    assert not shows_count(scene(CAT, CAT), found_in(scene(CAT)))


def test_what_is_asked_says_what_the_scene_is(sprites: Sprites) -> None:
    """The prompts of the tasks name the style, the light and the word that is looked for."""

    def asked(case: Case) -> Shot:
        return shots_of(case)[-1]

    for number, case in enumerate(style_cases(sprites, 24)):
        assert f"style:{STYLES[1 + number % (len(STYLES) - 1)]}" in tokens(asked(case).prompt).words
    for number, case in enumerate(light_cases(sprites, 20)):
        assert f"light:{LIGHTS[1 + number % (len(LIGHTS) - 1)]}" in tokens(asked(case).prompt).words
    for case in word_cases(sprites, 10):
        (word,) = tokens(asked(case).prompt).quoted
        assert 2 <= len(word) <= 12


def test_a_thing_behind_another_is_not_asked_for(sprites: Sprites) -> None:
    behind = replace(CAT, x=DOG.x, y=DOG.y - 1, width=20, height=20)
    assert min(shares_seen(scene(behind, DOG), sprites)) < 0.3
    assert not are_all_seen(scene(behind, DOG), sprites)
    assert are_all_seen(scene(CAT, DOG), sprites)
    assert all(are_all_seen(each, sprites) for each in scenes(sprites, 5, "pair", lambda scene: True))


def test_a_negative_prompt_is_obeyed_when_what_came_by_itself_is_gone_and_the_rest_is_there() -> None:
    red, blue = scene(CAT, words=("red", "cat", "place:meadow")), scene(replace(CAT, colour="blue"))
    for after, is_obeyed in ((blue, True), (red, False), (scene(DOG), False)):
        answers = {"": look_of(red), "red": look_of(after)}
        outcomes = negative_case("colour", red, "red").asked(partial(answered, answers))
        assert [right for _, right in outcomes] == [is_obeyed] * 2
    assert negative_case("colour", red, "red").asked(lambda shot: Look(BLANK)) == []


def test_long_prompts_are_scored_part_by_part() -> None:
    tests = parts("two, penguin, red, balloon, place:snow, light:snowfall")
    birds = (Finding("penguin", "black", 30, 60), Finding("penguin", "black", 90, 60))
    look = Look(BLANK, (*birds, Finding("balloon", "blue", 60, 20)), Seen("snow", "day", "plain"))
    assert [test(look) for test in tests] == [True, True, True, False, True, False]
    assert all(parts(words) for _, words in LONG_PROMPTS)


def test_the_same_seed_is_asked_for_twice_and_a_mirrored_thing_is_not_the_same(sprites: Sprites) -> None:
    horse = replace(scene(Thing("horse", "brown", 64, 70, 80, 74)), place=PLACE_NAMES.index("room"))
    there = exact(horse, sprites, is_large=False)
    moved = replace(horse, place=PLACE_NAMES.index("beach"))
    assert is_alike(there, (64, 70), exact(moved, sprites, is_large=False), (64, 70))
    mirrored = replace(moved, things=(replace(horse.things[0], flipped=True),))
    assert not is_alike(there, (64, 70), exact(mirrored, sprites, is_large=False), (64, 70))
    small = replace(moved, things=(replace(horse.things[0], width=56, height=52),))
    assert not is_alike(there, (64, 70), exact(small, sprites, is_large=False), (64, 70))
    (keeping,) = [task for task in WISHING if task.name == "seed"]
    shots = shots_of(keeping.cases(sprites, 1)[0])
    assert shots[0].seed == shots[1].seed and shots[0].prompt != shots[1].prompt


def test_a_word_is_read_back_only_as_it_is_written() -> None:
    assert is_among("HELLO", ("THE", "HELLO WORLD"))
    assert not is_among("HELLO", ("HELL0", "HELLOO", "hello"))


@pytest.mark.timeout(180)
@pytest.mark.skipif(not is_able_to_read(), reason="needs Debian's tesseract-ocr")
def test_tesseract_reads_what_is_lettered(sprites: Sprites) -> None:
    sign = scene(Thing("sign", "natural", 64, 70, 90, 90))
    assert is_among("OPEN", lines_in(exact(sign, sprites, "OPEN")))
    assert not is_among("OPEN", lines_in(exact(sign, sprites, "SHUT")))


@pytest.mark.timeout(180)
def test_the_classifier_soon_knows_what_it_is_shown(sprites: Sprites) -> None:
    torch.manual_seed(1)
    network = Classifier(len(PLACES), len(LIGHTS), len(STYLES))
    batch = next(classifier_batches(sprites, 3, seed=3))  # small windows, finished
    assert batch["style"].min() >= 0
    before = classifier_loss(network, batch).item()
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3)
    for _ in range(12):
        classifier_loss(network, batch).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
    assert classifier_loss(network, batch).item() < before / 2
    assert batch["pieces"].shape[-1] == PIECE
    seen = classify(network, np.zeros((1024, 1024, 3), np.uint8))
    assert seen.place in PLACE_NAMES and seen.light in LIGHTS and seen.style in STYLES


def test_the_judge_learns_from_mirror_images_with_their_things_where_these_are(sprites: Sprites) -> None:
    example = judge_example(scene(CAT, DOG), sprites, np.random.default_rng(1))
    turned = mirrored(example)
    (cat, dog), (dog_turned, cat_turned) = (
        np.argwhere(each["heat"][0].T == 1).tolist() for each in (example, turned)
    )
    last = example["heat"].shape[-1] - 1
    assert [cat_turned, dog_turned] == [[last - cat[0], cat[1]], [last - dog[0], dog[1]]]
    assert turned["things"][cat[1], last - cat[0]] == example["things"][cat[1], cat[0]] > 0
    assert np.array_equal(turned["picture"][..., 0], example["picture"][..., -1])


def test_the_judge_finds_in_a_mirror_image_what_it_finds_in_the_picture(sprites: Sprites) -> None:
    torch.manual_seed(1)
    network = Judge(len(THINGS), len(COLOUR_NAMES)).eval()
    picture = exact(scene(CAT, DOG), sprites, is_large=False).astype(np.float32) / np.float32(255)
    found, turned = find(network, picture), find(network, picture[:, ::-1])
    assert found
    assert {(each.name, each.colour, 128 - each.x, each.y) for each in turned} == {
        (each.name, each.colour, each.x, each.y) for each in found
    }


class Counting(Engine):
    """Makes grey pictures, and counts them."""

    made = 0

    def generate(self, request: GenerationRequest, on_step: OnStep) -> Generation:
        self.made += 1
        return Generation((np.full((1024, 1024, 3), 128, np.uint8),), "grey")

    def close(self) -> None:
        pass


def test_no_picture_is_made_twice(tmp_path: Path) -> None:
    engine = Counting()
    for _ in range(2):  # the second album finds what the first one kept
        album = Album(engine, Eyes(None, None), tmp_path, "weights", "eyes")
        look = album.look(Shot("a cat", seed_of("a cat")), 12, ())
        assert cv2.mean(look.small)[:3] == (128, 128, 128)
    Album(engine, Eyes(None, None), tmp_path, "weights", "other eyes").look(
        Shot("a cat", seed_of("a cat")), 12, ()
    )
    assert engine.made == 1
    Album(engine, Eyes(None, None), tmp_path, "other weights", "eyes").look(Shot("a cat", 1), 12, ())
    assert engine.made == 2


def test_a_task_waits_for_those_alone_who_look_at_its_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    only_classifier = Eyes(None, Classifier(len(PLACES), len(LIGHTS), len(STYLES)))
    assert is_possible(TASKS["style"], only_classifier)
    assert not is_possible(TASKS["negative"], only_classifier)
    assert capsys.readouterr().out == "| negative: not measured without judge.pt |\n"
    with pytest.raises(AssertionError, match=r"judge\.pt"):
        only_classifier.look(BLANK, TASKS["single"].eyes)


def test_a_scene_reaches_the_sampler_as_it_is() -> None:
    known = known_to_sampler(scene(DOG, CAT))
    assert known.boxes[:, 0].tolist() == [90, 40] and known.horizon == 64 and len(known.things) == 2


def test_intervals_are_wilsons() -> None:
    assert interval(190, 200) == "0.950 (0.91-0.97)"
    assert interval(0, 0) == "-"


def test_what_an_effort_lost_and_won_is_counted_case_by_case() -> None:
    before, after = [True] * 6 + [False] * 4, [True] * 3 + [False] * 6 + [True]
    assert changed(before, after) == "-3 +1, p 0.62"  # 10 of 16 ways in which four coins fall
    assert changed(before, before) == "-0 +0, p 1.00"


def test_a_case_names_its_row() -> None:
    pair = scene(CAT, DOG, words=("red", "cat", ",", "blue", "dog"))
    assert case_of("two", shows_colours, pair).asked(lambda shot: look_of(pair)) == [("two", True)]


@pytest.mark.skipif(not is_able_to_read(), reason="needs tesseract-ocr")
@pytest.mark.parametrize("word", ["Pencil", "Hotel"])
def test_a_letter_that_is_but_a_stroke_is_a_letter(word: str) -> None:
    page = np.full((1024, 1024, 3), 245, np.uint8)
    cv2.putText(page, word[:-1], (200, 500), cv2.FONT_HERSHEY_SIMPLEX, 4, (20, 20, 20), 14)
    (width, _), _ = cv2.getTextSize(word[:-1], cv2.FONT_HERSHEY_SIMPLEX, 4, 14)
    cv2.rectangle(page, (214 + width, 412), (228 + width, 500), (20, 20, 20), cv2.FILLED)  # the last l
    assert is_among(word, lines_in(page))
