"""Slopes: the partial derivatives of an elementary function, from its equation, in any algebra.

With ``a y' = b x'`` the slope is c = b/a, evaluated at the same values as the function itself. The pushforward is
``dy = c dx`` and the pullback its transpose, so reverse mode at every order needs nothing else. Higher derivatives of
a function of one variable are Taylor coefficients (`derivative_value`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from taylorad.algebras.expansion import (
    apply_elementary,
    in_ring,
    outside_domain,
    unknowns_of,
    unstable,
    warn_outside,
)
from taylorad.algebras.interval.elementary import of_function
from taylorad.algebras.recurrence import QUIET
from taylorad.algebras.taylor import Taylor, factorial_times
from taylorad.rings import Tape, encloses, namespace
from taylorad.rules import Primitive, Rule
from taylorad.rules.rule import REALS


def with_slopes(primitive: Primitive, args: tuple) -> tuple[tuple, tuple]:
    """Results of an elementary function, and for each the slopes in the differentiated arguments.

    `args` are plain arrays or series; slopes are in the same algebra as the results. An infinite slope is no error
    here: whether it matters is known only when something is multiplied by it.
    """
    rule = primitive.rule
    args = in_common_ring(args)
    series = [a for a in args if is_series(a)]
    values = [args[i] for i in rule.arguments]
    parameters = tuple(args[i] for i in rule.parameters)
    if rule.ode is None or np.size(values[0]) == 0 or _is_unstable(rule, values, parameters):
        results = evaluate(primitive, args)
        return results, tuple((derivative_value(primitive, 1, i, args),) for i in range(rule.outputs))
    if series:
        owner = max(series, key=lambda a: a.level)
        unknowns = tuple(unknowns_of(owner, primitive, args))
        xp = namespace(owner.coefficients)
    else:
        xp = namespace(max((v for v in values if hasattr(v, "dtype")), key=np.ndim))
        unknowns = _started(primitive, xp, args, next(v for v in values if hasattr(v, "dtype")))
    with np.errstate(**QUIET):
        slopes = slope_function(rule)(*values, *unknowns, *parameters, *rule.constants(xp))
    return unknowns[: rule.outputs], slopes


def is_series(x: Any) -> bool:
    """Whether x belongs to an algebra, not to a base ring."""
    return hasattr(x, "level") and not hasattr(x, "ends")


def in_common_ring(args: tuple) -> tuple:
    """Arguments with numbers as intervals where one of them is an interval: what is computed of them must enclose."""
    ring = next((a for a in args if hasattr(a, "ends")), None)
    return args if ring is None else tuple(a if hasattr(a, "level") else ring.lift(a) for a in args)


def _started(primitive: Primitive, xp: Any, args: tuple, x: Any) -> tuple:
    """Results and companions at plain numbers; outside the domain nan, with a warning that names the point."""
    rule = primitive.rule
    if rule.domain is REALS:
        unknowns = rule.start(xp, *args)
    else:
        with np.errstate(**QUIET):
            unknowns = rule.start(xp, *args)
        lost = outside_domain(rule, x) if x is args[rule.arguments[0]] else None
        if lost is not None:
            warn_outside(primitive, x, lost)
    unknowns = unknowns if unknowns.__class__ is tuple else (unknowns,)
    return tuple(in_ring(u, x) for u in unknowns) if x.dtype.char == "f" else unknowns


def _is_unstable(rule: Rule, values: list, parameters: tuple) -> bool:
    if rule.unstable is None:
        return False
    order = getattr(values[0], "total_order", 0) + 1
    mask = unstable(rule, [getattr(v, "primal", v) for v in values], parameters, order)
    return mask is not None and bool(mask.any())


def evaluate(primitive: Primitive, args: tuple) -> tuple:
    """Results of an elementary function of plain arrays or series."""
    args = in_common_ring(args)
    series = [a for a in args if is_series(a)]
    if series:
        results = apply_elementary(max(series, key=lambda a: a.level), primitive, args)
        return results if isinstance(results, tuple) else (results,)
    rule = primitive.rule
    x = args[rule.arguments[0]]
    if encloses(x):
        results = of_function(primitive.name, *args)
        return results if isinstance(results, tuple) else (results,)
    results = rule.start(namespace(x), *args)
    results = results if isinstance(results, tuple) else (results,)
    return tuple(in_ring(r, x) for r in results[: rule.outputs])


def derivative_value(primitive: Primitive, k: int, output: int, args: tuple) -> Any:
    """The k-th derivative of one result of a function of one variable, at a plain array or series."""
    rule = primitive.rule
    (position,) = rule.arguments
    line = Taylor._along(args[position], 1, k)
    results = apply_elementary(line, primitive, tuple(line if i == position else a for i, a in enumerate(args)))
    series = results[output] if isinstance(results, tuple) else results
    return factorial_times(k, series.coefficients[k])


def depends_on_companions(rule: Rule) -> bool:
    """Whether slopes need more than arguments, results and parameters."""
    return slope_function(rule).companions  # type: ignore[attr-defined]


@cache
def slope_function(rule: Rule) -> Callable[..., tuple]:
    """(arguments, unknowns, parameters, constants) -> for each result the tuple of its slopes, as straight-line code.

    Written by running the rule's equation over symbols; only what the results' own slopes need is kept.

    >>> from taylorad.rules import TABLE
    >>> slope_function(TABLE["tanh"].rule)(0.0, 0.0, 1.0)
    ((1.0,),)
    """
    assert rule.ode is not None
    tape = Tape()
    count, arguments = rule.ode.__code__.co_argcount, len(rule.arguments)
    names = [f"x{i}" for i in range(count)]
    a, *rows = rule.ode(*map(tape.input, names))
    chosen = [row if isinstance(row, tuple) else (row,) for row in rows[: rule.outputs]]
    slopes = [[b / a if not (isinstance(a, int) and a == 1) else b for b in row] for row in chosen]
    lines = _needed(tape.lines, [str(s) for row in slopes for s in row])
    texts = ["(" + "".join(f"{s}, " for s in row) + ")" for row in slopes]
    body = "".join(f"    {line}\n" for line in lines) + f"    return {', '.join(texts)},\n"
    scope: dict[str, Any] = {}
    exec(f"def slopes({', '.join(names)}):\n{body}", scope)
    unknowns = len(rows)
    companions = names[arguments + rule.outputs : arguments + unknowns]
    scope["slopes"].companions = any(re.search(rf"\b{name}\b", body) for name in companions)
    return scope["slopes"]


def _needed(lines: list[str], results: list[str]) -> list[str]:
    """The lines that results depend on."""
    wanted, kept = set(results), []
    for line in reversed(lines):
        name, expression = line.split(" = ", 1)
        if name in wanted:
            kept.append(line)
            wanted |= set(re.findall(r"\b[vx]\d+\b", expression))
    return kept[::-1]
