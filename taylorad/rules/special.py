"""The table, second part: the special functions of `scipy.special`.

An equation whose leading polynomial vanishes somewhere (at 0 for Bessel functions, at 0 and 1 for hypergeometric
ones), or that has a faster growing solution (erfcx, dawsn), loses digits order by order for the solution that is
smooth there. `unstable` says where, and `coefficients` gives the derivatives in closed form; without one the same
equation is solved with as many more digits as it takes.
"""

from __future__ import annotations

import math

import numpy as np

from taylorad.rules.closed_forms import (
    cylinder_coefficients,
    ellip_coefficients,
    erfcx_coefficients,
    gamma_coefficients,
    gammaln_coefficients,
    hurwitz_coefficients,
    hyp0f1_coefficients,
    hyp1f1_coefficients,
    hyp2f1_coefficients,
    integrated,
    log_ndtr_coefficients,
    log_quotient,
    polygamma_coefficients,
    zeta_coefficients,
)
from taylorad.rules.rule import POSITIVE, Domain, Rule


def everywhere(*arguments):
    """All points: the mask of a function whose recurrence is never the best way."""
    *_, x, _order = arguments
    return np.ones(np.shape(x), dtype=bool)


def legendre_root(xp, sine, cosine, m):
    """sqrt(1 - m sin²φ), for m > 0 as that of 1 - m + m cos²φ, which does not cancel near φ = π/2."""
    above, below = xp.maximum(m, 0), xp.minimum(m, 0)
    return xp.sqrt(1 - above + above * cosine**2 - below * sine**2)


def bessel_rule(name, slope_sign, neighbour_sign, order=None):
    """One of J, Y, I, K: x y' = v y ± x z and x z' = ± x y - (v+1) z with z of order v + 1 (DLMF 10.6.2, 10.29.2).

    `order` fixes v, for j0 and its like.
    """
    entire, closed = name in ("jv", "iv"), name != "kv"
    closed_form = cylinder_coefficients(name, -1 if name in ("jv", "yv") else 1)

    def start(xp, v, x):
        function = getattr(xp, name)
        return function(v, x), function(v + 1, x)

    def ode(x, y, z, v):
        return x, v * y + slope_sign * x * z, neighbour_sign * x * y - (v + 1) * z

    def unstable(v, x, degree):
        if not entire:  # up to degree 20 the recurrence keeps its digits; Y of order 150 stays within numbers
            return (degree > 20) & (abs(v) + degree <= 150) & (abs(x) > 7) & (abs(x) < degree)
        integer = np.equal(np.mod(v, 1), 0)
        return np.broadcast_to(integer | (degree <= 100), np.broadcast_shapes(np.shape(v), np.shape(x)))

    domain = Domain() if entire else POSITIVE
    if order is None:
        return Rule(
            start,
            ode,
            nin=2,
            parameters=(0,),
            domain=domain,
            coefficients=closed_form if closed else None,
            unstable=unstable if closed else None,
        )
    return Rule(
        start=lambda xp, x: start(xp, order, x),
        ode=lambda x, y, z: ode(x, y, z, order),
        domain=domain,
        coefficients=(lambda xp, x, degree: closed_form(xp, order, x, degree)) if closed else None,
        unstable=(everywhere if entire else lambda x, degree: unstable(order, x, degree)) if closed else None,
    )


def gamma_pole(x):
    """0, -1, -2, …"""
    return (x <= 0) & (np.mod(x, 1) == 0)


GAMMA_DOMAIN = Domain(poles=gamma_pole)
BELOW_ONE = Domain(-math.inf, 1)

SPECIAL = {
    # error functions: the companion c is their Gaussian slope
    "erf": Rule(
        start=lambda xp, x: (xp.erf(x), 2 / xp.sqrt(xp.pi) * xp.exp(-x * x)),
        ode=lambda x, y, c: (1, c, -2 * x * c),
        monotony=1,
    ),
    "erfc": Rule(
        start=lambda xp, x: (xp.erfc(x), -2 / xp.sqrt(xp.pi) * xp.exp(-x * x)),
        ode=lambda x, y, c: (1, c, -2 * x * c),
        monotony=-1,
    ),
    "erfi": Rule(
        start=lambda xp, x: (xp.erfi(x), 2 / xp.sqrt(xp.pi) * xp.exp(x * x)),
        ode=lambda x, y, c: (1, c, 2 * x * c),
        monotony=1,
    ),
    "erfcx": Rule(  # exp(x²) outgrows it to the right of 0
        start=lambda xp, x: xp.erfcx(x),
        ode=lambda x, y, c: (1, 2 * x * y - c),
        constants=lambda xp: (2 / xp.sqrt(xp.pi),),
        monotony=-1,
        unstable=lambda x, order: (np.real(x) > 0.2) | (abs(np.imag(x)) > 1),
        coefficients=erfcx_coefficients,
        truncated=True,
    ),
    "wofz": Rule(  # exp(-z²) outgrows it
        start=lambda xp, x: xp.wofz(x),
        ode=lambda x, y, c: (1, c - 2 * x * y),
        constants=lambda xp: (2 / xp.sqrt(xp.pi) * xp.imaginary_unit,),
        unstable=lambda x, order: (abs(x) > 0.5) | (np.imag(x) > 0.1),
    ),
    "dawsn": Rule(  # exp(-x²) outgrows it
        start=lambda xp, x: xp.dawsn(x), ode=lambda x, y: (1, 1 - 2 * x * y), unstable=lambda x, order: abs(x) > 0.5
    ),
    "erfinv": Rule(
        start=lambda xp, x: ((y := xp.erfinv(x)), xp.sqrt(xp.pi) / 2 * xp.exp(y * y)),
        ode=lambda x, y, c: (1, c, 2 * y * c * c),
        domain=Domain(-1, 1),
        monotony=1,
        complex=False,
    ),
    "ndtr": Rule(
        start=lambda xp, x: (xp.ndtr(x), xp.exp(-x * x / 2) / xp.sqrt(2 * xp.pi)),
        ode=lambda x, y, c: (1, c, -x * c),
        monotony=1,
    ),
    "ndtri": Rule(
        start=lambda xp, x: ((y := xp.ndtri(x)), xp.sqrt(2 * xp.pi) * xp.exp(y * y / 2)),
        ode=lambda x, y, c: (1, c, y * c * c),
        unstable=lambda x, order: x < 1e-100,  # the exponential of y²/2 loses y² roundings
        domain=Domain(0, 1),
        monotony=1,
        complex=False,
    ),
    "log_ndtr": Rule(  # m = φ/Φ, and d = x + m because m' = -m (x + m)
        start=lambda xp, x: (xp.log_ndtr(x), (m := xp.exp(-x * x / 2 - xp.log_ndtr(x)) / xp.sqrt(2 * xp.pi)), x + m),
        ode=lambda x, y, m, d: (1, m, -m * d, 1 - m * d),
        monotony=1,
        complex=False,
        unstable=lambda x, order: x < -0.3,
        coefficients=log_ndtr_coefficients,
        truncated=True,
    ),
    # gamma functions: no differential equation (Hölder), coefficients from the Hurwitz zeta function
    "gamma": Rule(lambda xp, x: xp.gamma(x), coefficients=gamma_coefficients, domain=GAMMA_DOMAIN),
    "rgamma": Rule(lambda xp, x: xp.rgamma(x)),  # entire, smaller than what 1/Γ's factors leave of it
    "gammaln": Rule(lambda xp, x: xp.gammaln(x), coefficients=gammaln_coefficients, domain=GAMMA_DOMAIN, complex=False),
    "digamma": Rule(
        lambda xp, x: xp.digamma(x),
        coefficients=lambda xp, x, order: polygamma_coefficients(xp, 0, x, order),
        domain=GAMMA_DOMAIN,
    ),
    "polygamma": Rule(
        lambda xp, n, x: xp.polygamma(n, x),
        coefficients=polygamma_coefficients,
        nin=2,
        parameters=(0,),
        domain=GAMMA_DOMAIN,
        complex=False,
    ),
    "zeta": Rule(
        lambda xp, x: xp.zeta(x), coefficients=zeta_coefficients, cancels=True, domain=Domain(poles=lambda x: x == 1)
    ),
    "hurwitz": Rule(
        lambda xp, s, q: xp.hurwitz(s, q),
        coefficients=hurwitz_coefficients,
        nin=2,
        parameters=(0,),
        domain=GAMMA_DOMAIN,
        complex=False,
    ),
    # Bessel functions
    "jv": bessel_rule("jv", -1, 1),
    "yv": bessel_rule("yv", -1, 1),
    "iv": bessel_rule("iv", 1, 1),
    "kv": bessel_rule("kv", -1, -1),
    "j0": bessel_rule("jv", -1, 1, order=0),
    "j1": bessel_rule("jv", -1, 1, order=1),
    "y0": bessel_rule("yv", -1, 1, order=0),
    "y1": bessel_rule("yv", -1, 1, order=1),
    "i0": bessel_rule("iv", 1, 1, order=0),
    "i1": bessel_rule("iv", 1, 1, order=1),
    "k0": bessel_rule("kv", -1, -1, order=0),
    "k1": bessel_rule("kv", -1, -1, order=1),
    "i0e": Rule(  # exp(-|x|) I0(x), with g = sign x; algebraic in x where its factors grow
        start=lambda xp, x: (xp.i0e(x), xp.i1e(x), xp.sign(x)),
        ode=lambda x, y, z, g: (x, x * z - g * x * y, x * y - z - g * x * z, 0),
        complex=False,
        unstable=everywhere,
    ),
    "i1e": Rule(
        start=lambda xp, x: (xp.i1e(x), xp.i0e(x), xp.sign(x)),
        ode=lambda x, z, y, g: (x, x * y - z - g * x * z, x * z - g * x * y, 0),
        complex=False,
        unstable=everywhere,
    ),
    "airy": Rule(  # Ai, Ai', Bi, Bi'; Bi outgrows Ai to the right
        start=lambda xp, x: xp.airy(x),
        ode=lambda x, a, da, b, db: (1, da, x * a, db, x * b),
        outputs=4,
        unstable=lambda x, order: np.real(x) > 1,
    ),
    # Lambert's W: W e^W = x; the companion e = e^W keeps the equation regular at x = 0
    "lambertw": Rule(
        start=lambda xp, x, k, tol: (w := xp.lambertw(x, k), xp.exp(w)),
        ode=lambda x, y, e, k, tol: (e * (1 + y), 1, e),
        nin=3,
        parameters=(1, 2),
        domain=Domain(-math.inf, math.inf, poles=lambda x: x == -math.exp(-1)),
        unstable=lambda x, k, tol, order: abs(x + math.exp(-1)) < 0.05,  # 1 + W cancels at the branch point
    ),
    # exponential, sine and cosine integrals
    "exp1": Rule(
        start=lambda xp, x: (xp.exp1(x), xp.exp(-x)), ode=lambda x, y, e: (x, -e, -x * e), domain=POSITIVE, monotony=-1
    ),
    "expi": Rule(
        start=lambda xp, x: (xp.expi(x), xp.exp(x)),
        ode=lambda x, y, e: (x, e, x * e),
        unstable=lambda x, order: (np.real(x) > 2) & (abs(x) <= 2 * order),  # its entire part outweighs the logarithm
        domain=Domain(poles=lambda x: x == 0),
    ),
    "sici": Rule(  # Si and Ci; dividing by x each order swamps Si, an entire function
        start=lambda xp, x: (*xp.sici(x), xp.sin(x), xp.cos(x)),
        ode=lambda x, y, z, s, c: (x, s, c, x * c, -x * s),
        outputs=2,
        unstable=lambda x, order: abs(x) <= 2 * order,
    ),
    "shichi": Rule(
        start=lambda xp, x: (*xp.shichi(x), xp.sinh(x), xp.cosh(x)),
        ode=lambda x, y, z, s, c: (x, s, c, x * c, x * s),
        outputs=2,
        unstable=lambda x, order: abs(x) <= 2 * order,
    ),
    "fresnel": Rule(  # S and C, with s, c = sin, cos of πx²/2
        start=lambda xp, x: (*xp.fresnel(x), xp.sin(xp.pi / 2 * x * x), xp.cos(xp.pi / 2 * x * x)),
        ode=lambda x, y, z, s, c, p: (1, s, c, p * x * c, -p * x * s),
        constants=lambda xp: (xp.pi,),
        outputs=2,
    ),
    # incomplete gamma and beta: the companion c is the density
    "gammainc": Rule(
        start=lambda xp, a, x: (xp.gammainc(a, x), xp.exp(xp.xlogy(a - 1, x) - x - xp.gammaln(a))),
        ode=lambda x, y, c, a: (x, x * c, (a - 1 - x) * c),
        nin=2,
        parameters=(0,),
        domain=POSITIVE,
        monotony=1,
        complex=False,
        unstable=lambda a, x, order: ((np.mod(a, 1) == 0) | (a > 3)) & (x <= a + order),
    ),
    "gammaincc": Rule(
        start=lambda xp, a, x: (xp.gammaincc(a, x), -xp.exp(xp.xlogy(a - 1, x) - x - xp.gammaln(a))),
        ode=lambda x, y, c, a: (x, x * c, (a - 1 - x) * c),
        nin=2,
        parameters=(0,),
        domain=POSITIVE,
        monotony=-1,
        complex=False,
        unstable=lambda a, x, order: ((np.mod(a, 1) == 0) | (a > 3)) & (x <= a + order),
    ),
    "betainc": Rule(
        start=lambda xp, a, b, x: (
            xp.betainc(a, b, x),
            xp.exp(xp.xlogy(a - 1, x) + xp.xlog1py(b - 1, -x) - xp.betaln(a, b)),
        ),
        ode=lambda x, y, c, a, b: (x * (1 - x), x * (1 - x) * c, (a - 1 - (a + b - 2) * x) * c),
        nin=3,
        parameters=(0, 1),
        domain=Domain(0, 1),
        monotony=1,
        complex=False,
        unstable=lambda a, b, x, order: (np.mod(a, 1) == 0) | (np.mod(b, 1) == 0) | (a > 3) | (b > 3),
    ),
    # elliptic integrals, by parameter m
    "ellipk": Rule(
        start=lambda xp, m: (xp.ellipk(m), xp.ellipe(m)),
        ode=lambda m, k, e: (2 * m * (1 - m), e - (1 - m) * k, (1 - m) * (e - k)),
        domain=BELOW_ONE,
        monotony=1,
        complex=False,
        unstable=lambda m, order: m < 0.5,
        coefficients=lambda xp, m, order: ellip_coefficients(xp, 1, m, order),
    ),
    "ellipe": Rule(
        start=lambda xp, m: (xp.ellipe(m), xp.ellipk(m)),
        ode=lambda m, e, k: (2 * m * (1 - m), (1 - m) * (e - k), e - (1 - m) * k),
        domain=BELOW_ONE,
        monotony=-1,
        complex=False,
        unstable=lambda m, order: m < 0.5,
        coefficients=lambda xp, m, order: ellip_coefficients(xp, -1, m, order),
    ),
    "ellipkinc": Rule(  # w = sqrt(1 - m sin²φ)
        start=lambda xp, x, m: (xp.ellipkinc(x, m), (s := xp.sin(x)), (c := xp.cos(x)), legendre_root(xp, s, c, m)),
        ode=lambda x, y, s, c, w, m: (w, 1, w * c, -w * s, -m * s * c),
        nin=2,
        parameters=(1,),
        complex=False,
    ),
    "ellipeinc": Rule(
        start=lambda xp, x, m: (xp.ellipeinc(x, m), (s := xp.sin(x)), (c := xp.cos(x)), legendre_root(xp, s, c, m)),
        ode=lambda x, y, s, c, w, m: (w, w * w, w * c, -w * s, -m * s * c),
        nin=2,
        parameters=(1,),
        complex=False,
    ),
    # Spence's dilogarithm: y' = q = log(x)/(1 - x), smooth at 1
    "spence": Rule(
        start=lambda xp, x: (xp.spence(x), log_quotient(xp, x)),
        ode=lambda x, y, q: (x * (1 - x), x * (1 - x) * q, 1 + x * q),
        domain=POSITIVE,
        monotony=-1,
        unstable=lambda x, order: (x > 0.4) & (x < 10 + 2 * order),
        coefficients=lambda xp, x, order: integrated(
            xp.spence(x),
            [(-1) ** (k + 1) / (x**k * (k + 1)) * xp.hyp2f1(1, 1, 2 + k, 1 - x) for k in range(order + 1)],
        ),
    ),
    # hypergeometric functions; w = y'
    "hyp0f1": Rule(
        start=lambda xp, b, x: (xp.hyp0f1(b, x), xp.hyp0f1(b + 1, x) / b),
        ode=lambda x, y, w, b: (x, x * w, y - b * w),
        nin=2,
        parameters=(0,),
        unstable=everywhere,
        coefficients=hyp0f1_coefficients,
    ),
    "hyp1f1": Rule(
        start=lambda xp, a, b, x: (xp.hyp1f1(a, b, x), a * xp.hyp1f1(a + 1, b + 1, x) / b),
        ode=lambda x, y, w, a, b: (x, x * w, a * y - (b - x) * w),
        nin=3,
        parameters=(0, 1),
        unstable=everywhere,
        coefficients=hyp1f1_coefficients,
    ),
    "hyp2f1": Rule(
        start=lambda xp, a, b, c, x: (xp.hyp2f1(a, b, c, x), a * b * xp.hyp2f1(a + 1, b + 1, c + 1, x) / c),
        ode=lambda x, y, w, a, b, c: (x * (1 - x), x * (1 - x) * w, a * b * y - (c - (a + b + 1) * x) * w),
        nin=4,
        parameters=(0, 1, 2),
        domain=BELOW_ONE,
        unstable=everywhere,
        coefficients=hyp2f1_coefficients,
    ),
}

ALIASES = {
    "radians": "deg2rad",
    "degrees": "rad2deg",
    "acos": "arccos",
    "asin": "arcsin",
    "atan": "arctan",
    "psi": "digamma",
    "jn": "jv",
    "_lambertw": "lambertw",
    "_riemann_zeta": "zeta",
    "_zeta": "hurwitz",
}
