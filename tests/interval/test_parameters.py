"""Parameters of special functions that are intervals, or become ones because a sum of them is no double."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import scipy.special as sp

import taylorad as ta
from taylorad import Interval

pytest.importorskip("flint", reason="special functions of intervals come from Arb")

ORACLES = {
    "jv": (sp.jv, mpmath.besselj, [(0.5, 0.75)], (1.0, 1.5)),
    "kv": (sp.kv, mpmath.besselk, [(0.25, 0.2578125)], (0.5, 0.515625)),
    "gammainc": (
        sp.gammainc,
        lambda a, x: mpmath.gammainc(a, 0, x, regularized=True),
        [(0.5, 0.625)],
        (1.0, 1.25),
    ),
    "hyp1f1": (sp.hyp1f1, mpmath.hyp1f1, [(0.5, 0.75), (1.25, 1.5)], (-1.0, -0.5)),
    "hyp2f1": (sp.hyp2f1, mpmath.hyp2f1, [(0.5, 0.75), (1.25, 1.5), (2.25, 2.5)], (0.25, 0.5)),
    "betainc": (
        sp.betainc,
        lambda a, b, x: mpmath.betainc(a, b, 0, x, regularized=True),
        [(0.5, 0.75), (1.25, 1.5)],
        (0.25, 0.5),
    ),
}


@pytest.mark.parametrize("name", ORACLES)
def test_functions_enclose_their_values_for_all_parameters_in_intervals(name):
    function, exact, parameters, argument = ORACLES[name]
    found = function(*(Interval(*p) for p in parameters), Interval(*argument))
    assert np.isfinite(found.width)
    with mpmath.workdps(40):
        for weight in (Fraction(0), Fraction(1, 3), Fraction(1)):
            inner = [mpmath.mpf(a) + (mpmath.mpf(b) - a) * weight.numerator / weight.denominator for a, b in parameters]
            for x in argument:
                assert found.contains(exact(*inner, mpmath.mpf(x)))


def test_series_enclose_where_a_sum_of_parameters_is_no_double():
    """1.7 + 1 is no double: the derivative's hyp2f1(2, 2.7, 3.2, x) has an interval for a parameter."""
    found = sp.hyp2f1(1.0, 1.7, 2.2, ta.Taylor.variable(Interval(0.2, 0.21), 4)).coefficients
    with mpmath.workdps(40):
        for x in (0.2, 0.205, 0.21):
            exact = mpmath.taylor(lambda t: mpmath.hyp2f1(1, mpmath.mpf(1.7), mpmath.mpf(2.2), t), mpmath.mpf(x), 4)
            assert all(c.contains(e) for c, e in zip(found, exact, strict=True))
    assert found[4].width < 0.2


def test_a_derivative_without_an_equation_needs_numbers_for_parameters():
    with pytest.raises(TypeError, match="polygamma: the derivatives need parameters that are numbers"):
        sp.polygamma(Interval(1, 2), ta.Taylor.variable(Interval(1, 1.5), 2))
