"""Drivers: series, derivatives, gradients, Jacobians and Hessians of functions, alone and nested in each other."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import hypothesis.extra.numpy as hnp
import mpmath
import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given
from hypothesis import strategies as st

import taylorad as ta
from taylorad import MultivariateTaylor, Taylor
from taylorad.transforms import recording

mp = mpmath.mp
floats = st.floats(-2, 2)
points = hnp.arrays(float, 3, elements=floats)
DIRECTIONAL = ["taylor", "derivative", "expand", "derivative_tensor", "jvp", "grad", "jacobian", "hessian"]


def smooth(x):
    """A scalar function of three variables, with all mixed derivatives."""
    return np.exp(x[0] * x[1]) * np.sin(x[2]) + np.log(2 + x[0] ** 2) / (1 + x[1] ** 2 + x[2] ** 2)


def smooth_mp(x, y, z):
    """The same in mpmath."""
    return mp.exp(x * y) * mp.sin(z) + mp.log(2 + x**2) / (1 + y**2 + z**2)


def vector(x):
    """Three variables to two values."""
    return np.stack([smooth(x), np.tanh(x[0] - x[1] * x[2])])


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def truth(f, x, orders):
    """A mixed partial derivative by mpmath's differences at 40 digits."""
    with mp.workdps(40):
        return float(mp.diff(f, tuple(mp.mpf(float(e)) for e in x), tuple(orders)))


def unit(*indices):
    """Orders of ∂_i ∂_j …"""
    return tuple(indices.count(i) for i in range(3))


# ------------------------------------------------------------------------------------------ against high precision

X = np.array([0.3, -0.7, 1.1])
CLOSE = 1e-14  # a few roundings of numbers of size 1 to 10


def test_gradient_is_that_of_forty_digits():
    exact = [truth(smooth_mp, X, unit(i)) for i in range(3)]
    assert ta.grad(smooth)(X) == pytest.approx(exact, rel=CLOSE)
    assert ta.expand(smooth, X, 3).gradient() == pytest.approx(exact, rel=CLOSE)
    assert ta.derivative_tensor(smooth, X, 1) == pytest.approx(exact, rel=CLOSE)
    assert [ta.partial(smooth, X, unit(i)) for i in range(3)] == pytest.approx(exact, rel=CLOSE)


def test_hessian_is_that_of_forty_digits():
    exact = np.array([[truth(smooth_mp, X, unit(i, j)) for i in range(3)] for j in range(3)])
    assert ta.hessian(smooth)(X) == pytest.approx(exact, rel=CLOSE)
    assert ta.hessian(smooth, mode="hyperdual")(X) == pytest.approx(exact, rel=CLOSE)
    assert ta.expand(smooth, X, 2).hessian() == pytest.approx(exact, rel=CLOSE)
    assert ta.jacobian(ta.grad(smooth))(X) == pytest.approx(exact, rel=CLOSE)


@pytest.mark.parametrize("order", [3, 4])
def test_derivative_tensor_is_that_of_forty_digits(order):
    tensor = ta.derivative_tensor(smooth, X, order)
    assert tensor.shape == (3,) * order
    for indices in itertools.product(range(3), repeat=order):
        assert tensor[indices] == tensor[tuple(sorted(indices))]
    for indices in itertools.combinations_with_replacement(range(3), order):
        exact = truth(smooth_mp, X, unit(*indices))
        assert tensor[indices] == pytest.approx(exact, rel=1e-13, abs=1e-13)
        assert ta.partial(smooth, X, unit(*indices)) == pytest.approx(exact, rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("direction", [[1.0, 0, 0], [0.5, -1, 2], [0, 0, 0]])
def test_directional_series_is_that_of_forty_digits(direction):
    ours = ta.taylor(smooth, X, 6, direction=direction)
    with mp.workdps(60):
        exact = mp.taylor(
            lambda s: smooth_mp(*(mp.mpf(float(a)) + s * mp.mpf(float(d)) for a, d in zip(X, direction, strict=True))),
            0,
            6,
        )
        assert ours.coefficients == pytest.approx([float(c) for c in exact], rel=1e-13, abs=1e-14)
    value, tangent = ta.jvp(smooth, X, direction)
    assert (value, tangent) == pytest.approx((ours.value, ours.coefficients[1]), rel=CLOSE, abs=CLOSE)


@pytest.mark.parametrize("x", [["-6/5", "1"], ["1/2", "-3/10", "4/5"], ["1"] * 5])
def test_hessian_of_rosenbrock(x):
    n, x = len(x), np.array([Fraction(e) for e in x])
    exact = np.full((n, n), Fraction(0))
    for i in range(n - 1):
        exact[i, i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2
        exact[i + 1, i + 1] += 200
        exact[i, i + 1] = exact[i + 1, i] = -400 * x[i]
    assert np.array_equal(ta.hessian(rosenbrock)(x), exact)
    assert ta.hessian(rosenbrock)(x.astype(float)) == pytest.approx(exact.astype(float), rel=1e-14, abs=1e-12)


N = 5
B = np.linspace(0.1, 0.4, N)
A = 1 / (1 + np.add.outer(np.arange(N), np.arange(N)))


def helmholtz(x):
    """The mixed-fluid energy of the automatic differentiation literature (Griewank and Walther, 2008, section 3)."""
    bx, root = B @ x, np.sqrt(2.0)
    energy = np.sum(x * np.log(x / (1 - bx)))
    return energy - x @ A @ x / (np.sqrt(8.0) * bx) * np.log((1 + (1 + root) * bx) / (1 + (1 - root) * bx))


def helmholtz_mp(*x):
    bx, root = sum(mp.mpf(float(b)) * e for b, e in zip(B, x, strict=True)), mp.sqrt(2)
    energy = sum(e * mp.log(e / (1 - bx)) for e in x)
    form = sum(mp.mpf(float(A[i, j])) * x[i] * x[j] for i in range(N) for j in range(N))
    return energy - form / (mp.sqrt(8) * bx) * mp.log((1 + (1 + root) * bx) / (1 + (1 - root) * bx))


def test_hessian_of_helmholtz_energy():
    x = np.linspace(0.05, 0.3, N)
    ours = ta.hessian(helmholtz)(x)
    assert np.array_equal(ours, ours.T)
    for i, j in itertools.combinations_with_replacement(range(N), 2):
        assert ours[i, j] == pytest.approx(truth(helmholtz_mp, x, tuple((i, j).count(k) for k in range(N))), rel=1e-13)


# ------------------------------------------------------------------------------------------ shapes, types


@pytest.mark.parametrize("inside", [(), (3,), (2, 2), (1, 3), (0,)])
@pytest.mark.parametrize("outside", [(), (2,), (2, 3)])
def test_shapes_are_those_of_results_then_arguments(inside, outside):
    x = np.full(inside, 0.5)

    def f(v):
        return np.sum(np.sin(v)) * np.ones(outside)

    assert ta.jacobian(f)(x).shape == outside + inside
    assert ta.hessian(f)(x).shape == outside + inside + inside
    assert np.shape(ta.jvp(f, x, x)[1]) == outside
    assert ta.taylor(f, x, 3).shape == outside
    if x.size:
        assert ta.expand(f, x, 2).shape == outside
        assert ta.derivative_tensor(f, x, 3).shape == outside + inside * 3
    if not outside:
        assert np.shape(ta.grad(f)(x)) == inside


def test_values_of_arrays_are_in_their_places():
    x = np.array([[0.1, 0.2], [0.3, 0.4]])
    jacobian = ta.jacobian(np.exp)(x)
    hessian = ta.hessian(np.exp)(x)
    for i, j in np.ndindex(2, 2):
        expected = np.zeros((2, 2))
        expected[i, j] = np.exp(x[i, j])
        assert jacobian[i, j] == pytest.approx(expected, rel=CLOSE)
        assert hessian[i, j][i, j] == pytest.approx(expected, rel=CLOSE)
        assert np.count_nonzero(hessian[i, j]) == 1


def test_numbers_give_numbers():
    for value in (
        ta.grad(np.sin)(0.3),
        ta.hessian(np.sin)(0.3),
        ta.derivative(np.sin, 0.3, 2),
        ta.jvp(np.sin, 0.3, 1.0)[1],
        ta.derivative_tensor(np.sin, 0.3, 2),
        ta.partial(np.sin, 0.3, (1,)),
        ta.jacobian(np.sin)(1),
    ):
        assert type(value) is np.float64


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.longdouble, np.complex64, np.complex128])
def test_number_types_go_through(kind):
    x = np.array([0.3, 0.5, 0.7], kind)

    def f(v):
        return np.prod(np.sin(v)) + 2.5 * v[0]

    results = [
        ta.grad(f)(x),
        ta.hessian(f)(x),
        *ta.jvp(f, x, x),
        ta.taylor(f, x, 2),
        ta.expand(f, x, 2),
        ta.derivative(np.exp, x, 3),
    ]
    results += [ta.derivative_tensor(f, x, 2), ta.partial(f, x, (1, 0, 1))]
    assert [r.dtype for r in results] == [kind] * len(results)


def test_integers_are_doubles():
    assert ta.grad(lambda x: x[0] ** 2 * x[1])([3, 2]).tolist() == [12, 9]
    assert ta.derivative(lambda x: x**3, 2, 2) == 12
    assert ta.jvp(lambda x: x**2, 3, 1) == (9, 6)


def test_fractions_are_exact():
    x, v = [Fraction(1, 3), Fraction(2)], [1, Fraction(1, 2)]

    def f(u):
        return u[0] ** 3 / u[1]

    assert ta.grad(f)(x).tolist() == [Fraction(1, 6), Fraction(-1, 108)]
    assert ta.hessian(f)(x).tolist() == [[1, Fraction(-1, 12)], [Fraction(-1, 12), Fraction(1, 108)]]
    assert ta.jvp(f, x, v)[1] == Fraction(1, 6) - Fraction(1, 216)
    assert ta.taylor(f, x, 2, direction=v).coefficients[1] == Fraction(1, 6) - Fraction(1, 216)
    assert ta.partial(f, x, (2, 1)) == Fraction(-1, 2)
    assert ta.derivative(lambda t: 1 / t, Fraction(2), 4) == Fraction(24, 32)


def test_holomorphic_functions_have_complex_derivatives():
    z = 0.3 + 0.4j
    assert ta.grad(np.exp)(z) == pytest.approx(np.exp(z), rel=CLOSE)
    assert ta.derivative(np.sin, z, 3) == pytest.approx(-np.cos(z), rel=CLOSE)
    assert ta.hessian(lambda w: w[0] ** 2 * w[1])(np.array([z, 2j])) == pytest.approx(
        np.array([[4j, 2 * z], [2 * z, 0]]), rel=CLOSE
    )
    assert ta.jvp(lambda w: w**2, 1.0, 1j)[1] == 2j
    assert ta.taylor(np.exp, 0.0, 2, direction=1j).coefficients == pytest.approx([1, 1j, -0.5], rel=CLOSE)


# -------------------------------------------------------------------------------------- arguments, results


def test_any_positional_argument_can_be_differentiated():
    def f(x, y, *, power=2):
        return np.sum(x * y**power)

    x, y = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    for number, name in ((0, "x"), (1, "y"), (-1, "y"), (-2, "x")):
        expected = {"x": y**3, "y": 3 * x * y**2}[name]
        assert np.array_equal(ta.grad(f, argnums=number)(x, y, power=3), expected)
        assert np.array_equal(ta.jacobian(f, number)(x, y, power=3), expected)
    assert np.array_equal(ta.hessian(f, argnums=1)(x, y), np.diag(2 * x))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: [x[0], x[1] * x[2], 4.0],
        lambda x: (x[0], x[1] * x[2], 4),
        lambda x: np.array([x[0], x[1] * x[2], 4.0]),
        lambda x: np.array([x[0], x[1] * x[2], x[0] * 0 + 4], dtype=object),
        lambda x: np.stack([x[0], x[1] * x[2], 4.0]),
        lambda x: np.concatenate([x[:1], x[1:2] * x[2], [4.0]]),
    ],
)
def test_lists_tuples_and_arrays_of_series_are_results(f):
    assert ta.jacobian(f)([1.0, 2.0, 3.0]).tolist() == [[1, 0, 0], [0, 3, 2], [0, 0, 0]]
    assert ta.hessian(f)([1.0, 2.0, 3.0])[1].tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert ta.jvp(f, [1.0, 2.0, 3.0], [1.0, 1.0, 1.0])[1].tolist() == [1, 5, 0]
    assert ta.taylor(f, [1.0, 2.0, 3.0], 2).coefficients.tolist() == [[1, 6, 4], [1, 5, 0], [0, 1, 0]]
    assert ta.expand(f, [1.0, 2.0, 3.0], 2).shape == (3,)


def test_numpy_functions_work_on_arrays_of_series():
    x = np.array([0.3, 0.7])
    assert np.array_equal(ta.grad(lambda v: np.sum(np.exp(np.array([v[0], v[1]]))))(x), np.exp(x))


def test_nested_lists_of_series_are_matrices():
    assert ta.jacobian(lambda x: [[x[0], 1.0], [x[1], x[0] * x[1]]])([2.0, 3.0]).tolist() == [
        [[1, 0], [0, 0]],
        [[0, 1], [3, 2]],
    ]


def test_plain_matrices_multiply_series_by_any_spelling():
    a = np.arange(6.0).reshape(2, 3)
    for f in (
        lambda x: a @ x,
        lambda x: a.dot(x),
        lambda x: np.dot(a, x),
        lambda x: np.einsum("ij,j", a, x),
        lambda x: (a * x).sum(axis=1),
    ):
        assert np.array_equal(ta.jacobian(f)([1.0, 2.0, 3.0]), a)


def test_constants_have_zero_derivatives():
    for constant in (3, 3.0, np.float64(3), np.array(3.0)):
        assert ta.taylor(lambda x, c=constant: c, [1.0, 2.0], 2).coefficients.tolist() == [3, 0, 0]
        assert ta.grad(lambda x, c=constant: c)([1.0, 2.0]).tolist() == [0, 0]
        assert ta.hessian(lambda x, c=constant: c)(1.0) == 0
        assert ta.jvp(lambda x, c=constant: c, 1.0, 1.0) == (3, 0)
    assert ta.jacobian(lambda x: np.ones(2))([1.0, 2.0]).tolist() == [[0, 0], [0, 0]]


def run(name, f, x):
    """A driver by name, of order 1 where it has one."""
    if name in ("grad", "jacobian", "hessian"):
        return getattr(ta, name)(f)(x)
    return ta.jvp(f, x, x) if name == "jvp" else getattr(ta, name)(f, x, 1)


@pytest.mark.parametrize("name", DIRECTIONAL)
@pytest.mark.parametrize("result", [None, "text", [None], {1.0}, np.sin], ids=repr)
def test_results_that_are_no_numbers_are_named(name, result):
    with pytest.raises(TypeError, match=r"the function returned .*: it must return a number or an array"):
        run(name, lambda x: result, np.ones(2))


@pytest.mark.parametrize("name", ["taylor", "derivative", "expand", "derivative_tensor", "hessian"])
def test_where_a_result_is_one_array_a_dict_is_refused(name):
    with pytest.raises(TypeError, match="the function returned a dict: it must return a number or an array"):
        run(name, lambda x: {"a": x}, np.ones(2))


@pytest.mark.parametrize("name", DIRECTIONAL)
def test_points_that_are_no_numbers_are_refused(name):
    with pytest.raises(TypeError, match="coefficients must be numbers"):
        run(name, np.sin, "abc")


MISUSED = {
    "vector": (
        lambda: ta.grad(lambda x: x)([1.0, 2.0]),
        ValueError,
        r"grad needs a function of one scalar value, got values of shape \(2,\): use jacobian",
    ),
    "row": (lambda: ta.grad(lambda x: np.sum(x, keepdims=True))([1.0, 2.0]), ValueError, r"got values of shape \(1,\)"),
    "argnums": (
        lambda: ta.grad(np.sin, argnums=1)(1.0),
        ValueError,
        "argnums=1 but the function was called with 1 positional",
    ),
    "no argument": (lambda: ta.hessian(np.sin)(), ValueError, "called with 0 positional"),
    "mode": (lambda: ta.hessian(np.sin, mode="magic"), ValueError, "mode must be one of .*, hyperdual, got 'magic'"),
    "jacobian mode": (
        lambda: ta.jacobian(np.sin, mode="backward"),
        ValueError,
        "auto, forward, reverse, got 'backward'",
    ),
    "tangent": (
        lambda: ta.jvp(np.sin, [1.0, 2.0], [1.0]),
        ValueError,
        r"the tangent must have the shape \(2,\) of what it belongs to, got \(1,\)",
    ),
    "scalar tangent": (lambda: ta.jvp(np.sin, [1.0, 2.0], 1.0), ValueError, r"got \(\)"),
    "direction": (lambda: ta.taylor(np.sum, [1.0, 2.0], 1, direction=[1.0, 2, 3]), ValueError, "broadcast"),
    "order": (lambda: ta.taylor(np.sin, 0.0, -1), ValueError, "order must be 0 or more, got -1"),
    "half order": (lambda: ta.derivative(np.sin, 0.0, 1.5), TypeError, "order must be an integer, got 1.5"),
    "expand": (lambda: ta.expand(np.sin, 0.0, -2), ValueError, "got -2"),
    "tensor": (lambda: ta.derivative_tensor(np.sin, 0.0, -2), ValueError, "got -2"),
    "partial": (
        lambda: ta.partial(np.sum, [1.0, 2.0], (1,)),
        ValueError,
        "one order for each of the 2 entries of x, got 1",
    ),
    "negative partial": (lambda: ta.partial(np.sum, [1.0, 2.0], (1, -1)), ValueError, "got -1"),
    "ragged": (lambda: ta.hessian(lambda x: [x, x[0]])([1.0, 2.0]), ValueError, "same shape"),
}


@pytest.mark.parametrize(("use", "error", "message"), MISUSED.values(), ids=MISUSED)
def test_misuse_is_explained(use, error, message):
    with pytest.raises(error, match=message):
        use()


# ---------------------------------------------------------------------------------------------------- laws


@given(x=points, v=points)
def test_jvp_is_the_jacobian_times_the_tangent(x, v):
    value, tangent = ta.jvp(vector, x, v)
    assert np.array_equal(value, vector(x))
    assert tangent == pytest.approx(ta.jacobian(vector)(x) @ v, rel=1e-13, abs=1e-12)  # values up to exp(4)


@given(x=points, v=points, w=points)
def test_jvp_is_linear_in_the_tangent(x, v, w):
    both = ta.jvp(vector, x, 2 * v - w)[1]
    assert both == pytest.approx(2 * ta.jvp(vector, x, v)[1] - ta.jvp(vector, x, w)[1], rel=1e-12, abs=1e-12)


@given(x=points)
def test_hessians_and_derivative_tensors_are_exactly_symmetric(x):
    hessian, tensor = ta.hessian(vector)(x), ta.derivative_tensor(vector, x, 3)
    assert np.array_equal(hessian, np.swapaxes(hessian, -1, -2))
    for axes in ((0, 2, 1, 3), (0, 3, 2, 1), (0, 2, 3, 1)):
        assert np.array_equal(tensor, tensor.transpose(axes))


@given(x=points)
def test_four_ways_to_second_derivatives_agree(x):
    hessian = ta.hessian(smooth)(x)
    ways = [ta.expand(smooth, x, 2).hessian(), ta.jacobian(ta.jacobian(smooth))(x), ta.derivative_tensor(smooth, x, 2)]
    ways += [ta.jacobian(lambda u: ta.expand(smooth, u, 1).gradient())(x)]
    rows = [ta.taylor(lambda s, e=e: ta.grad(smooth)(x + s * e), 0.0, 1).coefficients[1] for e in np.eye(3)]
    for other in (*ways, np.stack(rows)):
        assert other == pytest.approx(hessian, rel=1e-12, abs=1e-11)  # values up to exp(4), products of them
    diagonal = [2 * ta.taylor(smooth, x, 2, direction=e).coefficients[2] for e in np.eye(3)]
    assert np.diag(hessian) == pytest.approx(diagonal, rel=1e-12, abs=1e-11)


@given(
    a=hnp.arrays(np.int64, (4, 4), elements=st.integers(-9, 9)), x=hnp.arrays(np.int64, 4, elements=st.integers(-9, 9))
)
def test_quadratic_forms_have_their_matrices(a, x):
    assert np.array_equal(ta.grad(lambda v: v @ a @ v)(x), (a + a.T) @ x)
    assert np.array_equal(ta.hessian(lambda v: v @ a @ v)(x), a + a.T)


@given(x=floats, order=st.integers(0, 6))
def test_derivatives_of_compositions_are_those_of_series(x, order):
    series = np.exp(np.sin(Taylor.variable(x, order)))
    assert ta.derivative(lambda t: np.exp(np.sin(t)), x, order) == pytest.approx(
        series.derivatives()[order], rel=CLOSE, abs=1e-12
    )


def test_taylor_expands_every_entry_and_expand_every_variable():
    x = np.array([[0.1, 0.2, 0.3]])
    series = ta.taylor(np.exp, x, 3)
    assert series.coefficients == pytest.approx(np.exp(x) / np.array([1, 1, 2, 6]).reshape(4, 1, 1), rel=CLOSE)
    expansion = ta.expand(np.sum, x, 1)
    assert isinstance(expansion, MultivariateTaylor)
    assert (expansion.variables, expansion.gradient().tolist()) == (3, [1, 1, 1])


def test_partial_derivatives_use_only_the_variables_they_need():
    orders = []

    def f(x):
        orders.append(getattr(x, "variables", None))
        return x[0] ** 2 * np.sin(x[2]) * np.sum(x)

    x = np.arange(1.0, 31.0)
    assert ta.partial(f, x, (2, 0, 1, *[0] * 27)) == pytest.approx(
        2 * np.cos(3) * (np.sum(x) + 2) + 2 * np.sin(3), rel=1e-13
    )
    assert orders == [2]
    assert ta.partial(lambda v: np.sum(v**3), [[1.0, 2.0], [3.0, 4.0]], ((0, 2), (0, 0))) == 12
    assert ta.partial(lambda v: v[0] * v[1], [2.0, 3.0], (0, 0)) == 6


@pytest.mark.parametrize("largest", [1, 2, 7, 30])
def test_blocks_of_directions_make_no_difference(monkeypatch, largest):
    x = np.linspace(0.2, 0.9, 7)
    expected = ta.jacobian(lambda v: np.cumsum(np.sin(v)))(x), ta.hessian(lambda v: np.cumprod(np.sin(v)))(x)
    monkeypatch.setattr(recording, "LARGEST", largest)
    assert len(list(recording.blocks_of(recording.units(x), x.size**2))) == 7
    assert np.array_equal(ta.jacobian(lambda v: np.cumsum(np.sin(v)))(x), expected[0])
    assert np.array_equal(ta.hessian(lambda v: np.cumprod(np.sin(v)))(x), expected[1])


def test_functions_run_once_for_all_directions():
    count = []
    ta.hessian(lambda x: count.append(1) or np.sum(x**2))(np.ones(50))
    ta.jacobian(lambda x: count.append(1) or x**2)(np.ones(50))
    assert len(count) == 2


# ---------------------------------------------------------------------------------------------------- nesting

FIRST = {  # d/dx of a function of one number, by every transform that has it
    "derivative": lambda f: lambda x: ta.derivative(f, x),
    "grad": ta.grad,
    "jvp": lambda f: lambda x: ta.jvp(f, x, 1.0)[1],
    "taylor": lambda f: lambda x: ta.taylor(f, x, 2).coefficients[1],
    "expand": lambda f: lambda x: ta.expand(f, x, 1).gradient()[0],
    "partial": lambda f: lambda x: ta.partial(f, x, (1,)),
}
pairs = pytest.mark.parametrize(
    ("outer", "inner"),
    list(itertools.product(FIRST.values(), repeat=2)),
    ids=["-".join(p) for p in itertools.product(FIRST, repeat=2)],
)
triples = pytest.mark.parametrize(
    ("d1", "d2", "d3"),
    [[FIRST[n] for n in names] for names in itertools.product(["derivative", "grad", "jvp"], repeat=3)],
    ids=["-".join(names) for names in itertools.product(["derivative", "grad", "jvp"], repeat=3)],
)


@pairs
def test_perturbations_are_not_confused(outer, inner):
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1  # Siskind and Pearlmutter (2005)
    assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(3.0) == 6
    assert outer(lambda x: x * inner(lambda y: x * y**2)(x))(3.0) == 54  # d/dx 2x³
    assert outer(lambda x: inner(lambda y: 7.0)(x) + x)(3.0) == 1


@pairs
def test_second_derivatives_by_nesting(outer, inner):
    f = outer(inner(lambda x: np.exp(np.sin(x)) * sp.erf(x)))
    assert f(0.4) == pytest.approx(truth(lambda x: mp.exp(mp.sin(x)) * mp.erf(x), [0.4], [2]), rel=1e-13)


@triples
def test_three_levels(d1, d2, d3):
    assert d1(lambda x: d2(lambda y: d3(lambda z: x * y * y * z**3)(y))(x))(2.0) == 384  # d/dx 12 x⁴
    assert d1(d2(d3(lambda x: x**5)))(2.0) == 240
    assert d1(lambda x: x * d2(lambda y: y * d3(lambda z: x + y + z)(1.0))(x))(5.0) == 1


def test_functions_of_all_levels_may_meet_in_one_expression():
    def g(x):
        return ta.jvp(lambda y: ta.jvp(lambda z: np.exp(x * y * z), x, 1.0)[1], x, 1.0)[1]

    exact = [
        float(c) for c in mp.taylor(lambda x: mp.diff(lambda y, z: mp.exp(x * y * z), (x, x), (1, 1)), mp.mpf(0.5), 1)
    ]
    assert ta.jvp(g, 0.5, 1.0) == pytest.approx(exact, rel=1e-9)  # mpmath's nested differences at 15 digits


def test_hessians_of_derivatives_and_derivatives_of_hessians():
    x = np.array([0.5, 0.7])
    hessian = ta.hessian(lambda v: ta.derivative(lambda y: np.sin(v[0] * y) * v[1], v[1]))(x)
    closed = ta.hessian(lambda v: v[0] * v[1] * np.cos(v[0] * v[1]))(x)
    assert hessian == pytest.approx(closed, rel=1e-13)
    slope = ta.derivative(lambda s: ta.hessian(lambda v: np.sum(np.sin(s * v)))(x), 0.3)
    assert slope == pytest.approx(np.diag(-2 * 0.3 * np.sin(0.3 * x) - 0.09 * x * np.cos(0.3 * x)), rel=1e-13)


def test_higher_tensors_by_nesting():
    x = np.array([0.4, 0.9, -0.3])
    third = ta.derivative_tensor(smooth, x, 3)
    assert ta.jacobian(ta.hessian(smooth))(x) == pytest.approx(third, rel=1e-12, abs=1e-12)
    assert ta.hessian(ta.grad(smooth))(x) == pytest.approx(third, rel=1e-12, abs=1e-12)
    fourth = ta.hessian(ta.hessian(smooth))(x)
    assert fourth == pytest.approx(ta.derivative_tensor(smooth, x, 4), rel=1e-12, abs=1e-11)


def test_series_of_gradients_and_gradients_of_series():
    x, v = np.array([-1.2, 1.0, 0.5]), np.array([1.0, -2.0, 0.5])
    along = ta.taylor(lambda s: ta.grad(rosenbrock)(x + s * v), 0.0, 3).coefficients
    assert along[1] == pytest.approx(ta.hessian(rosenbrock)(x) @ v, rel=CLOSE)
    assert along[2] == pytest.approx(ta.derivative_tensor(rosenbrock, x, 3) @ v @ v / 2, rel=CLOSE)
    curvature = ta.grad(lambda u: ta.taylor(rosenbrock, u, 2, direction=v).coefficients[2])(x)
    assert curvature == pytest.approx(along[2], rel=CLOSE)


def test_series_inside_lists_are_points():
    slope = ta.derivative(lambda x: ta.expand(lambda y: x * y[0] ** 2 * y[1], [x, 2.0], 2).hessian()[0, 1], 3.0)
    assert slope == 12  # d/dx 2x²
    assert ta.grad(lambda x: ta.jvp(np.prod, [x, x**2, 2.0], [1.0, x, 0.0])[1])(3.0) == 24  # d/dx (2x² + 2x²)
    assert ta.derivative(lambda x: ta.hessian(np.prod)([x, 2 * x, 1.0])[1, 2], 3.0) == 1
    assert ta.derivative(lambda x: ta.grad(np.prod)([[x, 2.0], [3.0, x]])[0, 1], 5.0) == 30


def test_kinds_of_nesting_by_hand():
    x = Taylor(np.stack([Taylor.variable(0.3, 2), Taylor.constant(1.0, 2)]))  # 0.3 + s + t
    y = np.exp(x)
    expected = [[1 / math.factorial(j) / math.factorial(k) for j in range(3)] for k in range(2)]
    ours = np.transpose(y.coefficients.coefficients)
    assert ours == pytest.approx(np.exp(0.3) * np.array(expected), rel=CLOSE)
    assert y.value.order == 2
    assert y.order == 1
    assert y.total_order == 3
