"""Arb, by python-flint: how precision is chosen, numbers go in, and series of balls are put together.

A series is an `arb_series` (`acb_series` for complex arguments) of `flint.ctx.cap` coefficients at `flint.ctx.prec`
bits; both are set by `precision`. Every coefficient is a ball that contains the true one, whatever the rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

__all__ = [
    "MissingArbError", "arb", "around", "flint", "hypergeometric", "integrated", "inverse", "log2", "longer", "parts",
    "pi", "precision", "real", "series", "sign", "two", "with_value",
]  # fmt: skip


class MissingArbError(ImportError):
    """Arb's Python package is not installed."""


@cache
def flint() -> Any:
    """The module of python-flint, which is loaded when something is first enclosed."""
    try:
        return import_module("flint")
    except ImportError:
        raise MissingArbError(
            'validation encloses results with Arb, which is not installed: pip install "taylorad[verified]"'
        ) from None


@contextmanager
def precision(bits: int, length: int) -> Iterator[None]:
    """Balls of so many bits, series of so many coefficients; what was set before comes back."""
    context = flint().ctx
    before = context.prec, context.cap
    context.prec, context.cap = bits, length
    try:
        yield
    finally:
        context.prec, context.cap = before


@contextmanager
def longer(count: int) -> Iterator[None]:
    """Series of some more coefficients, for derivatives."""
    with precision(flint().ctx.prec, flint().ctx.cap + count):
        yield


def arb(number: Any) -> Any:
    """The degenerate ball of a double, or of a complex one."""
    return flint().acb(complex(number)) if isinstance(number, complex) else flint().arb(float(number))


def series(coefficients: Sequence[Any]) -> Any:
    """A real series; the coefficients beyond the given ones are 0."""
    return flint().arb_series(list(coefficients), flint().ctx.cap)


def real(complex_series: Any) -> Any:
    """The real parts of a series that is known to be real."""
    return series([c.real for c in complex_series.coeffs()])


def parts(x: Any) -> list[Any]:
    """All coefficients of a series, of which python-flint leaves out the last that are 0."""
    found = x.coeffs()[: flint().ctx.cap]
    return found + [flint().arb(0)] * (flint().ctx.cap - len(found))


def with_value(x: Any, value: Any) -> Any:
    """The series with another constant term."""
    return series([value, *x.coeffs()[1:]])


def around(x: Any, coefficients: Sequence[Any]) -> Any:
    """``Σ c_k (x - x_0)^k``: a function from its Taylor coefficients at the constant term of a series."""
    inner = with_value(x, 0)
    return series(coefficients)(inner) if len(inner) else series(coefficients[:1])


def integrated(value: Any, slope: Any) -> Any:
    """The series of given constant term and derivative."""
    return with_value(slope.integral(), value)


def inverse(function: Callable[[Any], Any], value: Any, x: Any) -> Any:
    """The inverse of a function at the series x, by reversion of series; `value` encloses it at the constant term."""
    forward = with_value(function(series([value, 1])), 0)
    return with_value(around(x, forward.reversion().coeffs()), value)


def log2(number: Any) -> float:
    """The base-2 logarithm of a positive exact ball, to double precision and for any exponent."""
    mantissa, exponent = number.man_exp()
    mantissa = int(mantissa)
    if mantissa <= 0:
        return -math.inf
    surplus = max(mantissa.bit_length() - 64, 0)
    return math.log2(mantissa >> surplus) + surplus + int(exponent)


def pi() -> Any:
    """A ball around π."""
    return flint().arb.pi()


def sign(x: Any) -> int:
    """1 for a series that is positive at its start or unknown there, else -1."""
    return -1 if x[0] < 0 else 1


def two() -> Any:
    """The number 2, of which balls of functions are made."""
    return flint().arb(2)


def hypergeometric(upper: list[Any], lower: list[Any], x: Any) -> Any:
    """A generalized hypergeometric function of real parameters at a real series."""
    return real(flint().acb_series.hypgeom(upper, lower, flint().acb_series(x)))
