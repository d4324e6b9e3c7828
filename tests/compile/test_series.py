"""Native Taylor recurrences give the series that eager arithmetic and mpmath give."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import scipy.special as sp

import taylorad as ta
from taylorad.compile.graph import Graph, Placement
from taylorad.compile.native import target

if not target.is_available():
    pytest.skip("native code needs llvmlite", allow_module_level=True)

from taylorad.compile.series.compiled import CompiledSeries, compile_series, generate, unsupported
from taylorad.compile.series.expand import expand_graph
from taylorad.compile.series.text import known
from taylorad.rules import TABLE

SHAPES = ("unrolled", "packed", "loops")
RULES = sorted(name for name, p in TABLE.items() if p.kind == "elementary" and p.name == name)
PARAMETERS = {"constant_power": 1.3, "ellipkinc": 0.5, "ellipeinc": 0.5, "gammainc": 0.7, "gammaincc": 0.7}
# what the closed forms of these functions, or functions of several results, leave to eager code
EAGER_ONLY = {
    *("airy", "betainc", "digamma", "fresnel", "gamma", "gammaln", "hurwitz", "hyp0f1", "hyp1f1", "hyp2f1"),
    *("i0", "i0e", "i1", "i1e", "iv", "j0", "j1", "jv", "lambertw"),
    *("polygamma", "rgamma", "shichi", "sici", "wofz", "zeta"),
}


def chain(names: str, shape: tuple = (), dtype: type = np.float64) -> Graph:
    """The graph of functions applied one after the other."""
    graph = Graph()
    x = graph.input(shape, dtype)
    for name in names.split():
        x = graph.elementwise("call", x, data=name)
    graph.outputs = [x]
    return graph


def composed(shape: tuple = (), dtype: type = np.float64) -> Graph:
    """exp(sin x) log(2 + cos x) / sqrt(1 + x²)."""
    graph = Graph()
    x = graph.input(shape, dtype)
    exponential = graph.elementwise("call", graph.elementwise("call", x, data="sin"), data="exp")
    shifted = graph.elementwise("linear", graph.elementwise("call", x, data="cos"), data=((1.0,), 2.0))
    root = graph.elementwise("linear", graph.elementwise("square", x), data=((1.0,), 1.0))
    product = graph.elementwise("multiply", exponential, graph.elementwise("call", shifted, data="log"))
    graph.outputs = [graph.elementwise("divide", product, graph.elementwise("call", root, data="sqrt"))]
    return graph


def composed_eagerly(x):
    return np.exp(np.sin(x)) * np.log(2 + np.cos(x)) / np.sqrt(1 + x * x)


def series_of(order: int, shape: tuple, low: float = 0.2, high: float = 1.0, seed: int = 0) -> np.ndarray:
    """Random coefficients that fall off by a factor of 2."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (order + 1, *shape)) * 0.5 ** np.arange(order + 1).reshape(-1, *(1,) * len(shape))
    x[0] = rng.uniform(low, high, shape)
    return x


def assert_close(y: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    """To the size of the coefficients of neighbouring degrees: single ones may be small by cancellation."""
    size = np.abs(expected)
    around = np.max([np.roll(size, i, axis=0) for i in (-2, -1, 0, 1, 2)], axis=0)
    np.testing.assert_array_less(np.abs(y - expected), tolerance * np.maximum(around, 1e-280))


def points_of(name: str, count: int, order: int) -> np.ndarray:
    """Points of the domain at which the recurrence of a function keeps its digits."""
    rule = TABLE[name].rule
    low, high = max(rule.domain.lower, -2.0), min(rule.domain.upper, 12.0)
    points = np.linspace(low, high, 4 * count + 2)[1:-1]
    if rule.unstable is not None:
        parameters = [PARAMETERS.get(name, 1.0)] * len(rule.parameters)
        points = points[~np.broadcast_to(rule.unstable(*parameters, points, order), points.shape)]
    return points[np.linspace(0, len(points) - 1, count).astype(int)]


def graph_of(name: str, shape: tuple) -> tuple[Graph, tuple]:
    """A call of a function, with constants for its parameters."""
    rule, graph = TABLE[name].rule, Graph()
    operands, given = [], []
    for i in range(rule.nin):
        parameter = i in rule.parameters
        given.append(PARAMETERS.get(name, 1.0) if parameter else None)
        operands.append(graph.constant(given[-1]) if parameter else graph.input(shape))
    graph.outputs = [graph.elementwise("call", *operands, data=name)]
    return graph, tuple(given)


def eagerly(name: str, given: tuple, inputs: list) -> np.ndarray:
    series = iter([ta.Taylor(x) for x in inputs])
    args = tuple(next(series) if g is None else g for g in given)
    result = next(a for a in args if hasattr(a, "level")).apply(TABLE[name], args, {})
    return (result[0] if isinstance(result, tuple) else result).coefficients


@pytest.mark.parametrize("order", [1, 2, 5])
@pytest.mark.parametrize("name", [name for name in RULES if name not in EAGER_ONLY])
def test_native_functions_agree_with_eager_ones(name, order):
    graph, given = graph_of(name, (9,))
    inputs = []
    for i in range(len(graph.inputs)):
        x = series_of(order, (9,), seed=i)
        x[0] = np.roll(points_of(name, 9, order), i)
        inputs.append(x)
    expected = eagerly(name, given, inputs)
    for shape in SHAPES:
        status, (y,) = compile_series(graph, order, shape=shape).run(inputs)
        assert status == 0
        assert_close(y, expected, 2e-12)  # libmvec's 4 units in the last place, times the condition of the points


@pytest.mark.parametrize("name", sorted(EAGER_ONLY))
def test_functions_without_a_stable_equation_say_so(name):
    reason = unsupported(graph_of(name, (3,))[0], 4)
    assert reason is not None
    assert any(text in reason for text in ("no differential equation", "loses its digits", "no native code"))


@pytest.mark.parametrize("name", ["erfcx", "dawsn", "sinc", "log_ndtr", "expi", "ellipk", "spence"])
def test_unstable_points_are_left_to_eager_code(name):
    graph, _ = graph_of(name, ())
    rule, points = TABLE[name].rule, np.linspace(-1, 3, 40)
    points = points[(points > rule.domain.lower) & (points < rule.domain.upper)]
    unstable = np.broadcast_to(rule.unstable(points, 8), points.shape)
    assert unstable.any()
    compiled = compile_series(graph, 8)
    for x, eager in zip(points, unstable, strict=True):
        assert (compiled.run([np.array([x, 1, *[0] * 7])])[0] == 1) == eager


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("name", "function", "point"),
    [
        ("exp", mpmath.exp, 0.7),
        ("log", mpmath.log, 1.7),
        ("sin", mpmath.sin, 0.7),
        ("cos", mpmath.cos, 0.7),
        ("tan", mpmath.tan, 0.3),
        ("tanh", mpmath.tanh, 3.0),
        ("arctan", mpmath.atan, 0.4),
        ("arcsin", mpmath.asin, 0.4),
        ("arccosh", mpmath.acosh, 2.5),
        ("sqrt", mpmath.sqrt, 1.3),
        ("cbrt", mpmath.cbrt, 1.3),
        ("expm1", mpmath.expm1, -0.2),
        ("log1p", mpmath.log1p, 0.2),
        ("erf", mpmath.erf, 0.6),
        ("expit", lambda x: 1 / (1 + mpmath.exp(-x)), 2.0),
    ],
)
def test_native_functions_agree_with_mpmath(name, function, point, shape):
    compiled = compile_series(chain(name), 20, seeds="variable", shape=shape)
    with mpmath.workdps(40):
        expected = np.array([float(c) for c in mpmath.taylor(function, mpmath.mpf(point), 20)])
    assert_close(compiled([np.array(point), np.array(1.0)])[0], expected, 1e-13)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_composed_function_agrees_with_mpmath_at_order_20(shape):
    def function(x):
        return mpmath.exp(mpmath.sin(x)) * mpmath.log(2 + mpmath.cos(x)) / mpmath.sqrt(1 + x * x)

    compiled = compile_series(composed((3,)), 20, seeds="variable", shape=shape)
    points = np.array([-0.4, 0.3, 2.2])
    (y,) = compiled([points, np.ones(3)])
    with mpmath.workdps(40):
        columns = [[float(c) for c in mpmath.taylor(function, mpmath.mpf(x), 20)] for x in points]
    assert_close(y, np.transpose(columns), 1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("order", [0, 1, 2, 5, 20])
@pytest.mark.parametrize("batch", [(), (1,), (7,), (8,), (9,), (1000,), (5, 13)])
def test_batches_of_every_size_agree_with_eager_code(batch, order, shape):
    x = series_of(order, batch)
    status, (y,) = compile_series(composed(batch), order, shape=shape).run([x])
    assert status == 0
    assert_close(y, composed_eagerly(ta.Taylor(x)).coefficients, 1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_large_batch_through_the_exponential_of_a_sine(shape):
    x = series_of(10, (10007,))
    (y,) = compile_series(chain("sin exp", (10007,)), 10, shape=shape)([x])
    assert_close(y, np.exp(np.sin(ta.Taylor(x))).coefficients, 1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("order", [0, 1, 6])
def test_a_variable_is_a_series_of_degree_one(order, shape):
    value, direction = np.linspace(0.3, 0.9, 41), np.linspace(-1, 1, 41)
    (y,) = compile_series(composed((41,)), order, seeds="variable", shape=shape)([value, direction])
    x = np.zeros((order + 1, 41))
    x[:2] = np.stack([value, direction])[: order + 1]
    assert_close(y, composed_eagerly(ta.Taylor(x)).coefficients, 1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("exponent", [-3, -1, 0, 1, 2, 5, 0.5, -0.5, 2.7])
def test_powers_with_constant_exponents(exponent, shape):
    graph = Graph()
    graph.outputs = [graph.elementwise("call", graph.input((11,)), graph.constant(exponent), data="power")]
    x = series_of(7, (11,))
    assert_close(compile_series(graph, 7, shape=shape)([x])[0], (ta.Taylor(x) ** exponent).coefficients, 1e-13)


@pytest.mark.parametrize("shape", SHAPES)
def test_forces_between_bodies_with_views_places_and_sums(shape):
    n = 5
    graph = Graph()
    x = graph.input((n, 3))
    left = graph.view(x, 0, (3, 0, 1), (n, n, 3))
    right = graph.view(x, 0, (0, 3, 1), (n, n, 3))
    distance = graph.elementwise("subtract", left, right)
    squares = graph.add("reduce", (graph.elementwise("square", distance),), ("sum", (2,)), (n, n))
    softened = graph.elementwise("add", squares, graph.constant(np.eye(n)))
    inverse = graph.elementwise("call", softened, graph.constant(-1.5), data="power")
    pulled = graph.elementwise("multiply", distance, graph.view(inverse, 0, (n, 1, 0), (n, n, 3)))
    force = graph.add("reduce", (pulled,), ("sum", (1,)), (n, 3))
    first = graph.view(force, 3, (1,), (3,))
    backwards = graph.view(force, 3 * n - 1, (-1,), (3 * n,))
    some = graph.moved(force, np.array([4, 0, 0, 7]))
    placed = graph.add("place", (first, some), (Placement(2, (2,)), Placement(8, (1,))), (14,))
    gathered = graph.add("accumulate", (first, some), (Placement(0, (1,)), Placement(1, (1,))), (6,))
    graph.outputs = [force, first, backwards, placed, gathered]
    c = series_of(6, (n, 3), -1, 1)
    t = ta.Taylor(c)
    d = t[:, None, :] - t[None, :, :]
    f = np.sum(d * ((np.sum(d * d, axis=-1) + np.eye(n)) ** -1.5)[..., None], axis=1)
    flat = np.ravel(f)
    p = np.zeros_like(flat[:14])
    p[2:8:2], p[8:12] = f[1], flat[[4, 0, 0, 7]]
    a = np.zeros_like(flat[:6])
    a[0:3] = f[1]
    a[1:5] = a[1:5] + flat[[4, 0, 0, 7]]
    for y, expected in zip(compile_series(graph, 6, shape=shape)([c]), [f, f[1], flat[::-1], p, a], strict=True):
        np.testing.assert_allclose(y, expected.coefficients, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seeds", ["coefficients", "variable"])
def test_products_of_matrices_and_vectors(seeds, shape):
    graph, rng = Graph(), np.random.default_rng(3)
    matrix, order = rng.normal(size=(4, 6)), 4
    x = graph.input((6,))
    y = graph.add("contract", (graph.constant(matrix), x), "ij,j->i", (4,))
    s = graph.elementwise("call", y, data="sin")
    graph.outputs = [
        graph.add("contract", (s, y), "i,i->", ()),
        graph.add("contract", (s, x), "i,j->ij", (4, 6)),
        graph.add(
            "contract", (graph.view(x, 0, (3, 1), (2, 3)), graph.view(x, 0, (2, 1), (3, 2))), "ij,jk->ki", (2, 2)
        ),
    ]
    c = series_of(order, (6,), -1, 1)
    if seeds == "variable":
        c[2:] = 0
    t = ta.Taylor(c)
    u = matrix @ t
    v = np.sin(u)
    expected = [v @ u, v[:, None] * t[None, :], (np.reshape(t, (2, 3)) @ np.reshape(t, (3, 2))).T]
    inputs = [c] if seeds == "coefficients" else [c[0], c[1]]
    for result, e in zip(compile_series(graph, order, shape=shape, seeds=seeds)(inputs), expected, strict=True):
        np.testing.assert_allclose(result, e.coefficients, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("batch", [(), (37,)])
def test_single_precision(batch, shape):
    x = series_of(8, batch).astype(np.float32)
    (y,) = compile_series(composed(batch, np.float32), 8, shape=shape)([x])
    assert y.dtype == np.float32
    assert_close(y, composed_eagerly(ta.Taylor(x.astype(float))).coefficients, 5e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_branches_are_chosen_by_values(shape):
    graph = Graph()
    x, y = graph.input((20,)), graph.input((20,))
    condition = graph.elementwise("compare", x, graph.constant(0.5), data=">")
    chosen = graph.elementwise("select", condition, graph.elementwise("call", x, data="exp"), y)
    graph.outputs = [
        chosen,
        graph.elementwise("minimum", x, y),
        graph.elementwise("maximum", x, y),
        graph.elementwise("call", y, data="absolute"),
        graph.elementwise("multiply", x, graph.elementwise("call", y, data="floor")),
    ]
    u, v = series_of(5, (20,)), series_of(5, (20,), -1, 1, seed=1)
    s, t = ta.Taylor(u), ta.Taylor(v)
    expected = [np.where(s > 0.5, np.exp(s), t), np.minimum(s, t), np.maximum(s, t), np.abs(t), s * np.floor(t)]
    compiled = compile_series(graph, 5, shape=shape)
    for y, e in zip(compiled([u, v]), expected, strict=True):
        assert_close(y, e.coefficients, 1e-13)
    v[0, 3] = u[0, 3]
    assert compiled.run([u, v])[0] == 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["max", "min", "prod"])
def test_reductions_by_pairs(name, shape):
    graph = Graph()
    x = graph.input((3, 7))
    graph.outputs = [graph.add("reduce", (x,), (name, (1,)), (3,)), graph.add("reduce", (x,), (name, (0, 1)), ())]
    c = series_of(4, (3, 7))
    t = ta.Taylor(c)
    of = getattr(np, name)
    for y, e in zip(compile_series(graph, 4, shape=shape)([c]), [of(t, axis=1), of(t)], strict=True):
        np.testing.assert_allclose(y, e.coefficients, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["log", "arcsin", "arctanh", "log1p"])
def test_coefficients_outside_the_domain_are_nan(name, shape):
    x = series_of(3, (12,))
    x[0, [2, 11]] = -3.0
    status, (y,) = compile_series(chain(name, (12,)), 3, shape=shape).run([x])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = getattr(np, name)(ta.Taylor(x)).coefficients
    assert status == 2
    np.testing.assert_array_equal(np.isnan(y), np.isnan(expected))
    assert np.isnan(y).sum() == 8


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("batch", [(), (13,)])
def test_divisions_by_zero_and_roots_of_zero_are_left_to_eager_code(batch, shape):
    graph = Graph()
    x = graph.input(batch)
    graph.outputs = [graph.elementwise("divide", graph.elementwise("call", x, data="sin"), x)]
    c = series_of(3, batch)
    c[(0, *(1,) * len(batch))] = 0
    quotient, root = compile_series(graph, 3, shape=shape), compile_series(chain("sqrt", batch), 3, shape=shape)
    assert quotient.run([c])[0] == root.run([c])[0] == 1
    with pytest.raises(ValueError, match="do not hold"):
        quotient([c])


@pytest.mark.parametrize("shape", SHAPES)
def test_huge_and_tiny_arguments_of_homogeneous_functions(shape):
    graph = Graph()
    x, y = graph.input((4,)), graph.input((4,))
    graph.outputs = [graph.elementwise("call", x, y, data=name) for name in ("hypot", "arctan2")]
    scale = np.array([1e-200, 1e200, 1.0, 1e-170])
    u, v = series_of(3, (4,)) * scale, series_of(3, (4,), seed=1) * scale
    s, t = ta.Taylor(u), ta.Taylor(v)
    for result, e in zip(
        compile_series(graph, 3, shape=shape)([u, v]), [np.hypot(s, t), np.arctan2(s, t)], strict=True
    ):
        np.testing.assert_allclose(result, e.coefficients, rtol=1e-13)


def test_guards_of_the_graph_are_checked():
    for shape in SHAPES:
        graph = Graph()
        x = graph.input((3,))
        graph.guards = [(graph.elementwise("compare", x, graph.constant(0.0), data=">"), np.array([True, False, True]))]
        graph.outputs = [graph.elementwise("call", x, data="exp")]
        compiled = compile_series(graph, 1, shape=shape)
        assert compiled.run([np.array([[1.0, -1, 1], [1, 1, 1]])])[0] == 0
        assert compiled.run([np.array([[1.0, 1, 1], [1, 1, 1]])])[0] == 1


def lorenz() -> Graph:
    """The slopes of σ(y - x), x(ρ - z) - y, xy - βz for σ, ρ, β = 10, 28, 2."""
    graph = Graph()
    s = graph.input((3,))
    x, y, z = (graph.view(s, i, (), ()) for i in range(3))
    rows = [
        graph.elementwise("linear", y, x, data=((10.0, -10.0), 0.0)),
        graph.elementwise("linear", x, graph.elementwise("multiply", x, z), y, data=((28.0, -1.0, -1.0), 0.0)),
        graph.elementwise("linear", graph.elementwise("multiply", x, y), z, data=((1.0, -2.0), 0.0)),
    ]
    graph.outputs = [graph.add("place", rows, tuple(Placement(i) for i in range(3)), (3,))]
    return graph


def lorenz_exactly(state: list, order: int) -> np.ndarray:
    """The coefficients of the solution in fractions."""
    x, y, z = ([Fraction(v)] for v in state)
    for k in range(order):
        xz, xy = (sum(x[j] * v[k - j] for j in range(k + 1)) for v in (z, y))
        new = 10 * (y[k] - x[k]), 28 * x[k] - xz - y[k], xy - 2 * z[k]
        for series, slope in zip((x, y, z), new, strict=True):
            series.append(slope / (k + 1))
    return np.array([[float(v) for v in row] for row in zip(x, y, z, strict=True)])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("order", [0, 1, 2, 20])
def test_solutions_of_equations_with_the_loop_over_the_order_outside(order, shape):
    state = [1.0, 2.0, 20.5]
    (y,) = compile_series(lorenz(), order, seeds="solution", shape=shape)([np.array(state)])
    assert_close(y, lorenz_exactly(state, order), 1e-13)


@pytest.mark.parametrize("shape", SHAPES)
def test_steps_along_a_solution(shape):
    """x'' = -sin x as a system, a hundred steps of order 20: energy stays, to rounding."""
    graph = Graph()
    x, v, g = graph.input((64,)), graph.input((64,)), graph.input(())
    graph.outputs = [
        graph.elementwise("linear", v, data=((1.0,), 0.0)),
        graph.elementwise("multiply", graph.elementwise("call", x, data="sin"), g),
    ]
    compiled = compile_series(graph, 20, seeds="solution", shape=shape)
    position, speed = np.linspace(-2, 2, 64), np.linspace(0, 0.5, 64)
    energy = speed**2 / 2 - np.cos(position)
    for _ in range(100):
        a, b = compiled([position, speed, np.array(-1.0)])
        position, speed = (np.polynomial.polynomial.polyval(0.1, c) for c in (a, b))
    np.testing.assert_allclose(speed**2 / 2 - np.cos(position), energy, rtol=0, atol=3e-14)


def test_companions_are_shared_and_only_computed_where_needed():
    graph = Graph()
    x = graph.input(())
    graph.outputs = [graph.elementwise("call", x, data=name) for name in ("sin", "cos")]
    nodes = expand_graph(graph, 5, "coefficients", known).made()
    assert sum(node.kind == "unknown" for node in nodes) == 2
    nodes = expand_graph(chain("sin exp"), 5, "coefficients", known).made()
    assert sorted(node.last for node in nodes if node.kind == "unknown") == [4, 5, 5]
    assert sum(node.kind == "slope" for node in nodes) == 2
    both = expand_graph(chain("log1p"), 0, "coefficients", known).made()
    assert [node.kind for node in both] == ["input", "value"]


@pytest.mark.parametrize("shape", SHAPES)
def test_calls_from_many_threads_do_not_disturb_each_other(shape):
    compiled = compile_series(composed((100,)), 10, shape=shape)
    inputs = [series_of(10, (100,), seed=i) for i in range(8)]
    alone = [compiled([x])[0] for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda i: compiled([inputs[i % 8]])[0], range(64)))
    for i, y in enumerate(together):
        np.testing.assert_array_equal(y, alone[i % 8])


def test_large_workspaces_come_from_the_heap():
    graph = Graph()
    x = graph.input((4000,))
    s = graph.elementwise("call", graph.view(x, 3999, (-1,), (4000,)), data="sin")
    graph.outputs = [graph.add("reduce", (graph.elementwise("multiply", s, x),), ("sum", (0,)), ())]
    assert "@malloc" in generate(graph, 3, "f", "loops")
    c = series_of(3, (4000,))
    t = ta.Taylor(c)
    (y,) = compile_series(graph, 3, shape="loops")([c])
    np.testing.assert_allclose(y, np.sum(np.sin(t[::-1]) * t).coefficients, rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_results_that_are_arguments_constants_or_the_same_twice(shape):
    graph = Graph()
    x, c = graph.input((5,)), graph.constant(np.arange(5.0))
    e = graph.elementwise("call", x, data="exp")
    graph.outputs = [x, e, c, e, graph.elementwise("multiply", e, c)]
    s = series_of(3, (5,))
    t = ta.Taylor(s)
    constant = np.zeros((4, 5))
    constant[0] = np.arange(5.0)
    expected = [s, np.exp(t).coefficients, constant, np.exp(t).coefficients, (np.exp(t) * np.arange(5.0)).coefficients]
    for y, e in zip(compile_series(graph, 3, shape=shape)([s]), expected, strict=True):
        np.testing.assert_allclose(y, e, rtol=1e-13)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_equation_whose_slope_is_its_variable(shape):
    graph = Graph()
    graph.outputs = [graph.input((2,))]
    (y,) = compile_series(graph, 6, seeds="solution", shape=shape)([np.array([1.0, -2.0])])
    np.testing.assert_allclose(y, np.outer([1 / sp.factorial(k) for k in range(7)], [1, -2]), rtol=1e-15)


@pytest.mark.parametrize("shape", SHAPES)
def test_arrays_without_entries(shape):
    graph = Graph()
    x = graph.input((0, 3))
    e = graph.elementwise("call", x, data="exp")
    graph.outputs = [e, graph.add("reduce", (e,), ("sum", (0,)), (3,))]
    y, total = compile_series(graph, 2, shape=shape)([np.zeros((3, 0, 3))])
    assert y.shape == (3, 0, 3)
    np.testing.assert_array_equal(total, np.zeros((3, 3)))


@pytest.mark.parametrize(("size", "shape"), [(6, "unrolled"), (6, "loops"), (40, "loops")])
def test_moves_of_many_entries_by_tables(size, shape):
    """Beyond a few hundred entries loops with tables take over from straight code."""
    graph = Graph()
    x = graph.input((size, size))
    turned = graph.view(x, 0, (1, size), (size, size))
    order = np.random.default_rng(0).permutation(size * size).reshape(size, size)
    mixed = graph.moved(x, order)
    product = graph.add("contract", (turned, mixed), "ij,jk->ik", (size, size))
    diagonal = graph.view(product, 0, (size + 1,), (size,))
    twice = graph.add(
        "accumulate", (mixed, diagonal), (Placement(0, (0, 1)), Placement(positions=np.arange(size) // 2)), (size,)
    )
    placed = graph.add("place", (mixed, diagonal), (Placement(3, (size, 1)), Placement(0, (2,))), (size * size + 3,))
    graph.outputs = [twice, placed, graph.add("reduce", (product,), ("sum", (1,)), (size,))]
    c = series_of(2, (size, size), -1, 1)
    t = ta.Taylor(c)
    m = np.reshape(np.ravel(t)[order.ravel()], (size, size))
    p = np.matmul(t.T, m)
    d = np.ravel(p)[:: size + 1]
    a = np.sum(m, axis=0) + np.matmul((np.arange(size) // 2 == np.arange(size)[:, None]).astype(float), d)
    q = np.concatenate([np.zeros(3), np.ravel(m)])
    q[0 : 2 * size : 2] = d
    for y, e in zip(compile_series(graph, 2, shape=shape)([c]), [a, q, np.sum(p, axis=1)], strict=True):
        np.testing.assert_allclose(y, e.coefficients, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(
    ("subscripts", "left", "right"),
    [
        ("ij,j->i", (30, 37), (37,)),
        ("ij,jk->ik", (11, 23), (23, 45)),
        ("ij,kj->ik", (21, 33), (19, 33)),
        ("ij,ij->", (21, 33), (21, 33)),
        ("i,j->ij", (40,), (50,)),
        ("bij,bj->bi", (9, 8, 11), (9, 11)),
        ("ij,ij->j", (33, 21), (33, 21)),
        ("ii,i->i", (30, 30), (30,)),
        ("ij,j->i", (30, 0), (0,)),
    ],
)
@pytest.mark.parametrize("moving", ["both", "left", "right"])
def test_large_products_of_all_forms(subscripts, left, right, moving):
    graph, rng = Graph(), np.random.default_rng(2)
    u, v = rng.normal(size=(4, *left)), rng.normal(size=(4, *right))
    if moving == "left":
        v[1:] = 0
    if moving == "right":
        u[1:] = 0
    x = graph.constant(u[0]) if moving == "right" else graph.input(left)
    y = graph.constant(v[0]) if moving == "left" else graph.input(right)
    shape = np.einsum(subscripts, u[0], v[0]).shape
    graph.outputs = [graph.add("contract", (x, y), subscripts, shape)]
    inputs = {"both": [u, v], "left": [u], "right": [v]}[moving]
    (z,) = compile_series(graph, 3, shape="loops")(inputs)
    for k in range(4):
        expected = sum(np.einsum(subscripts, u[k - j], v[j]) for j in range(k + 1))
        np.testing.assert_allclose(z[k], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2), ()])
def test_large_sums_over_any_axes(axes):
    graph = Graph()
    x = graph.input((9, 17, 21))
    c = series_of(2, (9, 17, 21), -1, 1)
    expected = np.sum(c, axis=tuple(a + 1 for a in axes)) if axes else c
    graph.outputs = [graph.add("reduce", (x,), ("sum", axes), expected.shape[1:])]
    (y,) = compile_series(graph, 2, shape="loops")([c])
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-13)


def test_inspection_and_errors():
    compiled = compile_series(chain("exp"), 3, name="exponential")
    assert isinstance(compiled, CompiledSeries)
    assert "@exponential" in compiled.llvm_ir
    assert "exponential:" in compiled.assembly
    assert compiled.address
    with pytest.raises(ValueError, match="shape must be"):
        generate(chain("exp"), 3, "f", "round")
    with pytest.raises(ValueError, match="must have shape"):
        compiled([np.zeros(3)])
    graph = Graph()
    graph.outputs = [graph.add("numpy", (graph.input((2,)),), np.cumsum, (2,))]
    assert unsupported(graph, 2) == "values of kind numpy have no recurrence"
