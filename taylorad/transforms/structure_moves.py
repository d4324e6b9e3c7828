"""The rules of operations that move entries about, for structured tangents: see `taylorad.transforms.structures`."""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.trace import Node
from taylorad.trace import operations as ops
from taylorad.trace.operation import is_basic
from taylorad.transforms.structures import FEW, Tangent, count, full, is_traced

Given = list[Tangent | None]
"""The tangents of a node's operands, None being zero."""


def outer_products(node: Node, given: Given) -> list:
    """The outer products of a linear operation: what it makes of the columns, row by row."""
    rows: list[Any] = []
    for t in given:
        for _, row in () if t is None else t.outer:
            if not any(row is known for known in rows):
                rows.append(row)
    products = []
    for row in rows:
        columns = [None if t is None else _column(t, row) for t in given]
        if node.operation.writes:
            columns = [None if u is None else u.copy() if is_traced(u) else np.array(u) for u in columns]
        products.append((node.operation.push(node, columns), row))
    return products


def is_finite(given: Given) -> bool:
    """Whether no row is infinite: a zero that a choice puts into a column times such a row would not be 0."""
    rows = [row for t in given if t is not None for _, row in t.outer]
    return all(is_traced(row) or np.isfinite(row).all() for row in rows)


def _column(t: Tangent, row: Any) -> Any:
    """What multiplies a row, in the full shape."""
    return next((full(u, t.shape) for u, other in t.outer if other is row), None)


def indexed(t: Tangent, key: Any, shape: tuple[int, ...]) -> Tangent:
    """The tangent of ``x[key]``, of some shape."""
    parts = key if key.__class__ is tuple else (key,)
    on_rows = (*parts, slice(None)) if any(part is Ellipsis for part in parts) else key
    return t.moved(shape, lambda a: a[key], lambda m: m[on_rows])


def getitem(node: Node, given: Given) -> Tangent:
    (t,) = given
    assert t is not None
    return indexed(t, node.static, node.shape)


def transposed(t: Tangent, order: tuple[int, ...]) -> Tangent:
    if order == tuple(range(len(order))):
        return t
    shape = tuple(t.shape[i] for i in order)
    return t.moved(shape, lambda a: np.transpose(a, order), lambda m: np.transpose(m, (*order, len(order))))


def stack(node: Node, given: Given) -> Any:
    """Few operands entry by entry, many as they are."""
    if len(given) <= FEW:
        return moved(node, given)
    (space,) = {t.space for t in given if t is not None}
    numbers = np.arange(count(node.shape)).reshape(node.shape)
    return Tangent(space, node.shape, parts=[(numbers[i], t) for i, t in enumerate(given) if t is not None])


def moved(node: Node, given: Given) -> Any:
    """Any operation that chooses entries of its operands, or puts zeros in."""
    (space,) = {t.space for t in given if t is not None}
    flat = [None if t is None else t.flattened() for t in given]
    if any(t is not None and t.scaled for t in flat) or not is_finite(flat):
        return NotImplemented
    result = Tangent(space, node.shape, outer=outer_products(node, flat))
    for level in range(max(len(t.sparse) for t in flat if t is not None)):
        terms = [t.sparse[level] if t is not None and level < len(t.sparse) else None for t in flat]
        columns = node.operation.push(node, [None if term is None else term[0] + 1 for term in terms]) - 1
        values = [term[1] for term in terms if term is not None]
        if all(v.__class__ is float and v == values[0] for v in values):
            value = values[0]
        else:
            shapes = [(*np.shape(o),) if not isinstance(o, Node) else o.shape for o in node.operands]
            each = zip(terms, shapes, strict=True)
            value = node.operation.push(node, [None if term is None else full(term[1], s) for term, s in each])
        result.sparse.append((space.interned(np.asarray(columns)), value))
    return result.settled()


def store(node: Node, given: Given) -> Any:
    """What was there goes, and what is written becomes a part; the tangent of the array is taken over."""
    (z, x), positions = given, np.asarray(np.arange(count(node.shape)).reshape(node.shape)[node.static])
    (space,) = {t.space for t in given if t is not None}
    if x is not None and len(x.shape) > positions.ndim:
        return NotImplemented
    if not is_basic(node.static) and len(np.unique(positions)) < positions.size:
        return NotImplemented
    result = Tangent(space, node.shape) if z is None else z
    space.effort += 6
    somewhere = result.sparse or result.outer or result.scaled
    if node.operation is not ops.ADD_AT and (somewhere or _covered(result)[positions].any()):
        result = _erased(result, positions)
    if x is not None and positions.size:
        _covered(result)[positions] = True
        result.parts.append((positions, x.widened(positions.shape).copy()))
    return result


def _covered(t: Tangent) -> np.ndarray:
    """Which entries of an array are in parts, by flat position."""
    if t.covered is None:
        t.covered = np.zeros(t.size, dtype=bool)
        for positions, _ in t.parts:
            t.covered[positions] = True
    return t.covered


def _erased(t: Tangent, positions: np.ndarray) -> Tangent:
    """The tangent of an array in which some entries have become constants."""
    gone = np.zeros(t.size, dtype=bool)
    gone[positions.ravel()] = True
    mask = gone.reshape(t.shape)
    if not is_finite([t]):
        whole = Tangent(t.space, t.shape, t.sparse, t.outer, t.scaled).dense()
        t = t.space.matrix(t.shape, np.where(mask[..., None], 0, whole)).plus(Tangent(t.space, t.shape, parts=t.parts))
    sparse = [(np.where(mask, -1, x), c) for x, c in t.sparse]
    sparse = [(t.space.interned(x), c) for x, c in sparse if np.any(x >= 0)]
    outer, scaled = ([(np.where(mask, 0, full(u, t.shape)), x) for u, x in terms] for terms in (t.outer, t.scaled))
    parts = []
    for where, part in t.parts:
        hit = gone[where]
        if not hit.any():
            parts.append((where, part))
        elif not hit.all():
            remaining = np.flatnonzero(~hit)
            parts.append((np.ravel(where)[remaining], part.chosen(remaining)))
    return Tangent(t.space, t.shape, sparse, outer, scaled, parts)
