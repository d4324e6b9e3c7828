"""Right-hand sides as people write them: containers, writes, linear algebra, branches, special functions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose
from scipy.linalg import expm

from taylorad import ode
from tests.ode.references import EPS

PHASE = 20 * EPS
A = np.array([[0.0, 1.0], [-1.0, 0.0]])


def circle(t):
    return np.array([np.sin(t), np.cos(t)])


def with_writes(t, y):
    slope = np.zeros(2)
    slope[0] = y[1]
    slope[1:] = -y[:1]
    return slope


def with_empty_like(t, y):
    slope = np.empty_like(y)
    slope[0], slope[1] = y[1], -y[0]
    return slope


def with_augmented_writes(t, y):
    slope = np.zeros_like(y)
    slope[0] += y[1]
    slope[1] -= y[0]
    return slope


def with_a_loop(t, y):
    slope = np.zeros(2)
    for i in range(2):
        for j in range(2):
            slope[i] += A[i, j] * y[j]
    return slope


def with_helper(t, y):
    def force(x):
        return -x

    return np.array([y[1], force(y[0])])


def with_unpacking(t, y):
    x, v = y
    return v, -x


def with_tuple(t, y):
    return (y[1], -y[0])


def with_copy(t, y):
    y = y.copy()
    y *= 1.0
    return np.array([y[1], -y[0]])


def with_dtype(t, y):
    return np.array([y[1], -y[0]], dtype=float)


def with_reshape(t, y):
    return np.ravel(np.array([[y[1]], [-y[0]]]))


def with_list_comprehension(t, y):
    return [sum(a * b for a, b in zip(row, y, strict=True)) for row in A.tolist()]


def with_roll(t, y):
    return np.roll(y, 1) * np.array([1, -1])


def with_where(t, y):
    return np.where(np.array([True, False]), y[::-1], -y[::-1])


def with_norm(t, y):
    return np.array([y[1], -y[0]]) / np.linalg.norm(y)


def with_sort(t, y):
    return np.array([y[1], -y[0]]) * np.sort([y[0] ** 2 + y[1] ** 2, 9.0])[0]


def with_maximum(t, y):
    return np.array([y[1], -y[0]]) * np.maximum(y @ y, 0.5)


def with_clip(t, y):
    return np.clip(np.array([y[1], -y[0]]), -5, 5)


def with_branch_that_is_never_taken(t, y):
    if y[0] > 3 or t < -100:
        return y * math.nan
    return np.array([y[1], -y[0]])


def with_writes_to_the_state(t, y):
    y[0], y[1] = y[1], -y[0]
    return y


buffer = np.zeros(2)


def with_a_buffer_that_is_used_again(t, y):
    buffer[0], buffer[1] = y[1], -y[0]
    return buffer


@dataclass
class Spring:
    """A right-hand side that is an object."""

    stiffness: float

    def __call__(self, t, y):
        return np.array([y[1], -self.stiffness * y[0]])

    def method(self, t, y):
        return [y[1], -self.stiffness * y[0]]


def with_parameter(w, t, y):
    return [y[1], -w * y[0]]


CIRCLES = [
    lambda t, y: [y[1], -y[0]],
    lambda t, y: np.array([y[1], -y[0]]),
    lambda t, y: A @ y,
    lambda t, y: np.dot(A, y),
    lambda t, y: np.einsum("ij,j->i", A, y),
    lambda t, y: np.matmul(y, A.T),
    lambda t, y: np.concatenate([y[1:], -y[:1]]),
    lambda t, y: np.hstack((y[1], -y[0])),
    lambda t, y: np.stack([y[1], -y[0]]),
    lambda t, y: np.r_[y[1], -y[0]],
    lambda t, y: np.cross(np.array([0, 0, -1.0]), np.array([y[0], y[1], 0.0]))[:2],
    with_writes,
    with_empty_like,
    with_augmented_writes,
    with_a_loop,
    with_helper,
    with_unpacking,
    with_tuple,
    with_copy,
    with_dtype,
    with_reshape,
    with_list_comprehension,
    with_roll,
    with_where,
    with_norm,
    with_sort,
    with_maximum,
    with_clip,
    with_branch_that_is_never_taken,
    with_writes_to_the_state,
    with_a_buffer_that_is_used_again,
    Spring(1.0),
    Spring(1.0).method,
    partial(with_parameter, 1.0),
]


def name_of(fun):
    return getattr(fun, "__name__", repr(fun)[:12])


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize("fun", CIRCLES, ids=[f"{i}-{name_of(f)}" for i, f in enumerate(CIRCLES)])
def test_the_same_equation_written_in_many_ways(fun, jit):
    start = circle(0.25)
    solution = ode.solve_ivp(fun, (0.25, 6.0), start, jit=jit)
    assert solution.success
    assert solution.t.size < 20  # no kinks are seen where there are none
    assert_allclose(solution.y[:, -1], circle(6.0), rtol=0, atol=PHASE)


@pytest.mark.parametrize("jit", [True, False])
def test_functions_without_a_rule_are_named(jit):
    with pytest.raises(TypeError, match=r"no rule for numpy\.linalg\.solve"):
        ode.solve_ivp(lambda t, y: np.linalg.solve(A, y), (0, 1), [1.0, 0.0], jit=jit)


@pytest.mark.parametrize("start", [[1.0, 0.0], [0.0, 1.0], [0.0, -2.0]])
def test_a_norm_of_a_state_with_zeros(start):
    solution = ode.solve_ivp(lambda t, y: -y / np.linalg.norm(y), (0, 0.5), start)
    size = np.linalg.norm(start)
    assert_allclose(solution.y[:, -1], np.array(start) * (1 - 0.5 / size), rtol=0, atol=8 * EPS)


# ---------------------------------------------------------------------------------------------------- further arguments


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize(
    ("fun", "args"),
    [
        (lambda t, y, a, b: [a * y[1], -b * y[0]], (1.0, 1.0)),
        (lambda t, y, a: [a * y[1], -a * y[0]], (1,)),
        (lambda t, y, a: a @ y, (A,)),
        (lambda t, y, a: a @ y, (A.astype(int),)),
        (lambda t, y, a: [a["k"] * y[1], -a["k"] * y[0]], ({"k": 1.0},)),
        (lambda t, y, a: [a[0] * y[1], a[1] * y[0]], ([1.0, -1.0],)),
        (lambda t, y, a: [a[0] * y[1], a[1][0] * y[0]], ((1.0, (-1.0,)),)),
        (lambda t, y, name: [y[1], -y[0]] if name == "circle" else [0, 0], ("circle",)),
        (lambda t, y, flag: [y[1], -y[0]] if flag else [0, 0], (True,)),
        (lambda t, y, nothing: [y[1], -y[0]] if nothing is None else [0, 0], (None,)),
        (lambda t, y, f: [y[1], f(y[0])], (np.negative,)),
        (lambda t, y, *rest: [y[1], -y[0] * sum(rest)], (0.25, 0.5, 0.25)),
        (lambda t, y, n: [y[1] ** n * y[1] ** (1 - n), -y[0]], (0,)),
    ],
)
def test_arguments_of_any_kind(fun, args, jit):
    solution = ode.solve_ivp(fun, (0.25, 6.0), circle(0.25), args=args, jit=jit)
    assert_allclose(solution.y[:, -1], circle(6.0), rtol=0, atol=PHASE)


def test_arguments_reach_events_too():
    solution = ode.solve_ivp(
        lambda t, y, w: [y[1], -w * y[0]], (0, 6), [0.0, 1.0], args=(1.0,), events=lambda t, y, w: y[0] - w / 2
    )
    assert_allclose(solution.t_events[0], [np.pi / 6, 5 * np.pi / 6], rtol=8 * EPS)


def test_captured_values_are_those_of_the_time_of_the_call():
    scale = 1.0

    def field(t, y):
        return scale * y

    assert_allclose(ode.solve_ivp(field, (0, 1), [1.0]).y[0, -1], math.e, rtol=4 * EPS)
    scale = 2.0
    assert_allclose(ode.solve_ivp(field, (0, 1), [1.0]).y[0, -1], math.e**2, rtol=8 * EPS)
    matrix = np.eye(1)
    growth = lambda t, y: matrix @ y  # noqa: E731
    ode.solve_ivp(growth, (0, 1), [1.0])
    matrix[0, 0] = -1.0
    assert_allclose(ode.solve_ivp(growth, (0, 1), [1.0]).y[0, -1], 1 / math.e, rtol=4 * EPS)


# ----------------------------------------------------------------------------------------------- functions of all kinds


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize(
    ("slope", "integral"),
    [
        (np.cos, np.sin),
        (np.exp, lambda t: np.exp(t) - 1),
        (lambda t: 1 / np.sqrt(1 - (t / 2) ** 2) / 2, lambda t: np.arcsin(t / 2)),
        (lambda t: 2 / np.sqrt(np.pi) * np.exp(-(t**2)), scipy.special.erf),
        (lambda t: scipy.special.erf(t), lambda t: t * scipy.special.erf(t) + (np.exp(-(t**2)) - 1) / np.sqrt(np.pi)),
        (lambda t: -scipy.special.j1(t), lambda t: scipy.special.j0(t) - 1),
        (lambda t: scipy.special.digamma(t + 1), lambda t: scipy.special.gammaln(t + 1)),
        (np.tanh, lambda t: np.log(np.cosh(t))),
        (lambda t: np.log1p(t), lambda t: (1 + t) * np.log1p(t) - t),
        (lambda t: np.sinc(t / np.pi), lambda t: scipy.special.sici(t)[0]),
        (lambda t: np.hypot(t, 1.0), lambda t: (t * np.hypot(t, 1) + np.arcsinh(t)) / 2),
        (lambda t: np.arctan2(t, 1.0), lambda t: t * np.arctan(t) - np.log1p(t**2) / 2),
    ],
)
def test_functions_of_time(slope, integral, jit):
    solution = ode.solve_ivp(lambda t, y: [slope(t), y[1]], (0.0, 1.5), [0.0, 1.0], jit=jit)
    assert solution.success
    # a few ulps per step of slopes and values of size 1; SciPy's closed forms have errors of a few ulps, too
    assert_allclose(solution.y[:, -1], [integral(1.5), np.exp(1.5)], rtol=40 * EPS)


@pytest.mark.parametrize("jit", [True, False])
def test_special_functions_of_the_state(jit):
    # erf(y) = t has y' = √π/2 exp(y²)
    solution = ode.solve_ivp(lambda t, y: np.sqrt(np.pi) / 2 * np.exp(y**2), (0, 0.75), [0.0], jit=jit)
    assert_allclose(solution.y[0, -1], scipy.special.erfinv(0.75), rtol=20 * EPS)
    solution = ode.solve_ivp(lambda t, y: 1 / scipy.special.erf(y), (0, 1), [1.0], jit=jit)
    x, y = solution.y[0, -1], scipy.special.erf
    antiderivative = lambda x: x * y(x) + np.exp(-(x**2)) / np.sqrt(np.pi)  # noqa: E731
    assert_allclose(antiderivative(x) - antiderivative(1.0), 1.0, rtol=40 * EPS)


# ------------------------------------------------------------------------------------------------------------- branches


@pytest.mark.parametrize("jit", [True, False])
def test_branches_that_agree_where_they_meet(jit):
    # the sine in two ways: the derivatives of all orders agree, so that no step is rejected
    def field(t, y):
        if y[0] > 0:
            return [y[1], -y[0]]
        return [1 * y[1], -1 * y[0]]

    solution = ode.solve_ivp(field, (0.25, 10.0), circle(0.25), jit=jit)
    assert_allclose(solution.y[:, -1], circle(10.0), rtol=0, atol=PHASE)
    assert solution.t.size < 25


def test_a_switch_with_many_branches_and_a_bouncing_state():
    # a particle between walls of springs: inside free, outside harmonic
    def field(t, y):
        x, v = y
        if x > 1:
            return [v, -(x - 1)]
        if x < -1:
            return [v, -(x + 1)]
        return [v, 0.0]

    solution = ode.solve_ivp(field, (0.0, 4 * (4 + 2 * np.pi)), [-1.0, 1.0], events=lambda t, y: y[0] - 1)
    # a period is 2 + π + 2 + π; the slope has kinks at the walls, which are met to within 1e-10
    assert_allclose(solution.y[:, -1], [-1, 1], rtol=0, atol=1e-9)
    crossings = np.array([[2, 2 + np.pi]]) + (4 + 2 * np.pi) * np.arange(4)[:, None]
    assert_allclose(solution.t_events[0], crossings.ravel(), rtol=0, atol=1e-9)


def test_branches_on_integers_and_strings_need_no_guards():
    def field(t, y, kind):
        table = {"decay": -1.0, "growth": 1.0}
        return table[kind] * y

    for kind, sign in (("decay", -1), ("growth", 1)):
        assert_allclose(ode.solve_ivp(field, (0, 1), [1.0], args=(kind,)).y[0, -1], np.exp(sign), rtol=4 * EPS)


@pytest.mark.parametrize("n", [2, 3, 8, 30])
def test_matrix_products_of_any_size(n):
    generator = np.random.default_rng(n)
    a = generator.standard_normal((n, n)) / np.sqrt(n)
    y0 = generator.standard_normal(n)
    exact = expm(2 * a) @ y0
    for fun in (lambda t, y: a @ y, lambda t, y: (a * y).sum(axis=1), lambda t, y: np.dot(y, a.T)):
        end = ode.solve_ivp(fun, (0, 2), y0).y[:, -1]
        # the sum of n products has n roundings; expm has errors of 1e-15 of its own
        assert_allclose(end, exact, rtol=0, atol=100 * EPS * np.sqrt(n) * np.max(np.abs(exact)))


def test_a_partial_differential_equation_on_a_grid():
    n = 32
    x = np.arange(n) * 2 * np.pi / n

    def heat(t, u):
        return (np.roll(u, 1) - 2 * u + np.roll(u, -1)) * (n / (2 * np.pi)) ** 2 * 0.05

    solution = ode.solve_ivp(heat, (0, 1), np.sin(3 * x))
    rate = -0.05 * (n / np.pi) ** 2 * np.sin(3 * np.pi / n) ** 2
    assert_allclose(solution.y[:, -1], np.exp(rate) * np.sin(3 * x), rtol=0, atol=100 * EPS)


def test_captured_arrays_are_constants():
    noise = np.random.default_rng(0).standard_normal(3)
    solution = ode.solve_ivp(lambda t, y: -y + noise, (0, 1), np.zeros(3))
    assert_allclose(solution.y[:, -1], noise * (1 - np.exp(-1)), rtol=20 * EPS)
