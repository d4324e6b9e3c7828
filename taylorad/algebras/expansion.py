"""Applying a rule to a series: the recurrence where it keeps its digits, coefficients at a point elsewhere.

Where a rule says `unstable`, its Taylor coefficients at the degree-0 part are found first, in closed form or by the
same equation with as many digits as it takes, and the increment of the series is put into that polynomial.
"""

from __future__ import annotations

import math
import sys
import warnings
from functools import lru_cache
from math import comb
from typing import Any

import mpmath
import numpy as np

from taylorad.algebras.edges import power_at_zero
from taylorad.algebras.interval.coefficients import corrected, enclosed_coefficients
from taylorad.algebras.recurrence import QUIET, compose, solve
from taylorad.algebras.structure import TaylorStructure, allocator
from taylorad.rings import Symbol, encloses, innermost, is_multiprecision, multiprecision, namespace
from taylorad.rules import Primitive, Rule
from taylorad.rules.composite import power_of_two
from taylorad.rules.equation import lower
from taylorad.rules.rule import REALS, derivative_of

mp = mpmath.mp


class DomainWarning(RuntimeWarning):
    """A function was asked for a series where it has none; the coefficients there are nan."""


def apply_elementary(owner: Any, primitive: Primitive, args: tuple) -> Any:
    """The function of series arguments, of which `owner` is the outermost: a series, or a tuple of them."""
    unknowns = unknowns_of(owner, primitive, args)
    outputs = primitive.rule.outputs
    return unknowns[0] if outputs == 1 else tuple(unknowns[:outputs])


def unknowns_of(owner: Any, primitive: Primitive, args: tuple) -> list:
    """The series of the function's results, and of its companions as the recurrence left them."""
    rule = primitive.rule
    check_arguments(owner, primitive, args)
    if rule.nin == 1:
        return [owner._new(u) for u in _evaluate(owner.structure, primitive, [args[0].coefficients], ())]
    shape = np.broadcast_shapes(*(a.shape if hasattr(a, "shape") else np.shape(a) for a in args))
    arguments = [_broadcast(owner._coefficients_of(args[i]), shape) for i in rule.arguments]
    scale = _common_scale(rule, arguments)
    if scale is not None:
        arguments = [a / scale for a in arguments]
    parameters = tuple(_as_parameter(args[i], owner) for i in rule.parameters)
    results = _evaluate(owner.structure, primitive, arguments, parameters)
    if scale is not None and rule.homogeneous:
        results = [r * scale**rule.homogeneous for r in results]
    return [owner._new(r) for r in results]


def check_arguments(owner: Any, primitive: Primitive, args: tuple) -> None:
    rule = primitive.rule
    if len(args) != rule.nin:
        raise TypeError(f"{primitive.name} takes {rule.nin} argument(s), got {len(args)}")
    for i in rule.parameters:
        if hasattr(args[i], "level") and not hasattr(args[i], "ends"):
            raise TypeError(
                f"{primitive.name}: argument {i + 1} is a parameter and must be a plain number or array; the "
                f"function is differentiated with respect to argument {rule.arguments[-1] + 1} only "
                "(pass .value to hold it constant)"
            )
    if owner.dtype.kind == "c" and not rule.complex:
        raise TypeError(f"{primitive.name} is a function of a real variable, got complex coefficients")


def _broadcast(a: Any, shape: tuple[int, ...]) -> Any:
    if a.shape[1:] == shape:
        return a
    return np.broadcast_to(a.reshape(a.shape[0], *(1,) * (len(shape) + 1 - a.ndim), *a.shape[1:]), (a.shape[0], *shape))


def _as_parameter(value: Any, owner: Any) -> Any:
    """A parameter in the ring of the series: mpmath numbers and Fractions stay what they are."""
    if encloses(owner):
        return innermost(owner).lift(value)
    if isinstance(value, Symbol) or (owner.dtype == object and np.ndim(value) == 0):
        return value
    if np.ndim(value) == 0:  # Python numbers take on the type they meet
        return value if isinstance(value, int | float | complex | np.longdouble) else np.asarray(value).item()
    return np.asarray(value)


def _common_scale(rule: Rule, arguments: list) -> Any:
    if rule.homogeneous is None or any(a.dtype == object or encloses(a) for a in arguments):
        return None
    values = [np.abs(getattr(a[0], "primal", a[0])) for a in arguments]
    return power_of_two(np.sqrt(np.maximum(*values)))  # halves exponents: x₀ and x₁ may be far apart


def _place(rule: Rule, values: list, parameters: tuple) -> list:
    """Arguments in the order the function takes them."""
    placed: list[Any] = [None] * rule.nin
    for i, v in zip((*rule.arguments, *rule.parameters), (*values, *parameters), strict=True):
        placed[i] = v
    return placed


def _evaluate(structure: Any, primitive: Primitive, arguments: list, parameters: tuple) -> list:
    """Coefficient arrays of all results, then of companions."""
    rule = primitive.rule
    if arguments[0].size == 0:
        return [arguments[0].copy() for _ in range(rule.outputs)]
    base = _vanishing_base(structure, rule, arguments)
    if base is not None and base.dtype == object:  # exact numbers are not divided by zero
        arguments = [_without_zeros(a) for a in arguments]
    values = [first_part(a) for a in arguments]
    xp = namespace(arguments[0])
    start: Any = None
    mask = unstable(rule, values, parameters, structure.order)
    everywhere = mask is not None and mask.all()
    results: list = [None] * rule.outputs
    with np.errstate(**QUIET):
        if not everywhere or (rule.outputs > 1 and rule.coefficients):
            start = rule.start(xp, *_place(rule, values, parameters))
            start = [in_ring(s, arguments[0]) for s in (start if isinstance(start, tuple) else (start,))]
            equation = lower(rule, (*parameters, *rule.constants(xp)))
            results = solve(structure, equation, arguments, start)
    if mask is not None and mask.any():
        _expand_lanes(structure, primitive, arguments, parameters, mask, results)
    if encloses(arguments[0]):
        corrected(primitive, structure, values[0], results)
    if base is not None and rule.zero_exponent:
        results[0] = power_at_zero(structure, base, results[0], rule.zero_exponent(*parameters))
    _leave_domain(primitive, values[0], results[: rule.outputs])
    return results


def _vanishing_base(structure: Any, rule: Rule, arguments: list) -> Any:
    """The base of a function that is a power where the base is 0 somewhere; None elsewhere."""
    if rule.zero_exponent is None:
        return None
    values = [getattr(a, "primal", a)[0] for a in arguments]
    if hasattr(arguments[0], "level") or not np.any(np.all([v == 0 for v in values], axis=0)):
        return None
    with np.errstate(**QUIET):
        return rule.zero_base(structure.product, *arguments)


def _without_zeros(coefficients: Any) -> Any:
    """A copy whose degree-0 parts are 1 where they were 0."""
    result = coefficients.copy()
    result[0] = np.where(result[0] == 0, 1 + 0 * result[0], result[0])[()]
    return result


def first_part(coefficients: Any) -> Any:
    """The degree-0 part; a single object stays an array."""
    first = coefficients[0]
    return first if hasattr(first, "dtype") else np.array(first, dtype=object)


def in_ring(value: Any, like: Any) -> Any:
    """A start value or coefficient; in single precision when the argument is and SciPy answered in double."""
    if like.dtype.char == "f" and value.dtype.char in "dD":
        return value.astype(np.float32 if value.dtype.char == "d" else np.complex64)
    return value[()] if isinstance(value, np.ndarray) else value


def unstable(rule: Rule, values: list, parameters: tuple, order: int) -> np.ndarray | None:
    """Entries whose coefficients are to be found at the point; None: no entry."""
    first = getattr(values[0], "primal", values[0])
    ring = next(iter(np.asarray(first).flat), 0.0) if first.dtype == object else 0.0
    if rule.ode is None:
        return np.ones(np.shape(first), dtype=bool)
    if rule.unstable is None or isinstance(ring, Symbol):
        return None
    if first.dtype == object and not is_multiprecision(ring):
        return np.full(np.shape(first), rule.coefficients is not None)
    primal = [getattr(v, "primal", v) for v in values]
    if encloses(values[0]):  # either way encloses
        primal = [getattr(v, "midpoint", v) for v in primal]
        parameters = tuple(getattr(p, "midpoint", p) for p in parameters)
    total = order + getattr(values[0], "total_order", 0)
    mask = rule.unstable(*_place(rule, primal, parameters), total)
    return np.broadcast_to(np.asarray(mask, dtype=bool), np.shape(first))


def _expand_lanes(
    structure: Any, primitive: Primitive, arguments: list, parameters: tuple, mask: Any, results: list
) -> None:
    """Replace the entries of `mask` in each result by polynomials in the increment."""
    x = arguments[0]
    lanes: tuple[Any, ...] = (slice(None),) if mask.all() else (slice(None), *np.nonzero(mask))
    chosen = tuple(p if np.ndim(p) == 0 else np.broadcast_to(p, mask.shape)[lanes[1:]] for p in parameters)
    part = x[lanes]
    outers = point_coefficients(primitive, first_part(part), chosen, structure.order)
    for i, outer in enumerate(outers):
        expanded = _substitute(structure, outer, part)
        if len(lanes) == 1:
            results[i] = expanded
        else:
            if expanded.dtype != results[i].dtype:
                results[i] = results[i].astype(np.result_type(results[i], expanded))
            results[i][lanes] = expanded


def _substitute(structure: Any, outer: Any, x: Any) -> Any:
    """The polynomial `outer` in the increment of x; when that is the variable itself, its coefficients."""
    univariate = isinstance(structure, TaylorStructure) and isinstance(x, np.ndarray) and structure.order > 0
    if univariate and np.all(x[1] == 1) and np.all(x[2:] == 0):
        return np.stack([np.broadcast_to(c, x.shape[1:]) for c in outer])
    increment = allocator(x)(x.shape)
    increment[...] = x
    increment[0] = 0 * increment[0]
    return compose(structure, outer, increment)


# ------------------------------------------------------------------------------------------- coefficients at a point


def point_coefficients(primitive: Primitive, x: Any, parameters: tuple, order: int) -> list:
    """Normalized derivatives at x of the results a rule can expand there: lists of order + 1 arrays.

    In nested series every coefficient is itself a function of x, whose derivatives are the next ones.
    """
    rule = primitive.rule
    if hasattr(x, "ends"):
        return enclosed_coefficients(primitive, x, parameters, order)
    if hasattr(x, "level") and not hasattr(x, "coefficients"):  # a traced value records every derivative
        args = tuple(_place(rule, [x], parameters))
        series = [derivative_of(primitive, k, i) for i in range(rule.outputs) for k in range(1, order + 1)]
        results = x.apply(primitive, args, {})
        results = results if isinstance(results, tuple) else (results,)
        higher = [x.apply(d, args, {}) / math.factorial(k % order + 1) for k, d in enumerate(series)]
        return [[y, *higher[i * order : (i + 1) * order]] for i, y in enumerate(results)]
    if hasattr(x, "level"):
        inner = point_coefficients(primitive, x.value, parameters, order + x.order)
        increment = x.coefficients * 1
        increment[0] = 0 * increment[0]
        return [
            [
                x._new(compose(x.structure, [comb(k + j, j) * c[k + j] for j in range(x.order + 1)], increment))
                for k in range(order + 1)
            ]
            for c in inner
        ]
    x = np.asarray(x)
    multiple = x.dtype == object and any(is_multiprecision(e) for e in x.flat)
    with_equation = multiple or x.dtype.kind == "c"  # what closed forms of functions with an equation are not made for
    closed_form = None if rule.cancels or (with_equation and rule.ode is not None) else rule.coefficients
    if closed_form is not None:
        with np.errstate(**QUIET):
            return [[in_ring(c, x) for c in closed_form(namespace(x), *_place(rule, [x], parameters), order)]]
    return _with_more_digits(rule, x, parameters, order)


def _with_more_digits(rule: Rule, x: np.ndarray, parameters: tuple, order: int) -> list:
    """Point by point in extended precision, rounded to the type of x; equal points are computed once."""
    arrays = np.broadcast_arrays(x, *parameters) if parameters else [x]
    bits = mp.prec if x.dtype == object else 64 if x.dtype.itemsize > 8 and x.dtype.kind == "f" else 53
    points = list(zip(*(a.flat for a in arrays), strict=True))
    solved = [_extended(rule, point[0], tuple(point[1:]), order, bits) for point in points]
    count = rule.outputs if rule.ode is not None or rule.coefficients is None else 1
    kind = x.dtype
    if kind.kind == "f" and any(isinstance(c, mpmath.mpc) and c.imag != 0 for s in solved for c in s[0]):
        kind = np.result_type(kind, np.complex64)
    results = []
    for i in range(count):
        rows = np.empty((order + 1, len(points)), dtype=kind)
        for n, point in enumerate(solved):
            rows[:, n] = [multiprecision.from_mpmath(c, kind) for c in point[i]]
        results.append(list(rows.reshape(order + 1, *x.shape)))
    return results


@lru_cache(maxsize=4096)
def _extended(rule: Rule, x: Any, parameters: tuple, order: int, bits: int) -> tuple[tuple, ...]:
    """Coefficients of all results at one point, to `bits` bits: digits are doubled until two runs agree."""
    if not np.isfinite(complex(x)):
        return ((mp.nan,) * (order + 1),) * rule.outputs
    if rule.ode is None and rule.coefficients is None:
        return _by_differences(rule, x, parameters, order, bits)
    working, previous = 2 * bits + 4 * order, None
    while working < 200 * (bits + order):
        try:
            with mp.workprec(working):
                current = _run_extended(rule, x, parameters, order)
        except ZeroDivisionError:  # the equation is singular at x itself, or the function
            return _by_differences(rule, x, parameters, order, bits)
        if previous is not None and all(_agree(u, v, bits, working) for u, v in zip(previous, current, strict=True)):
            return tuple(_zeroed(u, v) for u, v in zip(previous, current, strict=True))
        previous, working = current, 2 * working
    return current


def _agree(first: tuple, second: tuple, bits: int, working: int) -> bool:
    """Whether two runs agree to `bits` bits and two more; what is tiny and changes wholly with precision is 0."""
    tolerance, tiny = mp.mpf(2) ** -(bits + 2), mp.mpf(2) ** (-working // 4) * max(map(abs, second))
    return all(
        abs(a - b) <= tolerance * abs(b) or (abs(a - b) > abs(b) / 4 and abs(b) <= tiny)
        for a, b in zip(first, second, strict=True)
    )


def _zeroed(first: tuple, second: tuple) -> tuple:
    """The better run, with zeros for the coefficients of which the other had nothing in common."""
    return tuple(mp.mpf(0) if abs(a - b) > abs(b) / 4 else b for a, b in zip(first, second, strict=True))


def _run_extended(rule: Rule, x: Any, parameters: tuple, order: int) -> tuple[tuple, ...]:
    line = np.array([multiprecision.to_mpmath(x), mp.mpf(1), *[mp.mpf(0)] * (order - 1)][: order + 1], dtype=object)
    xp = namespace(line)
    exact = tuple(multiprecision.to_mpmath(p) for p in parameters)
    if rule.ode is None and rule.coefficients is not None:
        return (tuple(rule.coefficients(xp, *_place(rule, [line[0]], exact), order)),)
    start = rule.start(xp, *_place(rule, [line[0]], exact))
    start = [np.asarray(s, dtype=object).item() for s in (start if isinstance(start, tuple) else (start,))]
    solved = solve(TaylorStructure.of(order), lower(rule, (*exact, *rule.constants(xp))), [line], start)
    return tuple(tuple(s) for s in solved[: rule.outputs])


def _by_differences(rule: Rule, x: Any, parameters: tuple, order: int, bits: int) -> tuple[tuple, ...]:
    """mpmath's own Taylor coefficients, from differences at raised precision; what precision changes wholly is 0."""
    runs, noise = [], mp.mpf(2) ** (-bits - 20) if rule.ode is not None else 0
    for extra in (20, 40):
        with mp.workprec(bits + extra):
            runs.append([_differences(rule, x, parameters, order, i) for i in range(rule.outputs)])
    return tuple(tuple(mp.mpf(0) if abs(b) < noise else b for b in _zeroed(u, v)) for u, v in zip(*runs, strict=True))


def _differences(rule: Rule, x: Any, parameters: tuple, order: int, output: int) -> list:
    xp = multiprecision.MultiprecisionNamespace()
    exact = tuple(multiprecision.to_mpmath(p) for p in parameters)

    def component(t: Any) -> Any:
        values = rule.start(xp, *_place(rule, [t], exact))
        return values[output] if isinstance(values, tuple) else values

    try:
        return mp.taylor(component, multiprecision.to_mpmath(x), order, chop=False)
    except (ZeroDivisionError, ValueError):
        return [mp.nan] * (order + 1)


# ------------------------------------------------------------------------------------------------------------ domain


_INSIDE = ("taylorad.", "numpy.", "scipy.")


def _callers_level() -> int:
    """Stack level of the first frame outside this package and NumPy, seen from where a warning is issued."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_INSIDE):
        frame, level = frame.f_back, level + 1
    return level


def _leave_domain(primitive: Primitive, x: Any, results: list) -> None:
    """Make entries outside the domain nan in all coefficients, and warn about them."""
    if encloses(x):  # intervals are cut to the domain, and their decorations say so
        return
    primal = getattr(x, "primal", x)
    lost = outside_domain(primitive.rule, primal)
    if lost is None:
        return
    lost = lost & ~np.isfinite(getattr(results[0], "primal", results[0])).all(axis=0)
    if not lost.any():
        return
    for result in results:
        result[(slice(1, None), ...) if lost.ndim == 0 else (slice(1, None), lost)] = np.nan
    warn_outside(primitive, primal, lost)


def outside_domain(rule: Rule, x: Any) -> Any:
    """Where real numbers lie outside the domain of a function and not at a closed end; None for nowhere."""
    if rule.domain is REALS or x.dtype.kind != "f" or hasattr(x, "ends"):
        return None
    if hasattr(x, "concrete"):  # a program to be run again: noted only where it holds, since it shows as nan
        x = x.value if outside_domain(rule, x.value) is None else x.concrete()
    outside = ~rule.domain.contains(x)
    if not outside.any():
        return None
    outside &= ~np.isin(x, rule.domain.closed)
    return outside if outside.any() else None


def warn_outside(primitive: Primitive, x: Any, lost: Any) -> None:
    """A `DomainWarning` for the first of the entries, as NumPy's error state has it."""
    mode = np.geterr()["invalid"]
    if mode == "ignore":
        return
    point = np.asarray(x)[lost].flat[0]
    domain = primitive.rule.domain
    message = f"{primitive.name} has no Taylor series at {point}: its degree-0 argument must lie in {domain}"
    if mode == "raise":
        raise FloatingPointError(message)
    warnings.warn(message, DomainWarning, stacklevel=_callers_level())
