"""Part k of products of matrices and of sums, in loops: along lanes of the result or of the sums, if contiguous."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.compile.graph import row_major
from taylorad.compile.series.contraction import Axis, Contraction, merged
from taylorad.compile.series.nodes import Node
from taylorad.compile.series.text import literal, type_of

if TYPE_CHECKING:
    from taylorad.compile.series.loops import Loops


class Products:
    """Writes Σ_j Σ_inner u_{k-j} v_j for every entry of the result; `nest` writes loops over axes."""

    def __init__(self, loops: Loops, nest: Callable[..., list[str]]):
        self.loops, self.program, self.text, self.nest = loops, loops.program, loops.text, nest

    def contract(self, node: Node, k: Any) -> None:
        """Write part k of a product."""
        u, v = (self.program[i] for i in node.operands)
        self._write(node, k, Contraction.of(node.data, u.shape, v.shape))

    def sum(self, node: Node, k: Any) -> None:
        """Write part k of a sum over axes: the product with a single 1."""
        shape, axes = self.program[node.operands[0]].shape, node.data
        rows = [(n, stride, 0) for n, stride in zip(shape, row_major(shape), strict=True)]
        outer, inner = (tuple(rows[i] for i in range(len(shape)) if (i in axes) == summed) for summed in (False, True))
        self._write(node, k, Contraction(outer, inner))

    def _write(self, node: Node, k: Any, plan: Contraction) -> None:
        target, places = self.loops.row(node.index, k), row_major(node.shape)
        outer = merged([(n, (s, t, p)) for (n, s, t), p in zip(plan.outer, places, strict=True)])
        inner = merged([(n, (s, t)) for n, s, t in plan.inner])
        if any(n == 0 for n, _ in inner):
            self._zeros(node, target)
        elif outer and outer[-1][1] in ((0, 1, 1), (1, 0, 1), (1, 1, 1)):
            (n, (s, t, _)) = outer[-1]

            def row(at: list[Any], _: list[str]) -> list[str]:
                def write(pieces: list) -> None:
                    self._across(node, k, at, (s, t), inner, pieces, target)

                self.loops.kernels.chunks(n, write)
                return []

            self.nest(outer[:-1], (0, 0, 0), row)
        elif inner and max(inner[-1][1]) == 1 and min(inner[-1][1]) >= 0 and inner[-1][0] >= self.loops.lanes:
            self.nest(outer, (0, 0, 0), lambda at, _: self._along(node, k, at, inner, target))
        else:
            one = [(0, 1)]
            self.nest(outer, (0, 0, 0), lambda at, _: self._across(node, k, at, (0, 0), inner, one, target))

    def _zeros(self, node: Node, target: str) -> None:
        def write(pieces: list) -> None:
            for at, width in pieces:
                self.text.store(literal(0, node.dtype, width), target, at, node.dtype, width)

        self.loops.kernels.chunks(node.size, write)

    def _degrees(self, node: Node, k: Any, body: Callable, zeros: list[tuple[str, str]]) -> list[str]:
        """The sum over pairs of degrees; body(address of u_{k-j}, address of v_j, totals) adds one pair."""
        u = self.program[node.operands[0]]
        if node.kind == "sum":
            one = self.text.table(np.ones(1, node.dtype))
            return body(self.loops.row(u.index, k), one, [zero for _, zero in zeros])
        v = self.program[node.operands[1]]

        def pair(back: Any, j: Any, totals: list[str]) -> list[str]:
            return body(self.loops.row(u.index, back), self.loops.row(v.index, j), totals)

        if k == 0 or not (u.degree and v.degree):
            return pair(k if u.degree else 0, k if v.degree else 0, [zero for _, zero in zeros])
        return self.loops.kernels.over_degrees(u, v, k, 0, self.text.plus(k, 1), pair, zeros)

    def _across(
        self, node: Node, k: Any, at: list[Any], strides: tuple, inner: list[Axis], pieces: list, target: str
    ) -> list[str]:
        """Neighbouring entries of the result together."""
        text, dtype = self.text, node.dtype
        zeros = [(type_of(dtype, w), literal(0, dtype, w)) for _, w in pieces]

        def terms(left: str, right: str, totals: list[str]) -> list[str]:
            def add(inside: list[Any], names: list[str]) -> list[str]:
                both = [
                    self._lanes(base, offset, stride, pieces, node)
                    for base, offset, stride in zip((left, right), inside, strides, strict=True)
                ]
                return [
                    text.fma(a, b, name, dtype, width)
                    for a, b, name, (_, width) in zip(*both, names, pieces, strict=True)
                ]

            return self.nest(inner, at[:2], add, [(t, x) for (t, _), x in zip(zeros, totals, strict=True)])

        for (first, width), total in zip(pieces, self._degrees(node, k, terms, zeros), strict=True):
            text.store(total, target, text.plus(at[2], first), dtype, width)
        return []

    def _lanes(self, base: str, offset: Any, stride: int, pieces: list, node: Node) -> list[str]:
        """Neighbouring entries if the stride is 1, else one in all lanes."""
        text, dtype = self.text, node.dtype
        if stride:
            return [text.load(base, text.plus(offset, first), dtype, width) for first, width in pieces]
        one = text.load(base, offset, dtype)
        return [text.splat(one, dtype, width) for _, width in pieces]

    def _along(self, node: Node, k: Any, at: list[Any], inner: list[Axis], target: str) -> list[str]:
        """One entry, neighbouring terms of its sum together, the rest of them one by one."""
        text, dtype, lanes = self.text, node.dtype, self.loops.lanes
        (n, strides), t = inner[-1], type_of(dtype, lanes)
        whole = n // lanes * lanes
        zeros = [(t, literal(0, dtype, lanes)), (type_of(dtype), literal(0, dtype))]

        def terms(left: str, right: str, totals: list[str]) -> list[str]:
            def add(inside: list[Any], names: list[str]) -> list[str]:
                def some(width: int, i: str, total: str) -> list[str]:
                    a, b = (
                        self._lanes(base, text.plus(o, text.times(i, stride)), stride, [(0, width)], node)[0]
                        for base, o, stride in zip((left, right), inside, strides, strict=True)
                    )
                    return [text.fma(a, b, total, dtype, width)]

                (many,) = text.loop(0, whole, lambda i, c: some(lanes, i, c[0]), [(t, names[0])], lanes)
                if whole == n:
                    return [many, names[1]]
                return [many, *text.loop(whole, n, lambda i, c: some(1, i, c[0]), [(zeros[1][0], names[1])])]

            return self.nest(inner[:-1], at[:2], add, [(t, x) for (t, _), x in zip(zeros, totals, strict=True)])

        many, rest = self._degrees(node, k, terms, zeros)
        text.store(text.sum_of_lanes(many, rest, dtype, lanes), target, at[2], dtype)
        return []
