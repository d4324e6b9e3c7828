"""Part k of elementwise nodes in loops over lanes: linear, product, square, quotient, equation, and few more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.compile.series.nodes import Node, Row
from taylorad.compile.series.text import Text, literal, type_of
from taylorad.compile.series.values import linear, value

if TYPE_CHECKING:
    from taylorad.compile.series.loops import Loops

VECTORS = 4
Piece = tuple[Any, int]  # the first entry and the number of lanes


class Kernels:
    """Writes the loops of elementwise nodes."""

    def __init__(self, loops: Loops):
        self.loops, self.program = loops, loops.program
        self.text: Text = loops.text

    def part(self, node: Node, k: Any) -> None:
        """Write part k (a number 0, or a name for k ≥ 1) of a node."""
        if node.kind == "slope" and (k == 0 or self._written_elsewhere(node)):
            return
        rule = _RULES[node.kind]
        self.chunks(self.loops.entries(node), lambda pieces: rule(self, node, k, pieces))

    def _written_elsewhere(self, node: Node) -> bool:
        source = self.program[node.operands[0]]
        return source.kind == "unknown" and source.data.slope == node.index

    # ------------------------------------------------------------------------------------------------------- lanes

    def pieces(self, begin: Any, count: int) -> list[Piece]:
        """Registers that cover `count` entries; the last one is moved back rather than made narrower."""
        width = min(self.loops.lanes, 1 << (count.bit_length() - 1))
        starts = [*range(0, count - width + 1, width), *([count - width] if count % width else [])]
        return [(self.text.plus(begin, i), width) for i in starts]

    def chunks(self, count: int, body: Callable[[list[Piece]], None]) -> None:
        """All entries, a few registers at a time."""
        whole = VECTORS * self.loops.lanes

        def several(i: str, carried: list[str]) -> list[str]:
            body(self.pieces(i, whole))
            return []

        full = count // whole * whole
        if full > whole:
            self.text.loop(0, full, several, (), whole)
        elif full:
            body(self.pieces(0, whole))
        if count > full:
            begin = count - -(-(count - full) // self.loops.lanes) * self.loops.lanes if full else 0
            body(self.pieces(begin, count - begin))

    def gather(
        self, count: int, carried: list[tuple[str, str]], body: Callable[[Any, int, list[str]], list[str]]
    ) -> list[str]:
        """All entries, a register at a time, with carried values."""
        if count == 0:
            return [x for _, x in carried]
        lanes = min(self.loops.lanes, 1 << (count.bit_length() - 1))
        full, names = count // lanes * lanes, [x for _, x in carried]
        if full > lanes:
            names = self.text.loop(0, full, lambda i, c: body(i, lanes, c), carried, lanes)
        elif full:
            names = body(0, lanes, names)
        return body(count - lanes, lanes, names) if count > full else names

    def lane(self, index: int, k: Any, at: Any, width: int) -> str:
        """Neighbouring entries of part k."""
        node = self.program[index]
        if node.uniform:
            return literal(node.data.flat[0], node.dtype, width)
        if node.size == 1 and not self.loops.count:
            return self.text.splat(self.text.load(self.loops.row(index, k), 0, node.dtype), node.dtype, width)
        return self.text.load(self.loops.row(index, k, at), 0, node.dtype, width)

    def _store(self, node: Node, k: Any, piece: Piece, x: str) -> None:
        self.text.store(x, self.loops.row(node.index, k, piece[0]), 0, node.dtype, piece[1])

    def _moving(self, index: int, k: Any, piece: Piece) -> str | None:
        """The entries of part k, None if they are zeros."""
        if k != 0 and self.program[index].degree == 0:
            return None
        return self.lane(index, k, *piece)

    # ------------------------------------------------------------------------------------------------------ copies

    def copy(self, source: str, single: bool, target: str, node: Node) -> None:
        """Numbers into an array of a node; one number into all lanes if `single`."""

        def body(pieces: list[Piece]) -> None:
            for at, width in pieces:
                if single:
                    x = self.text.splat(self.text.load(source, 0, node.dtype), node.dtype, width)
                else:
                    x = self.text.load(source, at, node.dtype, width)
                self.text.store(x, target, at, node.dtype, width)

        self.chunks(self.loops.entries(node), body)

    def copy_part(self, node: Node, k: Any, target: str) -> None:
        """Part k into an output."""

        def body(pieces: list[Piece]) -> None:
            for at, width in pieces:
                x = self._moving(node.index, k, (at, width)) or literal(0, node.dtype, width)
                self.text.store(x, target, at, node.dtype, width)

        self.chunks(self.loops.entries(node), body)

    def next_degree(self, slope: Node, variable: Node, k: Any) -> None:
        """x_{k+1} = f_k/(k + 1)."""
        following = self.text.plus(k, 1)

        def body(pieces: list[Piece]) -> None:
            for piece in pieces:
                x = self._moving(slope.index, k, piece) or literal(0, slope.dtype, piece[1])
                result = self.divided(x, following, slope.dtype, piece[1])
                self._store(variable, following, piece, result)

        self.chunks(self.loops.entries(variable), body)

    def number(self, k: Any, dtype: np.dtype, width: int) -> str:
        """k as a floating-point number."""
        if isinstance(k, int):
            return literal(k, dtype, width)
        return self.text.splat(self.text.new(f"sitofp i64 {k} to {type_of(dtype)}"), dtype, width)

    def divided(self, x: str, k: Any, dtype: np.dtype, width: int) -> str:
        """x/k."""
        if isinstance(k, int):
            return self.text.divided(x, k, dtype, width)
        return self.text.divided_by_row(x, k, self.program.order + 1, dtype, width)

    # -------------------------------------------------------------------------------------------------------- sums

    def convolved(
        self, u: int, v: int, k: Any, first: int, end: Any, pieces: Sequence[Piece], weight: float | None = None
    ) -> list[str]:
        """Σ u_{k-j} v_j for first ≤ j < end, in each of the pieces; with weights (r + 1) j − k if r is given."""
        text, dtype = self.text, self.program[u].dtype

        def body(back: str, j: str, totals: list[str]) -> list[str]:
            results = []
            for (at, width), total in zip(pieces, totals, strict=True):
                a, b = self.lane(u, back, at, width), self.lane(v, j, at, width)
                if weight is not None:
                    b = text.binary("multiply", b, self._weight(j, k, weight, dtype, width), dtype, width)
                results.append(text.fma(a, b, total, dtype, width))
            return results

        zeros = [(type_of(dtype, w), literal(0, dtype, w)) for _, w in pieces]
        return self.over_degrees(self.program[u], self.program[v], k, first, end, body, zeros)

    def over_degrees(
        self,
        u: Node,
        v: Node,
        k: Any,
        first: int,
        end: Any,
        body: Callable[[str, str, list[str]], list[str]],
        carried: list[tuple[str, str]],
    ) -> list[str]:
        """A loop over first ≤ j < end in which u_{k-j} and v_j are not zero; the body gets k - j and j."""
        text, steps = self.text, self.program.steps
        low: Any = first if u.degree >= steps else text.largest(first, text.minus(k, u.degree))
        high = end if v.degree >= steps else text.largest(end, v.degree + 1, "smin")
        return text.loop_if_any(str(low), str(high), lambda j, names: body(text.minus(k, j), j, names), carried)

    def _weight(self, j: str, k: Any, r: float, dtype: np.dtype, width: int) -> str:
        text = self.text
        scaled = text.binary("multiply", self.number(j, dtype, 1), literal(r + 1, dtype), dtype)
        return text.splat(text.binary("subtract", scaled, self.number(k, dtype, 1), dtype), dtype, width)

    def _symmetric(self, x: int, k: Any, first: int, pieces: list[Piece]) -> list[str]:
        """Σ x_j x_{k-j} for first ≤ j ≤ k - first."""
        text, dtype, degree = self.text, self.program[x].dtype, self.program[x].degree
        middle = text.new(f"lshr i64 {k}, 1")
        end = text.new(f"lshr i64 {text.plus(k, 1)}, 1")
        sums = self.convolved(x, x, k, first, end, pieces)
        even = text.new(f"icmp eq i64 {text.times(middle, 2)}, {k}")
        if degree < self.program.steps:
            even = text.logic("and", even, text.new(f"icmp sle i64 {middle}, {degree}"))
        results = []
        for (at, width), total in zip(pieces, sums, strict=True):
            double = text.binary("add", total, total, dtype, width)
            one = self.lane(x, middle, at, width)
            with_middle = text.fma(one, one, double, dtype, width)
            t = type_of(dtype, width)
            results.append(text.new(f"select i1 {even}, {t} {with_middle}, {t} {double}"))
        return results

    # --------------------------------------------------------------------------------------------------------- nodes

    def _value(self, node: Node, k: Any, pieces: list[Piece]) -> None:
        types = [self.program[i].dtype for i in node.operands]
        for piece in pieces:
            names = [self.lane(i, 0, *piece) for i in node.operands]
            self._store(node, 0, piece, value(self.text, node, names, types, piece[1]))

    def _linear(self, node: Node, k: Any, pieces: list[Piece]) -> None:
        coefficients, constant = node.data
        for piece in pieces:
            names = [self._moving(i, k, piece) for i in node.operands]
            total = linear(self.text, coefficients, names, constant if k == 0 else 0, node.dtype, piece[1])
            self._store(node, k, piece, total or literal(0, node.dtype, piece[1]))

    def _product(self, node: Node, k: Any, pieces: list[Piece]) -> None:
        u, v = node.operands
        if k != 0 and self.program[u].degree and self.program[v].degree:
            sums = self.convolved(u, v, k, 0, self.text.plus(k, 1), pieces)
        else:
            sums = []
            for piece in pieces:
                a = self.lane(u, k if self.program[u].degree else 0, *piece)
                b = self.lane(v, k if self.program[v].degree else 0, *piece)
                sums.append(self.text.binary("multiply", a, b, node.dtype, piece[1]))
        for piece, total in zip(pieces, sums, strict=True):
            self._store(node, k, piece, total)

    def _square(self, node: Node, k: Any, pieces: list[Piece]) -> None:
        (x,) = node.operands
        if k == 0:
            names = [self.lane(x, 0, *piece) for piece in pieces]
            sums = [self.text.binary("multiply", a, a, node.dtype, p[1]) for a, p in zip(names, pieces, strict=True)]
        else:
            sums = self._symmetric(x, k, 0, pieces)
        for piece, total in zip(pieces, sums, strict=True):
            self._store(node, k, piece, total)

    def _quotient(self, node: Node, k: Any, pieces: list[Piece]) -> None:
        u, v, inverse = node.operands
        text, dtype = self.text, node.dtype
        if k == 0:
            for piece in pieces:
                top, bottom = self.lane(u, 0, *piece), self.lane(v, 0, *piece)
                self._store(node, 0, piece, text.binary("divide", top, bottom, dtype, piece[1]))
            return
        sums: Sequence[str | None] = [None] * len(pieces)
        if self.program[v].degree:
            sums = self.convolved(v, node.index, k, 0, k, pieces)
        for piece, known in zip(pieces, sums, strict=True):
            width = piece[1]
            total = self._moving(u, k, piece) or literal(0, dtype, width)
            if known is not None:
                total = text.binary("subtract", total, known, dtype, width)
            self._store(node, k, piece, text.binary("multiply", total, self.lane(inverse, 0, *piece), dtype, width))

    def _copied(self, index: int, node: Node, pieces: list[Piece]) -> None:
        for piece in pieces:
            self._store(node, 0, piece, self.lane(index, 0, *piece))

    def _root(self, node: Node, k: Any, pieces: list[Piece]) -> None:
        x, start, inverse = node.operands
        if k == 0:
            return self._copied(start, node, pieces)
        for piece, known in zip(pieces, self._symmetric(node.index, k, 1, pieces), strict=True):
            total = self.text.binary("subtract", self.lane(x, k, *piece), known, node.dtype, piece[1])
            factor = self.lane(inverse, 0, *piece)
            self._store(node, k, piece, self.text.binary("multiply", total, factor, node.dtype, piece[1]))

    def _power(self, node: Node, k: Any, pieces: list[Piece]) -> None:
        x, start, inverse = node.operands
        if k == 0:
            return self._copied(start, node, pieces)
        text, dtype = self.text, node.dtype
        sums = self.convolved(node.index, x, k, 1, text.plus(k, 1), pieces, node.data)
        for piece, total in zip(pieces, sums, strict=True):
            scaled = text.binary("multiply", total, self.lane(inverse, 0, *piece), dtype, piece[1])
            self._store(node, k, piece, self.divided(scaled, k, dtype, piece[1]))

    def _slope(self, node: Node, k: Any, pieces: list[Piece]) -> None:
        for piece in pieces:
            x = self.lane(node.operands[0], k, *piece)
            factor = self.number(k, node.dtype, piece[1])
            self._store(node, k, piece, self.text.binary("multiply", x, factor, node.dtype, piece[1]))

    def _unknown(self, node: Node, k: Any, pieces: list[Piece]) -> None:
        row: Row = node.data
        if k == 0:
            return self._copied(row.start, node, pieces)
        text, dtype = self.text, node.dtype
        totals = self._row(row, k, pieces, dtype)
        for piece, found in zip(pieces, totals, strict=True):
            width = piece[1]
            total = found or literal(0, dtype, width)
            if row.inverse is not None:
                total = text.binary("multiply", total, self.lane(row.inverse, 0, *piece), dtype, width)
            if row.slope is not None:
                self._store(self.program[row.slope], k, piece, total)
            self._store(node, k, piece, self.divided(total, k, dtype, width))

    def _row(self, row: Row, k: Any, pieces: list[Piece], dtype: np.dtype) -> list[str | None]:
        """k a₀ y_k, all terms."""
        totals: list[str | None] = [None] * len(pieces)
        parts: list[tuple[float, list[str]]] = []
        for term in row.terms:
            if term.constant != 0:
                parts.append((term.constant, [self.lane(term.slope, k, *piece) for piece in pieces]))
            if term.atom is None or term.coefficient == 0:
                continue
            if self.program[term.atom].degree:
                end = self.text.plus(k, 1)
                parts.append((term.coefficient, self.convolved(term.atom, term.slope, k, 1, end, pieces)))
            else:
                found = [
                    self.text.binary("multiply", self.lane(term.atom, 0, *p), self.lane(term.slope, k, *p), dtype, p[1])
                    for p in pieces
                ]
                parts.append((term.coefficient, found))
        if row.a is not None and row.slope is not None and self.program[row.a[1]].degree:
            parts.append((-row.a[0], self.convolved(row.a[1], row.slope, k, 1, k, pieces)))
        for factor, names in parts:
            totals = [
                linear(self.text, (1, factor), (total, x), 0, dtype, piece[1])
                for piece, total, x in zip(pieces, totals, names, strict=True)
            ]
        return totals

    def _select(self, node: Node, k: Any, pieces: list[Piece]) -> None:
        condition, *choices = node.operands
        for piece in pieces:
            x, y = (self._moving(i, k, piece) or literal(0, node.dtype, piece[1]) for i in choices)
            test = self.lane(condition, 0, *piece)
            self._store(node, k, piece, self.text.select(test, x, y, node.dtype, piece[1]))

    def _convert(self, node: Node, k: Any, pieces: list[Piece]) -> None:
        source = self.program[node.operands[0]]
        for piece in pieces:
            x = self.lane(source.index, k, *piece)
            self._store(node, k, piece, self.text.convert(x, source.dtype, node.dtype, piece[1]))


_RULES: dict[str, Callable[[Kernels, Node, Any, list[Piece]], None]] = {
    "value": Kernels._value,
    "linear": Kernels._linear,
    "product": Kernels._product,
    "square": Kernels._square,
    "quotient": Kernels._quotient,
    "root": Kernels._root,
    "power": Kernels._power,
    "slope": Kernels._slope,
    "unknown": Kernels._unknown,
    "select": Kernels._select,
    "convert": Kernels._convert,
}
