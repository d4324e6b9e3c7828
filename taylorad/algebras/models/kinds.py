"""How models treat each kind of function of the table; what would not enclose is refused, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.algebras.interval.comparisons import Comparison
from taylorad.algebras.interval.constants import STEPS
from taylorad.algebras.interval.interval import Interval, as_interval
from taylorad.algebras.models import arithmetic, functions
from taylorad.algebras.models.composed import composite
from taylorad.algebras.models.operands import axes_of, is_model, refused, together, two, with_constant
from taylorad.rules import Primitive


def _additive(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    x, y = two(primitive, args, kwargs)
    minus = primitive.name == "subtract"
    if not is_model(y):
        x, midpoint, radius = with_constant(x, y)
        found = arithmetic.shift(x._coefficients, x._radius, -midpoint if minus else midpoint, radius)
        return x._make(*found, x.frame)
    if not is_model(x):
        return _additive(owner, _ADD, (-y if minus else y, x), {})
    x, y = together(x, y)
    found = arithmetic.add(
        x.frame, x._coefficients, x._radius, -y._coefficients if minus else y._coefficients, y._radius
    )
    return x._make(*found, x.frame)


_ADD = Primitive("add", "additive", None)


def _bilinear(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    if primitive.name == "matmul":
        return _matmul(*two(primitive, args, kwargs))
    if primitive.name != "multiply":
        return primitive.function.lowered(*args, **kwargs)
    x, y = two(primitive, args, kwargs)
    if is_model(x) and is_model(y):
        x, y = together(x, y)
        return x._times(y)
    if not is_model(x):
        x, y = y, x
    x, midpoint, radius = with_constant(x, y)
    return x._make(*arithmetic.scale(x.frame, x._coefficients, x._radius, midpoint, radius), x.frame)


def _matmul(u: Any, v: Any) -> Any:
    """Products along the last axis of u and the last but one of v, and their sum."""
    if np.ndim(u) == 0 or np.ndim(v) == 0:
        raise ValueError("matmul: scalars are not allowed, use * instead")
    row, column = np.ndim(u) == 1, np.ndim(v) == 1
    left, right = u[None] if row else u, v[:, None] if column else v
    product = np.sum(left[..., :, :, None] * right[..., None, :, :], axis=-2)
    product = product[..., 0, :] if row else product
    return product[..., 0] if column else product


def contracted(subscripts: str, *arrays: Any) -> Any:
    """``numpy.einsum`` over one or two arrays: products along all letters, then a sum over those that go."""
    left, _, output = subscripts.partition("->")
    terms = left.split(",")
    if "." in subscripts or any(len(set(term)) < len(term) for term in terms):
        raise refused(f"einsum({subscripts!r}), with repeated letters or ...,")
    letters = output + "".join(sorted(set(left) - {","} - set(output)))
    product: Any = None
    for term, array in zip(terms, arrays, strict=True):
        order = sorted(range(len(term)), key=lambda i: letters.index(term[i]))
        factor = np.transpose(array, order)[tuple(slice(None) if c in term else None for c in letters)]
        product = factor if product is None else product * factor
    return np.sum(product, axis=tuple(range(len(output), len(letters))))


def _quotient(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    x, y = two(primitive, args, kwargs)
    if is_model(y):
        return x * functions.reciprocal(y)
    x, divisor, radius = with_constant(x, y)
    if np.any(radius):
        return x * (1 / as_interval(y))
    if np.any(divisor == 0):
        raise ZeroDivisionError(f"{owner.describe()} divided by zero")
    return x._make(*arithmetic.divide_by(x.frame, x._coefficients, x._radius, divisor), x.frame)


def _elementary(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    if kwargs:
        raise TypeError(f"{primitive.name} of a Taylor model takes no keyword arguments, got {', '.join(kwargs)}")
    return functions.elementary(owner, primitive, args)


# ---------------------------------------------------------------------------------------------------------- linear


def _linear(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    function = _LINEAR.get(primitive.name)
    if function is None:
        raise refused(primitive.name)
    return function(*args, **kwargs)


def _sum(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = True) -> Any:
    if where is not True:
        x = np.where(where, x, 0.0)
    axes = axes_of(x, axis)
    found = x._make(*arithmetic.total(x.frame, x._coefficients, x._radius, axes), x.frame)
    return np.expand_dims(found, sorted(axes)) if keepdims else found


def _mean(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = True) -> Any:
    if where is not True:
        raise refused("mean with where")
    count = int(np.prod([x.shape[i] for i in axes_of(x, axis)], dtype=int))
    return _sum(x, axis, None, keepdims) / count


def _cumsum(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    front = np.moveaxis(np.ravel(x) if axis is None else x, axis or 0, 0)
    rows = [front[0]] if len(front) else []
    for row in front[1:]:
        rows.append(rows[-1] + row)
    return np.moveaxis(np.stack(rows), 0, axis or 0) if rows else x.copy()


def _difference(x: Any, n: int = 1, axis: int = -1) -> Any:
    front = np.moveaxis(x, axis, 0)
    for _ in range(n):
        front = front[1:] - front[:-1]
    return np.moveaxis(front, 0, axis)


def _trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return np.sum(np.diagonal(x, offset, axis1, axis2), axis=-1)


_LINEAR: dict[str, Callable] = {
    "negative": lambda x: x._make(-x._coefficients, x._radius, x.frame),
    "positive": lambda x: x.copy(),
    "conjugate": lambda x: x.copy(),
    "real": lambda x: x.copy(),
    "imag": lambda x: x.zeros(x.shape),
    "sum": _sum,
    "mean": _mean,
    "cumsum": _cumsum,
    "difference": _difference,
    "trace": _trace,
}

# ---------------------------------------------------------------------------------------------------------- moving


def _gather(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    """Run the NumPy function on entry numbers (0 stands for zero), then move models alike."""
    gather = primitive.function
    if primitive.name == "where" and len(args) == 3 and isinstance(args[0], Comparison):
        return _where(owner, *args)
    pool = _Pool(owner)
    data = [pool.number(a) if i in gather.data else a for i, a in enumerate(args)]
    moved = gather.function(*data, **kwargs)
    if isinstance(moved, list | tuple):
        return [pool.take(m) for m in moved] if isinstance(moved, list) else tuple(map(pool.take, moved))
    return pool.take(moved)


class _Pool:
    """The entries of several operands under one numbering: 0 is zero, then each operand's entries in turn."""

    def __init__(self, owner: Any):
        self.owner, self.count = owner, 1
        self.operands: list[Any] = []

    def number(self, operand: Any) -> Any:
        if isinstance(operand, list | tuple):
            return type(operand)(self.number(p) for p in operand)
        if operand is None:
            return None
        model = self.owner.lift(operand)
        numbers = np.arange(self.count, self.count + model.size).reshape(model.shape)
        self.operands.append(model)
        self.count += model.size
        return numbers

    def take(self, numbers: Any) -> Any:
        """The models whose entries have the given numbers."""
        size = self.owner.frame.structure.size
        flat = np.concatenate(
            [np.zeros((size, 1)), *(x._coefficients.reshape(size, -1) for x in self.operands)], axis=1
        )
        radii = np.concatenate([[0.0], *(np.reshape(x._radius, -1) for x in self.operands)])
        return self.owner._make(flat[:, numbers], radii[numbers], self.owner.frame)


def _where(owner: Any, condition: Comparison, x: Any, y: Any) -> Any:
    """Each branch where the condition decides for it; elsewhere a model that contains both."""
    x, y = owner.lift(x), owner.lift(y)
    decided = np.where(condition.certainly, x, y)
    if not np.any(condition.undecided):
        return decided
    half = (x - y) / 2
    reach = np.maximum(x._radius, y._radius) + half.bound().magnitude
    middle = owner._make(x._coefficients, 0.0 * x._radius, x.frame) + owner._make(
        y._coefficients, 0.0 * y._radius, y.frame
    )
    both = middle / 2 + Interval(-1, 1) * as_interval(reach)
    return np.where(condition.undecided, both, decided)


def _creation(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    array = primitive.function(np.zeros(owner.shape), *args[1:], **kwargs)
    if array.dtype.kind in "iub":
        return array
    return owner.lift(np.ones(array.shape) if primitive.name == "ones_like" else np.zeros(array.shape))


# ------------------------------------------------------------------------------------------- steps and comparisons


def _constant(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    name = primitive.name
    if name in STEPS:
        return functions.step(owner, STEPS[name], args[0])
    if name == "floor_divide":
        return functions.step(owner, "floor", args[0] / args[1])
    if name in _RELATIONS:
        return getattr(np, name)((owner.lift(args[0]) - args[1]).bound(), 0.0)
    if name in _ATTRIBUTES:
        return primitive.function(np.zeros(args[0].shape), *args[1:], **kwargs)
    if name in ("isfinite", "isnan", "isinf"):
        known = np.isfinite(args[0]._radius)
        return known if name == "isfinite" else np.zeros_like(known) if name == "isnan" else ~known
    raise refused(name)


_RELATIONS = frozenset(["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"])
_ATTRIBUTES = frozenset(["shape", "ndim", "size", "iscomplexobj", "isrealobj"])


def _undefined(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    raise refused(primitive.name)


KINDS: dict[str, Callable] = {
    "elementary": _elementary,
    "additive": _additive,
    "quotient": _quotient,
    "bilinear": _bilinear,
    "linear": _linear,
    "gather": _gather,
    "creation": _creation,
    "constant": _constant,
    "composite": composite,
    "undefined": _undefined,
    "derivative": _undefined,
}
