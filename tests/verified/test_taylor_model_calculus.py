"""Bounds, calculus, making and refusing of Taylor models: exact polynomials and 60 digits, without a tolerance."""

from __future__ import annotations

import itertools
import pickle
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import taylorad as ta
from taylorad.algebras.interval import Interval, UndecidedError
from taylorad.algebras.taylor_model import TaylorModel
from tests.verified.test_taylor_model import assert_encloses, exact_value, number, rational_points

mp = mpmath.mp
METHODS = ("best", "norm", "monomial", "horner", "bernstein", "linear")


# --------------------------------------------------------------------------------------------------------- bounders

PROBLEMS = {
    "six-hump camel": (
        lambda x, y: (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2,
        Interval([-2, -1], [2, 1]),
        6,
    ),
    "Styblinski-Tang": (
        lambda x, y: (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y) / 2,
        Interval([-5, -5], [5, 5]),
        4,
    ),
    "x(1-x)": (lambda x, y: x * (1 - x), Interval([0, 0], [1, 1]), 2),
    "corner": (lambda x, y: np.exp(x) * (2 + y) + x * y / 4, Interval([0, 0], [0.5, 0.5]), 5),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_bounders_contain_exact_samples(name, method):
    function, box, order = PROBLEMS[name]
    model = function(*TaylorModel.variables(box, order))
    inf, sup = (Fraction(float(e)) for e in model.bound(method).ends)
    low, high = ([Fraction(float(e)) for e in ends] for ends in box.ends)
    radius = Fraction(float(model.remainder.sup))
    steps = [Fraction(k, 16) for k in range(17)]
    values = [
        exact_value(
            model.polynomial.coefficients, model, [a + (b - a) * s for a, b, s in zip(low, high, t, strict=True)]
        )
        for t in itertools.product(steps, steps)
    ]
    assert inf <= min(values) - radius
    assert max(values) + radius <= sup


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_best_bounder_beats_horner(name):
    function, box, order = PROBLEMS[name]
    model = function(*TaylorModel.variables(box, order))
    assert model.bound().width <= model.bound("horner").width * (1 + 1e-12)
    if name != "x(1-x)":
        assert model.bound().width < 0.9 * model.bound("horner").width


def test_the_range_of_a_parabola_is_exact_to_rounding():
    x = TaylorModel.variable(Interval(0, 1), 2)
    bound = (x * (1 - x)).bound()
    assert bound.contains(0.25)
    assert bound.contains(0.0)
    assert bound.width <= 0.25 + 2e-15


def test_the_linear_bounder_is_exact_to_rounding_where_a_corner_holds_the_extremum():
    x, y = TaylorModel.variables(Interval([0, 0], [0.5, 0.5]), 8)
    model = np.exp(x) * (2 + y)
    bound = model.bound("linear")
    assert bound.inf >= 2 - 2 * float(model.remainder.magnitude) - 1e-13
    assert bound.sup <= np.exp(0.5) * 2.5 + 2 * float(model.remainder.magnitude) + 1e-13


@given(
    st.lists(st.floats(-10, 10), min_size=10, max_size=10), st.floats(-3, 3), st.floats(0, 4), st.sampled_from(METHODS)
)
def test_bounds_of_random_polynomials_contain_them(coefficients, low, width, method):
    polynomial = ta.MultivariateTaylor(np.array(coefficients), variables=2, order=3)
    model = TaylorModel(polynomial, 0.0, Interval([low, -1.0], [low + width, 0.5]))
    inf, sup = (Fraction(float(e)) for e in model.bound(method).ends)
    for point in rational_points(model, 8):
        assert inf <= exact_value(polynomial.coefficients, model, point) <= sup


# --------------------------------------------------------------------------------------------------------- calculus


def test_values_at_points_and_over_boxes_enclose():
    x, y = TaylorModel.variables(Interval([0, -1], [1, 1]), 6)
    model = np.exp(x * y)
    with mp.workdps(60):
        for point in rational_points(model):
            value = model(*(Interval(p) for p in point))
            truth = mp.exp(number(point[0] * point[1]))
            assert value.ends[0] <= truth <= value.ends[1]
    assert model(np.array([[0.5, 0.25], [0.5, -0.5]])).shape == (2,)
    assert np.stack([model, x])([0.5, 0.5]).shape == (2,)
    over = model(Interval([0, 0], [0.5, 1]))
    assert over.contains(1.0)
    assert over.contains(np.exp(0.5))
    with pytest.raises(ValueError, match="outside the domain"):
        model(1.1, 0.0)


def test_integrals_enclose():
    for centre in (None, 0.0, 1.0):
        x = TaylorModel.variable(Interval(0, 1), 6, centre)
        model = (np.cos(x) * x).integrate()
        start = Fraction(float(x.centre[0]))

        def primitive(a):
            return mp.cos(a) + a * mp.sin(a)

        assert_encloses(model, lambda a, s=start: primitive(number(a)) - primitive(number(s)))
    x, y = TaylorModel.variables(Interval([0, -1], [1, 1]), 4)
    assert_encloses((x**4 * y + 0.1).integrate(0), lambda a, b: h(a, b) - h(Fraction(1, 2), b))
    assert_encloses((x * y**3).integrate(1), lambda a, b: a * b**4 / 4)
    with pytest.raises(ValueError, match="variable 2 does not exist"):
        x.integrate(2)


def h(a, b):
    """An antiderivative of x⁴ y + 0.1."""
    return a**5 * b / 5 + a * Fraction(0.1)


def test_composition_encloses():
    u, v = TaylorModel.variables(Interval([0, -2], [1, 2]), 5)
    outer = np.stack([np.exp(u) * v, u * v])
    x = TaylorModel.variable(Interval(-1, 1), 7)
    inner = [(1 + np.sin(x)) / 2, x * x - x / 3]

    def truth(a):
        p, q = (1 + mp.sin(number(a))) / 2, number(a * a - a / 3)
        return [mp.exp(p) * q, p * q]

    composed = outer.compose(inner)
    assert composed.shape == (2,)
    assert_encloses(composed, truth)
    with pytest.raises(ValueError, match="reaches beyond the domain"):
        outer.compose([x, x])


def test_truncation_and_restriction_enclose():
    x, y = TaylorModel.variables(Interval([0, -1], [1, 1]), 6)
    model = np.exp(x * y)
    truth = lambda a, b: mp.exp(number(a * b))  # noqa: E731
    for order in range(7):
        assert_encloses(model.truncate(order), truth)
        assert model.truncate(order).order == order
    part = model.restrict(Interval([0.5, 0], [0.75, 0.125]))
    assert_encloses(part, truth)
    assert part.remainder.magnitude < 1.01 * model.remainder.magnitude
    u = TaylorModel.variable(Interval(0.1, 0.7), 3)
    assert_encloses((u * u).restrict(Interval(0.1, 0.3)), lambda a: a * a)
    assert_encloses((u * u).compose([u]), lambda a: a * a)
    with pytest.raises(ValueError, match="cannot truncate"):
        model.truncate(7)
    with pytest.raises(ValueError, match="reaches beyond the domain"):
        model.restrict(Interval([0.5, 0], [1.75, 0.125]))


def test_one_model_contains_another_or_it_is_not_proved():
    x = TaylorModel.variable(Interval(0, 1), 4)
    wide, narrow = x + Interval(-1, 1), x + Interval(-0.5, 0.5) + x * x / 8
    assert wide.contains(narrow)
    assert not narrow.contains(wide)
    assert wide.contains(0.5)
    assert not x.contains(x + 1e-300 * x)


def test_comparisons_are_decided_by_bounds_of_the_difference():
    x = TaylorModel.variable(Interval(0, 1), 4)
    assert x < x + 0.5
    assert x * x <= 1.25
    assert not x > 2
    with pytest.raises(UndecidedError):
        bool(x < 0.5)


# -------------------------------------------------------------------------------------------------- making, refusing


def test_models_are_made_from_parts():
    p = ta.MultivariateTaylor([1.0, 2.0, 3.0], variables=1, order=2)
    model = TaylorModel(p, Interval(0, 1), Interval(-1, 1), centre=0.5)
    assert model.remainder.equal(Interval(-0.5, 0.5))
    assert model.polynomial.coefficients.tolist() == [1.5, 2.0, 3.0]
    assert (model.centre == 0.5).all()
    assert_encloses(model, lambda a: 1 + 2 * (a - Fraction(1, 2)) + 3 * (a - Fraction(1, 2)) ** 2 + Fraction(1, 3))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TaylorModel.variable(Interval(0, np.inf), 3), "bounded"),
        (lambda: TaylorModel.variable(Interval.empty(), 3), "bounded"),
        (lambda: TaylorModel.variable(Interval([0, 1], [1, 2]), 3), "use variables"),
        (lambda: TaylorModel.variable(Interval(0, 1), 3, centre=2.0), "point of the domain"),
        (lambda: TaylorModel.variable(Interval(0, 1), -1), "order must be 0 or more"),
        (lambda: TaylorModel.variable(Interval(-1e308, 1e308), 3).bound("nonsense"), "no bounder"),
        (
            lambda: TaylorModel(ta.MultivariateTaylor([1.0, 2.0], 1, 1), Interval.empty(), Interval(0, 1)),
            "remainder is empty",
        ),
        (lambda: TaylorModel(ta.MultivariateTaylor([1.0, 2.0], 1, 1), 0, Interval([0, 0], [1, 1])), "variables"),
        (lambda: TaylorModel.variable(Interval(0, 1), 3) + float("nan"), "nan"),
        (lambda: TaylorModel.variable(Interval(0, 1), 3) * np.array([1.0, np.nan]), "nan"),
        (lambda: TaylorModel.variable(Interval(0, 1), 3) + TaylorModel.variable(Interval(0, 2), 3), "share domain"),
        (lambda: TaylorModel.variable(Interval(0, 1), 3) * TaylorModel.variable(Interval(0, 1), 4), "share domain"),
    ],
)
def test_what_makes_no_model_is_refused_with_a_reason(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_functions_without_a_rule_are_refused():
    x = TaylorModel.variable(Interval(0, 1), 3)
    z = np.stack([x, x])
    for call in (lambda: np.sort(z), lambda: np.fft.fft(z), lambda: np.argmax(z), lambda: np.interp(x, [0, 1], [0, 1])):
        with pytest.raises(TypeError, match="rule for"):
            call()


def test_models_are_pickled_and_copied():
    x = TaylorModel.variable(Interval(0, 1), 3)
    again = pickle.loads(pickle.dumps(np.exp(x)))
    assert again.frame is x.frame
    assert (again - np.exp(x)).bound().magnitude <= 3 * np.exp(x).remainder.magnitude
    assert x.copy().frame is x.frame
