"""Names and formulas of operations, as users write them: values, tangents and adjoints in the notation of textbooks.

A node of the value v has the tangent v̇ and the adjoint v̄. Slopes of elementary functions are written with a prime,
transposes of linear functions with ᵀ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.trace import operations as ops

if TYPE_CHECKING:
    from taylorad.trace.node import Node

Symbol = Callable[[Any], str]  # the text of an operand

_SHORT = {"constant_power": "power", "series_power": "power"}
_NAMES: dict[type, str | Callable[[Any], str]] = {
    ops.Input: "input",
    ops.Additive: lambda node: "add" if node.static > 0 else "subtract",
    ops.Elementary: lambda node: _SHORT.get(node.static[0].name, node.static[0].name),
    ops.Square: "square",
    ops.Multiply: "multiply",
    ops.Divide: "divide",
    ops.Matmul: "matmul",
    ops.Contract: "einsum",
    ops.LinearFunction: lambda node: node.static[0].name,
    ops.GetItem: "getitem",
    ops.Take: "getitem",
    ops.Reshape: "reshape",
    ops.Transpose: "transpose",
    ops.Broadcast: "broadcast_to",
    ops.Where: "where",
    ops.Stack: "stack",
    ops.Gather: lambda node: node.static[0].name,
    ops.Function: lambda node: node.static[0].name,
    ops.Store: "store",
    ops.AddAt: "add_at",
    ops.Copy: "copy",
    ops.Call: lambda node: _name_of_call(getattr(node.static, "name", type(node.static).__name__)),
}
_INFIX = {"add": "+", "subtract": "-", "multiply": "×", "divide": "/", "matmul": "@", "power": "**"}
LONGEST = 4  # entries of an array that is written out


def operation_of(node: Node) -> type:
    """The operation of a node; at a kink, that of the function elsewhere."""
    kind = type(node.operation)
    return ops.Elementary if issubclass(kind, ops.Elementary) else kind


def name_of(node: Node) -> str:
    """The function's name, as users write it."""
    kind = operation_of(node)
    name = _NAMES.get(kind, kind.__name__.lower())
    return name if isinstance(name, str) else name(node)


def _name_of_call(name: str) -> str:
    """f for what messages call "the checkpointed function f"."""
    return name.rpartition(" ")[2] if name.startswith("the ") else name


def text(value: Any) -> str:
    """A value in six digits; long arrays by type and shape."""
    if not hasattr(value, "dtype"):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if hasattr(value, "level"):
        written = repr(value)
        return written if len(written) <= 60 else f"{type(value).__name__} {value.shape}"
    if value.shape == ():
        return f"{value:g}" if value.dtype.kind in "fc" else str(value)
    if value.ndim == 1 and value.size <= LONGEST:
        return "[" + ", ".join(text(entry) for entry in value) + "]"
    return f"{value.dtype} {value.shape}"


def key_text(key: Any) -> str:
    """An index as it is written between brackets."""
    if isinstance(key, tuple):
        return ", ".join(map(key_text, key))
    if isinstance(key, slice):
        ends = ["" if end is None else str(end) for end in (key.start, key.stop, key.step)]
        return ":".join(ends if ends[2] else ends[:2])
    return "..." if key is Ellipsis else text(key)


def is_node(operand: Any) -> bool:
    """Whether an operand is computed, not a constant."""
    return hasattr(operand, "operation")


def plain_symbol(operand: Any) -> str:
    """v3 for node 3; the number for a constant."""
    return f"v{operand.index}" if is_node(operand) else text(operand)


def formula(node: Node, symbol: Symbol = plain_symbol) -> str:
    """What a node computes from its operands."""
    return _written(node, [symbol(o) for o in node.operands])


def _written(node: Node, operands: list[str]) -> str:
    name, operation = name_of(node), operation_of(node)
    if operation is ops.Input:
        return "input"
    if name in _INFIX and len(operands) == 2:
        left, right = (f"({o})" if o.startswith("-") else o for o in operands)
        return f"{left} {_INFIX[name]} {right}"
    if name == "negative":
        return f"-{operands[0]}"
    if operation in (ops.GetItem, ops.Take):
        return f"{operands[0]}[{key_text(node.static)}]"
    if operation is ops.Store:
        return f"{operands[0]} with [{key_text(node.static)}] = {operands[1]}"
    if operation is ops.AddAt:
        return f"{operands[0]} with [{key_text(node.static)}] += {operands[1]}"
    return f"{name}({', '.join(operands + _options(node))})"


def _options(node: Node) -> list[str]:
    """Arguments of a function that are no operands."""
    operation, static = operation_of(node), node.static
    if operation is ops.LinearFunction:
        return [_option(a) for a in static[1]] + [f"{k}={_option(v)}" for k, v in static[2].items()]
    if operation is ops.Gather:
        others = [_option(a) for a in static[1] if not _holds_slots(a)]
        return others + [f"{k}={_option(v)}" for k, v in static[2].items()]
    if operation is ops.Contract:
        return [repr(",".join(static[0]) + "->" + static[1])]
    if operation in (ops.Reshape, ops.Transpose):
        return [str(static)]
    return [str(node.shape)] if operation is ops.Broadcast else []


def _option(value: Any) -> str:
    return text(value) if isinstance(value, np.ndarray | np.generic) else repr(value)


def _holds_slots(argument: Any) -> bool:
    if isinstance(argument, list | tuple):
        return any(map(_holds_slots, argument))
    return isinstance(argument, ops.Slot)


def tangent_formula(node: Node, value: Symbol, tangent: Symbol) -> str:
    """The tangent of a node from the values and tangents of its operands."""
    operation, moving = operation_of(node), [is_node(o) for o in node.operands]
    if operation is ops.Additive and not all(moving):
        minus = "-" if node.static < 0 and moving[1] else ""
        return minus + tangent(node.operands[moving.index(True)])
    if operation is ops.Divide:
        quotient = f"{value(node)} × {tangent(node.operands[1])}"
        numerator = f"-{quotient}" if not moving[0] else f"({tangent(node.operands[0])} - {quotient})"
        return f"{numerator if moving[1] else tangent(node.operands[0])} / {value(node.operands[1])}"
    if operation in (ops.Matmul, ops.Contract):
        texts = [value(o) for o in node.operands]
        dotted = [(i, tangent(o)) for i, o in enumerate(node.operands) if moving[i]]
        return " + ".join(_written(node, [*texts[:i], dx, *texts[i + 1 :]]) for i, dx in dotted)
    if operation is ops.Call:
        return f"{_slope_of_call(node, value)} · ({', '.join(tangent(node.operands[i]) for i in places(node))})"
    if operation in _SLOPED:
        terms = [f"{_SLOPED[operation](node, i, value)} × {tangent(node.operands[i])}" for i in places(node)]
        return " + ".join(terms)
    return formula(node, lambda operand: tangent(operand) if is_node(operand) else "0")


def adjoint_formula(node: Node, place: int, value: Symbol, adjoint: Symbol) -> str:
    """What a node's adjoint adds to that of one of its operands."""
    operation, ybar = operation_of(node), adjoint(node)
    if operation is ops.Additive:
        return "-" + ybar if place == 1 and node.static < 0 else ybar
    if operation is ops.Divide:
        return (
            f"{ybar} / {value(node.operands[1])}"
            if place == 0
            else f"-{ybar} × {value(node)} / {value(node.operands[1])}"
        )
    if operation is ops.Matmul:
        x, y = (value(o) for o in node.operands)
        return f"{ybar} @ {y}ᵀ" if place == 0 else f"{x}ᵀ @ {ybar}"
    if operation in _SLOPED:
        return f"{ybar} × {_SLOPED[operation](node, place, value)}"
    if operation is ops.Call:
        return f"{_slope_of_call(node, value)}ᵀ · {ybar}"
    return f"-{ybar}" if name_of(node) == "negative" else f"{name_of(node)}ᵀ({ybar})"


def _slope_of_call(node: Node, value: Symbol) -> str:
    return f"{name_of(node)}′({', '.join(map(value, node.operands))})"


def places(node: Node) -> tuple[int, ...]:
    """Positions of the operands that are differentiated."""
    chosen = node.static[2] if operation_of(node) is ops.Elementary else range(len(node.operands))
    return tuple(i for i in chosen if is_node(node.operands[i]))


def _slope(node: Node, place: int, value: Symbol) -> str:
    """log′(v), or ∂₂arctan2(v, w) for one of several arguments."""
    arguments = ", ".join(value(o) for o in node.operands)
    name = name_of(node)
    if len(node.operands) == 1 or (name == "power" and not is_node(node.operands[1])):
        return f"{name}′({arguments})"
    return f"∂{str(place + 1).translate(SUBSCRIPTS)}{name}({arguments})"


SUBSCRIPTS = str.maketrans("-0123456789", "₋₀₁₂₃₄₅₆₇₈₉")
_SLOPED: dict[type, Callable[[Any, int, Symbol], str]] = {
    ops.Elementary: _slope,
    ops.Square: lambda node, place, value: f"2 × {value(node.operands[0])}",
    ops.Multiply: lambda node, place, value: value(node.operands[1 - place]),
}
