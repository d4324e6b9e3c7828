"""The recurrence of error bounds of `solution`, written out for one equation and one model as a function on floats.

Names of the text: x3 is N_3 of the argument and y0_3 that of an unknown, with suffixes e for D, b for D + ε N and g for
N + D; s3 is 3 N_3(x).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from taylorad.rules.equation import Equation, Node


class _Writer:
    """Writes `bounds` for one equation; magnitudes of constants become entries of its argument c."""

    def __init__(self, equation: Equation, order: int, magnitude: Callable[[Any], float]):
        self.equation, self.order, self.magnitude = equation, order, magnitude
        self.numbers: list[float] = []
        self.lines: list[str] = []
        self.names = ["x", *(f"y{i}_" for i in range(equation.unknowns))]
        self.names += [f"n{i}_" for i in range(len(equation.nodes))]
        self.own = equation.a[2]
        factors = [atom for node in equation.nodes if node.kind != "linear" for atom in node.operands]
        self.argument_is_factor = bool(equation.nodes) or self.own is not None or _has_argument(equation)
        self.large = {*factors, *([] if self.own is None else [self.own])} - {0}  # atoms whose N + D is asked for

    def scaled(self, constant: Any, text: str) -> str:
        size = self.magnitude(constant)
        if size == 1:
            return text
        self.numbers.append(size)
        return f"c[{len(self.numbers) - 1}] * {text}"

    def has(self, constant: Any) -> bool:
        return self.magnitude(constant) != 0

    def known(self, atom: int, k: int) -> None:
        """What follows from N_k and D_k of an atom."""
        name = self.names[atom]
        self.lines.append(f"{name}b{k} = {name}e{k} + epsilon * {name}{k}")
        if atom in self.large:
            self.lines.append(f"{name}g{k} = {name}e{k} + {name}{k}")

    def total(self, atom: int) -> str:
        """The name of N + D of an atom; of the argument, which is exact, N."""
        return f"{self.names[atom]}g" if atom else "x"

    def row(self, i: int, k: int) -> None:
        """Part k of unknown i."""
        name = self.names[1 + i]
        terms = [f"{k} * lead * {name}{k}", "underflow"]
        for term in self.equation.rows[i]:
            if term.atom is not None and self.has(term.coefficient):
                both = f"{self.names[term.atom]}b"
                text = " + ".join(f"{both}{k - j} * s{j}" for j in range(1, k + 1))
                terms.append(self.scaled(term.coefficient, f"({text})"))
            if self.has(term.constant):
                terms.append(self.scaled(term.constant, f"epsilon * s{k}"))
        if self.own is not None and k > 1:
            large, both = self.total(self.own), f"{self.names[self.own]}b"
            carried = [f"{j} * ({large}{k - j} * {name}e{j} + {both}{k - j} * {name}{j})" for j in range(1, k)]
            terms.append(self.scaled(self.equation.a[1], f"({' + '.join(carried)})"))
        self.lines.append(f"{name}e{k} = ({' + '.join(terms)}) / ({k} * least) + floor")
        self.known(1 + i, k)

    def node(self, i: int, node: Node, k: int) -> None:
        """Part k of a node."""
        atom = 1 + self.equation.unknowns + i
        name = self.names[atom]
        if node.kind == "linear":
            sizes = [self.scaled(c, f"{self.names[a]}{k}") for c, a in node.operands]
            errors = [self.scaled(c, f"{self.names[a]}b{k}") for c, a in node.operands]
            if k == 0 and self.has(node.constant):
                sizes.append(self.scaled(node.constant, "1.0"))
                errors.append(self.scaled(node.constant, "epsilon"))
        else:
            a, b = node.operands[0], node.operands[-1]
            u, v, large = self.names[a], self.names[b], self.total(a)
            pairs = [(k - j, j) for j in range(k + 1)]
            sizes = [f"{u}{p} * {v}{q}" for p, q in pairs]
            errors = [f"{large}{p} * {v}e{q}" for p, q in pairs if b] + [f"{u}b{p} * {v}{q}" for p, q in pairs]
        self.lines.append(f"{name}{k} = ({' + '.join(sizes)}) * (1.0 + epsilon) + underflow")
        self.lines.append(f"{name}e{k} = {' + '.join(errors)} + underflow")
        self.known(atom, k)

    def nodes(self, k: int) -> None:
        for i, node in enumerate(self.equation.nodes):
            self.node(i, node, k)

    def write(self) -> str:
        unknowns, degrees = self.names[1 : 1 + self.equation.unknowns], range(self.order + 1)
        for name in ("x", *unknowns):
            self.lines.append(f"{', '.join(f'{name}{k}' for k in degrees)}, = {name}")
        self.lines += [f"s{k} = {k} * x{k}" for k in degrees[1:]]
        if self.argument_is_factor:
            self.lines += [f"xb{k} = epsilon * x{k}" for k in degrees]
        for i in range(len(unknowns)):
            self.known(1 + i, 0)
        self.nodes(0)
        constant, coefficient, a = self.equation.a
        lead = [self.scaled(constant, "epsilon")] if self.has(constant) else []
        lead += [] if a is None else [self.scaled(coefficient, f"{self.names[a]}b0")]
        self.lines.append(f"lead = {' + '.join(lead) or '0.0'}")
        for k in degrees[1:]:
            for i in range(len(unknowns)):
                self.row(i, k)
            self.nodes(k)
        sums = (" + ".join(f"{name}e{k}" for k in degrees) for name in unknowns)
        starts = "".join(f", {name}, {name}e0" for name in unknowns)
        lines = [*self.lines, f"return {', '.join(sums)},"]
        return f"def bounds(x{starts}, epsilon, underflow, floor, least, c):\n" + "\n".join("    " + t for t in lines)


def _has_argument(equation: Equation) -> bool:
    return any(term.atom == 0 for row in equation.rows for term in row)


def source(equation: Equation, order: int, magnitude: Callable[[Any], float]) -> tuple[str, list[float]]:
    """Text of `bounds(x, y0_, y0_e0, …, epsilon, underflow, floor, least, c)`, and what its argument c holds.

    x and y hold N of the argument and of the unknowns, e0 the radii of their starts; the result is Σ D_k of each
    unknown.
    """
    writer = _Writer(equation, order, magnitude)
    return writer.write(), writer.numbers


@cache
def compiled(text: str) -> Callable[..., Any]:
    """The function of a text written above."""
    scope: dict[str, Any] = {}
    exec(text, scope)
    return scope["bounds"]  # type: ignore[no-any-return]
