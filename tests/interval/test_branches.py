"""Branches over intervals are never guessed: hulls, slopes of secants, lines where nothing is known, or an error."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.special as sp

import taylorad as ta
from taylorad import Interval, Taylor
from taylorad.algebras.interval import UndecidedError

LOW, HIGH = -1.75, 1.5
BOX = Interval(LOW, HIGH)
POINTS = [LOW, HIGH, -1.5, -1.0, -0.5, -0.25, -(2.0**-40), 0.0, 2.0**-40, 0.1, 0.25, 0.5, 0.75, 1.0, 1.25]


def by_if(x: Any) -> Any:
    if x > 0:
        return x + 1
    return -x


def by_chained(x: Any) -> Any:
    return x * x if -0.5 < x < 0.5 else x


def by_mask(x: Any) -> Any:
    v = np.stack([x, -x, x + 1])
    return np.sum(v[v > 0.25])


def by_writing(x: Any) -> Any:
    v = np.stack([x, -x]) + 0
    v[v < 0] = 0
    return np.sum(v)


def by_position(x: Any) -> Any:
    v = np.stack([x, -2 * x, x + 0.3])
    return v[np.argmax(v)]


def by_counting(x: Any) -> Any:
    return x + np.count_nonzero(np.stack([x, x - 1]))


def by_all(x: Any) -> Any:
    return x if np.all(np.stack([x, x + 1]) > 0) else -x


def by_builtins(x: Any) -> Any:
    return max(min(x, 0.5), -0.5)


FUNCTIONS: dict[str, tuple[Callable, bool]] = {  # and whether it is continuous
    "abs": (abs, True),
    "fabs": (np.fabs, True),
    "maximum": (lambda x: np.maximum(x, 0.25), True),
    "minimum": (lambda x: np.minimum(x * x, 0.25 - x), True),
    "fmax": (lambda x: np.fmax(x, -x * 2), True),
    "fmin": (lambda x: np.fmin(x, 0.1), True),
    "clip": (lambda x: np.clip(x, -0.5, 0.75), True),
    "clip of one side": (lambda x: np.clip(x, None, 0.75), True),
    "max": (lambda x: np.max(np.stack([x, -x, x * x])), True),
    "min": (lambda x: np.min(np.stack([x, -x, x * x])), True),
    "ptp": (lambda x: np.ptp(np.stack([x, -x, x * x])), True),
    "sorted smallest": (lambda x: np.sort(np.stack([x, -x, x + 9]))[0], True),
    "sorted largest": (lambda x: np.sort(np.stack([x, x + 9, x + 5]))[2], True),
    "median": (lambda x: np.median(np.stack([x, -x, x * x])), True),
    "norm 1": (lambda x: np.linalg.norm(np.stack([x, x - 1]), 1), True),
    "norm inf": (lambda x: np.linalg.norm(np.stack([x, x - 1]), np.inf), True),
    "where": (lambda x: np.where(x > 0.25, x + 1, -x), False),
    "where of numbers": (lambda x: np.where(x > 0.25, 1.0, -2.0), False),
    "where, then used": (lambda x: np.where(x > 0.25, 1.0, -2.0) * x + x * x, False),
    "where twice": (lambda x: np.where(x > 0, np.where(x > 0.5, 3.0, x), -x), False),
    "where of both": (lambda x: np.where((x > -0.5) & (x < 0.5), x, 2.0), False),
    "where of either": (lambda x: np.where((x < -0.5) | (x > 0.5), x, 2.0), False),
    "where of not": (lambda x: np.where(~(x < -0.5), x, 2.0), False),
    "where of xor": (lambda x: np.where((x > -0.5) ^ (x > 0.5), x, 2.0), False),
    "where equal": (lambda x: np.where(x == 0.25, 7.0, x), False),
    "where not equal": (lambda x: np.where(x != 0.25, x, 7.0), False),
    "select": (lambda x: np.select([x < -0.5, x < 0.5], [x, 2 * x], 1.0), False),
    "select of numbers": (lambda x: np.select([x < -0.5, x < 0.5], [1.0, 2.0], 3.0) * x, False),
    "heaviside": (lambda x: np.heaviside(x, 0.5), False),
    "heaviside, shifted": (lambda x: np.heaviside(x - 0.25, 0.5) * 3 + x, False),
    "sign": (np.sign, False),
    "sign, then used": (lambda x: np.sign(x - 0.25) * x, False),
    "copysign": (lambda x: np.copysign(2.0, x - 0.3), False),
    "copysign of it": (lambda x: np.copysign(x, -3.0), True),
    "floor": (lambda x: np.floor(x * 2), False),
    "ceil": (lambda x: np.ceil(x) * x, False),
    "trunc": (lambda x: np.trunc(x * 3), False),
    "rint": (lambda x: np.rint(x * 2) + x, False),
    "round": (lambda x: np.round(x), False),
    "remainder": (lambda x: x % 0.75, False),
    "fmod": (lambda x: np.fmod(x, 0.75), False),
    "floor_divide": (lambda x: x // 0.75, False),
    "divmod": (lambda x: np.divmod(x, 0.75)[1], False),
    "modf": (lambda x: np.modf(x)[0], False),
    "by if": (by_if, False),
    "by chained comparisons": (by_chained, False),
    "by mask": (by_mask, False),
    "by writing": (by_writing, True),
    "by position": (by_position, True),
    "by counting": (by_counting, False),
    "by all": (by_all, False),
    "by min and max of Python": (by_builtins, True),
    "overflow": (lambda x: np.where(np.isfinite(np.exp(1000 * x)), x, -x), True),
}


def exact_value(f: Callable, x: float) -> Any:
    """The value at a point: enclosed by an interval of one point where that decides every branch."""
    try:
        return f(Interval(x))
    except UndecidedError:
        return None


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("box", [BOX, Interval(-0.25, 0.25), Interval(0.5, HIGH), Interval(0.0, 1.0), Interval(0.25)])
def test_values_of_all_branches_are_held(name: str, box: Interval) -> None:
    f, _ = FUNCTIONS[name]
    try:
        found = f(box)
    except UndecidedError:
        assert not box.is_degenerate or name == "by counting"
        return
    for x in POINTS:
        if box.contains(x):
            value = exact_value(f, x)
            if value is not None:
                assert not value.disjoint(found), (x, value, found)
                assert value.width > 1e-10 or found.contains(value.midpoint) or not value.disjoint(found)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("box", [BOX, Interval(-0.25, 0.25), Interval(0.0, 1.0)])
def test_forward_slopes_hold_those_of_secants_or_are_the_line(name: str, box: Interval) -> None:
    """A mean value form with them holds all values, also across kinks and jumps."""
    f, _continuous = FUNCTIONS[name]
    try:
        series = f(Taylor._along(box, Interval(1.0), 2))
    except UndecidedError:
        return
    series = series if hasattr(series, "coefficients") else None
    slopes = Interval(0.0) if series is None else series.coefficients[1]
    inside = [x for x in POINTS if box.contains(x)]
    values = {x: v for x in inside if (v := exact_value(f, x)) is not None}
    for x in values:
        for y in values:
            if x < y:
                reached = values[x] + slopes * (Interval(y) - x)
                assert not reached.disjoint(values[y]), (x, y, slopes)


@pytest.mark.parametrize("name", [n for n, (_, continuous) in FUNCTIONS.items() if continuous])
def test_second_coefficients_across_kinks_bound_the_change_of_slopes(name: str) -> None:
    """Unknown, or such that a second-order form with them holds all values."""
    f, _ = FUNCTIONS[name]
    try:
        series = f(Taylor._along(BOX, Interval(1.0), 2))
    except UndecidedError:
        return
    half = series.coefficients[2]
    for x in (-1.5, 0.1, 1.25):
        try:
            at = f(Taylor._along(Interval(x), Interval(1.0), 1)).coefficients
        except UndecidedError:
            continue
        for y in POINTS:
            value = exact_value(f, y)
            if value is not None:
                step = Interval(y) - x
                assert not (at[0] + at[1] * step + half * np.square(step)).disjoint(value), (x, y)


@pytest.mark.parametrize("name", ["abs", "maximum", "clip", "max", "norm 1"])
def test_derivatives_of_derivatives_across_kinks_are_unknown(name: str) -> None:
    f, _ = FUNCTIONS[name]
    assert ta.derivative(lambda s: ta.derivative(f, s), BOX).is_entire
    assert ta.derivative(f, BOX, 2).is_entire


@pytest.mark.parametrize("name", FUNCTIONS)
def test_reverse_sweeps_refuse_branches_or_hold_the_slopes_of_each(name: str) -> None:
    f, _ = FUNCTIONS[name]
    try:
        found = ta.grad(f)(BOX)
    except (UndecidedError, ValueError):
        return
    for x in (-1.6, -0.3, 0.3, 1.3):
        assert not ta.grad(f)(Interval(x)).disjoint(found), x


@pytest.mark.parametrize("name", [n for n, (_, continuous) in FUNCTIONS.items() if not continuous])
def test_no_form_excludes_a_value_of_a_function_that_jumps(name: str) -> None:
    f, _ = FUNCTIONS[name]
    for pieces in (1, 5):
        found = ta.verified.enclose(f, BOX, pieces=pieces)
        for x in POINTS:
            value = exact_value(f, x)
            if value is not None:
                assert not value.disjoint(found.interval), (x, value, found)
        assert found.reason or found.interval.is_entire or name in ("where equal", "where not equal")


@pytest.mark.parametrize("function", [by_if, by_chained, by_mask, by_all, by_position, by_counting])
def test_python_branches_that_depend_on_the_point_are_an_error(function: Callable) -> None:
    with pytest.raises(UndecidedError):
        function(BOX)
    with pytest.raises(UndecidedError):
        function(Taylor._along(BOX, Interval(1.0), 1))


def test_positions_that_depend_on_the_point_are_an_error() -> None:
    x = Interval([-1.0, 2.0], [1.0, 3.0])
    for function in (np.nonzero, np.flatnonzero, np.argwhere, np.count_nonzero):
        with pytest.raises(UndecidedError):
            function(x)
    assert np.nonzero(x[1:])[0].tolist() == [0]
    assert np.count_nonzero(Interval([0.0, 1.0])) == 1
    with pytest.raises(UndecidedError):
        np.searchsorted(Interval([0], [10]), Interval(5, 15))
    with pytest.raises(UndecidedError):
        np.digitize(Interval(5, 15), [0.0, 10.0])
    assert np.searchsorted([0.0, 10.0], Interval(5, 6)) == 1
    with pytest.raises(UndecidedError):
        np.argmax(np.sqrt(Interval([-1, 2], [1, 3], "com")))


def test_an_undefined_condition_is_not_decided() -> None:
    def f(t: Any) -> Any:
        return 1 + 0 * t if np.sqrt(t) > -1 else 2 + 0 * t

    with pytest.raises(UndecidedError):
        f(Interval(-1, 1, "com"))
    assert not ta.verified.enclose(f, Interval(-1, 1)).proved
    chosen = ta.verified.enclose(lambda t: np.where(np.sqrt(t) > -1, 1.0, 2.0), Interval(-1, 1))
    assert not chosen.proved
    assert chosen.interval.contains(1.0)
    assert chosen.interval.contains(2.0)


def test_single_precision_zeros_and_signs_do_not_matter() -> None:
    for zero in (0.0, -0.0):
        assert np.sign(Interval(zero)).equal(Interval(0))
        assert np.heaviside(Interval(zero), 0.5).equal(Interval(0.5))
        assert (1 / Interval(zero, 1.0)).equal(Interval(1, math.inf))
        assert (1 / Interval(-1.0, zero)).equal(Interval(-math.inf, -1))


# ------------------------------------------------------------- functions defined by continuation where a part is not


@pytest.mark.parametrize(
    ("found", "value"),
    [
        (lambda: sp.entr(Interval(0)), 0),
        (lambda: sp.entr(Interval(0, 1)), 0),
        (lambda: sp.entr(Interval(-1, 1)), 0),
        (lambda: sp.xlogy(Interval(0), Interval(0)), 0),
        (lambda: sp.xlogy(Interval(0), Interval(-2, -1)), 0),
        (lambda: sp.xlogy(Interval(0, 1), Interval(0)), 0),
        (lambda: sp.xlog1py(Interval(0), Interval(-1)), 0),
        (lambda: sp.rel_entr(Interval(0), Interval(0)), 0),
        (lambda: sp.rel_entr(Interval(0, 1), Interval(0, 1)), 0),
        (lambda: sp.kl_div(Interval(0), Interval(Fraction(1, 3))), Fraction(1, 3)),
        (lambda: sp.kl_div(Interval(0, 1), Interval(0, 1)), 1),
        (lambda: np.sinc(Interval(0)), 1),
        (lambda: np.sinc(Interval(-1, 1)), 1),
        (lambda: np.hypot(Interval(0), Interval(0)), 0),
        (lambda: Interval(0) ** 0, 1),
        (lambda: Interval(0, 1) ** 0.0, 1),
        (lambda: Interval(0) ** 1.5, 0),
        (lambda: Interval(0, 1) ** Interval(0, 1), 1),
        (lambda: np.cbrt(Interval(0)), 0),
        (lambda: np.linalg.norm(Interval([0, 0])), 0),
        (lambda: sp.i0e(Interval(-1, 1)), 1),
        (lambda: sp.spence(Interval(1)), 0),
    ],
)
def test_values_at_removable_singularities_are_held(found: Callable, value: Any) -> None:
    assert found().contains(value)


@pytest.mark.parametrize(
    "make", [Interval, lambda v: Interval(v, v), lambda v: Interval([v])[0], lambda v: Interval([v])]
)
def test_relations_between_separate_single_numbers_are_those_of_the_numbers(make: Any) -> None:
    """Intervals made one by one are not taken for one another, whatever NumPy does with numbers without axes."""
    for a, b in ((1.5, 0.1), (0.1, 1.5), (2.0, 2.0), (-1.0, 1.0)):
        x, y = make(a), make(b)
        assert isinstance(x.ends[0], np.ndarray)
        assert bool(np.all(x > y)) == (a > b)
        assert bool(np.all(x <= y)) == (a <= b)
        assert bool(np.all(x == y)) == (a == b)
        assert bool(np.all(x != y)) == (a != b)
        assert np.all(np.where(x > y, x, y).contains(a if a > b else b))


def test_a_wide_interval_is_equal_to_itself_and_not_to_another_like_it() -> None:
    x, y = Interval(0, 1), Interval(0, 1)
    assert bool(x == x)
    assert bool(x <= x)
    assert bool((x == y).undecided)
    assert bool((x < y).undecided)
