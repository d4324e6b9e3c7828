"""Ranges of the gamma function and its relatives: pieces between the poles 0, -1, -2, …, each with an extremum at most.

Piece k is (-k, 1 - k), piece 0 is x > 0, and c_k its stationary point, where the *rate* (ψ for Γ, 1/Γ and log Γ, the
next derivative for polygamma functions of odd order) rises through 0. As Γ(x - 1) = Γ(x)/(x - 1), ``|Γ(c_k)|``
shrinks with growing k ≥ 1; polygamma functions grow by a positive term instead. So of many pieces only the outermost
matter.
"""

from __future__ import annotations

import math
from functools import lru_cache, partial
from typing import Any

import numpy as np

from taylorad.rings.interval.branches import Branch, range_over
from taylorad.rings.interval.cylinders import scalarwise, union, with_parameters
from taylorad.rings.interval.enclosures import Enclosure, decorated, known_range, values_of
from taylorad.rings.interval.kernels.arb import enclose, precision
from taylorad.rings.interval.kernels.rounding import ends
from taylorad.rings.interval.kernels.special_formulas import SPECIAL
from taylorad.rings.interval.walking import Ball, Bounds, extremum, sign

INF = math.inf


def without_poles(inf: np.ndarray, sup: np.ndarray) -> Any:
    """Whether intervals contain none of 0, -1, -2, …"""
    return (inf > 0) | ((np.floor(inf) == np.floor(sup)) & (inf != np.floor(inf)))


def is_pole(x: float) -> bool:
    """Whether a finite number is 0, -1, -2, …"""
    return x <= 0 and x == math.floor(x)


def pole_between(inf: float, sup: float) -> bool:
    """Whether a pole lies strictly between two numbers."""
    return inf < 0 and (math.isinf(inf) or math.floor(inf) + 1 < min(sup, 0.5))


def rate_at(rate: Ball, x: float) -> int:
    """The sign of a rate at a number."""
    from flint import arb

    with precision(200):
        return sign(rate, arb(x))


def stationary(rate: Ball, inf: float, sup: float) -> range:
    """The k of the stationary points in an interval, from left to right; inf is finite."""
    if is_pole(inf):
        first = -int(inf)
    else:
        k = 0 if inf > 0 else -math.floor(inf)
        first = k if rate_at(rate, inf) <= 0 else k - 1
    if is_pole(sup):
        last = 1 - int(sup)
    else:
        k = 0 if sup > 0 else -math.floor(sup)
        last = k if sup == INF or rate_at(rate, sup) >= 0 else k + 1
    return range(first, last - 1, -1)


@lru_cache(maxsize=4096)
def extreme_value(name: str, k: int, *parameters: float) -> Bounds:
    """Value of a function at c_k."""
    from flint import arb

    function, slope = with_parameters(name, *parameters)
    with precision(160 + 4 * k.bit_length()):
        left, right, margin = arb(1.25), arb(1.75), arb(0.25)
        while k and sign(slope, left := margin - k) == sign(slope, right := 1 - k - margin):
            margin = margin / 2
        return ends(extremum(function, slope, left, right, sign(slope, left)))


def value(name: str, x: float, *parameters: float) -> Bounds:
    """Bounds of a value at a point of the domain."""
    return enclose(SPECIAL[name], *parameters, x)


# ------------------------------------------------------------------------------------------- Γ, log |Γ| and 1/Γ


def _gamma(inf: float, sup: float) -> Bounds:
    if pole_between(inf, sup):
        return -INF, INF
    found = [extreme_value("gamma", k) for k in stationary(SPECIAL["digamma"], inf, sup)]
    for end, side in ((inf, 0), (sup, 1)):
        if is_pole(end):
            infinite = INF if (int(end) + side) % 2 == 0 else -INF
            found.append((infinite, infinite))
        else:
            found.append((INF, INF) if end == INF else value("gamma", end))
    return union(*found)


def _gammaln(inf: float, sup: float) -> Bounds:
    if math.isinf(inf):
        return -INF, INF
    inside = stationary(SPECIAL["digamma"], inf, sup)
    found = [extreme_value("gammaln", k) for k in {*inside[:1], *inside[-1:]}]
    for end in (inf, sup):
        found.append((INF, INF) if end == INF or is_pole(end) else value("gammaln", end))
    low, high = union(*found)
    return low, INF if pole_between(inf, sup) else high


def _rgamma(inf: float, sup: float) -> Bounds:
    if math.isinf(inf):
        return -INF, INF
    inside = stationary(SPECIAL["digamma"], inf, sup)
    found = [extreme_value("rgamma", k) for k in {*inside[:2], *inside[-1:]}]
    return union(value("rgamma", inf), (0.0, 0.0) if sup == INF else value("rgamma", sup), *found)


def on_domain(bounds: Any, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """A function with the poles of Γ."""
    only_pole = (inf == sup) & (inf <= 0) & (inf == np.floor(inf))
    pair = scalarwise(bounds, np.where(only_pole, np.nan, inf), np.where(only_pole, np.nan, sup))
    return decorated(pair, without_poles(inf, sup))


def gamma(inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """Γ."""
    known = known_range("gamma", (inf, sup))
    return on_domain(_gamma, inf, sup) if known is None else decorated(known, without_poles(inf, sup))


def gammaln(inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """log |Γ|."""
    return on_domain(_gammaln, inf, sup)


def rgamma(inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """1/Γ, on all reals."""
    return decorated(scalarwise(_rgamma, inf, sup), True)


# ------------------------------------------------------------------------------------------ polygamma and Hurwitz ζ


def _rising(name: str, parameters: tuple[float, ...], limit: float, inf: float, sup: float) -> Bounds:
    """Range of a function that rises in every piece from -inf to inf, and to `limit` at infinity."""
    if pole_between(inf, sup):
        return -INF, INF
    low = -INF if is_pole(inf) else value(name, inf, *parameters)[0]
    high = limit if sup == INF else INF if is_pole(sup) else value(name, sup, *parameters)[1]
    return low, high


def _positive(name: str, parameters: tuple[float, ...], inf: float, sup: float) -> Bounds:
    """Range of a function that falls from inf to 0 on x > 0 and from inf to a minimum and back in other pieces.

    The minima grow to the left.
    """
    start = inf if math.isfinite(inf) else math.floor(min(sup, 0.0)) - 1.0
    inside = stationary(lambda x: -hurwitz_rate(name, parameters, x), start, sup)
    found = [extreme_value(name, k, *parameters) for k in inside[-1:]]
    for end in (start, sup):
        found.append((0.0, 0.0) if end == INF else (INF, INF) if is_pole(end) else value(name, end, *parameters))
    low, high = union(*found)
    return low, INF if pole_between(inf, sup) else high


def hurwitz_rate(name: str, parameters: tuple[float, ...], x: Any) -> Any:
    """ζ(s + 1, x), of which the derivative of a polygamma function or of ζ(s, x) is a negative multiple."""
    order = parameters[0] + (2 if name == "polygamma" else 1)
    return SPECIAL["hurwitz"](x.__class__(order), x)


def polygamma(n: float, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """ψ⁽ⁿ⁾."""
    if n < 0 or n != int(n):
        raise ValueError(f"polygamma: the order must be a whole number 0, 1, 2, …, not {n!r}")
    if n == 0:
        return on_domain(partial(_rising, "digamma", (), INF), inf, sup)
    kind = partial(_rising, "polygamma", (n,), 0.0) if n % 2 == 0 else partial(_positive, "polygamma", (n,))
    return on_domain(kind, inf, sup)


def hurwitz(s: float, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """ζ(s, q) in q for s > 1: on q > 0, and between its poles for whole s."""
    if not s > 1:
        raise ValueError(f"hurwitz: an enclosure of zeta(s, q) needs s > 1, not s = {s!r}")
    if s != int(s):
        branch = Branch(-1, 0.0, INF, limits=((INF, INF), (0.0, 0.0)))
        return decorated(range_over((branch,), lambda q: values_of("hurwitz", s, q), inf, sup), inf > 0)
    if s % 2 == 0:
        return on_domain(partial(_positive, "hurwitz", (s,)), inf, sup)

    def falling(low: float, high: float) -> Bounds:
        """Minus a function that rises: the value at sup is the least."""
        if pole_between(low, high):
            return -INF, INF
        least = 0.0 if high == INF else -INF if is_pole(high) else value("hurwitz", high, s)[0]
        return least, INF if is_pole(low) else value("hurwitz", low, s)[1]

    return on_domain(falling, inf, sup)
