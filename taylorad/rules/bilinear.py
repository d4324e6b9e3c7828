"""Bilinear functions: each takes two arrays that share a leading axis of pairs, and works pair by pair.

The algebras call them with the coefficient pairs whose products make up one coefficient of the result.
"""

from __future__ import annotations

from collections.abc import Callable
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


BILINEAR: dict[str, Callable] = {
    "multiply": _multiply,
    "matmul": _matmul,
    "dot": _dot,
    "inner": _inner,
    "outer": _outer,
    "vdot": _vdot,
    **{
        name: _pairwise(getattr(np, name)) for name in ("tensordot", "kron", "convolve", "correlate", "cross", "vecdot")
    },
    "linalg.outer": _outer,
    "linalg.matmul": _matmul,
    **{f"linalg.{name}": _pairwise(getattr(np.linalg, name)) for name in ("tensordot", "cross", "vecdot")},
}
