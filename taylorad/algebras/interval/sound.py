"""Which functions written with others of the table may run on intervals: those that hold no rounded constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.algebras.interval.interval import as_interval
from taylorad.dispatch import UnsupportedFunctionError
from taylorad.rules import Primitive

POWERS = ("power", "pow", "float_power")
_COMPOSED = """
clip full_like select prod cumprod diff piecewise apply_along_axis apply_over_axes var std average trapezoid polyval
einsum array_equal array_equiv linalg.trace linalg.multi_dot reciprocal sort median square
"""
COMPOSED = frozenset([*POWERS, *_COMPOSED.split()])


def composed(primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    """A function written with others; numbers it would compute with among themselves are intervals first."""
    if primitive.name not in COMPOSED:
        raise no_rule(primitive.name)
    if primitive.name not in POWERS:
        args, kwargs = tuple(map(_lifted, args)), {key: _lifted(value) for key, value in kwargs.items()}
    return primitive.function(*args, **kwargs)


def _lifted(x: Any) -> Any:
    """Floating-point operands as intervals; axes, masks and series as they are."""
    if isinstance(x, list | tuple):
        return type(x)(map(_lifted, x))
    if isinstance(x, float) or (isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f"):
        return as_interval(x)
    return x


def no_rule(name: str) -> UnsupportedFunctionError:
    """The error for a function that would not enclose."""
    return UnsupportedFunctionError(
        f"{name} has no rule for intervals that would enclose its values: write it with functions that have one (see "
        "the guide to intervals), or take .midpoint for numbers that prove nothing"
    )
