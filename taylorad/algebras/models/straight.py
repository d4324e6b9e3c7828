"""The interval recurrence of an equation for one interval, written out as a Python function on floats.

`expansions.Run` spends its time on NumPy's overhead where there is one interval. Here the same recurrence runs once on
names of variables, and what it does is the text of a function. Each result goes one step outward by ``nextafter``,
which is always enough: the exact value lies between the neighbours of the nearest double. Sums of products are computed
in rounding to nearest, and moved outward by a bound of all their rounding errors. All results on the way must be
finite: then no nan is lost in a minimum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from math import inf, isfinite, nextafter
from typing import Any

from taylorad.rules.equation import Equation, Node

Part = None | int | tuple[str, str]
"""Zero, a whole number, or the names of two ends."""
SMALLEST = 2.0**-1074
EXACT = 2**53  # whole numbers up to it are doubles


class UnusualError(ArithmeticError):
    """A case that is left to the code for arrays."""


def times(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    """[a, b] [c, d]."""
    products = a * c, a * d, b * c, b * d
    return nextafter(min(products), -inf), nextafter(max(products), inf)


def square(a: float, b: float) -> tuple[float, float]:
    """[a, b]²."""
    least, most = max(a, -b, 0.0), max(-a, b)
    return max(nextafter(least * least, -inf), 0.0), nextafter(most * most, inf)


def over(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    """[a, b] / [c, d]."""
    if d < 0:
        a, b, c, d = -b, -a, -d, -c
    elif not c > 0:
        raise UnusualError
    return nextafter(a / (d if a >= 0 else c), -inf), nextafter(b / (c if b >= 0 else d), inf)


def dot(pairs: Iterable[tuple[float, float, float, float]], count: int) -> tuple[float, float]:
    """The sum of ``[a, b] [c, d]`` over so many pairs of intervals.

    A sum of n computed products is off by at most ``(n + 1) u / (1 - (n + 1) u)`` times the sum of their magnitudes
    and n underflows of half the smallest double; twice that is taken, which makes up for the error of the bound.
    """
    low = high = size = 0.0
    for a, b, c, d in pairs:
        if a >= 0 and c >= 0:
            least, most = a * c, b * d
        elif a >= 0 and d <= 0:
            least, most = b * c, a * d
        elif b <= 0 and c >= 0:
            least, most = a * d, b * c
        elif b <= 0 and d <= 0:
            least, most = b * d, a * c
        else:
            products = a * c, a * d, b * c, b * d
            least, most = min(products), max(products)
        low += least
        high += most
        size += most if most > -least else -least
    error = size * ((count + 2) * 2.0**-52) + (count + 2) * SMALLEST
    return nextafter(low - error, -inf), nextafter(high + error, inf)


class _Writer:
    """Writes `run` for one equation; constants that are no whole numbers become entries of its argument c."""

    def __init__(self, equation: Equation, order: int):
        self.equation, self.order = equation, order
        self.lines: list[str] = []
        self.numbers: list[float] = []
        self.count = 0
        self.starts: list[Part] = [(f"s{i}", f"t{i}") for i in range(equation.unknowns)]
        self.atoms: list[list[Part]] = [[("x", "z"), 1], *([s] for s in self.starts), *([] for _ in equation.nodes)]

    # ------------------------------------------------------------------------------------------------- operations

    def new(self, text: str) -> Part:
        self.count += 1
        self.lines.append(f"a{self.count}, b{self.count} = {text}")
        return f"a{self.count}", f"b{self.count}"

    def constant(self, value: Any) -> Part:
        if isinstance(value, int):
            return value or None
        low, high = (float(end) for end in value.ends)
        if low == high == 0:
            return None
        self.numbers += [low, high]
        return f"c[{len(self.numbers) - 2}]", f"c[{len(self.numbers) - 1}]"

    def plus(self, x: Part, y: Part) -> Part:
        if x is None or y is None:
            return y if x is None else x
        if isinstance(x, int) and isinstance(y, int):
            return x + y or None
        (a, b), (c, d) = self.ends(x), self.ends(y)
        return self.new(f"nextafter({a} + {c}, -inf), nextafter({b} + {d}, inf)")

    def negative(self, x: Part) -> Part:
        if x is None or isinstance(x, int):
            return None if x is None else -x
        return self.new(f"-{x[1]}, -{x[0]}")

    def product(self, x: Part, y: Part) -> Part:
        if x is None or y is None:
            return None
        if isinstance(x, int):
            return x * y if isinstance(y, int) else self.multiple(x, y)
        if isinstance(y, int):
            return self.multiple(y, x)
        return self.new(f"times({x[0]}, {x[1]}, {y[0]}, {y[1]})")

    def multiple(self, n: int, x: tuple[str, str]) -> Part:
        if n in (1, -1):
            return x if n == 1 else self.negative(x)
        low, high = x if n > 0 else x[::-1]
        number = self.ends(n)[0]
        return self.new(f"nextafter({number} * {low}, -inf), nextafter({number} * {high}, inf)")

    def dot(self, pairs: list[tuple[Part, Part]]) -> Part:
        """Σ x y: whole numbers apart, the rest in one sum."""
        known = [(x, y) for x, y in pairs if x is not None and y is not None]
        dense = [p for p in known if not (isinstance(p[0], int) or isinstance(p[1], int))]
        simple = [p for p in known if p not in dense] if len(dense) > 1 else known
        total: Part = None
        for x, y in simple:
            total = self.plus(total, self.product(x, y))
        if len(dense) > 1:
            text = ", ".join(f"({', '.join((*self.ends(x), *self.ends(y)))})" for x, y in dense)
            total = self.plus(total, self.new(f"dot(({text}), {len(dense)})"))
        return total

    def over(self, x: Part, y: Part) -> Part:
        if x is None:
            return None
        (a, b), (c, d) = self.ends(x), self.ends(y)
        if isinstance(y, int) and y > 0:
            return self.new(f"nextafter({a} / {c}, -inf), nextafter({b} / {d}, inf)")
        return self.new(f"over({a}, {b}, {c}, {d})")

    def ends(self, x: Part) -> tuple[str, str]:
        if isinstance(x, tuple):
            return x
        if abs(x or 0) > EXACT:
            raise UnusualError
        return (f"{float(x or 0)!r}",) * 2

    # --------------------------------------------------------------------------------------- the recurrence itself

    def part(self, atom: int, k: int) -> Part:
        parts = self.atoms[atom]
        return parts[k] if k < len(parts) else None

    def convolved(self, u: int, v: int, k: int) -> Part:
        return self.dot([(self.part(u, k - j), self.part(v, j)) for j in range(k + 1)])

    def node(self, node: Node, k: int) -> Part:
        if node.kind == "linear":
            value = self.constant(node.constant) if k == 0 else None
            for c, atom in node.operands:
                value = self.plus(value, self.product(self.constant(c), self.part(atom, k)))
            return value
        u, v = node.operands[0], node.operands[-1]
        if u != v:
            return self.convolved(u, v, k)
        half = self.dot([(self.part(u, k - j), self.part(u, j)) for j in range((k + 1) // 2)])
        middle = self.part(u, k // 2) if k % 2 == 0 else None
        if middle is not None:
            middle = middle * middle if isinstance(middle, int) else self.new(f"square({middle[0]}, {middle[1]})")
        return self.plus(self.product(2, half), middle)

    def nodes(self, k: int) -> None:
        for node, parts in zip(self.equation.nodes, self.atoms[1 + self.equation.unknowns :], strict=True):
            parts.append(self.node(node, k))

    def step(self, k: int, leading: Part) -> None:
        _, coefficient, a = self.equation.a
        divisor = self.product(k, leading)
        for i, row in enumerate(self.equation.rows, 1):
            total: Part = None
            for term in row:
                if term.atom is not None:
                    value = self.product(self.constant(term.coefficient), self.part(term.atom, k - 1))
                    total = self.plus(total, value)
                if k == 1:
                    total = self.plus(total, self.constant(term.constant))
            if a is not None:
                pairs = [(self.part(a, k - j), self.product(j, self.part(i, j))) for j in range(1, k)]
                carried = self.product(self.constant(coefficient), self.dot(pairs))
                total = self.plus(total, self.negative(carried))
            self.atoms[i].append(self.over(total, divisor))
        self.nodes(k)

    def write(self, outputs: int) -> str:
        self.nodes(0)
        constant, coefficient, a = self.equation.a
        leading = self.constant(constant)
        if a is not None:
            leading = self.plus(self.product(self.constant(coefficient), self.part(a, 0)), leading)
        for k in range(1, self.order + 1):
            self.step(k, leading)
        everything = [name for p in self.starts for name in self.ends(p)]
        everything += [f"{letter}{i + 1}" for i in range(self.count) for letter in "ab"]
        found = [[self.ends(p) for p in parts] for parts in self.atoms[1 : 1 + outputs]]
        lists = ", ".join(f"[{', '.join(end[i] for end in ends)}]" for ends in found for i in (0, 1))
        starts = "".join(f", s{i}, t{i}" for i in range(self.equation.unknowns))
        lines = [*self.lines, f"if not isfinite(sum(({', '.join(everything)}))):"]
        lines += ["    raise UnusualError", f"return {lists}, ({', '.join(self.ends(leading))})"]
        return f"def run(x, z{starts}, c):\n" + "\n".join("    " + line for line in lines)


def source(equation: Equation, order: int, outputs: int) -> tuple[str, list[float]]:
    """Text of `run(x, z, s0, t0, …, c)`, ends of the argument and of the starts, and what its argument c holds.

    It returns lists of the lower and of the upper ends of the Taylor coefficients, for each result, and last the ends
    of the leading coefficient. If anything is not finite, or a divisor may be 0, it raises `UnusualError`.

    >>> from taylorad.rules import TABLE
    >>> from taylorad.rules.equation import lower
    >>> print(source(lower(TABLE["exp"].rule), 1, 1)[0])
    def run(x, z, s0, t0, c):
        a1, b1 = nextafter(s0 / 1.0, -inf), nextafter(t0 / 1.0, inf)
        if not isfinite(sum((s0, t0, a1, b1))):
            raise UnusualError
        return [s0, a1], [t0, b1], (1.0, 1.0)
    """
    writer = _Writer(equation, order)
    return writer.write(outputs), writer.numbers


@cache
def compiled(text: str) -> Callable[..., Any]:
    """The function of a text written above."""
    scope: dict[str, Any] = {"nextafter": nextafter, "inf": inf, "isfinite": isfinite, "UnusualError": UnusualError}
    scope |= {"times": times, "square": square, "over": over, "dot": dot}
    exec(text, scope)
    return scope["run"]  # type: ignore[no-any-return]
