"""What a traced array holds, a value and the node that computed it, and how a view finds both.

Views alias their base: a write gives the base a new node and another version, and a view of an older version takes its
value from the base again before it is read. Its node is recorded only when it is first used. A view of a view knows the
view it was taken from, and brings it up to date too, from the base down.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from taylorad.trace import operations as ops
from taylorad.trace.cover import Cover
from taylorad.trace.node import Node
from taylorad.trace.program import Program

READ_ONLY = (ops.BROADCAST, ops.TAKE, ops.LINEAR)  # views that cannot be written into entry by entry


class Views(Cover):
    """The part of a `Tracer` that looks its value and its node up, in its base when it is a view."""

    __slots__ = ()

    _value: Any  # what each of these is: see `taylorad.trace.tracer.Tracer`
    _node: Any
    program: Any
    version: Any
    base: Any
    source: Any
    how: Any
    seen: Any

    @property
    def live(self) -> Program | None:
        """The program that traces this array, None when none does (any more)."""
        root = self if self.base is None else self.base
        program = root.program
        return program if root._node is not None and program is not None and program.open else None

    @property
    def value(self) -> Any:
        """The array's value in the algebra that was differentiated."""
        if self.base is not None and self.seen != self.base.version:
            self._refresh()
        return self._value

    @property
    def node(self) -> Node | None:
        """The node that computed the value, None for constants; a view gets its own when it is first used."""
        if self.base is None:
            return self._node
        if self.seen != self.base.version:
            self._refresh()
        if self._node is None and (program := self.live) is not None:
            source = self.source
            if source is self.base:
                operation, static = self.how
                self._node = program.record(operation, (source._node,), static, None, self._value)
                return self._node
            for view in self._path():
                if view._node is None:
                    assert view.source is not None
                    assert view.program is not None
                    operation, static = view.how
                    operands = (view.source._node,)
                    view._node = view.program.record(operation, operands, static, None, view._value)
        return self._node

    def _refresh(self) -> None:
        """Bring a view, and the views it was taken from, up to date with their base."""
        assert self.base is not None
        for view in self._path():
            if view.seen != self.base.version:
                assert view.source is not None
                view._value, view._node = taken(view.how, view.source._value), None
                view.program, view.seen = self.base.program, self.base.version

    def _path(self) -> list[Self]:
        """The views from the base down to this one; one is enough when its source is up to date."""
        assert self.base is not None
        path: list[Self] = [self]
        while (source := path[-1].source) is not None and source.base is not None:
            if source.seen == self.base.version and source._node is not None:
                break
            path.append(source)
        return path[::-1]

    @property
    def root(self) -> Self:
        """The array a view looks into; an array that is no view is its own."""
        return self if self.base is None else self.base

    @property
    def primal(self) -> Any:
        """The innermost value: a plain array, or what a guarded program knows of it."""
        if (program := self.live) is not None and program.guarded:
            return self
        value = self.value
        return getattr(value, "primal", value)

    def concrete(self) -> Any:
        """The plain array a guarded program knows, as it is at this run; that it is this one becomes a guard."""
        program = self.live
        if program is None or not program.guarded:
            return self.primal
        program.guard(self.node, self.value)  # type: ignore[attr-defined]
        return self.value

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return len(self.value.shape)

    @property
    def dtype(self) -> np.dtype:
        return self.value.dtype

    @property
    def size(self) -> int:
        return self.value.size

    @property
    def total_order(self) -> int:
        """Sum of the orders of the series the value is nested in."""
        return getattr(self.value, "total_order", 0)


def taken(view: tuple[ops.Operation, Any], array: Any) -> Any:
    """What a view shows of an array."""
    operation, static = view
    if operation is ops.GETITEM or operation is ops.TAKE:
        return array[static]
    if operation is ops.TRANSPOSE:
        return np.transpose(array, static)
    if operation is ops.LINEAR:
        return getattr(np, static[0].name)(array)
    return np.broadcast_to(array, static) if operation is ops.BROADCAST else np.reshape(array, static)
