"""Straight-line code of one degree of a pack: what is of this degree is in registers, lower degrees are in memory."""

from __future__ import annotations

from collections import Counter

from taylorad.compile.series.layout import AGAIN, Layout
from taylorad.compile.series.nodes import BOOL, Node, SeriesProgram
from taylorad.compile.series.packing import Pack
from taylorad.compile.series.text import Text, literal
from taylorad.compile.series.unrolled import RULES, Entries, Unrolled

OFTEN = 3  # what so many products read stays in registers: of bodies r^-3, for three coordinates


def program_of(pack: Pack, order: int) -> SeriesProgram:
    """The lines of a pack as nodes; gathered ones are inputs."""
    program = SeriesProgram(order, "coefficients")
    for n, line in enumerate(pack.lines):
        kind, data = ("input", None) if line.kind == "gather" else (line.kind, line.data)
        data = line.constants if line.kind == "constant" else data
        program.nodes.append(
            Node(n, kind, line.operands, data, (pack.lanes,), line.dtype, line.degree, max(line.needed, 0))
        )
    return program


class SideBySide(Unrolled):
    """Code for one block of lanes, whose memory is at %block, and whose first lane is %lane.

    Parameters
    ----------
    text : Text
    order : int
    pack : Pack
    layout : Layout
    number : int
        Of the pack.
    """

    def __init__(self, text: Text, order: int, pack: Pack, layout: Layout, number: int):
        super().__init__(text, program_of(pack, order), pack.width, self._kept)
        self.pack, self.layout, self.number = pack, layout, number
        self.now = 0
        self.current: dict[int, Entries] = {}
        self.places: dict[int, str] = {}
        users = Counter(i for line in pack.lines for i in line.operands if line.kind in AGAIN)
        self.shared = {i for i, count in users.items() if count >= OFTEN}
        self.loads: dict[tuple[int, int], str] = {}

    def part_of(self, k: int) -> str | None:
        """Write part k of all lines; whether a guard does not hold."""
        self.now, text = k, self.text
        for node in self.program.nodes:
            if node.kind == "constant" or k > node.last:
                continue
            if node.kind == "input":
                self._loaded(node, k)
                continue
            entries = self.current[node.index] = RULES[node.kind](self, node, k)
            self._store(node, k, entries)
        fails: str | None = None
        for n in sorted(self.pack.guards if k == 0 else ()):
            holds = self._one(n, 0, 0) or "false"
            bad = text.any_lane(text.logic("xor", holds, literal(True, BOOL, self.width), self.width), self.width)
            fails = bad if fails is None else text.logic("or", fails, bad)
        return fails

    def _loaded(self, node: Node, k: int) -> None:
        if node.index in self.layout.history[self.number]:
            self.current[node.index] = [self._load(node, k)]

    def part(self, index: int, k: int) -> Entries:
        """The names of part k; None for zeros."""
        node = self.program[index]
        if node.kind == "constant":
            return self._kept(node, k) if k == 0 else [None]
        if k > node.last:
            return [None]
        if k == self.now and index in self.current:
            return self.current[index]
        if index not in self.shared:
            return [self._load(node, k)]
        if (index, k) not in self.loads:
            self.loads[index, k] = self._load(node, k)
        return [self.loads[index, k]]

    def _kept(self, node: Node, k: int) -> Entries:
        if node.uniform or self.width == 1:
            return [literal(node.data[0], node.dtype, self.width)]
        return [self.text.load(self.text.table(node.data), "%lane", node.dtype, self.width)]

    def _load(self, node: Node, k: int) -> str:
        return self.text.load(self._at(node, k), 0, node.dtype, self.width)

    def _at(self, node: Node, k: int) -> str:
        """The address of part k."""
        offset = self.layout.history[self.number][node.index] + k * self.width * node.dtype.itemsize
        if offset not in self.places:
            self.places[offset] = self.text.new(f"getelementptr inbounds i8, ptr %block, i64 {offset}")
        return self.places[offset]

    def _store(self, node: Node, k: int, entries: Entries) -> None:
        text, history = self.text, self.layout.history[self.number]
        exported = node.index in self.pack.exported
        if node.index not in history and not exported:
            return
        x = entries[0] or literal(0, node.dtype, self.width)
        if node.index in history:
            text.store(x, self._at(node, k), 0, node.dtype, self.width)
        if exported:
            base = text.new(
                f"getelementptr inbounds i8, ptr %workspace, i64 {self.layout.shared[self.number, node.index]}"
            )
            text.store(x, base, "%lane", node.dtype, self.width)
