"""`check_derivatives` passes what is right, at every order and in every mode, and names what is wrong."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.special as sp

from taylorad.rules import TABLE, Rule, register
from taylorad.transforms.check import DerivativeError, check_derivatives
from taylorad.transforms.custom import custom_rule
from taylorad.transforms.richardson import derivative_from_values, noise_of
from tests.calls import SMOOTH, calls, coefficient_arrays, leaves
from tests.points import directions, function, typical_rows

X = np.array([0.3, 1.2, -0.4])


def rosenbrock(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def mode_names(report: Any, order: int) -> set[str]:
    return {c.mode for c in report.comparisons if c.order == order}


# ----------------------------------------------------------------------------------------------- what is right passes


def test_all_modes_are_compared_at_every_order():
    report = check_derivatives(rosenbrock, X, order=4)
    assert report.passed
    assert report.verdict == "ok"
    assert mode_names(report, 1) == {
        *("jvp", "linearize", "vjp", "grad", "jacobian, forward", "jacobian, reverse", "taylor", "taylor_vjp")
    }
    assert {"hvp", "hessian, hyperdual", "hessian, reverse-over-reverse"} < mode_names(report, 2)
    assert mode_names(report, 3) == {"third_directional", "taylor", "taylor_vjp"}
    assert mode_names(report, 4) == {"taylor", "taylor_vjp"}


def test_tolerances_are_tight():
    report = check_derivatives(rosenbrock, X, order=3)
    assert max(c.tolerance for c in report.comparisons) < 1e-6  # of derivatives of some hundreds


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("f", "x"),
    [
        (rosenbrock, np.ones(3)),  # the gradient is zero
        (lambda x: 0 * x, 1.0),
        (lambda x: 3.0 * x, 0.0),
        (lambda x: np.sum(x * 1e-9) + 1e9, X),
        (lambda x: np.log(x), 1e-9),
        (lambda x: np.exp(x * 1e-6) * x**3, 1e6),
        (lambda x: np.where(x > 0.25, x**2, -x), X),
        (lambda x: np.linalg.norm(x) * x, X),
        (lambda x: np.cumsum(np.tanh(x))[:, None] * x, X),
        (lambda z: np.exp(z) * z**2, X + 1j),
        (lambda z: np.real(z) * np.abs(z) ** 2, X + 1j),
        (lambda x: np.exp(1j * x), X),
        (lambda x: np.sum(np.cos(x) * x), np.linspace(-3, 3, 20, dtype=np.float32)),
        (lambda p: {"y": p["w"] @ p["w"], "z": [p["b"] * 2, np.sin(p["w"])]}, {"w": np.array([1.0, 2.0]), "b": 3.0}),
        (lambda p: p[0] @ p[1], (np.ones((2, 3)), X)),
        (lambda x: np.zeros(0) * x[:0], X),
    ],
)
def test_right_derivatives_pass(f, x, seed):
    report = check_derivatives(f, x, order=3, seed=seed)
    assert report.passed, report


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_array_functions_pass(f, shapes):
    arguments = tuple(a[0][()] for a in coefficient_arrays(shapes, 1))
    order = 2 if sum(np.size(a) for a in arguments) <= 24 else 1  # a Hessian has many entries
    report = check_derivatives(lambda x: [1.0 * leaf for leaf in leaves(f(*x))], arguments, order)
    assert report.passed, report


@pytest.mark.parametrize(("name", "point"), typical_rows(count=1))
def test_elementary_functions_pass(name, point):
    moving = [i for i, d in enumerate(directions(name)) if d]

    def f(moved: Any) -> Any:
        arguments = list(point.arguments)
        for i, x in zip(moving, moved, strict=True):
            arguments[i] = x
        return [1.0 * y for y in leaves(function(name)(*arguments))]

    report = check_derivatives(f, [np.atleast_1d(point.arguments[i]) * 1.0 for i in moving])
    assert report.passed, report


# ----------------------------------------------------------------------------------------------- what is wrong is named


def sign_lost(x: Any) -> Any:
    """A rule that forgets the minus."""
    return custom_rule(np.cos, np.sin, name="cosine")(x)


def test_wrong_rule_is_named_with_its_line():
    def f(x: Any) -> Any:
        y = np.exp(x)
        return np.sum(sign_lost(y) * x)

    report = check_derivatives(f, X)
    assert report.verdict == "wrong"
    assert report.suspect is not None
    assert (report.suspect.name, report.suspect.index, report.suspect.operation) == (
        "cosine", 2, "Node(2: cosine(v1))",
    )  # fmt: skip
    assert re.search(r"test_check\.py, line \d+: `return custom_rule", report.suspect.line)
    assert "finite differences give" in str(report)
    assert all(c.verdict == "wrong" for c in report.comparisons if c.order)


def test_wrong_rule_of_the_table_is_named():
    rule = Rule(start=lambda xp, x: xp.exp(x), ode=lambda x, y: (1, 2 * y), monotony=1)  # y' = y, not 2 y
    before = TABLE["expm1"]
    try:
        register("expm1", rule)
        report = check_derivatives(lambda x: np.expm1(np.sin(x)), 0.4)
    finally:
        TABLE["expm1"] = before
    assert report.suspect is not None
    assert report.suspect.name == "expm1"
    assert check_derivatives(lambda x: np.expm1(np.sin(x)), 0.4).passed


def test_rule_whose_slope_is_right_at_one_point_only_is_named():
    square = custom_rule(lambda x: x**2, lambda x: 0.6 + 0 * x, name="square")
    report = check_derivatives(lambda x: 3 * square(x), 0.3)
    assert {c.order for c in report.comparisons if c.verdict == "wrong"} == {2}
    assert report.suspect is not None
    assert report.suspect.name == "square"


def test_wrong_pullback_is_named():
    flipped = custom_rule(
        lambda x: x[::-1], pushforward=lambda x, dx: dx[::-1], pullback=lambda x, ybar: ybar, name="flipped"
    )
    report = check_derivatives(lambda x: np.exp(flipped(x)), X)
    assert {c.mode for c in report.comparisons if c.verdict == "wrong"} >= {"vjp", "jacobian, reverse"}
    assert next(c for c in report.comparisons if c.mode == "jvp").verdict == "ok"
    assert report.suspect is not None
    assert report.suspect.name == "flipped"
    assert "pullback" in report.suspect.what


def test_derivative_taken_out_by_hand_is_explained():
    report = check_derivatives(lambda x: x * getattr(x, "primal", x), 2.0)
    assert report.verdict == "wrong"
    assert report.suspect is None
    assert "numbers taken out of the derivative" in report.reason.replace("\n", " ")


def test_random_functions_are_found():
    rng = np.random.default_rng(0)
    report = check_derivatives(lambda x: x * rng.uniform(), 1.0)
    assert report.verdict == "wrong"
    assert "called again" in report.reason


@pytest.mark.parametrize(
    ("f", "x", "order"),
    [
        (np.abs, 0.0, 1),
        (lambda x: np.maximum(x, 0), np.array([1.0, 0.0, -1.0]), 1),
        (lambda x: np.max(x), np.array([1.0, 2.0, 2.0]), 1),
        (lambda x: np.abs(x) * x, 0.0, 2),
        (lambda x: np.abs(x) ** 3, 0.0, 3),
        (lambda x: np.floor(x) + x, 2.0, 1),
    ],
)
def test_kinks_are_not_smooth_rather_than_wrong(f, x, order):
    report = check_derivatives(f, x, order=3)
    assert report.verdict == "not smooth"
    assert report.suspect is None
    assert {c.order for c in report.comparisons if c.verdict == "not smooth"} == set(range(order, 4))
    assert "one side" in report.reason or "jumps" in report.reason


def test_kinks_beside_x_do_not_matter():
    assert check_derivatives(lambda x: np.abs(x - 1.0), 1.001).passed


def test_ends_of_domains_are_not_smooth():
    report = check_derivatives(np.sqrt, 0.0)
    assert report.verdict == "not smooth"
    assert report.reason == "f is not finite beside x"


def test_values_that_are_not_finite_name_the_operation():
    report = check_derivatives(lambda x: np.exp(np.log(x - x) * x), 0.5)
    assert report.verdict == "not finite"
    assert report.suspect is not None
    assert report.suspect.name == "log"


def test_derivatives_that_are_not_finite_are_reported():
    report = check_derivatives(np.cbrt, 0.0)
    assert not report.passed
    assert "wrong" not in {c.verdict for c in report.comparisons}


def test_lost_derivatives_raise_their_error():
    with pytest.raises(TypeError, match="derivative"):
        check_derivatives(lambda x: x.__float__() * x, np.array(1.0))


# ---------------------------------------------------------------------------------------------------------- the report


def test_report_is_a_table():
    lines = str(check_derivatives(np.sin, 0.5)).splitlines()
    assert lines[0] == "derivatives: ok"
    assert lines[1].split() == ["order", "mode", "difference", "tolerance", "verdict"]
    assert len({len(line.rstrip()) for line in lines[2:]}) == 1


def test_error_is_an_assertion_with_the_report():
    with pytest.raises(DerivativeError, match=r"(?s)derivatives: wrong.*first suspect: cosine"):
        check_derivatives(sign_lost, 0.5, raise_on_error=True)
    assert issubclass(DerivativeError, AssertionError)
    assert check_derivatives(np.sin, 0.5, raise_on_error=True).passed


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="order 1 and above"):
        check_derivatives(np.sin, 0.5, order=0)
    with pytest.raises(TypeError, match="floating-point"):
        check_derivatives(lambda x: x, np.array([Fraction(1)], dtype=object))


# --------------------------------------------------------------------------------------------------- finite differences


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("side", [0, 1, -1])
@pytest.mark.parametrize(
    ("f", "exact"),
    [
        (np.exp, lambda k: 1.0),
        (lambda s: np.log(1.1 + s) + 1e3, lambda k: (-1) ** (k - 1) * float(sp.factorial(k - 1)) / 1.1**k),
        (lambda s: np.abs(s + 1e-2), lambda k: float(k == 1)),
        (lambda s: np.cos(30 * s), lambda k: 30.0**k * [1, 0, -1, 0][k % 4]),
        (lambda s: s**5, lambda k: 0.0),
    ],
)
def test_estimated_error_covers_the_true_one(f, exact, order, side):
    estimate = derivative_from_values(lambda s: np.array([f(s)]), order, side)
    assert abs(estimate.value[0] - exact(order)) <= 10 * estimate.error[0]  # SAFETY
    assert estimate.error[0] < 1e-2 * 30**order or side


def test_noise_is_measured():
    rng = np.random.default_rng(1)
    noisy = noise_of(lambda s: np.array([np.sin(s) + 1e-6 * rng.standard_normal()]))
    assert 0.3e-6 < noisy[0] < 3e-6
    assert noise_of(lambda s: np.array([1.0 + s]))[0] < 1e-15
