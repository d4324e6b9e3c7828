"""The few operations a program is made of: how each is computed, pushed forward and pulled back.

An operation is linear in the tangents of its operands once its *residual* is known: the slopes of an elementary
function, the operands of a product. The same residual serves both sweeps,

    push: dy = Σ_i c_i dx_i        pull: x̄_i += c_iᵀ ȳ

and everything here is arithmetic on duck arrays, so values, tangents and cotangents may be numbers, series, or values
traced by an outer program.
"""

from __future__ import annotations

from taylorad.trace.arithmetic import (
    Additive,
    Contract,
    Divide,
    Elementary,
    LinearFunction,
    Matmul,
    Multiply,
    Square,
)
from taylorad.trace.moving import (
    AddAt,
    Broadcast,
    Copy,
    Function,
    Gather,
    GetItem,
    Reshape,
    Slot,
    Stack,
    Store,
    Take,
    Transpose,
    Where,
    filled,
)
from taylorad.trace.operation import (
    Call,
    Input,
    Operands,
    Operation,
    is_basic,
    is_wider,
    stacked,
    widened,
    zeros,
)

__all__ = [
    "AddAt",
    "Additive",
    "Broadcast",
    "Call",
    "Contract",
    "Copy",
    "Divide",
    "Elementary",
    "Function",
    "Gather",
    "GetItem",
    "Input",
    "LinearFunction",
    "Matmul",
    "Multiply",
    "Operands",
    "Operation",
    "Reshape",
    "Slot",
    "Square",
    "Stack",
    "Store",
    "Take",
    "Transpose",
    "Where",
    "filled",
    "is_basic",
    "is_wider",
    "stacked",
    "widened",
    "zeros",
]

INPUT, ADDITIVE, ELEMENTARY, MULTIPLY, DIVIDE = Input(), Additive(), Elementary(), Multiply(), Divide()
SQUARE, MATMUL, CONTRACT, LINEAR = Square(), Matmul(), Contract(), LinearFunction()
GETITEM, TAKE, RESHAPE = GetItem(), Take(), Reshape()
TRANSPOSE, BROADCAST, WHERE, STACK, GATHERED = Transpose(), Broadcast(), Where(), Stack(), Gather()
STORE, ADD_AT, COPY, CALL, FUNCTION = Store(), AddAt(), Copy(), Call(), Function()
