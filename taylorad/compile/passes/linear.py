"""Linear combinations: chains of sums, differences, negatives and products by a single constant become one value.

    ((a + 2 b) − c) + 1   →   linear ((1, 2, −1), 1) of a, b, c

A value is taken into the combination it is used in if nothing else uses it. The association of sums changes, so results
agree to a few units in the last place of Σ |terms|. A factor that is not a power of two is never distributed over a
sum: 10 (a − b) is exact to rounding where 10 a − 10 b cancels. A combination has at most `WIDEST` operands; longer
sums of small values are left to the lanes, which sum them as an array.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from taylorad.compile.graph import Graph, Value
from taylorad.compile.passes.common import LARGEST_LANE, in_form, is_zero, number, uniform, uses

KINDS = frozenset(("add", "subtract", "negative", "multiply", "linear"))
WIDEST = 32
SAFE = {4: (1e-30, 1e30), 8: (1e-250, 1e250)}  # products of coefficients stay far from under- and overflow


@dataclass
class Combination:
    """Σ coefficient·value + constant; the values are those of the graph that is built."""

    terms: dict[int, float] = field(default_factory=dict)
    constant: float = 0.0
    grown: bool = False


def combined(graph: Graph, long_sums: bool = False) -> Graph:
    """The graph with chains as linear combinations; `long_sums`: with any number of small operands."""
    return combining(graph, long_sums)[0]


def combining(graph: Graph, long_sums: bool = False) -> tuple[Graph, bool]:
    """The graph with chains as linear combinations, and whether there are any."""
    alone, changed = _alone(graph), False
    pending: dict[int, Combination] = {}

    def rule(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
        nonlocal changed
        if value.kind not in KINDS or value.dtype.kind != "f":
            return None
        total = _total(new, value, operands, pending, long_sums)
        if total is None:
            return None
        if alone[value.index]:
            pending[value.index] = total
            return None
        if not total.grown and not (value.kind == "linear" and len(total.terms) <= 2):
            return None
        made = written(new, total, value.shape, value.dtype)
        changed = changed or total.grown or new[made].kind != "linear"
        return made

    return graph.rewritten(rule), changed


def _total(
    new: Graph, value: Value, operands: tuple[int, ...], pending: dict[int, Combination], long_sums: bool
) -> Combination | None:
    """The value as a combination, with those of its operands that may be part of it taken in."""
    parts = _parts(new, value, operands)
    if parts is None:
        return None
    unlimited = long_sums and 0 < math.prod(value.shape) <= LARGEST_LANE
    total = Combination(constant=float(value.data[1]) if value.kind == "linear" else 0.0)
    for left, (k, factor) in zip(range(len(parts) - 1, -1, -1), parts, strict=True):
        room = math.inf if unlimited else WIDEST - len(total.terms) - left
        part = pending.get(value.operands[k])
        if part is None:
            _add_term(new, total, operands[k], factor, value)
        elif len(part.terms) <= room and _distributes(part, factor, total, value):
            total = _sum(total, part, factor)
        else:
            x = written(new, part, value.shape, value.dtype) if part.grown else operands[k]
            _add_term(new, total, x, factor, value)
    return total


def _alone(graph: Graph) -> bytearray:
    """Which values are used once, in a value that they can be part of."""
    counts, alone = uses(graph), bytearray(len(graph))
    for value in graph.values:
        if value.kind in KINDS:
            for i in value.operands:
                x = graph[i]
                alone[i] = x.kind in KINDS and counts[i] == 1 and (x.shape, x.dtype) == (value.shape, value.dtype)
    return alone


def _parts(new: Graph, value: Value, operands: tuple[int, ...]) -> list[tuple[int, float]] | None:
    """(number of the operand, factor) of each part; None for a product of two unknown values."""
    if value.kind == "add":
        return [(0, 1.0), (1, 1.0)]
    if value.kind == "subtract":
        return [(0, 1.0), (1, -1.0)]
    if value.kind == "negative":
        return [(0, -1.0)]
    if value.kind == "linear":
        return [(k, float(c)) for k, c in enumerate(value.data[0])]
    for k in (0, 1):
        c = uniform(new[operands[1 - k]])
        if c is not None and np.isfinite(c):
            return [(k, float(c))]
    return None


def _add_term(new: Graph, total: Combination, x: int, factor: float, value: Value) -> None:
    """Add factor·x, where x is a value of the new graph."""
    if math.isfinite(factor) and is_zero(new[x]):
        return
    c = uniform(new[x])
    if c is not None and np.isfinite(c) and total.constant == 0:
        total.constant = factor * float(c)
        return
    x = in_form(new, x, new[x].shape, value.dtype)
    total.terms[x] = total.terms.get(x, 0.0) + factor


def _distributes(part: Combination, factor: float, total: Combination, value: Value) -> bool:
    """Whether a part may be multiplied out and taken into a sum."""
    if part.constant and total.constant:
        return False
    if factor == 1:
        return True
    if len(part.terms) > WIDEST or not math.isfinite(factor) or factor == 0:
        return False
    if math.frexp(abs(factor))[0] != 0.5 and len(part.terms) + (part.constant != 0) > 1:
        return False
    smallest, largest = SAFE.get(value.dtype.itemsize, SAFE[4])
    return all(smallest < abs(c * factor) < largest for c in (*part.terms.values(), part.constant) if c)


def _sum(total: Combination, part: Combination, factor: float) -> Combination:
    """total + factor·part; the shorter is added to the longer one, both are used up."""
    constant = total.constant + factor * part.constant
    if factor == 1 and (not total.terms or len(part.terms) > max(WIDEST, len(total.terms))):
        terms, rest = part.terms, total.terms
    else:
        terms, rest = total.terms, part.terms if factor == 1 else {x: factor * c for x, c in part.terms.items()}
    for x, c in rest.items():
        terms[x] = terms.get(x, 0.0) + c
    return Combination(terms, constant, True)


# ------------------------------------------------------------------------------------------------------- writing


def written(new: Graph, combination: Combination, shape: tuple[int, ...], dtype: np.dtype) -> int:
    """The combination as the simplest value there is for it."""
    terms, constant = combination.terms, combination.constant
    operands, factors = tuple(terms), tuple(terms.values())
    if not terms:
        return in_form(new, number(new, constant, dtype), shape, dtype)
    if len(terms) == 1 and (made := _single_term(new, operands[0], factors[0], constant, shape, dtype)) is not None:
        return made
    if len(terms) == 2 and constant == 0 and set(factors) <= {1, -1} and factors != (-1, -1):
        if sum(factors) == 2:
            return new.add("add", operands, None, shape, dtype)
        return new.add("subtract", operands if factors[0] == 1 else operands[::-1], None, shape, dtype)
    return new.add("linear", operands, (factors, constant), shape, dtype)


def _single_term(
    new: Graph, x: int, factor: float, constant: float, shape: tuple[int, ...], dtype: np.dtype
) -> int | None:
    if constant == 0:
        if factor == 1:
            return in_form(new, x, shape, dtype)
        if factor == -1:
            return new.add("negative", (x,), None, shape, dtype)
        return new.add("multiply", (x, number(new, factor, dtype)), None, shape, dtype)
    if factor == 1:
        return new.add("add", (x, number(new, constant, dtype)), None, shape, dtype)
    if factor == -1:
        return new.add("subtract", (number(new, constant, dtype), x), None, shape, dtype)
    return None
