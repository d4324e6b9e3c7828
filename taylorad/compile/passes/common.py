"""What the passes share: how often a value is used, which values are one number or zero, values in another form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from taylorad.compile.graph import Graph, Placement, Value, row_major

LARGEST_LANE = 16  # entries of an array that may be a lane of a wide one

Rule = Callable[[Graph, Value, tuple[int, ...]], int | None]


def swept(graph: Graph) -> Graph:
    """The same graph without values that nothing needs."""
    return graph.rewritten(lambda new, value, operands: None)


def uses(graph: Graph) -> list[int]:
    """How often each value is an operand, an output or the value of a guard."""
    counts = [0] * len(graph)
    needed = graph.needed()
    for value in graph.values:
        if needed[value.index]:
            for i in value.operands:
                counts[i] += 1
    for i in (*graph.outputs, *(i for i, _ in graph.guards)):
        counts[i] += 1
    return counts


def applied(graph: Graph, rules: dict[str, list[Rule]]) -> tuple[Graph, bool]:
    """The graph after the rules of each kind (the first that has an answer is used), and whether any had one."""
    changed = False

    def rule(new: Graph, value: Value, operands: tuple[int, ...]) -> int | None:
        nonlocal changed
        for one in rules.get(value.kind, ()):
            made = one(new, value, operands)
            if made is not None:
                changed = True
                return made
        return None

    return graph.rewritten(rule), changed


def merged(tables: Iterable[dict[str, list[Rule]]]) -> dict[str, list[Rule]]:
    """One table of all rules, in order."""
    result: dict[str, list[Rule]] = {}
    for table in tables:
        for kind, rules in table.items():
            result.setdefault(kind, []).extend(rules)
    return result


def uniform(value: Value) -> Any:
    """The one number a constant consists of, as a NumPy number; None for anything else."""
    if value.kind != "constant" or value.data.size == 0:
        return None
    if value.data.size == 1:
        return value.data.ravel()[0]
    entries = value.data.reshape(-1, 1).view(np.uint8)  # bytes, which tell −0.0 from 0.0
    same = (entries[-1] == entries[0]).all() and (entries == entries[0]).all()
    return value.data.flat[0] if same else None


def is_zero(value: Value) -> bool:
    """Whether all entries are known to be zero."""
    if value.kind in ("place", "accumulate"):
        return not value.operands
    return value.kind == "constant" and not value.data.any()


def zeros(new: Graph, shape: tuple[int, ...], dtype: np.dtype) -> int:
    """An array of zeros: a constant where it is small."""
    if int(np.prod(shape)) <= 4096:
        return new.constant(np.zeros(shape, dtype))
    return new.add("place", (), (), shape, dtype)


def in_form(new: Graph, x: int, shape: tuple[int, ...], dtype: np.dtype) -> int:
    """x in a number type and, if it is a single number, repeated to a shape."""
    value = new[x]
    if value.dtype != dtype:
        if value.kind == "constant":
            with np.errstate(all="ignore"):
                x = new.constant(value.data.astype(dtype))
        else:
            x = new.add("convert", (x,), None, value.shape, dtype)
    if value.shape == shape:
        return x
    return new.view(x, 0, (0,) * len(shape), shape)


def number(new: Graph, x: Any, dtype: np.dtype) -> int:
    """A single constant number."""
    return new.constant(np.asarray(x, dtype=dtype))


def is_identity(placement: Placement, value: Value, size: int) -> bool:
    """Whether all of a result of this size are the entries of the value, in their order."""
    if value.size != size:
        return False
    if placement.positions is not None:
        return bool((placement.positions.ravel() == np.arange(size)).all())
    return placement.offset == 0 and all(
        n == 1 or s == t for n, s, t in zip(value.shape, placement.strides, row_major(value.shape), strict=True)
    )
