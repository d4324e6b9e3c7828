"""`enclose`: no form excludes a value, whatever the function does; where forms are sharp, they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import taylorad as ta
from taylorad import Interval
from tests.interval.containment import holds

mp = mpmath.mp
enclose = ta.verified.enclose


def camel(x: Any) -> Any:
    return (4 - 2.1 * x[0] ** 2 + x[0] ** 4 / 3) * x[0] ** 2 + x[0] * x[1] + (-4 + 4 * x[1] ** 2) * x[1] ** 2


def styblinski_tang(x: Any) -> Any:
    return np.sum(x**4 - 16 * x**2 + 5 * x) / 2


def trid(x: Any) -> Any:
    return np.sum((x - 1) ** 2) - np.sum(x[1:] * x[:-1])


def sharp(found: Any, low: Any, high: Any, width: float) -> bool:
    """Whether an enclosure holds both numbers, with ends not further off than `width` times the range."""
    assert holds(found.interval, low)
    assert holds(found.interval, high)
    reach = float(high - low) * width
    return float(low - mp.mpf(float(found.interval.inf))) <= reach and (
        float(mp.mpf(float(found.interval.sup)) - high) <= reach
    )


# ------------------------------------------------------------------------------------------------------- sharp ranges


def test_x_times_one_minus_x_is_exact() -> None:
    found = enclose(lambda x: x * (1 - x), Interval(0, 1))
    assert found.proved
    assert found.reason == ""
    assert found.overestimation == 0
    assert found.interval.equal(Interval(0, 0.25))
    assert found.inner.equal(Interval(0, 0.25))
    assert found.forms["natural"].equal(Interval(0, 1))


def test_trid_is_exact() -> None:
    for n in (2, 3, 6):
        found = enclose(trid, Interval(np.full(n, -float(n * n)), np.full(n, float(n * n))), order=2)
        least = -n * (n + 4) * (n - 1) / 6
        corners = max(
            trid(np.array([n * n * (1 if i >> k & 1 else -1) for k in range(n)], dtype=float)) for i in range(2**n)
        )
        assert found.proved
        assert found.interval.contains(least)
        assert found.interval.contains(corners)
        assert abs(float(found.interval.inf) - least) <= 1e-12 * corners
        assert float(found.interval.sup) == corners


def test_the_six_hump_camel_is_found_with_pieces() -> None:
    box = Interval([-3, -2], [3, 2])
    found = enclose(camel, box, pieces=2000, tolerance=9e-13, samples=16)
    with mp.workdps(40):
        constants = [mp.mpf(2.1)]

        def value(x: Any, y: Any) -> Any:
            return (4 - constants[0] * x**2 + x**4 / 3) * x**2 + x * y + (-4 + 4 * y**2) * y**2

        def slopes(x: Any, y: Any) -> list:
            return [mp.diff(value, (x, y), (1, 0)), mp.diff(value, (x, y), (0, 1))]

        least = value(*mp.findroot(slopes, (0.09, -0.71)))
        greatest = value(3, 2)
    assert found.proved
    assert sharp(found, least, greatest, 1e-12)
    plain = enclose(camel, box, order=0)
    assert plain.interval.width > 2 * found.interval.width
    assert found.interval.subset(plain.interval)


def test_styblinski_and_tang_are_found_with_pieces() -> None:
    box = Interval([-5, -5], [5, 5])
    found = enclose(styblinski_tang, box, pieces=2000, tolerance=1e-13)
    with mp.workdps(40):
        root = mp.findroot(lambda t: 4 * t**3 - 32 * t + 5, -2.9)
        least = 2 * (root**4 - 16 * root**2 + 5 * root) / 2
    assert found.proved
    assert sharp(found, least, mp.mpf(250), 1e-12)


@pytest.mark.parametrize(
    ("f", "box", "low", "high"),
    [
        (np.exp, Interval(0, 1), 1, mp.e),
        (lambda x: x**3 - 3 * x, Interval(-1, 1), -2, 2),
        (lambda x: x**3 - 3 * x, Interval(2, 3), 2, 18),
        (lambda x: x - np.sin(x), Interval(0, 3), 0, 3 - mp.sin(3)),
        (np.sqrt, Interval(0, 4), 0, 2),
        (lambda x: np.sqrt(x) + x, Interval(0, 1), 0, 2),
        (np.arccos, Interval(-1, 1), 0, mp.pi),
        (lambda x: np.arccos(x) - x, Interval(-1, 1), -1, mp.pi + 1),
        (lambda x: x**1.5 + x, Interval(0, 4), 0, 12),
        (sp.spence, Interval(0, 2), -(mp.pi**2) / 12, mp.pi**2 / 6),
        (lambda x: np.abs(x) + 1, Interval(-1, 2), 1, 3),
    ],
)
def test_monotone_and_convex_functions_are_exact(f: Callable, box: Interval, low: Any, high: Any) -> None:
    found = enclose(f, box)
    assert found.proved
    assert sharp(found, mp.mpf(low), mp.mpf(high), 1e-14)


def test_every_form_holds_the_range_and_higher_orders_are_no_wider() -> None:
    f, box = (lambda x: np.sin(x) * x - 0.1 * x**2 + np.exp(-x)), Interval(0.3, 1.9)
    values = [f(Interval(t)) for t in np.linspace(0.3, 1.9, 50)]
    before = None
    for order in range(5):
        found = enclose(f, box, order=order)
        assert set(found.forms) >= {0: {"natural"}, 1: {"mean value"}, 2: {"second order"}}.get(order, set())
        for bounds in (found.interval, *found.forms.values()):
            assert all(not v.disjoint(bounds) for v in values)
        assert before is None or found.interval.subset(before)
        before = found.interval


# -------------------------------------------------------------------------- values that must never be excluded

FUNCTIONS: dict[str, tuple[Callable, Interval]] = {
    "pole": (lambda x: 1 / x, Interval(-1, 2)),
    "pole at an end": (lambda x: 1 / x, Interval(0, 2)),
    "double pole": (lambda x: 1 / x**2, Interval(-1, 2)),
    "pole in a product": (lambda x: x * (1 / x), Interval(-1, 2)),
    "essential singularity": (lambda x: np.exp(-1 / x**2), Interval(-1, 2)),
    "tangent": (np.tan, Interval(1, 2)),
    "tangent, many poles": (np.tan, Interval(-10, 10)),
    "floor": (np.floor, Interval(-0.5, 2.25)),
    "jump and slope": (lambda x: np.floor(x) - x, Interval(-0.5, 2.25)),
    "remainder": (lambda x: x % 0.7, Interval(-1, 2)),
    "sign": (lambda x: np.sign(x - 0.5) * 3 + 0 * x, Interval(-1, 2)),
    "step by where": (lambda x: np.where(x > 0.2, 0.0, 1.0) + 0 * x, Interval(-1, 1)),
    "step by heaviside": (lambda x: 1 - np.heaviside(x - 0.2, 0.5), Interval(-1, 1)),
    "step by copysign": (lambda x: np.copysign(1.0, 0.2 - x), Interval(-1, 1)),
    "step of many": (lambda x: np.sum(np.where(np.stack([x, x - 1]) > 0.2, 0.0, 1.0)), Interval(-1, 1)),
    "branch cut": (lambda x: np.arctan2(x, -1.0), Interval(-1, 2)),
    "branch cut from above": (lambda x: np.arctan2(x, -1.0), Interval(0, 2)),
    "branch cut from below": (lambda x: np.arctan2(x, -1.0), Interval(-2, 0)),
    "angle at the origin": (lambda x: np.arctan2(x, x), Interval(-1, 2)),
    "kink": (lambda x: np.abs(x) - 0.5 * x, Interval(-1, 2)),
    "kink squared": (lambda x: np.abs(x) * x, Interval(-1, 2)),
    "slope of a kink": (lambda x: ta.derivative(np.abs, x), Interval(-1, 2)),
    "gradient of a kink": (lambda x: ta.grad(lambda t: np.abs(t) * t)(x), Interval(-1, 2)),
    "maximum": (lambda x: np.maximum(x, 1 - x), Interval(-1, 2)),
    "minimum of three": (lambda x: np.min(np.stack([x, 1 - x, x * x])), Interval(-1, 2)),
    "i0e": (sp.i0e, Interval(-1, 2)),
    "i1e": (sp.i1e, Interval(-1, 2)),
    "root at 0": (np.sqrt, Interval(0, 2)),
    "root outside": (np.sqrt, Interval(-1, 2)),
    "root of a square": (lambda x: np.sqrt(x * x), Interval(-1, 2)),
    "root of what rounds below 0": (lambda x: np.sqrt(x - 0.1 + 0.1 - x + x * x), Interval(-1, 2)),
    "cube root": (np.cbrt, Interval(-1, 2)),
    "cube root of a cube": (lambda x: np.cbrt(x**3), Interval(-1, 2)),
    "cusp": (lambda x: np.abs(x) ** 0.5, Interval(-1, 2)),
    "power at 0": (lambda x: x**1.5 - x, Interval(0, 2)),
    "negative power": (lambda x: x**-0.5, Interval(0, 2)),
    "gamma": (sp.gamma, Interval(-1.5, 2)),
    "gamma between poles": (sp.gamma, Interval(-0.9, -0.1)),
    "log gamma": (sp.gammaln, Interval(-1.5, 2)),
    "digamma": (sp.digamma, Interval(-1.5, 2)),
    "reciprocal gamma": (sp.rgamma, Interval(-2.5, 2)),
    "zeta": (sp.zeta, Interval(0.5, 2)),
    "lambert": (lambda x: sp.lambertw(x), Interval(-0.36787944117144233, 2)),
    "logarithm": (np.log, Interval(0, 2)),
    "logarithm outside": (np.log, Interval(-1, 2)),
    "entropy": (sp.entr, Interval(0, 2)),
    "logit": (sp.logit, Interval(0, 1)),
    "inverse hyperbolic tangent": (np.arctanh, Interval(-1, 1)),
    "arcsin at the ends": (np.arcsin, Interval(-1, 1)),
    "arccosh": (np.arccosh, Interval(1, 3)),
    "hypotenuse": (lambda x: np.hypot(x, 0.0), Interval(-1, 2)),
    "norm": (lambda x: np.linalg.norm(np.stack([x, 2 * x])), Interval(-1, 2)),
    "sinc": (np.sinc, Interval(-2, 2)),
    "sinc by hand": (lambda x: np.where(x == 0, 1.0, np.sin(x) / np.where(x == 0, 1.0, x)), Interval(-2, 2)),
    "overflow": (lambda x: np.exp(1000 * x), Interval(-1, 2)),
    "overflow guarded": (lambda x: np.where(np.isfinite(np.exp(1000 * x)), x, -x), Interval(-1, 2)),
    "undefined condition": (lambda x: np.where(np.sqrt(x) > -1, 1.0, 2.0), Interval(-1, 2)),
    "logaddexp": (lambda x: np.logaddexp(x, 1 - x), Interval(-1, 2)),
    "ellipk": (sp.ellipk, Interval(0, 1)),
    "expi": (sp.expi, Interval(-1, 2)),
    "one point": (np.exp, Interval(0.1)),
    "tiny": (lambda x: x * x, Interval(-5e-324, 1e-323)),
    "huge": (lambda x: x * 0.3, Interval(1e305, 1e308)),
    "unbounded": (np.arctan, Interval(-math.inf, math.inf)),
    "half a line": (lambda x: np.exp(-x), Interval(0, math.inf)),
    "cancellation": (lambda x: (x + 1e16) - 1e16, Interval(-1, 2)),
}


def points_of(box: Interval) -> list[float]:
    """Dense points, the ends, and points next to them and to 0."""
    low, high = max(float(box.inf), -1e9), min(float(box.sup), 1e9 if float(box.inf) < 1e9 else math.inf)
    high = min(high, float(np.finfo(float).max))
    dense = [low + (high - low) * t for t in np.linspace(0, 1, 24)]
    special = [0.0, 5e-324, -5e-324, 1e-12, -1e-12, 0.2, 0.5, 1.0, math.nextafter(low, math.inf)]
    return [p for p in (*dense, *special, low, high) if box.contains(p)]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("pieces", [1, 6])
def test_no_value_is_excluded(name: str, pieces: int) -> None:
    f, box = FUNCTIONS[name]
    found = enclose(f, box, pieces=pieces, samples=12)
    for p in points_of(box):
        try:
            value = f(Interval(p))
        except ta.algebras.interval.UndecidedError:
            continue
        value = value if isinstance(value, Interval) else Interval(value)
        if not value.is_empty:
            assert not value.disjoint(found.interval), (p, value, found)
            for form, bounds in found.forms.items():
                assert not value.disjoint(bounds), (form, p)
    if found.proved:
        assert not found.interval.is_empty
    else:
        assert found.reason
    assert found.inner.is_empty or found.inner.subset(found.interval)


UNDEFINED = (
    "pole", "pole at an end", "double pole", "pole in a product", "essential singularity", "tangent",
    "tangent, many poles", "root outside", "logarithm", "logarithm outside", "gamma", "log gamma", "digamma",
    "negative power", "undefined condition", "inverse hyperbolic tangent", "logit", "angle at the origin", "expi",
)  # fmt: skip
DEFINED = ("root at 0", "arcsin at the ends", "kink", "floor", "maximum", "i0e", "overflow", "one point", "cube root")


def test_proved_means_defined_on_the_whole_box() -> None:
    for name in UNDEFINED:
        found = enclose(*FUNCTIONS[name], samples=4)
        assert not found.proved, name
        assert "defined" in found.reason, name
    for name in DEFINED:
        assert enclose(*FUNCTIONS[name], samples=4).proved, name


# ------------------------------------------------------------------------------------------------------ inner estimate


def test_the_inner_estimate_lies_inside_the_range() -> None:
    cases = [
        (lambda x: x * x, Interval(-1, 2), Fraction(0), Fraction(4)),
        (lambda x: x * 0.1, Interval(0, 3), Fraction(0), 3 * Fraction(0.1)),
        (lambda x: x * 0.1, Interval(0.3), Fraction(0.3) * Fraction(0.1), Fraction(0.3) * Fraction(0.1)),
        (lambda x: 0 * x + Fraction(1, 3), Interval(0, 1), Fraction(1, 3), Fraction(1, 3)),
        (lambda x: x + 0, Interval(1e305, 1e306), Fraction(1e305), Fraction(1e306)),
        (lambda x: x + 0, Interval(-5e-324, 5e-324), Fraction(-5e-324), Fraction(5e-324)),
        (lambda x: x[0] / 3 + x[1], Interval([0, 1], [1, 1]), Fraction(1), Fraction(4, 3)),
    ]
    for f, box, low, high in cases:
        found = enclose(f, box)
        assert holds(found.interval, low)
        assert holds(found.interval, high)
        if not found.inner.is_empty:
            assert low <= Fraction(float(found.inner.inf))
            assert Fraction(float(found.inner.sup)) <= high


def test_overestimation_is_none_where_both_agree() -> None:
    assert enclose(lambda x: 2 * x, Interval(0, 1)).overestimation == 0
    assert enclose(lambda x: x * x - x, Interval(0, 1), order=0).overestimation > 1


# ----------------------------------------------------------------------------------------------------- random programs

OPERATIONS: list[Callable] = [
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: x / (y * y + 0.25),
    lambda x, y: x * x - y,
    lambda x, y: np.maximum(x, y),
    lambda x, y: np.abs(x - y),
    lambda x, y: np.where(x < y, x, 2 * y),
    lambda x, y: np.sin(x) * 0.7 + y,
    lambda x, y: np.exp(-x * x) - y,
    lambda x, y: np.tanh(x + y),
    lambda x, y: np.hypot(x, y),
    lambda x, y: np.sqrt(x * x + y * y + 0.1),
    lambda x, y: np.floor(x) + y,
    lambda x, y: np.clip(x, -0.3, 0.4) * y,
    lambda x, y: x**3 - 0.1 * y,
]


@st.composite
def functions(draw: Callable) -> Callable:
    """Programs on a vector of two."""
    steps = draw(
        st.lists(
            st.tuples(st.integers(0, len(OPERATIONS) - 1), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=5
        )
    )

    def f(x: Any) -> Any:
        values = [x[0], x[1]]
        for which, i, j in steps:
            values.append(OPERATIONS[which](values[i % len(values)], values[j % len(values)]))
        return values[-1]

    return f


SIDES = st.tuples(st.sampled_from([-1.5, -0.7, -0.1, 0.0, 0.3, 0.9]), st.sampled_from([0.0, 0.1, 0.8, 2.0]))


@settings(max_examples=40)
@given(functions(), SIDES, SIDES, st.sampled_from([1, 2]), st.sampled_from([1, 4]))
def test_no_form_excludes_a_value_of_a_random_program(
    f: Callable, first: tuple, second: tuple, order: int, pieces: int
) -> None:
    box = Interval([first[0], second[0]], [first[0] + first[1], second[0] + second[1]])
    found = enclose(f, box, order=order, pieces=pieces, samples=6)
    low, high = box.ends
    for s in (0.0, 0.25, 0.5, 0.8, 1.0):
        for t in (0.0, 0.4, 0.5, 1.0):
            point = np.clip(low + np.array([s, t]) * (high - low), low, high)
            value = f(Interval(point))
            assert not value.disjoint(found.interval), (point, value, found)
            for form, bounds in found.forms.items():
                assert not value.disjoint(bounds), (form, point)
    assert found.inner.is_empty or found.inner.subset(found.interval)


# ----------------------------------------------------------------------------------------------------------- arguments


def test_wrong_arguments_are_refused() -> None:
    for options in ({"order": -1}, {"pieces": 0}):
        with pytest.raises(ValueError, match="order must be"):
            enclose(np.exp, Interval(0, 1), **options)
    with pytest.raises(ValueError, match="empty"):
        enclose(np.exp, Interval.empty())


def test_arrays_of_results_are_enclosed_entry_by_entry() -> None:
    found = enclose(lambda x: np.stack([x[0] * x[1], x[0] - x[1]]), Interval([0, 1], [1, 2]))
    assert found.interval.shape == (2,)
    assert found.proved
    assert found.interval[0].equal(Interval(0, 2))
    assert found.interval[1].equal(Interval(-2, 0))


def test_series_of_an_enclosure_hold_partial_derivatives() -> None:
    found = enclose(lambda x: np.exp(x[0]) * x[1], Interval([0, 1], [1, 2])).series
    orders = [tuple(map(int, row)) for row in found.structure.exponents]
    with mp.workdps(40):
        assert holds(found.coefficients[orders.index((2, 0))], mp.exp(mp.mpf(0.5)) * mp.mpf(1.5) / 2)
        assert holds(found.coefficients[orders.index((1, 1))], mp.exp(mp.mpf(0.5)))
