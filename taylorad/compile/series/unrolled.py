"""Straight-line code: part k of every entry of every node is a register.

Entries are moved about by renaming, zeros are never made, and a sum adds the terms that depend on the newest
coefficients last, so that a processor has everything else ready when they come. With `width` lanes the same code
computes that many points of an elementwise program at once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from taylorad.compile.graph import Placement
from taylorad.compile.series.contraction import Contraction
from taylorad.compile.series.nodes import BOOL, Node, Row, SeriesProgram
from taylorad.compile.series.text import UNBIASED, Text, literal
from taylorad.compile.series.values import linear, value

Entries = list[str | None]
Pair = tuple[tuple[int, int], str, str]  # how new a product is (degree and depth of its newer factor), and its factors
CHAIN = 6  # terms that are added one after the other


class Unrolled:
    """The code of one program under construction.

    Parameters
    ----------
    text : Text
    program : SeriesProgram
    width : int
        Lanes; more than 1 for elementwise programs only, every node is then one entry.
    given : callable (node, k) -> entries
        The names of part k of an input, or of a constant array in lanes.
    """

    def __init__(self, text: Text, program: SeriesProgram, width: int, given: Callable[[Node, int], Entries]):
        self.text, self.program, self.width, self.given = text, program, width, given
        self.parts: list[list[Entries]] = [[] for _ in program.nodes]
        self.slopes: dict[tuple[int, int], Entries] = {}
        self.depth = depths(program)

    def step(self, k: int) -> None:
        """Write part k of all nodes; call it for k = 0, 1, … in turn."""
        for node in self.program.made():
            if k <= node.last:
                self.parts[node.index].append(RULES[node.kind](self, node, k))

    def part(self, index: int, k: int) -> Entries:
        """The names of part k; None for zeros."""
        parts = self.parts[index]
        return parts[k] if k < len(parts) else [None]

    def scaled(self, index: int, k: int, factor: float) -> Entries:
        """Part k times a number, which goes into the coefficients of a sum of two: of more it saves no time."""
        node = self.program[index]
        if node.kind == "place" and k <= node.last and self.width == 1:
            result: Entries = [None] * node.size
            for placement, x in zip(node.data, node.operands, strict=True):
                entries, size = self.scaled(x, k, factor), self.program[x].size
                entries = entries if len(entries) == size else entries * size
                for i, name in zip(placement.flat(self.program[x].shape).reshape(-1), entries, strict=True):
                    result[i] = name
            return result
        if node.kind == "linear" and len(node.operands) <= 2 and 0 < k <= node.last and factor != 1:
            return self._combined_linearly(node, k, factor)
        return [self.times(x, factor, node.dtype) for x in self.part(index, k)]

    def guard(self) -> str | None:
        """After step 0: the name of a condition that all guards hold, None if there are none."""
        total = None
        for i in self.program.guards:
            for one in self.parts[i][0]:
                name = one or literal(False, BOOL, self.width)
                total = name if total is None else self.text.logic("and", total, name, self.width)
        return total

    # ------------------------------------------------------------------------------------------------- the pieces

    def _entries(self, node: Node) -> range:
        return range(1 if self.width > 1 else node.size)

    def _one(self, index: int, k: int, e: int) -> str | None:
        entries = self.part(index, k)
        return entries[e] if len(entries) > 1 else entries[0] if entries else None

    def _sum(self, pairs: list[Pair], dtype: np.dtype) -> str | None:
        """Σ a b over (age, a, b), the largest ages last; in a few chains."""
        if not pairs:
            return None
        pairs.sort(key=lambda pair: pair[0])
        newest = pairs[-1][0][0]
        last = [p for p in pairs if p[0][0] >= newest] if len(pairs) > 2 else []
        rest = pairs[: len(pairs) - len(last)]
        count = max(1, min(4, len(rest) // CHAIN))
        chains = [self._chain(rest[i::count], None, dtype) for i in range(count)]
        while len(chains) > 1:
            joined = [self._add(a, b, dtype) for a, b in zip(chains[::2], chains[1::2], strict=False)]
            chains = joined + chains[len(joined) * 2 :]
        return self._chain(last, chains[0], dtype)

    def _chain(self, pairs: list[Pair], total: str | None, dtype: np.dtype) -> str | None:
        for _, a, b in pairs:
            if total is None:
                total = self.text.binary("multiply", a, b, dtype, self.width)
            else:
                total = self.text.fma(a, b, total, dtype, self.width)
        return total

    def _add(self, a: str | None, b: str | None, dtype: np.dtype, operation: str = "add") -> str | None:
        if b is None:
            return a
        if a is None:
            return b if operation == "add" else self.text.negative(b, dtype, self.width)
        return self.text.binary(operation, a, b, dtype, self.width)

    def times(self, a: str | None, factor: float, dtype: np.dtype) -> str | None:
        """An entry times a number."""
        if a is None or factor == 1:
            return a
        if factor == -1:
            return self.text.negative(a, dtype, self.width)
        return self.text.binary("multiply", a, literal(factor, dtype, self.width), dtype, self.width)

    def _pairs(self, u: int, v: int, k: int, first: int, end: int, e: int) -> list[Pair]:
        """Terms v_j u_{k-j} for first ≤ j ≤ end."""
        found = []
        for j in range(first, end + 1):
            a, b = self._one(u, k - j, e), self._one(v, j, e)
            if a is not None and b is not None:
                newest = self.depth[v] if 2 * j > k else self.depth[u]
                found.append(((max(j, k - j), newest), a, b))
        return found

    # --------------------------------------------------------------------------------------------------- nodes

    def _given(self, node: Node, k: int) -> Entries:
        if node.kind == "constant" and (self.width == 1 or node.uniform):
            entries = node.data.reshape(-1)[: len(self._entries(node))]
            return [literal(x, node.dtype, self.width) for x in entries]
        return self.given(node, k)

    def _value(self, node: Node, k: int) -> Entries:
        types = [self.program[i].dtype for i in node.operands]
        result: Entries = []
        for e in self._entries(node):
            names = [self._one(i, 0, e) for i in node.operands]
            given = [literal(0, t, self.width) if x is None else x for x, t in zip(names, types, strict=True)]
            result.append(value(self.text, node, given, types, self.width))
        return result

    def _linear(self, node: Node, k: int) -> Entries:
        return self._combined_linearly(node, k, 1)

    def _combined_linearly(self, node: Node, k: int, factor: float) -> Entries:
        """A linear combination times a number; what takes longest to compute is added last."""
        coefficients, constant = node.data
        terms = sorted(zip(coefficients, node.operands, strict=True), key=lambda term: self.depth[term[1]])
        return [
            linear(
                self.text,
                [c * factor for c, _ in terms],
                [self._one(i, k, e) for _, i in terms],
                constant * factor if k == 0 else 0,
                node.dtype,
                self.width,
                ordered=True,
            )
            for e in self._entries(node)
        ]

    def _product(self, node: Node, k: int) -> Entries:
        u, v = node.operands
        return [self._sum(self._pairs(u, v, k, 0, k, e), node.dtype) for e in self._entries(node)]

    def _symmetric(self, x: int, k: int, first: int, e: int, dtype: np.dtype) -> str | None:
        """Σ x_j x_{k-j} for first ≤ j ≤ k - first."""
        half = self._sum(self._pairs(x, x, k, first, (k - 1) // 2, e), dtype)
        double = None if half is None else self.text.binary("add", half, half, dtype, self.width)
        middle = self._one(x, k // 2, e) if k % 2 == 0 and k // 2 >= first else None
        if middle is None:
            return double
        return self._chain([((0, 0), middle, middle)], double, dtype)

    def _square(self, node: Node, k: int) -> Entries:
        return [self._symmetric(node.operands[0], k, 0, e, node.dtype) for e in self._entries(node)]

    def _quotient(self, node: Node, k: int) -> Entries:
        u, v, inverse = node.operands
        result: Entries = []
        for e in self._entries(node):
            top = self._one(u, k, e)
            if k == 0:
                zero = literal(0, node.dtype, self.width)
                bottom = self._one(v, 0, e) or zero
                result.append(self.text.binary("divide", top or zero, bottom, node.dtype, self.width))
                continue
            rest = self._sum(self._pairs(v, node.index, k, 0, k - 1, e), node.dtype)
            result.append(self._scaled(self._add(top, rest, node.dtype, "subtract"), self._one(inverse, 0, e), node))
        return result

    def _scaled(self, a: str | None, b: str | None, node: Node) -> str | None:
        if a is None or b is None:
            return None
        return self.text.binary("multiply", a, b, node.dtype, self.width)

    def _root(self, node: Node, k: int) -> Entries:
        x, start, inverse = node.operands
        if k == 0:
            return self.part(start, 0)
        result: Entries = []
        for e in self._entries(node):
            known = self._symmetric(node.index, k, 1, e, node.dtype)
            total = self._add(self._one(x, k, e), known, node.dtype, "subtract")
            result.append(self._scaled(total, self._one(inverse, 0, e), node))
        return result

    def _power(self, node: Node, k: int) -> Entries:
        x, start, inverse = node.operands
        if k == 0:
            return self.part(start, 0)
        result: Entries = []
        for e in self._entries(node):
            result.append(self._scaled(self._weighted(x, node, k, e), self._one(inverse, 0, e), node))
        return result

    def _weighted(self, x: int, node: Node, k: int, e: int) -> str | None:
        pairs, apart = [], self.is_biased(k)
        for j in range(1, k + 1):
            a, y = self._one(x, j, e), self._one(node.index, k - j, e)
            weight = ((node.data + 1) * j - k) / (1 if apart else k)
            if a is not None and y is not None and weight != 0:
                pairs.append(((max(j, k - j), 0), self.times(a, weight, node.dtype) or a, y))
        total = self._sum(pairs, node.dtype)
        return self.divided(total, k, node.dtype) if apart else total

    @staticmethod
    def is_biased(k: int) -> bool:
        """Whether the rounding of 1/k counts."""
        return k <= UNBIASED and k & (k - 1) != 0

    def divided(self, a: str | None, k: int, dtype: np.dtype) -> str | None:
        """An entry over a degree."""
        return None if a is None else self.text.divided(a, k, dtype, self.width)

    def _slope(self, node: Node, k: int) -> Entries:
        if (node.index, k) in self.slopes:
            return self.slopes[node.index, k]
        (x,) = node.operands
        return [None if k == 0 else self.times(self._one(x, k, e), k, node.dtype) for e in self._entries(node)]

    def _unknown(self, node: Node, k: int) -> Entries:
        row: Row = node.data
        if k == 0:
            return self.part(row.start, 0)
        slopes = [self._row(row, node, k, e) for e in self._entries(node)]
        if row.slope is not None:
            self.slopes[row.slope, k] = slopes
        return [self.divided(s, k, node.dtype) for s in slopes]

    def _row(self, row: Row, node: Node, k: int, e: int) -> str | None:
        """k y_k."""
        total: str | None = None
        for term in row.terms:
            if term.constant != 0:
                constant = self.times(self._one(term.slope, k, e), term.constant, node.dtype)
                total = self._add(total, constant, node.dtype)
            if term.atom is not None and term.coefficient != 0:
                found = self._sum(self._pairs(term.atom, term.slope, k, 1, k, e), node.dtype)
                total = self._combined(total, term.coefficient, found, node.dtype)
        if row.a is not None and row.slope is not None and k > 1:
            found = self._sum(self._pairs(row.a[1], row.slope, k, 1, k - 1, e), node.dtype)
            total = self._combined(total, -row.a[0], found, node.dtype)
        return total if row.inverse is None else self._scaled(total, self._one(row.inverse, 0, e), node)

    def _combined(self, total: str | None, factor: float, x: str | None, dtype: np.dtype) -> str | None:
        """total + factor x."""
        if factor == -1:
            return self._add(total, x, dtype, "subtract")
        return self._add(total, self.times(x, factor, dtype), dtype)

    def _select(self, node: Node, k: int) -> Entries:
        condition, *choices = node.operands
        result: Entries = []
        for e in self._entries(node):
            x, y = (self._one(i, k, e) for i in choices)
            test, zero = self._one(condition, 0, e), literal(0, node.dtype, self.width)
            if (x is None and y is None) or test is None:
                result.append(y)
            else:
                result.append(self.text.select(test, x or zero, y or zero, node.dtype, self.width))
        return result

    def _convert(self, node: Node, k: int) -> Entries:
        (x,) = node.operands
        source = self.program[x].dtype
        names = [self._one(x, k, e) for e in self._entries(node)]
        return [None if x is None else self.text.convert(x, source, node.dtype, self.width) for x in names]

    # ------------------------------------------------------------------------------------------------------- moves

    def _full(self, index: int, k: int) -> Entries:
        entries = self.part(index, k)
        return entries if len(entries) == self.program[index].size else entries * self.program[index].size

    def _taken(self, node: Node, k: int) -> Entries:
        entries = self._full(node.operands[0], k)
        positions = Placement(*node.data).flat(node.shape) if node.kind == "view" else node.data
        return [entries[i] for i in positions.reshape(-1)]

    def _placed(self, node: Node, k: int) -> Entries:
        result: Entries = [None] * node.size
        for placement, x in zip(node.data, node.operands, strict=True):
            positions = placement.flat(self.program[x].shape).reshape(-1)
            for i, name in zip(positions, self._full(x, k), strict=True):
                result[i] = name if node.kind == "place" else self._add(result[i], name, node.dtype)
        return result

    def _summed(self, node: Node, k: int) -> Entries:
        (x,) = node.operands
        shape, axes = self.program[x].shape, node.data
        kept = [i for i in range(len(shape)) if i not in axes]
        rows = np.arange(self.program[x].size).reshape(shape).transpose(*kept, *axes).reshape(node.size, -1)
        entries, result = self._full(x, k), []
        for row in rows:
            total: str | None = None
            for i in row:
                total = self._add(total, entries[i], node.dtype)
            result.append(total)
        return result

    def _contracted(self, node: Node, k: int) -> Entries:
        u, v = node.operands
        left, right = Contraction.of(node.data, self.program[u].shape, self.program[v].shape).positions()
        result: Entries = []
        for first, second in zip(left, right, strict=True):
            pairs = []
            for j in range(k + 1):
                a, b = self._full(u, k - j), self._full(v, j)
                for p, q in zip(first, second, strict=True):
                    one, two = a[p], b[q]
                    if one is not None and two is not None:
                        pairs.append(((max(j, k - j), 0), one, two))
            result.append(self._sum(pairs, node.dtype))
        return result


def depths(program: SeriesProgram) -> list[int]:
    """How many operations lie between the inputs and each node."""
    result: list[int] = []
    for node in program.nodes:
        operands = [i for i in node.operands if i < node.index]
        if isinstance(node.data, Row):
            operands = [i for i in (node.data.start, *(t.slope for t in node.data.terms)) if i < node.index]
        moves = node.kind in ("view", "take", "place", "input", "constant")
        result.append(max((result[i] for i in operands), default=0) + (not moves))
    return result


RULES: dict[str, Callable[[Unrolled, Node, int], Entries]] = {
    "input": Unrolled._given,
    "constant": Unrolled._given,
    "value": Unrolled._value,
    "linear": Unrolled._linear,
    "product": Unrolled._product,
    "square": Unrolled._square,
    "quotient": Unrolled._quotient,
    "root": Unrolled._root,
    "power": Unrolled._power,
    "slope": Unrolled._slope,
    "unknown": Unrolled._unknown,
    "select": Unrolled._select,
    "convert": Unrolled._convert,
    "view": Unrolled._taken,
    "take": Unrolled._taken,
    "place": Unrolled._placed,
    "accumulate": Unrolled._placed,
    "sum": Unrolled._summed,
    "contract": Unrolled._contracted,
}
