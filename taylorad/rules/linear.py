"""Linear functions of one array, applied to all coefficients at once.

LINEAR functions take the coefficient array with its leading axis, then the NumPy function's own arguments; their
transposes take a cotangent of the result and the operand's shape, and are NumPy code that any algebra runs. GATHER
functions only move entries (indexing, reshaping, joining, padding with zeros): they are NumPy's own, run once on an
array of entry numbers, and the resulting map is applied to every coefficient; read backwards it is the transpose.

Transposes are with respect to the pairing ``Re Σ ȳ_i y_i``, without a conjugate: for an analytic function of complex
numbers the pullback of 1 is its derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from taylorad.rules.rule import apply


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


@dataclass(frozen=True)
class Linear:
    """A linear function of one array, and its transpose.

    function : (coefficients with a leading axis, *args, **kwargs) -> coefficients of the result
    transpose : (cotangent of the result, shape of the operand, *args, **kwargs) -> cotangent of the operand
    """

    function: Callable
    transpose: Callable


# ---------------------------------------------------------------------------------------------------- transposes


def _spread(ybar: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """A reduction's cotangent, repeated along the axes it was reduced over."""
    if not keepdims and axis is not None:
        ybar = np.expand_dims(ybar, axis)
    if ybar.__class__ is np.float64:  # a third of the time of broadcast_to
        return np.ndarray(shape, ybar.dtype, np.array(ybar), strides=(0,) * len(shape))
    return np.broadcast_to(ybar, shape)


def _sum_transpose(
    ybar: Any, shape: tuple[int, ...], axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = True
) -> Any:
    spread = _spread(ybar, shape, axis, keepdims)
    return spread if where is True else np.where(where, spread, 0)


def _mean_transpose(
    ybar: Any, shape: tuple[int, ...], axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = True
) -> Any:
    chosen = np.broadcast_to(where, shape)
    count = np.sum(chosen, axis=axis, keepdims=keepdims, dtype=None if ybar.dtype == object else ybar.dtype)
    spread = _spread(ybar / count, shape, axis, keepdims)
    return spread if where is True else np.where(chosen, spread, 0)


def _cumsum_transpose(ybar: Any, shape: tuple[int, ...], axis: Any = None, dtype: Any = None) -> Any:
    along = 0 if axis is None else axis
    return np.reshape(np.flip(np.cumsum(np.flip(ybar, along), axis=along), along), shape)


def _diff_transpose(ybar: Any, shape: tuple[int, ...], n: int = 1, axis: int = -1) -> Any:
    front = np.moveaxis(ybar, axis, 0)
    for _ in range(n):
        edge = np.zeros_like(front, shape=(1, *front.shape[1:]))
        front = np.concatenate([edge, front]) - np.concatenate([front, edge])
    return np.moveaxis(front, 0, axis)


def _trace_transpose(ybar: Any, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    axes = sorted((axis1 % len(shape), axis2 % len(shape)))
    diagonal = np.eye(shape[axis1], shape[axis2], offset, dtype=bool)
    diagonal = diagonal if axis1 % len(shape) == axes[0] else diagonal.T
    sizes = [shape[i] if i in axes else 1 for i in range(len(shape))]
    return np.where(diagonal.reshape(sizes), np.broadcast_to(np.expand_dims(ybar, axes), shape), 0)


def _resized(x: Any, length: int, axis: int) -> Any:
    """x cut off, or continued by zeros, to a length along one axis."""
    front = np.moveaxis(x, axis, 0)
    if len(front) < length:
        zeros = np.zeros_like(front, shape=(length - len(front), *front.shape[1:]))
        return np.moveaxis(np.concatenate([front, zeros]), 0, axis)
    return np.moveaxis(front[:length], 0, axis)


def _fourier_transpose(name: str) -> Callable:
    """The matrices of fft and ifft are symmetric."""
    function = getattr(np.fft, name)

    def transpose(ybar: Any, shape: tuple[int, ...], n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
        return _resized(function(ybar, n=n, axis=axis, norm=norm), shape[axis], axis)

    return transpose


def _rfft_transpose(ybar: Any, shape: tuple[int, ...], n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    length = shape[axis] if n is None else n
    return _resized(np.real(np.fft.fft(_resized(ybar, length, axis), axis=axis, norm=norm)), shape[axis], axis)


def _irfft_transpose(ybar: Any, shape: tuple[int, ...], n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """Frequencies but the first, and the last of an even length, stand for two terms."""
    length = 2 * (shape[axis] - 1) if n is None else n
    swapped: Any = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}[norm]
    spectrum = np.conjugate(np.moveaxis(np.fft.rfft(ybar, n=length, axis=axis, norm=swapped), axis, -1))
    count = spectrum.shape[-1]
    single = (np.arange(count) == 0) | (2 * np.arange(count) == length)
    return _resized(np.moveaxis(spectrum * np.where(single, 1, 2), -1, axis), shape[axis], axis)


def _scatter(c: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Sums of entries: entry i of the flattened operand is added at flat position index[i] of an array of `shape`."""
    size = int(np.prod(shape, dtype=int))
    flat, index = c.reshape(c.shape[0], -1), np.ravel(index)
    if isinstance(c, np.ndarray) and c.dtype.char in "fd":
        rows = [np.bincount(index, weights=row, minlength=size) for row in flat]
        return np.stack(rows).astype(c.dtype, copy=False).reshape(c.shape[0], *shape)
    if isinstance(c, np.ndarray):
        result = np.zeros((c.shape[0], size), dtype=c.dtype)
        for row, terms in zip(result, flat, strict=True):
            np.add.at(row, index, terms)
        return result.reshape(c.shape[0], *shape)
    rows = np.arange(c.shape[0])[:, None] * size + index
    return apply("scatter_add", flat, rows, (c.shape[0], *shape))


LINEAR: dict[str, Linear] = {
    "negative": Linear(lambda c: -c, lambda ybar, shape: -ybar),
    "positive": Linear(lambda c: c.copy(), lambda ybar, shape: ybar),
    "conjugate": Linear(
        lambda c: np.conjugate(c) if c.dtype != object else _objects(c, "conjugate"),
        lambda ybar, shape: np.conjugate(ybar),
    ),
    "real": Linear(lambda c: c.real if c.dtype != object else _objects(c, "real"), lambda ybar, shape: np.real(ybar)),
    "imag": Linear(
        lambda c: c.imag if c.dtype != object else _objects(c, "imag"), lambda ybar, shape: np.real(ybar) * -1j
    ),
    "sum": Linear(_sum, _sum_transpose),
    "mean": Linear(_mean, _mean_transpose),
    "cumsum": Linear(_along(np.cumsum), _cumsum_transpose),
    "difference": Linear(_diff, _diff_transpose),
    "trace": Linear(_trace, _trace_transpose),
    "fft.fft": Linear(_fourier("fft"), _fourier_transpose("fft")),
    "fft.ifft": Linear(_fourier("ifft"), _fourier_transpose("ifft")),
    "fft.rfft": Linear(_fourier("rfft"), _rfft_transpose),
    "fft.irfft": Linear(_fourier("irfft"), _irfft_transpose),
    "scatter_add": Linear(_scatter, lambda ybar, shape, index, size: np.reshape(np.reshape(ybar, -1)[index], shape)),
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
    data: Sequence[int] = (0,)


_MOVING = (
    "reshape ravel transpose swapaxes moveaxis rollaxis flip fliplr flipud rot90 roll squeeze expand_dims broadcast_to "
    "repeat tile take diagonal delete concatenate stack hstack vstack dstack column_stack block diag diagflat "
    "tril triu split array_split hsplit vsplit dsplit resize take_along_axis permute_dims matrix_transpose copy "
    "unstack"
)
GATHER: dict[str, Gather] = {
    **{name: Gather(getattr(np, name)) for name in _MOVING.split() if hasattr(np, name)},
    "where": Gather(np.where, data=(1, 2)),
    "compress": Gather(np.compress, data=(1,)),
    "append": Gather(np.append, data=(0, 1)),
    "insert": Gather(np.insert, data=(0, 2)),
    "extract": Gather(np.extract, data=(1,)),
    **{
        name: Gather(getattr(np, name), data=range(1 << 30))
        for name in ("broadcast_arrays", "meshgrid", "atleast_1d", "atleast_2d", "atleast_3d")
    },
    "linalg.diagonal": Gather(np.linalg.diagonal),
    "linalg.matrix_transpose": Gather(np.matrix_transpose),
}
CREATION: dict[str, Callable] = {name: getattr(np, name) for name in ("zeros_like", "ones_like", "empty_like")}
