"""The class `Interval`: what goes in, what is refused, sets, relations, NumPy's functions against exact Fractions."""

from __future__ import annotations

import copy
import math
import operator
import pickle
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taylorad import Interval
from taylorad.algebras.interval import UndecidedError
from taylorad.dispatch import UnsupportedFunctionError

LARGEST = float(np.finfo(float).max)
TINIEST = 5e-324
SPECIAL = (0.0, -0.0, TINIEST, -TINIEST, 2.0**-1022, 1.0, -1.0, 0.1, 1e16 + 2, 1e200, -1e200, LARGEST, -LARGEST)
NUMBERS = st.one_of(st.sampled_from(SPECIAL), st.floats(allow_nan=False, allow_infinity=False), st.integers(-9, 9))


def exact(x: Any) -> Fraction:
    """A double as a Fraction."""
    return Fraction(float(x))


def holds(interval: Interval, value: Fraction) -> bool:
    """Whether an interval contains a rational number; decided with Fractions."""
    low, high = (float(end) for end in interval.ends)
    return (low == -math.inf or Fraction(low) <= value) and (high == math.inf or value <= Fraction(high))


@st.composite
def boxes(draw: Callable) -> tuple[Interval, list[float]]:
    """An interval and some numbers in it: the ends, and one between."""
    low, high = sorted((float(draw(NUMBERS)), float(draw(NUMBERS))))
    between = min(max(float(draw(NUMBERS)), low), high)
    return Interval(low, high), [low, high, between]


# ----------------------------------------------------------------------------------------------------- construction


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (2**53 + 1, Fraction(2**53 + 1)),
        (-(2**53) - 1, Fraction(-(2**53) - 1)),
        (2**64 - 1, Fraction(2**64 - 1)),
        (10**400, Fraction(10**400)),
        (Fraction(1, 3), Fraction(1, 3)),
        (Fraction(-(10**400), 3), Fraction(-(10**400), 3)),
        (Decimal("0.1"), Fraction(1, 10)),
        (Decimal("1e-400"), Fraction(1, 10**400)),
        ("0.1", Fraction(1, 10)),
        ("1/3", Fraction(1, 3)),
        ("-1e-400", Fraction(-1, 10**400)),
        (np.int64(2**53 + 1), Fraction(2**53 + 1)),
        (np.uint64(2**64 - 1), Fraction(2**64 - 1)),
        (np.float32(0.1), Fraction(float(np.float32(0.1)))),
        (np.float16(0.1), Fraction(float(np.float16(0.1)))),
        (0.1, Fraction(0.1)),
        (True, Fraction(1)),
        (mpmath.mpf("0.1"), Fraction(0.1)),
        (LARGEST, Fraction(LARGEST)),
        (TINIEST, Fraction(TINIEST)),
    ],
)
def test_a_number_goes_in_exactly_or_rounded_outward(value: Any, number: Fraction) -> None:
    x = Interval(value)
    assert holds(x, number)
    assert x.shape == ()
    low, high = (float(end) for end in x.ends)
    assert low == high or math.nextafter(low, math.inf) == high
    if math.isfinite(high) and abs(number) <= LARGEST and Fraction(float(number)) == number:
        assert low == high
    inside_array = Interval([value, 1])
    assert holds(inside_array[0], number)
    assert holds(Interval(value, Fraction(10) ** 401), number)


@pytest.mark.skipif(np.finfo(np.longdouble).eps == np.finfo(float).eps, reason="longdouble is double here")
def test_a_longdouble_goes_in_exactly() -> None:
    third = np.longdouble(1) / 3
    high = float(third)
    number = Fraction(high) + Fraction(float(third - np.longdouble(high)))
    for x in (Interval(third), Interval(np.array([third]))[0], Interval(0.0) + third, third + Interval(0.0)):
        assert holds(x, number)
        assert not x.is_degenerate


def test_lists_of_integers_and_floats_are_not_rounded() -> None:
    for values in ([2**64 - 1, 1], [2**53 + 1, 0.5], [[2**53 + 1, 1], [0.5, Fraction(1, 3)]], [2**53 + 1, 10**400]):
        x = Interval(values)
        for found, value in zip(np.ravel(x), np.ravel(np.array(values, dtype=object)), strict=True):
            assert holds(found, Fraction(value))


def test_multiprecision_numbers_go_in_with_all_their_digits() -> None:
    with mpmath.workdps(60):
        tenth = mpmath.mpf(1) / 10
        x = Interval(tenth)
        assert mpmath.mpf(float(x.inf)) < tenth < mpmath.mpf(float(x.sup))


@pytest.mark.parametrize(
    "ends",
    [
        (2, 1),
        (math.nan,),
        (math.nan, 1.0),
        (0.0, math.nan),
        (math.inf, math.inf),
        (-math.inf, -math.inf),
        ([0.0, 2.0], [1.0, 1.0]),
        (np.array([1.0, np.nan]),),
        (np.float32("nan"),),
        ("spam",),
        ("[2, 1]",),
    ],
)
def test_what_is_no_interval_is_refused(ends: tuple) -> None:
    with pytest.raises(ValueError, match=r"nan|interval|number|inf"):
        Interval(*ends)


@pytest.mark.parametrize("value", [1j, np.complex128(1 + 2j), np.array([1j]), object(), None])
def test_what_is_no_real_number_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Interval(value)
    with pytest.raises((TypeError, ValueError)):
        Interval(1.0) + value


def test_nan_in_an_expression_is_refused() -> None:
    for operation in (operator.add, operator.sub, operator.mul, operator.truediv):
        with pytest.raises(ValueError, match="nan"):
            operation(Interval(1, 2), math.nan)
        with pytest.raises(ValueError, match="nan"):
            operation(np.array([1.0, math.nan]), Interval(1, 2))


def test_an_infinite_number_stands_for_all_beyond_the_largest_double() -> None:
    x = Interval(0.0) + math.inf
    assert float(x.inf) == LARGEST
    assert float(x.sup) == math.inf


def test_the_constructor_copies() -> None:
    low, high = np.zeros(2), np.ones(2)
    x = Interval(low, high)
    low[0] = high[0] = 7.0
    y = Interval(x)
    x[1] = 5
    assert x.equal(Interval([0, 5], [1, 5])).all()
    assert y.equal(Interval([0, 0], [1, 1])).all()


# ------------------------------------------------------------------------------------------------- array behaviour


def test_indexing_assignment_and_iteration() -> None:
    x = Interval([[0, 1], [2, 3]], [[1, 2], [3, 4]])
    assert x.shape == (2, 2)
    assert x.ndim == 2
    assert x.size == 4
    assert len(x) == 2
    assert x[1, 0].equal(Interval(2, 3))
    assert x[:, 1].equal(Interval([1, 3], [2, 4])).all()
    assert x[x.inf > 0].shape == (3,)
    x[0] = Fraction(1, 3)
    assert all(holds(x[0, i], Fraction(1, 3)) for i in (0, 1))
    x[:, 1] = Interval("0.1")
    assert all(holds(x[i, 1], Fraction(1, 10)) for i in (0, 1))
    assert [row.shape for row in x] == [(2,), (2,)]
    assert x.T.shape == (2, 2)
    assert x.reshape(4).shape == x.ravel().shape == (4,)
    with pytest.raises(IndexError):
        x[5]
    with pytest.raises(TypeError):
        iter(Interval(1, 2))
    with pytest.raises(TypeError):
        len(Interval(1, 2))


def test_in_place_operators_round_outward_and_leave_others_alone() -> None:
    x = Interval([1.0, 2.0])
    y = x
    x += 0.1
    x -= 0.3
    x *= 0.7
    x /= 3
    for i in (0, 1):
        number = (Fraction(i + 1) + Fraction(0.1) - Fraction(0.3)) * Fraction(0.7) / 3
        assert holds(x[i], number)
    assert y[0].contains(1.0) or y.equal(x).all()


def test_plain_arrays_take_no_intervals() -> None:
    plain = np.zeros(2)
    with pytest.raises(TypeError):
        plain += Interval([1, 2])  # type: ignore[misc]
    with pytest.raises((TypeError, ValueError)):
        plain[0] = Interval(0, 1)  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        np.add(Interval([1, 2]), 1, out=plain)
    with pytest.raises(TypeError):
        float(Interval(0, 1))  # type: ignore[arg-type]
    assert not plain.any()


def test_out_takes_intervals() -> None:
    target = Interval([0.0, 0.0])
    np.add(Interval([1.0, 2.0]), 0.1, out=target)
    assert holds(target[1], Fraction(2) + Fraction(0.1))


def test_copies_and_pickles_are_equal_and_independent() -> None:
    x = Interval([0, 1], [1, 2], "com")
    for other in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x)), x.copy()):
        assert other.equal(x).all()
        assert list(other.decoration) == ["com", "com"]
    y = x.copy()
    y[0] = 9
    assert x[0].equal(Interval(0, 1))
    assert pickle.loads(pickle.dumps(Interval.empty())).is_empty


def test_no_other_number_type() -> None:
    assert Interval(1).dtype == np.float64
    with pytest.raises(TypeError):
        Interval(1).astype(np.float32)
    with pytest.raises(TypeError):
        Interval(1).astype(int)


# ---------------------------------------------------------------------------------------------------- their numbers


@given(boxes())
def test_midpoint_lies_inside_and_the_radius_reaches_both_ends(case: tuple) -> None:
    x, points = case
    m, r = float(x.midpoint), float(x.radius)
    assert float(x.inf) <= m <= float(x.sup)
    for p in points:
        assert r == math.inf or abs(exact(p) - exact(m)) <= exact(r)
    w = float(x.width)
    assert w == math.inf or exact(w) >= exact(x.sup) - exact(x.inf)


@given(boxes())
def test_magnitude_and_mignitude_bound_absolute_values(case: tuple) -> None:
    x, points = case
    assert float(x.magnitude) == max(abs(float(x.inf)), abs(float(x.sup)))
    for p in points:
        assert float(x.mignitude) <= abs(p) <= float(x.magnitude)
    assert any(abs(p) == float(x.mignitude) for p in (*points, 0.0))


def test_numbers_of_unbounded_and_empty_sets() -> None:
    line, empty, half = Interval.entire(), Interval.empty(), Interval(1, math.inf)
    assert line.midpoint == 0
    assert line.radius == line.width == line.magnitude == math.inf
    assert line.mignitude == 0
    assert half.midpoint == LARGEST
    assert half.mignitude == 1
    assert math.isnan(empty.midpoint)
    assert math.isnan(empty.radius)
    assert math.isnan(empty.width)
    assert empty.inf == math.inf
    assert empty.sup == -math.inf
    assert math.isnan(empty.magnitude)
    assert math.isnan(empty.mignitude)
    assert Interval(-LARGEST, LARGEST).midpoint == 0
    assert Interval(-LARGEST, LARGEST).radius == LARGEST


# ------------------------------------------------------------------------------------------------------------ sets


@given(boxes(), boxes())
def test_hull_and_intersection_are_those_of_sets(first: tuple, second: tuple) -> None:
    (x, p), (y, q) = first, second
    hull, common = x | y, x & y
    for point in (*p, *q):
        assert hull.contains(point)
        assert bool(common.contains(point)) == bool(x.contains(point) and y.contains(point))
    assert bool(common.is_empty) == bool(x.disjoint(y))
    assert bool(x.subset(y)) == bool((x & y).equal(x)) == bool((x | y).equal(y))


def test_empty_sets_in_set_operations() -> None:
    x, empty = Interval(1, 2), Interval.empty()
    assert (x | empty).equal(x)
    assert (x & empty).is_empty
    assert empty.subset(x)
    assert not x.subset(empty)
    assert empty.equal(Interval.empty())
    assert empty.disjoint(x)
    assert empty.interior(empty)
    assert (x + empty).is_empty
    assert (empty * Interval.entire()).is_empty
    assert np.exp(empty).is_empty
    assert not empty.contains(0.0)


def test_numbers_are_contained_exactly() -> None:
    tenth = Interval("0.1")
    assert tenth.contains(Fraction(1, 10))
    assert tenth.contains("0.1")
    assert tenth.contains(Decimal("0.1"))
    assert not Interval(0.1).contains(Fraction(1, 10))
    assert Fraction(1, 10) in tenth
    assert 0.2 not in tenth
    assert not Interval.entire().contains(math.inf)
    assert not Interval.entire().contains(math.nan)
    assert not Interval(0, 2**53).contains(2**53 + 1)
    assert Interval(0, 1).contains([0.0, 0.5, 2.0]).tolist() == [True, True, False]


@given(boxes(), boxes())
def test_relations_between_sets(first: tuple, second: tuple) -> None:
    (x, _), (y, _) = first, second
    a, b, c, d = (float(e) for e in (*x.ends, *y.ends))
    assert bool(x.precedes(y)) == (b <= c)
    assert bool(x.strict_precedes(y)) == (b < c)
    assert bool(x.less(y)) == (a <= c and b <= d)
    assert bool(x.strict_less(y)) == (a < c and b < d)
    assert bool(x.interior(y)) == (c < a and b < d)
    assert bool(x.equal(y)) == (a == c and b == d)


# ----------------------------------------------------------------------------------------------------- comparisons

RELATIONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@pytest.mark.parametrize("sign", RELATIONS)
@given(boxes(), boxes())
def test_a_comparison_never_contradicts_a_pair_of_points(sign: str, first: tuple, second: tuple) -> None:
    relation = RELATIONS[sign]
    (x, p), (y, q) = first, second
    found = relation(x, y)
    truths = [relation(a, b) for a in p for b in q]
    assert not found.certainly or all(truths)
    assert found.possibly or not any(truths)
    if found.undecided:
        with pytest.raises(UndecidedError):
            bool(found)
    else:
        assert bool(found) == truths[0]


@pytest.mark.parametrize("sign", RELATIONS)
def test_a_comparison_with_a_number_on_either_side(sign: str) -> None:
    relation, x = RELATIONS[sign], Interval([0.0, 2.0, -3.0], [1.0, 3.0, -2.0])
    for number in (1.5, np.float64(1.5), Fraction(3, 2), np.float32(1.5), np.array(1.5)):
        assert np.asarray(relation(x, number)).tolist() == [relation(m, 1.5) for m in (0.0, 2.5, -2.5)]
        assert np.asarray(relation(number, x)).tolist() == [relation(1.5, m) for m in (0.0, 2.5, -2.5)]


def test_arrays_that_share_lower_ends_only_are_different() -> None:
    low = np.zeros(2)
    x, y = Interval._make(low, np.ones(2)), Interval._make(low, np.full(2, 5.0))
    assert (x < y).undecided.all()
    assert (x == y).undecided.all()
    assert not (x < x).possibly.any()
    assert (x == x).certainly.all()
    assert (x[:1] >= x[:1]).certainly


@pytest.mark.parametrize("sign", RELATIONS)
def test_what_may_be_undefined_is_undecided(sign: str) -> None:
    relation = RELATIONS[sign]
    for x in (np.sqrt(Interval(-1, 1, "com")), np.log(Interval(-2, -1, "com")), Interval.empty()):
        found = relation(x, -1.0)
        assert found.undecided
        with pytest.raises(UndecidedError):
            bool(found)
        with pytest.raises(UndecidedError):
            bool(~found)
        chosen = np.where(found, Interval(1.0).decorated(), Interval(2.0).decorated())
        assert chosen.contains(1.0)
        assert chosen.contains(2.0)
        assert chosen.decoration == "trv"
        for other in (Interval(0, 1) < 5, Interval(0, 1) < 0.5):
            assert (found & other).undecided or not (found & other).possibly
            with pytest.raises(UndecidedError):
                bool(found & other)
    both = Interval([-1, 1], [1, 2], "com")
    found = relation(np.sqrt(both), 0.5)
    assert found.any().undecided or found.all().undecided


def test_logic_of_relations() -> None:
    x = Interval([0, 2, 0], [1, 3, 3])
    low, high = x < 1.5, x > 1.5
    assert (low | high).possibly.all()
    assert (low & ~high).certainly.tolist() == [True, False, False]
    assert (low ^ high).certainly.tolist() == [True, True, False]
    assert not np.any(x > 5).certainly
    assert np.all(x < 5).certainly
    assert np.any(x > 1.5).certainly
    assert not np.all(x > 1.5).possibly
    with pytest.raises(UndecidedError):
        bool(np.all(x[[0, 2]] < 1.5))


@pytest.mark.parametrize("test", [np.isfinite, np.isinf, np.isposinf, np.isneginf])
def test_overflow_is_no_infinity_of_real_numbers(test: Callable) -> None:
    x = np.exp(Interval(0, 1000)) * (-1 if test is np.isneginf else 1)
    found = np.where(test(x), x, Interval(-1, 0.0))
    kept = test(np.exp(Interval(0, 1)))
    if test is np.isfinite:
        assert found.contains(math.e)
        assert bool(kept)
    else:
        assert found.contains(0.0)
        assert not bool(kept)


# ----------------------------------------------------------------------------------------- sums, products, reductions


@st.composite
def matrices(draw: Callable, rows: int = 3, columns: int = 4) -> tuple[Interval, list]:
    """An array of intervals, and exact entries in it."""
    pairs = [[sorted((float(draw(NUMBERS)), float(draw(NUMBERS)))) for _ in range(columns)] for _ in range(rows)]
    x = Interval(np.array([[p[0] for p in row] for row in pairs]), np.array([[p[1] for p in row] for row in pairs]))
    which = draw(st.lists(st.integers(0, 1), min_size=rows * columns, max_size=rows * columns))
    return x, [[exact(pairs[i][j][which[i * columns + j]]) for j in range(columns)] for i in range(rows)]


def all_hold(found: Interval, values: Any) -> bool:
    """Whether every entry contains its number."""
    numbers = np.asarray(values, dtype=object)
    assert found.shape == numbers.shape
    return all(holds(found[i], numbers[i]) for i in np.ndindex(numbers.shape))


@given(matrices())
def test_sums_contain_the_exact_sums(case: tuple) -> None:
    x, values = case
    numbers = np.array(values, dtype=object)
    assert all_hold(np.sum(x), numbers.sum())
    assert all_hold(np.sum(x, axis=0), numbers.sum(axis=0))
    assert all_hold(x.sum(-1, keepdims=True), numbers.sum(-1, keepdims=True))
    assert all_hold(np.add.reduce(x), numbers.sum(axis=0))
    assert all_hold(np.cumsum(x), np.cumsum(numbers))
    assert all_hold(np.cumsum(x, axis=1), np.cumsum(numbers, axis=1))
    assert all_hold(np.add.accumulate(x), np.cumsum(numbers, axis=0))
    assert all_hold(np.mean(x, axis=0), numbers.sum(axis=0) / Fraction(3))
    assert all_hold(np.mean(x), numbers.sum() / Fraction(12))
    assert all_hold(np.diff(x, axis=1), np.diff(numbers, axis=1))
    assert all_hold(np.diff(x, n=2), np.diff(numbers, n=2))
    mask = np.tri(3, 4) > 0
    assert all_hold(np.sum(x, axis=0, where=mask), np.where(mask, numbers, Fraction(0)).sum(axis=0))
    assert all_hold(np.trace(x), Fraction(numbers[0, 0] + numbers[1, 1] + numbers[2, 2]))


@given(matrices(), matrices(4, 2))
def test_products_contain_the_exact_products(first: tuple, second: tuple) -> None:
    (x, u), (y, v) = first, second
    a, b = np.array(u, dtype=object), np.array(v, dtype=object)
    assert all_hold(x @ y, a @ b)
    assert all_hold(np.matmul(x[0], y), a[0] @ b)
    assert all_hold(x @ y[:, 0], a @ b[:, 0])
    assert all_hold(np.dot(x[0], y[:, 1]), a[0] @ b[:, 1])
    assert all_hold(np.einsum("ij,jk->ik", x, y), a @ b)
    assert all_hold(np.einsum("ij,jk->", x, y), (a @ b).sum())
    assert all_hold(np.einsum("ij->j", x), a.sum(axis=0))
    assert all_hold(np.outer(x[0], y[:, 0]), np.outer(a[0], b[:, 0]))
    assert all_hold(np.tensordot(x, y, 1), a @ b)
    assert all_hold(np.vecdot(x, x[0]), (a * a[0]).sum(axis=-1))
    assert all_hold(np.kron(x[0], y[:, 0]), np.kron(a[0], b[:, 0]))
    assert all_hold(np.linalg.multi_dot([x, y, y.T]), a @ b @ b.T)
    assert all_hold(x * 0.1, a * Fraction(0.1))


@given(matrices(2, 3))
def test_reductions_contain_the_exact_values(case: tuple) -> None:
    x, values = case
    a = np.array(values, dtype=object)
    assert all_hold(np.prod(x, axis=0), a.prod(axis=0))
    assert all_hold(np.prod(x), a.prod())
    assert all_hold(np.cumprod(x, axis=1), np.cumprod(a, axis=1))
    assert all_hold(np.max(x, axis=0), a.max(axis=0))
    assert all_hold(np.min(x), a.min())
    assert all_hold(np.ptp(x), a.max() - a.min())
    assert all_hold(np.maximum(x[0], x[1]), np.maximum(a[0], a[1]))
    assert all_hold(np.clip(x, -0.5, 0.3), np.clip(a, Fraction(-0.5), Fraction(0.3)))
    for ddof in (0, 1, 0.1):
        mean = a.sum() / Fraction(6)
        assert all_hold(np.var(x, ddof=ddof), sum((e - mean) ** 2 for e in a.flat) / (6 - Fraction(ddof)))


WEIGHTS = [0.1, 0.2, 0.7]


@given(matrices(1, 3))
def test_weights_and_nodes_that_are_floats_are_not_rounded_among_themselves(case: tuple) -> None:
    x, values = case
    row, w = values[0], [Fraction(t) for t in WEIGHTS]
    dot = sum(a * b for a, b in zip(row, w, strict=True))
    assert all_hold(np.average(x[0], weights=WEIGHTS), dot / sum(w))
    assert all_hold(np.average(x, axis=1, weights=WEIGHTS), [dot / sum(w)])
    area = sum((w[i + 1] - w[i]) * (row[i] + row[i + 1]) / 2 for i in (0, 1))
    assert all_hold(np.trapezoid(x[0], x=WEIGHTS), area)
    assert all_hold(np.trapezoid(x[0], dx=0.1), sum((row[i] + row[i + 1]) * Fraction(0.1) / 2 for i in (0, 1)))
    assert all_hold(np.polyval(WEIGHTS, x[0]), [(w[0] * t + w[1]) * t + w[2] for t in row])
    assert all_hold(np.polyval(x[0], 0.1), (row[0] * w[0] + row[1]) * w[0] + row[2])
    assert all_hold(np.einsum("i,i,i->", WEIGHTS, WEIGHTS, x[0]), sum(a * b * b for a, b in zip(row, w, strict=True)))
    chain = np.linalg.multi_dot([np.array([[0.1, 0.2]]), np.array([[0.1], [0.3]]), x])
    factor = Fraction(0.1) * Fraction(0.1) + Fraction(0.2) * Fraction(0.3)
    assert all_hold(chain, [[factor * t for t in row]])
    assert all_hold(np.convolve(x[0], [0.1, 0.2], "valid"), [row[i + 1] * w[0] + row[i] * w[1] for i in (0, 1)])


def test_an_initial_value_is_used_or_refused() -> None:
    x = Interval([1.0, 2.0])
    for reduction in (np.sum, np.prod, np.max, np.min):
        expected = reduction([1.0, 2.0], initial=5.0)
        try:
            found = reduction(x, initial=5.0)
        except TypeError:
            continue
        assert found.contains(expected)


def test_functions_that_would_round_are_refused() -> None:
    x = Interval([0.1, 0.2, 0.3])
    for function in (np.fft.fft, np.angle, lambda t: np.interp(t, [0, 1], [0, 1]), np.linalg.inv, np.unwrap):
        with pytest.raises((TypeError, UnsupportedFunctionError)):
            function(x if function is not np.linalg.inv else x[:2] * np.eye(2))


def test_moving_entries_changes_none() -> None:
    x = Interval(np.arange(6.0).reshape(2, 3), np.arange(1.0, 7.0).reshape(2, 3), "dac")
    moved = [
        np.concatenate([x, x]),
        np.stack([x, x], axis=1),
        np.flip(x, 0),
        np.roll(x, 1),
        np.repeat(x, 2, axis=1),
        np.tile(x, (2, 1)),
        np.broadcast_to(x, (2, 2, 3)),
        np.swapaxes(x, 0, 1),
        np.concatenate([x, np.array([[0.5, 0.25, 1.0]])]),
    ]
    for y in moved:
        for low, high in zip(np.ravel(y.inf), np.ravel(y.sup), strict=True):
            assert (low == high and low in (0.5, 0.25, 1.0)) or (high == low + 1 and low in range(6))
        assert set(np.ravel(y.decoration)) <= {"dac", "com"}
    assert np.diag(x[0]).equal(Interval(np.diag([0.0, 1, 2]), np.diag([1.0, 2, 3]))).all()


@pytest.mark.parametrize("function", [np.sort, np.argsort, np.argmax, np.argmin, np.median])
def test_the_order_of_overlapping_intervals_is_not_guessed(function: Callable) -> None:
    apart, overlapping = Interval([2, 0], [3, 1]), Interval([0, 0.5], [1, 2])
    function(apart)
    try:
        found = function(overlapping)
    except UndecidedError:
        return
    for point in ([0.0, 2.0], [1.0, 0.5], [1.0, 2.0]):
        assert np.all(found.contains(function(point)))


# ---------------------------------------------------------------------------------------------------- decorations


@pytest.mark.parametrize(
    ("function", "box", "expected"),
    [
        (lambda x: x + 1, (0, 1), "com"),
        (lambda x: x * x, (-LARGEST, LARGEST), "dac"),
        (np.sqrt, (0, 1), "com"),
        (np.sqrt, (-1, 1), "trv"),
        (lambda x: 1 / x, (0, 1), "trv"),
        (lambda x: 1 / x, (1, 2), "com"),
        (np.floor, (0.25, 0.75), "com"),
        (np.floor, (0.5, 1.5), "def"),
        (np.sign, (-1, 1), "def"),
        (np.log, (0, 1), "trv"),
        (np.tan, (1, 2), "trv"),
        (lambda x: x**-1, (-1, 1), "trv"),
        (lambda x: x**0.5, (0, 4), "com"),
        (lambda x: np.where(x > 0, x, -x), (-1, 1), "def"),
        (np.abs, (-1, 1), "com"),
        (lambda x: np.where(np.sqrt(x) > -1, x, -x), (-1, 1), "trv"),
        (lambda x: np.arctan2(x, -1.0), (-1, 1), "def"),
    ],
)
def test_decorations_say_no_more_than_is_true(function: Callable, box: tuple, expected: str) -> None:
    order = ["ill", "trv", "def", "dac", "com"]
    found = function(Interval(*box, decoration="com")).decoration
    assert order.index(str(found)) <= order.index(expected)
    if expected != "com":
        assert found == expected
    assert function(Interval(*box)).decoration is None


# --------------------------------------------------------------------------------------------------------- printing


def decimal_ends(text: str) -> list[tuple[Fraction, Fraction]]:
    """The rational ends of all intervals in a text such as ``[[0.1, 0.2]_com, [1]]``."""
    found = []
    for part in text.replace("Interval(", "").replace('"', "").split("["):
        body = part.split("]")[0]
        numbers = [piece for piece in body.split(",") if piece.strip()]
        if numbers:
            values = [Fraction(Decimal(piece.strip())) for piece in numbers]
            found.append((values[0], values[-1]))
    return found


@given(boxes())
def test_what_is_printed_contains_the_interval(case: tuple) -> None:
    x, _ = case
    for text in (str(x), repr(x)):
        ((low, high),) = decimal_ends(text)
        assert low <= exact(x.inf)
        assert exact(x.sup) <= high
    assert x.subset(Interval(str(x)))
    assert x.subset(eval(repr(x), {"Interval": Interval}))


def test_arrays_print_all_their_entries() -> None:
    x = Interval([0.1, 1 / 3], [0.2, 2 / 3])
    assert x.subset(eval(repr(x), {"Interval": Interval})).all()
    ends = decimal_ends(repr(x).replace("\n", ""))
    assert len(ends) == 2
    for (low, high), i in zip(ends, range(2), strict=True):
        assert low <= exact(x.inf[i])
        assert exact(x.sup[i]) <= high
    assert "empty" in repr(Interval.empty())
    assert "entire" in repr(Interval.entire())
