"""Interval arithmetic against the peers: + × ÷ √ and fma on arrays and single intervals, sums, products of matrices.

Timed is what a user writes, from intervals to new intervals, with the allocation of the result. "arrays of ends" is
what `ta.Interval` calls: functions of (inf, sup). Every result is compared with rational arithmetic: one that does not
enclose the exact interval is wrong, whatever its accuracy. "two NumPy arrays" does the same operation on inf and sup
in rounding to nearest: no enclosure, but what writing two new arrays costs.

Peers: `pip install crival pyintval python-flint`. crival works on arrays, the others on single intervals.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import inf, isqrt
from operator import add, mul, truediv
from typing import Any

from side_by_side import OURS, Problem, Task, Unsupported, options, run, system

import numpy as np  # isort: skip  (side_by_side sets the thread counts first)

Range = tuple[Fraction, Fraction]
Ends = tuple[np.ndarray, np.ndarray]
SAMPLE = 50  # elements of a result that are compared with exact ones
NARROW = 1e-9  # widths where balls take part: the product of wide ones is much wider than that of intervals
DIGITS = 1 << 400  # of the square root in rational arithmetic


def products(a: Range, b: Range) -> Range:
    found = [x * y for x, y in product(a, b)]
    return min(found), max(found)


def root(x: Fraction) -> Fraction:
    """√x to 120 digits; whether a double is below or above it, that decides but for squares."""
    return Fraction(isqrt(int(x * DIGITS * DIGITS)), DIGITS)


EXACT: dict[str, Callable[..., Range]] = {
    "+": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "×": products,
    "÷": lambda a, b: products(a, (1 / b[1], 1 / b[0])),
    "√": lambda a: (root(a[0]), root(a[1])),
    "fma": lambda a, b, c: tuple(x + z for x, z in zip(products(a, b), c, strict=True)),  # type: ignore[dict-item]
}
OPERATORS = {"+": add, "×": mul, "÷": truediv}


def excess(found: Ends, exact: list[Range]) -> float:
    """How far ends are from the exact ones, relative to these; inf if one is no bound."""
    worst = Fraction(0)
    for low, high, (x, y) in zip(*(f.ravel().tolist() for f in found), exact, strict=True):
        if not (Fraction(low) <= x and y <= Fraction(high)):
            return inf
        worst = max(worst, (x - Fraction(low)) / abs(x or 1), (Fraction(high) - y) / abs(y or 1))
    return float(worst)


def ranges(ends: Ends) -> list[Range]:
    return [(Fraction(x), Fraction(y)) for x, y in zip(*(e.ravel().tolist() for e in ends), strict=True)]


def intervals(seed: int, shape: tuple[int, ...], positive: bool = False, width: float = 1.0) -> Ends:
    rng = np.random.default_rng(seed)
    inf = rng.standard_normal(shape)
    inf = abs(inf) + 0.1 if positive else inf
    return inf, inf + width * rng.random(shape)


@dataclass(frozen=True)
class Elementwise(Problem):
    """One operation on `size` intervals; size 1 is a single one, not an array."""

    name: str
    size: int

    @property
    def title(self) -> str:
        return f"{self.name} of {self.size} interval{'s' if self.size > 1 else ''}"

    @property
    def family(self) -> str:
        return self.name

    @cached_property
    def operands(self) -> list[Ends]:
        """The divisor and what is under a root are positive; single intervals are narrow."""
        count = EXACT[self.name].__code__.co_argcount
        shape, width = ((self.size,), 1.0) if self.size > 1 else ((), NARROW)
        return [intervals(k, shape, self.name == "√" or k == 1, width) for k in range(count)]

    def difference(self, result: Any) -> float:
        chosen = slice(None, None, max(1, self.size // SAMPLE))
        given = [ranges(tuple(np.ravel(e)[chosen] for e in ends)) for ends in self.operands]  # type: ignore[arg-type]
        found = tuple(np.ravel(e)[chosen] for e in result)
        return excess(found, [EXACT[self.name](*x) for x in zip(*given, strict=True)])  # type: ignore[arg-type]


@dataclass(frozen=True)
class Sum(Problem):
    """The sum of `size` intervals."""

    size: int

    @property
    def title(self) -> str:
        return f"sum of {self.size} intervals"

    @cached_property
    def operand(self) -> Ends:
        return intervals(5, (self.size,), positive=True)

    def difference(self, result: Any) -> float:
        exact = [sum(map(Fraction, e.tolist()), Fraction(0)) for e in self.operand]
        return excess(result, [(exact[0], exact[1])])


@dataclass(frozen=True)
class MatrixProduct(Problem):
    """The product of two matrices of intervals with `size` rows and columns."""

    size: int

    @property
    def title(self) -> str:
        return f"matrix product, {self.size} × {self.size}"

    @cached_property
    def operands(self) -> list[Ends]:
        return [intervals(k, (self.size, self.size), width=NARROW) for k in (7, 8)]

    def difference(self, result: Any) -> float:
        rows, columns = (
            ranges(tuple(e[0] for e in self.operands[0])),
            ranges(tuple(e[:, 0] for e in self.operands[1])),
        )  # type: ignore[arg-type]
        terms = [products(x, y) for x, y in zip(rows, columns, strict=True)]
        exact = sum((t[0] for t in terms), Fraction(0)), sum((t[1] for t in terms), Fraction(0))
        return excess(tuple(e[:1, :1] for e in result), [exact])  # type: ignore[arg-type]


# -------------------------------------------------------------------------------------------------------- taylorad


def ours(ends: Ends) -> Any:
    import taylorad as ta

    return ta.Interval(*ends)


@system(OURS, "taylorad", Elementwise)
def taylorad_elementwise(problem: Elementwise) -> Task:
    operands = [ours(e) for e in problem.operands]
    if problem.name == "√":
        return Task(lambda: np.sqrt(operands[0]), lambda x: x.ends)
    if problem.name == "fma":
        return Task(lambda: operands[0] * operands[1] + operands[2], lambda x: x.ends, note="× and +")
    operation = OPERATORS[problem.name]
    return Task(lambda: operation(*operands), lambda x: x.ends)


@system("arrays of ends", "taylorad", Elementwise)
def ends_elementwise(problem: Elementwise) -> Task:
    import taylorad  # noqa: F401 - registers the compiled arithmetic
    from taylorad.rings.interval import arithmetic

    names = {"+": "add", "×": "multiply", "÷": "divide", "√": "sqrt", "fma": "fma"}
    function = getattr(arithmetic, names[problem.name])
    given = [e if problem.size > 1 else float(e) for ends in problem.operands for e in ends]
    return Task(lambda: function(*given), lambda x: x)


@system(OURS, "taylorad", Sum)
def taylorad_sum(problem: Sum) -> Task:
    operand = ours(problem.operand)
    return Task(lambda: np.sum(operand), lambda x: x.ends)


@system(OURS, "taylorad", MatrixProduct)
def taylorad_matrix_product(problem: MatrixProduct) -> Task:
    a, b = map(ours, problem.operands)
    return Task(lambda: a @ b, lambda x: x.ends)


@system("two NumPy arrays", "numpy", Elementwise)
def numpy_elementwise(problem: Elementwise) -> Task:
    if problem.name not in "+√" or problem.size == 1:
        raise Unsupported("not the same work")
    operation = np.add if problem.name == "+" else np.sqrt
    lower, upper = ([ends[k] for ends in problem.operands] for k in (0, 1))
    return Task(
        lambda: (operation(*lower), operation(*upper)),
        lambda x: (np.nextafter(x[0], -inf), np.nextafter(x[1], inf)),
        note="no enclosure",
    )


# ----------------------------------------------------------------------------------------------------------- peers


def crival(ends: Ends) -> Any:
    import ival

    return ival.Interval(*(float(e) if e.ndim == 0 else e for e in ends))


def bounds(x: Any) -> Ends:
    return np.asarray(x.lo), np.asarray(x.hi)


@system("crival", "crival", Elementwise)
def crival_elementwise(problem: Elementwise) -> Task:
    import ival

    operation = {**OPERATORS, "√": ival.sqrt, "fma": ival.fma}[problem.name]
    operands = [crival(e) for e in problem.operands]
    return Task(lambda: operation(*operands), bounds)


@system("crival", "crival", Sum)
def crival_sum(problem: Sum) -> Task:
    operand = crival(problem.operand)

    def halves() -> Any:
        x = operand
        while (n := x.shape[0]) > 1:
            if n % 2:
                raise Unsupported("halving works for powers of two")
            x = x[: n // 2] + x[n // 2 :]
        return x

    return Task(halves, bounds, note="has no sum: halves are added")


@system("crival", "crival", MatrixProduct)
def crival_matrix_product(problem: MatrixProduct) -> Task:
    a, b = map(crival, problem.operands)

    def columns_times_rows() -> Any:
        total = a[:, :1] * b[:1]
        for j in range(1, problem.size):
            total = total + a[:, j : j + 1] * b[j : j + 1]
        return total

    return Task(columns_times_rows, bounds, note="has none: columns times rows are added")


@system("pyintval", "pyintval", Elementwise)
def pyintval_elementwise(problem: Elementwise) -> Task:
    import pyintval

    if problem.size > 1:
        raise Unsupported("single intervals only")
    operands = [pyintval.Interval(float(x), float(y)) for x, y in problem.operands]
    operation = {**OPERATORS, "√": pyintval.sqrt, "fma": pyintval.fma}[problem.name]
    return Task(lambda: operation(*operands), bounds)


def ball(low: float, high: float) -> Any:
    import flint

    flint.ctx.prec = 53
    return flint.arb(float(low)).union(flint.arb(float(high)))


def ball_ends(balls: list) -> Ends:
    lower, upper = ([float(getattr(b, end)()) for b in balls] for end in ("lower", "upper"))
    return np.nextafter(lower, -inf), np.nextafter(upper, inf)


@system("python-flint (arb)", "python-flint", Elementwise)
def flint_elementwise(problem: Elementwise) -> Task:
    if problem.size > 1:
        raise Unsupported("single balls only")
    operands = [ball(*ends) for ends in problem.operands]
    if problem.name == "fma":
        return Task(lambda: operands[0] * operands[1] + operands[2], lambda x: ball_ends([x]), note="× and +")
    operation = {**OPERATORS, "√": lambda x: x.sqrt()}[problem.name]
    return Task(lambda: operation(*operands), lambda x: ball_ends([x]), note="midpoint and radius")


@system("python-flint (arb_mat)", "python-flint", MatrixProduct)
def flint_matrix_product(problem: MatrixProduct) -> Task:
    import flint

    n = problem.size
    a, b = (flint.arb_mat(n, n, [ball(*e) for e in zip(*map(np.ravel, x), strict=True)]) for x in problem.operands)
    return Task(
        lambda: a * b,
        lambda x: tuple(e.reshape(1, 1) for e in ball_ends([x[0, 0]])),  # type: ignore[arg-type]
        note="midpoint and radius",
    )


def main() -> int:
    parser = options(__doc__)
    arguments = parser.parse_args()
    sizes = (1, 1000) if arguments.quick else (1, 1000, 10**6)
    groups: list[tuple[Problem]] = [(Elementwise(name, n),) for n in sizes for name in EXACT]
    groups += [(Sum(n),) for n in ((1024,) if arguments.quick else (1024, 1 << 20))]
    groups += [(MatrixProduct(n),) for n in ((10,) if arguments.quick else (10, 200))]
    return run(groups, arguments)


if __name__ == "__main__":
    sys.exit(main())
