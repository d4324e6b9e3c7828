"""The text that LLVM reads: a `Unit` is one module of it, a `Body` one function under construction."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from taylorad.compile.native.functions import Function, function, vector_symbol

_DOUBLE, _SINGLE, _BOOL, _INTEGER = (np.dtype(t) for t in (np.float64, np.float32, np.bool_, np.int64))
TYPES = {_DOUBLE: "double", _SINGLE: "float", _BOOL: "i1", _INTEGER: "i64"}
STORED = TYPES | {_BOOL: "i8"}
SHORT = {"double": "f64", "float": "f32", "i1": "i1", "i64": "i64", "i8": "i8"}
BYTES = {"double": 8, "float": 4, "i64": 8, "i8": 1, "i1": 1}


LARGE = 1 << 16  # bytes of constants that are not written into the module


def type_of(dtype: Any, lanes: int = 1) -> str:
    """The type of a number in a register, or of several."""
    return vector(TYPES[np.dtype(dtype)], lanes)


def vector(name: str, lanes: int) -> str:
    """The type of several."""
    return name if lanes == 1 else f"<{lanes} x {name}>"


def literal(x: Any, dtype: Any, lanes: int = 1) -> str:
    """A number, or several equal ones."""
    name = TYPES[np.dtype(dtype)]
    if name == "i1":
        text = "true" if x else "false"
    elif name == "i64":
        text = str(int(x))
    else:
        number = float(np.float32(x)) if name == "float" else float(x)
        text = f"0x{struct.unpack('<Q', struct.pack('<d', number))[0]:016X}"
    return text if lanes == 1 else f"splat ({name} {text})"


class Unit:
    """One module: constants, declarations and functions; a `standalone` one needs the C library only."""

    def __init__(self, bits: int = 128, standalone: bool = False) -> None:
        self.bits, self.standalone = bits, standalone
        self.parts: list[str] = []
        self.declared: dict[str, str] = {}
        self.constants: dict[bytes, str] = {}

    def declare(self, name: str, result: str, arguments: str, attributes: str = "") -> None:
        """Make a function of elsewhere known."""
        self.declared.setdefault(name, f"declare {result} @{name}({arguments}) {attributes}")

    def constant(self, array: np.ndarray) -> str:
        """The name of an array in read-only memory; a large one stays where it is, and must be kept alive."""
        if array.nbytes > LARGE and not self.standalone:
            return f"inttoptr (i64 {array.ctypes.data} to ptr)"
        content = np.ascontiguousarray(array).tobytes()
        name = self.constants.get(content)
        if name is None:
            name = self.constants[content] = f"@constant{len(self.constants)}"
            escaped = "\\" + content.hex("\\") if content else ""
            kind = f"[{len(content)} x i8]"
            self.parts.append(f'{name} = private unnamed_addr constant {kind} c"{escaped}", align 64')
        return name

    def text(self) -> str:
        """The whole module."""
        wide = f'"min-legal-vector-width"="{self.bits}" "prefer-vector-width"="{self.bits}"'
        attributes = f"attributes #0 = {{ nounwind {wide} }}"
        return "\n".join([*self.declared.values(), *self.parts, attributes, ""])


class Body:
    """A function `i32 @name(ptr %inputs, ptr %outputs, ptr %work)` as it grows."""

    def __init__(self, unit: Unit, name: str) -> None:
        self.unit, self.name = unit, name
        self.entry: list[str] = []
        self.lines: list[str] = []
        self.block = "start"
        self._count = 0
        self.fails = False
        self.nan: str | None = None

    def fresh(self) -> str:
        """A name not used yet."""
        self._count += 1
        return f"%v{self._count}"

    def op(self, text: str) -> str:
        """One instruction; the name of its result."""
        name = self.fresh()
        self.lines.append(f"  {name} = {text}")
        return name

    def early(self, text: str) -> str:
        """One instruction at the function's beginning."""
        name = self.fresh()
        self.entry.append(f"  {name} = {text}")
        return name

    def do(self, text: str) -> None:
        """One instruction without a result."""
        self.lines.append(f"  {text}")

    def label(self) -> str:
        """A name for a block."""
        self._count += 1
        return f"b{self._count}"

    def start_block(self, label: str) -> None:
        """What follows belongs to a new block."""
        self.lines.append(f"{label}:")
        self.block = label

    def intrinsic(self, name: str, kind: str, *operands: str) -> str:
        """A call of an LLVM function on operands of one type, which is the result's."""
        short = SHORT[kind] if kind in SHORT else f"v{kind[1:].split()[0]}{SHORT[kind[:-1].split()[2]]}"
        full = f"llvm.{name}.{short}"
        self.unit.declare(full, kind, ", ".join([kind] * len(operands)))
        return self.op(f"call contract {kind} @{full}({', '.join(f'{kind} {x}' for x in operands)})")

    def splat(self, x: str, name: str, lanes: int) -> str:
        """The same number in all lanes."""
        kind = vector(name, lanes)
        first = self.op(f"insertelement {kind} poison, {name} {x}, i64 0")
        return self.op(f"shufflevector {kind} {first}, {kind} poison, <{lanes} x i32> zeroinitializer")

    def call(self, name: str, operands: list[str], dtype: Any, lanes: int) -> str:
        """A call of a function of the C library or SciPy."""
        found = function(name)
        assert found is not None, name
        number = type_of(dtype)
        if found.special and number == "float":
            return self._call_in_double(name, operands, lanes)
        symbol = found.symbol + ("f" if number == "float" else "")
        if lanes > 1:
            bits = lanes * (32 if number == "float" else 64)
            known = None if found.special or self.unit.standalone else vector_symbol(symbol, lanes, bits)
            name = known or self._lanes_function(symbol, found, number, lanes)
            kind = vector(number, lanes)
            if known:
                self.unit.declare(known, kind, ", ".join([kind] * found.arguments), "nounwind memory(none)")
            return self.op(f"call {kind} @{name}({', '.join(f'{kind} {x}' for x in operands)})")
        return self.op(_scalar_call(self.unit, symbol, found, number, operands))

    def _call_in_double(self, name: str, operands: list[str], lanes: int) -> str:
        single, double = vector("float", lanes), vector("double", lanes)
        wide = [self.op(f"fpext {single} {x} to {double}") for x in operands]
        return self.op(f"fptrunc {double} {self.call(name, wide, np.float64, lanes)} to {single}")

    def _lanes_function(self, symbol: str, found: Function, number: str, lanes: int) -> str:
        """A function that calls another one for each lane."""
        name = f"lanes{lanes}.{symbol}"
        if name not in self.unit.declared:
            kind = vector(number, lanes)
            lines = [f"define internal {kind} @{name}({', '.join(f'{kind} %x{j}' for j in range(found.arguments))})"]
            lines[0] += " noinline #0 {"
            result = "poison"
            for i in range(lanes):
                given = []
                for j in range(found.arguments):
                    lines.append(f"  %e{i}.{j} = extractelement {kind} %x{j}, i64 {i}")
                    given.append(f"%e{i}.{j}")
                lines.append(f"  %c{i} = {_scalar_call(self.unit, symbol, found, number, given)}")
                lines.append(f"  %r{i} = insertelement {kind} {result}, {number} %c{i}, i64 {i}")
                result = f"%r{i}"
            self.unit.parts.append("\n".join([*lines, f"  ret {kind} {result}", "}"]))
            self.unit.declared[name] = ""
        return name


def _scalar_call(unit: Unit, symbol: str, found: Function, number: str, operands: list[str]) -> str:
    extra = ", i32 0" if found.special else ""
    arguments = ", ".join([number] * found.arguments) + (", i32" if found.special else "")
    unit.declare(symbol, number, arguments, "nounwind memory(none)")
    return f"call {number} @{symbol}({', '.join(f'{number} {x}' for x in operands)}{extra})"
