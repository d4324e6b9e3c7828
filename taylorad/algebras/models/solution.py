"""The polynomial of a function by the float recurrence of its equation, and a bound of all its errors.

With N_k ≥ ‖Â_k‖ and D_k ≥ ‖A_k - Â_k‖ for every atom A of the equation ``a Y' = b x'`` and its computed value Â, the
difference of the exact and the computed recurrence gives

    k |a₀| D_k(Y) ≤ Σ_j j (D + ε N)_{k-j}(b) N_j(x)
                    + Σ_{0<j<k} j [(N + D)_{k-j}(a) D_j(Y) + (D + ε N)_{k-j}(a) N_j(Y)] + k (D + ε N)_0(a) N_k(Y) ,

ε the relative error of one step: of sums of products in any order, a few more operations, and the constants. So one run
of the compiled code and a recurrence of bounds, in one variable, take the place of Horner's products.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.algebras.interval.interval import Interval
from taylorad.algebras.models import arithmetic
from taylorad.algebras.models.arithmetic import Model
from taylorad.algebras.models.expansions import Run
from taylorad.algebras.models.frame import UNIT, Frame, up
from taylorad.algebras.recurrence import solve
from taylorad.rules import Rule
from taylorad.rules.equation import Equation, lower

FEW = 64  # operations on a coefficient in one step, beside sums of products


def polynomials(frame: Frame, rule: Rule, coefficients: Any, sizes: Any, run: Run) -> list[Model]:
    """The truncated series of the function's results at polynomials.

    `run` is the recurrence at their constant parts, which are the first entries of its arrays.
    """
    ends: Any = [parts[0] for parts in run.atoms[1 : run.first_node]]
    starts, radii = zip(*(_middle(low[0], high[0]) for low, high in ends), strict=True)
    equation = lower(rule, tuple(p.midpoint for p in run.equation.parameters))
    found = solve(frame.structure, equation, [coefficients], [s[()] for s in starts])
    known = [arithmetic.sizes(frame, y, 0.0)[:-1] for y in found]
    lead: Any = run.leading
    leading = [np.broadcast_to(e, run.shape)[0] for e in lead]
    bounds = _Bounds(frame, run.equation, sizes[:-1], known, radii, leading).run()
    operations = 4 * (frame.order + 1) * (frame.order + 16) * (len(equation.nodes) + 3)
    results = zip(found[: rule.outputs], bounds, strict=False)
    return [(y, up(d.sum(axis=0), operations)) for y, d in results]


def _middle(inf: Any, sup: Any) -> tuple[Any, Any]:
    midpoint = np.asarray(inf / 2 + sup / 2)
    return midpoint, up(np.maximum(sup - midpoint, midpoint - inf))


class _Bounds:
    """N and D of all atoms: arguments, unknowns, nodes, each (order + 1, *shape)."""

    def __init__(self, frame: Frame, equation: Equation, x: Any, unknowns: list, radii: Any, leading: Any):
        self.frame, self.equation, self.order = frame, equation, frame.order
        empty = np.zeros_like(x)
        self.sizes = [x, *unknowns, *(empty.copy() for _ in equation.nodes)]
        self.errors = [empty, *(empty.copy() for _ in unknowns), *(empty.copy() for _ in equation.nodes)]
        self.degrees = np.arange(self.order + 1.0).reshape(-1, *(1,) * (x.ndim - 1))
        self.slopes = self.degrees * x
        self.count = len(unknowns)
        for errors, radius in zip(self.errors[1:], radii, strict=False):
            errors[0] = radius
        relative, large = constants_of(equation)
        self.epsilon = frame.largest_relative + FEW * UNIT + 2 * (len(equation.nodes) + 1) * relative
        self.underflow = FEW * (self.order + 1) ** 2 * frame.underflow * large
        self.least = np.maximum(np.maximum(leading[0], -leading[1]), 0.0)

    def run(self) -> list:
        """D of the unknowns."""
        self._nodes(0)
        constant, coefficient, atom = self.equation.a
        self.a = atom
        self.factor = magnitude(coefficient)
        for k in range(1, self.order + 1):
            self._step(k, magnitude(constant))
            self._nodes(k)
        return self.errors[1 : 1 + self.count]

    def _both(self, atom: int) -> Any:
        """D + ε N."""
        return self.errors[atom] + self.epsilon * self.sizes[atom]

    def _step(self, k: int, constant: float) -> None:
        m, epsilon = slice(1, k + 1), self.epsilon
        own = None if self.a is None else self._both(self.a)
        lead = epsilon * constant + (0.0 if own is None else self.factor * own[0])
        for i, row in enumerate(self.equation.rows):
            unknown, errors = self.sizes[1 + i], self.errors[1 + i]
            total = k * lead * unknown[k] + self.underflow
            for term in row:
                if term.atom is not None:
                    both = self.errors[term.atom][:k] + epsilon * self.sizes[term.atom][:k]
                    total = total + magnitude(term.coefficient) * _dot(both[::-1], self.slopes[m])
                total = total + epsilon * magnitude(term.constant) * self.slopes[k]
            if own is not None and k > 1:
                inner, degrees = slice(k - 1, 0, -1), self.degrees[1:k]
                large = self.sizes[self.a][inner] + self.errors[self.a][inner]  # type: ignore[index]
                carried = _dot(large, degrees * errors[1:k]) + _dot(own[inner], degrees * unknown[1:k])
                total = total + self.factor * carried
            errors[k] = total / (k * self.least) + self.frame.underflow

    def _nodes(self, k: int) -> None:
        epsilon, first = self.epsilon, 1 + self.count
        for i, node in enumerate(self.equation.nodes, first):
            if node.kind == "linear":
                size: Any = magnitude(node.constant) if k == 0 else 0.0
                error: Any = epsilon * size
                for c, atom in node.operands:
                    size = size + magnitude(c) * self.sizes[atom][k]
                    error = error + magnitude(c) * (self.errors[atom][k] + epsilon * self.sizes[atom][k])
            else:
                u, v = node.operands[0], node.operands[-1]
                (nu, du), (nv, dv) = ((self.sizes[a][: k + 1], self.errors[a][: k + 1]) for a in (u, v))
                size = _dot(nu[::-1], nv)
                error = _dot((nu + du)[::-1], dv) + _dot((du + epsilon * nu)[::-1], nv)
            self.sizes[i][k] = size * (1 + epsilon) + self.underflow
            self.errors[i][k] = error + self.underflow


def _dot(u: Any, v: Any) -> Any:
    return u @ v if u.ndim == 1 else (u * v).sum(axis=0)


def _relative(c: Interval) -> float:
    """The radius of an enclosed constant relative to it."""
    with np.errstate(all="ignore"):
        return float(np.max(np.where(c.radius > 0, c.radius / c.mignitude, 0.0)))


def constants_of(equation: Equation) -> tuple[float, float]:
    """The largest relative radius of an equation's constants, and 1 + the sum of their magnitudes."""
    constants = _constants(equation)
    relative = max((_relative(c) for c in constants if not isinstance(c, int)), default=0.0)
    return relative, 1 + sum(map(magnitude, constants))


def magnitude(constant: Any) -> float:
    """The magnitude of a constant of an equation, an integer or an interval."""
    return float(abs(constant)) if isinstance(constant, int) else float(np.max(constant.magnitude))


def _constants(equation: Equation) -> list:
    found = [*equation.a[:2]]
    for row in equation.rows:
        for term in row:
            found += [term.constant, term.coefficient]
    for node in equation.nodes:
        found.append(node.constant)
        if node.kind == "linear":
            found += [c for c, _ in node.operands]
    return found
