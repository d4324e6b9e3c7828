"""The functions of the table as expressions in Arb's balls: the argument last, parameters before it.

Each expression holds for every ball in the function's domain, so it encloses derivatives and ranges as well as values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from taylorad.rings.interval.kernels.special_formulas import SPECIAL


def pi() -> Any:
    """π as a ball at the working precision."""
    from flint import arb

    return arb.pi()


def cbrt(x: Any) -> Any:
    if x >= 0:
        return x.root(3)
    return -(-x).root(3)


def power(x: Any, y: Any) -> Any:
    """x^y for x > 0; integer exponents exactly."""
    integer = y.unique_fmpz() if y.is_exact() else None
    return x ** (integer if integer is not None else y)


def logit(x: Any) -> Any:
    return (x / (1 - x)).log()


def log_expit(x: Any) -> Any:
    if x > 0:
        return -(-x).exp().log1p()
    return x - x.exp().log1p()


def logaddexp(x: Any, y: Any) -> Any:
    """The larger one, plus log(1 + exp(-distance))."""
    high, low = (x, y) if x > y else (y, x)
    return high + (low - high).exp().log1p()


def erfcx(x: Any) -> Any:
    """U(1/2, 1/2, x²)/√π right of 0: no factor under- or overflows."""
    from flint import arb

    if x > 1:
        return (x * x).hypgeom_u(arb(0.5), arb(0.5)) / pi().sqrt()
    return (x * x).exp() * x.erfc()


def dawsn(x: Any) -> Any:
    """x 1F1(1; 3/2; -x²)."""
    from flint import arb

    return x * (-x * x).hypgeom_1f1(1, arb(1.5))


def ndtr(x: Any) -> Any:
    return (-x / x.__class__(2).sqrt()).erfc() / 2


def ndtri(p: Any) -> Any:
    root = p.__class__(2).sqrt()
    return -root * (2 * p).erfcinv() if p < 0.5 else root * (2 - 2 * p).erfcinv()


def log_ndtr(x: Any) -> Any:
    if x < -5:
        return (erfcx(-x / x.__class__(2).sqrt()) / 2).log() - x * x / 2
    if x > 0:
        return (-(x / x.__class__(2).sqrt()).erfc() / 2).log1p()
    return ndtr(x).log()


ELEMENTARY: dict[str, Callable[..., Any]] = {
    "sqrt": lambda x: x.sqrt(),
    "rsqrt": lambda x: x.rsqrt(),
    "cbrt": cbrt,
    "exp": lambda x: x.exp(),
    "exp2": lambda x: x.__class__(2) ** x,
    "exp10": lambda x: x.__class__(10) ** x,
    "expm1": lambda x: x.expm1(),
    "log": lambda x: x.log(),
    "log2": lambda x: x.log_base(2),
    "log10": lambda x: x.log_base(10),
    "log1p": lambda x: x.log1p(),
    "deg2rad": lambda x: x * pi() / 180,
    "rad2deg": lambda x: x * 180 / pi(),
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "tan": lambda x: x.tan(),
    "sinpi": lambda x: x.sin_pi(),
    "cospi": lambda x: x.cos_pi(),
    "arcsin": lambda x: x.asin(),
    "arccos": lambda x: x.acos(),
    "arctan": lambda x: x.atan(),
    "arctan2": lambda y, x: y.__class__.atan2(y, x),
    "hypot": lambda x, y: (x * x + y * y).sqrt(),
    "pow": power,
    "sinc": lambda x: x.sinc_pi(),
    "sinh": lambda x: x.sinh(),
    "cosh": lambda x: x.cosh(),
    "tanh": lambda x: x.tanh(),
    "arcsinh": lambda x: x.asinh(),
    "arccosh": lambda x: x.acosh(),
    "arctanh": lambda x: x.atanh(),
    "expit": lambda x: 1 / (1 + (-x).exp()),
    "logit": logit,
    "logaddexp": logaddexp,
    "log_expit": log_expit,
    "erf": lambda x: x.erf(),
    "erfc": lambda x: x.erfc(),
    "erfi": lambda x: x.erfi(),
    "erfcx": erfcx,
    "dawsn": dawsn,
    "erfinv": lambda x: x.erfinv(),
    "ndtr": ndtr,
    "ndtri": ndtri,
    "log_ndtr": log_ndtr,
    "entr": lambda x: -x * x.log() if x > 0 else x,
}

FORMULAS: dict[str, Callable[..., Any]] = {**ELEMENTARY, **SPECIAL}

SATURATION: dict[str, tuple[float, float]] = {  # beyond these points values round as at them
    **dict.fromkeys(("exp", "sinh", "cosh"), (-1000.0, 1000.0)),
    "expm1": (-100.0, 1000.0),
    "tanh": (-100.0, 100.0),
    "expit": (-1000.0, 100.0),
    "exp2": (-2000.0, 2000.0),
    "exp10": (-1000.0, 1000.0),
    "log_expit": (-float("inf"), 1000.0),
    "erf": (-20.0, 20.0),
    "erfc": (-20.0, 30.0),
    "erfi": (-100.0, 100.0),
    "erfcx": (-100.0, float("inf")),
    "ndtr": (-50.0, 30.0),
    "log_ndtr": (-float("inf"), 100.0),
    "exp1": (0.0, 1000.0),
    "expi": (-1000.0, 1000.0),
    "shi": (-1000.0, 1000.0),
    "chi": (-1000.0, 1000.0),
    "ai": (-float("inf"), 1000.0),
    "aip": (-float("inf"), 1000.0),
    "bi": (-float("inf"), 1000.0),
    "bip": (-float("inf"), 1000.0),
}
