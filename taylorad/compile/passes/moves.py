"""Moves: views of views, takes and placed parts become one move of what they come from. Exact.

view of view, take of view, …      one view where the positions are affine in the index, else a take
view or take of place              of the operand that was written there last, if it is one operand
view or take of accumulate         of the operand that was added there, if it is one (−0.0 instead of 0.0 may appear)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from taylorad.compile.graph import Graph, Value, affine, as_affine, row_major
from taylorad.compile.passes.common import Rule, applied, in_form, is_identity, zeros

LARGEST_TAKE = 4096  # entries of a view that may become a take
LARGEST_MAP = 2**22
MEMORY = 2**23
LONGEST_CHAIN = 256
ZERO, SEVERAL = -1, -2


def composed_moves(graph: Graph) -> Graph:
    """The graph with moves of moves as one move."""
    return applied(graph, rules(graph))[0]


def rules(graph: Graph) -> dict[str, list[Rule]]:
    """The rules of this pass for each kind, for one graph that is built."""
    origins = Origins()

    def through_places(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
        if new[operands[0]].kind not in ("place", "accumulate"):
            return None
        return origins.moved(new, value, operands[0])

    return {"view": [_view, through_places], "take": [_take, through_places]}


def composition(
    inner: tuple[int, Sequence[int]], inner_shape: Sequence[int], outer: tuple[int, Sequence[int]], shape: Sequence[int]
) -> tuple[int, tuple[int, ...]] | None:
    """(offset, strides) of the affine map `outer` into flat positions of an array that is itself an affine map.

    None where the result is not affine, or not found to be.
    """
    if 0 in shape:
        return 0, (0,) * len(shape)
    axes = _merged_axes(inner_shape, inner[1])
    steps = row_major([n for n, _ in axes])
    offset, digits = inner[0], []
    rest = outer[0]
    for step, (_, stride) in zip(steps, axes, strict=True):
        digit, rest = divmod(rest, step)
        digits.append([digit, digit])
        offset += digit * stride
    strides = []
    for stride, n in zip(outer[1], shape, strict=True):
        result, rest, sign = 0, abs(stride), -1 if stride < 0 else 1
        for k, (step, (_, own)) in enumerate(zip(steps, axes, strict=True)):
            digit, rest = divmod(rest, step)
            result += sign * digit * own
            digits[k][sign > 0] += sign * digit * (n - 1)
        strides.append(result)
    inside = all(low >= 0 and high < n for (low, high), (n, _) in zip(digits, axes, strict=True))
    return (offset, tuple(strides)) if inside else None


def _merged_axes(shape: Sequence[int], strides: Sequence[int]) -> list[tuple[int, int]]:
    """(length, stride) of the axes, neighbours that are one longer axis merged."""
    axes: list[tuple[int, int]] = []
    for n, stride in zip(shape, strides, strict=True):
        if n == 1:
            continue
        if axes and axes[-1][1] == stride * n:
            axes[-1] = (axes[-1][0] * n, stride)
        else:
            axes.append((n, stride))
    return axes


def _positions(view: Value) -> np.ndarray:
    offset, strides = view.data
    return affine(offset, strides, view.shape)


def _view(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    x = new[operands[0]]
    if x.shape == value.shape and value.data[0] == 0:
        same = new.view(x.index, 0, value.data[1], value.shape)
        if same == x.index:
            return same
    if x.kind == "view":
        found = composition(x.data, x.shape, value.data, value.shape)
        if found is not None:
            return new.view(x.operands[0], *found, value.shape)
        if value.size <= LARGEST_TAKE and x.size <= LARGEST_MAP:
            return new.moved(x.operands[0], _positions(x).ravel()[_positions(value)])
    if x.kind == "take" and value.size <= max(x.size, LARGEST_TAKE):
        return new.moved(x.operands[0], x.data.ravel()[_positions(value)])
    return None


def _take(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    x = new[operands[0]]
    if x.kind == "take":
        return new.moved(x.operands[0], x.data.ravel()[value.data])
    if x.kind == "view":
        offset, strides = x.data
        index = np.unravel_index(value.data, x.shape) if x.shape else ()
        start = np.full(value.shape, offset, dtype=np.int64)
        return new.moved(x.operands[0], sum((s * i for s, i in zip(strides, index, strict=True)), start))
    return None


class Origins:
    """Which entry of which value each entry of a place or an accumulate is, in a graph that is being built.

    A chain of writes into one array shares one map, which is kept for the newest array of the chain, so that n writes
    and n reads in turn take a time proportional to n.
    """

    def __init__(self) -> None:
        self.maps: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self.entries = 0

    def moved(self, new: Graph, value: Value, x: int) -> int | None:
        """The view or take as one of the only operand of a place or accumulate that it shows; None if there is none."""
        if new[x].size > LARGEST_MAP or not value.size:
            return None
        positions = value.data if value.kind == "take" else None
        owners, entries = self.of(new, x)
        if value.size == 1:
            at = int(value.data[0] if positions is None else positions.flat[0])
            owner = int(owners[at])
            found: tuple[int, tuple[int, ...]] = int(entries[at]), (0,) * len(value.shape)
        else:
            positions = _positions(value) if positions is None else positions
            here = owners[positions]
            owner = int(here.flat[0])
            if owner == SEVERAL or not (here == owner).all():
                return None
            affine_form = as_affine(entries[positions])
            if affine_form is None and owner != ZERO:
                return self._taken(new, value, owner, entries[positions])
            found = affine_form or (0, (0,) * len(value.shape))
        if owner == ZERO:
            return zeros(new, value.shape, value.dtype)
        if owner == SEVERAL:
            return None
        made = new.view(owner, *found, value.shape)
        return in_form(new, made, value.shape, value.dtype)

    def _taken(self, new: Graph, value: Value, owner: int, entries: np.ndarray) -> int | None:
        if value.size > LARGEST_TAKE and value.kind == "view":
            return None
        return in_form(new, new.moved(owner, entries), value.shape, value.dtype)

    def of(self, new: Graph, index: int) -> tuple[np.ndarray, np.ndarray]:
        """(value or ZERO or SEVERAL, flat entry of it) for every entry."""
        chain: list[int] = []
        at: int | None = index
        while at is not None and at not in self.maps and len(chain) < LONGEST_CHAIN:
            chain.append(at)
            at = _written_over(new, new[at])
        if not chain:
            return self.maps[index]
        known = self.maps.pop(at) if at is not None and at in self.maps else None
        if known is None:
            size = new[index].size
            known = np.full(size, ZERO, dtype=np.int32), np.zeros(size, dtype=np.int64)
            self._make_room(size)
        first = 0 if at is None or len(chain) == LONGEST_CHAIN else 1
        for i in reversed(chain):
            _write(new, new[i], known, first)
            first = 1
        self.maps[index] = known
        return known

    def _make_room(self, size: int) -> None:
        self.entries += size
        if self.entries > MEMORY:
            self.maps.clear()
            self.entries = size


def _written_over(new: Graph, value: Value) -> int | None:
    """The array of the same kind of which this one is a changed copy."""
    if not value.operands:
        return None
    x = new[value.operands[0]]
    same = x.kind == value.kind and x.dtype == value.dtype and is_identity(value.data[0], x, value.size)
    return x.index if same else None


def _write(new: Graph, value: Value, known: tuple[np.ndarray, np.ndarray], first: int) -> None:
    """Enter the operands of a place or accumulate, from the first one on."""
    owners, entries = known
    adds = value.kind == "accumulate"
    for i, placement in zip(value.operands[first:], value.data[first:], strict=True):
        x = new[i]
        if x.size == 1 and placement.positions is None:
            at = placement.offset
            owners[at] = SEVERAL if adds and owners[at] != ZERO else i
            entries[at] = 0
            continue
        flat = placement.flat(x.shape).ravel()
        if adds:
            occupied = owners[flat] != ZERO
            owners[flat] = np.where(occupied, SEVERAL, i)
            _mark_repeated(owners, flat)
        else:
            owners[flat] = i
        entries[flat] = np.arange(flat.size)


def _mark_repeated(owners: np.ndarray, flat: np.ndarray) -> None:
    """An operand that is added twice to one entry is not what is there."""
    ordered = np.sort(flat)
    owners[ordered[1:][ordered[1:] == ordered[:-1]]] = SEVERAL
