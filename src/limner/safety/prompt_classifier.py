"""The check of prompts by a text classifier that the operator names, with the tokenizer beside it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from limner.errors import BadSettings
from limner.safety.classifier import Classifier, find_model, read_config
from limner.safety.finding import Finding, PromptCheck
from limner.safety.options import CheckOptions

TOKENIZER = "tokenizer.json"
MAX_TOKENS = 512
STRIDE = 64  # what one part of a long prompt has in common with the next


def load(options: CheckOptions) -> PromptCheck:
    """Raises BadSettings."""
    if not options.prompt_classifier:
        raise BadSettings("the prompt check classifier needs prompt_classifier: a folder or a hub name")
    onnx = find_model(options.prompt_classifier)
    config = read_config(onnx)
    classifier = Classifier(onnx, config)
    tokenizer = _tokenizer(onnx, int(config.get("max_position_embeddings", MAX_TOKENS)))

    def check(prompt: str) -> Sequence[Finding]:
        """Of a long prompt each part, and the worst of each category."""
        encoding = tokenizer.encode(prompt)
        worst: dict[str, Finding] = {}
        for part in [encoding, *encoding.overflowing]:
            columns = {
                "input_ids": part.ids,
                "attention_mask": part.attention_mask,
                "token_type_ids": part.type_ids,
            }
            inputs = {name: np.asarray([columns[name]], np.int64) for name in classifier.inputs}
            for found in classifier.classify(inputs):
                if found.category not in worst or found.score > worst[found.category].score:
                    worst[found.category] = found
        return list(worst.values())

    return check


def _tokenizer(onnx: Path, positions: int) -> Tokenizer:
    """Raises BadSettings."""
    places = (onnx.parent / TOKENIZER, onnx.parent.parent / TOKENIZER)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise BadSettings(f"there is no {TOKENIZER} beside {onnx}")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise BadSettings(f"{path} cannot be read: {error}") from error
    tokenizer.no_padding()
    length = min(positions, MAX_TOKENS)
    tokenizer.enable_truncation(length, stride=min(STRIDE, length // 4))
    return tokenizer
