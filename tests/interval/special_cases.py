"""Special functions for the tests of enclosures: see `cases`."""

from __future__ import annotations

import math
from typing import Any

import mpmath

from tests.interval.cases import INF, MODERATE, RIGHT, Case, exactly, multiples, right, roots, spread

mp = mpmath.mp
POLES = tuple((-k - 1.0, -float(k)) for k in range(8))
GAMMA = ((0.0, INF), *POLES)
STATIONARY = (1.46, -0.5, -1.57, -2.61, -3.635, -4.65, -5.66)
LEFT = (-5.5, -5.0, -4.7, -3.5, -3.0, -2.5, -2.0, -1.6, -1.0, -0.6, -0.3)


def _gammaln(x: Any) -> Any:
    return mp.log(abs(mp.gamma(x)))


def _psi(n: int) -> Any:
    return lambda x: mp.psi(n, x)


def _hurwitz(s: float) -> Any:
    return lambda q: mp.zeta(s, q) if s == 2.5 else (-1) ** int(s) * mp.psi(int(s) - 1, q) / mp.factorial(s - 1)


def bessel(name: str, function: Any, v: float, guesses: tuple = (), points: tuple = (), **more: Any) -> Case:
    """A Bessel function with the zeros of its derivative."""
    extrema = roots(lambda x: function(v, x, derivative=1), *guesses)
    return Case(name, lambda x: function(v, x), points, extrema, before=(v,), **more)


JPOINTS = (0.0, 5e-324, 1e-5, 0.5, 1.0, 1.8, 2.5, 3.9, 5.0, 7.1, 12.0, 30.0, 100.0, 1e10)
ARGUMENTS = JPOINTS[2:]
EVEN = tuple(sorted({*JPOINTS, *(-x for x in JPOINTS)}))
Y0 = (2.197, 5.43, 8.6, 11.75)
AIRY = (-12.0, -6.2, -4.0, -3.2, -2.3, -1.5, -1.0, -0.5, 0.0, 0.5, 2.0, 10.0, 30.0)
BELOW_ONE = (-1e5, -10.0, -0.5, 0.0, 1e-20, 0.5, math.nextafter(1, 0), 1.0, 2.0)
GROWING = (1e-5, 0.1, 1.0, 5.0, 100.0, 600.0)


def _airy(output: int) -> Any:
    function = mp.airyai if output < 2 else mp.airybi
    return lambda x: function(x, derivative=output % 2)


def _airy_all(x: Any) -> tuple:
    return tuple(_airy(i)(x) for i in range(4))


def _airy_roots() -> list:
    with mp.workdps(70):
        a = [mp.airyaizero(k, derivative=d) for k in range(1, 9) for d in (0, 1)]
        b = [mp.airybizero(k, derivative=d) for k in range(1, 9) for d in (0, 1)]
    return [mp.mpf(0), *a, *b]


def _spence(x: Any) -> Any:
    return mp.re(mp.polylog(2, 1 - x))


def _cosine_integral(x: Any) -> Any:
    return mp.ci(abs(x))


def _i1e_slope(x: Any) -> Any:
    return mp.besseli(1, x, derivative=1) - mp.besseli(1, x)


SPECIAL = [
    Case("gamma", mp.gamma, (*LEFT, *right(0.5, 1.0, 1.4, 1.6, 3.0, 20.0, 170.0, of=0.0)),
         roots(mp.digamma, *STATIONARY), domain=GAMMA),
    Case("rgamma", mp.rgamma, (*LEFT, 0.0, 0.5, 1.0, 1.6, 3.0, 170.0), roots(mp.digamma, *STATIONARY)),
    Case("gammaln", _gammaln, (*LEFT, *right(0.5, 1.0, 1.4, 2.0, 3.0, 20.0, 1e5, 1e300, of=0.0)),
         roots(mp.digamma, *STATIONARY), domain=GAMMA),
    Case("digamma", mp.digamma, (*LEFT, *right(0.5, 1.0, 1.46, 20.0, 1e5, of=0.0)), domain=GAMMA),
    *(Case("polygamma", _psi(n), (*LEFT, *right(0.5, 1.0, 20.0, 1e5, of=0.0)), before=(n,), domain=GAMMA,
           extrema=roots(_psi(n + 1), *STATIONARY[1:]) if n % 2 else list) for n in (0, 1, 2, 3)),
    *(Case("hurwitz", _hurwitz(s), (*LEFT, *right(0.5, 1.0, 20.0, 1e5, of=0.0)), before=(s,), domain=GAMMA,
           extrema=roots(_psi(int(s)), *STATIONARY[1:]) if s % 2 == 0 else list) for s in (2.0, 3.0)),
    Case("hurwitz", _hurwitz(2.5), right(0.5, 1.0, 20.0, 1e5, of=0.0), before=(2.5,), domain=RIGHT),
    Case("zeta", mp.zeta, (-9.5, -6.0, -4.2, -2.8, -2.5, -1.0, 0.0, 0.5, 0.99, 1.0, 1.01, 2.0, 30.0, 100.0),
         roots(lambda s: mp.zeta(s, derivative=1), -2.717, -4.94, -7.17, -9.4),
         domain=((-INF, 1.0), (1.0, INF))),
    bessel("jv", mp.besselj, 0.0, (3.83, 7.02, 10.17, 13.32, -3.83, -7.02, -10.17, -13.32), EVEN),
    bessel("jv", mp.besselj, 1.0, (1.84, 5.33, 8.54, 11.7, -1.84, -5.33, -8.54, -11.7), EVEN),
    bessel("jv", mp.besselj, -3.0, (4.2, 8.015, 11.35, 14.6, 17.8, -4.2, -8.015, -11.35, -14.6, -17.8), EVEN),
    bessel("jv", mp.besselj, 2.5, (3.6, 7.37, 10.66, 13.9), JPOINTS, domain=RIGHT, ends=(0.0,)),
    bessel("jv", mp.besselj, 0.3, (0.9, 4.27, 7.46, 10.6), ARGUMENTS, domain=RIGHT, ends=(0.0,)),
    bessel("jv", mp.besselj, -0.5, (2.975, 6.2, 9.37, 12.5), ARGUMENTS, domain=RIGHT),
    bessel("jv", mp.besselj, 30.0, (32.534, 38.636, 43.281, 47.479, 51.436), (1.0, 20.0, 31.0, 33.0, 38.0, 60.0, 1e5)),
    bessel("yv", mp.bessely, 0.0, Y0, ARGUMENTS, domain=RIGHT),
    bessel("yv", mp.bessely, 1.0, (3.68, 6.94, 10.12, 13.28), ARGUMENTS, domain=RIGHT),
    bessel("yv", mp.bessely, 2.5, (5.5, 8.9, 12.2, 15.4), ARGUMENTS, domain=RIGHT),
    bessel("yv", mp.bessely, -0.3, (1.75, 4.96, 8.13, 11.3), ARGUMENTS, domain=RIGHT),
    bessel("iv", mp.besseli, 0.0, (), (*(-x for x in GROWING), 0.0, *GROWING)),
    bessel("iv", mp.besseli, 1.0, (), (*(-x for x in GROWING), 0.0, *GROWING)),
    bessel("iv", mp.besseli, 2.5, (), GROWING, domain=RIGHT, ends=(0.0,)),
    bessel("kv", mp.besselk, 0.0, (), GROWING, domain=RIGHT),
    bessel("kv", mp.besselk, -2.5, (), GROWING, domain=RIGHT),
    Case("j0", lambda x: mp.besselj(0, x), ARGUMENTS, roots(lambda x: mp.besselj(1, x), 3.83, 7.02, 10.17, 13.3)),
    Case("j1", lambda x: mp.besselj(1, x), ARGUMENTS, roots(lambda x: mp.besselj(1, x, derivative=1), 1.84, 5.33, 8.5)),
    Case("y0", lambda x: mp.bessely(0, x), ARGUMENTS, roots(lambda x: mp.bessely(1, x), *Y0), domain=RIGHT),
    Case("y1", lambda x: mp.bessely(1, x), ARGUMENTS, roots(lambda x: mp.bessely(1, x, derivative=1), 3.68, 6.94, 10.1),
         domain=RIGHT),
    Case("i0", lambda x: mp.besseli(0, x), (-5.0, -0.5, 0.0, 0.5, 100.0), exactly(0.0)),
    Case("i1", lambda x: mp.besseli(1, x), (-5.0, -0.5, 0.0, 0.5, 100.0)),
    Case("k0", lambda x: mp.besselk(0, x), GROWING, domain=RIGHT),
    Case("k1", lambda x: mp.besselk(1, x), GROWING, domain=RIGHT),
    Case("i0e", lambda x: mp.exp(-abs(x)) * mp.besseli(0, x), spread(0.0, 0.3, 5.0, 100.0, 1e5), exactly(0.0)),
    Case("i1e", lambda x: mp.exp(-abs(x)) * mp.besseli(1, x), spread(0.0, 0.3, 1.5, 1.6, 100.0, 1e5),
         lambda: [s * r for r in roots(_i1e_slope, 1.545)() for s in (1, -1)]),
    Case("airy", _airy_all, AIRY, _airy_roots, outputs=4),
    Case("lambertw", lambda x: mp.lambertw(x), right(-0.3, -0.1, 0.0, 1.0, 1e5, 1e300, of=-0.36787944117144233),
         domain=((-0.36787944117144233, INF),)),
    Case("lambertw", lambda x: mp.lambertw(x, -1), right(-0.3, -0.1, -1e-20, -1e-300, 0.0, of=-0.36787944117144233),
         after=(-1, 1e-8), domain=((-0.36787944117144233, 0.0),)),
    Case("exp1", mp.e1, right(0.1, 1.0, 10.0, 700.0, 1e-20, of=0.0), domain=RIGHT),
    Case("expi", mp.ei, spread(0.0, 0.1, 0.37, 1.0, 10.0, 700.0), domain=((-INF, 0.0), (0.0, INF))),
    Case("sici", lambda x: (mp.si(x), _cosine_integral(x)), spread(0.0, 0.5, 2.0, 4.0, 7.0, 20.0, 1e8),
         multiples(lambda: mp.pi / 2, *range(-20, 21)), outputs=2, domain=((-INF, 0.0), (0.0, INF))),
    Case("shichi", lambda x: (mp.shi(x), mp.chi(abs(x))), spread(0.0, 0.5, 2.0, 4.0, 100.0), outputs=2,
         domain=((-INF, 0.0), (0.0, INF))),
    Case("fresnel", lambda x: (mp.fresnels(x), mp.fresnelc(x)), spread(0.0, 0.5, 1.2, 1.5, 2.1, 7.0, 1e5),
         lambda: [s * mp.sqrt(k) for k in range(60) for s in (1, -1)], outputs=2),
    *(Case(name, lambda x, a=a, f=f: f(a, x), right(0.1, 1.0, 5.0, 30.0, 1e-20, of=0.0), before=(a,),
           domain=RIGHT, ends=(0.0,)) for a in (0.5, 3.0) for name, f in
      (("gammainc", lambda a, x: mp.gammainc(a, 0, x, regularized=True)),
       ("gammaincc", lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True)))),
    *(Case("betainc", lambda x, a=a, b=b: mp.betainc(a, b, 0, x, regularized=True),
           right(0.1, 0.5, 0.9, 1.0, 1e-20, of=0.0), before=(a, b), domain=((0.0, 1.0),), ends=(0.0, 1.0))
      for a, b in ((2.0, 0.5), (3.0, 4.0))),
    Case("ellipk", mp.ellipk, BELOW_ONE, domain=((-INF, 1.0),)),
    Case("ellipe", mp.ellipe, BELOW_ONE, domain=((-INF, 1.0),),
         ends=(1.0,)),
    *(Case(name, lambda x, m=m, f=f: f(x, m), spread(0.0, 0.3, 1.5, 4.0, 100.0), after=(m,))
      for m in (0.5, -3.0) for name, f in (("ellipkinc", mp.ellipf), ("ellipeinc", mp.ellipe))),
    *(Case(name, lambda x, f=f: mp.re(f(x, 2)), spread(0.0, 0.3, 0.7, 0.9), after=(2.0,),
           domain=((-math.pi / 4, math.pi / 4),)) for name, f in (("ellipkinc", mp.ellipf), ("ellipeinc", mp.ellipe))),
    Case("spence", _spence, right(0.1, 0.5, 1.0, 2.0, 100.0, 1e-20, of=0.0), domain=RIGHT, ends=(0.0,)),
    Case("hyp0f1", lambda x: mp.hyp0f1(1.5, x), (-40.0, -10.0, -6.0, -3.0, 0.0, 1.0, 30.0), before=(1.5,), ulps=4,
         extrema=roots(lambda x: mp.hyp0f1(2.5, x), -5.048, -14.9, -29.7)),
    Case("hyp1f1", lambda x: mp.hyp1f1(1, 2, x), (-30.0, -1.0, 0.0, 1.0, 30.0), before=(1.0, 2.0)),
    Case("hyp1f1", lambda x: mp.hyp1f1(2.5, 1.5, x), (-10.0, -3.0, -2.0, 0.0, 1.0, 20.0), before=(2.5, 1.5), ulps=4,
         extrema=exactly(-2.5)),
    Case("hyp2f1", lambda x: mp.hyp2f1(1, 0.5, 2, x), (-30.0, -1.0, 0.0, 0.5, 0.99, 1.0, 2.0), before=(1.0, 0.5, 2.0),
         domain=((-INF, 1.0),)),
    Case("hyp2f1", lambda x: mp.hyp2f1(-2, 3.5, 2, x), (-30.0, -1.0, 0.0, 0.5, 0.7), before=(-2.0, 3.5, 2.0), ulps=4,
         extrema=roots(lambda x: mp.hyp2f1(-1, 4.5, 3, x), 0.66), domain=((-INF, 1.0),)),
    Case("erfc", mp.erfc, MODERATE),
]  # fmt: skip
