"""Operations of IEEE 1788 beyond NumPy: exact arithmetic, or 60 digits, decides whether they keep every solution."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taylorad import Interval

POINTS = st.floats(-1e6, 1e6) | st.integers(-20, 20).map(float) | st.floats(allow_nan=False, allow_infinity=False)
ENDS = POINTS | st.sampled_from([-math.inf, math.inf])
WIDTHS = st.sampled_from([0.0, 1e-300, 1e-10, 1.0, 1e300])


def between(a: float, b: float) -> Interval:
    low, high = sorted((a, b))
    return Interval.entire() if low == high and math.isinf(low) else Interval(low, high)


INTERVALS = st.builds(between, ENDS, ENDS)
BOUNDED = st.builds(between, POINTS, POINTS)


def around(exact: Fraction, width: float) -> Interval:
    """An interval that contains an exact number."""
    return Interval(exact) + Interval(-width, width)


def with_digits(exact: mpmath.mpf, width: float) -> Interval:
    """An interval that contains a number known to 50 digits."""
    error = abs(exact) * mpmath.mpf(10) ** -50
    return Interval(exact - error).hull(Interval(exact + error)) + Interval(-width, width)


# ----------------------------------------------------------------------------------------------------------- arithmetic


@given(POINTS, POINTS, POINTS, INTERVALS, INTERVALS, INTERVALS)
def test_fma_contains_its_values(a, b, c, x, y, z):
    x, y, z = x.hull(Interval(a)), y.hull(Interval(b)), z.hull(Interval(c))
    assert x.fma(y, z).contains(Fraction(a) * Fraction(b) + Fraction(c))
    assert x.fma(y, z).subset(x * y + z)


@given(BOUNDED, BOUNDED)
def test_cancel_minus_gives_the_missing_term_or_the_line(x, y):
    term = x.cancel_minus(y)
    ends = [[Fraction(float(end)) for end in v.ends] for v in (x, y)]
    if ends[0][1] - ends[0][0] < ends[1][1] - ends[1][0]:
        assert term.is_entire
    else:
        assert term.contains(ends[0][0] - ends[1][0])
        assert term.contains(ends[0][1] - ends[1][1])
        assert x.subset(y + term)
    assert x.cancel_plus(-y).equal(term)


@given(st.floats(-1e9, 1e9) | st.integers(-50, 50).map(lambda k: k / 2))
def test_ties_are_rounded_away_from_zero(a):
    exact = abs(Fraction(a))
    nearest = math.floor(exact + Fraction(1, 2))
    assert Interval(a).round_ties_to_away().equal(Interval(-nearest if a < 0 else nearest))


def test_midpoint_and_radius_go_together():
    x = Interval([0, 1], [1, 4])
    assert all(np.array_equal(*pair) for pair in zip(x.mid_rad, (x.midpoint, x.radius), strict=True))


# -------------------------------------------------------------------------------------------------------------- reverse


@given(POINTS, WIDTHS, INTERVALS)
def test_squares_and_absolute_values_keep_their_points(t, width, x):
    x = x.hull(Interval(t))
    assert x.sqr_rev(around(Fraction(t) ** 2, width)).contains(t)
    assert x.abs_rev(around(abs(Fraction(t)), width)).contains(t)


@given(st.floats(1e-30, 1e30) | st.floats(-1e30, -1e-30), st.integers(-9, 9), WIDTHS, INTERVALS)
def test_integer_powers_keep_their_points(t, n, width, x):
    assert x.hull(Interval(t)).pown_rev(around(Fraction(t) ** n, width), n).contains(t)


@given(POINTS, POINTS, INTERVALS, WIDTHS, INTERVALS)
def test_factors_keep_their_points(t, b, others, width, x):
    product, factor = around(Fraction(t) * Fraction(b), width), others.hull(Interval(b))
    assert x.hull(Interval(t)).mul_rev(factor, product).contains(t)
    first, second = factor.mul_rev_to_pair(product)
    assert first.contains(t) or second.contains(t)
    assert first.is_empty or second.is_empty or first.precedes(second)


@pytest.mark.parametrize("name", ["sin", "cos", "tan", "cosh"])
@given(t=st.floats(-600, 600) | st.floats(-1e18, 1e18), width=WIDTHS, x=INTERVALS)
def test_functions_keep_their_points(name, t, width, x):
    t = math.fmod(t, 600) if name == "cosh" else t
    with mpmath.workdps(60):
        values = with_digits(getattr(mpmath, name)(mpmath.mpf(t)), width)
    assert getattr(x.hull(Interval(t)), f"{name}_rev")(values).contains(t)


@given(t=st.floats(1e-3, 1e3), y=st.floats(-50, 50), others=INTERVALS, width=WIDTHS, x=INTERVALS)
def test_bases_and_exponents_keep_their_points(t, y, others, width, x):
    with mpmath.workdps(60):
        values = with_digits(mpmath.mpf(t) ** mpmath.mpf(y), width)
    assert x.hull(Interval(t)).pow_rev1(others.hull(Interval(y)), values).contains(t)
    assert x.hull(Interval(y)).pow_rev2(others.hull(Interval(t)), values).contains(y)


# ---------------------------------------------------------------------------------------------------------- decorations


def test_reverse_operations_are_decorated_trv_and_plain_division_is_not():
    assert Interval(0, 3).sqr_rev(Interval(1, 4, "com")).decoration == "trv"
    assert Interval(0, 3).sqr_rev(Interval(1, 4)).decoration is None
    first, second = Interval(1, 2, "com").mul_rev_to_pair(Interval(1, 4))
    assert (first.decoration, second.decoration) == ("com", "trv")


def test_what_is_no_interval_stays_none_and_stands_in_no_relation():
    nai, x = Interval("[nai]"), Interval(1, 2, "com")
    assert nai.is_nai
    assert not x.is_nai
    assert not np.any(Interval([1, 2]).is_nai)
    for result in (nai + x, nai.hull(x), x & nai, np.sin(nai), x.fma(nai, 1), x.sqr_rev(nai), nai.cancel_minus(x)):
        assert str(result) == "[nai]"
    names = ("equal", "subset", "interior", "disjoint", "less", "strict_less", "precedes", "strict_precedes")
    assert not any(getattr(a, name)(b) for name in names for a, b in ((nai, x), (x, nai), (nai, nai)))
    assert not x.contains(nai)
    assert math.isnan(nai.inf)
    assert math.isnan(nai.sup)


def test_ill_is_no_decoration_of_a_set():
    with pytest.raises(ValueError, match="no interval"):
        Interval(1, 2).decorated("ill")


@pytest.mark.parametrize(
    "ends", [(math.inf, math.inf), (-math.inf, -math.inf), (mpmath.inf, math.inf), ([1, math.inf], 2)]
)
def test_infinity_is_an_end_but_no_member(ends):
    with pytest.raises(ValueError, match="infinity is no member"):
        Interval(*ends)


@given(POINTS, st.integers(-60, 60) | st.integers(-(2**70), 2**70))
def test_integer_powers_contain_theirs(t, n):
    if abs(n) <= 60 and (t or n >= 0):
        assert (Interval(t) ** n).contains(Fraction(t) ** n)
    assert (Interval(-1) ** n).equal(Interval((-1) ** (n % 2)))


@given(st.floats(-5, 5), st.floats(-5, -0.1))
def test_the_angle_is_dac_where_it_ends_on_the_cut(y, x):
    touching = np.arctan2(Interval(0, abs(y), "com"), Interval(x, x, "com"))
    assert touching.decoration == "dac"
