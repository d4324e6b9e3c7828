"""Special functions with parameters, with several results, or of a kind of their own.

Each function takes its parameters as floats and one interval array; `SPECIAL_FUNCTIONS` says where the interval stands
among the arguments of SciPy's function.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from taylorad.rings.interval import cylinders, gammas
from taylorad.rings.interval.bisection import bisected
from taylorad.rings.interval.branches import Branch, Component, hull, range_over
from taylorad.rings.interval.cylinders import scalarwise, union, with_curvature, with_parameters
from taylorad.rings.interval.enclosures import Enclosure, decorated, values_of
from taylorad.rings.interval.kernels import Pair
from taylorad.rings.interval.kernels.arb import enclose, precision
from taylorad.rings.interval.kernels.rounding import ends
from taylorad.rings.interval.oscillations import OSCILLATIONS
from taylorad.rings.interval.several import root
from taylorad.rings.interval.shapes import SHAPES, Shape, monotone
from taylorad.rings.interval.walking import extremum, sign

INF = math.inf
Evaluation = Callable[..., Any]


def shaped(name: str, shape: Shape, inf: np.ndarray, sup: np.ndarray, *parameters: float) -> Enclosure:
    """A function by its branches of monotony."""
    pair = range_over(shape.branches, lambda x: values_of(name, *parameters, x), inf, sup)
    return decorated(pair, shape.contains(inf, sup))


def oscillating(name: str, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """A function of the table of oscillations."""
    oscillation = OSCILLATIONS[name]
    pair = oscillation.range(lambda x: values_of(name, x), inf, sup)
    return decorated(pair, SHAPES[name].contains(inf, sup))


# ------------------------------------------------------------------------------------------ Lambert W and Riemann ζ

BRANCH_POINT = -0.36787944117144233  # the double just below -1/e


def lambertw(k: Any, tolerance: Any, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """The real branches W_0 on [-1/e, inf) and W_-1 on [-1/e, 0)."""
    if k == 0:
        shape = monotone(1, BRANCH_POINT, INF, limits=(-1.0, INF))
    elif k == -1:
        shape = monotone(-1, BRANCH_POINT, 0.0, limits=(-1.0, -INF))
    else:
        raise ValueError(f"lambertw: branch {k} has no real values; only 0 and -1 have")
    return shaped("lambertw", shape, inf, sup, float(k))


ZETA_MAXIMUM = (-2.717262829204574, -2.7172628292045737), (0.00915989011990346, 0.009159890119903463)

LEAST_ZETA = -300.0  # left of it most values are beyond the largest double


@lru_cache(maxsize=256)
def zeta_extremum(n: int) -> tuple[float, float]:
    """ζ at the only stationary point between -2n - 2 and -2n (Levinson and Montgomery, Acta Math. 133 (1974) 49)."""
    from flint import arb

    function, slope = with_parameters("zeta")
    with precision(200):
        left, right = arb(-2 * n - 2), arb(-2 * n)
        return ends(extremum(function, slope, left, right, sign(slope, left)))


def zeta_left(inf: float, sup: float) -> tuple[float, float]:
    """Range of ζ over an interval left of -2."""
    from flint import arb

    if inf < LEAST_ZETA:
        return -INF, INF
    function, slope = with_parameters("zeta")
    found = [enclose(function, inf), enclose(function, sup)]
    for n in range(math.ceil(-sup / 2) - 1, math.ceil(-inf / 2)):
        left, right = max(inf, -2.0 * n - 2), min(sup, -2.0 * n)
        with precision(200):
            if left < right and sign(slope, arb(left)) != sign(slope, arb(right)):
                found.append(zeta_extremum(n))
    return union(*found)


def zeta(inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """ζ: falling on (1, inf) and on (-2.717…, 1), with extrema between all even numbers further left."""
    place, height = ZETA_MAXIMUM
    branches = (
        Branch(-1, place[0], 1.0, limits=(height, (-INF, -INF))),
        Branch(-1, 1.0, INF, limits=((INF, INF), (1.0, 1.0))),
    )
    pair = range_over(branches, lambda x: values_of("zeta", x), inf, sup)

    meets = inf <= place[0]
    left = np.where(meets, inf, np.nan), np.where(meets, np.minimum(sup, place[0]), np.nan)
    return decorated(hull(pair, scalarwise(zeta_left, *left)), (inf > 1) | (sup < 1))


# ------------------------------------------------------------------- incomplete gamma, beta and elliptic integrals


def positive(function: str, **parameters: float) -> None:
    """Raise ValueError unless parameters are positive."""
    for name, value in parameters.items():
        if not value > 0:
            raise ValueError(f"{function}: an enclosure needs {name} > 0, not {name} = {value!r}")


def gammainc(a: float, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """P(a, x) on x ≥ 0."""
    positive("gammainc", a=a)
    shape = monotone(1, 0.0, INF, (True, False), limits=(0.0, 1.0))
    return shaped("gammainc", shape, inf, sup, a)


def gammaincc(a: float, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """Q(a, x) on x ≥ 0."""
    positive("gammaincc", a=a)
    shape = monotone(-1, 0.0, INF, (True, False), limits=(1.0, 0.0))
    return shaped("gammaincc", shape, inf, sup, a)


def betainc(a: float, b: float, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """I_x(a, b) on [0, 1]."""
    positive("betainc", a=a, b=b)
    return shaped("betainc", monotone(1, 0.0, 1.0, (True, True)), inf, sup, a, b)


def incomplete_elliptic(name: str, m: float, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """F(φ|m) or E(φ|m): rising in φ while 1 - m sin²φ > 0, everywhere for m < 1."""
    if m < 1 or (m == 1 and name == "ellipeinc"):
        return shaped(name, monotone(), inf, sup, m)
    above = enclose(lambda k: (1 / k.sqrt()).asin(), m)[1]  # φ = arcsin(1/√m), π/2 for m = 1
    limit = (INF, INF) if m == 1 else enclose(_at_quarter(name), m)
    branch = Branch(1, -above, above, limits=((-limit[1], -limit[0]), limit))
    return shaped(name, Shape((Component(-above, above),), (branch,)), inf, sup, m)


def _at_quarter(name: str) -> Callable[[Any], Any]:
    """F(φ|m) = K(1/m)/√m and E(φ|m) = √m (E(1/m) - (1 - 1/m) K(1/m)) where m sin²φ = 1 (DLMF 19.7.4)."""
    from taylorad.rings.interval.kernels.special_formulas import SPECIAL

    def first(m: Any) -> Any:
        return SPECIAL["ellipk"](1 / m) / m.sqrt()

    def second(m: Any) -> Any:
        return m.sqrt() * (SPECIAL["ellipe"](1 / m) - (1 - 1 / m) * SPECIAL["ellipk"](1 / m))

    return first if name == "ellipkinc" else second


# ------------------------------------------------------------------------------------------------- hypergeometric


def searched(name: str, parameters: tuple[float, ...], inf: np.ndarray, sup: np.ndarray) -> Pair:
    """Ranges by bisection; all reals over unbounded intervals."""

    def bounds(low: float, high: float) -> tuple[float, float]:
        if math.isinf(low) or math.isinf(high):
            return -INF, INF
        return bisected(with_curvature(name, *parameters), low, high)

    return scalarwise(bounds, inf, sup)


def denominator(function: str, name: str, value: float) -> None:
    """Raise ValueError for 0, -1, -2, …"""
    if value <= 0 and value == math.floor(value):
        raise ValueError(f"{function}: {name} must not be a whole number ≤ 0, as {name} = {value!r} is")


def hyp0f1(b: float, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """0F1(b; x); rising on x ≥ 0 for b > 0."""
    denominator("hyp0f1", "b", b)
    if b < 0:
        return decorated(searched("hyp0f1", (b,), inf, sup), True)
    branch = Branch(1, 0.0, INF, (True, False))
    pair = range_over((branch,), lambda x: values_of("hyp0f1", b, x), inf, sup)
    meets = inf < 0
    left = searched("hyp0f1", (b,), np.where(meets, inf, np.nan), np.where(meets, np.minimum(sup, 0.0), np.nan))
    return decorated(hull(pair, left), True)


def hyp1f1(a: float, b: float, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """1F1(a; b; x); rising from 0 when b ≥ a > 0, as the mean of e^(xt) under a beta distribution."""
    denominator("hyp1f1", "b", b)
    if b >= a > 0:
        return shaped("hyp1f1", monotone(limits=(0.0, INF)), inf, sup, a, b)
    return decorated(searched("hyp1f1", (a, b), inf, sup), True)


def hyp2f1(a: float, b: float, c: float, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """2F1(a, b; c; x) on x < 1; rising when a > 0 and c > b > 0, the mean of (1 - x t)^-a for beta distributed t."""
    denominator("hyp2f1", "c", c)
    a, b = max(a, b), min(a, b)
    if c > b > 0:
        top = enclose(lambda x: x.hypgeom_2f1(a, b, c), 1.0) if c - a - b > 0 else (INF, INF)
        return shaped("hyp2f1", monotone(1, -INF, 1.0, limits=(0.0, top)), inf, sup, a, b, c)
    meets = inf < 1
    low, high = np.where(meets, inf, np.nan), np.where(meets, np.where(sup >= 1, INF, sup), np.nan)
    return decorated(searched("hyp2f1", (a, b, c), low, high), sup < 1)


# ------------------------------------------------------------------------------------------------------ the table


@dataclass(frozen=True)
class SpecialFunction:
    """An evaluation `function(*parameters, inf, sup)` and the positions of the parameters among the arguments."""

    function: Evaluation
    parameters: tuple[int, ...] = ()
    defaults: tuple[float, ...] = ()


def of_order(function: Evaluation, order: float) -> SpecialFunction:
    """A function with its order fixed."""
    return SpecialFunction(lambda inf, sup: function(order, inf, sup))


SPECIAL_FUNCTIONS: dict[str, SpecialFunction] = {
    "gamma": SpecialFunction(gammas.gamma),
    "rgamma": SpecialFunction(gammas.rgamma),
    "rootn": SpecialFunction(root, (1,)),
    "gammaln": SpecialFunction(gammas.gammaln),
    "digamma": of_order(gammas.polygamma, 0.0),
    "polygamma": SpecialFunction(gammas.polygamma, (0,)),
    "zeta": SpecialFunction(zeta),
    "hurwitz": SpecialFunction(gammas.hurwitz, (0,)),
    "jv": SpecialFunction(cylinders.bessel_j, (0,)),
    "yv": SpecialFunction(cylinders.bessel_y, (0,)),
    "iv": SpecialFunction(cylinders.bessel_i, (0,)),
    "kv": SpecialFunction(cylinders.bessel_k, (0,)),
    "j0": of_order(cylinders.bessel_j, 0.0),
    "j1": of_order(cylinders.bessel_j, 1.0),
    "y0": of_order(cylinders.bessel_y, 0.0),
    "y1": of_order(cylinders.bessel_y, 1.0),
    "i0": of_order(cylinders.bessel_i, 0.0),
    "i1": of_order(cylinders.bessel_i, 1.0),
    "k0": of_order(cylinders.bessel_k, 0.0),
    "k1": of_order(cylinders.bessel_k, 1.0),
    "airy": SpecialFunction(cylinders.airy),
    "lambertw": SpecialFunction(lambertw, (1, 2), (0.0, 1e-8)),
    "sici": SpecialFunction(lambda inf, sup: (oscillating("si", inf, sup), oscillating("ci", inf, sup))),
    "shichi": SpecialFunction(
        lambda inf, sup: (shaped("shi", SHAPES["shi"], inf, sup), shaped("chi", SHAPES["chi"], inf, sup))
    ),
    "fresnel": SpecialFunction(
        lambda inf, sup: (oscillating("fresnel_s", inf, sup), oscillating("fresnel_c", inf, sup))
    ),
    "gammainc": SpecialFunction(gammainc, (0,)),
    "gammaincc": SpecialFunction(gammaincc, (0,)),
    "betainc": SpecialFunction(betainc, (0, 1)),
    "ellipkinc": SpecialFunction(lambda m, inf, sup: incomplete_elliptic("ellipkinc", m, inf, sup), (1,)),
    "ellipeinc": SpecialFunction(lambda m, inf, sup: incomplete_elliptic("ellipeinc", m, inf, sup), (1,)),
    "hyp0f1": SpecialFunction(hyp0f1, (0,)),
    "hyp1f1": SpecialFunction(hyp1f1, (0, 1)),
    "hyp2f1": SpecialFunction(hyp2f1, (0, 1, 2)),
}
