"""The exact ring: arrays of `fractions.Fraction`.

A transcendental function has a rational value only at special points; elsewhere the ring says so instead of rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

_ONE_AT_0 = "exp cos cosh exp2 sinc erfc erfcx i0e j0 i0"
_ZERO_AT_0 = "sin tan arcsin arctan sinh tanh arcsinh arctanh expm1 log1p erf erfi dawsn erfinv j1 i1"
_ZERO_AT_1 = "log log2 log10 arccos arccosh spence"
VALUES: dict[str, dict[int, int]] = {
    **{name: {0: 1} for name in _ONE_AT_0.split()},
    **{name: {0: 0} for name in _ZERO_AT_0.split()},
    **{name: {1: 0} for name in _ZERO_AT_1.split()},
}


class ExactNamespace:
    """Rational values of elementary functions, elementwise on object arrays of Fractions."""

    where = staticmethod(np.where)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in ("pi", "eps", "imaginary_unit"):
            raise TypeError(f"{name} is not rational: use mpmath numbers or floats as coefficients")
        function = _FUNCTIONS.get(name) or _tabulated(name)
        return lambda *arguments: np.frompyfunc(function, len(arguments), 1)(*arguments)


def _tabulated(name: str) -> Callable[..., Fraction]:
    def value(*arguments: Any) -> Fraction:
        known = VALUES.get(name, {})
        if len(arguments) == 1 and arguments[0] in known:
            return Fraction(known[arguments[0]])
        point = ", ".join(map(str, arguments))
        where = f"it is only at {', '.join(map(str, known))}" if known else "no rational value of it is known"
        raise ValueError(f"{name}({point}) is not a rational number ({where}): use mpmath numbers or floats instead")

    return value


def _root(x: Fraction, n: int) -> Fraction:
    """The exact n-th root of a rational number that has one."""
    numerator, denominator = _integer_root(abs(x.numerator), n), _integer_root(x.denominator, n)
    if numerator**n != abs(x.numerator) or denominator**n != x.denominator or (x < 0 and n % 2 == 0):
        raise ValueError(f"the root of order {n} of {x} is not a rational number: use mpmath numbers or floats instead")
    return Fraction(-numerator if x < 0 else numerator, denominator)


def _integer_root(value: int, n: int) -> int:
    """The largest r with rⁿ ≤ value."""
    low, high = 0, 1 << (value.bit_length() // n + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**n <= value else (low, middle - 1)
    return low


def _power(x: Fraction, exponent: Any) -> Fraction:
    exponent = Fraction(exponent)
    return _root(Fraction(x), exponent.denominator) ** exponent.numerator


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "maximum": max,
    "minimum": min,
    "sqrt": lambda x: _root(Fraction(x), 2),
    "cbrt": lambda x: _root(Fraction(x), 3),
    "hypot": lambda x, y: _root(Fraction(x * x + y * y), 2),
    "power": _power,
    "sinpi": lambda x: Fraction(0) if x.denominator == 1 else _tabulated("sinpi")(x),
    "cospi": lambda x: Fraction((-1) ** int(x)) if x.denominator == 1 else _tabulated("cospi")(x),
    "sign": lambda x: Fraction((x > 0) - (x < 0)),
    "lambertw": lambda x, k=0, tol=0: Fraction(0) if x == k == 0 else _tabulated("lambertw")(x, k),
    "expit": lambda x: Fraction(1, 2) if x == 0 else _tabulated("expit")(x),
    "logit": lambda x: Fraction(0) if x == Fraction(1, 2) else _tabulated("logit")(x),
    "factorial": lambda k: Fraction(math.factorial(int(k))),
    "binom": lambda n, k: Fraction(math.comb(int(n), int(k))),
    "poch": lambda a, k: math.prod((a + i for i in range(int(k))), start=Fraction(1)),
    "hyp0f1": lambda b, x: Fraction(1) if x == 0 else _tabulated("hyp0f1")(b, x),
    "hyp1f1": lambda a, b, x: Fraction(1) if x == 0 else _tabulated("hyp1f1")(a, b, x),
    "hyp2f1": lambda a, b, c, x: Fraction(1) if x == 0 else _tabulated("hyp2f1")(a, b, c, x),
    "jv": lambda v, x: Fraction(int(v == 0)) if x == 0 and v == int(v) else _tabulated("jv")(v, x),
    "iv": lambda v, x: Fraction(int(v == 0)) if x == 0 and v == int(v) else _tabulated("iv")(v, x),
}
