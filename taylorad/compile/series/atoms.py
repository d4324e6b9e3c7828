"""Single entries of series as products of a number and an atom: where equal entries become one.

A value is ``c a``, a number times an atom; atoms are nodes (`nodes`) of single entries. Numbers and signs stay outside,
so that ``x_j - x_i`` and ``x_i - x_j`` are one atom, their squares too, and zeros and constants disappear. Powers of a
base are one atom ``x^r`` each: products and quotients of them add exponents, so that ``d/(r²·sqrt(r²))``,
``d/norm³`` and ``d·(r²)^-1.5`` all become ``d·x^-1.5``, one recurrence for all components of d.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from taylorad.compile.series.nodes import BOOL

Value = tuple[float, int]
ONE = 0
RANGE = 1e140  # numbers beyond it, or below its inverse, are not multiplied with one another ahead of time
LOGIC = {"and": np.logical_and, "or": np.logical_or, "not": np.logical_not}
TESTS = {"<": np.less, "<=": np.less_equal, "==": np.equal, "!=": np.not_equal, ">": np.greater, ">=": np.greater_equal}
PLAIN = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide}


@dataclass(eq=False, slots=True)
class Atom:
    """One entry of a node; operands are atoms."""

    index: int
    kind: str
    data: Any
    operands: tuple[int, ...]
    dtype: np.dtype
    degree: int
    needed: int = -1

    @property
    def last(self) -> int:
        """The highest part to be made."""
        return min(self.degree, self.needed)


class Atoms:
    """Atoms under construction, and the arithmetic of values.

    Attributes
    ----------
    atoms : list of Atom, operands first (but those of an unknown's equation)
    guards : atoms that must hold at degree 0
    """

    def __init__(self, order: int):
        self.order = order
        self.atoms = [Atom(ONE, "constant", 1.0, (), np.dtype(np.float64), 0)]
        self.guards: list[int] = []
        self._known: dict[tuple, int] = {}
        self._powers: dict[int, tuple[int, float]] = {}

    def __getitem__(self, index: int) -> Atom:
        return self.atoms[index]

    def add(self, kind: str, data: Any, operands: tuple[int, ...], dtype: np.dtype, degree: int) -> int:
        """The index of an atom, made unless there is an equal one."""
        key = kind, data, operands, dtype.char
        index = self._known.get(key) if kind != "unknown" else None
        if index is None:
            index = self._known[key] = len(self.atoms)
            self.atoms.append(Atom(index, kind, data, operands, dtype, min(degree, self.order)))
        return index

    def atom(self, value: Value, dtype: np.dtype) -> int:
        """The atom of a value with its number."""
        c, i = value
        if i == ONE:
            return self.add("constant", float(c), (), dtype, 0)
        if c == 1:
            return i
        return self.add("linear", ((c,), 0.0), (i,), self.atoms[i].dtype, self.atoms[i].degree)

    def constant(self, index: int) -> Any:
        """The number an atom is, None if it is none."""
        atom = self.atoms[index]
        return atom.data if atom.kind == "constant" else None

    # --------------------------------------------------------------------------------------------------- arithmetic

    def linear(self, terms: Sequence[Value], constant: float, dtype: np.dtype) -> Value:
        """Their sum and a constant; a sum of two that are one another's negative has only a sign more."""
        merged: dict[int, float] = {}
        for c, i in terms:
            if i == ONE:
                constant += c
            else:
                merged[i] = merged[i] + c if i in merged else c
        rows = sorted((i, c) for i, c in merged.items() if c != 0)
        if not rows:
            return constant, ONE
        first = rows[0][1]
        if constant == 0:
            if len(rows) == 1:
                return first, rows[0][0]
            factor = first if all(abs(c) == abs(first) for _, c in rows) else math.copysign(1.0, first)
        else:
            factor = math.copysign(1.0, first)
        coefficients = tuple(c / factor for _, c in rows)
        operands = tuple(i for i, _ in rows)
        degree = max(self.atoms[i].degree for i in operands)
        return factor, self.add("linear", (coefficients, constant / factor), operands, dtype, degree)

    def product(self, u: Value, v: Value, dtype: np.dtype) -> Value:
        """u v."""
        c = u[0] * v[0]
        if c == 0 and (u == (0.0, ONE) or v == (0.0, ONE)):
            return 0.0, ONE
        if not 1 / RANGE < abs(c) < RANGE and u[0] != 1 and v[0] != 1:
            u, c = (1.0, self.atom(u, dtype)), v[0]
        first, second = u[1], v[1]
        if first == ONE or second == ONE:
            return c, first + second
        powers = self._product_of_powers(first, second)
        if powers is not None:
            return c * powers[0], powers[1]
        degree = self.atoms[first].degree + self.atoms[second].degree
        if first == second:
            return c, self.add("square", None, (first,), dtype, degree)
        return c, self.add("product", None, (min(first, second), max(first, second)), dtype, degree)

    def quotient(self, u: Value, v: Value, inverse: Value, dtype: np.dtype) -> Value:
        """u/v, given 1/v_0; by a power, the product with the opposite power."""
        if u == (0.0, ONE):
            return u
        c, x = u[0] / v[0] if v[0] else math.nan, v[1]
        if not 1 / RANGE < abs(c) < RANGE or math.isinf(v[0]):
            return 1.0, self._divided(self.atom(u, dtype), self.atom(v, dtype), self.atom(inverse, dtype), dtype)
        if x == ONE:
            return c, u[1]
        if x in self._powers and (u[1] == ONE or u[1] in self._powers or self._powers[x][1] != 0.5):
            base, r = self._powers[x]
            start = self.computed("divide", None, (self.atom((1.0, ONE), dtype), self._start(x)), dtype)
            opposite = self._power(base, -r, start)
            return self.product((c, u[1]), opposite, dtype)
        if v[0] != 1:
            inverse = 1.0, self.computed("divide", None, (self.atom((1.0, ONE), dtype), x), dtype)
        return c, self._divided(self.atom((1.0, u[1]), dtype), x, self.atom(inverse, dtype), dtype)

    def _divided(self, u: int, v: int, inverse: int, dtype: np.dtype) -> int:
        degree = self.order if self.atoms[v].degree else self.atoms[u].degree
        return self.add("quotient", None, (u, v, inverse), dtype, degree)

    # ------------------------------------------------------------------------------------------------------- powers

    def root_or_power(self, value: Value, r: float, start: Value, inverse: Value, dtype: np.dtype) -> Value:
        """value^r by the recurrence of a root (r = 1/2) or a power."""
        x = self.atom(value, dtype)
        number = self.constant(x)
        if number is not None and number > 0:
            return float(number**r), ONE
        given = (x, self.atom(start, dtype), self.atom(inverse, dtype))
        if r == 0.5:
            index = self.add("root", None, given, dtype, self.order)
        else:
            index = self.add("power", r, given, dtype, self.order)
        self._powers[index] = x, r
        return 1.0, index

    def _start(self, index: int) -> int:
        return self.atoms[index].operands[1] if index in self._powers else index

    def _product_of_powers(self, u: int, v: int) -> Value | None:
        """x^(r + s) for x^r x^s of which at least one is a power."""
        base, r = self._powers.get(u, (u, 1.0))
        other, s = self._powers.get(v, (v, 1.0))
        if base != other or (u not in self._powers and v not in self._powers):
            return None
        dtype = self.atoms[u].dtype
        return self._power(base, r + s, self.computed("multiply", None, (self._start(u), self._start(v)), dtype))

    def _power(self, base: int, r: float, start: int) -> Value:
        dtype = self.atoms[base].dtype
        if r in (0, 1):
            zero = self.atom((0.0, ONE), dtype)
            below = self.computed("compare", "<", (base, zero), BOOL)  # the root of a negative base is nan
            self.guards.append(self.computed("not", None, (below,), BOOL))
            return (1.0, ONE) if r == 0 else (1.0, base)
        known = self._known.get(("power of", base, r, dtype.char))
        if known is None:
            inverse = self.computed("divide", None, (self.atom((1.0, ONE), dtype), base), dtype)
            known = self.add("power", r, (base, start, inverse), dtype, self.order)
            self._known["power of", base, r, dtype.char] = known
            self._powers[known] = base, r
        return 1.0, known

    # ----------------------------------------------------------------------------------------------------- degree 0

    def computed(self, operation: str, more: Any, operands: tuple[int, ...], dtype: np.dtype) -> int:
        """An elementwise operation on degree 0; at once on constants, where it is plain arithmetic."""
        numbers = [self.constant(i) for i in operands]
        if all(x is not None for x in numbers):
            table = TESTS.get(more) if operation == "compare" else LOGIC.get(operation) or PLAIN.get(operation)
            if table is not None and (dtype.kind in "bf"):
                with np.errstate(all="ignore"):
                    return self.add("constant", table(*numbers).item(), (), dtype, 0)
        if operation == "select" and numbers[0] is not None:
            return operands[1] if numbers[0] else operands[2]
        return self.add("value", (operation, more), operands, dtype, 0)
