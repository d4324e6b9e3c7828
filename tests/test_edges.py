"""Removable singularities, branch points, kinks, poles, ends of domains, extreme values: one documented policy each."""

from __future__ import annotations

import math
import warnings
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given
from hypothesis import strategies as st

import taylorad as ta
from taylorad import DomainWarning, Dual, HyperDual, MultivariateTaylor, Taylor

mp = mpmath.mp
INF, NAN = np.inf, np.nan


def bernoulli(k: int) -> Fraction:
    """B_k from mpmath, exactly."""
    return Fraction(*mpmath.bernfrac(k))


# ------------------------------------------------------------------------------------------- removable singularities

REMOVABLE = {  # function, point, exact coefficient of degree k
    "sin(x)/x": (
        lambda x: np.sin(x) / x,
        0,
        lambda k: Fraction((-1) ** (k // 2) * (k % 2 == 0), math.factorial(k + 1)),
    ),
    "x/expm1(x)": (lambda x: x / np.expm1(x), 0, lambda k: bernoulli(k) / math.factorial(k)),
    "log(x)/(x-1)": (lambda x: np.log(x) / (x - 1), 1, lambda k: Fraction((-1) ** k, k + 1)),
    "sqrt(x²+x³)": (lambda x: np.sqrt(x**2 + x**3), 0, lambda k: binomial(Fraction(1, 2), k - 1) if k else Fraction(0)),
    "(1-cos x)/x²": (
        lambda x: (1 - np.cos(x)) / x**2,
        0,
        lambda k: Fraction((-1) ** (k // 2) * (k % 2 == 0), math.factorial(k + 2)),
    ),
    "expm1(x)/x": (lambda x: np.expm1(x) / x, 0, lambda k: Fraction(1, math.factorial(k + 1))),
    "log1p(x)/sin(x)·sin(x)/x": (
        lambda x: np.log1p(x) / np.sin(x) * (np.sin(x) / x),
        0,
        lambda k: Fraction((-1) ** k, k + 1),
    ),
    "(x-sin x)/x³": (
        lambda x: (x - np.sin(x)) / x**3,
        0,
        lambda k: Fraction((-1) ** (k // 2) * (k % 2 == 0), math.factorial(k + 3)),
    ),
    "x³/x³": (lambda x: x**3 / x**3, 0, lambda k: Fraction(k == 0)),
}


def binomial(a: Fraction, k: int) -> Fraction:
    """binom(a, k) of a rational a."""
    return math.prod((Fraction(a - i, i + 1) for i in range(k)), start=Fraction(1))


removable = pytest.mark.parametrize(("f", "point", "exact"), REMOVABLE.values(), ids=REMOVABLE)
smooth = pytest.mark.parametrize(
    ("f", "point", "exact"),
    [row for name, row in REMOVABLE.items() if "sqrt" not in name],
    ids=[n for n in REMOVABLE if "sqrt" not in n],
)
SCALE = 1e-15  # a few roundings of coefficients that are at most 1


@removable
@pytest.mark.parametrize("order", [0, 1, 2, 5, 20])
def test_removable_singularities_have_series_of_full_order(f, point, exact, order):
    ours = ta.taylor(f, float(point), order)
    assert ours.order == order
    assert np.abs(ours.coefficients - [float(exact(k)) for k in range(order + 1)]).max() <= SCALE


@smooth
def test_removable_singularities_of_fractions_are_exact(f, point, exact):
    assert ta.taylor(f, Fraction(point), 12).coefficients.tolist() == [exact(k) for k in range(13)]


@removable
@pytest.mark.parametrize("order", [0, 1, 2, 7])
def test_derivatives_at_removable_singularities(f, point, exact, order):
    assert ta.derivative(f, float(point), order) == pytest.approx(
        float(exact(order) * math.factorial(order)), abs=math.factorial(order) * SCALE
    )


@smooth
def test_gradients_and_hessians_at_removable_singularities(f, point, exact):
    x, (c0, c1, c2) = float(point), (float(exact(k)) for k in range(3))
    assert ta.grad(f)(x) == pytest.approx(c1, abs=1e-15)
    assert ta.hessian(f)(x) == pytest.approx(2 * c2, abs=1e-15)
    assert ta.jvp(f, x, 3.0) == pytest.approx((c0, 3 * c1), abs=1e-15)
    batch = np.array([x, x + 1])
    hessian = ta.hessian(lambda b: np.sum(f(b)))(batch)
    assert np.diag(hessian) == pytest.approx(
        [2 * c2, ta.derivative(f, x + 1, 2)], abs=1e-13
    )  # the second is divided by x²
    assert hessian[0, 1] == hessian[1, 0] == 0


@smooth
def test_removable_singularities_in_several_variables(f, point, exact):
    ours = ta.expand(lambda x: f(x[0] + 2 * x[1] - point), [float(point), float(point) / 2], 4)
    for (i, j), c in zip(ours.exponents.tolist(), ours.coefficients, strict=True):
        assert c == pytest.approx(float(exact(i + j)) * math.comb(i + j, i) * 2**j, abs=1e-13)  # least squares


def test_removable_singularities_in_several_variables_are_exact_for_fractions():
    ours = ta.expand(lambda x: (np.exp(x[0] - x[1]) - 1) / (x[0] - x[1]), [Fraction(1), Fraction(1)], 4)
    for (i, j), c in zip(ours.exponents.tolist(), ours.coefficients, strict=True):
        assert c == Fraction((-1) ** j * math.comb(i + j, i), math.factorial(i + j + 1))


def test_removable_singularities_in_mpmath_numbers():
    with mp.workdps(40):
        ours = ta.taylor(lambda x: x / np.expm1(x), mp.mpf(0), 10)
        assert all(
            abs(c - mp.bernoulli(k) / mp.factorial(k)) < mp.mpf(10) ** -39 for k, c in enumerate(ours.coefficients)
        )


def test_removable_singularities_of_complex_numbers_and_of_single_precision():
    assert ta.taylor(lambda z: np.sin(z) / z, 0j, 4).coefficients == pytest.approx(
        [1, 0, -1 / 6, 0, 1 / 120], abs=SCALE
    )
    single = ta.taylor(lambda x: np.sin(x) / x, np.float32(0), 4).coefficients
    assert single.dtype == np.float32
    assert single == pytest.approx([1, 0, -1 / 6, 0, 1 / 120], abs=1e-7)


def test_removable_singularities_of_nested_derivatives():
    def f(x):
        return np.sin(x) / x

    assert ta.derivative(ta.grad(f), 0.0) == pytest.approx(-1 / 3, abs=SCALE)
    assert ta.jvp(lambda x: ta.derivative(f, x), 0.0, 1.0)[1] == pytest.approx(-1 / 3, abs=SCALE)
    assert ta.derivative(lambda x: ta.derivative(f, x, 2), 0.0, 2) == pytest.approx(1 / 5, abs=SCALE)


def test_quotients_of_differences_have_their_confluent_limits():
    exp = ta.expand(lambda x: (np.exp(x[0]) - np.exp(x[1])) / (x[0] - x[1]), [0.5, 0.5], 3)
    with mp.workdps(30):
        for (i, j), c in zip(exp.exponents.tolist(), exp.coefficients, strict=True):
            assert c == pytest.approx(float(mp.exp(0.5) / mp.factorial(i + j + 1)), rel=1e-13)  # ∫ eˣ over the simplex


def test_a_series_by_itself_leaves_its_unknown_coefficients_nan():
    t = Taylor.variable(0.0, 4)
    assert np.array_equal((np.sin(t) / t).coefficients[:4], [1, 0, -1 / 6, 0])
    assert np.isnan((np.sin(t) / t).coefficients[4])
    assert np.array_equal((t**2 / t**2).coefficients, [1, 0, 0, NAN, NAN], equal_nan=True)
    assert np.array_equal((Dual(0.0, 1.0) / Dual(0.0, 2.0)).coefficients, [NAN, NAN], equal_nan=True)


def test_a_function_that_is_nan_stays_nan():
    with np.errstate(invalid="ignore"):
        assert np.all(np.isnan(ta.taylor(lambda x: x + NAN, 1.0, 3).value))
        assert np.isnan(ta.taylor(lambda x: (x - x) / (x - x), 1.0, 0).value)
        assert np.isnan(ta.grad(lambda x: x[0] / x[1])([0.0, 0.0])).all()  # no limit


@pytest.mark.parametrize(
    ("series", "value"),
    [
        (lambda t: 1 / t, INF),
        (lambda t: -1 / t, -INF),
        (lambda t: 1 / t**2, INF),
        (lambda t: -3 / t**2, -INF),
        (lambda t: t / t**2, INF),
        (lambda t: t / t**3, INF),
        (lambda t: t**-1, INF),
        (lambda t: t**-2, INF),
        (lambda t: t**-1.5, INF),
        (lambda t: (t + 1) / (0 * t), INF),
    ],
)
def test_poles_have_infinite_value_and_no_coefficients(series, value):
    ours = series(Taylor.variable(0.0, 5)).coefficients
    assert ours[0] == value
    assert np.isnan(ours[1:]).all()


def test_zero_by_zero_series_is_nan():
    zero = Taylor.constant(0.0, 2)
    assert np.isnan((zero / zero).coefficients).all()


# --------------------------------------------------------------------------------------------------- powers at zero

POWERS = {
    0.5: [0, INF, -INF, INF, -INF],
    1.5: [0, 0, INF, -INF, INF],
    2.5: [0, 0, 0, INF, -INF],
    0.25: [0, INF, -INF, INF, -INF],
    0.0: [1, 0, 0, 0, 0],
    1.0: [0, 1, 0, 0, 0],
    2.0: [0, 0, 1, 0, 0],
    3.0: [0, 0, 0, 1, 0],
    7.0: [0, 0, 0, 0, 0],
}


@pytest.mark.parametrize(("p", "expected"), POWERS.items())
def test_powers_at_zero_have_one_sided_derivatives(p, expected):
    assert np.array_equal((Taylor.variable(0.0, 4) ** p).coefficients, expected)
    assert np.array_equal(ta.taylor(lambda x: x**p, np.zeros((2, 3)), 4).coefficients[:, 1, 2], expected)
    weights = [math.factorial(k) for k in range(5)]
    assert [ta.derivative(lambda x: x**p, 0.0, k) for k in range(5)] == [
        e * w for e, w in zip(expected, weights, strict=True)
    ]
    assert ta.grad(lambda x: x**p)(0.0) == expected[1]
    assert ta.hessian(lambda x: x**p)(0.0) == 2 * expected[2]


def test_arrays_of_exponents_at_zero():
    exponents = np.array([2.0, 1.0, 0.5, 1.5])
    ours = ta.taylor(lambda x: x**exponents, np.zeros((2, 4)), 2)
    assert np.array_equal(ours.coefficients[:, 0], [[0, 0, 0, 0], [0, 1, INF, 0], [1, 0, -INF, INF]])
    assert np.array_equal(ta.grad(lambda x: np.sum(x**exponents))(np.zeros(4)), [0, 1, INF, 0])


@pytest.mark.parametrize(
    ("x", "p", "expected"),
    [
        ([0, 2, 1, 0], 0.5, [0, INF, -INF, INF]),
        ([0, -2, 1, 0], 0.5, [0, -INF, -INF, -INF]),
        ([0, 0, 4, 4], 0.5, [0, 2, 1, NAN]),
        ([0, 0, 4, 1], 1.5, [0, 0, 0, 8]),
        ([0, 0, -4, 0], 0.5, [0, NAN, NAN, NAN]),
        ([0, 0, 4, 0], 0.25, [0, INF, -INF, INF]),
        ([0, 0, 0, 8], 1 / 3, [0, 2, NAN, NAN]),
        ([0, 0, 0, -8], 1 / 3, [0, -2, NAN, NAN]),
        ([0, 1, 0, 0], 1 / 3, [0, INF, -INF, INF]),
        ([0, 0, 0, 0], 0.5, [0, 0, 0, 0]),
        ([0, 0, 0, 0], 1.5, [0, 0, 0, 0]),
        ([0, 0, 0, 0], 2.0, [0, 0, 0, 0]),
        ([0, 0, 0, 0], -0.5, [INF, NAN, NAN, NAN]),
    ],
)
def test_powers_of_series_without_constant_part(x, p, expected):
    function = {0.5: np.sqrt, 1 / 3: np.cbrt}.get(p, lambda t: t**p)
    assert np.array_equal(function(Taylor(np.array(x, dtype=float))).coefficients, expected, equal_nan=True)


def test_square_roots_at_zero_in_several_variables():
    x = MultivariateTaylor([0.0, 1, -2, 0, 0, 0], 2, 2)
    assert np.array_equal(np.sqrt(x).coefficients, [0, INF, -INF, -INF, INF, -INF])
    assert np.array_equal(np.sqrt(MultivariateTaylor([0.0, 1, 0, 0, 0, 0], 2, 2)).coefficients, [0, INF, 0, -INF, 0, 0])
    assert np.array_equal(np.sqrt(HyperDual(0.0, 1.0, 1.0, 0.0)).coefficients, [0, INF, INF, -INF])
    assert np.array_equal(ta.hessian(lambda x: np.sum(np.sqrt(x)))([0.0, 1.0]), [[-INF, 0], [0, -0.25]])


def test_a_zero_norm_has_gradient_zero():
    assert np.array_equal(ta.grad(np.linalg.norm)(np.zeros(3)), np.zeros(3))
    assert np.array_equal(ta.expand(np.linalg.norm, np.zeros(3), 1).gradient(), np.zeros(3))
    assert np.array_equal(ta.grad(lambda x: np.sqrt(x[0] ** 2 + x[1] ** 2))([0.0, 0.0]), [0, 0])
    gradient = ta.grad(lambda x: np.sum(np.linalg.norm(x, axis=1)))([[0.0, 0.0], [3.0, 4.0]])
    assert np.allclose(gradient, [[0, 0], [0.6, 0.8]], rtol=1e-15, atol=0)
    assert np.array_equal(ta.grad(np.std)([1.0, 1.0]), [0, 0])
    assert np.isnan(ta.hessian(np.linalg.norm)(np.zeros(2))).all()  # infinite, with no direction
    assert np.array_equal(ta.taylor(np.linalg.norm, np.zeros(2), 2, direction=[3.0, 4.0]).coefficients, [0, 5, 0])


# --------------------------------------------------------------------------------------------- scaling and the plane


@pytest.mark.parametrize("scale", [1e200, 1e-200, 1e150, 1e-160, 1.0])
def test_hypot_and_norm_neither_overflow_nor_vanish(scale):
    x = scale * np.array([3.0, 4.0])
    for f in (lambda v: np.hypot(v[0], v[1]), np.linalg.norm):
        assert f(Taylor.variable(x, 1)).coefficients == pytest.approx([5 * scale, 1.4], rel=1e-15)
        assert ta.grad(f)(x) == pytest.approx([0.6, 0.8], rel=1e-15)
        assert ta.hessian(f)(x) * scale == pytest.approx(np.array([[0.128, -0.096], [-0.096, 0.072]]), rel=1e-14)


@pytest.mark.parametrize(("x", "expected"), [(3.0, [3, 1, 0]), (-3.0, [3, -1, 0])])
def test_hypot_on_the_axes(x, expected):
    t = Taylor.variable(x, 2)
    assert np.hypot(t, 0.0).coefficients.tolist() == np.hypot(0.0, t).coefficients.tolist() == expected
    across = np.hypot(x, Taylor.variable(0.0, 2)).coefficients
    assert across == pytest.approx([3, 0, 1 / 6], rel=1e-15)


@pytest.mark.parametrize("y", [0.0, -0.0, 1.0, -1.0])
@pytest.mark.parametrize("x", [0.0, -0.0, 1.0, -1.0, 2e-200, -3e200])
def test_arctan2_on_the_axes_keeps_signed_zeros(y, x):
    ours = np.arctan2(Taylor([y, 1.0]), Taylor([x, 0.0])).coefficients
    assert (ours[0], np.signbit(ours[0])) == (np.arctan2(y, x), np.signbit(np.arctan2(y, x)))
    if x or y:
        r = math.hypot(x, y)
        assert ours[1] == pytest.approx(x / r / r, rel=1e-15)
        assert np.arctan2(y, Taylor([x, 1.0])).coefficients[1] == pytest.approx(-y / r / r, rel=1e-15)
    else:
        assert np.isnan(ours[1])


# --------------------------------------------------------------------------------------------------- branches, kinks

POISONED = {
    "log": (np.log, -1.0),
    "sqrt": (np.sqrt, -1.0),
    "1/x": (lambda x: 1 / x, 0.0),
    "x**-1.5": (lambda x: x**-1.5, 0.0),
    "root": (np.sqrt, 0.0),
    "arcsin": (np.arcsin, 2.0),
    "arctanh": (np.arctanh, 1.0),
    "gamma": (sp.gamma, -1.0),
    "sin(x)/x": (lambda x: np.sin(x) / x, 0.0),
    "exp": (np.exp, 1e4),
    "power": (lambda x: x**0.3, -1.0),
    "logit": (sp.logit, 0.0),
    "k0": (sp.k0, 0.0),
    "norm": (lambda x: np.sqrt(x * x), 0.0),
}


@pytest.mark.filterwarnings("ignore::taylorad.DomainWarning", "ignore:.* encountered:RuntimeWarning")
@pytest.mark.parametrize(("f", "x"), POISONED.values(), ids=POISONED)
@pytest.mark.parametrize(
    "choose", [lambda c, f, g: np.where(c, f, g), lambda c, f, g: np.select([c], [f], g)], ids=["where", "select"]
)
def test_the_branch_not_taken_never_poisons(f, x, choose):
    def h(v):
        return np.sum(choose(v != x, f(v), v**3))

    at = np.array([x, 0.5])
    taken = [3 * x**2, float(ta.derivative(f, 0.5))]
    assert h(Taylor.variable(at, 2)).value == pytest.approx(x**3 + f(0.5), rel=1e-13)
    assert ta.grad(h)(at) == pytest.approx(taken, rel=1e-12)
    assert ta.hessian(h)(at) == pytest.approx(np.diag([6 * x, ta.derivative(f, 0.5, 2)]), rel=1e-12, abs=1e-300)
    assert ta.expand(h, at, 2).gradient() == pytest.approx(taken, rel=1e-12)


SLOPES = {  # function, points, slopes: at a kink the mean of the slopes on both sides
    "abs": (np.abs, [-2, 0, -0.0, 3], [-1, 0, 0, 1]),
    "fabs": (np.fabs, [-2, 0, 3], [-1, 0, 1]),
    "maximum": (lambda x: np.maximum(x, 1), [0, 1, 2], [0, 0.5, 1]),
    "minimum": (lambda x: np.minimum(2 * x, x + 1), [0, 1, 2], [2, 1.5, 1]),
    "fmax": (lambda x: np.fmax(-x, 3 * x), [-1, 0, 1], [-1, 1, 3]),
    "fmin": (lambda x: np.fmin(0, x), [-1, 0, 1], [1, 0.5, 0]),
    "clip": (lambda x: np.clip(x, 0, 1), [-1, 0, 0.5, 1, 2], [0, 0.5, 1, 0.5, 0]),
    "interp": (lambda x: np.interp(x, [0, 1, 2], [0, 1, 4]), [-1, 0, 0.5, 1, 2, 3], [0, 0.5, 1, 2, 1.5, 0]),
    "sign": (np.sign, [-1, 0, 1], [0, 0, 0]),
    "heaviside": (lambda x: np.heaviside(x, 0.5), [-1, 0, 1], [0, 0, 0]),
    "floor": (lambda x: x * np.floor(x), [0.5, 1, 1.5], [0, 1, 1]),
    "copysign": (lambda x: np.copysign(x, -1.0), [-1, -0.0, 0, 1], [1, 0, 0, -1]),
    "remainder": (lambda x: x % 2, [-1, 0, 4.5], [1, 1, 1]),
    "relu by where": (lambda x: np.where(x > 0, x, 0), [-1, 0, 1], [0, 0, 1]),
}


@pytest.mark.parametrize(("f", "x", "slopes"), SLOPES.values(), ids=SLOPES)
def test_a_kink_has_the_mean_slope(f, x, slopes):
    x = np.array(x, dtype=float)
    assert np.array_equal(
        f(Taylor.variable(x, 1)).coefficients[1] if hasattr(f(Taylor.variable(x, 1)), "coefficients") else 0 * x, slopes
    )
    assert np.array_equal(ta.grad(lambda v: np.sum(f(v)))(x), slopes)
    assert np.array_equal(ta.derivative(f, x), slopes)
    assert not np.any(ta.hessian(lambda v: np.sum(f(v)))(x))


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (np.max, [0, 0, 0.5, 0.5]),
        (np.min, [0.5, 0.5, 0, 0]),
        (np.ptp, [-0.5, -0.5, 0.5, 0.5]),
        (np.maximum.reduce, [0, 0, 0.5, 0.5]),
        (lambda x: np.linalg.norm(x, np.inf), [0, 0, 0.5, 0.5]),
        (lambda x: np.max(x.reshape(2, 2), axis=0).sum(), [0, 0, 1, 1]),
    ],
)
def test_ties_share_the_slope(f, expected):
    assert np.array_equal(ta.grad(f)([1.0, 1.0, 3.0, 3.0]), expected)


# -------------------------------------------------------------------------------------------------- domains, warnings

OUTSIDE = [
    (np.log, -2.0, "log has no Taylor series at -2.0: its degree-0 argument must lie in (0, inf)"),
    (np.log, 0.0, "log has no Taylor series at 0.0: its degree-0 argument must lie in (0, inf)"),
    (np.sqrt, -1.0, "sqrt has no Taylor series at -1.0: its degree-0 argument must lie in (0, inf)"),
    (np.arcsin, 2.0, "arcsin has no Taylor series at 2.0: its degree-0 argument must lie in (-1, 1)"),
    (np.arccosh, 0.5, "arccosh has no Taylor series at 0.5: its degree-0 argument must lie in (1, inf)"),
    (np.arctanh, 1.0, "arctanh has no Taylor series at 1.0: its degree-0 argument must lie in (-1, 1)"),
    (np.log1p, -1.0, "log1p has no Taylor series at -1.0: its degree-0 argument must lie in (-1, inf)"),
    (
        sp.gamma,
        -2.0,
        "gamma has no Taylor series at -2.0: its degree-0 argument must lie in (-inf, inf) without its poles",
    ),
    (lambda x: x**0.3, -1.0, "constant_power has no Taylor series at -1.0: its degree-0 argument must lie in (0, inf)"),
]


@pytest.mark.parametrize(("f", "x", "message"), OUTSIDE)
def test_leaving_the_domain_warns_and_gives_nan(f, x, message):
    with pytest.warns(DomainWarning) as caught:
        ours = f(Taylor.variable(np.array([0.7 if f is not np.arccosh else 1.7, x]), 3)).coefficients
    assert str(caught[0].message) == message
    assert caught[0].filename == __file__
    assert np.isnan(ours[1:, 1]).all()
    assert np.isfinite(ours[:, 0]).all()
    with np.errstate(all="ignore"):
        assert np.array_equal(ours[0, 1], f(np.float64(x)), equal_nan=True)


@pytest.mark.parametrize(("f", "x", "message"), OUTSIDE)
def test_numpys_error_state_rules_domain_errors(f, x, message):
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError, match=message.split(":")[0]):
        f(Taylor.variable(x, 3))
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(f(Taylor.variable(x, 3)).coefficients[1:]).all()


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (np.arcsin, 1.0, [np.pi / 2, INF, INF]),
        (np.arccos, 1.0, [0, -INF, -INF]),
        (np.arcsin, -1.0, [-np.pi / 2, INF, -INF]),
        (np.arccosh, 1.0, [0, INF, -INF]),
        (np.sqrt, 0.0, [0, INF, -INF]),
        (np.cbrt, 0.0, [0, INF, -INF]),
    ],
)
def test_closed_ends_of_domains_have_infinite_one_sided_slopes(f, x, expected):
    assert np.array_equal(f(Taylor.variable(x, 2)).coefficients, expected)


# ------------------------------------------------------------------------------------ entropies: x log x ends in 0

ENTROPIES = {
    "xlogy": (lambda x: sp.xlogy(x, x), [0, -INF, INF]),
    "entr": (sp.entr, [0, INF, -INF]),
    "rel_entr": (lambda x: sp.rel_entr(x, 2.0), [0, -INF, INF]),
    "kl_div": (lambda x: sp.kl_div(x, 2.0), [2, -INF, INF]),
    "xlogy of a constant": (lambda x: sp.xlogy(0.0, x), [0, 0, 0]),
}


@pytest.mark.parametrize(("f", "expected"), ENTROPIES.values(), ids=ENTROPIES)
def test_entropies_end_in_zero_with_infinite_slope(f, expected):
    assert np.array_equal(f(Taylor.variable(0.0, 2)).coefficients, expected)


def test_entropy_of_negative_numbers_is_scipys():
    assert sp.entr(Taylor.variable(-1.0, 1)).value == sp.entr(-1.0) == -INF


@pytest.mark.parametrize(
    "a", [[-INF, -INF], [-INF, 1.0], [0.0, -50.0], [1e4, 1e4 - 1], [INF, 1.0], [1e-20, -800.0], [700.0, 700.0]]
)
def test_logarithms_of_sums_are_scipys_in_both_tails(a):
    for ours, expected in ((sp.logsumexp, sp.logsumexp(a)), (lambda x: np.logaddexp(x[0], x[1]), np.logaddexp(*a))):
        assert ours(Taylor.variable(np.array(a), 1)).value == pytest.approx(expected, rel=1e-15, abs=0)


def test_softmax_of_large_numbers_has_its_derivatives():
    jacobian = ta.jacobian(sp.softmax)(np.array([1e4, 1e4 - 1]))
    p = sp.expit(1.0)
    assert jacobian == pytest.approx(
        p * (1 - p) * np.array([[1, -1], [-1, 1]]), rel=1e-12
    )  # x - logsumexp cancels 4 digits


# --------------------------------------------------------------------------------------------- values at the extremes

ENTIRE = [
    np.exp,
    np.sin,
    np.cos,
    np.sinh,
    np.tanh,
    np.arctan,
    np.arcsinh,
    np.expm1,
    sp.erf,
    sp.expit,
    np.abs,
    np.square,
    np.negative,
]


@pytest.mark.parametrize("f", ENTIRE)
@pytest.mark.parametrize("x", [0.0, -0.0, NAN, INF, -INF, 1e300, -1e300, 5e-324, 1e22, -1e3])
def test_values_at_the_extremes_are_numpys(f, x):
    with np.errstate(all="ignore"):
        ours, expected = f(Taylor.variable(x, 3)), np.float64(f(np.float64(x)))
    assert np.array_equal(ours.value, expected, equal_nan=True)
    assert np.signbit(ours.value) == np.signbit(expected) or np.isnan(expected)
    if np.isnan(x):
        assert np.isnan(ours.value)


@pytest.mark.parametrize(
    "f", [np.exp, np.log, np.sin, np.sqrt, np.tan, np.tanh, sp.erf, sp.gamma, sp.j0, lambda x: 1 / x, lambda x: x**2.5]
)
def test_nan_stays_in_its_entry(f):
    ours = f(Taylor.variable(np.array([NAN, 0.7]), 3)).coefficients
    assert np.isnan(ours[0, 0])
    assert np.array_equal(ours[:, 1], f(Taylor.variable(np.array([0.7]), 3)).coefficients[:, 0])


@pytest.mark.parametrize(
    "f", [np.max, np.min, np.sum, np.median, np.prod, np.mean, np.linalg.norm, sp.logsumexp, np.ptp]
)
def test_nan_spreads_through_reductions(f):
    x = Taylor.variable(np.array([[NAN, 1.0, 2.0], [0.5, 1.0, 3.0]]), 2)
    ours = f(x, axis=1)
    assert np.isnan(ours.value[0])
    assert ours.value[1] == pytest.approx(f(x.value, axis=1)[1], rel=1e-15)
    assert np.isfinite(ours.coefficients[:, 1]).all()


@pytest.mark.parametrize(
    "f", [np.exp, np.sin, np.log, np.sqrt, sp.gamma, sp.j0, lambda x: x * x, lambda x: 1 / x, lambda x: x**x]
)
def test_order_zero_is_the_value_alone(f):
    x = np.array([0.3, 1.7])
    for make in (lambda a: Taylor.constant(a, 0), lambda a: MultivariateTaylor(a[None], 3, 0)):
        ours = f(make(x)).coefficients
        assert ours.shape == (1, 2)
        assert ours[0] == pytest.approx(f(x), rel=1e-15)
    assert ta.taylor(f, 0.3, 0).order == 0


@pytest.mark.parametrize("x", [np.zeros(0), np.zeros((0, 3)), np.zeros((2, 0))])
def test_empty_batches_have_empty_derivatives(x):
    assert ta.taylor(np.exp, x, 3).coefficients.shape == (4, *x.shape)
    assert ta.derivative(lambda v: np.sin(v) / v, x).shape == x.shape
    assert ta.grad(lambda v: np.sum(v**2))(x).shape == x.shape
    assert ta.hessian(lambda v: np.sum(v**2))(x).shape == x.shape * 2
    assert ta.jvp(np.exp, x, x)[1].shape == x.shape


# -------------------------------------------------------------------------------------------------------- high orders

LONG = {  # function, point, coefficient of degree k by mpmath
    "exp": (np.exp, 0.3, lambda k: mp.exp(mp.mpf(0.3)) / mp.factorial(k)),
    "geometric": (lambda x: 1 / (1 - x), 0.0, lambda k: mp.mpf(1)),
    "log": (np.log, 2.0, lambda k: -((-mp.mpf(1) / 2) ** k) / k if k else mp.log(2)),
    "sqrt": (np.sqrt, 1.0, lambda k: mp.binomial(mp.mpf(1) / 2, k)),
    "sin": (np.sin, 1.0, lambda k: mp.sin(1 + k * mp.pi / 2) / mp.factorial(k)),
}


@pytest.mark.parametrize(("f", "x", "exact"), LONG.values(), ids=LONG)
@pytest.mark.parametrize("order", [170, 171, 300])
def test_normalized_coefficients_of_high_order_neither_overflow_nor_turn_nan(f, x, exact, order):
    ours = f(Taylor.variable(x, order)).coefficients
    with mp.workdps(30):
        truth = [exact(k) for k in range(order + 1)]
        errors = [abs(mp.mpf(float(c)) - t) for c, t in zip(ours, truth, strict=True)]
        assert all(
            e <= 1e-13 * abs(t) + 2.0**-1022 for e, t in zip(errors, truth, strict=True)
        )  # gradual underflow below


def test_scaled_series_keep_high_orders_within_range():
    order = 200
    ours = np.log(Taylor.variable(1e-3, order).scaled(1e-3))
    assert ours.coefficients[1:] == pytest.approx([-((-1) ** k) / k for k in range(1, order + 1)], rel=1e-12)
    large = np.exp(Taylor.variable(0.0, order).scaled(50.0))
    with mp.workdps(30):
        assert large.coefficients[order] == pytest.approx(float(mp.mpf(50) ** order / mp.factorial(order)), rel=1e-12)
    assert large(0.02) == pytest.approx(math.e, rel=1e-14)


def test_scaling_by_a_factor_out_of_range_keeps_what_is_in_range():
    t = Taylor([1.0, *[0.0] * 99, 1e-300])
    assert t.scaled(1e4).coefficients[100] == pytest.approx(1e100)
    assert t.scaled(np.array([1e4, 10.0])[0]).coefficients[0] == 1
    assert t.scaled(2.0 + 1j).dtype == np.complex128


def test_derivatives_are_infinite_only_where_they_exceed_the_range():
    exp = np.exp(Taylor.variable(0.0, 190)).derivatives()
    assert exp[:171] == pytest.approx(np.ones(171), rel=1e-13)
    assert np.isnan(exp[178:]).all()  # coefficients below the smallest number: unknown, not zero
    geometric = (1 / (1 - Taylor.variable(0.0, 175))).derivatives()
    assert geometric[170] == pytest.approx(float(math.factorial(170)), rel=1e-15)
    assert np.all(np.isinf(geometric[171:]))
    assert ta.derivative(lambda x: 1 / (3 - x), 0.0, 175) == pytest.approx(
        float(math.factorial(175) / mp.mpf(3) ** 176), rel=1e-12
    )
    assert (Taylor.variable(Fraction(0), 180) ** 180).derivatives()[180] == math.factorial(180)


@given(k=st.integers(0, 40), x=st.floats(-2, 2))
def test_derivatives_are_factorials_times_coefficients(k, x):
    series = np.exp(Taylor.variable(x, k))
    assert series.derivatives()[k] == pytest.approx(math.exp(x), rel=1e-14 * (k + 1))
    assert ta.derivative(np.exp, x, k) == series.derivatives()[k]


def test_hypot_at_the_origin_follows_the_norm():
    origin = np.zeros(2)
    assert ta.grad(lambda x: np.hypot(x[0], x[1]))(origin).tolist() == [0.0, 0.0]
    along = ta.taylor(lambda t: np.hypot(3 * t, 4 * t), 0.0, 3)
    assert along.coefficients.tolist() == [0.0, 5.0, 0.0, 0.0]


def test_roots_of_exact_zeros_are_exact():
    t = Taylor.variable(Fraction(0), 4)
    assert np.sqrt(t**2 + t**3).coefficients[:4].tolist() == [0, 1, Fraction(1, 2), Fraction(-1, 8)]
    assert np.sqrt(t).coefficients.tolist() == [0, np.inf, -np.inf, np.inf, -np.inf]


def test_leaving_a_domain_is_not_taken_for_a_removable_singularity():
    runs = []

    def energy(x):
        runs.append(1)
        return np.sum(x * np.log(x / (1 - 0.3 * np.sum(x))))

    x = np.full(20, 0.1)
    x[0] = -1.0
    with pytest.warns(ta.DomainWarning):
        assert np.all(np.isnan(ta.grad(energy)(x)))
    assert len(runs) < 30  # of order 1 in 20 variables, and a line; a raised order would need 10¹⁰ coefficients
