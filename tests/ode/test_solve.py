"""`solve_ivp`: what it returns, dense output, options, and kinds of states, against closed forms."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import solve_ivp
from scipy.linalg import expm

import taylorad as ta
from taylorad import ode
from taylorad.ode.control import Control, order_for
from tests.ode.references import EPS, REFERENCES


def oscillator(t, y):
    return [y[1], -y[0]]


def circle(t):
    return np.array([np.sin(t), np.cos(t)])


def solve(span=(0.0, 10.0), **options):
    return ode.solve_ivp(oscillator, span, circle(span[0]), **options)


PHASE = 20 * EPS  # 10 rad, and 10 steps of an ulp


# ----------------------------------------------------------------------------------------------------- what is returned


def test_the_result_has_scipys_attributes():
    mine = solve(events=lambda t, y: y[0], dense_output=True)
    scipys = solve_ivp(oscillator, (0, 10), [0.0, 1.0], events=lambda t, y: y[0], dense_output=True)
    assert set(scipys) <= set(mine)
    assert (mine.status, mine.success, mine.message) == (0, True, scipys.message)
    assert mine.y.shape == (2, mine.t.size)
    assert mine.nfev >= mine.t.size - 1


@pytest.mark.parametrize("span", [(0.0, 10.0), (0, -10), (-3.0, 4.0), (7.5, 0.25)])
def test_solutions_begin_and_end_where_asked(span):
    solution = solve(span)
    assert solution.t[0] == span[0]
    assert solution.t[-1] == span[1]
    assert np.all(np.diff(solution.t) * np.sign(span[1] - span[0]) > 0)
    assert_array_equal(solution.y[:, 0], circle(span[0]))
    assert_allclose(solution.y, circle(solution.t), rtol=0, atol=PHASE)


def test_dense_output_does_not_change_the_steps():
    plain, dense = solve(), solve(dense_output=True)
    assert_array_equal(plain.t, dense.t)
    assert_array_equal(plain.y, dense.y)


@pytest.mark.parametrize("span", [(0.0, 10.0), (10.0, -5.0)])
@pytest.mark.parametrize("jit", [True, False])
def test_states_at_times_asked_for_are_those_of_the_dense_output(span, jit):
    times = np.linspace(*span, 100)
    at_times = solve(span, t_eval=times, dense_output=True, jit=jit)
    assert_array_equal(at_times.t, times)
    assert_array_equal(at_times.y, solve(span, dense_output=True, jit=jit).sol(times))
    assert_array_equal(at_times.y[:, 0], circle(span[0]))
    assert_allclose(at_times.y, circle(times), rtol=0, atol=2 * PHASE)


@pytest.mark.parametrize("times", [[], [0], [10], [0, 10], [1e-9, 3], [5, 5 + 1e-12], range(11)])
def test_any_sorted_times_may_be_asked_for(times):
    solution = solve(t_eval=times)
    assert solution.t.shape == (len(times),)
    assert solution.y.shape == (2, len(times))
    assert_allclose(solution.y, circle(np.array(list(times), dtype=float)), rtol=0, atol=PHASE)


@pytest.mark.parametrize("number", [int, np.int32, np.float32, np.longdouble, Fraction, mpmath.mpf, bool])
def test_times_may_be_numbers_of_any_kind(number):
    solution = ode.solve_ivp(oscillator, (number(0), number(1)), [0.0, 1.0], t_eval=[0.5, 1.0])
    assert solution.t.dtype == solution.y.dtype == np.float64
    assert_allclose(solution.y, circle(np.array([0.5, 1.0])), rtol=0, atol=4 * EPS)


def test_spans_may_be_very_short():
    for end in (1 + EPS, 1 - EPS / 2, 1 + 1e-9):
        solution = ode.solve_ivp(oscillator, (1.0, end), [0.0, 1.0])
        assert_allclose(solution.y[0, -1], end - 1, rtol=4 * EPS)


# --------------------------------------------------------------------------------------------------------- dense output


@pytest.mark.parametrize("name", ["pendulum", "lorenz_5", "kepler_0.9", "airy_back"])
def test_dense_output_is_as_accurate_as_the_steps(name):
    problem = REFERENCES[name]
    dense = problem.solve(dense_output=True)
    times = np.random.default_rng(1).uniform(*sorted(problem.span), 1000)
    fine = problem.solve(
        dense_output=True, max_step=np.abs(np.diff(dense.t)).mean() / 2.7
    )  # other steps, same solution
    difference = np.abs(dense.sol(times) - fine.sol(times))
    ends = np.abs(dense.sol(fine.t) - fine.y)  # at ends of steps the polynomial is not extended as far
    # between steps errors are no larger than at their ends, and an ulp of y and of t
    slope = np.abs(dense.sol.derivative(times)) * np.spacing(np.abs(times))
    assert np.all(difference <= 3 * ends.max(axis=1)[:, None] + 4 * EPS * np.abs(dense.sol(times)) + slope)


def test_dense_output_at_a_thousand_random_times_is_the_closed_form():
    dense = solve((0.0, 30.0), dense_output=True).sol
    times = np.random.default_rng(0).uniform(0, 30, 1000)
    assert_allclose(dense(times), circle(times), rtol=0, atol=60 * EPS)  # 30 rad, 30 steps
    assert_allclose(dense.derivative(times), circle(times + np.pi / 2), rtol=0, atol=60 * EPS)
    # a derivative of order m loses a factor (p/h)^m of the last term: order 20, steps of 1
    assert_allclose(dense.derivative(times, 2), -circle(times), rtol=0, atol=20 * 60 * EPS)
    assert_array_equal(dense.derivative(times, 0), dense(times))


def test_dense_output_takes_numbers_and_arrays():
    dense = solve(dense_output=True).sol
    assert dense(2.0).shape == dense(np.float64(2)).shape == dense(np.array(2.0)).shape == dense(2).shape == (2,)
    assert dense([2.0]).shape == (2, 1)
    assert dense([]).shape == (2, 0)
    assert dense(np.array([3.0, 1.0, 2.0])).shape == (2, 3)
    assert_array_equal(dense([3.0, 1.0])[:, 1], dense(1.0))
    with pytest.raises(ValueError, match="number or one-dimensional"):
        dense([[1.0]])
    with pytest.raises(ValueError, match="must not be negative"):
        dense.derivative(1.0, -1)


def test_dense_output_continues_its_ends():
    dense = solve(dense_output=True).sol
    assert (dense.t_min, dense.t_max) == (0.0, 10.0)
    assert_allclose(dense(-0.25), circle(-0.25), rtol=0, atol=4 * EPS)
    assert_allclose(dense(10.25), circle(10.25), rtol=0, atol=PHASE)


def test_dense_output_meets_at_the_ends_of_steps():
    solution = solve(dense_output=True)
    dense = solution.sol
    assert_allclose(dense(solution.t), solution.y, rtol=0, atol=4 * EPS)
    assert len(dense.interpolants) == solution.t.size - 1
    assert_array_equal(dense.interpolants[3](solution.t[3]), solution.y[:, 3])


def test_dense_output_beyond_one_block_of_steps():
    dense = ode.solve_ivp(oscillator, (0.0, 5000.0), [0.0, 1.0], dense_output=True)
    assert dense.t.size > 4500  # blocks hold 4096 at most
    times = np.random.default_rng(2).uniform(0, 5000, 1000)
    assert_allclose(dense.sol(times), circle(times), rtol=0, atol=5000 * EPS)
    assert_allclose(dense.y, circle(dense.t), rtol=0, atol=5000 * EPS)
    assert_array_equal(dense.y, ode.solve_ivp(oscillator, (0.0, 5000.0), [0.0, 1.0]).y)


# -------------------------------------------------------------------------------------------------------------- options


@pytest.mark.parametrize("jit", [True, False])
def test_max_step_and_first_step_are_respected(jit):
    solution = solve(max_step=0.03125, jit=jit)
    assert np.max(np.diff(solution.t)) <= 0.03125
    assert solution.t.size == 321
    assert solve(first_step=0.0625, jit=jit).t[1] == 0.0625
    assert solve((10.0, 0.0), first_step=0.0625, jit=jit).t[1] == 10 - 0.0625


def test_a_first_step_that_is_too_long_is_taken_back():
    problem = REFERENCES["kepler_0.5"]
    solution = problem.solve(first_step=3.0)
    assert solution.t[1] < 3.0
    assert_allclose(solution.y[:, -1], problem.solve().y[:, -1], rtol=0, atol=1e-12)


def test_a_first_step_longer_than_the_interval_ends_at_its_end():
    assert solve((0.0, 0.25), first_step=1.0).t[-1] == 0.25


def test_the_order_is_chosen_from_the_tolerance():
    orders = [solve(rtol=rtol, dense_output=True).sol.order for rtol in (1e-3, 1e-6, 1e-9, 1e-12, None)]
    assert orders == sorted(set(orders))
    assert orders == [12, 14, 16, 18, 20]  # ⌈max(1 − ln ε/2, 9.8 − 0.28 ln ε)⌉
    assert orders[-1] == solve(rtol=1e-30, dense_output=True).sol.order == 20
    assert solve(rtol=0, atol=1e-6, dense_output=True).sol.order == 14  # the state is of size 1


def test_the_order_may_be_chosen():
    assert order_for(1e-300) > 300
    for order in (4, np.int64(9), 31, 150):
        solution = solve(order=order, dense_output=True, span=(0, 1))
        assert solution.sol.order == order
        # order 4: some thousand steps, each with an error of at most a fraction of an ulp
        assert_allclose(solution.y[:, -1], circle(1.0), rtol=0, atol=(4 if order > 4 else 100) * EPS)


def test_tolerances_may_differ_between_components():
    def field(t, y):
        return [y[1], -y[0], 5 * y[3], -5 * y[2]]

    y0 = np.array([0.0, 1.0, 0.0, 1.0])
    loose = ode.solve_ivp(field, (0, 5), y0, rtol=[1e-12, 1e-12, 1e-2, 1e-2], order=12)
    tight = ode.solve_ivp(field, (0, 5), y0, rtol=1e-12, order=12)
    assert loose.t.size < tight.t.size
    exact = circle(5.0)
    assert np.max(np.abs(loose.y[:2, -1] - exact)) < 1e-11
    assert np.max(np.abs(loose.y[2:, -1] - circle(25.0))) < 1e-1


def test_an_absolute_tolerance_frees_what_is_small():
    def field(t, y):
        return [-y[0], 20 * y[2], -20 * y[1]]

    y0 = [1.0, 1e-12, 0.0]
    all_digits = ode.solve_ivp(field, (0, 10), y0)
    freed = ode.solve_ivp(field, (0, 10), y0, atol=[0, 1e-10, 1e-10])
    assert freed.t.size < all_digits.t.size / 4
    assert_allclose(all_digits.y[1:, -1], [1e-12 * np.cos(200), -1e-12 * np.sin(200)], rtol=0, atol=1e-12 * 400 * EPS)
    assert_allclose(freed.y[0, -1], np.exp(-10), rtol=20 * EPS)


def test_only_absolute_tolerances():
    solution = ode.solve_ivp(oscillator, (0, 10), [0.0, 1.0], rtol=0, atol=1e-9)
    assert_allclose(solution.y[:, -1], circle(10.0), rtol=0, atol=1e-8)


def test_zero_tolerances_mean_rounding():
    assert_array_equal(solve(rtol=0, atol=0).y, solve().y)


def test_progress_is_shown_when_asked_for(capsys):
    solve(progress=True)
    assert "100%" in capsys.readouterr().err
    solve()
    assert capsys.readouterr().err == ""


def test_the_initial_state_and_the_result_are_not_the_same_memory():
    y0 = np.array([0.0, 1.0])
    first = ode.solve_ivp(oscillator, (0, 10), y0)
    kept = first.y.copy()
    second = ode.solve_ivp(oscillator, (0, 20), y0)
    assert_array_equal(y0, [0, 1])
    assert_array_equal(first.y, kept)
    assert second.y.shape != first.y.shape


def test_scipys_documentation_examples():
    def decay(t, y):
        return -0.5 * y

    solution = ode.solve_ivp(decay, [0, 10], [2, 4, 8], t_eval=[0, 1, 2, 4, 10])
    assert_allclose(solution.y, np.outer([2, 4, 8], np.exp(-0.5 * solution.t)), rtol=20 * EPS)

    def lotka_volterra(t, z, a, b, c, d):
        x, y = z
        return [a * x - b * x * y, -c * y + d * x * y]

    mine = ode.solve_ivp(lotka_volterra, [0, 15], [10, 5], args=(1.5, 1, 3, 1), dense_output=True)
    scipys = solve_ivp(lotka_volterra, [0, 15], [10, 5], args=(1.5, 1, 3, 1), dense_output=True, rtol=1e-11, atol=1e-11)
    times = np.linspace(0, 15, 300)
    assert_allclose(mine.sol(times), scipys.sol(times), rtol=1e-7)

    def matrix(t, y):
        return np.array([[-0.25 + 0.14j, 0, 0], [0.25 + 0.4j, -0.2, 0], [0, -1.2, -0.3]]) @ y

    complex_one = ode.solve_ivp(matrix, [0, 25], np.array([10 + 0j, 20 + 0j, 30 + 0j]), t_eval=np.linspace(0, 25, 101))
    a = np.array([[-0.25 + 0.14j, 0, 0], [0.25 + 0.4j, -0.2, 0], [0, -1.2, -0.3]])
    assert_allclose(complex_one.y[:, -1], expm(25 * a) @ [10, 20, 30], rtol=0, atol=1e-12)


# ------------------------------------------------------------------------------------------------------ kinds of states


def test_complex_states():
    solution = ode.solve_ivp(lambda t, y: 1j * np.array([1, 2]) * y, (0, 10), np.array([1, 1j]), dense_output=True)
    exact = np.array([np.exp(10j), 1j * np.exp(20j)])
    assert solution.y.dtype == np.complex128
    assert_allclose(solution.y[:, -1], exact, rtol=0, atol=2 * PHASE)
    assert_allclose(solution.sol(3.7), [np.exp(3.7j), 1j * np.exp(7.4j)], rtol=0, atol=PHASE)


def test_a_complex_state_that_is_real_at_first():
    solution = ode.solve_ivp(lambda t, y: 1j * y, (0, 10), np.array([1 + 0j]))
    assert_allclose(solution.y[0], np.exp(1j * solution.t), rtol=0, atol=PHASE)


def test_small_parts_of_complex_states_beside_large_ones_do_not_stop_the_integration():
    hamiltonian = np.array([[-0.5, 1], [1, 0.5]]) / 2
    y0 = np.array([1 + 0j, 1.4e-11])
    solution = ode.solve_ivp(lambda t, y: -1j * (hamiltonian @ y), (0, 20), y0)
    assert solution.t.size < 100
    assert_allclose(solution.y[:, -1], expm(-20j * hamiltonian) @ y0, rtol=0, atol=2 * PHASE)


def test_slopes_that_are_differences_of_large_terms_do_not_stop_the_integration():
    def field(t, y):
        return [(1 + y[1]) - (1 + y[2]), y[2], -y[1]]

    solution = ode.solve_ivp(field, (0, 20), [1e-14, 1e-14, 0.0])
    assert solution.success
    assert solution.t.size < 500
    t = 20.0
    y1, y2 = 1e-14 * np.cos(t), -1e-14 * np.sin(t)
    assert_allclose(solution.y[1:, -1], [y1, y2], rtol=0, atol=1e-14 * 2 * PHASE)
    assert_allclose(solution.y[0, -1], 1e-14 * (1 + np.sin(t) + 1 - np.cos(t)), rtol=0, atol=40 * EPS)


@pytest.mark.parametrize("dtype", [int, bool, np.int32, np.float32, np.float64, np.complex64])
def test_states_of_fewer_digits_become_doubles(dtype):
    solution = ode.solve_ivp(oscillator, (0, 1), np.array([0, 1], dtype=dtype))
    assert solution.y.dtype == (np.complex128 if dtype is np.complex64 else np.float64)
    assert_allclose(solution.y[:, -1], circle(1.0), rtol=0, atol=4 * EPS)


@pytest.mark.parametrize("n", [*range(1, 18), 31, 32, 33, 40, 63, 64, 65, 100, 200])
def test_systems_of_any_size(n):
    # a chain: y_i' = y_{i+1}, and y_{n-1}' = 0: polynomials; here every component decays into the next instead
    rates = 1 + np.arange(n) / n

    def field(t, y):
        return -rates * y

    solution = ode.solve_ivp(field, (0, 2), np.ones(n))
    assert_allclose(solution.y[:, -1], np.exp(-2 * rates), rtol=20 * EPS)


@pytest.mark.parametrize("n", [3, 40])
def test_heat_on_a_chain(n):
    matrix = np.diag(np.full(n, -2.0)) + np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1)
    y0 = np.sin(np.arange(n)) + 2
    solution = ode.solve_ivp(lambda t, y: matrix @ y, (0, 3), y0)
    assert_allclose(solution.y[:, -1], expm(3 * matrix) @ y0, rtol=1e-13)  # expm's own error


# --------------------------------------------------------------------------------------- solutions that are polynomials


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize(
    ("fun", "y0", "exact"),
    [
        (lambda t, y: [0.0, 0.0], [3.0, -1.0], lambda t: [3, -1]),
        (lambda t, y: 0 * y, [3.0, 0.0], lambda t: [3, 0]),
        (lambda t, y: [2.0, -1.0], [0.0, 1.0], lambda t: [2 * t, 1 - t]),
        (lambda t, y: np.ones(2), [0.0, 0.0], lambda t: [t, t]),
        (lambda t, y: [t**3, 1.0], [0.0, 0.0], lambda t: [t**4 / 4, t]),
        (lambda t, y: [y[1], -9.81], [100.0, 5.0], lambda t: [100 + 5 * t - 4.905 * t**2, 5 - 9.81 * t]),
        (lambda t, y: [y[1], y[1] * 0], [1.0, 2.0], lambda t: [1 + 2 * t, 2]),
        (lambda t, y: [y[1], t], [0.0, 0.0], lambda t: [t**3 / 6, t**2 / 2]),
    ],
)
def test_polynomials_are_met_to_rounding(fun, y0, exact, jit):
    for end in (7.0, -7.0):
        solution = ode.solve_ivp(fun, (0.0, end), y0, jit=jit, dense_output=True)
        assert solution.success
        assert solution.t.size <= 20
        size = np.maximum(np.abs(exact(end)), np.abs(y0)) + 500 * (np.array(y0) == 100)
        assert np.all(np.abs(solution.y[:, -1] - exact(end)) <= 4 * EPS * size)
        assert np.all(np.abs(solution.sol(end / 2) - exact(end / 2)) <= 8 * EPS * size)


def test_right_hand_sides_without_the_state():
    solution = ode.solve_ivp(lambda t, y: [np.exp(-t), 1 / (1 + t**2)], (0, 10), [0.0, 0.0])
    assert_allclose(solution.y[:, -1], [1 - np.exp(-10), np.arctan(10)], rtol=20 * EPS)


def test_a_component_that_is_zero_for_ever():
    solution = ode.solve_ivp(lambda t, y: [y[1], -y[0], 3 * y[2]], (0, 10), [0.0, 1.0, 0.0])
    assert_array_equal(solution.y[2], np.zeros(solution.t.size))
    assert_allclose(solution.y[:2, -1], circle(10.0), rtol=0, atol=PHASE)


def test_a_component_that_begins_at_zero_and_grows_slowly():
    solution = ode.solve_ivp(lambda t, y: [y[1] * 1e-20, -y[1]], (0, 5), [0.0, 1.0])
    assert_allclose(solution.y[:, -1], [1e-20 * (1 - np.exp(-5)), np.exp(-5)], rtol=20 * EPS)


# --------------------------------------------------------------------------------------------------- random polynomials

COEFFICIENTS = st.floats(-1, 1).map(lambda x: round(x, 3))


@given(st.lists(COEFFICIENTS, min_size=20, max_size=20), st.lists(COEFFICIENTS, min_size=2, max_size=2))
def test_quadratic_systems_agree_with_mpmaths_own_taylor_steps(numbers, y0):
    a = np.array(numbers).reshape(2, 10)

    def field(t, y, a):
        u, v = y
        basis = [1, u, v, u * u, u * v, v * v, t, t * u, t * v, t * t]
        return [sum(a[i, k] * basis[k] for k in range(10)) for i in range(2)]

    solution = ode.solve_ivp(field, (0.0, 0.25), y0, args=(a,))
    with mpmath.workdps(25):
        exact_field = lambda t, y: field(t, y, mpmath.matrix(a.tolist()))  # noqa: E731
        exact = mpmath.odefun(exact_field, 0, [mpmath.mpf(x) for x in y0])(mpmath.mpf(0.25))
    size = max(1.0, *(abs(float(x)) for x in exact))
    # the slope is a sum of ten terms of at most size²; over a time of 1/4 that is a few ulps
    assert np.max(np.abs(solution.y[:, -1] - [float(x) for x in exact])) <= 16 * EPS * size**2


def test_machine_code_and_generic_steps_take_the_same_steps():
    for name in ("pendulum_back", "rossler", "duffing_back"):
        native, generic = REFERENCES[name].solve(), REFERENCES[name].solve(jit=False)
        # lengths come from logarithms to 1e-2 in machine code
        assert abs(native.t.size - generic.t.size) <= 2 + native.t.size // 20


def test_the_control_block_is_laid_out_without_gaps():
    names = [name for name, _ in Control._fields_]
    assert [getattr(Control, name).offset for name in names] == [8 * i for i in range(len(names))]


def test_the_package_exports_it():
    assert ta.ode.solve_ivp is ode.solve_ivp
