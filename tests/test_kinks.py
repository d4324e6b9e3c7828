"""Kinks: one policy for all functions, the same in every mode, and no nan from branches that are not taken.

A row says what a function's derivatives are at a kink under "subgradient"; all modes must agree on it. Under "nan" they
are nan, under "raise" there is an error, and the value is NumPy's under all three.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special as sp

import taylorad as ta
from taylorad.algebras import DomainWarning
from taylorad.rules import TABLE
from taylorad.rules.kinks import KINKS, POLICIES, table

NAN, INF = np.nan, np.inf
HESSIANS = ("hyperdual", "forward-over-reverse", "reverse-over-forward", "reverse-over-reverse")
UNKNOWN = [[NAN, NAN], [NAN, NAN]]
ZERO = [[0.0, 0.0], [0.0, 0.0]]


@dataclass(frozen=True)
class Row:
    """A function at a kink, and its derivatives under "subgradient".

    taylor : coefficients 1, 2, 3 along the direction of ones; one-sided where a root is not a function of one side
    """

    f: Callable
    x: list[float]
    gradient: list[float]
    hessian: list[list[float]]
    taylor: tuple[float, float, float]


def of_one(f: Callable, x: float, slope: float, curvature: float = 0.0, third: float = 0.0) -> Row:
    """A function of one variable; its Taylor coefficients have the signs of its derivatives."""
    return Row(lambda x: f(x[0]), [x], [slope], [[curvature]], (slope, curvature, third))


def of_two(f: Callable, x: list[float], gradient: list[float], hessian: Any = ZERO, taylor: Any = None) -> Row:
    return Row(lambda x: f(x[0], x[1]), x, gradient, hessian, taylor or (sum(gradient), 0.0, 0.0))


ROOT2 = float(np.sqrt(2))
ROWS: dict[str, Row] = {
    "absolute": of_one(np.abs, 0.0, 0.0),
    "fabs": of_one(np.fabs, 0.0, 0.0),
    "absolute of complex": of_two(lambda x, y: np.abs(x + 1j * y), [0.0, 0.0], [0, 0], UNKNOWN, (ROOT2, 0.0, 0.0)),
    "copysign": of_one(lambda x: np.copysign(x, -1.0), 0.0, 0.0),
    "maximum": of_two(np.maximum, [1.0, 1.0], [0.5, 0.5]),
    "maximum with 0": of_one(lambda x: np.maximum(x, 0), 0.0, 0.5),
    "minimum": of_two(np.minimum, [1.0, 1.0], [0.5, 0.5]),
    "fmax": of_two(np.fmax, [1.0, 1.0], [0.5, 0.5]),
    "fmin": of_two(np.fmin, [1.0, 1.0], [0.5, 0.5]),
    "clip": of_one(lambda x: np.clip(x, -1, 1), 1.0, 0.5),
    **{n: Row(getattr(np, n), [1.0, 1.0], [0.5, 0.5], ZERO, (1.0, 0.0, 0.0)) for n in ("max", "min", "amax", "amin")},
    "ptp": Row(lambda x: np.ptp(x), [2.0, 2.0, 1.0], [0.5, 0.5, -1], np.zeros((3, 3)).tolist(), (0.0, 0.0, 0.0)),
    "sort": Row(lambda x: np.sort(x)[0], [1.0, 1.0], [1, 0], ZERO, (1.0, 0.0, 0.0)),
    "median": Row(np.median, [1.0, 1.0], [0.5, 0.5], ZERO, (1.0, 0.0, 0.0)),
    "interp": of_one(lambda x: np.interp(x, [0, 1, 2], [0, 1, 4]), 1.0, 2.0),
    "hypot": of_two(np.hypot, [0.0, 0.0], [0, 0], UNKNOWN, (ROOT2, 0.0, 0.0)),
    "linalg.norm": Row(np.linalg.norm, [0.0, 0.0], [0, 0], UNKNOWN, (ROOT2, 0.0, 0.0)),
    "linalg.vector_norm": Row(np.linalg.vector_norm, [0.0, 0.0], [0, 0], UNKNOWN, (ROOT2, 0.0, 0.0)),
    "std": Row(np.std, [3.0, 3.0], [0, 0], UNKNOWN, (0.0, 0.0, 0.0)),
    "sqrt": of_one(np.sqrt, 0.0, INF, -INF, INF),
    "sqrt of a square": of_one(lambda x: np.sqrt(x**2), 0.0, 0.0, NAN),
    "sqrt of squares": of_two(lambda x, y: np.sqrt(x * x + y * y), [0.0, 0.0], [0, 0], UNKNOWN, (ROOT2, 0.0, 0.0)),
    "cbrt": of_one(np.cbrt, 0.0, INF, -INF, INF),
    "constant_power": of_one(lambda x: x**0.3, 0.0, INF, -INF, INF),
    "arcsin": of_one(np.arcsin, 1.0, INF, INF, INF),
    "arccos": of_one(np.arccos, 1.0, -INF, -INF, -INF),
    "arccosh": of_one(np.arccosh, 1.0, INF, -INF, INF),
    "arctan2": of_two(np.arctan2, [0.0, 0.0], [NAN, NAN], UNKNOWN, (NAN, NAN, NAN)),
    "xlogy": of_one(lambda x: sp.xlogy(x, x), 0.0, -INF, INF, -INF),
    "entr": of_one(sp.entr, 0.0, INF, -INF, INF),
    "rel_entr": of_one(lambda x: sp.rel_entr(x, 2.0), 0.0, -INF, INF, -INF),
    "kl_div": of_one(lambda x: sp.kl_div(x, 2.0), 0.0, -INF, INF, -INF),
    "sign": of_one(np.sign, 0.0, 0.0),
    "heaviside": of_one(lambda x: np.heaviside(x, 0.5), 0.0, 0.0),
    **{n: of_one(getattr(np, n), 2.0, 0.0) for n in ("floor", "ceil", "trunc", "fix")},
    **{n: of_one(getattr(np, n), 2.5, 0.0) for n in ("rint", "round", "around")},
    "floor_divide": of_one(lambda x: x // 2, 4.0, 0.0),
    "remainder": of_one(lambda x: x % 2, 4.0, 1.0),
    "fmod": of_one(lambda x: np.fmod(x, 2), 4.0, 1.0),
    "divmod": of_one(lambda x: sum(divmod(x, 2)), 4.0, 1.0),
    "modf": of_one(lambda x: np.modf(x)[0], 4.0, 1.0),
}
ONE_SIDED = {"sqrt of a square": (1.0, 0.0, 0.0)}  # their Taylor series is that from the right


def gradients(row: Row) -> dict[str, Any]:
    """The gradient, by everything that gives it."""
    x = np.array(row.x)
    units = np.eye(len(x))
    push = ta.linearize(row.f, x)[1]
    return {
        "jvp": np.array([ta.jvp(row.f, x, v)[1] for v in units]),
        "linearize": np.array([push(v) for v in units]),
        "grad": ta.grad(row.f)(x),
        "vjp": ta.vjp(row.f, x)[1](1.0),
        "forward": ta.jacobian(row.f, mode="forward")(x),
        "reverse": ta.jacobian(row.f, mode="reverse")(x),
    }


ALL = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)


def test_every_kink_of_the_table_has_a_row():
    named = {name for kink in KINKS for name in kink.functions.split()}
    assert named <= set(ROWS)
    assert named <= set(TABLE)


def test_the_guide_shows_the_table():
    guide = Path(__file__).parents[1] / "docs" / "guide" / "edges.md"
    assert table() in guide.read_text(encoding="utf-8")


@ALL
def test_all_first_derivatives_are_those_of_the_table(row):
    for mode, gradient in gradients(row).items():
        assert np.array_equal(gradient, row.gradient, equal_nan=True), mode


@ALL
@pytest.mark.parametrize("mode", HESSIANS)
def test_second_derivatives_are_the_same_in_every_mode(row, mode):
    assert np.array_equal(ta.hessian(row.f, mode=mode)(row.x), row.hessian, equal_nan=True)


@pytest.mark.parametrize("name", ROWS)
def test_taylor_series_begin_with_the_same_derivatives(name):
    row = ROWS[name]
    series = ta.taylor(row.f, row.x, 3, np.ones(len(row.x)))
    expected = ONE_SIDED.get(name, row.taylor)
    assert series.value == row.f(np.array(row.x))
    assert np.allclose(series.coefficients[1:], expected, rtol=1e-15, atol=0, equal_nan=True)


@ALL
def test_values_do_not_depend_on_the_policy(row):
    x = np.array(row.x)
    for policy in POLICIES[:2]:
        with ta.at_kinks(policy):
            assert ta.vjp(row.f, x)[0] == ta.jvp(row.f, x, x)[0] == row.f(x)


@ALL
def test_derivatives_are_nan_under_nan(row):
    smooth = np.array(row.x) != np.array(row.x)[0]  # other entries than those that meet at the kink
    with ta.at_kinks("nan"):
        for mode, gradient in gradients(row).items():
            assert np.all(np.isnan(gradient) | smooth), mode
        for mode in HESSIANS:
            assert np.all(np.isnan(ta.hessian(row.f, mode=mode)(row.x)) | smooth | smooth[:, None]), mode
        assert np.isnan(ta.taylor(row.f, row.x, 3, np.ones(len(row.x))).coefficients[1:]).all()


@ALL
def test_raise_names_the_function_and_the_point(row):
    x = np.array(row.x)
    tries = [
        lambda: ta.grad(row.f)(x),
        lambda: ta.jvp(row.f, x, x),
        lambda: ta.taylor(row.f, x, 3),
        *(lambda mode=mode: ta.hessian(row.f, mode=mode)(x) for mode in HESSIANS),
    ]
    for attempt in tries:
        with (
            ta.at_kinks("raise"),
            pytest.raises(ta.KinkError, match=r'no derivative at .*ta.at_kinks\("subgradient"\)'),
        ):
            attempt()


@pytest.mark.parametrize("name", ROWS)
def test_nothing_is_raised_beside_a_kink(name):
    row, side = ROWS[name], -1 if name in ("arcsin", "arccos") else 1
    beside = np.array(row.x) + side * 0.03 * (1 + np.arange(len(row.x)))
    with ta.at_kinks("raise"):
        expected = ta.grad(row.f)(beside)
        assert np.all(np.isfinite(expected))
        assert np.allclose(ta.jacobian(row.f, mode="forward")(beside), expected, rtol=1e-13)


def test_other_entries_keep_their_derivatives_under_nan():
    def f(x: Any) -> Any:
        return np.abs(x[0]) + np.sqrt(x[1]) + x[2] ** 2

    x = np.array([0.0, 0.0, 3.0])
    with ta.at_kinks("nan"):
        for mode in ("forward", "reverse"):
            assert np.array_equal(ta.jacobian(f, mode=mode)(x), [NAN, NAN, 6], equal_nan=True)
        for mode in HESSIANS:
            hessian = ta.hessian(f, mode=mode)(x)
            assert np.array_equal(np.diag(hessian), [NAN, NAN, 2], equal_nan=True)
            assert np.array_equal(hessian[2, :2], [0, 0])


# ------------------------------------------------------------------------------------------------------- the policy


def test_a_block_restores_the_policy_before_it():
    with ta.at_kinks("nan"):
        with pytest.raises(ZeroDivisionError), ta.at_kinks("raise"):
            1 / 0  # noqa: B018
        assert np.isnan(ta.grad(np.abs)(0.0))
    assert ta.grad(np.abs)(0.0) == 0


def test_a_plain_call_holds_in_its_own_thread():
    found = {}

    def run() -> None:
        ta.at_kinks("nan")
        found["there"] = ta.grad(np.abs)(0.0)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert np.isnan(found["there"])
    assert ta.grad(np.abs)(0.0) == 0


def test_only_the_three_policies_exist():
    with pytest.raises(ValueError, match="one of subgradient, nan, raise"):
        ta.at_kinks("left")


def test_the_message_names_the_entry():
    with (
        ta.at_kinks("raise"),
        pytest.raises(ta.KinkError, match=r"^maximum has no derivative at 3\.0, 3\.0: keep away"),
    ):
        ta.grad(lambda x: np.sum(np.maximum(x, [1.0, 3.0])))(np.array([2.0, 3.0]))


def test_plain_arrays_have_no_kinks():
    with ta.at_kinks("raise"):
        assert ta.grad(lambda x: x * np.abs(np.zeros(())) + x)(2.0) == 1


# ----------------------------------------------------------------------------------------------- branches not taken


def _written(x: Any) -> Any:
    z = np.log(x)
    z[x <= 0] = 0
    return z * x


def _filled(x: Any) -> Any:
    z = np.zeros(len(x))
    z[x > 0] = np.sqrt(x[x > 0])
    return z * x


UNTAKEN: dict[str, tuple[Callable, Callable]] = {  # as written, and with arguments kept inside the domain
    "log": (lambda x: np.where(x > 0, np.log(x), 0), lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0)),
    "sqrt": (lambda x: np.where(x > 0, np.sqrt(x), x), lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), x)),
    "division": (lambda x: np.where(x != 0, 1 / x, x), lambda x: np.where(x != 0, 1 / np.where(x != 0, x, 1), x)),
    "power": (lambda x: np.where(x > 0, x**0.7, 1), lambda x: np.where(x > 0, np.where(x > 0, x, 1) ** 0.7, 1)),
    "negative power": (lambda x: np.where(x > 0, x**-2, x), lambda x: np.where(x > 0, np.where(x > 0, x, 1) ** -2, x)),
    "arcsin": (
        lambda x: np.where(abs(x) < 1, np.arcsin(x), x**2),
        lambda x: np.where(abs(x) < 1, np.arcsin(np.where(abs(x) < 1, x, 0)), x**2),
    ),
    "nested": (
        lambda x: np.where(x > 0, np.where(x > 1, np.sqrt(x - 1), np.log(x)), x**3),
        lambda x: np.where(
            x > 0,
            np.where(x > 1, np.sqrt(np.where(x > 1, x - 1, 1)), np.log(np.where(x > 0, x, 1))),
            x**3,
        ),
    ),
    "entropy": (
        lambda x: np.where(x > 0, x * np.log(x), 0),
        lambda x: np.where(x > 0, x * np.log(np.where(x > 0, x, 1)), 0),
    ),
    "product after it": (
        lambda x: np.cos(np.arange(12.0).reshape(3, 4) @ np.where(x > 0, np.log(x), 0)),
        lambda x: np.cos(np.arange(12.0).reshape(3, 4) @ np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0)),
    ),
    "norm": (
        lambda x: np.where(x != 0, np.sin(x) / np.abs(x), 0) * x,
        lambda x: np.where(x != 0, np.sin(x) / np.where(x != 0, np.abs(x), 1), 0) * x,
    ),
    "select": (
        lambda x: np.select([x > 1, x > 0], [np.sqrt(x - 1), np.log(x)], 0),
        lambda x: np.select([x > 1, x > 0], [np.sqrt(np.where(x > 1, x - 1, 1)), np.log(np.where(x > 0, x, 1))], 0),
    ),
    "written over": (_written, lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0) * x),
    "written where it exists": (_filled, lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0) * x),
}
POINT = np.array([0.0, -1.3, 0.4, 2.2])


@pytest.mark.parametrize(("f", "safe"), UNTAKEN.values(), ids=UNTAKEN)
def test_branches_not_taken_do_not_matter(f, safe):
    def g(x: Any) -> Any:
        return np.sum(f(x) ** 2)

    def h(x: Any) -> Any:
        return np.sum(safe(x) ** 2)

    v = np.array([0.3, -0.5, 0.7, 1.1])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", DomainWarning)
        expected = ta.jacobian(h, mode="forward")(POINT)
        for ours in (ta.grad(g)(POINT), ta.jacobian(g, mode="reverse")(POINT), ta.jacobian(g, mode="forward")(POINT)):
            assert np.allclose(ours, expected, rtol=1e-13)
        assert np.allclose(ta.jacobian(f, mode="reverse")(POINT), ta.jacobian(safe, mode="forward")(POINT), rtol=1e-13)
        assert np.allclose(ta.linearize(g, POINT)[1](v), expected @ v, rtol=1e-13)
        second = ta.hessian(h, mode="hyperdual")(POINT)
        for mode in HESSIANS:
            assert np.allclose(ta.hessian(g, mode=mode)(POINT), second, rtol=1e-12, atol=1e-15), mode
        assert np.allclose(ta.hvp(g)(POINT, v), second @ v, rtol=1e-12)
        ours, theirs = (ta.taylor(k, POINT, 4, v).coefficients for k in (g, h))
        assert np.allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_row_with_infinite_slope_leaves_the_others_alone(mode):
    jacobian = ta.jacobian(lambda x: np.stack([np.sqrt(x[0]), x[1] * x[0], x[1]]), mode=mode)([0.0, 2.0])
    assert np.array_equal(jacobian, [[INF, 0], [2, 0], [0, 1]])


def test_zero_times_infinity_is_unknown_unless_it_is_a_branch_not_taken():
    with np.errstate(invalid="ignore"):
        assert np.isnan(ta.grad(lambda x: np.sqrt(x) * np.sqrt(x))(0.0))  # it is x: its derivative is 1, not 0
        assert np.isnan(ta.grad(lambda x: 0 * np.sqrt(x))(0.0))
    assert ta.grad(lambda x: np.where(x > 0, np.sqrt(x), 0))(0.0) == 0


# ------------------------------------------------------------------------------------------------- distances to itself


def _distances(x: Any) -> Any:
    return np.sum(np.linalg.norm(x[:, None] - x, axis=-1))


def _by_hand(x: Any) -> Any:
    return np.sum(np.sqrt(np.sum((x[:, None] - x) ** 2, axis=-1)))


def _without_diagonal(x: Any) -> Any:
    same = np.eye(len(x), dtype=bool)
    squares = np.sum((x[:, None] - x) ** 2, axis=-1)
    return np.sum(np.where(same, 0, np.sqrt(np.where(same, 1, squares))))


@pytest.mark.parametrize("f", [_distances, _by_hand])
@pytest.mark.parametrize("bodies", [4, 30])
def test_distances_of_a_body_to_itself_add_nothing(f, bodies):
    x, v = np.random.default_rng(0).normal(size=(2, bodies, 3))
    gradient = ta.grad(_without_diagonal)(x)
    assert np.allclose(ta.grad(f)(x), gradient, rtol=1e-13)
    assert np.allclose(ta.jvp(f, x, v)[1], np.sum(gradient * v), rtol=1e-12)
    assert np.allclose(ta.linearize(f, x)[1](v), np.sum(gradient * v), rtol=1e-12)
    assert np.allclose(ta.hvp(f)(x, v), ta.hvp(_without_diagonal)(x, v), rtol=1e-12)
    if bodies == 4:
        expected = ta.hessian(_without_diagonal)(x)
        for mode in ("hyperdual", "forward-over-reverse", "reverse-over-reverse"):
            assert np.allclose(ta.hessian(f, mode=mode)(x), expected, rtol=1e-12, atol=1e-14)


def test_a_norm_at_zero_inside_of_a_sum():
    x, y = np.array([1.0, 2.0]), np.array([1.0, 2.0])
    gradient = ta.grad(lambda x: np.linalg.norm(x - y) + np.sum(x**2))(x)
    assert np.array_equal(gradient, 2 * x)


def test_norms_of_norms():
    def f(x: Any) -> Any:
        return np.linalg.norm(np.linalg.norm(x, axis=1))

    assert np.array_equal(ta.grad(f)(np.zeros((3, 2))), np.zeros((3, 2)))
    assert np.array_equal(ta.jacobian(f, mode="forward")(np.zeros((3, 2))), np.zeros((3, 2)))


# ---------------------------------------------------------------------- roots of what vanishes to an order above theirs

SMOOTH_ROOTS = [  # (f, f'(0), f''(0)): powers and quadratic functions in disguise
    (lambda x: np.sqrt(x**4), 0, 2),
    (lambda x: np.sqrt(np.log(1 + x**4)), 0, 2),
    (lambda x: (x**8) ** 0.25, 0, 2),
    (lambda x: np.cbrt(x**6), 0, 2),
    (lambda x: np.cbrt(x**3), 1, 0),
    (lambda x: (8 * x**3) ** (1 / 3) + x**2, 2, 2),
    (lambda x: np.hypot(3 * x**2, 4 * x**2), 0, 10),
    (lambda x: np.sqrt(x - x) + x**2, 0, 2),
    (lambda x: np.linalg.norm(np.stack([3 * x**2, 4 * x**2])), 0, 10),
]
SECOND = ("auto", "forward-over-reverse", "reverse-over-forward", "reverse-over-reverse", "hyperdual")


@pytest.mark.filterwarnings("ignore::taylorad.DomainWarning")
@pytest.mark.parametrize(("f", "slope", "curvature"), SMOOTH_ROOTS)
def test_roots_that_are_smooth_where_they_vanish(f, slope, curvature):
    for first in (
        ta.grad(f),
        ta.jacobian(f, mode="forward"),
        ta.jacobian(f, mode="reverse"),
        partial(ta.derivative, f),
    ):
        assert first(0.0) == pytest.approx(slope, rel=1e-14)
    assert ta.jvp(f, 0.0, 3.0)[1] == pytest.approx(3 * slope, rel=1e-14)
    for second in (*(ta.hessian(f, mode=mode) for mode in SECOND), lambda x: ta.derivative(f, x, 2)):
        assert second(0.0) == pytest.approx(curvature, rel=1e-14)
    assert ta.hvp(f)(0.0, 3.0) == pytest.approx(3 * curvature, rel=1e-14)
    assert ta.hvp(f)(0.0, np.array([3.0, -1.0])) == pytest.approx([3 * curvature, -curvature], rel=1e-14)


def test_roots_of_forms_are_told_from_forms():
    origin, v = np.zeros(2), np.array([1.0, -3.0])

    def quadratic(x: Any) -> Any:
        return np.sqrt((x[0] ** 2 + 3 * x[0] * x[1] + 5 * x[1] ** 2) ** 2)

    expected = np.array([[2.0, 3.0], [3.0, 10.0]])
    for mode in SECOND:
        assert np.allclose(ta.hessian(quadratic, mode=mode)(origin), expected, rtol=1e-14)
    assert np.allclose(ta.hvp(quadratic)(origin, v), expected @ v, rtol=1e-14)
    assert np.allclose(ta.grad(lambda x: np.cbrt((x[0] - 2 * x[1]) ** 3))(origin), [1, -2], rtol=1e-14)
    assert np.isnan(ta.hessian(lambda x: np.sqrt(x[0] ** 4 + x[1] ** 4))(origin)).all()  # curved, but no form
    assert np.isnan(ta.grad(lambda x: np.cbrt(x[0] ** 3 + x[1] ** 3))(origin)).all()
    assert np.isnan(ta.hessian(lambda x: np.linalg.norm(x))(origin)).all()
    assert np.allclose(ta.hessian(lambda x: np.linalg.norm(x) ** 2)(origin), 2 * np.eye(2), rtol=1e-14, atol=1e-14)


def test_roots_of_any_order_of_zero_come_to_an_end():
    gradient = ta.grad(lambda x: np.sum(np.abs(x) ** x[::-1]))(np.array([0.0, 1e-200]))
    assert gradient.shape == (2,)
    assert ta.derivative(lambda x: (x - x) ** 1e-200 + x**2, 3.0, 2) == 2
