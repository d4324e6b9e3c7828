"""The functions of `math` and `cmath` for traced numbers, in terms of NumPy's and SciPy's."""

from __future__ import annotations

import cmath
import functools
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import scipy.special

from taylorad.algebras.arraylike import number
from taylorad.trace.replacements import has_duck, local, replacing


def _log(x: Any, base: Any = None) -> Any:
    return np.log(x) if base is None else np.log(x) / np.log(base)


def _prod(iterable: Any, *, start: Any = 1) -> Any:
    return functools.reduce(lambda x, y: x * y, iterable, start)


def _hypot(*coordinates: Any) -> Any:
    return functools.reduce(np.hypot, coordinates, 0.0)


def _dist(p: Any, q: Any) -> Any:
    return _hypot(*(a - b for a, b in zip(p, q, strict=True)))


def _sumprod(p: Any, q: Any) -> Any:
    return sum((a * b for a, b in zip(p, q, strict=True)), 0)


def _ieee_remainder(x: Any, y: Any) -> Any:
    return x - y * np.round(getattr(x, "primal", x) / getattr(y, "primal", y))


def _frexp(x: Any) -> tuple[Any, int]:
    exponent = math.frexp(float(x.primal))[1]
    return x * 0.5**exponent, exponent


_NAMESAKES = (
    "sin cos tan sinh cosh tanh exp expm1 log1p log2 log10 sqrt cbrt exp2 fabs degrees radians copysign fmod modf"
)
_FUNCTIONS: dict[str, Callable] = {
    **{name: getattr(np, name) for name in _NAMESAKES.split()},
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "atan2": np.arctan2,
    "pow": np.power,
    "log": _log,
    "hypot": _hypot,
    "dist": _dist,
    "fsum": lambda seq: sum(seq, 0.0),
    "prod": _prod,
    "sumprod": _sumprod,
    "fma": lambda x, y, z: x * y + z,
    "ldexp": lambda x, i: x * 2.0**i,
    "frexp": _frexp,
    "remainder": _ieee_remainder,
    "gamma": scipy.special.gamma,
    "lgamma": scipy.special.gammaln,
    "erf": scipy.special.erf,
    "erfc": scipy.special.erfc,
}
_OF_VALUES = ("isnan", "isinf", "isfinite", "isclose", "floor", "ceil", "trunc")
"""Locally constant: the original, of the values."""
_COMPLEX = ["exp", "log", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"]


def _mathematical(original: Callable, function: Callable, checked: bool) -> Callable:
    """A function of `math`; for traced numbers the original still raises the errors it has outside its domain."""

    @replacing(original)
    def compute(*args: Any, **kwargs: Any) -> Any:
        if not checked and local.depth:
            args = tuple(list(a) if isinstance(a, Iterable) and not hasattr(a, "level") else a for a in args)
        if not (local.depth and has_duck(args)):
            return original(*args, **kwargs)
        numbers = tuple(map(number, args)) if checked else ()
        if checked and not any(hasattr(x, "ends") for x in numbers):
            original(*numbers, **kwargs)
        return function(*args, **kwargs)

    return compute


_ITERATING = ("fsum", "prod", "dist", "sumprod", "hypot")


def math_replacements() -> dict[str, Any]:
    """For the namespace of `math`."""
    present = {name: f for name, f in _FUNCTIONS.items() if hasattr(math, name)}
    replacements = {n: _mathematical(getattr(math, n), f, n not in _ITERATING) for n, f in present.items()}
    for name in _OF_VALUES:
        original = getattr(math, name)
        replacements[name] = _mathematical(original, _of_values(original), False)
    return replacements


def _of_values(original: Callable) -> Callable:
    return lambda *args, **kwargs: original(*map(number, args), **kwargs)


def cmath_replacements() -> dict[str, Any]:
    """For the namespace of `cmath`."""
    replacements = {n: _mathematical(getattr(cmath, n), _complex(n), False) for n in _COMPLEX}
    replacements["phase"] = _mathematical(cmath.phase, np.angle, False)
    return replacements


def _complex(name: str) -> Callable:
    function = getattr(np, name)
    return lambda z: function(z + 0j)
