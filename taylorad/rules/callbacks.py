"""NumPy's functions that call a function they are given, on parts of an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.rules.piecewise import value


def _apply_along_axis(func1d: Callable, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    front = np.moveaxis(arr, axis, -1)
    rows = [func1d(front[index], *args, **kwargs) for index in np.ndindex(front.shape[:-1])]
    table = np.stack(rows)
    table = np.reshape(table, front.shape[:-1] + np.shape(rows[0]))
    extra = np.ndim(rows[0])
    places = range(np.ndim(table) - extra, np.ndim(table))
    first = axis % np.ndim(arr)
    return np.moveaxis(table, tuple(places), tuple(range(first, first + extra))) if extra else table


def _apply_over_axes(func: Callable, a: Any, axes: Any) -> Any:
    for axis in np.atleast_1d(axes):
        result = func(a, axis)
        a = result if np.ndim(result) == np.ndim(a) else np.expand_dims(result, axis)
    return a


def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kwargs: Any) -> Any:
    """Each function is called with the entries it is for, no others; the last condition that holds counts."""
    conditions = np.atleast_1d(np.asarray(value(condlist), dtype=bool))
    conditions = conditions[None] if conditions.ndim == x.ndim and x.ndim else conditions.reshape(-1, *x.shape)
    if len(funclist) == len(conditions) + 1:
        conditions = np.concatenate([conditions, ~conditions.any(axis=0, keepdims=True)])
    result = np.zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        if condition.any():
            result[condition] = function(x[condition], *args, **kwargs) if callable(function) else function
    return result


CALLBACKS: dict[str, Callable] = {
    "apply_along_axis": _apply_along_axis,
    "apply_over_axes": _apply_over_axes,
    "piecewise": _piecewise,
}
