"""Rigorous Taylor series of every function of the table, from Arb; those of the special functions are in `special`.

`ENCLOSURES` maps a name to a function of series (parameters are balls) and to how it works. Nothing of the package is
used, and no recurrence of a differential equation: Arb's own power series where it has them, else compositions,
reversion, integrals of closed slopes from Arb's value, and derivatives by formulas of NIST's DLMF from Arb's values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from taylorad.validate import special
from taylorad.validate.balls import around, flint, hypergeometric, integrated, inverse, pi, sign, two, with_value

__all__ = ["ENCLOSURES", "Enclosure", "enclose"]


@dataclass(frozen=True)
class Enclosure:
    """How a function is enclosed.

    Attributes
    ----------
    function : callable
        Takes the function's arguments, series where they are differentiated and balls where they are parameters, and
        returns its series, a tuple for several results.
    method : str
        What the enclosure rests on.
    """

    function: Callable[..., Any]
    method: str = "Arb's power series"


def enclose(name: str, *arguments: Any) -> tuple[Any, ...]:
    """The series of all results of a function of the table."""
    found = ENCLOSURES[name].function(*arguments)
    return found if isinstance(found, tuple) else (found,)


# ------------------------------------------------------------------------------------- powers, exponentials, logarithms


def _cbrt(x: Any) -> Any:
    return sign(x) * ((sign(x) * x).log() / 3).exp()


def _expm1(x: Any) -> Any:
    return with_value(x.exp(), x[0].expm1())


def _log1p(x: Any) -> Any:
    return with_value((1 + x).log(), x[0].log1p())


# ---------------------------------------------------------------------------------------------- circular and hyperbolic


def _arctan2(y: Any, x: Any) -> Any:
    slope = (x * y.derivative() - y * x.derivative()) / (x * x + y * y)
    return integrated(flint().arb.atan2(y[0], x[0]), slope)


def _sinc(x: Any) -> Any:
    if abs(x[0]) < 1:
        return hypergeometric([], [flint().arb(1.5)], -((x * (pi() / 2)) ** 2))
    return x.sin_pi() / (x * pi())


def _hyperbolic(first: int) -> Callable[[Any], Any]:
    """Sinh (0) and cosh (1), whose derivatives are each other."""

    def function(x: Any) -> Any:
        values = x[0].sinh_cosh()
        scaled, factorial = [], flint().arb(1)
        for k in range(flint().ctx.cap):
            factorial = factorial * max(k, 1)
            scaled.append(values[(first + k) % 2] / factorial)
        return around(x, scaled)

    return function


_sinh, _cosh = _hyperbolic(0), _hyperbolic(1)


def _arcsinh(x: Any) -> Any:
    return integrated(x[0].asinh(), (1 + x * x).rsqrt() * x.derivative())


def _arccosh(x: Any) -> Any:
    return integrated(x[0].acosh(), ((x - 1) * (x + 1)).rsqrt() * x.derivative())


def _arctanh(x: Any) -> Any:
    return integrated(x[0].atanh(), x.derivative() / ((1 - x) * (1 + x)))


def _expit(x: Any) -> Any:
    small = (-sign(x) * x).exp()
    tail = small / (1 + small)
    return 1 - tail if sign(x) > 0 else tail


def _log_expit(x: Any) -> Any:
    tail = _log1p((-sign(x) * x).exp())
    return -tail if sign(x) > 0 else x - tail


# ---------------------------------------------------------------------------------------------- made of other functions


def _logaddexp(x: Any, y: Any) -> Any:
    high, low = (y, x) if x[0] < y[0] else (x, y)
    return high + _log1p((low - high).exp())


def _logaddexp2(x: Any, y: Any) -> Any:
    unit = two().log()
    return _logaddexp(x * unit, y * unit) / unit


def _betaln(a: Any, b: Any) -> Any:
    return a.lgamma() + b.lgamma() - (a + b).lgamma()


def _power(x: Any, n: Any) -> Any:
    exponent = int(float(n))
    return x**exponent if exponent >= 0 else 1 / x**-exponent


DLMF = "DLMF's formulas for derivatives, from Arb's values"
COMPOSED = "Arb's power series, composed"
INTEGRATED = "the integral of Arb's series of the slope, from Arb's value"
REVERSED = "reversion of Arb's series of the inverse function, from Arb's value"
HYPERGEOMETRIC = "Arb's series of hypergeometric functions"
BESSEL = f"{HYPERGEOMETRIC}; {DLMF} for x > 10"

ENCLOSURES: dict[str, Enclosure] = {
    "sqrt": Enclosure(lambda x: x.sqrt()),
    "cbrt": Enclosure(_cbrt, COMPOSED),
    "constant_power": Enclosure(lambda x, r: (x.log() * r).exp(), COMPOSED),
    "series_power": Enclosure(lambda x, z: (x.log() * z).exp(), COMPOSED),
    "exp": Enclosure(lambda x: x.exp()),
    "exp2": Enclosure(lambda x: (x * two().log()).exp(), COMPOSED),
    "expm1": Enclosure(_expm1),
    "log": Enclosure(lambda x: x.log()),
    "log2": Enclosure(lambda x: x.log() / two().log(), COMPOSED),
    "log10": Enclosure(lambda x: x.log() / flint().arb(10).log(), COMPOSED),
    "log1p": Enclosure(_log1p),
    "deg2rad": Enclosure(lambda x: x * (pi() / 180), "π/180 in balls"),
    "rad2deg": Enclosure(lambda x: x * (180 / pi()), "180/π in balls"),
    "sin": Enclosure(lambda x: x.sin()),
    "cos": Enclosure(lambda x: x.cos()),
    "tan": Enclosure(lambda x: x.tan()),
    "arcsin": Enclosure(lambda x: x.asin()),
    "arccos": Enclosure(lambda x: x.acos()),
    "arctan": Enclosure(lambda x: x.atan()),
    "arctan2": Enclosure(_arctan2, INTEGRATED),
    "hypot": Enclosure(lambda x, y: (x * x + y * y).sqrt(), COMPOSED),
    "sinc": Enclosure(_sinc, f"{COMPOSED}; {HYPERGEOMETRIC} for |x| < 1"),
    "sinh": Enclosure(_sinh, "derivatives in closed form, from Arb's values"),
    "cosh": Enclosure(_cosh, "derivatives in closed form, from Arb's values"),
    "tanh": Enclosure(lambda x: _sinh(x) / _cosh(x), COMPOSED),
    "arcsinh": Enclosure(_arcsinh, INTEGRATED),
    "arccosh": Enclosure(_arccosh, INTEGRATED),
    "arctanh": Enclosure(_arctanh, INTEGRATED),
    "expit": Enclosure(_expit, COMPOSED),
    "logit": Enclosure(lambda x: (x / (1 - x)).log(), COMPOSED),
    "log_expit": Enclosure(_log_expit, COMPOSED),
    "erf": Enclosure(lambda x: x.erf()),
    "erfc": Enclosure(lambda x: x.erfc()),
    "erfi": Enclosure(lambda x: x.erfi()),
    "erfcx": Enclosure(lambda x: (x * x).exp() * x.erfc(), COMPOSED),
    "wofz": Enclosure(special.wofz, COMPOSED),
    "dawsn": Enclosure(special.dawsn, COMPOSED),
    "erfinv": Enclosure(lambda x: inverse(lambda y: y.erf(), x[0].erfinv(), x), REVERSED),
    "ndtr": Enclosure(special.ndtr, COMPOSED),
    "ndtri": Enclosure(special.ndtri, REVERSED),
    "log_ndtr": Enclosure(special.log_ndtr, COMPOSED),
    "gamma": Enclosure(lambda x: x.gamma()),
    "rgamma": Enclosure(lambda x: x.rgamma()),
    "gammaln": Enclosure(special.gammaln, "Arb's power series; reflection for x < 0"),
    "digamma": Enclosure(
        lambda x: special.polygamma(0, x), "derivatives of Arb's series of log Γ; reflection for x < 0"
    ),
    "polygamma": Enclosure(special.polygamma, "derivatives of Arb's series of log Γ; reflection for x < 0"),
    "zeta": Enclosure(lambda x: x.zeta()),
    "hurwitz": Enclosure(special.hurwitz, DLMF),
    "jv": Enclosure(special.jv, BESSEL),
    "yv": Enclosure(special.yv, DLMF),
    "iv": Enclosure(special.iv_near, HYPERGEOMETRIC),
    "kv": Enclosure(special.kv, DLMF),
    "j0": Enclosure(special.of_order(0, special.jv), BESSEL),
    "j1": Enclosure(special.of_order(1, special.jv), BESSEL),
    "y0": Enclosure(special.of_order(0, special.yv), DLMF),
    "y1": Enclosure(special.of_order(1, special.yv), DLMF),
    "i0": Enclosure(special.of_order(0, special.iv_near), HYPERGEOMETRIC),
    "i1": Enclosure(special.of_order(1, special.iv_near), HYPERGEOMETRIC),
    "k0": Enclosure(special.of_order(0, special.kv), DLMF),
    "k1": Enclosure(special.of_order(1, special.kv), DLMF),
    "i0e": Enclosure(special.scaled(0), HYPERGEOMETRIC),
    "i1e": Enclosure(special.scaled(1), HYPERGEOMETRIC),
    "airy": Enclosure(lambda x: x.airy()),
    "lambertw": Enclosure(lambda x, k, tol: x.lambertw(int(float(k)))),
    "exp1": Enclosure(lambda x: -(-x).ei()),
    "expi": Enclosure(lambda x: x.ei()),
    "sici": Enclosure(lambda x: (x.si(), x.ci())),
    "shichi": Enclosure(lambda x: (x.shi(), x.chi())),
    "fresnel": Enclosure(lambda x: x.fresnel()),
    "gammainc": Enclosure(lambda a, x: flint().arb_series.gamma_lower(a, x, regularized=1)),
    "gammaincc": Enclosure(lambda a, x: flint().arb_series.gamma_upper(a, x, regularized=1)),
    "betainc": Enclosure(lambda a, b, x: flint().arb_series.beta_lower(a, b, x, regularized=1)),
    "ellipk": Enclosure(special.elliptic_k),
    "ellipe": Enclosure(special.elliptic_e, "from Arb's series of K (DLMF 19.4.1)"),
    "ellipkinc": Enclosure(special.incomplete("elliptic_f", "rsqrt"), INTEGRATED),
    "ellipeinc": Enclosure(special.incomplete("elliptic_e_inc", "sqrt"), INTEGRATED),
    "spence": Enclosure(special.spence, INTEGRATED),
    "hyp0f1": Enclosure(lambda b, x: hypergeometric([], [b], x), HYPERGEOMETRIC),
    "hyp1f1": Enclosure(lambda a, b, x: hypergeometric([a], [b], x), HYPERGEOMETRIC),
    "hyp2f1": Enclosure(special.hyp2f1, DLMF),
    "multiply": Enclosure(lambda x, y: x * y),
    "divide": Enclosure(lambda x, y: x / y),
    "square": Enclosure(lambda x: x * x),
    "reciprocal": Enclosure(lambda x: 1 / x),
    "power": Enclosure(_power),
    "logaddexp": Enclosure(_logaddexp, COMPOSED),
    "logaddexp2": Enclosure(_logaddexp2, COMPOSED),
    "xlogy": Enclosure(lambda x, y: x * y.log(), COMPOSED),
    "xlog1py": Enclosure(lambda x, y: x * _log1p(y), COMPOSED),
    "entr": Enclosure(lambda x: -x * x.log(), COMPOSED),
    "rel_entr": Enclosure(lambda x, y: x * (x / y).log(), COMPOSED),
    "kl_div": Enclosure(lambda x, y: x * (x / y).log() - x + y, COMPOSED),
    "beta": Enclosure(lambda a, b: _betaln(a, b).exp(), COMPOSED),
    "betaln": Enclosure(_betaln, COMPOSED),
}
