"""Machine code of a graph: `generate` writes LLVM's text, `compile_graph` makes a function of it.

The function is `i32 name(ptr inputs, ptr outputs)`: arrays of pointers to C-contiguous data. It returns 0, 1 if a guard
does not hold (the results mean nothing then), 2 if some entry of a result is nan, 3 if memory is exhausted.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from taylorad.compile.graph import Graph
from taylorad.compile.native import target
from taylorad.compile.native.buffers import Memory
from taylorad.compile.native.loops import LoopWriter
from taylorad.compile.native.nests import Nest, UnreachableError
from taylorad.compile.native.plan import Plan
from taylorad.compile.native.prepare import prepared, unsupported
from taylorad.compile.native.products import write_product
from taylorad.compile.native.recurrences import write_recurrences
from taylorad.compile.native.schedule import schedule
from taylorad.compile.native.text import BYTES, Body, Unit, literal

__all__ = ["Native", "compile_graph", "generate", "unsupported"]

OK, INVALID, UNDEFINED, EXHAUSTED = 0, 1, 2, 3
_ON_STACK = 128 * 1024
_LINES = 1500
_TASKS = 400


class Native:
    """A compiled graph.

    Attributes
    ----------
    address : int
        Of the function.
    module : Module
        The code, kept alive.
    """

    def __init__(self, module: target.Module, name: str, results: Sequence[tuple[tuple[int, ...], np.dtype]]) -> None:
        self.module, self.name, self.results = module, name, tuple(results)
        self.address = module.address(name)
        self._function = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)(self.address)

    def __call__(self, inputs: Sequence[np.ndarray]) -> tuple[int, list[np.ndarray]]:
        """(status, results) at C-contiguous arrays of the graph's shapes and types."""
        outputs = [np.empty(shape, dtype) for shape, dtype in self.results]
        status = self._function(_pointers(inputs), _pointers(outputs))
        return status, outputs


def _pointers(arrays: Sequence[np.ndarray]) -> Any:
    return (ctypes.c_void_p * max(len(arrays), 1))(*(array.ctypes.data for array in arrays))


def compile_graph(graph: Graph, name: str = "program") -> Native:
    """Machine code of a graph.

    Raises
    ------
    ValueError
        If the graph has no native code, see `unsupported`.
    """
    module = target.optimise_and_compile(generate(graph, name))
    return Native(module, name, [(graph[i].shape, graph[i].dtype) for i in graph.outputs])


def generate(graph: Graph, name: str = "program", bits: int | None = None, standalone: bool = False) -> str:
    """LLVM's text of a graph, for registers of some bits (this machine's); `standalone` without vectorised libraries.

    Raises
    ------
    ValueError
        If the graph has no native code, see `unsupported`.
    """
    reason = unsupported(graph)
    if reason is not None:
        raise ValueError(f"no native code: {reason}")
    ready, forced = prepared(graph, standalone), set[int]()
    bits = target.machine().vector_bits if bits is None else bits
    while True:
        plan = Plan(ready, forced)
        try:
            nests = [None if group.product else Nest(plan, group) for group in plan.groups]
        except UnreachableError as error:
            forced.add(error.index)
            continue
        return _Writer(plan, nests, name, Unit(bits, standalone)).text()


class _Writer:
    """Writes the functions of a plan, each of bounded length, and the one that calls them."""

    def __init__(self, plan: Plan, nests: list[Nest | None], name: str, unit: Unit) -> None:
        self.plan, self.graph, self.nests, self.name, self.bits = plan, plan.graph, nests, name, unit.bits
        self.unit = unit
        self.memory = Memory(plan, self.unit)
        self.bodies: list[Body] = []
        self.guards: dict[int, list[int]] = {}
        for index, _ in self.graph.guards:
            self.guards.setdefault(plan.place_of[index], []).append(index)

    def text(self) -> str:
        """The module."""
        self._fill()
        for position, nest in enumerate(self.nests):
            if nest is None:
                self._whole(self.plan.groups[position].product)
            else:
                self._loops(nest)
            for index in self.guards.get(position, ()):
                self._guard(index)
        self._results()
        for body in self.bodies:
            self.unit.parts.append(self._finished(body))
        self.unit.parts.append(self._main())
        return self.unit.text() + "!0 = !{}\n"

    def _whole(self, value: Any) -> None:
        """A value made of whole arrays."""
        if value.kind == "series":
            write_recurrences(self._body(), self.memory, value)
        else:
            write_product(self._body(), self.memory, value)

    def _body(self) -> Body:
        if not self.bodies or len(self.bodies[-1].lines) > _LINES:
            self.bodies.append(Body(self.unit, f"{self.name}.part{len(self.bodies)}"))
        return self.bodies[-1]

    def _loops(self, nest: Nest) -> None:
        plan = schedule(nest, self.bits)
        step = _TASKS if not nest.extents else len(nest.tasks)
        for start in range(0, len(nest.tasks), max(step, 1)):
            LoopWriter(self._body(), self.memory, nest, plan, nest.tasks[start : start + step]).write()

    def _fill(self) -> None:
        for index in self.plan.fills:
            value = self.graph[index]
            if not value.size:
                continue
            body = self._body()
            size = value.size * BYTES[self.memory.element(value.dtype)]
            body.unit.declare("llvm.memset.p0.i64", "void", "ptr, i8, i64, i1 immarg")
            pointer = self.memory.pointer(body, index)
            body.do(
                f"call void @llvm.memset.p0.i64(ptr align {value.dtype.itemsize} {pointer}, i8 0, i64 {size}, i1 false)"
            )

    def _guard(self, index: int) -> None:
        body = self._body()
        condition, following = self.memory.scalar(body, index), body.label()
        body.fails = True
        body.do(f"br i1 {condition}, label %fail, label %{following}")
        body.start_block(following)

    def _results(self) -> None:
        """Results that are single numbers, and those that are the same as others."""
        for k, index in enumerate(self.graph.outputs):
            value, storage = self.graph[index], self.plan.storage[index]
            if storage == "scalar":
                self._single_result(k, index)
            elif storage == "stored" and value.size and self.graph.outputs.index(index) != k:
                body = self._body()
                size = value.size * value.dtype.itemsize
                body.unit.declare("llvm.memcpy.p0.p0.i64", "void", "ptr, ptr, i64, i1 immarg")
                destination, source = self.memory.pointer(body, -1 - k), self.memory.pointer(body, index)
                body.do(f"call void @llvm.memcpy.p0.p0.i64(ptr {destination}, ptr {source}, i64 {size}, i1 false)")

    def _single_result(self, k: int, index: int) -> None:
        body, dtype = self._body(), self.graph[index].dtype
        x, element = self.memory.scalar(body, index), self.memory.element(dtype)
        if dtype.kind == "f":
            self.memory.note(body, body.op(f"fcmp uno {element} {x}, {literal(0, dtype)}"))
        if element == "i8":
            x = body.op(f"zext i1 {x} to i8")
        body.do(f"store {element} {x}, ptr {self.memory.pointer(body, -1 - k)}, align {BYTES[element]}")

    def _finished(self, body: Body) -> str:
        body.lines += self.memory.exports.get(id(body), [])
        result = "0"
        if body.nan is not None:
            result = body.op(f"select i1 {body.op(f'load i1, ptr {body.nan}')}, i32 {UNDEFINED}, i32 {OK}")
        head = f"define internal i32 @{body.name}(ptr %inputs, ptr %outputs, ptr %work) noinline #0 {{"
        lines = [head, "entry:", *body.entry, "  br label %start", "start:", *body.lines, f"  ret i32 {result}"]
        if body.fails:
            lines += ["fail:", f"  ret i32 {INVALID}"]
        return "\n".join([*lines, "}"])

    def _main(self) -> str:
        lines = [f"define i32 @{self.name}(ptr %inputs, ptr %outputs) #0 {{", "entry:"]
        large = self.memory.size > _ON_STACK
        lines += self._allocated() if large else [f"  %work = alloca [{max(self.memory.size, 1)} x i8], align 64"]
        lines.append("  br label %part0")
        status = "0"
        for k, body in enumerate(self.bodies):
            lines += [f"part{k}:", f"  %r{k} = call i32 @{body.name}(ptr %inputs, ptr %outputs, ptr %work)"]
            lines += [f"  %s{k} = or i32 {status}, %r{k}", f"  %f{k} = icmp eq i32 %r{k}, {INVALID}"]
            lines.append(f"  br i1 %f{k}, label %fail, label %part{k + 1}")
            status = f"%s{k}"
        release = ["  call void @free(ptr %block)"] if large else []
        lines += [f"part{len(self.bodies)}:", *release, f"  ret i32 {status}"]
        if self.bodies:
            lines += ["fail:", *release, f"  ret i32 {INVALID}"]
        return "\n".join([*lines, *(["exhausted:", f"  ret i32 {EXHAUSTED}"] if large else []), "}"])

    def _allocated(self) -> list[str]:
        self.unit.declare("malloc", "ptr", "i64")
        self.unit.declare("free", "void", "ptr")
        return [
            f"  %block = call ptr @malloc(i64 {self.memory.size + 64})",
            "  %none = icmp eq ptr %block, null",
            "  br i1 %none, label %exhausted, label %have",
            "have:",
            "  %number = ptrtoint ptr %block to i64",
            "  %above = add i64 %number, 63",
            "  %aligned = and i64 %above, -64",
            "  %work = inttoptr i64 %aligned to ptr",
        ]
