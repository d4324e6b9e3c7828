"""Constants: what is known is computed now, and what changes nothing is left out.

Exact for all numbers, nan, infinities and signed zeros included: folding of constants, x·1, x/1, x − 0, x·(−1) = −x,
−(−x) = x, a − (−b) = a + b, a + (−b) = a − b, (−a)(−b) = ab, (−a)/(−b) = a/b, (−x)c = x(−c), (−x)² = x², a choice whose
condition is known or whose two cases are one.

One thing is not: a literal zero is left out of sums (x + 0 → x, 0 − x → −x), so that −0.0 may appear where a sum
with 0.0 would have given 0.0. Derivative programs are full of such zeros. 0·x is not touched: it is nan for x = nan.

A constant array of equal entries is one number to elementwise values.
"""

from __future__ import annotations

from math import prod

import numpy as np

from taylorad.compile.graph import ELEMENTWISE, MOVES, Graph, Value
from taylorad.compile.interpret import evaluate
from taylorad.compile.passes.common import Rule, applied, in_form, is_zero, uniform, zeros

LARGEST = 4096  # entries of a folded constant, unless it is smaller than what it is made of
FOLDED = ELEMENTWISE | MOVES | {"reduce", "contract"}
COMMUTATIVE_LOGIC = {"and": True, "or": False}  # the neutral element


def folded(graph: Graph) -> Graph:
    """The graph with its constants folded and its neutral elements left out."""
    return applied(graph, rules(graph))[0]


def rules(graph: Graph) -> dict[str, list[Rule]]:
    """The rules of this pass for each kind."""
    table: dict[str, list[Rule]] = {kind: [_computed] for kind in FOLDED}
    for kind, rule in _NEUTRAL.items():
        table[kind].append(rule)
    for kind in ELEMENTWISE:
        table[kind].append(_single_numbers)
    return table


def _computed(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    given = [new[i] for i in operands]
    for x in given:
        if x.kind != "constant":
            return _moved_zero(new, value, given)
    if prod(value.shape) > max(LARGEST, 0 if value.kind == "view" else sum(x.size for x in given)):
        return None
    alone = Graph()
    at = [alone.add("constant", (), x.data, x.shape, x.dtype) for x in given]
    alone.add(value.kind, at, value.data, value.shape, value.dtype)
    return new.constant(evaluate(alone, ())[-1])


def _moved_zero(new: Graph, value: Value, given: list[Value]) -> int | None:
    """Zeros that are moved or added up are zeros."""
    moved = value.kind in ("view", "take", "convert") or (value.kind == "reduce" and value.data[0] == "sum")
    if moved and is_zero(given[0]):
        return zeros(new, value.shape, value.dtype)
    return None


def _single_numbers(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    """Constant operands of equal entries become single numbers."""
    changed = None
    for k, i in enumerate(operands):
        x = new[i]
        if x.shape and x.kind == "constant" and (c := uniform(x)) is not None:
            changed = changed or list(operands)
            changed[k] = new.constant(c)
    return None if changed is None else new.add(value.kind, changed, value.data, value.shape, value.dtype)


# ------------------------------------------------------------------------------------------------- neutral elements


def _negated(new: Graph, x: int, value: Value) -> int | None:
    """y where x = −y in the value's number type."""
    found = new[x]
    return found.operands[0] if found.kind == "negative" and found.dtype == value.dtype else None


def _add(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    a, b = operands
    if value.dtype == bool:
        return None
    if is_zero(new[b]):
        return in_form(new, a, value.shape, value.dtype)
    if is_zero(new[a]):
        return in_form(new, b, value.shape, value.dtype)
    if (c := _negated(new, b, value)) is not None:
        return new.add("subtract", (a, c), None, value.shape, value.dtype)
    if (c := _negated(new, a, value)) is not None:
        return new.add("subtract", (b, c), None, value.shape, value.dtype)
    return None


def _subtract(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    a, b = operands
    if is_zero(new[b]):
        return in_form(new, a, value.shape, value.dtype)
    if is_zero(new[a]):
        return new.add("negative", (in_form(new, b, value.shape, value.dtype),), None, value.shape, value.dtype)
    if (c := _negated(new, b, value)) is not None:
        return new.add("add", (a, c), None, value.shape, value.dtype)
    return None


def _multiply(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    if value.dtype == bool:
        return None
    for a, b in (operands, operands[::-1]):
        c = uniform(new[b])
        if c is not None and c == 1:
            return in_form(new, a, value.shape, value.dtype)
        if c is not None and c == -1:
            return new.add("negative", (in_form(new, a, value.shape, value.dtype),), None, value.shape, value.dtype)
        minus = _negated(new, a, value)
        if c is not None and minus is not None:
            return new.add("multiply", (minus, new.constant(-value.dtype.type(c))), None, value.shape, value.dtype)
    return _both_negated(new, value, operands)


def _divide(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    a, b = operands
    c = uniform(new[b])
    if c is not None and c == 1:
        return in_form(new, a, value.shape, value.dtype)
    if c is not None and c == -1:
        return new.add("negative", (in_form(new, a, value.shape, value.dtype),), None, value.shape, value.dtype)
    return _both_negated(new, value, operands)


def _both_negated(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    a, b = (_negated(new, i, value) for i in operands)
    return None if a is None or b is None else new.add(value.kind, (a, b), None, value.shape, value.dtype)


def _negative(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    found = _negated(new, operands[0], value)
    return None if found is None else in_form(new, found, value.shape, value.dtype)


def _square(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    found = _negated(new, operands[0], value)
    return None if found is None else new.add("square", (found,), None, value.shape, value.dtype)


def _linear(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    """Zeros and single constant numbers leave the terms."""
    coefficients, constant = value.data
    left = [(c, i) for c, i in zip(coefficients, operands, strict=True) if not (is_zero(new[i]) and np.isfinite(c))]
    if len(left) == len(operands):
        return None
    if not left:
        return in_form(new, new.constant(np.asarray(constant, value.dtype)), value.shape, value.dtype)
    data = tuple(c for c, _ in left), constant
    return new.add("linear", [i for _, i in left], data, value.shape, value.dtype)


def _accumulate(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    left = [(i, p) for i, p in zip(operands, value.data, strict=True) if not is_zero(new[i])]
    if len(left) == len(operands):
        return None
    return new.add("accumulate", [i for i, _ in left], tuple(p for _, p in left), value.shape, value.dtype)


def _select(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    condition, x, y = operands
    known = uniform(new[condition])
    if known is None and x != y:
        return None
    return in_form(new, x if known is None or known else y, value.shape, value.dtype)


def _logic(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    neutral = COMMUTATIVE_LOGIC[value.kind]
    for a, b in (operands, operands[::-1]):
        known = uniform(new[b])
        if known is not None:
            return in_form(new, a if bool(known) == neutral else new.constant(not neutral), value.shape, value.dtype)
    return in_form(new, operands[0], value.shape, value.dtype) if operands[0] == operands[1] else None


def _not(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    found = new[operands[0]]
    return in_form(new, found.operands[0], value.shape, value.dtype) if found.kind == "not" else None


def _extremum(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    return in_form(new, operands[0], value.shape, value.dtype) if operands[0] == operands[1] else None


def _convert(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    return in_form(new, operands[0], value.shape, value.dtype) if new[operands[0]].dtype == value.dtype else None


_NEUTRAL: dict[str, Rule] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "negative": _negative,
    "square": _square,
    "linear": _linear,
    "accumulate": _accumulate,
    "select": _select,
    "and": _logic,
    "or": _logic,
    "not": _not,
    "minimum": _extremum,
    "maximum": _extremum,
    "convert": _convert,
}
