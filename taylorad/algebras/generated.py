"""The recurrence as a Python loop written for one equation, for a single univariate series in double precision.

On one number the general `Recurrence` spends its time choosing terms; a loop over Python lists with the terms written
out takes a quarter of it (exp at order 20: 22 µs against 80 µs; benchmarks/taylor_arithmetic.py). The text is derived
from the same `Equation`; print `source(equation)[0]` to read it.

>>> from taylorad.rules import TABLE
>>> from taylorad.rules.equation import lower
>>> print(source(lower(TABLE["exp"].rule))[0])
def run(order, x0, y0, c):
    s0, y0 = [], [y0]
    for k in range(1, order + 1):
        s0.append(k * x0[k])
        t0 = sum(map(mul, y0[::-1], s0))
        y0.append(t0 / k)
    return y0,
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from operator import mul
from typing import Any

from taylorad.rules.equation import Equation, Node


class _Writer:
    """Writes `run` for one equation; numbers that are not integers become entries of its argument c."""

    def __init__(self, equation: Equation):
        self.equation = equation
        self.numbers: list[Any] = []
        first = equation.arguments
        self.names = [f"x{i}" for i in range(first)] + [f"y{i}" for i in range(equation.unknowns)]
        self.names += [f"n{i}" for i in range(len(equation.nodes))]

    def number(self, value: Any) -> str:
        if isinstance(value, int):
            return str(value) if value >= 0 else f"({value})"
        self.numbers.append(value)
        return f"c[{len(self.numbers) - 1}]"

    def scaled(self, coefficient: Any, text: str) -> str:
        if isinstance(coefficient, int) and coefficient in (1, -1):
            return text if coefficient == 1 else f"-{text}"
        return f"{self.number(coefficient)} * {text}"

    def reverse(self, atom: int, top: str, complete: bool) -> str:
        """The atom's coefficients from degree `top` down; arguments are given whole, the rest only up to k - 1 or k."""
        return f"{self.names[atom]}[{'' if complete and atom >= self.equation.arguments else top}::-1]"

    def node(self, node: Node, degree: str) -> str:
        """Part `degree` ("0" or "k") of a node."""
        if node.kind == "linear":
            terms = [self.scaled(c, f"{self.names[atom]}[{degree}]") for c, atom in node.operands]
            if degree == "0" and not (isinstance(node.constant, int) and node.constant == 0):
                terms.append(self.number(node.constant))
            return " + ".join(terms)
        u, v = node.operands if node.kind == "product" else node.operands * 2
        if degree == "0":
            return f"{self.names[u]}[0] * {self.names[v]}[0]"
        return f"sum(map(mul, {self.reverse(u, 'k', True)}, {self.names[v]}))"

    def row(self, i: int) -> str:
        """k·a₀·Y_k."""
        terms = []
        for slope in self.equation.rows[i]:
            if slope.atom is not None:
                total = f"sum(map(mul, {self.reverse(slope.atom, 'k - 1', True)}, s{slope.argument}))"
                terms.append(self.scaled(slope.coefficient, total))
            if not (isinstance(slope.constant, int) and slope.constant == 0):
                terms.append(self.scaled(slope.constant, f"s{slope.argument}[-1]"))
        text = " + ".join(terms) or "0.0"
        _, coefficient, atom = self.equation.a
        if atom is not None:
            text += f" - {self.scaled(coefficient, f'sum(map(mul, {self.names[atom]}[k - 1 : 0 : -1], d{i}))')}"
        return text

    def write(self) -> str:
        equation = self.equation
        count = range(equation.unknowns)
        arguments = ", ".join(self.names[: equation.arguments + equation.unknowns])
        lists = [f"s{i}" for i in equation.moving] + ([f"d{i}" for i in count] if equation.a[2] is not None else [])
        names, values = (
            ", ".join([*lists, *(f"y{i}" for i in count)]),
            ", ".join(["[]"] * len(lists) + [f"[y{i}]" for i in count]),
        )
        lines = [f"{names} = {values}"]
        lines += [f"n{i} = [{self.node(node, '0')}]" for i, node in enumerate(equation.nodes)]
        constant, coefficient, atom = equation.a
        leading = "k"
        if atom is not None:
            known = self.scaled(coefficient, f"{self.names[atom]}[0]")
            lines.append(
                f"a = {known}"
                if isinstance(constant, int) and constant == 0
                else f"a = {self.number(constant)} + {known}"
            )
        elif not (isinstance(constant, int) and constant == 1):
            leading = f"(k * {self.number(constant)})"
        body = [f"s{i}.append(k * x{i}[k])" for i in equation.moving]
        body += [f"t{i} = {self.row(i)}" for i in count]
        for i in count:
            body += (
                [f"t{i} /= a", f"d{i}.append(t{i})", f"y{i}.append(t{i} / k)"]
                if atom is not None
                else [f"y{i}.append(t{i} / {leading})"]
            )
        body += [f"n{i}.append({self.node(node, 'k')})" for i, node in enumerate(equation.nodes)]
        lines += ["for k in range(1, order + 1):", *("    " + line for line in body)]
        lines.append(f"return {', '.join(f'y{i}' for i in count)},")
        return f"def run(order, {arguments}, c):\n" + "\n".join("    " + line for line in lines)


def source(equation: Equation) -> tuple[str, list]:
    """Python source of the loop, and the numbers its argument `c` stands for."""
    writer = _Writer(equation)
    return writer.write(), writer.numbers


@cache
def _compile(text: str) -> Callable[..., tuple[list, ...]]:
    scope: dict[str, Any] = {"mul": mul}
    exec(text, scope)  # text written above from an equation of the table
    return scope["run"]


def run(equation: Equation, order: int, arguments: list[list], start: list) -> tuple[list, ...]:
    """All unknowns of an equation, as lists of Python numbers."""
    if equation.parameters:
        text, numbers = source(equation)
    else:
        text, numbers = _source_once(equation)
    return _compile(text)(order, *arguments, *start, numbers)


_source_once = lru_cache(maxsize=None)(source)
