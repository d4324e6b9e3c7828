"""Beyond double precision: extended precision and mpmath numbers through the same calls, against closed forms."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from taylorad import ode
from tests.ode.references import REFERENCES
from validation.ode.problems import lorenz as validation_lorenz
from validation.ode.series import integrate

LONG = np.finfo(np.longdouble).eps


def oscillator(t, y):
    return [y[1], -y[0]]


def digits_of(error):
    return float(-mpmath.log10(error)) if error else np.inf


# Lorenz's system from (0, 1, 0) to t = 5, decimals of validation/ode/references.json, of which 32 are right
LORENZ = REFERENCES["lorenz_5"]


def lorenz(t, y, sigma, rho, beta):
    return np.array([sigma * (y[1] - y[0]), y[0] * (rho - y[2]) - y[1], y[0] * y[1] - beta * y[2]])


def lorenz_in(digits, end, order=None):
    with mpmath.workdps(digits):
        y0, args = [mpf(0), mpf(1), mpf(0)], (mpf(10), mpf(28), mpf(8) / 3)
        return ode.solve_ivp(lorenz, (mpf(0), mpf(end)), y0, args=args, order=order).y[:, -1]


def lorenz_elsewhere(digits, end):
    """By the integrator of the references, which shares no code with taylorad."""
    with mpmath.workdps(digits):
        field = validation_lorenz(mpf(10), mpf(28), mpf(8) / 3)
        return integrate(field, (mpf(0), mpf(end)), [mpf(0), mpf(1), mpf(0)], digits, mpf(10) ** (2 - digits))


@pytest.mark.parametrize("order", [None, 40])
def test_the_lorenz_system_to_fifty_digits(order):
    fifty, exact = lorenz_in(54, 2, order), lorenz_elsewhere(64, 2)
    with mpmath.workdps(64):
        error = max(abs(a - b) for a, b in zip(fifty, exact, strict=True)) / max(map(abs, exact))
    assert digits_of(error) > 50  # of 54: forty steps, whose errors grow tenfold until t = 2


@pytest.mark.parametrize("digits", [20, 30, 50, 100])
def test_digits_are_those_of_mpmaths_precision(digits):
    with mpmath.workdps(digits):
        solution = ode.solve_ivp(oscillator, (mpf(0), mpf(5)), [mpf(0), mpf(1)])
        end = solution.y[:, -1]
    with mpmath.workdps(digits + 10):
        error = max(abs(end[0] - mpmath.sin(5)), abs(end[1] - mpmath.cos(5)))
    assert digits_of(error) > digits - 1.5


def test_floats_beside_mpmath_numbers():
    with mpmath.workdps(40):
        solution = ode.solve_ivp(oscillator, (0, 5), [mpf(0), 1])
        assert solution.y.dtype == object
        assert digits_of(abs(solution.y[0, -1] - mpmath.sin(5))) > 38
        assert solution.t[-1] == 5


def test_backward_in_mpmath():
    with mpmath.workdps(40):
        solution = ode.solve_ivp(lambda t, y: y * mpmath.mpf(1), (mpf(1), mpf(-2)), [mpmath.e])
        assert digits_of(abs(solution.y[0, -1] - mpmath.exp(-2))) > 38


def test_complex_numbers_of_mpmath():
    with mpmath.workdps(40):
        solution = ode.solve_ivp(lambda t, y: 1j * y, (mpf(0), mpf(3)), [mpmath.mpc(1, 0)])
        assert digits_of(abs(solution.y[0, -1] - mpmath.expj(3))) > 38


def test_functions_in_mpmath():
    def field(t, y):
        return np.array([np.cos(t) * np.exp(-y[0]), np.sqrt(1 + y[1] ** 2), np.arctan(t) / (1 + t)])

    with mpmath.workdps(40):
        solution = ode.solve_ivp(field, (mpf(0), mpf(1)), [mpf(0), mpf(0), mpf(0)])
        exact = [
            mpmath.log(1 + mpmath.sin(1)),
            mpmath.sinh(1),
            mpmath.quad(lambda t: mpmath.atan(t) / (1 + t), [0, 0.5, 1]),
        ]
        assert digits_of(max(abs(a - b) for a, b in zip(solution.y[:, -1], exact, strict=True))) > 38


def test_dense_output_and_times_in_mpmath():
    with mpmath.workdps(40):
        times = [mpf(k) / 7 for k in range(21)]
        solution = ode.solve_ivp(oscillator, (mpf(0), mpf(3)), [mpf(0), mpf(1)], t_eval=times, dense_output=True)
        assert solution.y.shape == (2, 21)
        assert digits_of(max(abs(y - mpmath.sin(t)) for t, y in zip(times, solution.y[0], strict=True))) > 38
        t = mpf(4) / 3
        assert digits_of(abs(solution.sol(t)[1] - mpmath.cos(t))) > 38
        assert digits_of(abs(solution.sol.derivative(t)[0] - mpmath.cos(t))) > 38


def test_events_in_mpmath_are_found_to_its_precision():
    with mpmath.workdps(40):
        solution = ode.solve_ivp(oscillator, (mpf(0), mpf(10)), [mpf(0), mpf(1)], events=lambda t, y: y[0] - mpf(1) / 2)
        exact = [k * mpmath.pi + (-1) ** k * mpmath.pi / 6 for k in range(4)]
        assert len(solution.t_events[0]) == 4
        assert digits_of(max(abs(a - b) for a, b in zip(solution.t_events[0], exact, strict=True))) > 37
        assert digits_of(max(abs(y[0] - mpf(1) / 2) for y in solution.y_events[0])) > 37


def test_tolerances_in_mpmath():
    with mpmath.workdps(40):
        tight = ode.solve_ivp(oscillator, (mpf(0), mpf(5)), [mpf(0), mpf(1)], dense_output=True)
        loose = ode.solve_ivp(oscillator, (mpf(0), mpf(5)), [mpf(0), mpf(1)], rtol=mpf(10) ** -20, dense_output=True)
        assert loose.sol.order < tight.sol.order
        assert 19 < digits_of(abs(loose.y[0, -1] - mpmath.sin(5))) < 30


def test_a_singularity_in_mpmath():
    with mpmath.workdps(30):
        solution = ode.solve_ivp(lambda t, y: y**2, (mpf(0), mpf(2)), [mpf(1)])
        assert solution.status == -1
        assert 0.99 < solution.t[-1] <= 1
        assert digits_of(abs(solution.y[0, 3] * (1 - solution.t[3]) - 1)) > 28


def test_an_integrator_in_mpmath():
    with mpmath.workdps(40):
        it = ode.integrator(lambda t, y, w: [y[1], -(w**2) * y[0]], 2, args=(mpf(2),), y=[mpf(0), mpf(2)])
        it.propagate_until(mpf(3))
        assert digits_of(abs(it.state[0] - mpmath.sin(6))) > 38
        states = it.propagate_grid([mpf(4), mpf(9) / 2])
        assert digits_of(abs(states[1, 0] - mpmath.sin(9))) > 38


# --------------------------------------------------------------------------------------------------- extended precision


def test_extended_precision_is_kept():
    y0 = np.array([0, 1], dtype=np.longdouble)
    solution = ode.solve_ivp(oscillator, (0, 10), y0, dense_output=True, events=lambda t, y: y[0])
    assert solution.y.dtype == solution.t.dtype == np.longdouble
    exact = np.sin(solution.t.astype(np.longdouble)), np.cos(solution.t.astype(np.longdouble))
    assert np.max(np.abs(solution.y - exact)) < 20 * LONG  # 10 rad, 10 steps
    t = np.longdouble(10) / 3
    assert abs(solution.sol(t)[0] - np.sin(t)) < 20 * LONG
    with mpmath.workdps(30):
        pi = np.longdouble(mpmath.nstr(mpmath.pi, 25))
    assert np.max(np.abs(solution.t_events[0] - pi * np.arange(4))) < 40 * LONG


def test_extended_precision_on_the_lorenz_system():
    problem = LORENZ
    y0 = problem.y0.astype(np.longdouble)
    long = ode.solve_ivp(problem.fun, problem.span, y0, args=problem.args).y[:, -1]
    double = problem.solve().y[:, -1]
    # rounded to double it is the reference, but for what three more digits than double's leave
    assert np.max(np.abs(long.astype(float) - problem.end)) <= 4 * np.spacing(np.max(np.abs(problem.end)))
    assert np.max(np.abs(long - problem.end)) <= np.max(np.abs(double - problem.end)) + np.spacing(40.0)


def test_complex_extended_precision():
    solution = ode.solve_ivp(lambda t, y: 1j * y, (0, 5), np.array([1], dtype=np.clongdouble))
    assert solution.y.dtype == np.clongdouble
    exact = np.cos(np.longdouble(5)) + 1j * np.sin(np.longdouble(5))
    assert abs(solution.y[0, -1] - exact) < 20 * LONG


def test_jumps_are_met_in_all_digits():
    with mpmath.workdps(40):
        solution = ode.solve_ivp(lambda t, y: [1 if t < 1 else -1], (0, mpmath.mpf(3)), [mpmath.mpf(0)])
        assert abs(solution.y[0, -1] + 1) < mpmath.mpf(10) ** -37  # some ulps of t
