"""Operations that move entries about: indexing, reshaping, joining, choosing, writing, copying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.trace.functions import function_of, scatter_add
from taylorad.trace.operation import Operands, Operation, is_basic, is_wider, lifted, stacked, widened, zeros

if TYPE_CHECKING:
    from taylorad.trace.node import Node
    from taylorad.trace.sweeps import Pullback


class GetItem(Operation):
    """``x[key]`` for a key of integers, slices, None and Ellipsis; static: the key."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        return values[0][node.static]

    def push(self, node: Node, tangents: Operands) -> Any:
        return tangents[0][node.static]

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        sweep.add_at(node.operands[0], node.static, ybar)


class Take(Operation):
    """``x[key]`` for keys with arrays, which may name an entry twice; static: the key, of plain arrays."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        return values[0][node.static]

    def push(self, node: Node, tangents: Operands) -> Any:
        return tangents[0][node.static]

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        (x,) = node.operands
        numbers = np.arange(int(np.prod(x.shape, dtype=int))).reshape(x.shape)[node.static]
        sweep.add(x, scatter_add(np.reshape(ybar, -1), numbers.ravel(), x.shape), True)


class Reshape(Operation):
    """The same entries in the same order, in another shape; static: the shape."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        return np.reshape(values[0], node.static)

    def push(self, node: Node, tangents: Operands) -> Any:
        return np.reshape(tangents[0], node.shape)

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        (x,) = node.operands
        sweep.add(x, np.reshape(ybar, x.shape), sweep.owned)


class Transpose(Operation):
    """Axes in another order; static: the order."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        return np.transpose(values[0], node.static)

    def push(self, node: Node, tangents: Operands) -> Any:
        return np.transpose(tangents[0], node.static)

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        sweep.add(node.operands[0], np.transpose(ybar, np.argsort(node.static)))


class Broadcast(Operation):
    """Entries repeated to a larger shape; a sweep sums cotangents back by itself."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        return np.broadcast_to(values[0], node.shape)

    def push(self, node: Node, tangents: Operands) -> Any:
        return np.broadcast_to(tangents[0], node.shape)

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        sweep.add(node.operands[0], ybar)


class Where(Operation):
    """``where(condition, x, y)``; static: the condition. No product, so the branch not taken adds nothing, not nan."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        return np.where(node.static, values[0], values[1])

    def push(self, node: Node, tangents: Operands) -> Any:
        dx, dy = tangents
        return widened(np.where(node.static, 0 if dx is None else dx, 0 if dy is None else dy), node.shape)

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        x, y = node.operands
        if x.__class__ is node.__class__:
            sweep.add(x, np.where(node.static, ybar, 0))
        if y.__class__ is node.__class__:
            sweep.add(y, np.where(node.static, 0, ybar))


class Stack(Operation):
    """Operands of one shape along a new first axis; the entries of ``np.array([...])``."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        return stacked(values)

    def push(self, node: Node, tangents: Operands) -> Any:
        like = next(t for t in tangents if t is not None)
        zero = like * 0
        return stacked([zero if t is None else t for t in tangents])

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        for i, operand in enumerate(node.operands):
            if operand.__class__ is node.__class__:
                sweep.add(operand, ybar[i])


class Gather(Operation):
    """Any other function that moves entries; static: (primitive, arguments with positions of operands, kwargs, output).

    What it does is found by running it on entry numbers, 0 standing for zeros it puts in.
    """

    def evaluate(self, node: Node, values: Operands) -> Any:
        moved = _rebuilt(node, values)
        return moved if node.static[3] is None else moved[node.static[3]]

    def push(self, node: Node, tangents: Operands) -> Any:
        like = next(t for t in tangents if t is not None)
        shapes = [o.shape if o.__class__ is node.__class__ else np.shape(o) for o in node.operands]
        return self.evaluate(node, [zeros(like, s) if t is None else t for t, s in zip(tangents, shapes, strict=True)])

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        numbers, count = [], 1
        for operand in node.operands:
            shape = operand.shape if operand.__class__ is node.__class__ else np.shape(operand)
            size = int(np.prod(shape, dtype=int))
            numbers.append(np.arange(count, count + size).reshape(shape))
            count += size
        index = np.ravel(self.evaluate(node, numbers))
        for operand, own in zip(node.operands, numbers, strict=True):
            if operand.__class__ is node.__class__ and own.size:
                first = own.flat[0]
                chosen = np.flatnonzero((index >= first) & (index < first + own.size))
                flat = np.reshape(ybar, -1)
                part = flat if len(chosen) == len(index) else flat[chosen]
                sweep.add(operand, scatter_add(part, index[chosen] - first, own.shape))


def _rebuilt(node: Node, values: Operands) -> Any:
    primitive, arguments, kwargs, _ = node.static
    return function_of(primitive)(*(filled(a, values) for a in arguments), **kwargs)


class Slot:
    """The place of an operand in the arguments of a `Gather` node."""

    __slots__ = ("index",)

    def __init__(self, index: int):
        self.index = index


def filled(argument: Any, values: Operands) -> Any:
    if isinstance(argument, Slot):
        return values[argument.index]
    if isinstance(argument, list | tuple):
        return type(argument)(filled(a, values) for a in argument)
    return argument


class Function(Operation):
    """A function of the table as one node; static: (primitive, arguments with `Slot`s, kwargs with them, output)."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        primitive, arguments, kwargs, output = node.static
        given = {k: filled(v, values) for k, v in kwargs.items()}
        results = function_of(primitive)(*(filled(a, values) for a in arguments), **given)
        return results if output is None else results[output]

    def push(self, node: Node, tangents: Operands) -> Any:
        raise AssertionError("guarded programs hold derivatives, they are not differentiated")

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        raise AssertionError("guarded programs hold derivatives, they are not differentiated")


class Store(Operation):
    """``z[key] = x`` as a new value of z; operands (z, x), static: the key.

    The sweeps take over the array of z instead of copying it, so a loop that fills an array costs what it writes.
    """

    writes = True

    def evaluate(self, node: Node, values: Operands) -> Any:
        z, x = values
        if hasattr(x, "level") and not hasattr(z, "level"):
            z, before = zeros(x, np.shape(z)), z
            z[...] = before
        else:
            z = np.array(z, np.asarray(x).dtype) if is_wider(x, z) else np.copy(z)
        z[node.static] = x
        return z

    def push(self, node: Node, tangents: Operands) -> Any:
        dz, dx = tangents
        if dz is None:
            dz = zeros(dx, node.shape)
        elif dx is not None:
            dz = _able_to_hold(dz, dx)
        dz[node.static] = 0 if dx is None else dx
        return dz

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        z, x = node.operands
        if x.__class__ is node.__class__:
            sweep.add(x, _written(node, ybar))
        if z.__class__ is node.__class__:
            remaining = sweep.own_copy(ybar)
            remaining[node.static] = 0
            sweep.add(z, remaining, True)


class AddAt(Store):
    """``z[key] += x`` as a new value of z, for a basic key; the sweeps of an inner program make it."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        z, x = values
        return super().evaluate(node, (z, z[node.static] + x))

    def push(self, node: Node, tangents: Operands) -> Any:
        dz, dx = tangents
        if dx is None or dz is None:
            return super().push(node, tangents) if dz is None else dz
        dz = _able_to_hold(dz, dx)
        dz[node.static] += dx
        return dz

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        z, x = node.operands
        sweep.add(x, ybar[node.static].copy(), True)
        sweep.add(z, ybar, sweep.owned)


def _able_to_hold(dz: Any, dx: Any) -> Any:
    """A tangent into which another one can be written: of a newer algebra, or of complex numbers, if that one is."""
    if getattr(dx, "level", (-3, 0)) > getattr(dz, "level", (-3, 0)):
        return lifted(dz, dx)
    return dz.astype(dx.dtype) if dx.dtype.kind == "c" and dz.dtype.kind == "f" else dz


def _written(node: Node, ybar: Any) -> Any:
    """The part of z̄ that x reaches: of entries written twice the last one."""
    part = ybar[node.static]
    part = part.copy() if hasattr(part, "copy") else part
    if is_basic(node.static):
        return part
    numbers = np.arange(int(np.prod(node.shape, dtype=int))).reshape(node.shape)[node.static]
    last = np.zeros(int(np.prod(node.shape, dtype=int)), dtype=int)
    order = np.arange(numbers.size).reshape(numbers.shape)
    last[numbers.ravel()] = order.ravel()
    visible = last[numbers] == order
    return part if visible.all() else np.where(visible, part, 0)


class Copy(Operation):
    """The same value as an array of its own, perhaps of another number type."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        (x,) = values
        return np.copy(x) if node.dtype == node.operands[0].dtype else x.astype(node.dtype)

    def push(self, node: Node, tangents: Operands) -> Any:
        return tangents[0]

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        sweep.add(node.operands[0], ybar)
