"""Classifiers of a few numbers, in the files that real ones come in."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

SIDE = 16
WORDS = ("[UNK]", "[CLS]", "[SEP]", "a", "lewd", "red", "apple")
PREPROCESSOR = {
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "resample": 2,
    "rescale_factor": 1 / 255,
    "size": {"height": SIDE, "width": SIDE},
}
TIMM = {
    "label_names": ["NSFW", "SFW"],
    "pretrained_cfg": {
        "input_size": [3, SIDE, SIDE],
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
        "crop_pct": 1.0,
        "interpolation": "bicubic",
    },
}


def save_image_classifier(
    folder: Path,
    config: Mapping[str, Any],
    weights: Sequence[Sequence[float]],
    preprocessor: Mapping[str, Any] | None = PREPROCESSOR,
) -> Path:
    """Its logits are the mean of each channel, from -1 to 1, times ``weights``: (3, labels)."""
    nodes = [
        helper.make_node("ReduceMean", ["pixel_values", "axes"], ["means"], keepdims=0),
        helper.make_node("MatMul", ["means", "weights"], ["logits"]),
    ]
    inputs = [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])]
    constants = {"axes": np.array([2, 3], np.int64), "weights": np.array(weights, np.float32)}
    _save(folder, nodes, inputs, len(weights[0]), constants)
    (folder / "config.json").write_text(json.dumps(config))
    if preprocessor is not None:
        (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    return folder


def save_prompt_classifier(folder: Path, positions: int = 512) -> Path:
    """Finds the word "lewd": safe and nsfw, three to minus three and the other way round."""
    scores = np.full((len(WORDS), 2), (3.0, -3.0), np.float32)
    scores[WORDS.index("lewd")] = (-3.0, 3.0)
    nodes = [
        helper.make_node("Gather", ["scores", "input_ids"], ["each"], axis=0),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["shown"]),
        helper.make_node("Mul", ["each", "shown"], ["masked"]),
        helper.make_node("Split", ["masked"], ["safe", "lewd"], axis=2, num_outputs=2),
        helper.make_node("ReduceMin", ["safe", "middle"], ["safest"], keepdims=0),
        helper.make_node("ReduceMax", ["lewd", "middle"], ["lewdest"], keepdims=0),
        helper.make_node("Concat", ["safest", "lewdest"], ["logits"], axis=1),
    ]
    named = ("input_ids", "attention_mask")
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in named]
    constants = {"scores": scores, "last": np.array([2], np.int64), "middle": np.array([1], np.int64)}
    _save(folder, nodes, inputs, 2, constants)
    config = {"id2label": {"0": "safe", "1": "nsfw"}, "max_position_embeddings": positions}
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def _save(
    folder: Path, nodes: list[Any], inputs: list[Any], num_labels: int, constants: Mapping[str, Any]
) -> None:
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", num_labels])]
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
