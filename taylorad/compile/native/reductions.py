"""Partial results of reductions, in registers while their loops run."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.compile.native.expressions import arithmetic, convert
from taylorad.compile.native.nests import Task
from taylorad.compile.native.text import literal, type_of
from taylorad.compile.native.transfer import horizontal

if TYPE_CHECKING:
    from taylorad.compile.native.loops import LoopWriter, Point

_OPERATION = {
    "sum": "add",
    "prod": "multiply",
    "max": "maximum",
    "min": "minimum",
    "any": "maximum",
    "all": "minimum",
}


def neutral(name: str, dtype: Any) -> float:
    """What a reduction of nothing is."""
    if dtype.kind == "b":
        return name in ("all", "min", "prod")
    if dtype.kind == "i" and name in ("max", "min"):
        return np.iinfo(dtype).min if name == "max" else np.iinfo(dtype).max
    return {"sum": 0.0, "prod": 1.0, "max": -math.inf, "min": math.inf, "any": 0.0, "all": 1.0}[name]


class Reductions:
    """Those of one nest."""

    def __init__(self, writer: LoopWriter) -> None:
        self.writer = writer
        self.tasks = [(k, task) for k, task in enumerate(writer.tasks) if task.root.kind == "reduce"]
        self._partial: dict[Any, str] = {}

    def _data(self, task: Task) -> tuple[str, Any]:
        value = self.writer.nest.graph[task.root.target]
        return value.data[0], value.dtype

    def _points(self) -> list[tuple]:
        plan = self.writer.plan
        kept = plan.order[: plan.kept]
        chosen = itertools.product(*(self.writer.points[a] for a in kept))
        return [tuple(zip(kept, point, strict=True)) for point in chosen]

    def start(self) -> None:
        """Nothing is summed yet."""
        body, lanes = self.writer.body, self.writer.plan.lanes
        for number, task in self.tasks:
            name, dtype = self._data(task)
            kind = type_of(dtype, lanes)
            for position, (point, slot) in enumerate(itertools.product(self._points(), range(self.writer.plan.slots))):
                key = number, point, slot
                place = self._partial.get((number, position))
                if place is None:
                    place = self._partial[number, position] = body.early(f"alloca {kind}")
                self._partial[key] = place
                body.do(f"store {kind} {literal(neutral(name, dtype), dtype, lanes)}, ptr {place}")

    def add(self, number: int, task: Task, point: Point) -> None:
        """One more entry (or one in each lane)."""
        writer, plan = self.writer, self.writer.plan
        body, lanes = writer.body, plan.lanes
        name, dtype = self._data(task)
        kind = type_of(dtype, lanes)
        x = convert(body, (writer.operand(task.node, point, lanes), task.node.dtype), dtype, lanes)
        active = point[plan.vector][1] if plan.vector is not None else 1
        if active < lanes and plan.vector in plan.order[plan.kept :]:
            rest = literal(neutral(name, dtype), dtype, lanes)
            x = body.op(f"select <{lanes} x i1> {writer.transfer.mask(active)}, {kind} {x}, {kind} {rest}")
        place = self._partial[number, tuple((a, point[a]) for a in plan.order[: plan.kept]), self._slot(point)]
        before = body.op(f"load {kind}, ptr {place}")
        if name == "sum" and dtype.kind == "f":
            after = body.op(f"fadd reassoc contract {kind} {before}, {x}")
        else:
            after = arithmetic(body, _OPERATION[name], [x, before], dtype, lanes)
        body.do(f"store {kind} {after}, ptr {place}")

    def _slot(self, point: Point) -> int:
        plan = self.writer.plan
        if plan.slots == 1:
            return 0
        axis = plan.order[-1]
        return self.writer.points[axis].index(point[axis]) % plan.slots

    def finish(self) -> None:
        """Results from the partial ones, to where they belong."""
        plan = self.writer.plan
        across = plan.lanes > 1 and plan.vector in plan.order[plan.kept :]
        for number, task in self.tasks:
            points = self._points()
            while points:
                count = min(1 << (len(points).bit_length() - 1), plan.lanes if across else 1)
                self._finish_some(number, task, points[:count], across)
                points = points[count:]

    def _finish_some(self, number: int, task: Task, keys: list[tuple], across: bool) -> None:
        """The results at a few points: 1, 2, 4 … at a time where lanes must be combined."""
        body, lanes = self.writer.body, self.writer.plan.lanes
        name, dtype = self._data(task)
        parts = [self._combined(number, key, _OPERATION[name], dtype) for key in keys]
        if not across:
            self.writer.put_reduced(task, parts[0], dtype, dict(keys[0]))
            return
        x = horizontal(body, parts, _OPERATION[name], dtype, lanes)
        step = [task.at.strides[a] for a, _ in keys[0] if len({dict(k)[a] for k in keys}) > 1]
        if len(keys) > 1 and step == [1]:
            self.writer.put_results(task, x, dtype, dict(keys[0]), len(keys))
            return
        for k, key in enumerate(keys):
            one = body.op(f"extractelement {type_of(dtype, len(keys))} {x}, i64 {k}") if len(keys) > 1 else x
            self.writer.put_results(task, one, dtype, dict(key), 1)

    def _combined(self, number: int, key: tuple, kind: str, dtype: Any) -> str:
        """The partial results of one point in one register."""
        body, plan = self.writer.body, self.writer.plan
        number_type = type_of(dtype, plan.lanes)
        parts = [body.op(f"load {number_type}, ptr {self._partial[number, key, slot]}") for slot in range(plan.slots)]
        while len(parts) > 1:
            pairs = zip(parts[::2], parts[1::2], strict=False)
            rest = parts[len(parts) // 2 * 2 :]
            parts = [arithmetic(body, kind, list(pair), dtype, plan.lanes) for pair in pairs] + rest
        return parts[0]
