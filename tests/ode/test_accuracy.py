"""Accuracy against references of 32 digits, closed forms and invariants, at the default tolerance."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

from taylorad import ode
from tests.ode.references import EPS, REFERENCES, rounding

ALL = list(REFERENCES)
GENERIC = ["harmonic_oscillator_back", "pendulum_back", "rossler", "kepler_0.5", "complex_kepler", "landau_zener"]


@pytest.mark.parametrize("name", ALL)
def test_end_states_are_right_to_rounding(name):
    problem = REFERENCES[name]
    bound = rounding(problem)  # one ulp of every step; no tolerance of the method's on top
    assert np.all(problem.error() <= bound)


@pytest.mark.parametrize("name", GENERIC)
def test_generic_steps_are_as_accurate_as_machine_code(name):
    problem = REFERENCES[name]
    generic, native = problem.solve(jit=False), problem.solve()
    bound = rounding(problem)
    assert np.all(np.abs(generic.y[:, -1] - problem.end) <= bound)
    assert np.all(np.abs(generic.y[:, -1] - native.y[:, -1]) <= 2 * bound)


@pytest.mark.parametrize("order", [4, 5, 7, 12, 20, 28, 40, 60])
def test_every_order_keeps_the_tolerance(order):
    problem = REFERENCES["pendulum_back"]
    rtol = 1e-8 if order < 10 else 2.0**-52  # low orders need too many steps for more
    error = problem.error(order=order, rtol=rtol)
    steps = problem.solve(order=order, rtol=rtol).t.size
    # At most the tolerance in each step, amplified as rounding errors are, and these themselves.
    bound = (rtol / EPS) * rounding(problem) * np.sqrt(steps)
    assert np.all(error <= bound)


@pytest.mark.parametrize("name", ["pendulum_back", "lorenz_5", "kepler_0.5", "lotka_volterra"])
def test_errors_follow_the_tolerance(name):
    problem = REFERENCES[name]
    scale, floor = np.max(np.abs(problem.end)), np.max(rounding(problem))
    amplification = floor / EPS / scale  # of relative errors of all steps, by ulps
    previous = np.inf
    for digits in range(3, 16):
        error = np.max(problem.error(rtol=10.0**-digits))
        assert error <= 10.0**-digits * amplification * scale
        assert error <= 30 * previous + floor  # a tighter tolerance is not much worse by chance
        previous = error
    assert np.max(problem.error(rtol=1e-3)) > 10 * np.max(problem.error(rtol=1e-9))


def test_a_loose_tolerance_costs_less():
    problem = REFERENCES["kepler_0.5"]
    costs = []
    for rtol in (1e-3, 1e-6, 1e-9, 1e-12, 1e-15):
        solution = problem.solve(rtol=rtol, dense_output=True)
        costs.append(solution.nfev * (solution.sol.order + 1) ** 2)
    assert costs == sorted(costs)


# --------------------------------------------------------------------------------------------------------------- scales


def test_decay_from_1e_minus_10_keeps_twelve_digits():
    solution = ode.solve_ivp(lambda t, y: -y, (0, 50), [1e-10])
    exact = [float(mpmath.mpf(1e-10) * mpmath.exp(-mpmath.mpf(t))) for t in solution.t]
    assert_allclose(solution.y[0], exact, rtol=1e-14)  # √52 steps of half an ulp each; the issue asks for 1e-12


def test_components_of_very_different_sizes_keep_their_digits():
    def field(t, y):
        return [y[1], -y[0], 3 * y[3], -3 * y[2], -y[4]]

    y0 = np.array([1e-6, 0.0, 1e6, 0.0, 1e-20])
    solution = ode.solve_ivp(field, (0, 10), y0, t_eval=np.linspace(0, 10, 41))
    t = solution.t
    exact = [1e-6 * np.cos(t), -1e-6 * np.sin(t), 1e6 * np.cos(3 * t), -1e6 * np.sin(3 * t), 1e-20 * np.exp(-t)]
    amplitude = np.array([1e-6, 1e-6, 1e6, 1e6, 1.0])[:, None] * np.where(np.arange(5)[:, None] == 4, exact[4], 1)
    # 30 rad of the fast one: 30 EPS; no component feels the others' size
    assert np.all(np.abs(solution.y - exact) <= 30 * EPS * amplitude)


@pytest.mark.parametrize("scale", [1e-200, 1e-100, 1e100, 1e200])
def test_the_size_of_the_state_does_not_matter(scale):
    unit = ode.solve_ivp(lambda t, y: [y[1], -y[0]], (0, 10), [0.5, 0.25])
    scaled = ode.solve_ivp(lambda t, y: [y[1], -y[0]], (0, 10), [0.5 * scale, 0.25 * scale])
    assert_allclose(scaled.y[:, -1] / scale, unit.y[:, -1], rtol=20 * EPS)  # `scale` is no power of two


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e6, 1e12])
def test_the_unit_of_time_does_not_matter(scale):
    solution = ode.solve_ivp(lambda t, y: [y[1] / scale, -y[0] / scale], (0, 10 * scale), [0.0, 1.0])
    assert solution.t.size < 40
    assert_allclose(solution.y[:, -1], [np.sin(10), np.cos(10)], rtol=0, atol=20 * EPS)  # 10 rad: phase of 10 ulps


def test_there_and_back_again():
    problem = REFERENCES["henon_heiles"]
    there = problem.solve()
    back = ode.solve_ivp(problem.fun, problem.span[::-1], there.y[:, -1], args=problem.args)
    # rounding on both ways; amplified on the way back about as on the way there
    assert np.max(np.abs(back.y[:, -1] - problem.y0)) <= 2 * np.max(rounding(problem))


# --------------------------------------------------------------------------------------------- rounding over long times


def oscillator(t, y):
    return [y[1], -y[0]]


def test_harmonic_oscillator_over_ten_thousand_periods():
    errors = []
    for phase in (0.3, 1.1, 2.0, 2.9):
        it = ode.integrator(oscillator, 2, y=[np.cos(phase), np.sin(phase)])
        energy = it.state @ it.state
        it.propagate_until(20000 * np.pi)
        errors.append(abs(it.state @ it.state - energy))
    # 65 000 steps with half an ulp of random sign each. A bias of 2⁻⁵³/256 in every step would come to as much.
    assert np.mean(errors) < np.sqrt(65000) * 2.0**-53


def kepler(t, y):
    r = np.sqrt(y[0] ** 2 + y[1] ** 2)
    return np.concatenate([y[2:], -y[:2] / r**3])


def kepler_energy(y):
    x = [Fraction(float(v)) for v in y]
    with mpmath.workdps(30):
        x = [mpmath.mpf(v.numerator) / v.denominator for v in x]
        return (x[2] ** 2 + x[3] ** 2) / 2 - 1 / mpmath.sqrt(x[0] ** 2 + x[1] ** 2)


def test_kepler_over_a_thousand_periods_keeps_its_energy_to_1e_minus_14():
    errors = []
    for eccentricity in (0.45, 0.48, 0.5, 0.52, 0.55):
        start = np.array([1 - eccentricity, 0.0, 0.0, np.sqrt((1 + eccentricity) / (1 - eccentricity))])
        it = ode.integrator(kepler, 4, y=start)
        it.propagate_until(2000 * np.pi)
        energy = kepler_energy(start)
        errors.append(float(abs((kepler_energy(it.state) - energy) / energy)))
    assert np.sqrt(np.mean(np.square(errors))) <= 1e-14  # issue 5; heyoka: 5.4e-14


def test_time_is_the_exact_sum_of_the_steps():
    it = ode.integrator(lambda t, y: [y[1], -(y[0] ** 3)], 2, y=[1.0, 0.0])
    total = Fraction(0)
    for _ in range(2000):
        total += Fraction(float(it.step()))
    control = it._run.control
    # two numbers, 2⁻¹⁰⁶ of the time at every step
    assert abs(Fraction(control.time) + Fraction(control.low) - total) <= total * 2000 * Fraction(1, 2**105)


def test_a_nonautonomous_problem_far_from_the_origin_of_time():
    begin = 1e6
    solution = ode.solve_ivp(lambda t, y: np.cos(t) + 0 * y, (begin, begin + 20), [0.0], t_eval=begin + np.arange(21.0))
    exact = [float(mpmath.sin(t) - mpmath.sin(begin)) for t in solution.t]
    # cos t is evaluated at the double nearest to t, 6e-11 away at most, in every one of 20 steps
    assert np.max(np.abs(solution.y[0] - exact)) <= 20 * np.spacing(begin)
