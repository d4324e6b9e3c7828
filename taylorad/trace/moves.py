"""Functions that move entries about, where there is a quicker way than by entry numbers.

Reshapings, transpositions and slices are views, as in NumPy: what is written into them is seen by the array they were
taken from. A function here may return NotImplemented, for the general way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.rings import boxed, innermost
from taylorad.trace import operations as ops
from taylorad.trace.constants import kept
from taylorad.trace.node import Node
from taylorad.trace.tracer import Tracer


def _reshape(owner: Tracer, args: tuple, kwargs: dict, name: str) -> Any:
    x = args[0]
    order = args[_ORDER_AT[name]] if len(args) > _ORDER_AT.get(name, 9) else kwargs.get("order", "C")
    if order != "C" or x.__class__ is not Tracer:
        return NotImplemented
    moved = getattr(np, name)(x.value, *args[1:], **kwargs)
    if isinstance(moved, list | tuple):
        return NotImplemented
    if moved.shape == ():
        return x.result(ops.RESHAPE, (x.node,), (), None, moved)
    if _shares(moved, x.value):
        return x.as_view(ops.RESHAPE, moved.shape, moved)
    return x.result(ops.RESHAPE, (x.node,), moved.shape, None, moved)


_ORDER_AT = {"reshape": 2, "ravel": 1}


def _shares(moved: Any, value: Any) -> bool:
    return bool(np.may_share_memory(_memory(moved), _memory(value)))


def _memory(x: Any) -> Any:
    """The array in which the numbers of a value are."""
    x = innermost(x)
    return x.ends[0] if hasattr(x, "ends") else x


def _transpose(owner: Tracer, args: tuple, kwargs: dict, name: str) -> Any:
    x = args[0]
    if x.__class__ is not Tracer or x.ndim > 8:
        return NotImplemented
    if x.ndim < 2:
        return x[...]
    numbers = np.empty(tuple(range(2, x.ndim + 2)), dtype=bool)
    order = tuple(n - 2 for n in getattr(np, name)(numbers, *args[1:], **kwargs).shape)
    return x.as_view(ops.TRANSPOSE, order, np.transpose(x.value, order))


def _split(owner: Tracer, args: tuple, kwargs: dict, name: str) -> Any:
    """Slices: parts are views, as NumPy's are."""
    x = args[0]
    if x.__class__ is not Tracer:
        return NotImplemented
    parts = getattr(np, name)(np.arange(x.size).reshape(x.shape), *args[1:], **kwargs)
    axis = next((i for i in range(x.ndim) if any(p.shape[i] != x.shape[i] for p in parts)), 0)
    ends = np.cumsum([p.shape[axis] for p in parts])
    starts = [0, *ends[:-1].tolist()]
    if any(p.shape[:axis] != x.shape[:axis] for p in parts) or ends[-1] != x.shape[axis]:
        return NotImplemented
    return [x[(slice(None),) * axis + (slice(a, int(b)),)] for a, b in zip(starts, ends, strict=True)]


def _flip(owner: Tracer, args: tuple, kwargs: dict) -> Any:
    x, axis = args[0], kwargs.get("axis", args[1] if len(args) > 1 else None)
    if x.__class__ is not Tracer or x.ndim == 0:
        return NotImplemented
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis) % x.ndim
    return x[tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(x.ndim))]


def _fliplr(owner: Tracer, args: tuple, kwargs: dict) -> Any:
    return args[0][:, ::-1] if args[0].__class__ is Tracer else NotImplemented


def _flipud(owner: Tracer, args: tuple, kwargs: dict) -> Any:
    return args[0][::-1] if args[0].__class__ is Tracer else NotImplemented


def _rot90(owner: Tracer, args: tuple, kwargs: dict) -> Any:
    return _rotated(*args, **kwargs) if args[0].__class__ is Tracer else NotImplemented


def _rotated(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    i, j = axes
    turned = m if k % 4 in (0, 1) else np.flip(m, i)
    turned = np.flip(turned, j) if k % 4 in (1, 2) else turned
    return np.swapaxes(turned, i, j) if k % 2 else turned[...]


def _diagonal(owner: Tracer, args: tuple, kwargs: dict) -> Any:
    """A view that cannot be written to, as NumPy's."""
    x = args[0]
    if x.__class__ is not Tracer or x.ndim != 2:
        return NotImplemented
    rows, columns = np.indices(x.shape)
    key = tuple(np.diagonal(n, *args[1:], **kwargs) for n in (rows, columns))
    return x.as_view(ops.TAKE, key, x.value[key])


def _unstack(owner: Tracer, args: tuple, kwargs: dict) -> Any:
    front = np.moveaxis(args[0], kwargs.get("axis", 0), 0)
    return tuple(front[i] for i in range(len(front)))


def primal_of(x: Any) -> Any:
    """Plain arrays in place of traced ones, inside lists and tuples too."""
    if isinstance(x, list | tuple):
        return type(x)(map(primal_of, x))
    return getattr(x, "primal", x)


def static_of(x: Any) -> Any:
    """Plain arrays in place of traced ones, inside lists and tuples too: guards where a program depends on them."""
    if isinstance(x, list | tuple):
        return type(x)(map(static_of, x))
    x = getattr(x, "primal", x)
    return x.concrete() if x.__class__ is Tracer else x


def _broadcast_to(owner: Tracer, args: tuple, kwargs: dict) -> Any:
    x = args[0]
    moved = np.broadcast_to(x.value, *args[1:], **kwargs)
    if moved.shape == ():
        return x.result(ops.BROADCAST, (x.node,), (), None, moved)
    return x.as_view(ops.BROADCAST, moved.shape, moved)


def _where(owner: Tracer, args: tuple, kwargs: dict) -> Any:
    if len(args) == 1:
        return np.nonzero(primal_of(args[0]))
    condition, x, y = args
    condition = primal_of(condition)
    if condition.__class__ is not Tracer:
        condition = np.array(condition, dtype=bool)
    nodes, (u, v) = owner.split((x, y))
    nodes = tuple(n if n.__class__ is Node else kept(n) for n in nodes)
    if nodes[0].__class__ is not Node and nodes[1].__class__ is not Node:
        return np.where(condition, u, v)
    return owner.result(ops.WHERE, nodes, condition, None, np.where(condition, u, v)[()])


def _stack(owner: Tracer, args: tuple, kwargs: dict) -> Any:
    parts = args[0]
    if kwargs.get("axis", args[1] if len(args) > 1 else 0) != 0 or len(args) > 2 or set(kwargs) - {"axis"}:
        return NotImplemented
    nodes, values = owner.split([p if hasattr(p, "dtype") else boxed(p) for p in parts])
    if len({v.shape for v in values}) > 1:
        raise ValueError("all input arrays must have the same shape")
    nodes = tuple(n if n.__class__ is Node else kept(n) for n in nodes)
    return owner.result(ops.STACK, nodes, None, None, ops.stacked(values))


VIEWS: dict[str, Callable] = {
    **{
        name: lambda owner, args, kwargs, name=name: _reshape(owner, args, kwargs, name)
        for name in ("reshape", "ravel", "squeeze", "expand_dims", "atleast_1d", "atleast_2d", "atleast_3d")
    },
    **{
        name: lambda owner, args, kwargs, name=name: _transpose(owner, args, kwargs, name)
        for name in ("transpose", "swapaxes", "moveaxis", "rollaxis", "matrix_transpose", "permute_dims")
    },
    **{
        name: lambda owner, args, kwargs, name=name: _split(owner, args, kwargs, name)
        for name in ("split", "array_split", "hsplit", "vsplit", "dsplit")
    },
    "flip": _flip,
    "fliplr": _fliplr,
    "flipud": _flipud,
    "rot90": _rot90,
    "diagonal": _diagonal,
    "unstack": _unstack,
    "broadcast_to": _broadcast_to,
}
MOVES: dict[str, Callable] = {
    **VIEWS,
    "where": _where,
    "stack": _stack,
    "copy": lambda owner, args, kwargs: args[0].copy(),
}
