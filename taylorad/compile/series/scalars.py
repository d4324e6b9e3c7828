"""The series program of single entries that a program by entries stands for: what straight-line code is made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.compile.graph import Placement
from taylorad.compile.series.atoms import ONE, Atom, Value
from taylorad.compile.series.entries import Entries
from taylorad.compile.series.nodes import Node, Row, SeriesProgram, Term


def scalar_program(entries: Entries) -> SeriesProgram:
    """A program with the same inputs and outputs whose other nodes have one entry each."""
    return _Scalars(entries).program


class _Scalars:
    def __init__(self, entries: Entries):
        self.entries, self.at = entries, dict[int, int]()
        old = entries.program
        self.program = SeriesProgram(old.order, old.seeds, old.equations, old.time)
        for i in old.inputs:
            self.program.inputs.append(self._copied(old[i]))
        rows = []
        for atom in entries.atoms.atoms:
            if atom.needed >= 0:
                self.at[atom.index] = self._node(atom)
                if isinstance(atom.data, Row):
                    rows.append(atom)
        for atom in rows:
            self.program[self.at[atom.index]].data = self._row(atom.data)
        for i, values in zip(old.outputs, entries.outputs, strict=True):
            self.program.outputs.append(self._output(old[i], values))
        self.program.guards = [self.at[i] for i in entries.atoms.guards]
        self.program.settle()

    def _copied(self, node: Node) -> int:
        return self.program.add(node.kind, (), node.data, node.shape, node.dtype, node.degree)

    def _node(self, atom: Atom) -> int:
        program = self.program
        if atom.kind == "input":
            number, entry = atom.data
            data = entry, ()
            return program.add("view", (program.inputs[number],), data, (), atom.dtype, atom.degree)
        if atom.kind == "constant":
            return self._constant(atom.data, atom.dtype)
        if isinstance(atom.data, Row):
            return program.add("unknown", (), Row(), (), atom.dtype, atom.degree)
        operands = tuple(self.at[i] for i in atom.operands)
        return program.add(atom.kind, operands, atom.data, (), atom.dtype, atom.degree)

    def _constant(self, number: Any, dtype: np.dtype) -> int:
        return self.program.add("constant", (), np.array(number, dtype), (), dtype, 0)

    def _row(self, row: Row) -> Row:
        def at(i: int | None) -> Any:
            return None if i is None else self.at.get(i)

        terms = [Term(t.constant, t.coefficient, at(t.atom), at(t.slope)) for t in row.terms]
        a = None if row.a is None else (row.a[0], at(row.a[1]))
        return Row(terms, at(row.start), a, at(row.inverse), at(row.slope))

    def _output(self, node: Node, values: list[Value]) -> int:
        program, operands = self.program, []
        for c, i in values:
            if i == ONE:
                operands.append(self._constant(c, node.dtype))
            elif c == 1:
                operands.append(self.at[i])
            else:
                degree = program[self.at[i]].degree
                operands.append(program.add("linear", (self.at[i],), ((c,), 0.0), (), node.dtype, degree))
        if node.shape == ():
            return operands[0]
        places = tuple(Placement(i) for i in range(len(operands)))
        degree = max((program[i].degree for i in operands), default=0)
        return program.add("place", operands, places, node.shape, node.dtype, degree)
