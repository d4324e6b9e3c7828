"""Derivatives inside derivatives: perturbations are never confused, in any combination of forward and reverse.

Cases from J. M. Siskind and B. A. Pearlmutter, Perturbation confusion and referential transparency (IFL 2005) and
Nesting forward-mode AD in a functional framework (HOSC 2008); O. Manzyuk, B. A. Pearlmutter, A. A. Radul,
D. R. Rush, J. M. Siskind, Perturbation confusion in forward automatic differentiation of higher-order functions (2019).
"""

from __future__ import annotations

import itertools
import math

import hypothesis.extra.numpy as hnp
import mpmath
import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given
from hypothesis import strategies as st

import taylorad as ta

mp = mpmath.mp


def forward(f):
    """d/dx by dual numbers."""
    return lambda x: ta.jvp(f, x, 1.0)[1]


def reverse(f):
    """d/dx by recording."""
    return ta.grad(f)


WAYS = {"forward": forward, "reverse": reverse}
MORE = {
    **WAYS,
    "pullback": lambda f: lambda x: ta.vjp(f, x)[1](1.0),
    "pushforward": lambda f: lambda x: ta.linearize(f, x)[1](1.0),
    "derivative": lambda f: lambda x: ta.derivative(f, x),
    "expand": lambda f: lambda x: ta.expand(f, x, 1).gradient()[0],
}


def combinations(ways, levels):
    """All assignments of ways to levels, outermost first."""
    chosen = list(itertools.product(ways, repeat=levels))
    names = ", ".join(f"d{i}" for i in range(1, levels + 1))
    return pytest.mark.parametrize(names, [[ways[n] for n in c] for c in chosen], ids=["-".join(c) for c in chosen])


# ------------------------------------------------------------------------------------------------ confusion


@combinations(MORE, 2)
def test_an_inner_derivative_does_not_see_the_outer_variable_move(d1, d2):
    assert d1(lambda x: x * d2(lambda y: x + y)(1.0))(1.0) == 1
    assert d1(lambda x: x * d2(lambda y: x * y)(2.0))(3.0) == 6
    assert d1(lambda x: x * d2(lambda y: x * y**2)(x))(3.0) == 54  # d/dx 2x³
    assert d1(lambda x: d2(lambda y: 7.0)(x) + x)(3.0) == 1
    assert d1(lambda x: d2(lambda y: x)(x))(3.0) == 0


@combinations(MORE, 2)
def test_curried_functions(d1, d2):
    def curried(x):
        return lambda y: x * x * y + np.sin(y)

    assert d1(lambda x: d2(curried(x))(x))(1.5) == pytest.approx(3.0 - math.sin(1.5), rel=1e-15)
    assert d1(lambda x: d2(d2(curried(x)))(x))(1.5) == pytest.approx(-math.cos(1.5), rel=1e-14)
    assert d2(lambda y: d1(lambda x: curried(x)(y))(2.0))(5.0) == 4


@combinations(MORE, 2)
def test_functions_that_return_functions(d1, d2):
    """Manzyuk et al.: shift a function by u, differentiate in u, use the result twice."""

    def shift(u):
        return lambda f: lambda x: f(x + u)

    def derivative_in_shift(f):  # D s at 0, applied to f: the derivative of f
        return lambda x: d1(lambda u: shift(u)(f)(x))(0.0)

    assert derivative_in_shift(derivative_in_shift(np.exp))(1.0) == pytest.approx(math.e, rel=1e-15)
    twice = derivative_in_shift(lambda x: d2(lambda u: shift(u)(lambda y: y**3)(x))(0.0))
    assert twice(2.0) == 12


@combinations(MORE, 2)
def test_outer_variables_captured_in_containers(d1, d2):
    def f(x):
        box, table = [x], {"a": x * x}

        def inner(y):
            box.append(box[0] * y)
            table["b"] = table["a"] * y**2
            return box[-1] + table["b"]

        return d2(inner)(x) * x  # (x + 2x³) x

    assert d1(f)(2.0) == 2 * 2 + 8 * 8


@combinations(MORE, 2)
def test_outer_variables_changed_by_inner_functions(d1, d2):
    def f(x):
        seen = x

        def inner(y):
            nonlocal seen
            seen = seen * x  # of the outer level only
            return y * seen

        return d2(inner)(x) + seen  # x² + x²

    assert d1(f)(3.0) == 12


@combinations(WAYS, 2)
def test_arrays_written_inside_and_read_outside(d1, d2):
    def f(x):
        z = np.zeros(3)

        def inner(y):
            z[0] = x * x
            z[1] = 2 * z[0]
            w = np.zeros(2)
            w[0] = y * z[1]
            w[1] = y**2
            return w[0] * w[1]

        z[2] = d2(inner)(x)  # 3 x² · 2x² = 6x⁴
        return z[0] + z[1] + z[2]

    assert d1(f)(2.0) == 12 + 24 * 8


@combinations(WAYS, 2)
def test_inner_values_written_into_copies_of_outer_arrays(d1, d2):
    def f(x):
        z = np.stack([x, x * x])

        def inner(y):
            w = np.array(z)
            w[0] = y
            w[1] *= y
            return w[0] * w[1]  # y² x²

        return d2(inner)(x) * z[0]  # 2x⁴

    assert d1(f)(2.0) == 64


@combinations(WAYS, 2)
def test_inner_values_written_into_outer_arrays_are_never_lost_in_silence(d1, d2):
    def f(x):
        z = np.stack([x, x * x])

        def inner(y):
            z[0] = y
            z[1] *= y
            return z[0] * z[1]

        return d2(inner)(x) + z[1]  # 2x³ + x³

    try:
        assert d1(f)(2.0) == 36
    except ValueError as error:
        assert d1 is forward
        assert "write into a copy of it, z = np.array(z)" in str(error)  # noqa: PT017


def test_series_made_inside_are_no_results():
    with pytest.raises(TypeError, match="the function returned a Taylor of order 3: return its coefficients"):
        ta.grad(lambda x: np.sin(ta.Taylor.variable(x, 3)))(0.3)


@combinations(MORE, 2)
def test_newtons_method_that_differentiates(d1, d2):
    """y(x) with y³ + y = x by Newton's method, its derivative 1/(3y² + 1) through the iteration."""

    def solve(x):
        y = x / 2
        for _ in range(30):
            residual = y**3 + y - x
            y = y - residual / d2(lambda t: t**3 + t - x)(y)
            if abs(residual) < 1e-15:
                break
        return y

    root = solve(5.0)
    assert d1(solve)(5.0) == pytest.approx(1 / (3 * root**2 + 1), rel=1e-12)
    assert d1(d2(solve))(5.0) == pytest.approx(-6 * root / (3 * root**2 + 1) ** 3, rel=1e-11)


@combinations(WAYS, 2)
def test_pullbacks_carried_out_of_their_level(d1, d2):
    def f(x):
        _, pullback = ta.vjp(lambda y: x * y**2, x)
        _, pushforward = ta.linearize(lambda y: y**3, x)
        return d2(lambda s: pullback(s) * pushforward(x))(1.0)  # 2x² · 3x³

    assert d1(f)(2.0) == 30 * 16


# ------------------------------------------------------------------------------------------------ three levels


def loop(x):
    total = x
    for k in range(1, 4):
        total = total + np.sin(k * x) / k if total < 2 else total * x
    return total


def matrix(x):
    a = np.array([[x, 1.0], [x**2, np.cos(x)]])
    return np.sum(a @ a @ np.array([1.0, x])) + np.trace(a * a.T)


def writing(x):
    z = np.zeros(4)
    z[:2] = x, x * x
    z[2:] = z[:2] * z[1::-1]
    z[1] += np.tanh(z[3])
    return z @ z


FUNCTIONS = {
    "bessel": (lambda x: sp.jv(1.5, x) * np.exp(-x), lambda x: mp.besselj(mp.mpf(1.5), x) * mp.exp(-x)),
    "gamma": (lambda x: sp.gammaln(x) * x**2, lambda x: mp.loggamma(x) * x**2),
    "erf": (lambda x: sp.erf(np.sin(x)) / (1 + x), lambda x: mp.erf(mp.sin(x)) / (1 + x)),
    "tanh": (lambda x: np.tanh(x * x) ** 2, lambda x: mp.tanh(x * x) ** 2),
    "control flow": (loop, lambda x: (x + mp.sin(x)) * x * x),
    "matrix": (
        matrix,
        lambda x: (
            sum((mp.matrix([[x, 1], [x**2, mp.cos(x)]]) ** 2 * mp.matrix([1, x]))[i] for i in range(2))
            + x**2
            + mp.cos(x) ** 2
        ),
    ),
    "writing": (writing, lambda x: x**2 + (x**2 + mp.tanh(x**3)) ** 2 + 2 * x**6),
}
AT = 1.3


@combinations(WAYS, 3)
@pytest.mark.parametrize(("f", "exact"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_third_derivatives_in_all_orders_of_modes(d1, d2, d3, f, exact):
    with mp.workdps(40):
        third = float(mp.diff(exact, mp.mpf(AT), 3))
    assert d1(d2(d3(f)))(AT) == pytest.approx(third, rel=1e-11)


@combinations(WAYS, 3)
def test_three_levels_that_share_their_variables(d1, d2, d3):
    assert d1(lambda x: d2(lambda y: d3(lambda z: x * y * y * z**3)(y))(x))(2.0) == 384  # d/dx 12 x⁴
    assert d1(lambda x: x * d2(lambda y: y * d3(lambda z: x + y + z)(1.0))(x))(5.0) == 1
    mixed = d1(lambda x: d2(lambda y: d3(lambda z: np.exp(x * y * z) * sp.erf(z))(y))(x))(0.7)
    with mp.workdps(40):

        def inner(x):
            return mp.diff(lambda y: mp.diff(lambda z: mp.exp(x * y * z) * mp.erf(z), y), x)

        exact = float(mp.diff(inner, mp.mpf(0.7)))
    assert mixed == pytest.approx(exact, rel=1e-12)


@combinations(WAYS, 4)
def test_fourth_derivatives(d1, d2, d3, d4):
    f = lambda x: np.exp(np.sin(x)) * sp.erf(x)  # noqa: E731
    with mp.workdps(40):
        exact = float(mp.diff(lambda x: mp.exp(mp.sin(x)) * mp.erf(x), mp.mpf(AT), 4))
    assert d1(d2(d3(d4(f))))(AT) == pytest.approx(exact, rel=1e-12)


# ------------------------------------------------------------------------------------------------ others in the middle


def energy(v, s):
    return np.sum(np.sin(s * v)) * np.prod(v) + s**2 * v[0]


X = np.array([0.5, 0.7])
MIDDLE = {  # s ↦ a quantity made by another transform, and its derivative from the expansion in (v, s)
    "taylor": (lambda s: ta.taylor(lambda t: energy(X + t, s), 0.0, 2).coefficients[1], ("v", None)),
    "expand": (lambda s: ta.expand(lambda v: energy(v, s), X, 2).gradient(), ("v",)),
    "hessian": (lambda s: ta.hessian(lambda v: energy(v, s))(X), ("v", "v")),
    "reverse hessian": (lambda s: ta.hessian(lambda v: energy(v, s), mode="reverse-over-reverse")(X), ("v", "v")),
    "hvp": (lambda s: ta.hvp(energy)(X, np.ones(2), s), ("v", "v", None)),
    "operator": (lambda s: ta.hvp(lambda v: energy(v, s))(X, np.eye(2)), ("v", "v")),
    "partial": (lambda s: ta.partial(lambda v: energy(v, s), X, (2, 1)), "partial"),
    "tensor": (lambda s: ta.derivative_tensor(lambda v: energy(v, s), X, 2, "interpolation"), ("v", "v")),
    "third": (lambda s: ta.third_directional(lambda v: energy(v, s), X, np.ones(2)), ("v", "v", None, "v", None)),
    "jacobian of grad": (lambda s: ta.jacobian(ta.grad(lambda v: energy(v, s)))(X), ("v", "v")),
}


def expected(kind):
    """From the expansion of the energy in all its variables."""
    if kind == "partial":
        return ta.partial(lambda z: energy(z[:2], z[2]), [*X, 0.9], (2, 1, 1))
    order = kind.count("v")
    part = ta.derivative_tensor(lambda z: energy(z[:2], z[2]), [*X, 0.9], order + 1)[(2, *[slice(0, 2)] * order)]
    for _ in range(kind.count(None)):
        part = part.sum(axis=-1)
    return part


@pytest.mark.parametrize(("f", "kind"), MIDDLE.values(), ids=MIDDLE)
def test_any_transform_inside_any_other(f, kind):
    exact = expected(kind)
    for way in (lambda g: ta.jacobian(g, mode="forward"), lambda g: ta.jacobian(g, mode="reverse"), *MORE.values()):
        if np.ndim(exact) and way in MORE.values() and way is not MORE["forward"]:
            continue  # of scalar functions
        assert way(f)(0.9) == pytest.approx(exact, rel=1e-12, abs=1e-13)
    assert ta.taylor(f, 0.9, 2).coefficients[1] == pytest.approx(exact, rel=1e-12, abs=1e-13)


def test_higher_tensors_by_nesting():
    x = np.array([0.4, 0.9, -0.3])

    def f(v):
        return np.exp(v[0] * v[1]) * np.sin(v[2]) + np.log(2 + v[0] ** 2) / (1 + v[1] ** 2 + v[2] ** 2)

    third = ta.derivative_tensor(f, x, 3)
    for nested in (ta.jacobian(ta.hessian(f)), ta.hessian(ta.grad(f)), ta.jacobian(ta.jacobian(ta.grad(f)))):
        assert nested(x) == pytest.approx(third, rel=1e-12, abs=1e-12)
    modes = itertools.product(["forward", "reverse"], repeat=3)
    for a, b, c in modes:
        nested = ta.jacobian(ta.jacobian(ta.jacobian(f, mode=c), mode=b), mode=a)
        assert nested(x) == pytest.approx(third, rel=1e-12, abs=1e-12)
    for inner in ("forward-over-reverse", "reverse-over-reverse", "reverse-over-forward", "hyperdual"):
        fourth = ta.hessian(ta.hessian(f, mode=inner), mode="forward-over-reverse")(x)
        assert fourth == pytest.approx(ta.derivative_tensor(f, x, 4), rel=1e-12, abs=1e-11)


# ------------------------------------------------------------------------------------------------ random programs


def written(x):
    """Slices read and written in turn."""
    z = np.zeros(len(x) + 1)
    z[0] = x[0] * x[-1]
    z[1:] = x * z[0]
    z[-1] += np.sin(z[1])
    return z[: len(x)]


def filled(x):
    z = np.empty_like(x)
    for i in range(len(x)):
        z[i] = x[i] * (z[i - 1] if i else 1.0)
    z[::2] *= x[0]
    return z


UNARY = {
    "written": written, "filled": filled,
    "sin": np.sin, "tanh": np.tanh, "erf": sp.erf, "square": np.square, "atan": np.arctan,
    "exp": lambda x: np.exp(-x * x),
    "reverse": lambda x: x[::-1], "cumsum": np.cumsum, "sorted": np.sort, "roll": lambda x: np.roll(x, 1),
    "kink": lambda x: np.where(x > 0.1, x * x, np.sin(x)), "sum": lambda x: x + np.sum(x),
    "rational": lambda x: x / (1 + x * x),
}  # fmt: skip
BINARY = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "atan2": lambda x, y: np.arctan2(x, 2 + y * y),
    "outer": lambda x, y: np.outer(x, y) @ x, "divide": lambda x, y: x / (2 + np.cos(y)), "maximum": np.maximum,
}  # fmt: skip
steps = st.tuples(st.sampled_from([*UNARY, *BINARY]), st.integers(0, 5), st.integers(0, 5))


def run(program, x):
    """Apply steps to earlier values and sum up."""
    values = [x, 0.5 * x + 0.3]
    for name, i, j in program:
        u, v = values[i % len(values)], values[j % len(values)]
        values.append(np.tanh(UNARY[name](u) if name in UNARY else BINARY[name](u, v)))
    return np.sum(values[-1] * values[-2])


@given(
    program=st.lists(steps, min_size=1, max_size=8), x=hnp.arrays(float, 3, elements=st.floats(-1.5, 1.5), unique=True)
)
def test_random_programs_have_one_gradient_and_one_hessian(program, x):
    def f(u):
        return run(program, u)

    expansion = ta.expand(f, x, 2)
    gradient, hessian = expansion.gradient(), expansion.hessian()
    scale = 1 + np.abs(gradient).max() + np.abs(hessian).max()
    assert ta.grad(f)(x) == pytest.approx(gradient, rel=1e-11, abs=1e-12 * scale)
    assert ta.jvp(f, x, x)[1] == pytest.approx(gradient @ x, rel=1e-11, abs=1e-12 * scale)
    for mode in ("forward-over-reverse", "reverse-over-reverse", "reverse-over-forward"):
        assert ta.hessian(f, mode=mode)(x) == pytest.approx(hessian, rel=1e-10, abs=1e-11 * scale)


@given(
    program=st.lists(steps, min_size=1, max_size=5),
    x=hnp.arrays(float, 3, elements=st.floats(-1.5, 1.5), unique=True),
    modes=st.lists(st.sampled_from(["forward", "reverse", "auto"]), min_size=3, max_size=3),
)
def test_random_programs_have_one_third_derivative(program, x, modes):
    def f(u):
        return run(program, u)

    third, nested = ta.derivative_tensor(f, x, 3), f
    for mode in modes:
        nested = ta.jacobian(nested, mode=mode)
    assert nested(x) == pytest.approx(third, rel=1e-10, abs=1e-11 * (1 + np.abs(third).max()))
