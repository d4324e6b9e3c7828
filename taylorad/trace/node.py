"""`Node`: one operation of a program."""

from __future__ import annotations

from typing import Any

from taylorad.trace.naming import formula, name_of
from taylorad.trace.operations import Operation


class Node:
    """One operation: what it is applied to, and what its derivative needs; made by `Program.record`.

    Attributes
    ----------
    index : int
        Its place in the program.
    operation : Operation
    operands : tuple of Node or constant
    static : what else the operation needs, plain data
    residual : values the sweeps need
    shape, dtype : of the node's value
    """

    __slots__ = ("dtype", "index", "operands", "operation", "residual", "shape", "static")

    index: int
    operation: Operation
    operands: tuple
    static: Any
    residual: Any
    shape: tuple[int, ...]
    dtype: Any

    @property
    def name(self) -> str:
        """The function's name, as users write it."""
        return name_of(self)

    def __repr__(self) -> str:
        return f"Node({self.index}: {formula(self)})"
