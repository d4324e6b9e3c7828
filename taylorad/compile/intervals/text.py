"""A writer of LLVM's text for arithmetic that rounds upward.

Every operation on numbers is a constrained intrinsic under "round.dynamic" in a `strictfp` function: LLVM then neither
moves it across a change of the rounding mode nor computes it beforehand in another one. An interval is a pair
(-inf, sup), so that both ends round upward. The mode is set in one function (`entry`), which calls another that is
never inlined (`loop`): no optimisation can move arithmetic across the calls.
"""

from __future__ import annotations

from dataclasses import dataclass

from taylorad.compile.multivariate.text import Function
from taylorad.compile.native import target
from taylorad.compile.native.text import literal

Value = str
UPWARD = 0x5F80  # of x86's MXCSR: round up, all exceptions masked, subnormal numbers kept
_MODE = 'metadata !"round.dynamic", '
_QUIET = 'metadata !"fpexcept.ignore"'


@dataclass(frozen=True)
class Pair:
    """An interval, or a vector of them: names of -inf and sup."""

    minus_inf: Value
    sup: Value


class Upward(Function):
    """A function under construction, whose arithmetic is on vectors of `lanes` doubles and rounds upward."""

    def __init__(self, name: str, parameters: list[tuple[str, str]]):
        super().__init__(name, parameters, "double")
        self.head = self.head.replace("define", "define internal").replace(" nounwind {", " noinline #0 {")
        self.lanes = 1

    # --------------------------------------------------------------------------------------------- rounded upward

    def plus(self, x: Value, y: Value) -> Value:
        return self._constrained("fadd", x, y)

    def minus(self, x: Value, y: Value) -> Value:
        return self._constrained("fsub", x, y)

    def product(self, x: Value, y: Value) -> Value:
        return self._constrained("fmul", x, y)

    def quotient(self, x: Value, y: Value) -> Value:
        return self._constrained("fdiv", x, y)

    def root(self, x: Value) -> Value:
        return self._constrained("sqrt", x)

    def fused(self, x: Value, y: Value, z: Value) -> Value:
        """x y + z."""
        return self._constrained("fma", x, y, z)

    def _constrained(self, name: str, *operands: Value) -> Value:
        given = ", ".join(f"{self.type} {x}" for x in operands)
        return self.new(
            f"call {self.type} @llvm.experimental.constrained.{name}.{self.short}({given}, {_MODE}{_QUIET}) #1"
        )

    # ------------------------------------------------------------------------------------------------------ exact

    @property
    def type(self) -> str:
        """LLVM's type of the numbers in a register."""
        return self.kind(self.lanes)

    @property
    def short(self) -> str:
        return "f64" if self.lanes == 1 else f"v{self.lanes}f64"

    @property
    def truth(self) -> str:
        """LLVM's type of the answers of a comparison."""
        return "i1" if self.lanes == 1 else f"<{self.lanes} x i1>"

    def constant(self, x: float) -> Value:
        """A number in all lanes."""
        return literal(x, float, self.lanes)

    def opposite(self, x: Value) -> Value:
        """-x."""
        return self.negative(x, self.lanes)

    def magnitude(self, x: Value) -> Value:
        """``|x|``."""
        return self.new(f"call {self.type} @llvm.fabs.{self.short}({self.type} {x})")

    def compare(self, relation: str, x: Value, y: Value) -> Value:
        """A comparison by LLVM's name of it: ogt, olt, oeq, uno …"""
        return self.new(
            f"call {self.truth} @llvm.experimental.constrained.fcmp.{self.short}({self.type} {x}, {self.type} {y}, "
            f'metadata !"{relation}", {_QUIET}) #1'
        )

    def choose(self, condition: Value, x: Value, y: Value) -> Value:
        return self.new(f"select {self.truth} {condition}, {self.type} {x}, {self.type} {y}")

    def both(self, x: Value, y: Value) -> Value:
        return self.new(f"and {self.truth} {x}, {y}")

    def either(self, x: Value, y: Value) -> Value:
        return self.new(f"or {self.truth} {x}, {y}")

    def larger(self, x: Value, y: Value) -> Value:
        """max(x, y), and y where one of them is nan."""
        return self.choose(self.compare("ogt", x, y), x, y)

    def copy(self, slot: str, kind: str) -> str:
        """Another variable of the same value: one that is read by index, so that the first can be a register."""
        other = self.slot(kind)
        self.put(other, kind, self.get(slot, kind))
        return other

    def below(self, x: Value) -> Value:
        """The double below x > 0."""
        return self._neighbour(x, "sub")

    def above(self, x: Value) -> Value:
        """The double above x > 0."""
        return self._neighbour(x, "add")

    def _neighbour(self, x: Value, operation: str) -> Value:
        whole = "i64" if self.lanes == 1 else f"<{self.lanes} x i64>"
        one = "1" if self.lanes == 1 else "splat (i64 1)"
        bits = self.new(f"bitcast {self.type} {x} to {whole}")
        return self.new(f"bitcast {whole} {self.new(f'{operation} {whole} {bits}, {one}')} to {self.type}")

    def broadcast_truth(self, x: Value) -> Value:
        """One answer in all lanes."""
        first = self.new(f"insertelement {self.truth} poison, i1 {x}, i64 0")
        return self.new(
            f"shufflevector {self.truth} {first}, {self.truth} poison, <{self.lanes} x i32> zeroinitializer"
        )


def widest() -> int:
    """Doubles in a register of this machine."""
    return target.machine().vector_bits // 64


def module_text(functions: list[str]) -> str:
    """A module: functions, the mode, and what they refer to."""
    bits = target.machine().vector_bits
    wide = f'"min-legal-vector-width"="{bits}" "prefer-vector-width"="{bits}"'
    attributes = [f"attributes #0 = {{ nounwind strictfp {wide} }}", "attributes #1 = { strictfp }"]
    return "\n".join([*_declarations(), *functions, *attributes, ""])


def _declarations() -> list[str]:
    found = ["declare double @llvm.fabs.f64(double)"]
    lanes = widest()
    for kind, truth, short in (("double", "i1", "f64"), (f"<{lanes} x double>", f"<{lanes} x i1>", f"v{lanes}f64")):
        for name, count in (("fadd", 2), ("fsub", 2), ("fmul", 2), ("fdiv", 2), ("sqrt", 1), ("fma", 3)):
            given = ", ".join([kind] * count)
            full = f"llvm.experimental.constrained.{name}.{short}"
            found.append(f"declare {kind} @{full}({given}, metadata, metadata)")
        full = f"llvm.experimental.constrained.fcmp.{short}"
        found.append(f"declare {truth} @{full}({kind}, {kind}, metadata, metadata)")
    found.append(f"declare <{lanes} x double> @llvm.fabs.v{lanes}f64(<{lanes} x double>)")
    return found + _mode_declarations()


# --------------------------------------------------------------------------------------------- the rounding mode


def is_x86() -> bool:
    """Whether this machine has an MXCSR register."""
    return target.machine().triple.startswith(("x86_64", "i686", "i386"))


def _mode_declarations() -> list[str]:
    if is_x86():
        return ["declare void @llvm.x86.sse.stmxcsr(ptr)", "declare void @llvm.x86.sse.ldmxcsr(ptr)"]
    return ["declare i32 @llvm.get.rounding()", "declare void @llvm.set.rounding(i32)"]


def run_text(parameters: list[tuple[str, str]]) -> str:
    """The function `run`, which calls `loop` while the processor rounds upward, and restores its state."""
    given = ", ".join(f"{kind} %{name}" for kind, name in parameters)
    lines = _rounding_upward(f"call void @loop({given})")
    return "\n".join([f"define void @run({given}) #0 {{", *lines, "  ret void", "}"])


def _rounding_upward(call: str) -> list[str]:
    if is_x86():
        return [
            "  %mode.before = alloca i32",
            "  %mode.upward = alloca i32",
            f"  store i32 {UPWARD}, ptr %mode.upward",
            "  call void @llvm.x86.sse.stmxcsr(ptr %mode.before) #1",
            "  call void @llvm.x86.sse.ldmxcsr(ptr %mode.upward) #1",
            f"  {call} #1",
            "  call void @llvm.x86.sse.ldmxcsr(ptr %mode.before) #1",
        ]
    return [
        "  %mode.before = call i32 @llvm.get.rounding() #1",
        "  call void @llvm.set.rounding(i32 2) #1",
        f"  {call} #1",
        "  call void @llvm.set.rounding(i32 %mode.before) #1",
    ]
