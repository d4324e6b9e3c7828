"""Series that grow degree by degree: the operations of a program as recurrences over the degree.

Taylor coefficients of a solution are known only up to the degree that has been computed, and the next one needs all
operations of the right-hand side at that degree. A `Relaxed` series is one operation that computes its part of degree
k when the parts up to degree k of its operands are known, once and from stored parts: a product costs O(k)
multiplications, O(order²) in all. (*Relaxed*, or *online*, power series: van der Hoeven, "Relax, but don't be too
lazy", J. Symb. Comput. 34 (2002), section 3.) The numbers are those of any base ring.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from copy import copy
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import numpy as np

from taylorad.algebras.expansion import point_coefficients
from taylorad.algebras.recurrence import Recurrence
from taylorad.algebras.structure import TaylorStructure, allocator
from taylorad.algebras.taylor import Taylor
from taylorad.rings import is_multiprecision
from taylorad.rings.multiprecision import to_mpmath


class MultiprecisionStructure(TaylorStructure):
    """Univariate series of mpmath numbers, whose sums of products are rounded once.

    `mpmath.fdot` takes a third of the time of products and sums one by one (60 terms of 50 digits: 46 µs against 140).
    """

    def convolve(self, u: Any, v: Any, k: int, low: int, high: int) -> Any:
        left = u[k - low :: -1] if high == k else u[k - low : k - high - 1 : -1]
        right = v[low : high + 1]
        if left.ndim == 1:
            return mpmath.mp.fdot(left.tolist(), right.tolist())
        columns = left.reshape(len(left), -1).T.tolist(), right.reshape(len(right), -1).T.tolist()
        result = np.empty(len(columns[0]), dtype=object)
        for i, (a, b) in enumerate(zip(*columns, strict=True)):
            result[i] = mpmath.mp.fdot(a, b)
        return result.reshape(left.shape[1:])


@cache
def structure_of(order: int, multiple: bool) -> TaylorStructure:
    """The algebra of series of an order, of mpmath numbers or others."""
    return MultiprecisionStructure(order) if multiple else TaylorStructure.of(order)


class Ring:
    """The numbers of a state, and arrays of coefficients of them.

    Attributes
    ----------
    order : int
    structure : TaylorStructure
    exact, multiple, objects : bool
        Whether the numbers are Fractions, mpmath numbers, or one of them.
    """

    def __init__(self, state: Any, order: int):
        plain = isinstance(state, np.ndarray | np.generic)
        element = next(iter(np.asarray(state).flat), 0.0) if plain and state.dtype == object else 0.0
        self.order = order
        self.exact, self.multiple = isinstance(element, Fraction), is_multiprecision(element)
        self.objects = self.exact or self.multiple
        self.structure = structure_of(order, self.multiple)
        self.wide = plain and state.dtype.char in "gG"

    def raised(self, order: int) -> Ring:
        """The same numbers with another order."""
        other = copy(self)
        other.order, other.structure = order, structure_of(order, self.multiple)
        return other

    def taylor(self, coefficients: Any) -> Taylor:
        """Coefficients as a series of their own order, to be computed with eagerly."""
        return Taylor._make(coefficients, structure_of(len(coefficients) - 1, self.multiple))

    def time(self, t: Any) -> Any:
        """The time as a number of the ring, a real one."""
        if self.exact:
            return Fraction(t)
        if self.multiple:
            return to_mpmath(t)
        return np.longdouble(t) if self.wide else t if isinstance(t, complex) else np.float64(t)

    def constant(self, x: Any) -> Any:
        """A constant of the program in the ring: floats spoil neither Fractions nor digits beyond double."""
        if not self.objects or hasattr(x, "level"):
            return x
        convert = as_fraction if self.exact else to_mpmath
        return np.frompyfunc(convert, 1, 1)(np.asarray(x))

    def series(self, value: Any) -> Any:
        """An array of coefficients of which only the first is known."""
        value = bare(value)
        coefficients = allocator(as_array(value))((self.order + 1, *np.shape(value)))
        coefficients[0] = value
        return coefficients

    def fixed(self, constant: Any, shape: tuple[int, ...]) -> Any:
        """The coefficients of a constant."""
        value = np.broadcast_to(self.constant(constant), shape)
        coefficients = self.series(value)
        coefficients[1:] = self.zero
        return coefficients

    def line(self, t: Any) -> Any:
        """The coefficients of t + s."""
        coefficients = self.fixed(t, ())
        coefficients[1:2] = coefficients[1:2] + 1
        return coefficients

    @property
    def zero(self) -> Any:
        """The zero of the ring."""
        return Fraction(0) if self.exact else mpmath.mp.zero if self.multiple else 0


def as_fraction(x: Any) -> Fraction:
    """A number as the Fraction it is exactly."""
    return Fraction(x.item() if isinstance(x, np.generic) else x)


def bare(x: Any) -> Any:
    """An array as a plain one, or the one object it holds: NumPy would put arrays of shape () into object arrays."""
    return np.asarray(x)[()] if isinstance(x, np.ndarray) else x


def as_array(x: Any) -> Any:
    """A number as an array; a single object, too."""
    return x if hasattr(x, "dtype") else np.array(x, dtype=object)


def aligned(coefficients: Any, shape: tuple[int, ...]) -> Any:
    """A view of coefficients, repeated to entries of a larger shape."""
    if coefficients.shape[1:] == shape:
        return coefficients
    missing = (None,) * (len(shape) + 1 - coefficients.ndim)
    return np.broadcast_to(coefficients[(slice(None), *missing)], (coefficients.shape[0], *shape))


# ---------------------------------------------------------------------------------------------------------- operations


class Relaxed(ABC):
    """A series computed degree by degree.

    Attributes
    ----------
    coefficients : array (order + 1, *shape)
        Part 0 is known from the start.
    """

    coefficients: Any

    @abstractmethod
    def step(self, k: int) -> None:
        """Compute part k ≥ 1, from the parts of the operands up to degree k."""


class Known(Relaxed):
    """Coefficients that others provide: the state, functions of time alone, views of other series."""

    def __init__(self, coefficients: Any):
        self.coefficients = coefficients

    def step(self, k: int) -> None:
        """Nothing is left to do."""


class Sum(Relaxed):
    """``u ± v``; one of them may be a constant, which only part 0 knows of."""

    def __init__(self, coefficients: Any, u: Any, v: Any, sign: int):
        shape = coefficients.shape[1:]
        self.coefficients, self.sign = coefficients, sign
        self.u: Any = None if u is None else aligned(u, shape)
        self.v: Any = None if v is None else aligned(v, shape)

    def step(self, k: int) -> None:
        u, v = self.u, self.v
        if u is None:
            self.coefficients[k] = v[k] if self.sign > 0 else -v[k]
        elif v is None:
            self.coefficients[k] = u[k]
        else:
            self.coefficients[k] = u[k] + v[k] if self.sign > 0 else u[k] - v[k]


class Linear(Relaxed):
    """A function that is linear in its operands together: applied to their parts, constants being zero above part 0.

    `at_degree(k)` gives the operands' parts.
    """

    def __init__(self, coefficients: Any, function: Callable[[list], Any], at_degree: Callable[[int], list]):
        self.coefficients, self.function, self.at_degree = coefficients, function, at_degree

    def step(self, k: int) -> None:
        self.coefficients[k] = bare(self.function(self.at_degree(k)))


class Scaled(Relaxed):
    """``c u`` or ``u / c`` for a constant c."""

    def __init__(self, coefficients: Any, u: Any, c: Any, divided: bool = False):
        self.coefficients, self.c, self.divided = coefficients, bare(c), divided
        self.u = aligned(u, coefficients.shape[1:])

    def step(self, k: int) -> None:
        self.coefficients[k] = self.u[k] / self.c if self.divided else self.u[k] * self.c


class Product(Relaxed):
    """``y_k = Σ_j u_{k-j} v_j``."""

    def __init__(self, ring: Ring, coefficients: Any, u: Any, v: Any):
        shape = coefficients.shape[1:]
        self.coefficients, self.convolve = coefficients, ring.structure.convolve
        self.u, self.v = aligned(u, shape), aligned(v, shape)

    def step(self, k: int) -> None:
        self.coefficients[k] = self.convolve(self.u, self.v, k, 0, k)


class Square(Relaxed):
    """``y_k = 2 Σ_{j<k/2} u_{k-j} u_j``, and the square of the middle part when k is even."""

    def __init__(self, ring: Ring, coefficients: Any, u: Any):
        self.coefficients, self.convolve, self.u = coefficients, ring.structure.convolve, u

    def step(self, k: int) -> None:
        u, half = self.u, (k - 1) // 2
        total = 2 * self.convolve(u, u, k, 0, half)
        self.coefficients[k] = total if k % 2 else total + u[k // 2] * u[k // 2]


class Pairs(Relaxed):
    """Another bilinear function, ``y_k = Σ_j B(u_{k-j}, v_j)``; `function` takes stacks of operands, and sums."""

    def __init__(self, coefficients: Any, function: Callable[[Any, Any], Any], u: Any, v: Any):
        self.coefficients, self.function, self.u, self.v = coefficients, function, u, v

    def step(self, k: int) -> None:
        self.coefficients[k] = bare(self.function(self.u[k::-1], self.v[: k + 1]))


class Quotient(Relaxed):
    """``q_k = (u_k − Σ_{j<k} v_{k-j} q_j) / v_0`` for v₀ ≠ 0; u is None where it is a constant."""

    def __init__(self, ring: Ring, coefficients: Any, u: Any, v: Any):
        shape = coefficients.shape[1:]
        self.coefficients, self.convolve = coefficients, ring.structure.convolve
        self.u, self.v = None if u is None else aligned(u, shape), aligned(v, shape)

    def step(self, k: int) -> None:
        q, v = self.coefficients, self.v
        total = self.convolve(v, q, k, 0, k - 1)
        q[k] = (-total if self.u is None else self.u[k] - total) / v[0]


class Stored(Relaxed):
    """``z`` with ``z[key] = x`` or, `added`, ``z[key] += x``; z or x is None where it is a constant."""

    def __init__(self, ring: Ring, coefficients: Any, z: Any, x: Any, key: Any, added: bool):
        self.coefficients, self.z, self.x, self.key, self.added = coefficients, z, x, key, added
        self.zero = ring.zero

    def step(self, k: int) -> None:
        result = self.coefficients[k : k + 1]  # with its axis, so that entries of shape () can be written to, too
        key = (0, *self.key) if isinstance(self.key, tuple) else (0, self.key)
        result[0] = self.zero if self.z is None else self.z[k]
        written = self.zero if self.x is None else self.x[k]
        if self.added:
            result[key] = result[key] + written
        else:
            result[key] = written


class Stacked(Relaxed):
    """Series of one shape along a new first axis; None stands for constants."""

    def __init__(self, ring: Ring, coefficients: Any, rows: Sequence[Any]):
        self.coefficients = coefficients
        self.rows = [(i, row) for i, row in enumerate(rows) if row is not None]
        if len(self.rows) < len(rows):
            coefficients[1:] = ring.zero

    def step(self, k: int) -> None:
        part = self.coefficients[k]
        for i, row in self.rows:
            part[i] = row[k]


# ------------------------------------------------------------------------------------------------ elementary functions


class Solution(Relaxed):
    """One unknown of an elementary function's equation; a `Recurrence` is shared by its unknowns."""

    def __init__(self, shared: SharedRecurrence, unknown: int):
        self.shared, self.coefficients = shared, shared.recurrence.unknowns[unknown]

    def step(self, k: int) -> None:
        self.shared.reach(k)


class SharedRecurrence:
    """A recurrence that takes each step once, whichever of its unknowns is asked for it."""

    def __init__(self, recurrence: Recurrence):
        self.recurrence, self.degree = recurrence, 0

    def reach(self, k: int) -> None:
        """Compute the parts of degree k of all unknowns."""
        if self.degree < k:
            self.recurrence.step(k)
            self.degree = k


class Expansion(Relaxed):
    """``Σ_j c_j h^j`` for a function's Taylor coefficients c_j at x₀ and h = x − x₀, where its recurrence loses digits.

    Part k of ``h^j`` is ``Σ_{0<i≤k-j+1} h_i (h^{j-1})_{k-i}``: O(order³) multiplications in all.
    """

    def __init__(self, ring: Ring, coefficients: Any, x: Any, outer: Sequence[Any]):
        self.coefficients, self.x, self.outer = coefficients, x, [bare(c) for c in outer]
        self.convolve = ring.structure.convolve
        self.powers = [None, x, *(allocator(x)(x.shape) for _ in range(2, ring.order + 1))]

    def step(self, k: int) -> None:
        total = self.outer[1] * self.x[k]
        for j in range(2, k + 1):
            self.powers[j][k] = part = self.convolve(self.powers[j - 1], self.x, k, 1, k - j + 1)
            total = total + self.outer[j] * part
        self.coefficients[k] = total


def expansion(ring: Ring, primitive: Any, x: Any, parameters: tuple, output: int) -> Expansion:
    """A function's expansion at the degree-0 part of x."""
    outer = point_coefficients(primitive, as_array(x[0]), parameters, ring.order)[output]
    return Expansion(ring, ring.series(outer[0]), x, outer)


class Recomputed(Relaxed):
    """Any function whatever: at each degree k its series to that degree, anew, of which the last part is new.

    `function` takes operands (series, or constants as they are) and returns a series.
    """

    def __init__(self, function: Callable[[list], Taylor], operands: Sequence[Any], ring: Ring):
        self.function, self.operands, self.ring = function, operands, ring
        self.coefficients = ring.series(ring.constant(self._series(0).coefficients[0]))

    def _series(self, k: int) -> Taylor:
        known = (o.coefficients[: k + 1].copy() if isinstance(o, Relaxed) else None for o in self.operands)
        return self.function(
            [o if c is None else self.ring.taylor(c) for o, c in zip(self.operands, known, strict=True)]
        )

    def step(self, k: int) -> None:
        self.coefficients[k] = self.ring.constant(self._series(k).coefficients[k])
