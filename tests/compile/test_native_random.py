"""Machine code and the interpreter agree on random graphs: larger ones of well-behaved numbers, small ones of any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from taylorad.compile.graph import Graph, Placement, row_major
from taylorad.compile.interpret import evaluate
from taylorad.compile.native import kernels, target
from tests.compile.graphs import graphs
from tests.compile.test_native import numbers, run

pytestmark = pytest.mark.skipif(not target.is_available(), reason="llvmlite is not installed")

SHAPES = [(), (1,), (5,), (8,), (3, 4), (4, 3), (2, 3, 4), (12,), (24,), (9, 9), (1, 8)]


class RandomGraph:
    """Values made from earlier ones at random."""

    def __init__(self, seed):
        self.rng, self.graph = np.random.default_rng(seed), Graph()
        self.dtype = np.float32 if seed % 5 == 4 else np.float64
        shapes = [SHAPES[i] for i in self.rng.integers(0, len(SHAPES), 3)]
        self.real = [self.graph.input(s, self.dtype) for s in shapes]
        self.real.append(self.graph.constant(numbers((3, 4), self.dtype, seed)))
        self.real.append(self.graph.constant(self.dtype(1.5)))
        self.inputs = [numbers(s, self.dtype, seed + i) for i, s in enumerate(shapes)]

    def any(self):
        recent = self.real[-8:] if self.rng.random() < 0.7 else self.real
        return recent[self.rng.integers(len(recent))]

    def like(self, x):
        shape = self.graph[x].shape
        same = [i for i in self.real if self.graph[i].shape in (shape, ())]
        return same[self.rng.integers(len(same))]

    def binary(self):
        x = self.any()
        kind = self.rng.choice(["add", "subtract", "multiply", "minimum", "maximum"])
        return self.graph.elementwise(kind, x, self.like(x))

    def unary(self):
        x = self.any()
        value = self.graph[x]
        name = self.rng.choice(["sin", "arctan", "tanh", "fabs", "exp2", "erf"])
        return self.graph.add("call", (x,), str(name), value.shape, value.dtype)

    def linear(self):
        x = self.any()
        return self.graph.elementwise("linear", x, self.like(x), self.like(x), data=((0.5, -1.0, 0.25), 0.5))

    def select(self):
        x = self.any()
        y = self.like(x)
        return self.graph.elementwise("select", self.graph.elementwise("compare", x, y, data="<="), y, x)

    def view(self):
        x = self.any()
        value = self.graph[x]
        if value.size == 0:
            return x
        shape = SHAPES[self.rng.integers(len(SHAPES))]
        strides = [int(s) for s in self.rng.integers(-3, 6, len(shape))]
        if self.rng.random() < 0.4 and len(value.shape) > 1:
            shape, strides = value.shape[::-1], list(row_major(value.shape)[::-1])
        low = sum(min(s * (n - 1), 0) for s, n in zip(strides, shape, strict=True))
        high = sum(max(s * (n - 1), 0) for s, n in zip(strides, shape, strict=True))
        if high - low >= value.size:
            strides, low, high = [0] * len(shape), 0, 0
        return self.graph.view(x, int(self.rng.integers(-low, value.size - high)), strides, shape)

    def take(self):
        x = self.any()
        shape = SHAPES[self.rng.integers(len(SHAPES))]
        return self.graph.moved(x, self.rng.integers(0, self.graph[x].size, shape))

    def place(self):
        size = int(self.rng.integers(24, 60))
        operands, placements = [], []
        for _ in range(self.rng.integers(1, 4)):
            x = self.any()
            value = self.graph[x]
            if value.size > size:
                continue
            if self.rng.random() < 0.4:
                positions = self.rng.permutation(size)[: value.size].reshape(value.shape)
                placements.append(Placement(positions=positions))
            else:
                offset = int(self.rng.integers(0, size - value.size + 1))
                placements.append(Placement(offset, row_major(value.shape)))
            operands.append(x)
        kind = str(self.rng.choice(["place", "accumulate"]))
        return self.graph.add(kind, operands, tuple(placements), (size,), self.dtype)

    def reduce(self):
        x = self.any()
        shape = self.graph[x].shape
        if not shape:
            return x
        axes = tuple(i for i in range(len(shape)) if self.rng.random() < 0.5) or (len(shape) - 1,)
        rest = tuple(n for i, n in enumerate(shape) if i not in axes)
        name = str(self.rng.choice(["sum", "max", "min"]))
        return self.graph.add("reduce", (x,), (name, axes), rest, self.dtype)

    def contract(self):
        x = self.any()
        shape = self.graph[x].shape
        if len(shape) != 2:
            return x
        return self.graph.add("contract", (x, x), "ij,kj->ik", (shape[0], shape[0]), self.dtype)

    def build(self, count):
        makers = [self.binary] * 4 + [self.unary, self.linear, self.select] * 2
        makers += [self.view] * 4 + [self.take, self.place, self.place, self.reduce, self.reduce, self.contract]
        for _ in range(count):
            made = makers[self.rng.integers(len(makers))]()
            self.real.append(self.bounded(made))
        chosen = self.rng.choice(self.real, 4)
        self.graph.outputs = [int(i) for i in (*chosen, self.real[-1])]
        return self.graph

    def bounded(self, x):
        """Sums stay moderate, so that rounding is all that differs."""
        return self.graph.elementwise("multiply", x, self.graph.constant(self.dtype(0.25)))


@pytest.mark.parametrize("seed", range(150))
def test_random_graphs(seed):
    made = RandomGraph(seed)
    graph = made.build(int(made.rng.integers(3, 40)))
    assert all(np.isfinite(v).all() for v in evaluate(graph, made.inputs))
    run(graph, made.inputs, tolerance=1e-11 if made.dtype is np.float64 else 2e-4)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs(special=True))
def test_random_graphs_at_special_points(drawn):
    graph, inputs = drawn
    of_nothing = any(v.kind == "contract" and any(graph[i].size == 0 for i in v.operands) for v in graph.values)
    if of_nothing or kernels.unsupported(graph) is not None:  # NumPy multiplies empty sums by infinity in einsum
        return
    values = evaluate(graph, inputs)
    if all(np.array_equal(values[i], expected) for i, expected in graph.guards):
        run(graph, inputs, tolerance=1e-12)
    else:
        assert kernels.compile_graph(graph)([np.ascontiguousarray(x) for x in inputs])[0] == 1
