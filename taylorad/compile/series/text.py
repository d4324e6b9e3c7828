"""Writing LLVM's text: names, types, literals, loops, and elementwise operations on numbers or lanes of them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from taylorad.compile.native.functions import INTRINSICS, function, vector_symbol

TYPES = {"d": "double", "f": "float", "?": "i1", "l": "i64", "q": "i64"}
STORED = {**TYPES, "?": "i8"}
_FLOAT_TESTS = {"<": "olt", "<=": "ole", "==": "oeq", "!=": "une", ">": "ogt", ">=": "oge"}
_INTEGER_TESTS = {"<": "slt", "<=": "sle", "==": "eq", "!=": "ne", ">": "sgt", ">=": "sge"}
_BINARY = {"add": "fadd", "subtract": "fsub", "multiply": "fmul", "divide": "fdiv"}
UNBIASED = 7  # up to this degree the rounding of 1/k counts
_INTEGER = {"add": "add", "subtract": "sub", "multiply": "mul"}


def known(name: str) -> bool:
    """Whether there is native code for the values of a function."""
    return name == "exponent" or name in INTRINSICS or function(name) is not None


def type_of(dtype: np.dtype, width: int = 1, stored: bool = False) -> str:
    """LLVM's type of numbers, or of lanes of them."""
    kind = (STORED if stored else TYPES)[dtype.char]
    return kind if width == 1 else f"<{width} x {kind}>"


def literal(value: Any, dtype: np.dtype, width: int = 1) -> str:
    """A constant, the same in all lanes."""
    if dtype.kind == "b":
        text = "true" if value else "false"
    elif dtype.kind == "f":
        with np.errstate(over="ignore"):
            text = "0x" + struct.pack(">d", float(dtype.type(value))).hex().upper()
    else:
        text = str(int(value))
    return text if width == 1 else f"splat ({TYPES[dtype.char]} {text})"


class Text:
    """The text of one function under construction, and the declarations and constants it needs.

    Parameters
    ----------
    bits : int
        Width of the widest registers.
    prefix : str
        What names of the module begin with.
    """

    def __init__(self, bits: int, prefix: str):
        self.bits, self.prefix = bits, prefix
        self.functions: list[str] = []
        self.lines: list[str] = []
        self.declared: dict[str, str] = {}
        self.constants: dict[tuple, str] = {}
        self.count = 0
        self.block = "entry"

    def fresh(self, prefix: str = "v") -> str:
        """A name that is not in use."""
        self.count += 1
        return f"{prefix}{self.count}"

    def new(self, expression: str) -> str:
        """A value of an expression."""
        self.count += 1
        self.lines.append(f"  %v{self.count} = {expression}")
        return f"%v{self.count}"

    def line(self, text: str) -> None:
        """An instruction without value."""
        self.lines.append("  " + text)

    def begin(self, label: str) -> None:
        """A new block."""
        self.lines.append(label + ":")
        self.block = label

    def jump(self, label: str) -> None:
        """End a block."""
        self.line(f"br label %{label}")

    def loop(
        self,
        first: Any,
        end: Any,
        body: Callable[[str, list[str]], list[str]],
        carried: Sequence[tuple[str, str]] = (),
        step: int = 1,
    ) -> list[str]:
        """``for i in range(first, end, step)``, at least once; carried are (type, first value) pairs."""
        head, done, before = self.fresh("loop"), self.fresh("done"), self.block
        self.jump(head)
        self.begin(head)
        at = len(self.lines)
        i, names = self.fresh("%i"), [self.fresh("%c") for _ in carried]
        results = body(i, names)
        following = self.new(f"add nuw nsw i64 {i}, {step}")
        again = self.new(f"icmp slt i64 {following}, {end}")
        self.line(f"br i1 {again}, label %{head}, label %{done}")
        phis = [f"  {i} = phi i64 [ {first}, %{before} ], [ {following}, %{self.block} ]"]
        phis += [
            f"  {name} = phi {t} [ {x}, %{before} ], [ {y}, %{self.block} ]"
            for name, (t, x), y in zip(names, carried, results, strict=True)
        ]
        self.lines[at:at] = phis
        self.begin(done)
        return list(results)

    def loop_if_any(
        self,
        first: str,
        end: str,
        body: Callable[[str, list[str]], list[str]],
        carried: Sequence[tuple[str, str]],
    ) -> list[str]:
        """`loop` that is left out where the range is empty."""
        inside, after, before = self.fresh("some"), self.fresh("after"), self.block
        some = self.new(f"icmp slt i64 {first}, {end}")
        self.line(f"br i1 {some}, label %{inside}, label %{after}")
        self.begin(inside)
        results = self.loop(first, end, body, carried)
        last = self.block
        self.jump(after)
        self.begin(after)
        return [
            self.new(f"phi {t} [ {x}, %{before} ], [ {y}, %{last} ]")
            for (t, x), y in zip(carried, results, strict=True)
        ]

    def when(self, condition: str, body: Callable[[], None]) -> None:
        """Do something if a condition holds."""
        inside, after = self.fresh("if"), self.fresh("endif")
        self.line(f"br i1 {condition}, label %{inside}, label %{after}")
        self.begin(inside)
        body()
        self.jump(after)
        self.begin(after)

    def plus(self, a: Any, b: Any) -> Any:
        """a + b of indices."""
        if isinstance(a, int) and isinstance(b, int):
            return a + b
        if b == 0:
            return a
        return b if a == 0 else self.new(f"add i64 {a}, {b}")

    def times(self, a: Any, b: int) -> Any:
        """a b of indices."""
        if isinstance(a, int):
            return a * b
        return 0 if b == 0 else a if b == 1 else self.new(f"mul i64 {a}, {b}")

    def minus(self, a: Any, b: Any) -> Any:
        """a - b of indices."""
        if isinstance(a, int) and isinstance(b, int):
            return a - b
        return a if b == 0 else self.new(f"sub i64 {a}, {b}")

    def largest(self, a: Any, b: Any, name: str = "smax") -> Any:
        """The larger of two indices, the smaller one for "smin"."""
        if isinstance(a, int) and isinstance(b, int):
            return max(a, b) if name == "smax" else min(a, b)
        self.declared[f"@llvm.{name}.i64"] = f"declare i64 @llvm.{name}.i64(i64, i64)"
        return self.new(f"call i64 @llvm.{name}.i64(i64 {a}, i64 {b})")

    # ------------------------------------------------------------------------------------------------------ memory

    def address(self, base: str, offset: Any, dtype: np.dtype) -> str:
        """Of an entry."""
        if offset == 0:
            return base
        return self.new(f"getelementptr inbounds {STORED[dtype.char]}, ptr {base}, i64 {offset}")

    def load(self, base: str, offset: Any, dtype: np.dtype, width: int = 1) -> str:
        """Neighbouring entries."""
        at = self.address(base, offset, dtype)
        x = self.new(f"load {type_of(dtype, width, True)}, ptr {at}, align {dtype.itemsize}")
        if dtype.kind == "b":
            return self.new(f"trunc {type_of(dtype, width, True)} {x} to {type_of(dtype, width)}")
        return x

    def store(self, x: str, base: str, offset: Any, dtype: np.dtype, width: int = 1) -> None:
        """Write neighbouring entries."""
        stored = type_of(dtype, width, True)
        if dtype.kind == "b":
            x = self.new(f"zext {type_of(dtype, width)} {x} to {stored}")
        at = self.address(base, offset, dtype)
        self.line(f"store {stored} {x}, ptr {at}, align {dtype.itemsize}")

    def table(self, array: np.ndarray) -> str:
        """The address of constant numbers."""
        key = array.dtype.char, array.shape, array.tobytes()
        if key not in self.constants:
            kind = STORED[array.dtype.char]
            flat = array.reshape(-1)
            if array.dtype.kind == "b":
                entries = ", ".join(f"i8 {int(x)}" for x in flat)
            else:
                entries = ", ".join(f"{kind} {literal(x, array.dtype)}" for x in flat)
            name = f"@{self.prefix}.table{len(self.constants)}"
            self.constants[key] = name
            self.declared[name] = f"{name} = private unnamed_addr constant [{flat.size} x {kind}] [{entries}], align 64"
        return self.constants[key]

    def splat(self, x: str, dtype: np.dtype, width: int) -> str:
        """One number in all lanes."""
        if width == 1:
            return x
        t = type_of(dtype, width)
        first = self.new(f"insertelement {t} poison, {TYPES[dtype.char]} {x}, i64 0")
        return self.new(f"shufflevector {t} {first}, {t} poison, <{width} x i32> zeroinitializer")

    # -------------------------------------------------------------------------------------------------- operations

    def fma(self, a: str, b: str, c: str, dtype: np.dtype, width: int) -> str:
        """a b + c."""
        t = type_of(dtype, width)
        return self._intrinsic("fmuladd", [a, b, c], t, dtype, width)

    def binary(self, operation: str, a: str, b: str, dtype: np.dtype, width: int = 1) -> str:
        """add, subtract, multiply or divide."""
        t = type_of(dtype, width)
        if dtype.kind != "f":
            return self.new(f"{_INTEGER[operation]} {t} {a}, {b}")
        return self.new(f"{_BINARY[operation]} contract {t} {a}, {b}")

    def divided(self, a: str, k: int, dtype: np.dtype, width: int) -> str:
        """a/k: by the rounded 1/k alone, every step of an integration would err to the same side where k is small."""
        factor = dtype.type(1 / k)
        rest = dtype.type(Fraction(1, k) - Fraction(float(factor))) if k <= UNBIASED else 0
        result = literal(factor, dtype, width)
        if rest == 0:
            return self.binary("multiply", a, result, dtype, width)
        return self.fma(a, result, self.binary("multiply", a, literal(rest, dtype, width), dtype, width), dtype, width)

    def divided_by_row(self, a: str, k: str, last: int, dtype: np.dtype, width: int) -> str:
        """The same for a k known when the code runs, from 1 to last, by tables of 1/k and what it lacks."""
        factors = np.array([0.0, *(1 / i for i in range(1, last + 1))]).astype(dtype)
        rests = np.array([0.0, *(float(Fraction(1, i) - Fraction(float(factors[i]))) for i in range(1, last + 1))])
        factor, rest = (
            self.splat(self.load(self.table(rows), k, dtype), dtype, width) for rows in (factors, rests.astype(dtype))
        )
        return self.fma(a, factor, self.binary("multiply", a, rest, dtype, width), dtype, width)

    def negative(self, a: str, dtype: np.dtype, width: int = 1) -> str:
        """-a."""
        return self.new(f"fneg {type_of(dtype, width)} {a}")

    def compare(self, test: str, a: str, b: str, dtype: np.dtype, width: int = 1) -> str:
        """A condition."""
        if dtype.kind == "f":
            return self.new(f"fcmp {_FLOAT_TESTS[test]} {type_of(dtype, width)} {a}, {b}")
        return self.new(f"icmp {_INTEGER_TESTS[test]} {type_of(dtype, width)} {a}, {b}")

    def select(self, condition: str, a: str, b: str, dtype: np.dtype, width: int = 1) -> str:
        """a where the condition holds, else b."""
        t = type_of(dtype, width)
        return self.new(f"select {type_of(np.dtype(bool), width)} {condition}, {t} {a}, {t} {b}")

    def logic(self, operation: str, a: str, b: str, width: int = 1) -> str:
        """and, or, xor."""
        return self.new(f"{operation} {type_of(np.dtype(bool), width)} {a}, {b}")

    def convert(self, a: str, source: np.dtype, target: np.dtype, width: int = 1) -> str:
        """The same number in another type."""
        if source == target:
            return a
        if target.kind == "b":
            return self.compare("!=", a, literal(0, source, width), source, width)
        if source.kind == target.kind == "f":
            name = "fpext" if source.itemsize < target.itemsize else "fptrunc"
        elif source.kind == "b":
            name = "uitofp" if target.kind == "f" else "zext"
        else:
            name = "sitofp" if source.kind != "f" else "fptosi"
        return self.new(f"{name} {type_of(source, width)} {a} to {type_of(target, width)}")

    def any_lane(self, condition: str, width: int) -> str:
        """Whether a condition holds in some lane."""
        if width == 1:
            return condition
        name = f"llvm.vector.reduce.or.v{width}i1"
        self.declared["@" + name] = f"declare i1 @{name}(<{width} x i1>)"
        return self.new(f"call i1 @{name}(<{width} x i1> {condition})")

    def sum_of_lanes(self, x: str, first: str, dtype: np.dtype, width: int) -> str:
        """One number plus all lanes, in any order."""
        t, u = type_of(dtype, width), type_of(dtype)
        name = f"llvm.vector.reduce.fadd.v{width}f{8 * dtype.itemsize}"
        self.declared["@" + name] = f"declare {u} @{name}({u}, {t})"
        return self.new(f"call reassoc {u} @{name}({u} {first}, {t} {x})")

    # --------------------------------------------------------------------------------------------------- functions

    def _intrinsic(self, name: str, operands: Sequence[str], t: str, dtype: np.dtype, width: int) -> str:
        bits = 8 * dtype.itemsize
        full = f"llvm.{name}.f{bits}" if width == 1 else f"llvm.{name}.v{width}f{bits}"
        return self._called(full, operands, [t] * len(operands), t)

    def _called(self, symbol: str, operands: Sequence[str], types: Sequence[str], t: str) -> str:
        if "@" + symbol not in self.declared:
            self.declared["@" + symbol] = f"declare {t} @{symbol}({', '.join(types)})"
        given = ", ".join(f"{u} {x}" for u, x in zip(types, operands, strict=True))
        return self.new(f"call {t} @{symbol}({given})")

    def call(self, name: str, operands: Sequence[str], dtype: np.dtype, width: int = 1) -> str:
        """A function of NumPy or SciPy."""
        t = type_of(dtype, width)
        if name == "exponent":
            return self._exponent(operands[0], dtype, width)
        if name in INTRINSICS:
            return self._intrinsic(INTRINSICS[name], operands, t, dtype, width)
        found = function(name)
        assert found is not None
        if width == 1:
            return self._scalar_call(found, operands, dtype)
        symbol = found.symbol + ("f" if dtype.char == "f" else "")
        lanes = 1 << (width - 1).bit_length()
        bits = lanes * dtype.itemsize * 8
        if not found.special and 128 <= bits <= self.bits:
            vector = vector_symbol(symbol, lanes, bits)
            if vector is not None:
                padded = [self.lanes(x, range(width), lanes, dtype, width) for x in operands]
                result = self._called(vector, padded, [type_of(dtype, lanes)] * len(padded), type_of(dtype, lanes))
                return self.lanes(result, range(width), width, dtype, lanes)
        return self._parts_called(name, operands, dtype, width)

    def lanes(self, x: str, chosen: Sequence[int], count: int, dtype: np.dtype, width: int) -> str:
        """Some lanes, the first of them again where more are asked for."""
        if count == width and len(chosen) == width:
            return x
        t = type_of(dtype, width)
        order = ", ".join(f"i32 {chosen[i] if i < len(chosen) else chosen[0]}" for i in range(count))
        return self.new(f"shufflevector {t} {x}, {t} poison, <{count} x i32> <{order}>")

    def _parts_called(self, name: str, operands: Sequence[str], dtype: np.dtype, width: int) -> str:
        """The function of halves when registers are narrower, of single lanes when it is for single numbers."""
        found = function(name)
        half = width // 2
        t = type_of(dtype, width)
        narrow = found is not None and not found.special and width * dtype.itemsize * 8 > self.bits
        if narrow and width % 2 == 0 and half > 1:
            both = [
                self.call(name, [self.lanes(x, range(a, a + half), half, dtype, width) for x in operands], dtype, half)
                for a in (0, half)
            ]
            u, order = type_of(dtype, half), ", ".join(f"i32 {i}" for i in range(width))
            return self.new(f"shufflevector {u} {both[0]}, {u} {both[1]}, <{width} x i32> <{order}>")
        result = "poison"
        for i in range(width):
            one = [self.new(f"extractelement {t} {x}, i64 {i}") for x in operands]
            value = self.call(name, one, dtype)
            result = self.new(f"insertelement {t} {result}, {TYPES[dtype.char]} {value}, i64 {i}")
        return result

    def _scalar_call(self, found: Any, operands: Sequence[str], dtype: np.dtype) -> str:
        if not found.special:
            t = type_of(dtype)
            return self._called(found.symbol + ("f" if dtype.char == "f" else ""), operands, [t] * len(operands), t)
        double = np.dtype(np.float64)
        wide = [self.convert(x, dtype, double) for x in operands]
        types = ["double"] * len(wide) + ["i32"]
        return self.convert(self._called(found.symbol, [*wide, "0"], types, "double"), double, dtype)

    def _exponent(self, x: str, dtype: np.dtype, width: int) -> str:
        """The power of two below x, 1 where x is 0 or not finite."""
        kind = ("i64" if dtype.itemsize == 8 else "i32") if width == 1 else f"<{width} x i{8 * dtype.itemsize}>"
        mask = (0x7FF << 52) if dtype.itemsize == 8 else (0xFF << 23)
        text = str(mask) if width == 1 else f"splat (i{8 * dtype.itemsize} {mask})"
        t = type_of(dtype, width)
        bits = self.new(f"bitcast {t} {x} to {kind}")
        power = self.new(f"bitcast {kind} {self.new(f'and {kind} {bits}, {text}')} to {t}")
        above = self.compare(">", power, literal(0, dtype, width), dtype, width)
        below = self.compare("<", power, literal(np.inf, dtype, width), dtype, width)
        return self.select(self.logic("and", above, below, width), power, literal(1, dtype, width), dtype, width)
