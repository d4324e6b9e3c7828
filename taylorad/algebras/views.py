"""Functions that give views: a series' entries in another shape or order, in the same memory, as NumPy's do."""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.rings import innermost

_RESHAPING = frozenset(["reshape", "ravel", "squeeze", "expand_dims", "atleast_1d", "atleast_2d", "atleast_3d"])
_TRANSPOSING = frozenset(["transpose", "swapaxes", "moveaxis", "rollaxis", "matrix_transpose", "permute_dims"])
_FLIPPING = frozenset(["flip", "fliplr", "flipud"])
_SPLITTING = frozenset(["split", "array_split", "hsplit", "vsplit", "dsplit"])
_ORDER_AT = {"reshape": 2, "ravel": 1}


def view_of(x: Any, name: str, args: tuple, kwargs: dict) -> Any:
    """What a function of x alone gives as a view; NotImplemented for other functions, and other orders than C."""
    if not args or args[0] is not x or "copy" in kwargs or (name.startswith("atleast") and len(args) > 1):
        return NotImplemented
    options: tuple = args[1:]
    function: Any = getattr(np, name, None)
    if name in _RESHAPING and "F" not in (*options, kwargs.get("order")) and len(options) < 2:
        shape = getattr(function(_unit(x.shape), *options, **kwargs), "shape", None)
        if shape is None:
            return NotImplemented
        view = x._new(x.coefficients.reshape((len(x.coefficients), *shape)))
        probe = _first(x)
        shared = np.may_share_memory(function(probe, *options, **kwargs), probe)
        return view if shared else view.copy()  # NumPy's ravel copies where reshape would not
    if name in _TRANSPOSING and x.ndim < 9:
        numbers = _unit(tuple(range(2, x.ndim + 2)))
        axes = [n - 1 for n in function(numbers, *options, **kwargs).shape]
        return x._new(np.transpose(x.coefficients, (0, *axes)))
    if name in _FLIPPING and x.ndim:
        axes = _flipped(name, x.ndim, *options, **kwargs)
        return x[tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(x.ndim))]
    return _parts(x, function(_unit(x.shape), *options, **kwargs)) if name in _SPLITTING else NotImplemented


def _unit(shape: tuple[int, ...]) -> np.ndarray:
    """An array of a shape without memory of its own."""
    return np.broadcast_to(np.False_, shape)


def _first(x: Any) -> np.ndarray:
    """The entries of one coefficient, in memory as those of the plain array would be."""
    array: Any = innermost(x)
    array = array.ends[0] if hasattr(array, "ends") else array
    return array[(0,) * (array.ndim - x.ndim)]


def _flipped(name: str, ndim: int, axis: Any = None) -> Any:
    if name != "flip":
        return (1,) if name == "fliplr" else (0,)
    return range(ndim) if axis is None else tuple(i % ndim for i in np.atleast_1d(axis))


def _parts(x: Any, like: list) -> Any:
    """Consecutive slices along the axis in which the parts are shorter."""
    axis = next((i for i in range(x.ndim) if any(p.shape[i] != x.shape[i] for p in like)), 0)
    ends = np.cumsum([p.shape[axis] for p in like]).tolist()
    if not ends or ends[-1] != x.shape[axis]:
        return NotImplemented  # sections that overlap or are given out of order
    return [x[(slice(None),) * axis + (slice(a, b),)] for a, b in zip([0, *ends], ends, strict=False)]
