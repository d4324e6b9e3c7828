"""`Rays`: Taylor polynomials along many directions from one point, as one algebra.

R[t₁ … t_n]/(t_i t_j = 0 for i ≠ j, t_i^(order+1) = 0): the degree-0 part is common, and beyond it every direction has a
univariate polynomial of its own. A product costs n times that of `Taylor`, nothing mixes directions, and one run of
a function carries all of them.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Self

import numpy as np

from taylorad.algebras.series import Series
from taylorad.algebras.structure import Structure, TaylorStructure
from taylorad.algebras.taylor import Taylor
from taylorad.rings import as_coefficients


class RayStructure(Structure):
    """Degree 0 once, then one coefficient a direction in every degree."""

    def __init__(self, directions: int, order: int):
        self.directions, self.order, self.size = directions, order, 1 + directions * order

    @staticmethod
    @cache
    def of(directions: int, order: int) -> RayStructure:
        """The shared structure of a number of directions and an order."""
        return RayStructure(directions, order)

    def __reduce__(self) -> tuple:
        return RayStructure.of, (self.directions, self.order)

    def part(self, k: int) -> slice:
        n = self.directions
        return slice(1 + (k - 1) * n, 1 + k * n) if k else slice(0, 1)

    def convolve(self, u: Any, v: Any, k: int, low: int, high: int) -> Any:
        total: Any = None
        for j in range(low, high + 1):
            term = u[self.part(k - j)] * v[self.part(j)]
            total = term if total is None else total + term
        return total

    def pairs(self, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if k == 0:
            return np.zeros(1, dtype=int), np.zeros(1, dtype=int), np.zeros(1, dtype=int)
        number = np.arange(1, k + 1) * self.directions - self.directions + 1
        rows = np.arange(self.directions)[:, None] + number
        q = np.concatenate([np.zeros((self.directions, 1), dtype=int), rows], axis=1)
        return q[:, ::-1].ravel(), q.ravel(), np.arange(self.directions) * (k + 1)


class Rays(Series):
    """Taylor polynomials of ``s ↦ f(x + s·directions[i])``; made by `seeded`.

    >>> x = Rays.seeded(np.array([2.0, 3.0]), np.array([[1.0, 0.0], [1.0, 1.0]]), order=2)
    >>> (x[0] * x[1]).along(2)
    array([0., 1.])
    """

    __slots__ = ()
    structure: RayStructure

    @classmethod
    def seeded(cls, value: Any, directions: Any, order: int, tag: int = 0) -> Self:
        """``value + Σ_i directions[i] t_i``, an array like `value`; directions along the first axis."""
        value = as_coefficients(value)
        structure = RayStructure.of(len(directions), order)
        series = cls._make(value[None], structure, tag).lift(value)
        if order:
            series.coefficients[structure.part(1)] = directions
        return series

    def along(self, k: int) -> Any:
        """Coefficients of degree k in every direction, shape (directions, *shape); k > 0."""
        return self.coefficients[self.structure.part(k)]

    def ray(self, i: int) -> Taylor:
        """The polynomial along one direction."""
        places = [0, *range(1 + i, self.structure.size, self.structure.directions)]
        return Taylor._make(self.coefficients[places], TaylorStructure.of(self.order), self.tag)

    def joined(self, rays: list[Taylor]) -> Self:
        """A series of this algebra from its polynomials along all directions."""
        parts = [np.stack([ray.coefficients[k] for ray in rays]) for k in range(1, self.order + 1)]
        return self._new(np.concatenate([rays[0].coefficients[:1], *parts]))

    def truncate(self, order: int) -> Self:
        """The series to a lower order."""
        structure = RayStructure.of(self.structure.directions, order)
        return self._make(self.coefficients[: structure.size].copy(), structure, self.tag)

    def describe(self) -> str:
        return f"series of order {self.order} along {self.structure.directions} directions"
