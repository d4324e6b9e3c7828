"""Places: arrays written or added part by part become one value with all the parts.

    place(place(…), x)               →  place(…, x), without what is completely written over
    place of places                  →  place of the parts, if the inner arrays have no gaps or nothing is under them
    accumulate of accumulates,
    sums of accumulates and of
    arrays that are mostly zeros     →  accumulate of the parts
    accumulate of disjoint parts     →  place

Values are taken into others where nothing else uses them. Sums change their association, and −0.0 may appear for 0.0;
places are exact. The time is proportional to the number of parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taylorad.compile.graph import Graph, Placement, Value, as_affine, row_major
from taylorad.compile.passes.common import Rule, applied, in_form, is_identity, is_zero, uses
from taylorad.compile.passes.moves import composition

LARGEST_MASK = 2**18
DENSE = 0.5  # share of entries above which an array is not mostly zeros

Part = tuple[int, Placement]


def flattened(graph: Graph) -> Graph:
    """The graph with arrays that are written or added part by part as one value."""
    return applied(graph, rules(graph))[0]


def rules(graph: Graph) -> dict[str, list[Rule]]:
    """The rules of this pass for each kind, for one pass over this graph."""
    flattening = Flattening(graph)
    return {"place": [flattening.place], "accumulate": [flattening.sum], "add": [flattening.sum]}


def placed_at(outer: Placement, shape: tuple[int, ...], inner: Placement, part_shape: tuple[int, ...]) -> Placement:
    """Where a part goes that is placed in an array of a shape which is itself placed."""
    if outer.positions is None and inner.positions is None:
        found = composition((outer.offset, outer.strides), shape, (inner.offset, inner.strides), part_shape)
        if found is not None:
            return Placement(*found)
    positions = outer.flat(shape).ravel()[inner.flat(part_shape)]
    affine_form = as_affine(positions)
    return Placement(positions=positions) if affine_form is None else Placement(*affine_form)


def disjoint(parts: list[tuple[Placement, tuple[int, ...]]], size: int) -> bool:
    """Whether no two entries of the parts, of these shapes, have one position."""
    if size > LARGEST_MASK:
        return False
    covered = bytearray(size)
    mask = np.frombuffer(covered, dtype=np.uint8)
    for placement, shape in parts:
        if shape == () and placement.positions is None:
            if covered[placement.offset]:
                return False
            covered[placement.offset] = 1
            continue
        flat = placement.flat(shape).ravel()
        if mask[flat].any() or (flat.size > 1 and np.unique(flat).size < flat.size):
            return False
        mask[flat] = 1
    return True


@dataclass
class Flattening:
    """One pass over a graph: which of its values are used once, and what their operands are in the new graph."""

    graph: Graph

    def __post_init__(self) -> None:
        self.counts = uses(self.graph)
        self.given: dict[int, tuple[int, ...]] = {}
        self.absorbed = bytearray(len(self.graph))
        self.scattered = bytearray(len(self.graph))
        needed = self.graph.needed()
        for value in self.graph.values:
            if not needed[value.index]:
                continue  # what it would take in may be taken in elsewhere
            if value.kind == "place":
                self._mark_place(value)
            elif value.kind in ("accumulate", "add") and value.dtype.kind == "f":
                self._mark_sum(value)

    def _mark_place(self, value: Value) -> None:
        for i, placement in zip(value.operands, value.data, strict=True):
            x = self.graph[i]
            if x.kind == "place" and self.counts[i] == 1 and x.dtype == value.dtype:
                self.absorbed[i] = is_identity(placement, x, value.size)

    def _mark_sum(self, value: Value) -> None:
        """Mark operands that are taken into this sum, if there are any or it is an accumulate."""
        inside = []
        for i in value.operands:
            x = self.graph[i]
            if self.counts[i] != 1 or x.dtype != value.dtype or (value.kind == "add" and x.shape != value.shape):
                continue
            if self.scattered[i] or (x.kind == "place" and self._adds(x, value)):
                inside.append(i)
        same = all(self.graph[i].shape == value.shape for i in value.operands)
        if value.kind == "accumulate" or (inside and same):
            self.scattered[value.index] = True
            for i in inside:
                self.absorbed[i] = True

    def _apart(self, i: int) -> bool:
        """Whether a value is taken apart: it is marked, and no other rule has rewritten it."""
        return bool(self.absorbed[i]) and i in self.given

    def _adds(self, place: Value, user: Value) -> bool:
        """Whether a place may be added part by part: no part lies over another, and for an add it is mostly zeros."""
        sizes = sum(self.graph[i].size for i in place.operands)
        if sizes > (place.size if user.kind == "accumulate" else DENSE * place.size):
            return False
        return disjoint([(p, self.graph[i].shape) for i, p in zip(place.operands, place.data, strict=True)], place.size)

    # ---------------------------------------------------------------------------------------------------- places

    def place(self, new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
        """A place with all parts of those it is made of."""
        self.given[value.index] = operands
        if self.absorbed[value.index]:
            return None
        parts = self._nested(new, value, self._written(value))
        parts = _visible(new, parts, value.size)
        while parts and is_zero(new[parts[0][0]]):
            del parts[0]
        if len(parts) == 1 and is_identity(parts[0][1], new[parts[0][0]], value.size):
            x = in_form(new, parts[0][0], new[parts[0][0]].shape, value.dtype)
            return new.reshaped(x, value.shape)
        if len(parts) == len(operands) and all(i == j for (i, _), j in zip(parts, operands, strict=True)):
            return None
        return new.add("place", [i for i, _ in parts], tuple(p for _, p in parts), value.shape, value.dtype)

    def _written(self, value: Value) -> list[tuple[int, int, Placement]]:
        """(old value, new value, placement) of all that is written, from the last that covers everything on."""
        parts: list[tuple[int, int, Placement]] = []
        current: Value | None = value
        while current is not None:
            inner = None
            for i, x, placement in reversed(
                list(zip(current.operands, self.given[current.index], current.data, strict=True))
            ):
                identity = is_identity(placement, self.graph[i], value.size)
                if identity and self._apart(i) and self.graph[i].kind == "place":
                    inner = self.graph[i]
                    break
                parts.append((i, x, placement))
                if identity:
                    break
            current = inner
        return parts[::-1]

    def _nested(self, new: Graph, value: Value, written: list[tuple[int, int, Placement]]) -> list[Part]:
        """The parts, with inner places that have no gaps or nothing under them taken apart."""
        parts: list[Part] = []
        for i, x, placement in written:
            inner = new[x]
            apart = inner.kind == "place" and self.counts[i] == 1 and inner.dtype == value.dtype
            if apart and (not parts or _without_gaps(new, inner)):
                for k, own in zip(inner.operands, inner.data, strict=True):
                    parts.append((k, placed_at(placement, inner.shape, own, new[k].shape)))
            else:
                parts.append((x, placement))
        return parts

    # ------------------------------------------------------------------------------------------------------ sums

    def sum(self, new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
        """A sum of scattered parts with all parts of those it is made of."""
        self.given[value.index] = operands
        if not self.scattered[value.index] or self.absorbed[value.index]:
            return None
        summands, grown = self._summands(value)
        whole: list[int] = []
        parts: list[Part] = []
        for x, placement in summands:
            if is_identity(placement, new[x], value.size) and new[x].dtype == value.dtype:
                whole.append(x)
            elif new[x].size:
                parts.append((x, placement))
        if not grown and len(whole) < 2:
            return self._as_place(new, value, list(zip(operands, value.data, strict=True)))
        if whole:
            parts.insert(0, self._base(new, value, whole))
        made = self._as_place(new, value, parts)
        if made is not None:
            return made
        return new.add("accumulate", [i for i, _ in parts], tuple(p for _, p in parts), value.shape, value.dtype)

    def _base(self, new: Graph, value: Value, whole: list[int]) -> Part:
        """The sum of those that cover everything."""
        total = new.reshaped(whole[0], value.shape)
        for x in whole[1:]:
            total = new.add("add", (total, new.reshaped(x, value.shape)), None, value.shape, value.dtype)
        return total, Placement(0, row_major(value.shape))

    def _as_place(self, new: Graph, value: Value, parts: list[Part]) -> int | None:
        """The same as a place, if no two parts overlap."""
        if sum(new[i].size for i, _ in parts) > value.size or any(new[i].dtype != value.dtype for i, _ in parts):
            return None
        if not disjoint([(p, new[i].shape) for i, p in parts], value.size):
            return None
        return new.add("place", [i for i, _ in parts], tuple(p for _, p in parts), value.shape, value.dtype)

    def _summands(self, root: Value) -> tuple[list[Part], bool]:
        """All that is added, in order, and whether an operand was taken apart for it."""
        result: list[Part] = []
        grown = False
        stack = self._operands_of(root, Placement(0, row_major(root.shape)), True)
        while stack:
            i, x, placement = stack.pop()
            if i is None or not self._apart(i):
                result.append((x, placement))
                continue
            inner, grown = self.graph[i], True
            stack += self._operands_of(inner, placement, is_identity(placement, inner, root.size))
        return result, grown

    def _operands_of(self, value: Value, outer: Placement, identity: bool) -> list[tuple[int | None, int, Placement]]:
        """(old value, new value, placement in the whole) of each operand, the first one last.

        The old value is None where it must not be taken apart: parts of a place may be written over each other.
        """
        result: list[tuple[int | None, int, Placement]] = []
        for k, (i, x) in enumerate(zip(value.operands, self.given[value.index], strict=True)):
            placement = outer
            if value.kind != "add":
                own = value.data[k]
                placement = own if identity else placed_at(outer, value.shape, own, self.graph[i].shape)
            result.append((None if value.kind == "place" else i, x, placement))
        return result[::-1]


def _without_gaps(new: Graph, place: Value) -> bool:
    """Whether every entry of a place is written."""
    if sum(new[i].size for i in place.operands) < place.size or place.size > LARGEST_MASK:
        return False
    mask = np.zeros(place.size, dtype=bool)
    for i, placement in zip(place.operands, place.data, strict=True):
        mask[placement.flat(new[i].shape)] = True
    return bool(mask.all())


def _visible(new: Graph, parts: list[Part], size: int) -> list[Part]:
    """The parts that are not completely written over by later ones."""
    if len(parts) < 2 or size > LARGEST_MASK:
        return parts
    covered = bytearray(size)
    mask = np.frombuffer(covered, dtype=np.uint8)
    kept = []
    for x, placement in reversed(parts):
        value = new[x]
        if value.size == 1 and placement.positions is None:
            if not covered[placement.offset]:
                covered[placement.offset] = 1
                kept.append((x, placement))
            continue
        flat = placement.flat(value.shape)
        if not mask[flat].all():
            mask[flat] = 1
            kept.append((x, placement))
    return kept[::-1]
