"""Random graphs of all kinds of values, for Hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from taylorad.compile.graph import BOOL, REAL, Graph, Placement

SHAPES = [(), (), (), (1,), (3,), (4,), (2, 3), (3, 2), (1, 4), (0,), (2, 0)]
NUMBERS = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 3.0, -0.75]
SPECIAL = [*NUMBERS, np.nan, np.inf, -np.inf]
UNARY_CALLS = ["exp", "sin", "sqrt", "arctan", "abs"]
EXACT_KINDS = [
    "add", "subtract", "multiply", "divide", "negative", "square", "call", "extremum", "select", "view", "take",
    "place", "reduce", "contract", "constant", "power", "compare", "numpy", "written",
]  # fmt: skip
ALL_KINDS = [*EXACT_KINDS, "linear", "accumulate"]
POLYNOMIAL_KINDS = [
    "add", "subtract", "multiply", "negative", "square", "linear", "view", "take", "place", "accumulate", "written",
    "reduce", "contract", "constant",
]  # fmt: skip


class Builder:
    """A graph that grows by one random value after the other."""

    def __init__(self, draw: st.DrawFn, special: bool = False, smooth: bool = False) -> None:
        self.draw, self.graph, self.special, self.smooth = draw, Graph(), special, smooth
        self.reals: list[int] = []
        self.conditions: list[int] = []

    def one(self, choices: list) -> object:
        return self.draw(st.sampled_from(choices))

    def real(self, shape: tuple[int, ...] | None = None) -> int:
        """Any real value so far, repeated to the shape if it is given and possible."""
        fitting = [i for i in self.reals if shape is None or self.graph[i].shape in (shape, ())]
        return self.one(fitting) if fitting else self.constant(shape or ())

    def constant(self, shape: tuple[int, ...]) -> int:
        size = int(np.prod(shape))
        if self.draw(st.booleans()):
            return self.graph.constant(np.full(shape, self.one(NUMBERS)))
        return self.graph.constant(
            np.array(self.draw(st.lists(st.sampled_from(NUMBERS), min_size=size, max_size=size))).reshape(shape)
        )

    def positions(self, size: int, shape: tuple[int, ...]) -> np.ndarray:
        n = int(np.prod(shape))
        numbers = st.lists(st.integers(0, size - 1), min_size=n, max_size=n)
        return np.array(self.draw(numbers), dtype=np.int64).reshape(shape)

    def pair(self) -> tuple[int, int]:
        a = self.real()
        return a, self.real(self.graph[a].shape)

    def add(self, kind: str) -> None:
        made = getattr(self, f"make_{kind}", self.make_binary)(kind)
        if made is not None:
            self.reals.append(made)

    def make_binary(self, kind: str) -> int:
        a, b = self.pair()
        return self.graph.elementwise(kind, *((a, b) if self.draw(st.booleans()) else (b, a)))

    def make_negative(self, kind: str) -> int:
        return self.graph.elementwise(kind, self.real())

    make_square = make_negative

    def make_call(self, kind: str) -> int:
        return self.graph.elementwise("call", self.real(), data=self.one(UNARY_CALLS))

    def make_extremum(self, kind: str) -> int:
        return self.make_binary(self.one(["minimum", "maximum"]))

    def make_power(self, kind: str) -> int:
        n = self.graph.constant(float(self.one([-3, -1, 0, 1, 2, 3, 4, 7, 2.5])))
        return self.graph.elementwise("call", self.real(), n, data="power")

    def make_compare(self, kind: str) -> None:
        self.conditions.append(self.graph.elementwise("compare", *self.pair(), data=self.one(["<", "<=", "==", "!="])))
        if self.draw(st.booleans()):
            self.conditions.append(self.graph.elementwise("not", self.one(self.conditions)))

    def make_select(self, kind: str) -> int:
        conditions = [*self.conditions, self.graph.constant(np.array(self.draw(st.booleans())))]
        condition = self.one(conditions)
        shape = self.graph[condition].shape or self.graph[self.real()].shape
        return self.graph.elementwise("select", condition, self.real(shape), self.real(shape))

    def make_linear(self, kind: str) -> int:
        a = self.real()
        operands = [a, *(self.real(self.graph[a].shape) for _ in range(self.draw(st.integers(0, 2))))]
        coefficients = tuple(self.one([1.0, -1.0, 2.0, 0.3]) for _ in operands)
        return self.graph.elementwise("linear", *operands, data=(coefficients, self.one([0.0, 1.5])))

    def make_view(self, kind: str) -> int:
        x, shape = self.graph[self.real()], self.one(SHAPES)
        if x.size == 0:
            return x.index if 0 not in shape else self.graph.view(x.index, 0, (0,) * len(shape), shape)
        offset, strides = self.draw(st.integers(0, x.size - 1)), []
        for n in shape:
            low = high = 0
            for stride, m in zip(strides, shape, strict=False):
                low, high = low + min(0, stride * (m - 1)), high + max(0, stride * (m - 1))
            reach = max(n - 1, 1)
            strides.append(self.draw(st.integers(-((offset + low) // reach), (x.size - 1 - offset - high) // reach)))
        return self.graph.view(x.index, offset, strides, shape)

    def make_take(self, kind: str) -> int:
        x, shape = self.graph[self.real()], self.one([(3,), (2, 2), (5,)])
        return x.index if x.size == 0 else self.graph.moved(x.index, self.positions(x.size, shape))

    def placed(self, kind: str, shape: tuple[int, ...], first: list[int]) -> int:
        size = int(np.prod(shape))
        operands, placements = list(first), [Placement(0, _own(self.graph[i].shape)) for i in first]
        for _ in range(self.draw(st.integers(0, 4))):
            x = self.graph[self.real()]
            if x.size > size:
                continue
            if self.draw(st.booleans()):
                start = self.draw(st.integers(0, size - x.size)) if size else 0
                placements.append(Placement(start, _own(x.shape)))
            else:
                order = self.draw(st.permutations(range(size)))[: x.size]
                placements.append(Placement(positions=np.array(order, dtype=np.int64).reshape(x.shape)))
            operands.append(x.index)
        return self.graph.add(kind, operands, tuple(placements), shape, REAL)

    def make_place(self, kind: str) -> int:
        return self.placed(kind, self.one([(4,), (6,), (2, 3), ()]), [])

    make_accumulate = make_place

    def make_written(self, kind: str) -> int:
        """A copy of an array with parts written over."""
        x = self.real()
        return self.placed("place", self.graph[x].shape, [x])

    def make_reduce(self, kind: str) -> int:
        x = self.graph[self.real()]
        axes = tuple(axis for axis in range(len(x.shape)) if self.draw(st.booleans()))
        name = self.one(["sum", "sum", "prod"] if self.smooth else ["sum", "prod", "max", "min"])
        if name in ("max", "min") and 0 in x.shape:
            name = "sum"
        shape = tuple(n for axis, n in enumerate(x.shape) if axis not in axes)
        return self.graph.add("reduce", (x.index,), (name, axes), shape, REAL)

    def make_contract(self, kind: str) -> int:
        a, b = self.graph[self.real()], self.graph[self.real()]
        if self.special and 0 in (a.size, b.size):
            return a.index  # np.einsum of an empty array and a nan is nan or 0, as the memory lies
        first, second = "abc"[: len(a.shape)], "abc"[: len(b.shape)]
        if a.shape[: len(b.shape)] != b.shape[: len(a.shape)]:
            second = "xyz"[: len(b.shape)]
        lengths = {**dict(zip(first, a.shape, strict=True)), **dict(zip(second, b.shape, strict=True))}
        kept = "".join(letter for letter in lengths if self.draw(st.booleans()))[:3]
        shape = tuple(lengths[letter] for letter in kept)
        return self.graph.add("contract", (a.index, b.index), f"{first},{second}->{kept}", shape, REAL)

    def make_constant(self, kind: str) -> int:
        return self.constant(self.one(SHAPES))

    def make_numpy(self, kind: str) -> int:
        x = self.graph[self.real()]
        return self.graph.add("numpy", (x.index,), _reversed, x.shape, REAL)


def _reversed(x: np.ndarray) -> np.ndarray:
    return x.ravel()[::-1].reshape(x.shape)


def _own(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(np.prod(shape[axis + 1 :])) for axis in range(len(shape)))


@st.composite
def graphs(draw: st.DrawFn, kinds: list[str] = ALL_KINDS, special: bool = False, most: int = 14):
    """(a graph, its inputs)."""
    builder = Builder(draw, special, kinds is POLYNOMIAL_KINDS)
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))
    builder.reals = [builder.graph.input(shape) for shape in shapes]
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=most)):
        builder.add(kind)
    graph = builder.graph
    graph.outputs = draw(st.lists(st.sampled_from(builder.reals), min_size=1, max_size=3)) + builder.reals[-1:]
    if builder.conditions:
        condition = builder.conditions[-1]
        graph.guards.append((condition, np.ones(graph[condition].shape, BOOL)))
    numbers = SPECIAL if special else [0.3, 0.7, 1.1, 1.6, 2.2, -0.4, -1.3]
    inputs = [np.array([draw(st.sampled_from(numbers)) for _ in range(int(np.prod(s)))]).reshape(s) for s in shapes]
    return graph, inputs


@st.composite
def loops(draw: st.DrawFn):
    """(a graph as a Python loop over indices makes it, its inputs): layers of single numbers or of short vectors."""
    graph = Graph()
    n, own = draw(st.integers(2, 12)), draw(st.sampled_from([(), (), (3,)]))
    size = int(np.prod(own))
    x = graph.input((n, *own))
    layer = [graph.view(x, k * size, _own(own), own) for k in range(n)]
    scalars: list[int] = []
    for _ in range(draw(st.integers(1, 5))):
        shift = draw(st.integers(0, n - 1))
        kind = draw(
            st.sampled_from(
                ["add", "subtract", "multiply", "sin", "pairs", "sums", "norms", "scaled", "some", "stacks"]
            )
        )
        partners = [layer[(k + shift) % len(layer)] for k in range(len(layer))]
        if kind in ("add", "subtract", "multiply", "sin", "scaled", "some"):
            layer = [_changed(graph, kind, k, a, b) for k, (a, b) in enumerate(zip(layer, partners, strict=True))]
        elif kind == "pairs":
            pairs = [(i, j) for i in range(len(layer)) for j in range(i)][: 3 * n]
            layer = [graph.elementwise("subtract", layer[i], layer[j]) for i, j in pairs] or layer
        elif kind == "sums":
            total, sums = layer[0], []
            for k, a in enumerate(layer):
                total = graph.elementwise("subtract" if k % 3 == 1 else "add", total, a)
                sums.append(total)
            layer = sums if draw(st.booleans()) else [*layer, total]
        elif kind == "stacks" and own == ():
            layer = [_product_with_stack(graph, a, b) for a, b in zip(layer, partners, strict=True)]
        elif kind == "norms":
            scalars += [_norm(graph, a) for a in layer]
    operands = draw(st.permutations(layer)) + scalars
    graph.outputs = [_stacked(graph, operands), layer[-1], _total(graph, scalars)]
    return graph, [np.array([draw(st.integers(-4, 4)) / 4 for _ in range(n * size)]).reshape(n, *own)]


def _changed(graph: Graph, kind: str, k: int, a: int, b: int) -> int:
    """The next value of entry k of a layer."""
    if kind == "sin":
        return graph.elementwise("call", a, data="sin")
    if kind == "scaled":
        return graph.elementwise("multiply", a, graph.constant(0.5 + k))
    if kind == "some":
        return graph.elementwise("square", a) if k % 3 else a
    return graph.elementwise(kind, a, b)


def _product_with_stack(graph: Graph, a: int, b: int) -> int:
    """1.5 b − 0.5 a by an array of both, read backwards."""
    backwards = graph.view(_stacked(graph, [a, b]), 1, (-1,), (2,))
    product = graph.elementwise("multiply", backwards, graph.constant(np.array([1.5, -0.5])))
    return graph.add("reduce", (product,), ("sum", (0,)), (), REAL)


def _norm(graph: Graph, x: int) -> int:
    if graph[x].shape == ():
        return graph.elementwise("square", x)
    return graph.add("contract", (x, x), "i,i->", (), REAL)


def _stacked(graph: Graph, operands: list[int]) -> int:
    placements, start = [], 0
    for i in operands:
        placements.append(Placement(start, _own(graph[i].shape)))
        start += graph[i].size
    return graph.add("place", operands, tuple(placements), (start,), REAL)


def _total(graph: Graph, operands: list[int]) -> int:
    total = graph.constant(1.0)
    for i in operands:
        total = graph.elementwise("add", total, i)
    return total
