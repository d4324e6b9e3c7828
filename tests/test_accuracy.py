"""Places where coefficients lost digits once, against mpmath: each would fail with a formula that was there before.

Errors are in ulps of a coefficient's natural scale (`tests.oracles`). Tolerances are about three times what is found;
the reasons say what the former formula left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special as sp

import taylorad as ta
from tests import oracles
from tests.points import directions, function

mp = mpmath.mp


def ulps(ours: Any, exact: list, first: int = 1) -> float:
    """The largest error of a coefficient, in ulps of its natural scale; degrees below `first` by their own size."""
    with mp.workdps(60):
        scale = oracles.natural_scale(exact, first)[: len(ours)]
        errors = [abs(oracles.exact(a) - b) / s for a, b, s in zip(ours, exact, scale, strict=False)]
        return float(max(errors) * 2**52)


def table_ulps(name: str, *arguments: Any, order: int) -> float:
    """Of a function of the table, along its last argument."""
    *parameters, x = arguments
    ours = function(name)(*parameters, ta.Taylor([x, 1, *[0] * (order - 1)])).coefficients
    return ulps(ours, oracles.coefficients(name, arguments, directions(name), order)[0])


def line_ulps(f: Callable, exact: Callable, at: float, order: int) -> float:
    """Of a function of one variable, with its counterpart in mpmath; a parabola may dwarf what bends it."""
    with mp.workdps(80):
        truth = mp.taylor(exact, mp.mpf(at), order + 8)
    return ulps(ta.taylor(f, at, order).coefficients, truth, 3)


# ------------------------------------------------------------------------------------------------ logsumexp and softmax


def exponents(t: Any) -> tuple[Any, Any]:
    """The two terms of a Gaussian mixture, whose larger one varies along the line."""
    return -((t - 3) ** 2) / 2, -2 * (t + 1) ** 2


@pytest.mark.parametrize("order", [20, 40])
def test_logsumexp_takes_out_the_series_of_the_largest_exponent(order):
    error = line_ulps(
        lambda t: sp.logsumexp(np.stack(exponents(t))), lambda t: mp.log(sum(map(mp.exp, exponents(t)))), 2.0, order
    )
    assert error < 20  # taking out its value only left 2e4: exponents were undone by log(exp(.))


@pytest.mark.parametrize("signed", [False, True])
def test_logsumexp_with_weights_takes_out_the_series_of_the_largest_exponent(signed):
    weights = np.array([-0.25 if signed else 0.25, -0.75 if signed else 0.75])

    def exact(t):
        return mp.log(abs(sum(w * mp.exp(e) for w, e in zip(weights.tolist(), exponents(t), strict=True))))

    def f(t):
        result = sp.logsumexp(np.stack(exponents(t)), b=weights, return_sign=signed)
        return result[0] if signed else result

    assert line_ulps(f, exact, 2.0, 20) < 20  # as above: 1e3


def test_softmax_subtracts_the_series_of_the_largest_entry():
    def exact(t):
        first, second = map(mp.exp, exponents(t))
        return first / (first + second)

    error = line_ulps(lambda t: sp.softmax(np.stack(exponents(t)))[0], exact, 2.0, 20)
    assert error < 20  # subtracting its value only left 1e6: the share is 1 less something tiny


# ------------------------------------------------------------------------------------------------- special functions


@pytest.mark.parametrize("x", [2.3, 4.1, 5.25, 7.6, 11.5])
def test_sinc_keeps_its_digits_on_both_sides_of_the_turning_point(x):
    assert table_ulps("sinc", x, order=40) < 20  # 0F1 of -(πx)²/4 and the recurrence left 20 to 3e6


@pytest.mark.parametrize(("name", "x"), [("y0", 17.4), ("y0", 10.3), ("y1", 15.5), ("y1", 23.0)])
def test_bessel_functions_of_the_second_kind_keep_their_digits_at_half_the_order(name, x):
    assert table_ulps(name, x, order=40) < 30  # SciPy's own Y has 6; the recurrence left up to 1e4


def test_bessel_functions_of_fractional_order_keep_their_digits_at_half_the_order():
    assert table_ulps("yv", 0.5, 17.0544, order=40) < 100  # SciPy's yv of order 1/2 + n has 20; the recurrence left 3e4


@pytest.mark.parametrize(("b", "z"), [(0.5, -30.0), (2.25, -30.0), (-2.3, -20.3), (3.0, 0.01), (1e-3, -0.01)])
def test_hyp0f1_has_the_digits_scipys_own_values_lack(b, z):
    assert table_ulps("hyp0f1", b, z, order=40) < 40  # SciPy's left 5e4, 3e3, 2e3, 200 and 600


def test_the_coefficients_of_hyp0f1_do_not_depend_on_the_other_entries():
    b, z = np.array([0.5, 2.0, 3.0, 1e-3, 50.0, 0.0, -0.5]), np.array([-50.0, -3.0, 0.2, 7.0, -99.9, 1.0, 400.0])
    x = ta.Taylor([z, np.ones(7), *np.zeros((4, 7))])
    with np.errstate(all="ignore"):  # b = 0 is a pole
        together = sp.hyp0f1(b, x).coefficients
        alone = [sp.hyp0f1(b[i], x[i]).coefficients for i in range(7)]
    np.testing.assert_array_equal(together, np.stack(alone, axis=1))


@pytest.mark.parametrize("z", [0.3 + 0.4j, 0.1 + 0.25j, -0.2 + 0.45j])
def test_wofz_keeps_its_digits_above_the_real_axis(z):
    assert table_ulps("wofz", z, order=40) < 5  # exp(-z²) outgrows it already there: 40 to 800


@pytest.mark.parametrize("x", [11.0, 14.0, 25.0])
def test_spence_keeps_its_digits_beyond_ten(x):
    assert table_ulps("spence", x, order=40) < 200  # up to 2e3 by the recurrence


# ------------------------------------------------------------------------------------------------- elliptic integrals


def incomplete(power: float) -> Callable:
    """The coefficients of the integral of (1 - m sin²φ)^power, from those of the integrand."""

    def coefficients(phi, m, order):
        with mp.workdps(80):
            integral = mp.ellipf if power < 0 else mp.ellipe
            m = mp.mpf(m)
            slopes = mp.taylor(lambda t: (1 - m * mp.sin(t) ** 2) ** mp.mpf(power), mp.mpf(phi), order + 7)
            return [integral(mp.mpf(phi), m), *(c / (k + 1) for k, c in enumerate(slopes))]

    return coefficients


@pytest.mark.parametrize(("name", "power", "tolerance"), [("ellipkinc", -0.5, 20), ("ellipeinc", 0.5, 10)])
def test_incomplete_elliptic_integrals_near_a_right_angle_keep_what_1_minus_m_sin2_loses(name, power, tolerance):
    phi, m = -1.55, 0.999
    ours = function(name)(ta.Taylor([phi, 1, *[0] * 19]), m).coefficients
    assert ulps(ours, incomplete(power)(phi, m, 20)) < tolerance  # 1 - m sin²φ cancels: 85 for F, 66 for E


def test_enclosures_of_incomplete_elliptic_integrals_have_the_amplitude_once():
    amplitude = ta.Taylor([ta.Interval(0.5, 0.8), ta.Interval(1)])
    for m in (0.3, -3.0):
        slope = sp.ellipkinc(amplitude, m).coefficients[1]
        ends = [1 / np.sqrt(1 - m * np.sin(phi) ** 2) for phi in (0.5, 0.8)]
        assert slope.width < abs(ends[1] - ends[0]) * (1 + 1e-12)  # cos² + (1 - m) sin² gave six times that


# ------------------------------------------------------------------------------------------------------ polygamma


def test_the_order_of_polygamma_may_be_a_float_that_is_an_integer():
    x = ta.Taylor([2.5, 1, 0.5])
    np.testing.assert_array_equal(sp.polygamma(1.0, x).coefficients, sp.polygamma(1, x).coefficients)
