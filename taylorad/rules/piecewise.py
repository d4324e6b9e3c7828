"""Piecewise functions, written with other functions of the table: branches look at the degree-0 part.

What derivatives are where branches meet is said in `kinks`: by default those of the mean of the branches, so |x| has
slope 0 at 0 and max(x, y) the mean slope at a tie.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.rules.kinks import settled, settled_at


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
        return np.hypot(np.real(x), np.imag(x))
    return settled("absolute", x * np.sign(value(x)) + 0, value(x) == 0, x)  # + 0: not -0.0


def _sign(x: Any) -> Any:
    if not is_complex(x):
        return settled_at("sign", np.sign(value(x)), (x,))
    size = np.abs(x)
    nothing = value(size) == 0
    return np.where(nothing, 0, x / np.where(nothing, 1, size))


def _choosing(name: str, first: Callable) -> Callable:
    """A function that is x where `first`, y elsewhere, their mean where the values are equal."""

    def choose(x: Any, y: Any) -> Any:
        tie = value(x) == value(y)
        chosen = np.where(first(x, y), x, y)
        return settled(name, np.where(tie, (x + y) / 2, chosen), tie, x, y) if np.any(tie) else chosen

    return choose


def _isnan(x: Any) -> Any:
    return value(x) != value(x)


def _clip(x: Any, a_min: Any = None, a_max: Any = None, **bounds: Any) -> Any:
    low, high = bounds.get("min", a_min), bounds.get("max", a_max)
    bounded = x if low is None else np.maximum(x, low)
    return bounded if high is None else np.minimum(bounded, high)


def _heaviside(x: Any, at_zero: Any) -> Any:
    step = np.heaviside(value(x), value(at_zero))
    step = np.where(value(x) == 0, at_zero, step) if hasattr(at_zero, "level") else step
    return settled_at("heaviside", step, (x,))


def _copysign(x: Any, y: Any) -> Any:
    magnitude = np.abs(x)
    negative, jump = np.signbit(value(y)), (value(y) == 0) & (value(x) != 0)
    return settled("copysign", np.where(negative, -magnitude, magnitude), jump, y)


def _remainder(x: Any, y: Any) -> Any:
    rest = x - y * np.floor_divide(value(x), value(y))
    return settled("remainder", rest, np.remainder(value(x), value(y)) == 0, x, y)


def _fmod(x: Any, y: Any) -> Any:
    jump = (np.fmod(value(x), value(y)) == 0) & (value(x) != 0)
    return settled("fmod", x - y * np.trunc(value(x) / value(y)), jump, x, y)


def _divmod(x: Any, y: Any) -> tuple:
    return settled_at("floor_divide", np.floor_divide(value(x), value(y)), (x, y)), _remainder(x, y)


def _extremum(of: Callable, bound: Callable) -> Callable:
    """max or min over axes: the mean of all entries that attain it."""

    def reduction(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
        if where is not True:
            if initial is None:
                raise ValueError(f"{of.__name__} with where needs an initial value, as in NumPy")
            x = np.where(where, x, initial)
        best = of(value(x), axis=axis, keepdims=True)
        attained = (value(x) == best) | ((best != best) & _isnan(x))

        def added(entries: Any) -> Any:
            return np.sum(np.where(attained, entries, 0), axis=axis, keepdims=keepdims)

        count = np.sum(attained, axis=axis, keepdims=keepdims, dtype=x.dtype)
        result = settled(of.__name__, added(x) / count, count > 1, x, spread=added)
        return result if initial is None else bound(result, initial)

    return reduction


def _sort(x: Any, axis: int | None = -1, **options: Any) -> Any:
    if axis is None:
        x, axis = np.ravel(x), 0
    if not options.get("kind") and not options.get("stable"):
        options = {"kind": "stable"}  # equal entries keep their order
    taken = np.take_along_axis(x, np.argsort(value(x), axis=axis, **options), axis)
    front = np.moveaxis(value(taken), axis, 0)
    tied = np.zeros(front.shape, dtype=bool)
    tied[1:] = front[1:] == front[:-1]
    tied[:-1] |= tied[1:]

    def all_tied(entries: Any) -> Any:
        rows = np.where(front[:, None] == front, np.moveaxis(entries, axis, 0), 0)
        return np.moveaxis(np.sum(rows, axis=1), 0, axis)

    return settled("sort", taken, np.moveaxis(tied, 0, axis), taken, spread=all_tied)


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
    result = values[base] + (slopes[left] + slopes[right]) / 2 * (x - nodes[base])
    return settled("interp", result, value(slopes)[left] != value(slopes)[right], x)


def _modf(x: Any) -> tuple:
    whole = np.trunc(value(x))
    return settled("modf", x - whole, (value(x) == whole) & (whole != 0), x), settled_at("trunc", whole, (x,))


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
    "sign": _sign,
    "maximum": _choosing("maximum", lambda x, y: (value(x) > value(y)) | _isnan(x)),
    "minimum": _choosing("minimum", lambda x, y: (value(x) < value(y)) | _isnan(x)),
    "fmax": _choosing("fmax", lambda x, y: (value(x) > value(y)) | _isnan(y)),
    "fmin": _choosing("fmin", lambda x, y: (value(x) < value(y)) | _isnan(y)),
    "clip": _clip,
    "heaviside": _heaviside,
    "remainder": _remainder,
    "fmod": _fmod,
    "divmod": _divmod,
    "modf": _modf,
    "max": _extremum(np.max, np.maximum),
    "min": _extremum(np.min, np.minimum),
    "amax": _extremum(np.max, np.maximum),
    "amin": _extremum(np.min, np.minimum),
    "ptp": lambda x, axis=None, keepdims=False: np.max(x, axis, keepdims=keepdims) - np.min(x, axis, keepdims=keepdims),
    "sort": _sort,
    "median": lambda x, axis=None, keepdims=False: _median(x, axis, keepdims),
    "select": select,
    "interp": _interp,
}
