"""Series with interval coefficients: where they need more care than series of numbers.

Coefficients enclose those of every point of the degree-0 interval. Where the branch of a piecewise function depends on
the point, the degree-0 part is the hull of the branches. So is the part of degree 1 if the function is continuous: it
encloses the slopes of all secants (the generalized gradient). Of higher derivatives, and of the slopes of functions
that may jump, nothing is known: those coefficients are the whole line.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np
import scipy.special as sp

from taylorad.algebras.interval.comparisons import Comparison
from taylorad.algebras.interval.interval import Interval, as_interval
from taylorad.algebras.interval.sound import composed, no_rule
from taylorad.rules import Primitive
from taylorad.rules.piecewise import value

_continuous: ContextVar[bool] = ContextVar("taylorad_continuous_branches", default=False)


# --------------------------------------------------------------------------------------------------------- branches


def where(owner: Any, condition: Comparison, x: Any, y: Any) -> Any:
    """``numpy.where`` on series, for relations that may depend on the point."""
    undecided = np.asarray(condition.undecided)
    if not undecided.any():
        return np.where(condition.certainly, x, y)
    if condition.series:
        return np.where(*condition.attached(x, y))
    first: Any = owner._new(owner._coefficients_of(x))
    second: Any = owner._new(owner._coefficients_of(y))
    shape = np.broadcast_shapes(condition.shape, first.shape, second.shape)
    first, second = np.broadcast_to(first, shape), np.broadcast_to(second, shape)
    result = np.where(condition.certainly, first, second)
    parts = result.coefficients * 1
    continuous = _continuous.get()
    for i, degree in enumerate(owner.structure.degrees):
        token = _continuous.set(continuous and degree == 0)  # slopes jump where branches meet
        hull = np.where(condition, first.coefficients[i], second.coefficients[i])
        _continuous.reset(token)
        known = hull if degree == 0 or (degree == 1 and continuous) else _unknown(hull)
        parts[i] = np.where(undecided, known, parts[i])
    return owner._new(parts)


def _unknown(like: Any) -> Any:
    """The whole line in every entry, as a part of a series."""
    if not hasattr(like, "ends"):
        return like._new(_unknown(like.coefficients))
    line = Interval.entire(like.shape)
    return line if like.codes is None else line.decorated("trv")


def step(owner: Any, result: Any, args: tuple = ()) -> Any:
    """The result of a function with steps, as a constant where no step lies in the interval."""
    if isinstance(result, Comparison):
        if np.any(result.undecided):
            result.series = tuple(a for a in args if hasattr(a, "structure"))
        return result.settled()
    if not isinstance(result, Interval) or np.all(result.is_degenerate) or not hasattr(owner, "structure"):
        return result
    series = owner.lift(result)
    jumps = ~np.asarray(result.is_degenerate)
    for i in range(1, owner.structure.size):
        series.coefficients[i] = np.where(jumps, _unknown(series.coefficients[i]), series.coefficients[i])
    return series


# ------------------------------------------------------------------------------------------- functions with branches


def enclosed_composite(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    """A function written with others, of series at least one of which has interval coefficients."""
    name = primitive.name
    if name in _BRANCHING:
        token = _continuous.set(True)
        try:
            result = _BRANCHING[name](*args, **kwargs)
        finally:
            _continuous.reset(token)
        return _with_direct_values(primitive, result, args, kwargs)
    if name in OWN:
        return OWN[name](*args, **kwargs)
    return composed(primitive, args, kwargs)


def _with_direct_values(primitive: Primitive, result: Any, args: tuple, kwargs: dict) -> Any:
    """The degree-0 part that the function has on intervals themselves, which is the range."""
    values = [_interval_value(a) for a in args]
    if all(v is not None for v in values) and hasattr(getattr(result, "coefficients", None), "ends"):
        result.coefficients[0] = Interval.apply(as_interval(values[0]), primitive, tuple(values), kwargs)
    return result


def _interval_value(x: Any) -> Any:
    v = value(x)
    return None if hasattr(v, "level") and not hasattr(v, "ends") else v


def _absolute(x: Any) -> Any:
    return np.where(value(x) >= 0, x, -x)


def _maximum(x: Any, y: Any) -> Any:
    return np.where(value(x) >= value(y), x, y)


def _minimum(x: Any, y: Any) -> Any:
    return np.where(value(x) <= value(y), x, y)


def folded(choose: Callable) -> Callable:
    """max or min over axes, by halves, from a function of two arrays."""

    def reduction(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        for i in sorted((a % x.ndim for a in axes), reverse=True):
            front = np.moveaxis(x, i, 0)
            while len(front) > 1:
                half = len(front) // 2
                joined = choose(front[:half], front[half : 2 * half])
                front = joined if len(front) % 2 == 0 else np.concatenate([joined, front[2 * half :]])
            x = np.moveaxis(front, 0, i) if keepdims else front[0]
        return x

    return reduction


def _logaddexp(x: Any, y: Any) -> Any:
    return y - sp.log_expit(y - x)


def _logaddexp2(x: Any, y: Any) -> Any:
    unit = np.log(as_interval(2.0))
    return y - sp.log_expit((y - x) * unit) / unit


def _beta(a: Any, b: Any) -> Any:
    return sp.gamma(a) * sp.gamma(b) * sp.rgamma(a + b)


def _betaln(a: Any, b: Any) -> Any:
    return sp.gammaln(a) + sp.gammaln(b) - sp.gammaln(a + b)


_BRANCHING: dict[str, Callable] = {
    "absolute": _absolute,
    "fabs": _absolute,
    "maximum": _maximum,
    "minimum": _minimum,
    "fmax": _maximum,
    "fmin": _minimum,
    "max": folded(_maximum),
    "amax": folded(_maximum),
    "min": folded(_minimum),
    "amin": folded(_minimum),
}


def _enclosed_numbers(*operands: Any) -> tuple:
    """Numbers as intervals, so that no function of them alone is rounded."""
    return tuple(x if hasattr(x, "level") else as_interval(x) for x in operands)


def _remainder(x: Any, y: Any) -> Any:
    return x - y * np.floor_divide(x, y)


def _fmod(x: Any, y: Any) -> Any:
    return x - y * np.trunc(x / y)


def _copysign(x: Any, y: Any) -> Any:
    size = np.abs(x)
    return np.where(y >= 0, size, -size)


def _sign(x: Any) -> Any:
    return step(x, np.sign(value(x)))


def _heaviside(x: Any, at_zero: Any) -> Any:
    return np.where(x > 0, 1.0, np.where(x < 0, 0.0, at_zero))


def _logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    if b is not None or return_sign:
        raise no_rule("logsumexp with weights")
    top = np.max(value(a).midpoint)  # any number is right
    return np.log(np.sum(np.exp(a - top), axis=axis, keepdims=keepdims)) + top


def _softmax(x: Any, axis: Any = None) -> Any:
    return np.exp(_log_softmax(x, axis))


def _log_softmax(x: Any, axis: Any = None) -> Any:
    return x - _logsumexp(x, axis, keepdims=True)


def _xlogy(x: Any, y: Any, logarithm: Callable = np.log, lowest: float = 0.0) -> Any:
    """``x log y``, and 0 where x is 0, also where the logarithm is not defined."""
    product = x * logarithm(y)
    zero = as_interval(value(x)).contains(0.0) & ~(as_interval(value(y)).ends[0] > lowest)
    return np.where(Comparison(~zero, np.True_ | zero), product, 0.0) if np.any(zero) else product


def _rel_entr(x: Any, y: Any) -> Any:
    return _xlogy(x, x / y)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord is not None and not isinstance(ord, str) and not ord > 0 and ord != -np.inf:
        raise no_rule(f"linalg.norm with ord={ord!r}")
    matrix = (x.ndim == 2 and axis is None) or isinstance(axis, tuple)
    if ord is None or (ord == 2 and not matrix) or (ord == "fro" and matrix):
        return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims))
    if matrix:
        raise no_rule(f"linalg.norm with ord={ord!r} of a matrix")
    size = np.abs(x)
    if ord in (np.inf, -np.inf):
        return (np.max if ord > 0 else np.min)(size, axis=axis, keepdims=keepdims)
    total = np.sum(size if ord == 1 else size**ord, axis=axis, keepdims=keepdims)
    return total if ord == 1 else total ** (as_interval(1) / as_interval(ord))


OWN: dict[str, Callable] = {
    "remainder": _remainder,
    "fmod": _fmod,
    "divmod": lambda x, y: (np.floor_divide(x, y), _remainder(x, y)),
    "modf": lambda x: (x - np.trunc(x), np.trunc(x)),
    "copysign": _copysign,
    "sign": _sign,
    "heaviside": _heaviside,
    "logaddexp": _logaddexp,
    "logaddexp2": _logaddexp2,
    "beta": lambda a, b: _beta(*_enclosed_numbers(a, b)),
    "betaln": lambda a, b: _betaln(*_enclosed_numbers(a, b)),
    "logsumexp": _logsumexp,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "xlogy": _xlogy,
    "xlog1py": lambda x, y: _xlogy(x, y, np.log1p, -1.0),
    "rel_entr": _rel_entr,
    "kl_div": lambda x, y: _rel_entr(x, y) - x + y,
    "entr": lambda x: -_xlogy(x, x),
    "ptp": lambda x, axis=None, keepdims=False: np.max(x, axis, keepdims=keepdims) - np.min(x, axis, keepdims=keepdims),
    "linalg.norm": _norm,
    "linalg.vector_norm": lambda x, axis=None, keepdims=False, ord=2: _norm(
        np.ravel(x) if axis is None else x, ord, axis, keepdims
    ),
}
