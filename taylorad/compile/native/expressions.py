"""One elementwise operation as instructions, on single numbers or on all lanes of a register."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.compile.graph import Value
from taylorad.compile.native.functions import INTRINSICS, function
from taylorad.compile.native.text import TYPES, Body, literal, vector

Operand = tuple[str, Any]
_ARITHMETIC = {"add": "add", "subtract": "sub", "multiply": "mul", "divide": "div"}
_ORDERED = {"<": "olt", "<=": "ole", "==": "oeq", "!=": "une", ">": "ogt", ">=": "oge"}
_SIGNED = {"<": "slt", "<=": "sle", "==": "eq", "!=": "ne", ">": "sgt", ">=": "sge"}


def compute(body: Body, value: Value, operands: list[Operand], lanes: int, padded: str | None = None) -> str:
    """The result of one elementwise value.

    Parameters
    ----------
    operands : (name, dtype) of each, all with as many lanes
    padded : mask of the lanes that matter, None for all
    """
    kind, dtype = value.kind, value.dtype
    if kind == "select":
        condition, x, y = (convert(body, o, t, lanes) for o, t in zip(operands, (bool, dtype, dtype), strict=True))
        number = vector(TYPES[dtype], lanes)
        return body.op(f"select {vector('i1', lanes)} {condition}, {number} {x}, {number} {y}")
    if kind == "compare":
        return _compared(body, value.data, operands, lanes)
    if kind in ("and", "or", "not"):
        given = [convert(body, o, np.dtype(bool), lanes) for o in operands]
        return _logic(body, kind, given, lanes)
    if kind == "call" and value.data in ("isnan", "isfinite", "isinf", "signbit"):
        return _property(body, value.data, operands[0], lanes)
    given = [convert(body, o, dtype, lanes) for o in operands]
    if kind == "convert":
        return given[0]
    if kind == "call":
        return Call(body, dtype, lanes, padded).of(value.data, given)
    if kind == "linear":
        return _linear(body, value.data, given, dtype, lanes)
    return arithmetic(body, kind, given, dtype, lanes)


def arithmetic(body: Body, kind: str, x: list[str], dtype: Any, lanes: int, vectors: bool = False) -> str:
    """The result of a kind that needs no data; x are the operands, registers of one lane if `vectors`."""
    name = TYPES[np.dtype(dtype)]
    number, floating = f"<{lanes} x {name}>" if vectors else vector(name, lanes), name in ("double", "float")
    if kind == "negative":
        return body.op(f"fneg {number} {x[0]}" if floating else f"sub {number} {_zero(number)}, {x[0]}")
    if kind in ("minimum", "maximum"):
        return _extreme(body, kind, x, number, floating)
    if kind == "square":
        kind, x = "multiply", [x[0], x[0]]
    if name == "i1":
        return body.op(f"{'or' if kind == 'add' else 'and'} {number} {x[0]}, {x[1]}")
    operation = f"f{_ARITHMETIC[kind]} contract" if floating else _ARITHMETIC[kind]
    return body.op(f"{operation} {number} {x[0]}, {x[1]}")


def _zero(number: str) -> str:
    return "zeroinitializer" if number.startswith("<") else "0"


def _extreme(body: Body, kind: str, x: list[str], number: str, floating: bool) -> str:
    """The first where it is smaller (larger) or nan, else the second."""
    mask = f"<{number[1:].split()[0]} x i1>" if number.startswith("<") else "i1"
    if not floating:
        return body.op(f"select {mask} {_beyond(body, kind, x, number)}, {number} {x[0]}, {number} {x[1]}")
    beyond = body.op(f"fcmp {'olt' if kind == 'minimum' else 'ogt'} {number} {x[0]}, {x[1]}")
    undefined = body.op(f"fcmp uno {number} {x[0]}, {x[0]}")
    first = body.op(f"or {mask} {beyond}, {undefined}")
    return body.op(f"select {mask} {first}, {number} {x[0]}, {number} {x[1]}")


def _beyond(body: Body, kind: str, x: list[str], number: str) -> str:
    signed = "u" if "i1" in number else "s"
    return body.op(f"icmp {signed}{'lt' if kind == 'minimum' else 'gt'} {number} {x[0]}, {x[1]}")


def _linear(body: Body, data: Any, x: list[str], dtype: Any, lanes: int) -> str:
    coefficients, constant = data
    total: str | None = None if constant == 0 else literal(constant, dtype, lanes)
    for c, term in zip(coefficients, x, strict=True):
        if total is None:
            factor = literal(c, dtype, lanes)
            total = term if c == 1 else arithmetic(body, "multiply", [factor, term], dtype, lanes)
        elif c in (1, -1):
            total = arithmetic(body, "add" if c == 1 else "subtract", [total, term], dtype, lanes)
        else:
            product = arithmetic(body, "multiply", [literal(c, dtype, lanes), term], dtype, lanes)
            total = arithmetic(body, "add", [total, product], dtype, lanes)
    return literal(0, dtype, lanes) if total is None else total


def _compared(body: Body, name: str, operands: list[Operand], lanes: int) -> str:
    dtype = np.result_type(*(o[1] for o in operands))
    x, y = (convert(body, o, dtype, lanes) for o in operands)
    number = vector(TYPES[dtype], lanes)
    if dtype.kind == "f":
        return body.op(f"fcmp {_ORDERED[name]} {number} {x}, {y}")
    predicate = _SIGNED[name].replace("s", "u", 1) if dtype.kind == "b" else _SIGNED[name]
    return body.op(f"icmp {predicate} {number} {x}, {y}")


def _logic(body: Body, kind: str, x: list[str], lanes: int) -> str:
    mask = vector("i1", lanes)
    if kind == "not":
        return body.op(f"xor {mask} {x[0]}, {literal(True, bool, lanes)}")
    return body.op(f"{kind} {mask} {x[0]}, {x[1]}")


def _property(body: Body, name: str, operand: Operand, lanes: int) -> str:
    x, dtype = operand
    number = vector(TYPES[dtype], lanes)
    if name == "isnan":
        return body.op(f"fcmp uno {number} {x}, {x}")
    size = body.intrinsic("fabs", number, x)
    if name == "signbit":
        return body.op(
            f"fcmp olt {number} {body.intrinsic('copysign', number, literal(1, dtype, lanes), x)}, "
            f"{literal(0, dtype, lanes)}"
        )
    predicate = "oeq" if name == "isinf" else "one"
    return body.op(f"fcmp {predicate} {number} {size}, {literal(math.inf, dtype, lanes)}")


def convert(body: Body, operand: Operand, dtype: Any, lanes: int) -> str:
    """The same numbers in another type."""
    x, given = operand
    wanted = np.dtype(dtype)
    if given == wanted:
        return x
    source, target = vector(TYPES[given], lanes), vector(TYPES[wanted], lanes)
    if wanted.kind == "b":
        compare = "fcmp une" if given.kind == "f" else "icmp ne"
        return body.op(f"{compare} {source} {x}, {literal(0, given, lanes)}")
    if given.kind == "b":
        return body.op(f"{'uitofp' if wanted.kind == 'f' else 'zext'} {source} {x} to {target}")
    if given.kind == "f" and wanted.kind == "f":
        return body.op(f"{'fpext' if wanted.itemsize > given.itemsize else 'fptrunc'} {source} {x} to {target}")
    return body.op(f"{'sitofp' if wanted.kind == 'f' else 'fptosi'} {source} {x} to {target}")


class Call:
    """Functions of one number type and number of lanes."""

    def __init__(self, body: Body, dtype: Any, lanes: int, padded: str | None = None) -> None:
        self.body, self.dtype, self.lanes, self.padded = body, np.dtype(dtype), lanes, padded
        self.number, self.mask = vector(TYPES[self.dtype], lanes), vector("i1", lanes)

    def of(self, name: str, x: list[str]) -> str:
        """The function of a name at x."""
        if name in INTRINSICS:
            return self.body.intrinsic(INTRINSICS[name], self.number, *x)
        composed = _COMPOSED.get(name)
        if composed is not None:
            return composed(self, *x)
        found = function(name)
        if self.padded is not None and found is not None:
            inside = literal(found.inside, self.dtype, self.lanes)
            x = [self.where(self.padded, value, inside) for value in x]
        return self.body.call(name, x, self.dtype, self.lanes)

    def do(self, kind: str, *x: str) -> str:
        """An arithmetic operation."""
        return arithmetic(self.body, kind, list(x), self.dtype, self.lanes)

    def constant(self, x: float) -> str:
        """A number."""
        return literal(x, self.dtype, self.lanes)

    def test(self, predicate: str, x: str, y: str) -> str:
        """A comparison, by LLVM's name."""
        return self.body.op(f"fcmp {predicate} {self.number} {x}, {y}")

    def where(self, condition: str, x: str, y: str) -> str:
        """x where the condition holds, else y."""
        return self.body.op(f"select {self.mask} {condition}, {self.number} {x}, {self.number} {y}")


def _sign(c: Call, x: str) -> str:
    one = c.body.intrinsic("copysign", c.number, c.constant(1), x)
    nonzero = c.where(c.test("oeq", x, c.constant(0)), c.constant(0), one)
    return c.where(c.test("uno", x, x), x, nonzero)


def _remainder(c: Call, x: str, y: str) -> str:
    """Python's: the sign of y."""
    rest = c.of("fmod", [x, y])
    shifted = c.do("add", rest, y)
    opposite = c.body.op(f"xor {c.mask} {c.test('olt', rest, c.constant(0))}, {c.test('olt', y, c.constant(0))}")
    nonzero = c.where(opposite, shifted, rest)
    return c.where(c.test("oeq", rest, c.constant(0)), c.of("copysign", [c.constant(0), y]), nonzero)


def _one_defined(kind: str) -> Callable[[Call, str, str], str]:
    return lambda c, x, y: c.where(c.test("uno", y, y), x, c.where(c.test("uno", x, x), y, c.do(kind, x, y)))


def _logaddexp(c: Call, x: str, y: str) -> str:
    """max + log1p(exp(−|x − y|)), x + log 2 where they are equal (two infinities)."""
    apart = c.do("negative", c.of("fabs", [c.do("subtract", x, y)]))
    result = c.do("add", c.do("maximum", x, y), c.of("log1p", [c.of("exp", [apart])]))
    return c.where(c.test("oeq", x, y), c.do("add", x, c.constant(math.log(2))), result)


def _heaviside(c: Call, x: str, y: str) -> str:
    step = c.where(
        c.test("olt", x, c.constant(0)), c.constant(0), c.where(c.test("ogt", x, c.constant(0)), c.constant(1), y)
    )
    return c.where(c.test("uno", x, x), x, step)


def _times(factor: float) -> Callable[[Call, str], str]:
    return lambda c, x: c.do("multiply", c.constant(factor), x)


_COMPOSED: dict[str, Callable[..., str]] = {
    "sign": _sign,
    "remainder": _remainder,
    "mod": _remainder,
    "reciprocal": lambda c, x: c.do("divide", c.constant(1), x),
    "positive": lambda c, x: x,
    "radians": _times(math.pi / 180),
    "deg2rad": _times(math.pi / 180),
    "degrees": _times(180 / math.pi),
    "rad2deg": _times(180 / math.pi),
    "fmin": _one_defined("minimum"),
    "fmax": _one_defined("maximum"),
    "logaddexp": _logaddexp,
    "heaviside": _heaviside,
}
