"""An equation without its numbers: what compiled code depends on, so that one text serves all values of parameters."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

from taylorad.rules.equation import Equation

LARGEST = 1 << 20  # integers beyond are not written into the code


@dataclass(frozen=True)
class Number:
    """A coefficient that is given when the code runs, by its place among them."""

    place: int


@dataclass(frozen=True)
class Plan:
    """As `Equation`, with plain tuples, and a count of numbers.

    Nodes are (kind, operands, constant), rows have terms (constant, coefficient, atom, argument).
    """

    arguments: int
    unknowns: int
    nodes: tuple
    a: tuple
    rows: tuple
    moving: tuple[int, ...]
    numbers: int

    def __post_init__(self) -> None:
        parts = self.arguments, self.unknowns, self.nodes, self.a, self.rows
        object.__setattr__(self, "_hash", hash(parts))

    def __hash__(self) -> int:
        known: int = self._hash  # type: ignore[attr-defined]
        return known

    def multiplied(self) -> set[int]:
        """Atoms that are factors of some product."""
        factors = {atom for kind, operands, _ in self.nodes if kind != "linear" for atom in operands}
        factors |= {term[2] for row in self.rows for term in row}
        return (factors | {self.a[2]}) - {None}

    def convolved_slopes(self) -> set[int]:
        """Arguments whose slopes are factors of some product."""
        return {term[3] for row in self.rows for term in row if term[2] is not None}


def plan_of(equation: Equation) -> tuple[Plan, list[float]] | None:
    """The plan of an equation and its numbers; None if these are not real, or arrays."""
    numbers: list[float] = []

    def number(value: Any) -> int | Number:
        if value.__class__ is int and abs(value) < LARGEST:
            return value
        numbers.append(float(value))
        return Number(len(numbers) - 1)

    def operand(x: Any) -> Any:
        return x if isinstance(x, int) else (number(x[0]), x[1])

    constants = [equation.a[0], equation.a[1]]
    constants += [c for row in equation.rows for term in row for c in (term.constant, term.coefficient)]
    for node in equation.nodes:
        constants += [node.constant, *(x[0] for x in node.operands if not isinstance(x, int))]
    if not all(isinstance(c, Real) for c in constants):
        return None
    nodes = tuple((n.kind, tuple(operand(x) for x in n.operands), number(n.constant)) for n in equation.nodes)
    rows = tuple(
        tuple((number(t.constant), number(t.coefficient), t.atom, t.argument) for t in row) for row in equation.rows
    )
    a = (number(equation.a[0]), number(equation.a[1]), equation.a[2])
    return Plan(equation.arguments, equation.unknowns, nodes, a, rows, equation.moving, len(numbers)), numbers
