"""Taylor models contain what they model: exact polynomials plus remainders against 60 digits, without a tolerance."""

from __future__ import annotations

import itertools
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given
from hypothesis import strategies as st

from taylorad.algebras.interval import Interval
from taylorad.algebras.models.functions import ModelDomainError
from taylorad.algebras.taylor_model import TaylorModel
from taylorad.rules import TABLE
from tests.oracles import ORACLES
from tests.points import POINTS

mp = mpmath.mp


def exact_value(coefficients, model, point) -> Fraction:
    """The polynomial at a rational point, exactly."""
    h = [p - Fraction(float(c)) for p, c in zip(point, model.centre, strict=True)]
    total = Fraction(0)
    for powers, c in zip(model.polynomial.exponents.tolist(), coefficients, strict=True):
        term = Fraction(float(c))
        for x, k in zip(h, powers, strict=True):
            term *= x**k
        total += term
    return total


def rational_points(model, count=3, seed=0):
    """Corners and some points of the domain, as tuples of Fractions."""
    low, high = ([Fraction(float(e)) for e in ends] for ends in model.domain.ends)
    corners = itertools.islice(itertools.product(*zip(low, high, strict=True)), 8)
    rng = np.random.default_rng(seed)
    inner = [
        tuple(a + (b - a) * Fraction(int(rng.integers(0, 1001)), 1000) for a, b in zip(low, high, strict=True))
        for _ in range(count)
    ]
    return [*corners, tuple(Fraction(float(c)) for c in model.centre), *inner]


def number(x):
    """A Fraction in 60 digits."""
    return mp.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else x


def assert_encloses(model, truth, points=None):
    """|f(x) - p(x)| ≤ ρ at points of the domain; `truth` takes Fractions, and gives one number or Fraction an entry."""
    with mp.workdps(60):
        for point in points or rational_points(model):
            values = np.ravel(np.array(truth(*point), dtype=object))
            flat = model.polynomial.coefficients.reshape(-1, model.size)
            for i, value in enumerate(values):
                p, radius = exact_value(flat[:, i], model, point), float(np.ravel(model.remainder.sup)[i])
                if radius == np.inf:
                    continue
                if isinstance(value, Fraction):
                    assert abs(value - p) <= Fraction(radius), f"{point}: off by {float(value - p)}, remainder {radius}"
                else:
                    assert abs(value - number(p)) <= radius, f"{point}: off by {value - number(p)}, remainder {radius}"


def boxes(n=2, seed=3):
    """Wide, narrow, degenerate and off-centre boxes of n variables."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(-1, 1, n)
    yield Interval(low, low + 1), None
    yield Interval(low, low + 1e-9), None
    yield Interval(low, low), None
    yield Interval(low, low + rng.uniform(0, 2, n)), low
    yield Interval([-1.0] * n, [1.0] * n), [0.25] * n


# -------------------------------------------------------------------------------------------------------- arithmetic


def f(a, b):
    """1.7 a - b/3 + 0.1, with doubles for the decimal numbers."""
    return Fraction(1.7) * a - b / 3 + Fraction(0.1)


def g(a, b):
    """a b - 2."""
    return a * b - 2


@pytest.mark.parametrize("order", [0, 1, 2, 5])
def test_ring_operations_enclose(order):
    for box, centre in boxes():
        x, y = TaylorModel.variables(box, order, centre)
        u, v = 1.7 * x - y / 3 + 0.1, x * y - 2
        assert_encloses(u + v, lambda a, b: f(a, b) + g(a, b))
        assert_encloses(u - v, lambda a, b: f(a, b) - g(a, b))
        assert_encloses(u * v, lambda a, b: f(a, b) * g(a, b))
        assert_encloses(u * u, lambda a, b: f(a, b) ** 2)
        assert_encloses(v**5, lambda a, b: g(a, b) ** 5)
        assert_encloses(-(u * v) / 7, lambda a, b: -f(a, b) * g(a, b) / 7)
        assert_encloses(
            u * 0.1 - 3 * v + 1 / (v * v + 60),
            lambda a, b: f(a, b) * Fraction(0.1) - 3 * g(a, b) + 1 / (g(a, b) ** 2 + 60),
        )


def test_sums_of_variables_and_doubles_that_fit_are_exact():
    x, y = TaylorModel.variables(Interval([-1, -1], [1, 1]), 4)
    assert (2 * x - y + 0.5).remainder.magnitude == 0


def test_an_interval_constant_goes_to_the_remainder_around_its_midpoint():
    x = TaylorModel.variable(Interval(0, 1), 3)
    shifted = x + Interval(1, 3)
    assert shifted.polynomial.coefficient((0,)) == 2.5
    assert shifted.remainder.equal(Interval(-1, 1))
    for c in (1, Fraction(7, 3), 3):
        assert_encloses(shifted, lambda a, c=c: a + c)
        assert_encloses(x * Interval(1, 3), lambda a, c=c: a * c)
        assert_encloses(x / Interval(1, 3), lambda a, c=c: a / c)


def test_constants_that_are_no_doubles_are_enclosed():
    x = TaylorModel.variable(Interval(0, 1), 3)
    assert_encloses(x + Fraction(1, 3), lambda a: a + Fraction(1, 3))
    assert_encloses(x * (2**53 + 1), lambda a: a * (2**53 + 1))
    assert_encloses(x - Interval("0.1"), lambda a: a - Fraction(1, 10))


def test_dense_products_of_batches_enclose_in_three_variables():
    rng = np.random.default_rng(1)
    frame = TaylorModel.variables(Interval([0.0, -1.0, 2.0], [1.0, 0.5, 2.5]), 6)[0].frame
    u = TaylorModel._make(rng.standard_normal((84, 12)), rng.random(12) * 1e-9, frame)
    v = TaylorModel._make(rng.standard_normal((84, 12)), np.zeros(12), frame)
    product, single = u * v, u[3] * v[3]
    for point in rational_points(product, 2):
        for i in range(12):
            p, q = (exact_value(m.polynomial.coefficients[:, i], m, point) for m in (u, v))
            truth, error = p * q, Fraction(float(u.remainder.sup[i])) * abs(q)
            value = exact_value(product.polynomial.coefficients[:, i], product, point)
            assert abs(truth - value) + error <= Fraction(float(product.remainder.sup[i]))
            if i == 3:
                value = exact_value(single.polynomial.coefficients, single, point)
                assert abs(truth - value) + error <= Fraction(float(single.remainder.sup))


@pytest.mark.parametrize("scale", [1e-160, 1e-308, 5e-324, 1e160])
def test_products_that_underflow_enclose_and_overflow_is_an_infinite_remainder(scale):
    x, y = TaylorModel.variables(Interval([-1, 0], [1, 1]), 3)
    model = (scale * x + scale) * (scale * y - scale * x)
    if scale > 1:
        model = model * scale * scale
        assert model.remainder.magnitude == np.inf
        assert np.all(np.isfinite(model.polynomial.coefficients))
        assert not model.bound().is_bounded
        return
    s = Fraction(scale)
    assert_encloses(model, lambda a, b: (s * a + s) * (s * b - s * a))


def test_huge_and_tiny_domains_enclose():
    for width in (1e-200, 1e-160, 1e100, 1e150):
        x, y = TaylorModel.variables(Interval([-width, 0], [width, width]), 3)
        assert_encloses(x * y - x / 3, lambda a, b: a * b - a / 3)
        assert_encloses(x * x * y * y, lambda a, b: a * a * b * b)


@pytest.mark.parametrize("scale", [1e-300, 1e-320, 5e-324])
def test_functions_of_tiny_arguments_enclose(scale):
    x, y = TaylorModel.variables(Interval([-1e-20, 0], [1e-20, 1e-3]), 2)
    s = Fraction(scale)
    assert_encloses(np.sin(scale * x + y * scale), lambda a, b: mp.sin(number(s * a + s * b)))
    assert_encloses(np.arctan(scale + scale * x), lambda a, b: mp.atan(number(s + s * a)))


def test_array_functions_enclose():
    x, y = TaylorModel.variables(Interval([-1, 0], [0.5, 1]), 4)
    z = np.stack([x, y, x * y])
    assert z.shape == (3,)
    cases = [
        (np.sum(z), lambda a, b: a + b + a * b),
        (np.mean(z) * 3, lambda a, b: a + b + a * b),
        (z @ z, lambda a, b: a * a + b * b + (a * b) ** 2),
        (np.einsum("i,j->ij", z, z), lambda a, b: [[p * q for q in (a, b, a * b)] for p in (a, b, a * b)]),
        (np.cumsum(z), lambda a, b: [a, a + b, a + b + a * b]),
        (np.diff(z), lambda a, b: [b - a, a * b - b]),
        (np.prod(z), lambda a, b: a * a * b * b),
        (np.concatenate([z[1:], [1.5]]), lambda a, b: [b, a * b, Fraction(3, 2)]),
        (np.outer(z, [1.0, 0.1]), lambda a, b: [[p, p * Fraction(0.1)] for p in (a, b, a * b)]),
        (np.stack([x, y]) @ np.array([[1.0, 2.0], [0.1, -3.0]]), lambda a, b: [a + b * Fraction(0.1), 2 * a - 3 * b]),
        (np.where([True, False, True], z, 0.25), lambda a, b: [a, Fraction(1, 4), a * b]),
        (z.reshape(3, 1)[:, 0][::-1], lambda a, b: [a * b, b, a]),
        (np.var(z) * 3, lambda a, b: sum((p - (a + b + a * b) / 3) ** 2 for p in (a, b, a * b))),
        (np.polyval([1.0, 0.1, -2.0], x), lambda a, b: a * a + Fraction(0.1) * a - 2),
        (np.linalg.norm(z + 2) ** 2, lambda a, b: (a + 2) ** 2 + (b + 2) ** 2 + (a * b + 2) ** 2),
    ]
    for model, truth in cases:
        assert_encloses(model, truth)


def test_shapes_of_any_number_of_axes_and_none_enclose():
    x, y = TaylorModel.variables(Interval([0.5, 1], [1, 2]), 4)
    z = np.stack([x, y])
    assert_encloses(np.sin(np.outer(z, z)), lambda a, b: [mp.sin(number(p * q)) for p in (a, b) for q in (a, b)])
    assert_encloses(sp.logsumexp(z), lambda a, b: mp.log(mp.exp(number(a)) + mp.exp(number(b))))
    assert_encloses(np.logaddexp(x, y), lambda a, b: mp.log(mp.exp(number(a)) + mp.exp(number(b))))
    assert_encloses(np.full_like(z, 0.1) * z, lambda a, b: [Fraction(0.1) * a, Fraction(0.1) * b])
    empty = z[:0]
    assert (empty * empty).shape == np.exp(empty).shape == empty.bound().shape == (0,)
    assert np.sum(empty).remainder.magnitude == 0


def test_entries_are_written():
    x = TaylorModel.variable(Interval(0, 1), 3)
    y = np.zeros_like(np.stack([x, x, x]))
    y[0] = x * x
    y[1:] = x
    y[1:] += 0.5
    assert (y[0] * y[0]).shape == ()
    y[0] = 100.0
    assert_encloses(y * y, lambda a: [Fraction(10000), (a + Fraction(1, 2)) ** 2, (a + Fraction(1, 2)) ** 2])


# -------------------------------------------------------------------------------------------------------- functions

SINGLE = sorted(
    name for name, p in TABLE.items() if p.kind == "elementary" and p.name == name and len(p.rule.arguments) == 1
)


def real_points(name):
    for row in POINTS.get(name, ()):
        row = getattr(row, "arguments", row if isinstance(row, tuple) else (row,))
        if all(isinstance(a, int | float) for a in row) and abs(row[TABLE[name].rule.arguments[0]]) < 50:
            yield row


TRUTH = {  # where the oracle of Taylor coefficients is no function of mpmath numbers
    "gammaincc": lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True),
    "k0": lambda x: mp.besselk(0, x),
    "k1": lambda x: mp.besselk(1, x),
    "y0": lambda x: mp.bessely(0, x),
    "y1": lambda x: mp.bessely(1, x),
}


def supported(name):
    """Whether the ring of intervals has the function."""
    from taylorad.algebras.models.expansions import expansions

    for row in itertools.islice(real_points(name), 1):
        rule = TABLE[name].rule
        x, parameters = row[rule.arguments[0]], tuple(row[i] for i in rule.parameters)
        try:
            expansions(TABLE[name], np.float64(x), np.float64(x), parameters, 2)
        except (LookupError, TypeError, AttributeError):
            return False
        return True
    return False


@pytest.mark.parametrize("name", SINGLE)
def test_every_elementary_function_encloses(name):
    if not supported(name):
        pytest.skip("the ring of intervals has no such function")
    rule, checked, rows = TABLE[name].rule, 0, [*real_points(name)]
    for row, width in itertools.product(rows[:: max(1, len(rows) // 5)], (1e-3, 0.25)):
        x, parameters = row[rule.arguments[0]], [row[i] for i in rule.parameters]
        model = TaylorModel.variable(Interval(x - width, x + 2 * width), order=6, centre=x)
        placed = [None] * rule.nin
        for i, value in zip((*rule.arguments, *rule.parameters), (model, *parameters), strict=True):
            placed[i] = value
        try:
            found = model.apply(TABLE[name], tuple(placed), {})
        except ModelDomainError:
            continue
        except TypeError as error:  # a companion's parameter, such as a + 1, is no double
            if "a parameter of the function must be a number" not in str(error):
                raise
            continue
        checked += 1

        def truth(a, placed=placed):
            exact = [number(a) if p is not None and hasattr(p, "frame") else mp.mpf(p) for p in placed]
            values = TRUTH.get(name, ORACLES[name].function)(*exact)
            return [mp.re(v) for v in values] if isinstance(values, tuple) else mp.re(values)

        stacked = np.stack(found) if isinstance(found, tuple) else found
        assert_encloses(stacked, truth, rational_points(model, 2))
    assert checked


@pytest.mark.parametrize("name", ["exp", "sin", "log", "sqrt", "arctan", "tanh", "sinh", "cbrt", "j0", "gamma"])
def test_functions_of_many_variables_and_batches_enclose(name):
    function, oracle = getattr(np, name, None) or getattr(sp, name), ORACLES[name].function
    for box, centre in boxes(3):
        x, y, z = TaylorModel.variables(box, 4, centre)
        argument = np.stack([3 + x * y - z / 2, 2.5 + x / 4 + Interval(-1e-6, 1e-6)])

        def truth(a, b, c):
            return [oracle(number(3 + a * b - c / 2)), oracle(number(Fraction(5, 2) + a / 4 + Fraction(1, 10**6)))]

        result = function(argument)
        assert_encloses(result, truth)
        assert_encloses(function(argument[0]), lambda *p: truth(*p)[:1])


WIDE = {
    "tan": (0.1, 1.1, mp.tan),
    "sqrt": (0.1, 1.1, mp.sqrt),
    "log": (0.1, 1.1, mp.log),
    "reciprocal": (0.25, 1.25, lambda a: 1 / a),
    "cbrt": (-1.2, -0.2, lambda a: -mp.cbrt(-a)),
    "arctan": (-0.5, 1.0, mp.atan),
    "arcsin": (-0.9, 0.95, mp.asin),
    "tanh": (-0.5, 1.0, mp.tanh),
}


@pytest.mark.parametrize("order", [7, 8])
@pytest.mark.parametrize("name", WIDE)
def test_remainders_on_wide_domains_enclose_and_are_far_below_the_range(name, order):
    low, high, oracle = WIDE[name]
    x = TaylorModel.variable(Interval(low, high), order, centre=low + 0.45 * (high - low))
    model = getattr(np, name)(x)
    points = [(Fraction(low) + (Fraction(high) - Fraction(low)) * Fraction(k, 32),) for k in range(33)]
    assert_encloses(model, lambda a: oracle(number(a)), points)
    assert model.remainder.magnitude < abs(oracle(high) - oracle(low)) / 10
    narrow = TaylorModel._make(np.stack([x._coefficients] * 20, axis=1), np.zeros(20), x.frame)
    batch = getattr(np, name)(narrow)
    assert_encloses(batch[:2], lambda a: [oracle(number(a))] * 2, points[::8])
    assert np.all(np.abs(batch.remainder.sup - model.remainder.sup) <= 1e-12)


def test_parameters_may_be_arrays_and_are_the_doubles_they_are():
    x = TaylorModel.variable(Interval(0.5, 0.75), 5)
    model = sp.gammainc(np.array([0.1, 2.5]), x)
    assert_encloses(model, lambda a: [mp.gammainc(mp.mpf(r), 0, number(a), regularized=True) for r in (0.1, 2.5)])
    assert_encloses(x ** np.array([0.1, 2.0, -1.5]), lambda a: [number(a) ** mp.mpf(r) for r in (0.1, 2.0, -1.5)])
    assert_encloses(x ** Fraction(1, 3), lambda a: mp.cbrt(number(a)))
    assert_encloses(x ** Interval("0.1"), lambda a: number(a) ** (mp.mpf(1) / 10))


def test_functions_of_two_arguments_enclose():
    for box, centre in boxes():
        x, y = TaylorModel.variables(box, 5, centre)
        u, v = 3 + x, 2 - y / 2
        assert_encloses(np.hypot(u, v), lambda a, b: mp.hypot(number(3 + a), number(2 - b / 2)))
        assert_encloses(u**v, lambda a, b: number(3 + a) ** number(2 - b / 2))
        assert_encloses(2**v, lambda a, b: mp.mpf(2) ** number(2 - b / 2))
        assert_encloses(u**0.3, lambda a, b: number(3 + a) ** mp.mpf(0.3))
        assert_encloses(u**-3, lambda a, b: (3 + a) ** -3)
        for s, t in [(u, v), (u, -v), (-u, v), (-u, -v), (x, v), (x, -v)]:
            first = (lambda a: a) if s is x else (lambda a, p=1 if s is u else -1: p * (3 + a))
            sign = 1 if (t.bound() > 0).certainly else -1
            assert_encloses(
                np.arctan2(t, s), lambda a, b, f=first, q=sign: mp.atan2(number(q * (2 - b / 2)), number(f(a)))
            )


def test_piecewise_functions_enclose():
    for box in (Interval(-1, 2), Interval(1, 2), Interval(-3, -1), Interval(0, 1)):
        x = TaylorModel.variable(box, 3)
        assert_encloses(np.abs(x), lambda a: abs(a))
        assert_encloses(np.maximum(x, 0.5), lambda a: max(a, Fraction(1, 2)))
        assert_encloses(np.minimum(x, x * x), lambda a: min(a, a * a))
        assert_encloses(np.clip(x, -0.5, 0.5), lambda a: min(max(a, Fraction(-1, 2)), Fraction(1, 2)))
        assert_encloses(np.max(np.stack([x, -x, 0 * x])), lambda a: abs(a))
        assert_encloses(np.floor(x), lambda a: Fraction(a.__floor__()))
        assert_encloses(np.sign(x), lambda a: Fraction((a > 0) - (a < 0)))
        assert_encloses(np.where(x < 0.5, x, x * x), lambda a: a if a < Fraction(1, 2) else a * a)


def test_functions_outside_their_domain_say_so():
    x = TaylorModel.variable(Interval(-1, 1), 3)
    for function in (np.log, np.sqrt, np.arctanh, lambda m: 1 / m, lambda m: np.tan(2 * m), lambda m: m**-2):
        with pytest.raises(ModelDomainError, match="the domain of the models smaller"):
            function(x)
    with pytest.raises(ModelDomainError, match="arctan2"):
        np.arctan2(x, x - 2)
    with pytest.raises(ZeroDivisionError):
        x / 0


def test_a_root_at_the_end_of_its_domain_is_its_range():
    x = TaylorModel.variable(Interval(0, 4), 5)
    root = np.sqrt(x)
    assert_encloses(root, lambda a: mp.sqrt(number(a)))
    assert root.bound().sup < 2.0000001


UNARY = {
    "exp": (lambda u: np.exp(u / 4), lambda a: mp.exp(number(a / 4))),
    "sin": (np.sin, lambda a: mp.sin(number(a))),
    "cos": (np.cos, lambda a: mp.cos(number(a))),
    "arctan": (np.arctan, lambda a: mp.atan(number(a))),
    "tanh": (np.tanh, lambda a: mp.tanh(number(a))),
    "square": (np.square, lambda a: a * a),
    "root": (lambda u: np.sqrt(2 + np.sin(u)), lambda a: mp.sqrt(2 + mp.sin(number(a)))),
    "inverse": (lambda u: 1 / (3 + np.cos(u)), lambda a: 1 / (3 + mp.cos(number(a)))),
    "abs": (np.abs, abs),
}
BINARY = {
    "add": (np.add, lambda a, b: a + b),
    "subtract": (np.subtract, lambda a, b: a - b),
    "multiply": (np.multiply, lambda a, b: a * b),
    "maximum": (np.maximum, lambda a, b: a if number(a) >= number(b) else b),
}
PROGRAMS = st.recursive(
    st.one_of(st.sampled_from(["x", "y"]), st.floats(-2, 2)),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(sorted(UNARY)), inner), st.tuples(st.sampled_from(sorted(BINARY)), inner, inner)
    ),
    max_leaves=8,
)


def run(program, values, place):
    """A program on models (place 0) or on mpmath numbers (place 1)."""
    if isinstance(program, str):
        return values[program]
    if isinstance(program, float):
        return values["lift"](program)
    if len(program) == 2:
        return UNARY[program[0]][place](run(program[1], values, place))
    return BINARY[program[0]][place](*(run(p, values, place) for p in program[1:]))


@given(PROGRAMS, st.floats(-2, 2), st.floats(0, 1.5), st.integers(0, 6), st.floats(0, 1))
def test_random_programs_enclose(program, low, width, order, at):
    box = Interval([low, -0.5], [low + width, 0.5 + width])
    x, y = TaylorModel.variables(box, order, None if at > 0.5 else [low, -0.5])
    model = run(program, {"x": x, "y": y, "lift": x.lift}, 0)
    points = rational_points(model, 2)
    assert_encloses(model, lambda a, b: run(program, {"x": a, "y": b, "lift": Fraction}, 1), points)
    with mp.workdps(60):
        inf, sup = model.bound().ends
        for point in points:
            value = run(program, {"x": point[0], "y": point[1], "lift": Fraction}, 1)
            assert inf <= number(value) <= sup
