"""Enclosures of Taylor coefficients of functions of one variable, at points and over intervals.

The recurrence of the function's equation (see `taylorad.algebras.recurrence`) runs over intervals from the variable
``x + t``, whose coefficients above degree 1 are zero: with ``x_1 = 1`` it is

    k a₀ Y_k = b_{k-1} − Σ_{0<j<k} j a_{k-j} Y_j ,

and what is known to be zero is left out: exp costs one division a degree. Functions without an equation, or one that is
not stable everywhere, go the way of a `Taylor` series with interval coefficients.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.algebras.interval import decorations
from taylorad.algebras.interval.elementary import of_function
from taylorad.algebras.interval.interval import Interval, as_interval
from taylorad.algebras.structure import TaylorStructure
from taylorad.algebras.taylor import Taylor
from taylorad.rings.interval import arithmetic as intervals
from taylorad.rules import Primitive
from taylorad.rules.equation import Equation, lower

Ends = tuple[Any, Any]
Part = Ends | None  # None: zero


def expansions(primitive: Primitive, inf: Any, sup: Any, parameters: tuple, order: int) -> list[Ends]:
    """Ends (order + 1, *shape) of enclosures of the normalized derivatives at all points of intervals, one a result."""
    inf, sup = np.asarray(inf, np.float64), np.asarray(sup, np.float64)
    if primitive.kind == "quotient":
        found = [_reciprocal((inf, sup), order)]
    elif is_stable(primitive):
        found = by_equation(primitive, (inf, sup), parameters, order).results(primitive.rule.outputs)
    else:
        found = _by_series(primitive, inf, sup, parameters, order)
    return [_unbounded_for_empty(*f) for f in found]


def is_stable(primitive: Primitive) -> bool:
    """Whether the function's equation serves at all points."""
    return primitive.kind == "elementary" and primitive.rule.ode is not None and primitive.rule.unstable is None


def is_smooth(primitive: Primitive) -> bool:
    """Whether the function is smooth on all of the domain that the table names."""
    return primitive.name in _SMOOTH


def _unbounded_for_empty(inf: Any, sup: Any) -> Ends:
    empty = np.isnan(inf) | np.isnan(sup)
    return (np.where(empty, -np.inf, inf), np.where(empty, np.inf, sup)) if empty.any() else (inf, sup)


def _placed(primitive: Primitive, x: Any, parameters: tuple) -> tuple:
    rule = primitive.rule
    placed: list[Any] = [None] * rule.nin
    for i, value in zip((*rule.arguments, *rule.parameters), (x, *parameters), strict=True):
        placed[i] = value
    return tuple(placed)


def _by_series(primitive: Primitive, inf: Any, sup: Any, parameters: tuple, order: int) -> list[Ends]:
    ends = np.zeros((2, order + 1, *inf.shape))
    ends[0, 0], ends[1, 0] = inf, sup
    if order:
        ends[:, 1] = 1.0
    x = Taylor._make(Interval._make(*ends), TaylorStructure.of(order))
    with np.errstate(all="ignore"):
        results = x.apply(primitive, _placed(primitive, x, parameters), {})
    return [r.coefficients.ends for r in (results if isinstance(results, tuple) else (results,))]


def _reciprocal(x: Ends, order: int) -> Ends:
    """``(-1)^k / x^(k+1)``."""
    rows = [intervals.reciprocal(*x)]
    for _ in range(order):
        rows.append(intervals.divide(*intervals.negative(*rows[-1]), *x))
    return np.stack([r[0] for r in rows]), np.stack([r[1] for r in rows])


def outside(primitive: Primitive, inf: Any, sup: Any, parameters: tuple) -> Any:
    """Where intervals reach beyond the domain of a function, or across points where it is not continuous."""
    if primitive.kind == "quotient":
        return (inf <= 0) & (sup >= 0)
    domain = primitive.rule.domain
    below = (inf <= domain.lower) & (domain.lower > -np.inf) & ~np.isin(inf, domain.closed)
    above = (sup >= domain.upper) & (domain.upper < np.inf) & ~np.isin(sup, domain.closed)
    wrong = below | above
    if np.all(wrong) or is_smooth(primitive):
        return wrong
    x = Interval._make(np.asarray(inf), np.asarray(sup)).decorated()
    values = of_function(primitive.name, *_placed(primitive, x, parameters))
    for value in values if isinstance(values, tuple) else (values,):
        wrong = wrong | (value.codes < decorations.DAC)
    return wrong


# no decoration need be asked of these
_SMOOTH = {
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sqrt",
    "constant_power",
    "sin",
    "cos",
    "erf",
    "erfc",
}
_SMOOTH |= {"arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "expit"}

# ---------------------------------------------------------------------------------------------------- the recurrence


def by_equation(primitive: Primitive, x: Ends, parameters: tuple, order: int) -> Run:
    rule, argument = primitive.rule, Interval._make(*x)
    xp, fixed = argument.namespace, tuple(map(as_interval, parameters))
    start = rule.start(xp, *_placed(primitive, argument, fixed))
    start = start if isinstance(start, tuple) else (start,)
    equation = lower(rule, (*fixed, *rule.constants(xp)))
    run = Run(equation, x, [as_interval(s).ends for s in start])
    for k in range(1, order + 1):
        run.step(k)
    return run


def _stacked(parts: list[Part], shape: tuple[int, ...]) -> Ends:
    low, high = np.zeros((len(parts), *shape)), np.zeros((len(parts), *shape))
    for k, part in enumerate(parts):
        if part is not None:
            low[k], high[k] = part
    return low, high


class Run:
    """The state of the recurrence: the parts of the argument, the unknowns and the nodes, known up to some degree."""

    def __init__(self, equation: Equation, x: Ends, start: list[Ends]):
        self.equation, self.shape = equation, x[0].shape
        one = np.ones(()), np.ones(())
        self.atoms: list[list[Part]] = [[x, one]]
        self.atoms += [[s] for s in start]
        self.atoms += [[] for _ in equation.nodes]
        self.first_node = 1 + len(start)
        self._nodes(0)
        constant, coefficient, atom = equation.a
        self.a = None if atom is None else self.atoms[atom]
        self.a_coefficient = coefficient
        self.leading = _ends(constant) if self.a is None else _plus(_scaled(coefficient, self.a[0]), _ends(constant))

    def results(self, count: int) -> list[Ends]:
        """Ends (order + 1, *shape) of the first unknowns."""
        return [_stacked(parts, self.shape) for parts in self.atoms[1 : 1 + count]]

    def step(self, k: int) -> None:
        """Part k of every unknown and node."""
        divisor = _times((np.float64(k),) * 2, self.leading)
        for i, row in enumerate(self.equation.rows):
            total: Part = None
            for term in row:
                if term.atom is not None:
                    total = _plus(total, _scaled(term.coefficient, self._part(term.atom, k - 1)))
                if k == 1:
                    total = _plus(total, _ends(term.constant))
            unknown = self.atoms[1 + i]
            if self.a is not None:
                total = _minus(total, _scaled(self.a_coefficient, self._slopes(self.a, unknown, k)))
            unknown.append(None if total is None else intervals.divide(*total, *divisor))  # type: ignore[misc]
        self._nodes(k)

    def _part(self, atom: int, k: int) -> Part:
        parts = self.atoms[atom]
        return parts[k] if k < len(parts) else None

    def _slopes(self, a: list[Part], y: list[Part], k: int) -> Part:
        """``Σ_{0<j<k} j a_{k-j} y_j``."""
        pairs = [(a[k - j], _times((np.float64(j),) * 2, y[j])) for j in range(1, k) if k - j < len(a)]
        return _dot(pairs)

    def _nodes(self, k: int) -> None:
        for node, parts in zip(self.equation.nodes, self.atoms[self.first_node :], strict=True):
            if node.kind == "linear":
                value: Part = _ends(node.constant) if k == 0 else None
                for c, atom in node.operands:
                    value = _plus(value, _scaled(c, self._part(atom, k)))
            elif node.operands[0] == node.operands[-1]:
                value = self._square(self.atoms[node.operands[0]], k)
            else:
                u, v = (self.atoms[i] for i in node.operands)
                value = _dot([(u[k - j], v[j]) for j in range(k + 1) if j < len(v) and k - j < len(u)])
            parts.append(value)

    def _square(self, u: list[Part], k: int) -> Part:
        half = _dot([(u[k - j], u[j]) for j in range((k + 1) // 2) if k - j < len(u)])
        total = None if half is None else _times((np.float64(2),) * 2, half)
        middle = u[k // 2] if k % 2 == 0 and k // 2 < len(u) else None
        return total if middle is None else _plus(total, intervals.square(*middle))


def _ends(constant: Any) -> Part:
    """A constant of an equation, an integer or an interval."""
    if isinstance(constant, int):
        return None if constant == 0 else as_interval(constant).ends
    return constant.ends  # type: ignore[no-any-return]


def _plus(x: Part, y: Part) -> Part:
    return y if x is None else x if y is None else intervals.add(*x, *y)


def _minus(x: Part, y: Part) -> Part:
    if y is None:
        return x
    return intervals.negative(*y) if x is None else intervals.subtract(*x, *y)


def _times(x: Part, y: Part) -> Part:
    return None if x is None or y is None else intervals.multiply(*x, *y)


def _scaled(coefficient: Any, x: Part) -> Part:
    if x is None or (isinstance(coefficient, int) and coefficient == 1):
        return x
    if isinstance(coefficient, int) and coefficient == -1:
        return intervals.negative(*x)
    return _times(_ends(coefficient), x)


def _dot(pairs: list[tuple[Part, Part]]) -> Part:
    total: Part = None
    for u, v in pairs:
        total = _plus(total, _times(u, v))
    return total
