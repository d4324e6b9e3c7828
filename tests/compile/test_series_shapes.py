"""Forms of code for Taylor recurrences: the same coefficients from all, for all sizes, registers, ways of writing."""

from __future__ import annotations

import ctypes
import mmap
from collections import Counter
from collections.abc import Callable
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from taylorad.compile.graph import Graph, Placement
from taylorad.compile.native import target

if not target.is_available():
    pytest.skip("native code needs llvmlite", allow_module_level=True)

from taylorad.compile.series.atoms import ONE, Atoms
from taylorad.compile.series.compiled import compile_series
from taylorad.compile.series.entries import entries_of
from taylorad.compile.series.expand import expand_graph
from taylorad.compile.series.gathering import slots, windows
from taylorad.compile.series.nodes import SeriesProgram
from taylorad.compile.series.packing import pack
from taylorad.compile.series.shapes import SHAPES, planned
from taylorad.compile.series.text import Text, known
from taylorad.compile.versions import Version

ORDER = 20
D = np.dtype(np.float64)


def graph_of(f: Callable, *args: np.ndarray) -> Graph:
    return Version(f, list(args)).graph


def module_of(text: Text, name: str):
    head = f"define i32 @{name}(ptr %inputs, ptr %outputs) {{"
    return target.optimise_and_compile(
        "\n".join([*text.declared.values(), *text.functions, head, "entry:", *text.lines, "}", ""]), 1
    )


def run(program: SeriesProgram, shape: str, bits: int, inputs: list[np.ndarray]) -> tuple[int, list[np.ndarray]]:
    """Status and outputs of a program in one form for registers of so many bits."""
    text = Text(bits, "f")
    planned(program, bits, shape).write(text)
    module = module_of(text, "f")
    outputs = [np.full((program.order + 1, *program[i].shape), np.pi, program[i].dtype) for i in program.outputs]
    given = [np.ascontiguousarray(x) for x in inputs]
    starts, ends = ((ctypes.c_void_p * max(len(a), 1))(*(x.ctypes.data for x in a)) for a in (given, outputs))
    return ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)(module.address("f"))(
        starts, ends
    ), outputs


def size_by_degree(coefficients: np.ndarray) -> np.ndarray:
    """The largest entry of each degree and its neighbours."""
    size = np.max(np.abs(coefficients.reshape(len(coefficients), -1)), axis=1)
    around = np.maximum(size, np.maximum(np.roll(size, 1), np.roll(size, -1)))
    return around.reshape(-1, *(1,) * (coefficients.ndim - 1))


# ------------------------------------------------------------------------------------------------------- N bodies


def bodies(n: int, dimension: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(10 * n + dimension)
    return rng.uniform(0.1, 1.0, n), rng.normal(size=2 * dimension * n)


def ways_of_writing(masses: np.ndarray, dimension: int) -> dict[str, Callable]:
    n, gravity = len(masses), 1.5

    def split(y):
        return y[: dimension * n].reshape(n, dimension), y[dimension * n :]

    def double_loop(y):
        r, v = split(y)
        a = np.zeros((n, dimension))
        for i in range(n):
            for j in range(n):
                if i != j:
                    d = r[j] - r[i]
                    a[i] += gravity * masses[j] * d / (d @ d) ** 1.5
        return np.concatenate([v, a.ravel()])

    def norms(y):
        r, v = split(y)
        a = np.zeros((n, dimension))
        for i in range(n):
            for j in range(n):
                if i != j:
                    d = r[j] - r[i]
                    a[i] += gravity * masses[j] * d / np.linalg.norm(d) ** 3
        return np.concatenate([v, a.ravel()])

    def pairs(y):
        r, v = split(y)
        a = np.zeros((n, dimension))
        for i in range(n):
            for j in range(i + 1, n):
                d = r[j] - r[i]
                w = gravity * d / (d @ d) ** 1.5
                a[i] += masses[j] * w
                a[j] -= masses[i] * w
        return np.concatenate([v, a.ravel()])

    def broadcast(y):
        r, v = split(y)
        d = r[None] - r[:, None]
        r2 = (d**2).sum(-1) + np.eye(n)
        return np.concatenate([v, (gravity * np.einsum("j,ijk->ik", masses, d / (r2**1.5)[..., None])).ravel()])

    def negative_power(y):
        r, v = split(y)
        d = r[None] - r[:, None]
        r2 = np.where(np.eye(n) > 0, 1.0, (d**2).sum(-1))
        return np.concatenate([v, (gravity * ((masses * r2**-1.5)[..., None] * d).sum(1)).ravel()])

    def cubes(y):
        r, v = split(y)
        d = r[None] - r[:, None]
        distance = np.sqrt((d * d).sum(-1) + np.eye(n))
        inverse = 1 / (distance * distance * distance)
        return np.concatenate([v, (gravity * (masses[None, :, None] * d * inverse[..., None]).sum(axis=1)).ravel()])

    def diagonal_set(y):
        r, v = split(y)
        d, k = r[None] - r[:, None], np.arange(n)
        r2 = (d**2).sum(-1)
        r2[k, k] = 1.0
        w = r2**-1.5
        w[k, k] = 0
        return np.concatenate([v, (gravity * np.einsum("ij,ijk->ik", masses * w, d)).ravel()])

    def coordinates(y):
        r, v = split(y)
        differences = [r[:, c][None, :] - r[:, c][:, None] for c in range(dimension)]
        inverse = 1 / np.sqrt(sum(d * d for d in differences) + np.eye(n))
        a = np.stack([gravity * (d * inverse**3) @ masses for d in differences], 1)
        return np.concatenate([v, a.ravel()])

    found = (double_loop, norms, pairs, broadcast, negative_power, cubes, diagonal_set, coordinates)
    return {f.__name__: f for f in found}


class Truncated:
    """A power series in 40 digits."""

    def __init__(self, parts: list):
        self.parts = parts

    def __add__(self, other):
        return Truncated([a + b for a, b in zip(self.parts, other.parts, strict=True)])

    def __sub__(self, other):
        return Truncated([a - b for a, b in zip(self.parts, other.parts, strict=True)])

    def __mul__(self, other):
        if not isinstance(other, Truncated):
            return Truncated([a * other for a in self.parts])
        n = len(self.parts)
        return Truncated([mpmath.fsum(self.parts[j] * other.parts[k - j] for j in range(k + 1)) for k in range(n)])

    def to_power(self, r):
        x, y = self.parts, [self.parts[0] ** r]
        for k in range(1, len(x)):
            y.append(mpmath.fsum(((r + 1) * j - k) * x[j] * y[k - j] for j in range(1, k + 1)) / (k * x[0]))
        return Truncated(y)


def bodies_in_40_digits(masses: np.ndarray, y: np.ndarray, dimension: int, order: int) -> np.ndarray:
    """The coefficients of the solution, degree by degree."""
    n = len(masses)
    count = dimension * n
    with mpmath.workdps(40):
        m = [mpmath.mpf(float(x)) for x in masses]
        rows = [[mpmath.mpf(float(v))] for v in y]
        for k in range(order):
            r = [[Truncated(rows[dimension * i + c]) for c in range(dimension)] for i in range(n)]
            new = [rows[count + e][k] for e in range(count)]
            for i in range(n):
                total = [mpmath.mpf(0)] * dimension
                for j in range(n):
                    if i != j:
                        d = [r[j][c] - r[i][c] for c in range(dimension)]
                        square = d[0] * d[0]
                        for x in d[1:]:
                            square = square + x * x
                        w = square.to_power(mpmath.mpf(-3) / 2)
                        total = [t + m[j] * (x * w).parts[k] for t, x in zip(total, d, strict=True)]
                new += [mpmath.mpf(1.5) * t for t in total]
            for row, slope in zip(rows, new, strict=True):
                row.append(slope / (k + 1))
        return np.array([[float(row[k]) for row in rows] for k in range(order + 1)])


EXPECTED: dict[tuple, np.ndarray] = {}


def expected_of(n: int, dimension: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    masses, y = bodies(n, dimension)
    if (n, dimension) not in EXPECTED:
        EXPECTED[n, dimension] = bodies_in_40_digits(masses, y, dimension, 12)
    return masses, y, EXPECTED[n, dimension]


@pytest.mark.parametrize("shape", [*SHAPES, "auto"])
@pytest.mark.parametrize(("n", "dimension"), [(2, 3), (4, 2)])
@pytest.mark.parametrize("way", sorted(ways_of_writing(np.ones(2), 2)))
def test_bodies_agree_with_40_digits_in_all_ways_of_writing(way, n, dimension, shape):
    masses, y, expected = expected_of(n, dimension)
    graph = graph_of(ways_of_writing(masses, dimension)[way], y)
    (found,) = compile_series(graph, 12, seeds="solution", shape=shape)([y])
    # differences of coordinates lose a digit or two at close encounters, and errors grow with the degree
    np.testing.assert_array_less(np.abs(found - expected) / size_by_degree(expected), 1e-12)


@pytest.mark.parametrize("n", [5, 6])
def test_all_ways_of_writing_bodies_are_the_same_entries(n):
    masses, y = bodies(n, 3)
    counts = []
    for f in ways_of_writing(masses, 3).values():
        entries = entries_of(expand_graph(graph_of(f, y), ORDER, "solution", known))
        assert entries is not None
        counts.append(Counter(a.kind for a in entries.atoms.atoms if a.last > 0))
    pairs = n * (n - 1) // 2
    assert counts[0] == {"input": 6 * n, "linear": 4 * pairs + 3 * n, "square": 3 * pairs, "power": pairs} | {
        "product": 3 * pairs
    }
    assert all(c == counts[0] for c in counts)


@pytest.mark.parametrize("n", [7, 16])
def test_many_bodies_agree_in_packs_and_in_loops(n):
    masses, y = bodies(n, 3)
    graph = graph_of(ways_of_writing(masses, 3)["broadcast"], y)
    program = expand_graph(graph, ORDER, "solution", known)
    assert planned(program, 512).shape == "packed"
    packed, loops = (run(program, shape, target.machine().vector_bits, [y]) for shape in ("packed", "loops"))
    assert packed[0] == loops[0] == 0
    np.testing.assert_array_less(np.abs(packed[1][0] - loops[1][0]) / size_by_degree(loops[1][0]), 1e-11)


# ---------------------------------------------------------------------------------------------- sizes and registers


def ring(n: int) -> Graph:
    """y_i' = y_i y_{i+1} - 2 y_{i-1} + i y_i²."""
    graph = Graph()
    y = graph.input((n,))
    after, before = ((np.arange(n) + s) % n for s in (1, -1))
    moved = [graph.moved(y, i) for i in (after, before)]
    squares = graph.elementwise("multiply", graph.elementwise("square", y), graph.constant(np.arange(float(n))))
    product = graph.elementwise("multiply", y, moved[0])
    graph.outputs = [graph.elementwise("linear", product, moved[1], squares, data=((1.0, -2.0, 1.0), 0.0))]
    return graph


def ring_exactly(y: np.ndarray, order: int) -> np.ndarray:
    n = len(y)
    rows = [[Fraction(float(v))] for v in y]
    for k in range(order):
        new = []
        for i in range(n):
            a, b, c = rows[i], rows[(i + 1) % n], rows[i - 1]
            new.append(sum(a[j] * b[k - j] + i * a[j] * a[k - j] for j in range(k + 1)) - 2 * c[k])
        for row, slope in zip(rows, new, strict=True):
            row.append(slope / (k + 1))
    return np.array([[float(row[k]) for row in rows] for k in range(order + 1)])


@pytest.mark.parametrize("bits", [128, 256, 512])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 23, 31, 33, 40])
def test_rings_of_all_sizes_agree_with_fractions_in_all_registers(n, bits):
    y = np.round(np.random.default_rng(n).uniform(-1, 1, n) * 16) / 16
    expected = ring_exactly(y, 5)
    for shape in ("packed", "loops"):
        status, (found,) = run(expand_graph(ring(n), 5, "solution", known), shape, bits, [y])
        assert status == 0
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14 * np.abs(expected).max())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_low_orders(order, shape):
    y = np.arange(1.0, 12.0) / 8
    (found,) = compile_series(ring(11), order, seeds="solution", shape=shape)([y])
    np.testing.assert_allclose(found, ring_exactly(y, order), rtol=1e-15)


@pytest.mark.parametrize("shape", SHAPES)
def test_single_precision_of_a_ring(shape):
    n, graph = 13, Graph()
    y = graph.input((n,), np.float32)
    moved = graph.moved(y, (np.arange(n) + 1) % n)
    graph.outputs = [graph.elementwise("multiply", graph.elementwise("call", y, data="sqrt"), moved)]
    start = np.linspace(0.5, 1.5, n).astype(np.float32)
    (found,) = compile_series(graph, 6, seeds="solution", shape=shape)([start])
    (double,) = compile_series(_ring_of_roots(n), 6, seeds="solution", shape="loops")([start.astype(float)])
    assert found.dtype == np.float32
    np.testing.assert_array_less(np.abs(found - double) / size_by_degree(double), 3e-6)  # a few units of 6e-8 a degree


def _ring_of_roots(n: int) -> Graph:
    graph = Graph()
    y = graph.input((n,))
    moved = graph.moved(y, (np.arange(n) + 1) % n)
    graph.outputs = [graph.elementwise("multiply", graph.elementwise("call", y, data="sqrt"), moved)]
    return graph


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_is_read_or_written_outside_arrays(shape):
    """Arrays lie between pages that must not be touched, once at their beginning and once at their end."""
    n, page = 11, mmap.PAGESIZE
    start = np.arange(1.0, 12.0) / 8
    compiled = compile_series(ring(n), ORDER, seeds="solution", shape=shape)
    alone = compiled([start])[0]
    memory = mmap.mmap(-1, 5 * page)
    base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    protect = ctypes.CDLL(None).mprotect
    protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for at in (0, 2, 4):
        assert protect(base + at * page, page, 0) == 0
    count = (ORDER + 1) * n
    for end in (False, True):
        given = np.frombuffer(memory, D, n, 2 * page - 8 * n if end else page)
        result = np.frombuffer(memory, D, count, 4 * page - 8 * count if end else 3 * page)
        given[:] = start
        pointers = [(ctypes.c_void_p * 1)(x.ctypes.data) for x in (given, result)]
        assert compiled._function(*pointers) == 0
        np.testing.assert_array_equal(result.reshape(-1, n), alone)


# ------------------------------------------------------------------------------------- guards, constants, time, events


@pytest.mark.parametrize("shape", SHAPES)
def test_guards_hold_for_every_lane(shape):
    def f(y):
        return y[::-1] / np.sqrt(y) ** 3

    y = np.linspace(1, 2, 11)
    compiled = compile_series(graph_of(f, y), 6, seeds="solution", shape=shape)
    assert compiled.run([y])[0] == 0
    for i in range(11):
        for bad in (0.0, -1.0):
            other = y.copy()
            other[i] = bad
            assert compiled.run([other])[0] != 0


@pytest.mark.parametrize("shape", SHAPES)
def test_roots_that_cancel_still_refuse_negative_numbers(shape):
    def f(y):
        return y[::-1] * np.sqrt(y) ** 2

    y = np.linspace(1, 2, 9)
    compiled = compile_series(graph_of(f, y), 6, seeds="solution", shape=shape)
    status, (found,) = compiled.run([y])
    assert status == 0
    plain = compile_series(graph_of(lambda y: y[::-1] * y, y), 6, seeds="solution", shape="loops")
    np.testing.assert_allclose(found, plain([y])[0], rtol=1e-13)
    assert compiled.run([np.where(y > 1.5, -y, y)])[0] != 0


@pytest.mark.parametrize("shape", SHAPES)
def test_not_a_number_is_noticed(shape):
    y = np.arange(1.0, 12.0)
    y[7] = np.nan
    assert compile_series(ring(11), 4, seeds="solution", shape=shape).run([y])[0] == 2


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bits", [128, 512])
def test_time_parameters_constants_and_observed_values(shape, bits):
    """y_i' = t² + p_i y_i, one entry constant and one zero, and t y_0 observed: against Fractions."""
    n, order = 9, 5
    graph = Graph()
    y, t, p = graph.input((n,)), graph.input(()), graph.input((n,))
    terms = graph.elementwise("add", graph.elementwise("multiply", p, y), graph.elementwise("square", t))
    some = graph.moved(terms, np.arange(n - 2))
    constant = graph.constant(np.array([0.75, 0.0]))
    slope = graph.add("place", (some, constant), (Placement(0, (1,)), Placement(n - 2, (1,))), (n,))
    first = graph.view(y, 0, (), ())
    graph.outputs = [slope, graph.elementwise("multiply", t, first)]
    program = expand_graph(graph, order, "solution", known, equations=1, time=1)
    state, parameters = np.arange(1.0, n + 1) / 4, np.arange(n) / 8 - 0.5
    status, (found, observed) = run(program, shape, bits, [state, np.array(0.5), parameters])
    assert status == 0
    rows = [[Fraction(float(v))] for v in state]
    square = [Fraction(1, 4), Fraction(1), Fraction(1), *[Fraction(0)] * order]
    for k in range(order):
        for i, row in enumerate(rows):
            slope = square[k] + Fraction(float(parameters[i])) * row[k]
            if i >= n - 2:
                slope = Fraction(3, 4) if i == n - 2 and k == 0 else Fraction(0)
            row.append(slope / (k + 1))
    expected = np.array([[float(row[k]) for row in rows] for k in range(order + 1)])
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    first_row = rows[0]
    product = [first_row[k] / 2 + (first_row[k - 1] if k else 0) for k in range(order)]
    np.testing.assert_allclose(observed[:order], [float(x) for x in product], rtol=1e-14)


@pytest.mark.parametrize("shape", SHAPES)
def test_groups_that_depend_on_one_another_in_a_circle(shape):
    """The factor of one product is a sum of the other's, and a function of all entries multiplies every one."""

    def f(y):
        total = np.exp(-np.sum(y * y))
        first = y * (y[::-1] + 1)
        second = (first + y) * (first[::-1] - 2 * y)
        return total * second - first

    y = np.linspace(0.1, 0.6, 10)
    graph = graph_of(f, y)
    reference = compile_series(graph, 8, seeds="solution", shape="loops")([y])[0]
    found = compile_series(graph, 8, seeds="solution", shape=shape)([y])[0]
    np.testing.assert_array_less(np.abs(found - reference) / size_by_degree(reference), 1e-13)


@pytest.mark.parametrize("shape", ["unrolled", "packed"])
@pytest.mark.parametrize("function", ["sin", "exp", "tanh", "log1p", "arctan"])
def test_functions_of_differences_of_all_pairs(function, shape):
    def f(y):
        return 0.1 * getattr(np, function)(0.5 * (y[None, :] - y[:, None])).sum(1)

    y = np.linspace(0.1, 0.9, 6) ** 2
    graph = graph_of(f, y)
    reference = compile_series(graph, 10, seeds="solution", shape="loops")([y])[0]
    found = compile_series(graph, 10, seeds="solution", shape=shape)([y])[0]
    np.testing.assert_array_less(np.abs(found - reference) / size_by_degree(reference), 1e-13)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_guard_that_never_holds_never_lets_through(shape):
    """Distances of bodies from themselves are zero: without something on the diagonal there is no power of them."""

    y = np.linspace(1, 2, 9)
    graph = Graph()
    x = graph.input((9,))
    d = graph.elementwise("subtract", graph.view(x, 0, (0, 1), (9, 9)), graph.view(x, 0, (1, 0), (9, 9)))
    inverse = graph.elementwise("call", graph.elementwise("square", d), graph.constant(-1.5), data="power")
    graph.outputs = [graph.add("reduce", (inverse,), ("sum", (1,)), (9,))]
    program = expand_graph(graph, 3, "solution", known)
    assert run(program, shape, target.machine().vector_bits, [y])[0] == 1


def test_long_chains_of_sums_take_time_in_proportion():
    def f(y):
        total, parts = y[0], []
        for i in range(300):
            total = 0.5 * total + y[i % 10]
            parts.append(total * total)
        return np.array(parts[-10:])

    y = np.linspace(0.1, 1, 10)
    program = expand_graph(graph_of(f, y), 3, "solution", known)
    packed, loops = (run(program, shape, target.machine().vector_bits, [y]) for shape in ("packed", "loops"))
    assert packed[0] == loops[0] == 0
    np.testing.assert_allclose(packed[1][0], loops[1][0], rtol=1e-13)


@pytest.mark.parametrize("shape", SHAPES)
def test_ties_and_zeros_of_norms_do_not_matter(shape):
    """`numpy.linalg.norm` compares absolute values: equal ones and zeros are no corner of the norm itself."""

    def f(y):
        first, second = y[:3], y[3:6]
        d = second - first
        return np.concatenate([d, -d, -first / np.linalg.norm(d) ** 3, -second / np.linalg.norm(d) ** 3])

    y = np.array([0.5, 0.5, 0.0, 1.5, 1.5, 0.0, 0, 1, 0, 1, 0, 0])
    status, (found,) = compile_series(graph_of(f, y), 3, seeds="solution", shape=shape).run([y])
    assert status == 0
    np.testing.assert_allclose(found[1, 6:9], -y[:3] / 2**1.5, rtol=1e-15)


# ---------------------------------------------------------------------------------------------------- the small parts


def test_values_are_one_atom_up_to_a_number():
    atoms = Atoms(5)
    x, y = ((1.0, atoms.add("input", (0, i), (), D, 5)) for i in range(2))
    c, difference = atoms.linear([x, (-1.0, y[1])], 0.0, D)
    assert atoms.linear([y, (-1.0, x[1])], 0.0, D) == (-c, difference)
    assert atoms.linear([(3.0, x[1]), (-3.0, y[1])], 0.0, D) == (3 * c, difference)
    assert atoms.linear([x, (-1.0, x[1])], 0.0, D) == (0.0, ONE)
    assert atoms.product((-1.0, difference), (-2.0, difference), D) == (
        2.0,
        atoms.product((1.0, difference), (1.0, difference), D)[1],
    )


def test_numbers_that_would_overflow_together_are_not_multiplied_ahead():
    def f(y):
        return (1e200 * y) * (1e200 * y[::-1]) * 1e-300

    y = np.full(9, 1e-150)
    (found,) = compile_series(graph_of(f, y), 2, seeds="solution", shape="packed")([y])
    np.testing.assert_allclose(found[1], 1e-200, rtol=1e-14)


def test_powers_of_one_base_add_exponents():
    def f(y):
        x = y * y
        return np.stack([x * np.sqrt(x), x / x**2.5, x**0.5 * x**0.5, 1 / np.sqrt(x) ** 3]).sum(0)

    entries = entries_of(expand_graph(graph_of(f, np.ones(2)), 4, "solution", known))
    assert entries is not None
    powers = [a.data for a in entries.atoms.atoms if a.kind == "power" and a.last > 0]
    assert sorted(powers) == [-1.5, -1.5, 1.5, 1.5]


def test_registers_cover_positions_within_the_array():
    assert windows({3, 4, 9}, 8, 20) == [3]
    assert windows({0, 7}, 8, 20) == [0]
    assert windows({17, 19}, 8, 20) == [12]
    assert windows({0, 9, 19}, 8, 20) == [0, 8, 12]


def test_terms_of_neighbouring_entries_share_a_slot():
    lanes = [[(1.0, (0, 0), lane + s) for s in (5, 0, 2)] for lane in range(4)]
    found = slots(lanes, 4)
    assert [{at - lane for lane, (_, _, at) in enumerate(slot)} for slot in found] == [{5}, {0}, {2}]
    assert all(sorted(slot[lane] for slot in found) == sorted(lanes[lane]) for lane in range(4))


def test_packs_of_bodies_are_pairs_and_coordinates():
    masses, y = bodies(6, 3)
    program = expand_graph(graph_of(ways_of_writing(masses, 3)["pairs"], y), ORDER, "solution", known)
    entries = entries_of(program)
    assert entries is not None
    packing = pack(entries, 8)
    assert [(p.count, p.width, p.blocks) for p in packing.packs] == [(6, 8, 1), (15, 8, 2), *[(6, 8, 1)] * 3]


def test_programs_of_too_many_entries_are_not_packed():
    graph = Graph()
    x = graph.input((250_000,))
    graph.outputs = [graph.elementwise("square", x)]
    with pytest.raises(ValueError, match="too many entries"):
        planned(expand_graph(graph, 2, "coefficients", known), 512, "packed")
    assert planned(expand_graph(graph, 2, "solution", known), 512).shape != "packed"
