"""The remainder rule for one model, on Python's floats: what `composition` and `solution` do for arrays.

The formulas and bounds are the same. One model is a few hundred operations on numbers, which NumPy does in half a
millisecond and Python in a twentieth of it: the recurrences are written out once for every equation (`straight` over
intervals, `written` for the errors). Whatever is out of the ordinary raises `UnusualError` and is left to the code for
arrays: ranges that reach the end of a domain, results that are not finite, series that seem to diverge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import inf, nextafter
from operator import mul, neg
from typing import Any

import numpy as np

from taylorad.algebras.interval.interval import Interval, as_interval
from taylorad.algebras.models import arithmetic, straight, written
from taylorad.algebras.models.arithmetic import Model
from taylorad.algebras.models.frame import TINY, UNIT, Frame, slack
from taylorad.algebras.models.solution import FEW, constants_of, magnitude
from taylorad.algebras.models.starts import NAMESPACE, Few
from taylorad.algebras.models.straight import UnusualError
from taylorad.algebras.recurrence import solve
from taylorad.rings.interval.environment import check
from taylorad.rules import Rule
from taylorad.rules.equation import Equation, lower

LARGEST_ORDER = 40  # beyond, the text of a dense recurrence grows too long; `_lost` rests on it


@dataclass(frozen=True)
class Plan:
    """What one model needs of a function: its equation, and the recurrences written out for one order."""

    equation: Equation  # over floats
    run: Callable[..., Any]
    numbers: list[float]
    bounds: Callable[..., Any]
    magnitudes: list[float]
    relative: float  # the error of a step beside that of sums of products
    underflows: float  # the frame's underflow times this is what one step may lose
    power: int  # the order + 1
    few: float  # slack(4)
    some: float  # slack of a power
    many: float  # slack of the recurrence of errors


@lru_cache(maxsize=512)
def plan_for(rule: Rule, parameters: tuple[float, ...], order: int) -> Plan:
    """The plan of a function with given parameters."""
    equation = lower(rule, (*map(as_interval, parameters), *rule.constants(Interval.namespace)))
    text, numbers = straight.source(equation, order + 1, rule.outputs)
    bounds, magnitudes = written.source(equation, order, magnitude)
    relative, large = constants_of(equation)
    return Plan(
        lower(rule, tuple(p.midpoint for p in equation.parameters)),
        straight.compiled(text),
        numbers,
        written.compiled(bounds),
        magnitudes,
        FEW * UNIT + 2 * (len(equation.nodes) + 1) * relative,
        FEW * (order + 1) ** 2 * large,
        order + 1,
        slack(4),
        slack(2 * order + 2),
        slack(4 * (order + 1) * (order + 16) * (len(equation.nodes) + 3)),
    )


def raised(x: float, factor: float) -> float:
    """`frame.up` of a float, given its factor."""
    return x * factor + TINY if x > 0 else x


def function_of(model: Any, rule: Rule, parameters: tuple[float, ...]) -> list[Model] | None:
    """The function's results at one model, as coefficients and radius; None if the case is unusual."""
    if not 0 < model.frame.order <= LARGEST_ORDER:
        return None
    check()
    try:
        with np.errstate(all="ignore"):
            return _results(model, rule, parameters)
    except ArithmeticError:  # UnusualError; OverflowError and ZeroDivisionError of floats
        return None


def _results(model: Any, rule: Rule, parameters: tuple[float, ...]) -> list[Model]:
    frame, coefficients = model.frame, model._coefficients
    plan = plan_for(rule, parameters, frame.order)
    c, radius = coefficients.item(0), float(model._radius)
    low, high = _range(frame, coefficients, radius)
    if not (rule.domain.lower < low <= c <= high < rule.domain.upper):
        raise UnusualError
    x = Few([c, low, c], [c, c, high])
    started = rule.start(NAMESPACE, x, *parameters)
    started = started if isinstance(started, tuple) else (started,)
    ends = list(zip(*[end for s in started for end in (s.inf, s.sup)], strict=True))
    run, numbers = plan.run, plan.numbers
    here, left, right = run(c, c, *ends[0], numbers), run(low, c, *ends[1], numbers), run(c, high, *ends[2], numbers)
    sizes = model.sizes.tolist()
    polynomials = _polynomials(frame, plan, coefficients, sizes, ends[0], here[-1])
    outputs = range(0, 2 * rule.outputs, 2)
    magnitudes = [list(map(max, map(neg, here[i]), here[i + 1])) for i in outputs]
    found = []
    lost = _lost(frame, sizes, magnitudes)
    for i, size, beyond, (polynomial, error) in zip(outputs, magnitudes, lost, polynomials, strict=False):
        expansions = left[i], left[i + 1], right[i], right[i + 1]
        total = _with_tail(plan, polynomial, error + beyond, size, expansions, (c, low, high), radius)
        found.append((polynomial, np.float64(total)))
    return found


def _range(frame: Frame, coefficients: Any, radius: float) -> tuple[float, float]:
    """`arithmetic.crude_range`."""
    spread = nextafter(float(frame.spreads.dot(np.abs(coefficients))) + TINY, inf)
    middle = float(frame.middles.dot(coefficients))
    low, high = nextafter(middle - spread, -inf), nextafter(middle + spread, inf)
    low, high = nextafter(low - radius, -inf), nextafter(high + radius, inf)
    if not high - low < inf:
        raise UnusualError
    return low, high


def _polynomials(
    frame: Frame, plan: Plan, coefficients: Any, sizes: list[float], starts: tuple, leading: tuple[float, float]
) -> list[tuple[Any, float]]:
    """`solution.polynomials`."""
    middles, radii = [], []
    for low, high in zip(starts[::2], starts[1::2], strict=True):
        middle = low / 2 + high / 2
        middles.append(np.float64(middle))
        radii.append(raised(max(high - middle, middle - low), plan.few))
    least = max(leading[0], -leading[1])
    if not least > 0:
        raise UnusualError
    found = solve(frame.structure, plan.equation, [coefficients], middles)
    given: list[Any] = [sizes[:-1]]
    for y, radius in zip(found, radii, strict=True):
        given += [arithmetic.sizes(frame, y, 0.0).tolist()[:-1], radius]
    epsilon = frame.largest_relative + plan.relative
    floor = frame.underflow
    errors = plan.bounds(*given, epsilon, plan.underflows * floor, floor, least, plan.magnitudes)
    return [(y, raised(d, plan.many)) for y, d in zip(found, errors, strict=True)]


def _lost(frame: Frame, sizes: list[float], magnitudes: list[list[float]]) -> list[float]:
    """``Σ f_k h^k`` beyond the order, from magnitudes of f_k: `composition._horner_error` without rounding errors.

    For sizes a_1, …, a_m of the parts of h, a matrix M takes the sizes of the parts 0, …, m of a series and the size of
    the rest to those of its product with h. So what h^k has beyond the order is the entry of M^k in the last row and
    the first column. All columns of M add up to ``a = Σ a_j``: a product that underflows at step j, by less than
    2⁻¹⁰⁷⁴, changes the sum by less than ``Σ f_k max(a, 1)^k`` times that. There are fewer than (m + 3)³ < 2¹⁷ of them.
    """
    m = frame.order
    tails = list(accumulate(sizes[m:0:-1]))  # a_m, a_m + a_{m-1}, …
    matrix = np.array([0.0, *sizes[1:-1], *tails]).take(frame.products_with_increment)
    row = matrix[-1]
    powers = [0.0, row.item(0)]
    for _ in range(m - 1):
        row = row.dot(matrix)
        powers.append(row.item(0))
    large = 2.0**-1050 * max(tails[-1], 1.0) ** m
    return [sum(map(mul, f, powers)) * frame.slack_of_lost + (sum(f) * large + TINY) for f in magnitudes]


def _with_tail(
    plan: Plan, polynomial: Any, error: float, sizes: list[float], expansions: tuple, points: tuple, radius: float
) -> float:
    """`composition.outer`: adds ``F_{m+1} H^{m+1}`` and what the model's radius amounts to; the result's radius.

    If a coefficient is not finite, neither are its part's size and error, and the result is refused.
    """
    (left, left_sup, right, right_sup), (c, low, high) = expansions, points
    near, far = nextafter(c - low, inf), nextafter(high - c, inf)
    least, most = _last(plan, near, far, left[-1], left_sup[-1], right[-1], right_sup[-1])
    if not max(-least, most) <= _expected(sizes, max(near, far)) / 4:
        raise UnusualError
    moved = max(-left[1], left_sup[1], -right[1], right_sup[1]) * radius
    middle = least / 2 + most / 2
    rest = nextafter(max(most - middle, middle - least), inf)
    constant = polynomial.item(0)
    value = constant + middle
    part = value - constant
    rounding = abs((constant - (value - part)) + (middle - part))  # exact, as in `directed.sum_error`
    total = nextafter(nextafter(raised(error + moved, plan.few) + rest, inf) + rounding, inf)
    if not total < (max(left_sup[0], right_sup[0]) - min(left[0], right[0])) / 2:
        raise UnusualError
    polynomial[0] = value
    return total


def _last(plan: Plan, near: float, far: float, a: float, b: float, c: float, d: float) -> tuple[float, float]:
    """``F H^p`` over both sides of the centre, whose widths are at most near and far: F in [a, b] and [c, d]."""
    if plan.power % 2:
        a, b = -b, -a
    near, far = _power(near, plan.power) * plan.some + TINY, _power(far, plan.power) * plan.some + TINY
    least, most = min(a * near, c * far, 0.0), max(b * near, d * far, 0.0)
    return nextafter(least, -inf), nextafter(most, inf)


def _power(x: float, n: int) -> float:
    """``x^n`` in rounding to nearest: 1 + 2 n u times it, and 2⁻¹⁰²² for underflows, is not below the exact value."""
    result = 1.0
    while n:
        if n & 1:
            result *= x
        x *= x
        n >>= 1
    return result


def _expected(sizes: list[float], reach: float) -> float:
    """The last two terms; `functions._diverging` compares the remainder with them, and nothing else rests on it."""
    power = reach ** (len(sizes) - 3)
    return (sizes[-3] + sizes[-2] * reach) * power
