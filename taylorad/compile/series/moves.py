"""Part k of nodes that move entries about or sum them, in loops over entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.compile.graph import Placement, row_major
from taylorad.compile.series.contraction import Axis, merged
from taylorad.compile.series.nodes import Node
from taylorad.compile.series.products import Products
from taylorad.compile.series.small import Small
from taylorad.compile.series.text import literal

if TYPE_CHECKING:
    from taylorad.compile.series.loops import Loops


class Moves:
    """Writes the loops of moves, sums and contractions."""

    def __init__(self, loops: Loops):
        self.loops, self.program, self.text = loops, loops.program, loops.text
        self.small, products = Small(loops), Products(loops, self.nest)
        self.rules: dict[str, Callable[[Node, Any], None]] = {
            "view": self._view,
            "take": self._take,
            "place": self._place,
            "accumulate": self._place,
            "sum": products.sum,
            "contract": products.contract,
        }

    def part(self, node: Node, k: Any) -> None:
        """Write part k of a node."""
        small = self.small.contract if node.kind == "contract" else self.small.move
        if node.size and not small(node, k):
            self.rules[node.kind](node, k)

    def nest(
        self,
        axes: Sequence[Axis],
        offsets: Sequence[Any],
        body: Callable[[list[Any], list[str]], list[str]],
        carried: Sequence[tuple[str, str]] = (),
    ) -> list[str]:
        """Loops over axes; the body gets an offset into each array."""
        if not axes:
            return body(list(offsets), [x for _, x in carried])
        (n, strides), *rest = axes

        def inner(i: str, names: list[str]) -> list[str]:
            moved = [self.text.plus(o, self.text.times(i, s)) for o, s in zip(offsets, strides, strict=True)]
            again = [(t, x) for (t, _), x in zip(carried, names, strict=True)]
            return self.nest(rest, moved, body, again)

        return self.text.loop(0, n, inner, carried)

    def _row(self, index: int, k: Any) -> str:
        return self.loops.row(index, k if self.program[index].degree else 0)

    def _copied(self, axes: Sequence[Axis], offsets: Sequence[int], source: str, target: str, node: Node) -> None:
        """Entries from one array to another."""
        joined, lanes = merged(axes), self.loops.lanes
        straight = bool(joined) and joined[-1][1] == (1, 1) and joined[-1][0] <= 4 * lanes

        def body(at: list[Any], _: list[str]) -> list[str]:
            count = joined[-1][0] if straight else 1
            for first in range(0, count, lanes):
                width = min(lanes, count - first)
                x = self.text.load(source, self.text.plus(at[0], first), node.dtype, width)
                self.text.store(x, target, self.text.plus(at[1], first), node.dtype, width)
            return []

        self.nest(joined[:-1] if straight else joined, offsets, body)

    def _view(self, node: Node, k: Any) -> None:
        offset, strides = node.data
        axes = [(n, (s, t)) for n, s, t in zip(node.shape, strides, row_major(node.shape), strict=True)]
        self._copied(axes, (offset, 0), self._row(node.operands[0], k), self.loops.row(node.index, k), node)

    def _take(self, node: Node, k: Any) -> None:
        text, source, target = self.text, self._row(node.operands[0], k), self.loops.row(node.index, k)
        table = text.table(node.data.reshape(-1))

        def body(i: str, _: list[str]) -> list[str]:
            position = text.load(table, i, node.data.dtype)
            text.store(text.load(source, position, node.dtype), target, i, node.dtype)
            return []

        text.loop(0, node.size, body)

    def _place(self, node: Node, k: Any) -> None:
        target = self.loops.row(node.index, k)
        if not self._covers(node):
            self._zero(target, node)
        for placement, x in zip(node.data, node.operands, strict=True):
            source = self.program[x]
            if source.size == 0:
                continue
            if k != 0 and source.degree == 0:
                if node.kind == "place":
                    self._written(node, placement, source, None, target)
            elif node.kind == "place" and placement.positions is None:
                axes = [
                    (n, (s, t))
                    for n, s, t in zip(source.shape, row_major(source.shape), placement.strides, strict=True)
                ]
                self._copied(axes, (0, placement.offset), self._row(x, k), target, node)
            else:
                self._written(node, placement, source, self._row(x, k), target)

    def _covers(self, node: Node) -> bool:
        """Whether every entry is placed, so that zeros are not needed."""
        if node.kind != "place":
            return False
        met = np.zeros(node.size, dtype=bool)
        for placement, x in zip(node.data, node.operands, strict=True):
            met[placement.flat(self.program[x].shape)] = True
        return bool(met.all())

    def _zero(self, target: str, node: Node) -> None:
        self.text.declared["@llvm.memset"] = "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"
        size = node.size * node.dtype.itemsize
        self.text.line(f"call void @llvm.memset.p0.i64(ptr {target}, i8 0, i64 {size}, i1 false)")

    def _written(self, node: Node, placement: Placement, source: Node, base: str | None, target: str) -> None:
        """Entries one by one; zeros if there is no base."""
        text = self.text
        table = text.table(np.ascontiguousarray(placement.flat(source.shape).reshape(-1), dtype=np.int64))

        def body(i: str, _: list[str]) -> list[str]:
            position = text.load(table, i, np.dtype(np.int64))
            x = literal(0, node.dtype) if base is None else text.load(base, i, node.dtype)
            if node.kind == "accumulate":
                x = text.binary("add", text.load(target, position, node.dtype), x, node.dtype)
            text.store(x, target, position, node.dtype)
            return []

        text.loop(0, source.size, body)
