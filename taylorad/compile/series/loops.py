"""Code with loops over the order: every node has an array [degree][entry], sums run over lanes of entries.

The work is cut into functions of a few nodes each, so that LLVM's time grows with the program and not faster. `starts`
write degree 0 of all nodes and `steps` degree k ≥ 1 for a k known when the code runs; all are
``i1 (ptr inputs, ptr outputs, ptr workspace, i64 start, i64 k)``. `Loops.write` makes the driver. Another driver calls
the same functions, and may write the inputs of degree k + 1 after each step: that is all that seeds "solution" adds, in
`_finish`. Elementwise programs of many points are cut into blocks whose arrays stay in the first cache.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from taylorad.compile.graph import row_major
from taylorad.compile.series.kernels import Kernels
from taylorad.compile.series.moves import Moves
from taylorad.compile.series.nodes import BOOL, Node, SeriesProgram
from taylorad.compile.series.straight import lanes_of, points
from taylorad.compile.series.text import Text, literal, type_of

CACHE = 32768  # bytes of a block's arrays
VECTORS = 4  # accumulators side by side
STACK = 131072  # bytes of workspace taken from the stack
TOGETHER = 32  # nodes in a function
PARAMETERS = "ptr %inputs, ptr %outputs, ptr %workspace, i64 %start, i64 %k"


@dataclass
class Prologue:
    """What the function being written finds out first: addresses, in lines before its others."""

    lines: list[str] = field(default_factory=list)
    buffers: dict[int, Buffer] = field(default_factory=dict)
    pointers: dict[tuple[str, int], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Buffer:
    """The array [degree][entry] of a node: where it begins and how many entries lie between degrees."""

    base: str
    stride: int


class Loops:
    """Writes the body of a function whose parameters are %inputs and %outputs.

    Attributes
    ----------
    lanes : numbers in a register
    count : points in a block, 0 if the program is not elementwise
    buffers : of all nodes that are made
    """

    def __init__(self, text: Text, program: SeriesProgram, blocks: bool = True):
        self.text, self.program = text, program
        self.lanes = lanes_of(program, text.bits)
        self.points = points(program) if blocks else 1
        self.nodes = program.made()
        self.count = self._block_size() if self.points > 1 else 0
        self.own: dict[int, int] = {}
        self.kernels, self.moves = Kernels(self), Moves(self)
        self.heap, self.prologue = False, Prologue()

    def _block_size(self) -> int:
        moving = sum(n.degree > 0 for n in self.nodes) * (self.program.steps + 1) + len(self.nodes)
        vectors = VECTORS
        while vectors > 1 and moving * vectors * self.text.bits // 8 > CACHE:
            vectors //= 2
        return min(self.points, vectors * self.lanes)

    def entries(self, node: Node) -> int:
        """How many entries of a node are computed together."""
        return self.count or node.size

    # ------------------------------------------------------------------------------------------------- the function

    def write(self) -> None:
        """The whole body of the driver, and the functions it calls."""
        text, n, block = self.text, self.points, self.count
        self.prepare()
        self.look = self._outlined(self._has_nan)
        if block and block < n:
            (unknown,) = text.loop(0, n, self._one_block, [("i1", "false")], block)
        else:
            unknown = self._series("0", "false")
        self._leave(text.new(f"select i1 {unknown}, i32 2, i32 0"))
        if self.program.guards:
            text.begin("fail")
            self._leave("1")

    def prepare(self, workspace: str | None = None) -> None:
        """Workspace, which may be given as an expression, and the functions that do the work."""
        self._allocate(workspace)
        groups = [self.nodes[i : i + TOGETHER] for i in range(0, len(self.nodes), TOGETHER)]
        self.starts = [self._outlined(lambda g=group: self._start(g)) for group in groups]  # type: ignore[misc]
        self.starts.append(self._outlined(lambda: self._finish(0)))
        self.steps = [self._outlined(lambda g=group: self._step(g)) for group in groups]  # type: ignore[misc]
        self.steps.append(self._outlined(lambda: self._finish("%k")))
        self.guard = self._outlined(self._guard)

    def first(self, start: str = "0", fail: str = "fail") -> None:
        """Degree 0, and of a solution also degree 1; a guard that does not hold jumps to a label."""
        for name in self.starts:
            self._call(name, start, 0)
        if self.program.guards:
            fails, going_on = self._call(self.guard, start, 0), self.text.fresh("valid")
            self.text.line(f"br i1 {fails}, label %{fail}, label %{going_on}")
            self.text.begin(going_on)

    def rest(self, start: str = "0") -> None:
        """All other degrees."""
        if self.program.steps:
            self.text.loop(1, self.program.steps + 1, lambda k, _: self._degree(start, k))

    def _outlined(self, body: Callable[[], str | None]) -> str:
        """The name of a function with some code; it returns a condition."""
        text, outer = self.text, (self.text.lines, self.text.block, self.prologue)
        text.lines, text.block, self.prologue = [], "entry", Prologue()
        result = body() or "false"
        name = f"@{text.prefix}.{len(text.functions)}"
        head, end = f"define internal i1 {name}({PARAMETERS}) noinline {{", f"  ret i1 {result}"
        text.functions.append("\n".join([head, "entry:", *self.prologue.lines, *text.lines, end, "}"]))
        text.lines, text.block, self.prologue = outer
        return name

    def _call(self, name: str, start: str, k: Any) -> str:
        return self.text.new(f"call i1 {name}(ptr %inputs, ptr %outputs, ptr %workspace, i64 {start}, i64 {k})")

    def _leave(self, status: str) -> None:
        if self.heap:
            self.text.declared["@free"] = "declare void @free(ptr)"
            self.text.line("call void @free(ptr %workspace)")
        self.text.line(f"ret i32 {status}")

    def _one_block(self, i: str, carried: list[str]) -> list[str]:
        """The last block is moved back to end with the batch."""
        text, last = self.text, self.points - self.count
        beyond = text.new(f"icmp sgt i64 {i}, {last}")
        start = text.new(f"select i1 {beyond}, i64 {last}, i64 {i}")
        return [self._series(start, carried[0])]

    def _series(self, start: str, unknown: str) -> str:
        """All degrees of a block."""
        self.first(start)
        self.rest(start)
        return self.text.logic("or", unknown, self._call(self.look, start, 0))

    def _degree(self, start: str, k: str) -> list[str]:
        for name in self.steps:
            self._call(name, start, k)
        return []

    # ------------------------------------------------------------------------------------------------------ storage

    def _allocate(self, workspace: str | None) -> None:
        """Workspace for what is neither argument nor result, zeros above the degrees of short series."""
        text, total = self.text, 0
        for node in self.nodes:
            if self._needs_own(node):
                rows = self.program.steps + 1 if node.degree else 1
                self.own[node.index] = total
                total += -(-rows * self.entries(node) * node.dtype.itemsize // 64) * 64
        self.workspace_size = total
        self.heap = workspace is None and total > STACK
        if workspace is not None:
            text.line(f"%workspace = {workspace}")
        elif self.heap:
            text.declared["@malloc"] = "declare ptr @malloc(i64)"
            text.line(f"%workspace = call ptr @malloc(i64 {total})")
        else:
            text.line(f"%workspace = alloca [{max(total, 1)} x i8], align 64")
        for i, offset in self.own.items():
            node = self.program[i]
            if 0 < node.degree < self.program.steps:
                begin = offset + (node.degree + 1) * self.entries(node) * node.dtype.itemsize
                size = (self.program.steps - node.degree) * self.entries(node) * node.dtype.itemsize
                self._clear(text.new(f"getelementptr inbounds i8, ptr %workspace, i64 {begin}"), size)

    def _clear(self, base: str, size: int) -> None:
        self.text.declared["@llvm.memset"] = "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"
        self.text.line(f"call void @llvm.memset.p0.i64(ptr {base}, i8 0, i64 {size}, i1 false)")

    def _needs_own(self, node: Node) -> bool:
        if node.kind == "constant" or self.aliased(node):
            return False
        if node.kind == "input":
            program = self.program
            moves = program.seeds == "solution" and node.data == program.time
            return moves or program.seeds == "variable" or (self.count > 0 and node.size == 1)
        return self._result(node) is None

    def _result(self, node: Node) -> int | None:
        """The output whose memory a node uses."""
        program = self.program
        whole = program.seeds != "solution" and node.degree >= program.steps and not self.aliased(node)
        movable = node.kind not in ("input", "constant") and node.needed >= program.steps
        return program.outputs.index(node.index) if whole and movable and node.index in program.outputs else None

    def aliased(self, node: Node) -> bool:
        """Whether a node is a contiguous piece of its operand and needs no memory."""
        if node.kind != "view" or self.count:
            return False
        expected = tuple(s if n > 1 else 0 for s, n in zip(row_major(node.shape), node.shape, strict=True))
        return node.data[1] in (expected, row_major(node.shape)) and self.program[node.operands[0]].kind != "constant"

    def buffer(self, index: int) -> Buffer:
        """The array of a node."""
        known = self.prologue.buffers
        if index not in known:
            text, node = self.text, self.program[index]
            lines, text.lines = text.lines, self.prologue.lines
            known[index] = self._found(node)
            text.lines = lines
        return known[index]

    def _found(self, node: Node) -> Buffer:
        text, at = self.text, "%start" if self.count and node.size > 1 else 0
        if node.kind == "constant":
            return Buffer(text.address(text.table(node.data), at, node.dtype), 0)
        if self.aliased(node):
            source = self.buffer(node.operands[0])
            return Buffer(text.address(source.base, node.data[0], node.dtype), source.stride)
        if node.index in self.own:
            offset = self.own[node.index] // node.dtype.itemsize
            return Buffer(text.address("%workspace", offset, node.dtype), self.entries(node))
        result = self._result(node)
        if result is not None:
            base = self.pointer("outputs", result)
        elif self.program.seeds == "solution" and node.data < self.program.equations:
            base = self.pointer("outputs", node.data)
        else:
            base = self.pointer("inputs", node.data)
        return Buffer(text.address(base, at, node.dtype), node.size)

    def pointer(self, which: str, number: int) -> str:
        """The address of an argument or result."""
        known, text = self.prologue.pointers, self.text
        if (which, number) not in known:
            lines, text.lines = text.lines, self.prologue.lines
            at = text.new(f"getelementptr inbounds ptr, ptr %{which}, i64 {number}")
            known[which, number] = text.new(f"load ptr, ptr {at}, align 8")
            text.lines = lines
        return known[which, number]

    def row(self, index: int, k: Any, offset: Any = 0) -> str:
        """The address of an entry of part k."""
        buffer = self.buffer(index)
        at = self.text.plus(self.text.times(k, buffer.stride), offset)
        return self.text.address(buffer.base, at, self.program[index].dtype)

    # ------------------------------------------------------------------------------------------------------ degrees

    def _start(self, nodes: list[Node]) -> None:
        """Write degree 0 of some nodes."""
        for node in nodes:
            if node.kind == "input":
                self._fill_input(node)
            elif node.kind != "constant" and not self.aliased(node):
                self._part(node, 0)

    def _step(self, nodes: list[Node], k: str = "%k") -> None:
        """Write degree k ≥ 1 of some nodes, from the degrees below and those of the inputs."""
        for node in nodes:
            if node.kind in ("input", "constant", "value") or node.last < 1 or self.aliased(node):
                continue
            if node.last < self.program.steps:
                within = self.text.new(f"icmp sle i64 {k}, {node.last}")
                self.text.when(within, lambda node=node: self._part(node, k))  # type: ignore[misc]
            else:
                self._part(node, k)

    def _part(self, node: Node, k: Any) -> None:
        (self.moves if node.kind in self.moves.rules else self.kernels).part(node, k)

    def _fill_input(self, node: Node) -> None:
        program = self.program
        own, solved = node.index in self.own, program.seeds == "solution" and node.data < program.equations
        if not own and not solved:
            return
        rows = []
        if program.seeds == "variable":
            rows = [(self.pointer("inputs", 2 * node.data + i), i, 0) for i in range(2)]
        if not rows:
            moving = node.degree and program.seeds == "coefficients"
            count = program.steps + 1 if moving else 1
            rows = [(self.pointer("inputs", node.data), i, i * node.size) for i in range(count)]
        for base, k, offset in rows[: max(1, node.last + 1)]:
            source = self.text.address(base, offset, node.dtype)
            if self.count and node.size > 1:
                source = self.text.address(source, "%start", node.dtype)
            self.kernels.copy(source, node.size == 1 and bool(self.count), self.row(node.index, k), node)
        if program.seeds == "solution" and node.data == program.time and node.last:
            text = self.text
            text.store(literal(1, node.dtype), self.row(node.index, 1), 0, node.dtype)

    def _guard(self) -> str:
        """Whether a guard does not hold."""
        fails = "false"
        for i in self.program.guards:
            (fails,) = self.kernels.gather(
                self.entries(self.program[i]),
                [("i1", fails)],
                lambda at, width, carried, i=i: [self._fails(i, at, width, carried[0])],  # type: ignore[misc]
            )
        return fails

    def _fails(self, i: int, at: Any, width: int, before: str) -> str:
        holds = self.kernels.lane(i, 0, at, width)
        t = type_of(BOOL, width)
        failing = self.text.new(f"xor {t} {holds}, {'true' if width == 1 else 'splat (i1 true)'}")
        return self.text.logic("or", before, self.text.any_lane(failing, width))

    def _finish(self, k: Any) -> None:
        """Copy part k of outputs that are kept elsewhere; under "solution" write the next part of the variables."""
        program, text = self.program, self.text
        for number, i in enumerate(program.outputs):
            node = program[i]
            if program.seeds == "solution" and number < program.equations:
                if program.order:
                    self.kernels.next_degree(node, program[program.inputs[number]], k)
            elif self._result(node) != number:
                at = text.plus(text.times(k, node.size), "%start" if self.count else 0)
                target = text.address(self.pointer("outputs", number), at, node.dtype)
                self.kernels.copy_part(node, k, target)

    def _has_nan(self) -> str:
        """Whether a result has a nan in this block."""
        unknown = "false"
        for number, i in enumerate(self.program.outputs):
            if self.program[i].dtype.kind == "f":
                unknown = self._has_nan_in(self.program[i], number, unknown)
        return unknown

    def _has_nan_in(self, node: Node, number: int, unknown: str) -> str:
        text = self.text
        base = text.address(self.pointer("outputs", number), "%start" if self.count else 0, node.dtype)

        def look(k: str, carried: list[str]) -> list[str]:
            at = text.address(base, text.times(k, node.size), node.dtype)
            return self.kernels.gather(self.entries(node), [("i1", carried[0])], lambda i, w, c: one(at, i, w, c))

        def one(at: str, i: Any, width: int, carried: list[str]) -> list[str]:
            x = text.load(at, i, node.dtype, width)
            found = text.any_lane(text.compare("!=", x, x, node.dtype, width), width)
            return [text.logic("or", carried[0], found)]

        return text.loop(0, self.program.order + 1, look, [("i1", unknown)])[0]
