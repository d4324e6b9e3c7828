"""Machine code and the interpreter agree on every kind of value, and every shape around the register's width."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from taylorad.compile.graph import Graph, Placement
from taylorad.compile.interpret import outputs_of
from taylorad.compile.native import kernels, target

pytestmark = pytest.mark.skipif(not target.is_available(), reason="llvmlite is not installed")

SIZES = [0, *range(1, 41), 64, 100, 257]
REAL = [np.float64, np.float32]


def run(graph, inputs, tolerance=None, status=None):
    """Compare all results of a graph with the interpreter's."""
    found, results = kernels.compile_graph(graph)([np.ascontiguousarray(x) for x in inputs])
    expected = outputs_of(graph, inputs)
    undefined = any(np.isnan(x).any() for x in expected if x.dtype.kind == "f")
    assert found == (status if status is not None else 2 if undefined else 0)
    for a, b in zip(results, expected, strict=True):
        # sums may be associated otherwise: 64 roundings of the largest entry of the result
        rounding = 64 * np.finfo(a.dtype if a.dtype.kind == "f" else np.float64).eps
        scale = np.max(np.abs(b[np.isfinite(b)]), initial=1.0) if b.dtype.kind == "f" else 1.0
        limit = rounding * scale if tolerance is None else tolerance * scale
        np.testing.assert_allclose(a, b, rtol=tolerance or rounding, atol=limit)


def numbers(shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).uniform(0.25, 2.0, shape).astype(dtype)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", REAL)
def test_elementwise_loops_of_every_length(n, dtype):
    g = Graph()
    x, y = g.input((n,), dtype), g.input((n,), dtype)
    c = g.constant(dtype(2.5))
    product = g.elementwise("multiply", x, g.elementwise("add", y, c))
    quotient = g.elementwise("divide", product, g.elementwise("square", y))
    chosen = g.elementwise("select", g.elementwise("compare", x, y, data="<"), product, quotient)
    total = g.add("reduce", (chosen,), ("sum", (0,)), (), dtype)
    g.outputs = [chosen, g.elementwise("maximum", x, y), g.elementwise("negative", x), total]
    run(g, [numbers(n, dtype), numbers(n, dtype, 1)])


@pytest.mark.parametrize("shape", [(), (1,), (3,), (17,), (1, 1), (4, 5)])
@pytest.mark.parametrize("kind", ["add", "subtract", "multiply", "divide", "minimum", "maximum"])
def test_operations_propagate_nan_and_infinity(kind, shape):
    g = Graph()
    x, y = g.input(shape), g.input(shape)
    g.outputs = [g.elementwise(kind, x, y)]
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -2.0])
    size = int(np.prod(shape))
    for i in range(7):
        a, b = (np.resize(np.roll(special, k), size).reshape(shape) for k in (i, 2 * i))
        run(g, [a, b])


def test_comparisons_logic_and_conversions():
    g = Graph()
    x, y = g.input((19,)), g.input((19,))
    tests = [g.elementwise("compare", x, y, data=d) for d in ("<", "<=", "==", "!=", ">", ">=")]
    both = g.elementwise("or", g.elementwise("and", tests[0], tests[3]), g.elementwise("not", tests[2]))
    numeric = g.add("convert", (both,), None, (19,), np.float64)
    single = g.add("convert", (x,), None, (19,), np.float32)
    integer = g.add("convert", (x,), None, (19,), np.int64)
    every = g.add("reduce", (both,), ("all", (0,)), (), bool)
    some = g.add("reduce", (both,), ("any", (0,)), (), bool)
    g.outputs = [*tests, both, numeric, single, integer, every, some]
    a = np.resize([1.0, 2.0, np.nan, -1.0, 7.5], 19)
    run(g, [a, np.resize([1.0, 3.0, 2.0], 19)], status=2)


@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 33])
def test_linear_combinations(n):
    g = Graph()
    xs = [g.input((n,)) for _ in range(4)]
    g.outputs = [
        g.elementwise("linear", *xs, data=((1.0, -1.0, 2.5, -0.5), 3.0)),
        g.elementwise("linear", *xs[:2], data=((-1.0, 4.0), 0.0)),
    ]
    run(g, [numbers(n, seed=i) for i in range(4)])


@pytest.mark.parametrize(("offset", "strides", "shape"), [
    (0, (2,), (10,)), (39, (-1,), (40,)), (5, (0,), (9,)), (0, (0, 1), (7, 11)), (3, (1, 0), (7, 11)),
    (0, (1, 5), (5, 8)), (38, (-5, -2), (4, 9)), (0, (6,), (6,)), (4, (4,), (5,)), (0, (3, 0, 1), (3, 4, 5)),
    (2, (), ()), (0, (1,), (0,)),
])  # fmt: skip
def test_views_of_arguments_and_of_expressions(offset, strides, shape):
    g = Graph()
    x = g.input((40,))
    y = g.elementwise("multiply", x, g.elementwise("add", x, g.constant(1.0)))
    seen = [g.view(i, offset, strides, shape) for i in (x, y)]
    g.outputs = [*seen, g.elementwise("subtract", *seen)]
    run(g, [numbers(40)])


def test_views_of_views_of_expressions():
    g = Graph()
    x = g.input((6, 4))
    y = g.elementwise("square", x)
    flipped = g.view(y, 0, (1, 4), (4, 6))
    flat = g.reshaped(flipped, (24,))
    part = g.view(flat, 23, (-2,), (12,))
    again = g.view(part, 0, (1, 3), (3, 4))
    g.outputs = [again, g.elementwise("add", flat, g.constant(1.0)), part]
    run(g, [numbers((6, 4))])


@pytest.mark.parametrize("n", [1, 5, 8, 23])
def test_entries_at_positions_without_a_pattern(n):
    g = Graph()
    x = g.input((n,))
    positions = np.random.default_rng(n).integers(0, n, (3, 7))
    y = g.elementwise("negative", x)
    g.outputs = [g.add("take", (i,), positions, positions.shape) for i in (x, y)]
    g.outputs.append(g.elementwise("multiply", *g.outputs))
    run(g, [numbers(n)])


def test_placements_disjoint_overlapping_and_scattered():
    g = Graph()
    x, y = g.input((9,)), g.input((4,))
    scattered = Placement(positions=np.array([7, 3, 11, 3]))
    double = g.elementwise("add", y, y)
    for kind in ("place", "accumulate"):
        g.outputs.append(g.add(kind, (x, double), (Placement(0, (1,)), Placement(9, (1,))), (13,)))
        g.outputs.append(g.add(kind, (x, double, y), (Placement(2, (1,)), Placement(0, (3,)), scattered), (13,)))
        g.outputs.append(g.add(kind, (x,), (Placement(80, (-10,)),), (9, 9)))
        g.outputs.append(g.add(kind, (x,), (Placement(3, (0,)),), (5,)))
    run(g, [numbers(9), numbers(4, seed=1)])


def test_placements_of_single_numbers():
    g = Graph()
    x = g.input((5,))
    entries = [g.elementwise("square", g.view(x, i, (), ())) for i in range(5)]
    ends = (entries[0], entries[4], g.constant(3.0))
    g.outputs = [
        g.add("place", entries, tuple(Placement(i, ()) for i in range(5)), (5,)),
        g.add("place", ends, (Placement(4, ()), Placement(4, ()), Placement(1, ())), (2, 3)),
        g.add("accumulate", ends, (Placement(4, ()), Placement(4, ()), Placement(1, ())), (2, 3)),
        g.add("place", entries[:2], (Placement(0, ()), Placement(0, ())), (1,)),
        g.add("accumulate", (x,), (Placement(0, (0,)),), (1,)),
        g.add("place", (), (), (3,)),
        g.add("place", (), (), ()),
    ]
    run(g, [numbers(5)])


@pytest.mark.parametrize("n", [3, 8, 20])
def test_sparse_terms_of_a_dense_sum(n):
    g = Graph()
    x, a = g.input((n,)), g.input((n, n))
    diagonal = g.add("place", (g.elementwise("multiply", x, x),), (Placement(0, (n + 1,)),), (n, n))
    side = g.add("accumulate", (x, x), (Placement(0, (1,)), Placement(1, (n,))), (n, n))
    outer = g.elementwise("multiply", g.view(x, 0, (1, 0), (n, n)), g.view(x, 0, (0, 1), (n, n)))
    rest = g.elementwise("linear", a, side, data=((2.0, 3.0), 1.0))
    total = g.elementwise("subtract", g.elementwise("add", outer, diagonal), rest)
    g.outputs = [total, g.add("reduce", (total,), ("sum", (0,)), (n,))]
    run(g, [numbers(n), numbers((n, n), seed=1)])


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min"])
@pytest.mark.parametrize("shape", [(1,), (13,), (3, 4), (9, 17), (2, 3, 5), (1, 33), (33, 1)])
@pytest.mark.parametrize("dtype", REAL)
def test_reductions_over_all_choices_of_axes(name, shape, dtype):
    g = Graph()
    x = g.input(shape, dtype)
    y = g.elementwise("add", x, g.constant(dtype(0.5)))
    for subset in range(1, 2 ** len(shape)):
        axes = tuple(i for i in range(len(shape)) if subset >> i & 1)
        rest = tuple(n for i, n in enumerate(shape) if i not in axes)
        g.outputs.append(g.add("reduce", (y,), (name, axes), rest, dtype))
    x = numbers(shape, dtype)
    run(g, [x])
    x[(0,) * len(shape)] = np.nan
    run(g, [x])


@pytest.mark.parametrize("subscripts", ["ij,j->i", "ij,i->j", "i,i->", "i,j->ij", "ij,jk->ik", "ij,kj->ik", "ji,jk->ki",
                                        "ij,ij->i", "ijk,k->ij", "ii,i->i", "ij,jk->", "i,j->", ",ij->ji"])  # fmt: skip
@pytest.mark.parametrize("n", [1, 3, 8, 13, 25])
def test_contractions(subscripts, n):
    left, right = subscripts.split("->")
    sizes = {"i": n, "j": n if "ii" in left else n + 2, "k": n + 5}
    shapes = [tuple(sizes[c] for c in term) for term in left.split(",")]
    g = Graph()
    given = [g.input(s) for s in shapes]
    g.outputs = [g.add("contract", given, subscripts, tuple(sizes[c] for c in right))]
    twice = g.elementwise("add", given[0], given[0])
    g.outputs.append(g.add("contract", (twice, given[1]), subscripts, tuple(sizes[c] for c in right)))
    run(g, [numbers(s, seed=i) for i, s in enumerate(shapes)])


@pytest.mark.parametrize("subscripts", ["ij,jk->ik", "ij,kj->ik", "ji,jk->ik", "ji,kj->ik", "ij,jk->ki", "ji,kj->ki"])
@pytest.mark.parametrize("dtype", REAL)
def test_large_products_of_matrices(subscripts, dtype):
    sizes = {"i": 70, "j": 81, "k": 90}
    left, right = subscripts.split("->")
    shapes = [tuple(sizes[c] for c in term) for term in left.split(",")]
    g = Graph()
    given = [g.input(s, dtype) for s in shapes]
    square = g.elementwise("square", given[1])
    g.outputs = [g.add("contract", (given[0], square), subscripts, tuple(sizes[c] for c in right), dtype)]
    g.outputs.append(g.elementwise("add", g.outputs[0], g.constant(dtype(1))))
    run(g, [numbers(s, dtype, seed=i) for i, s in enumerate(shapes)], tolerance=1000 * np.finfo(dtype).eps)


def test_sums_over_nothing():
    g = Graph()
    x, y = g.input((0,)), g.input((4,))
    twice = g.elementwise("add", x, x)
    g.outputs = [
        g.add("contract", (twice, y), "a,x->"),
        g.add("contract", (twice, y), "a,x->x", (4,)),
        g.add("reduce", (g.input((3, 0)),), ("prod", (1,)), (3,)),
        g.add("reduce", (g.add("reduce", (twice,), ("sum", ()), (0,)),), ("sum", (0,)), ()),
        twice,
    ]
    run(g, [np.zeros(0), numbers(4), np.zeros((3, 0))])


def test_results_that_are_arguments_constants_and_each_other():
    g = Graph()
    x = g.input((6,))
    c = g.constant(np.arange(12.0).reshape(3, 4))
    one = g.constant(7.0)
    y = g.elementwise("square", x)
    single = g.add("reduce", (y,), ("sum", (0,)), ())
    g.outputs = [x, c, y, y, one, x, single, single, g.constant(np.full((3,), 2.0)), g.constant(np.zeros((0, 3)))]
    run(g, [numbers(6)])
    run(g, [np.full(6, np.nan)], status=2)


def test_guards_are_conditions_on_single_numbers_and_arrays():
    g = Graph()
    x = g.input((5,))
    first = g.elementwise("compare", g.view(x, 0, (), ()), g.constant(0.0), data=">")
    pattern = g.elementwise("compare", x, g.constant(1.0), data="<")
    g.outputs = [g.add("call", (x,), "exp", (5,))]
    g.guards = [(first, np.array(True)), (pattern, np.array([True, False, True, True, False]))]
    good = np.array([0.5, 2.0, 0.1, 0.2, 3.0])
    run(g, [good])
    native = kernels.compile_graph(g)
    assert native([good])[0] == 0
    assert native([good * [-1, 1, 1, 1, 1]])[0] == 1
    assert native([good * [1, 1, 1, 20, 1]])[0] == 1


def test_status_tells_of_nan_in_any_result():
    g = Graph()
    x = g.input((40,))
    g.outputs = [g.elementwise("add", x, g.constant(1.0)), g.add("reduce", (x,), ("max", (0,)), ())]
    native = kernels.compile_graph(g)
    for position in range(40):
        bad = np.zeros(40)
        bad[position] = np.nan
        assert native([bad])[0] == 2
    assert native([np.full(40, np.inf)])[0] == 0


def test_what_has_no_native_code_is_named():
    g = Graph()
    x = g.input((3,))
    g.outputs = [g.add("numpy", (x,), np.sort, (3,))]
    assert "sort" in (kernels.unsupported(g) or "")
    with pytest.raises(ValueError, match="sort"):
        kernels.compile_graph(g)
    g = Graph()
    g.outputs = [g.add("call", (g.input((3,)),), "no_such_function", (3,))]
    assert "no_such_function" in (kernels.unsupported(g) or "")


def test_one_function_in_eight_threads():
    g = Graph()
    x = g.input((200, 30))
    e = g.add("call", (x,), "exp", (200, 30))
    rows = g.add("reduce", (e,), ("sum", (1,)), (200,))
    g.outputs = [g.elementwise("divide", e, g.view(rows, 0, (1, 0), (200, 30)))]
    native, failures = kernels.compile_graph(g), []

    def work(seed):
        x = numbers((200, 30), seed=seed)
        expected = np.exp(x) / np.exp(x).sum(1, keepdims=True)
        for _ in range(200):
            if not np.allclose(native([x])[1][0], expected, rtol=1e-13):
                failures.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_long_programs_of_single_numbers():
    rng, g = np.random.default_rng(3), Graph()
    x = g.input((10,))
    known = [g.view(x, i, (), ()) for i in range(10)]
    for _ in range(6000):
        a, b = rng.integers(max(0, len(known) - 300), len(known), 2)
        both = g.elementwise(rng.choice(["add", "subtract", "minimum"]), known[a], known[b])
        known.append(g.elementwise("linear", both, data=((0.5,), 0.125 * rng.random())))
    g.outputs = [g.add("place", known[-50:], tuple(Placement(i, ()) for i in range(50)), (50,)), known[6009]]
    run(g, [numbers(10)])


def test_modules_load_from_their_objects():
    g = Graph()
    x = g.input((11,))
    g.outputs = [g.add("call", (g.elementwise("add", x, g.constant(1.0)),), "log", (11,))]
    native = kernels.compile_graph(g, "logarithm")
    again = kernels.Native(target.load(native.module.object_bytes), "logarithm", native.results)
    given = numbers(11)
    np.testing.assert_array_equal(again([given])[1][0], native([given])[1][0])
    assert "logarithm" in native.module.assembly
    assert "define" in native.module.llvm_ir


def test_any_width_of_registers_gives_the_same_text_of_one_meaning():
    g = Graph()
    x = g.input((21,))
    g.outputs = [g.add("reduce", (g.elementwise("square", x),), ("sum", (0,)), ())]
    for bits in (128, 256):
        module = target.optimise_and_compile(kernels.generate(g, "narrow", bits))
        native = kernels.Native(module, "narrow", [((), np.dtype(float))])
        np.testing.assert_allclose(native([numbers(21)])[1][0], np.sum(numbers(21) ** 2), rtol=1e-14)
