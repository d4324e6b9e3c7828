"""The special functions of the table in Arb's balls: parameters first, the argument last, as in `formulas`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Formula = Callable[..., Any]


def complex_ball(x: Any) -> Any:
    """A real ball as a complex one."""
    from flint import acb

    return acb(x)


def gammaln(x: Any) -> Any:
    """log|Γ|, by reflection left of 0."""
    if x > 0:
        return x.lgamma()
    return (x.__class__.pi() / x.sin_pi()).__abs__().log() - (1 - x).lgamma()


def polygamma(n: Any, x: Any) -> Any:
    if n == 0:
        return x.digamma()
    sign = -1 if int(n.unique_fmpz()) % 2 == 0 else 1
    return sign * (n + 1).gamma() * hurwitz(n + 1, x)


def hurwitz(s: Any, q: Any) -> Any:
    """ζ(s, q); for whole s left of 0 by reflection, (-1)^(s-1) (ζ(s, 1-q) + π c) with c = [t^(s-1)] cot(π(q + t))."""
    from flint import arb_series

    if q > 0:
        return s.zeta(q)
    n = int(s.unique_fmpz()) - 1
    cotangent = arb_series([q, 1], n + 1).cot_pi()[n]
    return (-1) ** n * (s.zeta(1 - q) + s.__class__.pi() * cotangent)


def betaln(a: Any, b: Any) -> Any:
    return a.lgamma() + b.lgamma() - (a + b).lgamma()


def lambertw(k: Any, x: Any) -> Any:
    return x.lambertw(int(k.unique_fmpz()))


def ellipkinc(m: Any, x: Any) -> Any:
    """F(x|m), in turns of π."""
    from flint import acb

    return acb.elliptic_f(x, m).real


def ellipeinc(m: Any, x: Any) -> Any:
    from flint import acb

    return acb.elliptic_e_inc(x, m).real


def fresnel(name: str) -> Formula:
    """S or C, less than 2/(π|x|) from ±1/2, which is more than Arb's expansion gives where x² has too many bits."""

    def evaluate(x: Any) -> Any:
        value = getattr(x, name)()
        if abs(x) > 2**50:
            limit = x.__class__(0.5, 2.0**-51) * x.sgn()
            return limit if not value.is_finite() else value.intersection(limit)
        return value

    return evaluate


def rootn(degree: Any, x: Any) -> Any:
    """The real root of whole degree, negative or not; of odd degree for x < 0 too."""
    n = int(degree.unique_fmpz())
    root = x.root(abs(n)) if x >= 0 else -(-x).root(abs(n))
    return root if n > 0 else 1 / root


def scaled_bessel(order: int) -> Formula:
    """exp(-|x|) I_v(x)."""
    return lambda x: (-1) ** order * (-x).bessel_i(order, scaled=True) if x < 0 else x.bessel_i(order, scaled=True)


def hyp2f1(a: Any, b: Any, c: Any, x: Any) -> Any:
    return x.hypgeom_2f1(a, b, c)


SPECIAL: dict[str, Formula] = {
    "gamma": lambda x: x.gamma(),
    "rgamma": lambda x: x.rgamma(),
    "gammaln": gammaln,
    "digamma": lambda x: x.digamma(),
    "polygamma": polygamma,
    "zeta": lambda x: x.zeta(),
    "hurwitz": hurwitz,
    "betaln": betaln,
    "rootn": rootn,
    "beta": lambda a, b: betaln(a, b).exp(),
    "jv": lambda v, x: x.bessel_j(v),
    "yv": lambda v, x: x.bessel_y(v),
    "iv": lambda v, x: x.bessel_i(v),
    "kv": lambda v, x: x.bessel_k(v),
    "i0e": scaled_bessel(0),
    "i1e": scaled_bessel(1),
    "ai": lambda x: x.airy_ai(),
    "aip": lambda x: x.airy_ai(derivative=1),
    "bi": lambda x: x.airy_bi(),
    "bip": lambda x: x.airy_bi(derivative=1),
    "lambertw": lambertw,
    "exp1": lambda x: x.expint(1),
    "expi": lambda x: x.ei(),
    "si": lambda x: x.si(),
    "ci": lambda x: abs(x).ci(),
    "shi": lambda x: x.shi(),
    "chi": lambda x: abs(x).chi(),
    "fresnel_s": fresnel("fresnel_s"),
    "fresnel_c": fresnel("fresnel_c"),
    "gammainc": lambda a, x: x.gamma_lower(a, 1),
    "gammaincc": lambda a, x: x.gamma_upper(a, 1),
    "betainc": lambda a, b, x: x.beta_lower(a, b, 1),
    "ellipk": lambda m: complex_ball(m).elliptic_k().real,
    "ellipe": lambda m: complex_ball(m).elliptic_e().real,
    "ellipkinc": ellipkinc,
    "ellipeinc": ellipeinc,
    "spence": lambda x: complex_ball(1 - x).polylog(2).real,
    "hyp0f1": lambda b, x: x.hypgeom_0f1(b),
    "hyp1f1": lambda a, b, x: x.hypgeom_1f1(a, b),
    "hyp2f1": hyp2f1,
}

SLOPES: dict[str, Formula] = {  # derivatives of those whose extrema are found by bisection
    "gamma": lambda x: x.gamma() * x.digamma(),
    "gammaln": lambda x: x.digamma(),
    "rgamma": lambda x: -x.rgamma() * x.digamma(),
    "polygamma": lambda n, x: polygamma(n + 1, x),
    "zeta": lambda x: zeta_slope(x),
    "hurwitz": lambda s, q: -s * hurwitz(s + 1, q),
    "jv": lambda v, x: (x.bessel_j(v - 1) - x.bessel_j(v + 1)) / 2,
    "yv": lambda v, x: (x.bessel_y(v - 1) - x.bessel_y(v + 1)) / 2,
    "iv": lambda v, x: (x.bessel_i(v - 1) + x.bessel_i(v + 1)) / 2,
    "ai": SPECIAL["aip"],
    "aip": lambda x: x * x.airy_ai(),
    "bi": SPECIAL["bip"],
    "bip": lambda x: x * x.airy_bi(),
    "hyp0f1": lambda b, x: x.hypgeom_0f1(b + 1) / b,
    "hyp1f1": lambda a, b, x: a / b * x.hypgeom_1f1(a + 1, b + 1),
    "hyp2f1": lambda a, b, c, x: a * b / c * x.hypgeom_2f1(a + 1, b + 1, c + 1),
}


CURVATURES: dict[str, Formula] = {  # second derivatives
    "hyp0f1": lambda b, x: x.hypgeom_0f1(b + 2) / (b * (b + 1)),
    "hyp1f1": lambda a, b, x: a * (a + 1) / (b * (b + 1)) * x.hypgeom_1f1(a + 2, b + 2),
    "hyp2f1": lambda a, b, c, x: a * (a + 1) * b * (b + 1) / (c * (c + 1)) * x.hypgeom_2f1(a + 2, b + 2, c + 2),
}


def zeta_slope(x: Any) -> Any:
    """ζ', from the series of ζ."""
    from flint import arb_series

    return arb_series([x, 1], 2).zeta()[1]
