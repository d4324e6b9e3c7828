"""Ranges of the Bessel and Airy functions, whose extrema have no formula.

By Sonin's theorem the extrema of a solution of ``(p y')' + q y = 0`` shrink in the direction in which p q grows: of
J_v and Y_v to the right of ``|v|``, of Ai and Bi to the left of 0, of Ai' and Bi' from the left up to 0 (Watson,
A treatise on the theory of Bessel functions, 15.31). So beyond the first maximum and the first minimum nothing
but the far end matters. By Sturm's comparison theorem stationary points are more than the steps of `walking` apart,
and where p and q have opposite signs there is at most one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from taylorad.rings.interval.branches import Branch, Component, hull, range_over
from taylorad.rings.interval.enclosures import Enclosure, decorated, values_of
from taylorad.rings.interval.kernels.arb import enclose
from taylorad.rings.interval.kernels.base import Pair, nothing
from taylorad.rings.interval.kernels.special_formulas import CURVATURES, SLOPES, SPECIAL
from taylorad.rings.interval.walking import Ball, Bounds, walked

INF = math.inf


def with_parameters(name: str, *parameters: float) -> tuple[Ball, Ball]:
    """A function and its derivative in balls, the parameters fixed."""
    from flint import arb

    fixed = [arb(p) for p in parameters]
    return (lambda x: SPECIAL[name](*fixed, x)), (lambda x: SLOPES[name](*fixed, x))


def with_curvature(name: str, *parameters: float) -> tuple[Ball, Ball, Ball]:
    """A function and two derivatives in balls, the parameters fixed."""
    from flint import arb

    fixed = [arb(p) for p in parameters]
    return *with_parameters(name, *parameters), (lambda x: CURVATURES[name](*fixed, x))


def scalarwise(function: Callable[[float, float], Bounds], inf: np.ndarray, sup: np.ndarray) -> Pair:
    """A function of the ends of one interval over arrays of them, empty for empty."""
    result = nothing(inf.shape)
    for index in np.flatnonzero(~np.isnan(inf.ravel())):
        result[0].flat[index], result[1].flat[index] = function(float(inf.flat[index]), float(sup.flat[index]))
    return result


def union(*bounds: Bounds) -> Bounds:
    """Hull of bounds, nan for none."""
    known = [b for b in bounds if b[0] == b[0]]
    return (min(b[0] for b in known), max(b[1] for b in known)) if known else (math.nan, math.nan)


def between_extrema(
    functions: tuple[Ball, Ball], start: float, end: float, step: Callable[[Any], Any], bits: int = 0
) -> Bounds:
    """Range between two numbers when extrema shrink from start to end, towards 0 if the end is infinite."""
    ends = [(0.0, 0.0) if math.isinf(x) else enclose(functions[0], x) for x in (start, end)]
    return union(*ends, *walked(functions, start, end, step, bits))


# ------------------------------------------------------------------------------------------------------ Bessel


def bessel_step(order: float) -> Callable[[Any], float]:
    """A step d with d² (1 - v²/(x+d)²)(x+d)/x < π², less than two stationary points of a Bessel function are apart.

    z = x y' satisfies ``(z'/q)' + z/x = 0`` with q = x - v²/x, to be compared with constant coefficients.
    """

    def safe(x: float, d: float) -> bool:
        return d * d * (1 - min((order / (x + d)) ** 2, 1.0) + 1e-12) * (1 + d / x) < 9.8

    def step(point: Any) -> float:
        x, d = float(point), 1.0
        while not safe(x, d):
            d /= 2
        while d < 1e100 and safe(x, 2 * d):
            d *= 2
        return d

    return step


def lost_bits(order: float) -> int:
    """Arb's series lose about 2 bits an order around the turning point."""
    return int(min(3 * abs(order), 6000))


def monotone_until(name: str, order: float) -> float:
    """J_v and Y_v, v ≥ 0, are monotone up to there: v < j'_(v,1), y_(v,1) < y'_(v,1) (DLMF 10.21.3), 1 < j'_(0,1)."""
    return max(order, 0.5) if name == "yv" else order or 1.0


def oscillating(name: str, order: float, inf: float, sup: float) -> Bounds:
    """Range of J_v or Y_v over a part of [0, inf), v ≥ 0."""
    functions = with_parameters(name, order)
    turning = monotone_until(name, order)
    pieces: list[Bounds] = []
    if inf < turning:
        pieces.append((-INF, -INF) if name == "yv" and inf == 0 else enclose(functions[0], inf))
        pieces.append(enclose(functions[0], min(sup, turning)))
    if sup > turning:
        pieces.append(between_extrema(functions, max(inf, turning), sup, bessel_step(order), lost_bits(order)))
    elif inf == turning:
        pieces.append(enclose(functions[0], inf))
    return union(*pieces)


def negative_order(name: str, order: float, inf: float, sup: float) -> Bounds:
    """Range of J_v, Y_v or I_v over a part of (0, inf), v < 0 no whole number: all reals when it starts at 0.

    Up to ``|v|``, and everywhere for I_v, there is at most one stationary point.
    """
    functions = with_parameters(name, order)
    if inf == 0 or (name == "iv" and math.isinf(sup)):
        return -INF, INF
    turning = sup if name == "iv" else min(max(inf, -order), sup)
    head = [enclose(functions[0], x) for x in (inf, turning)]
    head += walked(functions, inf, turning, lambda x: turning - inf + 1, lost_bits(order))
    tail = between_extrema(functions, turning, sup, bessel_step(order), lost_bits(order)) if sup > turning else head[0]
    return union(*head, tail)


def reflected(v: float, evaluate: Callable[[np.ndarray, np.ndarray], Pair], inf: Any, sup: Any) -> Pair:
    """Ranges on both sides of 0 of a function of parity (-1)^v, from those on [0, inf)."""
    right = evaluate(np.where(sup >= 0, np.maximum(inf, 0.0), np.nan), np.where(sup >= 0, sup, np.nan))
    left = evaluate(np.where(inf < 0, np.maximum(-sup, 0.0), np.nan), np.where(inf < 0, -inf, np.nan))
    return hull(right, left if v % 2 == 0 else (-left[1], -left[0]))


def bessel_j(v: float, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """J_v on all reals for whole v, on x ≥ 0 (x > 0 if v < 0) otherwise."""
    whole = v.is_integer()
    if whole and v < 0:
        flipped = bessel_j(-v, inf, sup)
        return flipped if v % 2 == 0 else Enclosure(-flipped.sup, -flipped.inf, flipped.local)
    evaluate = partial(scalarwise, partial(oscillating if v >= 0 else negative_order, "jv", v))
    if whole:
        return decorated(reflected(v, evaluate, inf, sup), True)
    return on_half_line(evaluate, v >= 0, inf, sup)


def bessel_y(v: float, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """Y_v on x > 0."""
    if v < 0 and v.is_integer():
        flipped = bessel_y(-v, inf, sup)
        return flipped if v % 2 == 0 else Enclosure(-flipped.sup, -flipped.inf, flipped.local)
    evaluate = partial(scalarwise, partial(oscillating if v >= 0 else negative_order, "yv", v))
    return on_half_line(evaluate, False, inf, sup)


def on_half_line(evaluate: Callable[..., Pair], closed: bool, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """A function of x > 0, or of x ≥ 0 when closed."""
    meets = (sup >= 0) if closed else (sup > 0)
    pair = evaluate(np.where(meets, np.maximum(inf, 0.0), np.nan), np.where(meets, sup, np.nan))
    return decorated(pair, (inf >= 0) if closed else (inf > 0))


def bessel_i(v: float, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """I_v on all reals for whole v, on x ≥ 0 (x > 0 if v < 0) otherwise; increasing there for v ≥ 0."""
    if v.is_integer():
        v = abs(v)
    if v < 0:
        return on_half_line(partial(scalarwise, partial(negative_order, "iv", v)), False, inf, sup)
    branch = Branch(1, 0.0, INF, (True, False))
    evaluate = partial(range_over, (branch,), partial(values_of, "iv", v))
    if v.is_integer():
        return decorated(reflected(v, evaluate, inf, sup), True)
    return on_half_line(evaluate, True, inf, sup)


def bessel_k(v: float, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """K_v, decreasing on x > 0."""
    branch = Branch(-1, 0.0, INF, limits=((INF, INF), (0.0, 0.0)))
    pair = range_over((branch,), partial(values_of, "kv", abs(v)), inf, sup)
    return decorated(pair, Component(0.0).contains(inf, sup))


# -------------------------------------------------------------------------------------------------------- Airy


def airy_step(point: Any) -> float:
    """A third of π/√|x|, less than two stationary points of Airy functions and their derivatives are apart."""
    return 1 / math.sqrt(1 + abs(float(point)))


AIRY_RIGHT = {  # branches of monotony on x ≥ 0
    "ai": Branch(-1, 0.0, INF, (True, False), ((0.0, 0.0), (0.0, 0.0))),
    "aip": Branch(1, 0.0, INF, (True, False), ((0.0, 0.0), (0.0, 0.0))),
    "bi": Branch(1, 0.0, INF, (True, False)),
    "bip": Branch(1, 0.0, INF, (True, False)),
}


def airy_left(name: str, inf: float, sup: float) -> Bounds:
    """Range over a part of (-inf, 0]."""
    functions = with_parameters(name)
    if name in ("ai", "bi"):
        return between_extrema(functions, sup, inf, airy_step)
    return (-INF, INF) if math.isinf(inf) else between_extrema(functions, inf, sup, airy_step)


def airy(inf: np.ndarray, sup: np.ndarray) -> tuple[Enclosure, ...]:
    """Ai, Ai', Bi, Bi' on all reals."""
    results = []
    for name, branch in AIRY_RIGHT.items():
        right = range_over((branch,), partial(values_of, name), inf, sup)
        meets = inf < 0
        ends = np.where(meets, inf, np.nan), np.where(meets, np.minimum(sup, 0.0), np.nan)
        left = scalarwise(partial(airy_left, name), *ends)
        results.append(decorated(hull(right, left), True))
    return tuple(results)
