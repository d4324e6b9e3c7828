"""``scipy.integrate.solve_ivp(..., method=taylorad.ode.Taylor)``."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import OdeSolver, solve_ivp

from taylorad import ode
from tests.ode.references import EPS, REFERENCES, rounding


def oscillator(t, y):
    return [y[1], -y[0]]


def circle(t):
    return np.array([np.sin(t), np.cos(t)])


def solve(fun=oscillator, span=(0.0, 10.0), y0=(0.0, 1.0), **options):
    return solve_ivp(fun, span, y0, method=ode.Taylor, **options)


PHASE = 20 * EPS


def test_it_is_one_of_scipys_methods():
    assert issubclass(ode.Taylor, OdeSolver)
    solution = solve()
    assert solution.success
    assert solution.t.size < 20
    assert_allclose(solution.y, circle(solution.t), rtol=0, atol=PHASE)


@pytest.mark.parametrize("name", ["lorenz_5", "kepler_0.9", "airy_back", "landau_zener", "bessel_2.5"])
def test_it_ends_where_our_own_solve_ivp_does(name):
    problem = REFERENCES[name]
    solution = solve(problem.fun, problem.span, problem.y0, args=problem.args)
    assert np.all(np.abs(solution.y[:, -1] - problem.end) <= rounding(problem))


def test_dense_output_is_the_polynomial_of_each_step():
    solution = solve(dense_output=True)
    times = np.linspace(0, 10, 333)
    assert_allclose(solution.sol(times), circle(times), rtol=0, atol=PHASE)
    assert solution.sol(1.5).shape == (2,)
    assert_allclose(solution.sol(1.5), circle(1.5), rtol=0, atol=PHASE)


@pytest.mark.parametrize("span", [(0.0, 10.0), (0.0, -10.0)])
def test_times_asked_for(span):
    times = np.linspace(*span, 50)
    solution = solve(span=span, t_eval=times)
    assert_array_equal(solution.t, times)
    assert_allclose(solution.y, circle(times), rtol=0, atol=PHASE)


def test_events_are_scipys():
    def event(t, y):
        return y[0] - 0.5

    event.terminal = 2
    solution = solve(events=event, max_step=0.5)
    assert solution.status == 1
    assert_allclose(solution.t_events[0], [np.pi / 6, 5 * np.pi / 6], rtol=8 * EPS)  # brentq, to 4 EPS


def test_arguments_and_complex_states():
    solution = solve(lambda t, y, w: 1j * w * y, y0=np.array([1 + 0j]), args=(2.0,))
    assert_allclose(solution.y[0], np.exp(2j * solution.t), rtol=0, atol=2 * PHASE)


def test_options_are_those_of_our_solve_ivp():
    assert np.max(np.diff(solve(max_step=0.125).t)) <= 0.125
    assert solve(first_step=0.0625).t[1] == 0.0625
    assert solve(rtol=1e-4).t.size < solve(order=8).t.size
    assert_allclose(solve(jit=False).y[:, -1], circle(10.0), rtol=0, atol=PHASE)
    assert_allclose(solve(rtol=0, atol=1e-9).y[:, -1], circle(10.0), rtol=0, atol=1e-8)


def test_options_without_a_use_are_warned_about():
    with pytest.warns(UserWarning, match="jac"):
        solve(jac=lambda t, y: np.array([[0, 1], [-1, 0]]))


def test_a_failure_is_scipys():
    solution = solve(lambda t, y: y**2, (0.0, 2.0), [1.0])
    assert (solution.status, solution.success) == (-1, False)
    assert "near t = " in solution.message
    assert 0.999 < solution.t[-1] <= 1


def test_expansions_are_counted():
    solution = solve()
    assert solution.nfev >= solution.t.size - 1
    assert solution.nfev <= 2 * solution.t.size + 4


def test_a_vectorized_function():
    solution = solve(lambda t, y: np.array([y[1], -y[0]]), vectorized=True)
    assert_allclose(solution.y[:, -1], circle(10.0), rtol=0, atol=PHASE)


def test_the_class_may_be_stepped_by_hand():
    solver = ode.Taylor(oscillator, 0.0, np.array([0.0, 1.0]), 10.0)
    assert (solver.status, solver.n, solver.direction) == ("running", 2, 1)
    while solver.status == "running":
        solver.step()
        between = (solver.t + solver.t_old) / 2
        assert_allclose(solver.dense_output()(between), circle(between), rtol=0, atol=PHASE)
    assert solver.t == 10.0
    assert_allclose(solver.y, circle(10.0), rtol=0, atol=PHASE)
    assert solver.step_size > 0


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="must not be negative"):
        solve(rtol=-1.0)
    with pytest.raises(ValueError, match="`order`"):
        solve(order=1)
    with pytest.raises(ValueError, match="as many numbers as y has"):
        solve(lambda t, y: y[:1])
