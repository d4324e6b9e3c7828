"""Passes over graphs: what each makes of small cases, and that results stay what they were."""

from __future__ import annotations

import itertools
import time
import warnings
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings

from taylorad.compile import passes
from taylorad.compile.graph import Graph, Placement
from taylorad.compile.interpret import evaluate, outputs_of
from taylorad.compile.passes import moves
from tests.compile.graphs import ALL_KINDS, EXACT_KINDS, POLYNOMIAL_KINDS, SPECIAL, graphs, loops

EPS = np.finfo(float).eps
ALL_PASSES = [
    passes.folded,
    passes.reduced,
    passes.hoisted,
    passes.composed_moves,
    passes.simplified,
    passes.flattened,
    passes.combined,
    passes.widened,
    passes.simplify,
]
MANY = settings(max_examples=150, deadline=None, derandomize=True)


def quiet(function, *arguments):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(*arguments)


def kinds(graph: Graph) -> list[str]:
    """The kinds of the needed values, inputs left out."""
    return [value.kind for value in passes.swept(graph).values if value.kind != "input"]


def only(graph: Graph, *outputs: int) -> Graph:
    graph.outputs = list(outputs)
    return graph


def scalars(graph: Graph, n: int) -> list[int]:
    x = graph.input((n,))
    return [graph.view(x, k, (), ()) for k in range(n)]


def magnitudes(graph: Graph, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """The results of a polynomial graph with every term positive: what rounding errors are measured by."""

    def rule(new, value, operands):
        if value.kind == "constant":
            return new.constant(np.abs(value.data))
        if value.kind == "linear":
            coefficients, constant = value.data
            data = tuple(abs(c) for c in coefficients), abs(constant)
            return new.add("linear", operands, data, value.shape, value.dtype)
        if value.kind == "subtract":
            return new.add("add", operands, None, value.shape, value.dtype)
        return operands[0] if value.kind == "negative" else None

    return outputs_of(graph.rewritten(rule), [np.abs(x) for x in inputs])


# ------------------------------------------------------------------------------------------------- results stay


@pytest.mark.parametrize("one", [passes.hoisted, passes.folded, passes.composed_moves])
@given(case=graphs(EXACT_KINDS, special=True))
@MANY
def test_exact_passes_keep_every_result(one, case):
    graph, inputs = case
    before, after = quiet(outputs_of, graph, inputs), quiet(outputs_of, quiet(one, graph), inputs)
    for x, y in zip(before, after, strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_array_equal(x, y)
        if one is not passes.folded:  # which leaves out literal zeros
            np.testing.assert_array_equal(np.signbit(x) & ~np.isnan(x), np.signbit(y) & ~np.isnan(y))


@pytest.mark.parametrize("one", ALL_PASSES)
@given(case=graphs(POLYNOMIAL_KINDS))
@MANY
def test_passes_keep_results_to_rounding_of_the_sum_of_absolute_terms(one, case):
    graph, inputs = case
    before, after = quiet(outputs_of, graph, inputs), quiet(outputs_of, quiet(one, graph), inputs)
    for x, y, size in zip(before, after, quiet(magnitudes, graph, inputs), strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        fine = np.isfinite(size)
        assert (np.abs(x - y)[fine] <= 400 * EPS * size[fine]).all()  # degree of the polynomial, up to about 200


@pytest.mark.parametrize("one", ALL_PASSES)
@given(case=graphs(ALL_KINDS, most=20))
@MANY
def test_passes_keep_results_and_guards_of_all_kinds(one, case):
    graph, inputs = case
    simple = quiet(one, graph)
    for x, y in zip(quiet(outputs_of, graph, inputs), quiet(outputs_of, simple, inputs), strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)  # divisions enlarge rounding errors
    assert len(graph.guards) == len(simple.guards)
    before, after = quiet(evaluate, graph, inputs), quiet(evaluate, simple, inputs)
    for (i, expected), (j, same) in zip(graph.guards, simple.guards, strict=True):
        np.testing.assert_array_equal(before[i], after[j])
        np.testing.assert_array_equal(expected, same)


@pytest.mark.parametrize("one", [passes.widened, passes.simplify])
@given(case=loops())
@MANY
def test_lanes_keep_results_of_loops(one, case):
    graph, inputs = case
    before, after = outputs_of(graph, inputs), outputs_of(one(graph), inputs)
    for x, y in zip(before, after, strict=True):
        assert x.shape == y.shape
        np.testing.assert_allclose(x, y, rtol=0, atol=1e-9 * max(1, np.abs(x).max()))


@pytest.mark.parametrize("one", ALL_PASSES)
@given(case=graphs(ALL_KINDS))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_graphs_are_left_as_they_are(one, case):
    graph, _ = case
    text = str(graph)
    quiet(one, graph)
    assert str(graph) == text


# ------------------------------------------------------------------------------------------------------ constants

EXACT_RULES = {
    "x*1": lambda g, x, y: g.elementwise("multiply", x, g.constant(1.0)),
    "1*x": lambda g, x, y: g.elementwise("multiply", g.constant(1.0), x),
    "x/1": lambda g, x, y: g.elementwise("divide", x, g.constant(1.0)),
    "x-0": lambda g, x, y: g.elementwise("subtract", x, g.constant(0.0)),
    "-(-x)": lambda g, x, y: g.elementwise("negative", g.elementwise("negative", x)),
    "x*(-1)": lambda g, x, y: g.elementwise("multiply", x, g.constant(-1.0)),
    "x/(-1)": lambda g, x, y: g.elementwise("divide", x, g.constant(-1.0)),
    "x-(-y)": lambda g, x, y: g.elementwise("subtract", x, g.elementwise("negative", y)),
    "x+(-y)": lambda g, x, y: g.elementwise("add", x, g.elementwise("negative", y)),
    "-x+y": lambda g, x, y: g.elementwise("add", g.elementwise("negative", x), y),
    "(-x)(-y)": lambda g, x, y: g.elementwise("multiply", *(g.elementwise("negative", i) for i in (x, y))),
    "(-x)/(-y)": lambda g, x, y: g.elementwise("divide", *(g.elementwise("negative", i) for i in (x, y))),
    "(-x)3": lambda g, x, y: g.elementwise("multiply", g.elementwise("negative", x), g.constant(3.0)),
    "(-x)²": lambda g, x, y: g.elementwise("square", g.elementwise("negative", x)),
    "min(x,x)": lambda g, x, y: g.elementwise("minimum", x, x),
    "where(True,x,y)": lambda g, x, y: g.elementwise("select", g.constant(True), x, y),
}


@pytest.mark.parametrize("rule", EXACT_RULES)
def test_neutral_elements_are_exact_for_all_numbers(rule):
    x, y = np.array(list(itertools.product(SPECIAL, SPECIAL))).T
    graph = Graph()
    graph = only(graph, EXACT_RULES[rule](graph, graph.input(x.shape), graph.input(x.shape)))
    simple = passes.folded(graph)
    assert len(kinds(simple)) < len(kinds(graph)) or kinds(simple) == ["negative"]
    [before], [after] = outputs_of(graph, [x, y]), outputs_of(simple, [x, y])
    np.testing.assert_array_equal(before, after)
    numbers = ~np.isnan(before)
    np.testing.assert_array_equal(np.signbit(before)[numbers], np.signbit(after)[numbers])


def test_constants_are_folded_but_not_what_python_functions_compute():
    graph = Graph()
    one = graph.elementwise("call", graph.constant(np.ones(3)), data="exp")
    own = graph.add("numpy", (one,), np.cumsum, (3,))
    simple = passes.folded(only(graph, one, own))
    assert sorted(kinds(simple)) == ["constant", "numpy"]


def test_large_constants_are_not_folded_unless_they_shrink():
    graph = Graph()
    number = graph.constant(2.0)
    large = graph.view(number, 0, (0,), (10**5,))
    small = graph.add("reduce", (graph.constant(np.arange(1e5)),), ("sum", (0,)), ())
    simple = passes.folded(only(graph, large, small))
    assert kinds(simple) == ["constant", "view", "constant"]


def test_zero_times_x_is_kept():
    graph = Graph()
    graph = only(graph, graph.elementwise("multiply", graph.constant(0.0), graph.input((2,))))
    assert "multiply" in kinds(passes.simplify(graph))


@pytest.mark.parametrize("zero", ["number", "array", "place", "view of place"])
def test_zeros_vanish_from_sums(zero):
    graph = Graph()
    x, empty = graph.input((3,)), graph.add("place", (), (), (3,))
    zeros = {
        "number": graph.constant(0.0),
        "array": graph.constant(np.zeros(3)),
        "place": empty,
        "view of place": graph.view(empty, 2, (-1,), (3,)),
    }[zero]
    sums = graph.elementwise("add", zeros, graph.elementwise("subtract", x, zeros))
    linear = graph.elementwise("linear", sums, zeros, data=((3.0, 2.0), 0.0))
    places = Placement(0, (1,)), Placement(0, (1,) * len(graph[zeros].shape))
    added = graph.add("accumulate", (linear, zeros), places, (3,))
    assert sorted(kinds(passes.simplify(only(graph, added)))) == ["constant", "multiply"]


def test_equal_entries_are_one_number():
    graph = Graph()
    x = graph.input((3,))
    simple = passes.folded(only(graph, graph.elementwise("add", x, graph.constant(np.full(3, 2.0)))))
    assert [value.shape for value in passes.swept(simple).of_kind("constant")] == [()]


# --------------------------------------------------------------------------------------------------------- powers


@pytest.mark.parametrize("exponent", [*range(-9, 10), 64, -64, 0.5, -0.5, 1.5, -1.5, 2.5])
def test_powers_become_products(exponent):
    graph = Graph()
    x = graph.input((50,))
    graph = only(graph, graph.elementwise("call", x, graph.constant(float(exponent)), data="power"))
    simple = passes.reduced(graph)
    assert not any(value.data == "power" for value in passes.swept(simple).of_kind("call"))
    number = np.random.default_rng(0).uniform(0.2, 3, 50)
    exact = np.power(number.astype(np.longdouble), exponent)
    [result] = outputs_of(simple, [number])
    assert (np.abs(result / exact - 1) <= (abs(exponent) + 2) * EPS).all()


def test_powers_of_unknown_or_large_exponent_stay():
    graph = Graph()
    x, y = graph.input((2,)), graph.input((2,))
    large, third = (graph.elementwise("call", x, graph.constant(c), data="power") for c in (65.0, 1 / 3))
    simple = passes.reduced(only(graph, large, third, graph.elementwise("call", x, y, data="power")))
    assert Counter(kinds(simple)) == {"call": 3, "constant": 2}


def test_integers_are_not_raised_by_products():
    graph = Graph()
    x = graph.input((2,), np.int64)
    simple = passes.reduced(only(graph, graph.add("call", (x, graph.constant(3)), "power", (2,), np.int64)))
    assert "call" in kinds(simple)


@pytest.mark.parametrize(
    ("divisor", "exact"), [(2.0, True), (-0.25, True), (2.0**1000, True), (3.0, False), (0.0, False)]
)
def test_division_by_powers_of_two(divisor, exact):
    graph = Graph()
    graph = only(graph, graph.elementwise("divide", graph.input((3,)), graph.constant(divisor)))
    assert ("multiply" in kinds(passes.reduced(graph))) is exact


# --------------------------------------------------------------------------------------------------------- linear


def test_chains_are_one_combination():
    graph = Graph()
    a, b, c = (graph.input((4,)) for _ in range(3))
    twice = graph.elementwise("multiply", b, graph.constant(2.0))
    total = graph.elementwise("subtract", graph.elementwise("add", a, twice), graph.elementwise("negative", c))
    simple = passes.swept(passes.combined(only(graph, graph.elementwise("add", total, graph.constant(1.5)))))
    [value] = simple.of_kind("linear")
    assert (value.operands, value.data) == ((0, 1, 2), ((1.0, 2.0, 1.0), 1.5))


@pytest.mark.parametrize("kind", ["add", "subtract", "multiply"])
def test_single_operations_stay(kind):
    graph = Graph()
    graph = only(graph, graph.elementwise(kind, graph.input((2,)), graph.constant(3.0)))
    assert kinds(passes.combined(graph)) == ["constant", kind]


def test_what_is_used_twice_stays():
    graph = Graph()
    a, b = graph.input((2,)), graph.input((2,))
    total = graph.elementwise("add", a, b)
    more = graph.elementwise("add", total, a)
    assert kinds(passes.combined(only(graph, more, total))) == ["add", "add"]


def test_factors_are_not_distributed_over_differences():
    graph = Graph()
    a, b = graph.input(()), graph.input(())
    ten = graph.elementwise("multiply", graph.elementwise("subtract", a, b), graph.constant(10.0))
    simple = passes.simplify(only(graph, graph.elementwise("add", ten, a)))
    x, y = 1 + 3 * EPS, 1.0
    assert outputs_of(simple, [x, y])[0] == 10 * (x - y) + x


def test_combinations_of_arrays_have_at_most_32_operands():
    graph = Graph()
    x = [graph.input((2,)) for _ in range(100)]
    total = x[0]
    for i in x[1:]:
        total = graph.elementwise("add", total, i)
    simple = passes.swept(passes.combined(only(graph, total)))
    assert max(len(value.operands) for value in simple.values) == 32
    assert len(kinds(simple)) == 4


# ---------------------------------------------------------------------------------------------------------- moves


def test_views_of_views_are_one_view():
    graph = Graph()
    x = graph.input((4, 6))
    transposed = graph.view(x, 0, (1, 6), (6, 4))
    part = graph.view(transposed, 5, (8, -1), (3, 2))
    assert kinds(passes.composed_moves(only(graph, part))) == ["view"]
    flat = graph.view(transposed, 0, (1,), (24,))
    simple = passes.swept(passes.composed_moves(only(graph, flat)))
    [value] = simple.of_kind("take")
    assert value.operands == (0,)


@given(case=graphs(["view", "take"]))
@MANY
def test_composition_agrees_with_positions(case):
    graph, inputs = case
    simple = passes.composed_moves(graph)
    assert all(value.operands[0] == value.index or simple[value.operands[0]].kind == "input"
               for value in passes.swept(simple).of_kind("view", "take"))  # fmt: skip
    for x, y in zip(outputs_of(graph, inputs), outputs_of(simple, inputs), strict=True):
        np.testing.assert_array_equal(x, y)


def test_composition_is_none_where_it_carries():
    assert moves.composition((0, (1, 4)), (4, 3), (0, (1,)), (12,)) is None
    assert moves.composition((0, (3, 1)), (4, 3), (0, (1,)), (12,)) == (0, (1,))
    assert moves.composition((7, (5,)), (6,), (5, (-2,)), (3,)) == (32, (-10,))


def test_views_of_placed_parts_are_views_of_the_parts():
    graph = Graph()
    a, b = graph.input((3,)), graph.input((2, 2))
    stacked = graph.add("place", (a, b), (Placement(0, (1,)), Placement(3, (2, 1))), (8,))
    inside = graph.view(stacked, 6, (-1,), (3,))
    across = graph.view(stacked, 1, (1,), (4,))
    behind = graph.view(stacked, 7, (), ())
    simple = passes.swept(passes.composed_moves(only(graph, inside, across, behind)))
    assert [simple[i].kind for i in simple.outputs] == ["view", "view", "constant"]
    assert simple[simple.outputs[0]].operands == (1,)
    assert simple[simple[simple.outputs[1]].operands[0]].kind == "place"


def test_the_last_write_is_what_is_read():
    graph = Graph()
    x, new = graph.input((5,)), graph.input(())
    changed = graph.add("place", (x, new), (Placement(0, (1,)), Placement(2)), (5,))
    reads = [graph.view(changed, k, (), ()) for k in range(5)]
    simple = passes.swept(passes.composed_moves(only(graph, *reads)))
    assert simple.outputs[2] == 1
    assert [simple[i].operands for i in simple.outputs if i != 1] == [(0,)] * 4


def test_views_of_accumulates_where_one_part_is():
    graph = Graph()
    a, b = graph.input((3,)), graph.input((3,))
    total = graph.add("accumulate", (a, b), (Placement(0, (1,)), Placement(2, (1,))), (5,))
    first, both, last = (graph.view(total, k, (), ()) for k in (0, 2, 4))
    simple = passes.swept(passes.composed_moves(only(graph, first, both, last)))
    kept = [simple[simple[i].operands[0]].kind for i in simple.outputs]
    assert kept == ["input", "accumulate", "input"]


# --------------------------------------------------------------------------------------------------------- places


def test_writes_one_after_the_other_are_one_place_without_what_is_written_over():
    graph = Graph()
    x, parts = graph.input((4,)), [graph.input(()) for _ in range(4)]
    for part, position in zip(parts, (0, 3, 0, 1), strict=True):
        x = graph.add("place", (x, part), (Placement(0, (1,)), Placement(position)), (4,))
    [value] = passes.swept(passes.flattened(only(graph, x))).of_kind("place")
    assert value.operands == (0, 2, 3, 4)


def test_stacks_of_stacks_are_one_place():
    graph = Graph()
    parts = [graph.input(()) for _ in range(4)]
    rows = [graph.add("place", pair, (Placement(0), Placement(1)), (2,)) for pair in (parts[:2], parts[2:])]
    matrix = graph.add("place", rows, (Placement(0, (1,)), Placement(2, (1,))), (2, 2))
    [value] = passes.swept(passes.flattened(only(graph, matrix))).of_kind("place")
    assert [placement.offset for placement in value.data] == [0, 1, 2, 3]


def test_sums_of_scattered_parts_are_one_accumulate():
    graph = Graph()
    x = total = graph.input((6,))
    for k in range(3):
        part = graph.add("place", (graph.input((2,)),), (Placement(k, (1,)),), (6,))
        total = graph.elementwise("add", total, part)
    [value] = passes.swept(passes.flattened(only(graph, total))).values[-1:]
    assert value.kind == "accumulate"
    assert value.operands == (x, 1, 2, 3)


def test_disjoint_parts_are_placed():
    graph = Graph()
    a, b = graph.input((2,)), graph.input((3,))
    total = graph.add("accumulate", (a, b), (Placement(3, (1,)), Placement(0, (1,))), (5,))
    assert kinds(passes.flattened(only(graph, total))) == ["place"]


@pytest.mark.parametrize("add", [False, True])
def test_ten_thousand_writes_flatten_in_linear_time(add):
    n, graph = 10_000, Graph()
    parts, order = scalars(graph, n), np.random.default_rng(0).permutation(n)
    whole = graph.add("place", (), (), (n,))
    for part, position in zip(parts, order, strict=True):
        if add:
            whole = graph.elementwise("add", whole, graph.add("place", (part,), (Placement(int(position)),), (n,)))
        else:
            whole = graph.add("place", (whole, part), (Placement(0, (1,)), Placement(int(position))), (n,))
    start = time.process_time()
    simple = passes.flattened(only(graph, whole))
    assert time.process_time() - start < 5  # measured 0.3 s; a quadratic pass takes minutes
    assert Counter(kinds(simple)) == {"view": n, "place": 1}
    x = np.arange(n) + 1.0
    np.testing.assert_array_equal(outputs_of(simple, [x])[0][order], x)


# ----------------------------------------------------------------------------------------- invariants, reductions


def test_functions_of_repeated_entries_are_computed_once():
    graph = Graph()
    x = graph.input((3,))
    rows = graph.view(x, 0, (0, 1), (5, 3))
    simple = passes.swept(passes.hoisted(only(graph, graph.elementwise("call", rows, data="exp"))))
    assert [(value.kind, value.shape) for value in simple.values[1:]] == [("call", (3,)), ("view", (5, 3))]


def test_one_repeated_number_is_a_number():
    graph = Graph()
    x, y = graph.input((3,)), graph.input(())
    total = graph.add("add", (x, graph.view(y, 0, (0,), (3,))), None, (3,))
    assert passes.swept(passes.hoisted(only(graph, total)))[2].operands == (0, 1)


def test_sums_of_repeated_entries_are_products():
    graph = Graph()
    x = graph.input((3,))
    rows = graph.view(x, 0, (0, 1), (5, 3))
    total, largest = (graph.add("reduce", (rows,), (name, (0, 1)), ()) for name in ("sum", "max"))
    simple = passes.swept(passes.simplified(only(graph, total, largest)))
    assert Counter(kinds(simple)) == {"reduce": 2, "constant": 1, "multiply": 1}
    assert outputs_of(simple, [np.array([1.0, 2, 4])]) == [35, 4]


def test_reductions_of_length_one_and_products_without_a_sum():
    graph = Graph()
    x, y = graph.input((3, 1)), graph.input((2,))
    flat = graph.add("reduce", (x,), ("sum", (1,)), (3,))
    outer = graph.add("contract", (x, y), "ij,k->ik", (3, 2))
    simple = passes.swept(passes.simplified(only(graph, flat, outer)))
    assert set(kinds(simple)) == {"view", "multiply"}


# ---------------------------------------------------------------------------------------------------------- lanes


def test_independent_numbers_become_lanes():
    graph = Graph()
    x = scalars(graph, 10)
    squares = [graph.elementwise("square", graph.elementwise("call", i, data="sin")) for i in x]
    graph.outputs = [graph.add("place", squares, tuple(Placement(k) for k in range(10)), (10,))]
    assert kinds(passes.simplify(graph)) == ["call", "square"]
    assert len(kinds(passes.simplify(graph, lanes=False))) == 31


def test_few_numbers_stay():
    graph = Graph()
    x = scalars(graph, 3)
    graph.outputs = [graph.elementwise("call", i, data="sin") for i in x]
    assert Counter(kinds(passes.simplify(graph))) == {"view": 3, "call": 3}


def test_a_loop_that_sums_terms_is_one_sum():
    graph = Graph()
    x, total = scalars(graph, 101), graph.constant(0.0)
    for a, b in itertools.pairwise(x):
        change = graph.elementwise("subtract", b, graph.elementwise("multiply", a, a))
        total = graph.elementwise("add", total, graph.elementwise("multiply", graph.constant(100.0), change))
        total = graph.elementwise("add", total, graph.elementwise("call", a, data="cos"))
    simple = passes.simplify(only(graph, total))
    assert len(simple) < 16
    assert Counter(kinds(simple))["reduce"] >= 1
    point = np.random.default_rng(0).standard_normal(101)
    np.testing.assert_allclose(outputs_of(simple, [point]), outputs_of(graph, [point]), rtol=1e-13)


def bodies(n: int, wide: bool) -> Graph:
    """Accelerations of n bodies by the double loop over i < j, over coordinates too if not `wide`."""
    graph = Graph()
    x, each = graph.input((n, 3)), graph.elementwise
    axes = [0] if wide else [0, 1, 2]
    own: tuple = ((1,), (3,)) if wide else ((), ())
    at = [[graph.view(x, 3 * i + k, *own) for k in axes] for i in range(n)]
    forces = [[graph.constant(np.zeros(own[1]))] * len(axes) for _ in range(n)]
    for i, j in itertools.combinations(range(n), 2):
        d = [each("subtract", a, b) for a, b in zip(at[i], at[j], strict=True)]
        if wide:
            square = graph.add("contract", (d[0], d[0]), "i,i->", ())
        else:
            square = each("add", each("add", each("square", d[0]), each("square", d[1])), each("square", d[2]))
        inverse = each("call", square, graph.constant(-1.5), data="power")
        for k in range(len(axes)):
            force = each("multiply", d[k], inverse)
            forces[i][k] = each("subtract", forces[i][k], each("multiply", force, graph.constant(1.0 + j)))
            forces[j][k] = each("add", forces[j][k], each("multiply", force, graph.constant(1.0 + i)))
    parts = [force for row in forces for force in row]
    places = tuple(Placement(3 * k if wide else k, own[0]) for k in range(len(parts)))
    return only(graph, graph.add("place", parts, places, (n, 3)))


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("n", [5, 12, 40])
def test_the_double_loop_over_bodies_is_a_few_wide_values(n, wide):
    graph = bodies(n, wide)
    simple = passes.simplify(graph)
    assert len(simple) <= 24
    x = np.random.default_rng(n).standard_normal((n, 3))
    [before], [after] = outputs_of(graph, [x]), outputs_of(simple, [x])
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-13 * np.abs(before).max())


def test_stencils_with_fixed_ends_stay_whole():
    n, steps, graph = 40, 10, Graph()
    u, each = scalars(graph, n), graph.elementwise
    for _ in range(steps):
        v = list(u)
        for k in range(1, n - 1):
            change = each("add", each("subtract", u[k - 1], each("multiply", graph.constant(2.0), u[k])), u[k + 1])
            v[k] = each("add", each("call", u[k], data="sin"), each("multiply", graph.constant(0.1), change))
        u = v
    graph.outputs = [graph.add("place", u, tuple(Placement(k) for k in range(n)), (n,))]
    simple = passes.simplify(graph)
    assert len(simple) <= 8 * steps + 8
    x = np.linspace(0, 1, n)
    np.testing.assert_allclose(outputs_of(simple, [x])[0], outputs_of(graph, [x])[0], rtol=1e-13)


def test_guards_on_lanes_are_one_guard():
    graph = Graph()
    x = scalars(graph, 6)
    for k, i in enumerate(x):
        condition = graph.elementwise("compare", i, graph.constant(0.5), data="<")
        graph.guards.append((condition, np.array(k % 2 == 0)))
    simple = passes.simplify(only(graph, x[0]))
    [(index, expected)] = simple.guards
    point = np.array([0.0, 1, 0, 1, 0, 0])
    np.testing.assert_array_equal(evaluate(simple, [point])[index] == expected, [True] * 5 + [False])


def test_complex_values_pass():
    graph = Graph()
    x = graph.input((6,), complex)
    zeros = graph.constant(np.zeros(6, complex))
    total = graph.elementwise("add", graph.elementwise("multiply", x, graph.constant(np.full(6, 2j))), zeros)
    parts = [graph.elementwise("square", graph.view(total, k, (), ())) for k in range(6)]
    simple = passes.simplify(only(graph, graph.add("place", parts, tuple(map(Placement, range(6))), (6,), complex)))
    assert Counter(kinds(simple)) == {"constant": 1, "multiply": 1, "square": 1}
    point = np.arange(6) + 1j
    np.testing.assert_array_equal(outputs_of(simple, [point])[0], (2j * point) ** 2)


def test_lanes_of_float32_stay_float32():
    graph = Graph()
    x = graph.input((8,), np.float32)
    parts = [graph.elementwise("call", graph.view(x, k, (), ()), data="sin") for k in range(8)]
    simple = passes.simplify(only(graph, graph.add("place", parts, tuple(map(Placement, range(8))), (8,), np.float32)))
    assert {value.dtype for value in simple.values} == {np.dtype(np.float32)}


def test_simplifying_takes_time_in_proportion_to_the_graph():
    small, large = bodies(12, False), bodies(60, False)  # 1700 and 44 000 values
    times = []
    for graph in (small, large):
        start = time.process_time()
        passes.simplify(graph)
        times.append((time.process_time() - start) / len(graph))
    assert times[1] < 5 * times[0]


def test_values_that_nothing_needs_take_nothing_in():
    """A sum that is written over later, beside a dead value with the same operand: it stays a sum."""
    graph = Graph()
    x = graph.input((4,))
    first = graph.view(x, 0, (), ())
    whole = Placement(0, (1,))
    added = graph.add("accumulate", (x, first), (whole, Placement(0, ())), (4,))
    graph.add("accumulate", (added, first), (whole, Placement(1, ())), (4,))  # dead
    written = graph.add("place", (added, graph.constant(7.0)), (whole, Placement(2, ())), (4,))
    graph.outputs = [written]
    point = np.array([1.0, 2.0, 3.0, 4.0])
    (result,) = outputs_of(passes.flattened(graph), [point])
    assert np.array_equal(result, [2.0, 2.0, 7.0, 4.0])


def test_a_quadratic_form_and_its_gradient_share_one_product():
    half = np.random.default_rng(0).normal(size=(5, 5))
    matrix = half + half.T
    graph = Graph()
    x, s = graph.input((5,)), graph.input(())
    a = graph.constant(matrix)
    rows = graph.add("contract", (a, x), "ij,j->i", (5,))
    scaled = graph.elementwise("multiply", x, s)
    columns = graph.add("contract", (scaled, a), "j,jk->k", (5,))
    graph.outputs = [rows, columns]
    simple = passes.simplify(graph)
    assert len(list(simple.of_kind("contract"))) == 1
    point = np.arange(1.0, 6.0)
    ours, expected = outputs_of(simple, [point, 0.3]), (matrix @ point, 0.3 * point @ matrix)
    for one, other in zip(ours, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)
    odd = Graph()
    x, a = odd.input((5,)), odd.constant(half)
    odd.outputs = [odd.add("contract", (a, x), "ij,j->i", (5,)), odd.add("contract", (x, a), "j,jk->k", (5,))]
    assert len(list(passes.simplify(odd).of_kind("contract"))) == 2


def test_a_transposed_matrix_is_read_where_it_is():
    graph = Graph()
    a, x = graph.input((3, 5)), graph.input((3,))
    turned = graph.view(a, 0, (1, 5), (5, 3))
    graph.outputs = [graph.add("contract", (turned, x), "ij,j->i", (5,))]
    simple = passes.simplify(graph)
    assert not list(simple.of_kind("view"))
    matrix, vector = np.arange(15.0).reshape(3, 5), np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(outputs_of(simple, [matrix, vector])[0], matrix.T @ vector, rtol=1e-15)
