"""The first operation of a program whose derivative is wrong, or that is not finite.

An operation is checked like a function: its tangent and its pullback, against finite differences of the operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from taylorad.refusals import place, user_frame
from taylorad.trace import Node, Program, Pullback
from taylorad.trace import operations as ops
from taylorad.trace.naming import places
from taylorad.trace.program import arrays_in, operands_of
from taylorad.transforms.containers import Structure
from taylorad.transforms.recording import Recording
from taylorad.transforms.richardson import Estimate, derivative_from_values, precision, sampled

ASIDE = 1 / 16  # where operations are checked that are right at x itself, in units of the direction


@dataclass(frozen=True)
class Suspect:
    """An operation that is wrong, or not finite.

    Attributes
    ----------
    name : str
    index : int
        Of its node in the program of f.
    operation : str
        The node with its operands.
    line : str
        The user's line that it stands on.
    what : str
        What is wrong.
    """

    name: str
    index: int
    operation: str
    line: str
    what: str

    def __str__(self) -> str:
        return f"first suspect: {self.name}, {self.operation}: {self.what}\n  {self.line}".rstrip()


class _Located(Program):
    """A program that knows the user's line of every node."""

    __slots__ = ("lines",)

    def __init__(self, tag: int):
        super().__init__(tag)
        self.lines: list[str] = []

    def record(self, operation: Any, operands: tuple, static: Any, residual: Any, value: Any) -> Node:
        self.lines.append(place(user_frame()).strip())
        return super().record(operation, operands, static, residual, value)


class _LocatedRecording(Recording):
    """A recording of that kind."""

    program_type = _Located


def first_suspect(
    f: Callable, structure: Structure, leaves: list[Any], directions: list[Any], safety: float
) -> Suspect | None:
    """The first operation of f that is wrong at x, or beside it (which spoils higher derivatives only)."""
    for step in (0.0, ASIDE):
        point = structure.build([x + step * v for x, v in zip(leaves, directions, strict=True)])
        program = _LocatedRecording(f, (point,)).program
        assert isinstance(program, _Located)
        values = program.values()
        for node in program:
            what = "" if node.operation is ops.INPUT else _fault(program, node, values, safety)
            if what:
                return Suspect(node.name, node.index, repr(node), program.lines[node.index], what)
    return None


def _fault(program: Program, node: Node, values: list[Any], safety: float) -> str:
    """What is wrong with an operation, "" if nothing is."""
    value = np.asarray(values[node.index])
    if not np.all(np.isfinite(value)):
        return "its value is not finite"
    if any(a.dtype.kind in "fc" and not np.all(np.isfinite(a)) for a in arrays_in(node.residual)):
        return "its derivative is not finite"
    operands = operands_of(node, values)
    tangents = [_tangent(node.operands[i], v) if i in places(node) else None for i, v in enumerate(operands)]

    def along(s: float) -> np.ndarray:
        moved = [v if t is None else v + s * t for v, t in zip(operands, tangents, strict=True)]
        return np.ravel(np.asarray(node.operation.evaluate(node, moved)))

    moving = [np.asarray(v) for v, t in zip(operands, tangents, strict=True) if t is not None]
    reference = derivative_from_values(sampled(along), 1, eps=precision([value, *moving]))
    return _push_fault(node, tangents, reference, safety) or _pull_fault(program, node, tangents, reference, safety)


def _tangent(operand: Any, value: Any) -> Any:
    """A random tangent, of the sizes of the entries; the same in every place of an operand."""
    rng = np.random.default_rng(operand.index)
    size = np.abs(value)
    tangent = np.where(size > 0, size, 1.0) * rng.uniform(0.5, 1.0, operand.shape)
    turned = tangent * np.exp(1j * rng.uniform(-3, 3, operand.shape)) if operand.dtype.kind == "c" else tangent
    return turned.astype(operand.dtype)[()]


def _push_fault(node: Node, tangents: list[Any], reference: Estimate, safety: float) -> str:
    pushed = np.ravel(node.operation.push(node, [t if t is None else np.copy(t)[()] for t in tangents]))
    error = reference.error + precision([pushed]) * np.abs(reference.value)
    wrong = ~(np.abs(pushed - reference.value) <= safety * error)
    if not np.any(wrong):
        return ""
    i = int(np.argmax(wrong))
    return f"its tangent is {pushed[i]:.6g}, finite differences give {reference.value[i]:.6g}"


def _pull_fault(program: Program, node: Node, tangents: list[Any], reference: Estimate, safety: float) -> str:
    ybar = np.random.default_rng(node.index).uniform(0.5, 1.5, node.shape).astype(node.dtype)[()]
    sweep = Pullback(program)
    node.operation.pull(node, np.copy(ybar)[()], sweep)
    moving = {o.index: t for o, t in zip(node.operands, tangents, strict=True) if t is not None}
    parts = [(sweep.cotangents[i], t) for i, t in moving.items()]
    pulled = sum(np.real(np.sum(xbar * t)) for xbar, t in parts if xbar is not None)
    expected = np.real(np.sum(np.ravel(ybar) * reference.value))
    error = reference.error + precision([ybar]) * np.abs(reference.value)
    if abs(pulled - expected) <= safety * np.sum(np.abs(np.ravel(ybar)) * error):
        return ""
    return f"its pullback gives {pulled:.6g}, finite differences give {expected:.6g}"
