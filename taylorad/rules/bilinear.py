"""Bilinear functions: each takes two arrays that share a leading axis of pairs, and works pair by pair.

The algebras call them with the coefficient pairs whose products make up one coefficient of the result. Each says how
it is made of `multiply`, `matmul` and `einsum` (`lowered`): only those three need transposes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


def _pairwise(function: Callable) -> Callable:
    """A NumPy function of two arrays applied to every pair."""

    def bilinear(u: Any, v: Any, *args: Any, **kwargs: Any) -> Any:
        return np.stack([function(a, b, *args, **kwargs) for a, b in zip(u, v, strict=True)])

    return bilinear


def _matmul(u: Any, v: Any) -> Any:
    """Products of the last two axes; vectors are rows on the left and columns on the right."""
    if u.ndim < 2 or v.ndim < 2:
        raise ValueError("matmul: scalars are not allowed, use * instead")
    row, column = u.ndim == 2, v.ndim == 2
    left = u[:, None, :] if row else u
    right = v[:, :, None] if column else v
    axes = max(left.ndim, right.ndim)
    left, right = _deepen(left, axes), _deepen(right, axes)
    if left.dtype == object or right.dtype == object:
        product = np.sum(left[..., :, :, None] * right[..., None, :, :], axis=-2)
    else:
        product = np.matmul(left, right)
    if column:
        product = product[..., 0]
    return product[..., 0, :] if row and not column else product[..., 0] if row else product


def _deepen(array: Any, ndim: int) -> Any:
    """Axes of length 1 after the leading one, up to `ndim`."""
    return array.reshape(array.shape[0], *(1,) * (ndim - array.ndim), *array.shape[1:])


def _multiply(u: Any, v: Any) -> Any:
    ndim = max(u.ndim, v.ndim)
    return _deepen(u, ndim) * _deepen(v, ndim)


def _dot(u: Any, v: Any) -> Any:
    if u.ndim == 1 or v.ndim == 1:
        return _multiply(u, v)
    if u.ndim <= 3 and v.ndim <= 3:
        return _matmul(u, v)
    return _pairwise(np.dot)(u, v)


def _inner(u: Any, v: Any) -> Any:
    if u.ndim == 1 or v.ndim == 1:
        return _multiply(u, v)
    left = u.reshape(u.shape[0], -1, u.shape[-1])
    right = v.reshape(v.shape[0], -1, v.shape[-1])
    return _matmul(left, np.swapaxes(right, 1, 2)).reshape(u.shape[0], *u.shape[1:-1], *v.shape[1:-1])


def _outer(u: Any, v: Any) -> Any:
    return u.reshape(u.shape[0], -1, 1) * v.reshape(v.shape[0], 1, -1)


def _vdot(u: Any, v: Any) -> Any:
    return np.sum(np.conjugate(u.reshape(u.shape[0], -1)) * v.reshape(v.shape[0], -1), axis=1)


@dataclass(frozen=True)
class Bilinear:
    """A bilinear function of two arrays.

    function : (pairs of left operands, pairs of right operands, *args, **kwargs) -> products, one for each pair
    lowered : (left, right, *args, **kwargs) -> product, in terms of other bilinear functions; None for the basic ones
    """

    function: Callable
    lowered: Callable | None = None


def _tensordot(u: Any, v: Any, axes: Any = 2) -> Any:
    """One matrix product of the operands with the contracted axes last and first."""
    if isinstance(axes, int | np.integer):
        left, right = list(range(np.ndim(u) - axes, np.ndim(u))), list(range(axes))
    else:
        left, right = (np.atleast_1d(a).tolist() for a in axes)
    left, right = [a % np.ndim(u) for a in left], [a % np.ndim(v) for a in right]
    rows = [i for i in range(np.ndim(u)) if i not in left]
    columns = [i for i in range(np.ndim(v)) if i not in right]
    shape = tuple(np.shape(u)[i] for i in rows) + tuple(np.shape(v)[i] for i in columns)
    inner = int(np.prod([np.shape(u)[i] for i in left], dtype=int))
    matrix = np.reshape(np.transpose(u, rows + left), (-1, inner))
    return np.reshape(matrix @ np.reshape(np.transpose(v, right + columns), (inner, -1)), shape)


def _lowered_dot(u: Any, v: Any) -> Any:
    if np.ndim(u) == 0 or np.ndim(v) == 0:
        return np.multiply(u, v)
    if np.ndim(v) == 1 or (np.ndim(u) <= 2 and np.ndim(v) == 2):
        return np.matmul(u, v)
    return _tensordot(u, v, ([-1], [-2]))


def _lowered_inner(u: Any, v: Any) -> Any:
    return np.multiply(u, v) if np.ndim(u) == 0 or np.ndim(v) == 0 else _tensordot(u, v, ([-1], [-1]))


def _lowered_outer(u: Any, v: Any) -> Any:
    return np.reshape(u, (-1, 1)) * np.reshape(v, (1, -1))


def _lowered_kron(u: Any, v: Any) -> Any:
    ndim = max(np.ndim(u), np.ndim(v))
    left, right = ((1,) * (ndim - np.ndim(a)) + np.shape(a) for a in (u, v))
    product = np.reshape(u, [n for m in left for n in (m, 1)]) * np.reshape(v, [n for m in right for n in (1, m)])
    return np.reshape(product, [m * n for m, n in zip(left, right, strict=True)])


def _lowered_convolve(u: Any, v: Any, mode: str = "full") -> Any:
    """Rows of shifted copies of v, times u."""
    if np.size(u) < np.size(v):  # as NumPy: the shorter one is moved over the longer one
        u, v = v, u
    n, m = np.size(u), np.size(v)
    first, count = {"full": (0, n + m - 1), "same": ((m - 1) // 2, n), "valid": (m - 1, n - m + 1)}[mode]
    shifts = np.arange(first, first + count)[:, None] - np.arange(n)
    shifted = np.where((shifts >= 0) & (shifts < m), np.ravel(v)[np.clip(shifts, 0, m - 1)], 0)
    return np.matmul(shifted, np.ravel(u))


def _lowered_correlate(u: Any, v: Any, mode: str = "valid") -> Any:
    result = _lowered_convolve(u, np.flip(np.conjugate(v)), mode)
    return np.flip(result) if np.size(u) < np.size(v) and mode == "valid" else result


def _lowered_cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = np.moveaxis(a, axisa, 0), np.moveaxis(b, axisb, 0)
    rows = [x[i - 2] * y[i - 1] - x[i - 1] * y[i - 2] for i in range(3)]
    return np.moveaxis(np.stack(rows), 0, axisc)


def _lowered_vecdot(u: Any, v: Any, axis: int = -1) -> Any:
    return np.sum(np.conjugate(np.moveaxis(u, axis, -1)) * np.moveaxis(v, axis, -1), axis=-1)


def _lowered_vdot(u: Any, v: Any) -> Any:
    return np.sum(np.conjugate(np.ravel(u)) * np.ravel(v))


BILINEAR: dict[str, Bilinear] = {
    "multiply": Bilinear(_multiply),
    "matmul": Bilinear(_matmul),
    "dot": Bilinear(_dot, _lowered_dot),
    "inner": Bilinear(_inner, _lowered_inner),
    "outer": Bilinear(_outer, _lowered_outer),
    "vdot": Bilinear(_vdot, _lowered_vdot),
    "tensordot": Bilinear(_pairwise(np.tensordot), _tensordot),
    "kron": Bilinear(_pairwise(np.kron), _lowered_kron),
    "convolve": Bilinear(_pairwise(np.convolve), _lowered_convolve),
    "correlate": Bilinear(_pairwise(np.correlate), _lowered_correlate),
    "cross": Bilinear(_pairwise(np.cross), _lowered_cross),
    "vecdot": Bilinear(_pairwise(np.vecdot), _lowered_vecdot),
    "linalg.outer": Bilinear(_outer, _lowered_outer),
    "linalg.matmul": Bilinear(_matmul, np.matmul),
    "linalg.tensordot": Bilinear(_pairwise(np.linalg.tensordot), _tensordot),
    "linalg.cross": Bilinear(_pairwise(np.linalg.cross), _lowered_cross),
    "linalg.vecdot": Bilinear(_pairwise(np.linalg.vecdot), _lowered_vecdot),
}
