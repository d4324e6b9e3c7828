"""A graph as the code generator wants it: no products of matrices but large ones, guards as single conditions."""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.compile.graph import ELEMENTWISE, Graph, Value, row_major
from taylorad.compile.native.functions import supported

NUMBERS = frozenset(np.dtype(t) for t in (np.float64, np.float32, np.bool_, np.int64))
LARGE_PRODUCT = 64**3
_REDUCTIONS = frozenset(("sum", "prod", "max", "min", "any", "all"))


def unsupported(graph: Graph) -> str | None:
    """Why a graph has no native code, None if it has."""
    needed = graph.needed()
    for value in graph.values:
        reason = _reason(graph, value) if needed[value.index] else None
        if reason is not None:
            return reason
    return None


def _reason(graph: Graph, value: Value) -> str | None:
    if value.dtype not in NUMBERS:
        return f"numbers of type {value.dtype} have no native code"
    if value.kind == "numpy":
        return f"{getattr(value.data, '__name__', value.data)} is a Python function"
    if value.kind == "call":
        given = graph[value.operands[0]].dtype if value.dtype.kind == "b" else value.dtype
        return None if supported(value.data, given) else f"{value.data} of {given} has no native code"
    if value.kind == "divide" and value.dtype.kind != "f":
        return f"division of {value.dtype} has no native code"
    if value.kind == "reduce" and value.data[0] not in _REDUCTIONS:
        return f"reduction {value.data[0]} has no native code"
    known = value.kind in ELEMENTWISE or value.kind in ("input", "constant", "view", "take", "place", "accumulate")
    return None if known or value.kind in ("reduce", "contract", "series") else f"{value.kind} has no native code"


def prepared(graph: Graph, standalone: bool = False) -> Graph:
    """The same graph with contractions as sums of products, and guards as single values that must be False.

    Large products of matrices are left to BLAS, unless the code is to be `standalone`.
    """
    new = graph.rewritten(_sums_only if standalone else _rule)
    guards = []
    for index, expected in new.guards:
        differs = new.elementwise("compare", index, new.constant(np.reshape(expected, new[index].shape)), data="!=")
        if new[differs].size != 1:
            axes = tuple(range(len(new[differs].shape)))
            differs = new.add("reduce", (differs,), ("any", axes), (), bool)
        guards.append((differs, np.array(False)))
    new.guards = guards
    return new


def _rule(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    if value.kind == "contract" and matrix_product(new, value, operands) is None:
        return _sum_of_products(new, value, operands)
    if value.kind == "reduce" and value.data[1] is None:
        return new.add(
            "reduce", operands, (value.data[0], tuple(range(len(new[operands[0]].shape)))), value.shape, value.dtype
        )
    return None


def _sums_only(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    return _sum_of_products(new, value, operands) if value.kind == "contract" else _rule(new, value, operands)


def _labels(new: Graph, subscripts: str, operands: tuple[int, ...]) -> tuple[list[str], str, dict[str, int]]:
    left, _, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    sizes = {c: n for term, i in zip(terms, operands, strict=True) for c, n in zip(term, new[i].shape, strict=True)}
    return terms, result, sizes


def _sum_of_products(new: Graph, value: Value, operands: tuple[int, ...]) -> int:
    terms, result, sizes = _labels(new, value.data, operands)
    summed = [c for c in sizes if c not in result]
    order = [*result, *summed]
    shape = tuple(sizes[c] for c in order)
    factors = [_spread(new, i, term, order, shape) for term, i in zip(terms, operands, strict=True)]
    product = new.add("multiply", factors, None, shape, value.dtype)
    if not summed:
        return product
    axes = tuple(range(len(result), len(order)))
    return new.add("reduce", (product,), ("sum", axes), value.shape, value.dtype)


def _spread(new: Graph, x: int, term: str, order: list[str], shape: tuple[int, ...]) -> int:
    """x along its own labels, repeated along the others."""
    own = row_major(new[x].shape)
    strides = tuple(sum(s for c, s in zip(term, own, strict=True) if c == label) for label in order)
    return new.view(x, 0, strides, shape)


def matrix_product(new: Graph, value: Value, operands: tuple[int, ...]) -> Any:
    """(transposed a, transposed b, rows, columns, inner, swapped) of a large product of matrices, else None."""
    terms, result, sizes = _labels(new, value.data, operands)
    if value.dtype.kind != "f" or any(new[i].dtype != value.dtype for i in operands):
        return None
    if [len(t) for t in terms] != [2, 2] or len(result) != 2 or len(set(terms[0] + terms[1])) != 3:
        return None
    shared = set(terms[0]) & set(terms[1])
    if len(shared) != 1 or len(set(result)) != 2 or shared & set(result) or any(len(set(t)) != 2 for t in terms):
        return None
    if np.prod([sizes[c] for c in sizes], dtype=float) < LARGE_PRODUCT or min(sizes.values()) < 4:
        return None
    swapped = result[0] in terms[1]
    first, second = (terms[1], terms[0]) if swapped else (terms[0], terms[1])
    inner = shared.pop()
    return (first[0] == inner, second[1] == inner, sizes[result[0]], sizes[result[1]], sizes[inner], swapped)
