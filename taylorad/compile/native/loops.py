"""The text of a loop nest: loads, operations, stores and partial sums at every point of a schedule."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from taylorad.compile.native.buffers import Memory
from taylorad.compile.native.expressions import compute, convert
from taylorad.compile.native.nests import Nest, Node, Task
from taylorad.compile.native.reductions import Reductions
from taylorad.compile.native.schedule import Schedule, Segment
from taylorad.compile.native.text import Body, literal, type_of
from taylorad.compile.native.transfer import Transfer

Point = dict[int, tuple[int, int]]


class LoopWriter:
    """Writes one nest into a function.

    Attributes
    ----------
    points : for each open axis the points of one repetition
    """

    def __init__(self, body: Body, memory: Memory, nest: Nest, plan: Schedule, tasks: list[Task]) -> None:
        self.body, self.memory, self.nest, self.plan, self.tasks = body, memory, nest, plan, tasks
        self.points: dict[int, list[tuple[int, int]]] = {}
        self.transfer = Transfer(body, plan.vector, plan.lanes)
        self._empty = 0 in nest.extents
        self._depth = {axis: depth + 1 for depth, axis in enumerate(plan.order)}
        self._cache: list[dict[Any, str]] = [{} for _ in range(len(plan.order) + 1)]
        self._pointers: list[dict[Any, str]] = [{} for _ in range(len(plan.order) + 1)]
        for node in nest.nodes if plan.order else ():
            node.level = self._level_of(node.axes)
        self._early = self._early_nodes()
        self._check: str | None = None
        self.reductions = Reductions(self)

    def _level_of(self, axes: frozenset[int]) -> int:
        return max((self._depth[a] for a in axes), default=0)

    def write(self) -> None:
        """The whole nest."""
        self._start_pointers()
        if self._checked():
            mask = type_of(bool, self.plan.lanes)
            self._check = self.body.early(f"alloca {mask}")
            self.body.do(f"store {mask} {literal(False, bool, self.plan.lanes)}, ptr {self._check}")
        self._hoist(0)
        self._loop(0)
        if self._check is not None:
            self.memory.note_nan(self.body, self._check, self.plan.lanes)

    def _checked(self) -> bool:
        return any(self.memory.is_checked(task.root.target) for task in self.tasks)

    # ------------------------------------------------------------------------------------------------- loops

    def _loop(self, depth: int) -> None:
        if depth == self.plan.kept and self.reductions.tasks:
            self.reductions.start()
            self._inner(depth)
            self.reductions.finish()
        else:
            self._inner(depth)

    def _inner(self, depth: int) -> None:
        if depth == len(self.plan.order):
            self._do_tasks()
            return
        axis = self.plan.order[depth]
        for segment in self.plan.segments[axis]:
            self.points[axis] = segment.points
            if segment.trips > 1:
                self._repeated(depth, axis, segment)
            else:
                self._open(depth + 1, axis, None)
                self._loop(depth + 1)
        self.points.pop(axis, None)

    def _repeated(self, depth: int, axis: int, segment: Segment) -> None:
        body, before, head = self.body, self.body.block, self.body.label()
        body.do(f"br label %{head}")
        body.start_block(head)
        index, place = body.fresh(), len(body.lines)
        body.lines.append("")
        base = index
        if segment.clamp is not None:
            inside = body.op(f"icmp ult i64 {index}, {segment.clamp}")
            base = body.op(f"select i1 {inside}, i64 {index}, i64 {segment.clamp}")
        self._open(depth + 1, axis, base)
        self._loop(depth + 1)
        following = body.op(f"add nuw nsw i64 {index}, {segment.step}")
        more = body.op(f"icmp ult i64 {following}, {segment.start + segment.trips * segment.step}")
        latch, after = body.block, body.label()
        body.do(f"br i1 {more}, label %{head}, label %{after}")
        body.lines[place] = f"  {index} = phi i64 [ {segment.start}, %{before} ], [ {following}, %{latch} ]"
        body.start_block(after)

    def _open(self, depth: int, axis: int, base: str | None) -> None:
        """What depends on the index of a loop just entered."""
        self._cache[depth] = {}
        here: dict[Any, str] = {}
        scaled: dict[int, str] = {}
        for key, pointer in self._pointers[depth - 1].items():
            stride = key[2][axis]
            if base is not None and stride:
                index = base if stride == 1 else self._scaled(scaled, base, stride)
                pointer = self.body.op(f"getelementptr {key[1]}, ptr {pointer}, i64 {index}")
            here[key] = pointer
        self._pointers[depth] = here
        if depth < len(self.plan.order):
            self._hoist(depth)

    def _scaled(self, known: dict[int, str], base: str, stride: int) -> str:
        if stride not in known:
            known[stride] = self.body.op(f"mul nsw i64 {base}, {stride}")
        return known[stride]

    # ------------------------------------------------------------------------------------------------- addresses

    def _start_pointers(self) -> None:
        for key, pointer in self._accesses():
            self._pointers[0][key] = pointer

    def _accesses(self) -> Any:
        for node in self.nest.nodes if not self._empty else ():
            if node.kind not in ("load", "gather"):
                continue
            if node.kind == "load":
                pointer = self.memory.pointer(self.body, node.value.index)
                yield (pointer, self.memory.element(node.dtype), node.at.strides), pointer
            else:
                pointer = self.body.unit.constant(node.table)
                yield (pointer, "i64", node.at.strides), pointer
        for task in self.tasks:
            if task.table is not None:
                pointer = self.body.unit.constant(task.table)
                yield (pointer, "i64", task.at.strides), pointer
            elif self.memory.is_stored(task.root.target):
                pointer = self.memory.pointer(self.body, task.root.target)
                yield (pointer, self.memory.element(self.memory.dtype(task.root.target)), task.at.strides), pointer

    def address(self, start: str, element: str, at: Any, point: Point) -> str:
        """The address of an entry at a point."""
        depth = max((self._depth[a] for a in point), default=0)
        pointer = self._pointers[depth][(start, element, at.strides)]
        offset = at.offset + sum(at.strides[a] * point[a][0] for a in point)
        return self.body.op(f"getelementptr {element}, ptr {pointer}, i64 {offset}") if offset else pointer

    # ------------------------------------------------------------------------------------------------- operands

    def _early_nodes(self) -> list[list[tuple[Node, bool]]]:
        """For each depth but the last the nodes known there that deeper ones need, and whether in all lanes."""
        inner = len(self.plan.order)
        if inner == 0 or self._empty:
            return [[] for _ in range(inner + 1)]
        needed: dict[int, tuple[Node, bool]] = {}
        users = [(n, n.axes, n.children) for n in self.nest.nodes]
        every = frozenset(range(len(self.nest.extents)))
        users += [(task, every, [task.node]) for task in self.tasks]  # type: ignore[misc, list-item]
        for _, axes, children in users:
            wide = self.plan.vector in axes
            for child in children:
                if child.level < min(self._level_of(axes), inner):
                    before = needed.get(id(child), (child, False))[1]
                    needed[id(child)] = child, before or wide
        result: list[list[tuple[Node, bool]]] = [[] for _ in range(inner + 1)]
        for node, wide in needed.values():
            result[node.level].append((node, wide))
        return result

    def _hoist(self, depth: int) -> None:
        for node, wide in self._early[depth] if depth < len(self._early) else []:
            axes = sorted(node.axes)
            for chosen in itertools.product(*(self.points[a] for a in axes)):
                point = dict(zip(axes, chosen, strict=True))
                self.operand(node, point, self.plan.lanes if wide else 1)

    def operand(self, node: Node, point: Point, lanes: int) -> str:
        """The value of a node at a point, in as many lanes as asked for (all lanes if it varies along them)."""
        if node.kind in ("literal", "zero", "empty"):
            x = node.value.data.flat[0] if node.kind == "literal" else 0
            return literal(x, node.dtype, lanes)
        varies = self.plan.vector in node.axes
        own = {a: point[a] for a in node.axes}
        cache = self._cache[node.level]
        key = id(node), tuple(sorted(own.items()))
        if key not in cache:
            cache[key] = self._computed(node, own)
        if varies or lanes == 1:
            return cache[key]
        wide = (*key, "lanes")
        if wide not in cache:
            cache[wide] = self.body.splat(cache[key], type_of(node.dtype), lanes)
        return cache[wide]

    def _computed(self, node: Node, point: Point) -> str:
        vector = self.plan.vector
        active = point[vector][1] if vector is not None and vector in point else 1
        lanes = self.plan.lanes if vector in node.axes else 1
        if node.kind == "scalar":
            return self.memory.scalar(self.body, node.value.index)
        if node.kind == "load":
            start = self.memory.pointer(self.body, node.value.index)
            address = self.address(start, self.memory.element(node.dtype), node.at, point)
            return self.transfer.load(address, node.dtype, node.at, active, lanes)
        if node.kind == "gather":
            address = self.address(self.body.unit.constant(node.table), "i64", node.at, point)
            positions = self.transfer.load(address, np.dtype(np.int64), node.at, active, lanes)
            source = self.memory.pointer(self.body, node.value.operands[0])
            return self.transfer.gather(source, positions, node.dtype, active, lanes)
        return self._operation(node, point, active, lanes)

    def _operation(self, node: Node, point: Point, active: int, lanes: int) -> str:
        used = [(k, c) for k, c in enumerate(node.children) if c.kind != "zero"]
        names = {k: self.operand(c, point, lanes) for k, c in used}
        if len(used) < len(node.children):
            zero = 0.0 if node.value.kind == "subtract" and 0 in names else -0.0
            names |= {k: literal(zero, c.dtype, lanes) for k, c in enumerate(node.children) if k not in names}
        operands = [(names[k], c.dtype) for k, c in enumerate(node.children)]
        if node.value.kind == "reduce":
            return convert(self.body, operands[0], node.dtype, lanes)
        padded = self.transfer.mask(active) if active < lanes else None
        return compute(self.body, node.value, operands, lanes, padded)

    # ------------------------------------------------------------------------------------------------- tasks

    def _do_tasks(self) -> None:
        order = self.plan.order
        for chosen in itertools.product(*(self.points[a] for a in order)):
            point = dict(zip(order, chosen, strict=True))
            for number, task in enumerate(self.tasks):
                if task.root.kind == "reduce":
                    self.reductions.add(number, task, point)
                else:
                    self._store(task, point)

    def _store(self, task: Task, point: Point) -> None:
        root, lanes = task.root, self.plan.lanes
        x = self.operand(task.node, point, lanes)
        if root.kind == "scalar":
            self.memory.define(self.body, root.target, x)
            return
        if not self.memory.is_stored(root.target):
            return
        dtype = self.memory.dtype(root.target)
        x = convert(self.body, (x, task.node.dtype), dtype, lanes)
        active = point[self.plan.vector][1] if self.plan.vector is not None else 1
        if task.table is None:
            start = self.memory.pointer(self.body, root.target)
            where = self.address(start, self.memory.element(dtype), task.at, point)
        else:
            address = self.address(self.body.unit.constant(task.table), "i64", task.at, point)
            positions = self.transfer.load(address, np.dtype(np.int64), task.at, active, lanes)
            where = self.transfer.addresses(self.memory.pointer(self.body, root.target), positions, dtype, lanes)
        x = self.transfer.put(where, x, dtype, task, active, root)
        self.check(root.target, x, dtype, active)

    def check(self, target: int, x: str, dtype: Any, active: int) -> None:
        """Note whether some entry of an output is nan."""
        if self._check is None or not self.memory.is_checked(target) or dtype.kind != "f":
            return
        lanes = self.plan.lanes
        number, mask = type_of(dtype, lanes), type_of(bool, lanes)
        bad = self.body.op(f"fcmp uno {number} {x}, {x}")
        if active < lanes:
            bad = self.body.op(f"and {mask} {bad}, {self.transfer.mask(active)}")
        before = self.body.op(f"load {mask}, ptr {self._check}")
        self.body.do(f"store {mask} {self.body.op(f'or {mask} {before}, {bad}')}, ptr {self._check}")

    def put_reduced(self, task: Task, x: str, dtype: Any, point: Point) -> None:
        """Where a reduction's result belongs; its lanes are those of the loop."""
        vector = self.plan.vector
        if vector is None:
            self.put_results(task, x, dtype, point, 1)
            return
        where = self._result(task, dtype, point)
        stride, active = task.at.strides[vector], point[vector][1]
        if stride != 1:
            where = self.transfer.spaced(where, self.memory.element(dtype), stride)
        self.transfer.store(where, x, dtype, active, stride != 1)
        self.check(task.root.target, x, dtype, active)

    def put_results(self, task: Task, x: str, dtype: Any, point: Point, count: int) -> None:
        """Where a reduction's results at neighbouring points belong."""
        target = task.root.target
        if not self.memory.is_stored(target):
            self.memory.define(self.body, target, x)
            return
        Transfer(self.body, None, count).store(self._result(task, dtype, point), x, dtype, count)
        if self._check is not None and self.memory.is_checked(target) and dtype.kind == "f":
            bad = self.body.op(f"fcmp uno {type_of(dtype, count)} {x}, {x}")
            if count > 1:
                bits = self.body.op(f"bitcast {type_of(bool, count)} {bad} to i{count}")
                bad = self.body.op(f"icmp ne i{count} {bits}, 0")
            self.memory.note(self.body, bad)

    def _result(self, task: Task, dtype: Any, point: Point) -> str:
        start = self.memory.pointer(self.body, task.root.target)
        return self.address(start, self.memory.element(dtype), task.at, point)
