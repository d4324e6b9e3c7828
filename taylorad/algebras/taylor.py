"""Univariate truncated Taylor polynomials, ``x(t) = c_0 + c_1 t + … + c_m t^m + O(t^(m+1))``, and arrays of them.

Elementary functions follow the one recurrence (`taylorad.algebras.recurrence`); orders never mix silently.
"""

from __future__ import annotations

import math
from operator import index
from typing import Any, Self

import numpy as np

from taylorad.algebras.display import latex_polynomial, plain_polynomial
from taylorad.algebras.edges import valuation
from taylorad.algebras.radius import estimate_radius
from taylorad.algebras.recurrence import divide
from taylorad.algebras.series import Series
from taylorad.algebras.structure import TaylorStructure
from taylorad.dispatch import joined
from taylorad.rings import as_coefficients


def check_order(order: Any) -> int:
    """An order as an int ≥ 0, or an error that says what it was."""
    try:
        order = index(order)
    except TypeError:
        raise TypeError(f"order must be an integer, got {order!r}") from None
    if order < 0:
        raise ValueError(f"order must be 0 or more, got {order}")
    return order


class Taylor(Series):
    """A truncated Taylor polynomial, or an array of them.

    Parameters
    ----------
    coefficients : array_like (order + 1, *shape)
        Normalized: ``coefficients[k] = x⁽ᵏ⁾/k!``. Floats, complex numbers, Fractions or mpmath numbers; integers
        become floats. A series as coefficients nests one differentiation in another.

    Examples
    --------
    >>> import numpy as np
    >>> t = Taylor.variable(0.0, order=5)
    >>> np.exp(t).coefficients
    array([1.        , 1.        , 0.5       , 0.16666667, 0.04166667,
           0.00833333])
    """

    __slots__ = ()

    def __init__(self, coefficients: Any):
        if isinstance(coefficients, list | tuple) and any(hasattr(c, "level") for c in coefficients):
            coefficients = np.stack(np.broadcast_arrays(*coefficients))
        coefficients = as_coefficients(joined(coefficients))
        if coefficients.ndim == 0 or coefficients.shape[0] == 0:
            raise ValueError("a Taylor polynomial needs at least one coefficient, along the first axis")
        self.coefficients, self.tag = coefficients.copy(), 0
        self.structure = TaylorStructure.of(coefficients.shape[0] - 1)

    @classmethod
    def variable(cls, value: Any, order: int) -> Self:
        """``value + t`` (for arrays: in every entry).

        >>> Taylor.variable(0.3, order=3)
        Taylor(0.3 + 1 t + 0 t² + 0 t³ + O(t⁴))
        """
        return cls._along(value, 1, check_order(order))

    @classmethod
    def constant(cls, value: Any, order: int) -> Self:
        """``value``, with all higher coefficients zero."""
        return cls._along(value, 0, check_order(order))

    @classmethod
    def _along(cls, value: Any, direction: Any, order: int, tag: int = 0) -> Self:
        """``value + t direction``."""
        value = as_coefficients(value)
        empty = cls._make(
            value[None] if hasattr(value, "level") else np.asarray(value)[None], TaylorStructure.of(order), tag
        )
        series = empty.lift(value)
        if order:
            series.coefficients[1] = direction if value.dtype != object else direction + 0 * value
        return series

    # ---------------------------------------------------------------------------------------------------- calculus

    def derivatives(self) -> Any:
        """``k!·c_k`` for k = 0 … order, shape (order + 1, *shape).

        inf where it exceeds the number type, nan where c_k is below its smallest normal number and k! above its
        largest (from order 171 on in double precision): use `scaled` coefficients there.
        """
        return np.stack([factorial_times(k, self.coefficients[k]) for k in range(self.order + 1)])

    def __call__(self, h: Any) -> Any:
        """The polynomial's value at t = h by Horner's rule; h broadcasts against the entries, and may be a series."""
        result = self.coefficients[self.order] + 0 * h
        for k in range(self.order - 1, -1, -1):
            result = result * h + self.coefficients[k]
        return result

    def compose(self, x: Any) -> Any:
        """The polynomial with the series x in place of t: ``Σ c_k x^k``, truncated to the order of x."""
        return self(x)

    def differentiate(self) -> Self:
        """The derivative, of order one less.

        >>> Taylor([1.0, 2.0, 3.0]).differentiate()
        Taylor(2 + 6 t + O(t²))
        """
        if self.order == 0:
            raise ValueError("a series of order 0 has no known derivative: raise the order")
        degrees = _column(range(1, self.order + 1), self.coefficients)
        return self._make(self.coefficients[1:] * degrees, TaylorStructure.of(self.order - 1), self.tag)

    def integrate(self, constant: Any = 0) -> Self:
        """The antiderivative with value `constant` at t = 0, of order one more."""
        degrees = _column(range(1, self.order + 2), self.coefficients)
        raised = self._make(self.coefficients, TaylorStructure.of(self.order + 1), self.tag)
        result = raised.lift(self.value * 0 + constant)
        result.coefficients[1:] = self.coefficients / degrees
        return result

    def truncate(self, order: int) -> Self:
        """The series to a lower order."""
        if check_order(order) > self.order:
            raise ValueError(
                f"cannot truncate a series of order {self.order} to order {order}: its coefficients are unknown"
            )
        return self._make(self.coefficients[: order + 1].copy(), TaylorStructure.of(order), self.tag)

    def reversion(self) -> Self:
        """The inverse series: with ``x(t) = c_0 + c_1 t + …``, t as a series in ``s = x − c_0``.

        Lagrange's formula ``[s^k] t = [t^(k−1)] (t/(x − c_0))^k / k``; needs c_1 ≠ 0. Cost O(order³).

        >>> import numpy as np
        >>> np.expm1(Taylor.variable(0.0, 4)).reversion()
        Taylor(0 + 1 t - 0.5 t² + 0.333333 t³ - 0.25 t⁴ + O(t⁵))
        """
        if self.order == 0:
            raise ValueError("a series of order 0 has no inverse: raise the order")
        slope = self.coefficients[1]
        if np.any(getattr(slope, "primal", slope) == 0):
            raise ValueError(
                "reversion needs a nonzero coefficient of t: the inverse is not analytic where it vanishes"
            )
        structure = TaylorStructure.of(self.order - 1)
        unit = self._make(self.coefficients[1:] * 0, structure).lift(self.value * 0 + 1).coefficients
        ratio = self._make(divide(structure, unit, self.coefficients[1:]), structure)
        result, power = self.lift(self.value * 0), ratio
        for k in range(1, self.order + 1):
            result.coefficients[k] = power.coefficients[k - 1] / k
            power = power * ratio
        return result

    def radius_of_convergence(self) -> Any:
        """An estimate of the distance to the nearest singularity in the complex plane, shape (*shape).

        The ratio test of Domb and Sykes for one dominant real singularity, Mercer and Roberts' for a complex pair, both
        extrapolated to infinite degree (see `taylorad.algebras.radius`); inf for polynomials and where the singularity
        recedes like the degree (entire functions). Good to a few per cent from order 15 on.

        Raises
        ------
        TypeError
            For interval coefficients: no estimate encloses.
        """
        if self.encloses:
            raise TypeError("radius_of_convergence is an estimate and encloses nothing: take the series at .midpoint")
        magnitudes = np.asarray(getattr(self.coefficients, "primal", self.coefficients))
        if magnitudes.dtype.kind != "c":
            magnitudes = magnitudes.astype(float)
        flat = magnitudes.reshape(self.order + 1, -1)
        return np.asarray([estimate_radius(flat[:, i]) for i in range(flat.shape[1])]).reshape(self.shape)[()]

    def scaled(self, scale: Any) -> Self:
        """The series in ``t/scale``: coefficients c_k·scale^k, which keeps high orders within range."""
        if hasattr(self.coefficients, "level") or self.dtype == object:
            return self._new(np.stack([c * scale**k for k, c in enumerate(self.coefficients)]))
        wide = np.asarray(scale, np.result_type(np.longdouble, scale))  # where scale^k stays within range
        scaled = np.stack([c * wide**k for k, c in enumerate(self.coefficients)])
        return self._new(scaled.astype(np.result_type(self.dtype, scale)))

    def valuation(self) -> Any:
        """Degree of the first nonzero coefficient, shape (*shape); order + 1 for zero."""
        flat = self.coefficients.reshape(self.order + 1, -1)
        return np.asarray([valuation(self.structure, flat[:, i]) for i in range(flat.shape[1])]).reshape(self.shape)[()]

    # ----------------------------------------------------------------------------------------------------- display

    def __repr__(self) -> str:
        if self.shape == () and not hasattr(self.coefficients, "level"):
            terms = plain_polynomial(self.coefficients, [(k,) for k in range(self.order + 1)], ("t",))
            return f"Taylor({terms} + O({_power_name(self.order + 1)}))"
        return f"Taylor(order={self.order}, shape={self.shape}, coefficients=\n{self.coefficients!r})"

    def _repr_latex_(self) -> str | None:
        if self.shape != () or hasattr(self.coefficients, "level"):
            return None
        terms = latex_polynomial(self.coefficients, [(k,) for k in range(self.order + 1)], ("t",))
        return f"${terms} + O(t^{{{self.order + 1}}})$"


def _power_name(k: int) -> str:
    return plain_polynomial([1], [(k,)], ("t",)).removeprefix("1 ")


def _column(degrees: Any, like: Any) -> Any:
    """Degrees as integers along the first axis of a coefficient array, in its own ring."""
    kind = object if like.dtype == object else like.dtype
    return np.array(list(degrees)).astype(kind).reshape(-1, *(1,) * (like.ndim - 1))


def factorial_times(k: int, coefficient: Any) -> Any:
    """``k! c`` in extended range: inf where it exceeds the number type, nan where c has underflowed before k! came."""
    if not isinstance(coefficient, np.ndarray | np.number) or coefficient.dtype == object:
        return math.factorial(k) * coefficient
    with np.errstate(over="ignore", invalid="ignore"):
        factorial, limits = np.prod(np.arange(1, k + 1), dtype=np.longdouble), np.finfo(coefficient.dtype)
        unknown = (np.abs(coefficient) < limits.tiny) & (factorial > limits.max)
        return np.where(unknown, np.nan, coefficient * factorial).astype(coefficient.dtype)[()]
