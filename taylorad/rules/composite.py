"""Functions written with other functions of the table: powers, combinations, reductions and products."""

from __future__ import annotations

import math
import string
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sp

from taylorad.rules.kinks import at_kinks, settled
from taylorad.rules.piecewise import is_complex, joined, select, value
from taylorad.rules.rule import apply

TINY = 1e-70  # of a square root: squares of such magnitudes, and their squares, are normal numbers


def power_of_two(magnitude: Any) -> Any:
    """A power of two near each magnitude, 1 where it is 0 or not finite: dividing by it is exact.

    In a program to be run again, 1 as long as nothing is near overflow or underflow.
    """
    if hasattr(magnitude, "concrete"):
        if np.all((magnitude > TINY) & (magnitude < 1 / TINY)):
            return 1
        magnitude = magnitude.concrete()
    usable = np.isfinite(magnitude) & (magnitude > 0)
    exponent = np.frexp(np.where(usable, magnitude, 1))[1] - 1
    return np.ldexp(np.ones_like(magnitude), exponent)


def _power(x: Any, exponent: Any) -> Any:
    """Constant exponents by `constant_power`, integer ones one at a time; a varying exponent by its own rule."""
    if hasattr(exponent, "level"):
        if not hasattr(x, "level") and exponent.dtype != object:
            x = np.asarray(x, np.result_type(x, exponent.dtype))
        flat = (value(x) == 0) & (value(exponent) > max(depth(x) - 1, 0))
        return _power_at_zero(x, exponent, flat) if np.any(flat) else apply("series_power", x, exponent)
    exponents = np.asarray(exponent)
    if exponents.ndim == 0:
        return x.constant_power(exponent if isinstance(exponent, int | float) else exponents[()])
    distinct = np.unique(exponents)
    if len(distinct) == 1:
        return np.broadcast_to(x.constant_power(distinct[0]), np.broadcast_shapes(x.shape, exponents.shape))
    if all(e == int(e) for e in distinct) and len(distinct) <= 64:
        return select([exponents == e for e in distinct], [x.constant_power(int(e)) for e in distinct])
    return x.constant_power(exponents)


def _power_at_zero(x: Any, exponent: Any, flat: Any) -> Any:
    """Where x is 0 and the exponent large enough, no derivative in the exponent is left: x^r log(x)^k is 0."""
    fixed = np.where(flat, value(exponent), 1)
    fixed = fixed.concrete() if hasattr(fixed, "concrete") else fixed
    return np.where(flat, x**fixed, apply("series_power", np.where(flat, 1, x), exponent))


def depth(x: Any) -> int:
    """How often a value is being differentiated: the orders of all algebras it is nested in."""
    order = 0
    while hasattr(x, "value") and getattr(x, "primal", None) is not x:
        order, x = order + getattr(x, "order", 1), x.value
    return order


def _square(x: Any) -> Any:
    return x.constant_power(2)


def _logaddexp(x: Any, y: Any, unit: float = 1.0) -> Any:
    """max - log_expit(unit (max - min))/unit: both tails keep their digits."""
    first = value(x) >= value(y)
    high, low = np.where(first, x, y), np.where(first, y, x)
    with np.errstate(invalid="ignore"):
        result = high - sp.log_expit((high - low) * unit) / unit
    infinite = (np.abs(value(low)) == np.inf) | (np.abs(value(high)) == np.inf)
    return np.where(infinite, high, result) if np.any(infinite) else result


def _logaddexp2(x: Any, y: Any) -> Any:
    return _logaddexp(x, y, math.log(2))


def _logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    if b is None and not return_sign and not is_complex(a):
        return _logsumexp_of(*joined(a, axis), keepdims)
    (a, axes), (b, _) = (joined(x, axis) for x in np.broadcast_arrays(a, 1.0 if b is None else b))
    top = np.take_along_axis(a, np.expand_dims(np.argmax(value(a), axis=-1), -1), -1)
    top = np.where(np.abs(value(top)) < np.inf, top, 0.0)
    total = np.sum(b * np.exp(a - top), axis=-1)
    sign = np.sign(value(total))
    result = np.log(total * sign if return_sign else total) + top[..., 0]
    if keepdims:
        result, sign = np.expand_dims(result, axes), np.expand_dims(sign, axes)
    return (result, sign) if return_sign else result


def _logsumexp_of(a: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """``a_i + log(1 + Σ_{j≠i} exp(a_j - a_i))`` over the last axis, i where a is largest."""
    i = np.expand_dims(np.argmax(value(a), axis=-1), -1)
    top = np.take_along_axis(a, i, -1)
    largest = np.arange(a.shape[-1]) == i
    with np.errstate(invalid="ignore"):
        rest = np.sum(np.where(largest, 0, np.exp(np.where(largest, 0, a - top))), axis=-1)
    finite = np.abs(value(top[..., 0])) < np.inf  # else all terms are 0, or one is infinite
    result = top[..., 0] + np.log1p(np.where(finite, rest, 0) if not np.all(finite) else rest)
    return np.expand_dims(result, axes) if keepdims else result


def _softmax(x: Any, axis: Any = None) -> Any:
    """The largest entry is subtracted first: exp(x - logsumexp(x)) has its rounding error relative to x."""
    flat, axes = joined(x, axis)
    parts = np.exp(flat - np.take_along_axis(flat, np.expand_dims(np.argmax(value(flat), axis=-1), -1), -1))
    shares = parts / np.sum(parts, axis=-1, keepdims=True)
    moved = tuple(n for i, n in enumerate(x.shape) if i not in axes) + tuple(x.shape[i] for i in axes)
    return np.moveaxis(np.reshape(shares, moved), range(x.ndim - len(axes), x.ndim), axes)


def _log_softmax(x: Any, axis: Any = None) -> Any:
    return x - _logsumexp(x, axis=axis, keepdims=True)


def _with_value(x: Any, primal: Any) -> Any:
    """The series with its degree-0 part replaced by a more accurate one."""
    return x + (primal - value(x))


def _in_type(a: Any, b: Any) -> list:
    """Two arguments, a plain one in the number type of the other: SciPy's functions of Python floats are float64."""
    dtype = next(x.dtype for x in (a, b) if hasattr(x, "level"))
    return [x if hasattr(x, "level") or dtype == object else np.asarray(x, dtype) for x in (a, b)]


def _betaln(a: Any, b: Any) -> Any:
    a, b = _in_type(a, b)
    return _with_value(sp.gammaln(a) + sp.gammaln(b) - sp.gammaln(a + b), sp.betaln(value(a), value(b)))


def _beta(a: Any, b: Any) -> Any:
    a, b = _in_type(a, b)
    log = sp.gammaln(a) + sp.gammaln(b) - sp.gammaln(a + b)
    return sp.beta(value(a), value(b)) * np.exp(log - value(log))


def _xlogy(x: Any, y: Any) -> Any:
    """0 where both are 0, with the one-sided derivatives of x log x: those of -sqrt(x), infinite but for constants."""
    nothing = (value(x) == 0) & (value(y) == 0)
    if not np.any(nothing):
        return x * np.log(y)
    with at_kinks("subgradient"):
        start = -np.sqrt(np.where(nothing, x, 0))
    return settled("xlogy", np.where(nothing, start, x * np.log(np.where(nothing, 1, y))), nothing, x, y)


def _entr(x: Any) -> Any:
    outside = value(x) < 0
    inside = np.where(outside, 1, x) if np.any(outside) else x
    return np.where(outside, -np.inf, -_xlogy(inside, inside)) if np.any(outside) else -_xlogy(inside, inside)


def _rel_entr(x: Any, y: Any) -> Any:
    return _xlogy(x, x / y)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Vector norms, and the Frobenius norm of matrices; scaled, so that squares cannot overflow."""
    matrix = (x.ndim == 2 and axis is None) or isinstance(axis, tuple)
    if ord is None or (ord == 2 and not matrix) or (ord == "fro" and matrix):
        scale = 1 if x.dtype == object else power_of_two(np.sqrt(np.max(np.abs(value(x)), initial=0)))  # as for hypot
        scaled = x / scale
        squares = scaled * np.conjugate(scaled) if is_complex(x) else np.square(scaled)
        total = np.real(np.sum(squares, axis=axis, keepdims=keepdims))
        return _root("linalg.norm", total, x, axis, keepdims) * scale
    if matrix:
        raise ValueError(f"linalg.norm: matrix norm {ord!r} needs singular values; only 'fro' is differentiable here")
    magnitude = np.abs(x)
    if ord in (np.inf, -np.inf):
        return (np.max if ord > 0 else np.min)(magnitude, axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum(value(x) != 0, axis=axis, keepdims=keepdims, dtype=magnitude.dtype)
    return np.sum(magnitude**ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Differences of neighbours; what is to be joined at the ends may be a single number."""
    parts = [p for p in (prepend, a, append) if p is not None]
    if len(parts) > 1:
        thin = tuple(1 if i == axis % np.ndim(a) else m for i, m in enumerate(np.shape(a)))
        a = np.concatenate([p if np.ndim(p) else np.broadcast_to(p, thin) for p in parts], axis=axis)
    return apply("difference", a, n, axis)


def _full_like(a: Any, fill_value: Any, dtype: Any = None, shape: Any = None, **options: Any) -> Any:
    if hasattr(fill_value, "level"):
        return np.broadcast_to(fill_value, np.shape(a) if shape is None else shape).copy()
    return np.zeros_like(a, dtype=dtype, shape=shape) + fill_value


def _root(name: str, squares: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """The square root of a sum of squares of entries of x."""
    with at_kinks("subgradient"):
        root = np.sqrt(squares)
    kinks = value(root) == 0
    return settled(name, root, kinks, x, spread=lambda u: np.sum(np.real(u), axis=axis, keepdims=keepdims))


def _std(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    return _root("std", _var(x, axis, ddof, keepdims), x, axis, keepdims)


def _prod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """By pairwise multiplication: log₂ n products of halves."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for i in sorted((a % x.ndim for a in axes), reverse=True):
        front = np.moveaxis(x, i, 0)
        while len(front) > 1:
            half = len(front) // 2
            paired = front[:half] * front[half : 2 * half]
            front = paired if len(front) % 2 == 0 else np.concatenate([paired, front[2 * half :]])
        x = np.moveaxis(front, 0, i) if len(front) else np.ones_like(x, shape=(*x.shape[:i], 1, *x.shape[i + 1 :]))
    if keepdims:
        return x
    return np.squeeze(x, None if axis is None else axis) if x.ndim else x


def _cumprod(x: Any, axis: Any = None) -> Any:
    if axis is None:
        x, axis = np.ravel(x), 0
    if x.size == 0:
        return x
    front = np.moveaxis(x, axis, 0)
    rows = [front[0]]
    for row in front[1:]:
        rows.append(rows[-1] * row)
    return np.moveaxis(np.stack(rows), 0, axis)


def _var(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    centred = x - np.mean(x, axis=axis, keepdims=True)
    squares = np.square(np.abs(centred)) if is_complex(x) else np.square(centred)
    mean = np.mean(squares, axis=axis, keepdims=keepdims)
    count = squares.size / max(mean.size, 1)
    return mean * count / (count - ddof) if ddof else mean


def _average(a: Any, axis: Any = None, weights: Any = None) -> Any:
    if weights is None:
        return np.mean(a, axis=axis)
    if isinstance(axis, int) and np.ndim(weights) == 1:
        weights = np.expand_dims(weights, [i for i in range(np.ndim(a)) if i != axis % np.ndim(a)])
    weights = np.broadcast_to(weights, np.shape(a))
    return np.sum(a * weights, axis=axis) / np.sum(weights, axis=axis)


def _trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    front = np.moveaxis(y, axis, -1)
    width = dx if x is None else np.diff(x) if np.ndim(x) == 1 else np.moveaxis(np.diff(x, axis=axis), axis, -1)
    return np.sum((front[..., 1:] + front[..., :-1]) * width, axis=-1) / 2


def _polyval(p: Any, x: Any) -> Any:
    result = np.zeros_like(x)
    for coefficient in p:
        result = result * x + coefficient
    return result


def _einsum(subscripts: Any, *arrays: Any, **options: Any) -> Any:
    """Contract two operands at a time, keeping the letters that are still needed."""
    if not isinstance(subscripts, str):
        subscripts, arrays = _spelled(subscripts, *arrays)
    subscripts = subscripts.replace(" ", "")
    left, _, output = subscripts.partition("->")
    letters = left.split(",")
    if "->" not in subscripts:
        output = "".join(sorted(c for c in set(left) - {",", "."} if left.count(c) == 1))
        output = ("..." if "..." in left else "") + output
    terms, rest = letters[0], list(zip(letters[1:], arrays[1:], strict=True))
    result = arrays[0]
    if not rest:
        return _contract(f"{terms}->{output}", result)
    while rest:
        other, array = rest.pop(0)
        needed = set(output).union(*(set(s) for s, _ in rest)) if rest else set(output)
        kept = "".join(dict.fromkeys(c for c in terms + other if c in needed and c != "."))
        kept = ("..." if "..." in terms + other else "") + kept
        target = kept if rest else output
        result = _contract(f"{terms},{other}->{target}", result, array)
        terms = target
    return result


def _spelled(*interleaved: Any) -> tuple[str, tuple]:
    """``x, [0, 1], y, [1, 2], [0, 2]`` as ``"ab,bc->ac", (x, y)``."""

    def term(axes: Any) -> str:
        return "".join("..." if i is Ellipsis else string.ascii_letters[i] for i in axes)

    arrays, axes = interleaved[: len(interleaved) // 2 * 2 : 2], interleaved[1::2]
    left = ",".join(map(term, axes))
    return left + ("->" + term(interleaved[-1]) if len(interleaved) % 2 else ""), arrays


def _contract(subscripts: str, *arrays: Any) -> Any:
    """One einsum over one or two arrays, at least one of them a series (else NumPy's own)."""
    if not any(hasattr(a, "level") for a in arrays):
        return np.einsum(subscripts, *arrays)
    outermost = max((a for a in arrays if hasattr(a, "level")), key=lambda a: a.level)
    return outermost.contract(subscripts, *arrays)


def _swapped(norm: Any) -> Any:
    """The normalization of the other direction of a Fourier transform."""
    return {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}[norm]


def _hfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    return np.fft.irfft(np.conjugate(a), n=n, axis=axis, norm=_swapped(norm))


def _ihfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    return np.conjugate(np.fft.rfft(a, n=n, axis=axis, norm=_swapped(norm)))


def _array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    """Whether all coefficients are equal, not only the values."""
    x, y = sorted((a1, a2), key=lambda a: getattr(a, "level", (-1, 0)))
    return y.equals(x, equal_nan)


def _array_equiv(a1: Any, a2: Any) -> bool:
    try:
        x, y = np.broadcast_arrays(a1, a2)
        return _array_equal(x, y)
    except ValueError:  # shapes that do not broadcast, or another algebra
        return False


COMPOSITE: dict[str, Callable] = {
    # powers and scaled functions
    "power": _power,
    "pow": _power,
    "float_power": _power,
    "square": _square,
    "reciprocal": lambda x: 1 / x,
    "angle": lambda z, deg=False: np.arctan2(np.imag(z), np.real(z)) * (180 / np.pi if deg else 1),
    # combinations
    "logaddexp": _logaddexp,
    "logaddexp2": _logaddexp2,
    "logsumexp": _logsumexp,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "beta": _beta,
    "betaln": _betaln,
    "xlogy": _xlogy,
    "xlog1py": lambda x, y: x * np.log1p(y),
    "entr": _entr,
    "rel_entr": _rel_entr,
    "kl_div": lambda x, y: _rel_entr(x, y) - x + y,
    # reductions and products
    "linalg.norm": _norm,
    "linalg.vector_norm": lambda x, axis=None, keepdims=False, ord=2: _vector_norm(x, axis, keepdims, ord),
    "diff": _diff,
    "full_like": _full_like,
    "prod": _prod,
    "cumprod": _cumprod,
    "var": _var,
    "std": _std,
    "average": _average,
    "trapezoid": _trapezoid,
    "polyval": _polyval,
    "einsum": _einsum,
    "fft.hfft": _hfft,
    "fft.ihfft": _ihfft,
    "array_equal": _array_equal,
    "array_equiv": _array_equiv,
    "linalg.trace": lambda x, offset=0: np.trace(x, offset, -2, -1),
    "linalg.multi_dot": lambda arrays: _chain(arrays),
}


def _vector_norm(x: Any, axis: Any, keepdims: bool, ord: Any) -> Any:
    entries, axes = joined(x, axis)
    norm = _norm(entries, ord, axis=-1)
    return np.expand_dims(norm, axes) if keepdims else norm


def _chain(arrays: Any) -> Any:
    result = arrays[0]
    for array in arrays[1:]:
        result = result @ array
    return result
