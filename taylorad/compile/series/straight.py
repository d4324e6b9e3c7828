"""Whole functions of straight-line code: one point, or a loop over blocks of lanes of an elementwise program."""

from __future__ import annotations

import numpy as np

from taylorad.compile.series.nodes import BOOL, Node, SeriesProgram
from taylorad.compile.series.text import Text, literal, type_of
from taylorad.compile.series.unrolled import Entries, Unrolled

MOVES = frozenset(("view", "take", "place", "accumulate", "sum", "contract"))


def points(program: SeriesProgram) -> int:
    """How many points an elementwise program has, 1 if it is none."""
    nodes = program.made()
    sizes = {n.size for n in nodes} - {1}
    shapes = {n.shape for n in nodes if n.size != 1}
    outputs = {program[i].size for i in program.outputs}
    if sizes == {0} or len(sizes) != 1 or len(shapes) != 1 or outputs != sizes:
        return 1
    return 1 if any(n.kind in MOVES for n in nodes) else sizes.pop()


def lanes_of(program: SeriesProgram, bits: int) -> int:
    """How many numbers of the program's type fill a register."""
    widest = max((n.dtype.itemsize for n in program.nodes if n.dtype.kind == "f"), default=8)
    return bits // (8 * widest)


class Straight:
    """Writes the body of a function whose parameters are %inputs and %outputs.

    Parameters
    ----------
    text : Text
    program : SeriesProgram
    width : int
        Lanes at a time; 1 for one point.
    """

    def __init__(self, text: Text, program: SeriesProgram, width: int):
        self.text, self.program, self.width = text, program, width
        per_input = 2 if program.seeds == "variable" else 1
        self.inputs = pointers(text, "%inputs", per_input * len(program.inputs))
        self.outputs = pointers(text, "%outputs", len(program.outputs))
        self.start = "0"
        self.unknown: str | None = None
        self.pending: tuple[str, np.dtype] | None = None
        self.following: dict[tuple[int, int], Entries] = {}

    def write(self) -> None:
        """The whole body."""
        n = points(self.program) if self.width > 1 else 1
        if n == self.width or self.width == 1:
            self._block()
            flag = "false" if self.unknown is None else self.text.any_lane(self.unknown, self.width)
        else:
            t = type_of(BOOL, self.width)
            (flags,) = self.text.loop(0, n, lambda i, c: self._lanes(i, c, n), [(t, "zeroinitializer")], self.width)
            flag = self.text.any_lane(flags, self.width)
        result = self.text.new(f"select i1 {flag}, i32 2, i32 0")
        self.text.line(f"ret i32 {result}")
        if self.program.guards:
            self.text.begin("fail")
            self.text.line("ret i32 1")

    def _lanes(self, i: str, carried: list[str], n: int) -> list[str]:
        """One block; the last one is moved back to end with the batch."""
        text, last = self.text, n - self.width
        beyond = text.new(f"icmp sgt i64 {i}, {last}")
        self.start = text.new(f"select i1 {beyond}, i64 {last}, i64 {i}")
        self.unknown = carried[0]
        self._block()
        assert self.unknown is not None
        return [self.unknown]

    def _block(self) -> None:
        self.first()
        self.rest()
        self._watch(None, np.dtype(np.float64))

    def first(self, fail: str = "fail") -> None:
        """Degree 0, and of a solution also degree 1; a guard that does not hold jumps to a label."""
        self.following.clear()
        self.unrolled = unrolled = Unrolled(
            self.text, self.program, self.width, lambda node, k: self._given(unrolled, node, k)
        )
        self._degree(0, fail)

    def rest(self) -> None:
        """All other degrees."""
        for k in range(1, self.program.steps + 1):
            self._degree(k)

    def _degree(self, k: int, fail: str = "") -> None:
        program, unrolled = self.program, self.unrolled
        unrolled.step(k)
        if k == 0:
            self._guard(unrolled, fail)
        for number, i in enumerate(program.outputs):
            if program.seeds != "solution" or number >= program.equations:
                self._store(program[i], number, k, unrolled.part(i, k))
                continue
            if k == 0:
                self._store(program[program.inputs[number]], number, 0, unrolled.part(program.inputs[number], 0))
            if k < program.order:
                self._store(program[i], number, k + 1, self._following(unrolled, program[i], k + 1))

    def _guard(self, unrolled: Unrolled, fail: str) -> None:
        condition = unrolled.guard()
        if condition is None:
            return
        text, going_on = self.text, self.text.fresh("valid")
        fails = text.any_lane(text.logic("xor", condition, literal(True, BOOL, self.width), self.width), self.width)
        text.line(f"br i1 {fails}, label %{fail}, label %{going_on}")
        text.begin(going_on)

    def _following(self, unrolled: Unrolled, output: Node, k: int) -> Entries:
        """x_k = f_{k-1}/k."""
        key = output.index, k
        if key not in self.following:
            if unrolled.is_biased(k):
                found = [unrolled.divided(x, k, output.dtype) for x in unrolled.part(output.index, k - 1)]
            else:
                found = unrolled.scaled(output.index, k - 1, 1 / k)
            self.following[key] = found * output.size if len(found) == 1 and self.width == 1 else found
        return self.following[key]

    def _given(self, unrolled: Unrolled, node: Node, k: int) -> Entries:
        program = self.program
        if node.kind == "constant":
            return [self.text.load(self.text.table(node.data), self.start, node.dtype, self.width)]
        if program.seeds == "solution" and k > 0:
            if node.data == program.time:
                return [literal(1, node.dtype, self.width)]
            return self._following(unrolled, program[program.outputs[node.data]], k)
        if program.seeds == "variable":
            base, row = self.inputs[2 * node.data + k], 0
        else:
            base, row = self.inputs[node.data], k * node.size
        if self.width == 1:
            return [self.text.load(base, row + e, node.dtype) for e in range(node.size)]
        if node.size == 1:
            return [self.text.splat(self.text.load(base, row, node.dtype), node.dtype, self.width)]
        return [self.text.load(base, self._at(row), node.dtype, self.width)]

    def _at(self, row: int) -> str:
        if row == 0 or self.start == "0":
            return self.start if row == 0 else str(row)
        return self.text.new(f"add i64 {self.start}, {row}")

    def _store(self, node: Node, number: int, k: int, entries: Entries) -> None:
        base, row, zero = self.outputs[number], k * node.size, literal(0, node.dtype, self.width)
        if self.width > 1:
            self.text.store(entries[0] or zero, base, self._at(row), node.dtype, self.width)
            self._watch(entries[0], node.dtype)
            return
        entries = entries * node.size if len(entries) == 1 else entries
        for e, name in enumerate(entries):
            self.text.store(name or zero, base, row + e, node.dtype)
            self._watch(name, node.dtype)

    def _watch(self, name: str | None, dtype: np.dtype) -> None:
        """Look for nan, two numbers at a time; None is the end."""
        if dtype.kind != "f" or (name is None and self.pending is None):
            return
        text, held = self.text, self.pending
        if name is not None and held is None:
            self.pending = name, dtype
            return
        assert held is not None
        first, kind = held
        self.pending = None
        other = name if name is not None and kind == dtype else first
        t = type_of(kind, self.width)
        found = text.new(f"fcmp uno {t} {first}, {other}")
        self.unknown = found if self.unknown is None else text.logic("or", self.unknown, found, self.width)
        if name is not None and kind != dtype:
            self.pending = name, dtype


def pointers(text: Text, base: str, count: int) -> list[str]:
    """The entries of an array of pointers."""
    result = []
    for i in range(count):
        at = base if i == 0 else text.new(f"getelementptr inbounds ptr, ptr {base}, i64 {i}")
        result.append(text.new(f"load ptr, ptr {at}, align 8"))
    return result
