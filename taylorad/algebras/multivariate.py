"""Truncated Taylor polynomials in several variables, by total degree, and arrays of them.

Coefficients are graded: the constant, then the homogeneous parts of degree 1, 2, …; within a degree lexicographic with
the first variable's powers leading (x², xy, xz, y², yz, z²). All functions follow the one recurrence.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial, prod
from operator import index
from typing import Any, Self

import numpy as np

from taylorad.algebras.display import latex_polynomial, plain_polynomial, variable_names
from taylorad.algebras.edges import eliminate
from taylorad.algebras.radius import estimate_radius
from taylorad.algebras.series import Series
from taylorad.algebras.structure import MultivariateStructure
from taylorad.algebras.taylor import check_order
from taylorad.dispatch import joined
from taylorad.rings import as_coefficients


class MultivariateTaylor(Series):
    """A polynomial in `variables` variables truncated at total degree `order`, or an array of them.

    Parameters
    ----------
    coefficients : array_like (number of monomials, *shape)
        Normalized, ``∂^α f/α!``, in graded order, constant first; binom(variables + order, order) of them.
    variables, order : int

    Examples
    --------
    >>> x, y = variables([1.0, 2.0], order=2)
    >>> x * y
    MultivariateTaylor(2 + 2 x₁ + 1 x₂ + 0 x₁² + 1 x₁ x₂ + 0 x₂² + O(3))
    >>> (x * y).coefficient((1, 1))
    np.float64(1.0)
    """

    __slots__ = ()
    structure: MultivariateStructure

    def __init__(self, coefficients: Any, variables: int, order: int):
        coefficients = as_coefficients(joined(coefficients))
        structure = MultivariateStructure.of(_check_variables(variables), check_order(order))
        if coefficients.ndim == 0 or coefficients.shape[0] != structure.size:
            raise ValueError(
                f"{variables} variables and order {order} make {structure.size} coefficients along the first axis, "
                f"got an array of shape {coefficients.shape}"
            )
        self.coefficients, self.structure, self.tag = coefficients.copy(), structure, 0

    @property
    def variables(self) -> int:
        """Number of variables."""
        return self.structure.variables

    @property
    def exponents(self) -> np.ndarray:
        """Exponent vectors of the monomials, shape (number of monomials, variables)."""
        return self.structure.exponents

    def describe(self) -> str:
        return f"a MultivariateTaylor in {self.variables} variables of order {self.order}"

    # ------------------------------------------------------------------------------------------------- coefficients

    def coefficient(self, exponents: Sequence[int]) -> Any:
        """Coefficient of one monomial, ``∂^α f/α!`` for exponents α; shape (*shape)."""
        powers = tuple(index(e) for e in exponents)
        if len(powers) != self.variables or min(powers) < 0:
            raise ValueError(f"expected {self.variables} exponents of 0 or more, got {tuple(exponents)}")
        if sum(powers) > self.order:
            raise ValueError(
                f"the monomial {powers} has degree {sum(powers)}, beyond the order {self.order} of the series"
            )
        return self.coefficients[int(self.structure.index(powers))]

    def derivative(self, exponents: Sequence[int]) -> Any:
        """The mixed partial derivative ``∂^α f`` at the centre."""
        return self.coefficient(exponents) * prod(map(factorial, exponents))

    def gradient(self) -> Any:
        """First derivatives, shape (*shape, variables)."""
        return np.moveaxis(self.coefficients[1 : self.variables + 1], 0, -1)

    def hessian(self) -> Any:
        """Second derivatives, exactly symmetric, shape (*shape, variables, variables)."""
        return self.derivative_tensor(2)

    def derivative_tensor(self, order: int) -> Any:
        """All partial derivatives of one order, exactly symmetric, shape (*shape, variables, …, variables)."""
        if check_order(order) > self.order:
            raise ValueError(f"derivatives of order {order} are beyond the order {self.order} of the series")
        n = self.variables
        chosen = np.indices((n,) * order).reshape(order, -1) if order else np.zeros((0, 1), dtype=int)
        powers = np.stack([(chosen == i).sum(axis=0) for i in range(n)], axis=-1)
        weights = np.array([prod(map(factorial, row)) for row in powers.tolist()], dtype=object)
        kind = object if self.dtype == object or self.encloses else self.dtype  # integers of any size, over intervals
        weights = weights.astype(kind).reshape(-1, *(1,) * self.ndim)
        entries = self.coefficients[self.structure.index(powers)] * weights
        return np.moveaxis(entries, 0, -1).reshape((*self.shape, *(n,) * order))

    # ----------------------------------------------------------------------------------------------------- calculus

    def __call__(self, *point: Any) -> Any:
        """The polynomial's value at a displacement from the centre: one argument a variable, or one array of them.

        The arguments may be series: then this is composition.
        """
        h = point[0] if len(point) == 1 and self.variables > 1 and np.ndim(point[0]) else point
        if len(h) != self.variables:
            raise ValueError(f"expected {self.variables} displacements, got {len(h)}")
        total: Any = 0
        for monomial, coefficient in zip(
            self._monomials([h[i] for i in range(self.variables)]), self.coefficients, strict=True
        ):
            total = coefficient if monomial is None else total + coefficient * monomial
        return total

    def _monomials(self, h: list) -> list:
        """Values of all monomials, each from one of lower degree; None for the constant."""
        values: list[Any] = [None]
        for powers in self.exponents[1:]:
            i = int(np.flatnonzero(powers)[0])
            below = powers.copy()
            below[i] -= 1
            lower = values[int(self.structure.index(below))]
            values.append(h[i] if lower is None else lower * h[i])
        return values

    def compose(self, x: Any) -> Any:
        """The polynomial with the entries of x (one series a variable) in place of its variables."""
        return self(*[x[i] for i in range(self.variables)])

    def differentiate(self, variable: int) -> Self:
        """The partial derivative with respect to one variable, of order one less."""
        i = self._check_variable(variable)
        lower = MultivariateStructure.of(self.variables, self.order - 1) if self.order else None
        if lower is None:
            raise ValueError("a series of order 0 has no known derivative: raise the order")
        raised = lower.exponents.copy()
        raised[:, i] += 1
        weights = self._weights(raised[:, i])
        return self._make(self.coefficients[self.structure.index(raised)] * weights, lower, self.tag)

    def integrate(self, variable: int, constant: Any = 0) -> Self:
        """The antiderivative in one variable that is `constant` where that variable is 0, of order one more."""
        i = self._check_variable(variable)
        higher = MultivariateStructure.of(self.variables, self.order + 1)
        result = self._make(self.coefficients, higher, self.tag).lift(self.value * 0 + constant)
        raised = self.exponents.copy()
        raised[:, i] += 1
        result.coefficients[higher.index(raised)] = self.coefficients / self._weights(raised[:, i])
        return result

    def _weights(self, degrees: np.ndarray) -> np.ndarray:
        kind = object if self.dtype == object else self.dtype
        return degrees.astype(kind).reshape(-1, *(1,) * self.ndim)

    def _check_variable(self, variable: int) -> int:
        if not -self.variables <= variable < self.variables:
            raise ValueError(f"variable {variable} does not exist: there are {self.variables}, counted from 0")
        return variable % self.variables

    def truncate(self, order: int) -> Self:
        """The series to a lower order."""
        if check_order(order) > self.order:
            raise ValueError(
                f"cannot truncate a series of order {self.order} to order {order}: its coefficients are unknown"
            )
        lower = MultivariateStructure.of(self.variables, order)
        return self._make(self.coefficients[: lower.size].copy(), lower, self.tag)

    def reversion(self) -> Self:
        """The inverse of a map of as many components as variables, without its constant part.

        With ``y = f(x) − f(0)``, x as a series in y: the fixed point ``x = L⁻¹(y − N(x))`` of linear part L and the
        rest N, exact to one more degree an iteration. Needs an invertible linear part.
        """
        n = self.variables
        if self.shape != (n,):
            raise ValueError(f"only a map of {n} components can be inverted, got shape {self.shape}")
        if self.order == 0:
            raise ValueError("a map of order 0 has no inverse: raise the order")
        inverse = _inverse_matrix(np.asarray(self.coefficients[1 : n + 1]).T)
        rest = self._new(self.coefficients.copy())
        rest.coefficients[: n + 1] = 0 * rest.coefficients[: n + 1]
        identity = self._new(0 * self.coefficients)
        for i in range(n):
            identity.coefficients[1 + i, i] = identity.coefficients[1 + i, i] + 1
        result = _linear_map(inverse, identity)
        for _ in range(self.order - 1):
            result = _linear_map(inverse, identity - np.stack([rest[i].compose(result) for i in range(n)]))
        return result

    def radius_of_convergence(self) -> Any:
        """An estimate of the largest r such that the series converges when every ``abs(x_i) < r``, shape (*shape)."""
        degrees = self.structure.degrees
        flat = np.abs(np.asarray(self.coefficients).reshape(self.structure.size, -1)).astype(float)
        sums = np.stack([flat[degrees == k].sum(axis=0) for k in range(self.order + 1)])
        return np.asarray([estimate_radius(sums[:, i]) for i in range(sums.shape[1])]).reshape(self.shape)[()]

    # ------------------------------------------------------------------------------------------------------ display

    def __repr__(self) -> str:
        if self.shape == () and not hasattr(self.coefficients, "level"):
            terms = plain_polynomial(self.coefficients, self.exponents, variable_names(self.variables))
            return f"MultivariateTaylor({terms} + O({self.order + 1}))"
        return (
            f"MultivariateTaylor(variables={self.variables}, order={self.order}, shape={self.shape}, "
            f"coefficients=\n{self.coefficients!r})"
        )

    def _repr_latex_(self) -> str | None:
        if self.shape != () or hasattr(self.coefficients, "level"):
            return None
        terms = latex_polynomial(self.coefficients, self.exponents, variable_names(self.variables))
        return rf"${terms} + O(\|x\|^{{{self.order + 1}}})$"


def _check_variables(count: Any) -> int:
    if not isinstance(count, int | np.integer) or count < 1:
        raise ValueError(f"the number of variables must be an integer of at least 1, got {count!r}")
    return int(count)


_SINGULAR = "the map has a singular linear part: it has no inverse series"


def _inverse_matrix(matrix: np.ndarray) -> np.ndarray:
    """The inverse, exact for Fractions and at the working precision for mpmath numbers."""
    if matrix.dtype != object:
        if np.linalg.matrix_rank(matrix) < len(matrix):
            raise ValueError(_SINGULAR)
        return np.linalg.inv(matrix)
    n = len(matrix)
    try:
        return eliminate(np.concatenate([matrix, np.eye(n, dtype=int).astype(object)], axis=1), n)
    except ValueError:
        raise ValueError(_SINGULAR) from None


def _linear_map(matrix: np.ndarray, x: Any) -> Any:
    return x._new(np.stack([(matrix[i] * x.coefficients).sum(axis=-1) for i in range(len(matrix))], axis=-1))


def variables(values: Any, order: int) -> list[MultivariateTaylor]:
    """Independent variables around a point: one series ``values[i] + x_i`` for each entry.

    Parameters
    ----------
    values : array_like (n, *shape)
        The centre; its entries may be arrays (a batch of centres).
    order : int
        Highest total degree.

    Returns
    -------
    list of n MultivariateTaylor, each of shape (*shape)

    Examples
    --------
    >>> import numpy as np
    >>> x, y = variables([0.0, 0.0], order=2)
    >>> (np.exp(x) * np.cos(y)).hessian()
    array([[ 1.,  0.],
           [ 0., -1.]])
    """
    centre = as_coefficients(joined(values))
    if centre.ndim == 0:
        centre = centre[None]
    series = independent(centre, order, 0)
    return [series[i] for i in range(len(centre))]


def independent(centre: Any, order: int, tag: int) -> MultivariateTaylor:
    """The array ``centre + x`` of shape (n, *shape) with one variable for each of the n leading entries."""
    n = centre.shape[0]
    structure = MultivariateStructure.of(_check_variables(n), check_order(order))
    series = MultivariateTaylor._make(centre[None], structure, tag).lift(centre)
    if order:
        for i in range(n):
            series.coefficients[1 + i, i] = series.coefficients[1 + i, i] + 1
    return series
