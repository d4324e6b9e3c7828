"""Points where a recurrence divides by zero although the function exists: removable singularities, branch points.

A quotient u/v with v₀ = 0 is the quotient of what remains after both are divided by the lowest form of v; as many
of the highest coefficients as its degree are unknown, and nan. The drivers (`taylorad.taylor`, `derivative`, `expand`)
see that and start again with a higher order. Powers at 0 take one-sided derivatives: x**p at 0 has derivatives 0 below
p, and infinite ones above it unless p is an integer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from taylorad.algebras.recurrence import QUIET, divide, solve
from taylorad.algebras.structure import MultivariateStructure, Structure, TaylorStructure
from taylorad.rules.elementary import ELEMENTARY
from taylorad.rules.equation import lower


def zero_lanes(constant_part: Any) -> Iterator[tuple]:
    """Indices of the entries that are exactly zero; none for nested series."""
    if hasattr(constant_part, "level"):
        return
    zero = np.asarray(constant_part == 0, dtype=bool)
    if zero.any():
        yield from zip(*np.nonzero(zero), strict=True) if zero.ndim else iter([()])


def valuation(structure: Structure, x: np.ndarray) -> int:
    """Degree of the lowest part of one series that is not zero; order + 1 for the zero series."""
    for k in range(structure.order + 1):
        if np.any(x[structure.part(k)] != 0):
            return k
    return structure.order + 1


def quotient(structure: Structure, u: Any, v: Any) -> Any:
    """``u/v`` of coefficient arrays of equal shape; entries with v₀ = 0 get their limits."""
    lanes = list(zero_lanes(v[0]))
    if not lanes:
        return divide(structure, u, v)
    divisor = v.copy()
    for lane in lanes:
        divisor[(0, *lane)] = 1
    result = divide(structure, u, divisor)
    for lane in lanes:
        at = (slice(None), *lane)
        result[at] = _quotient_of_one(structure, u[at], v[at], np.full_like(result[at], np.nan))
    return result


def _quotient_of_one(structure: Structure, u: np.ndarray, v: np.ndarray, result: np.ndarray) -> np.ndarray:
    """The quotient of one series by another without constant part, into an array of nan."""
    degree, numerator = valuation(structure, v), valuation(structure, u)
    if numerator < degree:  # a pole; in one variable approached from positive parameters
        if isinstance(structure, TaylorStructure) or numerator == 0:
            lead = u[structure.part(numerator)] * (v[structure.part(degree)] if degree <= structure.order else 1)
            result[0] = np.inf * np.sign(np.ravel(lead)[0])
    elif degree > structure.order:
        pass
    elif isinstance(structure, TaylorStructure):
        known = structure.size - degree
        result[:known] = divide(TaylorStructure.of(structure.order - degree), u[degree:], v[degree:])
    elif isinstance(structure, MultivariateStructure):
        _divide_by_form(structure, u, v, degree, result)
    return result


def _divide_by_form(
    structure: MultivariateStructure, u: np.ndarray, v: np.ndarray, degree: int, result: np.ndarray
) -> None:
    """Solve v_s q_k = u_{k+s} − Σ_{j<k} v_{k+s-j} q_j, an overdetermined system that a true quotient satisfies."""
    for k in range(structure.order - degree + 1):
        part = structure.part(k)
        target = u[structure.part(k + degree)].copy()
        if k:
            target -= structure.convolve(v, np.nan_to_num(result), k + degree, 0, k - 1)
        p, q, starts = structure.table(k + degree, k, k)
        rows = np.repeat(np.arange(len(starts)), np.diff([*starts, len(p)]))
        matrix = np.zeros((len(target), part.stop - part.start), dtype=result.dtype)
        np.add.at(matrix, (rows, q - part.start), v[p])
        solution = np.linalg.lstsq(matrix, target, rcond=None)[0]
        scale = np.abs(u).max() + np.abs(matrix).max() * np.abs(solution).max(initial=0)
        if np.abs(matrix @ solution - target).max() > 1e-12 * scale:  # rounding; a real remainder is of size `scale`
            result[:] = np.nan
            return
        result[part] = solution


def power_at_zero(structure: Structure, x: Any, result: Any, exponent: Any) -> Any:
    """Replace the entries of x**exponent with x₀ = 0 by one-sided derivatives."""
    for lane in zero_lanes(x[0]):
        at = (slice(None), *lane)
        one = exponent[lane] if np.ndim(exponent) else exponent
        result[at] = _power_of_one(structure, x[at], one, result[0][lane] if lane else result[0])
    return result


def _power_of_one(structure: Structure, x: np.ndarray, exponent: Any, start: Any) -> np.ndarray:
    degree = valuation(structure, x)
    lowest = degree * exponent
    result = np.zeros_like(x)
    if degree > structure.order or lowest < 0:
        result[0] = start
        return result if exponent > 0 else np.where(structure.degrees == 0, result, np.nan)
    if isinstance(structure, TaylorStructure) and lowest == int(lowest):
        return _shifted_power(structure, x, exponent, degree, int(lowest))
    for k in range(structure.order + 1):
        if k > lowest or (k == lowest and not isinstance(structure, TaylorStructure)):
            sign = np.sign(np.prod([lowest - i for i in range(k)], dtype=float))
            lead = x[structure.part(k)] if k == degree == 1 else np.nan
            result[structure.part(k)] = sign * np.inf if isinstance(structure, TaylorStructure) else _infinite(lead)
    return result


def _infinite(direction: Any) -> Any:
    """±inf along each nonzero direction, 0 across it; nan where the direction is unknown."""
    with np.errstate(**QUIET):
        return np.where(direction == 0, 0.0, np.sign(direction) * np.inf)


def _shifted_power(structure: TaylorStructure, x: np.ndarray, exponent: Any, degree: int, lowest: int) -> np.ndarray:
    """(t^s u)^p = t^(s p) u^p with u₀ ≠ 0, for t > 0."""
    rest = x[degree:]
    flip = -1 if rest[0] < 0 and exponent == type(exponent)(1) / 3 else 1
    with np.errstate(**QUIET):
        if x.dtype == object:
            from taylorad.rings import namespace

            start = namespace(rest).power(flip * rest[0], exponent)
            power = exponent
        else:
            power = float(exponent)
            start = np.power(flip * rest[0], power)
        inner = TaylorStructure.of(structure.order - degree)
        (series,) = solve(inner, lower(ELEMENTARY["constant_power"], (power,)), [flip * rest], [np.asarray(start)[()]])
    result = np.zeros_like(x)
    count = min(structure.size - lowest, len(series))
    if count > 0:
        result[lowest : lowest + count] = flip * series[:count]
        result[lowest + count :] = np.nan
    return result
