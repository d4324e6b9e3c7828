"""Problems of truncated Taylor arithmetic with references in 40 digits.

Univariate: the series of exp(sin x)·log(2 + cos x)/√(1 + x²), or of exp(sin x). The reference comes from
mpmath's numerical differentiation: no series recurrence is involved. Multivariate: a product, exp or quotient of dense
series; the reference is the plain recurrence over mpmath numbers, on dictionaries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import combinations_with_replacement
from math import comb
from typing import Any

import mpmath
import numpy as np
from side_by_side import Problem, Unsupported

BATCH = np.linspace(0.1, 1.3, 10_000)
POINT = 0.3


def function(x: Any, xp: Any) -> Any:
    """exp(sin x)·log(2 + cos x)/√(1 + x²) with the functions of the namespace `xp`."""
    return xp.exp(xp.sin(x)) * xp.log(2 + xp.cos(x)) / xp.sqrt(1 + x * x)


def short_function(x: Any, xp: Any) -> Any:
    """exp(sin x)."""
    return xp.exp(xp.sin(x))


def require_float64(values: np.ndarray, shape: tuple[int, ...]) -> None:
    """No system may compute less than the others: all coefficients, in double precision."""
    if values.shape != shape or values.dtype != np.float64:
        raise ValueError(f"{values.dtype} coefficients of shape {values.shape}, not float64 of shape {shape}")


def relative_difference(values: np.ndarray, reference: list) -> float:
    """max |v/r − 1|, coefficient by coefficient, in 40 digits; inf if a value is not finite."""
    if not np.all(np.isfinite(values)):
        return float("inf")
    with mpmath.workdps(40):
        return float(max(abs(mpmath.mpf(float(v)) / r - 1) for v, r in zip(values, reference, strict=True)))


@cache
def univariate_reference(function: Callable, point: float, order: int) -> list:
    """Coefficients of a function at a point."""
    with mpmath.workdps(40):
        return mpmath.taylor(lambda x: function(x, mpmath), mpmath.mpf(point), order)


@dataclass(frozen=True)
class Univariate(Problem):
    """The series of a function to `order` at one point or at 10⁴ points."""

    order: int
    batch: bool
    reference_order: int = field(default=100, compare=False)  # one reference serves all orders up to it
    name = "univariate"
    function = staticmethod(function)

    @property
    def title(self) -> str:
        return f"{self.name}, order {self.order}, " + (f"batch of {BATCH.size} points" if self.batch else "one point")

    @property
    def size(self) -> int:
        return self.order

    @property
    def family(self) -> str:
        return f"{self.name}, " + ("batch" if self.batch else "one point")

    @property
    def point(self) -> Any:
        return BATCH if self.batch else POINT

    def single_point(self) -> float:
        """The point, for systems without batches."""
        if self.batch:
            raise Unsupported("one series at a time: no batches")
        return POINT

    def difference(self, coefficients: np.ndarray) -> float:
        """Largest relative difference, at three points of a batch; `coefficients` is (order + 1, *point.shape)."""
        require_float64(coefficients, (self.order + 1, *np.shape(self.point)))
        columns = coefficients.reshape(self.order + 1, -1)
        points = np.ravel(self.point)

        def difference_at(i: int) -> float:
            reference = univariate_reference(self.function, float(points[i]), self.reference_order)
            return relative_difference(columns[:, i], reference[: self.order + 1])

        return max(map(difference_at, (0, 3333, -1) if self.batch else (0,)))


class UnivariateShort(Univariate):
    """The series of exp(sin x)."""

    name = "exp(sin x)"
    function = staticmethod(short_function)


@dataclass(frozen=True)
class Multivariate(Problem):
    """`operation` on dense random series; no part outweighs another: a part of degree k has the 1-norm of about ½."""

    operation: str
    variables: int
    order: int

    @property
    def title(self) -> str:
        size = f"{self.variables} variables, order {self.order}, {len(self.monomials)} monomials"
        return f"multivariate {self.operation}, {size}"

    @cached_property
    def monomials(self) -> list[tuple[int, ...]]:
        """Exponents by degree; within a degree x₁ before x₂: (0,0), (1,0), (0,1), (2,0), (1,1), (0,2), …"""
        choices = (c for k in range(self.order + 1) for c in combinations_with_replacement(range(self.variables), k))
        return [tuple(c.count(i) for i in range(self.variables)) for c in choices]

    @cached_property
    def operands(self) -> tuple[np.ndarray, np.ndarray]:
        """Two coefficient vectors in the order of `monomials`, with constant terms 0.7 and 2."""
        random = np.random.default_rng(20240229)
        weights = [1 / comb(sum(exponents) + self.variables - 1, self.variables - 1) for exponents in self.monomials]
        left, right = random.uniform(-1, 1, (2, len(weights))) * weights
        left[0], right[0] = 0.7, 2.0
        return left, right

    def apply(self, left: Any, right: Any, exp: Callable) -> Callable[[], Any]:
        return {
            "product": lambda: left * right,
            "exp": lambda: exp(left),
            "quotient": lambda: left / right,
        }[self.operation]

    def difference(self, coefficients: np.ndarray) -> float:
        """Largest relative difference; `coefficients` has shape (number of monomials,)."""
        require_float64(coefficients, (len(self.monomials),))
        return relative_difference(coefficients, self.reference)

    @cached_property
    def reference(self) -> list:
        """The result in 40 digits, part by part; a monomial is the number Σ eᵢ Bⁱ, so that products add."""
        keys = [sum(e * (self.order + 1) ** i for i, e in enumerate(exponents)) for exponents in self.monomials]
        with mpmath.workdps(40):
            left, right = ([{} for _ in range(self.order + 1)] for _ in range(2))
            for parts, values in zip((left, right), self.operands, strict=True):
                for key, exponents, value in zip(keys, self.monomials, values, strict=True):
                    parts[sum(exponents)][key] = mpmath.mpf(float(value))
            parts = REFERENCES[self.operation](left, right)
        return [parts[sum(exponents)][key] for key, exponents in zip(keys, self.monomials, strict=True)]


def convolve(pairs: list[tuple[dict, dict]]) -> dict:
    """Sum of the products of pairs of homogeneous polynomials."""
    total: dict = {}
    for left, right in pairs:
        for i, x in left.items():
            for j, y in right.items():
                total[i + j] = total.get(i + j, 0) + x * y
    return total


def product_reference(a: list[dict], b: list[dict]) -> list[dict]:
    """y_k = Σ_j a_j b_{k−j}."""
    return [convolve([(a[j], b[k - j]) for j in range(k + 1)]) for k in range(len(a))]


def exp_reference(a: list[dict], _: list[dict]) -> list[dict]:
    """k y_k = Σ_{0<j≤k} j a_j y_{k−j}."""
    y = [{0: mpmath.exp(a[0][0])}]
    for k in range(1, len(a)):
        total = convolve([({i: j * x for i, x in a[j].items()}, y[k - j]) for j in range(1, k + 1)])
        y.append({i: x / k for i, x in total.items()})
    return y


def quotient_reference(a: list[dict], b: list[dict]) -> list[dict]:
    """b₀ y_k = a_k − Σ_{0≤j<k} y_j b_{k−j}."""
    y = [{0: a[0][0] / b[0][0]}]
    for k in range(1, len(a)):
        total = convolve([(y[j], b[k - j]) for j in range(k)])
        y.append({i: (x - total[i]) / b[0][0] for i, x in a[k].items()})
    return y


REFERENCES = {"product": product_reference, "exp": exp_reference, "quotient": quotient_reference}
