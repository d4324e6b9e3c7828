"""Operands of functions of models: which are models, constants as midpoint ± radius, shapes, and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.algebras.interval.interval import as_interval
from taylorad.algebras.models.composition import middle
from taylorad.dispatch import UnsupportedFunctionError
from taylorad.rules import Primitive


def refused(name: str) -> UnsupportedFunctionError:
    """The error for a function that models have no rule for."""
    return UnsupportedFunctionError(
        f"{name} has no rule for Taylor models that would enclose its values: write it with functions that have one "
        "(see the guide to Taylor models), or bound the model first and take the function of the interval"
    )


def two(primitive: Primitive, args: tuple, kwargs: dict) -> tuple[Any, Any]:
    if kwargs:
        raise TypeError(f"{primitive.name} of Taylor models takes no keyword arguments, got {', '.join(kwargs)}")
    x, y = args
    return x, y


def together(x: Any, y: Any) -> tuple[Any, Any]:
    """Two models broadcast to one shape."""
    x._check(y)
    if x.shape == y.shape:
        return x, y
    shape = np.broadcast_shapes(x.shape, y.shape)
    return np.broadcast_to(x, shape), np.broadcast_to(y, shape)


def with_constant(x: Any, constant: Any) -> tuple[Any, Any, Any]:
    """A model and the midpoint and radius of a constant, of one shape."""
    midpoint, radius = enclosure(constant)
    if np.shape(midpoint) == () and x.shape == ():
        return x, midpoint, radius
    shape = np.broadcast_shapes(x.shape, np.shape(midpoint))
    x = np.broadcast_to(x, shape) if shape != x.shape else x
    return x, np.broadcast_to(midpoint, shape), np.broadcast_to(radius, shape)


def is_model(x: Any) -> bool:
    return hasattr(x, "frame")


def enclosure(value: Any) -> tuple[Any, Any]:
    """A constant operand as midpoint ± radius."""
    if isinstance(value, float | int) and abs(value) <= 2**53:
        return np.float64(value), np.float64(0.0)
    if isinstance(value, np.ndarray) and value.dtype == np.float64 and np.all(np.isfinite(value)):
        return value, np.zeros(value.shape)[()]
    return middle(*as_interval(value).ends)


def axes_of(x: Any, axis: Any) -> tuple[int, ...]:
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(np.lib.array_utils.normalize_axis_tuple(tuple(axes), x.ndim))
