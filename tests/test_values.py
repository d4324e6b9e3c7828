"""Series as values: how they are made, what they hold, what can be done with them, and what they refuse."""

from __future__ import annotations

import copy
import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import hypothesis.extra.numpy as hnp
import mpmath
import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given
from hypothesis import strategies as st

import taylorad as ta
from taylorad import Dual, HyperDual, MultivariateTaylor, Taylor

mp = mpmath.mp
THIRD = Fraction(1, 3)
MAKERS = {
    "Taylor": Taylor,
    "MultivariateTaylor": lambda c: MultivariateTaylor(c, 2, 1),
    "HyperDual": lambda c: HyperDual(*c),
    "Dual": lambda c: Dual(*c[:2]),
}
makers = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
fractions = st.fractions(min_value=-5, max_value=5, max_denominator=12)


def fraction_series(order: int, **options):
    """Taylor polynomials of Fractions."""
    return st.lists(fractions, min_size=order + 1, max_size=order + 1, **options).map(Taylor)


# --------------------------------------------------------------------------------------------------------- making


@makers
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble, np.complex64, np.complex128])
def test_number_types_are_kept(make, dtype):
    x = make(np.ones((3, 2), dtype))
    for y in (
        x,
        x + 1,
        2 * x,
        x / 3,
        x * x,
        np.exp(x),
        x**2,
        x**0.5,
        -x,
        x.reshape(-1),
        x.sum(),
        x[0],
        x.copy(),
        np.maximum(x, 0.5),
    ):
        assert y.dtype == dtype


@makers
@pytest.mark.parametrize("numbers", [[1, 2, 3], [True, False, True], np.arange(1, 4, dtype=np.int8)])
def test_integers_become_doubles(make, numbers):
    assert make(numbers).dtype == np.float64


@makers
def test_fractions_stay_exact_with_integers(make):
    x = make([THIRD, 2, 1])
    for y in (
        x + 1,
        1 - x,
        2 * x,
        x / 3,
        3 / x,
        x * x,
        x**3,
        x**-2,
        np.where(True, x, 0),
        np.maximum(x, 0),
        x + np.array([1, 2]),
        np.sum(np.stack([x, x])),
        np.zeros_like(x),
        x.lift(5),
    ):
        assert all(type(c) is Fraction for c in y.coefficients.flat)


@makers
def test_mpmath_numbers_keep_the_working_precision(make):
    with mp.workdps(50):
        x = np.exp(make([mp.mpf(1) / 3, 1, 0]))
        assert abs(x.value - mp.exp(mp.mpf(1) / 3)) < mp.mpf(10) ** -49
        assert all(isinstance(c, mpmath.mpf) for c in (x + 1).coefficients)


def test_array_functions_of_mpmath_numbers_keep_their_digits():
    with mp.workdps(40):
        x = Taylor.variable(np.array([mp.mpf(3), mp.mpf(4)]), 1)
        total = mp.exp(3) + mp.exp(4)
        expected = {
            np.linalg.norm: [5, mp.mpf(7) / 5],
            sp.logsumexp: [mp.log(total), 1],
            np.prod: [12, 7],
            np.std: [0.5, 0],
        }
        for f, coefficients in expected.items():
            ours = f(x).coefficients
            assert all(abs(c - e) < mp.mpf(10) ** -38 for c, e in zip(ours, coefficients, strict=True))


def test_complex_numbers_mix_as_in_numpy():
    x = Taylor(np.ones((2, 3), np.float32))
    assert ((x * 1j).dtype, (x + 1j).dtype, (1j / (x + 1j)).dtype) == (np.complex64,) * 3
    assert (x * np.ones(3)).dtype == np.float64


def test_variables_and_constants():
    t = Taylor.variable([1.0, 2.0], order=3)
    assert t.coefficients.tolist() == [[1, 2], [1, 1], [0, 0], [0, 0]]
    assert Taylor.constant(np.float32(2), 2).coefficients.tolist() == [2, 0, 0]
    assert Taylor.variable(np.float32(2), 2).dtype == np.float32
    x, y = ta.variables([0.3, 1.2], order=2)
    assert (x.coefficients.tolist(), y.coefficients.tolist()) == ([0.3, 1, 0, 0, 0, 0], [1.2, 0, 1, 0, 0, 0])
    batch = ta.variables([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], order=1)
    assert [v.shape for v in batch] == [(3,), (3,)]
    assert ta.variables([THIRD, 1], 1)[1].coefficients.tolist() == [1, 0, 1]
    assert [v.variables for v in ta.variables(0.3, 2)] == [1]


def test_missing_parts_of_hyperdual_numbers_are_zero():
    assert HyperDual(1.0).coefficients.tolist() == [1, 0, 0, 0]
    assert HyperDual(1.0, 2.0, 3.0, 4.0, 5.0).symbols == 3
    assert Dual(1.0).coefficients.tolist() == [1, 0]
    assert HyperDual(np.ones((2, 1)), np.ones(3)).shape == (2, 3)
    assert Dual([1.0, 2.0], 1j).dtype == np.complex128
    assert (Dual(np.float32(1), 2).dtype, Dual(1, 2).dtype) == (np.float32, np.float64)


def test_constructors_copy():
    array = np.ones(3)
    t = Taylor(array)
    array[0] = 5
    assert t.value == 1


REFUSED = {
    "no coefficients": (lambda: Taylor([]), ValueError, "at least one coefficient"),
    "a number": (lambda: Taylor(3.0), ValueError, "at least one coefficient"),
    "text": (lambda: Taylor(["a"]), TypeError, "must be numbers"),
    "text value": (lambda: Taylor.variable("a", 2), TypeError, "must be numbers"),
    "negative order": (lambda: Taylor.variable(0.3, -1), ValueError, "order must be 0 or more, got -1"),
    "fractional order": (lambda: Taylor.variable(0.3, 2.5), TypeError, "order must be an integer, got 2.5"),
    "too few": (
        lambda: MultivariateTaylor([1.0, 2.0], 2, 1),
        ValueError,
        "2 variables and order 1 make 3 coefficients",
    ),
    "no axis": (lambda: MultivariateTaylor(1.0, 2, 0), ValueError, "first axis"),
    "no variables": (lambda: MultivariateTaylor([1.0], 0, 0), ValueError, "at least 1, got 0"),
    "no values": (lambda: ta.variables([], 2), ValueError, "at least 1, got 0"),
    "negative total order": (lambda: ta.variables([1.0], -2), ValueError, "0 or more, got -2"),
    "orders": (lambda: Taylor([1.0, 2]) + Taylor([1.0, 2, 3]), ValueError, "use the same algebra and order for both"),
    "algebras": (lambda: Taylor([1.0, 2]) * Dual(1.0, 2.0), ValueError, "cannot combine a Dual"),
    "variables": (
        lambda: ta.variables([1.0], 2)[0] - ta.variables([1.0, 2.0], 2)[0],
        ValueError,
        "in 2 variables of order 2",
    ),
    "directions": (lambda: HyperDual(1.0) + HyperDual.seeded(1.0, [1.0, 2.0], [3.0]), ValueError, "directions"),
    "part": (lambda: Taylor([1.0, 2]).part(2), ValueError, "part 2 does not exist in a series of order 1"),
    "derivative": (lambda: Taylor([1.0]).differentiate(), ValueError, "raise the order"),
    "raising": (lambda: Taylor([1.0]).truncate(1), ValueError, "cannot truncate a series of order 0 to order 1"),
    "raising many": (lambda: ta.variables([1.0], 1)[0].truncate(2), ValueError, "cannot truncate"),
    "flat": (lambda: Taylor([1.0, 0, 1]).reversion(), ValueError, "nonzero coefficient of t"),
    "short": (lambda: Taylor([1.0]).reversion(), ValueError, "raise the order"),
    "no map": (lambda: ta.variables([1.0, 2.0], 2)[0].reversion(), ValueError, "map of 2 components"),
    "singular": (
        lambda: np.stack([ta.variables([1.0, 2.0], 2)[0]] * 2).reversion(),
        ValueError,
        "singular linear part",
    ),
    "singular exactly": (
        lambda: np.stack([ta.variables([THIRD, 2], 2)[0]] * 2).reversion(),
        ValueError,
        "singular linear part",
    ),
    "monomial": (
        lambda: ta.variables([1.0, 2.0], 2)[0].coefficient((1, 2)),
        ValueError,
        "degree 3, beyond the order 2",
    ),
    "exponents": (lambda: ta.variables([1.0, 2.0], 2)[0].coefficient((1,)), ValueError, "expected 2 exponents"),
    "negative exponent": (lambda: ta.variables([1.0, 2.0], 2)[0].coefficient((-1, 0)), ValueError, "0 or more"),
    "fractional exponent": (lambda: ta.variables([1.0, 2.0], 2)[0].coefficient((0.5, 0)), TypeError, "integer"),
    "beyond": (lambda: ta.variables([1.0, 2.0], 1)[0].hessian(), ValueError, "beyond the order 1"),
    "displacements": (lambda: ta.variables([1.0, 2.0], 1)[0](0.5), ValueError, "expected 2 displacements, got 1"),
    "variable": (lambda: ta.variables([1.0, 2.0], 1)[0].differentiate(2), ValueError, "counted from 0"),
    "constant map": (lambda: ta.variables([1.0], 0)[0].differentiate(0), ValueError, "raise the order"),
    "same symbol": (lambda: HyperDual(1.0).block(1, 1), ValueError, "different symbols out of 1 … 2"),
    "symbol": (lambda: Dual(1.0).block(2), ValueError, "different symbols"),
    "attribute": (lambda: Taylor([1.0, 2]).hessian, AttributeError, "hessian"),
    "hash": (lambda: hash(Taylor([1.0])), TypeError, "unhashable"),
    "an irrational": (lambda: np.exp(Taylor.variable(THIRD, 2)), ValueError, "not a rational number"),
}


@pytest.mark.parametrize(("use", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_says_why(use, error, message):
    with pytest.raises(error, match=message):
        use()


# ------------------------------------------------------------------------------------------------------- univariate


@given(x=fraction_series(4), h=fractions)
def test_evaluation_is_horner(x, h):
    assert x(h) == sum(c * h**k for k, c in enumerate(x.coefficients))


def test_evaluation_broadcasts():
    x = Taylor([[1.0, 2.0], [3.0, 4.0]])
    assert x(0.5).tolist() == [2.5, 4]
    assert x(np.array([[0.5], [1.0]])).tolist() == [[2.5, 4], [4, 6]]
    assert Taylor([1.0, 2.0])(1j) == 1 + 2j


@given(x=fraction_series(3), constant=fractions)
def test_differentiation_undoes_integration(x, constant):
    integral = x.integrate(constant)
    assert (integral.order, integral.value) == (4, constant)
    assert all(type(c) is Fraction for c in integral.coefficients)
    assert np.array_equal(integral.differentiate(), x)


@given(x=fraction_series(4), y=fraction_series(4))
def test_differentiation_is_a_derivation(x, y):
    assert np.array_equal(
        (x * y).differentiate(), x.differentiate() * y.truncate(3) + x.truncate(3) * y.differentiate()
    )


@given(f=fraction_series(4), x=fraction_series(4), h=fractions)
def test_composition_substitutes(f, x, h):
    x.coefficients[0] *= 0
    composed = f.compose(x)
    expected = sum((f.coefficients[k] * x**k for k in range(5)), Taylor.constant(Fraction(0), 4))
    assert np.array_equal(composed, expected)


@given(x=fraction_series(5), slope=fractions.filter(bool))
def test_reversion_is_the_inverse_of_composition(x, slope):
    x.coefficients[1] = slope
    inverse, shifted = x.reversion(), x - x.value
    identity = Taylor.variable(Fraction(0), 5)
    assert np.array_equal(shifted.compose(inverse), identity)
    assert np.array_equal(inverse.compose(shifted), identity)


def test_reversion_of_the_tangent_is_the_arctangent_in_every_entry():
    ours = np.tan(Taylor.variable(np.zeros(2), 9)).reversion()
    expected = np.arctan(Taylor.variable(np.zeros(2), 9))
    assert ours.coefficients == pytest.approx(expected.coefficients, abs=1e-15)


@given(x=fraction_series(4), order=st.integers(0, 4))
def test_truncation_forgets_high_degrees(x, order):
    assert x.truncate(order).coefficients.tolist() == x.coefficients[: order + 1].tolist()


@given(x=fraction_series(4), y=fraction_series(4), order=st.integers(0, 4))
def test_truncation_commutes_with_arithmetic(x, y, order):
    y.coefficients[0] += 6  # not zero
    for op in (np.add, np.multiply, np.subtract, np.divide):
        assert np.array_equal(op(x, y).truncate(order), op(x.truncate(order), y.truncate(order)))


def test_derivatives_scaled_series_parts_and_valuation():
    x = Taylor([1.0, 2.0, 3.0])
    assert x.derivatives().tolist() == [1, 2, 6]
    assert x.scaled(2.0).coefficients.tolist() == [1, 4, 12]
    assert Taylor([THIRD, 2]).scaled(THIRD).coefficients.tolist() == [THIRD, 2 * THIRD]
    assert x.part(2) == 3
    assert Taylor([[0.0, 1, 0], [0, 0, 0], [1, 0, 0]]).valuation().tolist() == [2, 0, 3]


RADII = {  # series, distance to the nearest singularity
    "1/(1-t)": (1 / (1 - Taylor.variable(0.0, 20)), 1),
    "1/(2i-t)": (1 / (2j - Taylor.variable(0.0, 20)), 2),
    "1/(1-t)²": (1 / (1 - Taylor.variable(0.0, 20)) ** 2, 1),
    "log at 3": (np.log(Taylor.variable(3.0, 25)), 3),
    "sqrt at 2": (np.sqrt(Taylor.variable(2.0, 25)), 2),
    "tan at 0": (np.tan(Taylor.variable(0.0, 30)), math.pi / 2),
    "tan at 1": (np.tan(Taylor.variable(1.0, 30)), math.pi / 2 - 1),
    "arctan at 0": (np.arctan(Taylor.variable(0.0, 30)), 1),
    "arctan at 1": (np.arctan(Taylor.variable(1.0, 30)), math.sqrt(2)),
    "1/(1+x²) at 0.3": (1 / (1 + Taylor.variable(0.3, 30) ** 2), math.hypot(1, 0.3)),
    "tanh at 1/2": (np.tanh(Taylor.variable(0.5, 30)), math.hypot(math.pi / 2, 0.5)),
    "gamma at 2.5": (sp.gamma(Taylor.variable(2.5, 30)), 2.5),
    "x/expm1(x)": (ta.taylor(lambda x: x / np.expm1(x), 0.0, 30), 2 * math.pi),
    "exp": (np.exp(Taylor.variable(0.3, 25)), math.inf),
    "sin": (np.sin(Taylor.variable(0.0, 25)), math.inf),
    "cos at 1": (np.cos(Taylor.variable(1.0, 25)), math.inf),
    "polynomial": (Taylor.variable(1.0, 12) ** 4, math.inf),
    "variable": (Taylor.variable(0.3, 3), math.inf),
    "zero": (Taylor.constant(0.0, 5), math.inf),
    "order 0": (Taylor([1.0]), math.inf),
}


@pytest.mark.parametrize(("series", "radius"), RADII.values(), ids=RADII)
def test_radius_of_convergence_is_the_distance_to_the_singularity(series, radius):
    assert series.radius_of_convergence() == pytest.approx(radius, rel=0.02)  # what 20-30 coefficients tell


def test_radius_of_convergence_of_arrays_and_of_small_and_large_numbers():
    x = np.log(Taylor.variable(np.array([[1e-6, 1.0], [2.0, 1e9]]), 25))
    assert x.radius_of_convergence() == pytest.approx(x.value * 0 + np.exp(x.value), rel=0.02)
    total = 1 / (1 - sum(ta.variables([0.0, 0.0], 15)))
    assert total.radius_of_convergence() == pytest.approx(0.5, rel=0.02)


# ------------------------------------------------------------------------------------------------------ multivariate


def test_monomials_are_graded_then_lexicographic():
    x = ta.variables([0.0, 0.0, 0.0], 2)[0]
    assert x.exponents.tolist() == [
        [0, 0, 0],
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
        [2, 0, 0],
        [1, 1, 0],
        [1, 0, 1],
        [0, 2, 0],
        [0, 1, 1],
        [0, 0, 2],
    ]
    for i, e in enumerate(x.exponents.tolist()):
        unit = MultivariateTaylor(np.eye(10)[i], 3, 2)
        assert [unit.coefficient(f) for f in x.exponents.tolist()] == np.eye(10)[i].tolist()
        assert unit.derivative(e) == math.prod(map(math.factorial, e))


def test_coefficients_of_a_polynomial_are_its_partial_derivatives():
    x, y = ta.variables([Fraction(2), Fraction(3)], 4)
    f = x**2 * y**3  # ∂ʲ∂ᵏ: falling powers
    for j, k in f.exponents.tolist():
        expected = math.perm(2, j) * math.perm(3, k) * Fraction(2) ** (2 - j) * Fraction(3) ** (3 - k)
        assert f.derivative((j, k)) == expected
    assert f.gradient().tolist() == [108, 108]
    assert f.hessian().tolist() == [[54, 108], [108, 72]]
    assert f.derivative_tensor(3)[0, 1, 1] == f.derivative_tensor(3)[1, 0, 1] == f.derivative((1, 2))
    assert f.derivative_tensor(0) == 108


def test_derivative_tensors_of_batches_are_symmetric():
    x, y, z = ta.variables(np.random.default_rng(0).normal(size=(3, 4)), 3)
    tensor = (np.exp(x * y) * np.sin(z)).derivative_tensor(3)
    assert tensor.shape == (4, 3, 3, 3)
    for axes in ((0, 2, 1, 3), (0, 3, 2, 1), (0, 2, 3, 1)):
        assert np.array_equal(tensor, tensor.transpose(axes))


cubic = hnp.arrays(object, 10, elements=fractions).map(lambda c: MultivariateTaylor(c, 2, 3))


@given(f=cubic, h=st.tuples(fractions, fractions))
def test_multivariate_evaluation_sums_monomials(f, h):
    expected = sum(c * h[0] ** i * h[1] ** j for c, (i, j) in zip(f.coefficients, f.exponents.tolist(), strict=True))
    assert f(*h) == f(list(h)) == expected


@given(f=cubic, variable=st.integers(0, 1))
def test_partial_derivative_undoes_partial_integration(f, variable):
    assert np.array_equal(f.integrate(variable, 7).differentiate(variable), f)
    assert f.integrate(variable, 7)(0, 0) == 7


@given(f=cubic)
def test_partial_derivatives_commute(f):
    assert np.array_equal(f.differentiate(0).differentiate(1), f.differentiate(1).differentiate(-2))
    assert f.differentiate(0).value == f.derivative((1, 0))


@given(f=cubic, g=cubic, h=cubic)
def test_multivariate_composition_substitutes(f, g, h):
    for x in (g, h):
        x.coefficients[0] *= 0
    composed = f.compose(np.stack([g, h]))
    expected = sum(c * g**i * h**j for c, (i, j) in zip(f.coefficients, f.exponents.tolist(), strict=True))
    assert np.array_equal(composed, expected)


def test_composition_with_univariate_series_restricts_to_a_curve():
    x, y = ta.variables([0.3, 1.2], 6)
    f = np.exp(x) * np.sin(y)
    s = Taylor.variable(0.0, 6)
    curve = f.compose([s + s**2, 2 * s])
    direct = np.exp(0.3 + s + s**2) * np.sin(1.2 + 2 * s)
    assert curve.coefficients == pytest.approx(direct.coefficients, rel=1e-13, abs=1e-14)


@given(linear=hnp.arrays(object, (2, 2), elements=fractions), rest=hnp.arrays(object, (7, 2), elements=fractions))
def test_reversion_inverts_maps_exactly(linear, rest):
    if linear[0, 0] * linear[1, 1] == linear[0, 1] * linear[1, 0]:
        linear = np.array([[Fraction(1), Fraction(2)], [Fraction(0), Fraction(-3)]], dtype=object)
    f = MultivariateTaylor(np.concatenate([np.full((1, 2), THIRD), linear, rest]), 2, 3)
    g = f.reversion()
    identity = np.stack(ta.variables([Fraction(0), Fraction(0)], 3))
    assert np.array_equal(np.stack([(f[i] - f[i].value).compose(g) for i in range(2)]), identity)
    assert np.array_equal(np.stack([g[i].compose(f - f.value) for i in range(2)]), identity)


def test_reversion_inverts_maps_of_floats_and_complex_numbers():
    for kind in (float, complex):
        rng = np.random.default_rng(0)
        x = np.stack(ta.variables(np.zeros(3, kind), 4))
        f = np.sin(x @ rng.normal(size=(3, 3))) + x[0] * x[1] * x[2]
        g = f.reversion()
        back = np.stack([f[i].compose(g) for i in range(3)])
        assert np.abs(back.coefficients - x.coefficients).max() <= 1e-12 * np.abs(g.coefficients).max()  # rounding


def test_truncation_of_multivariate_series():
    x, y = ta.variables([1.0, 2.0], 3)
    assert np.array_equal((x * y * y).truncate(1), ta.variables([1.0, 2.0], 1)[0] * ta.variables([1.0, 2.0], 1)[1] ** 2)


# --------------------------------------------------------------------------------------------------------- hyperdual


def test_hyperdual_parts_are_mixed_derivatives():
    h = HyperDual(Fraction(2), 1, 1) ** 5
    assert (h.value, h.e1, h.e2, h.e12) == (32, 80, 80, 160)
    three = HyperDual(Fraction(2), 1, 1, 1, 0) ** 5
    assert three.symbols == three.order == 3
    assert (three.block(1, 2)[0, 0], three.block(1, 2, 3)[0, 0, 0]) == (160, 240)
    assert three.part(2).tolist() == [160, 160, 160]


def test_four_symbols_give_fourth_derivatives():
    h = np.sin(HyperDual(0.3, 1.0, 1.0, 1.0, 1.0, *[0.0] * 11))
    assert h.block(1, 2, 3, 4).item() == pytest.approx(math.sin(0.3), rel=1e-15)


def test_seeds_carry_all_pairs_of_directions():
    x = HyperDual.seeded(np.array([1.0, 2.0]), np.eye(2), np.eye(2))
    h = x[0] ** 2 * x[1] ** 3
    assert h.e1.tolist() == h.e2.tolist() == [16, 12]
    assert h.e12.tolist() == [[16, 24], [24, 12]]


# ---------------------------------------------------------------------------------------------------------- display

WRITTEN = {
    "Taylor(1 + 2 t - 3 t² + O(t³))": Taylor([1.0, 2, -3]),
    "Taylor(-1.5 + O(t))": Taylor([-1.5]),
    "Taylor(1/3 - 1 t + O(t²))": Taylor([THIRD, -1]),
    "Taylor((0+1j) + (2+0j) t + O(t²))": Taylor([1j, 2]),
    "Taylor(nan - inf t + O(t²))": Taylor([np.nan, -np.inf]),
    "MultivariateTaylor(2 + 2 x₁ + 1 x₂ + 0 x₁² + 1 x₁ x₂ + 0 x₂² + O(3))": np.prod(ta.variables([1.0, 2.0], 2)),
    "HyperDual(1 + 2 ε₁ - 3 ε₂ + 4 ε₁ε₂)": HyperDual(1.0, 2.0, -3.0, 4.0),
    "Dual(1 - 2 ε)": Dual(1.0, -2.0),
    "Taylor(order=1, shape=(2,), coefficients=\narray([[1., 2.],\n       [3., 4.]]))": Taylor([[1.0, 2.0], [3.0, 4.0]]),
    "Dual(symbols=1, directions=(1,), shape=(1,), coefficients=\narray([[1.],\n       [2.]]))": Dual([1.0], [2.0]),
}


@pytest.mark.parametrize(("text", "series"), WRITTEN.items())
def test_series_are_written_as_polynomials(text, series):
    assert repr(series) == str(series) == text


LATEX = {
    "$1 + 2 t - 3 t^{2} + O(t^{3})$": Taylor([1.0, 2, -3]),
    r"$1 \cdot 10^{-10} + 2 \cdot 10^{20} t + O(t^{2})$": Taylor([1e-10, 2e20]),
    r"$2 + 2 x_{1} + 1 x_{2} + O(\|x\|^{2})$": np.prod(ta.variables([1.0, 2.0], 1)),
    "$1 + 2 ε_{1} + 3 ε_{2} - 4 ε_{1} ε_{2}$": HyperDual(1.0, 2.0, 3.0, -4.0),
    "$1 + 2 ε$": Dual(1.0, 2.0),
}


@pytest.mark.parametrize(("text", "series"), LATEX.items())
def test_notebooks_get_latex(text, series):
    assert series._repr_latex_() == text
    assert np.stack([series, series])._repr_latex_() is None


def test_long_series_are_abbreviated():
    assert "…" in repr(Taylor.variable(0.3, 200))
    assert len(repr(Taylor.variable(0.3, 200))) < 300


# ----------------------------------------------------------------------------------------- copies, equality, threads

EVERY = [
    Taylor([1.0, 2, 3]),
    np.stack(ta.variables([1.0, 2.0], 2)),
    HyperDual(1.0, 2.0, 3.0, 4.0),
    Dual([1.0, 2.0], 3.0),
    Taylor([THIRD, 2]),
    Taylor([Dual(1.0, 2.0), Dual(3.0, 4.0)]),
    HyperDual.seeded(1.0, [1.0, 2.0], [3.0]),
    Taylor(np.ones((2, 3), np.complex64)),
]


@pytest.mark.parametrize("x", EVERY, ids=lambda x: repr(x)[:20])
@pytest.mark.parametrize(
    "duplicate",
    [
        copy.copy,
        copy.deepcopy,
        lambda x: x.copy(),
        np.copy,
        *(lambda x, p=p: pickle.loads(pickle.dumps(x, p)) for p in (2, 5)),
    ],
)
def test_copies_are_equal_and_independent(x, duplicate):
    y = duplicate(x)
    assert type(y) is type(x)
    assert y.structure is x.structure  # shared, so that copies combine with their originals
    assert np.array_equal(x, y)
    assert y.dtype == x.dtype
    y += 1
    y[...] = 2 * y
    assert not np.array_equal(x, y)


def test_equality_of_values_is_not_equality_of_series():
    x, y = Taylor([1.0, 2.0]), Taylor([1.0, 3.0])
    assert x == y
    assert not np.array_equal(x, y)
    assert np.array_equal(x, x.copy())
    assert np.array_equal(1.0, Taylor.constant(1.0, 2))
    assert not np.array_equal(x, 1.0)


def test_equality_looks_at_algebra_shape_and_nan():
    x = Taylor([1.0, 2.0])
    assert not np.array_equal(x, Taylor([1.0, 2.0, 0.0]))
    assert not np.array_equal(x, Dual(1.0, 2.0))
    assert not np.array_equal(x, np.stack([x, x]))
    assert np.array_equiv(x, np.stack([x, x]))
    assert not np.array_equiv(np.stack([x, x]), np.stack([x, x, x]))
    assert not np.array_equiv(x, Taylor([1.0, 2.0, 3.0]))
    unknown = Taylor([1.0, np.nan])
    assert not np.array_equal(unknown, unknown)
    assert np.array_equal(unknown, unknown, equal_nan=True)
    nested = Taylor([Dual(1.0, 2.0), Dual(3.0, 4.0)])
    assert not np.array_equal(nested, Taylor([Dual(1.0, 2.0), Dual(3.0, 5.0)]))


def test_algebras_of_different_orders_live_side_by_side():
    short, long = Taylor.variable(0.3, 2), Taylor.variable(0.3, 7)
    assert np.array_equal(np.exp(long).truncate(2).coefficients, np.exp(short).coefficients)
    inner = Taylor(np.stack([short, short * 0 + 1]))  # a series of series
    assert np.exp(inner).coefficients.order == 2
    assert np.exp(inner).order == 1


def test_threads_do_not_share_state():
    def work(order):
        for _ in range(20):
            y = ta.taylor(lambda x: np.exp(np.sin(x)) * sp.erf(x) / np.expm1(x), 0.0, order)
            z = ta.hessian(lambda x: np.prod(np.sin(x)) ** 2)(np.arange(1.0, 1.0 + order))
        return y.coefficients, z

    orders = [3, 11, 7, 5]
    alone = [work(order) for order in orders]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(work, orders))
    for a, b in zip(alone, together, strict=True):
        assert np.array_equal(a[0], b[0])
        assert np.array_equal(a[1], b[1])
