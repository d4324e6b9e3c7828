"""Code of packs: straight-line over the order, lanes of a register inside every node, a loop over a pack's registers.

The parts of entries that products need again lie in memory as [register][node][degree][lane], so that all addresses of
a block are constants; what other packs read of part k lies in arrays [entry] that every degree overwrites. Each degree
of each pack is a function of its own, so that LLVM's time grows with the program and not faster; gathering part k is
the same code for every k. All functions are
``i1 (ptr inputs, ptr outputs, ptr workspace, i64 k, ptr block, i64 lane)``: `block` is the memory of the register whose
first lane is `lane`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from taylorad.compile.series.gathering import Gathering, vector
from taylorad.compile.series.layout import Layout
from taylorad.compile.series.nodes import SeriesProgram
from taylorad.compile.series.packing import Array, Line, Packing
from taylorad.compile.series.side_by_side import SideBySide
from taylorad.compile.series.text import Text, literal, type_of

STACK = 131072  # bytes of workspace taken from the stack
TOGETHER = 400  # loads in a function that gathers
PARAMETERS = "ptr %inputs, ptr %outputs, ptr %workspace, i64 %k, ptr %block, i64 %lane"


class Packed:
    """Writes the body of a function whose parameters are %inputs and %outputs.

    Attributes
    ----------
    workspace_size : bytes
    """

    def __init__(self, text: Text, program: SeriesProgram, packing: Packing):
        self.text, self.program, self.packing = text, program, packing
        self.layout = Layout(program, packing)
        self.workspace_size = self.layout.size
        self.heap = False
        self.pointers: dict[tuple[str, int], str] = {}
        self.prologue: list[str] = []

    def write(self) -> None:
        """The whole body."""
        text = self.text
        self.prepare()
        self.first()
        self.rest()
        unknown = self._call(self._outlined(self._has_nan), 0)
        self._leave(text.new(f"select i1 {unknown}, i32 2, i32 0"))
        if self.checked:
            text.begin("fail")
            self._leave("1")

    @property
    def checked(self) -> bool:
        """Whether there are guards."""
        return self.packing.never or any(p.guards for p in self.packing.packs)

    def _leave(self, status: str) -> None:
        if self.heap:
            self.text.declared["@free"] = "declare void @free(ptr)"
            self.text.line("call void @free(ptr %workspace)")
        self.text.line(f"ret i32 {status}")

    # ----------------------------------------------------------------------------------------------------- the steps

    def prepare(self, workspace: str | None = None) -> None:
        """Workspace, which may be given as an expression, and the functions that do the work."""
        text, size = self.text, self.workspace_size
        self.heap = workspace is None and size > STACK
        if workspace is None:
            workspace = f"call ptr @malloc(i64 {size})" if self.heap else f"alloca [{max(size, 1)} x i8], align 64"
        if self.heap:
            text.declared["@malloc"] = "declare ptr @malloc(i64)"
        text.line(f"%workspace = {workspace}")
        self.gathers = [self._gathers(number, False) for number in range(len(self.packing.packs))]
        self.finishing = self._chunks([partial(self._finish, *piece, False) for piece in self._pieces()])

    def first(self, fail: str = "fail") -> None:
        """Degree 0, and of a solution also degree 1; a guard that does not hold jumps to a label."""
        text, fails = self.text, "true" if self.packing.never else "false"
        self._call(self._outlined(self._fill_inputs), 0)
        for number in range(len(self.packing.packs)):
            for name in self._gathers(number, True):
                self._call(name, 0)
            fails = self._blocks(number, 0, fails)
        if self.checked:
            going_on = text.fresh("valid")
            text.line(f"br i1 {fails}, label %{fail}, label %{going_on}")
            text.begin(going_on)
        for name in self._chunks([partial(self._finish, *piece, True) for piece in self._pieces()]):
            self._call(name, 0)

    def rest(self) -> None:
        """All other degrees."""
        for k in range(1, self.program.steps + 1):
            ended = self.layout.ended(k)
            if ended:
                self._call(self._outlined(partial(self._clear, ended)), k)
            for number in range(len(self.packing.packs)):
                for name in self.gathers[number]:
                    self._call(name, k)
                self._blocks(number, k, "false")
            for name in self.finishing:
                self._call(name, k)

    def _blocks(self, number: int, k: int, fails: str) -> str:
        """Part k of the lines of a pack that are not gathered; whether a guard does not hold."""
        pack, layout, text = self.packing.packs[number], self.layout, self.text
        if not any(line.kind not in ("gather", "constant") and k <= line.last for line in pack.lines):
            return fails
        name = self._outlined(lambda: SideBySide(text, self.program.order, pack, layout, number).part_of(k))

        def block(i: Any, carried: list[str]) -> list[str]:
            offset = text.plus(layout.begin[number], text.times(i, layout.stride[number]))
            failing = self._call(name, k, self._at(offset), text.times(i, pack.width))
            return [text.logic("or", carried[0], failing) if pack.guards and k == 0 else carried[0]]

        if pack.blocks == 1:
            return block(0, [fails])[0]
        return text.loop(0, pack.blocks, block, [("i1", fails)])[0]

    def _outlined(self, body: Callable[[], str | None]) -> str:
        """The name of a function with some code; it returns a condition."""
        text, outer = self.text, (self.text.lines, self.text.block, self.pointers, self.prologue)
        text.lines, text.block, self.pointers, self.prologue = [], "entry", {}, []
        result = body() or "false"
        name = f"@{text.prefix}.{len(text.functions)}"
        head, end = f"define internal i1 {name}({PARAMETERS}) noinline {{", f"  ret i1 {result}"
        text.functions.append("\n".join([head, "entry:", *self.prologue, *text.lines, end, "}"]))
        text.lines, text.block, self.pointers, self.prologue = outer
        return name

    def _call(self, name: str, k: int, block: str = "null", lane: Any = 0) -> str:
        given = f"ptr %inputs, ptr %outputs, ptr %workspace, i64 {k}, ptr {block}, i64 {lane}"
        return self.text.new(f"call i1 {name}({given})")

    def _chunks(self, items: Sequence[Callable[[], None]]) -> list[str]:
        """Functions of some items each."""
        names, pending = [], list(items)
        while pending:

            def body(pending: list = pending) -> None:
                while pending and len(self.text.lines) < 5 * TOGETHER:
                    pending.pop(0)()

            names.append(self._outlined(body))
        return names

    # ------------------------------------------------------------------------------------------------------- addresses

    def pointer(self, which: str, number: int) -> str:
        """The address of an argument or result."""
        if (which, number) not in self.pointers:
            text = self.text
            lines, text.lines = text.lines, self.prologue
            at = text.new(f"getelementptr inbounds ptr, ptr %{which}, i64 {number}")
            self.pointers[which, number] = text.new(f"load ptr, ptr {at}, align 8")
            text.lines = lines
        return self.pointers[which, number]

    def _row(self, which: str, number: int, size: int, dtype: np.dtype) -> str:
        """The address of part k of an argument or result."""
        base, text = self.pointer(which, number), self.text
        key = f"{which} row", number
        if key not in self.pointers:
            lines, text.lines = text.lines, self.prologue
            self.pointers[key] = text.address(base, text.times("%k", size), dtype)
            text.lines = lines
        return self.pointers[key]

    def base(self, array: Array) -> str:
        """The address of part k of what gathering reads."""
        offset = self.layout.shared.get(array)
        if offset is not None:
            return self._at(offset)
        node = self.layout.inputs[array[1]]
        solved = self.program.seeds == "solution"
        return self._row("outputs" if solved else "inputs", node.data, node.size, node.dtype)

    def _at(self, offset: int) -> str:
        return self.text.new(f"getelementptr inbounds i8, ptr %workspace, i64 {offset}")

    # -------------------------------------------------------------------------------------------------------- degrees

    def _gathers(self, number: int, first: bool) -> list[str]:
        """Functions that write the gathered lines of a pack."""
        pack = self.packing.packs[number]
        items: list[Callable[[], None]] = []
        for n, line in enumerate(pack.lines):
            if line.kind == "gather" and (first or line.last > 0):
                items += [partial(self._gather, number, n, line, b, first) for b in range(pack.blocks)]
        return self._chunks(items)

    def _gather(self, number: int, n: int, line: Line, block: int, first: bool) -> None:
        pack, text = self.packing.packs[number], self.text
        lanes = slice(block * pack.width, (block + 1) * pack.width)
        total = Gathering(text, self.base, self.layout.length).weighted(line.terms[lanes], line.dtype)
        constants = line.constants[lanes]
        if first and np.any(constants):
            total = text.binary("add", total, vector(constants, line.dtype), line.dtype, pack.width)
        history = self.layout.history[number].get(n)
        if history is not None:
            row = self._at(self.layout.begin[number] + block * self.layout.stride[number] + history)
            write = lambda: text.store(total, row, text.times("%k", pack.width), line.dtype, pack.width)  # noqa: E731
            if not first and line.last < self.program.steps:
                text.when(text.new(f"icmp sle i64 %k, {line.last}"), write)
            else:
                write()
        if n in pack.exported:
            text.store(total, self._at(self.layout.shared[number, n]), lanes.start, line.dtype, pack.width)

    # ---------------------------------------------------------------------------------------------- inputs and outputs

    def _fill_inputs(self) -> None:
        """Initial values of a solution, and inputs that are not given to all degrees."""
        program = self.program
        for number in self.layout.copied:
            node = self.layout.inputs[number]
            which = 2 * number if program.seeds == "variable" else number
            self._copy(self.pointer("inputs", which), self._at(self.layout.shared[-1, number]), node.size, node.dtype)
        for number in range(program.equations if program.seeds == "solution" else 0):
            node = program[program.inputs[number]]
            self._copy(self.pointer("inputs", number), self.pointer("outputs", number), node.size, node.dtype)

    def _copy(self, source: str, target: str, size: int, dtype: np.dtype) -> None:
        self.text.declared["@llvm.memmove"] = "declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)"
        count = size * dtype.itemsize
        self.text.line(f"call void @llvm.memmove.p0.p0.i64(ptr {target}, ptr {source}, i64 {count}, i1 false)")

    def _clear(self, ended: list[tuple[Array, int, np.dtype, int]]) -> None:
        """Zeros, or the direction of a variable, where a short series has ended."""
        for array, size, dtype, degree in ended:
            at = self._at(self.layout.shared[array])
            if array[0] < 0 and degree == 1:
                self._second(array[1], at, size, dtype)
                continue
            self.text.declared["@llvm.memset"] = "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"
            self.text.line(f"call void @llvm.memset.p0.i64(ptr {at}, i8 0, i64 {size * dtype.itemsize}, i1 false)")

    def _second(self, number: int, at: str, size: int, dtype: np.dtype) -> None:
        """Degree 1 of an input that has no more."""
        if self.program.seeds == "variable":
            self._copy(self.pointer("inputs", 2 * number + 1), at, size, dtype)
        else:
            self.text.store(literal(1, dtype), at, 0, dtype)

    def _pieces(self) -> list[tuple[int, int, int]]:
        """Outputs by registers: number, first entry, lanes."""
        result = []
        for number, row in enumerate(self.packing.outputs):
            if row:
                dtype = self.program[self.program.outputs[number]].dtype
                width = min(self.text.bits // (8 * dtype.itemsize), 1 << (len(row).bit_length() - 1))
                starts = [*range(0, len(row) - width + 1, width), *([len(row) - width] if len(row) % width else [])]
                result += [(number, start, width) for start in starts]
        return result

    def _finish(self, number: int, start: int, width: int, first: bool) -> None:
        """Part k of an output, or part k + 1 of a solution."""
        text, program = self.text, self.program
        node = program[program.outputs[number]]
        solved = program.seeds == "solution" and number < program.equations
        if solved and program.order == 0:
            return
        dtype, entries = node.dtype, self.packing.outputs[number][start : start + width]
        gathering = Gathering(text, self.base, self.layout.length)
        x = gathering.loaded([(array, at if array else 0) for _, array, at in entries], dtype)
        x = gathering.scaled(x, np.array([1.0 if array is None else c for c, array, _ in entries]), dtype)
        constants = np.array([c if array is None else 0.0 for c, array, _ in entries])
        if first and np.any(constants != 0):
            x = text.binary("add", x, vector(constants, dtype), dtype, width)
        at = text.plus(text.times("%k", node.size), start + (node.size if solved else 0))
        if solved and not first:
            x = text.divided_by_row(x, text.plus("%k", 1), program.order, dtype, width)
        text.store(x, self.pointer("outputs", number), at, dtype, width)

    def _has_nan(self) -> str:
        """Whether a result has a nan."""
        unknown, text = "false", self.text
        for number, i in enumerate(self.program.outputs):
            node = self.program[i]
            solved = self.program.seeds == "solution" and number < self.program.equations
            count = node.size * ((self.program.order if solved else self.program.steps) + 1)
            if node.dtype.kind != "f" or count == 0:
                continue
            width = min(text.bits // (8 * node.dtype.itemsize), 1 << (count.bit_length() - 1))
            base, t = self.pointer("outputs", number), type_of(np.dtype(bool), width)

            def look(i: str, carried: list[str], node=node, width=width, base=base, last=count - width) -> list[str]:  # type: ignore[no-untyped-def]
                x = text.load(base, text.largest(i, last, "smin"), node.dtype, width)
                return [text.logic("or", carried[0], text.compare("!=", x, x, node.dtype, width), width)]

            (found,) = text.loop(0, count, look, [(t, "false" if width == 1 else "zeroinitializer")], width)
            unknown = text.logic("or", unknown, text.any_lane(found, width))
        return unknown
