"""Powers: squares are found, powers with a known exponent become products, divisions by 2ⁿ become products.

    x·x = x²,   xⁿ for integers |n| ≤ 64 by repeated squaring (1/x⁻ⁿ below zero),   x^(n + ½) = xⁿ √x,
    x/2ⁿ = x·2⁻ⁿ (where the reciprocal is exact)

The error of xⁿ is at most about |n|/2 units in the last place, which is what a rounding of x does to it. x⁻ⁿ is 0 where
xⁿ overflows, and √x is nan at −∞ and keeps the sign of −0.0, as in NumPy's own `x ** 0.5`.
"""

from __future__ import annotations

import numpy as np

from taylorad.compile.graph import Graph, Value
from taylorad.compile.passes.common import Rule, applied, in_form, number, uniform

LARGEST = 64


def reduced(graph: Graph) -> Graph:
    """The graph with powers as products."""
    return applied(graph, rules(graph))[0]


def rules(graph: Graph) -> dict[str, list[Rule]]:
    """The rules of this pass for each kind."""
    return {"multiply": [_square], "call": [_power], "divide": [_quotient]}


def _square(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    a, b = operands
    if a != b or value.dtype == bool:
        return None
    return new.add("square", (in_form(new, a, new[a].shape, value.dtype),), None, value.shape, value.dtype)


def _power(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    if value.data not in ("power", "float_power") or value.dtype.kind != "f":
        return None
    exponent = uniform(new[operands[1]])
    if exponent is None or not np.isfinite(exponent):
        return None
    exponent = float(exponent)
    x = in_form(new, operands[0], new[operands[0]].shape, value.dtype)
    if abs(exponent) > LARGEST or not (2 * exponent).is_integer():
        return None
    made = _integer_power(new, x, int(abs(exponent)))
    if not exponent.is_integer():
        root = new.add("call", (x,), "sqrt", new[x].shape, value.dtype)
        made = root if abs(exponent) < 1 else _product(new, made, root)
    if exponent < 0:
        made = _reciprocal(new, made)
    return in_form(new, made, value.shape, value.dtype)


def _integer_power(new: Graph, x: int, n: int) -> int:
    if n == 0:
        return in_form(new, number(new, 1, new[x].dtype), new[x].shape, new[x].dtype)
    result, power = None, x
    while True:
        if n & 1:
            result = power if result is None else _product(new, result, power)
        n >>= 1
        if not n:
            assert result is not None
            return result
        power = new.add("square", (power,), None, new[x].shape, new[x].dtype)


def _product(new: Graph, x: int, y: int) -> int:
    return new.add("multiply", (x, y), None, new[x].shape, new[x].dtype)


def _reciprocal(new: Graph, x: int) -> int:
    return new.add("divide", (number(new, 1, new[x].dtype), x), None, new[x].shape, new[x].dtype)


def _quotient(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    """x/2ⁿ = x·2⁻ⁿ."""
    divisor = new[operands[1]]
    if divisor.kind != "constant" or value.dtype.kind != "f" or not divisor.data.all():
        return None
    with np.errstate(all="ignore"):
        y = divisor.data.astype(value.dtype)
        inverse = 1 / y
        exact = (np.abs(np.frexp(y)[0]) == 0.5) & np.isfinite(inverse) & (1 / inverse == y)
    if not exact.all():
        return None
    return new.add("multiply", (operands[0], new.constant(inverse)), None, value.shape, value.dtype)
