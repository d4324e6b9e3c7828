"""Piecewise functions, written with other functions of the table: branches look at the degree-0 part.

At points where a function has no derivative one policy holds: the derivative is that of the mean of the two branches,
so |x| has slope 0 at 0 and max(x, y) the mean slope at a tie.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def value(x: Any) -> Any:
    """The degree-0 part as a plain array; plain arrays are their own."""
    return getattr(x, "primal", x)


def is_complex(x: Any) -> bool:
    """Whether an array or series holds complex numbers."""
    dtype = getattr(x, "dtype", None)
    if dtype == object:
        return any(isinstance(e, complex) or type(e).__name__ == "mpc" for e in np.asarray(value(x)).flat)
    return np.iscomplexobj(value(x))


def _absolute(x: Any) -> Any:
    if is_complex(x):
        return np.sqrt(np.square(np.real(x)) + np.square(np.imag(x)))
    return x * np.sign(value(x)) + 0  # not -0.0


def _choose(x: Any, y: Any, first: Any) -> Any:
    """x where `first`, y elsewhere, their mean where the values are equal."""
    tie = value(x) == value(y)
    chosen = np.where(first, x, y)
    return np.where(tie, (x + y) / 2, chosen) if np.any(tie) else chosen


def _maximum(x: Any, y: Any) -> Any:
    return _choose(x, y, (value(x) > value(y)) | _isnan(x))


def _minimum(x: Any, y: Any) -> Any:
    return _choose(x, y, (value(x) < value(y)) | _isnan(x))


def _isnan(x: Any) -> Any:
    return value(x) != value(x)


def _fmax(x: Any, y: Any) -> Any:
    return _choose(x, y, (value(x) > value(y)) | _isnan(y))


def _fmin(x: Any, y: Any) -> Any:
    return _choose(x, y, (value(x) < value(y)) | _isnan(y))


def _clip(x: Any, a_min: Any = None, a_max: Any = None, **bounds: Any) -> Any:
    low, high = bounds.get("min", a_min), bounds.get("max", a_max)
    bounded = x if low is None else np.maximum(x, low)
    return bounded if high is None else np.minimum(bounded, high)


def _heaviside(x: Any, at_zero: Any) -> Any:
    step = np.heaviside(value(x), value(at_zero))
    return np.where(value(x) == 0, at_zero, step) if hasattr(at_zero, "level") else step


def _copysign(x: Any, y: Any) -> Any:
    return np.where(np.signbit(value(x)) != np.signbit(value(y)), -x, x)


def _remainder(x: Any, y: Any) -> Any:
    return x - y * np.floor_divide(value(x), value(y))


def _fmod(x: Any, y: Any) -> Any:
    return x - y * np.trunc(value(x) / value(y))


def _extremum(of: Callable) -> Callable:
    """max or min over axes: the mean of all entries that attain it."""

    def reduction(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        best = of(value(x), axis=axis, keepdims=True)
        attained = (value(x) == best) | ((best != best) & _isnan(x))
        total = np.sum(np.where(attained, x, 0), axis=axis, keepdims=keepdims)
        return total / np.sum(attained, axis=axis, keepdims=keepdims, dtype=x.dtype)

    return reduction


def _sort(x: Any, axis: int | None = -1, **options: Any) -> Any:
    if axis is None:
        x, axis = np.ravel(x), 0
    return np.take_along_axis(x, np.argsort(value(x), axis=axis, **options), axis)


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = np.where(condition, choice, result)
    return result


def _interp(x: Any, xp: Any, fp: Any) -> Any:
    """Piecewise linear between constant nodes, constant outside, as np.interp; the mean slope at a node."""
    if hasattr(xp, "level"):
        raise TypeError("interp: the nodes must be plain numbers (pass .value to hold them constant)")
    nodes, values = np.asarray(xp), fp if hasattr(fp, "level") else np.asarray(fp)
    slopes = np.concatenate([[0], np.diff(values) / np.diff(nodes), [0]])
    left, right = (np.searchsorted(nodes, value(x), side=side) for side in ("left", "right"))
    base = np.maximum(right - 1, 0)
    return values[base] + (slopes[left] + slopes[right]) / 2 * (x - nodes[base])


def _modf(x: Any) -> tuple:
    whole = np.trunc(value(x))
    return x - whole, whole


def _median(x: Any, axis: Any, keepdims: bool) -> Any:
    ordered, axes = joined(x, axis)
    ordered = np.sort(ordered, axis=-1)
    n = ordered.shape[-1]
    middle = (ordered[..., (n - 1) // 2] + ordered[..., n // 2]) / 2
    unknown = np.any(_isnan(ordered), axis=-1)
    middle = np.where(unknown, ordered[..., -1], middle) if np.any(unknown) else middle
    return np.expand_dims(middle, axes) if keepdims else middle


def joined(x: Any, axis: Any) -> tuple[Any, tuple[int, ...]]:
    """x with some axes (None: all) joined to the last, and which they are."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(i % x.ndim for i in axes)
    moved = np.moveaxis(x, axes, range(x.ndim - len(axes), x.ndim))
    return np.reshape(moved, (*moved.shape[: x.ndim - len(axes)], -1)), axes


PIECEWISE: dict[str, Callable] = {
    "absolute": _absolute,
    "fabs": _absolute,
    "copysign": _copysign,
    "maximum": _maximum,
    "minimum": _minimum,
    "fmax": _fmax,
    "fmin": _fmin,
    "clip": _clip,
    "heaviside": _heaviside,
    "remainder": _remainder,
    "fmod": _fmod,
    "divmod": lambda x, y: (np.floor_divide(value(x), value(y)), _remainder(x, y)),
    "modf": _modf,
    "max": _extremum(np.max),
    "min": _extremum(np.min),
    "amax": _extremum(np.max),
    "amin": _extremum(np.min),
    "ptp": lambda x, axis=None, keepdims=False: np.max(x, axis, keepdims=keepdims) - np.min(x, axis, keepdims=keepdims),
    "sort": _sort,
    "median": lambda x, axis=None, keepdims=False: _median(x, axis, keepdims),
    "select": select,
    "interp": _interp,
}
