"""Which entries are computed side by side: groups of atoms that are alike become the lanes of a pack.

Atoms that are multiplied with one another, or are functions of one another, belong together: of an N-body problem those
of one pair of bodies, from the differences of coordinates to the components of the force. Groups of the same form are
the lanes of a `Pack`; within it no entry ever has to change its lane. Sums and differences of atoms of other groups (a
body's acceleration) are gathered from there, part k from parts k only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from taylorad.compile.series.atoms import ONE, Atom, Atoms
from taylorad.compile.series.entries import Entries, uses
from taylorad.compile.series.nodes import Row, Term

SHARED = 8  # an atom that so many others multiply belongs to no group of theirs
Array = tuple[int, int]  # pack and row, or -1 and the number of an input
Source = tuple[float, Array, int]  # number, array and entry


@dataclass
class Line:
    """One atom of every lane of a pack.

    Attributes
    ----------
    kind, data, operands, dtype, degree, needed
        As of a node; operands are lines of the pack. "gather" stands for sums of entries of other packs.
    terms : for each lane what is summed
    constants : of each lane: the numbers of a constant, or what is added to the sum at degree 0
    """

    kind: str
    data: Any
    operands: tuple[int, ...]
    dtype: np.dtype
    degree: int
    needed: int
    terms: list[list[Source]] = field(default_factory=list)
    constants: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @property
    def last(self) -> int:
        """The highest part to be made."""
        return min(self.degree, self.needed)


@dataclass
class Pack:
    """Groups of the same form; lanes beyond `count` repeat the last one.

    Attributes
    ----------
    width : lanes in a register
    blocks : registers for all lanes
    exported : lines that other packs or outputs read
    guards : lines that must hold
    """

    lines: list[Line]
    count: int
    width: int
    blocks: int
    exported: set[int] = field(default_factory=set)
    guards: set[int] = field(default_factory=set)

    @property
    def lanes(self) -> int:
        """All lanes, the repeated ones included."""
        return self.width * self.blocks


@dataclass
class Packing:
    """Packs in order of evaluation, and where the entries of outputs come from.

    `never`: a guard does not hold whatever the inputs are.
    """

    packs: list[Pack]
    outputs: list[list[tuple[float, Array | None, int]]]
    never: bool = False


def pack(entries: Entries, lanes: int) -> Packing:
    """The packs of a program for registers of so many lanes."""
    packer = _Packer(entries.atoms, lanes)
    packer.run()
    outputs = [[packer.output(c, i) for c, i in row] for row in entries.outputs]
    for i in entries.atoms.guards:
        if i in packer.place:
            (p, line), _ = packer.place[i]
            packer.packs[p].guards.add(line)
    never = any(entries.atoms.constant(i) is False for i in entries.atoms.guards)
    return Packing(packer.packs, outputs, never)


def operands_of(atom: Atom) -> tuple[int, ...]:
    """All atoms that an atom's parts are made of."""
    if atom.kind in ("linear", "product", "square", "value"):
        return atom.operands
    return tuple(dict.fromkeys(i for i, _ in uses(atom.kind, atom.operands, atom.data, max(atom.last, 0))))


class _Packer:
    def __init__(self, atoms: Atoms, lanes: int):
        self.atoms, self.lanes = atoms, lanes
        self.made = [a for a in atoms.atoms if a.needed >= 0 and a.kind not in ("input", "constant")]
        self.operands = {a.index: operands_of(a) for a in self.made}
        self.parent = {a.index: a.index for a in self.made}
        self.packs: list[Pack] = []
        self.place: dict[int, tuple[Array, int]] = {}

    def run(self) -> None:
        """Find groups, and those of the same form level by level."""
        self._join_factors()
        groups, levels = self._levels()
        self._columns(groups)
        for level in levels:
            forms: dict[tuple, list[_Group]] = {}
            for root in level:
                group = _Group(self, groups[root])
                forms.setdefault(group.form, []).append(group)
            for alike in forms.values():
                self._add(in_rounds(alike))

    def _columns(self, groups: dict[int, list[Atom]]) -> None:
        """Entries of an input that play the same part are put side by side first: coordinates of bodies, say."""
        parts: dict[int, set[tuple[int, int]]] = {}
        for members in groups.values():
            for n, atom in enumerate(members if len(members) > 1 else ()):
                for i in self.operands[atom.index]:
                    if self.atoms[i].kind == "input":
                        parts.setdefault(i, set()).add((len(members), n))
        alike: dict[tuple, list[int]] = {}
        for i, part in parts.items():
            alike.setdefault((self.atoms[i].data[0], frozenset(part)), []).append(i)
        columns: dict[tuple[int, int], list[list[int]]] = {}
        for (number, _), found in alike.items():
            places = sorted((self.atoms[i].data[1], i) for i in found)
            if len(found) >= self.lanes // 2 and places[-1][0] - places[0][0] >= len(found):
                columns.setdefault((number, len(found)), []).append([i for _, i in places])
        for rows in columns.values():
            self._copied(rows)

    def _copied(self, columns: list[list[int]]) -> None:
        """A pack of entries of an input, a line for each column."""
        count, number = len(columns[0]), len(self.packs)
        width = min(self.lanes, 1 << (count - 1).bit_length())
        blocks, lines = -(-count // width), []
        for column in columns:
            like = self.atoms[column[0]]
            padded = [*column, *([column[-1]] * (width * blocks - count))]
            needed = max(self.atoms[i].needed for i in column)
            line = Line("gather", None, (), like.dtype, like.degree, needed, [[(1.0, *self.source(i))] for i in padded])
            line.constants = np.zeros(width * blocks)
            lines.append(line)
        for n, column in enumerate(columns):
            self.place.update({i: ((number, n), lane) for lane, i in enumerate(column)})
        self.packs.append(Pack(lines, count, width, blocks))

    def output(self, c: float, i: int) -> tuple[float, Array | None, int]:
        """Where an entry of an output is."""
        atom = self.atoms[i]
        if atom.kind == "input":
            return c, (-1, atom.data[0]), atom.data[1]
        return (c, None, 0) if i == ONE else (c, *self.source(i))

    def source(self, i: int) -> tuple[Array, int]:
        """The array an atom is in, and its place there."""
        atom = self.atoms[i]
        if i not in self.place:
            return (-1, atom.data[0]), atom.data[1]
        array, lane = self.place[i]
        self.packs[array[0]].exported.add(array[1])
        return array, lane

    # -------------------------------------------------------------------------------------------------------- groups

    def _root(self, i: int) -> int:
        parent = self.parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def _join_factors(self) -> None:
        users: Counter[int] = Counter()
        for atom in self.made:
            if atom.kind != "linear":
                users.update(self.operands[atom.index])
        for atom in self.made:
            operands = [i for i in self.operands[atom.index] if i in self.parent]
            if atom.kind == "linear" and len(operands) > 1:
                continue
            for i in operands:
                if users[i] <= SHARED or i > atom.index:
                    self.parent[self._root(i)] = self._root(atom.index)

    def _levels(self) -> tuple[dict[int, list[Atom]], list[list[int]]]:
        """The atoms of each group, and groups by how many others come before them; groups in a circle are one."""
        while True:
            groups: dict[int, list[Atom]] = {}
            for atom in self.made:
                groups.setdefault(self._root(atom.index), []).append(atom)
            levels, rest = _waves({root: self._before(root, members) for root, members in groups.items()})
            if not rest:
                return groups, levels
            for root in rest:
                self.parent[self._root(root)] = self._root(rest[0])

    def _before(self, root: int, members: Iterable[Atom]) -> set[int]:
        return {self._root(i) for atom in members for i in self.operands[atom.index] if i in self.parent} - {root}

    def _add(self, alike: list[_Group]) -> None:
        """One more pack."""
        count, number = len(alike), len(self.packs)
        width = min(self.lanes, 1 << (count - 1).bit_length())
        blocks = -(-count // width)
        padded = [*alike, *([alike[-1]] * (width * blocks - count))]
        lines = []
        for n, line in enumerate(alike[0].lines):
            line.terms = [group.lines[n].terms[0] for group in padded] if line.kind == "gather" else []
            if line.kind in ("gather", "constant"):
                line.constants = np.array([group.lines[n].constants[0] for group in padded])
            lines.append(line)
        self.packs.append(Pack(lines, count, width, blocks))
        for lane, group in enumerate(alike):
            for i, n in group.at.items():
                self.place[i] = (number, n), lane


def _waves(before: dict[int, set[int]]) -> tuple[list[list[int]], list[int]]:
    """Keys by how long a chain of others comes before them, and those that are never reached."""
    after: dict[int, list[int]] = {}
    for root, others in before.items():
        for i in others:
            after.setdefault(i, []).append(root)
    missing = {root: len(others) for root, others in before.items()}
    ready, levels = [root for root, count in missing.items() if count == 0], []
    while ready:
        levels.append(ready)
        following = []
        for i in ready:
            for root in after.get(i, ()):
                missing[root] -= 1
                if missing[root] == 0:
                    following.append(root)
        ready = following
    return levels, [root for root, count in missing.items() if count]


def in_rounds(groups: list[_Group]) -> list[_Group]:
    """Pairs (i, j) of n places in the order of a tournament: all with j = i + 1, then all with j = i + 2, modulo n.

    Neighbouring lanes read neighbouring places then, and the sums over pairs of neighbouring places read neighbouring
    lanes. Groups that do not begin with two places of one array stay as they are.
    """
    terms = [g.lines[0].terms[0] if g.lines[0].kind == "gather" else [] for g in groups]
    if any(len(t) != 2 or t[0][1] != t[1][1] for t in terms):
        return groups
    n = 1 + max(at for t in terms for _, _, at in t)

    def key(t: list[Source]) -> tuple[int, int]:
        first, second = sorted(at for _, _, at in t)
        shift = second - first
        return (shift, first) if 2 * shift <= n else (n - shift, second)

    order = sorted(range(len(groups)), key=lambda i: key(terms[i]))
    return [groups[i] for i in order]


class _Group:
    """The lines of one group, each with the terms and constants of this lane only.

    Attributes
    ----------
    lines : list of Line
    at : the line of each atom
    form : what groups of one pack agree in
    """

    def __init__(self, packer: _Packer, members: list[Atom]):
        self.packer, self.atoms = packer, packer.atoms
        self.lines: list[Line] = []
        self.at: dict[int, int] = {}
        self.copies: dict[int, int] = {}
        self.inside = {atom.index for atom in members}
        for atom in members:
            self.at[atom.index] = self._added(atom)
        for atom in members:
            if isinstance(atom.data, Row):
                self.lines[self.at[atom.index]].data = self._row(atom.data)
        self.form = tuple(self._key(line) for line in self.lines)

    def _line(self, kind: str, data: Any, operands: tuple[int, ...], like: Atom) -> int:
        self.lines.append(Line(kind, data, operands, like.dtype, like.degree, like.needed))
        return len(self.lines) - 1

    def _added(self, atom: Atom) -> int:
        if isinstance(atom.data, Row):
            for i in self.packer.operands[atom.index]:
                if i not in self.inside:
                    self._operand(i)
            return self._line("unknown", None, (), atom)
        if atom.kind != "linear":
            return self._line(atom.kind, atom.data, tuple(self._operand(i) for i in atom.operands), atom)
        coefficients, constant = atom.data
        if not any(i in self.inside for i in atom.operands):
            return self._gathered(zip(coefficients, atom.operands, strict=True), constant, atom)
        operands = [self._operand(i) for i in atom.operands]
        if constant:
            operands.append(self._number(constant, atom.dtype))
            coefficients = (*coefficients, 1.0)
        return self._line("linear", (coefficients, 0.0), tuple(operands), atom)

    def _gathered(self, terms: Iterable[tuple[float, int]], constant: float, like: Atom) -> int:
        index = self._line("gather", None, (), like)
        self.lines[index].terms = [[(c, *self.packer.source(i)) for c, i in terms]]
        self.lines[index].constants = np.array([constant])
        return index

    def _number(self, value: Any, dtype: np.dtype) -> int:
        index = self._line("constant", None, (), Atom(0, "constant", None, (), dtype, 0, 0))
        self.lines[index].constants = np.array([value], dtype)
        return index

    def _operand(self, i: int) -> int:
        """The line of an operand: its own, a constant's, or a copy of another pack's."""
        atom = self.atoms[i]
        if atom.kind == "constant":
            return self._number(atom.data, atom.dtype)
        if i in self.inside:
            return self.at[i]
        if i not in self.copies:
            self.copies[i] = self._gathered([(1.0, i)], 0.0, atom)
        return self.copies[i]

    def _row(self, row: Row) -> Row:
        def at(i: int | None) -> Any:
            return None if i is None else self.at[i] if i in self.at else self._operand(i)

        terms = [Term(t.constant, t.coefficient, at(t.atom), at(t.slope)) for t in row.terms]
        a = None if row.a is None else (row.a[0], at(row.a[1]))
        return Row(terms, at(row.start), a, at(row.inverse), at(row.slope))

    def _key(self, line: Line) -> tuple:
        data = line.data
        if isinstance(data, Row):
            terms = tuple((t.constant, t.coefficient, t.atom, t.slope) for t in data.terms)
            data = terms, data.start, data.a, data.inverse, data.slope
        if line.kind == "gather":
            data = len(line.terms[0]), frozenset(array for _, array, _ in line.terms[0])
        return line.kind, data, line.operands, line.dtype.char, line.degree, line.needed
