"""What each operation of a program makes of structured tangents: see `taylorad.transforms.structures`.

A rule takes the node and the tangents of its operands, None being zero, and returns the tangent of its value, or
NotImplemented where writing it out is as good.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.trace import Node
from taylorad.trace import operations as ops
from taylorad.trace.functions import scatter_add
from taylorad.transforms.structure_moves import Given, getitem, indexed, moved, outer_products, stack, store, transposed
from taylorad.transforms.structures import (
    FEW,
    WIDEST,
    Tangent,
    count,
    fitted,
    full,
    in_columns,
    joined,
    shape_of,
    total,
)

# ------------------------------------------------------------------------------------------------------- arithmetic


def _sum_of(terms: list) -> Tangent:
    result = terms[0]
    for term in terms[1:]:
        result = result.plus(term)
    return result


def _additive(node: Node, given: Given) -> Tangent:
    x, y = (None if t is None else t.widened(node.shape) for t in given)
    if y is not None and node.static < 0:
        y = y.times(-1.0)
    return _sum_of([t for t in (x, y) if t is not None])


def _elementary(node: Node, given: Given) -> Tangent:
    pairs = zip(node.static[2], node.residual, strict=True)
    return _sum_of([t.widened(node.shape).times(slope) for i, slope in pairs if (t := given[i]) is not None])


def _square(node: Node, given: Given) -> Tangent:
    (x,) = given
    assert x is not None
    return x.times(2 * node.residual)


def _multiply(node: Node, given: Given) -> Tangent:
    pairs = zip(given, reversed(node.residual), strict=True)
    return _sum_of([t.widened(node.shape).times(other) for t, other in pairs if t is not None])


def _divide(node: Node, given: Given) -> Tangent:
    (x, y), (divisor, quotient) = (None if t is None else t.widened(node.shape) for t in given), node.residual
    terms = [] if x is None else [x]
    if y is not None:
        terms.append(y.times(quotient).times(-1.0) if x is None else y.times(-quotient))
    return _sum_of(terms).times(divisor, divide=True)


# ---------------------------------------------------------------------------------------------------- linear functions


def _linear(node: Node, given: Given) -> Any:
    (t,), (primitive, args, kwargs) = given, node.static
    assert t is not None
    real = node.operands[0].dtype.kind == "f"
    if primitive.name == "negative":
        return t.times(-1.0)
    if primitive.name == "positive" or (real and primitive.name in ("real", "conjugate")):
        return t
    rule = LINEAR.get(primitive.name)
    return NotImplemented if rule is None else rule(node, t, *args, **kwargs)


def _sum(node: Node, t: Tangent, axis: Any = None, dtype: Any = None, keepdims: Any = False, where: Any = True) -> Any:
    if where is not True:
        return NotImplemented
    ndim = len(t.shape)
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return summed(t, tuple(i % ndim for i in axes), node.shape)


def _mean(node: Node, t: Tangent, *args: Any, **kwargs: Any) -> Any:
    result = _sum(node, t, *args, **kwargs)
    return result if result is NotImplemented else result.times(t.size // max(1, count(node.shape)), divide=True)


def _difference(node: Node, t: Tangent, n: int = 1, axis: int = -1) -> Tangent:
    for _ in range(n):
        i = axis % len(t.shape)
        shape = (*t.shape[:i], max(0, t.shape[i] - 1), *t.shape[i + 1 :])
        later, earlier = (indexed(t, (*(slice(None),) * i, part), shape) for part in (slice(1, None), slice(None, -1)))
        t = later.plus(earlier.times(-1.0))
    return t


def _scattered(node: Node, t: Tangent, index: Any, shape: tuple[int, ...]) -> Any:
    t, space, positions = t.flattened(), t.space, np.ravel(index)
    if t.scaled:
        return NotImplemented
    result = Tangent(space, shape, outer=outer_products(node, [t]))
    rows, columns, values = t.entries()
    return _with_sparse(result, [positions[r] for r in rows], columns, values)


def _with_sparse(result: Tangent, rows: list, columns: list, values: list) -> Tangent:
    """A tangent, and sparse entries in any order."""
    if not rows:
        return result
    row, column, space = joined(rows), joined(columns), result.space
    many = len(row) > max(WIDEST, space.size // 4) * result.size
    sparse = None if many else in_columns(space, result.shape, row, column, values)
    if sparse is None:
        space.spend(result.size * space.size)
        matrix = scatter_add(joined(values), row * space.size + column, (*result.shape, space.size))
        sparse = space.matrix(result.shape, matrix)
    return result.plus(sparse)


def summed(t: Tangent, axes: tuple[int, ...], shape: tuple[int, ...]) -> Tangent:
    """The tangent of the sum over some axes, in the shape it has."""
    if not axes:
        return t
    kept = [i for i in range(len(t.shape)) if i not in axes]
    length = count(tuple(t.shape[i] for i in axes))
    if length == t.size and count(shape) == 1:
        return _total(t).widened(shape)
    space, front = t.space, tuple(t.shape[i] for i in kept)
    flat = transposed(t.flattened(), (*kept, *axes))
    flat = flat.reshaped((count(front), length))
    result = Tangent(space, (count(front),))
    result.outer = [(u * length if shape_of(u) == () else np.sum(u, axis=1), row) for u, row in flat.outer]
    for u, m in flat.scaled:
        space.spend(result.size * space.size)
        if shape_of(u) == ():
            result.scaled.append((u, np.sum(m, axis=1)))
        else:
            result.scaled.append((1.0, np.matmul(u[:, None, :], m)[:, 0]))
    if len(flat.sparse) * length <= WIDEST:
        for x, c in flat.sparse:
            each = [(x[:, i], c if shape_of(c) == () else c[:, i]) for i in range(length)]
            result = result.plus(Tangent(space, result.shape, [(space.interned(column), v) for column, v in each]))
    else:
        rows, columns, values = flat.entries()
        result = _with_sparse(result, [r // length for r in rows], columns, values)
    return result.settled().reshaped(shape)


def _total(t: Tangent) -> Tangent:
    """The tangent of the sum of all entries."""
    space, m = t.space, t.size
    if t.parts:
        whole = Tangent(space, t.shape, t.sparse, t.outer, t.scaled)
        return _sum_of([_total(whole), *(_total(part) for _, part in t.parts)])
    result = Tangent(space, ())
    result.outer = [(u * m if shape_of(u) == () else np.sum(u), row) for u, row in t.outer]
    for u, matrix in t.scaled:
        flat = np.reshape(matrix, (m, space.size))
        if shape_of(u) == ():
            result.outer.append((u, np.sum(flat, axis=0)))
        else:
            result.outer.append((1.0, np.matmul(np.reshape(u, -1), flat)))
    return result.plus(_sparse_total(t))


def _sparse_total(t: Tangent) -> Tangent:
    space = t.space
    if len(t.sparse) * t.size <= FEW:
        each = []
        for x, c in t.sparse:
            flat = None if shape_of(c) == () else np.reshape(c, -1)
            present = [(i, space.interned(np.asarray(j))) for i, j in enumerate(x.flat) if j >= 0]
            each += [(column, c if flat is None else flat[i]) for i, column in present]
        return _sum_of([Tangent(space, ()), *(Tangent(space, (), [term]) for term in each)])
    rows, other = [], []
    for x, c in t.sparse:
        if x is space.identity:
            rows.append(full(c, x.shape))
        else:
            other.append((x, c))
    if other:
        _, columns, values = Tangent(space, t.shape, other).entries()
        rows.append(scatter_add(joined(values), np.concatenate(columns), (space.size,)))
    return Tangent(space, (), outer=[(1.0, total(rows))] if rows else ())


# ------------------------------------------------------------------------------------------------------------ products


def _matmul(node: Node, given: Given) -> Any:
    letters = {1: ("j", "j"), 2: ("ij", "jk")}
    x, y = node.residual
    if x.ndim > 2 or y.ndim > 2:
        return NotImplemented
    terms = letters[x.ndim][0], letters[y.ndim][1]
    return _contracted(node, given, terms, "".join(c for c in "ik" if c in terms[0] + terms[1]))


def _contract(node: Node, given: Given) -> Any:
    terms, output = node.static
    return _contracted(node, given, terms, output)


def _contracted(node: Node, given: Given, terms: tuple, output: str) -> Any:
    if len(terms) != 2:
        return NotImplemented
    parts = []
    for i, t in enumerate(given):
        if t is not None:
            t, value = t.flattened() if output else t, node.residual[1 - i]
            part = _factor(t, terms[i], terms[1 - i], output, value, node.shape)
            if part is NotImplemented:
                return NotImplemented
            parts.append(part)
    return _sum_of(parts)


def _factor(t: Tangent, own: str, other: str, output: str, value: Any, shape: tuple[int, ...]) -> Any:
    """The tangent of an Einstein sum of a node and a known array."""
    known = dict(zip(other, value.shape, strict=True))
    if len(own) == len(output) == 1 and set(other) == {own, output} and own != output and known[own] == t.size:
        return matrix_times(t, value if other == output + own else np.transpose(value))
    sizes = dict(zip(own, t.shape, strict=True))
    last = "".join(dict.fromkeys(c for c in own + other if c not in output))
    grown = tuple(max(sizes.get(c, 1), known.get(c, 1)) for c in output + last)
    work, n = len(t.sparse) * count(grown), t.space.size
    if (t.scaled and count(grown) > t.size) or (output and work > max(WIDEST * count(shape), t.size * n // 2)):
        return (
            _by_matrix(t, own, value) if (own + other, output) in (("ijjk", "ik"), ("jkij", "ik")) else NotImplemented
        )
    spread = transposed(t, tuple(own.index(c) for c in output + last if c in own))
    spread = spread.reshaped(tuple(sizes.get(c, 1) for c in output + last)).widened(grown)
    order = tuple(other.index(c) for c in output + last if c in other)
    moved = value if order == tuple(range(len(order))) else np.transpose(value, order)
    product = spread.times(fitted(np.reshape(moved, tuple(known.get(c, 1) for c in output + last)), grown))
    return summed(product, tuple(range(len(output), len(grown))), shape)


def _by_matrix(t: Tangent, own: str, value: Any) -> Tangent:
    """The tangent of a product of two matrices, of which t belongs to one and the value is the other."""
    space, left = t.space, own == "ij"
    rest, n = Tangent(space, t.shape, t.sparse, (), t.scaled), t.space.size
    columns = [(full(u, t.shape), row) for u, row in t.outer]
    outer = [(np.matmul(u, value) if left else np.matmul(value, u), row) for u, row in columns]
    shape = (t.shape[0], value.shape[1]) if left else (value.shape[0], t.shape[1])
    result = Tangent(space, shape, outer=outer)
    if rest.is_empty:
        return result
    space.spend(count(shape) * n)
    m = rest.dense()
    if left:
        rows = np.reshape(np.transpose(m, (0, 2, 1)), (t.shape[0] * n, t.shape[1]))
        product = np.transpose(np.reshape(np.matmul(rows, value), (shape[0], n, shape[1])), (0, 2, 1))
    else:
        product = np.reshape(np.matmul(value, np.reshape(m, (t.shape[0], t.shape[1] * n))), (*shape, n))
    return result.plus(space.matrix(shape, product))


def matrix_times(t: Tangent, a: Any) -> Tangent:
    """The tangent of ``a @ x`` for a matrix that is constant along t, the tangent of a vector x."""
    space, p, n = t.space, a.shape[0], t.space.size
    result = Tangent(space, (p,), outer=[(np.matmul(a, full(u, t.shape)), row) for u, row in t.outer])
    for x, c in t.sparse:
        space.spend(p * n)
        m = a if shape_of(c) == () else a * c
        if x is not space.identity:
            present = np.flatnonzero(x >= 0)
            m = m if len(present) == len(x) else m[:, present]
            index = np.arange(p)[:, None] * n + x[present]
            m = scatter_add(np.reshape(m, -1), index.ravel(), (p, n))
        result = result.plus(Tangent(space, (p,), scaled=[(c if shape_of(c) == () else 1.0, m)]))
    for u, m in t.scaled:
        space.spend(p * n)
        single = shape_of(u) == ()
        product = np.matmul(a, m if single else u[:, None] * m)
        result = result.plus(Tangent(space, (p,), scaled=[(u if single else 1.0, product)]))
    return result.settled()


def _alone(function: Callable) -> Callable:
    """The rule of an operation on one operand."""

    def rule(node: Node, given: Given) -> Any:
        (t,) = given
        return function(node, t)

    return rule


LINEAR: dict[str, Callable] = {
    "sum": _sum,
    "mean": _mean,
    "difference": _difference,
    "scatter_add": _scattered,
}
RULES: dict[Any, Callable] = {
    ops.ADDITIVE: _additive,
    ops.ELEMENTARY: _elementary,
    ops.SQUARE: _square,
    ops.MULTIPLY: _multiply,
    ops.DIVIDE: _divide,
    ops.LINEAR: _linear,
    ops.MATMUL: _matmul,
    ops.CONTRACT: _contract,
    ops.GETITEM: getitem,
    ops.TAKE: getitem,
    ops.RESHAPE: _alone(lambda node, t: t.reshaped(node.shape)),
    ops.TRANSPOSE: _alone(lambda node, t: transposed(t, tuple(node.static))),
    ops.BROADCAST: _alone(lambda node, t: t.widened(node.shape)),
    ops.COPY: _alone(lambda node, t: t),
    ops.WHERE: moved,
    ops.STACK: stack,
    ops.GATHERED: moved,
    ops.STORE: store,
    ops.ADD_AT: store,
}
