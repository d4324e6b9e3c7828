"""Sums, products and multiples of models, as coefficient arrays (size, *shape) and radii (*shape).

A model is ``p(x - centre) ± radius``. The polynomial is computed as for `MultivariateTaylor`, by the same (compiled)
code, in any order of summation. All rounding errors and the terms of degree above the order go to the radius, bounded
by the sizes of homogeneous parts (see `frame`). With the radius as one more size, the radius of a product is a bilinear
form of the sizes of its factors, ``s(u)ᵀ T s(v)``: T is γ where degrees i + j ≤ order, and 1 beyond them.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from taylorad.algebras.models.frame import TINY, UNIT, Frame, slack, up
from taylorad.algebras.recurrence import multiply
from taylorad.algebras.structure import MultivariateStructure
from taylorad.rings.interval import directed
from taylorad.rings.interval.environment import check

Model = tuple[Any, Any]
"""Coefficients (size, *shape) and radius (*shape)."""


def sizes(frame: Frame, coefficients: Any, radius: Any) -> Any:
    """``‖p_0‖, …, ‖p_m‖`` and the radius, (order + 2, *shape); all positive."""
    if coefficients.ndim == 1:
        result = frame.degrees.dot(np.abs(coefficients))
    else:
        result = np.empty((frame.order + 2, *coefficients.shape[1:]))
        rows = result.reshape(frame.order + 2, -1)
        for k, (part, weights) in enumerate(frame.parts):  # part by part, so that the magnitudes stay in the cache
            np.matmul(weights, np.abs(coefficients[part]).reshape(len(weights), -1), out=rows[k])
    result[-1] = radius
    result += TINY
    return result


def multiply_polynomials(structure: MultivariateStructure, u: Any, v: Any) -> Any:
    """The product of coefficient arrays of one shape, which is no work of NumPy's if they are many."""
    if u is v:
        return structure.square(u)
    return multiply(structure, u, v)


def product(frame: Frame, u: Any, u_sizes: Any, v: Any, v_sizes: Any) -> Model:
    """The product of two models of one shape."""
    check()
    coefficients = multiply_polynomials(frame.structure, u, v)
    if u.ndim == 1:
        radius = u_sizes.dot(frame.errors).dot(v_sizes) + frame.underflow
        if isfinite(coefficients.dot(frame.zeros)) and radius < np.inf:  # a third of the time of `settled`
            return coefficients, radius
        return settled(coefficients, radius)
    spread = np.tensordot(frame.errors, v_sizes, 1)
    spread *= u_sizes
    return settled(coefficients, spread.sum(axis=0) + frame.underflow)


def settled(coefficients: Any, radius: Any) -> Model:
    """The model, with 0 ± inf for those that have overflowed."""
    known = np.isfinite(np.add.reduce(coefficients, axis=0)) & (radius < np.inf)
    if known.all():
        return coefficients, radius
    return np.where(known, coefficients, 0.0), np.where(known, radius, np.inf)[()]


def add(frame: Frame, u: Any, u_radius: Any, v: Any, v_radius: Any) -> Model:
    """The sum of two models of one shape; exact sums of coefficients add nothing to the radius."""
    check()
    coefficients = u + v
    error = directed.sum_error(u, v, coefficients)
    radius = (u_radius + v_radius) * slack(1)
    if error.any():
        radius = up(radius + measured(frame, error))
    return settled(coefficients, radius)


def measured(frame: Frame, polynomial: Any) -> Any:
    """An upper bound of a polynomial in magnitude on the domain, (*shape)."""
    flat = np.abs(polynomial).reshape(polynomial.shape[0], -1)
    return (frame.total @ flat).reshape(polynomial.shape[1:]) + TINY


def shift(coefficients: Any, radius: Any, constant: Any, constant_radius: Any = 0.0) -> Model:
    """A model and a number ± radius, of one shape."""
    return shift_in_place(coefficients.copy(), radius, constant, constant_radius)


def shift_in_place(result: Any, radius: Any, constant: Any, constant_radius: Any) -> Model:
    """The same, of coefficients that nothing else uses."""
    check()
    value = result[0] + constant
    error = np.abs(directed.sum_error(result[0], constant, value))
    result[0] = value
    return settled(result, directed.add_up(directed.add_up(radius, constant_radius), error))


def scale(frame: Frame, coefficients: Any, radius: Any, factor: Any, factor_radius: Any = 0.0) -> Model:
    """A model times a number ± radius, of one shape."""
    check()
    result = coefficients * factor
    size = np.abs(factor)
    rounding = _rounding(frame, result, not _is_power_of_two(size) or _lost(coefficients, result, factor))
    spread = np.where(factor_radius > 0, factor_radius * measured(frame, coefficients), 0.0)
    scaled = np.where(radius > 0, radius * (size + factor_radius) + TINY, 0.0)
    return settled(result, up(scaled + spread + rounding, 8))


def divide_by(frame: Frame, coefficients: Any, radius: Any, divisor: Any) -> Model:
    """A model divided by a nonzero number."""
    check()
    result = coefficients / divisor
    rounding = _rounding(
        frame, result, not _is_power_of_two(np.abs(divisor)) or _lost(coefficients, result, 1 / divisor)
    )
    scaled = np.where(radius > 0, radius / np.abs(divisor) + TINY, 0.0)
    return settled(result, up(scaled + rounding, 8))


def _rounding(frame: Frame, result: Any, inexact: bool) -> Any:
    """What one rounding of every coefficient amounts to."""
    return UNIT * measured(frame, result) * slack(2) + frame.underflow if inexact else 0.0


def _is_power_of_two(magnitude: Any) -> bool:
    return bool(np.all(np.frexp(magnitude)[0] == 0.5))


def _lost(factor: Any, product: Any, number: Any) -> bool:
    """Whether a product with a power of two has lost digits to underflow."""
    return not np.array_equal(product / number, factor)


def total(frame: Frame, coefficients: Any, radius: Any, axes: tuple[int, ...]) -> Model:
    """The sum of models over axes of their shape."""
    check()
    count = int(np.prod([coefficients.shape[1 + a] for a in axes], dtype=int))
    moved = np.moveaxis(coefficients, [1 + a for a in axes], range(1, 1 + len(axes)))
    moved = moved.reshape(coefficients.shape[0], count, *moved.shape[1 + len(axes) :])
    radii = np.moveaxis(np.asarray(radius), axes, range(len(axes))).reshape(moved.shape[1:])
    if count == 1:
        return moved[:, 0].copy(), radii[0]
    result = moved.sum(axis=1)
    rounding = count * UNIT * measured(frame, np.abs(moved).sum(axis=1)) * slack(2 * count)
    return settled(result, up(radii.sum(axis=0) + (rounding if count else 0.0), count))


def crude_range(frame: Frame, coefficients: Any, radius: Any) -> tuple[Any, Any]:
    """Ends of an enclosure of models on the domain, from the ranges of all monomials, (*shape) each."""
    shape = np.shape(radius)
    flat = coefficients.reshape(coefficients.shape[0], int(np.prod(shape, dtype=int)))
    spread = np.zeros(flat.shape[1])
    for part, _ in frame.parts if shape else [(slice(None), None)]:  # magnitudes of many models stay in the cache
        spread += frame.spreads[part] @ np.abs(flat[part])
    spread = directed.add_up(spread, TINY).reshape(shape)  # for products that underflow
    middle = (frame.middles @ flat).reshape(shape)
    low, high = directed.add_down(middle, -spread), directed.add_up(middle, spread)
    low, high = directed.add_down(low, -radius), directed.add_up(high, radius)
    known = np.isfinite(low) & np.isfinite(high)
    return np.where(known, low, -np.inf), np.where(known, high, np.inf)
