"""The operations on intervals as arithmetic that rounds upward: formulas on pairs (-inf, sup).

A candidate for an end is nan where it is 0 times infinity (whose product is 0) or where an operand is empty; `larger`
drops it. If nothing remains, the end is that of the set {0}, or the result is empty.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan

from taylorad.compile.intervals.text import Pair, Upward, Value


def _largest(f: Upward, candidates: list[Value], default: Value) -> Value:
    """The largest candidate that is not nan; the default if there is none."""
    nothing = f.constant(-inf)
    result = nothing
    for x in candidates:
        result = f.larger(x, result)
    return f.choose(f.compare("oeq", result, nothing), default, result)


def _empty(f: Upward, *operands: Pair) -> Value:
    """Where an operand is empty."""
    first, *others = operands
    found = f.compare("uno", first.sup, others[0].sup if others else first.sup)
    for x in others[1:]:
        found = f.either(found, f.compare("uno", x.sup, x.sup))
    return found


def unless(f: Upward, condition: Value, x: Pair, otherwise: float = nan) -> Pair:
    """Both ends another number where a condition holds."""
    other = f.constant(otherwise)
    return Pair(f.choose(condition, other, x.minus_inf), f.choose(condition, other, x.sup))


def add(f: Upward, a: Pair, b: Pair) -> Pair:
    return Pair(f.plus(a.minus_inf, b.minus_inf), f.plus(a.sup, b.sup))


def subtract(f: Upward, a: Pair, b: Pair) -> Pair:
    return Pair(f.plus(a.minus_inf, b.sup), f.plus(a.sup, b.minus_inf))


def negative(f: Upward, x: Pair) -> Pair:
    return Pair(x.sup, x.minus_inf)


def _products(f: Upward, a: Pair, b: Pair, product: Callable[[Value, Value, int], Value]) -> tuple[list, list]:
    """Candidates for -inf and for sup; `product(x, y, end)` has end 0 for -inf."""
    inf_a, inf_b = f.opposite(a.minus_inf), f.opposite(b.minus_inf)
    minus_sup_a = f.opposite(a.sup)
    low = [(inf_a, b.minus_inf), (a.minus_inf, b.sup), (a.sup, b.minus_inf), (minus_sup_a, b.sup)]
    high = [(a.minus_inf, b.minus_inf), (inf_a, b.sup), (a.sup, inf_b), (a.sup, b.sup)]
    return [product(x, y, 0) for x, y in low], [product(x, y, 1) for x, y in high]


def multiply(f: Upward, a: Pair, b: Pair) -> Pair:
    low, high = _products(f, a, b, lambda x, y, _: f.product(x, y))
    default = f.choose(_empty(f, a, b), f.constant(nan), f.constant(0.0))
    return Pair(_largest(f, low, default), _largest(f, high, default))


def fma(f: Upward, a: Pair, b: Pair, c: Pair) -> Pair:
    ends = c.minus_inf, c.sup
    low, high = _products(f, a, b, lambda x, y, end: f.fused(x, y, ends[end]))
    empty = _empty(f, a, b, c)
    return unless(f, empty, Pair(_largest(f, low, c.minus_inf), _largest(f, high, c.sup)))


def divide(f: Upward, a: Pair, b: Pair) -> Pair:
    """(-a)/(-b) where b ≤ 0; so the divisor's ends have 0 ≤ near ≤ far."""
    zero = f.constant(0.0)
    inf_b = f.opposite(b.minus_inf)
    minus = f.compare("ole", b.sup, zero)
    low, high = f.choose(minus, a.sup, a.minus_inf), f.choose(minus, a.minus_inf, a.sup)
    near = f.magnitude(f.choose(minus, b.sup, inf_b))
    far = f.magnitude(f.choose(minus, inf_b, b.sup))
    ends = []
    for x in (low, high):
        ends.append(f.quotient(x, f.choose(f.compare("ogt", x, zero), near, far)))
    whole = f.both(f.compare("olt", inf_b, zero), f.compare("ogt", b.sup, zero))
    found = unless(f, whole, Pair(*ends), inf)
    only_zero = f.both(f.compare("oeq", low, zero), f.compare("oeq", high, zero))
    found = unless(f, only_zero, found, 0.0)
    nothing = f.both(f.compare("oeq", inf_b, zero), f.compare("oeq", b.sup, zero))
    return unless(f, f.either(nothing, _empty(f, a, b)), found)


def sqrt(f: Upward, x: Pair) -> Pair:
    """For the inf: r = √x rounded upward is not √x where r² - x > 0, which the fused operation never rounds to 0."""
    inf_x = f.larger(f.opposite(x.minus_inf), f.constant(0.0))
    r, sup = f.root(inf_x), f.root(x.sup)
    above = f.compare("ogt", f.fused(r, r, f.opposite(inf_x)), f.constant(0.0))
    low = f.choose(above, f.below(r), r)
    return unless(f, f.compare("uno", sup, sup), Pair(f.opposite(low), sup))


def absolute(f: Upward, x: Pair) -> Pair:
    """-mignitude and magnitude."""
    mignitude = f.larger(f.opposite(x.minus_inf), f.opposite(x.sup))
    zero = f.constant(0.0)
    mignitude = f.choose(f.compare("ogt", zero, mignitude), zero, mignitude)  # nan stays
    return Pair(f.opposite(mignitude), f.larger(x.minus_inf, x.sup))


def square(f: Upward, x: Pair) -> Pair:
    ends = absolute(f, x)
    return Pair(f.product(ends.minus_inf, f.opposite(ends.minus_inf)), f.product(ends.sup, ends.sup))


def minimum(f: Upward, a: Pair, b: Pair) -> Pair:
    smaller = f.opposite(f.larger(f.opposite(a.sup), f.opposite(b.sup)))
    return unless(f, _empty(f, a, b), Pair(f.larger(a.minus_inf, b.minus_inf), smaller))


def maximum(f: Upward, a: Pair, b: Pair) -> Pair:
    smaller = f.opposite(f.larger(f.opposite(a.minus_inf), f.opposite(b.minus_inf)))
    return unless(f, _empty(f, a, b), Pair(smaller, f.larger(a.sup, b.sup)))


def hull(f: Upward, a: Pair, b: Pair) -> Pair:
    ends = []
    for x, y in ((a.minus_inf, b.minus_inf), (a.sup, b.sup)):
        either = f.larger(x, y)  # y where one is nan
        ends.append(f.choose(f.compare("uno", y, y), x, either))
    return Pair(*ends)


def intersection(f: Upward, a: Pair, b: Pair) -> Pair:
    low = f.opposite(f.larger(f.opposite(a.minus_inf), f.opposite(b.minus_inf)))
    high = f.opposite(f.larger(f.opposite(a.sup), f.opposite(b.sup)))
    nothing = f.compare("ogt", f.opposite(low), high)
    return unless(f, f.either(nothing, _empty(f, a, b)), Pair(low, high))


ELEMENTWISE: dict[str, tuple[Callable[..., Pair], int]] = {
    "add": (add, 2),
    "subtract": (subtract, 2),
    "multiply": (multiply, 2),
    "divide": (divide, 2),
    "fma": (fma, 3),
    "sqrt": (sqrt, 1),
    "square": (square, 1),
    "absolute": (absolute, 1),
    "negative": (negative, 1),
    "minimum": (minimum, 2),
    "maximum": (maximum, 2),
    "hull": (hull, 2),
    "intersection": (intersection, 2),
}
"""Formulas and the number of their operands."""
