"""Functions of one interval for the tests: oracle in mpmath, points of interest, and where the extrema are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import mpmath

mp = mpmath.mp
DIGITS = 60
INF = math.inf
TINY = [5e-324, 1e-310, 2.0**-1022, 1e-200]
LARGEST = math.ldexp(2 - 2.0**-52, 1023)


@dataclass(frozen=True)
class Case:
    """A call ``name(*before, x, *after)``, its value in mpmath, points to build intervals of, its stationary points.

    `outputs` is the number of results; `ulps` how far an end may be from the tightest double. `domain` are open
    intervals whose union, with the numbers of `ends`, is where the function is defined.
    """

    name: str
    value: Callable[[Any], Any]
    points: tuple[float, ...]
    extrema: Callable[[], list] = list
    before: tuple = ()
    after: tuple = ()
    domain: tuple[tuple[float, float], ...] = ((-INF, INF),)
    ends: tuple[float, ...] = ()
    outputs: int = 1
    ulps: int = 1

    def __str__(self) -> str:
        return self.name + "".join(f",{p:g}" for p in (*self.before, *self.after))

    def defined(self, x: Any) -> bool:
        """Whether the function is defined at a number."""
        return any(low < x < high for low, high in self.domain) or x in self.ends


def spread(*points: float) -> tuple[float, ...]:
    """Points with their negatives and neighbours."""
    both = {s * p for p in points for s in (1, -1)}
    near = {math.nextafter(p, d) for p in both for d in (-INF, INF)}
    return tuple(sorted(x for x in both | near if math.isfinite(x)))


def right(*points: float, of: float = 0.0) -> tuple[float, ...]:
    """Points to the right of a number that is the end of a domain, with neighbours, and one point outside."""
    near = {math.nextafter(p, d) for p in (*points, of) for d in (-INF, INF)}
    return tuple(sorted({*points, of, of - 1, *near}))


def roots(slope: Callable[[Any], Any], *guesses: float) -> Callable[[], list]:
    """Zeros of a derivative, to more digits than are compared."""

    @cache
    def found() -> list:
        with mp.workdps(DIGITS + 10):
            return [mp.findroot(slope, mp.mpf(g)) for g in guesses]

    return found


def multiples(scale: Callable[[], Any], *counts: float) -> Callable[[], list]:
    """Multiples of an irrational number."""

    def found() -> list:
        with mp.workdps(DIGITS + 10):
            return [scale() * c for c in counts]

    return found


def exactly(*points: float) -> Callable[[], list]:
    """Stationary points that are doubles."""
    return lambda: [mp.mpf(p) for p in points]


REAL = spread(0.0, 0.3, 1.0, 2.5, 10.0, 700.0, 1e5, 1e300, 5e-324, 1e-310, 1e-20)
MODERATE = spread(0.0, 0.3, 1.0, 2.5, 10.0, 25.0, 5e-324, 1e-20)
POSITIVE = right(0.3, 1.0, 1.5, 2.5, 10.0, 1e5, 1e300, 1e-20, *TINY)
UNIT = spread(0.0, 0.3, 0.5, 1.0, 1e-20, 1e-310)
ANGLES = spread(0.0, 0.5, 1.5707963267948966, 3.141592653589793, 4.7, 6.3, 10.0, 1e5, 1e22, 5e-324)
HALVES = spread(0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 10.25, 1e5 + 0.5, 2.0**52 + 1, 1e300, 5e-324)


def _cbrt(x: Any) -> Any:
    return mp.sign(x) * mp.cbrt(abs(x))


def _tail(x: Any) -> Any:
    return mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x))


def _erfcx(x: Any) -> Any:
    return mp.hyperu(0.5, 0.5, x * x) / mp.sqrt(mp.pi) if x > 1 else mp.exp(x * x) * mp.erfc(x)


def _ndtr(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def _log_ndtr(x: Any) -> Any:
    return mp.log(_erfcx(-x / mp.sqrt(2)) / 2) - x * x / 2 if x < 0 else mp.log1p(-_ndtr(-x))


def _ndtri(p: Any) -> Any:
    with mp.extradps(330):
        return mp.sqrt(2) * mp.erfinv(2 * p - 1)


def _dawsn(x: Any) -> Any:
    return x * mp.hyp1f1(1, 1.5, -x * x)


SINGLE = (1.0, INF)
RIGHT = ((0.0, INF),)
ELEMENTARY = [
    Case("sqrt", mp.sqrt, POSITIVE, domain=RIGHT, ends=(0.0,)),
    Case("rsqrt", lambda x: 1 / mp.sqrt(x), POSITIVE, domain=RIGHT),
    Case("cbrt", _cbrt, REAL),
    Case("exp", mp.exp, REAL),
    Case("exp2", lambda x: mp.power(2, x), REAL),
    Case("exp10", lambda x: mp.power(10, x), REAL),
    Case("expm1", mp.expm1, REAL),
    Case("log", mp.log, POSITIVE, domain=RIGHT),
    Case("log2", lambda x: mp.log(x, 2), POSITIVE, domain=RIGHT),
    Case("log10", mp.log10, POSITIVE, domain=RIGHT),
    Case("log1p", mp.log1p, right(-0.5, 0.0, 1.0, 1e300, 1e-20, of=-1.0), domain=((-1.0, INF),)),
    Case("deg2rad", mp.radians, REAL),
    Case("rad2deg", mp.degrees, spread(0.0, 0.3, 57.0, 1e300)),
    Case("sin", mp.sin, ANGLES, multiples(lambda: mp.pi, *(k + 0.5 for k in range(-4, 4)))),
    Case("cos", mp.cos, ANGLES, multiples(lambda: mp.pi, *range(-4, 5))),
    Case("sinpi", mp.sinpi, HALVES, exactly(*(k + 0.5 for k in range(-11, 11)))),
    Case("cospi", mp.cospi, HALVES, exactly(*range(-11, 12))),
    Case("sinc", mp.sincpi, HALVES, lambda: [mp.mpf(0), *_sinc_roots()]),
    Case("tan", mp.tan, (-1.5, -1.0, -0.0, 5e-324, 0.3, 1.5, math.nextafter(math.pi / 2, 0), math.pi / 2)),
    Case("arcsin", mp.asin, UNIT, domain=((-1.0, 1.0),), ends=(-1.0, 1.0)),
    Case("arccos", mp.acos, UNIT, domain=((-1.0, 1.0),), ends=(-1.0, 1.0)),
    Case("arctan", mp.atan, REAL),
    Case("sinh", mp.sinh, REAL),
    Case("cosh", mp.cosh, REAL, exactly(0.0)),
    Case("tanh", mp.tanh, spread(0.0, 0.3, 1.0, 20.0, 700.0, 5e-324, 1e-20)),
    Case("arcsinh", mp.asinh, REAL),
    Case("arccosh", mp.acosh, right(1.5, 10.0, 1e300, of=1.0), domain=((1.0, INF),), ends=(1.0,)),
    Case("arctanh", mp.atanh, UNIT, domain=((-1.0, 1.0),)),
    Case("expit", lambda x: 1 / (1 + mp.exp(-x)), spread(0.0, 0.3, 10.0, 40.0, 700.0)),
    Case("logit", lambda x: mp.log(x / (1 - x)), right(0.1, 0.5, 1.0, *TINY, of=0.0), domain=((0.0, 1.0),)),
    Case("log_expit", lambda x: -_tail(-x), spread(0.0, 0.3, 10.0, 40.0, 700.0)),
    Case("erf", mp.erf, MODERATE),
    Case("erfc", mp.erfc, MODERATE),
    Case("erfi", mp.erfi, MODERATE),
    Case("erfcx", _erfcx, (-26.0, -10.0, -1.0, -1e-20, 0.0, 0.3, 1.0, 2.0, 10.0, 1e5)),
    Case("dawsn", _dawsn, spread(0.0, 0.3, 0.92, 1.0, 10.0), roots(lambda x: 1 - 2 * x * _dawsn(x), 0.92, -0.92)),
    Case("erfinv", mp.erfinv, spread(0.0, 0.3, 0.9, 1.0, 1e-20), domain=((-1.0, 1.0),)),
    Case("ndtr", _ndtr, MODERATE),
    Case("ndtri", _ndtri, right(0.1, 0.5, 1.0, 0.975, 1e-20, of=0.0), domain=((0.0, 1.0),)),
    Case("log_ndtr", _log_ndtr, (-1e5, -40.0, -6.0, -4.0, -1.0, 0.0, 0.5, 4.0, 30.0)),
    Case("entr", lambda x: -x * mp.log(x) if x else mp.mpf(0), POSITIVE, roots(lambda x: mp.log(x) + 1, 0.37),
         domain=RIGHT, ends=(0.0,)),
]  # fmt: skip


def _sinc_roots() -> list:
    with mp.workdps(DIGITS + 10):
        found = [mp.findroot(lambda x: mp.tan(mp.pi * x) - mp.pi * x, k + 0.5 - 0.1 / (k + 0.5)) for k in range(1, 4)]
    return found + [-x for x in found]
