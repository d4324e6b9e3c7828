"""The one remainder rule: a function of one variable at a model, from enclosures of its Taylor coefficients.

With c the model's constant coefficient, ``p = c + h`` its polynomial and X an enclosure of its range,

    f(p ± ρ) ⊂ Σ_{k≤m} f_k h^k + F_{m+1} H^{m+1} + F_1 [-ρ, ρ],

f_k enclosures of the Taylor coefficients at c, F_k on X (the same recurrence over intervals), H = X - c. The sum comes
from the recurrence of f's equation (`solution`). Without one it goes by Horner's rule: what the partial sum at step k
has beyond degree m - k is beyond degree m in the end, so it goes to the remainder at once, and the products are of
degree m - k only: together 2.4 products for 3 variables and order 10.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.algebras import structure
from taylorad.algebras.models import arithmetic
from taylorad.algebras.models.arithmetic import Model
from taylorad.algebras.models.frame import Frame, slack, up
from taylorad.algebras.structure import MultivariateStructure
from taylorad.rings.interval import arithmetic as intervals
from taylorad.rings.interval import directed

Ends = tuple[Any, Any]


def middle(inf: Any, sup: Any) -> Ends:
    """Midpoints and radii of intervals, so that midpoint ± radius contains each; 0 ± inf for unbounded ones."""
    with np.errstate(all="ignore"):
        midpoint = inf / 2 + sup / 2
        radius = np.maximum(directed.add_up(sup, -midpoint), directed.add_up(midpoint, -inf))
        known = np.isfinite(midpoint) & np.isfinite(radius)
    return np.where(known, midpoint, 0.0), np.where(known, radius, np.inf)


def outer(model: Any, here: Ends, around: list[Ends], polynomial: Model | None) -> Model:
    """f of models; `here` holds enclosures of f_0 … f_m at c, `around` those of F_0, F_1 and ``F_{m+1} H^{m+1}``.

    `polynomial` is the truncated series of f at the polynomial and a bound of its errors, if it is known.
    """
    values, slopes, last = around
    frame, coefficients, radius = model.frame, model._coefficients, model._radius
    increments = model.sizes[:-1].copy()
    increments[0] = 0.0
    if polynomial is None:
        polynomial = _horner(frame, coefficients, increments, *middle(*here))
    else:
        magnitudes = np.maximum(np.abs(here[0]), np.abs(here[1]))
        polynomial = polynomial[0], polynomial[1] + _horner_error(frame, increments, magnitudes, 0 * magnitudes, 0.0)
    rest, rest_radius = middle(*last)
    moved = np.where(radius > 0, up(np.maximum(np.abs(slopes[0]), np.abs(slopes[1])) * radius, 1), 0.0)
    shifted = arithmetic.shift_in_place(polynomial[0], up(polynomial[1] + moved, 2), rest, rest_radius)
    return _not_wider(*shifted, *values)


def last_terms(power: int, c: Any, ranges: Ends, derivatives: Ends) -> Ends:
    """Lagrange's ``F H^power`` over ranges on either side of c (2, *shape), given F on them."""
    powers = intervals.integer_power(*intervals.subtract(*ranges, c, c), power)
    low, high = intervals.multiply(*derivatives, *powers)
    return low.min(axis=0), high.max(axis=0)


def integral_terms(power: int, pieces: Ends, derivatives: Ends) -> Ends:
    """The remainder ``p ∫ f_p(t) (x - t)^(p-1) dt`` from c to x, p = `power`, over pieces on either side of c.

    With edges e_0 = c, e_1, …, and x in piece i it is a sum over the pieces j ≤ i of an f_p on piece j times the weight
    ``|x - e_{j-1}|^p - |x - e_j|^p`` (``|x - e_{i-1}|^p`` for j = i), which grows with the distance of x. Derivatives
    far from c count little. Arrays (2, count, *shape), the pieces left of c first.
    """
    low, high = pieces
    near, far = np.stack([high[0], low[1]]), np.stack([low[0], high[1]])
    count = near.shape[1]
    before = np.arange(count)[:, None] > np.arange(count)  # pieces j before piece i
    before = before.reshape(1, count, count, *(1,) * (near.ndim - 2))
    most = intervals.subtract(*_distances(far, near, power), *_distances(far, far, power))[1]
    least = intervals.subtract(*_distances(near, near, power), *_distances(near, far, power))[0]
    own = np.arange(count)[:, None] == np.arange(count)
    most = np.where(before | own.reshape(before.shape), np.maximum(most, 0.0), 0.0)
    least = np.where(before, np.maximum(least, 0.0), 0.0)
    terms = intervals.multiply(derivatives[0][:, None], derivatives[1][:, None], least, most)
    inf, sup = intervals.sum(*terms, axis=2)
    if power % 2:
        inf[0], sup[0] = -sup[0], -inf[0]
    return inf.min(axis=(0, 1)), sup.max(axis=(0, 1))


def _distances(x: Any, y: Any, power: int) -> Ends:
    """``|x_i - y_j|^power``."""
    difference = intervals.subtract(x[:, :, None], x[:, :, None], y[:, None], y[:, None])
    return intervals.integer_power(*intervals.absolute(*difference), power)


def _not_wider(coefficients: Any, radius: Any, inf: Any, sup: Any) -> Model:
    """The model, or the mere range where that is no wider than the model's radius."""
    midpoint, half = middle(inf, sup)
    plain = half < radius
    if not plain.any():
        return coefficients, radius
    constant = np.zeros_like(coefficients)
    constant[0] = midpoint
    return np.where(plain, constant, coefficients), np.where(plain, half, radius)


def _horner(frame: Frame, coefficients: Any, increments: Any, values: Any, radii: Any) -> Model:
    """``Σ (values_k ± radii_k) h^k``, and a bound of all errors of the polynomial that is returned."""
    m, increment = frame.order, coefficients.copy()
    increment[0] = 0.0
    result = values[m][None]
    for k in range(m - 1, -1, -1):
        lower = MultivariateStructure.of(len(frame.inf), m - k)
        padded = np.empty((lower.size, *coefficients.shape[1:]))
        padded[: len(result)], padded[len(result) :] = result, 0.0
        result = _multiply(lower, padded, increment[: lower.size])
        result[0] = values[k]  # the product has no constant part
    return result, _horner_error(frame, increments, np.abs(values), radii, frame.relative.max() * slack(2 * m))


def _multiply(lower: MultivariateStructure, u: Any, v: Any) -> Any:
    """A product; compiled for batches of any order, where NumPy's way is for single series of low order only."""
    compiled: Any = structure.compiled_arithmetic
    if u.ndim > 1 and compiled is not None:
        found = compiled.product(lower, u, v)
        if found is not None:
            return found
    return arithmetic.multiply_polynomials(lower, u, v)


def _horner_error(frame: Frame, increments: Any, values: Any, radii: Any, relative: float) -> Any:
    """The errors of Horner's rule from sizes alone: Horner's rule once more, for ``Σ |values_k| t^k``.

    `relative` is that of a coefficient of a product; 0 leaves the terms beyond the order, and the radii of the values.
    """
    m, growth = frame.order, slack(4 * frame.order) + relative
    beyond = np.cumsum(increments[:0:-1], axis=0)[::-1] if m else increments[:0]  # Σ_{i≥j} of parts j = 1 … m
    beyond = np.concatenate([beyond[:1], beyond])  # now entry j
    sizes, error = values[m][None] + frame.underflow, radii[m]
    for k in range(m - 1, -1, -1):
        degree = m - k
        first = 1 if degree == m else 0
        lost = (sizes[first:] * beyond[degree + 1 - first : 1 : -1]).sum(axis=0) if degree > first else 0.0
        kept = _truncated_product(sizes, increments, degree)
        error = error * beyond[1] + lost + radii[k] + 2 * frame.underflow
        error = error + relative * kept.sum(axis=0) if relative else error
        sizes = kept * growth + frame.underflow
        sizes[0] = values[k] + frame.underflow
    return up(error, 8 * (m + 1) * (m + 4))


def _truncated_product(sizes: Any, increments: Any, degree: int) -> Any:
    """``Σ_{i+j=d} s_i a_j`` for d = 0 … degree, j ≥ 1."""
    if sizes[0].size == 1:
        row = np.convolve(sizes.ravel(), increments[: degree + 1].ravel())[: degree + 1]
        return row.reshape(degree + 1, *sizes.shape[1:])
    result = np.zeros((degree + 1, *sizes.shape[1:]))
    for j in range(1, degree + 1):
        result[j:] += sizes[: degree + 1 - j] * increments[j]
    return result
