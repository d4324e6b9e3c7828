"""Lines of LLVM's text for functions that Python calls, with names for values and blocks."""

from __future__ import annotations

from taylorad.compile.native.layout import Layout


class Code:
    """What has been written so far of a function."""

    def __init__(self, found: Layout) -> None:
        self.lines: list[str] = []
        self.layout, self.count = found, 0

    def line(self, text: str) -> None:
        self.lines.append("  " + text)

    def block(self, name: str) -> None:
        self.lines.append(f"{name}:")

    def new(self, text: str) -> str:
        """The name of a new value."""
        self.count += 1
        self.line(f"%v{self.count} = {text}")
        return f"%v{self.count}"

    def at(self, base: str, offset: int) -> str:
        return self.new(f"getelementptr i8, ptr {base}, i64 {offset}")

    def load(self, kind: str, base: str, offset: int) -> str:
        return self.new(f"load {kind}, ptr {self.at(base, offset)}")

    def store(self, kind: str, value: str | int, base: str, offset: int) -> None:
        self.line(f"store {kind} {value}, ptr {self.at(base, offset)}")

    def equal(self, kind: str, x: str, y: str | int) -> str:
        return self.new(f"icmp eq {kind} {x}, {y}")
