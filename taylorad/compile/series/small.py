"""Small moves as straight code: which entries each entry of the result is the sum of, a register at a time.

Neighbouring entries are loaded together; others one by one into the lanes of a register, so that what is written can be
read again as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.compile.graph import Placement
from taylorad.compile.series.contraction import Contraction
from taylorad.compile.series.nodes import Node
from taylorad.compile.series.text import TYPES, literal, type_of

if TYPE_CHECKING:
    from taylorad.compile.series.loops import Loops

LARGEST = 512  # terms in all; beyond it loops with tables
Source = tuple[int, int]  # node and entry


def sources(node: Node, operands: list[Node]) -> list[list[Source]] | None:
    """For every entry of a moving node the entries it is the sum of; None if there are many."""
    if node.size > LARGEST or sum(x.size for x in operands if node.kind != "take") > 4 * LARGEST:
        return None
    if node.kind in ("view", "take"):
        positions = Placement(*node.data).flat(node.shape) if node.kind == "view" else node.data
        return [[(operands[0].index, int(i))] for i in positions.reshape(-1)]
    result: list[list[Source]] = [[] for _ in range(node.size)]
    if node.kind == "sum":
        shape, axes = operands[0].shape, node.data
        kept = [i for i in range(len(shape)) if i not in axes]
        rows = np.arange(operands[0].size).reshape(shape).transpose(*kept, *axes).reshape(node.size, -1)
        result = [[(operands[0].index, int(i)) for i in row] for row in rows]
    else:
        for placement, x in zip(node.data, operands, strict=True):
            for entry, i in enumerate(placement.flat(x.shape).reshape(-1)):
                result[i] = [*(result[i] if node.kind == "accumulate" else []), (x.index, entry)]
    return result if sum(map(len, result)) <= LARGEST else None


class Small:
    """Writes small moves and contractions."""

    def __init__(self, loops: Loops):
        self.loops, self.program, self.text = loops, loops.program, loops.text

    def move(self, node: Node, k: Any) -> bool:
        """Write part k of a move or a sum, if it is small."""
        found = sources(node, [self.program[i] for i in node.operands])
        if found is None:
            return False
        moving = [i for i in node.operands if k == 0 or self.program[i].degree]
        found = [[source for source in entry if source[0] in moving] for entry in found]
        rows = {i: self._row(i, k) for i in moving}
        for at, width in self.loops.kernels.pieces(0, node.size):
            lists = found[at : at + width]
            total: str | None = None
            for r in range(max(map(len, lists), default=0)):
                x = self._lanes([entry[r] if r < len(entry) else None for entry in lists], rows, node)
                total = x if total is None else self.text.binary("add", total, x, node.dtype, width)
            self._store(node, k, at, width, total)
        return True

    def contract(self, node: Node, k: Any) -> bool:
        """Write part k of a product of matrices, if it is small."""
        u, v = (self.program[i] for i in node.operands)
        if node.size * u.size * v.size > LARGEST**2:
            return False
        left, right = Contraction.of(node.data, u.shape, v.shape).positions()
        if left.size > LARGEST // 2 or left.size == 0:
            return False
        pieces, text = self.loops.kernels.pieces(0, node.size), self.text

        def add(back: Any, j: Any, totals: list[str]) -> list[str]:
            first, second = {u.index: self._row(u.index, back)}, {v.index: self._row(v.index, j)}
            results = []
            for (at, width), total in zip(pieces, totals, strict=True):
                for r in range(left.shape[1]):
                    a = self._lanes([(u.index, int(i)) for i in left[at : at + width, r]], first, node)
                    b = self._lanes([(v.index, int(i)) for i in right[at : at + width, r]], second, node)
                    total = text.fma(a, b, total, node.dtype, width)
                results.append(total)
            return results

        for (at, width), total in zip(pieces, self._summed(u, v, k, pieces, node, add), strict=True):
            self._store(node, k, at, width, total)
        return True

    def _summed(self, u: Node, v: Node, k: Any, pieces: list, node: Node, add: Callable) -> list[str]:
        """Over the pairs of degrees."""
        zeros = [(type_of(node.dtype, w), literal(0, node.dtype, w)) for _, w in pieces]
        if k == 0 or not (u.degree and v.degree):
            return add(k if u.degree else 0, k if v.degree else 0, [zero for _, zero in zeros])
        return self.loops.kernels.over_degrees(u, v, k, 0, self.text.plus(k, 1), add, zeros)

    def _row(self, index: int, k: Any) -> str:
        return self.loops.row(index, k if self.program[index].degree else 0)

    def _store(self, node: Node, k: Any, at: int, width: int, x: str | None) -> None:
        self.text.store(x or literal(0, node.dtype, width), self.loops.row(node.index, k, at), 0, node.dtype, width)

    def _lanes(self, entries: list[Source | None], rows: dict[int, str], node: Node) -> str:
        """The numbers in the lanes of a register."""
        text, width, dtype = self.text, len(entries), node.dtype
        known = [e for e in entries if e is not None]
        first = known[0] if known else None
        if first is None:
            return literal(0, dtype, width)
        if width == 1:
            return text.load(rows[first[0]], first[1], dtype)
        alone = len(known) == width and all(i == first[0] for i, _ in known)
        if alone and self.program[first[0]].kind == "constant":
            numbers = self.program[first[0]].data.reshape(-1)
            return "<" + ", ".join(f"{TYPES[dtype.char]} {literal(numbers[i], dtype)}" for _, i in known) + ">"
        if alone and all(e == (first[0], first[1] + i) for i, e in enumerate(known)):
            return text.load(rows[first[0]], first[1], dtype, width)
        if alone and all(e == first for e in known):
            return text.splat(text.load(rows[first[0]], first[1], dtype), dtype, width)
        t, result = type_of(dtype, width), literal(0, dtype, width)
        for i, e in enumerate(entries):
            if e is not None:
                x = text.load(rows[e[0]], e[1], dtype)
                result = text.new(f"insertelement {t} {result}, {TYPES[dtype.char]} {x}, i64 {i}")
        return result
