"""Events against closed forms and mpmath: all of them, to rounding, with SciPy's conventions."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import solve_ivp

from taylorad import ode
from tests.ode.references import EPS


def oscillator(t, y):
    return [y[1], -y[0]]


def sine(t, y):
    return y[0]


def event(g, *, terminal=False, direction=0.0):
    """A fresh function with SciPy's attributes."""

    def wrapped(t, y, *args):
        return g(t, y, *args)

    wrapped.terminal, wrapped.direction = terminal, direction
    return wrapped


def solve(events, span=(0.0, 20.0), y0=(0.0, 1.0), fun=oscillator, **options):
    return ode.solve_ivp(fun, span, y0, events=events, **options)


# ------------------------------------------------------------------------------------------------------------ all roots


@pytest.mark.parametrize("jit", [True, False])
def test_zeros_of_the_sine_are_multiples_of_pi(jit):
    found = solve(sine, jit=jit).t_events[0]
    assert_allclose(found, np.pi * np.arange(7), rtol=4 * EPS, atol=0)


@pytest.mark.parametrize("gap", [1e-4, 1e-8, 1e-12])
def test_pairs_of_roots_close_to_each_other_are_all_found(gap):
    level = 1 - gap
    found = solve(lambda t, y: y[0] - level).t_events[0]
    half = float(mpmath.acos(mpmath.mpf(level)))
    expected = np.sort([np.pi / 2 + 2 * np.pi * k + s * half for k in range(4) for s in (-1, 1)])
    expected = expected[expected <= 20]
    assert found.size == expected.size
    # y is right to 20 ulps, its slope at the root is `half`
    assert_allclose(found, expected, rtol=0, atol=20 * EPS / half)


def test_double_roots_are_found_once_and_to_rounding():
    found = solve(lambda t, y: 1 - y[1], span=(1.0, 30.0), y0=(np.sin(1.0), np.cos(1.0))).t_events[0]
    # a double root is where the slope vanishes: as well conditioned as y itself, 30 rad
    assert_allclose(found, 2 * np.pi * np.arange(1, 5), rtol=0, atol=60 * EPS)


def test_double_roots_have_no_direction():
    span, y0 = (1.0, 30.0), (np.sin(1.0), np.cos(1.0))
    for direction in (-1, 1):
        assert solve(event(lambda t, y: 1 - y[1], direction=direction), span, y0).t_events[0].size == 0


def test_several_functions_several_roots_in_one_step():
    roots = [0.125, 0.25, 0.5, 0.75, 0.875]
    solution = solve(
        [lambda t, y: np.prod(y[0] - np.array(roots)), lambda t, y: y[0] - 0.3, lambda t, y: y[0] + 1],
        span=(0.0, 1.0),
        y0=(0.0,),
        fun=lambda t, y: 1 + 0 * y,
    )
    assert solution.t.size == 2
    assert_allclose(solution.t_events[0], roots, rtol=8 * EPS)
    assert_allclose(solution.t_events[1], [0.3], rtol=2 * EPS)
    assert solution.t_events[2].size == 0
    assert solution.y_events[2].shape == (0, 1)


def test_directions():
    up, down, both = (event(sine, direction=d) for d in (1, -1, 0))
    solution = solve([up, down, both], span=(1.0, 20.0), y0=(np.sin(1.0), np.cos(1.0)))
    every = np.pi * np.arange(1, 7)
    assert_allclose(solution.t_events[0], every[1::2], rtol=8 * EPS)
    assert_allclose(solution.t_events[1], every[::2], rtol=8 * EPS)
    assert_array_equal(solution.t_events[2], np.sort(np.concatenate(solution.t_events[:2])))


def test_directions_hold_along_the_integration_also_backward():
    up, down = (event(sine, direction=d) for d in (1, -1))
    solution = solve([up, down], span=(-1.0, -20.0), y0=(np.sin(-1.0), np.cos(-1.0)))
    every = -np.pi * np.arange(1, 7)
    # going back, the sine is negative before -π: it goes up there
    assert_allclose(solution.t_events[0], every[::2], rtol=8 * EPS)
    assert_allclose(solution.t_events[1], every[1::2], rtol=8 * EPS)
    scipys = solve_ivp(oscillator, (-1.0, -20.0), (np.sin(-1.0), np.cos(-1.0)), events=[up, down], rtol=1e-9, atol=1e-9)
    assert [len(t) for t in scipys.t_events] == [len(t) for t in solution.t_events]


def test_states_at_events_are_those_of_the_dense_output():
    solution = solve([sine, lambda t, y: y[1] - 0.5], dense_output=True)
    for times, states in zip(solution.t_events, solution.y_events, strict=True):
        assert states.shape == (times.size, 2)
        assert_allclose(states, np.column_stack([np.sin(times), np.cos(times)]), rtol=0, atol=20 * EPS)
        assert_allclose(states, solution.sol(times).T, rtol=0, atol=np.spacing(20.0))  # the root as a sum with t_n


def test_event_functions_of_time_alone_and_with_parameters():
    def field(t, y, rate):
        return -rate * y

    solution = solve(
        [lambda t, y, rate: t - 0.7, lambda t, y, rate: np.sin(rate * t)], (0.0, 10.0), (1.0,), field, args=(2.0,)
    )
    assert_allclose(solution.t_events[0], [0.7], rtol=2 * EPS)
    assert_allclose(solution.t_events[1], np.pi / 2 * np.arange(7), rtol=4 * EPS, atol=1e-16)


@pytest.mark.parametrize("frequency", [3, 7, 20])
def test_events_that_oscillate_faster_than_the_solution(frequency):
    found = solve(lambda t, y: np.cos(frequency * t), (0.0, 5.0)).t_events[0]
    expected = (np.arange(frequency * 5) + 0.5) * np.pi / frequency
    assert_allclose(found, expected[expected <= 5], rtol=0, atol=40 * EPS)  # cos of an argument of 100: 100 ulps / 20


def test_events_may_return_arrays_of_one_number_or_integers():
    solution = solve([lambda t, y: y[:1], lambda t, y: np.array([[y[0]]]), lambda t, y: 1])
    assert_array_equal(solution.t_events[0], solution.t_events[1])
    assert solution.t_events[0].size == 7
    assert solution.t_events[2].size == 0


def test_an_event_function_with_a_kink():
    found = solve(lambda t, y: abs(y[0]) - 0.5, span=(0.25, 10.0), y0=(np.sin(0.25), np.cos(0.25))).t_events[0]
    expected = np.sort([k * np.pi + s * np.pi / 6 for k in range(4) for s in (-1, 1)])
    expected = expected[(expected > 0.25) & (expected < 10)]
    assert_allclose(found, expected, rtol=0, atol=40 * EPS)


def test_events_at_the_ends_of_steps_are_found_once():
    functions = [lambda t, y: y[0] - 0.25, lambda t, y: y[0] - 0.5, lambda t, y: (y[0] - 0.75) ** 2]
    solution = solve(functions, (0.0, 1.0), (0.0,), lambda t, y: 1 + 0 * y, first_step=0.25, max_step=0.25)
    assert list(solution.t) == [0, 0.25, 0.5, 0.75, 1]
    assert [list(t) for t in solution.t_events] == [[0.25], [0.5], [0.75]]


def test_thousands_of_events_over_several_blocks_of_steps():
    found = solve(sine, (0.0, 5000.0), dense_output=True).t_events[0]
    assert found.size == 1592
    assert np.max(np.abs(found - np.pi * np.arange(1592))) <= 2 * np.spacing(5000.0)  # the phase, and t itself


def test_a_function_that_is_zero_has_no_events():
    assert solve(lambda t, y: 0 * y[0]).t_events[0].size == 0


# ---------------------------------------------------------------------------------------------------------- conventions


def test_an_event_at_the_start_and_at_the_end():
    solution = ode.solve_ivp(lambda t, y: [1.0], (0.0, 1.0), [0.0], events=[sine, lambda t, y: y[0] - 1])
    assert [list(t) for t in solution.t_events] == [[0.0], [1.0]]


def test_a_terminal_event_at_the_start_stops_there_as_in_scipy():
    hit = event(lambda t, y: y[0], terminal=True)
    mine, scipys = (f(oscillator, (0, 10), [0.0, 1.0], events=hit) for f in (ode.solve_ivp, solve_ivp))
    assert mine.status == scipys.status == 1
    assert mine.t[-1] == scipys.t[-1] == 0.0


def test_a_terminal_event_ends_the_solution():
    solution = solve([event(sine, terminal=True, direction=-1), lambda t, y: y[1]], dense_output=True)
    assert (solution.status, solution.success) == (1, True)
    assert solution.message == "A termination event occurred."
    assert_allclose(solution.t[-1], np.pi, rtol=4 * EPS)
    assert solution.t_events[0][0] == solution.t[-1] == solution.sol.t_max
    assert_allclose(solution.y[:, -1], [0, -1], rtol=0, atol=8 * EPS)
    assert_allclose(solution.t_events[1], [np.pi / 2], rtol=8 * EPS)  # none after the end


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_terminal_event_may_be_counted(count):
    solution = solve(event(sine, terminal=count), span=(1.0, 20.0), y0=(np.sin(1.0), np.cos(1.0)))
    assert solution.status == 1
    assert_allclose(solution.t_events[0], np.pi * np.arange(1, count + 1), rtol=8 * EPS)
    assert solution.t[-1] == solution.t_events[0][-1]


def test_events_behind_a_terminal_one_in_the_same_step_do_not_count():
    events = [event(lambda t, y: y[0] - 0.5, terminal=True), *(lambda t, y, c=c: y[0] - c for c in (0.25, 0.75))]
    solution = solve(events, (0.0, 1.0), (0.0,), lambda t, y: 1 + 0 * y)
    assert [list(t) for t in solution.t_events] == [[0.5], [0.25], []]


def test_terminal_events_cut_the_times_asked_for():
    times = np.linspace(0, 20, 81)
    solution = solve(event(sine, terminal=True, direction=-1), t_eval=times, dense_output=True)
    assert_array_equal(solution.t, times[times <= np.pi])
    assert_allclose(solution.y[0], np.sin(solution.t), rtol=0, atol=8 * EPS)
    assert solution.sol.t_max == solution.t_events[0][0]


@pytest.mark.parametrize("terminal", [-1, 0.5, 2.5])
def test_counts_that_are_none_are_refused(terminal):
    with pytest.raises(ValueError, match="terminal"):
        solve(event(sine, terminal=terminal))


def test_what_an_event_raises_passes_through():
    class Mine(Exception):
        pass

    def bad(t, y):
        raise Mine("as it was")

    for jit in (True, False):
        with pytest.raises(Mine, match=r"^as it was$"):
            solve(bad, jit=jit)


def test_events_must_be_functions_of_one_number():
    with pytest.raises(TypeError, match="event 1 must be a function"):
        solve([sine, 3.0])
    with pytest.raises(ValueError, match=r"event 0 must return a single number, got an array of shape \(2,\)"):
        solve(lambda t, y: y)


def test_without_events_there_are_none():
    solution = ode.solve_ivp(oscillator, (0, 1), [0.0, 1.0])
    assert solution.t_events is None
    assert solution.y_events is None


# ------------------------------------------------------------------------------------------------ SciPy's documentation


def test_cannon_of_scipys_documentation():
    def cannon(t, y):
        return [y[2], y[3], 0, -0.5]

    def apex(t, y):
        return y[3]

    hit = event(lambda t, y: y[1], terminal=True, direction=-1)
    solution = ode.solve_ivp(cannon, [0, 100], [0, 0, 0, 10], events=(hit, apex), dense_output=True)
    assert_allclose(solution.t_events[0], [40], rtol=4 * EPS)
    assert_allclose(solution.t_events[1], [20], rtol=4 * EPS)
    assert_allclose(solution.sol(solution.t_events[1][0]), [0, 100, 0, 0], rtol=4 * EPS, atol=1e-14)
    scipys = solve_ivp(cannon, [0, 100], [0, 0, 0, 10], events=(hit, apex))
    assert_allclose(solution.t_events, scipys.t_events, rtol=1e-9)


def test_a_bouncing_ball_restarted_at_every_bounce():
    t, y, times = 0.0, np.array([1.0, 0.0]), []
    hit = event(lambda t, y: y[0], terminal=True, direction=-1)
    for _ in range(10):
        solution = ode.solve_ivp(lambda t, y: [y[1], -9.81], (t, t + 10), y, events=hit)
        t, y = solution.t[-1], np.array([0.0, -0.8 * solution.y[1, -1]])
        times.append(t)
    fall = np.sqrt(2 / 9.81)
    expected = fall + np.concatenate([[0], np.cumsum(2 * fall * 0.8 ** np.arange(1, 10))])
    assert_allclose(times, expected, rtol=50 * EPS)  # ten bounces of a few ulps


def test_poincare_section_of_henon_heiles_lies_on_it():
    system = ode.systems.henon_heiles
    section = event(lambda t, y: y[0], direction=1)
    solution = ode.solve_ivp(system.fun, (0, 200), system.initial_state, events=section, args=system.parameters)
    assert solution.t_events[0].size > 20
    assert np.max(np.abs(solution.y_events[0][:, 0])) < 8 * EPS
    assert np.all(solution.y_events[0][:, 2] > 0)


# ------------------------------------------------------------------------------------------------------------ at random


@given(
    st.lists(st.floats(-1, 1), min_size=2, max_size=4),
    st.lists(st.floats(-1, 1), min_size=2, max_size=4),
    st.floats(-0.5, 0.5),
)
def test_roots_of_trigonometric_polynomials_are_those_of_mpmath(cosines, sines, constant):
    parameters = np.zeros((2, 4))
    parameters[0, : len(cosines)], parameters[1, : len(sines)] = cosines, sines

    def g(t, y, p, c):
        cos = [y[1], 2 * y[1] ** 2 - 1, 4 * y[1] ** 3 - 3 * y[1], 8 * y[1] ** 4 - 8 * y[1] ** 2 + 1]
        sin = [y[0], 2 * y[0] * y[1], y[0] * (4 * y[1] ** 2 - 1), y[0] * (8 * y[1] ** 3 - 4 * y[1])]
        return c + sum(p[0, k] * cos[k] + p[1, k] * sin[k] for k in range(4))

    solution = ode.solve_ivp(
        lambda t, y, p, c: [y[1], -y[0]], (0.0, 7.0), [0.0, 1.0], events=g, args=(parameters, constant)
    )

    def exact(t):
        terms = [
            parameters[0, k] * mpmath.cos((k + 1) * t) + parameters[1, k] * mpmath.sin((k + 1) * t) for k in range(4)
        ]
        return mpmath.mpf(constant) + sum(terms)

    # every root reported is one to within rounding: |g| of 40 ulps of its terms
    size = abs(constant) + np.abs(parameters).sum()
    with mpmath.workdps(30):
        assert all(abs(exact(mpmath.mpf(t))) <= 100 * EPS * size for t in solution.t_events[0])
        # every sign change on a fine grid is reported
        grid = np.linspace(0.0005, 6.9995, 700)
        values = [exact(mpmath.mpf(t)) for t in grid]
    clear = [abs(v) > 1e-10 * size for v in values]
    for a, b, u, v, one, two in zip(grid, grid[1:], values, values[1:], clear, clear[1:], strict=False):
        if u * v < 0 and one and two:
            assert np.sum((solution.t_events[0] > a) & (solution.t_events[0] < b)) % 2 == 1


# ---------------------------------------------------------------------------------------- functions that are not smooth


def test_events_whose_series_converge_more_slowly_than_the_solution():
    found = ode.solve_ivp(oscillator, (0, 20), [0.0, 1.0], events=lambda t, y: np.sin(5 * t)).t_events[0]
    np.testing.assert_allclose(found, np.pi / 5 * np.arange(32), rtol=4e-16, atol=0)  # an ulp of t, of π/5


@pytest.mark.parametrize("jit", [True, False])
def test_kinks_of_event_functions_are_met(jit):
    found = ode.solve_ivp(oscillator, (0, 20), [0.0, 1.0], events=lambda t, y: abs(y[0]) - 0.5, jit=jit).t_events[0]
    expected = np.sort(np.concatenate([np.pi * (np.arange(7) + part) for part in (1 / 6, 5 / 6)]))
    np.testing.assert_allclose(found, expected[expected < 20], rtol=4e-16, atol=0)


def test_a_kink_where_the_event_happens():
    found = ode.solve_ivp(
        oscillator, (0, 20), [0.0, 1.0], events=lambda t, y: np.sin(5 * t) * (1 if y[0] > 0 else 2)
    ).t_events[0]
    np.testing.assert_allclose(found, np.pi / 5 * np.arange(32), rtol=4e-16, atol=1e-14)


@pytest.mark.parametrize("jit", [True, False])
def test_jumps_of_event_functions_are_events(jit):
    for event, expected in (
        (lambda t, y: np.where(t < 2, -1.0, 1.0), [2.0]),
        (lambda t, y: np.floor(t) - 2.5, [3.0]),
        (lambda t, y: 1.0 if y[0] > 0.5 else -1.0, [np.pi / 6, 5 * np.pi / 6, 13 * np.pi / 6, 17 * np.pi / 6]),
    ):
        found = ode.solve_ivp(oscillator, (0, 10), [0.0, 1.0], events=event, jit=jit).t_events[0]
        np.testing.assert_allclose(found, expected, rtol=1e-14)  # a jump is met to a few ulps of t


@pytest.mark.parametrize("jit", [True, False])
def test_what_is_zero_to_rounding_all_along_has_no_events(jit):
    found = ode.solve_ivp(oscillator, (0, 10), [0.0, 1.0], events=lambda t, y: y[0] ** 2 + y[1] ** 2 - 1, jit=jit)
    assert found.success
    assert found.t_events[0].size == 0


@pytest.mark.parametrize("jit", [True, False])
def test_an_event_function_that_ends_does_not_end_the_integration(jit):
    found = ode.solve_ivp(oscillator, (0, 10), [0.0, 1.0], events=lambda t, y: np.log(y[0] - 0.5), jit=jit)
    assert found.success
    np.testing.assert_allclose(found.y[:, -1], [np.sin(10), np.cos(10)], rtol=1e-14)


def test_complex_events_are_refused():
    with pytest.raises(TypeError, match="event 0 must return a real number"):
        ode.solve_ivp(lambda t, y: 1j * y, (0, 1), np.array([1.0 + 0j]), events=lambda t, y: y[0])
