"""Remembers what the text encoders made of the last prompts: encoding takes 50 to 130 ms however short they
are.

It lies around ``encode_prompt`` of a pipeline, which all of them have and call with the prompt as it came.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import torch

from limner.engines.diffusers.pipelines import Pipeline

MOST_REMEMBERED = 16  # some 8 MB each, on the device

Encode = Callable[..., Any]


def remember_prompts(pipeline: Pipeline) -> None:
    """Nothing is remembered of a pipeline that has no such method."""
    if hasattr(pipeline, "encode_prompt"):
        pipeline.encode_prompt = RememberedPrompts(pipeline.encode_prompt)


def forget_prompts(pipeline: Pipeline) -> None:
    """They lie on the device, so they go when the pipeline does."""
    encode = getattr(pipeline, "encode_prompt", None)
    if isinstance(encode, RememberedPrompts):
        encode.forget()


class RememberedPrompts:
    """Of calls with equal arguments the last few answers. No pipeline changes what it was answered."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self.hits = 0

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        key = _key((arguments, sorted(named.items())))
        if key is None:
            return self._encode(*arguments, **named)
        if key in self._answers:
            self.hits += 1
            self._answers.move_to_end(key)
            return self._answers[key]
        answer = self._answers[key] = self._encode(*arguments, **named)
        if len(self._answers) > MOST_REMEMBERED:
            self._answers.popitem(last=False)
        return answer

    def forget(self) -> None:
        self._answers.clear()


def _key(arguments: Any) -> Hashable | None:
    """None when a tensor is among them: somebody brings embeddings of their own."""
    if isinstance(arguments, torch.Tensor):
        return None
    if isinstance(arguments, list | tuple):
        parts = [_key(one) if one is not None else "" for one in arguments]
        return None if None in parts else (type(arguments).__name__, *parts)
    return str(arguments) if isinstance(arguments, torch.device) else ("=", arguments)
