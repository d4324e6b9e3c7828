"""Every array function of the table: NumPy's own value, and the derivatives of NumPy's own values.

The calls, and the oracle that knows nothing of series, are those of `tests.calls`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
import scipy.special as sp
from hypothesis import given

from taylorad import Dual, HyperDual, MultivariateTaylor, Taylor, UnsupportedFunctionError
from taylorad.algebras.structure import MultivariateStructure
from taylorad.rules import TABLE
from tests.calls import (
    BILINEAR,
    CONSTANT,
    GATHER,
    KINDS,
    LINEAR,
    ORDER,
    POLYNOMIAL,
    REAL,
    SMOOTH,
    calls,
    close,
    coefficient_arrays,
    leaves,
    parts,
    sampled,
)

# ----------------------------------------------------------------------------------------------------------- theorems


def test_every_array_function_of_the_table_has_calls():
    assert {name for name, p in TABLE.items() if p.kind in KINDS} <= {*SMOOTH, *CONSTANT}


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_series_of_the_result_interpolates_the_results(f, shapes):
    arguments = coefficient_arrays(shapes)
    close(parts(f(*map(Taylor, arguments))), sampled(f, arguments), 1e-9)  # rounding / RADIUS³ = 2e-13, and slack


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH, skip=REAL))
def test_series_of_the_result_interpolates_the_results_in_complex(f, shapes):
    arguments = coefficient_arrays(shapes, kind=complex)
    close(parts(f(*map(Taylor, arguments))), sampled(f, arguments), 1e-9)


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_value_is_that_of_numpy(f, shapes):
    arguments = coefficient_arrays(shapes)
    expected = [np.asarray(leaf) for leaf in leaves(f(*(a[0] for a in arguments)))]
    close([p[0] for p in parts(f(*map(Taylor, arguments)))], expected, 1e-14)  # a few roundings


@pytest.mark.parametrize(("f", "shapes"), calls(LINEAR | GATHER))
def test_linear_functions_commute_with_taking_coefficients(f, shapes):
    arguments = [np.random.default_rng(1).normal(size=(ORDER + 1, *s)) for s in shapes]
    ours = parts(f(*map(Taylor, arguments)))
    for k in range(ORDER + 1):
        expected = [np.asarray(leaf) for leaf in leaves(f(*(a[k] for a in arguments)))]
        close([p[k] for p in ours], expected, 1e-14)  # sums may run in another order


@pytest.mark.parametrize(("f", "shapes"), calls(GATHER))
def test_moving_entries_rounds_nothing(f, shapes):
    arguments = coefficient_arrays(shapes)
    for k, row in enumerate(zip(*arguments, strict=True)):
        moved = leaves(f(*map(Taylor, arguments)))
        assert all(np.array_equal(m.coefficients[k], e) for m, e in zip(moved, leaves(f(*row)), strict=True))


@pytest.mark.parametrize(("f", "shapes"), calls(CONSTANT))
def test_locally_constant_functions_are_plain_functions_of_the_value(f, shapes):
    arguments = coefficient_arrays(shapes)
    for ours, expected in zip(leaves(f(*map(Taylor, arguments))), leaves(f(*(a[0] for a in arguments))), strict=True):
        assert not hasattr(ours, "coefficients")
        assert np.array_equal(ours, expected)


EXACT = {
    **{name: LINEAR[name] for name in ("negative", "positive", "conjugate", "real", "sum", "cumsum", "diff", "trace")},
    **GATHER,
    **{name: row for name, row in BILINEAR.items() if name != "multiply"},
    **{name: POLYNOMIAL[name] for name in ("prod", "cumprod", "einsum", "square", "linalg.multi_dot", "linalg.trace")},
}


@pytest.mark.parametrize(("f", "shapes"), calls(EXACT))
def test_polynomials_of_fractions_are_exact(f, shapes):
    rng = np.random.default_rng(3)
    lines = [np.vectorize(Fraction, otypes=[object])(rng.integers(1, 9, (2, *s)), 7) for s in shapes]
    zero = np.full(1, Fraction(0))
    order, t = 12, Fraction(2, 3)  # the degree of a product of all entries
    series = [
        Taylor(np.concatenate([c, np.broadcast_to(zero.reshape((1,) * c.ndim), (order - 1, *c.shape[1:]))]))
        for c in lines
    ]
    results = leaves(f(*series))
    for ours, expected in zip(results, leaves(f(*(c[0] + t * c[1] for c in lines))), strict=True):
        assert np.array_equal(ours(t), expected)


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_several_variables_restricted_to_a_line_are_one_variable(f, shapes):
    structure = MultivariateStructure.of(2, ORDER)
    line = np.array([[2.0 ** e[1] * (sum(e) == k) for e in structure.exponents.tolist()] for k in range(ORDER + 1)])
    arguments = [
        a / 4 ** structure.degrees.reshape(-1, *(1,) * (a.ndim - 1)) for a in coefficient_arrays(shapes, structure.size)
    ]
    ours = parts(f(*(MultivariateTaylor(a, 2, ORDER) for a in arguments)), structure.size)
    along = parts(f(*(Taylor(np.tensordot(line, a, 1)) for a in arguments)))
    close([np.tensordot(line, p, 1) for p in ours], along, 1e-12)  # the same products, summed in another order


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_hyperdual_numbers_are_several_variables_without_squares(f, shapes):
    mixed = MultivariateStructure.of(2, 2).index([(0, 0), (1, 0), (0, 1), (1, 1)])
    arguments = coefficient_arrays(shapes, 6)
    ours = parts(f(*(HyperDual(*a[mixed]) for a in arguments)), 4)
    close(ours, [p[mixed] for p in parts(f(*(MultivariateTaylor(a, 2, 2) for a in arguments)), 6)], 1e-12)


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_dual_numbers_are_series_of_order_one(f, shapes):
    arguments = coefficient_arrays(shapes, 2)
    close(parts(f(*(Dual(*a) for a in arguments)), 2), parts(f(*map(Taylor, arguments)), 2), 1e-13)


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_dual_numbers_of_dual_numbers_are_hyperdual(f, shapes):
    arguments = coefficient_arrays(shapes, 4)
    nested = leaves(f(*(Dual(Dual(a[0], a[1]), Dual(a[2], a[3])) for a in arguments)))
    flat = leaves(f(*(HyperDual(*a) for a in arguments)))
    for ours, expected in zip(nested, flat, strict=True):
        if hasattr(expected, "coefficients"):
            inner = ours.coefficients.coefficients  # axes: inner symbol, outer symbol
            ours, expected = np.stack([inner[0, 0], inner[1, 0], inner[0, 1], inner[1, 1]]), expected.coefficients
        close([np.asarray(ours)], [np.asarray(expected)], 1e-13)


TWO_ARRAYS = [p for p in calls(SMOOTH) if len(p.values[1]) == 2]


@pytest.mark.parametrize(("f", "shapes"), TWO_ARRAYS)
def test_a_plain_array_is_a_constant_series(f, shapes):
    first, second = coefficient_arrays(shapes)
    for x, y in ((Taylor(first), second[0]), (first[0], Taylor(second))):
        lifted = [a if isinstance(a, Taylor) else Taylor.constant(a, ORDER) for a in (x, y)]
        close(parts(f(x, y)), parts(f(*lifted)), 1e-14)


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_single_precision_stays_where_numpy_keeps_it(f, shapes):
    arguments = [a.astype(np.float32) for a in coefficient_arrays(shapes)]
    for ours, theirs in zip(leaves(f(*map(Taylor, arguments))), leaves(f(*(a[0] for a in arguments))), strict=True):
        assert ours.dtype == np.float32 or np.asarray(theirs).dtype != np.float32


# ------------------------------------------------------------------------------------------------------- empty arrays

EMPTY = {
    "sum": lambda x: np.sum(x, axis=0),
    "prod": lambda x: np.prod(x, axis=0),
    "all": np.prod,
    "cumsum": np.cumsum,
    "cumprod": lambda x: np.cumprod(x, axis=0),
    "sort": lambda x: np.sort(x, axis=0),
    "exp": np.exp,
    "plus": lambda x: x + x,
    "times": lambda x: x * x,
    "by": lambda x: x / (1 + x),
    "power": lambda x: x**2.5,
    "join": lambda x: np.concatenate([x, x]),
    "stack": lambda x: np.stack([x, x]),
    "reshape": lambda x: x.reshape(3, 0),
    "matmul": lambda x: x.T @ x,
    "max": lambda x: np.max(x, axis=1),
    "maximum": lambda x: np.maximum(x, 1),
    "where": lambda x: np.where(x > 0, x, 1),
    "outer": lambda x: np.multiply.outer(x, x),
    "einsum": lambda x: np.einsum("ij,ik->jk", x, x),
    "index": lambda x: x[x > 0],
    "norm": lambda x: np.linalg.norm(x, axis=0),
    "erf": sp.erf,
    "gamma": sp.gamma,
    "bessel": lambda x: sp.jv(2, x),
    "sinc": np.sinc,
    "abs": np.abs,
    "tile": lambda x: np.tile(x, 2),
}


@pytest.mark.parametrize("f", EMPTY.values(), ids=EMPTY)
@pytest.mark.parametrize(
    "make", [lambda a: Taylor(np.stack([a, a])), lambda a: MultivariateTaylor(np.stack([a] * 6), 2, 2), Dual]
)
def test_empty_arrays_give_what_numpy_gives(f, make):
    ours, expected = f(make(np.ones((0, 3)))), f(np.ones((0, 3)))
    assert ours.shape == expected.shape
    assert np.array_equal(ours.value, expected)
    assert not np.any(ours.coefficients[1:])


# ----------------------------------------------------------------------------------------------------------- indexing

KEYS: dict[str, Any] = {
    "integer": 1,
    "last": -1,
    "NumPy integer": np.int64(2),
    "slice": slice(0, 2),
    "negative steps": (slice(None, None, -2), slice(3, 0, -1)),
    "ellipsis": (..., 2),
    "new axes": (None, 1, ..., None),
    "all integers": (2, 3, 4),
    "nothing": (),
    "everything": ...,
    "list": [2, 0, 0],
    "pair": ([0, 1], [3, 2]),
    "array": np.array([[0, 2], [1, 1]]),
    "array and slice": (np.array([0, 2]), slice(1, 3)),
    "arrays around a slice": (np.array([0, 2]), slice(None), np.array([4, 1])),
    "arrays around an ellipsis": ([1, 2], ..., [0, 3]),
    "integer and array around a slice": (1, slice(None), [0, 2, 2]),
    "array and new axis": ([0, 2], None, [1, 3]),
    "mask": np.arange(60).reshape(3, 4, 5) % 7 == 0,
    "mask of rows": np.array([True, False, True]),
    "mask between slices": (slice(None), np.arange(4) > 1, slice(None, None, 2)),
    "truth": True,
    "empty list": [],
    "empty slice": slice(2, 2),
    "open mesh": np.ix_([0, 2], [1, 3], [4]),
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_indexing_takes_the_same_entries_of_every_coefficient(key):
    c = np.arange(240.0).reshape(4, 3, 4, 5)
    ours = Taylor(c)[key].coefficients
    assert np.array_equal(ours, np.stack([c[k][key] for k in range(4)]))


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("scalar", [True, False], ids=["one value", "array"])
@pytest.mark.parametrize("series", [True, False], ids=["series", "constant"])
def test_writing_writes_the_same_entries_of_every_coefficient(key, scalar, series):
    c = np.arange(240.0).reshape(4, 3, 4, 5)
    shape = () if scalar else c[0][key].shape
    value = np.random.default_rng(0).normal(size=(4, *shape))
    x, expected = Taylor(c), c.copy()
    x[key] = Taylor(value) if series else value[0]
    for k in range(4):
        expected[k][key] = value[k] if series or k == 0 else 0
    assert np.array_equal(x.coefficients, expected)


@given(key=hnp.basic_indices((3, 4, 5), allow_newaxis=True, allow_ellipsis=True))
def test_every_basic_index_is_numpys(key):
    c = np.arange(120.0).reshape(2, 3, 4, 5)
    assert np.array_equal(Taylor(c)[key].coefficients, np.stack([c[0][key], c[1][key]]))


@given(key=hnp.integer_array_indices((3, 4, 5), dtype=np.int64))
def test_every_index_of_arrays_is_numpys(key):
    c = np.arange(120.0).reshape(2, 3, 4, 5)
    assert np.array_equal(Taylor(c)[key].coefficients, np.stack([c[0][key], c[1][key]]))


def test_an_index_may_be_a_series_of_integers_or_truths():
    x = Taylor.variable(np.arange(4.0), 2)
    assert np.array_equal(x[x > 1].value, [2, 3])
    assert np.array_equal(x[np.argsort(-x)].value, [3, 2, 1, 0])


@pytest.mark.parametrize("key", [3, (0, 0, 0, 0), (0, 7), [5], np.ones(5, bool)])
def test_indices_beyond_the_array_raise(key):
    with pytest.raises(IndexError):
        Taylor(np.zeros((2, 3, 4, 5)))[key]


def test_basic_indices_are_views_and_fancy_ones_copies():
    x = Taylor.variable(np.arange(12.0).reshape(3, 4), 2)
    view, copy = x[1], x[[1]]
    view[0] = 5 * x[0, 0] + 9
    assert (x.value[1, 0], x.coefficients[1][1, 0]) == (9, 5)
    copy[...] = 0
    assert x.value[1, 1] == 5


def test_an_entry_is_a_number_of_its_own():
    x = Taylor.variable(np.arange(3.0), 2)
    entry = x[1]
    entry += 5
    x[1] = x[1] * 2
    assert (entry.value, x.value[1], x.coefficients[1][1]) == (6, 2, 2)


def test_arrays_change_in_place_for_all_their_names():
    x = Taylor.variable(np.arange(3.0), 2)
    other = x
    x += 1
    x *= x
    x[:2] -= x[1:]
    x[0] /= 2
    assert other is x
    assert np.array_equal(other.coefficients, [[-1.5, -5, 9], [-1, -2, 6], [0, 0, 1]])


def test_numbers_do_not_change_for_their_other_names():
    x = Taylor.variable(1.0, 2)
    other = x
    x += 1
    x *= 3
    assert (other.value, x.value) == (1, 6)


def test_entries_can_be_swapped():
    x = Taylor(np.arange(12.0).reshape(2, 3, 2))
    x[0], x[2] = x[2].copy(), x[0].copy()
    assert np.array_equal(x.coefficients[1], [[10, 11], [8, 9], [6, 7]])
    y = Taylor(np.arange(6.0).reshape(2, 3))
    y[0], y[1] = y[1], y[0]
    assert np.array_equal(y.coefficients, [[1, 0, 2], [4, 3, 5]])


def test_results_are_written_where_out_says():
    x = Taylor.variable(np.array([1.0, 2.0]), 2)
    target = np.zeros_like(x)
    assert np.exp(x, out=target) is target
    assert np.sum(x, axis=0, out=np.zeros_like(x[0])).coefficients.tolist() == [3, 2, 0]
    assert np.array_equal(target, np.exp(x))
    mask = np.zeros(2, dtype=bool)
    assert np.less(x, 1.5, out=mask) is mask
    assert mask.tolist() == [True, False]


@pytest.mark.parametrize("write", ["a += x", "np.add(a, x, out=a)", "a[0] = x[0]", "a[:] = x"])
def test_plain_arrays_refuse_what_would_lose_derivatives(write):
    with pytest.raises((TypeError, ValueError)) as caught:
        exec(write, {"a": np.zeros(2), "x": Taylor.variable(np.ones(2), 2), "np": np})
    error = caught.value if "derivatives" in str(caught.value) else caught.value.__cause__
    assert "np.zeros_like(x)" in str(error)


# -------------------------------------------------------------------------------------------------------- like arrays


def test_series_iterate_over_their_first_axis():
    x = Taylor.variable(np.arange(6.0).reshape(3, 2), 2)
    assert len(x) == 3
    assert [row.value.tolist() for row in x] == [[0, 1], [2, 3], [4, 5]]
    a, b, c = x
    assert np.array_equal(np.stack([a, b, c]), x)
    assert [e.value for e in x.flat] == [0, 1, 2, 3, 4, 5]
    assert x.tolist()[2][1].value == x.item(5).value == x.item(2, 1).value == 5
    assert x[1, 1:].item().value == 3


@pytest.mark.parametrize("use", [len, list, lambda x: x[0]])
def test_one_number_has_no_entries(use):
    with pytest.raises((TypeError, IndexError), match="shape \\(\\)"):
        use(Taylor.variable(1.0, 2))


def test_truth_is_that_of_the_value():
    zero = Taylor.variable(0.0, 2)
    assert not zero
    assert zero + 1
    with pytest.raises(ValueError, match="ambiguous"):
        bool(Taylor.variable(np.ones(2), 2))


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">="])
def test_comparisons_look_at_the_value_only(operator):
    rng = np.random.default_rng(0)
    x, y = Taylor(rng.integers(0, 3, (3, 9))), Taylor(rng.integers(0, 3, (3, 9)))
    for a, b in ((x, y), (x, y.value), (x.value, y), (x, 1), (1, y)):
        values = [getattr(v, "value", v) for v in (a, b)]
        ours = eval(f"a {operator} b")
        assert isinstance(ours, np.ndarray)
        assert np.array_equal(ours, eval(f"u {operator} v", {"u": values[0], "v": values[1]}))


@pytest.mark.parametrize("convert", [float, int, complex, lambda x: [1, 2, 3][x]])
def test_plain_numbers_are_refused_with_the_way_out(convert):
    with pytest.raises(TypeError, match="would lose its derivatives"):
        convert(Taylor.variable(1.0, 2))


def test_attributes_are_those_of_the_array():
    x = Taylor(np.zeros((3, 2, 4), dtype=np.float32))
    assert (x.shape, x.ndim, x.size, len(x), x.dtype, x.order) == ((2, 4), 2, 8, 2, np.float32, 2)
    assert (x.T.shape, x.mT.shape, x.astype(complex).dtype) == ((4, 2), (4, 2), np.complex128)
    x.fill(3)
    assert np.all(x.value == 3)


@pytest.mark.parametrize(
    ("use", "name"),
    [
        (np.linalg.svd, "numpy.linalg.svd"),
        (np.linalg.eigvals, "numpy.linalg.eigvals"),
        (np.unique, "numpy.unique"),
        (np.frexp, "numpy.frexp"),
        (np.histogram, "numpy.histogram"),
        (sp.ndtri_exp, "scipy.special.ndtri_exp"),
        (np.maximum.accumulate, "numpy.maximum.accumulate"),
        (lambda x: np.multiply.at(x, 0, 1.0), "numpy.multiply.at"),
        (lambda x: np.add.reduceat(x, [0]), "numpy.add.reduceat"),
        (lambda x: ~x, "numpy.invert"),
    ],
)
def test_functions_without_a_rule_are_named(use, name):
    with pytest.raises(UnsupportedFunctionError, match=f"no rule for {name.replace('.', '[.]')}"):
        use(Taylor.variable(np.ones(3), 2))


@pytest.mark.parametrize(
    "use",
    [lambda x: np.add(x, 1, casting="no"), lambda x: np.exp(x, dtype=complex), lambda x: np.multiply(x, 2, dtype=int)],
)
def test_options_that_cannot_be_honoured_are_refused(use):
    with pytest.raises(TypeError, match="takes no keyword arguments"):
        use(Taylor.variable(np.ones(3), 2))


def test_positions_of_interpolation_are_constants():
    x = Taylor.variable(np.arange(3.0), 2)
    with pytest.raises(TypeError, match="nodes must be plain numbers"):
        np.interp(0.5, x, [1, 2, 3])


def test_creation_of_masks_and_counters_gives_plain_arrays():
    x = Taylor.variable(np.arange(3.0), 2)
    assert isinstance(np.zeros_like(x, dtype=bool), np.ndarray)
    assert isinstance(np.full_like(x, 2, dtype=int), np.ndarray)
    assert isinstance(np.zeros_like(x, dtype=np.float32), Taylor)


def test_where_with_one_argument_is_nonzero():
    x = Taylor.variable(np.array([0.0, 2.0, 0.0, 1.0]), 2)
    assert np.where(x)[0].tolist() == np.nonzero(x)[0].tolist() == [1, 3]
