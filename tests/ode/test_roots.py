"""Roots of Taylor polynomials: against mpmath's roots of the same doubles at 60 digits, and over chains of steps."""

from __future__ import annotations

import inspect
from fractions import Fraction
from itertools import pairwise
from math import comb, factorial

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taylorad.ode.roots import exclude, roots

EPSILON = 2.0**-52
ONE_ULP = 2 * EPSILON  # a root is rounded once; h's power of two is taken out exactly


def expanded(zeros, scale=1.0):
    """Coefficients, rising, of scale Π (s - zero), rounded once."""
    product = [Fraction(1)]
    for zero in map(Fraction, zeros):
        product = [a - zero * b for a, b in zip([Fraction(0), *product], [*product, Fraction(0)], strict=True)]
    return np.array([float(c) for c in product]) * scale


def trigonometric(kind, t, order):
    """Taylor coefficients at t of powers of sines, as sums of sines and cosines in doubles."""
    parts = {"sin": [(1, 1, 1)], "1-cos": [(1, 0, -1)], "sin3": [(1, 1, 0.75), (3, 1, -0.25)],
             "sin4": [(2, 0, -0.5), (4, 0, 0.125)]}[kind]  # fmt: skip
    c = np.zeros(order + 1)
    c[0] = {"1-cos": 1.0, "sin4": 0.375}.get(kind, 0.0)
    for frequency, sine, factor in parts:
        turns = [np.sin(frequency * t), np.cos(frequency * t), -np.sin(frequency * t), -np.cos(frequency * t)]
        c += [factor * turns[(k + 1 - sine) % 4] * frequency**k / factorial(k) for k in range(order + 1)]
    return c


ASCENDING = "asc" in inspect.signature(mpmath.polyroots).parameters  # mpmath 1.4 wants coefficients in rising order


def complex_roots(rising):
    """All roots of a polynomial, by mpmath."""
    options = {"maxsteps": 500, "extraprec": 600}
    return mpmath.polyroots(rising, asc=True, **options) if ASCENDING else mpmath.polyroots(rising[::-1], **options)


def value(rising, s):
    """A polynomial by Horner's rule, in mpmath's precision."""
    total = mpmath.mpf(0)
    for c in reversed(rising):
        total = total * s + c
    return total


def oracle(coefficients, h):
    """Real roots in (0, h] of the polynomial with these very coefficients, in the direction of travel, 60 digits."""
    with mpmath.workdps(60):
        found = complex_roots([mpmath.mpf(float(c)) for c in np.trim_zeros(coefficients, "b")])
        real = [z.real for z in found if abs(z.imag) < mpmath.mpf(10) ** -40 * max(abs(z), mpmath.mpf(10) ** -20)]
        travelled = [z for z in real if 0 < z * np.sign(h) <= abs(h)]
        return sorted(travelled, key=abs)


def assert_simple_roots(coefficients, h):
    """All roots found, each correct to one unit in the last place, with directions of the exact signs."""
    found, expected = roots(coefficients, h), oracle(coefficients, h)
    assert len(found.s) == len(expected)
    with mpmath.workdps(60):
        rising = [mpmath.mpf(float(c)) for c in coefficients]
        for s, direction, exact in zip(found.s, found.direction, expected, strict=True):
            assert abs(mpmath.mpf(float(s)) - exact) <= ONE_ULP * abs(exact)
            just_after = value(rising, exact * (1 + mpmath.mpf(10) ** -30))
            assert direction == mpmath.sign(just_after)


# ---------------------------------------------------------------------------------------------------- simple roots

OUTSIDE = [-3.0, 1.75, 40.0]
SIMPLE = {
    "one": [0.3],
    "three": [0.1, 0.5, 0.9],
    "six": [0.125, 0.25, 0.375, 0.5, 0.75, 0.8],
    "dyadic, at cuts": [0.25, 0.5, 0.75],
    "near the start": [1e-15, 0.4],
    "very near the start": [1e-60, 0.4],
    "near the end": [0.5, 1 - 2.0**-50],
    "just outside": [-(2.0**-60), 1 + 2.0**-50, 0.5],
    "wilkinson": [k / 12 for k in range(1, 12)],
    "none": [],
}


@pytest.mark.parametrize("zeros", SIMPLE.values(), ids=SIMPLE)
@pytest.mark.parametrize("h", [1.0, -1.0, 0.8])
@pytest.mark.parametrize("outside", [[], OUTSIDE])
def test_simple_roots_are_found_to_one_ulp(zeros, h, outside):
    assert_simple_roots(expanded([np.sign(h) * zero for zero in zeros + outside]), h)


@pytest.mark.parametrize("distance", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6])
@pytest.mark.parametrize("centre", [0.3, 0.5, 0.987])
def test_near_pairs_are_two_roots(distance, centre):
    """Depth (distance/2)² > 2e-13, rounding about 1e-15."""
    assert_simple_roots(expanded([centre, centre + distance, -1.0, 1.5]), 1.0)


@pytest.mark.parametrize("distance", [0.0, 1e-10, 1e-9, 4e-9])
@pytest.mark.parametrize("centre", [0.3, 0.5, 0.987])
def test_pairs_that_rounding_cannot_separate_are_one_double_root(distance, centre):
    found = roots(expanded([centre, centre + distance, -1.0, 1.5]), 1.0)
    assert found.direction.tolist() == [0]
    # an extremum is a simple root of g': rounding of the coefficients, 7 of them, moves it by a few ulps of 1
    assert found.s[0] == pytest.approx(centre + distance / 2, rel=0, abs=8 * EPSILON)


@pytest.mark.parametrize("height", [1e-2, 1e-4, 1e-6])
def test_complex_pairs_close_to_the_axis_are_no_roots(height):
    pair = np.array([0.16 + height**2, -0.8, 1.0])
    assert not len(roots(np.convolve(pair, [1.0, 0.5]), 1.0).s)
    assert roots(np.convolve(pair, [-0.9, 1.0]), 1.0).direction.tolist() == [1]


def exact(coefficients, s):
    """g(s) of these very doubles."""
    return sum(Fraction(float(c)) * s**k for k, c in enumerate(coefficients))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(-100, 200).filter(lambda n: n not in (0, 100)), min_size=1, max_size=8, unique=True),
    st.sampled_from([1.0, -1.0, 0.37, -1e-3, 2.0**30]),
    st.integers(0, 12),
)
def test_random_roots_are_found_to_one_ulp(numerators, h, extra):
    """Roots at hundredths of |h|, times (3 + s/h)^extra; the exact g changes sign within an ulp of each.

    A pair of roots 0.01 h apart among eight has a depth above 1e-13 of Σ|g_k h^k|: rounding is below.
    """
    coefficients = expanded([n / 100 for n in numerators] + [-3.0] * extra)
    coefficients = coefficients * np.array([h**-k for k in range(len(coefficients))])
    found = roots(coefficients, h)
    assert len(found.s) == sum(0 < n < 100 for n in numerators)
    for s, direction in zip(map(Fraction, found.s.tolist()), found.direction, strict=True):
        before, after = (exact(coefficients, s * (1 + side * Fraction(ONE_ULP))) for side in (-1, 1))
        assert before * direction < 0 < after * direction


def test_order_zero_and_one():
    assert not len(roots(np.array([2.0]), 1.0).s)
    assert roots(np.array([0.0]), 1.0).degenerate
    assert roots(np.array([-1.0, 4.0]), 1.0).s.tolist() == [0.25]


# -------------------------------------------------------------------------------------------------- multiple roots


@pytest.mark.parametrize("multiplicity", [2, 3, 4, 5])
@pytest.mark.parametrize("place", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_multiple_root_is_reported_once_at_the_root_of_a_derivative(multiplicity, place, sign):
    coefficients = sign * expanded([place] * multiplicity + [-1.0, -0.5])
    found = roots(coefficients, 1.0)
    assert found.direction.tolist() == [sign if multiplicity % 2 else 0]
    assert found.s[0] == pytest.approx(place, rel=0, abs=50 * EPSILON)  # coefficients of g^(m-1)/m! are up to 10


def test_double_roots_of_one_minus_cosine():
    for t in np.linspace(5.0, 6.2, 13):
        found = roots(trigonometric("1-cos", t, 24), 1.5)
        assert found.direction.tolist() == [0]
        assert t + found.s[0] == pytest.approx(2 * np.pi, rel=0, abs=4 * EPSILON * 2 * np.pi)


def test_a_double_root_that_rounding_lifts_off_zero_is_still_one():
    coefficients = expanded([0.3, 0.3, -1.0])
    for lift in (-3, -1, 1, 3):
        lifted = coefficients + np.array([lift * EPSILON / 16, 0, 0, 0])  # g_0 = 0.09 has the ulp ε/16
        assert roots(lifted, 1.0).direction.tolist() == [0]


# ------------------------------------------------------------------------------------------------------------ ends


def test_the_interval_is_half_open():
    coefficients = expanded([0.0, 0.5, 1.0])
    assert roots(coefficients, 1.0).s.tolist() == [0.5, 1.0]
    assert roots(coefficients, 1.0).direction.tolist() == [-1, 1]
    started = roots(coefficients, 1.0, include_start=True)
    assert (started.s.tolist(), started.direction.tolist()) == ([0.0, 0.5, 1.0], [1, -1, 1])
    assert roots(coefficients, -1.0, include_start=True).direction.tolist() == [-1]


def test_multiple_roots_at_the_end_are_reported_there():
    for multiplicity in (1, 2, 3, 4):
        found = roots(expanded([1.0] * multiplicity + [-2.0]), 1.0)
        assert (found.s.tolist(), found.direction.tolist()) == ([1.0], [multiplicity % 2])
        assert (found.sign_after, found.ends_on_root) == (1.0, True)


def test_a_multiple_root_at_the_start_is_not_reported():
    for multiplicity in (1, 2, 3, 4):
        coefficients = expanded([0.0] * multiplicity + [-2.0])
        assert not len(roots(coefficients, 1.0).s)
        assert roots(coefficients, 1.0, include_start=True).s.tolist() == [0.0]
        assert not len(roots(coefficients, 1.0, sign_before=1.0, starts_on_root=True).s)


def test_a_sign_change_by_rounding_between_steps_is_reported_at_zero():
    found = roots(np.array([1e-17, 1.0]), 1.0, sign_before=-1.0)
    assert (found.s.tolist(), found.direction.tolist(), found.sign_after) == ([0.0], [1], 1.0)


def test_a_root_reported_at_the_end_of_a_step_is_not_reported_again_after_rounding():
    assert not len(roots(np.array([-1e-17, 1.0]), 1.0, sign_before=1.0).s)
    assert not len(roots(np.array([-1e-10, 1.0]), 1.0, sign_before=1.0).s)  # g is worse than it looks: 1e6 - x


def test_a_jump_between_steps_is_a_root_at_zero():
    found = roots(np.array([3.0, 1.0]), 1.0, sign_before=-1.0)
    assert (found.s.tolist(), found.direction.tolist()) == ([0.0], [1])
    found = roots(np.array([-0.25, 1.0]), 1.0, sign_before=1.0)
    assert (found.s.tolist(), found.direction.tolist()) == ([0.0, 0.25], [-1, 1])


# ----------------------------------------------------------------------------------------------- chains of steps


def chained(kind, ends, random, order=28):
    """Events over steps between these ends; every coefficient is wrong by up to two units of rounding."""
    places, directions, sign, on_root = [], [], None, False
    for start, end in pairwise(ends):
        c = trigonometric(kind, start, order) * (1 + random.uniform(-2, 2, order + 1) * EPSILON)
        c[0] += random.uniform(-0.5, 0.5) * EPSILON
        # the errors of g are those of its terms, which are of size 1
        found = roots(c, end - start, sign_before=sign, starts_on_root=on_root, uncertainty=8 * EPSILON)
        sign, on_root = found.sign_after, found.ends_on_root
        places += (start + found.s).tolist()
        directions += found.direction.tolist()
    return places, directions


def unkind_ends(random, period, longest, travel):
    """Steps from near -1 over 9, most of which end on a multiple of the period or 1e-17 … 1e-2 beside it."""
    ends = [float(random.choice([-0.7, 0.4]))]
    while abs(ends[-1] - ends[0]) < 9.3:
        end = ends[-1] + travel * random.uniform(0.05, longest)
        near = round(end / period) * period + random.choice([-1, 0, 1]) * 10.0 ** random.uniform(-17, -2)
        if random.random() < 0.7 and 1e-3 < travel * (near - ends[-1]) < longest:
            end = near
        ends.append(float(end))
    if abs(ends[-1] / period - round(ends[-1] / period)) < 0.02:
        ends.append(ends[-1] + travel * 0.3)
    return ends


@pytest.mark.parametrize("travel", [1, -1])
@pytest.mark.parametrize("kind", ["sin", "1-cos", "sin3", "sin4"])
@pytest.mark.parametrize("seed", range(12))
def test_every_root_of_a_chain_of_steps_is_counted_once(kind, travel, seed):
    random = np.random.default_rng(seed)
    period = 2 * np.pi if kind == "1-cos" else np.pi
    ends = unkind_ends(random, period, 1.2 if kind in ("sin", "1-cos") else 0.5, travel)  # where truncation < rounding
    places, directions = chained(kind, ends, random)
    low, high = sorted((ends[0], ends[-1]))
    expected = [k * period for k in range(-9, 10) if low < k * period <= high][::travel]
    assert len(places) == len(expected)
    np.testing.assert_allclose(places, expected, rtol=0, atol=1e-13)  # the extremum or inflection is a simple root
    odd = kind in ("sin", "sin3")
    assert directions == [travel * (-1) ** round(e / np.pi) if odd else 0 for e in expected]


@pytest.mark.parametrize("seed", range(10))
def test_crossings_are_counted_once_when_steps_end_at_roots_to_a_few_ulps(seed):
    """g = Σ a sin(w t + phase) + offset, each step's coefficients with their own rounding; no `uncertainty` given."""
    random = np.random.default_rng(seed)
    terms = list(zip(random.normal(size=2), (1.0, 2**0.5), random.uniform(0, 6, 2), strict=True))
    offset, t, sign, on_root = random.normal() * 0.3, 0.0, None, False
    places, directions = [], []
    while t < 40:
        derivatives = [[a * w**k * np.sin(w * t + x + k * np.pi / 2) for a, w, x in terms] for k in range(29)]
        c = np.array([sum(values) / factorial(k) for k, values in enumerate(derivatives)])
        c[0] += offset
        inside = roots(c, 1.1).s
        inside = inside[inside > 1e-6]
        h = random.uniform(0.01, 1.2)
        if len(inside) and random.random() < 0.7 and t < 38:
            h = float(inside[0]) * (1 + random.integers(-3, 4) * EPSILON)
        c *= 1 + random.uniform(-1, 1, 29) * EPSILON
        found = roots(c, h, sign_before=sign, starts_on_root=on_root)
        sign, on_root = found.sign_after, found.ends_on_root
        places, directions, t = places + (t + found.s).tolist(), directions + found.direction.tolist(), t + h
    grid = np.linspace(0, t, 200_001)  # ends where g is not zero
    values = sum(a * np.sin(w * grid + x) for a, w, x in terms) + offset
    after = np.nonzero(values[1:] * values[:-1] < 0)[0]
    assert directions == np.sign(values[after + 1]).tolist()
    np.testing.assert_allclose(places, grid[after], rtol=0, atol=grid[1])


def test_steps_of_length_two_find_all_crossings_of_sine_with_0_9999():
    """SciPy's event loop, which looks at signs at step ends, finds none of these six."""
    places = []
    for n in range(10):
        c = trigonometric("sin", 2.0 * n, 30)  # 2^31/31! < 3e-25
        c[0] -= 0.9999
        places += (2.0 * n + roots(c, 2.0).s).tolist()
    with mpmath.workdps(30):
        first = mpmath.asin(mpmath.mpf(0.9999))
        expected = [float(z + 2 * k * mpmath.pi) for k in range(3) for z in (first, mpmath.pi - first)]
    # g' is 0.014 there: rounding of g, 1e-16, and of c at t = 20, 4e-15, divided by that
    np.testing.assert_allclose(places, expected, rtol=0, atol=1e-13)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=12), st.sampled_from([1.0, -1.0, 3.0, 1e-5]))
def test_directions_alternate_and_sum_to_the_change_of_sign(coefficients, h):
    found = roots(np.array(coefficients), h)
    odd = found.direction[found.direction != 0].tolist()
    assert all(a == -b for a, b in pairwise(odd))
    assert not odd or odd[-1] == found.sign_after
    end = exact(coefficients, Fraction(h))
    size = sum(abs(Fraction(c) * Fraction(h) ** k) for k, c in enumerate(coefficients))
    if coefficients[0] and abs(end) > 1e-13 * size and abs(coefficients[0]) > 1e-13 * size:
        assert (len(odd) % 2 == 1) == ((end > 0) != (coefficients[0] > 0))
        assert found.sign_after == (1 if end > 0 else -1)


@pytest.mark.parametrize("exponent", [-990, -300, 300, 990])
@pytest.mark.parametrize("length", [-200, -30, 0, 30])
def test_scaling_by_powers_of_two_changes_nothing(exponent, length):
    unit = expanded([0.3, 0.3, 0.6, 0.9])
    plain = roots(unit, 1.0)
    scaled = np.array([np.ldexp(c, max(min(exponent - k * length, 1000), -1000)) for k, c in enumerate(unit)])
    if all(abs(exponent - k * length) <= 1000 for k in range(5)):
        found = roots(scaled, 2.0**length)
        assert found.s.tolist() == np.ldexp(plain.s, length).tolist()
        assert found.direction.tolist() == plain.direction.tolist() == [0, -1, 1]


def test_coefficients_of_1e300_and_1e_minus_300():
    for scale in (1e300, 1e-300):
        assert roots(np.array([-scale, scale, scale]), 1.0).s[0] == pytest.approx((5**0.5 - 1) / 2, rel=ONE_ULP)
    assert roots(np.array([-1e300, 1e-300]), 1e300).s.tolist() == []
    assert roots(np.array([-1.0, 1e-300]), 1.5e300).s[0] == pytest.approx(1e300, rel=ONE_ULP)


def test_zero_has_no_isolated_roots():
    found = roots(np.zeros(9), 1.0, sign_before=-1.0)
    assert (found.degenerate, len(found.s), found.sign_after) == (True, 0, -1.0)
    assert roots(np.array([3e-17, -1e-17, 2e-17]), 1.0, uncertainty=1e-15).degenerate


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="step h must be finite and not zero"):
        roots(np.ones(3), 0.0)
    with pytest.raises(ValueError, match="coefficient 1 is nan"):
        roots(np.array([1.0, np.nan, 2.0]), 1.0)
    with pytest.raises(ValueError, match=r"one polynomial \(order \+ 1,\), got shape \(2, 2\)"):
        roots(np.ones((2, 2)), 1.0)
    with pytest.raises(ValueError, match="h has shape"):
        exclude(np.ones((3, 4)), np.ones(3))


# --------------------------------------------------------------------------------------------------------- exclude


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20), st.floats(0, 1), st.sampled_from([1.0, -0.7, 1e-3, 9.0])
)
def test_a_polynomial_with_a_root_is_never_excluded(coefficients, part, h):
    """g_0 is chosen so that g has the sign of g(0) or zero at ``part h``, exactly: then there is a root between."""
    rest = exact([0.0, *coefficients], Fraction(h) * Fraction(part))
    start = float(-rest)  # rounded: the sign at s is that of start + rest, or opposite
    at_start, at_s = Fraction(start), Fraction(start) + rest
    if at_start * at_s <= 0:
        assert not exclude(np.array([start, *coefficients]), h)
    assert not exclude(np.array([0.0, *coefficients]), h)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=12), st.sampled_from([1.0, -0.7, 1e-3]))
def test_a_polynomial_that_its_first_coefficient_dominates_is_excluded(coefficients, h):
    sum_of_rest = sum(abs(c * h**k) for k, c in enumerate(coefficients, 1))
    dominated = np.array([sum_of_rest * (1 + 1e-12) + 1e-9, *coefficients])  # beyond rounding, 48 ε at most
    assert exclude(dominated, h)
    assert exclude(-dominated, h)
    assert not len(roots(dominated, h).s)


def test_a_batch_is_excluded_element_by_element():
    random = np.random.default_rng(1)
    batch = random.normal(size=(7, 12, 3))
    lengths = random.uniform(-1, 1, size=(12, 3))
    whole = exclude(batch, lengths)
    assert whole.shape == (12, 3)
    assert 0 < whole.sum() < whole.size
    for index in np.ndindex(12, 3):
        assert whole[index] == exclude(batch[:, *index], lengths[index])
        if whole[index]:
            assert not oracle(batch[:, *index], lengths[index])
    assert exclude(batch, 0.25).shape == (12, 3)


def test_bernstein_bounds_exclude_where_the_triangle_inequality_does_not():
    assert exclude(np.array([1 / factorial(k) for k in range(25)]), -1.0)  # exp(-s), and 1 < e - 1
    assert exclude(np.array([comb(8, k) * 1.0 for k in range(9)]), 100.0)


def test_what_is_not_finite_is_not_excluded():
    assert (
        exclude(np.array([[1.0, np.nan, 1.0, np.inf], [0.0, 0.0, np.inf, 1.0]]), 1.0).tolist() == [True] + [False] * 3
    )
