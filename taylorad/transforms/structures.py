"""Tangents with structure: the derivative of a node with respect to all n entries of the input, not multiplied out.

For a node of shape S it is a sum of four kinds of terms,

    sparse   v ⊙ [column]      one column an entry: integer columns (static, -1 for none) and values, both of shape S
    outer    u ⊗ row           one shared row of shape (n,)
    scaled   u ⊙ M             the rows of a shared matrix M of shape (*S, n), each times a number
    parts    tangents of some entries, as they were written into an array

Coefficients (v, u) are numbers or arrays of shape S: plain ones, or values that an outer program traces. A structural
zero is no term at all, so it stays 0 where a dense product with an infinite slope would be nan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import add, mul
from typing import Any

import numpy as np

from taylorad.trace.functions import scatter_add

WIDEST = 16  # sparse terms of a tangent, beyond which it is written out
MANY = 8  # rows of a tangent, beyond which they are added up
FEW = 4  # sparse entries of a sum that stay sparse


class TooLarge(Exception):
    """A tangent would have to be written out that does not fit, or is not worth it."""


class Space:
    """The input that tangents belong to.

    Attributes
    ----------
    size : int
        n, the number of entries of the input.
    dtype : numpy.dtype
    budget : int
        How many numbers may still be written out.
    effort : int
        How many tangents and terms were made, for estimates of time.
    """

    def __init__(self, size: int, dtype: np.dtype, budget: int):
        self.size, self.dtype, self.budget, self.effort = size, dtype, budget, 0
        self.known: dict[tuple, np.ndarray] = {}
        self.identity = self.interned(np.arange(size))

    def interned(self, columns: np.ndarray) -> np.ndarray:
        """The one array of these columns, so that equal ones are the same object."""
        return self.known.setdefault((columns.shape, columns.tobytes()), columns)

    def matrix(self, shape: tuple[int, ...], matrix: Any) -> Tangent:
        """The tangent of a node of some shape as one matrix, or one row."""
        if shape == ():
            return Tangent(self, (), outer=[(1.0, matrix)])
        return Tangent(self, shape, scaled=[(1.0, matrix)])

    def spend(self, count: int) -> None:
        """Take `count` numbers from the budget."""
        self.budget -= count
        if self.budget < 0:
            raise TooLarge


class Tangent:
    """A sum of structured terms; never changed once it is made, except that a store may take over the array's.

    Attributes
    ----------
    sparse : list of (columns, values)
    outer : list of (u, row)
    scaled : list of (u, M)
    parts : list of (flat positions, Tangent of the shape of the positions)
    covered : array of bool, optional
        Which entries are in parts, for tangents of arrays that are written to.
    """

    __slots__ = ("covered", "outer", "parts", "scaled", "shape", "space", "sparse")

    def __init__(
        self,
        space: Space,
        shape: tuple[int, ...],
        sparse: Iterable = (),
        outer: Iterable = (),
        scaled: Iterable = (),
        parts: Iterable = (),
    ):
        self.space, self.shape = space, shape
        self.sparse, self.outer, self.scaled, self.parts = list(sparse), list(outer), list(scaled), list(parts)
        self.covered: np.ndarray | None = None
        space.effort += 1 + len(self.sparse) + len(self.outer) + len(self.scaled)

    @property
    def size(self) -> int:
        """Number of entries of the node."""
        return count(self.shape)

    @property
    def is_empty(self) -> bool:
        """Whether there is no term: the tangent is 0."""
        return not (self.sparse or self.outer or self.scaled or self.parts)

    def coefficients(self, function: Callable) -> Tangent:
        """The same terms with a function of their coefficients; parts are scaled otherwise (`times`)."""
        terms = ([(function(c), x) for c, x in terms] for terms in (self.outer, self.scaled))
        return Tangent(self.space, self.shape, [(x, function(c)) for x, c in self.sparse], *terms)

    def times(self, factor: Any, divide: bool = False) -> Tangent:
        """``factor·self``, or ``self/factor``, for a factor of the same shape or one number."""

        def scaled(c: Any) -> Any:
            if divide:
                return fitted(c / factor, self.shape)
            return fitted(factor if c.__class__ is float and c == 1.0 else c * factor, self.shape)

        result = self.coefficients(scaled)
        for positions, part in self.parts:
            own = factor if shape_of(factor) == () else np.reshape(full(factor, self.shape), -1)[positions]
            result.parts.append((positions, part.times(own, divide)))
        return result

    def plus(self, other: Tangent) -> Tangent:
        """The sum; terms with the same columns, row or matrix are one."""
        result = Tangent(
            self.space,
            self.shape,
            [(x, c) for c, x in merged([(c, x) for x, c in self.sparse], [(c, x) for x, c in other.sparse])],
            merged(self.outer, other.outer),
            merged(self.scaled, other.scaled),
            [*self.parts, *other.parts],
        )
        return result.settled()

    def settled(self) -> Tangent:
        """The same tangent; terms of a kind that are too many are written out."""
        space, n, result = self.space, self.space.size, self
        if len(self.sparse) > max(WIDEST, n // 4):
            sparse = Tangent(space, self.shape, self.sparse).written_out()
            result = sparse.plus(Tangent(space, self.shape, (), self.outer, self.scaled, self.parts))
        elif len(self.outer) > (MANY if self.shape == () else max(MANY, min(self.size, n) // 4)):
            outer = Tangent(space, self.shape, outer=self.outer).written_out()
            result = outer.plus(Tangent(space, self.shape, self.sparse, (), self.scaled, self.parts))
        return result.written_out() if len(result.scaled) > FEW else result

    def written_out(self) -> Tangent:
        """The same tangent as one matrix, or one row."""
        return self.space.matrix(self.shape, self.dense())

    def widened(self, shape: tuple[int, ...]) -> Tangent:
        """The tangent of the node broadcast to a shape."""
        if shape == self.shape:
            return self
        n, extra = self.space.size, (1,) * (len(shape) - len(self.shape))

        def matrix(m: Any) -> Any:
            return np.broadcast_to(np.reshape(m, (*extra, *self.shape, n)), (*shape, n))

        return self.moved(shape, lambda x: np.broadcast_to(x, shape), matrix)

    def moved(self, shape: tuple[int, ...], move: Callable, move_matrix: Callable) -> Tangent:
        """The tangent of a node whose entries are those of this one, moved about; no entry is new."""
        flat, parts, space = self, self.parts and self._moved_parts(shape, move), self.space
        if parts is None:
            flat, parts = self.flattened(), []

        def own(c: Any) -> Any:
            return c if shape_of(c) == () else move(c)

        result = Tangent(
            space,
            shape,
            [(space.interned(np.asarray(move(x))), own(c)) for x, c in flat.sparse],
            [(own(u), row) for u, row in flat.outer],
            [(own(u), move_matrix(m)) for u, m in flat.scaled],
            parts if shape else (),
        )
        for _, part in () if shape else parts:
            result = result.plus(part.reshaped(()))
        if not shape and result.scaled:
            result.outer, result.scaled = [*result.outer, *result.scaled], []
        return result

    def reshaped(self, shape: tuple[int, ...]) -> Tangent:
        """The tangent of the node in another shape."""
        if shape == self.shape:
            return self
        return self.moved(shape, lambda a: np.reshape(a, shape), lambda m: np.reshape(m, (*shape, self.space.size)))

    def _moved_parts(self, shape: tuple[int, ...], move: Callable) -> list | None:
        """Where the parts are after entries were moved; None if some entry is there twice."""
        self.space.effort += 6 + 2 * len(self.parts)
        numbers = np.ravel(move(np.arange(self.size).reshape(self.shape)))
        if np.bincount(numbers, minlength=1).max(initial=0) > 1:
            return None
        places = np.full(self.size, -1)
        places[numbers] = np.arange(len(numbers))
        parts = []
        for positions, part in self.parts:
            moved = places[positions]
            present = np.flatnonzero(moved >= 0)
            if len(present) and len(present) == moved.size:
                parts.append((moved, part))
            elif len(present):
                parts.append((np.ravel(moved)[present], part.chosen(present)))
        return parts

    def chosen(self, index: Any) -> Tangent:
        """The tangent of the entries at flat positions, in the shape of the positions."""
        index = np.asarray(index)
        return self.moved(
            index.shape,
            lambda x: np.reshape(x, -1)[index],
            lambda m: np.reshape(m, (self.size, self.space.size))[index],
        )

    # ----------------------------------------------------------------------------------------------------- as a whole

    def entries(self) -> tuple[list, list, list]:
        """Rows, columns and values of all sparse entries, those of parts included; structural zeros left out."""
        rows, columns, values = [], [], []
        self.space.effort += 3 * len(self.sparse) + 2 * len(self.parts)
        for x, c in self.sparse:
            present = np.flatnonzero(np.ravel(x) >= 0)
            rows.append(present)
            columns.append(np.ravel(x)[present])
            flat = np.reshape(full(c, self.shape), -1)
            values.append(flat if len(present) == self.size else flat[present])
        single: list[tuple] = []
        for positions, part in self.parts:
            if part.shape == () and not part.parts:
                single += [(positions.item(), x.item(), c) for x, c in part.sparse if x.item() >= 0]
                continue
            for own, column, value in zip(*part.entries(), strict=True):
                rows.append(np.ravel(positions)[own])
                columns.append(column)
                values.append(value)
        if single:
            row, column, value = zip(*single, strict=True)
            rows.append(np.array(row))
            columns.append(np.array(column))
            values.append(np.stack(value) if any(map(is_traced, value)) else np.array(value))
        return rows, columns, values

    def copy(self) -> Tangent:
        """The same terms; what is written into it later is not seen by this one."""
        return Tangent(self.space, self.shape, self.sparse, self.outer, self.scaled, self.parts)

    def flattened(self) -> Tangent:
        """The same tangent without parts: their entries sorted into columns, everything else in one matrix."""
        if not self.parts:
            return self
        rows, columns, values = Tangent(self.space, self.shape, parts=self.parts).entries()
        remaining = Tangent(self.space, self.shape, parts=self.parts).without_sparse()
        result = Tangent(self.space, self.shape, self.sparse, self.outer, self.scaled)
        if rows:
            sorted_in = in_columns(self.space, self.shape, joined(rows), joined(columns), values)
            if sorted_in is None:
                return self.written_out()
            result = result.plus(sorted_in)
        if remaining.parts:
            result = result.plus(self.space.matrix(self.shape, remaining.dense()))
        return result

    def without_sparse(self) -> Tangent:
        """What is left without sparse terms."""
        parts = [(p, rest) for p, part in self.parts if not (rest := part.without_sparse()).is_empty]
        return Tangent(self.space, self.shape, (), self.outer, self.scaled, parts)

    def dense(self) -> Any:
        """The whole matrix, shape (*S, n)."""
        space, m, n = self.space, self.size, self.space.size
        space.spend(m * n)
        factors = ((u if shape_of(u) == () else np.reshape(u, (m, 1)), x) for u, x in self.scaled)
        scaled = (_multiple(u, np.reshape(x, (m, n))) for u, x in factors)
        terms = [*self._outer_matrices(), *scaled, *self._part_matrices(m, n)]
        rows, columns, values = self.entries()
        if rows:
            index = joined(rows) * n + joined(columns)
            terms = _with_entries(terms, index, joined(values), (m, n), space.dtype)
        if not terms:
            return np.zeros((*self.shape, n), space.dtype)
        return np.reshape(np.broadcast_to(total(terms), (m, n)), (*self.shape, n))

    def _outer_matrices(self) -> list:
        """The matrices of the outer products: one number a row, one product for all, or a recorded one for each."""
        m, single = self.size, [(u, row) for u, row in self.outer if shape_of(u) == ()]
        terms = [total(_multiple(u, row) for u, row in single)] if single else []
        terms = [np.reshape(row, (1, -1)) for row in terms]
        full = [(np.reshape(u, (m, 1)), np.reshape(row, (1, -1))) for u, row in self.outer if shape_of(u) != ()]
        if len(full) > 1 and not any(is_traced(x) for pair in full for x in pair):
            return [*terms, np.hstack([u for u, _ in full]) @ np.vstack([row for _, row in full])]
        return [*terms, *(u * row for u, row in full)]

    def _part_matrices(self, m: int, n: int) -> list:
        """The matrix of what parts hold beside sparse entries."""
        index, blocks = [], []
        for positions, part in self.parts:
            if not (rest := part.without_sparse()).is_empty:
                index.append(np.ravel(positions))
                blocks.append(np.reshape(rest.dense(), (-1, n)))
        if not blocks:
            return []
        rows, block = np.concatenate(index), np.concatenate(blocks)
        if np.array_equal(rows, np.arange(m)):
            return [block]
        where = rows[:, None] * n + np.arange(n)
        return [scatter_add(np.reshape(block, -1), where.ravel(), (m, n))]


def shape_of(c: Any) -> tuple[int, ...]:
    """The shape of a coefficient; that of a Python number is ()."""
    return getattr(c, "shape", ())


def total(terms: Iterable) -> Any:
    """The sum of at least one term."""
    return reduce(add, terms)


def _multiple(u: Any, x: Any) -> Any:
    return x if u.__class__ is float and u == 1.0 else u * x


def count(shape: tuple[int, ...]) -> int:
    """Number of entries of a shape."""
    return reduce(mul, shape, 1)


def is_traced(x: Any) -> bool:
    """Whether a coefficient belongs to an outer differentiation."""
    return hasattr(x, "level")


def fitted(c: Any, shape: tuple[int, ...]) -> Any:
    """A coefficient as one number, or in the full shape."""
    own = shape_of(c)
    return c if own in ((), shape) else np.broadcast_to(c, shape)


def full(c: Any, shape: tuple[int, ...]) -> Any:
    """A coefficient in the full shape."""
    if shape_of(c) == shape and hasattr(c, "dtype"):
        return c
    return np.broadcast_to(c, shape) if shape else np.asarray(c)[()]


def merged(first: list, second: list) -> list:
    """Terms of two sums; the coefficients of the same row, matrix or columns are added."""
    result = list(first)
    for u, x in second:
        for i, (v, y) in enumerate(result):
            if x is y:
                result[i] = (v + u, x)
                break
        else:
            result.append((u, x))
    return result


def joined(arrays: Sequence) -> Any:
    """Flat arrays one after the other."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def in_columns(space: Space, shape: tuple[int, ...], rows: Any, columns: Any, values: list) -> Tangent | None:
    """Sparse entries in any order as terms of one column an entry; None if some row has too many."""
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    rank = np.empty_like(order)
    rank[order] = np.arange(len(rows)) - np.searchsorted(ordered, ordered)
    depth, size, flat = int(rank.max(initial=0)) + 1, count(shape), joined(values)
    if depth > max(WIDEST, space.size // 4):
        return None
    terms = []
    for level in range(depth):
        chosen = np.flatnonzero(rank == level)
        column = np.full(size, -1)
        column[rows[chosen]] = columns[chosen]
        value = scatter_add(flat[chosen], rows[chosen], (size,))
        terms.append((space.interned(column.reshape(shape)), np.reshape(value, shape)))
    return Tangent(space, shape, terms)


def _with_entries(terms: list, index: np.ndarray, values: Any, shape: tuple[int, int], dtype: Any) -> list:
    """Matrices, and the matrix of sparse entries at flat positions; in the memory of the first if that is its own."""
    if is_traced(values) or any(map(is_traced, terms)):
        return [*terms, scatter_add(values, index, shape)]
    first, *rest = terms or [np.zeros(shape, np.result_type(dtype, values))]
    for term in rest:
        first = first + term
    kind = np.result_type(first, values)
    if terms and not (rest and first.flags.c_contiguous and first.shape == shape and first.dtype == kind):
        first = np.array(np.broadcast_to(first, shape), kind, order="C")
    np.add.at(first.reshape(-1), index, values)
    return [first]
