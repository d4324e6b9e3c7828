"""Lanes: independent small values of one kind become one wide value, so that loops over indices are SIMD again.

    r₁ = √q₁, r₂ = √q₂, …   →   r = √(q₁, q₂, …), and r₁ is the view r[0], …

Values belong together if kind, data, shape and number type agree, and the depth: the number of values that are not
moves on the longest way to the inputs. An operand of the wide value is gathered from those of the lanes: a view or a
take where they are entries of one array, else a place. Of a few orders of the lanes that one is taken which makes most
operands views. Lanes whose operands come from different arrays form different wide values where all of these are wide.

Linear combinations of k terms with different coefficients, or of many terms, become a sum over an axis of length k.
This changes the association of these sums; everything else is exact. Guards on entries of one array become one guard.
The time is proportional to the number of values.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import prod

import numpy as np

from taylorad.compile.graph import ELEMENTWISE, MOVES, Graph, Placement, Value, affine, as_affine, row_major
from taylorad.compile.passes.common import LARGEST_LANE
from taylorad.compile.passes.linear import WIDEST
from taylorad.compile.passes.moves import composition
from taylorad.compile.passes.places import disjoint
from taylorad.compile.passes.sums import Entry, long_sum

FEWEST = 4  # two lanes do not pay for the gathering, a register holds four or eight
FEWEST_SCATTERED = 8  # for cheap values whose operands come from everywhere
FEWEST_APART = 8  # lanes that are worth a wide value of their own because their operands come from one array
LARGEST_OPERAND = 64
FEWEST_GATHERED = 3  # single entries of one array that are moved together
COSTLY = frozenset(("call", "divide", "reduce", "contract"))


def widened(graph: Graph) -> Graph:
    """The graph with independent small values as lanes of wide ones."""
    return Widening(graph).run()


def depths(graph: Graph) -> list[int]:
    """The number of values other than moves on the longest way from the inputs, the value itself included."""
    result: list[int] = []
    for value in graph.values:
        depth = max((result[i] for i in value.operands), default=-1)
        result.append(max(depth, 0) if value.kind in MOVES else depth + 1)
    return result


class Widening:
    """One pass over a graph, in order of depth."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.new = graph, Graph()
        self.at = [-1] * len(graph)
        self.changed = False
        self.entries: dict[int, Entry] = {}
        self.depths = depths(graph)
        self.targets = {
            i: placement.offset
            for value in graph.of_kind("place", "accumulate")
            for i, placement in zip(value.operands, value.data, strict=True)
        }

    def run(self) -> Graph:
        """The new graph."""
        graph, new, needed = self.graph, self.new, self.graph.needed()
        for i in graph.inputs:
            self.at[i] = new.input(graph[i].shape, graph[i].dtype)
        order = [value for value in graph.values if needed[value.index] and value.kind != "input"]
        order.sort(key=lambda value: (self.depths[value.index], value.kind in MOVES))
        groups: dict[Hashable, list[Value]] = {}
        for value in order:
            if self._may_be_lane(value):
                groups.setdefault(self._key(value), []).append(value)
        for value in order:
            if self.at[value.index] >= 0 or value.index in self.entries:
                continue
            group = groups.pop(self._key(value), None) if self._may_be_lane(value) else None
            if group is not None and len(group) >= FEWEST:
                self._group(group)
            else:
                self._single(value)
        new.outputs = [self.index(i) for i in graph.outputs]
        new.guards = self._guards()
        return new

    def _guards(self) -> list[tuple[int, np.ndarray]]:
        """The guards, those on single entries of one array as one."""
        result: list[tuple[int, np.ndarray]] = []
        single: dict[int, list[tuple[int, np.ndarray]]] = {}
        for i, expected in self.graph.guards:
            if self.graph[i].shape == () and self.entry(i)[0] != self.at[i]:
                source, offset, _ = self.entry(i)
                single.setdefault(source, []).append((offset, expected))
            else:
                result.append((self.index(i), expected))
        for source, found in single.items():
            x = self.new.moved(source, np.array([offset for offset, _ in found]))
            result.append((x, np.array([expected for _, expected in found])))
        return result

    # ---------------------------------------------------------------------------------------------------- operands

    def index(self, old: int) -> int:
        """The value in the new graph."""
        if self.at[old] < 0:
            source, offset, strides = self.entries[old]
            self.at[old] = self.new.view(source, offset, strides, self.graph[old].shape)
        return self.at[old]

    def entry(self, old: int) -> Entry:
        """Where the entries of a value are in the new graph."""
        found = self.entries.get(old)
        if found is None:
            value = self.new[self.at[old]]
            found = (
                (value.operands[0], *value.data) if value.kind == "view" else (value.index, 0, row_major(value.shape))
            )
            self.entries[old] = found
        return found

    def _single(self, value: Value) -> None:
        """A value that stays as it is, but for its operands."""
        if value.kind == "view" and value.size <= LARGEST_LANE and value.size:
            source, offset, strides = self.entry(value.operands[0])
            found = composition((offset, strides), self.graph[value.operands[0]].shape, value.data, value.shape)
            if found is not None:
                self.entries[value.index] = (source, *found)
                return
        if value.kind == "linear" and len(value.operands) > WIDEST:
            lane = self._lane(value)
            if value.shape:
                self._wide([lane])
                return
            terms = list(zip(lane.factors, lane.entries, strict=True))
            self.at[value.index] = long_sum(self.new, terms, value.data[1], value.dtype, self._gathered)
            self.changed = True
            return
        if value.kind in ("place", "accumulate") and len(value.operands) >= FEWEST_GATHERED:
            operands, placements = self._gathered_parts(value)
            data = tuple(placements)
        else:
            operands, data = [self.index(i) for i in value.operands], value.data
        self.at[value.index] = self.new.add(value.kind, operands, data, value.shape, value.dtype)

    def _gathered_parts(self, value: Value) -> tuple[list[int], list[Placement]]:
        """The parts of a place or accumulate, with small parts of one array as one part."""
        given = list(zip(value.operands, value.data, strict=True))
        small = [self._small_part(i, placement, value) for i, placement in given]
        if value.kind == "place":  # later parts lie over earlier ones: only the last ones may change their order
            last = max((k for k, one in enumerate(small) if not one), default=-1)
            small = [k > last for k in range(len(given))]
            parts = [(p, self.graph[i].shape) for (i, p), one in zip(given, small, strict=True) if one]
            if not disjoint(parts, value.size):
                small = [False] * len(given)
        parts_left = [(self.index(i), p) for (i, p), one in zip(given, small, strict=True) if not one]
        groups: dict[tuple, tuple[list[Entry], list[int]]] = {}
        for (i, placement), one in zip(given, small, strict=True):
            if one:
                entries, at = groups.setdefault((self.graph[i].shape, placement.strides), ([], []))
                entries.append(self.entry(i))
                at.append(placement.offset)
        for (shape, strides), (entries, at) in groups.items():
            parts_left += self._parts(entries, at, shape, strides)
        return [i for i, _ in parts_left], [p for _, p in parts_left]

    def _small_part(self, i: int, placement: Placement, value: Value) -> bool:
        x = self.graph[i]
        return placement.positions is None and x.dtype == value.dtype and 0 < prod(x.shape) <= LARGEST_LANE

    # ------------------------------------------------------------------------------------------------------ groups

    def _may_be_lane(self, value: Value) -> bool:
        if value.kind not in ELEMENTWISE and value.kind not in ("reduce", "contract"):
            return False
        if not 0 < prod(value.shape) <= LARGEST_LANE or not value.operands:
            return False
        return all(0 < prod(self.graph[i].shape) <= LARGEST_OPERAND for i in value.operands)

    def _key(self, value: Value) -> Hashable:
        """What lanes agree in."""
        data = len(value.operands) if value.kind == "linear" else value.data
        operands = tuple((self.graph[i].shape, self.graph[i].dtype.char) for i in value.operands)
        if value.kind in ELEMENTWISE:
            operands = tuple((value.shape, char) for _, char in operands)
        return self.depths[value.index], value.kind, data, value.shape, value.dtype.char, operands

    def _group(self, group: list[Value]) -> None:
        """One or more wide values for a group."""
        lanes = [self._lane(value) for value in group]
        apart: dict[tuple, list[Lane]] = {}
        for lane in lanes:
            apart.setdefault(lane.sources, []).append(lane)
        whole = len(apart) == 1 or any(len(part) < FEWEST_APART for part in apart.values())
        for part in [lanes] if whole else apart.values():
            if self._pays(part):
                self._wide(part)
            else:
                for lane in part:
                    self._single(lane.value)

    def _lane(self, value: Value) -> Lane:
        factors = list(value.data[0]) if value.kind == "linear" else [1.0] * len(value.operands)
        entries = [self._repeated(i, value) for i in value.operands]
        terms = list(zip(factors, entries, strict=True))
        if value.dtype.kind == "f":
            terms.sort(key=lambda term: term[0])
        entries = [entry for _, entry in terms]
        return Lane(value, entries, [factor for factor, _ in terms], tuple(self._source(entry) for entry in entries))

    def _repeated(self, i: int, value: Value) -> Entry:
        """An operand's entry; single numbers in the lane of an elementwise value are repeated."""
        source, offset, strides = self.entry(i)
        if value.kind in ELEMENTWISE and self.graph[i].shape != value.shape:
            strides = (0,) * len(value.shape)
        return source, offset, strides

    def _source(self, entry: Entry) -> int:
        """The array an entry belongs to; all constants are one."""
        return -1 if self.new[entry[0]].kind == "constant" else entry[0]

    def _pays(self, lanes: list[Lane]) -> bool:
        """Whether these are enough lanes for the effort to gather their operands."""
        if lanes[0].value.kind in COSTLY or len(lanes) >= FEWEST_SCATTERED:
            return True
        arrays = sum(len(set(sources)) for sources in zip(*(lane.sources for lane in lanes), strict=True))
        return 2 * arrays <= len(lanes) * len(lanes[0].sources)

    def _wide(self, lanes: list[Lane]) -> None:
        """One wide value for these lanes."""
        lanes = self._ordered(lanes)
        self.changed = True
        first, new = lanes[0].value, self.new
        shape = (len(lanes), *first.shape)
        if first.kind == "linear":
            wide = self._wide_linear(lanes, shape)
        elif first.kind == "contract":
            wide = self._wide_contract(lanes, shape)
        else:
            data = (first.data[0], tuple(axis + 1 for axis in first.data[1])) if first.kind == "reduce" else first.data
            operands = [self._operand(lanes, k) for k in range(len(first.operands))]
            wide = new.add(first.kind, operands, data, shape, first.dtype)
        strides = row_major(first.shape)
        for k, lane in enumerate(lanes):
            self.entries[lane.value.index] = wide, k * first.size, strides

    def _ordered(self, lanes: list[Lane]) -> list[Lane]:
        """The lanes in the order that makes most operands affine; as they were made if no other is better."""
        rows = [[(s, e[1]) for s, e in zip(lane.sources, lane.entries, strict=True)] for lane in lanes]
        targets = [self.targets.get(lane.value.index, -1) for lane in lanes]
        numbers = np.array([[offset for _, offset in row] + [t] for row, t in zip(rows, targets, strict=True)])
        keys: list[list] = [rows, [row[::-1] for row in rows], list(zip(targets, rows, strict=True))]
        best, fewest = list(range(len(lanes))), _takes(numbers)
        for key in keys:
            order = sorted(range(len(lanes)), key=key.__getitem__)
            if (found := _takes(numbers[order])) < fewest:
                best, fewest = order, found
        return [lanes[k] for k in best]

    def _operand(self, lanes: list[Lane], k: int) -> int:
        """An operand of a wide value: gathered, or the same single number for all lanes."""
        value = lanes[0].value
        shape = value.shape if value.kind in ELEMENTWISE else self.graph[value.operands[k]].shape
        entries = [lane.entries[k] for lane in lanes]
        source, offset, strides = entries[0]
        if value.kind in ELEMENTWISE and not any(strides) and all(entry == entries[0] for entry in entries):
            return self.new.view(source, offset, (), ())
        return self._gathered(entries, shape)

    def _wide_contract(self, lanes: list[Lane], shape: tuple[int, ...]) -> int:
        """A lane index before all others, but for an operand that all lanes share."""
        value = lanes[0].value
        given, result = value.data.replace(" ", "").split("->")
        letter = next(c for c in "zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in value.data)
        names, operands = [], []
        for k, name in enumerate(given.split(",")):
            entries = [lane.entries[k] for lane in lanes]
            shared = all(entry == entries[0] for entry in entries)
            own = self.graph[value.operands[k]].shape
            operands.append(self.new.view(*entries[0], own) if shared else self._gathered(entries, own))
            names.append(name if shared else letter + name)
        if not any(letter in name for name in names):
            names[0], operands[0] = (
                letter + names[0],
                self._gathered([lane.entries[0] for lane in lanes], self.graph[value.operands[0]].shape),
            )
        return self.new.add("contract", operands, f"{','.join(names)}->{letter}{result}", shape, value.dtype)

    def _wide_linear(self, lanes: list[Lane], shape: tuple[int, ...]) -> int:
        """Linear combinations of lanes: one if the coefficients are the same, else a sum over the terms."""
        new, first = self.new, lanes[0]
        terms, constants = len(first.factors), [lane.value.data[1] for lane in lanes]
        same = all(lane.factors == first.factors for lane in lanes)
        if same and len(set(constants)) == 1 and terms <= 4:
            operands = [self._operand(lanes, k) for k in range(terms)]
            return new.add("linear", operands, (tuple(first.factors), constants[0]), shape, first.value.dtype)
        dtype, own = first.value.dtype, first.value.shape
        x = self._gathered([lane.entries[k] for k in range(terms) for lane in lanes], own)
        x = new.reshaped(x, (terms, *shape))
        factors = np.array([lane.factors for lane in lanes], dtype).T.reshape(terms, len(lanes), *(1,) * len(own))
        if not (factors == 1).all():
            table = new.constant(np.broadcast_to(factors, (terms, *shape)))
            x = new.add("multiply", (x, table), None, (terms, *shape), dtype)
        total = new.add("reduce", (x,), ("sum", (0,)), shape, dtype)
        if not any(constants):
            return total
        added = np.array(constants, dtype).reshape(len(lanes), *(1,) * len(own))
        return new.add("add", (total, new.constant(np.broadcast_to(added, shape))), None, shape, dtype)

    # --------------------------------------------------------------------------------------------------- gathering

    def _gathered(self, entries: Sequence[Entry], shape: tuple[int, ...]) -> int:
        """Arrays of a shape, given by their entries, one after the other."""
        size, whole = prod(shape), (len(entries), *shape)
        if shape and any(self._is_stack(source) for source, _, _ in entries):
            positions = [(source, affine(offset, strides, shape).ravel()) for source, offset, strides in entries]
            single = [self._inside(source, int(p)) for source, several in positions for p in several]
            return self.new.reshaped(self._gathered(single, ()), whole)
        parts = self._parts(entries, [k * size for k in range(len(entries))], shape, row_major(shape))
        if len(parts) == 1:
            return self.new.reshaped(parts[0][0], whole)
        dtype = self.new[entries[0][0]].dtype
        return self.new.add("place", [i for i, _ in parts], tuple(p for _, p in parts), whole, dtype)

    def _is_stack(self, source: int) -> bool:
        """Whether a value is a small array of single numbers."""
        value = self.new[source]
        if value.kind != "place" or value.size > LARGEST_LANE:
            return False
        parts = zip((self.new[i] for i in value.operands), value.data, strict=True)
        return all(x.shape == () and x.dtype == value.dtype and p.positions is None for x, p in parts)

    def _inside(self, source: int, position: int) -> Entry:
        """Where the entry of a stack comes from; of other values it is where it is."""
        if not self._is_stack(source):
            return source, position, ()
        stack = self.new[source]
        for i, placement in zip(reversed(stack.operands), reversed(stack.data), strict=True):
            if placement.offset == position:
                x = self.new[i]
                return (x.operands[0], x.data[0], ()) if x.kind == "view" else (i, 0, ())
        return self.new.constant(np.zeros((), stack.dtype)), 0, ()

    def _parts(
        self, entries: Sequence[Entry], at: Sequence[int], shape: tuple[int, ...], steps: tuple[int, ...]
    ) -> list[tuple[int, Placement]]:
        """Arrays of a shape, where they start and by which steps they go on, with those of one source as one part."""
        by_source: dict[tuple, list[tuple[int, int, int]]] = {}
        for (source, offset, strides), start in zip(entries, at, strict=True):
            key = (-1, strides) if self.new[source].kind == "constant" else (source, strides)
            by_source.setdefault(key, []).append((start, offset, source))
        parts: list[tuple[int, Placement]] = []
        for (source, strides), found in by_source.items():
            if len(found) >= FEWEST_GATHERED or len(by_source) == 1:
                parts.append(self._part(source, strides, sorted(found), shape, steps))
            else:
                for start, offset, own in found:
                    parts.append((self.new.view(own, offset, strides, shape), Placement(start, steps)))
        return parts

    def _part(
        self,
        source: int,
        strides: tuple[int, ...],
        found: list[tuple[int, int, int]],
        shape: tuple[int, ...],
        steps: tuple[int, ...],
    ) -> tuple[int, Placement]:
        """Several arrays of one source as one part."""
        ones = (1,) * len(shape)
        start = np.array([s for s, _, _ in found]).reshape(-1, *ones) + affine(0, steps, shape)
        offsets = np.array([o for _, o, _ in found]).reshape(-1, *ones) + affine(0, strides, shape)
        if source < 0:
            numbers = [self.new[own].data.ravel()[o] for o, (_, _, own) in zip(offsets, found, strict=True)]
            x = self.new.constant(np.array(numbers))
        else:
            x = self.new.moved(source, offsets)
        affine_form = as_affine(start)
        return x, Placement(positions=start) if affine_form is None else Placement(*affine_form)


def _takes(positions: np.ndarray) -> int:
    """How many columns of positions are not affine in the row."""
    return int(np.count_nonzero(np.diff(positions, 2, axis=0).any(axis=0)))


class Lane:
    """One value of a group: its operands, in an order that is common to the group."""

    def __init__(self, value: Value, entries: list[Entry], factors: list[float], sources: tuple[int, ...]) -> None:
        self.value, self.entries, self.factors, self.sources = value, entries, factors, sources
