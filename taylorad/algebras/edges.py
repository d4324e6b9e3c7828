"""Points where a recurrence divides by zero although the function exists: removable singularities, branch points.

A quotient u/v with v₀ = 0 is the quotient of what remains after both are divided by the lowest form of v; as many
of the highest coefficients as its degree are unknown, and nan. The drivers (`taylorad.taylor`, `derivative`, `expand`)
see that and start again with a higher order. Powers at 0 take one-sided derivatives: x**p at 0 has derivatives 0 below
p, and infinite ones above it unless p is an integer.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from taylorad.algebras.recurrence import QUIET, divide, solve
from taylorad.algebras.structure import MultivariateStructure, Structure, TaylorStructure
from taylorad.rules import Primitive
from taylorad.rules.elementary import ELEMENTARY
from taylorad.rules.equation import lower


class _Met(threading.local):
    least: Any = 1
    unknown = False


_met = _Met()


class roots_of_zero:
    """See whether roots are taken of what vanishes to all orders that are known.

    The root of order r of such a thing may move in lower orders: ``sqrt(x**4)`` is x², but to order 3 nothing is known
    of x⁴ but zeros. Those coefficients are 0, as for a number 0, or nan if they are to count as `unknown`.

    Attributes
    ----------
    least : number
        The smallest exponent of such a root, 1 if there was none.
    """

    __slots__ = ("before", "least", "unknown")

    def __init__(self, unknown: bool = False):
        self.unknown, self.least = unknown, 1

    def __enter__(self) -> roots_of_zero:
        self.before = _met.least, _met.unknown
        _met.least, _met.unknown = 1, self.unknown
        return self

    def __exit__(self, *exception: object) -> None:
        self.least = _met.least
        _met.least, _met.unknown = min(self.least, self.before[0]), self.before[1]

    @property
    def steep(self) -> bool:
        """Whether one is lower than the square root: it may have a slope, as ``cbrt(x**3)`` has at 0."""
        return bool(self.least < 0.5)

    @property
    def curved(self) -> bool:
        """Whether there is one: it may have second derivatives, as ``sqrt(x**4)`` has at 0."""
        return bool(self.least < 1)


def note_root_of_zero(exponent: Any) -> None:
    """A root is taken of what vanishes."""
    _met.least = min(_met.least, exponent)


def is_recorded(x: Any) -> bool:
    """Whether x is a value of a program to be run again, in which tests of values are recorded too."""
    return hasattr(x, "concrete") and x.primal is x


def rarely(condition: Any) -> bool:
    """Whether something exceptional holds, which would show as nan if it was not expected.

    In a program to be run again it is noted as a guard only where it holds.
    """
    if not hasattr(condition, "concrete"):
        return bool(condition)
    holds = bool(condition.value)
    if holds:
        condition.concrete()
    return holds


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
        if degree > structure.order:  # division by a series that is zero throughout
            result[0] = np.inf * np.sign(u[0]) if numerator == 0 else np.nan
        elif isinstance(structure, TaylorStructure) or numerator == 0:
            lead = u[structure.part(numerator)] * v[structure.part(degree)]
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
            target -= structure.convolve(v, result, k + degree, 0, k - 1)
        p, q, starts = structure.table(k + degree, k, k)
        rows = np.repeat(np.arange(len(starts)), np.diff([*starts, len(p)]))
        matrix = np.zeros((len(target), part.stop - part.start), dtype=result.dtype)
        np.add.at(matrix, (rows, q - part.start), v[p])
        if matrix.dtype == object:
            solution = eliminate(np.column_stack([matrix, target]), matrix.shape[1])[:, 0]
        else:
            solution = np.linalg.lstsq(matrix, target, rcond=None)[0]
        scale = np.abs(u).max() + np.abs(matrix).max() * np.abs(solution).max(initial=0)
        if np.abs(matrix @ solution - target).max() > 1e-12 * scale:  # rounding; a real remainder is of size `scale`
            result[:] = np.nan
            return
        result[part] = solution


def eliminate(system: np.ndarray, unknowns: int) -> np.ndarray:
    """Solve ``A X = B`` given the columns [A B] of objects, exactly for Fractions; equations beyond the first that
    determine X are not looked at."""
    work = system.copy()
    for i in range(unknowns):
        pivot = max(range(i, len(work)), key=lambda row: abs(work[row, i]))
        if work[pivot, i] == 0:
            raise ValueError("the equations are singular")
        work[[i, pivot]] = work[[pivot, i]]
        work[i] = work[i] / work[i, i]
        for row in range(len(work)):
            if row != i:
                work[row] = work[row] - work[row, i] * work[i]
    return work[:unknowns, unknowns:]


def power_at_zero(structure: Structure, x: Any, result: Any, exponent: Any) -> Any:
    """Replace the entries of x**exponent with x₀ = 0 by one-sided derivatives."""
    for lane in zero_lanes(x[0]):
        at = (slice(None), *lane)
        one = np.broadcast_to(exponent, x.shape[1:])[lane] if np.ndim(exponent) else exponent
        result[at] = _power_of_one(structure, x[at], one)
    return result


def _power_of_one(structure: Structure, x: np.ndarray, exponent: Any) -> np.ndarray:
    degree = valuation(structure, x)
    lowest = degree * exponent
    result = np.zeros_like(x)
    if degree > structure.order or lowest < 0:
        result[0] = x[0] if exponent > 0 else np.inf
        if 0 < exponent < 1:
            note_root_of_zero(exponent)
            if _met.unknown:
                result[structure.degrees >= lowest] = np.nan
        return result if exponent > 0 else np.where(structure.degrees == 0, result, np.nan)
    if isinstance(structure, TaylorStructure) and lowest == int(lowest):
        return _shifted_power(structure, x, exponent, degree, int(lowest))
    if exponent == int(exponent):
        for power in range(int(exponent)):
            result = structure.product(result, x) if power else x
        return result
    signs = [np.sign(np.prod([lowest - i for i in range(k)], dtype=float)) for k in range(structure.order + 1)]
    directions = _directions(structure, x) if degree == 1 else np.full_like(x, np.nan)
    if isinstance(structure, TaylorStructure) and x[degree] > 0:
        directions = np.ones_like(x)
    for k in range(structure.order + 1):
        part = structure.part(k)
        if k > lowest:
            with np.errstate(**QUIET):
                result[part] = np.where(directions[part] == 0, 0, signs[k] * directions[part] * np.inf)
        elif k == lowest and not (degree % 2 == 0 and k % 2):  # else the mean over opposite directions: 0
            result[part] = np.nan
    if 0 < exponent < 1 and np.any(result != result):
        note_root_of_zero(exponent)
    return result


def _directions(structure: Structure, x: np.ndarray) -> np.ndarray:
    """The signs of x₁ᵏ for all k; where that is 0, nan if parts of x above the first could matter instead."""
    linear = np.where(structure.degrees == 1, np.sign(x), 0)
    signs, power = np.zeros_like(x), linear
    curved = np.any(x[structure.degrees > 1])
    for k in range(1, structure.order + 1):
        part = structure.part(k)
        signs[part] = np.sign(power[part])
        signs[part] = np.where((signs[part] == 0) & (k > 1) & curved, np.nan, signs[part])
        power = structure.product(power, linear)
    return signs


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


# ---------------------------------------------------------------------------------------------- unknown derivatives


def undefined(x: Any, name: str) -> Any:
    """The coefficients of a series of value 0 whose derivatives are nan: those of products of parts of x that move.

    When "undefined", all of them where no part of degree 1 moves: x may be a constant there, but also u² at u = 0.
    When "unsettled", none.
    """
    c, structure = x.coefficients, x.structure
    moves = (~is_zero(c)).astype(float)
    moves[0] = 0
    total = moves
    for _ in range(structure.order - 1):
        total = moves + structure.product(moves, total)
    unknown = total != 0
    if name == "undefined":
        unknown |= np.all(is_zero(c[structure.degrees == 1]), axis=0)
    unknown[0] = False
    if not hasattr(c, "level"):
        return np.where(unknown, np.nan, 0).astype(c.dtype)
    value = c[0].apply(Primitive(name, "undefined", None), (c[0],), {})
    result = np.where(unknown, (value + np.nan)[None], 0 * c)
    result[0] = value
    return result


def is_zero(x: Any) -> Any:
    """Where all coefficients of an array are zero."""
    if hasattr(x, "coefficients"):
        return np.all(is_zero(x.coefficients), axis=0)
    if hasattr(x, "ends"):
        return (x == 0).certainly
    if hasattr(x, "level"):
        return x == 0 if is_recorded(x) else is_zero(x.value)
    return np.asarray(x == 0, dtype=bool)


def is_nan(x: Any) -> Any:
    """Where a coefficient of an array is nan."""
    if hasattr(x, "coefficients"):
        return np.any(is_nan(x.coefficients), axis=0)
    if hasattr(x, "ends"):
        return x.is_empty
    if hasattr(x, "level"):
        return x != x if is_recorded(x) else is_nan(x.value)
    return np.asarray(x != x, dtype=bool)


def has_nan(x: Any) -> bool:
    """Whether any coefficient of any entry is nan."""
    while hasattr(x, "level"):
        if is_recorded(x):
            return rarely(np.any(x != x))
        if hasattr(x, "ends"):
            return False
        x = x.coefficients if hasattr(x, "coefficients") else x.value
    if x.__class__ is np.ndarray and x.dtype == np.float64:  # a sum of squares is nan if a term is
        square = np.vdot(x, x)
        return bool(square != square)
    return x is not None and bool(np.any(x != x))
