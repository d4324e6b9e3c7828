"""The strict ring of symbols: arithmetic on `Symbol` writes straight-line source instead of computing.

Running any algebra over symbols turns its recurrences into a program: the proof that the table leaves nothing to the
floating-point interpreter, and the road to compiled code. Floats are refused: an equation that meets one is wrong.

>>> tape = Tape()
>>> x = tape.input("x")
>>> print((x * x + 1).name)
v1
>>> print(tape.source())
v0 = x * x
v1 = v0 + 1
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Rational
from typing import Any

import numpy as np


class Tape:
    """The lines written so far, ``name = expression`` each."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def input(self, name: str) -> Symbol:
        """A symbol that stands for a given number."""
        return Symbol(self, name)

    def write(self, expression: str) -> Symbol:
        """A symbol for the value of `expression`."""
        name = f"v{len(self.lines)}"
        self.lines.append(f"{name} = {expression}")
        return Symbol(self, name)

    def source(self) -> str:
        """The program."""
        return "\n".join(self.lines)


class Symbol:
    """A number known by name only. Integers, Fractions and other symbols of the same tape may join it."""

    __slots__ = ("name", "tape")

    def __init__(self, tape: Tape, name: str):
        self.tape, self.name = tape, name

    def __repr__(self) -> str:
        return self.name

    def _binary(self, other: Any, operator: str, swap: bool = False) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        if not isinstance(other, Symbol | Rational):
            raise TypeError(f"an equation met the number {other!r}: only integers may enter")
        text = other.name if isinstance(other, Symbol) else f"({other})" if other < 0 else str(other)
        left, right = (text, self.name) if swap else (self.name, text)
        return self.tape.write(f"{left} {operator} {right}")

    def __add__(self, other: Any) -> Any:
        return self._binary(other, "+")

    def __radd__(self, other: Any) -> Any:
        return self._binary(other, "+", swap=True)

    def __sub__(self, other: Any) -> Any:
        return self._binary(other, "-")

    def __rsub__(self, other: Any) -> Any:
        return self._binary(other, "-", swap=True)

    def __mul__(self, other: Any) -> Any:
        return self._binary(other, "*")

    def __rmul__(self, other: Any) -> Any:
        return self._binary(other, "*", swap=True)

    def __truediv__(self, other: Any) -> Any:
        return self._binary(other, "/")

    def __rtruediv__(self, other: Any) -> Any:
        return self._binary(other, "/", swap=True)

    def __pow__(self, other: Any) -> Any:
        return self._binary(other, "**")

    def __neg__(self) -> Symbol:
        return self.tape.write(f"-{self.name}")

    def __abs__(self) -> Symbol:
        return self.tape.write(f"abs({self.name})")


_RESULTS = {"airy": 4, "sici": 2, "shichi": 2, "fresnel": 2}


class SymbolNamespace:
    """Every function is known: its call is written down, ``xp.name(argument)``."""

    def __init__(self, tape: Tape):
        self.tape = tape

    @property
    def pi(self) -> Symbol:
        """The constant, written ``xp.pi``."""
        return Symbol(self.tape, "xp.pi")

    @property
    def imaginary_unit(self) -> Symbol:
        """The constant, written ``xp.imaginary_unit``."""
        return Symbol(self.tape, "xp.imaginary_unit")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        results = _RESULTS.get(name, 1)

        def call(*scalars: Any) -> Any:
            text = f"xp.{name}({', '.join(map(str, scalars))})"
            if results == 1:
                return self.tape.write(text)
            return tuple(self.tape.write(f"{text}[{i}]") for i in range(results))

        def record(*arguments: Any) -> Any:
            return np.frompyfunc(call, len(arguments), results)(*arguments)

        return record
