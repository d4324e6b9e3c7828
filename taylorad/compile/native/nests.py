"""A loop nest before it is text: extents of the loops, and for every root the expression and where its entries go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from taylorad.compile.graph import ELEMENTWISE, Value
from taylorad.compile.native.access import Map, OpaqueError, SplitError, identity, through
from taylorad.compile.native.plan import Group, Plan, Root


class UnreachableError(Exception):
    """A value whose entries a loop cannot address: it must be stored."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


@dataclass(eq=False, slots=True)
class Node:
    """One operand in a loop's body.

    Attributes
    ----------
    kind : str
        "load", "gather" (load at tabulated positions), "op", "scalar", "literal" or "zero" (a term left out).
    value : Value
        What is loaded, computed or known.
    dtype : of the numbers
    at : Map
        Where a load (of the value or of the table) is in terms of the loop indices.
    children : list of Node
    table : int64 array of the positions, for a gather
    axes : set of loop axes that it depends on
    level : how many loops must be open for it to be known
    """

    kind: str
    value: Value
    dtype: np.dtype
    at: Map
    children: list[Node] = field(default_factory=list)
    table: Any = None
    axes: frozenset[int] = frozenset()
    level: int = 0


@dataclass(eq=False, slots=True)
class Task:
    """A root, its expression and the positions of the target's entries (of the table's, if there is one)."""

    root: Root
    node: Node
    at: Map
    table: Any = None


class Nest:
    """The loops of a group.

    Attributes
    ----------
    extents : list of int
    reduced : list of bool
        Which axes a reduction removes.
    tasks : list of Task
    nodes : list of Node
        Operands before the operations that need them.
    """

    def __init__(self, plan: Plan, group: Group) -> None:
        self.plan, self.graph, self.group = plan, plan.graph, group
        self.extents = list(group.shape)
        self.reduced = [group.axes is not None and i in group.axes for i in range(len(group.shape))]
        self._splits: list[tuple[int, int]] = []
        self._own = {root.target for root in group.roots if root.own}
        while True:
            self._known: dict[Any, Node] = {}
            self._zero = Map(0, (0,) * len(self.extents))
            self._identity = self._refined(identity(group.shape))
            try:
                self.tasks = [self._task(root) for root in group.roots]
                break
            except SplitError as error:
                self._split(error.axis, error.inner)
        self.nodes = list(self._known.values())
        self._merge_axes()
        self._find_axes()

    def _split(self, axis: int, inner: int) -> None:
        self._splits.append((axis, inner))
        self.extents[axis : axis + 1] = [self.extents[axis] // inner, inner]
        self.reduced.insert(axis, self.reduced[axis])

    def _refined(self, at: Map) -> Map:
        for axis, inner in self._splits:
            at = at.split(axis, inner)
        return at

    # -------------------------------------------------------------------------------------------- expressions

    def _task(self, root: Root) -> Task:
        if root.kind == "reduce":
            return Task(root, self._read(root.value, self._identity), self._refined(self._kept()))
        node = self._define(root.value, self._identity) if root.own else self._read(root.value, self._identity)
        if root.placement is None:
            return Task(root, node, self._identity)
        if root.placement.positions is not None:
            return Task(root, node, self._identity, root.placement.positions)
        strides = tuple(s if n > 1 else 0 for s, n in zip(root.placement.strides, self._shape_of(root), strict=True))
        return Task(root, node, self._refined(Map(root.placement.offset, strides if self.group.shape else ())))

    def _shape_of(self, root: Root) -> tuple[int, ...]:
        return self.graph[root.value].shape

    def _kept(self) -> Map:
        """Where a reduction's result goes."""
        shape, axes = self.group.shape, self.group.axes or ()
        kept = [n for i, n in enumerate(shape) if i not in axes]
        strides = iter(identity(kept).strides)
        return Map(0, tuple(0 if i in axes else next(strides) for i in range(len(shape))))

    def _read(self, index: int, at: Map) -> Node:
        """An entry of a value as an operand."""
        value, storage = self.graph[index], self.plan.storage[index]
        if index in self._own and at == self._identity and storage == "stored":
            return self._define(index, at)
        if storage == "inline":
            return self._define(index, at)
        if storage == "constant" and value.size and _uniform(value.data):
            storage = "literal"
        if value.size == 1:
            at = self._zero
        kind = {"folded": "zero", "scalar": "scalar", "literal": "literal"}.get(storage, "load")
        return self._made(kind, value, at if kind == "load" else self._zero, [])

    def _made(self, kind: str, value: Value, at: Map, children: list[Node], table: Any = None) -> Node:
        key = kind, value.index, at
        node = self._known.get(key)
        if node is None:
            node = self._known[key] = Node(kind, value, value.dtype, at, children, table)
        return node

    def _define(self, index: int, at: Map) -> Node:
        """An entry of a value from its definition."""
        value = self.graph[index]
        known = self._known.get(("op", index, at))
        if known is not None:
            return known
        if value.kind in ELEMENTWISE:
            children = [self._read(i, at if self.graph[i].size == value.size else self._zero) for i in value.operands]
            return self._made("op", value, at, children)
        if value.kind == "view":
            try:
                return self._read(value.operands[0], through(at, self.extents, value.shape, *value.data))
            except OpaqueError:
                raise UnreachableError(index) from None
        return self._defined_elsewhere(value, at)

    def _defined_elsewhere(self, value: Value, at: Map) -> Node:
        if value.kind == "take":
            operand = self.graph[value.operands[0]]
            if operand.size == 1:
                return self._read(operand.index, self._zero)
            if self.plan.storage[operand.index] not in ("input", "constant", "stored"):
                raise UnreachableError(operand.index)
            return self._made("gather", value, at, [], value.data)
        if value.kind == "place":
            filled = [i for i in value.operands if self.graph[i].size]
            return self._read(filled[-1], self._zero) if filled else self._made("empty", value, at, [])
        return self._made("op", value, at, [self._read(value.operands[0], self._zero)])

    # -------------------------------------------------------------------------------------------- axes

    def _merge_axes(self) -> None:
        """Make one axis of neighbours that all positions walk as one; drop those of one entry."""
        if not self.extents:
            return
        maps = [n.at for n in self.nodes if n.kind in ("load", "gather")] + [task.at for task in self.tasks]
        kept: list[int] = []
        sizes: list[int] = []
        for axis, n in enumerate(self.extents):
            if n == 1:
                continue
            if kept and self.reduced[kept[-1]] == self.reduced[axis]:
                last = kept[-1]
                if all(m.strides[last] == m.strides[axis] * n for m in maps):
                    kept[-1], sizes[-1] = axis, sizes[-1] * n
                    continue
            kept.append(axis)
            sizes.append(n)
        items: list[Node | Task] = [*self.nodes, *self.tasks]
        for item in items:
            item.at = Map(item.at.offset, tuple(item.at.strides[i] for i in kept))
        self.extents, self.reduced = sizes, [self.reduced[i] for i in kept]

    def _find_axes(self) -> None:
        if not self.extents:
            return
        for node in self.nodes:
            moving = node.kind in ("load", "gather")
            own = frozenset(i for i, s in enumerate(node.at.strides) if s and moving)
            node.axes = own.union(*(child.axes for child in node.children))


def _uniform(array: np.ndarray) -> bool:
    """Whether all entries are the same."""
    first, last = array.flat[0], array.flat[-1]
    return array.size == 1 or (bool(first == last) and array.tobytes() == first.tobytes() * array.size)
