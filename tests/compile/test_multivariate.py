"""Compiled arithmetic in several variables agrees with exact fractions, and with the general way everywhere else."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest

import taylorad as ta
from taylorad.algebras import structure as structures
from taylorad.algebras.recurrence import divide_block, solve_block
from taylorad.algebras.structure import MultivariateStructure, Structure
from taylorad.compile import multivariate
from taylorad.compile.multivariate import provider, rows, tables
from taylorad.compile.multivariate.provider import OFTEN, NativeArithmetic
from taylorad.compile.multivariate.tables import STRAIGHT, Field, Tables
from taylorad.compile.native import target
from taylorad.rules import TABLE
from taylorad.rules.equation import lower
from tests.points import directions, function, typical_rows

pytestmark = pytest.mark.skipif(not target.is_available(), reason="llvmlite is not installed")

SHAPES = [(2, 0), (2, 1), (2, 7), (2, 20), (2, 40), (3, 1), (3, 5), (3, 12), (3, 20), (4, 7), (4, 10), (5, 5), (6, 6)]
SHAPES += [(7, 3), (8, 2), (8, 4)]
BATCHES = [(), (1,), (2,), (7,), (8,), (9,), (3, 11)]
TYPES = [np.float64, np.float32]
SMALL = [(2, 9), (3, 5), (4, 4), (6, 3)]

ARITHMETIC = NativeArithmetic()
ARITHMETIC.fewest_products = 0


@pytest.fixture
def compiled(monkeypatch):
    """Series of every size use compiled code."""
    monkeypatch.setattr(structures, "compiled_arithmetic", ARITHMETIC)


def random(structure, batch=(), dtype=np.float64, seed=0):
    """Coefficients that fall off with the degree, so that no part outweighs the others; constant parts 2 to 3."""
    generator = np.random.default_rng(seed)
    counts = np.bincount(structure.degrees)[structure.degrees].reshape(-1, *(1,) * len(batch))
    values = generator.uniform(-1, 1, (structure.size, *batch)) / counts
    values[0] = generator.uniform(2, 3, batch)
    return values.astype(dtype)


def integers(structure, seed):
    values = np.random.default_rng(seed).integers(-9, 10, structure.size)
    values[0] = 1
    return values


def fractions(values):
    return np.array([Fraction(int(x)) for x in values], dtype=object)


def assert_product(found, structure, u, v):
    """Every coefficient differs by at most one rounding for each of its terms, relative to their absolute sum."""
    expected, scale = Structure.product(structure, u, v), Structure.product(structure, abs(u), abs(v))
    one = np.ones(structure.size)
    terms = Structure.product(structure, one, one).reshape(-1, *(1,) * (u.ndim - 1))
    assert found.dtype == u.dtype
    assert found.shape == u.shape
    assert np.all(abs(found - expected) <= 2 * terms * np.finfo(u.dtype).eps * scale)


def assert_near(found, expected, dtype, rounding=2000):
    """The two differ by reordered sums only; errors of lower parts grow a little on the way up."""
    assert found.dtype == expected.dtype
    scale = np.max(abs(expected), axis=0)
    assert np.all(abs(found - expected) <= rounding * np.finfo(dtype).eps * scale)


# ------------------------------------------------------------------------------------------------- against fractions


@pytest.mark.parametrize("shape", [*SMALL, (2, 16), (8, 2)])
def test_products_and_squares_of_integers_are_exact(shape):
    structure = MultivariateStructure.of(*shape)
    u, v = integers(structure, 1), integers(structure, 2)
    for x, y in ((u, v), (u, u)):
        exact = Structure.product(structure, fractions(x), fractions(y))
        first = x.astype(float)
        found = ARITHMETIC.product(structure, first, first if x is y else y.astype(float))
        assert [Fraction(z) for z in found] == list(exact)


@pytest.mark.parametrize("shape", [(2, 6), (3, 4), (4, 3), (6, 2)])
def test_quotients_of_integers_by_units_are_exact(shape):
    structure = MultivariateStructure.of(*shape)
    u, v = integers(structure, 3), integers(structure, 4)
    exact = divide_block(structure, fractions(u), fractions(v))
    found = ARITHMETIC.quotient(structure, u.astype(float), v.astype(float))
    assert [Fraction(z) for z in found] == list(exact)


@pytest.mark.parametrize("shape", SMALL)
@pytest.mark.parametrize("name", ["exp", "tan"])
def test_functions_of_positive_series_are_the_exact_ones_to_rounding(name, shape):
    """All terms are positive, so that relative errors stay relative."""
    structure = MultivariateStructure.of(*shape)
    x = np.random.default_rng(5).integers(1, 9, structure.size)
    x[0] = 0
    equation = lower(TABLE[name].rule)
    start = [Fraction(name == "exp"), Fraction(1)][: equation.unknowns]
    exact = solve_block(structure, equation, [fractions(x)], start)
    found = ARITHMETIC.solve(structure, equation, [x.astype(float)], [np.float64(s) for s in start])
    for y, expected in zip(found, exact, strict=True):
        error = [abs(Fraction(a) - b) / abs(b) if b else abs(a) for a, b in zip(y, expected, strict=True)]
        assert max(error) < 100 * shape[1] * 2.0**-53


# ------------------------------------------------------------------------------------------- against the general way


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("batch", BATCHES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_products_and_squares(shape, batch, dtype):
    structure = MultivariateStructure.of(*shape)
    u, v = random(structure, batch, dtype, 1), random(structure, batch, dtype, 2)
    assert_product(ARITHMETIC.product(structure, u, v), structure, u, v)
    assert_product(ARITHMETIC.product(structure, u, u), structure, u, u)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("batch", BATCHES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_quotients(shape, batch, dtype):
    structure = MultivariateStructure.of(*shape)
    u, v = random(structure, batch, dtype, 1), random(structure, batch, dtype, 2)
    assert_near(ARITHMETIC.quotient(structure, u, v), divide_block(structure, u, v), dtype)


@pytest.mark.parametrize("batch", [8, 70])
def test_large_batches_go_one_series_at_a_time_where_they_do_not_stay_in_the_cache(batch, monkeypatch):
    monkeypatch.setattr(provider, "MOST_LISTED", 0)
    structure = MultivariateStructure.of(3, 6)
    u, v = random(structure, (batch,), seed=1), random(structure, (batch,), seed=2)
    assert_product(ARITHMETIC.product(structure, u, v), structure, u, v)
    equation = lower(TABLE["log"].rule)
    found = ARITHMETIC.solve(structure, equation, [u], [np.log(u[0])])
    assert_near(found[0], solve_block(structure, equation, [u], [np.log(u[0])])[0], float)


@pytest.mark.parametrize("lanes", [2, 4])
@pytest.mark.parametrize("narrow", [False, True])
def test_code_for_narrower_registers_and_for_large_tables_computes_the_same(lanes, narrow, monkeypatch):
    monkeypatch.setattr(provider, "_vector", lambda number: lanes)
    monkeypatch.setattr(tables, "NARROW", 1 << 16 if narrow else 0)
    arithmetic = NativeArithmetic()
    for shape in ((2, 20), (3, 9), (4, 10), (5, 4)):
        structure = MultivariateStructure.of(*shape)
        u, v = random(structure, seed=1), random(structure, seed=2)
        assert_product(arithmetic.product(structure, u, v), structure, u, v)
        assert_product(arithmetic.product(structure, u, u), structure, u, u)
        assert_near(arithmetic.quotient(structure, u, v), divide_block(structure, u, v), float)


@pytest.mark.parametrize("batch", [(), (2,), (9,)], ids=str)
@pytest.mark.parametrize("shape", SMALL, ids=str)
@pytest.mark.parametrize(("name", "point"), typical_rows(count=1), ids=lambda x: x if isinstance(x, str) else "")
def test_every_elementary_function(name, point, shape, batch, monkeypatch):
    structure = MultivariateStructure.of(*shape)
    arguments = []
    for i, (value, varied) in enumerate(zip(point.arguments, directions(name), strict=True)):
        coefficients = 0.02 * random(structure, batch, seed=i)  # within the radius of convergence of all functions
        coefficients[0] = value
        arguments.append(ta.MultivariateTaylor(coefficients, *shape) if varied else value)
    monkeypatch.setattr(structures, "compiled_arithmetic", None)
    expected = function(name)(*arguments)
    monkeypatch.setattr(structures, "compiled_arithmetic", ARITHMETIC)
    found = function(name)(*arguments)
    pairs = zip(found, expected, strict=True) if isinstance(expected, tuple) else [(found, expected)]
    for y, z in pairs:
        assert_near(y.coefficients, z.coefficients, float)


@pytest.mark.parametrize("batch", [(), (3,), (20,)], ids=str)
@pytest.mark.parametrize("name", ["exp", "log", "sin", "tan", "sqrt"])
def test_functions_in_single_precision(name, batch, compiled, monkeypatch):
    structure = MultivariateStructure.of(3, 5)
    x = ta.MultivariateTaylor(0.2 * random(structure, batch, np.float32), 3, 5)
    found = function(name)(x)
    monkeypatch.setattr(structures, "compiled_arithmetic", None)
    assert found.dtype == np.float32
    assert_near(found.coefficients, function(name)(x).coefficients, np.float32)


@pytest.mark.parametrize("exponent", [1.5, np.float64(1.5)])
def test_the_number_type_is_that_of_the_general_way(exponent, monkeypatch):
    x = ta.MultivariateTaylor(random(MultivariateStructure.of(3, 4), dtype=np.float32), 3, 4)
    monkeypatch.setattr(structures, "compiled_arithmetic", None)
    expected = (x**exponent).dtype
    monkeypatch.setattr(structures, "compiled_arithmetic", ARITHMETIC)
    assert (x**exponent).dtype == expected


def test_results_are_the_same_before_and_after_the_function_in_machine_code_is_made():
    structure, arithmetic = MultivariateStructure.of(4, 6), NativeArithmetic()
    u, v = random(structure, seed=1), random(structure, seed=2)
    equation = lower(TABLE["constant_power"].rule, (1.5,))
    start = [np.float64(u[0] ** 1.5)]
    first = arithmetic.product(structure, u, v), *arithmetic.solve(structure, equation, [u], start)
    for _ in range(OFTEN + 2):
        again = arithmetic.product(structure, u, v), *arithmetic.solve(structure, equation, [u], start)
        for x, y in zip(first, again, strict=True):
            np.testing.assert_array_equal(x, y)
    assert len(arithmetic._quick) == 2
    assert_product(arithmetic.product(structure, u[::-1], v[::-1]), structure, u[::-1], v[::-1])  # not contiguous


# ------------------------------------------------------------------------------------------------------------- edges


@pytest.mark.parametrize("batch", [(), (3,), (9,)], ids=str)
@pytest.mark.parametrize("place", [0, 1, 5, -1])
@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_nan_and_inf_stay_where_they_belong(special, place, batch, compiled):
    structure = MultivariateStructure.of(3, 9)
    u, v = random(structure, batch, seed=1), random(structure, batch, seed=2)
    u[(place, *(0,) * len(batch))] = special
    with np.errstate(invalid="ignore"):
        for found, expected in (
            (structure.product(u, v), Structure.product(structure, u, v)),
            (structure.product(u, u), Structure.product(structure, u, u)),
            (ta.algebras.recurrence.divide(structure, u, v), divide_block(structure, u, v)),
            (ta.algebras.recurrence.divide(structure, v, u), divide_block(structure, v, u)),
        ):
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("batch", [3, 9])
def test_one_singular_entry_leaves_the_others_alone(batch, compiled, monkeypatch):
    structure = MultivariateStructure.of(3, 6)
    x = random(structure, (batch,))
    x[0, 1] = 0.0
    found = ta.algebras.recurrence.solve(structure, lower(TABLE["log"].rule), [x], [np.log(2 + 0 * x[0])])
    expected = solve_block(structure, lower(TABLE["log"].rule), [np.delete(x, 1, axis=1)], [np.log(2 + 0 * x[0, 1:])])
    assert not np.isfinite(found[0][1:, 1]).all()
    assert_near(np.delete(found[0], 1, axis=1), expected[0], float)


def test_other_coefficients_keep_the_general_way():
    structure = MultivariateStructure.of(3, 3)
    u = random(structure)
    long = u.astype(np.longdouble)
    assert ARITHMETIC.product(structure, u + 1j, u + 1j) is None
    assert ARITHMETIC.product(structure, long, long) is None
    assert ARITHMETIC.product(structure, u, u.astype(np.float32)) is None
    assert ARITHMETIC.product(structure, fractions(u), fractions(u)) is None
    assert ARITHMETIC.product(structure, np.zeros((structure.size, 0)), np.zeros((structure.size, 0))) is None
    assert ARITHMETIC.quotient(MultivariateStructure.of(1, 5), u[:6], u[:6]) is None
    exponents = lower(TABLE["constant_power"].rule, (np.array([0.5, 1.5]),))
    pair = np.stack([u, u], axis=1)
    assert ARITHMETIC.solve(structure, exponents, [pair], [pair[0] ** [0.5, 1.5]]) is None


def test_threads():
    arithmetic = NativeArithmetic()
    structure = MultivariateStructure.of(4, 6)
    operands = [(random(structure, seed=i), random(structure, seed=i + 100)) for i in range(16)]
    expected = [ARITHMETIC.product(structure, u, v) for u, v in operands]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(10):
            found = list(pool.map(lambda uv: arithmetic.product(structure, *uv), operands))
            np.testing.assert_array_equal(found, expected)


def test_register_is_for_large_series_and_needs_llvmlite(monkeypatch):
    monkeypatch.setattr(structures, "compiled_arithmetic", None)
    multivariate.register()
    small, large = MultivariateStructure.of(2, 3), MultivariateStructure.of(4, 7)
    for structure in (small, large):
        assert (structure.compiled("product", random(structure), random(structure)) is None) == (structure is small)
    assert isinstance(structures.compiled_arithmetic, NativeArithmetic)
    monkeypatch.setattr(structures, "compiled_arithmetic", None)
    monkeypatch.setattr(target, "is_available", lambda: False)
    multivariate.register()
    u = random(large)
    np.testing.assert_array_equal(large.product(u, u), Structure.product(large, u, u))
    assert structures.compiled_arithmetic is None


def test_registering_imports_no_code_generator():
    program = (
        "import sys; from taylorad.compile import multivariate; multivariate.register(); assert {} not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program.format("'taylorad.compile.multivariate.provider'")], check=True)


def test_short_rows_begin_where_the_text_says():
    known = Tables(MultivariateStructure.of(3, 12), batched=False)
    starts = next(t for t in known.kept if t.ctypes.data == known.words[Field.ROWS])
    assert [rows.row(m) for m in range(STRAIGHT + 1)] == starts[: STRAIGHT + 1].tolist()
