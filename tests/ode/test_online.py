"""Taylor coefficients of solutions, degree by degree, over every base ring."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given
from hypothesis import strategies as st

import taylorad as ta
from taylorad.ode.online import Online, series_along, solution_coefficients
from taylorad.rings.multiprecision import to_mpmath

mp = mpmath.mp
LONGDOUBLE = pytest.mark.skipif(np.finfo(np.longdouble).eps == np.finfo(float).eps, reason="longdouble is double here")


@pytest.fixture(autouse=True)
def fifty_digits():
    with mp.workdps(50):
        yield


def fractions(*numbers: Any) -> np.ndarray:
    return np.array([Fraction(n) for n in numbers], dtype=object)


def multiple(*numbers: Any) -> np.ndarray:
    return np.array([mp.mpf(n) for n in numbers], dtype=object)


def worst(ours: Any, exact: Any) -> Any:
    """The largest error relative to the largest number of its degree."""
    errors = []
    for a, b in zip(ours, exact, strict=True):
        a, b = ([to_mpmath(e) for e in np.ravel(x)] for x in (np.asarray(a), np.asarray(b, dtype=object)))
        scale = max(map(abs, b)) or 1
        errors.append(max(abs(u - v) for u, v in zip(a, b, strict=True)) / scale)
    return max(errors)


def at(x: Any, h: Any) -> np.ndarray:
    """The value of the Taylor polynomial a step h on."""
    return sum((c * h**k for k, c in enumerate(x)), 0 * x[0])


# ------------------------------------------------------------------------------------------------------------ systems


def lorenz(t: Any, y: Any) -> Any:
    return np.array([10 * (y[1] - y[0]), y[0] * (28 - y[2]) - y[1], y[0] * y[1] - 8 * y[2] / 3])


def lorenz_written(t: Any, y: Any) -> Any:
    dy = np.zeros(3)
    dy[0] = y[1]
    dy[0] -= y[0]
    dy[0] *= 10
    dy[1:] = -y[1], y[0] * y[1]
    dy[1] += y[0] * (28 - y[2])
    dy[2] -= y[2] * 8 / 3
    return dy


def lorenz_list(t: Any, y: Any) -> Any:
    u, v, w = y
    return [10 * (v - u), 28 * u - u * w - v, u * v - w * 8 / 3]


def lorenz_matrix(t: Any, y: Any) -> Any:
    matrix = np.array([[-10, 10, 0], [28, -1, 0], [0, 0, -8]])
    return matrix @ y / np.array([1, 1, 3]) + y[0] * np.stack([0 * y[0], -y[2], y[1]])


def lorenz_recurrence(y: Any, order: int) -> list:
    """The same by hand: ``(k + 1) x_{k+1}`` from sums of products."""
    x, v, w = ([a] for a in y)
    for k in range(order):
        xw = sum((x[j] * w[k - j] for j in range(1, k + 1)), x[0] * w[k])
        xv = sum((x[j] * v[k - j] for j in range(1, k + 1)), x[0] * v[k])
        x.append(10 * (v[k] - x[k]) / (k + 1))
        v.append((28 * x[k] - xw - v[k]) / (k + 1))
        w.append((xv - 8 * w[k] / 3) / (k + 1))
    return list(zip(x, v, w, strict=True))


def kepler(t: Any, y: Any) -> Any:
    return np.concatenate([y[2:], -y[:2] / np.linalg.norm(y[:2]) ** 3])


def bodies(t: Any, y: Any) -> Any:
    """Three bodies in a plane, of masses 1, 2 and 3."""
    q, a = y.reshape(2, 3, 2)[0], np.zeros((3, 2))
    for i in range(3):
        for j in range(i):
            d = q[j] - q[i]
            pull = d / (d @ d) ** 1.5
            a[i] += (j + 1) * pull
            a[j] -= (i + 1) * pull
    dy = np.zeros(12)
    dy[:6] = y[6:]
    dy[6:] = a.ravel()
    return dy


def bodies_everywhere(t: Any, y: Any) -> Any:
    """The same with arrays of all pairs."""
    q = y[:6].reshape(3, 2)
    d = q - q[:, None]
    r = np.sqrt(np.sum(d**2, axis=-1) + np.eye(3))
    return np.concatenate([y[6:], np.einsum("ijk,ij,j->ik", d, r**-3, np.array([1, 2, 3])).ravel()])


THREE = ("0.1", "0.2", "1.3", "-0.4", "-0.9", "1.1", "0.3", "0", "-0.2", "0.7", "0.1", "-0.5")


# ------------------------------------------------------------------------------------------------- exact coefficients


def test_square_of_a_fraction_grows_geometrically():
    y = fractions("1/3", "-2", "0")
    x = solution_coefficients(lambda t, y: y**2, 0, y, 12)
    assert all(np.array_equal(x[k], y ** (k + 1)) for k in range(13))


@pytest.mark.parametrize("fun", [lorenz, lorenz_written, lorenz_list, lorenz_matrix])
def test_lorenz_in_fractions_is_exact_however_it_is_written(fun):
    y = fractions("1/2", "2", "-3/7")
    x = solution_coefficients(fun, 0, y, 10)
    assert x.tolist() == [list(row) for row in lorenz_recurrence(y, 10)]
    assert all(isinstance(c, Fraction) for c in x.flat)


def test_quotients_of_fractions_are_exact():
    x = solution_coefficients(lambda t, y: 1 / y, 0, fractions(1), 10)[:, 0]
    binomials = [math.prod((Fraction(1, 2) - i for i in range(k)), start=Fraction(1)) for k in range(11)]
    assert x.tolist() == [2**k * b / math.factorial(k) for k, b in enumerate(binomials)]  # sqrt(1 + 2s)


@pytest.mark.parametrize("exponent", [-2, -1, 0, 1, 2, 3, 7])
def test_integer_powers_of_fractions_are_exact(exponent):
    """y' = y^n is solved by (y^(1-n) + (1-n) s)^(1/(1-n)), of which (k+1) x_{k+1} = x_k (n + k (n - 1)) y^(n-1)."""
    y = Fraction(2, 3)
    x = solution_coefficients(lambda t, y: y**exponent, 0, fractions(y), 8)[:, 0]
    expected = [y, y**exponent]
    for k in range(1, 8):
        expected.append(expected[-1] * (exponent + (k - 1) * (exponent - 1)) * y ** (exponent - 1) / (k + 1))
    assert x.tolist() == expected


def test_time_is_a_series():
    t, x = Fraction(2, 5), [Fraction(3)]
    for k in range(12):
        x.append((t * x[k] + (x[k - 1] if k else 0)) / (k + 1))
    assert solution_coefficients(lambda t, y: t * y, t, fractions(3), 12)[:, 0].tolist() == x


@given(st.lists(st.integers(-9, 9), min_size=9, max_size=9), st.lists(st.fractions(), min_size=3, max_size=3))
def test_linear_systems_have_powers_of_their_matrix(entries, start):
    matrix, y = np.array(entries).reshape(3, 3), fractions(*start)
    x = solution_coefficients(lambda t, y: matrix @ y, 0, y, 5)
    for k in range(6):
        assert np.array_equal(x[k] * math.factorial(k), y)
        y = matrix.astype(object) @ y


def test_branch_that_is_not_taken_may_divide_by_zero():
    x = solution_coefficients(lambda t, y: np.where(y > 0, 1 / y, 0), 0, fractions(0, 1), 4)
    assert x.tolist() == [[0, 1], [0, 1], [0, Fraction(-1, 2)], [0, Fraction(1, 2)], [0, Fraction(-5, 8)]]


def test_constant_floats_leave_fractions_exact():
    x = solution_coefficients(lambda t, y: np.array([0.5, 2.0]) * y + np.ones(2), 0, fractions(1, 3), 2)
    assert x.tolist() == [[1, 3], [Fraction(3, 2), 7], [Fraction(3, 8), 7]]


# -------------------------------------------------------------------------------------------------------- fifty digits
# Coefficients of order 60 are sums of at most 60 products, three times nested: 2000 roundings of 2^-169 = 1.3e-51

FIFTY = mp.mpf(10) ** -47


def test_exponential_has_fifty_digits():
    x = solution_coefficients(lambda t, y: y, 0, multiple(1), 60)[:, 0]
    assert worst(x, [1 / mp.factorial(k) for k in range(61)]) < FIFTY


@pytest.mark.parametrize(
    ("fun", "solution"),
    [
        (lambda t, y: 1 + y**2, mp.tan),
        (lambda t, y: 2 * y * (1 - y), lambda t: 1 / (1 + mp.exp(-2 * t))),
        (lambda t, y: np.cos(t) * y, lambda t: mp.exp(mp.sin(t))),
        (lambda t, y: -y * np.log(y), lambda t: mp.exp(mp.exp(-t))),
        (lambda t, y: y * np.sqrt(y), lambda t: 4 / (2 - t) ** 2),
        (lambda t, y: 1 / (2 * y), mp.sqrt),
        (lambda t, y: np.exp(-y), mp.log),
    ],
    ids=["tan", "logistic", "forced", "log", "sqrt", "root", "exp"],
)
def test_solutions_in_closed_form_have_fifty_digits(fun, solution):
    t = mp.mpf("0.3")
    with mp.workdps(70):  # mpmath takes differences
        exact = [solution(t), *mp.taylor(solution, t, 15)[1:]]
    x = solution_coefficients(fun, t, multiple(exact[0]), 15)[:, 0]
    assert worst(x, exact) < FIFTY


def test_oscillator_has_fifty_digits():
    x = solution_coefficients(lambda t, y: np.array([y[1], -y[0]]), 0, multiple(0, 1), 60)
    sine = [mp.mpf((0, 1, 0, -1)[k % 4]) / mp.factorial(k) for k in range(62)]
    assert worst(x, [(sine[k], (k + 1) * sine[k + 1]) for k in range(61)]) < FIFTY


@pytest.mark.parametrize("fun", [lorenz, lorenz_written, lorenz_list, lorenz_matrix])
def test_lorenz_has_fifty_digits(fun):
    y = multiple("-1.1", "2.3", "21")
    assert worst(solution_coefficients(fun, 0, y, 60), lorenz_recurrence(y, 60)) < FIFTY


def test_higher_precision_gives_more_digits():
    with mp.workdps(100):
        y = multiple("-1.1", "2.3", "21")
        assert worst(solution_coefficients(lorenz, 0, y, 30), lorenz_recurrence(y, 30)) < mp.mpf(10) ** -97


def test_pendulum_agrees_with_mpmath():
    y = multiple("0.5", "-1.3")
    x = solution_coefficients(lambda t, y: [y[1], -np.sin(y[0])], 0, y, 60)
    h = mp.mpf(1) / 20  # the remainder is below h^61
    exact = mp.odefun(lambda t, y: [y[1], -mp.sin(y[0])], 0, list(y))(h)
    assert worst([at(x, h)], [exact]) < mp.mpf(10) ** -45  # odefun's own tolerance is near 1e-50


def test_kepler_moves_on_an_ellipse():
    """Perihelion at time 0: ``E - e sin E = t``, ``q = (cos E - e, sqrt(1 - e²) sin E)``."""
    e, h = mp.mpf("0.3"), mp.mpf("0.02")  # the series converges to |t| = 0.3 at least
    y = np.array([1 - e, mp.mpf(0), mp.mpf(0), mp.sqrt((1 + e) / (1 - e))])
    x = solution_coefficients(kepler, 0, y, 60)
    anomaly = mp.findroot(lambda E: E - e * mp.sin(E) - h, h)
    exact = [mp.cos(anomaly) - e, mp.sqrt(1 - e**2) * mp.sin(anomaly)]
    assert worst([at(x, h)[:2]], [exact]) < FIFTY


def test_bodies_agree_with_mpmath_however_they_are_written():
    y, h = multiple(*THREE), mp.mpf("1e-3")

    def plain(t: Any, y: Any) -> Any:
        a = [mp.mpf(0)] * 6
        for i in range(3):
            for j in range(3):
                if i != j:
                    d = [y[2 * j] - y[2 * i], y[2 * j + 1] - y[2 * i + 1]]
                    r = mp.sqrt(d[0] ** 2 + d[1] ** 2)
                    a[2 * i] += (j + 1) * d[0] / r**3
                    a[2 * i + 1] += (j + 1) * d[1] / r**3
        return [*y[6:], *a]

    x = solution_coefficients(bodies, 0, y, 25)
    assert worst(solution_coefficients(bodies_everywhere, 0, y, 25), x) < FIFTY
    assert worst([at(x, h)], [mp.odefun(plain, 0, list(y))(h)]) < mp.mpf(10) ** -45  # as for the pendulum


def test_forcing_is_integrated():
    t = mp.mpf("0.7")
    x = solution_coefficients(lambda t, y: np.exp(np.sin(t)) * np.ones(1), t, multiple(2), 15)[:, 0]
    with mp.workdps(70):  # the same
        forcing = mp.taylor(lambda s: mp.exp(mp.sin(s)), t, 14)
    assert worst(x, [2, *(c / (k + 1) for k, c in enumerate(forcing))]) < FIFTY


def test_functions_without_an_equation_have_fifty_digits():
    x = solution_coefficients(lambda t, y: np.array([1, sp.digamma(y[0])]), 0, multiple("0.3", 0), 20)[1:, 1]
    exact = [mp.polygamma(k, mp.mpf("0.3")) / mp.factorial(k + 1) for k in range(20)]
    assert worst(x, exact) < FIFTY


def test_complex_multiprecision_numbers_may_be_written_into_zeros():
    def fun(t: Any, y: Any) -> Any:
        dy = np.zeros(2)
        dy[0], dy[1] = y[1], -y[0]
        return dy

    y = np.array([mp.mpc(1, 2), mp.mpc(3, -1)])
    assert worst(solution_coefficients(fun, 0, y, 2), [y, (y[1], -y[0]), (-y[0] / 2, -y[1] / 2)]) < FIFTY


@pytest.mark.parametrize("y", [fractions("1/3", 2), multiple("0.1", 2)], ids=["Fraction", "mpf"])
def test_gradients_through_zeros_keep_all_digits(y):
    def f(x: Any) -> Any:
        z = np.zeros(2)
        z[0], z[1] = x[0], x[0] * x[1]
        return z[0] ** 3 + z[1] ** 2

    exact = [3 * y[0] ** 2 + 2 * y[0] * y[1] ** 2, 2 * y[0] ** 2 * y[1]]
    assert worst([ta.grad(f)(y)], [exact]) < FIFTY


def test_complex_numbers_rotate():
    for y, tolerance in ((np.array([mp.mpc(1, 2)]), FIFTY), (np.array([1 + 2j]), 1e-15)):
        x = solution_coefficients(lambda t, y: 1j * y, 0, y, 30)[:, 0]
        assert worst(x, [mp.mpc(1, 2) * mp.mpc(0, 1) ** k / mp.factorial(k) for k in range(31)]) < tolerance


# ------------------------------------------------------------------------------------------------ floating-point types

REAL = [
    pytest.param(np.float32, 24, id="float32"),
    pytest.param(np.float64, 53, id="float64"),
    pytest.param(np.longdouble, 64, id="longdouble", marks=LONGDOUBLE),
]
COMPLEX = [
    pytest.param(np.complex128, 53, id="complex128"),
    pytest.param(np.clongdouble, 64, id="clongdouble", marks=LONGDOUBLE),
]


def cases(written: Any, *others: Any) -> list:
    """Functions and number types; np.zeros(n), which `written` uses, holds real numbers only."""
    pairs = [(written, kind) for kind in REAL] + [(fun, kind) for fun in others for kind in (*REAL, *COMPLEX)]
    return [pytest.param(fun, *kind.values, id=f"{fun.__name__}-{kind.id}", marks=kind.marks) for fun, kind in pairs]


@pytest.mark.parametrize(("fun", "kind", "bits"), cases(lorenz_written, lorenz, lorenz_list, lorenz_matrix))
def test_lorenz_keeps_the_digits_of_its_numbers(fun, kind, bits):
    y = np.array([0.5, 2, -3], dtype=kind)
    x = solution_coefficients(fun, 0.0, y, 20)
    assert x.dtype == kind
    exact = lorenz_recurrence(fractions("1/2", "2", "-3"), 20)
    assert worst(x, exact) < 100 * 2.0**-bits  # 20 degrees of a few roundings each


@pytest.mark.parametrize(("fun", "kind", "bits"), cases(bodies, bodies_everywhere))
def test_bodies_keep_the_digits_of_their_numbers(fun, kind, bits):
    y = np.array([float(a) for a in THREE], dtype=np.float32).astype(kind)
    exact = solution_coefficients(bodies, 0, multiple(*map(float, np.real(y))), 20)
    assert worst(solution_coefficients(fun, 0.0, y, 20), exact) < 1000 * 2.0**-bits  # the same, and cancelling pulls


def test_time_is_a_double_beside_single_precision():
    x = solution_coefficients(lambda t, y: y * (t - 1e8), 1e8 + 1, np.ones(1, np.float32), 1)
    assert x.dtype == np.float32
    assert x[1, 0] == 1


def test_integers_become_floats():
    assert solution_coefficients(lambda t, y: -y, 0, [2, 4], 1).tolist() == [[2.0, 4.0], [-2.0, -4.0]]


def test_states_of_any_shape_are_kept():
    y = np.arange(6.0).reshape(3, 2)
    assert solution_coefficients(lambda t, y: 2 * y, 0, y, 3).tolist() == [
        (y * 2.0**k / math.factorial(k)).tolist() for k in range(4)
    ]
    assert solution_coefficients(lambda t, y: y * y, 0, 2.0, 2).tolist() == [2.0, 4.0, 8.0]


# ------------------------------------------------------------------------------------------------------- any function

RIGHT_HAND_SIDES = {
    "everything at once": lambda t, y: np.array([np.hypot(y[0], y[1]) * t, np.exp(-y[1]) / (1 + y[0] ** 2), -y[2]]),
    "sort": lambda t, y: np.sort(y)[::-1] * y,
    "branches": lambda t, y: np.abs(y) * y if y[0] > 0 else -y,
    "maximum": lambda t, y: np.maximum(y, t) - np.clip(y, 0, 1),
    "fft": lambda t, y: np.real(np.fft.ifft(np.fft.fft(y) * np.fft.fft(np.sin(y)))),
    "norm": lambda t, y: -y / np.linalg.norm(y),
    "outer": lambda t, y: np.outer(y, y) @ np.tanh(y),
    "einsum": lambda t, y: np.einsum("i,ij,j->i", y, np.outer(y, [1, 2, 3]), np.cos(y)),
    "Bessel": lambda t, y: sp.j0(y) + sp.jv(0.5, 1 + y),
    "partly unstable": lambda t, y: sp.erfcx(y - 1) + sp.dawsn(y),
    "gamma": lambda t, y: sp.gamma(y) - sp.gammaln(y) + sp.digamma(1 + y),
    "powers": lambda t, y: y ** np.array([0.5, 2, -1]) + 2**y + y**y + y**-1.5,
    "integrals": lambda t, y: np.stack([*sp.sici(y[0]), sp.expi(y[2])]),
    "gradient": lambda t, y: -ta.grad(lambda q: np.sum(q**4) + np.prod(np.sin(q)))(y),
    "gradient of gamma": lambda t, y: -ta.grad(lambda q: np.sum(sp.gammaln(q)))(y),
    "written": lambda t, y: np.add.reduce([y, y * np.roll(y, 1)]),
    "checkpoint": lambda t, y: ta.checkpoint(lambda y: np.sin(y) * y)(y),
    "custom rule": lambda t, y: ta.custom_rule(np.sin, np.cos, name="sine")(y) * t,
    "math": lambda t, y: [math.sin(y[0]), math.sqrt(y[1]), math.atan2(y[1], y[2])],
    "extreme arguments": lambda t, y: np.hypot(1e-200 * y, 1e-200) * 1e200,
}


@pytest.mark.parametrize("name", RIGHT_HAND_SIDES)
def test_slopes_are_the_right_hand_side_along_the_solution(name):
    """Eager series of the function along the finished solution are ``(k + 1) x_{k+1}``."""
    fun, y, order = RIGHT_HAND_SIDES[name], np.array([1.7, 0.4, 2.2]), 12
    x = solution_coefficients(fun, 0.3, y, order)
    slopes = x[1:] * np.arange(1, order + 1)[:, None]
    along = series_along(fun, 0.3, x, order - 1)
    scale = np.maximum.accumulate(np.abs(slopes).max(axis=1))[:, None]
    assert np.all(np.abs(along - slopes) <= 1e-13 * scale)  # two ways to round a few hundred operations


def test_gradients_inside_are_exact():
    energy = lambda q: q[0] ** 3 * q[1] + q[1] ** 2  # noqa: E731
    x = solution_coefficients(lambda t, y: ta.grad(energy)(y), 0, fractions(1, 2), 6)
    y = solution_coefficients(lambda t, y: [3 * y[0] ** 2 * y[1], y[0] ** 3 + 2 * y[1]], 0, fractions(1, 2), 6)
    assert x.tolist() == y.tolist()


def test_series_as_states_transport_jets():
    """The flow of y' = y² is y/(1 - s y): coefficient k is y^(k+1), also for y + a first and second variation."""
    (y,) = ta.variables([1.5], 4)
    x = solution_coefficients(lambda t, y: y**2, 0.0, np.stack([y]), 6)
    assert all(np.allclose(x[k][0].coefficients, (y ** (k + 1)).coefficients, rtol=1e-14) for k in range(7))


# ----------------------------------------------------------------------------------------------------- singular points


def test_removable_singularities_in_time_are_removed():
    x = solution_coefficients(lambda t, y: np.sin(t) / t + 0 * y, 0.0, [1.0], 9)[:, 0]
    exact = [1, *((-1) ** (k // 2) / math.factorial(k + 1) / (k + 1) if k % 2 == 0 else 0 for k in range(9))]
    assert x == pytest.approx(exact, rel=1e-14, abs=0)  # a few roundings


def test_removable_singularities_in_the_state_are_nan():
    x = solution_coefficients(lambda t, y: np.sin(y) / y, 0.0, [0.0], 3)
    assert np.isnan(x[1:]).all()


@pytest.mark.parametrize("y", [np.array([0.0]), np.array([mp.mpf(0)])], ids=["float64", "mpf"])
def test_root_of_zero_stays_zero(y):
    assert solution_coefficients(lambda t, y: np.sqrt(y), 0.0, y, 4).tolist() == [[0]] * 5


def test_even_powers_of_zero_are_polynomials():
    x = solution_coefficients(lambda t, y: [1 + 0 * y[0], y[0] ** 4], 0, fractions(0, 0), 6)
    assert x[:, 1].tolist() == [0, 0, 0, 0, 0, Fraction(1, 5), 0]


def test_points_outside_the_domain_give_nan():
    x = solution_coefficients(lambda t, y: np.log(y), 0.0, [-1.0, 2.0], 3)
    assert np.isnan(x[1:, 0]).all()
    assert np.isfinite(x[:, 1]).all()


# ------------------------------------------------------------------------------------------------------- the interface


def test_function_runs_once():
    calls = []

    def fun(t: Any, y: Any) -> Any:
        calls.append(t)
        return -y * t

    online = Online(fun, 1.0, [2.0], 10)
    assert online.first().tolist() == [[2.0], [-2.0]]
    assert online.known == 1
    online.rest()
    online.rest()
    assert online.known == 10
    assert len(calls) == 1
    assert np.array_equal(online.coefficients, solution_coefficients(fun, 1.0, [2.0], 10))


@pytest.mark.parametrize("order", [0, 1])
def test_lowest_orders(order):
    online = Online(lambda t, y: 3 * y, 0.0, [2.0], order)
    assert online.first().tolist() == [[2.0], [6.0]][: order + 1]
    online.rest()
    assert online.coefficients.tolist() == [[2.0], [6.0]][: order + 1]


def test_state_is_not_written_to():
    def fun(t: Any, y: Any) -> Any:
        y[0] = 5 * y[1]
        return y

    y = np.array([1.0, 2.0])
    assert solution_coefficients(fun, 0.0, y, 1).tolist() == [[1, 2], [10, 2]]
    assert y.tolist() == [1, 2]


def test_constants_have_no_higher_coefficients():
    assert solution_coefficients(lambda t, y: [1.0, 2.0], 0, [0.0, 0.0], 2).tolist() == [[0, 0], [1, 2], [0, 0]]
    assert solution_coefficients(lambda t, y: [t, 2.0], 0, [0.0, 0.0], 2).tolist() == [[0, 0], [0, 2], [0.5, 0]]


def test_number_will_do_for_one_equation():
    assert solution_coefficients(lambda t, y: -y[0], 0, [1.0], 2).tolist() == [[1], [-1], [0.5]]


@pytest.mark.parametrize(
    ("fun", "message"),
    [
        (lambda t, y: y[:2], r"shape \(2,\) for a state of shape \(3,\)"),
        (lambda t, y: y[0], r"shape \(\) for a state of shape \(3,\)"),
        (lambda t, y: y[:, None] * y, r"shape \(3, 3\) for a state of shape \(3,\)"),
        (lambda t, y: [1.0, 2.0], r"shape \(2,\) for a state of shape \(3,\)"),
        (lambda t, y: [y, y[0]], "arrays of different shapes"),
        (lambda t, y: 1j * y, "complex numbers for a real state"),
    ],
)
def test_results_that_are_no_slopes_are_refused(fun, message):
    with pytest.raises(ValueError, match=message):
        Online(fun, 0.0, [1.0, 2.0, 3.0], 4)


@pytest.mark.parametrize("fun", [lambda t, y: None, lambda t, y: {"dy": y}], ids=["None", "dict"])
def test_results_that_are_no_arrays_are_refused(fun):
    with pytest.raises(TypeError, match="returned"):
        Online(fun, 0.0, [1.0], 4)


def test_order_below_zero_is_refused():
    with pytest.raises(ValueError, match="order must be 0 or more"):
        solution_coefficients(lambda t, y: y, 0.0, [1.0], -1)


def test_irrational_values_of_fractions_are_refused():
    with pytest.raises(ValueError, match="not a rational number"):
        solution_coefficients(lambda t, y: np.sin(y), 0, fractions(1), 3)


# ------------------------------------------------------------------------------------------- functions along a solution


def test_functions_along_a_solution_are_exact():
    x = fractions(1, 2, 3, 4, 5, 6).reshape(3, 2)
    along = series_along(lambda t, y: [y[0] * y[1], t * t, 7], Fraction(1, 2), x, 2)
    assert along.tolist() == [[2, Fraction(1, 4), 7], [10, 1, 0], [28, 1, 0]]


@pytest.mark.parametrize("g", [lambda t, y: y[0] - t, lambda t, y: np.zeros(2) + y[1], lambda t, y: 3.0])
def test_functions_along_a_solution_have_the_shape_of_their_values(g):
    x = np.arange(8.0).reshape(4, 2)
    along = series_along(g, 0.5, x, 2)
    assert along.shape == (3, *np.shape(g(0.5, x[0])))
    assert np.array_equal(along[0], g(0.5, x[0]))


def test_energy_is_constant_along_a_solution():
    y = multiple(*THREE)
    x = solution_coefficients(bodies, 0, y, 30)

    def energy(t: Any, y: Any) -> Any:
        q, v, m = y[:6].reshape(3, 2), y[6:].reshape(3, 2), np.array([1, 2, 3])
        pairs = [m[i] * m[j] / np.linalg.norm(q[i] - q[j]) for i in range(3) for j in range(i)]
        return np.sum(m * np.sum(v**2, axis=1)) / 2 - sum(pairs)

    along = series_along(energy, 0, x, 30)
    scale = [max(abs(c) for c in row) * 100 for row in x]  # derivatives of the energy: up to 100
    assert all(abs(e) < FIFTY * s for e, s in zip(along[1:], scale[1:], strict=True))


def test_functions_along_too_few_coefficients_are_refused():
    with pytest.raises(ValueError, match="needs 4 coefficients of the solution, got 3"):
        series_along(lambda t, y: y, 0.0, np.ones((3, 1)), 3)
