"""The order of loops, which axis fills the registers, and how many steps are written out.

A loop over an axis is a list of `Segment`s: a loop whose body is repeated for a few points, then what is left over.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from taylorad.compile.native.nests import Nest

_WRITTEN_OUT = 64
_HEAVY = 60


@dataclass
class Segment:
    """`trips` repetitions of the points (offset, active lanes), `step` apart, the first at `start`.

    With `clamp` the index never exceeds that number: the last steps are done twice, instead of a shorter one.
    """

    start: int
    trips: int
    step: int
    points: list[tuple[int, int]]
    clamp: int | None = None


@dataclass
class Schedule:
    """The order of the axes, kept ones first; the axis along registers, their lanes, and the segments of every axis.

    `slots` is the number of partial results of a reduction.
    """

    order: list[int]
    vector: int | None
    lanes: int
    segments: dict[int, list[Segment]] = field(default_factory=dict)
    kept: int = 0
    slots: int = 1


def schedule(nest: Nest, bits: int) -> Schedule:
    """A good way to walk a nest on a machine with registers of some bits."""
    axes = range(len(nest.extents))
    order = [a for a in axes if not nest.reduced[a]] + [a for a in axes if nest.reduced[a]]
    reducing = any(task.root.kind == "reduce" for task in nest.tasks)
    kept = sum(not nest.reduced[a] for a in axes) if reducing else len(order)
    vector = _vector_axis(nest)
    lanes = 1 if vector is None else _lanes(nest, vector, bits)
    if lanes == 1:
        vector = None
    elif not reducing or nest.reduced[vector or 0]:
        group = order[:kept] if not reducing else order[kept:]
        group = [a for a in group if a != vector] + [vector]  # type: ignore[list-item]
        order = group if not reducing else order[:kept] + group
    result = Schedule(order, vector, lanes, kept=kept)
    blocks = _reduction_blocks(nest, result) if reducing else _blocks(nest, result)
    for axis in order:
        width = lanes if axis == vector else 1
        result.segments[axis] = _segments(nest.extents[axis], width, blocks.get(axis, 1))
    if vector is not None and not reducing and _clampable(nest, result):
        n = nest.extents[vector]
        result.segments[vector] = [Segment(0, -(-n // lanes), lanes, [(0, lanes)], clamp=n - lanes)]
    return result


def _vector_axis(nest: Nest) -> int | None:
    """The axis along which most entries are neighbours."""
    if any(task.root.conflicts for task in nest.tasks):
        return None
    best, choice = 0.0, None
    for axis, n in enumerate(nest.extents):
        score = 1.0
        for node in nest.nodes:
            if node.kind in ("load", "gather"):
                s = node.at.strides[axis]
                score += 2 if s == 1 else 1 if s == 0 else -1
        for task in nest.tasks:
            s = task.at.strides[axis]
            if task.root.kind != "reduce" or not nest.reduced[axis]:
                score += 3 if s == 1 else -2
        heavy = sum(node.kind == "op" and node.value.kind in ("call", "divide") for node in nest.nodes)
        score += 4 * heavy
        score *= min(n, 8) / 8
        if n > 1 and score >= best and score > 0:
            best, choice = score, axis
    return choice


def _lanes(nest: Nest, axis: int, bits: int) -> int:
    size = max((n.dtype.itemsize for n in nest.nodes if n.dtype.kind == "f"), default=8)
    if any(n.kind == "gather" or n.dtype.kind == "i" for n in nest.nodes):
        size = 8
    lanes = bits // (8 * size)
    while lanes // 2 >= nest.extents[axis]:
        lanes //= 2
    return lanes


def _work(nest: Nest) -> int:
    """Instructions for one point, roughly."""
    return sum(node.kind in ("op", "load", "gather") for node in nest.nodes) + len(nest.tasks)


def _steps(nest: Nest, plan: Schedule, axis: int) -> int:
    width = plan.lanes if axis == plan.vector else 1
    return -(-nest.extents[axis] // width)


def _blocks(nest: Nest, plan: Schedule) -> dict[int, int]:
    """Points per repetition, without reductions."""
    blocks: dict[int, int] = {}
    room = _WRITTEN_OUT // max(_work(nest), 1)
    for axis in reversed(plan.order):
        steps = _steps(nest, plan, axis)
        if 0 < steps <= min(room, 16):
            blocks[axis] = steps
            room //= steps
            continue
        if axis == plan.order[-1]:
            blocks[axis] = max(1, min(4, room // 4))
        break
    return blocks


def _reduction_blocks(nest: Nest, plan: Schedule) -> dict[int, int]:
    """Points per repetition of axes, so that a few sums are under way at once."""
    work = max(_work(nest) - 2, 1)
    room = max(1, min(16, 96 // work))
    kept, summed = plan.order[: plan.kept], plan.order[plan.kept :]
    blocks: dict[int, int] = {}
    if plan.vector in kept:
        steps = _steps(nest, plan, plan.vector)  # type: ignore[arg-type]
        blocks[plan.vector] = max(1, min(steps, room, 4 if len(kept) > 1 else 8))  # type: ignore[index]
        room //= blocks[plan.vector]  # type: ignore[index]
    limits = [plan.lanes, 2] if plan.vector in summed else [4]
    for axis, limit in zip([a for a in reversed(kept) if a != plan.vector], limits, strict=False):
        blocks[axis] = max(1, min(nest.extents[axis], room, limit))
        room //= blocks[axis]
    running = 1
    for count in blocks.values():
        running *= count
    if summed:
        inner = summed[-1]
        plan.slots = max(1, min(4 // running, room, _steps(nest, plan, inner)))
        steps = _steps(nest, plan, inner)
        blocks[inner] = steps if steps <= min(room, 8) else plan.slots
    return blocks


def _segments(n: int, width: int, block: int) -> list[Segment]:
    step = width * block
    trips = n // step if step else 0
    segments = []
    if trips:
        segments.append(Segment(0, trips, step, [(k * width, width) for k in range(block)]))
    start = trips * step
    rest = [(k, min(width, n - k)) for k in range(start, n, width)]
    if rest:
        segments.append(Segment(0, 1, 0, rest))
    return segments


def _clampable(nest: Nest, plan: Schedule) -> bool:
    n = nest.extents[plan.vector or 0]
    simple = all(task.root.kind == "store" for task in nest.tasks)
    return simple and n > plan.lanes and n % plan.lanes > 0 and _work(nest) > _HEAVY
