"""Stores: how values are written into traced arrays, so that derivatives go with them.

A write is a node ``z' = store(z, key, value)``, which the array has from then on; views see it by the array's version.
What a residual refers to is copied before it is written to. An array that meets a value of a newer differentiation
turns into an array of that one. Refused: a differentiated value written into integers, which would cut it off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.dispatch import joined
from taylorad.refusals import LostDerivativeError, place, user_frame
from taylorad.rings import boxed
from taylorad.trace import operations as ops
from taylorad.trace.constants import SMALL, kept
from taylorad.trace.views import Views


class Stores(Views):
    """The part of a `Tracer` that is written into; `self.__class__` is `Tracer`, which this module must not import."""

    __slots__ = ()

    level: tuple[int, int]
    exposed: Any
    copy: Callable[..., Any]
    _plain: Callable[[Any], Any]  # a constant without its cover
    _traced: Callable[..., Any]  # an array of a program, node and value

    def _holds(self, key: Any, value: Any) -> bool:
        """Whether a value is the very view that a key names, as at the end of ``x[1:] += y``."""
        if value.__class__ is not self.__class__ or value.base is None or value.source is not self:
            return False
        return value.how[0] is ops.GETITEM and value.how[1] == key

    def _adopt(self) -> None:
        """Become what the value itself is to an outer program that still records, now that no inner one does."""
        while self._value.__class__ is self.__class__ and self.live is None:
            held = self._value
            self.program, self._node, self._value, self.exposed = held.live, held.node, held.value, True

    def _write(self, key: Any, written: Any) -> None:
        """``self[key] = written`` for an array that is no view."""
        if self._value.__class__ is self.__class__ and self.live is None:
            self._adopt()
        written = self._plain(joined(written))
        if self._value.dtype.kind in "iub" and hasattr(written, "level"):
            raise LostDerivativeError(
                f"{place(user_frame())}cannot write a differentiated value into an array of {self._value.dtype}: NumPy "
                "would cut off its decimals, and its derivatives would be lost; make the array with dtype=float"
            )
        if level_of(written) > (level_of(self._value) if self.live is None else self.level):
            self._become_like(written)
        program, z = (self.program, self._node) if self._node is None else (self.live, self._node)
        same = program is not None and written.__class__ is self.__class__ and written.live is program
        before = _unwritten(self._value) if program is not None and z is None else z
        self._store(key, written.value if same else written)
        if program is not None:
            operands = before, written.node if same else kept(written)
            self._node = program.record(ops.STORE, operands, key, None, self._value)
        self.version += 1

    def add_at(self, key: Any, added: Any) -> bool:
        """``self[key] += added`` as one node, for an array that is no view; False if that cannot be done."""
        program = self.live
        if (
            program is None
            or self.base is not None
            or added.__class__ is not self.__class__
            or added.live is not program
        ):
            return False
        if added.dtype != self.dtype:
            return False
        node, value = added.node, added.value
        self._store(key, self._value[key] + value)
        self._node = program.record(ops.ADD_AT, (self._node, node), key, None, self._value)
        self.version += 1
        return True

    def _become_like(self, other: Any) -> None:
        """Turn into an array of the newer differentiation that a value to be written belongs to."""
        if self.live is not None:
            self._value, self.exposed = self._traced(self.program, self._node, self._value), True
        self.program, self._node = None, None
        if other.__class__ is self.__class__:
            self.program = other.live
        else:
            self._value, self.exposed = other.lift(self._value), False

    def _store(self, key: Any, content: Any) -> None:
        """Write into the value, after a copy if something refers to it."""
        value = self._value
        if self.exposed or not _writeable(value):
            value = self._value = value.copy()  # also if the assignment fails
            self.exposed = False
        if value.__class__ is not self.__class__ and level_of(content) > level_of(value):
            value = self._traced(None, None, value) if content.__class__ is self.__class__ else content.lift(value)
        if isinstance(value, np.generic):  # a number that was put into an array without axes
            value = np.array(value)
        if value.__class__ is np.ndarray and value.dtype.kind == "f" and getattr(content, "dtype", None) == object:
            value = boxed(value.astype(object))  # np.zeros(n) holds what is written to it in all its digits
        value[key] = content
        self._value = value

    def _write_part(self, key: Any, value: Any) -> None:
        """Write into the real or imaginary part of an array."""
        assert self.source is not None
        part = self.copy()
        part[key] = value
        setattr(self.source, self.how[1][0].name, part)


def level_of(x: Any) -> tuple[int, int]:
    """How far out an array stands: below all others if nothing differentiates it."""
    return getattr(x, "level", (-3, 0))


def _unwritten(value: Any) -> Any:
    """A copy of an array that is about to be written to; of large zeros one zero that stands for all."""
    large = value.__class__ is np.ndarray and value.size > SMALL and value.dtype == np.float64
    if large and value.flags.c_contiguous and not value.reshape(-1).view(np.int64).any():
        return np.broadcast_to(np.zeros(()), value.shape)
    return value.copy()


def without_leading_axes(value: Any, ndim: int) -> Any:
    """A value as it is assigned to an array of fewer axes: leading axes of length 1 go."""
    while value.ndim > ndim and value.shape[0] == 1:
        value = value[0]
    return value


def _writeable(value: Any) -> bool:
    return value.flags.writeable if value.__class__ is np.ndarray else True
