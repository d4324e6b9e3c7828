"""How far a floating-point result is from its enclosure, in ulps.

The distance is the largest one to any number of the ball. The ulp is that of a double of a result's *scale*:

* *plain*: the natural scale ``S_k`` of a Taylor coefficient, the least log-concave sequence above the ``|c_j|``, j ≥ 1,
  which is Cauchy's estimate at the best radius; degree 0, gradients, Hessians and products by their own magnitude;
* *conditioned*: at least what one rounding of the argument does, ``max(S_k, |x| (k + 1) S_(k+1))`` for coefficients,
  ``|∂_i f| + Σ_j |x_j ∂_ij f|`` for gradients, the same one degree higher and at least ``√|∂_ii f ∂_jj f|`` for
  Hessians. Near a zero or an extremum no algorithm that rounds its argument can do better.

Differences below the least normal number 2⁻¹⁰²² are gradual underflow and count 0; results of a magnitude above 2¹⁰²²
may overflow and are not checked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from taylorad.validate.balls import arb, log2

__all__ = ["Inaccurate", "conditioned", "is_narrow", "logarithms", "natural_scale", "ulps"]

NOTHING = -math.inf  # the logarithm of 0
LEAST, LARGEST = -1022.0, 1022.0  # normal numbers, by their logarithm
NARROW = 70  # bits by which an enclosure must be narrower than its scale
DIGITS = 52  # of a significand, behind its first


class Inaccurate(ArithmeticError):
    """An enclosure is too wide; more bits are needed."""


def logarithms(enclosures: Sequence[Any]) -> list[float]:
    """Base-2 logarithms of the least magnitudes of balls; minus infinity for those that contain 0."""
    return [log2(c.abs_lower()) for c in enclosures]


def is_narrow(enclosures: Sequence[Any], scales: Sequence[float]) -> bool:
    """Whether all balls are 2⁻⁷⁰ times narrower than their scale, or than the least double."""
    return all(
        c.is_finite() and log2(c.rad()) <= max(scale, LEAST - DIGITS) - NARROW
        for c, scale in zip(enclosures, scales, strict=True)
    )


def natural_scale(magnitudes: Sequence[float], first: int = 1) -> list[float]:
    """The least concave sequence above logarithms from degree `first` on; those below are themselves."""
    hull: list[tuple[int, float]] = []
    for k, size in enumerate(magnitudes):
        if k < first or size == NOTHING:
            continue
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) <= _slope(hull[-2], (k, size)):
            hull.pop()
        hull.append((k, size))
    scale = [size if k < first else NOTHING for k, size in enumerate(magnitudes)]
    for k, size in hull:
        scale[k] = size
    for (a, u), (b, v) in pairwise(hull):
        for k in range(a + 1, b):
            scale[k] = u + (v - u) * (k - a) / (b - a)
    return scale


def _slope(a: tuple[int, float], b: tuple[int, float]) -> float:
    return (b[1] - a[1]) / (b[0] - a[0])


def conditioned(scale: Sequence[float], size: float) -> list[float]:
    """Logarithms of ``max(S_k, |x| (k + 1) S_(k+1))`` from those of S; one entry less."""
    at = math.log2(size) if size else NOTHING
    return [max(a, at + math.log2(k + 1) + b) for k, (a, b) in enumerate(pairwise(scale))]


def ulps(computed: Any, enclosure: Any, scale: float) -> float | None:
    """The distance of a result from its enclosure in ulps of a scale; None where none is asked for."""
    if scale >= LARGEST:
        return None
    number = complex(computed) if isinstance(computed, complex) else float(computed)
    if not math.isfinite(abs(number)):
        return math.inf
    difference = log2((arb(number) - enclosure).abs_upper())
    if difference <= LEAST:
        return 0.0
    return 2.0 ** min(difference - max(math.floor(scale), LEAST) + DIGITS, 1023.0) if scale > NOTHING else math.inf
