"""Linear functions of one array, applied to all coefficients at once.

LINEAR functions take the coefficient array with its leading axis, then the NumPy function's own arguments. GATHER
functions only move entries (indexing, reshaping, joining, padding with zeros): they are NumPy's own, run once on an
array of entry numbers, and the resulting map is applied to every coefficient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


def inner_axes(coefficients: Any, axis: Any) -> Any:
    """`axis` of the user's array (None: all) as axes of the coefficient array."""
    ndim = coefficients.ndim - 1
    if axis is None:
        return tuple(range(1, ndim + 1))
    axes = axis if isinstance(axis, tuple) else (axis,)
    for i in axes:
        if not -ndim <= i < ndim:
            raise np.exceptions.AxisError(i, ndim)
    shifted = tuple(i + 1 if i >= 0 else i for i in axes)
    return shifted if isinstance(axis, tuple) else shifted[0]


def _sum(c: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = True) -> Any:
    return np.sum(c if where is True else np.where(where, c, 0), axis=inner_axes(c, axis), keepdims=keepdims)


def _mean(c: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = True) -> Any:
    axes = inner_axes(c, axis)
    if where is True:
        count = np.prod([c.shape[i] for i in (axes if isinstance(axes, tuple) else (axes,))], dtype=int)
        return np.sum(c, axis=axes, keepdims=keepdims) / int(count)
    chosen = np.broadcast_to(where, c.shape)
    count = np.sum(chosen, axis=axes, keepdims=keepdims, dtype=c.dtype)
    return np.sum(np.where(chosen, c, 0), axis=axes, keepdims=keepdims) / count


def _along(function: Callable) -> Callable:
    """A function along one axis that flattens for axis None."""

    def linear(c: Any, axis: Any = None, dtype: Any = None) -> Any:
        if axis is None:
            return function(np.reshape(c, (c.shape[0], -1)), axis=1)
        return function(c, axis=inner_axes(c, axis))

    return linear


def _diff(c: Any, n: int = 1, axis: int = -1) -> Any:
    return np.diff(c, n=n, axis=inner_axes(c, axis))


def _trace(c: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return np.sum(np.diagonal(c, offset, inner_axes(c, axis1), inner_axes(c, axis2)), axis=-1)


def _fourier(name: str) -> Callable:
    function = getattr(np.fft, name)

    def linear(c: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
        return function(c, n=n, axis=inner_axes(c, axis), norm=norm)

    return linear


LINEAR: dict[str, Callable] = {
    "negative": lambda c: -c,
    "positive": lambda c: c.copy(),
    "conjugate": lambda c: np.conjugate(c) if c.dtype != object else _objects(c, "conjugate"),
    "real": lambda c: c.real if c.dtype != object else _objects(c, "real"),
    "imag": lambda c: c.imag if c.dtype != object else _objects(c, "imag"),
    "sum": _sum,
    "mean": _mean,
    "cumsum": _along(np.cumsum),
    "diff": _diff,
    "trace": _trace,
    **{f"fft.{name}": _fourier(name) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")},
}


def _objects(c: np.ndarray, attribute: str) -> np.ndarray:
    """real, imag or conjugate of every object."""

    def get(number: Any) -> Any:
        value = getattr(number, attribute)
        return value() if callable(value) else value

    return np.frompyfunc(get, 1, 1)(c)


@dataclass(frozen=True)
class Gather:
    """A NumPy function that moves entries, and which of its arguments hold entries (the others say where to)."""

    function: Callable
    data: tuple[int, ...] = (0,)


_MOVING = (
    "reshape ravel transpose swapaxes moveaxis rollaxis flip fliplr flipud rot90 roll squeeze expand_dims broadcast_to "
    "repeat tile take diagonal delete concatenate stack hstack vstack dstack column_stack block diag diagflat "
    "tril triu split array_split hsplit vsplit dsplit resize take_along_axis permute_dims matrix_transpose copy "
    "unstack atleast_1d atleast_2d atleast_3d"
)
GATHER: dict[str, Gather] = {
    **{name: Gather(getattr(np, name)) for name in _MOVING.split() if hasattr(np, name)},
    "where": Gather(np.where, data=(1, 2)),
    "compress": Gather(np.compress, data=(1,)),
    "append": Gather(np.append, data=(0, 1)),
    "insert": Gather(np.insert, data=(0, 2)),
    "extract": Gather(np.extract, data=(1,)),
    "broadcast_arrays": Gather(np.broadcast_arrays, data=tuple(range(32))),
    "meshgrid": Gather(np.meshgrid, data=tuple(range(32))),
    "linalg.diagonal": Gather(np.linalg.diagonal),
    "linalg.matrix_transpose": Gather(np.matrix_transpose),
}
CREATION: dict[str, Callable] = {
    name: getattr(np, name) for name in ("zeros_like", "ones_like", "empty_like", "full_like")
}
