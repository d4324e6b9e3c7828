"""Degree-0 nodes: one elementwise operation on names of numbers or lanes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from taylorad.compile.series.nodes import BOOL, Node
from taylorad.compile.series.text import Text, literal


def value(text: Text, node: Node, operands: Sequence[str], types: Sequence[np.dtype], width: int) -> str:
    """The name of a node's value, given its operands' names and number types."""
    operation, more = node.data
    if operation in _LOGIC or operation == "compare":
        return _condition(text, operation, more, operands, types, width)
    if operation == "convert":
        return text.convert(operands[0], types[0], node.dtype, width)
    dtype = node.dtype
    if operation == "select":
        x, y = (text.convert(x, t, dtype, width) for x, t in zip(operands[1:], types[1:], strict=True))
        return text.select(text.convert(operands[0], types[0], BOOL, width), x, y, dtype, width)
    given = [text.convert(x, t, dtype, width) for x, t in zip(operands, types, strict=True)]
    if operation in ("minimum", "maximum"):
        return _extremum(text, operation, given, dtype, width)
    if operation == "call":
        return text.call(more, given, dtype, width)
    if operation == "linear":
        return linear(text, more[0], given, more[1], dtype, width) or literal(0, dtype, width)
    if operation == "negative":
        if dtype.kind == "f":
            return text.negative(given[0], dtype, width)
        return text.binary("subtract", literal(0, dtype, width), given[0], dtype, width)
    if operation == "square":
        return text.binary("multiply", given[0], given[0], dtype, width)
    return text.binary(operation, given[0], given[1], dtype, width)


def linear(
    text: Text,
    coefficients: Sequence,
    operands: Sequence[str | None],
    constant: float,
    dtype: np.dtype,
    width: int,
    ordered: bool = False,
) -> str | None:
    """``c₁ x₁ + … + c``; operands that are None are zero, and so is the result if nothing is left.

    They are added in their order if it matters, else negative ones last.
    """
    total = None if constant == 0 else literal(constant, dtype, width)
    pairs = zip(coefficients, operands, strict=True)
    for c, x in pairs if ordered else sorted(pairs, key=lambda pair: pair[0] < 0):
        if x is None:
            continue
        if total is None:
            total = x if c == 1 else text.negative(x, dtype, width) if c == -1 else None
            if total is None:
                total = text.binary("multiply", x, literal(c, dtype, width), dtype, width)
        elif c in (1, -1):
            total = text.binary("add" if c == 1 else "subtract", total, x, dtype, width)
        else:
            total = text.fma(x, literal(c, dtype, width), total, dtype, width)
    return total


def _condition(
    text: Text, operation: str, test: str, operands: Sequence[str], types: Sequence[np.dtype], width: int
) -> str:
    if operation == "compare":
        common = np.result_type(*types)
        first, second = (text.convert(x, t, common, width) for x, t in zip(operands, types, strict=True))
        return text.compare(test, first, second, common, width)
    given = [text.convert(x, t, BOOL, width) for x, t in zip(operands, types, strict=True)]
    second = literal(True, BOOL, width) if operation == "not" else given[1]
    return text.logic(_LOGIC[operation], given[0], second, width)


def _extremum(text: Text, operation: str, given: Sequence[str], dtype: np.dtype, width: int) -> str:
    x, y = given
    chosen = text.compare("<" if operation == "minimum" else ">", x, y, dtype, width)
    if dtype.kind == "f":
        chosen = text.logic("or", chosen, text.compare("!=", x, x, dtype, width), width)
    return text.select(chosen, x, y, dtype, width)


_LOGIC = {"and": "and", "or": "or", "not": "xor"}
