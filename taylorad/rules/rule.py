"""What the table of functions is made of: one immutable `Rule` per elementary function, one `Primitive` per name.

A function *is* its start value and its differential equation: with the unknowns ``Y = (y, companions...)`` and the
arguments ``x``, a rule states polynomials ``a`` and ``b`` with integer coefficients such that ``a Y' = b x'``.
Everything else (series in any algebra, duals, exact runs, source code) is derived from that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Domain:
    """The open real interval (lower, upper) in which a function of a real argument is analytic.

    `poles` holds a predicate for points inside the interval that are to be left out (the poles of gamma).
    The end points of `closed` belong to the function's domain although it is not analytic there (0 of sqrt).
    """

    lower: float = -math.inf
    upper: float = math.inf
    closed: tuple[float, ...] = ()
    poles: Callable[[Any], Any] | None = None

    def contains(self, x: Any) -> np.ndarray:
        """Where the entries of a real array lie inside the open interval and are no poles; nan counts as inside."""
        if self.lower == -math.inf and self.upper == math.inf:
            inside = np.ones(np.shape(x), dtype=bool)
        else:
            inside = ~np.asarray((x <= self.lower) | (x >= self.upper), dtype=bool)
        return inside if self.poles is None else inside & ~np.asarray(self.poles(x), dtype=bool)

    def __str__(self) -> str:
        return f"({self.lower:g}, {self.upper:g})" + ("" if self.poles is None else " without its poles")


REALS = Domain()
POSITIVE = Domain(0, math.inf)


@dataclass(frozen=True, eq=False)
class Rule:
    """One elementary function: start value, equation, domain, and where the equation needs help.

    Parameters
    ----------
    start : callable (xp, *arguments) -> value or tuple
        Values of all unknowns (the function's results first, then the companions) at the degree-0 parts.
        `xp` is the namespace of the base ring; the call takes the function's own arguments in their own order.
    ode : callable (x..., y..., companions..., parameters..., constants...) -> (a, b of y, b of each companion...)
        Polynomials with integer coefficients such that ``a y' = b x'``; `b` is a tuple, one entry an
        argument, when the function has several arguments. None for functions without a finite equation.
    parameters : tuple of int
        Positions of arguments that are constants, not differentiated (the order v of ``jv(v, x)``).
    constants : callable (xp) -> tuple
        Irrational numbers of the equation as values of the base ring (exact enclosures when it holds intervals).
    nin, outputs : int
        Number of arguments, parameters included, and number of results.
    domain : Domain
        Of the first differentiated argument.
    monotony : {1, -1, 0}
        Increasing, decreasing or neither on the domain; what intervals need.
    coefficients : callable (xp, *arguments, order) -> sequence of order + 1 arrays, optional
        Normalized derivatives of the first result in closed form, for functions without an equation and for
        the points of `unstable`.
    cancels : bool
        Whether `coefficients` lose digits themselves, so that they are to be computed with more.
    truncated : bool
        Whether `coefficients` leave out terms, so that over intervals they would enclose nothing.
    unstable : callable (*arguments, order) -> mask, optional
        Points where the recurrence loses digits; there `coefficients` are used or, without them, the
        same equation solved with more digits.
    homogeneous : int, optional
        Degree of homogeneity of a function of several arguments: their exponents are halved by a
        common factor so that squares of large or small arguments neither overflow nor vanish.
    zero_exponent : callable (*parameters) -> exponent, optional
        Of functions that are base**exponent near a zero of the base: their value, and one-sided derivatives,
        exist there.
    zero_base : callable (times, *arguments) -> base
        The base, made with the product `times`; the first argument by default.
    complex : bool
        Whether the function takes complex arguments.
    """

    start: Callable[..., Any]
    ode: Callable[..., tuple] | None = None
    nin: int = 1
    parameters: tuple[int, ...] = ()
    constants: Callable[[Any], tuple] = lambda xp: ()
    outputs: int = 1
    domain: Domain = REALS
    monotony: int = 0
    coefficients: Callable[..., Any] | None = None
    cancels: bool = False
    truncated: bool = False
    unstable: Callable[..., Any] | None = None
    homogeneous: int | None = None
    zero_exponent: Callable[..., Any] | None = None
    zero_base: Callable[..., Any] = lambda times, x: x
    complex: bool = True

    @cached_property
    def arguments(self) -> tuple[int, ...]:
        """Positions of the arguments that are differentiated."""
        return tuple(i for i in range(self.nin) if i not in self.parameters)


@dataclass(frozen=True, eq=False)
class Primitive:
    """A name users call, the kind that says how every algebra treats it, and the kind's one function or rule.

    kind : {"elementary", "additive", "linear", "gather", "bilinear", "quotient", "creation", "composite", "constant"}
    function : the `Rule` of an elementary primitive; otherwise a NumPy function, see `rules.linear`,
        `rules.bilinear` and `rules.composite` for what each kind asks of it.
    """

    name: str
    kind: str
    function: Any

    @property
    def rule(self) -> Rule:
        """The rule of an elementary primitive."""
        if not isinstance(self.function, Rule):
            raise AttributeError(f"{self.name} is of kind {self.kind}: only elementary functions have a rule")
        return self.function


@cache
def derivative_of(primitive: Primitive, k: int = 1, output: int = 0) -> Primitive:
    """The k-th derivative of an elementary function of one variable, as a primitive of kind "derivative"."""
    if primitive.kind == "derivative":
        primitive, below, output = primitive.function
        k += below
    name = primitive.name + ("′" * k if k <= 3 else f"^({k})")
    return Primitive(name, "derivative", (primitive, k, output))


def apply(name: str, *args: Any) -> Any:
    """A primitive of the table that has no NumPy function of its own, at arguments some of which are duck arrays."""
    from taylorad.rules import TABLE

    outermost = max((a for a in args if hasattr(a, "level")), key=lambda a: a.level)
    return outermost.apply(TABLE[name], args, {})
