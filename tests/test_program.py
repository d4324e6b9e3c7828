"""Programs: tables, names, graphs, replay at other inputs; and that they are flat, however long.

The worked example is that of Baydin, Pearlmutter, Radul and Siskind, "Automatic differentiation in machine learning: a
survey" (JMLR 18, 2018), Tables 2 and 3.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import taylorad as ta
from taylorad import Taylor
from taylorad.rules.kinks import at_kinks
from taylorad.trace import operations as ops
from taylorad.trace.series import Series
from taylorad.trace.singular import Root, Undefined, Unsettled
from taylorad.transforms.custom import custom_rule
from taylorad.transforms.recording import record
from tests.calls import REAL, SMOOTH, calls, coefficient_arrays, leaves
from tests.points import directions, function, typical_rows

ROUNDING = 1e-11  # of the largest entry: NumPy's function against the same operations one by one


def survey(x1: Any, x2: Any) -> Any:
    """y = ln x₁ + x₁ x₂ - sin x₂, in the survey's order of operations."""
    v1 = np.log(x1)
    v2 = x1 * x2
    v3 = np.sin(x2)
    return v1 + v2 - v3


TABLE_2 = """\
primal                      tangent
v₋₁ = x₁       = 2          v̇₋₁ = ẋ₁                  = 1
v₀  = x₂       = 5          v̇₀  = ẋ₂                  = 0
v₁  = log(v₋₁) = 0.693147   v̇₁  = log′(v₋₁) × v̇₋₁     = 0.5
v₂  = v₋₁ × v₀ = 10         v̇₂  = v₀ × v̇₋₁ + v₋₁ × v̇₀ = 5
v₃  = sin(v₀)  = -0.958924  v̇₃  = sin′(v₀) × v̇₀       = 0
v₄  = v₁ + v₂  = 10.6931    v̇₄  = v̇₁ + v̇₂             = 5.5
v₅  = v₄ - v₃  = 11.6521    v̇₅  = v̇₄ - v̇₃             = 5.5
y   = v₅       = 11.6521    ẏ   = v̇₅                  = 5.5"""
TABLE_3 = """\
primal                      adjoint (upwards)
v₋₁ = x₁       = 2          x̄₁  = v̄₋₁                  = 5.5
v₀  = x₂       = 5          x̄₂  = v̄₀                   = 1.71634
v₁  = log(v₋₁) = 0.693147   v̄₋₁ = v̄₋₁ + v̄₁ × log′(v₋₁) = 5.5
v₂  = v₋₁ × v₀ = 10         v̄₀  = v̄₀ + v̄₂ × v₋₁        = 1.71634
                            v̄₋₁ = v̄₂ × v₀              = 5
v₃  = sin(v₀)  = -0.958924  v̄₀  = v̄₃ × sin′(v₀)        = -0.283662
v₄  = v₁ + v₂  = 10.6931    v̄₂  = v̄₄                   = 1
                            v̄₁  = v̄₄                   = 1
v₅  = v₄ - v₃  = 11.6521    v̄₃  = -v̄₅                  = -1
                            v̄₄  = v̄₅                   = 1
y   = v₅       = 11.6521    v̄₅  = ȳ                    = 1"""

# ------------------------------------------------------------------------------------------------ tables and graphs


def test_table_is_that_of_the_survey():
    program = record(survey, 2.0, 5.0)
    assert program.table(direction=(1, 0)) == TABLE_2
    assert program.table(cotangent=1) == TABLE_3
    assert str(program) == program.table()
    assert program.table().splitlines() == [line[:26].rstrip() for line in TABLE_2.splitlines()]


def test_table_of_one_array_shows_its_entries_and_index_rows():
    program = record(lambda x: survey(x[0], x[1]), [2.0, 5.0])
    lines = [" ".join(line.split()) for line in program.table(direction=[1, 0], cotangent=1).splitlines()]
    assert lines[1] == "v₀ = x = [2, 5] v̇₀ = ẋ = [1, 0] x̄ = v̄₀ = [5.5, 1.71634]"
    assert lines[2].startswith("v₁ = v₀[0]")
    assert re.fullmatch(r"y = v. = 11.6521 ẏ = v̇. = 5.5 v̄. = ȳ = 1", lines[-1])


def test_table_summarises_arrays_by_type_and_shape():
    program = record(lambda x, y: (np.sum(x[None] * y, axis=1), 3.0), np.ones(7), np.ones((3, 7)))
    text = program.table(direction=(np.ones(7), np.zeros((3, 7))), cotangent=(np.ones(3), 0.0))
    assert "float64 (3, 7)" in text
    assert " ".join(text.splitlines()[-1].split()) == "y₂ = 3 = 3 ẏ₂ = 0 = 0"
    assert "sum(v₂, axis=1)" in text


@pytest.mark.parametrize("seed", [{"direction": (1, 0, 0)}, {"direction": ([1.0], 0)}, {"cotangent": [1.0]}])
def test_table_refuses_seeds_that_do_not_fit(seed):
    with pytest.raises(ValueError, match=r"direction|cotangent"):
        record(survey, 2.0, 5.0).table(**seed)


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_table_ends_in_the_numbers_of_jvp_and_vjp(f, shapes):
    arguments = [a[0][()] for a in coefficient_arrays(shapes, 1)]

    def total(*xs: Any) -> Any:
        return sum(np.sum(np.real(leaf)) for leaf in leaves(f(*xs)))

    tangents = [np.ones(np.shape(x)) for x in arguments]
    program = record(total, *arguments)
    single = len(arguments) == 1
    lines = program.table(direction=tangents[0] if single else tangents, cotangent=1.0).splitlines()
    _, tangent = ta.jvp(lambda xs: total(*xs), tuple(arguments), tuple(tangents))
    assert float(lines[-1].split("=")[4].split()[0]) == pytest.approx(tangent, rel=1e-5, abs=1e-12)


def test_names_are_those_users_write():
    def f(x: Any) -> Any:
        z = np.zeros(3)
        z[0] = x[0] ** 3
        z[1:] = np.linalg.norm(x) / x[[0, 0]] - np.tanh(-x[0])
        return np.concatenate([z @ x.reshape(3, 2), np.fft.rfft(z).real, np.einsum("i,j->ij", z, z)[0]])

    counts = record(f, np.arange(1.0, 7.0)).operations
    expected = "getitem power store divide tanh negative reshape matmul concatenate fft.rfft real einsum subtract"
    assert set(expected.split()) <= set(counts)
    assert counts["store"] == 2
    assert repr(record(survey, 2.0, 5.0)) == (
        "Program(2 input(s), 5 operations: 1 log, 1 multiply, 1 sin, 1 add, 1 subtract)"
    )
    assert repr(record(survey, 2.0, 5.0).nodes[3]) == "Node(3: v0 × v1)"


def test_tangents_and_adjoints_are_written_as_products():
    step = ta.checkpoint(np.tanh)
    program = record(lambda x, y: np.einsum("i,j->ij", step(x), y) @ y, np.ones(2), np.ones(2))
    text = program.table(direction=(np.ones(2), np.ones(2)), cotangent=np.ones(2))
    for formula in (
        "v₁  = tanh(v₋₁)",
        "v̇₁  = tanh′(v₋₁) · (v̇₋₁)",
        "v̄₋₁ = tanh′(v₋₁)ᵀ · v̄₁",
        "v̇₂  = einsum(v̇₁, v₀, 'i,j->ij') + einsum(v₁, v̇₀, 'i,j->ij')",
        "v̇₃  = v̇₂ @ v₀ + v₂ @ v̇₀",
        "v̄₂  = v̄₃ @ v₀ᵀ",
    ):
        assert formula in text


STATEMENT = r"""  (?:node \[shape=box\]|\w+ \[label="(?:[^"\\]|\\["\\n])*"(?:, shape=ellipse)?\]|(\w+) -> (\w+));"""


def parsed(source: str) -> tuple[set, list]:
    """Names and edges of a graph: fails where the text is not a statement of Graphviz's language."""
    first, *statements, last = source.split("\n")
    assert (first, last) == ("digraph program {", "}")
    matches = [re.fullmatch(STATEMENT, line) for line in statements]
    assert all(matches)
    names = {line.split()[0] for line in statements if "[label" in line}
    return names, [m.groups() for m in matches if m and m[1]]


def test_graph_has_a_node_for_each_operation_and_an_edge_for_each_operand():
    names, edges = parsed(record(survey, 2.0, 5.0).graphviz())
    assert names == {*(f"n{i}" for i in range(7)), "y0"}
    assert edges == [
        tuple(e.split()) for e in ["n0 n2", "n0 n3", "n1 n3", "n1 n4", "n2 n5", "n3 n5", "n5 n6", "n4 n6", "n6 y0"]
    ]
    assert record(survey, 2.0, 5.0).graphviz() == record(survey, 3.0, 6.0).graphviz()


def test_graph_labels_are_escaped():
    rule = custom_rule(np.exp, np.exp, name='say "hi"\\\nthere')
    source = record(lambda x: rule(x), 1.0).graphviz()
    parsed(source)
    assert r"say \"hi\"\\\nthere" in source


def test_notebooks_get_a_table():
    rows = re.findall(r"<tr>(.*?)</tr>", record(lambda x: np.where(x > 1, x, 2.0), [2.0, 0.0])._repr_html_())
    assert rows[1] == "<td>v₀</td><td>x</td><td>[2, 0]</td>"


# ------------------------------------------------------------------------------------------------------------ replay


def _stored(x: Any) -> Any:
    z = np.zeros(4)
    z[1:3] = x[:2] * x[1]
    z[[0, 3]] += x[2]
    return z


def _of_rule(x: Any) -> Any:
    return custom_rule(lambda x: x[::-1] * 2, pushforward=lambda x, dx: dx[::-1] * 2)(np.sin(x))


def _of_checkpoint(x: Any) -> Any:
    return ta.checkpoint(lambda x: np.sin(x) * x)(x) + ta.checkpointed_loop(lambda z: z * 0.5 + np.cos(z), x, 7, 2)


def _unknown_at_a_kink(x: Any) -> Any:
    with at_kinks("nan"):
        return np.sqrt(x * np.array([1.0, 0.0, 2.0]))


REPLAYED: dict[type, list[Callable]] = {
    ops.Additive: [lambda x: x + 2 * x, lambda x: 1 - x],
    ops.Elementary: [np.exp, lambda x: np.sqrt(x) ** 2.5, lambda x: np.float64(2.0) ** x],
    ops.Square: [lambda x: x**2],
    ops.Multiply: [lambda x: x * x[0], lambda x: 3 * x],
    ops.Divide: [lambda x: 1 / x, lambda x: x / x[1]],
    ops.Matmul: [lambda x: np.ones((2, 3)) @ x, lambda x: x @ x],
    ops.Contract: [lambda x: np.einsum("i,j->ji", x, x)],
    ops.LinearFunction: [np.cumsum, lambda x: np.fft.fft(x), lambda x: -np.sum(x)],
    ops.GetItem: [lambda x: x[::2] * 1, lambda x: x[None, -1]],
    ops.Take: [lambda x: x[[0, 0, 2]], lambda x: x[np.array([True, False, True])]],
    ops.Reshape: [lambda x: x.reshape(3, 1) * 1],
    ops.Transpose: [lambda x: x.reshape(3, 1).T * 1],
    ops.Broadcast: [lambda x: np.broadcast_to(x, (2, 3))],
    ops.Where: [lambda x: np.where(np.array([True, False, True]), x, -1.0)],
    ops.Stack: [lambda x: np.array([x[1], x[0], 2.0]), lambda x: np.stack([x, x])],
    ops.Gather: [lambda x: np.concatenate([x, [1.0], x[:1]]), lambda x: np.roll(x, 1)],
    ops.Store: [_stored],
    ops.AddAt: [ta.grad(lambda x: np.sum(x[1:] ** 2 * x[:-1] + x[1:]))],
    ops.Copy: [lambda x: x.copy(), lambda x: x.astype(complex) * 1j],
    ops.Call: [_of_rule, _of_checkpoint],
    Root: [lambda x: np.sqrt(x * np.array([1.0, 0.0, 2.0]))],
    Undefined: [_unknown_at_a_kink],
}


def subclasses(kind: type) -> set[type]:
    """All subclasses that are used as they are."""
    return {below for child in kind.__subclasses__() for below in subclasses(child) | {child}}


UNUSUAL = {ops.Input, Unsettled, ops.Function, Series}  # the second among infinities only, the last two for `jit`


def test_every_operation_is_replayed_here():
    assert set(REPLAYED) == subclasses(ops.Operation) - UNUSUAL


CASES = [pytest.param(kind, f, id=f"{kind.__name__}-{i}") for kind, row in REPLAYED.items() for i, f in enumerate(row)]
X, OTHER = np.array([1.3, 0.7, 2.1]), np.array([0.4, 1.9, 0.8])


@pytest.mark.parametrize(("kind", "f"), CASES)
def test_replay_computes_the_function_at_other_inputs(kind, f):
    program = record(f, X)
    assert any(type(node.operation) is kind for node in program)
    for x in (X, OTHER, OTHER.tolist()):
        np.testing.assert_allclose(program(x), f(np.asarray(x)), rtol=1e-14, strict=True)


@pytest.mark.parametrize(("kind", "f"), CASES)
def test_replay_over_series_is_the_series_of_the_function(kind, f):
    program = record(f, X)
    ours = ta.taylor(program, OTHER, 4, direction=X).coefficients
    np.testing.assert_allclose(ours, ta.taylor(f, OTHER, 4, direction=X).coefficients, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(("kind", "f"), CASES)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_replay_inside_another_differentiation(kind, f, mode):
    program = record(f, X)
    ours, expected = (ta.jacobian(g, mode=mode)(OTHER) for g in (program, f))
    np.testing.assert_allclose(ours, expected, rtol=1e-13, atol=1e-14, strict=True)


@pytest.mark.parametrize(("kind", "f"), [c for c in CASES if "Store" not in c.id])
def test_replay_of_a_real_program_at_complex_inputs(kind, f):
    program, z = record(f, X), OTHER + 0.3j
    np.testing.assert_allclose(program(z), f(z), rtol=1e-14, strict=True)


def test_replay_of_writes_at_complex_inputs_widens_the_array():
    z = OTHER + 0.3j
    expected = np.array([z[2], z[0] * z[1], z[1] * z[1], z[2]])  # NumPy itself would refuse to store into np.zeros(4)
    np.testing.assert_allclose(record(_stored, X)(z), expected, rtol=1e-14)


def test_replay_in_fractions_is_exact():
    def f(x: Any) -> Any:
        z = np.zeros(2)
        z[0] = x[0] / 3
        z[1] = x @ x
        return z

    thirds = np.array([Fraction(1), Fraction(2, 5)], dtype=object)
    assert record(f, [1.0, 2.0])(thirds).tolist() == [Fraction(1, 3), Fraction(29, 25)]


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_replay_of_array_functions(f, shapes):
    check_replay(f, [a[0][()] for a in coefficient_arrays(shapes, 1)])


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH, skip=REAL))
def test_replay_of_array_functions_in_complex(f, shapes):
    check_replay(f, [a[0][()] for a in coefficient_arrays(shapes, 1, complex)])


@pytest.mark.parametrize(("name", "point"), typical_rows())
def test_replay_of_elementary_functions(name, point):
    moving = [i for i, d in enumerate(directions(name)) if d]

    def f(*moved: Any) -> Any:
        arguments = list(point.arguments)
        for i, x in zip(moving, moved, strict=True):
            arguments[i] = x
        return function(name)(*arguments)

    check_replay(f, [np.asarray(point.arguments[i])[()] * 1.0 for i in moving])


def check_replay(f: Callable, arguments: list) -> None:
    """Values at other inputs, and series of three coefficients."""
    program = record(f, *arguments)
    nearby = [x * 1.001 for x in arguments]
    series = [Taylor(np.stack([x, 0 * x + 1, 0 * x - 2])) for x in nearby]
    for inputs in (nearby, series):
        for ours, expected in zip(flat(program(*inputs)), flat(f(*inputs)), strict=True):
            assert ours.shape == expected.shape
            tolerance = ROUNDING * max(1, np.abs(expected).max(initial=0))
            np.testing.assert_allclose(ours, expected, rtol=0, atol=tolerance)


def flat(result: Any) -> list:
    """Coefficients of all leaves of a result."""
    arrays = []
    for leaf in leaves(result):
        c = leaf.coefficients if hasattr(leaf, "coefficients") else np.asarray(leaf)[None]
        c = np.concatenate([c, np.zeros((3 - len(c), *c.shape[1:]))])
        arrays += list(c.reshape(3, -1).T) if c.ndim > 1 else [c]
    return arrays


def test_replay_takes_the_recorded_branch():
    program = record(lambda x: x**2 if x > 0 else -x, 3.0)
    assert program(-2.0) == 4.0


def test_replay_takes_and_returns_the_containers_of_the_function():
    program = record(lambda p, x: {"y": p["w"] @ x, "z": [p["b"], x]}, {"w": np.ones((2, 2)), "b": 1.0}, [1.0, 2.0])
    result = program({"b": 3.0, "w": np.eye(2)}, [5.0, 6.0])
    assert result["y"].tolist() == result["z"][1].tolist() == [5.0, 6.0]
    assert result["z"][0] == 3.0
    with pytest.raises(TypeError, match="made up like"):
        program([1.0], [5.0, 6.0])


def test_replay_checks_number_and_shapes_of_inputs():
    program = record(survey, 2.0, 5.0)
    with pytest.raises(TypeError, match=r"takes 2 argument\(s\), got 1"):
        program(1.0)
    with pytest.raises(ValueError, match=r"input 2 of this program has shape \(\), got \(3,\)"):
        program(1.0, np.ones(3))
    with pytest.raises(TypeError, match=r"has 2 input\(s\), got 1"):
        program.values(1.0)


def test_results_of_a_replay_are_arrays_of_their_own():
    captured = np.ones(3)
    program = record(lambda x: (x[1:], captured, x), [1.0, 2.0])
    x = np.array([3.0, 4.0])
    results = program(x)
    for part in results:
        part[...] = 9.0
    assert x.tolist() == [3.0, 4.0]
    assert program(x)[1].tolist() == captured.tolist() == [1.0] * 3


def test_values_without_inputs_are_those_of_the_recording():
    assert record(survey, 2.0, 5.0).values()[-1] == survey(2.0, 5.0)


# -------------------------------------------------------------------------------------------------------------- size


def test_elementwise_work_on_a_million_entries_is_a_handful_of_operations():
    program = record(lambda x: np.sum(np.sin(x) * x + 2.0), np.linspace(0, 1, 10**6))
    assert program.operations == {"sin": 1, "multiply": 1, "add": 1, "sum": 1}
    assert 16e6 <= program.nbytes <= 25e6  # x, sin x, and its slope


def test_bytes_grow_with_the_number_of_operations_and_entries():
    def chain(length: int) -> Callable:
        def f(x: Any) -> Any:
            for _ in range(length):
                x = np.sin(x)
            return np.sum(x)

        return f

    sizes = {(k, n): record(chain(k), np.ones(n)).nbytes for k in (10, 20, 40) for n in (100, 200)}
    assert sizes[40, 100] - sizes[20, 100] == 2 * (sizes[20, 100] - sizes[10, 100]) > 0
    assert 1.9 * sizes[20, 100] <= sizes[20, 200] <= 2.1 * sizes[20, 100]


def test_each_array_is_counted_once():
    x = np.ones(1000)
    program = record(lambda x: (x * x[::-1]) * (x * x), x)
    assert program.nbytes == 3 * x.nbytes


LONG = 10**5


def _chain(x: Any) -> Any:
    for _ in range(LONG // 2):
        x = 0.999 * x + 1e-3
    return x


def _views(x: Any) -> Any:
    for _ in range(LONG):
        x = x[::-1]
    return np.sum(x * np.arange(3.0))


def _writes(x: Any) -> Any:
    z = np.zeros(3)
    for i in range(LONG):
        z[i % 3] = x[0]
    return np.sum(z)


@pytest.mark.parametrize("f", [_chain, _views, _writes])
def test_long_programs_are_flat(f):
    x = np.array(1.5) if f is _chain else np.array([1.5, 2.0, 3.0])
    assert sys.getrecursionlimit() <= 3000
    program = record(f, x)
    assert program.operations.total() >= LONG
    gradient = ta.grad(f)(x)
    value, pushforward = ta.linearize(f, x)
    assert np.isclose(np.sum(gradient), pushforward(np.ones(x.shape)))
    assert np.isclose(program(x), value)
    assert len(repr(program)) < 200
    assert len(str(program).splitlines()) < 100
    del program, pushforward  # long chains of references die without recursion
    gc.collect()


def test_views_that_shrink_one_by_one_are_flat():
    def f(x: Any) -> Any:
        for _ in range(len(x) - 1):
            x = x[1:]
        return x[0]

    x = np.ones(4000)
    assert ta.grad(f)(x).sum() == 1
    assert ta.jvp(f, x, x)[1] == 1
