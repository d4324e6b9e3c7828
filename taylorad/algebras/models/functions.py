"""Functions of the table at models: elementary ones by the one remainder rule, and those with branches.

Where the range of a model decides for a branch, it is taken. Elsewhere ``|x|`` is enclosed by the line through its
values at the ends of the range, give or take the largest distance from it; steps (sign, floor) by their range.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from taylorad.algebras.interval.interval import Interval, as_interval
from taylorad.algebras.models import arithmetic, bounders, single
from taylorad.algebras.models.composition import integral_terms, last_terms, outer
from taylorad.algebras.models.expansions import by_equation, expansions, is_smooth, is_stable, outside
from taylorad.algebras.models.solution import polynomials
from taylorad.rings.interval import arithmetic as intervals
from taylorad.rings.interval import functions as ring
from taylorad.rules import TABLE, Primitive, Rule

Ends = tuple[Any, Any]


class ModelDomainError(ValueError):
    """A function of a model whose range reaches beyond the function's domain."""


def elementary(model: Any, primitive: Primitive, args: tuple) -> Any:
    """An elementary function of models."""
    rule = primitive.rule
    if len(args) != rule.nin:
        raise TypeError(f"{primitive.name} takes {rule.nin} argument(s), got {len(args)}")
    if len(rule.arguments) > 1:
        return _SEVERAL[primitive.name](*map(model.lift, args))
    if any(hasattr(args[i], "frame") for i in rule.parameters):
        raise TypeError(
            f"{primitive.name}: argument {rule.parameters[0] + 1} is a parameter and must be a plain number"
        )
    parameters = tuple(args[i] for i in rule.parameters)
    x = args[rule.arguments[0]]
    shape = np.broadcast_shapes(x.shape, *map(np.shape, parameters))
    return one_argument(np.broadcast_to(x, shape) if shape != x.shape else x, primitive, parameters)


def one_argument(x: Any, primitive: Primitive, parameters: tuple = ()) -> Any:
    """A function of one variable, or a tuple of them for one with several results."""
    if not x.shape and (one := of_one_model(x, primitive, parameters)) is not None:
        return one
    if x.size == 0:
        return x.copy()
    found = _of_models(x, primitive, parameters)
    return found[0] if len(found) == 1 else tuple(found)


def of_one_model(x: Any, primitive: Primitive, parameters: tuple = ()) -> Any:
    """The quick way for a single model, which is `one_argument`; None where it does not serve."""
    if not _serves(primitive) or len(parameters) < len(primitive.function.parameters):
        return None
    if parameters and not all(isinstance(p, float) for p in parameters):
        return None
    found = single.function_of(x, primitive.function, parameters)
    if found is None:
        return None
    models = [x._make(coefficients, radius, x.frame) for coefficients, radius in found]
    return models[0] if len(models) == 1 else tuple(models)


@cache
def _serves(primitive: Primitive) -> bool:
    stable = is_stable(primitive) and is_smooth(primitive) and len(primitive.rule.arguments) == 1
    return stable or primitive is RECIPROCAL


def _of_models(x: Any, primitive: Primitive, parameters: tuple) -> list:
    """The results, a list, for any array of models."""
    c, order = x._coefficients[0], x.frame.order
    solved: list = [None] * primitive.rule.outputs if primitive.kind == "elementary" else [None]
    ranges = range_within(x, primitive, parameters)
    low, high = np.stack([c, ranges[0], c]), np.stack([c, c, ranges[1]])  # the point, and what is on either side
    if is_stable(primitive):
        run = by_equation(primitive, (low, high), parameters, order + 1)
        expanded = run.results(primitive.rule.outputs)
        solved = polynomials(x.frame, primitive.rule, x._coefficients, x.sizes, run) if order else solved
    else:
        expanded = expansions(primitive, low, high, parameters, order + 1)
    found = []
    for i, (inf, sup) in enumerate(expanded):
        here = inf[:-1, 0], sup[:-1, 0]
        last = last_terms(order + 1, c, (low[1:], high[1:]), (inf[-1, 1:], sup[-1, 1:]))
        around = [*((inf[k, 1:].min(axis=0), sup[k, 1:].max(axis=0)) for k in (0, 1)), last]
        around = _sharpened(x, primitive, parameters, i, ranges, here, around)
        coefficients, radius = outer(x, here, around, solved[i])
        _check_bounded(primitive.name, radius, ranges)
        found.append(x._make(coefficients, radius, x.frame))
    return found


PIECES = 16  # on either side, of a range over which the recurrence overestimates derivatives


def _sharpened(
    x: Any, primitive: Primitive, parameters: tuple, output: int, ranges: Ends, here: Ends, around: list[Ends]
) -> list[Ends]:
    """F_0, F_1 and ``F_{m+1} H^{m+1}`` from a sharper range and its pieces, where the series seems to diverge."""
    c, order = x._coefficients[0], x.order + 1
    wide = _diverging(c, ranges, here, around[2])
    if not wide.any():
        return around
    chosen = tuple(p if np.ndim(p) == 0 else np.broadcast_to(p, wide.shape)[wide] for p in parameters)
    flat = x._coefficients.reshape(len(x._coefficients), -1)[:, np.ravel(wide)]
    inner = bounders.sharp_range(x.frame, flat, np.asarray(x._radius)[wide], *(r[wide] for r in ranges))
    low, high = _pieces(c[wide], *inner)
    inf, sup = expansions(primitive, low, high, chosen, order)[output]
    hulls = [(inf[k].min(axis=(0, 1)), sup[k].max(axis=(0, 1))) for k in (0, 1)]
    sharper = [(np.array(first), np.array(last)) for first, last in around]
    found = [*hulls, integral_terms(order, (low, high), (inf[-1], sup[-1]))]
    for ends, (least, most) in zip(sharper, found, strict=True):
        ends[0][wide], ends[1][wide] = np.maximum(ends[0][wide], least), np.minimum(ends[1][wide], most)
    return sharper


def _diverging(c: Any, ranges: Ends, here: Ends, last: Ends) -> Any:
    """Where the remainder is not much smaller than the two terms before it."""
    order = len(here[0])
    reach, sizes = np.maximum(ranges[1] - c, c - ranges[0]), np.maximum(np.abs(here[0]), np.abs(here[1]))
    expected = sum(sizes[k] * reach**k for k in range(max(order - 2, 0), order))
    size = np.maximum(np.abs(last[0]), np.abs(last[1]))
    return ~(size <= expected / 4) & (reach > 0) & np.isfinite(reach)


def _pieces(c: Any, inf: Any, sup: Any) -> Ends:
    """Intervals that cover [inf, c] and [c, sup], outward from c: arrays (2, PIECES, count)."""
    fractions = (np.arange(PIECES + 1) / PIECES)[:, None]
    left, right = np.clip(c + (inf - c) * fractions, inf, c), np.clip(c + (sup - c) * fractions, c, sup)
    left[-1], right[-1] = inf, sup
    return np.stack([left[1:], right[:-1]]), np.stack([left[:-1], right[1:]])


def range_within(x: Any, primitive: Primitive, parameters: tuple) -> Ends:
    """Ends of an enclosure of a model that lies in a function's domain."""
    ranges = arithmetic.crude_range(x.frame, x._coefficients, x._radius)
    wrong = outside(primitive, *ranges, parameters)
    if not np.any(wrong):
        return ranges
    ranges = bounders.bound(x.frame, x._coefficients, x._radius, "best")
    wrong = outside(primitive, *ranges, parameters)
    if np.any(wrong):
        at = np.unravel_index(int(np.argmax(wrong)), np.shape(wrong))
        entry = f" (entry {', '.join(map(str, at))})" if at else ""
        domain = "" if primitive.kind != "elementary" else f" {primitive.rule.domain}"
        raise ModelDomainError(
            f"{primitive.name} is not defined on all of the model's range{entry}: [{ranges[0][at]:.6g}, "
            f"{ranges[1][at]:.6g}] reaches beyond its domain{domain}: make the domain of the models smaller, or "
            "split it"
        )
    return ranges


def _check_bounded(name: str, radius: Any, ranges: Ends) -> None:
    lost = ~np.isfinite(radius)
    if np.any(lost) and np.all(np.isfinite(ranges)):
        at = np.unravel_index(int(np.argmax(lost)), np.shape(lost))
        raise ModelDomainError(
            f"{name} has no bounded enclosure over the model's range [{ranges[0][at]:.6g}, {ranges[1][at]:.6g}]: its "
            "values or derivatives are too large there: make the domain of the models smaller, or split it"
        )


RECIPROCAL = Primitive("reciprocal", "quotient", Rule(start=lambda xp, x: 1 / x, ode=lambda x, y: (x, -y)))


def reciprocal(x: Any) -> Any:
    """1 / x for models that do not reach 0."""
    return one_argument(x, RECIPROCAL)


def constant_power(x: Any, exponent: Any) -> Any:
    """``x ** exponent`` for a constant exponent: integers by products."""
    exponents = exponent if hasattr(exponent, "ends") else np.asarray(exponent)
    if hasattr(exponent, "ends") or exponents.dtype.kind not in "iuf" or exponents.dtype.itemsize > 8:
        return np.exp(as_interval(exponent) * np.log(x))  # no doubles: rounding them would be another function
    if exponents.ndim == 0 and float(exponents).is_integer():
        return _integer_power(x, int(exponents))
    if exponents.ndim == 0:
        return np.sqrt(x) if exponents == 0.5 else one_argument(x, TABLE["constant_power"], (float(exponents),))
    shape = np.broadcast_shapes(x.shape, exponents.shape)
    x, exponents, result = np.broadcast_to(x, shape), np.broadcast_to(exponents, shape), x.zeros(shape)
    for r in np.unique(exponents):
        result[exponents == r] = constant_power(x[exponents == r], r)
    return result


def _integer_power(x: Any, n: int) -> Any:
    if n < 0:
        return reciprocal(_integer_power(x, -n))
    if n == 0:
        return x.lift(np.ones(x.shape))
    result: Any = None
    while True:
        if n & 1:
            result = x if result is None else result * x
        n >>= 1
        if not n:
            return result.copy()
        x = x * x


# ------------------------------------------------------------------------------------------------- two arguments


def _hypot(x: Any, y: Any) -> Any:
    return np.sqrt(x * x + y * y)


def _series_power(x: Any, y: Any) -> Any:
    return np.exp(y * np.log(x))


def _arctan2(y: Any, x: Any) -> Any:
    shape = np.broadcast_shapes(y.shape, x.shape)
    y, x = np.ravel(np.broadcast_to(y, shape)), np.ravel(np.broadcast_to(x, shape))
    (y_inf, y_sup), (x_inf, x_sup) = y.bound().ends, x.bound().ends
    right, above, below = x_inf > 0, y_inf > 0, y_sup < 0
    lost = ~(right | above | below)
    if lost.any():
        i = int(np.argmax(lost))
        raise ModelDomainError(
            f"arctan2 is not smooth on all of the models' ranges: (y, x) in [{y_inf[i]:.6g}, {y_sup[i]:.6g}] x "
            f"[{x_inf[i]:.6g}, {x_sup[i]:.6g}] meets its cut, x <= 0 = y: make the domain smaller, or split it"
        )
    result, half = y.zeros(y.shape), Interval._make(*ring_pi()) / 2
    for mask, sign in ((right, 0), (above & ~right, 1), (below & ~right, -1)):
        if mask.any():
            result[mask] = np.arctan(y[mask] / x[mask]) if sign == 0 else sign * half - np.arctan(x[mask] / y[mask])
    return np.reshape(result, shape)


def ring_pi() -> Ends:
    """Ends of an enclosure of π."""
    return np.asarray(3.141592653589793), np.asarray(3.1415926535897936)


_SEVERAL: dict[str, Callable] = {"hypot": _hypot, "series_power": _series_power, "arctan2": _arctan2}


# ------------------------------------------------------------------------------------------------------ branches


def absolute(x: Any) -> Any:
    """``|x|``: itself, its negative, or a band about a line."""
    inf, sup = x.bound().ends
    result = np.where(inf >= 0, x, -x)
    open_ = (inf < 0) & (sup > 0)
    if not open_.any():
        return result
    with np.errstate(all="ignore"):
        slope = np.where(open_ & np.isfinite(sup - inf), np.clip((sup + inf) / (sup - inf), -1, 1), 0.0)
    left = intervals.multiply(*intervals.add(slope, slope, 1.0, 1.0), -inf, -inf)[1]  # |x| - slope x at both ends
    right = intervals.multiply(*intervals.subtract(1.0, 1.0, slope, slope), sup, sup)[1]
    top = np.maximum(np.maximum(left, right), 0.0)
    return np.where(open_, x * slope + Interval._make(np.zeros_like(top), top), result)


def maximum(x: Any, y: Any) -> Any:
    """The larger of two."""
    return _chosen(x, y, 1)


def minimum(x: Any, y: Any) -> Any:
    """The smaller of two."""
    return _chosen(x, y, -1)


def _chosen(x: Any, y: Any, sign: int) -> Any:
    difference = x - y
    inf, sup = difference.bound().ends
    first, second = (inf >= 0, sup <= 0) if sign > 0 else (sup <= 0, inf >= 0)
    if np.all(first | second):
        return np.where(first, x, y)
    mixed = (x + y + sign * absolute(difference)) / 2
    return np.where(first, x, np.where(second, y, mixed))


def step(model: Any, name: str, x: Any) -> Any:
    """A piecewise constant function: constant where the range decides, else a constant ± half its range."""
    result = ring.evaluate(name, x.bound().ends)
    return model.lift(Interval._make(result.inf, result.sup))
