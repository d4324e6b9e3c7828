"""Every array function of the table: NumPy's own value, and the derivatives of NumPy's own values.

One table of calls serves all theorems. The oracle knows nothing of series: the arguments are polynomials in t, the
function is NumPy's on their values at twelve points, and a polynomial goes through the results.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given

from taylorad import Dual, HyperDual, MultivariateTaylor, Taylor, UnsupportedFunctionError
from taylorad.algebras.structure import MultivariateStructure
from taylorad.rules import TABLE

KINDS = ("additive", "quotient", "linear", "gather", "bilinear", "creation", "composite", "constant")
ORDER, RADIUS, POINTS = 3, 0.1, 12
V, S = (5,), (3, 3)  # shapes: a vector, a square
Call = tuple[Callable, *tuple[tuple[int, ...], ...]]  # a function of arrays, and their shapes if not one of (3, 4)


def both(name: str) -> list:
    """A ufunc of two arguments: two series, a series and a number, a list, an array of other shape, a number."""
    f = getattr(np, name, None) or getattr(sp, name)
    mixed = [lambda x: f(x, 2.5), lambda x: f(2.5, x), lambda x: f([2.13, 3.24, 1.39, 2.87], x)]
    return [(f, (3, 4), (3, 4)), (f, (3, 1), V), (f, (), V), *mixed, lambda x: f(x, np.full((2, 3, 1), 2.5))]


ADDITIVE = {
    "add": [*both("add"), lambda x: x + 1, lambda x: 1 - x, lambda x: sum(x)],
    "subtract": [*both("subtract"), (lambda x, y: np.subtract.outer(x, y), V, (2, 3))],
    "divide": [*both("divide"), lambda x: 1 / x, lambda x: x / 4, (lambda x, y: x[:, None] / y, V, V)],
}
LINEAR: dict[str, list] = {
    "negative": [np.negative, lambda x: -x],
    "positive": [np.positive, lambda x: +x],
    "conjugate": [np.conjugate, np.conj, lambda x: x.conj()],
    "real": [np.real, lambda x: x.real],
    "imag": [np.imag, lambda x: x.imag],
    "sum": [
        np.sum,
        lambda x: np.sum(x, axis=0, keepdims=True),
        lambda x: x.sum(-1),
        (lambda x: np.sum(x, (0, 2)), (2, 3, 4)),
        lambda x: np.add.reduce(x),
        lambda x: np.add.reduce(x, axis=None),
        lambda x: np.sum(a=x, axis=1),
    ],
    "mean": [
        np.mean,
        lambda x: x.mean(axis=1),
        lambda x: np.mean(x, axis=(0, 1), keepdims=True),
        lambda x: np.mean(x, where=np.tri(3, 4) > 0),
        lambda x: np.sum(x, where=np.eye(3, 4) > 0, axis=0),
    ],
    "cumsum": [np.cumsum, lambda x: np.cumsum(x, axis=1), lambda x: np.add.accumulate(x), lambda x: x.cumsum(0)],
    "diff": [np.diff, lambda x: np.diff(x, n=2, axis=0)],
    "trace": [np.trace, lambda x: x.trace(1), (lambda x: np.trace(x, axis1=2, axis2=0), (2, 3, 4))],
    "fft.fft": [np.fft.fft, lambda x: np.fft.fft(x, n=6, axis=0, norm="ortho")],
    "fft.ifft": [np.fft.ifft, lambda x: np.fft.ifft(x, axis=0)],
    "fft.rfft": [np.fft.rfft, lambda x: np.fft.rfft(x, 3)],
    "fft.irfft": [np.fft.irfft, lambda x: np.fft.irfft(x, n=5)],
    "fft.hfft": [np.fft.hfft],
    "fft.ihfft": [np.fft.ihfft],
}
MASK = np.array([[True, False, False, True], [False, True, True, True], [True, False, False, False]])
GATHER: dict[str, list] = {
    "reshape": [lambda x: np.reshape(x, (2, -1)), lambda x: x.reshape(-1), lambda x: x.reshape(4, 3, order="F")],
    "ravel": [np.ravel, lambda x: x.ravel("F"), lambda x: x.flatten()],
    "transpose": [
        np.transpose,
        lambda x: x.T,
        lambda x: x.transpose(1, 0),
        (lambda x: np.transpose(x, (2, 0, 1)), (2, 3, 4)),
    ],
    "swapaxes": [(lambda x: np.swapaxes(x, 0, -1), (2, 3, 4)), (lambda x: x.mT, (2, 3, 4))],
    "moveaxis": [(lambda x: np.moveaxis(x, [0, 1], [-1, 0]), (2, 3, 4))],
    "rollaxis": [(lambda x: np.rollaxis(x, 2), (2, 3, 4))],
    "flip": [np.flip, lambda x: np.flip(x, axis=1)],
    "fliplr": [np.fliplr],
    "flipud": [np.flipud],
    "rot90": [np.rot90, lambda x: np.rot90(x, k=3)],
    "roll": [lambda x: np.roll(x, 2), lambda x: np.roll(x, (1, -1), axis=(0, 1))],
    "squeeze": [(np.squeeze, (1, 3, 1)), (lambda x: x.squeeze(axis=0), (1, 3, 1))],
    "expand_dims": [lambda x: np.expand_dims(x, (0, 2)), (lambda x: np.expand_dims(x, 0), ())],
    "broadcast_to": [lambda x: np.broadcast_to(x, (2, 3, 4)), (lambda x: np.broadcast_to(x, (2,)), ())],
    "repeat": [lambda x: np.repeat(x, 2), lambda x: x.repeat([1, 0, 2], axis=0)],
    "tile": [lambda x: np.tile(x, (2, 1))],
    "take": [lambda x: np.take(x, [0, 2, 2], axis=1), lambda x: x.take(7), lambda x: np.take(x, [-1, 15], mode="wrap")],
    "diagonal": [np.diagonal, lambda x: x.diagonal(offset=1)],
    "compress": [lambda x: np.compress([True, False, True], x, axis=0), lambda x: x.compress([False, True], axis=1)],
    "delete": [lambda x: np.delete(x, 1, axis=0), lambda x: np.delete(x, [0, 5])],
    "concatenate": [
        (lambda x, y: np.concatenate([x, y], axis=1), (3, 4), (3, 1)),
        (lambda x, y: np.concatenate((x, y), None), V, S),
        (lambda x: np.concatenate([[0, 0], x, np.zeros(1)]), V),
    ],
    "stack": [(lambda x, y: np.stack([x, y], axis=-1), V, V), (lambda x, y: np.stack(arrays=(x, y)), V, V)],
    "hstack": [(lambda x, y: np.hstack([x, y, x]), V, (2,))],
    "vstack": [(lambda x, y: np.vstack([x, y]), (3, 4), (2, 4))],
    "dstack": [(lambda x, y: np.dstack([x, y]), S, S)],
    "column_stack": [(lambda x, y: np.column_stack([x, y]), V, V)],
    "block": [(lambda x, y: np.block([[x, y], [y.T, np.zeros((2, 2))]]), S, (3, 2))],
    "diag": [(np.diag, S), (lambda x: np.diag(x, -1), V)],
    "diagflat": [(lambda x: np.diagflat(x, 1), V)],
    "tril": [np.tril, lambda x: np.tril(x, -1)],
    "triu": [np.triu, lambda x: np.triu(x, k=1)],
    "split": [lambda x: np.split(x, 2, axis=1), lambda x: np.split(x, [1])],
    "array_split": [lambda x: np.array_split(x, 3, axis=-1)],
    "hsplit": [lambda x: np.hsplit(x, 2)],
    "vsplit": [lambda x: np.vsplit(x, [2])],
    "dsplit": [(lambda x: np.dsplit(x, 2), (2, 3, 4))],
    "resize": [lambda x: np.resize(x, (2, 7))],
    "take_along_axis": [
        lambda x: np.take_along_axis(x, np.array([[2, 0, 1, 1]]), axis=0),
        lambda x: np.take_along_axis(arr=x, indices=np.array([[3], [0], [1]]), axis=1),
    ],
    "permute_dims": [(lambda x: np.permute_dims(x, (1, 2, 0)), (2, 3, 4))],
    "matrix_transpose": [(np.matrix_transpose, (2, 3, 4))],
    "copy": [np.copy, lambda x: x.copy()],
    "unstack": [lambda x: np.unstack(x, axis=1)],
    "atleast_1d": [(np.atleast_1d, ())],
    "atleast_2d": [(np.atleast_2d, V)],
    "atleast_3d": [np.atleast_3d],
    "where": [(lambda x, y: np.where(MASK, x, y), (3, 4), (4,)), lambda x: np.where(MASK, 0.0, x)],
    "append": [(lambda x, y: np.append(x, y), V, ()), (lambda x: np.append([0.0], x), V)],
    "insert": [(lambda x, y: np.insert(x, 2, y), V, ()), lambda x: np.insert(x, [0, 1], 0, axis=1)],
    "extract": [lambda x: np.extract(MASK, x)],
    "broadcast_arrays": [(lambda x, y: np.broadcast_arrays(x, y), (3, 1), (4,))],
    "meshgrid": [(lambda x, y: np.meshgrid(x, y, indexing="ij"), (2,), (3,))],
    "linalg.diagonal": [(lambda x: np.linalg.diagonal(x, offset=1), (2, 3, 4))],
    "linalg.matrix_transpose": [np.linalg.matrix_transpose],
}
BILINEAR = {
    "multiply": [*both("multiply"), lambda x: 2 * x, lambda x: x * [1, 2, 3, 4], (np.multiply.outer, V, (2, 3))],
    "matmul": [
        (np.matmul, (3, 4), (4, 2)),
        (lambda x, y: x @ y, (2, 3, 4), (4,)),
        (lambda x, y: x @ y, (4,), (5, 4, 2)),
        (lambda x, y: x @ y, V, V),
        (np.matmul, (2, 1, 3, 4), (3, 4, 2)),
        lambda x: [1, 2, 3] @ x,
    ],
    "dot": [
        (np.dot, V, V),
        (np.dot, (), S),
        (lambda x, y: np.dot(x, y), S, (3,)),
        (lambda x: x.dot([1, 2, 3]), S),
        (np.dot, (2, 3, 4), (5, 4, 2)),
    ],
    "inner": [(np.inner, V, V), (np.inner, (2, 3, 4), (5, 4)), (np.inner, V, ())],
    "outer": [(np.outer, V, (3,)), (np.outer, (2, 2), S)],
    "vdot": [(np.vdot, S, S)],
    "tensordot": [
        (np.tensordot, (2, 3, 4), (3, 4, 2)),
        (lambda x, y: np.tensordot(x, y, axes=([0], [1])), S, (2, 3)),
        (lambda x, y: np.tensordot(a=x, b=y, axes=1), S, S),
    ],
    "kron": [(np.kron, (2,), (3,)), (np.kron, (2, 2), (1, 3))],
    "convolve": [
        (np.convolve, V, (3,)),
        (lambda x, y: np.convolve(x, y, mode="same"), V, (3,)),
        (lambda x: np.convolve([1, -2], x), V),
    ],
    "correlate": [(np.correlate, V, (3,)), (lambda x, y: np.correlate(x, y, "full"), V, (3,))],
    "cross": [(np.cross, (3,), (3,)), (lambda x, y: np.cross(x, y, axis=0), (3, 4), (3, 4))],
    "vecdot": [(np.vecdot, (3, 4), (4,)), (lambda x, y: np.vecdot(x, y, axis=0), S, S)],
    "linalg.outer": [(np.linalg.outer, V, (3,))],
    "linalg.matmul": [(np.linalg.matmul, S, (3, 2))],
    "linalg.tensordot": [(lambda x, y: np.linalg.tensordot(x, y, axes=1), S, (3, 2))],
    "linalg.cross": [(np.linalg.cross, (2, 3), (2, 3))],
    "linalg.vecdot": [(np.linalg.vecdot, (2, 3), (3,))],
}
CREATION = {
    "zeros_like": [np.zeros_like, lambda x: np.zeros_like(x, shape=(2,))],
    "ones_like": [np.ones_like],
    "empty_like": [lambda x: np.ones(np.empty_like(x).shape)],
    "full_like": [lambda x: np.full_like(x, 2.5)],
}
POLYNOMIAL: dict[str, list] = {  # composites that are polynomials wherever their branch does not change
    "absolute": [lambda x: np.abs(x - 3), lambda x: abs(x), np.absolute],
    "fabs": [lambda x: np.fabs(2 - x)],
    "copysign": [
        lambda x: np.copysign(x, -1.0),
        lambda x: np.copysign(x - 3, np.linspace(-2, 2, 4)),
        (np.copysign, V, V),
    ],
    "maximum": [*both("maximum"), lambda x: np.maximum.reduce(x)],
    "minimum": [*both("minimum"), lambda x: np.minimum(x, 3)],
    "fmax": both("fmax"),
    "fmin": both("fmin"),
    "clip": [
        lambda x: np.clip(x, 2, 5),
        lambda x: x.clip(min=2),
        lambda x: np.clip(x, None, 3),
        (lambda x, y: np.clip(x, y, 9), V, ()),
    ],
    "heaviside": [lambda x: np.heaviside(x - 3, 0.5)],
    "remainder": [
        lambda x: x % 11,
        lambda x: np.remainder(x, -11),
        (lambda x, y: -x % (y + 11), V, V),
        lambda x: np.mod(x, 11),
    ],
    "fmod": [lambda x: np.fmod(-x, 11), (lambda x, y: np.fmod(x, y + 11), V, ())],
    "divmod": [lambda x: divmod(x, 11), lambda x: np.divmod(x, 11)],
    "modf": [lambda x: np.modf(x / 20), lambda x: np.modf(7 - x / 20)],
    "max": [np.max, lambda x: x.max(axis=0), lambda x: np.max(x, axis=1, keepdims=True)],
    "min": [np.min, lambda x: x.min(axis=-1), lambda x: np.minimum.reduce(x, axis=1)],
    "amax": [lambda x: np.amax(x, (0, 1))],
    "amin": [np.amin],
    "ptp": [np.ptp, lambda x: np.ptp(x, axis=0)],
    "sort": [np.sort, lambda x: np.sort(x, axis=0), lambda x: np.sort(x, axis=None)],
    "median": [
        np.median,
        lambda x: np.median(x, axis=1, keepdims=True),
        (lambda x: np.median(x, axis=(0, 2)), (2, 3, 4)),
    ],
    "select": [
        (lambda x, y: np.select([MASK[:, 0], ~MASK[:, 1]], [x, y], 7.0), (3,), (3,)),
        lambda x: np.where(x > 2.1, x, 0),
    ],
    "interp": [
        lambda x: np.interp(x, [0, 3.14, 9], [1, 5, 2]),
        (lambda x: np.interp([0.5, 1.5, 9], [0, 1, 2, 3, 4], x), V),
        (lambda x, y: np.interp(x, np.arange(-0.06, 10, 2.5), y), (3,), V),
    ],
    "square": [np.square, lambda x: x**2],
    "prod": [
        np.prod,
        lambda x: x.prod(axis=0, keepdims=True),
        (lambda x: np.prod(x, axis=(0, 2)), (2, 3, 2)),
        (np.multiply.reduce, S),
    ],
    "cumprod": [(np.cumprod, V), lambda x: np.cumprod(x, axis=0), np.multiply.accumulate],
    "var": [np.var, lambda x: x.var(axis=0), lambda x: np.var(x, axis=1, ddof=1, keepdims=True)],
    "average": [
        np.average,
        lambda x: np.average(x, axis=0, weights=[1, 2, 5]),
        lambda x: np.average(x, axis=1, weights=[1, 2, 0, 1]),
        lambda x: np.average(x, weights=np.eye(3, 4)),
    ],
    "trapezoid": [
        np.trapezoid,
        lambda x: np.trapezoid(x, [1, 2, 4], axis=0),
        lambda x: np.trapezoid(x, dx=0.5),
        (lambda x, y: np.trapezoid(x, y), V, V),
        (lambda x, y: np.trapezoid(x, y, axis=0), S, S),
    ],
    "polyval": [
        (lambda x: np.polyval([1, -2, 3], x), (2, 2)),
        (lambda p, x: np.polyval(p, x), (3,), (2,)),
        (lambda p: np.polyval(p, [0.5, 2]), (3,)),
    ],
    "einsum": [
        lambda x: np.einsum("ij->", x),
        (lambda x: np.einsum("ii->i", x), S),
        (lambda x, y: np.einsum("ij, jk", x, y), (2, 3), (3, 2)),
        (lambda x, y: np.einsum("...ij,...j->...i", x, y), (2, 3, 4), (4,)),
        (lambda x, y: np.einsum("i,j,k->kij", x, y, [1, 2]), (2,), (3,)),
        (lambda x, y, z: np.einsum("ij,jk,ki", x, y, z), (2, 3), (3, 4), (4, 2)),
        (lambda x: np.einsum("ij,k->kj", np.eye(2), x), (3,)),
    ],
    "linalg.trace": [(lambda x: np.linalg.trace(x, offset=1), (2, 3, 4))],
    "linalg.multi_dot": [(lambda x, y, z: np.linalg.multi_dot([x, y, z]), (2, 3), (3, 4), (4,))],
}
COMPOSITE: dict[str, list] = {
    "power": [
        (np.power, V, V),
        (lambda x, y: x**y, V, ()),
        lambda x: x**2.5,
        lambda x: 2**x,
        lambda x: x ** np.array([0, 1, 2, -1]),
        lambda x: np.power(x, [0.5, 1, 2, 3]),
        lambda x: x**-3,
        lambda x: x**0,
        lambda x: x**0.5,
        lambda x: x ** np.full((2, 1, 1), 1.5),
    ],
    "pow": [lambda x: np.pow(x, 3)],
    "float_power": [lambda x: np.float_power(x, 1.5)],
    "reciprocal": [np.reciprocal],
    "angle": [lambda x: np.angle((2 - 1j) * x + 0.4j), lambda x: np.angle(x * (1 - 1j), deg=True)],
    "logaddexp": [*both("logaddexp"), lambda x: np.logaddexp.reduce(x)],
    "logaddexp2": both("logaddexp2"),
    "logsumexp": [
        sp.logsumexp,
        lambda x: sp.logsumexp(x, axis=0, keepdims=True),
        lambda x: sp.logsumexp(x, b=[1, 2, 0.5, 1], axis=1),
        lambda x: sp.logsumexp(x, b=[1, -20, 0.5, 1], return_sign=True),
        (lambda x: sp.logsumexp(x, axis=(0, 1)), (2, 3, 4)),
    ],
    "softmax": [sp.softmax, lambda x: sp.softmax(x, axis=1)],
    "log_softmax": [sp.log_softmax, lambda x: sp.log_softmax(x, axis=0)],
    "beta": [(sp.beta, V, V), lambda x: sp.beta(x, 2.5)],
    "betaln": [(sp.betaln, V, V), lambda x: sp.betaln(1.5, x)],
    "xlogy": [(sp.xlogy, V, V), lambda x: sp.xlogy(x, 3.0), lambda x: sp.xlogy(2, x)],
    "xlog1py": [(sp.xlog1py, V, V)],
    "entr": [sp.entr],
    "rel_entr": [(sp.rel_entr, V, V), lambda x: sp.rel_entr(x, 2.0)],
    "kl_div": [(sp.kl_div, V, V)],
    "linalg.norm": [
        np.linalg.norm,
        (np.linalg.norm, V),
        lambda x: np.linalg.norm(x, axis=0),
        lambda x: np.linalg.norm(x, "fro", keepdims=True),
        lambda x: np.linalg.norm(x - 3, 1, axis=1),
        lambda x: np.linalg.norm(x, np.inf, axis=0),
        lambda x: np.linalg.norm(x, 3, axis=1),
        (lambda x: np.linalg.norm(x, axis=(0, 2)), (2, 3, 4)),
        (lambda x: np.linalg.norm(x, 0), V),
        (lambda x: np.linalg.norm(x, -np.inf), V),
    ],
    "linalg.vector_norm": [
        np.linalg.vector_norm,
        lambda x: np.linalg.vector_norm(x, axis=(0, 1), keepdims=True),
        lambda x: np.linalg.vector_norm(x, axis=0, ord=3),
    ],
    "std": [np.std, lambda x: x.std(axis=0), lambda x: np.std(x, axis=1, ddof=1, keepdims=True)],
}
ONE = (
    "isfinite isnan isinf signbit sign floor ceil rint trunc logical_not argmax argmin argsort nanargmax nanargmin "
    "count_nonzero nonzero flatnonzero argwhere round around fix any all shape ndim size iscomplexobj isrealobj "
    "isneginf isposinf result_type"
)
TWO = (
    "equal not_equal less less_equal greater greater_equal floor_divide logical_and logical_or logical_xor isclose "
    "allclose"
)
CONSTANT: dict[str, list] = {
    **{name: [getattr(np, name)] for name in ONE.split()},
    **{
        name: [(getattr(np, name), (3, 4), (4,)), lambda x, name=name: getattr(np, name)(2.0, x)]
        for name in TWO.split()
    },
    "searchsorted": [(lambda x: np.searchsorted([1, 2, 3], x), V), lambda x: np.searchsorted(np.arange(9.0), x)],
    "digitize": [(lambda x: np.digitize(x, [1.0, 2.0, 3.0]), V)],
    "lexsort": [(lambda x, y: np.lexsort((x, y)), V, V)],
    "may_share_memory": [lambda x: np.may_share_memory(x, x)],
    "shares_memory": [lambda x: np.shares_memory(x, np.ones(3))],
    "array_equal": [(np.array_equal, V, V), lambda x: np.array_equal(x, x)],
    "array_equiv": [(np.array_equiv, V, V), lambda x: np.array_equiv(x, x)],
}
for _name, _options in {
    "argmax": {"axis": 0},
    "argsort": {"axis": 0},
    "any": {"axis": 1},
    "all": {"axis": 1},
    "round": {"decimals": 1},
}.items():
    CONSTANT[_name].append(lambda x, name=_name, options=_options: getattr(x, name)(**options))
SMOOTH = {**ADDITIVE, **LINEAR, **GATHER, **BILINEAR, **CREATION, **POLYNOMIAL, **COMPOSITE}
REAL = {
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "clip",
    "heaviside",
    "remainder",
    "fmod",
    "divmod",
    "modf",
    "max",
    "min",
    "amax",
    "amin",
    "ptp",
    "sort",
    "median",
    "interp",
    "copysign",
    "fabs",
    "logaddexp",
    "logaddexp2",
    "softmax",
    "log_softmax",
    "logsumexp",
    "beta",
    "betaln",
    "entr",
    "rel_entr",
    "kl_div",
    "fft.rfft",
    "fft.ihfft",
    "select",
}


def calls(table: dict[str, list], skip: Any = ()) -> list:
    """Test parameters (function, shapes), one for each call of the table."""
    rows = [
        (name, i, c if isinstance(c, tuple) else (c, (3, 4))) for name, row in table.items() for i, c in enumerate(row)
    ]
    return [pytest.param(f, shapes, id=f"{name}-{i}") for name, i, (f, *shapes) in rows if name not in skip]


def leaves(result: Any) -> list:
    """The arrays of a result, lists and tuples opened."""
    return [leaf for part in result for leaf in leaves(part)] if isinstance(result, list | tuple) else [result]


def coefficient_arrays(shapes: Any, size: int = ORDER + 1, kind: Any = float) -> list[np.ndarray]:
    """Random coefficients: values 1.2, 1.57, … in random order, so none are equal within RADIUS; then up to 1/2."""
    rng = np.random.default_rng(7)
    counts = [int(np.prod(s)) for s in shapes]
    values = rng.permutation(1.2 + 0.37 * np.arange(sum(counts)))
    arrays = []
    for shape, first, count in zip(shapes, np.cumsum([0, *counts]), counts, strict=False):
        rest = rng.uniform(-0.5, 0.5, (size, count)) + (
            1j * rng.uniform(-0.5, 0.5, (size, count)) if kind is complex else 0
        )
        rest[0] = values[first : first + count] + (1j * rng.uniform(-1, 1, count) if kind is complex else 0)
        arrays.append(rest.reshape(size, *shape))
    return arrays


def at(coefficients: np.ndarray, t: Any) -> Any:
    """A polynomial's value."""
    return sum(c * t**k for k, c in enumerate(coefficients))


def sampled(f: Callable, arguments: list[np.ndarray]) -> list[np.ndarray]:
    """Coefficients of t ↦ f(arguments at t): a polynomial through the values at Chebyshev points."""
    nodes = np.cos(np.pi * (np.arange(POINTS) + 0.5) / POINTS)
    values = [leaves(f(*(at(a, RADIUS * t) for a in arguments))) for t in nodes]
    vander = np.vander(nodes, increasing=True)
    columns = [np.stack([np.asarray(row[i]) for row in values]) for i in range(len(values[0]))]
    solved = [np.linalg.solve(vander, c.reshape(POINTS, -1) * 1.0).reshape(c.shape) for c in columns]
    return [s[: ORDER + 1] / RADIUS ** np.arange(ORDER + 1).reshape(-1, *(1,) * (s.ndim - 1)) for s in solved]


def parts(result: Any, size: int = ORDER + 1) -> list[np.ndarray]:
    """Coefficient arrays of the leaves of a result, constants with zeros."""
    found = []
    for leaf in leaves(result):
        constant = np.asarray(leaf) if not hasattr(leaf, "coefficients") else None
        found.append(leaf.coefficients if constant is None else np.stack([constant, *[0 * constant] * (size - 1)]))
    return found


def close(ours: list, theirs: list, tolerance: float) -> None:
    """Equal shapes, and every coefficient within the tolerance of the largest."""
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        assert np.abs(a - b).max(initial=0) <= tolerance * np.abs(b).max(initial=1e-3)


# ----------------------------------------------------------------------------------------------------------- theorems


def test_every_array_function_of_the_table_has_calls():
    assert {name for name, p in TABLE.items() if p.kind in KINDS} <= {*SMOOTH, *CONSTANT}


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_series_of_the_result_interpolates_the_results(f, shapes):
    arguments = coefficient_arrays(shapes)
    close(parts(f(*map(Taylor, arguments))), sampled(f, arguments), 1e-9)  # rounding / RADIUS³ = 2e-13, and slack


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH, skip=REAL))
def test_series_of_the_result_interpolates_the_results_in_complex(f, shapes):
    arguments = coefficient_arrays(shapes, kind=complex)
    close(parts(f(*map(Taylor, arguments))), sampled(f, arguments), 1e-9)


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_value_is_that_of_numpy(f, shapes):
    arguments = coefficient_arrays(shapes)
    expected = [np.asarray(leaf) for leaf in leaves(f(*(a[0] for a in arguments)))]
    close([p[0] for p in parts(f(*map(Taylor, arguments)))], expected, 1e-14)  # a few roundings


@pytest.mark.parametrize(("f", "shapes"), calls(LINEAR | GATHER))
def test_linear_functions_commute_with_taking_coefficients(f, shapes):
    arguments = [np.random.default_rng(1).normal(size=(ORDER + 1, *s)) for s in shapes]
    ours = parts(f(*map(Taylor, arguments)))
    for k in range(ORDER + 1):
        expected = [np.asarray(leaf) for leaf in leaves(f(*(a[k] for a in arguments)))]
        close([p[k] for p in ours], expected, 1e-14)  # sums may run in another order


@pytest.mark.parametrize(("f", "shapes"), calls(GATHER))
def test_moving_entries_rounds_nothing(f, shapes):
    arguments = coefficient_arrays(shapes)
    for k, row in enumerate(zip(*arguments, strict=True)):
        moved = leaves(f(*map(Taylor, arguments)))
        assert all(np.array_equal(m.coefficients[k], e) for m, e in zip(moved, leaves(f(*row)), strict=True))


@pytest.mark.parametrize(("f", "shapes"), calls(CONSTANT))
def test_locally_constant_functions_are_plain_functions_of_the_value(f, shapes):
    arguments = coefficient_arrays(shapes)
    for ours, expected in zip(leaves(f(*map(Taylor, arguments))), leaves(f(*(a[0] for a in arguments))), strict=True):
        assert not hasattr(ours, "coefficients")
        assert np.array_equal(ours, expected)


EXACT = {
    **{name: LINEAR[name] for name in ("negative", "positive", "conjugate", "real", "sum", "cumsum", "diff", "trace")},
    **GATHER,
    **{name: row for name, row in BILINEAR.items() if name != "multiply"},
    **{name: POLYNOMIAL[name] for name in ("prod", "cumprod", "einsum", "square", "linalg.multi_dot", "linalg.trace")},
}


@pytest.mark.parametrize(("f", "shapes"), calls(EXACT))
def test_polynomials_of_fractions_are_exact(f, shapes):
    rng = np.random.default_rng(3)
    lines = [np.vectorize(Fraction, otypes=[object])(rng.integers(1, 9, (2, *s)), 7) for s in shapes]
    zero = np.full(1, Fraction(0))
    order, t = 12, Fraction(2, 3)  # the degree of a product of all entries
    series = [
        Taylor(np.concatenate([c, np.broadcast_to(zero.reshape((1,) * c.ndim), (order - 1, *c.shape[1:]))]))
        for c in lines
    ]
    results = leaves(f(*series))
    for ours, expected in zip(results, leaves(f(*(c[0] + t * c[1] for c in lines))), strict=True):
        assert np.array_equal(ours(t), expected)


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_several_variables_restricted_to_a_line_are_one_variable(f, shapes):
    structure = MultivariateStructure.of(2, ORDER)
    line = np.array([[2.0 ** e[1] * (sum(e) == k) for e in structure.exponents.tolist()] for k in range(ORDER + 1)])
    arguments = [
        a / 4 ** structure.degrees.reshape(-1, *(1,) * (a.ndim - 1)) for a in coefficient_arrays(shapes, structure.size)
    ]
    ours = parts(f(*(MultivariateTaylor(a, 2, ORDER) for a in arguments)), structure.size)
    along = parts(f(*(Taylor(np.tensordot(line, a, 1)) for a in arguments)))
    close([np.tensordot(line, p, 1) for p in ours], along, 1e-12)  # the same products, summed in another order


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_hyperdual_numbers_are_several_variables_without_squares(f, shapes):
    mixed = MultivariateStructure.of(2, 2).index([(0, 0), (1, 0), (0, 1), (1, 1)])
    arguments = coefficient_arrays(shapes, 6)
    ours = parts(f(*(HyperDual(*a[mixed]) for a in arguments)), 4)
    close(ours, [p[mixed] for p in parts(f(*(MultivariateTaylor(a, 2, 2) for a in arguments)), 6)], 1e-12)


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_dual_numbers_are_series_of_order_one(f, shapes):
    arguments = coefficient_arrays(shapes, 2)
    close(parts(f(*(Dual(*a) for a in arguments)), 2), parts(f(*map(Taylor, arguments)), 2), 1e-13)


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_dual_numbers_of_dual_numbers_are_hyperdual(f, shapes):
    arguments = coefficient_arrays(shapes, 4)
    nested = leaves(f(*(Dual(Dual(a[0], a[1]), Dual(a[2], a[3])) for a in arguments)))
    flat = leaves(f(*(HyperDual(*a) for a in arguments)))
    for ours, expected in zip(nested, flat, strict=True):
        if hasattr(expected, "coefficients"):
            inner = ours.coefficients.coefficients  # axes: inner symbol, outer symbol
            ours, expected = np.stack([inner[0, 0], inner[1, 0], inner[0, 1], inner[1, 1]]), expected.coefficients
        close([np.asarray(ours)], [np.asarray(expected)], 1e-13)


TWO_ARRAYS = [p for p in calls(SMOOTH) if len(p.values[1]) == 2]


@pytest.mark.parametrize(("f", "shapes"), TWO_ARRAYS)
def test_a_plain_array_is_a_constant_series(f, shapes):
    first, second = coefficient_arrays(shapes)
    for x, y in ((Taylor(first), second[0]), (first[0], Taylor(second))):
        lifted = [a if isinstance(a, Taylor) else Taylor.constant(a, ORDER) for a in (x, y)]
        close(parts(f(x, y)), parts(f(*lifted)), 1e-14)


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_single_precision_stays_where_numpy_keeps_it(f, shapes):
    arguments = [a.astype(np.float32) for a in coefficient_arrays(shapes)]
    for ours, theirs in zip(leaves(f(*map(Taylor, arguments))), leaves(f(*(a[0] for a in arguments))), strict=True):
        assert ours.dtype == np.float32 or np.asarray(theirs).dtype != np.float32


# ------------------------------------------------------------------------------------------------------- empty arrays

EMPTY = {
    "sum": lambda x: np.sum(x, axis=0),
    "prod": lambda x: np.prod(x, axis=0),
    "all": np.prod,
    "cumsum": np.cumsum,
    "cumprod": lambda x: np.cumprod(x, axis=0),
    "sort": lambda x: np.sort(x, axis=0),
    "exp": np.exp,
    "plus": lambda x: x + x,
    "times": lambda x: x * x,
    "by": lambda x: x / (1 + x),
    "power": lambda x: x**2.5,
    "join": lambda x: np.concatenate([x, x]),
    "stack": lambda x: np.stack([x, x]),
    "reshape": lambda x: x.reshape(3, 0),
    "matmul": lambda x: x.T @ x,
    "max": lambda x: np.max(x, axis=1),
    "maximum": lambda x: np.maximum(x, 1),
    "where": lambda x: np.where(x > 0, x, 1),
    "outer": lambda x: np.multiply.outer(x, x),
    "einsum": lambda x: np.einsum("ij,ik->jk", x, x),
    "index": lambda x: x[x > 0],
    "norm": lambda x: np.linalg.norm(x, axis=0),
    "erf": sp.erf,
    "gamma": sp.gamma,
    "bessel": lambda x: sp.jv(2, x),
    "sinc": np.sinc,
    "abs": np.abs,
    "tile": lambda x: np.tile(x, 2),
}


@pytest.mark.parametrize("f", EMPTY.values(), ids=EMPTY)
@pytest.mark.parametrize(
    "make", [lambda a: Taylor(np.stack([a, a])), lambda a: MultivariateTaylor(np.stack([a] * 6), 2, 2), Dual]
)
def test_empty_arrays_give_what_numpy_gives(f, make):
    ours, expected = f(make(np.ones((0, 3)))), f(np.ones((0, 3)))
    assert ours.shape == expected.shape
    assert np.array_equal(ours.value, expected)
    assert not np.any(ours.coefficients[1:])


# ----------------------------------------------------------------------------------------------------------- indexing

KEYS: dict[str, Any] = {
    "integer": 1,
    "last": -1,
    "NumPy integer": np.int64(2),
    "slice": slice(0, 2),
    "negative steps": (slice(None, None, -2), slice(3, 0, -1)),
    "ellipsis": (..., 2),
    "new axes": (None, 1, ..., None),
    "all integers": (2, 3, 4),
    "nothing": (),
    "everything": ...,
    "list": [2, 0, 0],
    "pair": ([0, 1], [3, 2]),
    "array": np.array([[0, 2], [1, 1]]),
    "array and slice": (np.array([0, 2]), slice(1, 3)),
    "arrays around a slice": (np.array([0, 2]), slice(None), np.array([4, 1])),
    "arrays around an ellipsis": ([1, 2], ..., [0, 3]),
    "integer and array around a slice": (1, slice(None), [0, 2, 2]),
    "array and new axis": ([0, 2], None, [1, 3]),
    "mask": np.arange(60).reshape(3, 4, 5) % 7 == 0,
    "mask of rows": np.array([True, False, True]),
    "mask between slices": (slice(None), np.arange(4) > 1, slice(None, None, 2)),
    "truth": True,
    "empty list": [],
    "empty slice": slice(2, 2),
    "open mesh": np.ix_([0, 2], [1, 3], [4]),
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_indexing_takes_the_same_entries_of_every_coefficient(key):
    c = np.arange(240.0).reshape(4, 3, 4, 5)
    ours = Taylor(c)[key].coefficients
    assert np.array_equal(ours, np.stack([c[k][key] for k in range(4)]))


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("scalar", [True, False], ids=["one value", "array"])
@pytest.mark.parametrize("series", [True, False], ids=["series", "constant"])
def test_writing_writes_the_same_entries_of_every_coefficient(key, scalar, series):
    c = np.arange(240.0).reshape(4, 3, 4, 5)
    shape = () if scalar else c[0][key].shape
    value = np.random.default_rng(0).normal(size=(4, *shape))
    x, expected = Taylor(c), c.copy()
    x[key] = Taylor(value) if series else value[0]
    for k in range(4):
        expected[k][key] = value[k] if series or k == 0 else 0
    assert np.array_equal(x.coefficients, expected)


@given(key=hnp.basic_indices((3, 4, 5), allow_newaxis=True, allow_ellipsis=True))
def test_every_basic_index_is_numpys(key):
    c = np.arange(120.0).reshape(2, 3, 4, 5)
    assert np.array_equal(Taylor(c)[key].coefficients, np.stack([c[0][key], c[1][key]]))


@given(key=hnp.integer_array_indices((3, 4, 5), dtype=np.int64))
def test_every_index_of_arrays_is_numpys(key):
    c = np.arange(120.0).reshape(2, 3, 4, 5)
    assert np.array_equal(Taylor(c)[key].coefficients, np.stack([c[0][key], c[1][key]]))


def test_an_index_may_be_a_series_of_integers_or_truths():
    x = Taylor.variable(np.arange(4.0), 2)
    assert np.array_equal(x[x > 1].value, [2, 3])
    assert np.array_equal(x[np.argsort(-x)].value, [3, 2, 1, 0])


@pytest.mark.parametrize("key", [3, (0, 0, 0, 0), (0, 7), [5], np.ones(5, bool)])
def test_indices_beyond_the_array_raise(key):
    with pytest.raises(IndexError):
        Taylor(np.zeros((2, 3, 4, 5)))[key]


def test_basic_indices_are_views_and_fancy_ones_copies():
    x = Taylor.variable(np.arange(12.0).reshape(3, 4), 2)
    view, copy = x[1], x[[1]]
    view[0] = 5 * x[0, 0] + 9
    assert (x.value[1, 0], x.coefficients[1][1, 0]) == (9, 5)
    copy[...] = 0
    assert x.value[1, 1] == 5


def test_an_entry_is_a_number_of_its_own():
    x = Taylor.variable(np.arange(3.0), 2)
    entry = x[1]
    entry += 5
    x[1] = x[1] * 2
    assert (entry.value, x.value[1], x.coefficients[1][1]) == (6, 2, 2)


def test_arrays_change_in_place_for_all_their_names():
    x = Taylor.variable(np.arange(3.0), 2)
    other = x
    x += 1
    x *= x
    x[:2] -= x[1:]
    x[0] /= 2
    assert other is x
    assert np.array_equal(other.coefficients, [[-1.5, -5, 9], [-1, -2, 6], [0, 0, 1]])


def test_numbers_do_not_change_for_their_other_names():
    x = Taylor.variable(1.0, 2)
    other = x
    x += 1
    x *= 3
    assert (other.value, x.value) == (1, 6)


def test_entries_can_be_swapped():
    x = Taylor(np.arange(12.0).reshape(2, 3, 2))
    x[0], x[2] = x[2].copy(), x[0].copy()
    assert np.array_equal(x.coefficients[1], [[10, 11], [8, 9], [6, 7]])
    y = Taylor(np.arange(6.0).reshape(2, 3))
    y[0], y[1] = y[1], y[0]
    assert np.array_equal(y.coefficients, [[1, 0, 2], [4, 3, 5]])


def test_results_are_written_where_out_says():
    x = Taylor.variable(np.array([1.0, 2.0]), 2)
    target = np.zeros_like(x)
    assert np.exp(x, out=target) is target
    assert np.sum(x, axis=0, out=np.zeros_like(x[0])).coefficients.tolist() == [3, 2, 0]
    assert np.array_equal(target, np.exp(x))
    mask = np.zeros(2, dtype=bool)
    assert np.less(x, 1.5, out=mask) is mask
    assert mask.tolist() == [True, False]


@pytest.mark.parametrize("write", ["a += x", "np.add(a, x, out=a)", "a[0] = x[0]", "a[:] = x"])
def test_plain_arrays_refuse_what_would_lose_derivatives(write):
    with pytest.raises((TypeError, ValueError)) as caught:
        exec(write, {"a": np.zeros(2), "x": Taylor.variable(np.ones(2), 2), "np": np})
    error = caught.value if "derivatives" in str(caught.value) else caught.value.__cause__
    assert "np.zeros_like(x)" in str(error)


# -------------------------------------------------------------------------------------------------------- like arrays


def test_series_iterate_over_their_first_axis():
    x = Taylor.variable(np.arange(6.0).reshape(3, 2), 2)
    assert len(x) == 3
    assert [row.value.tolist() for row in x] == [[0, 1], [2, 3], [4, 5]]
    a, b, c = x
    assert np.array_equal(np.stack([a, b, c]), x)
    assert [e.value for e in x.flat] == [0, 1, 2, 3, 4, 5]
    assert x.tolist()[2][1].value == x.item(5).value == x.item(2, 1).value == 5
    assert x[1, 1:].item().value == 3


@pytest.mark.parametrize("use", [len, list, lambda x: x[0]])
def test_one_number_has_no_entries(use):
    with pytest.raises((TypeError, IndexError), match="shape \\(\\)"):
        use(Taylor.variable(1.0, 2))


def test_truth_is_that_of_the_value():
    zero = Taylor.variable(0.0, 2)
    assert not zero
    assert zero + 1
    with pytest.raises(ValueError, match="ambiguous"):
        bool(Taylor.variable(np.ones(2), 2))


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">="])
def test_comparisons_look_at_the_value_only(operator):
    rng = np.random.default_rng(0)
    x, y = Taylor(rng.integers(0, 3, (3, 9))), Taylor(rng.integers(0, 3, (3, 9)))
    for a, b in ((x, y), (x, y.value), (x.value, y), (x, 1), (1, y)):
        values = [getattr(v, "value", v) for v in (a, b)]
        ours = eval(f"a {operator} b")
        assert isinstance(ours, np.ndarray)
        assert np.array_equal(ours, eval(f"u {operator} v", {"u": values[0], "v": values[1]}))


@pytest.mark.parametrize("convert", [float, int, complex, lambda x: [1, 2, 3][x]])
def test_plain_numbers_are_refused_with_the_way_out(convert):
    with pytest.raises(TypeError, match="would lose its derivatives"):
        convert(Taylor.variable(1.0, 2))


def test_attributes_are_those_of_the_array():
    x = Taylor(np.zeros((3, 2, 4), dtype=np.float32))
    assert (x.shape, x.ndim, x.size, len(x), x.dtype, x.order) == ((2, 4), 2, 8, 2, np.float32, 2)
    assert (x.T.shape, x.mT.shape, x.astype(complex).dtype) == ((4, 2), (4, 2), np.complex128)
    x.fill(3)
    assert np.all(x.value == 3)


@pytest.mark.parametrize(
    ("use", "name"),
    [
        (np.linalg.svd, "numpy.linalg.svd"),
        (np.linalg.eigvals, "numpy.linalg.eigvals"),
        (np.unique, "numpy.unique"),
        (np.frexp, "numpy.frexp"),
        (np.histogram, "numpy.histogram"),
        (sp.ndtri_exp, "scipy.special.ndtri_exp"),
        (np.maximum.accumulate, "numpy.maximum.accumulate"),
        (lambda x: np.add.at(x, 0, 1.0), "numpy.add.at"),
        (lambda x: np.add.reduceat(x, [0]), "numpy.add.reduceat"),
        (lambda x: ~x, "numpy.invert"),
    ],
)
def test_functions_without_a_rule_are_named(use, name):
    with pytest.raises(UnsupportedFunctionError, match=f"no rule for {name.replace('.', '[.]')}"):
        use(Taylor.variable(np.ones(3), 2))


@pytest.mark.parametrize(
    "use",
    [lambda x: np.add(x, 1, where=x > 0), lambda x: np.exp(x, where=x > 0), lambda x: np.multiply(x, 2, dtype=int)],
)
def test_options_that_cannot_be_honoured_are_refused(use):
    with pytest.raises(TypeError, match="takes no keyword arguments"):
        use(Taylor.variable(np.ones(3), 2))


def test_positions_of_interpolation_are_constants():
    x = Taylor.variable(np.arange(3.0), 2)
    with pytest.raises(TypeError, match="nodes must be plain numbers"):
        np.interp(0.5, x, [1, 2, 3])


def test_creation_of_masks_and_counters_gives_plain_arrays():
    x = Taylor.variable(np.arange(3.0), 2)
    assert isinstance(np.zeros_like(x, dtype=bool), np.ndarray)
    assert isinstance(np.full_like(x, 2, dtype=int), np.ndarray)
    assert isinstance(np.zeros_like(x, dtype=np.float32), Taylor)


def test_where_with_one_argument_is_nonzero():
    x = Taylor.variable(np.array([0.0, 2.0, 0.0, 1.0]), 2)
    assert np.where(x)[0].tolist() == np.nonzero(x)[0].tolist() == [1, 3]
