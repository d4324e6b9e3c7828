"""Where values are: arguments, constants, results, the workspace of a call, or a register."""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.compile.native.plan import Plan
from taylorad.compile.native.text import BYTES, STORED, Body, Unit, type_of

_LINE = 64


class Memory:
    """The places of all values of a plan.

    Attributes
    ----------
    size : int
        Bytes of workspace.
    """

    def __init__(self, plan: Plan, unit: Unit) -> None:
        self.plan, self.graph, self.unit = plan, plan.graph, unit
        self.size = 0
        self.exports: dict[int, list[str]] = {}
        self._output = {index: k for k, index in reversed(list(enumerate(self.graph.outputs)))}
        self._offsets: dict[int, int] = {}
        self._scalars: dict[int, tuple[Body, str]] = {}
        self._slots: dict[int, int] = {}
        self._names: dict[tuple[int, Any], str] = {}
        self._lay_out()

    # ------------------------------------------------------------------------------------------------- workspace

    def _lay_out(self) -> None:
        """Offsets of stored values that are no results; memory is used again when its value is no longer needed."""
        plan, fills = self.plan, set(self.plan.fills)
        stored = [
            i for i, s in enumerate(plan.storage) if s == "stored" and i not in self._output and i not in plan.local
        ]
        stored = [i for i in stored if self.graph[i].size]
        written = self._first_writes()
        first = {i: -1 if i in fills else written[i] for i in stored}
        free: list[tuple[int, int, int]] = []
        for i in sorted(stored, key=lambda i: first[i]):
            need = -(-self.graph[i].size * BYTES[self.element(self.graph[i].dtype)] // _LINE) * _LINE
            fitting = [slot for slot in free if slot[0] < first[i] and need <= slot[2] <= 2 * need]
            if fitting:
                slot = min(fitting, key=lambda s: s[2])
                free.remove(slot)
                offset, need = slot[1], slot[2]
            else:
                offset, self.size = self.size, self.size + need
            self._offsets[i] = offset
            free.append((plan.last_use(i), offset, need))

    def _first_writes(self) -> dict[int, int]:
        """For each value the first group that writes it."""
        first: dict[int, int] = {}
        for k, group in enumerate(self.plan.groups):
            targets = [root.target for root in group.roots] if group.product is None else [group.product.index]
            for target in targets:
                first.setdefault(target, k)
        return first

    # ------------------------------------------------------------------------------------------------- arrays

    def element(self, dtype: Any) -> str:
        """The type of an entry in memory."""
        return STORED[np.dtype(dtype)]

    def dtype(self, target: int) -> Any:
        """The number type of a value, or of result −1 − target."""
        return self.graph[target if target >= 0 else self.graph.outputs[-1 - target]].dtype

    def is_stored(self, target: int) -> bool:
        """Whether a value has memory that loops write."""
        return target < 0 or (self.plan.storage[target] == "stored" and target not in self.plan.local)

    def is_checked(self, target: int) -> bool:
        """Whether it is a result, whose nans must be noticed."""
        return target < 0 or (target in self._output and self.plan.storage[target] == "stored")

    def pointer(self, body: Body, target: int) -> str:
        """The address of the first entry."""
        key = id(body), target
        if key not in self._names:
            self._names[key] = self._pointer(body, target)
        return self._names[key]

    def _pointer(self, body: Body, target: int) -> str:
        if target < 0:
            return self._argument(body, "%outputs", -1 - target)
        value = self.graph[target]
        if value.kind == "constant":
            return self.unit.constant(value.data)
        if value.kind == "input":
            return self._argument(body, "%inputs", value.data)
        if target in self._output:
            return self._argument(body, "%outputs", self._output[target])
        return body.early(f"getelementptr i8, ptr %work, i64 {self._offsets[target]}")

    def _argument(self, body: Body, array: str, number: int) -> str:
        slot = body.early(f"getelementptr ptr, ptr {array}, i64 {number}")
        return body.early(f"load ptr, ptr {slot}, align 8, !invariant.load !0")

    # ------------------------------------------------------------------------------------------------- numbers

    def define(self, body: Body, index: int, name: str) -> None:
        """A single number is known."""
        self._scalars[index] = body, name

    def scalar(self, body: Body, index: int) -> str:
        """A single number; one computed by another function comes by way of the workspace."""
        owner, name = self._scalars[index]
        if owner is body:
            return name
        key = id(body), ("scalar", index)
        if key not in self._names:
            kind = self.element(self.graph[index].dtype)
            if index not in self._slots:
                self._slots[index], self.size = self.size, self.size + 8
                self._export(owner, index, name, kind)
            place = body.early(f"getelementptr i8, ptr %work, i64 {self._slots[index]}")
            loaded = body.early(f"load {kind}, ptr {place}, align 8")
            self._names[key] = body.early(f"trunc i8 {loaded} to i1") if kind == "i8" else loaded
        return self._names[key]

    def _export(self, owner: Body, index: int, name: str, kind: str) -> None:
        lines = self.exports.setdefault(id(owner), [])
        place = owner.fresh()
        lines.append(f"  {place} = getelementptr i8, ptr %work, i64 {self._slots[index]}")
        if kind == "i8":
            wide = owner.fresh()
            lines.append(f"  {wide} = zext i1 {name} to i8")
            name = wide
        lines.append(f"  store {kind} {name}, ptr {place}, align 8")

    # ------------------------------------------------------------------------------------------------- nan

    def note_nan(self, body: Body, place: str, lanes: int) -> None:
        """Add what a loop found to what the function knows."""
        mask = type_of(bool, lanes)
        found = body.op(f"load {mask}, ptr {place}")
        if lanes > 1:
            found = body.op(f"icmp ne i{lanes} {body.op(f'bitcast {mask} {found} to i{lanes}')}, 0")
        self.note(body, found)

    def note(self, body: Body, found: str) -> None:
        """Some result is nan if the condition holds."""
        if body.nan is None:
            body.nan = body.early("alloca i1")
            body.entry.append(f"  store i1 false, ptr {body.nan}")
        before = body.op(f"load i1, ptr {body.nan}")
        body.do(f"store i1 {body.op(f'or i1 {before}, {found}')}, ptr {body.nan}")
