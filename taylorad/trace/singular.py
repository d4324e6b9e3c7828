"""Operations at points where a slope is infinite or does not exist: roots of zero, and derivatives that are unknown.

The infinite slope of a square root at 0 is swept back apart from finite cotangents (`Pullback.infinite`), as if it were
a unit of its own. What arrives at a variable with a factor 0 is 0: ``sqrt(x**2)`` and norms at 0 have the gradient 0,
as |x| has; what arrives with another factor is infinite. The derivative of such a gradient is unknown.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.algebras.edges import is_zero, rarely
from taylorad.rules.kinks import undefined
from taylorad.trace.arithmetic import Elementary
from taylorad.trace.operation import Operands, widened

if TYPE_CHECKING:
    from taylorad.trace.node import Node
    from taylorad.trace.sweeps import Pullback

ROOTS = ("sqrt", "constant_power")
ROOTS_OF_ZERO = {"sqrt": 1 / 2, "cbrt": 1 / 3, "hypot": 1 / 2}  # and their exponents, of what vanishes


class Root(Elementary):
    """A root of an array that is 0 in some entries, where its slope is infinite."""

    def push(self, node: Node, tangents: Operands, spare: Any = None) -> Any:
        (slope,) = node.residual
        return widened(_scaled(slope, tangents[0]), node.shape)

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        if sweep.reach is None and not sweep.is_part:
            super().pull(node, ybar, sweep)
            return
        (slope,), x = node.residual, node.operands[0]
        infinite = np.isinf(primal(slope))
        finite = sweep.times(np.where(infinite, 0, slope), ybar, True)
        if not sweep.is_part:  # a cotangent that happens to be 0 may stand for anything
            finite = finite + sweep.each(ybar, lambda y: np.where(infinite & is_zero(y) & sweep.reached, np.nan, 0.0))
        sweep.add(x, finite)
        sweep.part("infinite").add(x, sweep.each(ybar, lambda y: np.where(infinite, y, 0)))


class Unsettled(Elementary):
    """The function ``x·c`` at x = 0 of a c that is infinite or unknown: its value is 0, its slope c."""

    def push(self, node: Node, tangents: Operands, spare: Any = None) -> Any:
        return widened(_scaled(node.residual[0], tangents[0]), node.shape)

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        sweep.add(node.operands[0], 0 * ybar)  # so that the sweep comes by there
        sweep.part("unknown").add(node.operands[0], ybar)


class Undefined(Elementary):
    """The function of value 0 without derivatives."""

    def push(self, node: Node, tangents: Operands, spare: Any = None) -> Any:
        tangent = tangents[0]
        if not hasattr(tangent, "coefficients") or tangent.level < getattr(node.residual[0], "level", (-1, 0)):
            return node.residual[0] * tangent
        c = tangent.coefficients
        unknown = ~is_zero(c)
        unknown[1:] |= ~unknown.any(axis=0)
        return tangent._new(np.where(unknown, node.residual[0], 0 * c))


ROOT, UNSETTLED, UNDEFINED = Root(), Unsettled(), Undefined()


def is_root(name: str, slope: Any, value: Any) -> bool:
    """Whether a function is a root with an infinite slope somewhere, but with a finite value."""
    if name not in ROOTS:
        return False
    slope, value = primal(slope), primal(value)
    return slope.dtype.kind in "fc" and rarely(np.any(np.isinf(slope) & np.isfinite(value)))


def at_origin(values: tuple, slopes: tuple) -> tuple:
    """The slopes of hypot with 0 at (0, 0), and their derivatives unknown."""
    origin = reduce(np.logical_and, [primal(v) == 0 for v in values])
    if not rarely(np.any(origin)):
        return slopes
    nothing = sum(undefined(v) for v in values if hasattr(v, "level"))
    return (tuple(np.where(origin, nothing, slope)[()] for slope in slopes[0]),)


def primal(x: Any) -> Any:
    """The plain array inside, or what a program to be run again knows of it."""
    value = getattr(x, "primal", x)
    return value if hasattr(value, "level") else np.asarray(value)


def _scaled(slope: Any, tangent: Any) -> Any:
    """``slope·tangent``, 0 where the tangent is; each direction of a batch by itself."""
    if hasattr(tangent, "coefficients") and tangent.level > getattr(slope, "level", (-1, 0)):
        return tangent._new(_scaled(slope, tangent.coefficients))
    return np.where(is_zero(tangent), 0, slope * tangent)
