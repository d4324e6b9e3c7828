"""What a step of Taylor recurrences is made of: nodes, each a series v_0 … v_p, in order of evaluation.

`SeriesProgram` is a graph (`compile.graph`) after every function has been lowered to few kinds of nodes:

==========  ==========================  ==========================================================
kind        data                        part k
==========  ==========================  ==========================================================
input       number of the input         given
constant    array                       degree 0 only
value       (operation, more)           degree 0 only: anything elementwise, functions included
linear      ((c₁, …), c₀)               c₁ x₁_k + …, and c₀ at degree 0
product     --                          Σ_j u_j v_{k-j}
square      --                          the same with u = v, half the work
quotient    --                          (u_k − Σ_{j<k} v_{k-j} q_j) / v_0; operands u, v, 1/v_0
root        --                          (x_k − Σ_{0<j<k} y_j y_{k-j}) / 2y_0; operands x, y_0, 1/2y_0
power       exponent r                  Σ_{0<j≤k} ((r + 1) j − k) x_j y_{k-j} / k x_0; operands x, y_0, 1/x_0
slope       --                          k x_k
unknown     `Row`                       the recurrence of an equation
select      --                          x_k or y_k, by a condition of degree 0
convert     --                          the same in another number type
view take place accumulate sum contract: as in a graph, at every degree (contract: a sum over degrees)
==========  ==========================  ==========================================================

Parts above a node's `degree` are zero and never made; parts above `needed` are of no use and never made either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

BOOL = np.dtype(bool)


@dataclass(frozen=True)
class Term:
    """``(constant + coefficient·b) x'`` of an unknown's equation: nodes of b (or None) and of the slope of x."""

    constant: Any
    coefficient: Any
    atom: int | None
    slope: int


@dataclass
class Row:
    """``k y_k = (Σ terms − coefficient Σ_{0<j<k} j y_j a_{k-j}) / a₀``.

    Attributes
    ----------
    terms : list of Term
    start : node of y_0
    a : (coefficient, node) of the part of a that moves, None if a is a constant
    inverse : node of 1/a₀, None for 1
    slope : node of j y_j, where it is used
    """

    terms: list[Term] = field(default_factory=list)
    start: int = -1
    a: tuple[Any, int] | None = None
    inverse: int | None = None
    slope: int | None = None


@dataclass(eq=False)
class Node:
    """One series; see the module."""

    index: int
    kind: str
    operands: tuple[int, ...]
    data: Any
    shape: tuple[int, ...]
    dtype: np.dtype
    degree: int
    needed: int = -1

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(np.prod(self.shape, dtype=np.int64))

    @cached_property
    def uniform(self) -> bool:
        """Whether it is one constant number, or many of the same."""
        if self.kind != "constant" or self.size == 0:
            return False
        return self.size == 1 or bool(np.all(self.data == self.data.flat[0]))

    @property
    def last(self) -> int:
        """The highest part to be made."""
        return min(self.degree, self.needed)


@dataclass
class SeriesProgram:
    """Nodes in order of evaluation; within a degree, each needs lower degrees of any node and its own of earlier ones.

    Attributes
    ----------
    order : highest degree
    nodes : list of Node
    inputs, outputs : nodes
    guards : nodes of type bool that must hold at degree 0
    seeds : "coefficients", "variable" or "solution"
    equations : under "solution", how many inputs are unknowns; outputs beyond are functions of the solution
    time : under "solution", the number of the input that is the independent variable, if one is
    """

    order: int
    seeds: str
    equations: int = 0
    time: int | None = None
    nodes: list[Node] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    guards: list[int] = field(default_factory=list)
    _known: dict[tuple, int] = field(default_factory=dict, repr=False)

    def __getitem__(self, index: int) -> Node:
        return self.nodes[index]

    @property
    def steps(self) -> int:
        """The highest degree of the outputs that is made: one less than the solution's of an equation."""
        return max(self.order - 1, 0) if self.seeds == "solution" else self.order

    def add(self, kind: str, operands: Sequence[int], data: Any, shape: tuple, dtype: Any, degree: int) -> int:
        """The index of a node, which is made unless there is an equal one."""
        key = (kind, tuple(operands), _key(kind, data), tuple(shape), np.dtype(dtype))
        index = self._known.get(key) if kind != "unknown" else None
        if index is None:
            index = self._known[key] = len(self.nodes)
            degree = min(degree, self.order)
            self.nodes.append(Node(index, kind, tuple(operands), data, tuple(shape), np.dtype(dtype), degree))
        return index

    def settle(self) -> None:
        """Find how far each node is needed."""
        for i in self.outputs:
            self._need(i, self.steps)
        for i in (*self.guards, *self.inputs[: self.equations]):
            self._need(i, 0)
        for node in self.nodes:
            if node.kind == "slope" and node.needed > 0 and self.nodes[node.operands[0]].kind == "unknown":
                self.nodes[node.operands[0]].data.slope = node.index

    def _need(self, index: int, degree: int) -> None:
        pending = [(index, degree)]
        while pending:
            i, k = pending.pop()
            node = self.nodes[i]
            if k > node.needed:
                node.needed = k
                pending += self._uses(node, min(k, node.degree))

    def _uses(self, node: Node, k: int) -> list[tuple[int, int]]:
        """What the parts up to k of a node are made of."""
        if node.kind == "unknown":
            return row_uses(node.data, k)
        if node.kind in ("value", "constant", "input"):
            return [(i, 0) for i in node.operands]
        if node.kind in ("quotient", "root", "power"):
            first, second, inverse = node.operands
            uses = [(first, k), (second, k if node.kind == "quotient" else 0)]
            return [*uses, (inverse, 0)] if k else uses
        if node.kind == "select":
            return [(node.operands[0], 0), *((i, k) for i in node.operands[1:])]
        return [(i, k) for i in node.operands]

    def made(self) -> list[Node]:
        """The nodes of which some part is needed."""
        return [node for node in self.nodes if node.needed >= 0]


def row_uses(row: Row, k: int) -> list[tuple[int, int]]:
    uses = [(row.start, 0)]
    if k == 0:
        return uses
    uses += [(term.slope, k) for term in row.terms]
    uses += [(term.atom, k - 1) for term in row.terms if term.atom is not None]
    if row.inverse is not None:
        uses.append((row.inverse, 0))
    if row.a is not None and row.slope is not None:
        uses += [(row.a[1], k - 1), (row.slope, k - 1)]
    return uses


def _key(kind: str, data: Any) -> Any:
    if kind in ("constant", "take"):
        return data.shape, data.dtype.str, data.tobytes()
    if kind in ("place", "accumulate"):
        return tuple(placement.key for placement in data)
    return id(data) if kind == "unknown" else data
