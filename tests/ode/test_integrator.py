"""`integrator`: a stepper to hold and use many times, against closed forms and `solve_ivp`."""

from __future__ import annotations

import math
import threading

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from taylorad import ode
from taylorad.ode.online import solution_coefficients
from tests.ode.references import EPS, REFERENCES


def oscillator(t, y, frequency):
    return [y[1], -(frequency**2) * y[0]]


def made(frequency=1.0, y=(0.0, 1.0), **options):
    return ode.integrator(oscillator, 2, args=(frequency,), y=y, **options)


def exact(t, frequency=1.0):
    return np.array([np.sin(frequency * t) / frequency, np.cos(frequency * t)])


PHASE = 20 * EPS  # ten steps, 10 rad


# ------------------------------------------------------------------------------------------------------------- movement


@pytest.mark.parametrize("jit", [True, False])
def test_steps_forward_and_backward(jit):
    it = made(jit=jit)
    lengths = [it.step() for _ in range(5)]
    assert min(lengths) > 0
    assert it.steps == 5
    assert it.last_step == lengths[-1]
    assert_allclose(it.time, math.fsum(lengths), rtol=EPS)
    assert_allclose(it.state, exact(it.time), rtol=0, atol=PHASE)
    back = [it.step(backward=True) for _ in range(7)]
    assert max(back) < 0
    assert it.time < 0
    assert_allclose(it.state, exact(it.time), rtol=0, atol=PHASE)


def test_steps_may_be_kept_short():
    it = made()
    natural = it.step()
    assert it.step(max_step=0.125) == 0.125
    assert it.step(backward=True, max_step=0.125) == -0.125
    assert it.step() > natural / 2
    limited = made(max_step=0.0625)
    assert limited.step() <= 0.0625
    assert limited.step(max_step=10.0) <= 0.0625


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize("times", [(10.0,), (-10.0,), (1e-3, 5.0, 5.0, -2.0, 0.0, 7.5)])
def test_propagation_to_a_time(times, jit):
    it = made(jit=jit)
    for t in times:
        it.propagate_until(t)
        assert it.time == t
        assert_allclose(it.state, exact(t), rtol=0, atol=3 * PHASE)


def test_propagation_for_a_span_of_time():
    it = made()
    for span in (1.5, 0.25, -3.0, 0.0):
        it.propagate_for(span)
    assert it.time == -1.25
    assert_allclose(it.state, exact(-1.25), rtol=0, atol=PHASE)


def test_propagation_ends_where_solve_ivp_does():
    problem = REFERENCES["pleiades"]
    it = ode.integrator(problem.fun, problem.y0.size, args=problem.args, t=problem.span[0], y=problem.y0)
    it.propagate_until(problem.span[1])
    assert_array_equal(it.state, problem.solve().y[:, -1])
    assert it.steps == problem.solve().t.size - 1


def test_the_number_of_steps_may_be_limited():
    it = made()
    with pytest.raises(ode.IntegrationError, match="max_steps = 3"):
        it.propagate_until(100.0, max_steps=3)
    assert it.steps == 3
    assert_allclose(it.state, exact(it.time), rtol=0, atol=PHASE)
    it.propagate_until(4.0, max_steps=100)
    assert_allclose(it.state, exact(4.0), rtol=0, atol=PHASE)


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize(
    "times",
    [
        np.linspace(0, 10, 101),
        np.linspace(0, -10, 101),
        [0.0, 0.0, 0.01, 0.01, 0.02, 9.0, 9.0],
        [5.0],
        [0.0],
        [1e-12, 1e-9],
        [],
        [3, 4, 5],
        np.arange(1, 200.0),
    ],
)
def test_states_on_a_grid(times, jit):
    it = made(jit=jit)
    states = it.propagate_grid(times)
    times = np.asarray(times, dtype=float)
    assert states.shape == (len(times), 2)
    assert_allclose(states, exact(times).T, rtol=0, atol=EPS * (20 + 2 * np.max(np.abs(times), initial=0)))
    if len(times):
        assert it.time == times[-1]
        assert_allclose(states[-1], it.state, rtol=0, atol=2 * EPS)


def test_grids_follow_one_another():
    it = made()
    first, second, third = it.propagate_grid([1.0, 2.0]), it.propagate_grid([2.0, 3.0]), it.propagate_grid([2.5, -1.0])
    assert_allclose(
        np.concatenate([first, second, third]), exact(np.array([1, 2, 2, 3, 2.5, -1])).T, rtol=0, atol=PHASE
    )


def test_a_grid_is_the_dense_output_of_solve_ivp():
    problem = REFERENCES["lorenz_5"]
    times = np.linspace(*problem.span, 300)
    it = ode.integrator(problem.fun, 3, args=problem.args, y=problem.y0)
    assert_array_equal(it.propagate_grid(times)[:-1], problem.solve(t_eval=times).y.T[:-1])


@pytest.mark.parametrize("times", [[1.0, 0.5, 2.0], [-1.0, 1.0], [1.0, -1.0], [1.0, math.nan], [math.inf]])
def test_grids_are_sorted_and_on_one_side(times):
    with pytest.raises(ValueError, match="must be"):
        made().propagate_grid(times)


# ------------------------------------------------------------------------------------------- coefficients, dense output


@pytest.mark.parametrize("jit", [True, False])
def test_coefficients_are_those_of_the_solution_here(jit):
    it = made(jit=jit)
    for _ in range(3):
        k = np.arange(it.order + 1)
        factorials = np.array([float(math.factorial(j)) for j in k])
        y, dy = it.state
        cycle = np.array([[y, dy], [dy, -y], [-y, -dy], [-dy, y]])[k % 4]
        assert_allclose(it.coefficients, cycle / factorials[:, None], rtol=it.order * EPS)
        it.step()
    assert it.coefficients.shape == (it.order + 1, 2)


@pytest.mark.parametrize("name", ["pleiades", "lorenz_5", "duffing_ueda", "elementary_functions"])
def test_coefficients_of_machine_code_are_those_of_fifty_digits(name):
    problem = REFERENCES[name]
    it = ode.integrator(problem.fun, problem.y0.size, args=problem.args, t=problem.span[0], y=problem.y0, order=12)
    with mpmath.workdps(50):
        y = np.array([mpmath.mpf(x) for x in problem.y0.tolist()])
        exact = solution_coefficients(lambda t, y: problem.fun(t, y, *problem.args), mpmath.mpf(problem.span[0]), y, 12)
        exact = exact.astype(float)
    # a sum of products at every degree: 12 rounding errors of the largest component of that degree, a few times
    size = np.max(np.abs(exact), axis=1, keepdims=True)
    assert np.all(np.abs(it.coefficients - exact) <= 200 * EPS * size)


def test_looking_at_coefficients_changes_nothing():
    looked, plain = made(), made()
    for _ in range(5):
        assert looked.coefficients.shape == (21, 2)
        assert looked.step() == plain.step()
        assert looked.coefficients[0][0] == plain.state[0]
    assert_array_equal(looked.state, plain.state)


@pytest.mark.parametrize("jit", [True, False])
def test_dense_output_of_the_last_step(jit):
    it = made(jit=jit)
    with pytest.raises(ValueError, match="no step yet"):
        it.dense_output(0.0)
    for backward in (False, False, True, True, True):
        before = it.time
        it.step(backward=backward)
        times = np.linspace(before, it.time, 11)
        assert_allclose(it.dense_output(times), exact(times), rtol=0, atol=PHASE)
        assert it.dense_output(times[3]).shape == (2,)
        outside = it.time - 0.01 if backward else it.time + 0.01
        with pytest.raises(ValueError, match="last step"):
            it.dense_output(outside)
    it.propagate_until(50.0)
    assert_allclose(it.dense_output(50.0 - it.last_step / 2), exact(50.0 - it.last_step / 2), rtol=0, atol=100 * EPS)


# ------------------------------------------------------------------------------------------------ states and parameters


def test_states_may_be_set_again_and_again():
    it = made(y=None)
    assert "no state yet" in repr(it)
    for t, phase in ((0.0, 0.0), (100.0, 0.5), (-3.0, 2.0)):
        it.set_state(t, exact(phase))
        assert it.time == t
        assert_array_equal(it.state, exact(phase))
        it.propagate_for(5.0)
        assert_allclose(it.state, exact(phase + 5), rtol=0, atol=PHASE)


def test_setting_a_state_forgets_the_one_before():
    used, fresh = made(), made()
    used.propagate_until(33.0)
    used.set_state(0.0, [0.0, 1.0])
    for it in (used, fresh):
        it.propagate_until(20.0)
    assert_array_equal(used.state, fresh.state)


def test_parameters_change_without_a_new_compilation():
    it = made()
    it.propagate_until(1.0)
    before = it._run.stepper.versions[0]
    for frequency in (2.0, 0.1, 30.0):
        it.parameters = (frequency,)
        it.set_state(0.0, [0.0, 1.0])
        it.propagate_until(1.0)
        assert it.parameters == (frequency,)
        assert_allclose(it.state, exact(1.0, frequency), rtol=0, atol=60 * EPS)
    assert it._run.stepper.versions == [before]


def test_parameters_may_change_on_the_way():
    it = made()
    it.propagate_until(1.0)
    it.parameters = (3.0,)
    it.propagate_until(2.0)
    start = exact(1.0)
    expected = [start[0] * np.cos(3) + start[1] * np.sin(3) / 3, start[1] * np.cos(3) - 3 * start[0] * np.sin(3)]
    assert_allclose(it.state, expected, rtol=0, atol=PHASE)


def test_parameters_of_any_container():
    def field(t, y, p):
        return -p["rate"] * y + p["source"]

    it = ode.integrator(field, 2, args=({"rate": 2.0, "source": np.array([1.0, 0.0])},), y=[0.0, 1.0])
    it.propagate_until(1.0)
    assert_allclose(it.state, [(1 - np.exp(-2)) / 2, np.exp(-2)], rtol=10 * EPS)
    it.parameters = ({"rate": 1.0, "source": np.array([0.0, 3.0])},)
    it.set_state(0.0, [1.0, 0.0])
    it.propagate_until(1.0)
    assert_allclose(it.state, [np.exp(-1), 3 * (1 - np.exp(-1))], rtol=10 * EPS)


def test_parameters_of_other_shapes_are_refused():
    it = made()
    for wrong in ((), (1.0, 2.0), (np.ones(2),)):
        with pytest.raises(ValueError, match="parameters must have"):
            it.parameters = wrong
    assert it.parameters == (1.0,)
    with pytest.raises(TypeError, match="args="):
        it.parameters = 3.0


def test_parameters_before_the_first_state_are_free():
    it = made(y=None)
    it.parameters = (2.0,)
    it.set_state(0.0, [0.0, 1.0])
    it.propagate_until(1.0)
    assert_allclose(it.state, exact(1.0, 2.0), rtol=0, atol=PHASE)


def test_states_may_change_their_type():
    it = ode.integrator(lambda t, y: -y, 1, y=[1.0])
    it.propagate_until(1.0)
    it.set_state(0.0, np.array([1j]))
    it.propagate_until(1.0)
    assert_allclose(it.state, [1j * np.exp(-1)], rtol=10 * EPS)
    it.set_state(0.0, np.array([1], dtype=np.longdouble))
    it.propagate_until(1)
    assert abs(it.state[0] - np.exp(np.longdouble(-1))) < 4 * np.finfo(np.longdouble).eps
    with mpmath.workdps(40):
        it.set_state(mpmath.mpf(0), [mpmath.mpf(1)])
        it.propagate_until(mpmath.mpf(1))
        assert abs(it.state[0] - mpmath.exp(-1)) < mpmath.mpf(10) ** -38
    it.set_state(0, [1])
    it.propagate_until(1)
    assert it.state.dtype == np.float64
    assert_allclose(it.state, [np.exp(-1)], rtol=10 * EPS)


def test_what_is_returned_is_a_copy():
    it = made()
    it.state[0] = 5.0
    it.coefficients[0] = 5.0
    assert_array_equal(it.state, [0, 1])
    y = np.array([0.0, 1.0])
    it.set_state(0.0, y)
    it.step()
    assert_array_equal(y, [0, 1])
    grid = it.propagate_grid([2.0, 3.0])
    kept = grid.copy()
    it.propagate_until(10.0)
    assert_array_equal(grid, kept)


# --------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("name", ["time", "state", "coefficients", "order", "last_step"])
def test_nothing_is_known_before_the_first_state(name):
    with pytest.raises(RuntimeError, match="set_state"):
        getattr(made(y=None), name)


def test_nothing_moves_before_the_first_state():
    for move in (lambda it: it.step(), lambda it: it.propagate_until(1.0), lambda it: it.propagate_grid([1.0])):
        with pytest.raises(RuntimeError, match="set_state"):
            move(made(y=None))


@pytest.mark.parametrize("n", [0, -1, 2.0, "2", True, None])
def test_sizes_are_positive_whole_numbers(n):
    with pytest.raises(ValueError, match="n must be how many"):
        ode.integrator(oscillator, n)


@pytest.mark.parametrize("y", [[1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]], [1.0, math.nan], 1.0])
def test_states_have_the_size_of_the_integrator(y):
    with pytest.raises(ValueError, match=r"y"):
        made().set_state(0.0, y)


@pytest.mark.parametrize("t", [math.nan, math.inf, -math.inf])
def test_times_are_finite(t):
    with pytest.raises(ValueError, match="t must be finite"):
        made().propagate_until(t)
    with pytest.raises(ValueError, match="t must be finite"):
        made().set_state(t, [0.0, 1.0])


def test_a_singularity_leaves_the_state_reached():
    it = ode.integrator(lambda t, y: y**2, 1, y=[1.0])
    with pytest.raises(ode.IntegrationError, match="near t = "):
        it.propagate_until(2.0)
    assert 0.999 < it.time <= 1
    assert it.state[0] > 1000
    assert it.steps > 10
    it.set_state(0.0, [-1.0])  # and it can be used again
    it.propagate_until(1.0)
    assert_allclose(it.state, [-0.5], rtol=10 * EPS)


def test_what_the_right_hand_side_raises_passes_through():
    def bad(t, y):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ode.integrator(bad, 1, y=[1.0])


# ------------------------------------------------------------------------------------------------------- many at a time


def test_many_integrators_do_not_disturb_each_other():
    several = [made(frequency=1 + i / 10, y=None) for i in range(20)]
    for i, it in enumerate(several):
        it.set_state(0.0, [0.0, 1 + i])
    for _ in range(4):
        for it in several:
            it.step()
    for i, it in enumerate(several):
        it.propagate_until(8.0)
        assert_allclose(it.state, (1 + i) * exact(8.0, 1 + i / 10), rtol=0, atol=(1 + i) * 60 * EPS)


def test_integrators_in_threads():
    results = {}

    def work(i):
        it = made(frequency=1 + i / 10)
        it.propagate_until(1000.0)
        results[i] = it.state

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(6):
        alone = made(frequency=1 + i / 10)
        alone.propagate_until(1000.0)
        assert_array_equal(results[i], alone.state)
