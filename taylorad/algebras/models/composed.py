"""Functions of the table that are written with others, for models: none looks at a midpoint to choose a branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.algebras.interval.branches import folded
from taylorad.algebras.interval.interval import as_interval
from taylorad.algebras.models import functions
from taylorad.algebras.models.operands import axes_of, is_model, refused, together
from taylorad.rules import Primitive


def composite(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    """A function of the table that is written with others."""
    name = primitive.name
    if name in _DIRECT:
        return _DIRECT[name](*args, **kwargs)
    if name in _COMPOSED:
        return primitive.function(*args, **kwargs)
    raise refused(name)


def _power(x: Any, exponent: Any) -> Any:
    if is_model(exponent):
        base = x if is_model(x) else as_interval(x)
        return np.exp(exponent * np.log(base))
    return functions.constant_power(x, exponent)


def _choosing(choose: Callable) -> Callable:
    def function(x: Any, y: Any) -> Any:
        owner = x if is_model(x) else y
        return choose(*together(owner.lift(x), owner.lift(y)))

    return function


def _clip(x: Any, a_min: Any = None, a_max: Any = None, **bounds: Any) -> Any:
    low, high = bounds.get("min", a_min), bounds.get("max", a_max)
    x = x if low is None else np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def _logaddexp(x: Any, y: Any) -> Any:
    owner = x if is_model(x) else y
    x, y = together(owner.lift(x), owner.lift(y))
    return x + np.log1p(np.exp(y - x))


def _logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    if b is not None or return_sign:
        raise refused("logsumexp with weights")
    top = float(np.max(a._coefficients[0]))  # any number is right
    return np.log(np.sum(np.exp(a - top), axis=axis, keepdims=keepdims)) + top


def _log_softmax(x: Any, axis: Any = None) -> Any:
    return x - _logsumexp(x, axis, keepdims=True)


def _var(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    centred = x - np.mean(x, axis=axis, keepdims=True)
    count = int(np.prod([x.shape[i] for i in axes_of(x, axis)], dtype=int))
    return np.sum(np.square(centred), axis=axis, keepdims=keepdims) / (count - ddof)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    matrix = (x.ndim == 2 and axis is None) or isinstance(axis, tuple)
    if ord is None or (ord == 2 and not matrix) or (ord == "fro" and matrix):
        return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims))
    if matrix or ord not in (1, np.inf, -np.inf):
        raise refused(f"linalg.norm with ord={ord!r}")
    reduce = np.sum if ord == 1 else np.max if ord > 0 else np.min
    return reduce(np.abs(x), axis=axis, keepdims=keepdims)


def _remainder(x: Any, y: Any) -> Any:
    return x - y * np.floor_divide(x, y)


_COMPOSED = frozenset(["prod", "cumprod", "polyval", "einsum", "diff", "linalg.trace", "linalg.multi_dot", "xlog1py"])
_DIRECT: dict[str, Callable] = {
    "absolute": functions.absolute,
    "fabs": functions.absolute,
    "maximum": _choosing(functions.maximum),
    "minimum": _choosing(functions.minimum),
    "fmax": _choosing(functions.maximum),
    "fmin": _choosing(functions.minimum),
    "max": folded(functions.maximum),
    "amax": folded(functions.maximum),
    "min": folded(functions.minimum),
    "amin": folded(functions.minimum),
    "ptp": lambda x, axis=None, keepdims=False: (
        folded(functions.maximum)(x, axis, keepdims) - folded(functions.minimum)(x, axis, keepdims)
    ),
    "clip": _clip,
    "full_like": lambda a, fill_value: np.broadcast_to(a.lift(fill_value), a.shape),
    "sign": lambda x: functions.step(x, "sign", x),
    "power": _power,
    "pow": _power,
    "float_power": _power,
    "square": lambda x: x * x,
    "reciprocal": functions.reciprocal,
    "logaddexp": _logaddexp,
    "logsumexp": _logsumexp,
    "softmax": lambda x, axis=None: np.exp(_log_softmax(x, axis)),
    "log_softmax": _log_softmax,
    "xlogy": lambda x, y: x * np.log(y),
    "entr": lambda x: -x * np.log(x),
    "rel_entr": lambda x, y: x * np.log(x / y),
    "kl_div": lambda x, y: x * np.log(x / y) - x + y,
    "var": _var,
    "std": lambda x, axis=None, ddof=0, keepdims=False: np.sqrt(_var(x, axis, ddof, keepdims)),
    "linalg.norm": _norm,
    "linalg.vector_norm": lambda x, axis=None, keepdims=False, ord=2: _norm(
        np.ravel(x) if axis is None else x, ord, axis, keepdims
    ),
    "remainder": _remainder,
    "fmod": lambda x, y: x - y * np.trunc(x / y),
    "divmod": lambda x, y: (np.floor_divide(x, y), _remainder(x, y)),
    "modf": lambda x: (x - np.trunc(x), np.trunc(x)),
}
