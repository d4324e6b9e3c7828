"""What happens around a differentiated run: long programs, threads, exceptions, series made by users, lost digits."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import scipy.special as sp

import taylorad as ta

X = np.array([0.3, -0.7, 1.1])
FIRST = {
    "grad": ta.grad,
    "jvp": lambda f: lambda x: ta.jvp(f, x, 1.0)[1],
    "vjp": lambda f: lambda x: ta.vjp(f, x)[1](1.0),
    "linearize": lambda f: lambda x: ta.linearize(f, x)[1](1.0),
    "reverse jacobian": lambda f: ta.jacobian(f, mode="reverse"),
    "forward jacobian": lambda f: ta.jacobian(f, mode="forward"),
}
transforms = pytest.mark.parametrize("first", FIRST.values(), ids=FIRST)


# ------------------------------------------------------------------------------------------------ rounding


def test_compensated_sums_keep_the_digits_that_cancel():
    weights = [10**16, 1, -(10**16), 1, 10**16, 3, -(10**16)]

    def f(x):
        total = 0
        for w in weights:
            total = total + x * w
        return total

    assert ta.grad(f)(Fraction(1)) == 5
    assert ta.grad(f)(1.0) != 5
    assert ta.grad(f, compensated=True)(1.0) == 5
    assert ta.value_and_grad(f, compensated=True)(1.0)[1] == 5
    assert ta.vjp(f, 1.0, compensated=True)[1](2.0) == 10


def test_compensated_gradients_of_many_terms_are_exact_to_rounding():
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((500, 3)) * 10.0 ** rng.integers(-8, 8, (500, 1))

    def f(x):
        total = 0
        for row in rows:
            total = total + np.sum(row * x) * x[0]
        return total

    exact = [sum(Fraction(float(e)) for e in row) * Fraction(X[0]) for row in rows.T]
    exact[0] += sum(Fraction(float(a)) * Fraction(float(b)) for row in rows for a, b in zip(row, X, strict=True))
    error = np.abs(ta.grad(f, compensated=True)(X) - np.array(exact, float))
    plain = np.abs(ta.grad(f)(X) - np.array(exact, float))
    assert error[1:].max() <= 4e-16 * np.abs(np.array(exact[1:], float)).max()
    assert error.max() <= plain.max()


# ------------------------------------------------------------------------------------------------ long programs


def test_a_hundred_thousand_operations_do_not_recurse():
    def f(x):
        for _ in range(100_000):
            x = x * 1.00001
        return x

    expected = 1.00001**100_000
    value, gradient = ta.value_and_grad(f)(1.0)
    assert value == pytest.approx(expected, rel=1e-10)
    assert gradient == pytest.approx(expected, rel=1e-10)
    assert ta.linearize(f, 1.0)[1](2.0) == pytest.approx(2 * expected, rel=1e-10)


# ------------------------------------------------------------------------------------------------ runs and exceptions


def test_threads_do_not_see_each_other():
    def work(k):
        def f(x):
            y = np.zeros(3)
            for i in range(3):
                y[i] = np.sin(k * x[i])
            return np.sum(y)

        return all(
            np.allclose(ta.grad(f)(X), k * np.cos(k * X), rtol=1e-14)
            and np.allclose(ta.hessian(f)(X), np.diag(-k * k * np.sin(k * X)), rtol=1e-13)
            for _ in range(20)
        )

    with ThreadPoolExecutor(3) as pool:
        assert all(pool.map(work, range(1, 7)))
    assert type(np.zeros(3)) is np.ndarray


def test_a_thread_inside_a_run_works_on_plain_arrays():
    seen = []

    def f(x):
        worker = threading.Thread(target=lambda: seen.extend([np.zeros(2), ta.grad(np.sin)(0.0)]))
        worker.start()
        worker.join()
        return np.sum(x**2)

    assert np.array_equal(ta.grad(f)(X), 2 * X)
    assert type(seen[0]) is np.ndarray
    assert seen[1] == 1


@transforms
def test_exceptions_leave_nothing_behind(first):
    def fails(x):
        y = np.zeros(2)
        y[0] = x
        raise LookupError("of the user")

    for _ in range(2):
        with pytest.raises(LookupError, match="of the user"):
            first(fails)(1.0)
        assert type(np.zeros(2)) is np.ndarray
        assert first(lambda x: x * first(lambda y: x + y)(1.0))(1.0) == 1


@transforms
def test_an_exception_inside_is_caught_outside(first):
    def f(x):
        with contextlib.suppress(ZeroDivisionError, ValueError, FloatingPointError):
            first(lambda y: y / 0 if y > 0 else [])(x)
        try:
            ta.grad(lambda y: {}[y * x])(x)
        except (KeyError, TypeError):
            return x**3
        return x

    with np.errstate(all="ignore"):
        assert first(f)(2.0) == 12


def test_functions_may_be_called_again_by_themselves():
    def power(x, n):
        return x if n == 1 else x * power(x, n - 1) + 0 * ta.grad(power)(x, 1)

    assert ta.grad(power)(2.0, 5) == 80


def test_traced_values_that_escape_are_constants():
    kept = []

    def f(x):
        kept.append(x)
        return x**2

    assert ta.grad(f)(3.0) == 6
    assert ta.grad(lambda x: x * kept[0])(5.0) == 3
    assert float(kept[0]) == 3


# ------------------------------------------------------------------------------------------------ singularities


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_derivatives_at_removable_singularities(mode):
    x = np.array([0.0, 1.0])
    slope = (np.cos(1) - np.sin(1),)
    assert ta.jacobian(lambda t: np.sin(t) / t, mode=mode)(x) == pytest.approx(np.diag([0, *slope]), rel=1e-14)
    assert ta.grad(lambda t: np.sin(t) / t)(0.0) == 0
    assert ta.grad(lambda t: np.sum(np.expm1(t) / t))(x) == pytest.approx([0.5, 1.0], rel=1e-14)
    assert ta.grad(lambda t: np.sum((1 - np.cos(t)) / t))(x)[0] == pytest.approx(0.5, rel=1e-14)


def test_the_branch_not_taken_adds_nothing():
    x = np.array([2.0, -1.0, 0.0])
    expected = np.array([0.5, 0, 0])
    for guarded in (
        lambda t: np.sum(np.where(t > 0, np.log(np.where(t > 0, t, 1.0)), 0.0)),
        lambda t: np.sum(np.where(t > 0, np.log(t), 0.0)),
    ):
        with np.errstate(all="ignore"):
            assert np.array_equal(ta.grad(guarded)(x), expected)


# ------------------------------------------------------------------------------------------------ series inside


INSIDE = {  # functions of a number that use series, and their derivatives
    "variable": (lambda x: np.sin(ta.Taylor.variable(x, 3)).coefficients[2], lambda x: -np.cos(x) / 2),
    "coefficients": (lambda x: np.exp(ta.Taylor([x, x, 0.0])).coefficients[2], lambda x: (x + x**2 / 2) * np.exp(x)),
    "evaluation": (lambda x: np.exp(ta.Taylor.variable(0.0, 30))(x), np.exp),
    "composition": (lambda x: np.exp(ta.Taylor.constant(x, 2) * ta.Taylor.variable(1.0, 2)).coefficients[1],
                    lambda x: (1 + x) * np.exp(x)),
    "several": (lambda x: np.multiply(*ta.variables([x, x**2], 2)).gradient()[0], lambda x: 2 * x),
    "dual": (lambda x: np.exp(ta.Dual(x, x)).e1, lambda x: (1 + x) * np.exp(x)),
    "hyperdual": (lambda x: np.sin(ta.HyperDual(x, 1.0, 1.0, 0.0)).e12, lambda x: -np.cos(x)),
    "taylor": (lambda x: ta.taylor(np.sin, x, 3).coefficients[3], lambda x: np.sin(x) / 6),
    "derivative": (lambda x: ta.derivative(sp.erf, x, 2), lambda x: (8 * x**2 - 4) * np.exp(-x * x) / np.sqrt(np.pi)),
    "expand": (lambda x: ta.expand(lambda y: y[0] * y[1] ** 2, np.stack([x, x]), 2).hessian()[0, 1], lambda x: 2.0),
    "partial": (lambda x: ta.partial(lambda y: y[0] ** 2 * y[1] ** 3, [x, x], (1, 2)), lambda x: 24 * x),
    "tensor": (lambda x: ta.derivative_tensor(lambda y: (x * y) ** 3, 2.0, 2), lambda x: 36 * x**2),
    "rays": (lambda x: ta.derivative_tensor(lambda y: (x * y) ** 3, 2.0, 2, "interpolation"), lambda x: 36 * x**2),
}  # fmt: skip


@transforms
@pytest.mark.parametrize(("f", "derivative"), INSIDE.values(), ids=INSIDE)
def test_series_may_be_used_inside(first, f, derivative):
    assert first(f)(0.7) == pytest.approx(derivative(0.7), rel=1e-13)


def test_derivatives_of_special_functions_inside_series():
    gradient = ta.grad(lambda x: ta.taylor(lambda y: sp.jv(1.5, y) * sp.gammaln(y), x, 2).coefficients[2])(1.3)
    with mpmath.mp.workdps(30):
        exact = mpmath.diff(lambda y: mpmath.besselj(1.5, y) * mpmath.loggamma(y), mpmath.mpf(1.3), 3) / 2
    assert gradient == pytest.approx(float(exact), rel=1e-13)
