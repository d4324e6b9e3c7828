"""NIST's files are read right, the trust region is solved to optimality, and the certified digits are reached."""

import re

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import taylorad as ta
from taylorad import nist
from taylorad.nist import newton, problems
from taylorad.nist.fitting import _reason, correct_digits


@pytest.fixture(scope="module")
def results():
    return [nist.fit(nist.load(name), start) for name in nist.names() for start in (1, 2)]


# ------------------------------------------------------------------------------------------------------------ problems


def test_there_are_27_problems():
    assert len(nist.names()) == 27


@pytest.mark.parametrize("name", nist.names())
def test_the_model_read_from_the_text_gives_the_certified_sum_of_squares(name):
    problem = nist.load(name)
    # 11 digits of the parameters leave this of a sum of 1e-25 (Lanczos1); 11 digits of the sum itself leave the rest
    np.testing.assert_allclose(problem.rss(problem.certified), problem.certified_rss, rtol=1e-9, atol=1e-20)


@pytest.mark.parametrize("name", nist.names())
def test_a_problem_is_complete(name):
    problem = nist.load(name)
    text = problems.resources.files("taylorad.nist").joinpath("data", f"{name}.dat").read_text()
    header = {key: float(text.split(f"{key}:")[1].split()[0]) for key in ("Deviation", "Number of Observations")}
    freedom = problem.response.size - problem.certified.size  # the line "Degrees of Freedom" of Rat43 says 9, it is 11
    assert problem.level in ("Lower", "Average", "Higher")
    assert problem.response.size == header["Number of Observations"]
    assert np.sqrt(problem.certified_rss / freedom) == pytest.approx(header["Deviation"], rel=1e-9)
    assert problem.predictors.shape == (len(problem.predictor_names), problem.response.size)
    assert problem.starts.shape == (2, problem.certified.size)
    assert (problem.standard_deviations > 0).all()


def test_what_is_special_in_the_files_is_read():
    nelson, roszman = nist.load("Nelson"), nist.load("Roszman1")
    assert nelson.response_formula == "log[y]"
    assert nelson.response[0] == np.log(15.0)
    assert nelson.predictor_names == ("x1", "x2")
    x, b = -4868.68, roszman.certified
    assert roszman.model(b, [x]) == pytest.approx(b[0] - b[1] * x - np.arctan(b[2] / (x - b[3])) / np.pi, rel=1e-15)


def test_names_are_found_in_any_case_and_close_ones_suggested():
    assert nist.load("misra1A") is nist.load("Misra1a")
    with pytest.raises(ValueError, match="unknown problem 'Misra2': choose from Misra1"):
        nist.load("Misra2")
    with pytest.raises(ValueError, match="choose from Bennett5, BoxBOD"):
        nist.load("?")


# -------------------------------------------------------------------------------------------------------- trust region

entries = st.floats(-10, 10).map(lambda value: round(value, 3))


@st.composite
def quadratics(draw):
    n = draw(st.integers(1, 5))
    gradient = draw(hnp.arrays(float, n, elements=entries))
    matrix = draw(hnp.arrays(float, (n, n), elements=entries))
    if draw(st.booleans()):  # diagonal ones hit the hard case
        matrix = np.diag(np.diag(matrix))
    return gradient, matrix + matrix.T, 10.0 ** draw(st.integers(-6, 6))


@given(quadratics())
def test_the_step_satisfies_the_conditions_of_a_global_minimum(quadratic):
    gradient, hessian, radius = quadratic
    step, multiplier = newton.trust_region_step(gradient, hessian, radius)
    shifted = hessian + multiplier * np.eye(len(step))
    size = np.linalg.norm(hessian) + multiplier + 1e-300
    assert multiplier >= 0
    assert np.linalg.norm(step) <= radius * (1 + 1e-7)  # the root is found to 1e-8
    assert np.linalg.eigvalsh(shifted)[0] >= -1e-12 * size
    residual = np.linalg.norm(shifted @ step + gradient)
    assert residual <= 1e-12 * (size * np.linalg.norm(step) + np.linalg.norm(gradient))
    if multiplier > 1e-12 * size:
        assert np.linalg.norm(step) == pytest.approx(radius, rel=1e-7)


def _objective(function, scale=lambda x, before: 1 / np.abs(x)):
    return newton.Objective(function, ta.grad(function), ta.hessian(function, mode="hyperdual"), scale)


def test_rosenbrock_in_any_units():
    units = np.array([1e-8, 1e8])

    def rosenbrock(x):
        u = x / units
        return (1 - u[0]) ** 2 + 100 * (u[1] - u[0] ** 2) ** 2

    minimum = newton.minimise(_objective(rosenbrock), np.array([-1.2, 1.0]) * units)
    assert minimum.converged
    assert minimum.iterations < 40
    np.testing.assert_allclose(minimum.x / units, 1.0, rtol=1e-14)


def test_a_saddle_is_left_along_negative_curvature():
    minimum = newton.minimise(
        _objective(lambda x: (x[0] ** 2 - 1) ** 2 + (x[1] - 1) ** 2, lambda x, b: np.ones(2)), np.zeros(2)
    )
    assert minimum.converged
    np.testing.assert_allclose(np.abs(minimum.x), 1.0, rtol=1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_leaving_the_domain_shortens_the_step():
    minimum = newton.minimise(_objective(lambda x: x[0] - np.log(x[0])), np.array([1e-3]))
    assert minimum.converged
    assert minimum.x[0] == pytest.approx(1.0, rel=1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("function", "start", "reason"),
    [
        (lambda x: np.log(x[0]), -1.0, "the value at the start is not finite"),
        (lambda x: np.exp(-x[0]) + 0 * x[0], 1.0, "limit of 20 iterations|not finite|no step"),
        (lambda x: -(x[0] ** 2), 1.0, "limit of 20 iterations"),
    ],
)
def test_without_a_minimum_there_is_a_reason(function, start, reason):
    minimum = newton.minimise(_objective(function), np.array([start]), limit=20)
    assert not minimum.converged
    assert re.search(reason, minimum.reason)


# ----------------------------------------------------------------------------------------------------------------- fits


def test_at_least_50_of_54_runs_reach_8_digits(results):
    assert len(results) == 54
    short = [f"{run.problem} {run.start}: {run.digits:.1f} digits, {run.reason}" for run in results if not run.is_good]
    assert len(short) <= 4, short


def test_every_run_that_falls_short_says_why_and_no_other(results):
    assert all(bool(run.reason) != run.is_good for run in results)


def test_good_runs_have_the_certified_sum_of_squares(results):
    for run in results:
        if run.is_good:  # the sum of squares of Lanczos1 is 1e-25: rounding errors of the data, squared
            assert run.converged
            assert run.rss == pytest.approx(run.certified_rss, rel=1e-9, abs=1e-26)


def test_reasons_are_found_from_what_happened():
    problem = nist.load("BoxBOD")
    for minimum, reason in [
        (newton.Minimum(problem.certified * 2, 5000.0, 9, 9, ""), "converged to another stationary point"),
        (
            newton.Minimum(problem.certified[::-1], problem.certified_rss, 9, 9, ""),
            "converged to an equivalent minimum",
        ),
        (newton.Minimum(np.array([1.0, 1e9]), 5000.0, 9, 9, "the limit"), "the limit, b2 running off to infinity"),
        (newton.Minimum(np.array([1.0, np.nan]), np.nan, 9, 9, "the limit"), "the limit, b2 running off to infinity"),
    ]:
        assert _reason(problem, minimum).startswith(reason)


def test_digits_are_those_of_the_worst_parameter_between_0_and_11():
    certified = np.array([1.0, -2.0])
    assert correct_digits(certified, certified) == 11
    assert correct_digits(np.array([1.0, -2.002]), certified) == pytest.approx(3)
    assert correct_digits(np.array([1.0, 2e9]), certified) == 0
    assert correct_digits(np.array([1.0, np.nan]), certified) == 0


def test_a_start_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="start must be 1 or 2, not 3"):
        nist.fit(nist.load("BoxBOD"), 3)
