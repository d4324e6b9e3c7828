"""Derivative tensors from univariate Taylor polynomials: exact interpolation between directions.

With the coefficients ``f_d(j)`` of degree d of ``s ↦ f(x + s j)`` along all integer directions j ≥ 0 with |j| = d,
every mixed partial derivative of total order d is a fixed rational combination,

    ∂^i f(x) = Σ_{|j|=d} γ(i, j) f_d(j),
    γ(i, j) = Σ_{0<k≤i} (−1)^{|i−k|} C(i, k) C(d k/|k|, j) (|k|/d)^d .

A. Griewank, J. Utke, A. Walther, Evaluating higher derivative tensors by forward propagation of univariate Taylor
series, Math. Comp. 69 (2000) 1117–1130. Univariate products cost (d+1)(d+2)/2 a direction, C(n+d−1, d) directions;
a product of polynomials in n variables costs C(2n+d, d).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import comb, factorial, prod
from operator import mul
from typing import Any

import numpy as np

from taylorad.algebras.edges import has_nan
from taylorad.algebras.rays import Rays
from taylorad.algebras.structure import MultivariateStructure
from taylorad.algebras.taylor import check_order
from taylorad.rings import encloses, innermost
from taylorad.trace.everyday import followed
from taylorad.transforms.recording import LARGEST, blocks_of
from taylorad.transforms.series import as_point, as_series, expand, fresh_tag, taylor

MANY = 10_000  # pairs of monomials in one product of polynomials in n variables
METHODS = ("auto", "expansion", "interpolation")


def derivative_tensor(f: Callable, x: Any, order: int, method: str = "auto") -> Any:
    """All partial derivatives of one order, exactly symmetric; shape out.shape + in.shape·order.

    Parameters
    ----------
    f : callable
    x : array_like (*in)
    order : int
    method : {"auto", "expansion", "interpolation"}
        "expansion": from the polynomial of f in all entries of x. "interpolation": from its univariate polynomials
        along C(n+d-1, d) directions, in blocks that bound the memory; rounding errors grow slowly with the order
        (1e-14 of the largest entry at d = 8, 1e-11 at d = 20). "auto": the faster of the two, up to order 8.

    Examples
    --------
    >>> derivative_tensor(lambda x: x[0] * x[1] * x[1], [2.0, 3.0], 3)
    array([[[0., 0.],
            [0., 2.]],
    <BLANKLINE>
           [[0., 2.],
            [2., 0.]]])
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    point, d = as_point(x), check_order(order)
    if not point.size:
        value = taylor(f, point, 0).value
        return value if d == 0 else np.zeros((*np.shape(value), *point.shape * d), point.dtype)
    if d > 0 and (method == "interpolation" or (method == "auto" and _is_faster(point.size, d))):
        tensor = _interpolated(f, point, d)
        if not has_nan(tensor):  # at a removable singularity the expansion may still know
            return tensor.reshape((*tensor.shape[: tensor.ndim - d], *point.shape * d))[()]
    series = expand(f, point, d)
    return series.derivative_tensor(d).reshape((*series.shape, *point.shape * d))[()]


def _is_faster(n: int, d: int) -> bool:
    """Whether interpolation wins: measured 1.5 times faster at n, d = 20, 3, 5 times at 10, 6, 0.8 times at 10, 3."""
    return 1 < d <= 8 and comb(2 * n + d, d) > MANY


def _interpolated(f: Callable, point: Any, d: int) -> Any:
    """The tensor of order d, shape (*out, n, …, n)."""
    n, tag = point.size, fresh_tag()
    structure = MultivariateStructure.of(n, d)
    directions = structure.exponents[structure.part(d)]
    rows = []
    for block in blocks_of(directions, point.size * d):
        seed = Rays.seeded(point, _in_ring(block, point).reshape(-1, *point.shape), d, tag)
        rows.append(as_series(followed(f, seed), seed).along(d))
    derivatives = _combined(np.concatenate(rows), structure)
    chosen = np.indices((n,) * d).reshape(d, -1)
    powers = np.stack([(chosen == i).sum(axis=0) for i in range(n)], axis=-1)
    entries = derivatives[structure.index(powers) - structure.part(d).start]
    return np.moveaxis(entries, 0, -1).reshape((*entries.shape[1:], *(n,) * d))


def _in_ring(directions: np.ndarray, point: Any) -> np.ndarray:
    """Integers as numbers of the ring of a point."""
    if point.dtype != object:
        return directions.astype(point.dtype)
    return directions.astype(object) * _one(point)


def _one(array: Any) -> Any:
    return next(iter(getattr(array, "primal", array).flat)) * 0 + 1


def _combined(coefficients: Any, structure: MultivariateStructure) -> Any:
    """``Σ_j γ(i, j) f_d(j)`` for all i; derivatives with the same positive exponents share their weights."""
    n, part = structure.variables, structure.part(structure.order)
    exponents = structure.exponents[part]
    result = 0 * coefficients
    for pattern, table in _by_pattern(exponents).items():
        rows, support = np.split(np.array(table), [1], axis=1)
        weighted = list(interpolation_weights(pattern).items())
        count = max(1, LARGEST // (len(rows) * n))
        for first in range(0, len(weighted), count):
            block = weighted[first : first + count]
            direction = np.zeros((len(rows), len(block), n), dtype=int)
            places = np.broadcast_to(support[:, None, :], (len(rows), len(block), len(pattern)))
            np.put_along_axis(direction, places, np.broadcast_to([j for j, _ in block], places.shape), axis=2)
            taken = coefficients[structure.index(direction) - part.start]
            weights = _numbers([weight for _, weight in block], coefficients)
            weights = weights.reshape(-1, *(1,) * (coefficients.ndim - 1))
            result[rows[:, 0]] = result[rows[:, 0]] + (weights * taken).sum(axis=1)
    return result


def _numbers(weights: list[Fraction], like: Any) -> Any:
    """Rationals in the ring of an array."""
    if encloses(like):
        return innermost(like).lift(weights)
    pairs = [(w.numerator, w.denominator) for w in weights]
    if like.dtype == object:
        one = _one(like)
        return np.array([one * p / q for p, q in pairs], dtype=object)
    numerators, denominators = np.array(pairs, dtype=like.dtype).T
    return numerators / denominators


def _by_pattern(exponents: np.ndarray) -> dict[tuple[int, ...], list[list[int]]]:
    """Rows by their positive exponents in increasing order, each row followed by the variables in that order."""
    patterns: dict[tuple[int, ...], list[list[int]]] = {}
    for row, powers in enumerate(exponents.tolist()):
        variables = sorted((i for i, p in enumerate(powers) if p), key=powers.__getitem__)
        patterns.setdefault(tuple(powers[i] for i in variables), []).append([row, *variables])
    return patterns


@cache
def interpolation_weights(i: tuple[int, ...]) -> dict[tuple[int, ...], Fraction]:
    """``γ(i, j)`` for all j of the same length and sum that have a weight other than 0; exact.

    Written over integers, ``Σ_k (−1)^{|i−k|} C(i, k) Π_l Π_{m<j_l} (d k_l − m |k|) / (d^d Π_l j_l!)``.

    >>> interpolation_weights((1, 1))
    {(2, 0): Fraction(-1, 4), (1, 1): Fraction(1, 1), (0, 2): Fraction(-1, 4)}
    """
    d = sum(i)
    terms = []
    for k in itertools.product(*(range(e + 1) for e in i)):
        falling = [[*itertools.accumulate((d * e - m * sum(k) for m in range(d)), mul, initial=1)] for e in k]
        terms.append(((-1) ** (d - sum(k)) * prod(map(comb, i, k)), falling))
    known: dict[tuple, Fraction] = {}
    structure = MultivariateStructure.of(len(i), d)
    weights = {}
    for j in map(tuple, structure.exponents[structure.part(d)].tolist()):
        orbit = tuple(sorted(zip(i, j, strict=True)))  # exchanging variables changes nothing
        if orbit not in known:
            total = sum(c * prod(row[e] for row, e in zip(falling, j, strict=True)) for c, falling in terms)
            known[orbit] = Fraction(total, d**d * prod(map(factorial, j)))
        if known[orbit]:
            weights[j] = known[orbit]
    return weights
