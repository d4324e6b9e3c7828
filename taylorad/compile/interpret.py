"""What a graph means: every value computed by NumPy, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import scipy.special

from taylorad.algebras.recurrence import QUIET
from taylorad.compile.graph import Graph, Value, affine

OPERATORS: dict[str, Callable] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "negative": np.negative,
    "square": np.square,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "select": np.where,
}
COMPARISONS = {
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@cache
def function(name: str) -> Any:
    """NumPy's or SciPy's function of a name, for values of kind "call"."""
    return getattr(np, name, None) or getattr(scipy.special, name)


def evaluate(graph: Graph, inputs: Sequence[Any]) -> list[np.ndarray]:
    """The values of all nodes of a graph."""
    values: list[np.ndarray] = []
    with np.errstate(**QUIET):
        for value in graph.values:
            operands = [values[i] for i in value.operands]
            result = _computed(value, operands, inputs)
            values.append(np.asarray(result, dtype=value.dtype).reshape(value.shape))
    return values


def outputs_of(graph: Graph, inputs: Sequence[Any]) -> list[np.ndarray]:
    """The results of a graph, whether or not its guards hold."""
    values = evaluate(graph, inputs)
    return [values[i] for i in graph.outputs]


def _computed(value: Value, operands: list[np.ndarray], inputs: Sequence[Any]) -> Any:
    kind, data = value.kind, value.data
    if kind in OPERATORS:
        return np.broadcast_to(OPERATORS[kind](*operands), value.shape)
    if kind in _STRUCTURAL:
        return _STRUCTURAL[kind](value, operands)
    if kind == "input":
        return inputs[data]
    if kind == "constant":
        return data
    if kind == "linear":
        coefficients, constant = data
        return sum((c * x for c, x in zip(coefficients, operands, strict=True)), np.full(value.shape, constant))
    if kind == "call":
        return np.broadcast_to(function(data)(*operands), value.shape)
    if kind == "compare":
        return np.broadcast_to(COMPARISONS[data](*operands), value.shape)
    if kind == "contract":
        return np.einsum(data, *operands)
    if kind in ("numpy", "series"):
        return data(*operands)
    return operands[0].astype(value.dtype)  # convert


def _reduced(value: Value, operands: list[np.ndarray]) -> Any:
    name, axes = value.data
    return getattr(np, name)(operands[0], axis=axes)


def _placed(value: Value, operands: list[np.ndarray]) -> np.ndarray:
    result = np.zeros(value.size, value.dtype)
    for placement, x in zip(value.data, operands, strict=True):
        result[placement.flat(x.shape)] = x
    return result


def _accumulated(value: Value, operands: list[np.ndarray]) -> np.ndarray:
    result = np.zeros(value.size, value.dtype)
    for placement, x in zip(value.data, operands, strict=True):
        np.add.at(result, placement.flat(x.shape), x)
    return result


def _viewed(value: Value, operands: list[np.ndarray]) -> np.ndarray:
    return operands[0].ravel()[affine(value.data[0], value.data[1], value.shape)]


_STRUCTURAL: dict[str, Callable[[Value, list], Any]] = {
    "view": _viewed,
    "take": lambda value, operands: operands[0].ravel()[value.data],
    "place": _placed,
    "accumulate": _accumulated,
    "reduce": _reduced,
}
