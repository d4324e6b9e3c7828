"""Ranges of functions whose extrema have no formula: bisection in Arb with the sign of the derivative.

On a part of the interval where the derivative has one sign, the range is that of the ends. Where the second derivative
has one sign there is at most one stationary point, which the derivative's signs at the ends tell and bisection
narrows. Other parts are halved, unless the mean value form f(m) + f'(X)(X - m) shows that they add nothing.
"""

from __future__ import annotations

import math
from typing import Any

from taylorad.rings.interval.kernels.arb import precision
from taylorad.rings.interval.kernels.rounding import above, below
from taylorad.rings.interval.walking import Ball, Bounds, UndecidedError, bits_for, extremum, sign

INF = math.inf
MOST_PARTS = 1000  # of them one evaluation takes 5 µs to 1 ms
EXCESS = 2.0**-62  # accepted relative to the bound; an ulp is 2^-53


class Search:
    """Bounds being found: `low` and `high` enclose, `inner_low` and `inner_high` are attained."""

    def __init__(self, function: Ball, slope: Ball, curvature: Ball):
        from flint import arb

        self.function, self.slope, self.curvature = function, slope, curvature
        self.low = self.inner_low = arb(INF)
        self.high = self.inner_high = -arb(INF)

    def attain(self, value: Any) -> None:
        """Take in a ball around an attained value."""
        self.accept(value)
        if value.is_finite():
            self.inner_low = least(self.inner_low, value.upper())
            self.inner_high = -least(-self.inner_high, -value.lower())

    def accept(self, bound: Any) -> None:
        """Let the enclosure contain a ball; all reals for an indeterminate one."""
        if bound.is_finite():
            self.low, self.high = least(self.low, bound.lower()), -least(-self.high, -bound.upper())
        else:
            self.low, self.high = -bound.__class__(INF), bound.__class__(INF)

    def settled(self, bound: Any) -> bool:
        """Whether a ball around the values of a part adds nothing that counts."""
        margin_low, margin_high = abs(self.inner_low) * EXCESS, abs(self.inner_high) * EXCESS
        return bool(bound >= self.inner_low - margin_low) and bool(bound <= self.inner_high + margin_high)

    def part(self, left: Any, right: Any) -> list[tuple[Any, Any]]:
        """Settle a part whose ends are attained, or give its halves, whose common end is attained then."""
        box, middle = left.union(right), between(left, right)
        bend = self.curvature(box)
        slope = common(self.slope(middle) + bend * (box - middle), self.slope(box))
        if slope >= 0 or slope <= 0:
            return []
        if bend > 0 or bend < 0:
            self.bent(left, right)
            return []
        value = self.function(middle)
        self.attain(value)
        bound = value + slope * (box - middle)
        if not self.settled(bound):
            bound = common(bound, self.function(box))
        if self.settled(bound) or not left < middle < right:
            self.accept(bound)
            return []
        return [(left, middle), (middle, right)]

    def bent(self, left: Any, right: Any) -> None:
        """Settle a part on which the function is convex or concave."""
        signs = []
        for end in (left, right):
            try:
                signs.append(sign(self.slope, end))
            except UndecidedError:  # all but stationary: the tangent there bounds the function
                self.accept(self.function(end) + self.slope(end) * (left.union(right) - end))
                return
        if signs[0] * signs[1] < 0:
            self.accept(extremum(self.function, self.slope, left, right, signs[0]))


def between(left: Any, right: Any) -> Any:
    """A number in the middle of two: geometrically when they are of different magnitude."""
    if left > 0 and right > 16 * left:
        exponents = [math.frexp(float(end))[1] for end in (left, right)]
        return left.__class__(math.ldexp(1.0, sum(exponents) // 2))
    if right < 0 and left < 16 * right:
        return -between(-right, -left)
    return ((left + right) / 2).mid()


def common(first: Any, second: Any) -> Any:
    """A ball around the intersection of two that contain a common value; the finite one if there is one."""
    if not second.is_finite():
        return first
    return second if not first.is_finite() else first.intersection(second)


def least(x: Any, y: Any) -> Any:
    """The smaller of two exact numbers."""
    return y if y < x else x


def bisected(functions: tuple[Ball, Ball, Ball], inf: float, sup: float) -> Bounds:
    """Doubles around the range of a function, given with two derivatives, over a bounded interval inside its domain.

    The result is within a unit in the last place when fewer than `MOST_PARTS`
    parts settle it, otherwise an enclosure still.
    """
    from flint import arb

    with precision(max(bits_for(inf), bits_for(sup))):
        function = functions[0]
        search = Search(*functions)
        left, right = arb(inf), arb(sup)
        search.attain(function(left))
        search.attain(function(right))
        parts = [(left, right)] if left < right else []
        for _count in range(MOST_PARTS):
            if not parts:
                break
            parts.extend(search.part(*parts.pop()))
        for part in parts:
            search.accept(function(part[0].union(part[1])))
        return below(search.low), above(search.high)
