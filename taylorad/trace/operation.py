"""What an operation of a program must be able to do, and the few things all operations do with duck arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.algebras.structure import common_dtype
from taylorad.rings import boxed, unboxed

if TYPE_CHECKING:
    from taylorad.trace.node import Node
    from taylorad.trace.sweeps import Pullback


Operands = Sequence[Any]  # values or tangents, one an operand; None is a tangent that is zero


class Operation(ABC):
    """A kind of node; stateless, shared by all nodes of the kind."""

    symbol = ""
    writes = False  # whether `push` takes over the tangent of the first operand to write into it
    in_place = False  # whether `push` takes `spare`, a tangent that it may write over

    @abstractmethod
    def evaluate(self, node: Node, values: Operands) -> Any:
        """The node's value from its operands' values."""

    @abstractmethod
    def push(self, node: Node, tangents: Operands) -> Any:
        """The tangent of the node's value; at least one tangent is not None."""

    @abstractmethod
    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        """Add the contributions of a cotangent to the operands' cotangents."""


class Input(Operation):
    """An independent variable."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        raise AssertionError("inputs are given, not computed")

    def push(self, node: Node, tangents: Operands) -> Any:
        raise AssertionError("the tangents of inputs are given")

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        raise AssertionError("the cotangents of inputs are the result")


class Call(Operation):
    """A function treated as one node; static: an object with `evaluate`, `push` and `pull` of its own.

    ``pull(values, ybar) -> cotangents`` and ``push(values, tangents) -> tangent``, None being zero; residual: the
    operands' values.
    """

    def evaluate(self, node: Node, values: Operands) -> Any:
        return node.static.evaluate(*values)

    def push(self, node: Node, tangents: Operands) -> Any:
        return node.static.push(node.residual, tangents)

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        for operand, xbar in zip(node.operands, node.static.pull(node.residual, ybar), strict=True):
            if operand.__class__ is node.__class__ and xbar is not None:
                sweep.add(operand, xbar)


def product(slope: Any, tangent: Any, spare: Any) -> Any:
    """``slope·tangent``, in the memory of the tangent if that is the spare one."""
    if spare is not None and spare is tangent and fits(slope, tangent):
        return np.multiply(slope, tangent, out=tangent)
    return tangent * slope


def doubled(x: Any) -> Any:
    """``2 x`` of a fresh array."""
    if x.__class__ is np.ndarray:
        x *= 2
        return x
    return 2 * x


def fits(factor: Any, array: np.ndarray) -> bool:
    """Whether a product of the two has the shape and type of the second."""
    if factor.__class__ is np.ndarray:
        return factor.shape == array.shape and factor.dtype is array.dtype
    return factor.__class__ in (int, float) or (factor.__class__ is np.float64 and array.dtype is factor.dtype)


def widened(x: Any, shape: tuple[int, ...]) -> Any:
    """x broadcast to the shape of the node it is the tangent of."""
    return x if x.shape == shape else np.broadcast_to(x, shape)


def zeros(like: Any, shape: tuple[int, ...]) -> Any:
    """A zero array of another shape in the algebra of `like`, to be written into."""
    return like.zeros(shape) if hasattr(like, "level") else boxed(np.zeros(shape, like.dtype))


def is_wider(x: Any, z: Any) -> bool:
    """Whether an array takes numbers that another cannot hold."""
    return not hasattr(z, "level") and np.asarray(z).dtype.kind == "f" and np.asarray(x).dtype.kind in "cO"


def lifted(x: Any, like: Any) -> Any:
    """A copy of an array into which values of the algebra of `like` can be written."""
    z = like.zeros(x.shape, common_dtype(x, like))
    z[...] = x
    return z


def stacked(values: Operands) -> Any:
    """Values of one shape along a new first axis."""
    if any(hasattr(v, "level") for v in values):
        return np.stack(values)
    return np.array(list(map(unboxed, values)))


def is_basic(key: Any) -> bool:
    """Whether an index is made of integers, slices, None and Ellipsis only: a view, no entry twice."""
    if key.__class__ is slice or key.__class__ is int:
        return True
    parts = key if key.__class__ is tuple else (key,)
    return all(
        part is None or part is Ellipsis or (isinstance(part, int | np.integer | slice) and not isinstance(part, bool))
        for part in parts
    )
