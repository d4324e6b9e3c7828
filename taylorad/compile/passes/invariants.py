"""Invariants: what is the same along an axis is computed once, then repeated.

    exp(view of x that repeats it)   →   view that repeats exp(x)

An elementwise value all of whose operands repeat the same axes is computed without these axes; an operand that is one
repeated number is that number. Exact.
"""

from __future__ import annotations

from taylorad.compile.graph import ELEMENTWISE, Graph, Value, row_major
from taylorad.compile.passes.common import Rule, applied


def hoisted(graph: Graph) -> Graph:
    """The graph with invariant axes left out of elementwise values."""
    return applied(graph, rules(graph))[0]


def rules(graph: Graph) -> dict[str, list[Rule]]:
    """The rules of this pass for each kind."""
    return {kind: [_smaller] for kind in ELEMENTWISE}


def _smaller(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
    if not value.shape or not value.size:
        return None
    repeated = {axis for axis, n in enumerate(value.shape) if n > 1}
    single = False
    for i in operands:
        x = new[i]
        if not x.shape:
            continue
        own = {axis for axis in repeated if x.data[1][axis] == 0} if x.kind == "view" else set()
        single = single or (x.kind == "view" and not any(x.data[1]))
        repeated &= own
    if not repeated:
        return _with_numbers(new, value, operands) if single else None
    kept = [axis for axis in range(len(value.shape)) if axis not in repeated]
    shape = tuple(value.shape[axis] for axis in kept)
    given = []
    for i in operands:
        x = new[i]
        given.append(new.view(x.operands[0], x.data[0], [x.data[1][axis] for axis in kept], shape) if x.shape else i)
    small = new.add(value.kind, given, value.data, shape, value.dtype)
    strides = [0] * len(value.shape)
    for axis, stride in zip(kept, row_major(shape), strict=True):
        strides[axis] = stride
    return new.view(small, 0, strides, value.shape)


def _with_numbers(new: Graph, value: Value, operands: tuple[int, ...]) -> int:
    """The value with operands that are one repeated number as single numbers."""
    given = []
    for i in operands:
        x = new[i]
        one = x.kind == "view" and x.shape and not any(x.data[1])
        given.append(new.view(x.operands[0], x.data[0], (), ()) if one else i)
    return new.add(value.kind, given, value.data, value.shape, value.dtype)
