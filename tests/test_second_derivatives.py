"""Second and third derivatives: hessian, hvp, hessian_operator, taylor_vjp, third_directional, derivative_tensor."""

from __future__ import annotations

import itertools
from fractions import Fraction

import hypothesis.extra.numpy as hnp
import mpmath
import numpy as np
import pytest
import scipy.optimize
import scipy.special as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.linalg import cg, eigsh

import taylorad as ta
from taylorad.transforms.interpolation import interpolation_weights
from taylorad.transforms.second import HESSIAN_MODES

mp = mpmath.mp
modes = pytest.mark.parametrize("mode", HESSIAN_MODES)
points = hnp.arrays(float, 3, elements=st.floats(-2, 2))
X = np.array([0.3, -0.7, 1.1])
CLOSE = 1e-14  # a few roundings of numbers of size 1 to 10


def smooth(x):
    """A scalar function of three variables, of elementary and special functions."""
    return np.exp(x[0] * x[1]) * np.sin(x[2]) + sp.erf(x[0]) / (1 + x[1] ** 2 + x[2] ** 2) + np.tanh(x[1] - x[2])


def smooth_mp(x, y, z):
    return mp.exp(x * y) * mp.sin(z) + mp.erf(x) / (1 + y**2 + z**2) + mp.tanh(y - z)


def vector(x):
    return np.stack([smooth(x), x[0] * x[1] ** 2, np.sum(np.sin(x))])


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def truth(orders):
    with mp.workdps(40):
        return float(mp.diff(smooth_mp, tuple(mp.mpf(float(e)) for e in X), tuple(orders)))


def unit(*indices):
    return tuple(indices.count(i) for i in range(3))


# ------------------------------------------------------------------------------------------------ hessian


@modes
def test_hessian_is_that_of_forty_digits(mode):
    exact = np.array([[truth(unit(i, j)) for i in range(3)] for j in range(3)])
    hessian = ta.hessian(smooth, mode=mode)(X)
    assert hessian == pytest.approx(exact, rel=CLOSE, abs=CLOSE)
    assert np.array_equal(hessian, hessian.T)


@given(x=points)
def test_all_modes_of_hessian_agree(x):
    expected = ta.expand(vector, x, 2).hessian()
    for mode in HESSIAN_MODES:
        assert ta.hessian(vector, mode=mode)(x) == pytest.approx(expected, rel=1e-12, abs=1e-11)  # values up to exp(4)


@modes
@pytest.mark.parametrize("inside", [(), (3,), (2, 2), (1, 3), (0,)])
@pytest.mark.parametrize("outside", [(), (2,), (2, 3)])
def test_hessians_have_the_shape_of_results_then_arguments_twice(mode, inside, outside):
    x = np.full(inside, 0.5)
    hessian = ta.hessian(lambda v: np.sum(np.sin(v)) ** 2 * np.ones(outside), mode=mode)(x)
    assert hessian.shape == outside + inside + inside
    if hessian.size:
        total, slope = np.sum(np.sin(x)), np.cos(0.5)
        off, diagonal = 2 * slope**2, 2 * slope**2 - 2 * total * np.sin(0.5)
        expected = np.where(np.eye(x.size, dtype=bool), diagonal, off).reshape(inside + inside)
        assert hessian == pytest.approx(np.broadcast_to(expected, hessian.shape), rel=1e-14)


@modes
def test_hessians_of_containers_are_containers_of_blocks(mode):
    def f(p):
        return np.sum(p["w"] ** 2) * p["b"]["c"] + p["b"]["c"] ** 3

    x = {"w": np.array([1.0, 2.0]), "b": {"c": 3.0}}
    blocks = ta.hessian(f, mode=mode)(x)
    assert blocks["w"]["w"].tolist() == [[6, 0], [0, 6]]
    assert blocks["w"]["b"]["c"].tolist() == [2, 4]
    assert blocks["b"]["c"]["w"].tolist() == [2, 4]
    assert blocks["b"]["c"]["b"]["c"] == 18


@modes
def test_hessians_of_fractions_are_exact(mode):
    x = [Fraction(1, 3), Fraction(2)]
    exact = [[1, Fraction(-1, 12)], [Fraction(-1, 12), Fraction(1, 108)]]
    assert ta.hessian(lambda u: u[0] ** 3 / u[1], mode=mode)(x).tolist() == exact


@modes
@pytest.mark.parametrize("kind", [np.float32, np.float64, np.longdouble, np.complex64, np.complex128])
def test_number_types_are_kept(mode, kind):
    hessian = ta.hessian(vector, mode=mode)(X.astype(kind))
    assert hessian.dtype == kind
    assert hessian == pytest.approx(ta.hessian(vector)(X), rel=1e-4, abs=1e-5)  # single precision


@modes
def test_complex_hessians(mode):
    z = np.array([0.3 + 0.4j, 2j])
    holomorphic = ta.hessian(lambda w: w[0] ** 2 * w[1], mode=mode)(z)
    assert holomorphic == pytest.approx(np.array([[4j, 2 * z[0]], [2 * z[0], 0]]), rel=CLOSE)
    wave = ta.hessian(lambda x: np.exp(1j * x[0]) * x[1], mode=mode)(X[:2])
    phase = np.exp(0.3j)
    assert wave == pytest.approx(np.array([[0.7 * phase, 1j * phase], [1j * phase, 0]]), rel=CLOSE)


@modes
def test_hessians_at_removable_singularities(mode):
    hessian = ta.hessian(lambda x: np.sum(np.sin(x) / x), mode=mode)([0.0, 1.0])
    assert hessian == pytest.approx(np.diag([-1 / 3, np.sin(1) - 2 * np.cos(1)]), rel=1e-13)


def test_any_argument_can_be_differentiated_twice():
    def f(x, c, *, power):
        return c * np.sum(x**power)

    assert np.array_equal(ta.hessian(f)(X, 2.0, power=2), 4 * np.eye(3))
    assert ta.hessian(f, argnums=1)(X, 2.0, power=2) == 0
    assert np.array_equal(ta.hvp(f, argnums=0)(X, X, 2.0, power=2), 4 * X)
    with pytest.raises(TypeError, match=r"argnums must be one integer, got .*: put the arguments into one container"):
        ta.hessian(f, argnums=(0, 1))


# ------------------------------------------------------------------------------------------------ products with it


@given(x=points, v=hnp.arrays(float, (2, 3), elements=st.floats(-2, 2)))
def test_products_are_those_with_the_hessian(x, v):
    hessian = ta.hessian(smooth)(x)
    assert ta.hvp(smooth)(x, v[0]) == pytest.approx(hessian @ v[0], rel=1e-12, abs=1e-11)
    assert ta.hvp(smooth)(x, v) == pytest.approx(v @ hessian, rel=1e-12, abs=1e-11)
    assert ta.hessian_operator(smooth, x) @ v.T == pytest.approx(hessian @ v.T, rel=1e-12, abs=1e-11)
    assert ta.linearize(ta.grad(smooth), x)[1](v[1]) == pytest.approx(hessian @ v[1], rel=1e-12, abs=1e-11)


def test_hvp_takes_further_arguments_containers_and_batches():
    def f(c, x, d=1.0):
        return c * np.sum(x**3) * d

    assert ta.hvp(f, argnums=1)(2.0, X, X, 3.0) == pytest.approx(36 * X * X, rel=CLOSE)
    assert ta.hvp(f, argnums=-1)(2.0, X, X) == pytest.approx(12 * X * X, rel=CLOSE)
    assert ta.hvp(f, argnums=1)(2.0, X, X, d=3.0) == pytest.approx(36 * X * X, rel=CLOSE)
    assert (ta.hvp(lambda x: x**3)(2.0, 1), ta.hvp(lambda x: x**3)(2.0, [1, 2]).tolist()) == (12, [12, 24])
    assert ta.hvp(lambda x: np.sum(x**3))(np.ones((2, 2)), np.eye(2)).tolist() == [[6, 0], [0, 6]]
    assert ta.hvp(lambda x: np.sum(x**3))(X, np.zeros((0, 3))).shape == (0, 3)
    product = ta.hvp(lambda p: np.sum(p["a"] ** 2) * p["b"])({"a": X, "b": 2.0}, {"a": X, "b": 1.0})
    assert product["a"] == pytest.approx(6 * X, rel=CLOSE)
    assert product["b"] == pytest.approx(2 * X @ X, rel=CLOSE)


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (
            lambda: ta.hvp(rosenbrock)(X),
            TypeError,
            r"hvp\(f\) takes the arguments of f and, after argument 0, a vector",
        ),
        (lambda: ta.hvp(rosenbrock)(X, np.ones(4)), ValueError, r"the vector must have the shape \(3,\)"),
        (lambda: ta.hvp(rosenbrock)(X, np.ones((2, 4))), ValueError, r"must have shape \(count, 3\), got \(2, 4\)"),
        (lambda: ta.hvp(vector)(X, X), ValueError, "one scalar value"),
        (lambda: ta.third_directional(vector, X, X), ValueError, r"one scalar value, got values of shape \(3,\)"),
        (lambda: ta.taylor_vjp(smooth, X, X, 2)[1](np.ones(2)), ValueError, r"cotangent must have the shape \(3,\)"),
        (lambda: ta.taylor_vjp(smooth, X, X, -1), ValueError, "order must be 0 or more, got -1"),
        (lambda: ta.derivative_tensor(smooth, X, 2, "guess"), ValueError, "one of auto, expansion, interpolation"),
    ],
)
def test_misuse_is_explained(use, error, message):
    with pytest.raises(error, match=message):
        use()


@pytest.mark.parametrize("method", ["trust-ncg", "trust-krylov", "Newton-CG"])
def test_hvp_is_what_scipy_calls_hessp(method):
    def scaled(x, c, d=0.0):
        return c * rosenbrock(x) + d

    result = scipy.optimize.minimize(
        scaled, np.linspace(1.5, 0.5, 6), args=(2.0, 3.0), jac=ta.grad(scaled), hessp=ta.hvp(scaled), method=method
    )
    assert result.x == pytest.approx(np.ones(6), abs=1e-4)  # the solvers' own tolerance
    assert result.fun == pytest.approx(3.0, abs=1e-8)


def test_hessian_operator_serves_scipys_solvers():
    x = np.linspace(0.9, 1.1, 6)
    hessian = scipy.optimize.rosen_hess(x)
    operator = ta.hessian_operator(rosenbrock, x)
    assert (operator.shape, operator.dtype) == ((6, 6), np.float64)
    assert operator @ np.eye(6) == pytest.approx(hessian, rel=1e-13)
    assert operator.T @ x == pytest.approx(hessian @ x, rel=1e-12)
    assert eigsh(operator, k=2, return_eigenvectors=False) == pytest.approx(np.linalg.eigvalsh(hessian)[-2:], rel=1e-12)
    step, info = cg(operator, x, rtol=1e-12)
    assert info == 0
    assert hessian @ step == pytest.approx(x, rel=1e-9)
    x[:] = np.nan  # the operator keeps its own point
    assert operator @ np.eye(6) == pytest.approx(hessian, rel=1e-13)


def test_hessian_operators_of_other_shapes_and_types():
    assert (ta.hessian_operator(rosenbrock, X.astype(np.float32)) @ np.ones(3, np.float32)).dtype == np.float32
    assert ta.hessian_operator(rosenbrock, [1, 2]).dtype == np.float64
    assert (ta.hessian_operator(lambda x: np.sum(x**3), np.ones((2, 2))) @ np.arange(4.0)).tolist() == [0, 6, 12, 18]
    assert (ta.hessian_operator(lambda x: x**3, 2.0) @ np.ones(1)).tolist() == [12]


# ------------------------------------------------------------------------------------------------ reverse over Taylor


@pytest.mark.parametrize("order", range(9))
def test_pullback_of_coefficients_is_exact(order):
    """Of y = x³/(1 + x) the derivative of y_k with respect to x_j is coefficient k - j of the slope's series."""
    x, d = Fraction(1, 2), Fraction(-2, 3)
    y, pullback = ta.taylor_vjp(lambda t: t**3 / (1 + t), x, d, order)
    slope = ta.taylor(lambda t: (3 * t**2 + 2 * t**3) / (1 + t) ** 2, x, order, direction=d).coefficients
    assert np.array_equal(y.coefficients, ta.taylor(lambda t: t**3 / (1 + t), x, order, direction=d).coefficients)
    for k in range(order + 1):
        ybar = [int(i == k) for i in range(order + 1)]
        assert pullback(ybar).tolist() == [*slope[k::-1].tolist(), *[0] * (order - k)]


@pytest.mark.parametrize("order", [0, 1, 2, 5, 8])
def test_pullback_of_coefficients_is_the_gradient_of_derivatives(order):
    """∂y_k/∂x = ∇(f⁽ᵏ⁾ along d)/k!, from 40 digits."""
    d = np.array([0.5, -1.0, 0.25])
    _, pullback = ta.taylor_vjp(smooth, X, d, order)
    with mp.workdps(60):
        point, towards = [mp.mpf(float(e)) for e in X], [mp.mpf(float(e)) for e in d]
        for i in range(3):

            def slope(s, i=i):
                at = [p + s * t for p, t in zip(point, towards, strict=True)]
                return mp.diff(smooth_mp, at, unit(i))

            exact = [float(c) for c in mp.taylor(slope, 0, order)]
            for k in range(order + 1):
                assert pullback(np.eye(order + 1)[k])[: k + 1, i] == pytest.approx(exact[k::-1], rel=1e-12, abs=1e-12)


@given(x=points, v=points, order=st.integers(0, 6), data=st.data())
def test_transposition_at_every_order(x, v, order, data):
    """⟨ȳ, y'⟩ = ⟨x̄, x'⟩ where y' is the tangent of all coefficients for a tangent x' of all coefficients."""
    size = st.floats(-1, 1)
    ybar = data.draw(hnp.arrays(float, (order + 1, 3), elements=size))
    xdot = data.draw(hnp.arrays(float, (order + 1, 3), elements=size))
    _, pullback = ta.taylor_vjp(vector, x, v, order)
    left, right = pullback(ybar) * xdot, None

    def moved(s):
        base = np.stack([x, v, *[0 * x] * order])[: order + 1]
        return vector(ta.Taylor(base + s * xdot)).coefficients

    right = ybar * ta.jvp(moved, 0.0, 1.0)[1]
    scale = 1 + np.abs(left).sum() + np.abs(right).sum()
    assert np.sum(left) == pytest.approx(np.sum(right), rel=1e-12, abs=1e-12 * scale)


def test_taylor_vjp_of_order_0_is_vjp():
    w = np.array([1.0, -2.0, 0.5])
    y, pullback = ta.taylor_vjp(vector, X, 1.0, 0)
    assert y.coefficients[0] == pytest.approx(vector(X), rel=CLOSE)
    assert pullback(w[None])[0] == pytest.approx(ta.vjp(vector, X)[1](w), rel=CLOSE)
    assert ta.taylor_vjp(lambda x: 3.0, X, 1.0, 2)[1](np.ones(3)).tolist() == np.zeros((3, 3)).tolist()


@given(x=points, v=points)
def test_third_directional_is_the_tensor_contracted_twice(x, v):
    tensor = ta.derivative_tensor(smooth, x, 3)
    assert ta.third_directional(smooth, x, v) == pytest.approx(tensor @ v @ v, rel=1e-11, abs=1e-10)  # values to e⁴


def test_third_directional_keeps_shapes_and_fractions():
    assert ta.third_directional(lambda x: x**3, 2.0, 1) == 6
    assert ta.third_directional(lambda x: np.sum(x**3), np.ones((2, 1)), np.ones((2, 1))).tolist() == [[6], [6]]
    exact = ta.third_directional(lambda x: x[0] ** 3 / x[1], [Fraction(1, 3), Fraction(2)], [1, Fraction(1, 2)])
    tensor = ta.derivative_tensor(lambda x: x[0] ** 3 / x[1], [Fraction(1, 3), Fraction(2)], 3)
    v = np.array([Fraction(1), Fraction(1, 2)])
    assert np.array_equal(exact, tensor @ v @ v)


# ------------------------------------------------------------------------------------------------ interpolation


@pytest.mark.parametrize("order", range(7))
def test_interpolated_tensors_are_exact(order):
    def f(u):
        return np.stack([u[0] ** 3 / u[1] + (u[0] * u[2] - u[1]) ** 5, u[0] * u[1] * u[2]])

    x = np.array([Fraction(1, 3), Fraction(2), Fraction(-1, 2)])
    expanded = ta.derivative_tensor(f, x, order, "expansion")
    assert np.array_equal(ta.derivative_tensor(f, x, order, "interpolation"), expanded)
    assert np.array_equal(ta.derivative_tensor(f, x, order), expanded)


@given(x=points, order=st.integers(1, 4))
def test_interpolated_tensors_agree_and_are_symmetric(x, order):
    expanded = ta.derivative_tensor(vector, x, order, "expansion")
    tensor = ta.derivative_tensor(vector, x, order, method="interpolation")
    assert tensor == pytest.approx(expanded, rel=1e-12, abs=1e-12 * (1 + np.abs(expanded).max()))
    for axes in itertools.permutations(range(1, order + 1)):
        assert np.array_equal(tensor, tensor.transpose(0, *axes))


def test_interpolation_weights_reproduce_all_monomials():
    """Σ_j γ(i, j) j^m = m! if i = m, else 0, for all monomials of the same degree."""
    exponents = [(3, 1, 0), (2, 2, 0), (1, 1, 2), (0, 0, 4), (2, 1, 1)]
    for i, m in itertools.product(exponents, repeat=2):
        kept = [k for k, e in enumerate(i) if e]
        total = Fraction(0)
        for j, weight in interpolation_weights(tuple(i[k] for k in kept)).items():
            full = [0, 0, 0]
            for k, e in zip(kept, j, strict=True):
                full[k] = e
            total += weight * int(np.prod([e**p for e, p in zip(full, m, strict=True)]))
        assert total == (np.prod([sp.factorial(p, exact=True) for p in m]) if i == m else 0)


def test_large_tensors_are_interpolated_by_default(monkeypatch):
    x = np.linspace(0.2, 0.9, 24)

    def f(v):
        return np.sum(np.exp(np.sin(v)) * np.sqrt(1 + v[::-1] ** 2)) * np.log(2 + np.sum(v**2))

    seen = []
    tensor = ta.derivative_tensor(lambda v: seen.append(type(v).__name__) or f(v), x, 3)
    assert seen == ["Rays"]
    assert tensor == pytest.approx(ta.derivative_tensor(f, x, 3, "expansion"), rel=1e-11, abs=1e-12)
    monkeypatch.setattr("taylorad.transforms.recording.LARGEST", 24 * 3 * 400)  # in blocks of directions
    assert np.array_equal(ta.derivative_tensor(f, x, 3), tensor)


def test_interpolation_of_every_kind_of_function():
    x = np.array([[0.3, 1.4], [0.8, 2.5]])

    def f(v):
        y = np.linalg.norm(v) * np.abs(v) ** 1.5 + np.where(v > 1, sp.gammaln(v), v**2)
        return np.cumsum(sp.jv(1.5, y) @ v / (1 + y), axis=0)

    for order in (1, 2, 3):
        expanded = ta.derivative_tensor(f, x, order, "expansion")
        assert expanded.shape == (2, 2) * (order + 1)
        assert ta.derivative_tensor(f, x, order, "interpolation") == pytest.approx(expanded, rel=1e-11, abs=1e-11)
    singular = ta.derivative_tensor(lambda v: np.sin(v[0]) / v[0] * v[1], [0.0, 1.0], 2, "interpolation")
    assert singular == pytest.approx(np.array([[-1 / 3, 0], [0, 0]]), rel=CLOSE)
    assert ta.derivative_tensor(np.sum, np.zeros(0), 2).shape == (0, 0)
