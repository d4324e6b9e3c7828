"""Rules given by hand: value from anywhere, derivative as a function, every order in every algebra."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import scipy.special as sp

import taylorad as ta

MODES = ("forward-over-reverse", "reverse-over-forward", "reverse-over-reverse", "hyperdual")

logistic = ta.custom_rule(lambda x: 1 / (1 + np.exp(-x)), lambda x: logistic(x) * (1 - logistic(x)))
sine = ta.custom_rule(np.sin, lambda x: cosine(x))
cosine = ta.custom_rule(np.cos, lambda x: -sine(x))
shifted = ta.custom_rule(np.sin, lambda x: shifted(x + np.pi / 2))


@ta.custom_rule(derivative=lambda x: 2 / np.sqrt(np.pi) * np.exp(-x * x))
def erf(x):
    """By the C library, which sees numbers only."""
    return np.array([math.erf(e) for e in x.flat]).reshape(x.shape) if np.ndim(x) else math.erf(x)


hypot = ta.custom_rule(np.hypot, lambda x, y: (x / hypot(x, y), y / hypot(x, y)))

ONE = {  # rule, the same in high precision, the same in the table
    "mentions itself": (logistic, lambda x: 1 / (1 + mpmath.exp(-x)), sp.expit),
    "calls C": (erf, mpmath.erf, sp.erf),
    "mentions another that mentions it": (sine, mpmath.sin, np.sin),
    "mentions itself elsewhere": (shifted, mpmath.sin, np.sin),
}


@pytest.fixture(params=ONE, ids=lambda name: name.replace(" ", "-"))
def one(request):
    return ONE[request.param]


def energy(f):
    """A scalar function of a vector around an elementwise one."""
    return lambda x: np.sum(f(x * x[::-1]) ** 2 * x)


X = np.array([0.3, 0.5, -0.2])


# -------------------------------------------------------------------------------------------------------- every algebra


@pytest.mark.parametrize("order", [0, 1, 2, 5, 20])
def test_coefficients_are_those_of_forty_digits(one, order):
    rule, exact, _ = one
    with mpmath.workdps(40):
        expected = [float(c) for c in mpmath.taylor(exact, mpmath.mpf(0.3), order)]
    assert np.allclose(ta.taylor(rule, 0.3, order).coefficients, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("order", range(5))
def test_mixed_derivatives_agree_with_the_table(one, order):
    rule, _, table = one
    expected = ta.derivative_tensor(energy(table), X, order)
    assert np.allclose(ta.derivative_tensor(energy(rule), X, order), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("mode", MODES)
def test_hessians_agree_with_the_table(one, mode):
    rule, _, table = one
    expected = ta.hessian(energy(table))(X)
    assert np.allclose(ta.hessian(energy(rule), mode=mode)(X), expected, rtol=1e-13, atol=1e-14)


def test_reverse_over_reverse_over_reverse(one):
    rule, _, table = one

    def third(f):
        inner = ta.grad(energy(f))
        middle = ta.grad(lambda y: np.sum(inner(y) ** 2))
        return ta.grad(lambda z: np.sum(middle(z) ** 2))(X)

    assert np.allclose(third(rule), third(table), rtol=1e-12)


def test_pullback_of_every_coefficient(one):
    rule, _, table = one
    weights = np.random.default_rng(1).normal(size=(6, 3))
    expected = ta.taylor_vjp(table, X, X[::-1], 5)[1](weights)
    assert np.allclose(ta.taylor_vjp(rule, X, X[::-1], 5)[1](weights), expected, rtol=1e-12)


def test_hyperdual_numbers_with_many_directions(one):
    rule, _, table = one
    random = np.random.default_rng(2)
    h = ta.HyperDual.seeded(X[:2], *(random.normal(size=(d, 2)) for d in (2, 3, 1)))
    assert np.allclose(rule(h).coefficients, table(h).coefficients, rtol=1e-13, atol=1e-15)


def test_series_of_series(one):
    rule, _, table = one
    nested = ta.Taylor(np.stack([ta.HyperDual(0.3, 1.0, 2.0, 3.0), ta.HyperDual(1.0, 0.5), ta.HyperDual(0.2, 0.1)]))
    inner, expected = rule(nested).coefficients.coefficients, table(nested).coefficients.coefficients
    assert np.allclose(inner, expected, rtol=1e-13)


def test_plain_arrays_get_the_value(one):
    rule, _, table = one
    assert np.allclose(rule(X), table(X), rtol=1e-15)
    assert isinstance(rule(0.3), np.floating)
    assert np.array_equal(rule([0.3, 0.5]), rule(np.array([0.3, 0.5])))


def test_high_orders_do_not_recurse():
    expected = ta.taylor(sp.expit, 0.3, 150).coefficients
    assert np.allclose(ta.taylor(logistic, 0.3, 150).coefficients, expected, rtol=1e-9)


def test_one_evaluation_is_enough_when_the_derivative_is_explicit():
    calls = []

    def slope(x):
        calls.append(getattr(x, "order", None))
        return np.cos(x)

    rule = ta.custom_rule(np.sin, slope)
    ta.taylor(rule, 0.3, 12)
    assert calls == [11]


def test_self_mention_costs_one_evaluation_an_order():
    calls = []

    def slope(x):
        calls.append(x)
        return rule(x) * (1 - rule(x))

    rule = ta.custom_rule(sp.expit, slope)
    ta.taylor(rule, 0.3, 12)
    assert len(calls) == 12


# ---------------------------------------------------------------------------------------------------- several arguments


def of_two(f):
    return lambda x: np.sum(f(x[0], x[1:]) * x[1])


@pytest.mark.parametrize("order", range(5))
def test_two_arguments_broadcast(order):
    expected = ta.derivative_tensor(of_two(np.hypot), X, order)
    assert np.allclose(ta.derivative_tensor(of_two(hypot), X, order), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("mode", MODES)
def test_two_arguments_in_every_mode(mode):
    assert np.allclose(ta.hessian(of_two(hypot), mode=mode)(X), ta.hessian(of_two(np.hypot))(X), rtol=1e-13)


def test_constants_among_the_arguments():
    assert np.allclose(ta.grad(lambda x: hypot(x, 4.0))(3.0), 0.6)
    assert np.allclose(ta.grad(lambda x: np.sum(hypot(np.array([4.0, 0.0]), x)))(3.0), 1.6)


def test_a_parameter_has_no_slope():
    rule = ta.custom_rule(sp.eval_legendre, lambda n, x: (None, n * (x * rule(n, x) - rule(n - 1, x)) / (x * x - 1)))
    assert np.allclose(ta.taylor(lambda x: rule(3, x), 0.3, 3).coefficients, [-0.3825, -0.825, 2.25, 2.5])
    with pytest.raises(TypeError, match="no derivative in argument 1"):
        ta.grad(lambda n: rule(n, 0.3))(3.0)


def test_constant_slopes():
    rule = ta.custom_rule(lambda x, y: x + 2 * y, lambda x, y: (1, 2))
    assert np.array_equal(ta.jacobian(lambda x: rule(x, x[0]))(X), np.eye(3) + 2 * np.eye(3)[0])
    assert np.array_equal(ta.hessian(lambda x: np.sum(rule(x, x[0])), mode="reverse-over-reverse")(X), np.zeros((3, 3)))


# ----------------------------------------------------------------------------------------------------------- base rings


def test_fractions_stay_exact():
    reciprocal = ta.custom_rule(lambda x: 1 / x, lambda x: -(reciprocal(x) ** 2))
    assert ta.taylor(reciprocal, Fraction(2), 4).coefficients.tolist() == [
        Fraction((-1) ** k, 2 ** (k + 1)) for k in range(5)
    ]
    point = np.array([Fraction(1, 3), Fraction(2)])
    expected = ta.expand(lambda x: x[1] / x[0], point, 4).coefficients
    assert ta.expand(lambda x: x[1] * reciprocal(x[0]), point, 4).coefficients.tolist() == expected.tolist()


def test_multiprecision_keeps_its_digits():
    rule = ta.custom_rule(np.vectorize(mpmath.gamma, otypes=[object]), lambda x: rule(x) * psi(x))
    psi = ta.custom_rule(np.vectorize(mpmath.digamma, otypes=[object]), lambda x: trigamma(x))
    trigamma = ta.custom_rule(np.vectorize(lambda x: mpmath.psi(1, x), otypes=[object]), lambda x: None)
    with mpmath.workdps(50):
        x = mpmath.mpf("1.3")
        expected = mpmath.taylor(mpmath.gamma, x, 2)
        assert all(
            abs(a - b) < mpmath.mpf(10) ** -45
            for a, b in zip(ta.taylor(rule, x, 2).coefficients, expected, strict=True)
        )


def test_single_precision_and_complex_numbers_are_kept():
    assert ta.taylor(erf, np.float32(0.3), 3).coefficients.dtype == np.float32
    assert ta.grad(lambda x: np.sum(erf(x)))(X.astype(np.float32)).dtype == np.float32
    z = np.array([0.3 + 0.4j])
    expected = ta.taylor(lambda z: 1 / (1 + np.exp(-z)), z, 6).coefficients
    assert np.allclose(ta.taylor(logistic, z, 6).coefficients, expected, rtol=1e-13)


def test_everyday_numpy_inside_the_value_is_numpy():
    def value(x):
        table = np.zeros(x.shape)
        assert type(table) is np.ndarray
        table[...] = np.sin(x)
        return table

    rule = ta.custom_rule(value, np.cos)
    assert np.allclose(ta.grad(lambda x: np.sum(rule(x)))(X), np.cos(X), rtol=1e-15)


# ----------------------------------------------------------------------------------------------------------------- maps

inverse = ta.custom_rule(np.linalg.inv, pushforward=lambda a, da: -inverse(a) @ da @ inverse(a))
solve = ta.custom_rule(
    np.linalg.solve,
    pushforward=lambda a, b, da, db: solve(a, db - da @ solve(a, b)),
    pullback=lambda a, b, y: (-np.outer(solve(a.T, y), solve(a, b)), solve(a.T, y)),
)


def cramer(a):
    """The inverse of a 2×2 matrix in elementary operations."""
    adjugate = np.stack([np.stack([a[1, 1], -a[0, 1]]), np.stack([-a[1, 0], a[0, 0]])])
    return adjugate / (a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0])


MAPS = {
    "inverse": (
        lambda x: np.sum(inverse(x[:4].reshape(2, 2)) ** 3),
        lambda x: np.sum(cramer(x[:4].reshape(2, 2)) ** 3),
    ),
    "solve": (
        lambda x: np.sum(solve(x[:4].reshape(2, 2), x[4:] * x[0]) ** 3),
        lambda x: np.sum((cramer(x[:4].reshape(2, 2)) @ (x[4:] * x[0])) ** 3),
    ),
}
Z = np.array([2.0, 0.3, 0.4, 3.0, 1.0, 2.0])


@pytest.fixture(params=MAPS)
def maps(request):
    return MAPS[request.param]


@pytest.mark.parametrize("mode", MODES)
def test_maps_in_every_mode(maps, mode):
    by_hand, expected = (ta.hessian(f, mode=mode)(Z) for f in maps)
    assert np.allclose(by_hand, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("order", range(5))
def test_mixed_derivatives_of_maps(maps, order):
    by_hand, expected = (ta.derivative_tensor(f, Z, order) for f in maps)
    assert np.allclose(by_hand, expected, rtol=1e-11, atol=1e-12)


def test_high_orders_of_maps(maps):
    by_hand, expected = (ta.taylor(f, Z, 20, Z[::-1]).coefficients for f in maps)
    assert np.allclose(by_hand, expected, rtol=1e-9)


def test_maps_reverse_over_taylor_and_over_reverse(maps):
    weights = np.random.default_rng(3).normal(size=5)
    by_hand, expected = (ta.taylor_vjp(f, Z, Z[::-1], 4)[1](weights) for f in maps)
    assert np.allclose(by_hand, expected, rtol=1e-11)

    def thrice(f):
        return ta.grad(lambda x: np.sum(ta.grad(lambda y: np.sum(ta.grad(f)(y) ** 2))(x)))(Z)

    assert np.allclose(*map(thrice, maps), rtol=1e-11)


def test_linearized_maps(maps):
    by_hand, expected = (ta.linearize(f, Z)[1](Z) for f in maps)
    assert np.allclose(by_hand, expected, rtol=1e-13)


def test_pullback_is_the_transpose_of_pushforward():
    a, b = Z[:4].reshape(2, 2), Z[4:]
    random = np.random.default_rng(4)
    da, db, y = random.normal(size=(2, 2)), random.normal(size=2), random.normal(size=2)
    forward = ta.jvp(lambda pair: solve(*pair), (a, b), (da, db))[1]
    abar, bbar = ta.vjp(solve, a, b)[1](y)
    assert np.isclose(y @ forward, np.sum(abar * da) + bbar @ db, rtol=1e-13)


# --------------------------------------------------------------------------------------------------------------- errors

ELEMENTWISE = [  # value, derivative, arguments, error, message
    (np.hypot, lambda x, y: x, (1.0, 1.0), ValueError, "tuple of 2 slopes"),
    (np.sin, lambda x: (x, x), (1.0,), ValueError, "tuple of 1 slopes"),
    (np.sin, lambda x: np.ones(2), (X,), ValueError, r"slope 1 has shape \(2,\)"),
    (np.sin, lambda x: "cos", (1.0,), TypeError, "slope 1 must be numbers"),
    (np.sum, np.ones_like, (X,), ValueError, r"value has shape \(\)"),
    (lambda x: "one", np.cos, (1.0,), TypeError, "array of numbers, got 'one'"),
    (lambda x: None, np.cos, (1.0,), TypeError, "array of numbers, got None"),
]
WHOLE = [  # value, pushforward, error, message
    (np.cumsum, lambda x, dx: dx[1:], ValueError, r"pushforward has shape \(2,\)"),
    (np.cumsum, lambda x, dx: None, TypeError, "pushforward must return an array"),
]


def reverse(f, args):
    return ta.vjp(f, *args)[1](1.0)


def forward(f, args):
    return ta.jvp(lambda given: f(*given), args, args)


@pytest.mark.parametrize("transform", [reverse, forward])
@pytest.mark.parametrize(("value", "derivative", "args", "error", "message"), ELEMENTWISE)
def test_wrong_derivatives_say_what_is_wrong(value, derivative, args, error, message, transform):
    rule = ta.custom_rule(value, derivative)
    with pytest.raises(error, match=message):
        transform(lambda *x: np.sum(rule(*x)), args)


@pytest.mark.parametrize("transform", [reverse, forward])
@pytest.mark.parametrize(("value", "pushforward", "error", "message"), WHOLE)
def test_wrong_pushforwards_say_what_is_wrong(value, pushforward, error, message, transform):
    rule = ta.custom_rule(value, pushforward=pushforward)
    with pytest.raises(error, match=message):
        transform(lambda x: np.sum(rule(x)), (X,))


def test_a_nonlinear_pushforward_is_found():
    rule = ta.custom_rule(np.sin, pushforward=lambda x, dx: np.cos(x) * dx + 1)
    with pytest.raises(ValueError, match="not linear in the tangents"):
        ta.grad(rule)(0.3)


def test_a_pushforward_that_cannot_be_transposed_asks_for_a_pullback():
    rule = ta.custom_rule(np.linalg.solve, pushforward=lambda a, b, da, db: rule(a, db - da @ rule(a, b)))
    with pytest.raises(RecursionError, match="pullback="):
        ta.grad(lambda b: np.sum(rule(np.eye(2), b)))(np.ones(2))


def test_wrong_pullbacks():
    short = ta.custom_rule(np.add, pushforward=lambda x, y, dx, dy: dx + dy, pullback=lambda x, y, z: z)
    with pytest.raises(ValueError, match="tuple of 2 cotangents"):
        ta.grad(lambda x: short(x, x))(1.0)
    wide = ta.custom_rule(np.copy, pushforward=lambda x, dx: dx, pullback=lambda x, z: np.ones(2))
    with pytest.raises(ValueError, match=r"cotangent 1 of its pullback has shape \(2,\)"):
        ta.grad(wide)(1.0)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"derivative": np.cos, "pushforward": np.cos}, {"derivative": 1}, {"derivative": np.cos, "pullback": np.cos}],
)
def test_custom_rule_refuses(arguments):
    with pytest.raises(TypeError, match="custom_rule takes"):
        ta.custom_rule(np.sin, **arguments)


def test_decorated_rules_can_be_pickled():
    assert pickle.loads(pickle.dumps(ta.custom_rule(np.sin, np.cos)))(0.3) == np.sin(0.3)
    assert repr(erf) == "<custom rule erf>"
    assert erf.__doc__ == "By the C library, which sees numbers only."
