"""Enclosures of Taylor coefficients of functions that satisfy no differential equation of the table.

Polygamma functions and log Γ lead to the Hurwitz zeta function, whose ranges are sharp; Γ and 1/Γ are exponentials
of series and series of Arb, of which the intersection is taken; ζ is a series of Arb, at both ends where its
coefficients are monotone (s > 1) and on the whole interval elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from taylorad.rings.interval import arithmetic, gammas
from taylorad.rings.interval.cylinders import scalarwise
from taylorad.rings.interval.environment import check
from taylorad.rings.interval.functions import as_pair, evaluate
from taylorad.rings.interval.kernels import Pair
from taylorad.rings.interval.kernels.arb import enclose, precision
from taylorad.rings.interval.kernels.rounding import ball_of, ends

__all__ = ["COEFFICIENTS", "coefficients"]

INF = math.inf


def scaled(factor: Fraction, pair: Pair) -> Pair:
    """A rational multiple of intervals."""
    low, high = enclose(lambda _: _.__class__(factor.numerator) / factor.denominator, 0.0)
    return arithmetic.multiply(*pair, np.float64(low), np.float64(high))


def zeta_term(order: int, factor: Fraction, x: Pair) -> Pair:
    """factor · ζ(order, x)."""
    found = gammas.hurwitz(float(order), *x)
    return scaled(factor, (found.inf, found.sup))


def polygamma_series(n: int, x: Pair, order: int) -> list[Pair]:
    """ψ⁽ⁿ⁺ᵏ⁾/k! = (-1)^(n+k+1) (n+k)!/k! ζ(n+k+1, x)."""
    found = evaluate("polygamma", n, x)
    terms = [(found.inf, found.sup)]
    for k in range(1, order + 1):
        size = math.factorial(n + k) // math.factorial(k)
        terms.append(zeta_term(n + k + 1, Fraction((-1) ** (n + k + 1) * size), x))
    return terms


def gammaln_series(x: Pair, order: int) -> list[Pair]:
    """log|Γ|, then the coefficients of ψ over k."""
    found = evaluate("gammaln", x)
    slopes = polygamma_series(0, x, max(order - 1, 0))
    return [(found.inf, found.sup)] + [scaled(Fraction(1, k), slopes[k - 1]) for k in range(1, order + 1)]


def exponential(series: list[Pair], start: Pair) -> list[Pair]:
    """Coefficients of start · exp(series - series_0): k e_k = Σ j l_j e_(k-j)."""
    result = [start]
    for k in range(1, len(series)):
        total: Pair = (np.zeros_like(start[0]), np.zeros_like(start[0]))
        for j in range(1, k + 1):
            total = arithmetic.add(*total, *arithmetic.multiply(*scaled(Fraction(j, k), series[j]), *result[k - j]))
        result.append(total)
    return result


def in_arb(function: Callable[[Any], Any], x: Pair, order: int) -> list[Pair]:
    """Coefficients of a function of Arb's power series over intervals."""

    def bounds(k: int) -> Callable[[float, float], tuple[float, float]]:
        def coefficient(inf: float, sup: float) -> tuple[float, float]:
            from flint import arb_series

            if math.isinf(inf) or math.isinf(sup):
                return -INF, INF
            with precision(160):
                return ends(function(arb_series([ball_of(inf, sup), 1], order + 1))[k])

        return coefficient

    return [scalarwise(bounds(k), *x) for k in range(order + 1)]


def common(first: list[Pair], second: list[Pair]) -> list[Pair]:
    """Intersections of enclosures of the same numbers, empty ones left as they are."""
    return [(np.fmax(a[0], b[0]), np.fmin(a[1], b[1])) for a, b in zip(first, second, strict=True)]


def gamma_series(name: str, x: Pair, order: int) -> list[Pair]:
    """Γ or 1/Γ."""
    sign = 1 if name == "gamma" else -1
    found = evaluate(name, x)
    start = found.inf, found.sup
    regular = gammas.without_poles(*x)
    logarithm = [scaled(Fraction(sign), pair) for pair in gammaln_series(x, order)]
    product = [
        (np.where(regular, low, -INF), np.where(regular, high, INF)) for low, high in exponential(logarithm, start)
    ]
    series = in_arb((lambda s: s.gamma()) if name == "gamma" else (lambda s: s.rgamma()), x, order)
    return [start, *common(product, series)[1:]]


def zeta_series(x: Pair, order: int) -> list[Pair]:
    """ζ: (-1)^k c_k falls to 0 (to 1 for k = 0) on s > 1."""
    everywhere = in_arb(lambda s: s.zeta(), x, order)
    at_inf, at_sup = (in_arb(lambda s: s.zeta(), (end, end), order) for end in x)
    found = evaluate("zeta", x)
    result = [(found.inf, found.sup)]
    for k in range(1, order + 1):
        low, high = (at_sup[k], at_inf[k]) if k % 2 == 0 else (at_inf[k], at_sup[k])
        least, most = np.where(np.isinf(x[1]) & (k % 2 == 0), 0.0, low[0]), np.where(np.isinf(x[1]), 0.0, high[1])
        most = np.where(k % 2 == 0, high[1], most)
        right = x[0] > 1
        ends_only = np.where(right, least, -INF), np.where(right, most, INF)
        result.append(common([everywhere[k]], [ends_only])[0])
    return result


def hurwitz_series(s: float, x: Pair, order: int) -> list[Pair]:
    """(-1)^k (s)_k/k! ζ(s + k, q)."""
    result = []
    for k in range(order + 1):
        if s == int(s):
            factor = Fraction((-1) ** k * math.comb(int(s) + k - 1, k))
            result.append(zeta_term(int(s) + k, factor, x))
        else:
            result.append(scalarwise(lambda a, b, k=k: _noninteger_term(s, k, a, b), *x))  # type: ignore[misc]
    return result


def _noninteger_term(s: float, k: int, inf: float, sup: float) -> tuple[float, float]:
    def term(order: Any, q: Any) -> Any:
        return order.rising(k) / math.factorial(k) * (order + k).zeta(q)

    if sup <= 0:
        return math.nan, math.nan
    high = INF if inf <= 0 else enclose(term, s, inf)[1]
    low = 0.0 if sup == INF else enclose(term, s, sup)[0]
    return (low, high) if k % 2 == 0 else (-high, -low)


COEFFICIENTS: dict[str, Callable[..., list[Pair]]] = {
    "gamma": lambda x, order: gamma_series("gamma", x, order),
    "rgamma": lambda x, order: gamma_series("rgamma", x, order),
    "gammaln": gammaln_series,
    "digamma": lambda x, order: polygamma_series(0, x, order),
    "polygamma": lambda n, x, order: polygamma_series(int(n), x, order),
    "zeta": zeta_series,
    "hurwitz": hurwitz_series,
}


def coefficients(name: str, argument: Any, parameters: tuple[float, ...], order: int) -> list[Pair]:
    """Enclosures of f⁽ᵏ⁾(x)/k! for all x of an interval and k = 0, …, order.

    Parameters
    ----------
    name : str
        A function of `COEFFICIENTS`.
    argument : pair (inf, sup) of float64 arrays
    parameters : tuple of numbers
        n of ``polygamma(n, x)``, s of ``hurwitz(s, q)``; empty for the others.

    Returns
    -------
    list of order + 1 pairs (inf, sup); all reals, but for the values themselves, where a pole is in the interval

    Examples
    --------
    >>> c = coefficients("digamma", (np.float64(1), np.float64(1)), (), 1)
    >>> bool(c[1][0] <= np.pi**2 / 6 <= c[1][1])
    True
    """
    check()
    inf, sup = as_pair(argument)
    with np.errstate(all="ignore"):
        found = COEFFICIENTS[name](*parameters, (inf, sup), order)
        if name == "rgamma":
            return found
        regular = (sup < 1) | (inf > 1) if name == "zeta" else gammas.without_poles(inf, sup)
        empty = np.isnan(found[0][0])
        spread = [(np.where(regular, low, -INF), np.where(regular, high, INF)) for low, high in found[1:]]
        return [found[0]] + [(np.where(empty, np.nan, low), np.where(empty, np.nan, high)) for low, high in spread]
