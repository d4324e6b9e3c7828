"""Lowering an equation ``a Y' = b x'`` to products, squares and linear combinations of series.

The `ode` of a rule is run once on `Term` objects, a strict ring of polynomials: only integers and the rule's own
parameters and constants may enter (a float literal would destroy interval rigour, and raises). What comes out is a
short list of `Node` operations that every algebra, and the compiler, executes degree by degree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from numbers import Integral
from typing import Any

from taylorad.rules.rule import Rule


@dataclass(frozen=True)
class Constant:
    """A parameter or constant of a rule, or an integer expression in them: degree 0 only."""

    value: Any

    @staticmethod
    def of(number: Any) -> Constant:
        if isinstance(number, Constant):
            return number
        if isinstance(number, Integral):
            return Constant(int(number))
        raise TypeError(
            f"equations hold integers, parameters and the rule's constants only, got {number!r}: let irrational "
            "numbers enter through Rule.constants, as values of the base ring"
        )

    def __add__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, Term) else Constant(self.value + Constant.of(other).value)

    def __mul__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, Term) else Constant(self.value * Constant.of(other).value)

    def __neg__(self) -> Constant:
        return Constant(-self.value)

    def __sub__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, Term) else self + (-Constant.of(other))

    def __rsub__(self, other: Any) -> Constant:
        return -self + other

    __radd__, __rmul__ = __add__, __mul__


@dataclass(frozen=True)
class Node:
    """One intermediate series: a product or square of two atoms, or a linear combination of atoms.

    operands : for "product" the two atoms; for "square" the atom; for "linear" pairs (coefficient, atom).
    constant : added to the degree-0 part of a linear combination.
    """

    kind: str
    operands: tuple
    constant: Any = 0


class Term:
    """A linear form ``constant + Σ coefficient·atom`` over the atoms of one `Lowering`."""

    def __init__(self, lowering: Lowering, parts: dict[int, Any], constant: Any = 0):
        self.lowering, self.parts, self.constant = lowering, parts, constant

    def _lift(self, other: Any) -> Term:
        return other if isinstance(other, Term) else Term(self.lowering, {}, Constant.of(other).value)

    def _scale(self, factor: Any) -> Term:
        if _is_zero(factor):
            return Term(self.lowering, {})
        return Term(self.lowering, {atom: c * factor for atom, c in self.parts.items()}, self.constant * factor)

    def __add__(self, other: Any) -> Term:
        other = self._lift(other)
        parts = dict(self.parts)
        for atom, c in other.parts.items():
            parts[atom] = parts[atom] + c if atom in parts else c
        return Term(self.lowering, parts, self.constant + other.constant)

    def __neg__(self) -> Term:
        return self._scale(-1)

    def __sub__(self, other: Any) -> Term:
        return self + (-self._lift(other))

    def __rsub__(self, other: Any) -> Term:
        return -self + other

    def __mul__(self, other: Any) -> Term:
        other = self._lift(other)
        if not other.parts:
            return self._scale(other.constant)
        if not self.parts:
            return other._scale(self.constant)
        (c, u), (d, v) = self.lowering.atom(self), self.lowering.atom(other)
        node = Node("square", (u,)) if u == v else Node("product", (min(u, v), max(u, v)))
        return Term(self.lowering, {self.lowering.node(node): c * d})

    __radd__, __rmul__ = __add__, __mul__

    def __pow__(self, exponent: int) -> Term:
        if not (isinstance(exponent, int) and exponent >= 1):
            raise TypeError(f"equations hold polynomials: a power must be a positive integer, got {exponent!r}")
        result = self
        for _ in range(exponent - 1):
            result = result * self
        return result


class Lowering:
    """Collects the nodes of one equation; atoms 0 … inputs-1 are the arguments and unknowns."""

    def __init__(self, inputs: int):
        self.inputs = inputs
        self.nodes: list[Node] = []
        self.known: dict[Any, int] = {}

    def node(self, node: Node) -> int:
        """Index of the atom that holds `node`; equal products and squares share one."""
        key = (node.kind, node.operands if node.kind != "linear" else len(self.nodes))
        if key not in self.known:
            self.nodes.append(node)
            self.known[key] = self.inputs + len(self.nodes) - 1
        return self.known[key]

    def atom(self, term: Term) -> tuple[Any, int]:
        """(coefficient, atom) equal to `term`, which a new linear node holds when it is more than one atom."""
        if len(term.parts) == 1 and _is_zero(term.constant):
            ((atom, c),) = term.parts.items()
            return c, atom
        return 1, self.node(Node("linear", tuple((c, atom) for atom, c in term.parts.items()), term.constant))

    def form(self, term: Any) -> tuple[Any, Any, int | None]:
        """`term` as (constant, coefficient, atom); the atom is None for a constant."""
        if not isinstance(term, Term):
            return Constant.of(term).value, 0, None
        if not term.parts:
            return term.constant, 0, None
        if len(term.parts) == 1:
            ((atom, c),) = term.parts.items()
            return term.constant, c, atom
        return 0, *self.atom(term)


@dataclass(frozen=True)
class Slope:
    """One term ``(constant + coefficient·atom) x_argument'`` of an unknown's slope; the atom may be None."""

    constant: Any
    coefficient: Any
    atom: int | None
    argument: int


@dataclass(frozen=True, eq=False)
class Equation:
    """``a Y_i' = Σ (constant + coefficient·atom) x_l'`` over the slopes of row i.

    Atoms are numbered: the arguments x, then the unknowns Y, then `nodes` in order of evaluation.

    Attributes
    ----------
    arguments, unknowns : int
        How many there are.
    nodes : tuple of Node
    a : (constant, coefficient, atom or None)
    rows : for every unknown the tuple of its slopes
    moving : the arguments whose slopes occur
    parameters : values of the parameters and constants
    """

    arguments: int
    unknowns: int
    nodes: tuple[Node, ...]
    a: tuple[Any, Any, int | None]
    rows: tuple[tuple[Slope, ...], ...]
    moving: tuple[int, ...]
    parameters: tuple = ()


def lower(rule: Rule, parameters: tuple = ()) -> Equation:
    """The equation of a rule for given values of its parameters and constants (any ring, symbols included)."""
    return _trace(rule, parameters) if parameters else _lower_once(rule)


@cache
def _lower_once(rule: Rule) -> Equation:
    return _trace(rule, ())


def _trace(rule: Rule, parameters: tuple) -> Equation:
    if rule.ode is None:
        raise TypeError("this function has no differential equation")
    arguments = len(rule.arguments)
    unknowns = rule.ode.__code__.co_argcount - arguments - len(parameters)
    lowering = Lowering(arguments + unknowns)
    atoms = [Term(lowering, {i: 1}) for i in range(arguments + unknowns)]
    a, *b = rule.ode(*atoms, *map(Constant, parameters))
    table = [row if isinstance(row, tuple) else (row,) for row in b]
    if len(table) != unknowns or any(len(row) != arguments for row in table):
        raise TypeError(f"the equation must give one slope for each of {unknowns} unknowns and {arguments} arguments")
    a_form = lowering.form(a)
    forms = [[(lowering.form(term), i) for i, term in enumerate(row)] for row in table]
    rows = tuple(
        tuple(Slope(*form, i) for form, i in row if form[2] is not None or not _is_zero(form[0])) for row in forms
    )
    moving = tuple(sorted({slope.argument for row in rows for slope in row}))
    return Equation(arguments, unknowns, tuple(lowering.nodes), a_form, rows, moving, parameters)


def _is_zero(constant: Any) -> bool:
    return isinstance(constant, int) and constant == 0
