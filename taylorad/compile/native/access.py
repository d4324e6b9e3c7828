"""Affine positions: where the entries of a value are read when a loop nest runs through its index space.

A `Map` says: at the loop indices i₁ … i_k the flat position is offset + Σ strides·i. Reading a view at a map means
reading its operand at another map, `through`, if positions split into the view's indices in the same way everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from taylorad.compile.graph import row_major


@dataclass(frozen=True, slots=True)
class Map:
    """offset + Σ strides·index."""

    offset: int
    strides: tuple[int, ...]

    def split(self, axis: int, inner: int) -> Map:
        """The same positions when an axis is walked as two, the second of them of `inner` entries."""
        s = self.strides
        return Map(self.offset, (*s[:axis], s[axis] * inner, *s[axis:]))


class OpaqueError(Exception):
    """The positions in a view are not affine in the loop indices."""


class SplitError(Exception):
    """A loop axis must be walked as two, the second of them of `inner` entries."""

    def __init__(self, axis: int, inner: int) -> None:
        super().__init__(axis, inner)
        self.axis, self.inner = axis, inner


def identity(shape: Sequence[int]) -> Map:
    """All entries in their order."""
    return Map(0, tuple(s if n > 1 else 0 for s, n in zip(row_major(shape), shape, strict=True)))


def merged(shape: Sequence[int], strides: Sequence[int]) -> tuple[list[int], list[int]]:
    """The same walk with fewer axes: those of one entry left out, those that continue each other made one."""
    sizes: list[int] = []
    steps: list[int] = []
    for n, s in zip(shape, strides, strict=True):
        if n == 1:
            continue
        if sizes and steps[-1] == s * n:
            sizes[-1], steps[-1] = sizes[-1] * n, s
        else:
            sizes.append(n)
            steps.append(s)
    return sizes, steps


def through(at: Map, extents: Sequence[int], shape: Sequence[int], offset: int, strides: Sequence[int]) -> Map:
    """Positions in a view's operand, from the positions `at` in the view (of a shape, offset and strides).

    Raises
    ------
    SplitError
        If the positions are affine once a loop axis is split.
    OpaqueError
        If they are not.
    """
    sizes, steps = merged(shape, strides)
    if not sizes:
        return Map(offset, (0,) * len(extents))
    if len(sizes) == 1:
        return Map(offset + at.offset * steps[0], tuple(s * steps[0] for s in at.strides))
    units = row_major(sizes)
    start = _digits(at.offset, units, False)
    for nearest in (False, True):
        moves = [_digits(s, units, nearest) for s in at.strides]
        if _inside(start, moves, extents, sizes):
            return Map(
                offset + sum(c * s for c, s in zip(start, steps, strict=True)),
                tuple(sum(c * s for c, s in zip(move, steps, strict=True)) for move in moves),
            )
    raise _split(at, extents, units)


def _split(at: Map, extents: Sequence[int], units: Sequence[int]) -> Exception:
    for axis, (n, s) in enumerate(zip(extents, at.strides, strict=True)):
        for unit in reversed(units):
            inner = unit // abs(s) if s and unit % abs(s) == 0 else 0
            if 1 < inner < n and n % inner == 0:
                return SplitError(axis, inner)
    return OpaqueError()


def _digits(x: int, units: Sequence[int], nearest: bool) -> list[int]:
    """x as Σ digits·units, the digits rounded towards zero or to the nearest."""
    digits = []
    for unit in units:
        digit = (2 * x + unit) // (2 * unit) if nearest else (abs(x) // unit) * (1 if x >= 0 else -1)
        digits.append(digit)
        x -= digit * unit
    return digits


def _inside(start: list[int], moves: list[list[int]], extents: Sequence[int], sizes: Sequence[int]) -> bool:
    """Whether no index leaves its range anywhere in the loops."""
    for k, size in enumerate(sizes):
        reach = [move[k] * (n - 1) for move, n in zip(moves, extents, strict=True)]
        low, high = start[k] + sum(min(r, 0) for r in reach), start[k] + sum(max(r, 0) for r in reach)
        if low < 0 or high >= size:
            return False
    return True
