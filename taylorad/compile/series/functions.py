"""Lowering functions of series: the equation of a rule becomes nodes, its companions shared among functions.

The recurrence is the one of `algebras.recurrence`; square roots and powers with constant exponents have nodes of their
own (half a sum, and one sum instead of two). Where eager code leaves the recurrence (removable singularities, roots of
zero, points where digits are lost) a guard says so, and the caller goes the eager way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.compile.series.nodes import Row, SeriesProgram, Term
from taylorad.compile.series.start import Start, StartNamespace, Unsupported
from taylorad.rules import TABLE, Rule
from taylorad.rules.equation import Equation, lower

COMPANIONS = {"cos": ("sin", 1), "cosh": ("sinh", 1)}  # the function is that unknown of the other's equation
FLAT = frozenset(("floor", "ceil", "trunc", "rint", "sign", "isnan", "isfinite", "isinf"))  # their derivatives are 0


class Functions:
    """The functions of one program under construction.

    Parameters
    ----------
    program : SeriesProgram
    known : callable (name) -> bool
        Whether there is native code for the values of a function.
    """

    def __init__(self, program: SeriesProgram, known: Callable[[str], bool]):
        self.program, self.namespace = program, StartNamespace(known)
        self._solved: dict[tuple, list[int]] = {}

    def call(self, name: str, operands: tuple[int, ...]) -> int:
        """The node of a function of nodes."""
        if name in ("power", "pow", "float_power", "constant_power"):
            return self._power(*operands)
        if name in _COMPOSITE:
            return _COMPOSITE[name](self, *operands)
        if name in FLAT or all(self.program[i].degree == 0 for i in operands):
            return self.value(name, *operands)
        primitive = TABLE.get(name)
        if primitive is None or primitive.kind != "elementary":
            raise Unsupported(f"{name} has no equation of its own")
        solving, output = COMPANIONS.get(name, (primitive.name, 0))
        return self._unknowns(solving, operands)[output]

    def value(self, name: str, *operands: int) -> int:
        """A function of degree-0 parts: native code for it, or the start formula of its rule."""
        starts = [self.start(i) for i in operands]
        name = "power" if name in ("constant_power", "series_power") else name
        primitive = TABLE.get(name)
        elementary = primitive is not None and primitive.kind == "elementary"
        if primitive is not None and elementary and not self.namespace.has(name):
            made = _tuple(primitive.rule.start(self.namespace, *starts))[0]
            return made.index
        return getattr(self.namespace, name)(*starts).index

    def start(self, index: int) -> Start:
        """The degree-0 part of a node, for start formulas."""
        return Start(self.program, index)

    def linear(self, coefficients: tuple, operands: tuple[int, ...], constant: float = 0) -> int:
        """The node of a linear combination; ``1 x`` is x."""
        if coefficients == (1,) and constant == 0:
            return operands[0]
        nodes = [self.program[i] for i in operands]
        shape = np.broadcast_shapes(*(n.shape for n in nodes))
        dtype, degree = np.result_type(*(n.dtype for n in nodes)), max(n.degree for n in nodes)
        return self.program.add("linear", operands, (coefficients, constant), shape, dtype, degree)

    def product(self, u: int, v: int) -> int:
        """The node of u v; single constants make it linear."""
        for x, y in ((u, v), (v, u)):
            factor = self.constant_of(y)
            if factor is not None and self.program[x].dtype == self.program[y].dtype:
                return self.linear((factor,), (x,))
        first, second = self.program[u], self.program[v]
        shape, dtype = np.broadcast_shapes(first.shape, second.shape), np.result_type(first.dtype, second.dtype)
        degree = first.degree + second.degree
        if u == v:
            return self.program.add("square", (u,), None, shape, dtype, degree)
        return self.program.add("product", (min(u, v), max(u, v)), None, shape, dtype, degree)

    def quotient(self, u: int, v: int) -> int:
        """The node of u/v; v₀ must not be 0 if v moves."""
        first, second = self.program[u], self.program[v]
        shape, dtype = np.broadcast_shapes(first.shape, second.shape), np.result_type(first.dtype, second.dtype)
        if second.degree:
            self.require(self.start(v) != 0)
        inverse = (1 / self.start(v)).index
        degree = first.degree if second.degree == 0 else self.program.order
        return self.program.add("quotient", (u, v, inverse), None, shape, dtype, degree)

    def constant_of(self, index: int) -> float | None:
        """The one number a constant node consists of, None for others."""
        node = self.program[index]
        return node.data.flat[0].item() if node.uniform and node.dtype != bool else None

    def require(self, condition: Any) -> None:
        """Say what must hold at degree 0 for the recurrences to be right."""
        if isinstance(condition, Start):
            self.program.guards.append(condition.index)
        elif not np.all(condition):
            raise Unsupported("the recurrence loses its digits at every point")

    # ------------------------------------------------------------------------------------------------------ powers

    def _power(self, x: int, exponent: int) -> int:
        if self.program[exponent].degree or self.program[exponent].kind != "constant":
            if self.program[exponent].degree == self.program[x].degree == 0:
                return self.value("power", x, exponent)
            if self.program[exponent].degree == 0:
                raise Unsupported("an exponent that is not known in advance, of a base that moves")
            return self._unknowns("series_power", (x, exponent))[0]
        r = self.constant_of(exponent)
        if r is None:
            raise Unsupported("different constant exponents in one power")
        if self.program[x].degree == 0:
            return self.value("power", x, exponent)
        if r == int(r):
            return self.integer_power(x, int(r))
        return self._root(x) if r == 0.5 else self.real_power(x, r)

    def integer_power(self, x: int, exponent: int) -> int:
        """By repeated squaring, as in eager code."""
        if exponent < 0:
            one = self.program.add("constant", (), np.ones((), self.program[x].dtype), (), self.program[x].dtype, 0)
            return self.quotient(one, self.integer_power(x, -exponent))
        if exponent == 0:
            return self.linear((0,), (x,), 1)
        result, square = None, x
        while True:
            if exponent & 1:
                result = square if result is None else self.product(result, square)
            exponent >>= 1
            if not exponent:
                return result if result is not None else x
            square = self.product(square, square)

    def real_power(self, x: int, r: float) -> int:
        """x^r by its own recurrence; x₀ = 0 is left to eager code."""
        base = self.start(x)
        self.require(base != 0)
        y = self.namespace.power(base, r)
        inverse = self._within("constant_power", base, y, 1 / base)
        node = self.program[x]
        return self.program.add("power", (x, y.index, inverse.index), r, node.shape, node.dtype, self.program.order)

    def _root(self, x: int) -> int:
        node, base = self.program[x], self.start(x)
        if node.degree == 0:
            return self.value("sqrt", x)
        self.require(base != 0)
        y = self.namespace.sqrt(base)
        inverse = 0.5 / y
        return self.program.add("root", (x, y.index, inverse.index), None, node.shape, node.dtype, self.program.order)

    # --------------------------------------------------------------------------------------------------- equations

    def _unknowns(self, name: str, operands: tuple[int, ...]) -> list[int]:
        key = name, operands
        if key not in self._solved:
            rule = TABLE[name].rule
            if rule.homogeneous is None:
                self._solved[key] = self._solve(name, rule, operands)
            else:
                self._solved[key] = self._scaled(name, rule, operands)
        return self._solved[key]

    def _scaled(self, name: str, rule: Rule, operands: tuple[int, ...]) -> list[int]:
        """Of arguments divided by a power of two, so that squares neither overflow nor vanish."""
        scale = self.namespace.common_scale(*map(self.start, operands))
        scaled = tuple(self.product(i, (1 / scale).index) for i in operands)
        results = self._solve(name, rule, scaled)
        return [self.product(r, scale.index) for r in results] if rule.homogeneous else results

    def _solve(self, name: str, rule: Rule, operands: tuple[int, ...]) -> list[int]:
        if len(operands) != rule.nin:
            raise Unsupported(f"{name} takes {rule.nin} arguments, got {len(operands)}")
        if rule.ode is None:
            raise Unsupported(f"{name} has no differential equation")
        parameters = tuple(self.constant_of(operands[i]) for i in rule.parameters)
        if any(p is None for p in parameters):
            raise Unsupported(f"{name} with parameters that are no single constants")
        arguments = [operands[i] for i in rule.arguments]
        values: list[Any] = [None] * rule.nin
        for i, x in zip((*rule.arguments, *rule.parameters), (*map(self.start, arguments), *parameters), strict=True):
            values[i] = x
        self._check(rule, values)
        made = rule.start(self.namespace, *values)
        starts = [s if isinstance(s, Start) else values[rule.arguments[0]] * 0 + s for s in _tuple(made)]
        equation = lower(rule, (*parameters, *rule.constants(self.namespace)))
        return _System(self, name, equation, arguments, starts).unknowns

    def _check(self, rule: Rule, values: list) -> None:
        if rule.unstable is not None:
            mask = rule.unstable(*values, self.program.order)
            self.require(~mask if isinstance(mask, Start) else not np.any(mask))
        if rule.zero_exponent is not None:
            zero = [values[i] == 0 for i in rule.arguments]
            self.require(~(zero[0] & zero[1]) if len(zero) == 2 else ~zero[0])

    def _within(self, name: str, x: Start, y: Start, inverse: Start) -> Start:
        """1/a₀, nan where the first argument leaves the domain of the function and something is not finite."""
        domain = TABLE[name].rule.domain
        outside: Any = None
        for bound, beyond in ((domain.lower, x.__le__), (domain.upper, x.__ge__)):
            if math.isfinite(bound):
                outside = beyond(bound) if outside is None else outside | beyond(bound)
        if domain.poles is not None:
            outside = domain.poles(x) if outside is None else outside | domain.poles(x)
        if outside is None:
            return inverse
        for end in domain.closed:
            outside = outside & (x != end)
        lost = outside & ~(y.finite & inverse.finite)
        return lost.where(math.nan, inverse)


class _System:
    """The unknowns and nodes of one equation."""

    def __init__(self, functions: Functions, name: str, equation: Equation, arguments: list[int], starts: list[Start]):
        self.functions, self.program, self.equation = functions, functions.program, equation
        shape = np.broadcast_shapes(*(self.program[i].shape for i in arguments), *(s.shape for s in starts))
        dtype, order = self.program[arguments[0]].dtype, self.program.order
        slopes = {i: self._slope(arguments[i]) for i in equation.moving if self.program[arguments[i]].degree}
        self.rows = [Row() for _ in starts]
        self.unknowns = [self.program.add("unknown", (), row, shape, dtype, order) for row in self.rows]
        self.atoms = [*arguments, *self.unknowns]
        for row, start in zip(self.rows, starts, strict=True):
            row.start = start.index
        for node in equation.nodes:
            self.atoms.append(self._node(node))
        inverse = self._inverse(name, functions.start(arguments[0]), starts)
        _, coefficient, atom = equation.a
        for row, unknown, slopes_of in zip(self.rows, self.unknowns, equation.rows, strict=True):
            row.terms = [
                Term(t.constant, t.coefficient, None if t.atom is None else self.atoms[t.atom], slopes[t.argument])
                for t in slopes_of
                if t.argument in slopes
            ]
            row.inverse = inverse
            if atom is not None:
                row.a, row.slope = (coefficient, self.atoms[atom]), self._slope(unknown)

    def _slope(self, x: int) -> int:
        node = self.program[x]
        return self.program.add("slope", (x,), None, node.shape, node.dtype, node.degree)

    def _node(self, node: Any) -> int:
        if node.kind == "linear":
            coefficients, atoms = zip(*node.operands, strict=True)
            return self.functions.linear(coefficients, tuple(self.atoms[i] for i in atoms), node.constant)
        u, v = node.operands if node.kind == "product" else node.operands * 2
        return self.functions.product(self.atoms[u], self.atoms[v])

    def _inverse(self, name: str, x: Start, starts: list[Start]) -> int | None:
        constant, coefficient, atom = self.equation.a
        leading: Any = constant
        if atom is not None:
            moving = self.functions.start(self.atoms[atom])
            scaled = moving if coefficient == 1 else moving * coefficient
            leading = scaled if isinstance(constant, int) and constant == 0 else scaled + constant
        inverse = 1 / leading if isinstance(leading, Start) else Start(self.program, x._lift(1 / leading))
        within = self.functions._within(name, x, starts[0], inverse)
        return None if within is inverse and not isinstance(leading, Start) and leading == 1 else within.index


def _tuple(made: Any) -> tuple:
    return made if isinstance(made, tuple) else (made,)


def _absolute(functions: Functions, x: int) -> int:
    if functions.program[x].degree == 0:
        return functions.value("absolute", x)
    start = functions.start(x)
    functions.require(start != 0)
    return selected(functions, (start < 0).index, functions.linear((-1,), (x,)), x)


def _logaddexp(functions: Functions, x: int, y: int, unit: float = 1.0) -> int:
    """max − log_expit(unit (max − min))/unit; where both are equally infinite, eager code knows better."""
    first = functions.start(x) >= functions.start(y)
    functions.require(functions.start(x).finite & functions.start(y).finite)
    high, low = selected(functions, first.index, x, y), selected(functions, first.index, y, x)
    difference = functions.linear((unit, -unit), (high, low))
    return functions.linear((1, -1 / unit), (high, functions.call("log_expit", (difference,))))


def selected(functions: Functions, condition: int, x: int, y: int) -> int:
    """The node that is x where a condition holds, else y."""
    nodes = [functions.program[i] for i in (condition, x, y)]
    shape, dtype = np.broadcast_shapes(*(n.shape for n in nodes)), np.result_type(nodes[1].dtype, nodes[2].dtype)
    return functions.program.add("select", (condition, x, y), None, shape, dtype, max(n.degree for n in nodes[1:]))


_COMPOSITE: dict[str, Callable[..., int]] = {
    "sqrt": Functions._root,
    "absolute": _absolute,
    "fabs": _absolute,
    "square": lambda functions, x: functions.product(x, x),
    "reciprocal": lambda functions, x: functions.integer_power(x, -1),
    "logaddexp": _logaddexp,
    "logaddexp2": lambda functions, x, y: _logaddexp(functions, x, y, math.log(2)),
    "xlog1py": lambda functions, x, y: functions.product(x, functions.call("log1p", (y,))),
}
