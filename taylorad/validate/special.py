"""Rigorous Taylor series of special functions, the second part of `enclosures`.

Each takes series (parameters are balls) and returns a series.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from taylorad.validate.balls import (
    around,
    flint,
    hypergeometric,
    integrated,
    inverse,
    longer,
    pi,
    real,
    series,
    sign,
    two,
    with_value,
)

# ------------------------------------------------------------------------------------------------------ error functions


def dawsn(x: Any) -> Any:
    return (-(x * x)).exp() * x.erfi() * (pi().sqrt() / 2)


def wofz(z: Any) -> Any:
    return (-(z * z)).exp() * (z * flint().acb(0, -1)).erfc()


def ndtr(x: Any) -> Any:
    return (x / -two().sqrt()).erfc() / 2


def ndtri(x: Any) -> Any:
    return inverse(ndtr, -two().sqrt() * (2 * x[0]).erfcinv(), x)


def log_ndtr(x: Any) -> Any:
    logarithm = ndtr(x).log()
    return with_value(logarithm, (-(x[0] / two().sqrt()).erfc() / 2).log1p()) if x[0] > 0 else logarithm


# ------------------------------------------------------------------------------------------------------ gamma functions


def gammaln(x: Any) -> Any:
    """``log |Γ(x)|``, on the negative axis by reflection (DLMF 5.5.3)."""
    if x[0] > 0:
        return x.lgamma()
    sine = x.sin_pi()
    return (pi() / (sine * sign(sine))).log() - (1 - x).lgamma()


def polygamma(n: Any, x: Any) -> Any:
    """Derivatives of log |Γ|."""
    order = int(float(n)) + 1
    with longer(order):
        slope = gammaln(series([x[0], 1]))
        for _ in range(order):
            slope = slope.derivative()
    return around(x, slope.coeffs())


def hurwitz(s: Any, q: Any) -> Any:
    """``d^k/dq^k ζ(s, q) = (-1)^k (s)_k ζ(s + k, q)`` (DLMF 25.11.17)."""
    found, factor = [], flint().arb(1)
    for k in range(flint().ctx.cap):
        found.append(factor * (s + k).zeta(q[0]))
        factor = -factor * (s + k) / (k + 1)
    return around(q, found)


# ----------------------------------------------------------------------------------------------------- Bessel functions


def cylinder(function: str, sign: int) -> Callable[[Any, Any], Any]:
    """Derivatives of J and Y (sign -1) and K (1) by DLMF 10.6.7 and 10.29.5; neighbouring orders by 10.6.1, 10.29.1."""

    def enclosed(v: Any, x: Any) -> Any:
        value, count = x[0], flint().ctx.cap
        known = {n: getattr(value, function)(v + n) for n in (0, 1)}
        for n in range(1, count):
            known[n + 1] = 2 * (v + n) / value * known[n] + sign * known[n - 1]
        for n in range(0, -count, -1):
            known[n - 1] = sign * (known[n + 1] - 2 * (v + n) / value * known[n])
        found, factor, binomials = [], flint().arb(1), [1]
        for k in range(count):
            total = sum(sign**j * b * known[2 * j - k] for j, b in enumerate(binomials))
            found.append(total * factor)
            factor = factor / (-2 * sign * (k + 1))
            binomials = [1, *(a + b for a, b in pairwise(binomials)), 1]
        return around(x, found)

    return enclosed


def by_order_zero(sign: int) -> Callable[[Any, Any], Any]:
    """J (sign -1) and I (sign 1) from 0F1 (DLMF 10.16.9, 10.39.9), at 0 as well."""

    def enclosed(v: Any, x: Any) -> Any:
        order = int(float(v))
        half = x / 2
        power = half**order if v == order else (half.log() * v).exp()
        return power * hypergeometric([], [v + 1], half * half * sign) * (v + 1).rgamma()

    return enclosed


jv_far, jv_near, iv_near = cylinder("bessel_j", -1), by_order_zero(-1), by_order_zero(1)
yv, kv = cylinder("bessel_y", -1), cylinder("bessel_k", 1)


def jv(v: Any, x: Any) -> Any:
    return jv_far(v, x) if abs(x[0]) > 10 and x[0] > 0 else jv_near(v, x)


def of_order(order: int, function: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    return lambda x: function(flint().arb(order), x)


def scaled(order: int) -> Callable[[Any], Any]:
    return lambda x: (-sign(x) * x).exp() * iv_near(flint().arb(order), x)


# ------------------------------------------------------------------------------------------------------------ integrals


def elliptic_k(x: Any) -> Any:
    return real(flint().acb_series(x).elliptic_k())


def elliptic_e(x: Any) -> Any:
    """``E = 2 m (1 - m) K' + (1 - m) K`` (DLMF 19.4.1)."""
    with longer(1):
        m = series([x[0], 1])
        k = elliptic_k(m)
        found = 2 * m * (1 - m) * k.derivative() + (1 - m) * k
    return around(x, found.coeffs())


def incomplete(function: str, root: str) -> Callable[[Any, Any], Any]:
    def enclosed(x: Any, m: Any) -> Any:
        squared = 1 - m * x.sin() ** 2
        value = getattr(flint().acb, function)(flint().acb(x[0]), flint().acb(m)).real
        return integrated(value, getattr(squared, root)() * x.derivative())

    return enclosed


def spence(x: Any) -> Any:
    """From ``log(x)/(1 - x) = -2F1(1, 1; 2; 1 - x)``."""
    near = abs(x[0] - 1) < 0.5
    slope = -hypergeometric([1, 1], [2], 1 - x) if near else x.log() / (1 - x)
    value = (1 - flint().acb(x[0])).polylog(2).real
    return integrated(value, slope * x.derivative())


def hyp2f1(a: Any, b: Any, c: Any, x: Any) -> Any:
    """``d^k/dx^k 2F1(a, b; c; x) = (a)_k (b)_k/(c)_k 2F1(a + k, b + k; c + k; x)`` (DLMF 15.5.2)."""
    found, factor = [], flint().arb(1)
    for k in range(flint().ctx.cap):
        value = flint().acb(x[0]).hypgeom_2f1(a + k, b + k, c + k).real if factor != 0 else flint().arb(0)
        found.append(factor * value)
        factor = factor * (a + k) * (b + k) / ((c + k) * (k + 1))
    return around(x, found)
