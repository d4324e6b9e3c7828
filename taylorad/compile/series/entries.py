"""From the nodes of a series program, which are arrays, to atoms: every entry by itself, moves gone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from taylorad.compile.graph import Placement
from taylorad.compile.series.atoms import ONE, Atom, Atoms, Value
from taylorad.compile.series.contraction import Contraction
from taylorad.compile.series.nodes import Node, Row, SeriesProgram, Term, row_uses

UNUSED: Value = (math.nan, ONE)
LARGEST = 150_000  # entries and terms of sums, five to ten microseconds each


@dataclass
class Entries:
    """A program by entries.

    Attributes
    ----------
    atoms : Atoms
    outputs : for each output the values of its entries
    """

    program: SeriesProgram
    atoms: Atoms
    outputs: list[list[Value]]


def entries_of(program: SeriesProgram) -> Entries | None:
    """The entries of a program and how far each is needed; None if there are too many."""
    if sum(_work(program, node) for node in program.made()) > LARGEST:
        return None
    expansion = _Expansion(program)
    for node in program.made():
        expansion.values[node.index] = _RULES[node.kind](expansion, node)
    expansion.finish()
    outputs = [expansion.full(i) for i in program.outputs]
    atoms = expansion.atoms
    atoms.guards += [i for g in program.guards for i in expansion.operand(g)]
    atoms.guards = [i for i in dict.fromkeys(atoms.guards) if atoms.constant(i) is not True]
    needs = [(i, program.steps) for row in outputs for _, i in row]
    _settle(atoms, [*needs, *((i, 0) for i in atoms.guards)])
    return Entries(program, atoms, outputs)


def _work(program: SeriesProgram, node: Node) -> int:
    if node.kind == "sum":
        return program[node.operands[0]].size
    if node.kind == "contract":
        left, right = (program[i].shape for i in node.operands)
        plan = Contraction.of(node.data, left, right)
        return int(np.prod([n for n, _, _ in (*plan.outer, *plan.inner)], dtype=float))
    return node.size


class _Expansion:
    def __init__(self, program: SeriesProgram):
        self.program, self.atoms = program, Atoms(program.order)
        self.values: dict[int, list[Value]] = {}

    def full(self, index: int) -> list[Value]:
        """All entries of a node."""
        return self.values[index]

    def broadcast(self, node: Node) -> list[tuple[Value, ...]]:
        """For each entry of a node those of its operands."""
        columns = []
        for i in node.operands:
            values = self.values.get(i, [UNUSED])  # an inverse of degree 0 that no higher degree asks for
            columns.append(values * node.size if len(values) == 1 else values)
        return list(zip(*columns, strict=True))

    def operand(self, index: int) -> list[int]:
        """All entries of a node as atoms."""
        dtype = self.program[index].dtype
        return [self.atoms.atom(v, dtype) for v in self.values[index]]

    def elementwise(self, node: Node) -> list[tuple[int, ...]]:
        """For each entry of a node its operands as atoms."""
        columns = []
        for i in node.operands:
            found = self.operand(i)
            columns.append(found * node.size if len(found) == 1 else found)
        return list(zip(*columns, strict=True))

    # --------------------------------------------------------------------------------------------------- elementwise

    def input(self, node: Node) -> list[Value]:
        add = self.atoms.add
        return [(1.0, add("input", (node.data, e), (), node.dtype, node.degree)) for e in range(node.size)]

    def constant(self, node: Node) -> list[Value]:
        entries = node.data.reshape(-1).tolist()
        if node.dtype.kind == "f":
            return [(x, ONE) for x in entries]
        return [(1.0, self.atoms.add("constant", x, (), node.dtype, 0)) for x in entries]

    def value(self, node: Node) -> list[Value]:
        operation, more = node.data
        atoms, known = self.atoms, dict[tuple[int, ...], Value]()
        rows = self.elementwise(node)
        for row in rows:
            if row not in known:
                known[row] = self._plain(atoms.computed(operation, more, row, node.dtype))
        return [known[row] for row in rows]

    def _plain(self, index: int) -> Value:
        """Constants as numbers."""
        atom = self.atoms[index]
        return (atom.data, ONE) if atom.kind == "constant" and atom.dtype.kind == "f" else (1.0, index)

    def _each(self, node: Node, function: Callable[..., Value]) -> list[Value]:
        """A function of the operands of each entry, called once for the same operands."""
        rows, known = self.broadcast(node), dict[tuple[Value, ...], Value]()
        for row in rows:
            if row not in known:
                known[row] = function(*row)
        return [known[row] for row in rows]

    def linear(self, node: Node) -> list[Value]:
        coefficients, constant = node.data

        def combined(*given: Value) -> Value:
            terms = [(c * v[0], v[1]) for c, v in zip(coefficients, given, strict=True)]
            return self.atoms.linear(terms, constant, node.dtype)

        return self._each(node, combined)

    def product(self, node: Node) -> list[Value]:
        return self._each(node, lambda u, v: self.atoms.product(u, v, node.dtype))

    def square(self, node: Node) -> list[Value]:
        return self._each(node, lambda u: self.atoms.product(u, u, node.dtype))

    def quotient(self, node: Node) -> list[Value]:
        return self._each(node, lambda u, v, inverse: self.atoms.quotient(u, v, inverse, node.dtype))

    def power(self, node: Node) -> list[Value]:
        r = 0.5 if node.kind == "root" else node.data
        return self._each(node, lambda x, y, inverse: self.atoms.root_or_power(x, r, y, inverse, node.dtype))

    def slope(self, node: Node) -> list[Value]:
        def one(x: Value) -> Value:
            degree = self.atoms[x[1]].degree
            return (x[0], self.atoms.add("slope", None, (x[1],), node.dtype, degree)) if degree else (0.0, ONE)

        return self._each(node, one)

    def select(self, node: Node) -> list[Value]:
        def one(condition: Value, x: Value, y: Value) -> Value:
            holds = self.atoms.constant(condition[1])
            if holds is not None or x == y:
                return x if holds or x == y else y
            operands = condition[1], self.atoms.atom(x, node.dtype), self.atoms.atom(y, node.dtype)
            degree = max(self.atoms[i].degree for i in operands)
            return 1.0, self.atoms.add("select", None, operands, node.dtype, degree)

        return self._each(node, one)

    def convert(self, node: Node) -> list[Value]:
        return [
            (1.0, self.atoms.add("convert", None, (i,), node.dtype, self.atoms[i].degree))
            for (i,) in self.elementwise(node)
        ]

    # ----------------------------------------------------------------------------------------------------- equations

    def unknown(self, node: Node) -> list[Value]:
        """Without operands, which may come later; `finish` fills them in. Slopes are before it, signs included."""
        for term in node.data.terms if node.last > 0 else ():
            self.operand(term.slope)
        return [(1.0, self.atoms.add("unknown", None, (), node.dtype, node.degree)) for _ in range(node.size)]

    def finish(self) -> None:
        """The equations of unknowns, entry by entry."""
        for node in self.program.made():
            if node.kind == "unknown":
                for e, (_, i) in enumerate(self.values[node.index]):
                    self.atoms[i].data = self._row(node.data, e, node.last)

    def _row(self, row: Row, e: int, last: int) -> Row:
        def at(index: int | None) -> int | None:
            if index is None or index not in self.values:
                return None
            values = self.values[index]
            return self.atoms.atom(values[e if len(values) > 1 else 0], self.program[index].dtype)

        def surely(index: int) -> int:
            found = at(index)
            assert found is not None
            return found

        start = surely(row.start)
        if last < 1:
            return Row([], start)
        terms = [Term(t.constant, t.coefficient, at(t.atom), surely(t.slope)) for t in row.terms]
        a = None if row.a is None or row.slope is None else (row.a[0], surely(row.a[1]))
        return Row(terms, start, a, at(row.inverse), at(row.slope))

    # --------------------------------------------------------------------------------------------------------- moves

    def taken(self, node: Node) -> list[Value]:
        values = self.values[node.operands[0]]
        positions = Placement(*node.data).flat(node.shape) if node.kind == "view" else node.data
        return [values[i] for i in positions.reshape(-1).tolist()]

    def placed(self, node: Node) -> list[Value]:
        found: list[list[Value]] = [[] for _ in range(node.size)]
        for placement, x in zip(node.data, node.operands, strict=True):
            positions = placement.flat(self.program[x].shape).reshape(-1).tolist()
            for i, value in zip(positions, self.values[x], strict=True):
                found[i] = [value] if node.kind == "place" else [*found[i], value]
        return [self.atoms.linear(terms, 0.0, node.dtype) for terms in found]

    def summed(self, node: Node) -> list[Value]:
        (x,) = node.operands
        shape, axes = self.program[x].shape, node.data
        kept = [i for i in range(len(shape)) if i not in axes]
        rows = np.arange(self.program[x].size).reshape(shape).transpose(*kept, *axes).reshape(node.size, -1)
        values = self.values[x]
        return [self.atoms.linear([values[i] for i in row], 0.0, node.dtype) for row in rows.tolist()]

    def contracted(self, node: Node) -> list[Value]:
        u, v = node.operands
        left, right = Contraction.of(node.data, self.program[u].shape, self.program[v].shape).positions()
        first, second, product = self.values[u], self.values[v], self.atoms.product
        return [
            self.atoms.linear(
                [product(first[i], second[j], node.dtype) for i, j in zip(p, q, strict=True)], 0.0, node.dtype
            )
            for p, q in zip(left.tolist(), right.tolist(), strict=True)
        ]


def _settle(atoms: Atoms, needs: list[tuple[int, int]]) -> None:
    """How far each atom is needed."""
    pending = needs
    while pending:
        i, k = pending.pop()
        atom = atoms[i]
        if k > atom.needed:
            atom.needed = k
            pending += uses(atom.kind, atom.operands, atom.data, min(k, atom.degree))
    for atom in atoms.atoms:
        _forget(atoms, atom)


def _forget(atoms: Atoms, atom: Atom) -> None:
    """Leave out operands that only degrees nobody asks for would use."""
    if isinstance(atom.data, Row):
        row = atom.data
        if atom.last < 1:
            atom.data = Row([], row.start)
        elif row.slope is not None and atoms[row.slope].needed < 1:
            atom.data = Row(row.terms, row.start, row.a, row.inverse)
    elif atom.kind in ("quotient", "root", "power") and atom.last < 1:
        atom.operands = (*atom.operands[:2], atom.operands[1])


def uses(kind: str, operands: tuple[int, ...], data: object, k: int) -> list[tuple[int, int]]:
    """What the parts up to k of an atom are made of, and how far they are needed."""
    if isinstance(data, Row):
        return row_uses(data, k)
    if kind in ("quotient", "root", "power"):
        first, second, inverse = operands
        found = [(first, k), (second, k if kind == "quotient" else 0)]
        return [*found, (inverse, 0)] if k else found
    if kind == "select":
        return [(operands[0], 0), *((i, k) for i in operands[1:])]
    return [(i, 0 if kind == "value" else k) for i in operands]


_RULES: dict[str, Callable[[_Expansion, Node], list[Value]]] = {
    **{
        kind: getattr(_Expansion, kind)
        for kind in ("input", "constant", "value", "linear", "product", "square", "quotient", "power", "slope")
    },
    **{kind: getattr(_Expansion, kind) for kind in ("select", "convert", "unknown")},
    "root": _Expansion.power,
    "view": _Expansion.taken,
    "take": _Expansion.taken,
    "place": _Expansion.placed,
    "accumulate": _Expansion.placed,
    "sum": _Expansion.summed,
    "contract": _Expansion.contracted,
}
