"""Every array function of the table, called in all its forms: one table for all theorems.

A call is a function, or a tuple of a function and the shapes of its arguments where these are not one array of shape
(3, 4). `sampled` is an oracle that knows nothing of series: the arguments are polynomials in t, the function is
NumPy's on their values at twelve points, and a polynomial goes through the results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special as sp

from taylorad.trace.functions import scatter_add

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
    "cumsum": [
        np.cumsum,
        lambda x: np.cumsum(x, axis=1),
        lambda x: np.add.accumulate(x),
        lambda x: x.cumsum(0),
        (lambda x: np.cumsum(x, -2), (2, 3, 4)),
    ],
    "difference": [lambda x: np.diff(x, axis=0)],
    "diff": [
        lambda x: np.diff(x, prepend=0),
        (lambda x, y: np.diff(x, axis=0, prepend=y, append=x[:1]), (3, 4), (1, 4)),
        np.diff,
        lambda x: np.diff(x, n=2, axis=0),
        lambda x: np.diff(x, 3),
        lambda x: np.diff(x, 0),
    ],
    "trace": [
        np.trace,
        lambda x: x.trace(1),
        (lambda x: np.trace(x, axis1=2, axis2=0), (2, 3, 4)),
        (lambda x: np.trace(x, -1, 1, -1), (2, 3, 4)),
    ],
    "fft.fft": [
        np.fft.fft,
        lambda x: np.fft.fft(x, n=6, axis=0, norm="ortho"),
        lambda x: np.fft.fft(x, 3, norm="forward"),
        (np.fft.fft, (2, 3, 5)),
    ],
    "fft.ifft": [np.fft.ifft, lambda x: np.fft.ifft(x, axis=0), lambda x: np.fft.ifft(x, 7, norm="forward")],
    "fft.rfft": [
        np.fft.rfft,
        lambda x: np.fft.rfft(x, 3),
        lambda x: np.fft.rfft(x, n=8, norm="ortho"),
        lambda x: np.fft.rfft(x, axis=0, norm="forward"),
    ],
    "fft.irfft": [
        np.fft.irfft,
        lambda x: np.fft.irfft(x, n=5),
        lambda x: np.fft.irfft(x, n=10, norm="ortho"),
        lambda x: np.fft.irfft(x, axis=0, norm="forward"),
        lambda x: np.fft.irfft(x, n=3),
        lambda x: np.fft.irfft(x, n=1),
    ],
    "fft.hfft": [np.fft.hfft, lambda x: np.fft.hfft(x, 7, norm="ortho"), lambda x: np.fft.hfft(x, axis=0)],
    "fft.ihfft": [np.fft.ihfft, lambda x: np.fft.ihfft(x, 7, norm="forward"), lambda x: np.fft.ihfft(x, axis=0)],
    "scatter_add": [(lambda x: scatter_add(x, np.array([2, 0, 2, 1, 0]), (2, 2)), V)],
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
    "atleast_1d": [(np.atleast_1d, ()), (lambda x, y: np.atleast_1d(x, y), (), V)],
    "atleast_2d": [(np.atleast_2d, V), (lambda x, y: np.atleast_2d(x, y), (), V)],
    "atleast_3d": [np.atleast_3d, (lambda x, y: np.atleast_3d(x, y), (), V)],
    "where": [
        (lambda x, y: np.where(MASK, x, y), (3, 4), (4,)),
        lambda x: np.where(MASK, 0.0, x),
        (lambda x, y: np.where(MASK, x, y), (), (2, 1, 1)),
        (lambda x: np.where(MASK[0], x, -x), (3, 1)),
    ],
    "append": [(lambda x, y: np.append(x, y), V, ()), (lambda x: np.append([0.0], x), V)],
    "insert": [
        (lambda x, y: np.insert(x, 2, y), V, ()),
        lambda x: np.insert(x, [0, 1], 0, axis=1),
        (lambda x, y: np.insert(x, [1, 1, 3], y), V, (3,)),
        (lambda x, y: np.insert(x, 1, y, axis=0), (3, 4), (4,)),
    ],
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
        (lambda x, y: x @ y, (2, 3, 4), (2, 4, 5)),
        (lambda x, y: x @ y, (2, 1, 3, 4), (4,)),
        (lambda x, y: x @ y, (4,), (2, 1, 4, 3)),
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
    "sign": [np.sign, lambda x: np.sign(x - 3)],
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
    "full_like": [lambda x: np.full_like(x, 2.5), lambda x: np.full_like(x, x[0, 1]) * x],
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
        (lambda x: np.einsum("ij,k->kj", np.eye(2, dtype=int), x), (3,)),
        (lambda x: np.einsum("...ii->...", x), (2, 3, 3)),
        (lambda x, y: np.einsum(x, [0, 1], y, [1, 2]), (2, 3), (3, 2)),
        (lambda x, y: np.einsum(x, [..., 1], y, [1], [...]), (2, 3), (3,)),
        (lambda x: np.einsum("iji,kk->jk", x, [[1, 2], [3, 4]]), (2, 3, 2)),
        (lambda x, y: np.einsum("ii,ij->j", x, y), S, (3, 2)),
        (lambda x, y: np.einsum("ij,kl->ik", x, y), (2, 3), (3, 4)),
        (lambda x, y: np.einsum("...i,...i", x, y), (1, 3), (4, 3)),
        (lambda x, y: np.einsum("ij,jk->ik", x, y), (2, 1), (3, 2)),
        (lambda x, y: np.einsum("i...,...->i...", x, y, optimize=True), (2, 3), (3,)),
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
    "apply_along_axis": [
        lambda x: np.apply_along_axis(np.cumsum, 0, x),
        lambda x: np.apply_along_axis(lambda row: np.outer(row, row[:2]), 1, x),
        (lambda x: np.apply_along_axis(np.sum, 1, x), (2, 3, 2)),
    ],
    "apply_over_axes": [(lambda x: np.apply_over_axes(np.sum, x, [0, 2]), (2, 3, 4))],
    "piecewise": [
        lambda x: np.piecewise(x, [MASK_ENTRIES, ~MASK_ENTRIES], [lambda t: t**2, 3.0]),
        (lambda x: np.piecewise(x, [np.arange(5) < 2], [lambda t: -t, lambda t: t * t]), V),
        (lambda x: np.piecewise(x, np.arange(5) < 2, [np.square, np.negative]), V),
    ],
}
MASK_ENTRIES = np.arange(12).reshape(3, 4) % 3 == 0
ONE = (
    "isfinite isnan isinf signbit floor ceil rint trunc logical_not argmax argmin argsort nanargmax nanargmin "
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
    "sign",
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
