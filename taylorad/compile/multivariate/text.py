"""A small writer of LLVM's text: expressions, counted loops, vectors of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count


class Function:
    """The text of one function; values are strings such as "%v3" or "5", and integers are of type i64.

    Parameters
    ----------
    name : str
    parameters : sequence of (type, name)
    number : str
        LLVM's name of the real numbers, "double" or "float".
    returns : str
        Type of the result.
    """

    def __init__(self, name: str, parameters: list[tuple[str, str]], number: str, returns: str = "void"):
        listed = ", ".join(f"{kind} {'noalias ' if kind == 'ptr' else ''}%{label}" for kind, label in parameters)
        self.head = f"define {returns} @{name}({listed}) nounwind {{"
        self.number = number
        self.lines: list[str] = []
        self.slots: list[str] = []
        self._numbers = count()
        self.here = "start"

    def finish(self, result: str = "void") -> str:
        """The whole text, which returns `result`."""
        opening = [self.head, "entry:", *self.slots, "  br label %start", "start:"]
        return "\n".join([*opening, *self.lines, f"  ret {result}", "}"])

    # ------------------------------------------------------------------------------------------------- plain values

    def line(self, text: str) -> None:
        self.lines.append("  " + text)

    def new(self, text: str) -> str:
        """The name of a new value."""
        name = f"%v{next(self._numbers)}"
        self.lines.append(f"  {name} = {text}")
        return name

    def add(self, x: str, y: str | int) -> str:
        return x if y == 0 else self.new(f"add i64 {x}, {y}")

    def subtract(self, x: str | int, y: str | int) -> str:
        return self.new(f"sub i64 {x}, {y}")

    def times(self, x: str, y: str | int) -> str:
        return x if y == 1 else self.new(f"mul i64 {x}, {y}")

    def shift(self, x: str, bits: int) -> str:
        """x // 2**bits."""
        return self.new(f"lshr i64 {x}, {bits}")

    def less(self, x: str, y: str | int, relation: str = "slt") -> str:
        return self.new(f"icmp {relation} i64 {x}, {y}")

    def slot(self, kind: str) -> str:
        """A variable, kept in a register where possible."""
        name = f"%s{next(self._numbers)}"
        self.slots.append(f"  {name} = alloca {kind}")
        return name

    # ------------------------------------------------------------------------------------------------------- memory

    def at(self, base: str, index: str | int, kind: str = "") -> str:
        """Address of an entry; of `kind` or of the function's numbers."""
        return self.new(f"getelementptr {kind or self.number}, ptr {base}, i64 {index}")

    def integer(self, base: str, index: str | int, kind: str = "i64") -> str:
        """An entry of a table of integers, as i64."""
        value = self.new(f"load {kind}, ptr {self.at(base, index, kind)}")
        return value if kind == "i64" else self.new(f"zext {kind} {value} to i64")

    def pointer(self, base: str, index: int) -> str:
        return self.new(f"load ptr, ptr {self.at(base, index, 'ptr')}")

    def kind(self, width: int) -> str:
        """LLVM's type of `width` numbers."""
        return self.number if width == 1 else f"<{width} x {self.number}>"

    def load(self, address: str, width: int = 1) -> str:
        return self.new(f"load {self.kind(width)}, ptr {address}, align {4 if self.number == 'float' else 8}")

    def store(self, value: str, address: str, width: int = 1) -> None:
        self.line(f"store {self.kind(width)} {value}, ptr {address}, align {4 if self.number == 'float' else 8}")

    # -------------------------------------------------------------------------------------------------- arithmetic

    def broadcast(self, value: str, width: int) -> str:
        """`width` copies of a number."""
        if width == 1:
            return value
        kind = self.kind(width)
        first = self.new(f"insertelement {kind} poison, {self.number} {value}, i64 0")
        return self.new(f"shufflevector {kind} {first}, {kind} poison, <{width} x i32> zeroinitializer")

    def operate(self, operation: str, x: str, y: str, width: int = 1) -> str:
        """x y of LLVM's fadd, fsub, fmul or fdiv; products may fuse with sums."""
        return self.new(f"{operation} contract {self.kind(width)} {x}, {y}")

    def negative(self, x: str, width: int = 1) -> str:
        return self.new(f"fneg {self.kind(width)} {x}")

    def get(self, slot: str, kind: str) -> str:
        return self.new(f"load {kind}, ptr {slot}")

    def put(self, slot: str, kind: str, value: str) -> None:
        self.line(f"store {kind} {value}, ptr {slot}")

    def accumulate(self, slot: str, x: str, y: str, width: int = 1) -> None:
        """slot += x y."""
        total = self.get(slot, self.kind(width))
        self.put(slot, self.kind(width), self.operate("fadd", total, self.operate("fmul", x, y, width), width))

    # ------------------------------------------------------------------------------------------------------ control

    @contextmanager
    def loop(self, begin: str | int, end: str | int, step: int = 1) -> Iterator[str]:
        """Run the body for begin, begin + step, … below end."""
        number = next(self._numbers)
        before = self.here
        self.line(f"br label %head{number}")
        self.block(f"head{number}")
        self.line(f"%i{number} = phi i64 [ {begin}, %{before} ], [ %n{number}, %tail{number} ]")
        self.line(f"%c{number} = icmp slt i64 %i{number}, {end}")
        self.line(f"br i1 %c{number}, label %body{number}, label %done{number}")
        self.block(f"body{number}")
        yield f"%i{number}"
        self.line(f"br label %tail{number}")
        self.block(f"tail{number}")
        self.line(f"%n{number} = add nsw i64 %i{number}, {step}")
        self.line(f"br label %head{number}")
        self.block(f"done{number}")

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """Run the body if a condition holds."""
        number = next(self._numbers)
        self.line(f"br i1 {condition}, label %then{number}, label %else{number}")
        self.block(f"then{number}")
        yield
        self.line(f"br label %else{number}")
        self.block(f"else{number}")

    def block(self, name: str) -> None:
        """Begin a block of lines; the one before has ended in a jump."""
        self.lines.append(f"{name}:")
        self.here = name
