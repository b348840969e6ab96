"""Of long prompts the tokenizer finds nearly all that the model could show."""

from tests.models.test_tokenizer import VOCABULARY, tokens
from training.long_prompts import LONG_PROMPTS

MISSED = 0.02  # of the words at most


def test_what_a_long_prompt_must_show_is_said_to_the_model() -> None:
    asked = [(prompt, word) for prompt, words in LONG_PROMPTS for word in words.split(", ")]
    assert len(LONG_PROMPTS) >= 40
    assert {word for _, word in asked} <= set(VOCABULARY.words)
    missed = [(prompt, word) for prompt, word in asked if word not in tokens(prompt).words]
    assert len(missed) <= MISSED * len(asked), missed
