"""Interval arithmetic against rational arithmetic, with NumPy and with compiled code: containment, and tightness."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from taylorad.compile import intervals
from taylorad.compile.intervals import provider, text, trial
from taylorad.rings.interval import arithmetic, environment

INF, LARGEST = math.inf, math.ldexp(2 - 2.0**-52, 1023)
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.1, -0.1, 1 / 3, 3.0, 1 + 2.0**-52, 5e-324, -5e-324, 1e-310, -1e-310, 2.0**-1022]
SPECIAL += [LARGEST, -LARGEST, 1e300, -1e300, 1e-200, -1e-200, 2.0**-900, 2.0**990, 2.0**-537, 2.0**512, INF, -INF]
COUNT = 4003  # not divisible by the length of a vector
Exact = Fraction | float  # a float is infinite
Range = tuple[Exact, Exact] | None

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(params=["numpy", "compiled"])
def implementation(request, monkeypatch):
    """The name of the implementation in use."""
    compiled = provider.NativeIntervalArithmetic() if request.param == "compiled" else None
    if compiled is not None and not provider.is_supported():
        pytest.skip("no llvmlite, or a processor without fused operations: NumPy's way is the only one")
    monkeypatch.setattr(arithmetic, "compiled", compiled)
    return request.param


def random_ends(seed: int, count: int = COUNT) -> tuple[np.ndarray, np.ndarray]:
    """Intervals of all kinds: points, wide and narrow ones, special ends, all magnitudes, unbounded, empty."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 4, count)
    scale = 2.0 ** rng.integers(-1070, 1023, count)
    first = np.choose(
        kinds,
        [
            rng.choice(SPECIAL, count),
            rng.standard_normal(count),
            rng.uniform(-1, 1, count) * scale,
            rng.integers(-4, 5, count).astype(float),
        ],
    )
    with np.errstate(over="ignore"):
        near = np.nextafter(first, INF)
    choice = rng.integers(0, 4, count)
    second = np.choose(choice, [first, rng.choice(SPECIAL, count), first + rng.random(count), near])
    inf, sup = np.minimum(first, second), np.maximum(first, second)
    empty = (inf == INF) | (sup == -INF) | (rng.random(count) < 0.02)
    return np.where(empty, np.nan, inf), np.where(empty, np.nan, sup)


# --------------------------------------------------------------------------------------------------- exact results


def exact(x: float) -> Exact:
    return x if math.isinf(x) else Fraction(x)


def down(x: Exact) -> float:
    """The largest double (or -inf) below an exact number."""
    if isinstance(x, float):
        return x
    try:
        near = float(x)
    except OverflowError:
        near = INF if x > 0 else -INF
    if near == -INF:
        return near
    return near if near < INF and Fraction(near) <= x else math.nextafter(near, -INF)


def up(x: Exact) -> float:
    return -down(-x)


def total(x: Exact, y: Exact) -> Exact:
    return x if isinstance(x, float) else x + y if not isinstance(y, float) else y


def times(x: Exact, y: Exact) -> Exact:
    if x == 0 or y == 0:
        return Fraction(0)
    if isinstance(x, float) or isinstance(y, float):
        return INF if (x > 0) == (y > 0) else -INF
    return x * y


def over(x: Exact, y: Exact, side: int) -> Exact:
    """The limit of x/y, from one side of y = 0; 0 stands for those of 0/0 and inf/inf."""
    if x == 0 or isinstance(y, float):
        return Fraction(0)
    if y == 0:
        return INF if (x > 0) == (side > 0) else -INF
    return times(x, 1 / y)


def products(a: Range, b: Range) -> Range:
    found = [times(x, y) for x, y in product(a, b)]
    return min(found), max(found)


def quotients(a: Range, b: Range) -> Range:
    if b == (0, 0):
        return None
    if a == (0, 0):
        return Fraction(0), Fraction(0)
    if b[0] < 0 < b[1]:
        return -INF, INF
    found = [over(x, y, side) for x in a for y, side in ((b[0], 1), (b[1], -1))]
    return min(found), max(found)


def power(x: Exact, n: int) -> Exact:
    return (x if n % 2 else INF) if isinstance(x, float) else x**n


def powers(a: Range, n: int) -> Range:
    found = [power(x, n) for x in a]
    low = Fraction(0) if n % 2 == 0 and a[0] < 0 < a[1] else min(found)
    return low, max(found)


EXACT: dict[str, Callable[..., Range]] = {
    "add": lambda a, b: (total(a[0], b[0]), total(a[1], b[1])),
    "subtract": lambda a, b: (total(a[0], -b[1]), total(a[1], -b[0])),
    "multiply": products,
    "divide": quotients,
    "fma": lambda a, b, c: tuple(total(z, x) for x, z in zip(products(a, b), c, strict=True)),
    "square": lambda a: powers(a, 2),
    "reciprocal": lambda a: quotients((Fraction(1), Fraction(1)), a),
    "negative": lambda a: (-a[1], -a[0]),
    "absolute": lambda a: (Fraction(0) if a[0] < 0 < a[1] else min(abs(a[0]), abs(a[1])), max(abs(a[0]), abs(a[1]))),
    "minimum": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "maximum": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "intersection": lambda a, b: (low, high) if (low := max(a[0], b[0])) <= (high := min(a[1], b[1])) else None,
}


def count_operands(name: str) -> int:
    return EXACT[name].__code__.co_argcount


def ranges(ends: tuple[np.ndarray, np.ndarray]) -> list[Range]:
    return [None if math.isnan(x) else (exact(x), exact(y)) for x, y in zip(*(e.tolist() for e in ends), strict=True)]


def outside(found: tuple[np.ndarray, np.ndarray], expected: list[Range], tight: bool) -> list[int]:
    """Where results are no enclosures, or not the tightest ones."""
    wrong = []
    for i, (x, y, values) in enumerate(zip(*(f.tolist() for f in found), expected, strict=True)):
        if values is None:
            good = math.isnan(x) and math.isnan(y)
        elif tight:
            good = x == down(values[0]) and y == up(values[1])
        else:
            good = x <= values[0] and values[1] <= y
        if not good:
            wrong.append(i)
    return wrong


def moderate(*operands: Range) -> bool:
    """Whether NumPy promises the tightest result: no end is near overflow or underflow."""
    ends = [x for a in operands if a is not None for x in a]
    return all(x == 0 or isinstance(x, float) or Fraction(2) ** -300 < abs(x) < Fraction(2) ** 300 for x in ends)


# ------------------------------------------------------------------------------------------------------- theorems


@pytest.mark.parametrize("name", EXACT)
def test_results_enclose_the_exact_ones_and_are_tight(name, implementation):
    operands = [random_ends(seed) for seed in range(count_operands(name))]
    given = list(zip(*map(ranges, operands), strict=True))
    expected = [None if None in a else EXACT[name](*a) for a in given]
    found = getattr(arithmetic, name)(*(e for ends in operands for e in ends))
    assert outside(found, expected, tight=False) == []
    loose = outside(found, expected, tight=True)
    if implementation == "numpy":
        loose = [] if name == "fma" else [i for i in loose if moderate(*given[i])]
    assert loose == []


def test_hull_is_the_least_interval_that_contains_both(implementation):
    a, b = random_ends(0), random_ends(1)
    expected = []
    for x, y in zip(ranges(a), ranges(b), strict=True):
        both = [r for r in (x, y) if r is not None]
        expected.append((min(r[0] for r in both), max(r[1] for r in both)) if both else None)
    assert outside(arithmetic.hull(*a, *b), expected, tight=True) == []


def test_roots_are_the_neighbours_of_the_exact_ones(implementation):
    inf, sup = random_ends(5)
    found = arithmetic.sqrt(inf, sup)
    for x, y, low, high in zip(*(e.tolist() for e in (inf, sup, *found)), strict=True):
        if math.isnan(x) or y < 0:
            assert math.isnan(low)
            assert math.isnan(high)
            continue
        assert 0 <= Fraction(low) ** 2 <= max(exact(x), 0)
        assert high == y == INF or Fraction(high) ** 2 >= exact(y) >= 0
        if implementation == "compiled" or moderate((exact(x), exact(y))):
            assert Fraction(math.nextafter(low, INF)) ** 2 > max(exact(x), 0)
            assert y in (0, INF) or Fraction(math.nextafter(high, 0)) ** 2 < exact(y)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 10, 33, 64])
def test_integer_powers_enclose_the_exact_ones_and_are_tight_away_from_underflow(n, implementation):
    ends = random_ends(n, 1003)
    expected = [None if a is None else powers(a, n) for a in ranges(ends)]
    found = arithmetic.integer_power(*ends, n)
    assert outside(found, expected, tight=False) == []
    loose = outside(found, expected, tight=True)
    assert [i for i in loose if moderate(expected[i], ranges(ends)[i])] == []


@pytest.mark.parametrize("n", [-1, -2, -3, -4, -5, -17])
def test_negative_powers_enclose_the_exact_ones_and_are_tight_away_from_underflow(n, implementation):
    ends = random_ends(-n, 1003)
    given = ranges(ends)
    expected = []
    for a in given:
        expected.append(None if a is None else quotients((Fraction(1), Fraction(1)), powers(a, -n)))
    found = arithmetic.integer_power(*ends, n)
    assert outside(found, expected, tight=False) == []
    if implementation == "compiled":
        loose = outside(found, expected, tight=True)
        assert [i for i in loose if moderate(expected[i], given[i])] == []


def test_powers_of_exponent_zero_are_one(implementation):
    found = arithmetic.integer_power([-INF, 0.0, np.nan], [INF, 0.0, np.nan], 0)
    np.testing.assert_array_equal(found, [[1, 1, np.nan]] * 2)


def test_an_exponent_that_is_no_integer_is_refused(implementation):
    with pytest.raises(TypeError, match="integer"):
        arithmetic.integer_power(1.0, 2.0, 0.5)


@pytest.mark.parametrize("exponent", [1 << 62, (1 << 70) + 1])
def test_huge_exponents_stay_enclosures(exponent, implementation):
    low, high = arithmetic.integer_power([0.5, -1.0, 1.0], [0.75, 1.0, 1.5], exponent)
    assert low[0] == 0 < high[0]
    assert low[1] <= 0
    assert high[1] == 1 == low[2] or exponent % 2
    assert high[2] == INF


# ------------------------------------------------------------------------------------------------------ reductions


def exact_sums(inf: np.ndarray, sup: np.ndarray) -> list[Range]:
    """Over the first axis."""
    found: list[Range] = []
    for low, high in zip(inf.T.tolist(), sup.T.tolist(), strict=True):
        if any(map(math.isnan, low)):
            found.append(None)
        else:
            ends = [-INF if -INF in low else sum(map(Fraction, low)), INF if INF in high else sum(map(Fraction, high))]
            found.append(
                (Fraction(ends[0]) if ends[0] == 0 else ends[0], Fraction(ends[1]) if ends[1] == 0 else ends[1])
            )
    return found


@pytest.mark.parametrize("shape", [(0, 3), (1, 9), (2, 1), (7, 20), (1000, 3), (9, 33)])
def test_sums_enclose_the_exact_ones(shape, implementation):
    for seed in range(5):
        ends = [e.reshape(shape) for e in random_ends(seed, math.prod(shape))]
        expected = exact_sums(*ends)
        assert outside(arithmetic.sum(*ends, axis=0), expected, tight=False) == []
        assert outside(arithmetic.sum(*(e.T.copy() for e in ends), axis=1), expected, tight=False) == []
        assert outside(arithmetic.sum(*(e.T for e in ends), axis=-1), expected, tight=False) == []


def test_compiled_sums_of_many_numbers_are_nearly_tight(monkeypatch):
    if not provider.is_supported():
        pytest.skip("no llvmlite, or a processor without fused operations")
    monkeypatch.setattr(arithmetic, "compiled", provider.NativeIntervalArithmetic())
    x = np.random.default_rng(3).standard_normal((10**4, 2)) * 1e3
    for low, high, column in zip(*arithmetic.sum(x, x, axis=0), x.T, strict=True):
        true = sum(map(Fraction, column.tolist()))
        assert low <= true <= high
        assert high <= np.nextafter(low, INF)


def test_sums_over_several_axes(implementation):
    inf, sup = (e.reshape(3, 4, 5) for e in random_ends(11, 60))
    inf, sup = np.nan_to_num(inf, nan=1.0, neginf=-1.0), np.nan_to_num(sup, nan=1.0, posinf=2.0)
    for axis in (None, (0, 2), (-1, 0), (), 1):
        axes = range(3) if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, 3)
        kept = arithmetic.sum(inf, sup, axis=axis, keepdims=True)
        assert kept[0].shape == tuple(1 if i in axes else n for i, n in enumerate(inf.shape))
        found = arithmetic.sum(inf, sup, axis=axis)
        assert found[0].shape == np.ones((3, 4, 5)).sum(axis).shape
        np.testing.assert_array_equal(found[0], kept[0].reshape(found[0].shape))
        reference = [np.vectorize(Fraction, otypes=[object])(e).sum(axis=axis) for e in (inf, sup)]
        assert np.all(found[0] <= reference[0])
        assert np.all(reference[1] <= found[1])


def exact_dots(a: list[list[Range]], b: list[list[Range]]) -> list[Range]:
    found: list[Range] = []
    for u, v in zip(a, b, strict=True):
        if None in u or None in v:
            found.append(None)
            continue
        result: Range = (Fraction(0), Fraction(0))
        for x, y in zip(u, v, strict=True):
            result = tuple(total(p, s) for p, s in zip(products(x, y), result, strict=True))  # type: ignore[assignment]
        found.append(result)
    return found


def columns(ends: tuple[np.ndarray, np.ndarray]) -> list[list[Range]]:
    return [ranges((x, y)) for x, y in zip(ends[0].T, ends[1].T, strict=True)]


@pytest.mark.parametrize("shape", [(1, 1), (5, 1), (6, 19), (12, 8)])
def test_dots_enclose_the_exact_ones(shape, implementation):
    for seed in range(5):
        a, b = ([e.reshape(shape) for e in random_ends(seed + k, math.prod(shape))] for k in (20, 40))
        expected = exact_dots(columns(a), columns(b))
        assert outside(arithmetic.dot(*a, *b), expected, tight=False) == []
        turned = [x[::-1] for x in (*a, *b)]
        assert outside(arithmetic.dot(*turned), expected, tight=False) == []
        one = [x[:, :1] for x in b]
        expected = exact_dots(columns(a), columns(one) * shape[1])
        assert outside(arithmetic.dot(*a, *one), expected, tight=False) == []


def test_the_coefficient_of_a_product_of_power_series(implementation):
    u, v = (np.random.default_rng(s).standard_normal(9) for s in (1, 2))
    for k in range(9):
        low, high = arithmetic.dot(u[k::-1], u[k::-1], v[: k + 1], v[: k + 1])
        true = sum(Fraction(x) * Fraction(y) for x, y in zip(u[k::-1].tolist(), v.tolist(), strict=False))
        assert low <= true <= high
        assert high - low <= 1e-14


@pytest.mark.parametrize("bounded", [True, False])
@pytest.mark.parametrize("shapes", [((3, 4), (4, 5)), ((9, 3), (3, 70)), ((17, 4), (4, 1)), ((2, 0), (0, 3))])
def test_products_of_matrices_enclose_the_exact_ones(shapes, bounded, implementation):
    for seed in range(3):
        a, b = (
            [e.reshape(s) for e in random_ends(seed + k, math.prod(s))] for k, s in zip((60, 80), shapes, strict=True)
        )
        if bounded:
            a, b = ([np.nan_to_num(e, nan=0.3, posinf=LARGEST, neginf=-LARGEST) for e in ends] for ends in (a, b))
        rows, lines = columns([e.T for e in a]), columns(b)  # type: ignore[arg-type]
        expected = [exact_dots([row], [line])[0] for row in rows for line in lines]
        found = arithmetic.matmul(*a, *b)
        assert found[0].shape == (shapes[0][0], shapes[1][1])
        assert outside((found[0].ravel(), found[1].ravel()), expected, tight=False) == []


@pytest.mark.parametrize(
    "shapes", [((3,), (3,)), ((3,), (3, 2)), ((4, 3), (3,)), ((2, 4, 3), (3, 2)), ((5, 1, 2, 3), (4, 3, 2))]
)
def test_shapes_of_products_of_matrices_are_those_of_numpy(shapes, implementation):
    rng = np.random.default_rng(9)
    a, b = (rng.integers(-9, 9, shape).astype(float) for shape in shapes)
    for end in arithmetic.matmul(a, a, b, b):  # exact
        np.testing.assert_array_equal(end, np.matmul(a, b), strict=True)


def test_matrices_that_do_not_fit_are_refused(implementation):
    x = np.ones((2, 3))
    with pytest.raises(ValueError, match="3 columns do not fit 2 rows"):
        arithmetic.matmul(x, x, x, x)
    with pytest.raises(ValueError, match="multiply it by"):
        arithmetic.matmul(1.0, 1.0, x, x)


# ------------------------------------------------------------------------------------------------- cancellation


def test_cancellation_undoes_addition_where_it_can(implementation):
    a, b = random_ends(30), random_ends(31)
    low, high = arithmetic.cancel_minus(*a, *b)
    for x, y, z in zip(ranges(a), ranges(b), zip(low.tolist(), high.tolist(), strict=True), strict=True):
        bounded = [r is None or not any(isinstance(e, float) for e in r) for r in (x, y)]
        if x is None and bounded[1]:
            assert math.isnan(z[0])
        elif x is None or y is None or not all(bounded) or x[1] - x[0] < y[1] - y[0]:
            assert z == (-INF, INF)
        else:
            assert z[0] <= x[0] - y[0] <= x[1] - y[1] <= z[1]
    np.testing.assert_array_equal(arithmetic.cancel_plus(*a, -b[1], -b[0]), (low, high))


# ------------------------------------------------------------------------------------------------ bounds of numbers


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "fma"])
def test_rounded_numbers_frame_the_exact_result(name, implementation):
    count = count_operands(name)
    operands = [np.random.default_rng(s).standard_normal(101) for s in range(count)]
    low, high = (getattr(arithmetic, f"{name}_{way}")(*operands) for way in ("down", "up"))
    true = [
        EXACT[name](*((Fraction(x),) * 2 for x in xs))[0] for xs in zip(*(o.tolist() for o in operands), strict=True)
    ]
    assert all(a <= x <= b for a, x, b in zip(low.tolist(), true, high.tolist(), strict=True))


def test_norms_have_upper_bounds(implementation):
    x = np.random.default_rng(0).standard_normal(57)
    square = sum(Fraction(e) ** 2 for e in x.tolist())
    assert Fraction(float(arithmetic.sqrt_up(arithmetic.dot_up(x, x)))) ** 2 >= square
    assert Fraction(float(arithmetic.sqrt_down(arithmetic.dot_down(x, x)))) ** 2 <= square
    assert arithmetic.sum_down(abs(x)) <= sum(map(Fraction, abs(x).tolist())) <= arithmetic.sum_up(abs(x))


# -------------------------------------------------------------------------------------------------- arrays, threads


def test_arrays_broadcast_in_any_layout(implementation):
    a, b, c, d = (np.random.default_rng(s).standard_normal((6, 8)) for s in range(4))
    a, b, c, d = np.minimum(a, b), np.maximum(a, b), np.minimum(c, d), np.maximum(c, d)
    whole = arithmetic.multiply(a, b, c, d)
    for index in np.ndindex(2, 3):
        single = arithmetic.multiply(*(float(x[index]) for x in (a, b, c, d)))
        assert [x.shape for x in single] == [(), ()]
        assert [x[()] for x in single] == [x[index] for x in whole]
    np.testing.assert_array_equal(arithmetic.multiply(*(np.asfortranarray(x) for x in (a, b, c, d))), whole)
    np.testing.assert_array_equal(
        arithmetic.multiply(*(x[::2, ::-1] for x in (a, b, c, d))), [x[::2, ::-1] for x in whole]
    )
    column = arithmetic.multiply(a[:, :1], b[:, :1], c, d)
    np.testing.assert_array_equal(column[0][:, 3], arithmetic.multiply(a[:, 0], b[:, 0], c[:, 3], d[:, 3])[0])
    scalar = arithmetic.multiply(a, b, np.float64(-2), np.array(3.0))
    np.testing.assert_array_equal(scalar, arithmetic.multiply(a, b, np.full((6, 8), -2.0), np.full((6, 8), 3.0)))
    np.testing.assert_array_equal(arithmetic.add([1, 2], [1, 2], 1, 2), [[2, 3], [3, 4]])
    assert [x.shape for x in arithmetic.add(*[np.ones((0, 3))] * 4)] == [(0, 3)] * 2
    with pytest.raises(ValueError, match=r"shape|broadcast"):
        arithmetic.add(a, b, np.ones(5), np.ones(5))


@pytest.mark.parametrize("number", [2**53 + 1, 2**63 - 1, 2**64, Fraction(1, 3), 1j, "0.1"])
def test_numbers_that_are_no_doubles_are_refused(number, implementation):
    for operation in (
        lambda: arithmetic.add(number, number, 1.0, 1.0),
        lambda: arithmetic.sum([number], [number]),
        lambda: arithmetic.dot([number], [number], [1.0], [1.0]),
        lambda: arithmetic.matmul([[number]], [[number]], [[1.0]], [[1.0]]),
    ):
        with pytest.raises(TypeError, match="ends of intervals are float64"):
            operation()


def test_operands_are_left_as_they_are(implementation):
    operands = [random_ends(s, 20)[k] for s in (1, 2) for k in (0, 1)]
    copies = [x.copy() for x in operands]
    arithmetic.divide(*operands)
    arithmetic.matmul(*(x.reshape(4, 5) for x in operands[:2]), *(x.reshape(5, 4) for x in operands[2:]))
    np.testing.assert_array_equal(operands, copies)


def test_results_in_several_threads_are_the_same(implementation):
    operands = [e for s in (1, 2) for e in random_ends(s, 20_000)]
    expected = arithmetic.multiply(*operands)

    def work(_: int) -> bool:
        found = arithmetic.multiply(*operands)
        environment.check()
        return np.array_equal(found, expected, equal_nan=True)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(20)))


# ------------------------------------------------------------------------------------------------- the trial, the hook


@pytest.mark.parametrize("name", sorted({*trial._EXACT, *trial._JUDGES}))
def test_code_that_rounds_to_nearest_does_not_pass_the_trial(name):
    wrong = {
        "add": lambda a, _, c, __: (a + c,) * 2,
        "subtract": lambda a, _, c, __: (a - c,) * 2,
        "multiply": lambda a, _, c, __: (a * c,) * 2,
        "divide": lambda a, _, c, __: (a / c,) * 2,
        "fma": lambda a, _, c, __, e, ___: (a * c + e,) * 2,
        "square": lambda a, _: (a * a,) * 2,
        "sqrt": lambda a, _: (np.sqrt(a),) * 2,
        "integer_power": lambda a, _, n: (a ** float(n),) * 2,
        "sum": lambda a, _, axis: (a.sum(axis),) * 2,
        "dot": lambda a, _, c, __: ((a * c).sum(0),) * 2,
        "matmul": lambda a, _, c, __: (a @ c,) * 2,
    }
    assert not trial.encloses(name, wrong[name])
    if provider.is_supported():
        assert trial.encloses(name, getattr(provider.NativeIntervalArithmetic(), name))


def test_code_that_fails_the_trial_is_replaced_with_a_warning(monkeypatch):
    monkeypatch.setitem(provider.MAKERS, "add", lambda name: lambda a, b, c, d: (a + c, b + d))
    monkeypatch.setattr(arithmetic, "compiled", provider.NativeIntervalArithmetic())
    with pytest.warns(RuntimeWarning, match="not used for add"):
        low, high = arithmetic.add(0.1, 0.1, 0.7, 0.7)
    assert low < high
    with warnings.catch_warnings():
        assert arithmetic.add(0.1, 0.1, 0.7, 0.7) == (low, high)  # once only


def test_registering_loads_compiled_arithmetic_when_it_is_first_used(monkeypatch):
    monkeypatch.setattr(arithmetic, "compiled", None)
    intervals.register()
    first = arithmetic.compiled
    intervals.register()
    assert arithmetic.compiled is first
    assert arithmetic.add(1.0, 1.0, 2.0, 2.0) == (3.0, 3.0)
    expected = provider.NativeIntervalArithmetic if provider.is_supported() else type(None)
    assert type(arithmetic.compiled) is expected


def test_without_a_compiler_numpy_is_used(monkeypatch):
    monkeypatch.setattr(arithmetic, "compiled", None)
    monkeypatch.setattr(provider, "is_supported", lambda: False)
    intervals.register()
    assert arithmetic.sqrt(4.0, 4.0) == (2.0, 2.0)
    assert arithmetic.compiled is None


@pytest.mark.parametrize("lanes", [2, 4, 8])
def test_vectors_of_every_width_give_the_same_results(lanes, monkeypatch):
    if not provider.is_supported() or lanes > text.widest():
        pytest.skip("no llvmlite, or a processor without such vectors or fused operations")
    a, b = random_ends(1, 203), random_ends(2, 203)
    square = [e[:196].reshape(14, 14) for e in np.nan_to_num([*a, *b], nan=0.5, posinf=2.0, neginf=-2.0)]
    operands = {name: (*a, *b, *a)[: 2 * count_operands(name)] for name in EXACT if name != "reciprocal"}
    operands |= {
        "sqrt": a,
        "hull": (*a, *b),
        "integer_power": (*a, -3),
        "sum": (*a, 0),
        "dot": (*a, *b),
        "matmul": square,
    }
    natural = provider.NativeIntervalArithmetic()
    expected = {name: getattr(natural, name)(*x) for name, x in operands.items()}
    for module in ("text", "loops", "powers", "reductions"):
        monkeypatch.setattr(f"taylorad.compile.intervals.{module}.widest", lambda: lanes)
    narrow = provider.NativeIntervalArithmetic()
    for name, x in operands.items():
        if name == "sum":  # the order of the terms is another one
            assert getattr(narrow, name)(*x)[0].shape == ()
        else:
            np.testing.assert_array_equal(getattr(narrow, name)(*x), expected[name], err_msg=name)


def test_functions_through_ctypes_give_the_same_results(monkeypatch):
    if not provider.is_supported():
        pytest.skip("no llvmlite, or a processor without fused operations")
    operands = [e for s in (1, 2) for e in random_ends(s, 99)]
    expected = provider.NativeIntervalArithmetic().divide(*operands)
    for module in ("provider", "entry"):
        monkeypatch.setattr(f"taylorad.compile.intervals.{module}.layout", lambda: None)
    function = provider.NativeIntervalArithmetic().divide
    np.testing.assert_array_equal(function(*operands), expected)
    np.testing.assert_array_equal(function(*(float(x[7]) for x in operands)), [x[7] for x in expected])
    np.testing.assert_array_equal(function(*(x[::3] for x in operands)), [x[::3] for x in expected])
