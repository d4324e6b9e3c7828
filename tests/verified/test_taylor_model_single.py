"""One model at a time: functions on Python's floats contain the truth, as those on arrays do, and agree with them."""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import taylorad as ta
from taylorad.algebras.interval import Interval
from taylorad.algebras.models import functions, single, straight
from taylorad.algebras.models.expansions import _SMOOTH, by_equation, expansions
from taylorad.algebras.models.functions import ModelDomainError
from taylorad.algebras.models.solution import polynomials
from taylorad.algebras.taylor_model import TaylorModel
from taylorad.rules import TABLE

BITS = 2600  # 1 - cos(1e-150) and 5e-324 beside 1 are told apart
PLACES = {"arccosh": 2.5, "log": 1.5, "log2": 1.5, "log10": 1.5, "sqrt": 1.5, "constant_power": 1.5, "reciprocal": -2.0}
NAMES = sorted(_SMOOTH | {"reciprocal"})


def exactly(x) -> flint.arb:
    """A double or a Fraction as a ball."""
    fraction = Fraction(x)
    return flint.arb(fraction.numerator) / fraction.denominator


def erf(x):
    return flint.acb(x).erf().real


TRUTH = {
    "exp": lambda x: x.exp(),
    "exp2": lambda x: flint.arb(2) ** x,
    "expm1": lambda x: x.expm1(),
    "log": lambda x: x.log(),
    "log2": lambda x: x.log() / flint.arb(2).log(),
    "log10": lambda x: x.log() / flint.arb(10).log(),
    "log1p": lambda x: x.log1p(),
    "sqrt": lambda x: x.sqrt(),
    "constant_power": lambda x: x ** exactly(0.3),
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "erf": erf,
    "erfc": lambda x: 1 - erf(x),
    "arcsin": lambda x: x.asin(),
    "arccos": lambda x: x.acos(),
    "arctan": lambda x: x.atan(),
    "sinh": lambda x: x.sinh(),
    "cosh": lambda x: x.cosh(),
    "tanh": lambda x: x.tanh(),
    "arcsinh": lambda x: x.asinh(),
    "arccosh": lambda x: x.acosh(),
    "arctanh": lambda x: x.atanh(),
    "expit": lambda x: 1 / (1 + (-x).exp()),
    "reciprocal": lambda x: 1 / x,
}


def both_ways(name, model):
    """The function by the quick way (None where it does not serve), and by that for arrays (None if it is refused)."""
    primitive = functions.RECIPROCAL if name == "reciprocal" else TABLE[name]
    parameters = (0.3,) if name == "constant_power" else ()
    quick = functions.of_one_model(model, primitive, parameters)
    try:
        with np.errstate(all="ignore"):
            return quick, functions._of_models(model, primitive, parameters)[0]
    except ModelDomainError:
        return quick, None


def polynomial_at(model, point):
    """The model's polynomial at a point of doubles, in balls."""
    h = [exactly(p) - exactly(c) for p, c in zip(point, model.centre.tolist(), strict=True)]
    total = flint.arb(0)
    for powers, c in zip(model.polynomial.exponents.tolist(), model.polynomial.coefficients.tolist(), strict=True):
        term = exactly(c)
        for x, k in zip(h, powers, strict=True):
            term *= x**k
        total += term
    return total


def points(model, count=4):
    low, high = model.domain.ends
    rng = np.random.default_rng(7)
    inner = [np.clip(low + (high - low) * rng.random(len(low)), low, high) for _ in range(count)]
    return [low.tolist(), high.tolist(), model.centre.tolist(), *(p.tolist() for p in inner)]


def assert_encloses(result, argument, truth):
    """|f(q ± σ) - p| ≤ ρ for q ± σ the argument: in the middle and at both ends of its remainder."""
    before, flint.ctx.prec = flint.ctx.prec, BITS
    try:
        sigma, rho = exactly(float(argument._radius)), exactly(float(result._radius))
        for point in points(result):
            inner, value = polynomial_at(argument, point), polynomial_at(result, point)
            for x in (inner - sigma, inner, inner + sigma):
                assert abs(truth(x) - value) <= rho
    finally:
        flint.ctx.prec = before


def argument_at(place, scale, order, centre=None, radius=0.0, width=0.5, slopes=(1.0, -0.3)):
    """``place + scale (a x + b x y + …)`` on a square of the given width."""
    x, y = TaylorModel.variables(Interval([-width] * 2, [width] * 2), order, centre)
    model = place + scale * (slopes[0] * x + slopes[1] * x * y + y / 3)
    return TaylorModel._make(model._coefficients, model._radius + radius, model.frame)


@pytest.mark.parametrize("order", [1, 2, 5, 10])
@pytest.mark.parametrize("name", NAMES)
def test_both_ways_enclose_and_agree(name, order):
    served = 0
    for scale, radius in ((1e-9, 0.0), (1e-3, 1e-5), (0.1, 0.0), (0.25, 1e-3)):
        argument = argument_at(PLACES.get(name, 0.1), scale, order, radius=radius)
        quick, general = both_ways(name, argument)
        assert_encloses(general, argument, TRUTH[name])
        if quick is None:
            continue
        served += 1
        assert_encloses(quick, argument, TRUTH[name])
        ulp = np.spacing(np.abs(general._coefficients[0]))
        assert abs(quick._radius - general._radius) <= 1e-4 * general._radius + 16 * ulp
        difference = np.abs(quick._coefficients - general._coefficients)
        assert np.all(difference <= 2 * general._radius)
    assert served


@given(
    st.sampled_from(NAMES),
    st.floats(-30, 30),
    st.floats(-60, 3),
    st.integers(1, 7),
    st.floats(0, 1),
    st.tuples(st.floats(-2, 2), st.floats(-2, 2)),
    st.booleans(),
)
def test_random_functions_of_random_models_enclose(name, place, exponent, order, share, slopes, corner):
    scale = 2.0**exponent
    domain = TABLE[name].rule.domain if name != "reciprocal" else None
    argument = argument_at(
        place, scale, order, centre=[-0.5, 0.5] if corner else None, radius=share * scale * 1e-3, slopes=slopes
    )
    inf, sup = argument.bound().ends
    assume(inf > 0 or sup < 0 if domain is None else domain.lower < inf and sup < domain.upper)
    primitive = functions.RECIPROCAL if name == "reciprocal" else TABLE[name]
    quick = functions.of_one_model(argument, primitive, (0.3,) if name == "constant_power" else ())
    if quick is not None:
        assert_encloses(quick, argument, TRUTH[name])


TINY = [5e-324, 1e-310, 1e-200, 1e-150]


@pytest.mark.parametrize("scale", TINY)
@pytest.mark.parametrize("name", ["exp", "sin", "cos", "arctan", "tanh", "expm1", "erf", "sinh", "arcsinh", "log1p"])
def test_tiny_arguments_enclose(name, scale):
    for place in (0.0, scale, 0.1):
        argument = argument_at(place, scale, 3)
        for found in both_ways(name, argument):
            if found is not None:
                assert_encloses(found, argument, TRUTH[name])


@pytest.mark.parametrize("name", ["log", "log2", "sqrt", "reciprocal", "constant_power", "arcsinh"])
@pytest.mark.parametrize("place", [5e-310, 1e-300, 1e-150, 1e150, 1e300, 1.5e308])
def test_tiny_and_huge_places_enclose(name, place):
    for share in (1e-12, 1e-3, 0.1):
        argument = argument_at(place, share * place, 3)
        for found in both_ways(name, argument):
            if found is not None and np.isfinite(found._radius):
                assert_encloses(found, argument, TRUTH[name])


def test_values_that_overflow_are_left_to_the_code_for_arrays():
    for place in (700.0, 709.5, 740.0):
        argument = argument_at(place, 0.5, 4)
        quick = functions.of_one_model(argument, TABLE["exp"])
        if quick is not None:
            assert_encloses(quick, argument, TRUTH["exp"])
    assert functions.of_one_model(argument_at(740.0, 0.5, 4), TABLE["exp"]) is None


def test_domains_of_all_sizes_enclose():
    for width in (1e-200, 1e-20, 1e-6, 4.0, 1e10, 1e100):
        argument = argument_at(0.5, 0.25 / max(width, 1.0), 6, width=width)
        for name in ("exp", "sin", "log1p"):
            for found in both_ways(name, argument):
                if found is not None and np.isfinite(found._radius + argument._radius):
                    assert_encloses(found, argument, TRUTH[name])


@pytest.mark.parametrize("name", NAMES)
def test_the_recurrence_written_out_agrees_with_that_on_arrays(name):
    primitive = functions.RECIPROCAL if name == "reciprocal" else TABLE[name]
    parameters = (0.3,) if name == "constant_power" else ()
    plan = single.plan_for(primitive.function, parameters, 7)
    low, high = PLACES.get(name, 0.1), PLACES.get(name, 0.1) + 2.0**-10
    few = single.Few([low], [high])
    started = primitive.function.start(single.NAMESPACE, few, *parameters)
    started = started if isinstance(started, tuple) else (started,)
    inf, sup = plan.run(low, high, *(e for s in started for e in (s.inf[0], s.sup[0])), plan.numbers)[:2]
    general = expansions(primitive, np.float64(low), np.float64(high), parameters, 8)[0]
    ulps = np.spacing(np.maximum(np.abs(general[0]), np.abs(general[1])))
    width = general[1] - general[0]
    assert np.all(np.abs(inf - general[0]) <= 64 * ulps + 0.05 * width)
    assert np.all(np.abs(sup - general[1]) <= 64 * ulps + 0.05 * width)


@pytest.mark.parametrize("name", NAMES)
def test_the_recurrence_of_errors_written_out_agrees_with_that_on_arrays(name):
    primitive = functions.RECIPROCAL if name == "reciprocal" else TABLE[name]
    rule, parameters, order = primitive.function, (0.3,) if name == "constant_power" else (), 6
    model = argument_at(PLACES.get(name, 0.1), 0.1, order)
    c = model._coefficients[0]
    run = by_equation(primitive, (np.full(3, c), np.full(3, c)), parameters, order + 1)
    starts = [float(end[0]) for parts in run.atoms[1 : run.first_node] for end in parts[0]]
    leading = tuple(float(np.ravel(end)[0]) for end in run.leading)
    plan = single.plan_for(rule, parameters, order)
    quick = single._polynomials(model.frame, plan, model._coefficients, model.sizes.tolist(), starts, leading)
    general = polynomials(model.frame, rule, model._coefficients, model.sizes, run)
    for (p, error), (q, bound) in zip(quick, general, strict=False):
        assert np.array_equal(p, q)
        assert abs(error / bound - 1) < 1e-11


INTERVALS = st.tuples(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300)).map(sorted)
SMALL = st.tuples(st.floats(-1e-150, 1e-150), st.floats(-1e-150, 1e-150)).map(sorted)


@given(st.one_of(INTERVALS, SMALL), st.one_of(INTERVALS, SMALL))
def test_products_and_quotients_of_floats_enclose(x, y):
    low, high = straight.times(*x, *y)
    products = [Fraction(a) * Fraction(b) for a in x for b in y]
    assert low == -math.inf or Fraction(low) <= min(products)
    assert high == math.inf or max(products) <= Fraction(high)
    low, high = straight.square(*x)
    assert low >= 0
    assert Fraction(low) <= (0 if x[0] <= 0 <= x[1] else min(Fraction(a) ** 2 for a in x))
    assert high == math.inf or max(Fraction(a) ** 2 for a in x) <= Fraction(high)
    if y[0] <= 0 <= y[1]:
        with pytest.raises(straight.UnusualError):
            straight.over(*x, *y)
        return
    low, high = straight.over(*x, *y)
    quotients = [Fraction(a) / Fraction(b) for a in x for b in y]
    assert low == -math.inf or Fraction(low) <= min(quotients)
    assert high == math.inf or max(quotients) <= Fraction(high)


@given(st.lists(st.tuples(st.one_of(INTERVALS, SMALL), SMALL), min_size=1, max_size=12))
def test_sums_of_products_of_floats_enclose(pairs):
    low, high = straight.dot([(*x, *y) for x, y in pairs], len(pairs))
    products = [[Fraction(a) * Fraction(b) for a in x for b in y] for x, y in pairs]
    assert Fraction(low) <= sum(map(min, products))
    assert sum(map(max, products)) <= Fraction(high)


def test_entries_of_a_batch_and_single_models_agree():
    x, y = TaylorModel.variables(ta.Interval([0.0, 1.0], [0.25, 1.25]), 6)
    batch = np.stack([x + y, x * y + 1, y - x / 3])
    for function in (np.exp, np.log, np.sqrt, np.sin, np.tanh, np.reciprocal):
        together = function(batch)
        for i in range(3):
            one = function(batch[i])
            assert np.allclose(one._coefficients, together._coefficients[:, i], rtol=1e-14, atol=1e-15)
            assert abs(one._radius / together._radius[i] - 1) < 1e-9
