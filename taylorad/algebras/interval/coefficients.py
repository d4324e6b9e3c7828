"""Taylor coefficients over intervals, where the recurrence needs help: powers, functions without an equation, kinks."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np

from taylorad.algebras.interval.elementary import of_function, parameter
from taylorad.algebras.interval.interval import Interval, as_interval
from taylorad.algebras.recurrence import QUIET, compose, solve
from taylorad.algebras.structure import Structure, TaylorStructure, allocator
from taylorad.rings import namespace
from taylorad.rings.interval.coefficients import coefficients
from taylorad.rules import Primitive, Rule
from taylorad.rules.equation import lower


def sharp_power(structure: Structure, x: Any, n: int) -> Any:
    """``x^n`` from the range of every ``binom(n, k) x₀^(n-k)``: powers of one interval depend on each other."""
    if n == 2:
        square = structure.product(x, x)
        square[0] = np.square(x[0])
        return square
    outer = [_binomial(n, k) * x[0] ** (n - k) if n < 0 or k <= n else 0 * x[0] for k in range(structure.order + 1)]
    increment = allocator(x)(x.shape)
    increment[...] = x
    increment[0] = 0 * increment[0]
    return compose(structure, outer, increment)


def _binomial(n: int, k: int) -> int:
    return comb(n, k) if n >= 0 else (-1) ** k * comb(k - n - 1, k)


def enclosed_coefficients(primitive: Primitive, x: Any, parameters: tuple, order: int) -> list:
    """Enclosures of the normalized derivatives at all points of x: lists of order + 1 interval arrays, one a result."""
    rule = primitive.rule
    if rule.ode is None:
        fixed = tuple(map(parameter, parameters))
        if any(isinstance(p, tuple) for p in fixed):
            raise TypeError(f"{primitive.name}: the derivatives need parameters that are numbers, not intervals")
        rows = coefficients(primitive.name, x.ends, fixed, order)
        return [[Interval._make(*ends) for ends in rows]]
    results = _by_recurrence(rule, x, parameters, order)
    if rule.coefficients is not None and not rule.truncated:
        with np.errstate(**QUIET):
            closed = rule.coefficients(namespace(x), *_placed(rule, x, parameters), order)
        results[0] = [_common(as_interval(c).bare, r.bare) for c, r in zip(closed, results[0], strict=True)]
    return results


def _common(closed: Interval, solved: Interval) -> Any:
    """The intersection of two enclosures; an equation that is singular in all of x says nothing."""
    return np.where(solved.is_empty, closed, closed.intersection(solved))


def _by_recurrence(rule: Rule, x: Any, parameters: tuple, order: int) -> list:
    line = np.stack([x, *([as_interval(1.0) + 0 * x] if order else []), *[0 * x] * (order - 1)])
    xp = namespace(x)
    start = rule.start(xp, *_placed(rule, x, parameters))
    start = start if isinstance(start, tuple) else (start,)
    solved = solve(TaylorStructure.of(order), lower(rule, (*parameters, *rule.constants(xp))), [line], start)
    return [list(s) for s in solved[: rule.outputs]]


def _placed(rule: Rule, x: Any, parameters: tuple) -> list:
    placed: list[Any] = [None] * rule.nin
    for i, v in zip((*rule.arguments, *rule.parameters), (x, *parameters), strict=True):
        placed[i] = v
    return placed


def corrected(primitive: Primitive, structure: Structure, x: Any, results: list) -> None:
    """What the recurrence does not see of two functions.

    sinc starts as a quotient that is unbounded around 0: its range is put in instead. i0e and i1e have no second
    derivative at 0: the recurrence encloses those on both sides, which says nothing of differences across it.
    """
    if not hasattr(x, "ends"):
        return
    if primitive.name == "sinc":
        results[0][0] = of_function("sinc", x)
    if primitive.name in ("i0e", "i1e"):
        held = x.contains(0.0)
        for part in np.flatnonzero(structure.degrees >= 2):
            results[0][part] = np.where(held, Interval.entire(), results[0][part])
