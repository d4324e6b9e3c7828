"""Loads and stores of several entries at a time: neighbours, strided or tabulated ones, all lanes or the first few."""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.compile.native.access import Map
from taylorad.compile.native.expressions import arithmetic
from taylorad.compile.native.nests import Task
from taylorad.compile.native.plan import Root
from taylorad.compile.native.text import BYTES, SHORT, STORED, Body, literal, type_of, vector


class Transfer:
    """Between registers and memory, along one loop axis."""

    def __init__(self, body: Body, axis: int | None, lanes: int) -> None:
        self.body, self.axis, self.lanes = body, axis, lanes

    def mask(self, active: int) -> str:
        """The first lanes."""
        return "<" + ", ".join(f"i1 {int(k < active)}" for k in range(self.lanes)) + ">"

    def load(self, address: str, dtype: Any, at: Map, active: int, lanes: int) -> str:
        """Entries from an address on, in the order that the positions `at` have along the axis."""
        element = STORED[np.dtype(dtype)]
        if lanes == 1:
            x = self.body.op(f"load {element}, ptr {address}, align {BYTES[element]}")
        elif at.strides[self.axis or 0] == 1:
            x = self._neighbours(address, element, active)
        else:
            x = self._gathered(self.spaced(address, element, at.strides[self.axis or 0]), element, active)
        return self._as_register(x, dtype, lanes)

    def gather(self, start: str, positions: str, dtype: Any, active: int, lanes: int) -> str:
        """Entries at positions after an address."""
        element = STORED[np.dtype(dtype)]
        where = self.addresses(start, positions, dtype, lanes)
        if lanes == 1:
            x = self.body.op(f"load {element}, ptr {where}, align {BYTES[element]}")
        else:
            x = self._gathered(where, element, active)
        return self._as_register(x, dtype, lanes)

    def addresses(self, start: str, positions: str, dtype: Any, lanes: int) -> str:
        """The addresses at positions after an address."""
        element = STORED[np.dtype(dtype)]
        return self.body.op(f"getelementptr {element}, ptr {start}, {vector('i64', lanes)} {positions}")

    def put(self, where: str, x: str, dtype: Any, task: Task, active: int, root: Root) -> str:
        """Store or add x at an address (or at several); what is there afterwards."""
        lanes = self.lanes
        stride = task.at.strides[self.axis] if self.axis is not None else 1
        scattered = lanes > 1 and (task.table is not None or stride != 1)
        element = STORED[np.dtype(dtype)]
        if scattered and task.table is None:
            where = self.spaced(where, element, stride)
        if root.kind == "add":
            before = self._before(where, dtype, active, scattered)
            if root.factor != 1:
                x = arithmetic(self.body, "multiply", [literal(root.factor, dtype, lanes), x], dtype, lanes)
            x = arithmetic(self.body, "add", [before, x], dtype, lanes)
        self.store(where, x, dtype, active, scattered)
        return x

    def store(self, where: str, x: str, dtype: Any, active: int, scattered: bool = False) -> None:
        """Put the first lanes of x at an address, or at one address each."""
        element, lanes = STORED[np.dtype(dtype)], self.lanes
        kind = vector(element, lanes)
        if element == "i8":
            x = self.body.op(f"zext {vector('i1', lanes)} {x} to {kind}")
        if lanes == 1 or (active == lanes and not scattered):
            self.body.do(f"store {kind} {x}, ptr {where}, align {BYTES[element]}")
        elif scattered:
            self._masked("scatter", "void", [(kind, x), (f"<{lanes} x ptr>", where)], element, active)
        else:
            self._masked("store", "void", [(kind, x), ("ptr", where)], element, active)

    def _before(self, where: str, dtype: Any, active: int, scattered: bool) -> str:
        element = STORED[np.dtype(dtype)]
        if self.lanes == 1:
            x = self.body.op(f"load {element}, ptr {where}, align {BYTES[element]}")
        else:
            x = self._gathered(where, element, active) if scattered else self._neighbours(where, element, active)
        return self._as_register(x, dtype, self.lanes)

    def _neighbours(self, address: str, element: str, active: int) -> str:
        kind = vector(element, self.lanes)
        if active == self.lanes:
            return self.body.op(f"load {kind}, ptr {address}, align {BYTES[element]}")
        return self._masked("load", kind, [("ptr", address)], element, active)

    def _gathered(self, addresses: str, element: str, active: int) -> str:
        kind = vector(element, self.lanes)
        return self._masked("gather", kind, [(f"<{self.lanes} x ptr>", addresses)], element, active)

    def spaced(self, address: str, element: str, stride: int) -> str:
        steps = "<" + ", ".join(f"i64 {k * stride}" for k in range(self.lanes)) + ">"
        return self.body.op(f"getelementptr {element}, ptr {address}, <{self.lanes} x i64> {steps}")

    def _masked(self, name: str, result: str, operands: list[tuple[str, str]], element: str, active: int) -> str:
        """A call of one of LLVM's masked loads and stores; operands are (type, name)."""
        lanes, kind = self.lanes, vector(element, self.lanes)
        pointer = f"v{lanes}p0" if name in ("gather", "scatter") else "p0"
        full = f"llvm.masked.{name}.v{lanes}{SHORT[element]}.{pointer}"
        rest = [("i32 immarg", str(BYTES[element])), (f"<{lanes} x i1>", self.mask(active))]
        rest += [] if result == "void" else [(kind, "zeroinitializer")]
        self.body.unit.declare(full, result, ", ".join(t for t, _ in operands + rest))
        given = ", ".join(f"{t.removesuffix(' immarg')} {x}" for t, x in operands + rest)
        if result == "void":
            self.body.do(f"call void @{full}({given})")
            return ""
        return self.body.op(f"call {result} @{full}({given})")

    def _as_register(self, x: str, dtype: Any, lanes: int) -> str:
        if np.dtype(dtype).kind != "b":
            return x
        return self.body.op(f"icmp ne {vector('i8', lanes)} {x}, {'zeroinitializer' if lanes > 1 else '0'}")


def horizontal(body: Body, xs: list[str], kind: str, dtype: Any, lanes: int) -> str:
    """The lanes of each register combined by an operation: as many results in one register (1, 2, 4 … up to `lanes`).

    Two registers become one, the halves of each combined, until one is left; then its parts are halved.
    """
    parts, count = 1, len(xs)
    while len(xs) > 1:
        xs = [_halved(body, a, b, kind, dtype, lanes, parts) for a, b in zip(xs[::2], xs[1::2], strict=True)]
        parts *= 2
    x = xs[0]
    while lanes > count:
        x, lanes = _halved(body, x, None, kind, dtype, lanes, parts), lanes // 2
    return body.op(f"extractelement <1 x {type_of(dtype)}> {x}, i64 0") if count == 1 else x


def _halved(body: Body, a: str, b: str | None, kind: str, dtype: Any, lanes: int, parts: int) -> str:
    """First and second halves of all parts of a (and of b behind it) combined."""
    width, number = lanes // parts, f"<{lanes} x {type_of(dtype)}>"
    total = parts * (1 if b is None else 2)
    halves = []
    for start in (0, width // 2):
        chosen = ", ".join(f"i32 {p * width + start + k}" for p in range(total) for k in range(width // 2))
        size = total * width // 2
        halves.append(body.op(f"shufflevector {number} {a}, {number} {b or 'poison'}, <{size} x i32> <{chosen}>"))
    return arithmetic(body, kind, halves, dtype, size, vectors=True)
