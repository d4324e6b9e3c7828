"""What cannot be integrated stops with the solution so far; what cannot be meant is refused with a clear error."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from taylorad import ode
from tests.ode.references import EPS


def oscillator(t, y):
    return [y[1], -y[0]]


def solve(fun=oscillator, span=(0.0, 10.0), y0=(0.0, 1.0), **options):
    return ode.solve_ivp(fun, span, y0, **options)


def number_after(text, message):
    return float(re.search(re.escape(text) + r"\s*=?\s*([-+0-9.e]+)", message)[1])


# -------------------------------------------------------------------------------------------------------- singularities


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize(
    ("fun", "y0", "exact"),
    [
        (lambda t, y: y**2, [1.0], lambda t: 1 / (1 - t)),
        (lambda t, y: y**3, [np.sqrt(0.5)], lambda t: np.sqrt(0.5 / (1 - t))),
        (lambda t, y: 1 / (1 - t) + 0 * y, [0.0], lambda t: -np.log(1 - t)),
        (lambda t, y: -1 / y, [np.sqrt(2)], lambda t: np.sqrt(2 - 2 * t)),
        (lambda t, y: 1 + np.log(1 - t) + 0 * y, [0.0], lambda t: -(1 - t) * np.log(1 - t)),
        (lambda t, y: 1 + y**2 * (np.pi / 2) ** 2, [0.0], lambda t: np.tan(np.pi / 2 * t) * 2 / np.pi),
    ],
)
def test_the_solution_is_kept_up_to_a_singularity(fun, y0, exact, jit):
    solution = solve(fun, (0.0, 2.0), y0, dense_output=True, jit=jit)
    assert (solution.status, solution.success) == (-1, False)
    assert 1 - 1e-3 < solution.t[-1] <= 1
    early = solution.t <= 0.99
    # a relative error of t of ε becomes 100 ε of the solution at 0.99; fifteen steps
    assert_allclose(solution.y[0, early], exact(solution.t[early]), rtol=1500 * EPS, atol=100 * EPS)
    assert_allclose(solution.sol(0.77), [exact(0.77)], rtol=100 * EPS)
    assert abs(number_after("beyond t", solution.message) - solution.t[-1]) < 1e-12
    assert abs(number_after("near t", solution.message) - 1) < 1e-3


def test_the_message_says_where_and_why():
    message = solve(lambda t, y: y**2, (0.0, 2.0), [1.0]).message
    assert re.match(r"the solution cannot be continued beyond t = 0\.9999.*singularity near t = (1|0\.9999)", message)


def test_backward_singularities():
    solution = solve(lambda t, y: -(y**2), (0.0, -2.0), [1.0])
    assert solution.status == -1
    assert_allclose(solution.t[-1], -1, atol=1e-3)
    assert abs(number_after("near t", solution.message) + 1) < 1e-3


def test_square_root_at_its_zero():
    # y' = -√y: y = (1 - t/2)² until t = 2, and 0 from then on; nothing else may be given
    solution = solve(lambda t, y: -np.sqrt(y), (0.0, 5.0), [1.0])
    assert solution.t[-1] > 2 - 1e-3
    exact = np.maximum(1 - solution.t / 2, 0) ** 2
    assert_allclose(solution.y[0], exact, rtol=0, atol=50 * EPS)


@pytest.mark.parametrize("jit", [True, False])
def test_logarithm_of_a_negative_number(jit):
    # z' = log(1 - t) by way of y = 2 - t: undefined from t = 1 on, where z = -1 is still finite
    solution = solve(lambda t, y: [-1.0, np.log(y[0] - 1)], (0.0, 3.0), [2.0, 0.0], jit=jit)
    assert solution.status == -1
    assert 1 - 1e-3 < solution.t[-1] <= 1 + EPS  # at most one step of an ulp into it
    assert_allclose(solution.y[0], 2 - solution.t, rtol=4 * EPS)
    t = solution.t[solution.t < 0.999]
    assert_allclose(solution.y[1, : t.size], -(1 - t) * np.log1p(-t) - t, rtol=0, atol=50 * EPS)


def test_a_slope_that_is_no_number_at_the_end_is_noticed():
    # the solution 2 - t is a polynomial; its slope becomes nan at t = 1
    solution = solve(lambda t, y: np.array([-1 + 0 * np.log(y[0] - 1)]), (0.0, 3.0), [2.0])
    assert solution.status == -1
    assert solution.t[-1] <= 1 + 1e-6  # by a few points within each step that its polynomial is valid on


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_slope_that_is_not_finite_at_the_start(value, jit):
    solution = solve(lambda t, y: [value * y[1], 1.0], jit=jit)
    assert solution.status == -1
    assert "t = 0" in solution.message
    assert_array_equal(solution.t, [0])
    assert_array_equal(solution.y[:, 0], [0, 1])


def test_times_asked_for_before_a_singularity_are_given():
    solution = solve(lambda t, y: y**2, (0.0, 2.0), [1.0], t_eval=[0.0, 0.5, 0.75, 1.5])
    assert solution.status == -1
    assert_array_equal(solution.t, [0, 0.5, 0.75])
    assert_allclose(solution.y[0], [1, 2, 4], rtol=20 * EPS)


def test_events_before_a_singularity_are_given():
    solution = solve(lambda t, y: y**2, (0.0, 2.0), [1.0], events=lambda t, y: y[0] - 4)
    assert solution.status == -1
    assert_allclose(solution.t_events[0], [0.75], rtol=20 * EPS)


@pytest.mark.parametrize("jit", [True, False])
def test_growth_beyond_the_largest_number(jit):
    solution = solve(lambda t, y: y, (0.0, 1000.0), [1.0], jit=jit)
    assert solution.status == -1
    assert np.all(np.isfinite(solution.y))
    assert_allclose(solution.t[-1], np.log(np.finfo(float).max), rtol=1e-12)
    assert_allclose(np.log(solution.y[0]), solution.t, rtol=0, atol=700 * 2 * EPS)  # an ulp per step, 690 steps


def test_numbers_below_the_least_normal_one():
    solution = solve(y0=[1e-310, 0.0])
    assert_allclose(solution.y[:, -1], 1e-310 * np.array([np.cos(10), -np.sin(10)]), rtol=0, atol=1e-321)


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize("fun", [lambda t, y: np.sqrt(t) + 0 * y, lambda t, y: t**1.5 + 0 * y, lambda t, y: y / t])
def test_a_start_at_a_singularity_is_named(fun, jit):
    solution = solve(fun, (0.0, 1.0), [0.0], jit=jit)
    assert solution.status == -1
    assert "t = 0 are not finite" in solution.message
    assert_array_equal(solution.t, [0])


# ------------------------------------------------------------------------------------------------------ discontinuities


@pytest.mark.parametrize("jit", [True, False])
def test_a_jump_in_time_is_met(jit):
    def field(t, y):
        return [1.0 + 0 * y[0]] if t < 1 / 3 else [-2.0 + 0 * y[0]]

    solution = solve(field, (0.0, 1.0), [0.0], jit=jit)
    assert solution.success
    assert solution.t.size < 300
    # the jump is placed within the step that steps are shortened to
    assert_allclose(solution.y[0, -1], 1 / 3 - 4 / 3, rtol=0, atol=1e-11)


@pytest.mark.parametrize("jit", [True, False])
def test_a_jump_in_the_state_is_met(jit):
    def field(t, y):
        return [y[1], np.where(y[0] > 0, -1.0, 2.0)]

    # falls with 1 above, is pushed with 2 below: v = 1 up and down above takes 2, below 1
    solution = solve(field, (0.0, 6.5), [0.0, 1.0], jit=jit, events=lambda t, y: y[0])
    assert solution.success
    assert_allclose(solution.y[:, -1], [0.375, 0.5], rtol=0, atol=1e-10)
    assert_allclose(solution.t_events[0], [0, 2, 3, 5, 6], rtol=0, atol=1e-10)


def test_a_kink_is_met():
    # y' = |t - 1|
    solution = solve(lambda t, y: [abs(t - 1)], (0.0, 3.0), [0.0])
    assert_allclose(solution.y[0, -1], 0.5 + 2, rtol=0, atol=1e-12)


def test_a_jump_in_a_small_component_is_met():
    def field(t, y):
        return [y[1], -y[0], 1e-12 if t < np.pi else -1e-12]

    solution = solve(field, (0.0, 10.0), [0.0, 1.0, 0.0])
    # a jump is met to within rounding of the largest component
    assert_allclose(solution.y[2, -1], 1e-12 * (2 * np.pi - 10), rtol=0, atol=32 * EPS)
    assert abs(solution.y[2, -1] - 1e-12 * (2 * np.pi - 10)) < 1e-2 * 1e-12
    assert_allclose(solution.y[:2, -1], [np.sin(10), np.cos(10)], rtol=0, atol=100 * EPS)


def stairs(t, y):
    k = 0
    while t >= k + 1:
        k += 1
    return [float(k) + 0 * y[0], np.cos(t)]


def stairs_exact(t):
    k = np.floor(t)
    return k * (k - 1) / 2 + k * (t - k)


@pytest.mark.parametrize("end", [5.5, 15.5, 17.5, 24.5])
def test_more_branches_than_there_is_machine_code_for(end):
    solution = ode.solve_ivp(stairs, (0, end), [0.0, 0.0], events=lambda t, y: np.sin(t))
    assert solution.success
    assert_allclose(solution.y[:, -1], [stairs_exact(end), np.sin(end)], rtol=0, atol=1e-9)
    assert_allclose(solution.t_events[0], np.pi * np.arange(int(end / np.pi) + 1), rtol=0, atol=1e-13)


def test_an_integrator_of_more_branches_than_there_is_machine_code_for():
    it = ode.integrator(stairs, 2, y=[0.0, 0.0])
    it.propagate_until(17.5)
    assert_allclose(it.state, [stairs_exact(17.5), np.sin(17.5)], rtol=0, atol=1e-9)
    times = np.linspace(17.5, 20.5, 61)
    states = it.propagate_grid(times)
    assert_allclose(states, np.column_stack([stairs_exact(times), np.sin(times)]), rtol=0, atol=1e-9)


# ------------------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize("span", [(1.0,), (1.0, 2.0, 3.0), 1.0, "ab", None, (1.0, 1.0), (0.0, np.nan), (np.inf, 1.0)])
def test_spans_are_pairs_of_different_finite_times(span):
    with pytest.raises((ValueError, TypeError), match="t_span"):
        solve(span=span)


@pytest.mark.parametrize("y0", [[[0.0, 1.0]], [], [np.nan, 1.0], [1.0, np.inf], [complex(0, np.inf), 0], 1.0])
def test_states_are_finite_vectors(y0):
    with pytest.raises(ValueError, match="y0"):
        solve(y0=y0)


@pytest.mark.parametrize("y0", [["a", "b"], [None, 1.0], [{}, []]])
def test_states_consist_of_numbers(y0):
    with pytest.raises((TypeError, ValueError)):
        solve(y0=y0)


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize(
    "fun",
    [
        lambda t, y: y[0],
        lambda t, y: [y[0]],
        lambda t, y: [y[0], y[1], 0.0],
        lambda t, y: y[:, None] * np.ones((2, 2)),
        lambda t, y: y[None],
        lambda t, y: 1.0,
    ],
)
def test_slopes_have_the_shape_of_the_state(fun, jit):
    with pytest.raises(ValueError, match=r"fun\(t, y\) must return as many numbers as y has"):
        solve(fun, jit=jit)


@pytest.mark.parametrize("jit", [True, False])
def test_a_function_that_returns_nothing(jit):
    with pytest.raises((TypeError, ValueError)):
        solve(lambda t, y: None, jit=jit)


@pytest.mark.parametrize("jit", [True, False])
def test_complex_slopes_of_real_states_are_refused(jit):
    with pytest.raises((TypeError, ValueError), match="complex"):
        solve(lambda t, y: 1j * y, jit=jit)


@pytest.mark.parametrize("jit", [True, False])
def test_what_the_right_hand_side_raises_passes_through(jit):
    def bad(t, y):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        solve(bad, jit=jit)


@pytest.mark.parametrize("name", ["rtol", "atol"])
def test_tolerances(name):
    with pytest.raises(ValueError, match=f"`{name}` must not be negative"):
        solve(**{name: -1e-6})
    with pytest.raises(ValueError, match=f"`{name}` must not be negative"):
        solve(**{name: [1e-6, np.nan]})
    with pytest.raises(ValueError, match=rf"`{name}` must be one number or have the shape \(2,\)"):
        solve(**{name: [1e-6, 1e-6, 1e-6]})
    with pytest.raises(TypeError, match=f"`{name}` must be a number"):
        solve(**{name: "small"})


@pytest.mark.parametrize("times", [[0.0, 2.0, 1.0], [1.0, 1.0], [3.0, 1.0]])
def test_times_asked_for_are_sorted(times):
    with pytest.raises(ValueError, match="not properly sorted"):
        solve(t_eval=times)


@pytest.mark.parametrize("times", [[-0.1, 2.0], [1.0, 10.5]])
def test_times_asked_for_lie_within_the_span(times):
    with pytest.raises(ValueError, match="not within"):
        solve(t_eval=times)


def test_times_asked_for_are_a_list():
    with pytest.raises(ValueError, match="1-dimensional"):
        solve(t_eval=[[1.0]])
    with pytest.raises(ValueError, match="t_eval"):
        solve(t_eval=[0.5, np.nan])


@pytest.mark.parametrize("order", [0, 3, -1, 10**6])
def test_orders_beyond_the_range(order):
    with pytest.raises(ValueError, match="`order` must lie between 4 and 1000"):
        solve(order=order)


@pytest.mark.parametrize("order", [5.0, "5", True])
def test_orders_are_whole_numbers(order):
    with pytest.raises(TypeError, match="`order` must be a whole number"):
        solve(order=order)


@pytest.mark.parametrize("name", ["max_step", "first_step"])
@pytest.mark.parametrize("value", [0, -1.0, np.nan])
def test_steps_are_positive(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be positive"):
        solve(**{name: value})


def test_arguments_are_a_tuple():
    with pytest.raises(TypeError, match=r"args=\(3\.0,\)"):
        solve(lambda t, y, a: y * a, args=3.0)
    with pytest.raises(TypeError):
        solve(args=(1.0,))  # one too many for the function


def test_numbers_of_another_kind_are_refused_with_a_way_out():
    from fractions import Fraction

    with pytest.raises(TypeError, match="mpmath"):
        solve(y0=[Fraction(1), Fraction(2)])


@pytest.mark.parametrize(
    ("fun", "y0", "t"),
    [
        (lambda t, y: [-np.sign(y[0])], [1.0], 1.0),
        (lambda t, y: [y[1], -y[0] - 0.3 * np.sign(y[1])], [1.0, 0.0], 2 * np.pi),
    ],
    ids=["sliding", "friction"],
)
def test_a_solution_that_slides_along_a_jump_ends_there(fun, y0, t):
    solution = ode.solve_ivp(fun, (0, 20), y0)
    assert solution.status == -1
    assert "do not get on" in solution.message
    assert abs(solution.t[-1] - t) < 1e-11


def test_slopes_that_are_rounding_noise_do_not_stop_the_steps():
    solution = ode.solve_ivp(lambda t, y: [(1 + y[1]) - (1 + y[2]), y[2], -y[1]], (0, 20), [1e-14, 1e-14, 0.0])
    assert solution.success
    assert solution.t.size < 100


def test_one_number_is_the_slope_of_one_component():
    solution = ode.solve_ivp(lambda t, y: -y[0], (0, 3), [2.0])
    np.testing.assert_allclose(solution.y[0, -1], 2 * np.exp(-3.0), rtol=1e-15)


def test_tolerances_are_numbers():
    with pytest.raises(TypeError, match="`atol` must be a number"):
        ode.solve_ivp(lambda t, y: -y, (0, 3), [2.0], atol=None)


def test_times_whose_squares_overflow_are_refused():
    with pytest.raises(ValueError, match="take a larger unit"):
        ode.solve_ivp(lambda t, y: [1.0], (0, 1e300), [0.0])
    np.testing.assert_allclose(ode.solve_ivp(lambda t, y: [1.0], (0, 1e150), [0.0]).y[0, -1], 1e150, rtol=1e-15)
