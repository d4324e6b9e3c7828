"""The first maximum and the first minimum of an oscillating function, found by steps too short to miss one.

Where consecutive stationary points are known to be more than a step apart, the derivative's signs at both ends of
the step tell whether there is one in between: exactly if they differ. It is then narrowed by the secant method, and its
value follows from the mean value form, whose excess is the square of the width.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from taylorad.rings.interval.kernels.arb import precision
from taylorad.rings.interval.kernels.rounding import ends

INF = math.inf
Bounds = tuple[float, float]
Ball = Callable[[Any], Any]
NARROW = 2.0**-32  # relative width of a bracket; the excess over an extreme value is about its square
NARROWING = 2.0**10  # of a bracket in one step of the secant method
ACCURATE = 64  # bits of an extreme value
MOST_STEPS = 100


class UndecidedError(ArithmeticError):
    """A derivative's sign takes more bits than are tried."""


def sign(slope: Ball, point: Any) -> int:
    """The sign of a derivative at an exact point."""
    from flint import ctx

    bits = ctx.prec
    for factor in (1, 2, 8):
        with precision(factor * bits):
            rate = slope(point)
            if rate > 0 or rate < 0 or rate.is_zero():
                return int(rate > 0) - int(rate < 0)
    raise UndecidedError


def bits_for(x: float) -> int:
    """Working precision for arguments of a magnitude: points a small part of 1 apart, and sums of huge terms."""
    return 160 + 2 * max(0, math.frexp(x)[1]) if math.isfinite(x) else 160


def narrowed(slope: Ball, left: Any, right: Any, rising: int) -> tuple[Any, Any]:
    """A smaller bracket of the place where the derivative changes sign: the secant's, or a half."""
    at_left, at_right = slope(left), slope(right)
    width = right - left
    guess = (left - at_left * width / (at_right - at_left)).mid()
    ends = [(guess + side * width / NARROWING).mid() for side in (-1, 1)]
    if left < ends[0] and ends[1] < right and [sign(slope, x) for x in ends] == [rising, -rising]:
        return ends[0], ends[1]
    middle = ((left + right) / 2).mid()
    return (middle, right) if sign(slope, middle) == rising else (left, middle)


def extremum(function: Ball, slope: Ball, left: Any, right: Any, rising: int) -> Any:
    """A ball around the value where the derivative, of sign `rising` at `left`, changes sign before `right`.

    Arb's balls of functions grow far more than their arguments where series cancel, so the bracket is narrowed until
    the value is accurate.
    """
    from flint import ctx

    value = None
    with precision(2 * ctx.prec):
        for _step in range(MOST_STEPS):
            if right - left < (abs(left) + abs(right)) * NARROW:
                middle, box = ((left + right) / 2).mid(), left.union(right)
                value = function(middle) + slope(box) * (box - middle)
                if value.rel_accuracy_bits() >= ACCURATE:
                    break
            left, right = narrowed(slope, left, right, rising)
    return function(left.union(right)) if value is None else value


def extrema(function: Ball, slope: Ball, points: Iterator[Any]) -> list[Bounds]:
    """The first maximum and the first minimum met on the way through points in ascending or descending order.

    No two stationary points may lie between neighbouring points, these included; a point may be stationary if it is
    the last.
    """
    found: dict[int, Bounds] = {}
    last = next(points)
    rate = sign(slope, last)
    for point in points:
        new = sign(slope, point)
        if new and rate and new != rate:
            left, right = (last, point) if last < point else (point, last)
            rising = rate if last < point else new
            found.setdefault(rising, ends(extremum(function, slope, left, right, rising)))
        if len(found) == 2:
            break
        last, rate = point, new
    return list(found.values())


def steps(start: float, end: float, step: Callable[[Any], Any]) -> Iterator[Any]:
    """Exact points from start to end, at most `step(point)` apart."""
    from flint import arb

    direction = 1 if end > start else -1
    point, last = arb(start), arb(end)
    yield point
    while start != end:
        point = (point + direction * step(point)).mid()
        if (last - point) * direction <= 0:
            yield last
            return
        yield point


def walked(
    functions: tuple[Ball, Ball], start: float, end: float, step: Callable[[Any], Any], bits: int = 0
) -> list[Bounds]:
    """Extrema of a function, given with its derivative, between two numbers of which `end` may be infinite.

    `bits` are to be lost in evaluations.
    """
    with precision(max(bits_for(start), bits_for(end)) + bits):
        try:
            return extrema(*functions, steps(start, end, step))
        except UndecidedError:
            return [(-INF, INF)]
