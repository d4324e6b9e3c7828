"""Which values are stored, which are recomputed where they are used, and which loops compute them.

A *root* is something a loop must do: store a value, store or add an operand of a placement, accumulate a reduction,
or compute a single number. Roots over the same index space join one `Group`, a loop nest, whenever what they depend on
is ready by then: an earlier group, or the same entry in the same group.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from taylorad.compile.graph import ELEMENTWISE, Graph, Placement, Value, row_major
from taylorad.compile.native.functions import INTRINSICS

_CHEAP, _DEEP, _CHECKED = 4, 100, 1_000_000


WHOLE = ("contract", "series")  # kinds that take whole arrays from memory and write one


@dataclass
class Root:
    """Something a loop nest must do at every index.

    Attributes
    ----------
    kind : str
        "store", "add", "reduce" or "scalar".
    value : int
        What is computed.
    target : int
        Which value it is, or belongs to.
    placement : Placement, optional
        Where the target's entries are; None for their own order.
    factor : float
        What added entries are multiplied with.
    own : bool
        Whether `value` is computed by its definition here, not used as an operand.
    conflicts : bool
        Whether several entries go to one position, so that order matters.
    """

    kind: str
    value: int
    target: int
    placement: Placement | None = None
    factor: float = 1.0
    own: bool = False
    conflicts: bool = False


@dataclass
class Group:
    """Roots over one index space; `axes` are those a reduction removes."""

    shape: tuple[int, ...]
    roots: list[Root] = field(default_factory=list)
    axes: tuple[int, ...] | None = None
    product: Value | None = None


class Plan:
    """What to store and the loops in their order.

    Attributes
    ----------
    storage : list of str
        For each value "input", "constant", "scalar", "stored", "inline", "folded" or "" if it is not needed.
    groups : list of Group
    fills : list of int
        Stored values that begin as zeros.
    local : set of int
        Stored values that need no memory: they are used only by their own loop, at the same entry.
    """

    def __init__(self, graph: Graph, forced: set[int]) -> None:
        self.graph, self.forced = graph, forced
        self.needed, self.users = graph.needed(), graph.users()
        self.outputs = set(graph.outputs)
        self.storage = [""] * len(graph.values)
        self.cost, self.depth = [0.0] * len(graph.values), [0] * len(graph.values)
        self.folded: dict[int, list[tuple[int, float]]] = defaultdict(list)
        self.groups: list[Group] = []
        self.fills: list[int] = []
        self.local: set[int] = set()
        self.reads: list[set[tuple[int, bool]]] = [set() for _ in graph.values]
        self.place_of: dict[int, int] = {}
        self.closed: set[int] = set()
        self._by_shape: dict[tuple, list[int]] = defaultdict(list)
        self._uses: dict[int, list[tuple[int, bool]]] = defaultdict(list)
        self._decide()
        self._fold()
        self._gather()
        self._find_local()

    # ------------------------------------------------------------------------------------------------- storage

    def _decide(self) -> None:
        for value in self.graph.values:
            if self.needed[value.index]:
                self.storage[value.index] = self._storage(value)

    def _storage(self, value: Value) -> str:
        if value.kind in ("input", "constant"):
            return value.kind
        index = value.index
        inline = [i for i in value.operands if self.storage[i] == "inline"]
        self.cost[index] = _own_cost(value) + sum(self.cost[i] for i in inline)
        self.depth[index] = 1 + max((self.depth[i] for i in inline), default=0)
        single = value.size == 1 and value.kind not in ("accumulate", *WHOLE)
        if single and not (value.kind == "place" and any(self.graph[i].size > 1 for i in value.operands)):
            return "scalar"
        if index in self.outputs or index in self.forced or value.kind in ("place", "accumulate", "reduce", *WHOLE):
            return "stored"
        if value.kind in ("view", "take"):
            users = {self.graph[i].kind for i in self.users[index] if self.needed[i]}
            return "stored" if users & {"take", *WHOLE} else "inline"
        return "stored" if self._worth_storing(value) else "inline"

    def _worth_storing(self, value: Value) -> bool:
        users = [self.graph[i] for i in self.users[value.index] if self.needed[i]]
        if self.depth[value.index] > _DEEP or any(u.kind in ("take", *WHOLE) for u in users):
            return True
        if value.kind in ELEMENTWISE and self._repeated(value):
            return True
        uses = sum(u.operands.count(value.index) if u.kind != "square" else 1 for u in users)
        return uses > 1 and self.cost[value.index] >= _CHEAP

    def _repeated(self, value: Value) -> bool:
        """Whether some view repeats the entries of a value."""
        pending = [value]
        while pending:
            for i in self.users[pending.pop().index]:
                user = self.graph[i]
                if user.kind == "view" and self.needed[i]:
                    if user.size > value.size:
                        return True
                    pending.append(user)
        return False

    # ------------------------------------------------------------------------------------------------- folding

    def _fold(self) -> None:
        """Sparse placements that are terms of a stored sum are added to it afterwards."""
        for value in self.graph.values:
            if self.storage[value.index] == "stored" and value.kind in ("add", "subtract", "linear"):
                self._fold_terms(value, value, 1.0)

    def _fold_terms(self, root: Value, value: Value, factor: float) -> None:
        for i, c in zip(value.operands, _coefficients(value), strict=True):
            term = self.graph[i]
            if self.storage[i] not in ("stored", "inline") or i in self.outputs:
                continue
            if (
                term.shape != root.shape
                or sum(1 for u in self.users[i] if self.needed[u]) != 1
                or value.operands.count(i) > 1
            ):
                continue
            if term.kind in ("place", "accumulate") and self._foldable(term):
                self.storage[i] = "folded"
                self.folded[root.index].append((i, factor * c))
            elif self.storage[i] == "inline" and term.kind in ("add", "subtract", "linear", "negative"):
                self._fold_terms(root, term, factor * c)

    def _foldable(self, value: Value) -> bool:
        sizes = [self.graph[i].size for i in value.operands]
        return 2 * sum(sizes) <= value.size and (value.kind == "accumulate" or _disjoint(self.graph, value))

    # ------------------------------------------------------------------------------------------------- groups

    def _gather(self) -> None:
        first = _ancestors(self.graph, [i for i, _ in self.graph.guards])
        order = sorted((v for v in self.graph.values if self.needed[v.index]), key=lambda v: not first[v.index])
        for value in order:
            self._note_reads(value)
            storage = self.storage[value.index]
            if storage in ("scalar", "stored") and value.size:
                self._roots_of(value)
        for k, output in enumerate(self.graph.outputs):
            value = self.graph[output]
            if self.storage[output] in ("input", "constant") and value.size:
                self._join(Root("store", output, -1 - k), value.shape if value.size > 1 else (), set(), -1 - k)

    def _note_reads(self, value: Value) -> None:
        """Which stored values and numbers the definition of a value reads, and whether at the same entry."""
        same = value.kind in ELEMENTWISE or (value.kind == "view" and self._reshapes(value))
        found = self.reads[value.index]
        if value.kind == "reduce":
            same = True
        for i in value.operands:
            if self.storage[i] in ("stored", "scalar"):
                found.add((i, same))
            elif self.storage[i] == "inline":
                found.update((j, same and also) for j, also in self.reads[i])

    def _reshapes(self, value: Value) -> bool:
        offset, strides = value.data
        operand = self.graph[value.operands[0]]
        own = tuple(s if n > 1 else 0 for s, n in zip(row_major(value.shape), value.shape, strict=True))
        return offset == 0 and operand.size == value.size and tuple(strides) == own

    def _roots_of(self, value: Value) -> None:
        index, storage = value.index, self.storage[value.index]
        if value.kind in ("place", "accumulate") and storage == "stored":
            self._placed(value, index, 1.0)
        elif value.kind in WHOLE:
            self._product(value)
        elif value.kind == "reduce" and self.graph[value.operands[0]].size != 1:
            operand = self.graph[value.operands[0]]
            self._join(Root("reduce", operand.index, index), operand.shape, self.reads[index], index, value.data[1])
            self.closed.add(index)
        elif storage == "scalar":
            self._join(Root("scalar", index, index, own=True), (), self.reads[index], index)
        else:
            self._join(Root("store", index, index, own=True), value.shape, self.reads[index], index)
            after = self.place_of[index] + 1
            for term, factor in self.folded.get(index, ()):
                self.closed.add(index)
                self._pieces(self.graph[term], index, factor, False, wait=after)

    def _product(self, value: Value) -> None:
        for i in value.operands:
            self._uses[i].append((len(self.groups), False))
        self.groups.append(Group((), product=value))
        self.place_of[value.index] = len(self.groups) - 1
        self.closed.add(value.index)

    def _placed(self, value: Value, target: int, factor: float) -> None:
        self.closed.add(target)
        sizes = [self.graph[i].size for i in value.operands]
        disjoint = _disjoint(self.graph, value)
        covered = disjoint and sum(sizes) == value.size
        if not covered:
            self.fills.append(target)
        self.place_of[target] = -1
        self._pieces(value, target, factor, value.kind == "place" or covered, ordered=not disjoint)

    def _pieces(
        self, value: Value, target: int, factor: float, over: bool, ordered: bool = False, wait: int = 0
    ) -> None:
        for placement, i in zip(value.data, value.operands, strict=True):
            operand = self.graph[i]
            if operand.size == 0:
                continue
            kind = "store" if over else "add"
            conflicts = kind == "add" and not _injective(placement, operand.shape)
            root = Root(kind, i, target, placement, factor, False, conflicts)
            shape = operand.shape if operand.size > 1 else ()
            reads = {(i, True)} if self.storage[i] in ("stored", "scalar") else set(self.reads[i])
            self._join(root, shape, reads, target, None, wait)
            wait = self.place_of[target] + 1 if ordered else wait

    def _join(
        self, root: Root, shape: tuple, reads: set[tuple[int, bool]], target: int, axes: Any = None, wait: int = 0
    ) -> None:
        """Put a root into the first group that may have it."""
        earliest = wait
        for i, same in reads:
            inside = same and i not in self.closed and self._space(i) == shape
            earliest = max(earliest, self.place_of.get(i, -1) + (0 if inside else 1))
        position = self._open(shape, axes, earliest)
        group = self.groups[position]
        group.roots.append(root)
        group.axes = axes if axes is not None else group.axes
        self.place_of[target] = max(position, self.place_of.get(target, -1))
        for i, same in reads:
            self._uses[i].append((position, same))

    def _space(self, index: int) -> tuple:
        return () if self.storage[index] == "scalar" else self.graph[index].shape

    def _open(self, shape: tuple, axes: Any, earliest: int) -> int:
        for position in self._by_shape[shape][::-1][:4][::-1]:
            known = self.groups[position].axes
            if position >= earliest and (axes is None or known is None or known == axes):
                return position
        self.groups.append(Group(shape))
        self._by_shape[shape].append(len(self.groups) - 1)
        return len(self.groups) - 1

    def _find_local(self) -> None:
        for value in self.graph.values:
            index = value.index
            if self.storage[index] != "stored" or value.kind not in ELEMENTWISE or index in self.outputs:
                continue
            position = self.place_of.get(index)
            if index not in self.closed and all(p == position and same for p, same in self._uses[index]):
                self.local.add(index)

    def last_use(self, index: int) -> int:
        """The last group that reads or writes a value."""
        return max([self.place_of.get(index, -1), *(p for p, _ in self._uses[index])])


def _own_cost(value: Value) -> float:
    if value.kind == "call":
        return 1.0 if value.data in INTRINSICS and value.data != "sqrt" else 25.0
    if value.kind == "divide":
        return 5.0
    if value.kind == "linear":
        return float(len(value.operands))
    return {"view": 0.0, "take": 3.0}.get(value.kind, 1.0)


def _coefficients(value: Value) -> tuple[float, ...]:
    if value.kind == "linear":
        return tuple(float(c) for c in value.data[0])
    return {"add": (1.0, 1.0), "subtract": (1.0, -1.0), "negative": (-1.0,)}[value.kind]


def _disjoint(graph: Graph, value: Value) -> bool:
    """Whether no position is written twice."""
    sizes = [graph[i].size for i in value.operands]
    if sum(sizes) > min(value.size, _CHECKED) and not (len(sizes) == 1 and sizes[0] <= value.size):
        return False
    if len(sizes) == 1:
        return _injective(value.data[0], graph[value.operands[0]].shape)
    count = np.zeros(value.size, dtype=np.uint8)
    for placement, i in zip(value.data, value.operands, strict=True):
        positions = placement.flat(graph[i].shape).ravel()
        if count[positions].any():
            return False
        count[positions] = 1
    return int(count.sum()) == sum(sizes)


def _injective(placement: Placement, shape: tuple[int, ...]) -> bool:
    """Whether different entries go to different positions (no is always a safe answer)."""
    if placement.positions is not None:
        return bool(np.unique(placement.positions).size == placement.positions.size)
    reach = 0
    for stride, n in sorted((abs(s), n) for s, n in zip(placement.strides, shape, strict=True) if n > 1):
        if stride <= reach:
            return False
        reach += stride * (n - 1)
    return True


def _ancestors(graph: Graph, indices: list[int]) -> bytearray:
    found = bytearray(len(graph.values))
    for i in indices:
        found[i] = True
    for value in reversed(graph.values):
        if found[value.index]:
            for i in value.operands:
                found[i] = True
    return found
