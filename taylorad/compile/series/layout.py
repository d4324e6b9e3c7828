"""Where the numbers of packs lie in the workspace."""

from __future__ import annotations

import numpy as np

from taylorad.compile.series.nodes import Node, Row, SeriesProgram
from taylorad.compile.series.packing import Array, Pack, Packing

AGAIN = frozenset(("product", "square", "quotient", "root", "power", "slope", "select"))  # read lower degrees


class Layout:
    """Offsets in bytes.

    Attributes
    ----------
    size : of the workspace
    begin, stride : of each pack, and between its blocks
    history : for each pack where the degrees of a line begin in a block, of lines whose lower degrees are read
    shared : where part k of arrays lies that gathering reads
    inputs : nodes of the inputs by number
    copied : inputs that are not given to all degrees
    """

    def __init__(self, program: SeriesProgram, packing: Packing):
        self.program, self.packing, self.size = program, packing, 0
        self.begin: list[int] = []
        self.stride: list[int] = []
        self.history: list[dict[int, int]] = []
        self.shared: dict[Array, int] = {}
        self.inputs: dict[int, Node] = {program[i].data: program[i] for i in program.inputs}
        self.copied = [n for n, node in self.inputs.items() if node.size and not self._given(node)]
        for number in self.copied:
            node = self.inputs[number]
            self.shared[-1, number] = self._taken(node.size * node.dtype.itemsize)
        for number, pack in enumerate(packing.packs):
            self._pack(number, pack)

    def _taken(self, count: int) -> int:
        """Room for some bytes."""
        before = self.size
        self.size += -(-count // 64) * 64
        return before

    def _given(self, node: Node) -> bool:
        """Whether all degrees of an input are in an array of the caller."""
        program = self.program
        if program.seeds == "solution":
            return node.data < program.equations
        return program.seeds == "coefficients" and node.degree >= program.steps

    def _pack(self, number: int, pack: Pack) -> None:
        offset, rows = 0, {}
        for n in sorted(remembered(pack)):
            line = pack.lines[n]
            rows[n] = offset
            offset += -(-(line.last + 1) * pack.width * line.dtype.itemsize // 64) * 64
        self.begin.append(self._taken(offset * pack.blocks))
        self.stride.append(offset)
        self.history.append(rows)
        for n in sorted(pack.exported):
            self.shared[number, n] = self._taken(pack.lanes * pack.lines[n].dtype.itemsize)

    def length(self, array: Array) -> int:
        """How many entries an array has."""
        return self.inputs[array[1]].size if array[0] < 0 else self.packing.packs[array[0]].lanes

    def ended(self, k: int) -> list[tuple[Array, int, np.dtype, int]]:
        """Shared arrays whose series have no part k any more but had one before: (array, size, type, k)."""
        result: list[tuple[Array, int, np.dtype, int]] = []
        for number in self.copied:
            node = self.inputs[number]
            if k <= node.degree + 1 and node.dtype.kind == "f":
                result.append(((-1, number), node.size, node.dtype, k if k <= node.degree else 0))
        for number, pack in enumerate(self.packing.packs):
            for n in sorted(pack.exported):
                line = pack.lines[n]
                if line.degree + 1 == k and line.needed >= line.degree:
                    result.append(((number, n), pack.lanes, line.dtype, 0))
        return result


def remembered(pack: Pack) -> set[int]:
    """Lines of which lower degrees are read again, and gathered ones that the pack itself reads."""
    found: set[int] = set()
    for n, line in enumerate(pack.lines):
        if isinstance(line.data, Row):
            row = line.data
            named = [row.start, row.inverse, row.slope, *(t.slope for t in row.terms), *(t.atom for t in row.terms)]
            found |= {i for i in (*named, *(row.a or ())[1:]) if i is not None}
        elif line.kind in AGAIN:
            found |= set(line.operands)
        else:
            found |= {i for i in line.operands if pack.lines[i].kind == "gather"}
        if line.kind in ("quotient", "root", "power"):
            found.add(n)
    return {n for n in found if pack.lines[n].kind != "constant"}
