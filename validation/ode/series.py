"""Taylor series of the solution of y' = f(t, y) over mpmath numbers, for the references: independent of taylorad.

A right-hand side runs once on `Series`; every operation appends one to a tape, with the function that gives its part
of degree k from the parts below. Degree by degree the tape is walked once and the state grows by y_{k+1} = f_k/(k + 1),
so that a product costs k multiplications at degree k.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mpmath import mp, mpf


class Series:
    """A power series: `c[k]` is its part of degree k and `d[k]` is k times that; `part(k)` computes the next.

    Without `part` it is an input, t or a component of y, and not on the tape.
    """

    def __init__(self, tape: list[Series], part: Callable[[int], Any] | None = None):
        self.tape, self.part = tape, part
        self.c: list[Any] = []
        self.d: list[Any] = []
        if part is not None:
            tape.append(self)

    def append(self, value: Any) -> None:
        self.d.append(len(self.c) * value)
        self.c.append(value)

    def _new(self, part: Callable[[int], Any]) -> Series:
        return Series(self.tape, part)

    def __neg__(self) -> Series:
        return self._new(lambda k: -self.c[k])

    def __add__(self, other: Any) -> Series:
        if isinstance(other, Series):
            return self._new(lambda k: self.c[k] + other.c[k])
        return self._new(lambda k: self.c[k] + other if k == 0 else self.c[k])

    def __mul__(self, other: Any) -> Series:
        if isinstance(other, Series):
            return self._new(lambda k: dot(self.c, other.c, k, 0, k))
        return self._new(lambda k: self.c[k] * other)

    def __truediv__(self, other: Any) -> Series:
        if isinstance(other, Series):
            return quotient(self, other)
        return self._new(lambda k: self.c[k] / other)

    def __pow__(self, exponent: Any) -> Series:
        if exponent == 2:
            return self * self
        return power(self, exponent)

    def __sub__(self, other: Any) -> Series:
        return self + (-other)

    def __rsub__(self, other: Any) -> Series:
        return -self + other

    def __rtruediv__(self, other: Any) -> Series:
        return power(self, -1) * other

    __radd__ = __add__
    __rmul__ = __mul__


def dot(a: list[Any], b: list[Any], k: int, first: int, last: int) -> Any:
    """The sum of a[j] b[k - j] for j = first, ..., last."""
    stop = k - last
    return mp.fdot(a[first : last + 1], b[k - first : stop - 1 if stop else None : -1])


def quotient(x: Series, y: Series) -> Series:
    """q = x/y, from q y = x."""
    q = x._new(lambda k: (x.c[k] - dot(q.c, y.c, k, 0, k - 1)) / y.c[0])
    return q


def power(x: Series, exponent: Any) -> Series:
    """y = x^r, from x y' = r y x'."""

    def part(k: int) -> Any:
        if k == 0:
            return x.c[0] ** exponent
        return (exponent * dot(x.d, y.c, k, 1, k) - dot(y.d, x.c, k, 1, k - 1)) / (k * x.c[0])

    y = x._new(part)
    return y


def exp(x: Series) -> Series:
    """y = exp(x), from y' = y x'."""
    y = x._new(lambda k: dot(x.d, y.c, k, 1, k) / k if k else mp.exp(x.c[0]))
    return y


def log(x: Series) -> Series:
    """y = log(x), from x y' = x'."""
    y = x._new(lambda k: (x.d[k] - dot(y.d, x.c, k, 1, k - 1)) / (k * x.c[0]) if k else mp.log(x.c[0]))
    return y


def sin_cos(x: Series) -> tuple[Series, Series]:
    """s = sin(x) and c = cos(x), from s' = c x' and c' = -s x'."""
    s = x._new(lambda k: dot(x.d, c.c, k, 1, k) / k if k else mp.sin(x.c[0]))
    c = x._new(lambda k: -dot(x.d, s.c, k, 1, k) / k if k else mp.cos(x.c[0]))
    return s, c


def tanh(x: Series) -> Series:
    """y = tanh(x), from y' = (1 - y^2) x'."""
    y = x._new(lambda k: dot(x.d, slope.c, k, 1, k) / k if k else mp.tanh(x.c[0]))
    slope = 1 - y * y
    return y


def atan(x: Series) -> Series:
    """y = atan(x), from (1 + x^2) y' = x'."""
    slope = 1 + x * x
    y = x._new(lambda k: (x.d[k] - dot(y.d, slope.c, k, 1, k - 1)) / (k * slope.c[0]) if k else mp.atan(x.c[0]))
    return y


RightHandSide = Callable[[Series, list[Series]], Sequence[Series]]


def solution_series(fun: RightHandSide, t: Any, y: Sequence[Any], order: int) -> list[list[Any]]:
    """The parts of degree 0, ..., order of every component of the solution through (t, y)."""
    tape: list[Series] = []
    time, state = Series(tape), [Series(tape) for _ in y]
    derivative = fun(time, state)
    time.append(t)
    for series, value in zip(state, y, strict=True):
        series.append(value)
    for k in range(order):
        for series in tape:
            series.append(series.part(k))
        time.append(mpf(k == 0))
        for series, slope in zip(state, derivative, strict=True):
            series.append(slope.c[k] / (k + 1))
    return [series.c for series in state]


def step_size(parts: list[list[Any]], tolerance: Any) -> Any:
    """h such that the last two terms of every component are at most tolerance times its value or its slope.

    Where both are zero, times its first part that is not.
    """
    order = len(parts[0]) - 1
    sizes = []
    for c in parts:
        scale = max(abs(c[0]), abs(c[1])) or abs(next(filter(None, c), mpf(0)))
        sizes += [(tolerance * scale / abs(c[k])) ** (mpf(1) / k) for k in (order - 1, order) if c[k]]
    return min(sizes, default=mp.inf)


def value(coefficients: Sequence[Any], h: Any) -> Any:
    """A polynomial by Horner's rule."""
    total = mp.mpf(0)
    for c in reversed(coefficients):
        total = total * h + c
    return total


def integrate(fun: RightHandSide, span: Sequence[Any], y: Sequence[Any], order: int, tolerance: Any) -> list[Any]:
    """The state at span[1] from y at span[0]."""
    t, end = span
    y = list(y)
    while t != end:
        parts = solution_series(fun, t, y, order)
        h = step_size(parts, tolerance)
        last = h >= abs(end - t)
        h = end - t if last else mp.sign(end - t) * h
        y = [value(c, h) for c in parts]
        t = end if last else t + h
    return y
