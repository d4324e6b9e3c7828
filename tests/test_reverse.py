"""First derivatives by recording: vjp, linearize, grad, value_and_grad, jacobian."""

from __future__ import annotations

import collections
from fractions import Fraction

import hypothesis.extra.numpy as hnp
import mpmath
import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given
from hypothesis import strategies as st

import taylorad as ta

mp = mpmath.mp
Pair = collections.namedtuple("Pair", "first second")
MODES = ["auto", "forward", "reverse"]
modes = pytest.mark.parametrize("mode", MODES)
points = hnp.arrays(float, 3, elements=st.floats(-2, 2))
X = np.array([0.3, -0.7, 1.1])
CLOSE = 1e-14  # a few roundings of numbers of size 1 to 10


def smooth(x):
    return np.exp(x[0] * x[1]) * np.sin(x[2]) + np.log(2 + x[0] ** 2) / (1 + x[1] ** 2 + x[2] ** 2)


def vector(x):
    return np.stack([smooth(x), np.tanh(x[0] - x[1] * x[2]), sp.erf(x[1]), np.sum(x[:2] * x[1:])])


def cube(x):
    return np.sum(x**3)


# ------------------------------------------------------------------------------------------------ transposition


@given(x=points, v=points, w=hnp.arrays(float, 4, elements=st.floats(-2, 2)))
def test_pullback_is_the_transpose_of_pushforward(x, v, w):
    value, pullback = ta.vjp(vector, x)
    same, pushforward = ta.linearize(vector, x)
    assert np.array_equal(value, vector(x))
    assert np.array_equal(same, vector(x))
    tangent = pushforward(v)
    assert tangent == pytest.approx(ta.jvp(vector, x, v)[1], rel=1e-13, abs=1e-13)
    scale = 1 + np.abs(w) @ np.abs(tangent)
    assert w @ tangent == pytest.approx(pullback(w) @ v, rel=1e-13, abs=1e-13 * scale)


@given(x=points)
def test_all_modes_of_jacobian_agree(x):
    forward = ta.jacobian(vector, mode="forward")(x)
    for mode in ("auto", "reverse"):
        assert ta.jacobian(vector, mode=mode)(x) == pytest.approx(forward, rel=1e-13, abs=1e-12)
    assert ta.grad(smooth)(x) == pytest.approx(forward[0], rel=1e-13, abs=1e-12)


def test_a_pullback_can_be_used_any_number_of_times():
    _, pullback = ta.vjp(vector, X)
    ones = np.ones(4)
    first = pullback(ones)
    ta.hessian(smooth)(X)
    ta.grad(lambda y: smooth(y) * smooth(X))(X)
    first[:] = 7  # results belong to the caller
    assert np.array_equal(pullback(2 * ones), 2 * pullback(ones))
    assert np.array_equal(ones, np.ones(4))


@pytest.mark.parametrize("f", [lambda x: x, lambda x: x[::-1], np.exp, lambda x: x * x[::-1], lambda x: x @ np.eye(3)])
def test_writing_to_arguments_and_values_does_not_reach_a_pullback(f):
    x = X.copy()
    value, pullback = ta.vjp(f, x)
    pushed, pushforward = ta.linearize(f, x)
    expected = pullback(np.arange(3.0)), pushforward(np.arange(3.0))
    x[:] = value[:] = pushed[:] = np.nan
    assert np.array_equal(pullback(np.arange(3.0)), expected[0])
    assert np.array_equal(pushforward(np.arange(3.0)), expected[1])


def test_aliases():
    assert ta.pushforward is ta.jvp
    assert ta.pullback is ta.vjp


# ------------------------------------------------------------------------------------------------ containers


CONTAINERS = {
    "dict": {"w": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": 0.5},
    "list": [np.array([1.0, 2.0]), np.array([3.0])],
    "tuple": (np.float64(2.0), np.ones((2, 1, 2)), np.zeros(0)),
    "named tuple": Pair(np.array([1.0, 2.0]), 3.0),
    "nested": {"layers": [{"w": np.eye(2), "b": np.ones(2)}, Pair(1.0, {"deep": np.array([1.0, 2.0])})]},
    "empty": ({}, [np.ones(2)]),
}


def leaves(x):
    if isinstance(x, dict):
        return [leaf for part in x.values() for leaf in leaves(part)]
    return [leaf for part in x for leaf in leaves(part)] if isinstance(x, list | tuple) else [x]


def total(x):
    """Σ k·sum(leaf³) over the leaves, so that no two have the same gradient."""
    return sum((k * np.sum(leaf**3) for k, leaf in enumerate(leaves(x), 1)), 0.0)


def same_shape(x, y):
    assert type(x) is type(y) or np.shape(x) == np.shape(y) == ()
    if isinstance(x, dict):
        assert list(x) == list(y)
    if isinstance(x, dict | list | tuple):
        for a, b in zip(*(z.values() if isinstance(z, dict) else z for z in (x, y)), strict=True):
            same_shape(a, b)
    else:
        assert np.shape(x) == np.shape(y)


@pytest.mark.parametrize("x", CONTAINERS.values(), ids=CONTAINERS)
def test_derivatives_are_made_up_like_the_argument(x):
    expected = [3 * k * np.square(leaf) for k, leaf in enumerate(leaves(x), 1)]
    value, gradient = ta.value_and_grad(total)(x)
    assert value == total(x)
    tangent = ta.jvp(total, x, x)[1]
    assert tangent == pytest.approx(3 * value, rel=1e-15)
    for derivative in (gradient, *(ta.jacobian(total, mode=mode)(x) for mode in MODES), ta.vjp(total, x)[1](1.0)):
        same_shape(derivative, x)
        assert all(map(np.array_equal, leaves(derivative), expected))


@modes
def test_jacobians_of_containers_have_a_block_for_each_pair_of_leaves(mode):
    def f(p):
        return {"sum": p["a"] + p["b"], "rest": (p["a"][0] * p["b"], np.outer(p["a"], p["a"]))}

    x = {"a": np.array([2.0, 3.0]), "b": 5.0}
    blocks = ta.jacobian(f, mode=mode)(x)
    assert blocks["sum"]["a"].tolist() == [[1, 0], [0, 1]]
    assert blocks["sum"]["b"].tolist() == [1, 1]
    scalar, outer = blocks["rest"]
    assert scalar["a"].tolist() == [5, 0]
    assert scalar["b"] == 2
    assert outer["a"].shape == (2, 2, 2)
    assert outer["a"][0, 1].tolist() == [3, 2]
    assert outer["b"].tolist() == [[0, 0], [0, 0]]


def test_products_with_containers():
    def f(p):
        return [p["a"] * p["b"], {"c": np.sum(p["a"])}]

    x = {"a": np.array([2.0, 3.0]), "b": 5.0}
    value, pullback = ta.vjp(f, x)
    assert value[0].tolist() == [10, 15]
    assert value[1] == {"c": 5}
    xbar = pullback([np.array([1.0, 10.0]), {"c": 100.0}])
    assert xbar["a"].tolist() == [105, 150]
    assert xbar["b"] == 32
    _, pushforward = ta.linearize(f, x)
    tangent = pushforward({"a": np.array([1.0, 0.0]), "b": 1.0})
    assert tangent[0].tolist() == [7, 3]
    assert tangent[1] == {"c": 1}
    assert ta.jvp(f, x, {"a": np.array([1.0, 0.0]), "b": 1.0})[1][0].tolist() == [7, 3]


def test_lists_of_numbers_are_arrays():
    for x in ([1.0, 2.0], (1.0, 2.0), [[1.0, 2.0]], [(1, 2)]):
        gradient = ta.grad(cube)(x)
        assert isinstance(gradient, np.ndarray)
        assert np.array_equal(gradient, 3 * np.square(x))
    assert isinstance(ta.grad(total)([1.0, [2.0, 3.0]]), list)  # no array has such rows


def test_several_arguments():
    value, pullback = ta.vjp(lambda a, b: a * b, X, 2 * X)
    assert np.array_equal(value, 2 * X * X)
    assert [np.array_equal(xbar, c * X) for xbar, c in zip(pullback(np.ones(3)), (2, 1), strict=True)] == [True, True]
    assert ta.linearize(lambda a, b: a * b, 2.0, 3.0)[1](1.0, 10.0) == 23


# ------------------------------------------------------------------------------------------------ argnums, aux


def weighted(x, y, *, power=2):
    return np.sum(x * y**power)


@pytest.mark.parametrize("argnums", [(0, 1), (1, 0), (-1, -2), [0, -1], (1,)])
def test_argnums_may_be_several(argnums):
    x, y = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    expected = {0: y**3, 1: 3 * x * y**2}
    results = [ta.grad(weighted, argnums)(x, y, power=3), ta.value_and_grad(weighted, argnums)(x, y, power=3)[1]]
    results += [ta.jacobian(weighted, argnums, mode=mode)(x, y, power=3) for mode in MODES]
    for gradients in results:
        assert isinstance(gradients, tuple)
        for i, gradient in zip(argnums, gradients, strict=True):
            assert np.array_equal(gradient, expected[i % 2])


def test_other_arguments_may_be_anything():
    def f(kind, x, names, scale=1.0):
        return {"cube": cube, "sum": np.sum}[kind](x) * len(names) * scale

    assert np.array_equal(ta.grad(f, argnums=1)("cube", X, ["a", "b"], scale=0.5), 3 * X**2)


def test_aux_is_returned_without_derivatives():
    def f(x):
        return np.sum(x**2), {"norm": np.sqrt(np.sum(x**2)), "name": "text", "x": x}

    gradient, aux = ta.grad(f, has_aux=True)(X)
    assert np.array_equal(gradient, 2 * X)
    (value, also), again = ta.value_and_grad(f, has_aux=True)(X)
    assert value == np.sum(X**2)
    assert np.array_equal(again, gradient)
    _, _, third = ta.vjp(f, X, has_aux=True)
    jacobian, fourth = ta.jacobian(f, has_aux=True)(X)
    assert np.array_equal(jacobian, gradient)
    for a in (aux, also, third, fourth):
        assert type(a["x"]) is np.ndarray
        assert (a["norm"], a["name"]) == (np.sqrt(np.sum(X**2)), "text")


MISUSED = {
    "vector": (lambda: ta.grad(vector)(X), ValueError, r"one scalar value, got values of shape \(4,\): use jacobian"),
    "container": (lambda: ta.grad(lambda x: {"a": x[0]})(X), ValueError, "one scalar value, got {'a': an array}"),
    "nothing": (lambda: ta.grad(lambda x: None)(X), TypeError, "the function returned None"),
    "text": (lambda: ta.vjp(lambda x: "text", X), TypeError, "the function returned 'text'"),
    "function": (lambda: ta.linearize(lambda x: [x, np.sin], X), TypeError, "the function returned <ufunc 'sin'>"),
    "string argument": (lambda: ta.grad(cube)("abc"), TypeError, "coefficients must be numbers"),
    "twice": (lambda: ta.grad(weighted, (0, -2))(X, X), ValueError, "names an argument twice"),
    "beyond": (lambda: ta.grad(weighted, 2)(X, X), ValueError, "called with 2 positional arguments"),
    "half": (lambda: ta.grad(weighted, 0.5)(X, X), TypeError, "argnums must be an integer or a tuple of integers"),
    "by name": (lambda: ta.grad(weighted, "x")(X, X), TypeError, "argnums must be an integer"),
    "no pair": (lambda: ta.grad(cube, has_aux=True)(X), TypeError, r"must return a pair \(value, aux\)"),
    "cotangent": (lambda: ta.vjp(vector, X)[1](X), ValueError, r"the cotangent must have the shape \(4,\)"),
    "cotangent keys": (
        lambda: ta.vjp(lambda x: {"a": x}, X)[1]({"b": X}),
        TypeError,
        "the cotangent must be made up like {'a': an array}",
    ),
    "cotangent array": (lambda: ta.vjp(lambda x: {"a": x}, X)[1](X), TypeError, "made up like .*, got ndarray"),
    "tangents": (lambda: ta.linearize(weighted, X, X)[1](X), TypeError, "the tangent must be made up like"),
    "tangent": (lambda: ta.linearize(vector, X)[1](np.ones(4)), ValueError, r"shape \(3,\) of what it belongs to"),
    "container tangent": (lambda: ta.jvp(total, {"a": X}, {"b": X}), TypeError, "made up like {'a': an array}"),
}


@pytest.mark.parametrize(("use", "error", "message"), MISUSED.values(), ids=MISUSED)
def test_misuse_is_explained(use, error, message):
    with pytest.raises(error, match=message):
        use()


@pytest.mark.parametrize("constant", [3, 3.0, np.float64(3), np.array(3.0)])
def test_without_dependence_derivatives_are_zero(constant):
    assert ta.grad(lambda x: constant)(X).tolist() == [0, 0, 0]
    assert ta.vjp(lambda x: constant, X)[1](1.0).tolist() == [0, 0, 0]
    assert ta.linearize(lambda x: constant, X)[1](X) == 0
    assert ta.value_and_grad(lambda p: constant)({"a": X})[1]["a"].tolist() == [0, 0, 0]
    for mode in MODES:
        assert ta.jacobian(lambda x: [constant, 1.0], mode=mode)(X).tolist() == [[0, 0, 0]] * 2


# ------------------------------------------------------------------------------------------------ number types


def test_integers_are_doubles():
    assert ta.grad(cube)([1, 2]).dtype == np.float64
    assert ta.grad(cube)(np.arange(3)).tolist() == [0, 3, 12]
    assert ta.value_and_grad(lambda x: x * x)(3) == (9, 6)
    assert ta.vjp(lambda x: x * x, np.arange(2))[1]([1, 1]).dtype == np.float64


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.longdouble, np.complex64, np.complex128])
def test_number_types_are_kept(kind):
    x = X.astype(kind)
    value, pullback = ta.vjp(vector, x)
    results = [value, pullback(np.ones(4)), ta.grad(smooth)(x), *ta.value_and_grad(smooth)(x)]
    results += [ta.jacobian(vector, mode=mode)(x) for mode in MODES] + [ta.linearize(vector, x)[1](np.ones(3))]
    assert [r.dtype for r in results] == [kind] * len(results)


def test_arguments_of_different_types_keep_their_own():
    single, double = ta.grad(lambda a, b: a @ b, argnums=(0, 1))(X.astype(np.float32), X)
    assert (single.dtype, double.dtype) == (np.float32, np.float64)


def rational(x):
    y = x[0] ** 3 / x[1] + (x[::-1] * np.array([1, 2])) @ x
    return (y - 1) ** 2 / (y + 3) + np.sum(np.where(x > 1, x, x**2)) * np.prod(x)


def test_fractions_stay_exact():
    x = [Fraction(1, 3), Fraction(2)]
    exact = ta.expand(rational, x, 1).gradient()
    value, gradient = ta.value_and_grad(rational)(x)
    assert all(type(e) is Fraction for e in gradient)
    assert value == rational(np.array(x))
    assert np.array_equal(gradient, exact)
    assert np.array_equal(ta.vjp(rational, x)[1](2), 2 * exact)
    assert ta.linearize(rational, x)[1]([1, Fraction(1, 2)]) == exact[0] + exact[1] / 2
    assert ta.jvp(rational, x, [1, Fraction(1, 2)])[1] == exact[0] + exact[1] / 2
    for mode in MODES:
        jacobian = ta.jacobian(lambda u: [rational(u), 3 * u[1], 7], mode=mode)(x)
        assert np.array_equal(jacobian, [exact, [0, 3], [0, 0]])
    assert ta.grad(lambda t: t**3 / 3)(Fraction(1, 2)) == Fraction(1, 4)


def test_multiprecision_numbers_go_through():
    with mp.workdps(40):
        x = [mp.mpf("0.3"), mp.mpf("1.7")]
        gradient = ta.grad(lambda u: np.sum(np.exp(u) * np.sin(u[::-1])) / sp.gamma(u[0]))(x)
        for i in range(2):
            orders = [int(i == 0), int(i == 1)]
            exact = mp.diff(
                lambda a, b: (mp.exp(a) * mp.sin(b) + mp.exp(b) * mp.sin(a)) / mp.gamma(a), x, tuple(orders)
            )
            assert mp.almosteq(gradient[i], exact, rel_eps=mp.mpf(10) ** -25)  # mp.diff loses digits, not we


# ------------------------------------------------------------------------------------------------ complex numbers


@modes
def test_holomorphic_functions_have_their_complex_derivative(mode):
    z = np.array([0.3 + 0.4j, 1.2 - 0.7j])

    def f(w):
        return np.stack([np.exp(w[0]) * np.sin(w[1]), np.log(w[1]) / w[0], np.sqrt(w[0] + w[1])])

    jacobian = ta.jacobian(f, mode=mode)(z)
    with mp.workdps(30):
        for row, g in enumerate(
            (lambda a, b: mp.exp(a) * mp.sin(b), lambda a, b: mp.log(b) / a, lambda a, b: mp.sqrt(a + b))
        ):
            exact = [complex(mp.diff(g, tuple(map(mp.mpc, z)), orders)) for orders in ((1, 0), (0, 1))]
            assert jacobian[row] == pytest.approx(exact, rel=CLOSE)
            assert ta.grad(lambda w, row=row: f(w)[row])(z) == pytest.approx(exact, rel=CLOSE)


REAL_OF_COMPLEX = {  # f, ∂f/∂x - i ∂f/∂y at 3 + 4i
    "square of abs": (lambda z: np.abs(z) ** 2, 6 - 8j),
    "abs": (np.abs, 0.6 - 0.8j),
    "by conjugate": (lambda z: np.real(z * np.conj(z)), 6 - 8j),
    "parts": (lambda z: z.real**2 + 3 * z.imag, 6 - 3j),
    "of analytic": (lambda z: np.real(z**3), 3 * (3 + 4j) ** 2),
    "angle": (np.angle, (-4 - 3j) / 25),
}


@pytest.mark.parametrize(("f", "expected"), REAL_OF_COMPLEX.values(), ids=REAL_OF_COMPLEX)
def test_real_functions_of_complex_arguments(f, expected):
    z = 3 + 4j
    assert ta.grad(f)(z) == pytest.approx(expected, rel=CLOSE)
    for mode in MODES:
        assert ta.jacobian(f, mode=mode)(z) == pytest.approx(expected, rel=CLOSE)
    dz = 0.3 - 0.2j
    assert ta.jvp(f, z, dz)[1] == pytest.approx((expected * dz).real, rel=CLOSE)
    assert ta.linearize(f, z)[1](dz) == pytest.approx((expected * dz).real, rel=CLOSE)


@modes
def test_complex_functions_of_real_arguments(mode):
    x = np.array([0.3, 0.4])
    jacobian = ta.jacobian(lambda t: np.exp(1j * t) * t[0], mode=mode)(x)
    wave = np.exp(1j * x)
    assert jacobian == pytest.approx(np.array([[wave[0] * (1 + 1j * x[0]), 0], [wave[1], 1j * wave[1] * x[0]]]))
    real, plane = ta.jacobian(lambda t, z: t * z * 1j, (0, 1), mode=mode)(2.0, 3 + 1j)
    assert (real, plane) == (-1 + 3j, 2j)
    with pytest.raises(ValueError, match="real value of a function of real arguments, got a complex one: use jacobian"):
        ta.grad(lambda t: np.exp(1j * t))(0.3)


@pytest.mark.parametrize("f", [lambda z: z * np.conj(z), lambda z: z * np.abs(z), lambda z: z.real + 1j * z.imag**2])
def test_functions_that_are_not_analytic_have_no_complex_derivative(f):
    with pytest.raises(ValueError, match=r"not analytic \(it uses (conjugate|real|imag)\), so it has no complex"):
        ta.grad(f)(1 + 2j)
    for mode in MODES:
        with pytest.raises(ValueError, match="not analytic"):
            ta.jacobian(f, mode=mode)(np.array([1 + 2j, 3.0]))
    value, tangent = ta.jvp(f, 1 + 2j, 1e-6j)
    assert value + tangent == pytest.approx(f(1 + 2.000001j), rel=1e-11)


def test_tangents_of_real_arrays_that_take_complex_values():
    def f(x):
        z = np.zeros(3, dtype=complex) + x[0]
        z[1] = x[1] * 1j
        z.imag[2] = x[2]
        return z

    x, v = np.array([1.0, 2.0, 3.0]), np.array([1.0, -1.0, 0.5])
    assert np.array_equal(ta.linearize(f, x)[1](v), [1, -1j, 1 + 0.5j])
