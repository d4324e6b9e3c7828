"""From a guarded program to a graph: NumPy's operations in terms of the few kinds of values a graph has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.compile.function_lowering import PARTS, SCANS, of_function, of_values
from taylorad.compile.graph import LARGE, Graph, Placement, axes_of, placement, row_major
from taylorad.compile.passes import simplify
from taylorad.compile.series.compiled import unsupported
from taylorad.trace import GuardedProgram, Node, Tracer
from taylorad.trace import operations as ops
from taylorad.trace.series import Series
from taylorad.trace.singular import Root


def lowered(program: GuardedProgram, recurrences: str = "auto") -> Graph:
    """The graph of a program: same inputs in the same order, one output for each result of the program.

    `recurrences` is the shape of the code of Taylor series: "auto", "unrolled" or "loops".
    """
    graph = Graph()
    at: dict[int, int] = {}
    lowering = Lowering(graph, at, recurrences)
    for node in program.inputs:
        at[node.index] = graph.input(node.shape, node.dtype)
    needed = _needed(program)
    for node in program.nodes:
        if needed[node.index] and node.operation is not ops.INPUT:
            at[node.index] = lowering.value(node)
    for output in program.outputs:
        graph.outputs.append(at[output.index] if isinstance(output, Node) else graph.constant(output))
    graph.guards = [(at[node.index], expected) for node, expected in program.guards]
    return graph


def _needed(program: GuardedProgram) -> bytearray:
    needed = bytearray(len(program.nodes))
    for node in (*program.outputs, *(node for node, _ in program.guards)):
        if isinstance(node, Node):
            needed[node.index] = True
    for node in reversed(program.nodes):
        if needed[node.index]:
            for o in node.operands:
                if isinstance(o, Node):
                    needed[o.index] = True
    return needed


class Recurrences:
    """The Taylor coefficients of a graph with one output, along a line.

    Attributes
    ----------
    graph : Graph
    order : int
    shape : str
        Of the code: "auto", "unrolled" or "loops".
    """

    def __init__(self, graph: Graph, order: int, shape: str, node: Node):
        self.graph, self.order, self.shape, self.node = graph, order, shape, node

    def __call__(self, point: Any, direction: Any, *constants: Any) -> Any:
        """The coefficients, by `taylorad.taylor`; each constant is followed by its slope, 0."""
        return self.node.operation.evaluate(self.node, (point, direction, *constants[::2]))

    def __repr__(self) -> str:
        return f"order {self.order} of {len(self.graph)} values"


class Opaque:
    """An operation that is carried out by NumPy."""

    def __init__(self, node: Node):
        self.name, self.node = node.name, node

    def __call__(self, *values: Any) -> Any:
        return self.node.operation.evaluate(self.node, values)

    def __repr__(self) -> str:
        return self.name


class Lowering:
    """The nodes of one program, one after the other."""

    def __init__(self, graph: Graph, at: dict[int, int], recurrences: str = "auto"):
        self.graph, self.at, self.recurrences = graph, at, recurrences
        self.taken: dict[int, int] = {}  # values of an outer program, by id
        self.captured: list[tuple[np.ndarray, int]] = []  # large constants

    def value(self, node: Node) -> int:
        """The value of a node, made up to its shape and number type."""
        rule = _RULES.get(type(node.operation))
        made = None if rule is None else rule(self, node)
        if made is None:
            made = self.opaque(node)
        made = self.spread(made, node.shape)
        if self.graph[made].dtype != node.dtype:
            made = self.graph.add("convert", (made,), None, node.shape, node.dtype)
        return made

    def operand(self, x: Any, dtype: Any = None) -> int:
        """An operand: an earlier node, or a constant, in the number type it is used in."""
        if isinstance(x, Node):
            index = self.at[x.index]
        elif x.__class__ is Tracer:
            index = self.taken[id(x)]
        elif isinstance(x, np.ndarray) and x.nbytes > LARGE:
            index = self.large(x)
        else:
            array = np.asarray(x)
            kind = dtype is not None and array.dtype.kind in "iub" and np.dtype(dtype).kind in "fc"
            index = self.graph.constant(array.astype(dtype) if kind or (isinstance(x, float) and dtype) else array)
        return index if dtype is None else self.converted(index, dtype)

    def large(self, x: np.ndarray) -> int:
        """A large constant; equal ones are one array, and transposed ones views of it."""
        for known, index in self.captured:
            if known.dtype == x.dtype and known.shape == x.shape and np.array_equal(known, x):
                return index
            if known.dtype == x.dtype and known.shape == x.shape[::-1] and np.array_equal(known, x.T):
                return self.graph.view(index, 0, row_major(known.shape)[::-1], x.shape)
        index = self.graph.constant(x)
        self.captured.append((x, index))
        return index

    def operands(self, node: Node, dtype: Any = None) -> list[int]:
        """All operands of a node, in one number type."""
        return [self.operand(o, node.dtype if dtype is None else dtype) for o in node.operands]

    def elementwise(self, kind: str, node: Node, data: Any = None) -> int:
        """An elementwise value of the operands."""
        return self.graph.elementwise(kind, *self.operands(node), data=data)

    def opaque(self, node: Node) -> int:
        """What has no kind: the operation itself, carried out by NumPy."""

        return self.graph.add("numpy", [self.operand(o) for o in node.operands], Opaque(node), node.shape, node.dtype)

    # ------------------------------------------------------------------------------------------------- arithmetic

    def additive(self, node: Node) -> int:
        return self.elementwise("add" if node.static > 0 else "subtract", node)

    def matmul(self, node: Node) -> int:
        x, y = self.operands(node)
        return self.graph.add(
            "contract", (x, y), _matmul(self.graph[x].shape, self.graph[y].shape), node.shape, node.dtype
        )

    def contract(self, node: Node) -> int:
        terms, output = node.static
        operands = self.operands(node)
        if len(operands) == 1:
            operands.append(self.graph.constant(np.ones((), node.dtype)))
            terms = (*terms, "")
        return self.graph.add("contract", operands, ",".join(terms) + "->" + output, node.shape, node.dtype)

    def linear(self, node: Node) -> int | None:
        primitive, args, kwargs = node.static
        (x,) = self.operands(node)
        if primitive.name in PARTS and self.graph[x].dtype.kind == "c":
            return self.part(primitive.name, x, node)
        if primitive.name in ("positive", "conjugate", "real") and node.operands[0].dtype.kind == "f":
            return x
        if primitive.name == "imag" and node.operands[0].dtype.kind == "f":
            return self.graph.constant(np.zeros((), node.dtype))
        if primitive.name == "scatter_add":
            index, shape = args[0], args[1]
            places = (placement(np.reshape(index, self.graph[x].shape)),)
            return self.graph.add("accumulate", (x,), places, shape, node.dtype)
        if primitive.name == "negative":
            return self.graph.elementwise("negative", x)
        if primitive.name == "trace" and not args and not kwargs:
            size = min(self.graph[x].shape[:2])
            if len(self.graph[x].shape) == 2:
                diagonal = self.graph.view(x, 0, (self.graph[x].shape[1] + 1,), (size,))
                return self.reduced("sum", diagonal, (0,), node)
        if primitive.name in ("cumsum", "difference"):
            return SCANS[primitive.name](self.graph, x, *args, **kwargs)
        if primitive.name in ("sum", "mean") and not args[1:] and set(kwargs) <= {"axis", "keepdims", "dtype"}:
            axes = axes_of(args[0] if args else kwargs.get("axis"), len(self.graph[x].shape))
            total = self.reduced("sum", x, axes, node)
            count = np.prod([self.graph[x].shape[i] for i in axes], dtype=int)
            scale = self.graph.constant(np.asarray(count, node.dtype))
            return total if primitive.name == "sum" else self.graph.elementwise("divide", total, scale)
        return None

    def part(self, name: str, x: int, node: Node) -> int:
        """A part of complex numbers, or their magnitude."""
        return self.graph.add("call", (x,), name, self.graph[x].shape, node.dtype)

    def reduced(self, name: str, x: int, axes: tuple[int, ...], node: Node) -> int:
        value = self.graph[x]
        left = tuple(n for i, n in enumerate(value.shape) if i not in axes)
        total = self.graph.add("reduce", (x,), (name, axes), left, node.dtype)
        return self.graph.reshaped(total, node.shape)

    # ------------------------------------------------------------------------------------------- moving entries about

    def move(self, node: Node) -> int:
        """Anything with one operand whose entries are entries of it."""
        (x,) = [self.operand(o) for o in node.operands]
        value = self.graph[x]
        if value.size and type(node.operation) in VIEWING:
            return self.graph.view(x, *_layout(node, value.shape))
        numbers = np.arange(value.size).reshape(value.shape)
        return self.graph.moved(x, np.asarray(node.operation.evaluate(node, [numbers])))

    def stack(self, node: Node) -> int:
        size = int(np.prod(node.shape[1:], dtype=int))
        strides = row_major(node.shape[1:])
        places = tuple(Placement(i * size, strides) for i in range(len(node.operands)))
        return self.graph.add("place", self.operands(node), places, node.shape, node.dtype)

    def store(self, node: Node) -> int:
        z, x = self.operands(node)
        x, places = self.parts(node, x)
        return self.graph.add("place", *self.without_zeros(z, x, places), node.shape, node.dtype)

    def add_at(self, node: Node) -> int:
        z, x = self.operands(node)
        x, places = self.parts(node, x)
        return self.graph.add("accumulate", *self.without_zeros(z, x, places), node.shape, node.dtype)

    def parts(self, node: Node, x: int) -> tuple[int, tuple[Placement, Placement]]:
        """What is written, repeated to the shape of where it goes, and the two placements."""
        size = int(np.prod(node.shape, dtype=int))
        positions = np.asarray(np.arange(size).reshape(node.shape)[node.static])
        value = self.graph[x]
        if value.shape != positions.shape:
            numbers = np.broadcast_to(np.arange(value.size).reshape(value.shape), positions.shape)
            x = self.graph.moved(x, numbers)
        return x, (Placement(0, row_major(node.shape)), placement(positions))

    def without_zeros(self, z: int, x: int, places: tuple) -> tuple[tuple, tuple]:
        value = self.graph[z]
        if value.kind == "constant" and not np.any(value.data):
            return (x,), places[1:]
        return (z, x), places

    def gathered(self, node: Node) -> int | None:
        """A function that moves entries of several operands, found by moving their numbers; 0 are zeros it puts in."""
        if node.dtype.kind not in "fc":
            return None
        operands, count, numbers = self.operands(node), 1, []
        for i in operands:
            size = self.graph[i].size
            numbers.append(np.arange(count, count + size).reshape(self.graph[i].shape))
            count += size
        index = np.asarray(node.operation.evaluate(node, numbers))
        parts, places = [], []
        for i, own in zip(operands, numbers, strict=True):
            if own.size:
                first = own.flat[0]
                chosen = np.flatnonzero((index.ravel() >= first) & (index.ravel() < first + own.size))
                if len(chosen):
                    parts.append(self.graph.moved(i, index.ravel()[chosen] - first))
                    places.append(placement(chosen))
        return self.graph.add("place", parts, tuple(places), node.shape, node.dtype)

    def where(self, node: Node) -> int:
        condition = self.operand(node.static)
        return self.graph.elementwise("select", condition, *self.operands(node))

    def copy(self, node: Node) -> int:
        return self.operands(node)[0]

    def elementary(self, node: Node) -> int | None:
        return of_values(self, node.static[0], [self.operand(o) for o in node.operands], node)

    def series(self, node: Node) -> int | None:
        """The recurrences of a program of its own, if all that it does has a kind and a rule."""
        line = node.static[0]
        inner = Lowering(Graph(), {})
        (argument,) = line.program.inputs
        inner.at[argument.index] = inner.graph.input(argument.shape, argument.dtype)
        inner.taken = {id(x): inner.graph.input(x.shape, x.dtype) for x in line.taken}
        for part in line.program.nodes[1:]:
            inner.at[part.index] = inner.value(part)
        inner.graph.outputs = [inner.at[line.program.outputs[0].index]]
        graph = simplify(inner.graph)
        if any(graph.of_kind("numpy")) or unsupported(graph, line.order, "variable") is not None:
            return None
        point, direction, *constants = [self.operand(o) for o in node.operands]
        given = [point, self.spread(direction, argument.shape)]
        for i in constants:
            value = self.graph[i]
            given += [i, self.graph.constant(np.zeros(value.shape, value.dtype))]
        return self.graph.add(
            "series", given, Recurrences(graph, line.order, self.recurrences, node), node.shape, node.dtype
        )

    def spread(self, x: int, shape: tuple[int, ...]) -> int:
        """A value repeated to a shape, single numbers too."""
        x = self.graph.repeated(x, shape)
        return x if self.graph[x].shape == shape else self.graph.view(x, 0, (0,) * len(shape), shape)

    def converted(self, i: int, dtype: Any) -> int:
        """A value in another number type; complex ones stay complex."""
        value = self.graph[i]
        if value.dtype == dtype or (value.dtype.kind == "c" and np.dtype(dtype).kind != "c"):
            return i
        return self.graph.add("convert", (i,), None, value.shape, dtype)


VIEWING = (ops.GetItem, ops.Reshape, ops.Transpose, ops.Broadcast)


def _layout(node: Node, shape: tuple[int, ...]) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """(offset, strides, shape) of what a view shows of a contiguous array, from NumPy, without the array's memory.

    The array here is one byte that claims to be all of them; a view of it reads nothing.
    """
    byte = np.zeros(1, dtype=np.int8)
    whole = np.lib.stride_tricks.as_strided(byte, shape, row_major(shape), writeable=False)
    if type(node.operation) is ops.GetItem:
        key = node.static if isinstance(node.static, tuple) else (node.static,)
        view = whole[key if any(k is Ellipsis for k in key) else (*key, Ellipsis)]  # an Ellipsis: never a number
    else:
        view = node.operation.evaluate(node, [whole])
    return view.ctypes.data - byte.ctypes.data, view.strides, view.shape


def _matmul(x: tuple[int, ...], y: tuple[int, ...]) -> str:
    """`numpy.matmul` of arrays of these shapes as subscripts."""
    letters = "abcdefgh"
    batch = max(len(x), len(y)) - 2
    left = "i" * (len(x) > 1) + "j" if len(x) < 3 else letters[batch - len(x) + 2 : batch] + "ij"
    right = "j" + "k" * (len(y) > 1) if len(y) < 3 else letters[batch - len(y) + 2 : batch] + "jk"
    return f"{left},{right}->{letters[: max(batch, 0)]}" + "i" * (len(x) > 1) + "k" * (len(y) > 1)


_RULES: dict[type, Callable[[Lowering, Node], int | None]] = {
    ops.Additive: Lowering.additive,
    ops.Multiply: lambda lowering, node: lowering.elementwise("multiply", node),
    ops.Divide: lambda lowering, node: lowering.elementwise("divide", node),
    ops.Square: lambda lowering, node: lowering.elementwise("square", node),
    ops.Matmul: Lowering.matmul,
    ops.Contract: Lowering.contract,
    ops.LinearFunction: Lowering.linear,
    ops.GetItem: Lowering.move,
    ops.Take: Lowering.move,
    ops.Reshape: Lowering.move,
    ops.Transpose: Lowering.move,
    ops.Broadcast: Lowering.move,
    ops.Gather: Lowering.gathered,
    ops.Where: Lowering.where,
    ops.Stack: Lowering.stack,
    ops.Store: Lowering.store,
    ops.AddAt: Lowering.add_at,
    ops.Copy: Lowering.copy,
    ops.Function: of_function,
    ops.Elementary: Lowering.elementary,
    Root: Lowering.elementary,
    Series: Lowering.series,
}
