"""Floating-point operations of OpenVINO graphs, and how many a second this machine can do.

Only matrix products, attention and convolutions are counted, two operations per multiply-add, at the
shapes of one run; everything else a graph does is taken as free.
"""

import time
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

SIDE = 2048  # of the matrices of the peak
CHAIN = 8  # products in a row
LATENCY: Mapping[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1"}


def graph_flops(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> float:
    """Of one run of a graph with inputs of these shapes."""
    graph = ov.Core().read_model(path)
    graph.reshape({name: list(shape) for name, shape in shapes.items()})
    return float(sum(_flops(node) for node in graph.get_ops()))


def channels_of(path: Path, name: str) -> int:
    """The second dimension of an output. Raises RuntimeError where it is not fixed."""
    return int(ov.Core().read_model(path).output(name).get_partial_shape()[1].get_length())


def bf16_peak() -> float:
    """Operations a second of the fastest of many runs of plain matrix products in bf16."""
    x = ops.parameter([SIDE, SIDE], np.float32)
    y = x
    rng = np.random.default_rng(0)
    for _ in range(CHAIN):
        weights = rng.standard_normal((SIDE, SIDE), np.float32) / np.sqrt(SIDE)
        y = ops.matmul(y, ops.constant(weights.astype(np.float32)), False, False)
    compiled = ov.Core().compile_model(
        ov.Model([y], [x], "peak"), "CPU", {**LATENCY, "INFERENCE_PRECISION_HINT": "bf16"}
    )
    values = rng.standard_normal((SIDE, SIDE), np.float32)
    return 2 * SIDE**3 * CHAIN / min(_seconds(compiled, values) for _ in range(25))


def _seconds(compiled: ov.CompiledModel, values: NDArray[np.float32]) -> float:
    started = time.perf_counter()
    compiled([values])
    return time.perf_counter() - started


def _flops(node: ov.Node) -> int:
    kind = node.get_type_name()
    outputs = prod(_shape(node.output(0)))
    if kind == "MatMul":
        left = _shape(node.input(0))
        return 2 * outputs * (left[-2] if node.get_attributes()["transpose_a"] else left[-1])
    if kind in ("Convolution", "GroupConvolution"):
        kernel = _shape(node.input(1))  # (groups,) outputs, inputs, height, width
        return 2 * outputs * prod(kernel[1:] if kind == "Convolution" else kernel[2:])
    if kind == "ScaledDotProductAttention":
        query, key, value = (_shape(node.input(k)) for k in range(3))
        return 2 * prod(query[:-1]) * key[-2] * (query[-1] + value[-1])
    return 0


def _shape(port: Any) -> list[int]:
    return list(port.get_partial_shape().get_min_shape())
