"""Fractions through the same code as floats: every coefficient equals the textbook's rational number exactly."""

from __future__ import annotations

from fractions import Fraction as F
from math import comb, factorial
from typing import Any

import numpy as np
import pytest
import scipy.special as sp
from mpmath import bernfrac, eulernum
from numpy.testing import assert_array_equal

import taylorad as ta

ORDER = 12


def line(value: Any, order: int = ORDER, slope: Any = 1) -> ta.Taylor:
    """value + slope·t over the rationals."""
    return ta.Taylor(np.array([F(value), F(slope), *[F(0)] * (order - 1)], dtype=object))


def bernoulli(n: int) -> F:
    """The n-th Bernoulli number."""
    return F(*bernfrac(n))


def tangent(k: int) -> F:
    """Coefficient of t^k in tan t (DLMF 4.19.3)."""
    n = (k + 1) // 2
    return F(0) if k % 2 == 0 else (-1) ** (n - 1) * 4**n * (4**n - 1) * bernoulli(2 * n) / factorial(2 * n)


def binomial(r: F, k: int) -> F:
    """r(r-1)…(r-k+1)/k!."""
    result = F(1)
    for i in range(k):
        result *= (r - i) / F(i + 1)
    return result


def odd(k: int, value: Any) -> F:
    """A value at odd k, 0 at even k."""
    return F(value) if k % 2 else F(0)


def even(k: int, value: Any) -> F:
    """A value at even k, 0 at odd k."""
    return F(0) if k % 2 else F(value)


def central(k: int) -> F:
    """Coefficient of t^k in arcsin t (DLMF 4.24.1)."""
    n = k // 2
    return F(comb(2 * n, n), 4**n * k) if k % 2 else F(0)


# name: (function, point, coefficient of degree k)
SEQUENCES: dict[str, tuple] = {
    "exp": (np.exp, 0, lambda k: F(1, factorial(k))),
    "expm1": (np.expm1, 0, lambda k: F(1, factorial(k)) if k else F(0)),
    "log": (np.log, 1, lambda k: F((-1) ** (k + 1), k) if k else F(0)),
    "log1p": (np.log1p, 0, lambda k: F((-1) ** (k + 1), k) if k else F(0)),
    "sin": (np.sin, 0, lambda k: odd(k, F((-1) ** (k // 2), factorial(k)))),
    "cos": (np.cos, 0, lambda k: even(k, F((-1) ** (k // 2), factorial(k)))),
    "tan": (np.tan, 0, tangent),
    "arcsin": (np.arcsin, 0, central),
    "arctan": (np.arctan, 0, lambda k: odd(k, F((-1) ** (k // 2), k or 1))),
    "sinh": (np.sinh, 0, lambda k: odd(k, F(1, factorial(k)))),
    "cosh": (np.cosh, 0, lambda k: even(k, F(1, factorial(k)))),
    "tanh": (np.tanh, 0, lambda k: (-1) ** (k // 2) * tangent(k)),
    "arcsinh": (np.arcsinh, 0, lambda k: (-1) ** (k // 2) * central(k)),
    "arctanh": (np.arctanh, 0, lambda k: odd(k, F(1, k or 1))),
    "expit": (sp.expit, 0, lambda k: F(1, 2) if k == 0 else (-1) ** (k // 2) * tangent(k) / 2 ** (k + 1)),
    "logit": (sp.logit, F(1, 2), lambda k: odd(k, F(2 ** (k + 1), k or 1))),
    "sqrt of a square": (np.sqrt, F(9, 4), lambda k: F(3, 2) * binomial(F(1, 2), k) / F(9, 4) ** k),
    "cbrt of a cube": (np.cbrt, F(8, 27), lambda k: F(2, 3) * binomial(F(1, 3), k) / F(8, 27) ** k),
    "cbrt of a negative cube": (np.cbrt, -8, lambda k: -2 * binomial(F(1, 3), k) / F(-8) ** k),
    "power 2/3": (lambda x: x ** F(2, 3), 27, lambda k: 9 * binomial(F(2, 3), k) / F(27) ** k),
    "power -5/2": (lambda x: x ** F(-5, 2), 4, lambda k: F(1, 32) * binomial(F(-5, 2), k) / F(4) ** k),
    "integer power": (lambda x: x**7, F(-2, 3), lambda k: comb(7, k) * F(-2, 3) ** (7 - k) if k <= 7 else F(0)),
    "negative power": (lambda x: x**-3, F(1, 2), lambda k: F(2) ** (3 + k) * binomial(F(-3), k)),
    "reciprocal": (lambda x: 1 / x, F(3, 5), lambda k: (-1) ** k * F(5, 3) ** (k + 1)),
    "x/expm1(x)": (lambda x: 1 / _divided_difference_of_exp(x), 0, lambda k: bernoulli(k) / factorial(k)),
    "secant": (lambda x: 1 / np.cos(x), 0, lambda k: even(k, F(abs(int(eulernum(k))), factorial(k)))),
    "lambertw": (sp.lambertw, 0, lambda k: F((-k) ** (k - 1), factorial(k)) if k else F(0)),
    "hyp2f1": (lambda x: sp.hyp2f1(F(1, 2), F(3, 2), F(5, 2), x), 0, lambda k: _rising(k)),
    "jv": (lambda x: sp.jv(0, x), 0, lambda k: even(k, F((-1) ** (k // 2), 4 ** (k // 2) * factorial(k // 2) ** 2))),
    "spence": (sp.spence, 1, lambda k: F((-1) ** k, k * k) if k else F(0)),
}


def _divided_difference_of_exp(x: Any) -> Any:
    """(e^t - 1)/t around 0, from the series of e^t."""
    raised = np.exp(line(0, x.order + 1))
    return ta.Taylor(raised.coefficients[1:])


def _rising(k: int) -> F:
    """(1/2)_k (3/2)_k/((5/2)_k k!)."""
    result = F(1)
    for i in range(k):
        result *= (F(1, 2) + i) * (F(3, 2) + i) / (F(5, 2) + i) / (i + 1)
    return result


@pytest.mark.parametrize("name", SEQUENCES)
def test_coefficients_equal_the_rational_sequence(name):
    f, point, coefficient = SEQUENCES[name]
    ours = f(line(point)).coefficients
    assert list(ours) == [coefficient(k) for k in range(ORDER + 1)]
    assert all(isinstance(c, F) for c in ours)


@pytest.mark.parametrize("f", [np.exp, np.sqrt, np.log, np.tan])
def test_a_value_that_is_not_rational_is_refused(f):
    with pytest.raises(ValueError, match="not a rational number"):
        f(line(3))


def test_irrational_constants_are_refused():
    with pytest.raises(TypeError, match="not rational"):
        sp.erf(line(0))


# --------------------------------------------------------------------------------------------- arithmetic by the books

U = [F(k * k - 7, k + 1) for k in range(ORDER + 1)]
V = [F(3 - k, 2 * k + 5) for k in range(ORDER + 1)]


def series(values: list) -> ta.Taylor:
    """A series of Fractions."""
    return ta.Taylor(np.array(values, dtype=object))


def test_product_is_the_cauchy_product():
    expected = [sum((U[j] * V[k - j] for j in range(k + 1)), F(0)) for k in range(ORDER + 1)]
    assert list((series(U) * series(V)).coefficients) == expected


def test_quotient_times_divisor_is_the_dividend():
    assert list((series(U) / series(V) * series(V)).coefficients) == U


def test_reversion_is_the_two_sided_inverse_of_composition():
    x = series([F(0), *V[1:]])
    inverse = x.reversion()
    identity = [F(0), F(1), *[F(0)] * (ORDER - 1)]
    assert list(x.compose(inverse).coefficients) == identity
    assert list(inverse.compose(x).coefficients) == identity


def test_reversion_of_exp_is_log():
    assert list(np.expm1(line(0)).reversion().coefficients) == list(np.log1p(line(0)).coefficients)


def test_composition_is_substitution():
    outer, inner = series(U), series([F(0), *V[1:]])
    power, total = series([F(1), *[F(0)] * ORDER]), series([F(0)] * (ORDER + 1))
    for c in U:
        total, power = total + c * power, power * inner
    assert list(outer.compose(inner).coefficients) == list(total.coefficients)


def test_integration_undoes_differentiation():
    assert list(series(U).differentiate().integrate(U[0]).coefficients) == U


# ------------------------------------------------------------------------------------ one recurrence, several algebras


def rational(x: Any, y: Any) -> Any:
    """Rational at (0, 0), with every kind of node in it."""
    u = np.exp(np.sin(x + 2 * y)) * np.sqrt(4 + x * y) + np.log(1 + y) / (3 - x)
    return np.arctan(u - 2) + (1 + x * x) ** F(1, 3) - np.tanh(x * y - y)


DIRECTION = (F(2, 3), F(-5, 7))


def test_multivariate_series_along_a_line_is_the_univariate_one():
    order = 6
    x, y = ta.variables(np.array([F(0), F(0)], dtype=object), order)
    expanded = rational(x, y)
    t = line(0, order)
    along = rational(DIRECTION[0] * t, DIRECTION[1] * t)
    restricted = expanded(DIRECTION[0] * t, DIRECTION[1] * t)
    assert list(restricted.coefficients) == list(along.coefficients)


def test_mixed_derivative_of_hyperdual_numbers_is_that_of_the_multivariate_series():
    x, y = ta.variables(np.array([F(0), F(0)], dtype=object), 2)
    second = rational(x, y).hessian()
    zero, one = F(0), F(1)
    mixed = rational(ta.HyperDual(zero, one, zero, zero), ta.HyperDual(zero, zero, one, zero))
    pure = rational(ta.HyperDual(zero, one, one, zero), ta.HyperDual(zero, zero, zero, zero))
    assert mixed.e12 == second[0, 1] == second[1, 0]
    assert pure.e12 == second[0, 0]


def test_third_mixed_derivative_of_hyperdual_numbers_is_that_of_the_multivariate_series():
    x, y = ta.variables(np.array([F(0), F(0)], dtype=object), 3)
    tensor = rational(x, y).derivative_tensor(3)
    unit = [[F(0), *(F(int(i == s)) for s in range(3)), *[F(0)] * 4] for i in range(3)]
    last = rational(ta.HyperDual(*[a + b for a, b in zip(unit[0], unit[1], strict=True)]), ta.HyperDual(*unit[2]))
    assert last.coefficients[-1] == tensor[0, 0, 1]


def test_taylor_polarisation_gives_the_mixed_derivative():
    def second(a: F, b: F) -> F:
        t = line(0, 2)
        return 2 * rational(a * t, b * t).coefficients[2]

    zero, one = F(0), F(1)
    x, y = ta.variables(np.array([zero, zero], dtype=object), 2)
    assert (second(one, one) - second(one, zero) - second(zero, one)) / 2 == rational(x, y).hessian()[0, 1]


def test_nested_series_equal_one_of_higher_order():
    outer = ta.Taylor([line(0, 4), 1 + 0 * line(0, 4)])
    nested = np.exp(np.sin(outer)).coefficients[1]
    assert_array_equal(nested.coefficients, np.exp(np.sin(line(0, 5))).differentiate().coefficients)
