"""Taylor series of a function inside a guarded program: one node, which holds the function's own program.

A compiler can then run the recurrences order by order, instead of the many small operations they are made of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from taylorad.trace import operations as ops
from taylorad.trace.node import Node
from taylorad.trace.operation import Operands, Operation
from taylorad.trace.program import Program
from taylorad.trace.tracer import Tracer


class Line:
    """A program with one input and one output, recorded within a guarded program, and what it took from that.

    Attributes
    ----------
    program : Program
    taken : list of Tracer
        Values of the guarded program that the function uses besides its argument: constants along the line.
    order : int
    """

    def __init__(self, program: Program, order: int):
        self.program, self.order = program, order
        found: dict[int, Tracer] = {}
        for node in program.nodes:
            for x in (*node.operands, node.static):
                if x.__class__ is Tracer:
                    found[id(x)] = x
        self.taken = list(found.values())

    def number(self, x: Tracer) -> int:
        """The place of a value among those taken."""
        return next(i for i, known in enumerate(self.taken) if known is x)

    def values(self, start: Any, taken: Sequence[Any]) -> Any:
        """The output, for an argument in any algebra."""
        values: list[Any] = []
        for node in self.program.nodes:
            if node.operation is ops.INPUT:
                values.append(start)
                continue
            operands = [self._value(o, values, taken) for o in node.operands]
            if node.operation is ops.WHERE:
                values.append(np.where(self._value(node.static, values, taken), *operands))
            else:
                values.append(node.operation.evaluate(node, operands))
        return self._value(self.program.outputs[0], values, taken)

    def _value(self, x: Any, values: list[Any], taken: Sequence[Any]) -> Any:
        if x.__class__ is Node:
            return values[x.index]
        return taken[self.number(x)] if x.__class__ is Tracer else x


class Series(Operation):
    """Taylor coefficients along a line; static: (Line, expand), operands: point, direction, and what was taken.

    ``expand(f, point, direction, order)`` gives the coefficients of a function of one variable.
    """

    def evaluate(self, node: Node, values: Operands) -> Any:
        line, expand = node.static
        point, direction, *taken = values
        return expand(lambda x: line.values(x, taken), point, direction, line.order)

    def push(self, node: Node, tangents: Operands) -> Any:
        raise AssertionError("guarded programs hold derivatives, they are not differentiated")

    def pull(self, node: Node, ybar: Any, sweep: Any) -> None:
        raise AssertionError("guarded programs hold derivatives, they are not differentiated")


SERIES = Series()
ALONG_LINES = frozenset(
    [
        ops.INPUT,
        ops.ADDITIVE,
        ops.ELEMENTARY,
        ops.SQUARE,
        ops.MULTIPLY,
        ops.DIVIDE,
        ops.MATMUL,
        ops.CONTRACT,
        ops.LINEAR,
        ops.GETITEM,
        ops.TAKE,
        ops.RESHAPE,
        ops.TRANSPOSE,
        ops.BROADCAST,
        ops.WHERE,
        ops.STACK,
        ops.GATHERED,
        ops.STORE,
        ops.ADD_AT,
        ops.COPY,
    ]
)
"""Operations of programs whose series are nodes."""


def record_series(owner: Tracer, direction: Any, line: Line, expand: Callable) -> Tracer:
    """The coefficients, shape (order + 1, *out), as one node of the guarded program that traces `owner`."""
    nodes, values = owner.split((owner, direction, *line.taken))
    point, towards, *taken = values
    coefficients = expand(lambda x: line.values(x, taken), point, towards, line.order)
    return owner.result(SERIES, nodes, (line, expand), None, np.asarray(coefficients))
