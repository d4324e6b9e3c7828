"""From a graph to the nodes of its Taylor recurrences: values of a graph become series, functions their equations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from taylorad.compile.graph import Graph, Value, row_major
from taylorad.compile.series.functions import FLAT, Functions, selected
from taylorad.compile.series.nodes import BOOL, SeriesProgram
from taylorad.compile.series.start import Start, Unsupported

SEEDS = ("coefficients", "variable", "solution")


def expand_graph(
    graph: Graph,
    order: int,
    seeds: str,
    known: Callable[[str], bool],
    equations: int | None = None,
    time: int | None = None,
) -> SeriesProgram:
    """The series program of a graph.

    Parameters
    ----------
    graph : Graph
    order : int
    seeds : {"coefficients", "variable", "solution"}
        Degrees of the inputs: all, 0 and 1, or those of a solution of x' = f(x), of which output i gives the slope of
        input i; further inputs are constants then.
    known : callable (name) -> bool
        Whether there is native code for the values of a function.
    equations : int, optional
        Under "solution", how many outputs are slopes; the others are functions of the solution, wanted to one degree
        less than it. All are slopes if it is not given.
    time : int, optional
        Under "solution", the number of the input that is the independent variable: its degree 1 is one.

    Raises
    ------
    Unsupported
        Where there is no recurrence for a value.
    """
    if seeds not in SEEDS:
        raise ValueError(f"seeds must be one of {', '.join(SEEDS)}, got {seeds!r}")
    count = len(graph.outputs) if equations is None else equations
    expansion = _Expansion(graph, SeriesProgram(order, seeds, count, time), known)
    needed = graph.needed()
    for value in graph.values:
        if needed[value.index]:
            expansion.at[value.index] = expansion.node(value)
    return expansion.finished()


class _Expansion:
    def __init__(self, graph: Graph, program: SeriesProgram, known: Callable[[str], bool]):
        self.graph, self.program = graph, program
        self.functions = Functions(program, known)
        self.at: dict[int, int] = {}
        self.moving, self.still = moving_values(graph), False

    def finished(self) -> SeriesProgram:
        program, graph = self.program, self.graph
        program.inputs, program.outputs = [self.at[i] for i in graph.inputs], [self.at[i] for i in graph.outputs]
        for i, expected in graph.guards:
            value = graph[i]
            constant = program.add("constant", (), np.asarray(expected), np.shape(expected), value.dtype, 0)
            if program.seeds == "solution" and value.dtype.kind == "f" and program[self.at[i]].degree:
                raise Unsupported("a branch, or a number, that was made of a value that moves")
            equal = Start(program, self.at[i]) == Start(program, constant)
            self.functions.require(equal)
        if program.seeds == "solution":
            for i, x in zip(graph.outputs[: program.equations], graph.inputs, strict=False):
                if graph[i].shape != graph[x].shape or graph[i].dtype != graph[x].dtype:
                    raise Unsupported("a slope that has not the shape and type of its variable")
        program.guards = list(dict.fromkeys(program.guards))
        program.settle()
        return program

    def node(self, value: Value) -> int:
        operands = tuple(self.at[i] for i in value.operands)
        if value.kind not in _RULES:
            raise Unsupported(f"values of kind {value.kind} have no recurrence")
        self.still = not self.moving[value.index]
        index = self._rule(value.kind)(self, value, operands)
        if self.program[index].shape != value.shape:  # an operand that was a single number
            index = self.program.add(
                "view", (index,), (0, (0,) * len(value.shape)), value.shape, value.dtype, self.program[index].degree
            )
        return index

    def _rule(self, kind: str) -> Callable[[_Expansion, Value, tuple[int, ...]], int]:
        return _Expansion._at_degree_0 if self.still and kind in _ELEMENTWISE else _RULES[kind]

    # -------------------------------------------------------------------------------------------------- kinds

    def _at_degree_0(self, value: Value, operands: tuple[int, ...]) -> int:
        """What only decisions depend on: no recurrence, and no condition for one."""
        if value.kind == "call":
            return self.functions.value(value.data, *operands)
        return self._value(value, operands)

    def _input(self, value: Value, operands: tuple[int, ...]) -> int:
        program = self.program
        degree = {"coefficients": program.order, "variable": 1, "solution": program.order}[program.seeds]
        if program.seeds == "solution" and value.data >= program.equations:
            degree = 1 if value.data == program.time else 0
        if value.dtype.kind != "f":
            degree = 0
        return program.add("input", (), value.data, value.shape, value.dtype, degree)

    def _constant(self, value: Value, operands: tuple[int, ...]) -> int:
        return self.program.add("constant", (), value.data, value.shape, value.dtype, 0)

    def _value(self, value: Value, operands: tuple[int, ...]) -> int:
        return self.program.add("value", operands, (value.kind, value.data), value.shape, value.dtype, 0)

    def _arithmetic(self, value: Value, operands: tuple[int, ...]) -> int:
        functions = self.functions
        if value.dtype.kind != "f":
            return self._value(value, operands)
        kind = value.kind
        if kind in _LINEAR:
            return functions.linear(_LINEAR[kind], operands)
        if kind == "linear":
            return functions.linear(tuple(value.data[0]), operands, value.data[1])
        if kind == "divide":
            return functions.quotient(*operands)
        return functions.product(operands[0], operands[-1])

    def _call(self, value: Value, operands: tuple[int, ...]) -> int:
        return self.functions.call(value.data, operands)

    def _extremum(self, value: Value, operands: tuple[int, ...]) -> int:
        """x where it is beyond y or nan; where they are equal, eager code takes the mean."""
        program = self.program
        if max(program[i].degree for i in operands) == 0:
            return self._value(value, operands)
        x, y = (Start(program, i) for i in operands)
        self.functions.require(x != y)
        chosen = (x < y if value.kind == "minimum" else x > y) | (x != x)
        return selected(self.functions, chosen.index, *operands)

    def _select(self, value: Value, operands: tuple[int, ...]) -> int:
        if value.dtype.kind != "f":
            return self._value(value, operands)
        return selected(self.functions, *operands)

    def _convert(self, value: Value, operands: tuple[int, ...]) -> int:
        source = self.program[operands[0]]
        degree = source.degree if value.dtype.kind == "f" and source.dtype.kind == "f" else 0
        if degree == 0:
            return self._value(value, operands)
        return self.program.add("convert", operands, None, value.shape, value.dtype, degree)

    def _moved(self, value: Value, operands: tuple[int, ...]) -> int:
        degree = max((self.program[i].degree for i in operands), default=0)
        return self.program.add(value.kind, operands, value.data, value.shape, value.dtype, degree)

    def _reduce(self, value: Value, operands: tuple[int, ...]) -> int:
        name, axes = value.data
        (x,) = operands
        source = self.program[x]
        if axes is None:
            axes = tuple(range(len(source.shape)))
        axes = (axes,) if isinstance(axes, int) else tuple(a % len(source.shape) for a in axes)
        if name == "sum" and source.dtype == value.dtype:
            return self.program.add("sum", operands, axes, value.shape, value.dtype, source.degree)
        if name not in _PAIRWISE or source.size == 0 or (name in ("any", "all") and source.dtype != BOOL):
            raise Unsupported(f"the reduction {name} of {source.dtype} has no recurrence")
        kept = [i for i in range(len(source.shape)) if i not in axes]
        count = int(np.prod([source.shape[i] for i in axes], dtype=int))
        positions = np.arange(source.size).reshape(source.shape).transpose(*kept, *axes).reshape(-1, count)
        return self._halves(name, x, positions, value.shape)

    def _halves(self, name: str, x: int, positions: np.ndarray, shape: tuple[int, ...]) -> int:
        """Combine the columns of positions: those of the two halves with one another, over and over."""
        rest: list[int] = []
        count = positions.shape[1]
        current = self._taken(x, positions)
        while count > 1:
            if count % 2:
                rest.append(self._columns(current, count - 1, count))
            half = count // 2
            first, second = self._columns(current, 0, half), self._columns(current, half, 2 * half)
            current, count = self._combined(name, first, second), half
        for one in rest:
            current = self._combined(name, current, one)
        node = self.program[current]
        return self.program.add("view", (current,), (0, row_major(shape)), shape, node.dtype, node.degree)

    def _taken(self, x: int, positions: np.ndarray) -> int:
        node = self.program[x]
        return self.program.add("take", (x,), np.ascontiguousarray(positions), positions.shape, node.dtype, node.degree)

    def _columns(self, x: int, begin: int, end: int) -> int:
        node = self.program[x]
        rows, columns = node.shape
        data = begin, (columns, 1)
        return self.program.add("view", (x,), data, (rows, end - begin), node.dtype, node.degree)

    def _combined(self, name: str, x: int, y: int) -> int:
        node, kind = self.program[x], _PAIRWISE[name]
        value = Value(-1, kind, (), None, node.shape, node.dtype)
        return self._rule(kind)(self, value, (x, y))

    def _contract(self, value: Value, operands: tuple[int, ...]) -> int:
        degree = sum(self.program[i].degree for i in operands)
        return self.program.add("contract", operands, value.data, value.shape, value.dtype, degree)


def moving_values(graph: Graph) -> bytearray:
    """On which values outputs depend by more than comparisons, conditions and functions that are flat."""
    moving = bytearray(len(graph.values))
    for i in graph.outputs:
        moving[i] = True
    for value in reversed(graph.values):
        if moving[value.index] and value.kind != "compare" and not (value.kind == "call" and value.data in FLAT):
            for i in value.operands[1 if value.kind == "select" else 0 :]:
                moving[i] = True
    return moving


_LINEAR: dict[str, tuple] = {"add": (1, 1), "subtract": (1, -1), "negative": (-1,)}
_PAIRWISE = {"max": "maximum", "min": "minimum", "prod": "multiply", "any": "or", "all": "and"}
_ELEMENTWISE = frozenset(
    [
        "add",
        "subtract",
        "negative",
        "linear",
        "multiply",
        "square",
        "divide",
        "call",
        "minimum",
        "maximum",
        "select",
        "convert",
    ]
)
_RULES: dict[str, Callable[[_Expansion, Value, tuple[int, ...]], int]] = {
    "input": _Expansion._input,
    "constant": _Expansion._constant,
    **dict.fromkeys(("add", "subtract", "negative", "linear", "multiply", "square", "divide"), _Expansion._arithmetic),
    "call": _Expansion._call,
    "minimum": _Expansion._extremum,
    "maximum": _Expansion._extremum,
    **dict.fromkeys(("compare", "and", "or", "not"), _Expansion._value),
    "select": _Expansion._select,
    "convert": _Expansion._convert,
    **dict.fromkeys(("view", "take", "place", "accumulate"), _Expansion._moved),
    "reduce": _Expansion._reduce,
    "contract": _Expansion._contract,
}
