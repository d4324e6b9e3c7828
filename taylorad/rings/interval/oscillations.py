"""Ranges of functions with extrema at known places: sine, cosine, sinc, the sine, cosine and Fresnel integrals.

A *phase* q counts the extrema: it increases with x and is a whole number k exactly where the k-th extremum is, a
maximum for even k. Their heights do not grow with ``|k|`` to the right, so the first maximum and the first minimum
inside an interval are its only candidates besides the ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from taylorad.rings.interval.branches import Values, fill, hull
from taylorad.rings.interval.constants import CONSTANTS
from taylorad.rings.interval.kernels.arb import constant, precision
from taylorad.rings.interval.kernels.base import Pair, nothing

INF = math.inf
PRECISIONS = (120, 300, 1300, 2600)  # bits; 2600 hold the square of any double exactly
Bounds = tuple[float, float]


@dataclass(frozen=True)
class Oscillation:
    """A function on [0, inf), or on all reals, between extrema that do not grow.

    Parameters
    ----------
    phase : callable (ball) -> ball
        q(x).
    extremum : callable (k) -> (below, above)
        Doubles around the value at the k-th extremum.
    limit : (float, float)
        Doubles around the limit at infinity.
    symmetry : {0, 1, -1}
        0 when phase and bounds hold on all reals; otherwise even or odd, and they hold on [0, inf).
    parity : {0, 1}
        Whether maxima have even or odd numbers.
    at_zero : (float, float), optional
        Limit at 0 of a function undefined there.
    """

    phase: Callable[[Any], Any]
    extremum: Callable[[int], Bounds]
    limit: Bounds = (-1.0, 1.0)
    symmetry: int = 0
    parity: int = 0
    at_zero: Bounds | None = None

    def range(self, values: Values, inf: np.ndarray, sup: np.ndarray) -> Pair:
        """Tight ranges, empty for empty intervals."""
        if self.symmetry == 0:
            return self.folded(values, inf, sup)
        reach = (sup >= 0) if self.at_zero is None else (sup > 0)
        positive = self.folded(values, np.where(reach, np.maximum(inf, 0.0), np.nan), np.where(reach, sup, np.nan))
        reach = (inf <= 0) if self.at_zero is None else (inf < 0)
        negative = self.folded(values, np.where(reach, np.maximum(-sup, 0.0), np.nan), np.where(reach, -inf, np.nan))
        return hull(positive, negative if self.symmetry > 0 else (-negative[1], -negative[0]))

    def folded(self, values: Values, inf: np.ndarray, sup: np.ndarray) -> Pair:
        """Ranges over intervals where phase and extrema hold."""
        first, last = nothing(inf.shape), nothing(inf.shape)
        pole = (inf == 0) & (self.at_zero is not None)
        fill(values, first, inf, np.isfinite(inf) & ~pole)
        fill(values, last, sup, np.isfinite(sup))
        if self.at_zero is not None:
            first[0][pole], first[1][pole] = self.at_zero
        for side in (0, 1):
            last[side][sup == INF] = self.limit[side]
        result = hull(first, last)
        for index in np.flatnonzero(~np.isnan(inf.ravel())):
            below, above = self.between(float(inf.flat[index]), float(sup.flat[index]))
            result[0].flat[index] = min(result[0].flat[index], below)
            result[1].flat[index] = max(result[1].flat[index], above)
        return result

    def between(self, a: float, b: float) -> Bounds:
        """Hull of the extreme values at extrema in [a, b]; (inf, -inf) without any."""
        if a == -INF:
            return self.extremum(self.parity + 1)[0], self.extremum(self.parity)[1]
        start = -floor_of(lambda x: -self.phase(x), a)
        end = start + 2 if b == INF else floor_of(self.phase, b)
        below, above = INF, -INF
        for k in range(start, min(end, start + 1) + 1):
            low, high = self.extremum(k)
            below, above = (below, max(above, high)) if (k - self.parity) % 2 == 0 else (min(below, low), above)
        return below, above


def floor_of(phase: Callable[[Any], Any], x: float) -> int:
    """The integer part of a phase, by as many bits as it takes to tell; a number too small if none do."""
    from flint import arb

    for bits in PRECISIONS:
        with precision(bits):
            whole = phase(arb(x)).floor()
            if (number := whole.unique_fmpz()) is not None:
                return int(number)
    raise ArithmeticError(f"the extrema next to {x!r} cannot be told apart with {PRECISIONS[-1]} bits")


def turns(x: Any) -> Any:
    """x/π."""
    return x / x.__class__.pi()


def half(x: Any) -> Any:
    """The ball 1/2."""
    return x.__class__(0.5)


def whole(k: int) -> Any:
    """A whole number of any size as an exact ball."""
    from flint import arb

    return arb(k)


def unit(k: int) -> Bounds:
    """±1, the extrema of sine and cosine."""
    return (1.0, 1.0) if k % 2 == 0 else (-1.0, -1.0)


def sinc_extremum(k: int) -> Bounds:
    """±1/√(1 + (πc)²) where tan(πc) = πc: c = k + atan(πc)/π, a contraction."""
    if k == 0:
        return 1.0, 1.0

    def height() -> Any:
        from flint import arb, ctx

        c = arb(k).union(arb(k) + arb(0.5))
        for _step in range(ctx.prec):
            closer = k + turns((arb.pi() * c).atan())
            if closer.rad() >= c.rad():
                break
            c = closer
        return (-1) ** k / (1 + (arb.pi() * c) ** 2).sqrt()

    return constant(height)


def at_multiple(name: str, shift: float) -> Callable[[int], Bounds]:
    """Values of a function at (k + shift) π."""
    from taylorad.rings.interval.kernels.formulas import FORMULAS

    return lambda k: constant(lambda: FORMULAS[name]((whole(k) + shift) * whole(1).pi()))


def at_root(name: str, shift: int) -> Callable[[int], Bounds]:
    """Values of a function at √(2k + shift)."""
    from taylorad.rings.interval.kernels.formulas import FORMULAS

    return lambda k: constant(lambda: FORMULAS[name](whole(2 * k + shift).sqrt()))


RIGHT_ANGLE = (CONSTANTS["pi"][0] / 2, CONSTANTS["pi"][1] / 2)
OSCILLATIONS = {
    "sin": Oscillation(lambda x: turns(x) - half(x), unit),
    "cos": Oscillation(turns, unit),
    "sinpi": Oscillation(lambda x: x - half(x), unit),
    "cospi": Oscillation(lambda x: x, unit),
    "sinc": Oscillation(
        lambda x: x - turns((x.__class__.pi() * x).atan()), sinc_extremum, limit=(0.0, 0.0), symmetry=1
    ),
    "si": Oscillation(turns, at_multiple("si", 0), limit=RIGHT_ANGLE, symmetry=-1, parity=1),
    "ci": Oscillation(
        lambda x: turns(x) - half(x), at_multiple("ci", 0.5), limit=(0.0, 0.0), symmetry=1, at_zero=(-INF, -INF)
    ),
    "fresnel_s": Oscillation(lambda x: x * x / 2, at_root("fresnel_s", 0), limit=(0.5, 0.5), symmetry=-1, parity=1),
    "fresnel_c": Oscillation(lambda x: (x * x - 1) / 2, at_root("fresnel_c", 1), limit=(0.5, 0.5), symmetry=-1),
}


def tangent(inf: np.ndarray, sup: np.ndarray) -> Pair:
    """Range of the tangent: from end to end unless a pole, an extremum of the sine, lies between."""
    from taylorad.rings.interval.enclosures import values_of

    low, high = nothing(inf.shape)
    phase = OSCILLATIONS["sin"].phase
    for index in np.flatnonzero(~np.isnan(inf.ravel())):
        a, b = float(inf.flat[index]), float(sup.flat[index])
        if math.isinf(a) or math.isinf(b) or floor_of(phase, a) != floor_of(phase, b):
            low.flat[index], high.flat[index] = -INF, INF
        else:
            low.flat[index] = values_of("tan", np.asarray(a))[0]
            high.flat[index] = values_of("tan", np.asarray(b))[1]
    return low, high
