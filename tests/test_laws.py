"""Laws: identities between functions, ring laws, the chain rule, and independent ways to one derivative."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import taylorad as ta
from taylorad.rings.multiprecision import MultiprecisionNamespace
from taylorad.rules import TABLE
from tests.points import Point, all_rows, directions, function, is_complex, typical_rows

mp = mpmath.mp
ORDER = 8


def label(case: Any) -> str:
    """A short name of a case."""
    return ",".join(f"{a:g}" for a in case.arguments) if isinstance(case, Point) else str(case)


def call(name: str, point: Point, *moving: Any) -> Any:
    """The first result of a function with its differentiated arguments replaced."""
    replaced = iter(moving)
    result = function(name)(
        *(next(replaced) if d else a for a, d in zip(point.arguments, directions(name), strict=True))
    )
    return result[0] if isinstance(result, tuple) else result


def centre(name: str, point: Point) -> list[float]:
    """The values of the arguments that are differentiated."""
    return [a for a, d in zip(point.arguments, directions(name), strict=True) if d]


# --------------------------------------------------------------------------------------------------------- identities

IDENTITIES: dict[str, tuple[Callable, Callable, float, float]] = {  # left, right, and where from and to
    "tan cos = sin": (lambda x: np.tan(x) * np.cos(x), np.sin, -1.4, 1.4),
    "sin² + cos² = 1": (lambda x: np.sin(x) ** 2 + np.cos(x) ** 2, np.ones_like, -10, 10),
    "sin(2x) = 2 sin cos": (lambda x: np.sin(2 * x), lambda x: 2 * np.sin(x) * np.cos(x), -10, 10),
    "cosh² - sinh² = 1": (lambda x: np.cosh(x) ** 2 - np.sinh(x) ** 2, np.ones_like, -2, 2),
    "tanh cosh = sinh": (lambda x: np.tanh(x) * np.cosh(x), np.sinh, -2, 2),
    "exp log = id": (lambda x: np.exp(np.log(x)), lambda x: x, 0.2, 20),
    "log exp = id": (lambda x: np.log(np.exp(x)), lambda x: x, -5, 5),
    "exp(x) exp(-x) = 1": (lambda x: np.exp(x) * np.exp(-x), np.ones_like, -3, 3),
    "expm1 + 1 = exp": (lambda x: np.expm1(x) + 1, np.exp, -3, 3),
    "log1p = log(1 + x)": (np.log1p, lambda x: np.log(1 + x), -0.7, 5),
    "log2 exp2 = id": (lambda x: np.log2(np.exp2(x)), lambda x: x, -5, 5),
    "log10 = log/log 10": (np.log10, lambda x: np.log(x) / np.log(10), 0.2, 20),
    "sqrt² = id": (lambda x: np.sqrt(x) ** 2, lambda x: x, 0.2, 20),
    "cbrt³ = id": (lambda x: np.cbrt(x) ** 3, lambda x: x, 0.2, 20),
    "x^r x^-r = 1": (lambda x: x**1.7 * x**-1.7, np.ones_like, 0.2, 20),
    "x^x = exp(x log x)": (lambda x: x**x, lambda x: np.exp(x * np.log(x)), 0.2, 3),
    "sin arcsin = id": (lambda x: np.sin(np.arcsin(x)), lambda x: x, -0.8, 0.8),
    "arcsin + arccos = π/2": (lambda x: np.arcsin(x) + np.arccos(x), lambda x: 0 * x + np.pi / 2, -0.8, 0.8),
    "tan arctan = id": (lambda x: np.tan(np.arctan(x)), lambda x: x, -3, 3),
    "arctan2(x, 1) = arctan": (lambda x: np.arctan2(x, 1.0), np.arctan, -3, 3),
    "hypot² = x² + 1": (lambda x: np.hypot(x, 1.0) ** 2, lambda x: x * x + 1, -3, 3),
    "sinh arcsinh = id": (lambda x: np.sinh(np.arcsinh(x)), lambda x: x, -3, 3),
    "cosh arccosh = id": (lambda x: np.cosh(np.arccosh(x)), lambda x: x, 1.3, 5),
    "tanh arctanh = id": (lambda x: np.tanh(np.arctanh(x)), lambda x: x, -0.8, 0.8),
    "expit(x) + expit(-x) = 1": (lambda x: sp.expit(x) + sp.expit(-x), np.ones_like, -5, 5),
    "logit expit = id": (lambda x: sp.logit(sp.expit(x)), lambda x: x, -3, 3),
    "log expit = log_expit": (lambda x: np.log(sp.expit(x)), sp.log_expit, -5, 5),
    "logaddexp(0, x) = -log_expit(-x)": (lambda x: np.logaddexp(0.0, x), lambda x: -sp.log_expit(-x), -5, 5),
    "sinc π x = sin(π x)": (lambda x: np.sinc(x) * np.pi * x, lambda x: np.sin(np.pi * x), -3, 3),
    "erf + erfc = 1": (lambda x: sp.erf(x) + sp.erfc(x), np.ones_like, -2, 2),
    "erf erfinv = id": (lambda x: sp.erf(sp.erfinv(x)), lambda x: x, -0.8, 0.8),
    "erfcx = exp(x²) erfc": (sp.erfcx, lambda x: np.exp(x * x) * sp.erfc(x), -1, 1.5),
    "dawsn = √π/2 exp(-x²) erfi": (sp.dawsn, lambda x: np.sqrt(np.pi) / 2 * np.exp(-x * x) * sp.erfi(x), -1.5, 1.5),
    "ndtr ndtri = id": (lambda x: sp.ndtr(sp.ndtri(x)), lambda x: x, 0.1, 0.9),
    "log ndtr = log_ndtr": (lambda x: np.log(sp.ndtr(x)), sp.log_ndtr, -3, 3),
    "Γ(x + 1) = x Γ(x)": (lambda x: sp.gamma(x + 1), lambda x: x * sp.gamma(x), 0.5, 4),
    "Γ / Γ = 1": (lambda x: sp.gamma(x) * sp.rgamma(x), np.ones_like, 0.5, 4),
    "log Γ = gammaln": (lambda x: np.log(sp.gamma(x)), sp.gammaln, 0.5, 4),
    "ψ(x + 1) = ψ(x) + 1/x": (lambda x: sp.digamma(x + 1), lambda x: sp.digamma(x) + 1 / x, 0.5, 4),
    "gammainc + gammaincc = 1": (lambda x: sp.gammainc(1.7, x) + sp.gammaincc(1.7, x), np.ones_like, 0.5, 4),
    "J_{v-1} + J_{v+1} = 2v/x J_v": (lambda x: sp.jv(0.5, x) + sp.jv(2.5, x), lambda x: 3 / x * sp.jv(1.5, x), 1, 6),
    "j0 = jv(0, ·)": (sp.j0, lambda x: sp.jv(0, x), -3, 3),
    "i0e = exp(-x) i0": (sp.i0e, lambda x: np.exp(-x) * sp.i0(x), 0.5, 5),
    "W e^W = x": (lambda x: (w := sp.lambertw(x)) * np.exp(w), lambda x: x + 0j, 0.2, 5),
    "E1(x) = -Ei(-x)": (sp.exp1, lambda x: -sp.expi(-x), 0.5, 5),
    "K(m) = F(π/2, m)": (lambda x: sp.ellipk(0.3) + 0 * x, lambda x: sp.ellipkinc(np.pi / 2 + 0 * x, 0.3), 0, 1),
    "Li₂: spence(x) + spence(1-x) = π²/6 - log(x) log(1-x)": (
        lambda x: sp.spence(x) + sp.spence(1 - x), lambda x: np.pi**2 / 6 - np.log(x) * np.log(1 - x), 0.2, 0.8,
    ),
    "2F1(1, 1; 2; x) = -log(1-x)/x": (lambda x: sp.hyp2f1(1, 1, 2, x), lambda x: -np.log1p(-x) / x, 0.2, 0.7),
    "1F1(1; 2; x) = expm1(x)/x": (lambda x: sp.hyp1f1(1, 2, x), lambda x: np.expm1(x) / x, 0.5, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", IDENTITIES)
@given(data=st.data())
def test_identity_holds_for_series(name, data):
    left, right, low, high = IDENTITIES[name]
    x = data.draw(st.floats(low, high))
    reach = 0.1 * min(1.0, abs(x) + 0.1)  # a short piece of the series, where every term is of the size of the value
    seed = ta.Taylor([x, reach, *[0.0] * (ORDER - 1)])
    a, b = left(seed).coefficients, right(seed).coefficients
    assert_allclose(a, b, rtol=0, atol=2e-13 * max(1.0, np.abs(b).max()))  # a few hundred roundings


# ---------------------------------------------------------------------------------------------------------- ring laws

RATIONALS = st.fractions(min_value=-3, max_value=3, max_denominator=12)
ALGEBRAS: dict[str, tuple[int, Callable]] = {
    "Taylor": (6, ta.Taylor),
    "MultivariateTaylor": (10, lambda c: ta.MultivariateTaylor(c, 2, 3)),
    "Dual": (2, lambda c: ta.Dual(*c)),
    "HyperDual": (8, lambda c: ta.HyperDual(*c)),
}


def elements(name: str, count: int) -> st.SearchStrategy:
    """Elements of an algebra over the rationals."""
    size, make = ALGEBRAS[name]
    lists = st.lists(RATIONALS, min_size=size, max_size=size).map(lambda c: make(np.array(c, dtype=object)))
    return st.tuples(*[lists] * count)


def same(x: Any, y: Any) -> bool:
    """Whether all coefficients are equal."""
    return bool(np.all(x.coefficients == y.coefficients))


@pytest.mark.parametrize("name", ALGEBRAS)
@given(data=st.data())
def test_algebra_is_a_commutative_ring(name, data):
    x, y, z = data.draw(elements(name, 3))
    zero, one = np.zeros_like(x), np.ones_like(x)
    assert same(x + y, y + x)
    assert same(x * y, y * x)
    assert same((x + y) + z, x + (y + z))
    assert same((x * y) * z, x * (y * z))
    assert same(x * (y + z), x * y + x * z)
    assert same(x + zero, x)
    assert same(x * one, x)
    assert same(x - x, zero)


@pytest.mark.parametrize("name", ALGEBRAS)
@given(data=st.data())
def test_quotient_undoes_the_product(name, data):
    x, y = data.draw(elements(name, 2))
    if y.value != 0:
        assert same(x / y * y, x)
        assert same(1 / y * y, np.ones_like(y))


@pytest.mark.parametrize("name", ALGEBRAS)
@given(data=st.data(), m=st.integers(0, 4), n=st.integers(0, 4))
def test_powers_add_their_exponents(name, data, m, n):
    (x,) = data.draw(elements(name, 1))
    assert same(x**m * x**n, x ** (m + n))
    assert same(np.square(x), x * x)


@given(data=st.data())
def test_differentiation_is_a_derivation(data):
    x, y = data.draw(elements("Taylor", 2))
    product = (x * y).differentiate()
    assert same(product, x.differentiate() * y.truncate(4) + x.truncate(4) * y.differentiate())


# --------------------------------------------------------------------------------------------------------- chain rule

INNER = (0.03, -0.02, 0.005, 0.01)  # slope and higher coefficients of an inner function: a short, curved path


@pytest.mark.parametrize(("name", "point"), typical_rows(), ids=label)
def test_function_of_a_series_is_the_composition_of_series(name, point):
    curves = [ta.Taylor([x, *(c * (1 + i) for c in INNER)]) for i, x in enumerate(centre(name, point))]
    direct = call(name, point, *curves)
    expanded = call(name, point, *ta.variables(centre(name, point), len(INNER)))
    composed = expanded(*(c - c.value for c in curves))
    size = np.abs(direct.coefficients).max()
    assert_allclose(composed.coefficients, direct.coefficients, rtol=1e-12, atol=1e-13 * size)


@pytest.mark.parametrize(("name", "point"), typical_rows(), ids=label)
def test_univariate_composition_is_the_chain_rule(name, point):
    if len(centre(name, point)) == 1:
        (x,) = centre(name, point)
        inner = ta.Taylor([x, *INNER])
        outer = call(name, point, ta.Taylor.variable(x, len(INNER)))
        direct = call(name, point, inner).coefficients
        assert_allclose(outer.compose(inner - x).coefficients, direct, rtol=1e-12, atol=1e-13 * np.abs(direct).max())


# --------------------------------------------------------------------------------------------- four second derivatives


def by_polarisation(f: Callable) -> float:
    """f_uv at 0 from three univariate series."""
    along = [f(*(ta.Taylor([0.0, s, 0.0]) for s in ab)).coefficients[2] for ab in ((1.0, 1.0), (1.0, 0.0), (0.0, 1.0))]
    return along[0] - along[1] - along[2]


def by_multivariate_series(f: Callable) -> float:
    """f_uv at 0 from one series in two variables."""
    return f(*ta.variables([0.0, 0.0], 2)).hessian()[0, 1]


def by_hyperdual_numbers(f: Callable) -> float:
    """f_uv at 0 as the coefficient of ε₁ε₂."""
    return f(ta.HyperDual(0.0, 1.0, 0.0, 0.0), ta.HyperDual(0.0, 0.0, 1.0, 0.0)).e12


def by_nested_duals(f: Callable) -> float:
    """f_uv at 0 with dual numbers whose parts are dual numbers."""
    u = ta.Dual(ta.Dual(0.0, 1.0), ta.Dual(0.0, 0.0))
    v = ta.Dual(ta.Dual(0.0, 0.0), ta.Dual(1.0, 0.0))
    return f(u, v).e1.e1


def by_nested_transforms(f: Callable) -> float:
    """f_uv at 0 as jvp of jvp."""
    return ta.jvp(lambda u: ta.jvp(lambda v: f(u, v), 0.0, 1.0)[1], 0.0, 1.0)[1]


def by_hessian(f: Callable) -> float:
    """f_uv at 0 from the transform."""
    return ta.hessian(lambda x: f(x[0], x[1]))(np.zeros(2))[0, 1]


WAYS = (
    by_polarisation,
    by_multivariate_series,
    by_hyperdual_numbers,
    by_nested_duals,
    by_nested_transforms,
    by_hessian,
)


def curved(name: str, point: Point) -> Callable:
    """(u, v) ↦ f(x + a u + b v + c u v): its mixed derivative takes both derivatives of f."""

    def f(u: Any, v: Any) -> Any:
        return call(
            name, point, *(x + 0.3 * u * (1 + i) + 0.7 * v - 0.2 * u * v for i, x in enumerate(centre(name, point)))
        )

    return f


def assert_all_agree(f: Callable) -> None:
    """All ways to the mixed second derivative agree to rounding, relative to the size of f, f_u, f_v, f_uv."""
    expected = by_multivariate_series(f)
    size = np.abs(f(*ta.variables([0.0, 0.0], 2)).coefficients[1:]).max()
    for way in WAYS:
        assert way(f) == pytest.approx(expected, rel=1e-12, abs=1e-13 * size), way.__name__


@pytest.mark.parametrize(("name", "point"), typical_rows(), ids=label)
def test_second_derivatives_of_every_function_agree(name, point):
    assert_all_agree(curved(name, point))


COMPOSED: dict[str, Callable] = {
    "rational": lambda u, v: (1 + u * v) / (2 - u + v**2) ** 3,
    "logistic": lambda u, v: sp.expit(np.sin(u + 1) * v - np.exp(-u)),
    "norm": lambda u, v: np.sqrt((u - 1) ** 2 + (v + 2) ** 2) ** -3.0,
    "nested": lambda u, v: np.log1p(np.exp(np.tanh(u * v + 0.3) - v)) * np.arctan2(u + 1, v - 2),
    "varying exponent": lambda u, v: (2 + np.cos(u)) ** (v - 0.5 * u),
    "special": lambda u, v: sp.erf(u - v) * sp.jv(1.5, 2 + u) + sp.gammaln(3 + u * v),
    "softmax": lambda u, v: sp.logsumexp(np.stack([u, 2 * v, u * v])),
    "linear algebra": lambda u, v: np.linalg.norm(np.array([[1.0, 2.0], [3.0, -1.0]]) @ np.stack([u + 1, v * v + 2])),
}


@pytest.mark.parametrize("name", COMPOSED)
def test_second_derivatives_of_composed_functions_agree(name):
    assert_all_agree(COMPOSED[name])


# ----------------------------------------------------------------------------------------------------------- equations


def with_equation(case: tuple[str, Point]) -> bool:
    """Whether the function has an equation."""
    return TABLE[case[0]].kind == "elementary" and TABLE[case[0]].rule.ode is not None


@pytest.mark.parametrize(("name", "point"), list(filter(with_equation, typical_rows())), ids=label)
def test_companions_satisfy_the_equation(name, point):
    """``a Y' = b x'`` for the start values as functions of x, differentiated numerically at 50 digits."""
    rule, xp = TABLE[name].rule, MultiprecisionNamespace()
    with mp.workdps(50):
        exact = [mp.mpf(a) for a in point.arguments]

        def unknowns(*moving: Any) -> tuple:
            places = list(exact)
            for i, x in zip(rule.arguments, moving, strict=True):
                places[i] = x
            values = rule.start(xp, *places)
            return values if isinstance(values, tuple) else (values,)

        x = [exact[i] for i in rule.arguments]
        y = unknowns(*x)
        a, *rows = rule.ode(*x, *y, *(exact[i] for i in rule.parameters), *rule.constants(xp))
        for i, row in enumerate(rows):
            for axis, b in enumerate(row if isinstance(row, tuple) else (row,)):
                order = tuple(int(j == axis) for j in range(len(x)))
                slope = mp.diff(
                    lambda *m, i=i: unknowns(*m)[i], tuple(x) if len(x) > 1 else x[0], order if len(x) > 1 else 1
                )
                assert abs(a * slope - b) <= mp.mpf(10) ** -20 * (
                    abs(b) + abs(a) + 1
                )  # differences lose half the digits


# ----------------------------------------------------------------------------------------------- one against the other


@pytest.mark.parametrize(("name", "point"), typical_rows(), ids=label)
def test_multivariate_series_in_one_direction_is_the_univariate_one(name, point):
    x = centre(name, point)
    lines = [ta.Taylor([a, s, *[0.0] * 4]) for a, s in zip(x, (0.4, -0.3), strict=False)]
    t = ta.Taylor([0.0, 1.0, *[0.0] * 4])
    expanded = call(name, point, *ta.variables(x, 5))
    restricted = expanded(*(s * t for _, s in zip(x, (0.4, -0.3), strict=False))).coefficients
    direct = call(name, point, *lines).coefficients
    assert_allclose(restricted, direct, rtol=1e-12, atol=1e-13 * np.abs(direct[1:]).max())


@pytest.mark.parametrize(("name", "point"), typical_rows(), ids=label)
@pytest.mark.parametrize("shape", [(3,), (2, 2), (0,)])
def test_batch_equals_loop(name, point, shape):
    steps = np.linspace(0, 0.01, int(np.prod(shape))).reshape(shape)
    lines = [ta.Taylor(np.stack([a + steps, 1 + steps, steps])) for a in centre(name, point)]
    batch = call(name, point, *lines)
    assert batch.shape == shape
    for i in np.ndindex(shape):
        one = call(name, point, *(line[i] for line in lines)).coefficients
        assert_allclose(batch.coefficients[(slice(None), *i)], one, rtol=1e-12, atol=1e-13 * np.abs(one).max())


@pytest.mark.parametrize(("name", "point"), typical_rows(count=1), ids=label)
def test_multivariate_batches_keep_their_shape(name, point):
    x = np.asarray(centre(name, point))
    steps = np.linspace(0, 0.01, 6).reshape(2, 3)
    batch = call(name, point, *ta.variables(x[:, None, None] + steps, 2))
    assert batch.shape == (2, 3)
    assert batch.hessian().shape == (2, 3, len(x), len(x))
    one = call(name, point, *ta.variables(x + steps[1, 2], 2))
    assert_allclose(
        batch.coefficients[:, 1, 2], one.coefficients, rtol=1e-12, atol=1e-13 * np.abs(one.coefficients).max()
    )


@pytest.mark.parametrize(("name", "point"), typical_rows(), ids=label)
def test_parameters_and_constants_stay_plain(name, point):
    """A function of plain numbers is untouched, and a constant series has the value and nothing else."""
    x = centre(name, point)
    plain = call(name, point, *map(np.float64, x))
    series = call(name, point, *(ta.Taylor.constant(a, 3) for a in x)).coefficients
    assert series[0] == pytest.approx(plain, rel=1e-14)
    assert_array_equal(series[1:], 0)


# --------------------------------------------------------------------------------------------------------------- edges


@pytest.mark.parametrize(("name", "point"), typical_rows(count=1), ids=label)
def test_nan_and_infinity_stay_inside_their_entries(name, point):
    x = centre(name, point)
    ends = (np.nan,) if name == "hyp1f1" else (np.nan, np.inf, -np.inf)  # scipy's hyp1f1(0.5, 1.5, inf) never returns
    rows = [np.array([a, *ends]) for a in x]
    lines = [ta.Taylor(np.stack([row, np.ones_like(row), np.zeros_like(row)])) for row in rows]
    with np.errstate(all="ignore"):
        batch = call(name, point, *lines).coefficients
    calm = call(name, point, *(ta.Taylor([a, 1.0, 0.0]) for a in x)).coefficients
    assert_allclose(batch[:, 0], calm, rtol=1e-12, atol=1e-13 * np.abs(calm).max())
    assert np.isnan(batch[0, 1])


@pytest.mark.parametrize(
    ("name", "point"), all_rows(lambda p: is_complex(p) and p.order == 20 and not p.reason), ids=label
)
def test_complex_derivative_is_the_same_in_every_direction(name, point):
    x = complex(centre(name, point)[0])
    along = {s: call(name, point, *(ta.Taylor([a + 0j, s, 0, 0]) for a in centre(name, point))) for s in (1, 1j)}
    turned = along[1].coefficients * 1j ** np.arange(4)
    size = np.abs(turned).max()
    assert_allclose(along[1j].coefficients, turned, rtol=1e-12, atol=1e-12 * size, err_msg=str(x))


def test_exact_and_floating_series_agree():
    values = [Fraction(k + 1, 2 * k + 3) for k in range(6)]
    exact, floating = ta.Taylor(np.array(values, dtype=object)), ta.Taylor([float(v) for v in values])
    for f in (lambda x: x * x, lambda x: x / (x + 1), lambda x: x**5 - x**-2):
        assert_allclose(f(exact).coefficients.astype(float), f(floating).coefficients, rtol=1e-13)
