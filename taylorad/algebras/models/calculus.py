"""Evaluation, composition, integration and truncation of models."""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.algebras.interval.interval import Interval, as_interval
from taylorad.algebras.models import arithmetic
from taylorad.algebras.models.composition import middle
from taylorad.algebras.models.frame import UNIT, slack, up
from taylorad.rings.interval import directed
from taylorad.rings.interval.environment import check


def evaluate(model: Any, point: tuple) -> Interval:
    """Enclosures of the values at a point or over a box: every monomial over its range."""
    check()
    frame = model.frame
    low, high = _coordinates(frame, point)
    outside = (frame.inf > low.T) | (frame.sup < high.T) | np.isnan(low.T)
    if outside.any():
        raise ValueError(
            f"the point {Interval._make(low, high)} lies outside the domain {model.domain} of the model, where it says "
            "nothing: models are not to be extrapolated"
        )
    with np.errstate(all="ignore"):
        centre = frame.centre.reshape(-1, *(1,) * (low.ndim - 1))
        below, above = directed.add_down(low, -centre), directed.add_up(high, -centre)
        inf, sup = frame.monomials_over(below, above)
        ndim = max(model.ndim, inf.ndim - 1)
        inf, sup, c = (
            x.reshape(len(x), *(1,) * (ndim + 1 - x.ndim), *x.shape[1:]) for x in (inf, sup, model._coefficients)
        )
        low_terms = directed.multiply_both(c, np.where(c >= 0, inf, sup))[0]
        high_terms = directed.multiply_both(c, np.where(c >= 0, sup, inf))[1]
        lower = directed.add_together(low_terms, directed.add_down)
        upper = directed.add_together(high_terms, directed.add_up)
        ends = directed.add_down(lower, -model._radius), directed.add_up(upper, model._radius)
        unknown = np.isnan(ends[0]) | np.isnan(ends[1])
    return Interval._make(np.where(unknown, -np.inf, ends[0]), np.where(unknown, np.inf, ends[1]))


def _coordinates(frame: Any, point: tuple) -> tuple[Any, Any]:
    n = len(frame.inf)
    if len(point) == 1 and (n > 1 or np.ndim(point[0])):
        box: Any = as_interval(point[0])
        if box.ndim and n == 1 and box.shape[0] != 1:
            box = box[None]
    else:
        parts = np.broadcast_arrays(*map(as_interval, point))
        box = parts[0][None] if len(parts) == 1 else np.stack(parts)
    if box.ndim == 0 or box.shape[0] != n:
        raise ValueError(f"expected {n} coordinates, one a variable along the first axis, got shape {box.shape}")
    return box.ends


def compose(model: Any, models: Any) -> Any:
    """``p(g - centre) ± radius``."""
    frame, n = model.frame, len(model.frame.inf)
    g: list[Any] = list(models) if np.ndim(models) or isinstance(models, list | tuple) else [models]
    if len(g) != n or any(x.ndim for x in g):
        raise ValueError(f"expected {n} models of shape (), one for each variable, got {len(g)}")
    for i, x in enumerate(g):
        g[0]._check(x)
        inf, sup = _range(x)
        if not (frame.inf[i] <= inf and sup <= frame.sup[i]):
            raise ValueError(
                f"the model for variable {i} has the range [{inf}, {sup}], which reaches beyond the domain "
                f"[{frame.inf[i]}, {frame.sup[i]}] of the model it is put into: make its domain smaller"
            )
    monomials = _monomials(frame, [x - c for x, c in zip(g, frame.centre, strict=True)])
    weights = model._coefficients
    basis = np.reshape(np.stack(monomials), (len(monomials), *(1,) * model.ndim))
    radius = np.broadcast_to(np.asarray(model._radius), model.shape)
    return np.sum(basis * weights, axis=0) + Interval._make(-radius, radius)


def _range(model: Any) -> tuple[Any, Any]:
    """Ends of the range; those of the domain for a variable, where rounding would lead beyond them."""
    frame, c = model.frame, model._coefficients
    slopes = c[1 : len(frame.inf) + 1]
    i = int(np.argmax(slopes)) if frame.order else 0
    if (
        frame.order
        and model._radius == 0
        and np.count_nonzero(c[1:]) == 1
        and slopes[i] == 1
        and c[0] == frame.centre[i]
    ):
        return frame.inf[i], frame.sup[i]
    return model.bound().ends  # type: ignore[no-any-return]


def _monomials(frame: Any, h: list) -> list:
    """Models of all monomials of h, each from one of lower degree."""
    values = [h[0].lift(1.0)]
    for powers in frame.structure.exponents[1:]:
        i = int(np.flatnonzero(powers)[0])
        below = powers.copy()
        below[i] -= 1
        lower = int(frame.structure.index(below))
        values.append(h[i] if lower == 0 else values[lower] * h[i])
    return values


def integrate(model: Any, variable: int) -> Any:
    """``∫ p dt`` from the centre: terms of degree order + 1 go to the remainder, which grows with the distance."""
    check()
    frame, c = model.frame, model._coefficients
    n = len(frame.inf)
    if not -n <= variable < n:
        raise ValueError(f"variable {variable} does not exist: there are {n}, counted from 0")
    i = variable % n
    reach = max(abs(frame.low[i]), abs(frame.high[i]))
    raised = frame.structure.exponents.copy()
    raised[:, i] += 1
    quotients = c / raised[:, i].reshape(-1, *(1,) * model.ndim)
    kept = raised.sum(axis=1) <= frame.order
    result = np.zeros_like(c)
    result[frame.structure.index(raised[kept])] = quotients[kept]
    beyond = np.where(kept.reshape(-1, *(1,) * model.ndim), 0.0, quotients)
    rounding = UNIT * slack(2) * arithmetic.measured(frame, quotients)
    error = up(arithmetic.measured(frame, beyond) + rounding + model._radius + frame.underflow, 8) * reach
    return model._make(*arithmetic.settled(result, up(error)), frame)


def truncate(model: Any, order: int) -> Any:
    """Degrees above `order` as part of the remainder, by their range."""
    frame = model.frame
    if order > frame.order:
        raise ValueError(f"cannot truncate a model of order {frame.order} to order {order}: that is more")
    lower = frame.of_order(order)
    size, rest = lower.structure.size, model._coefficients.copy()
    rest[:size] = 0.0
    if order == frame.order:
        return model.copy()
    midpoint, radius = middle(*arithmetic.crude_range(frame, rest, 0.0 * model._radius))
    kept = arithmetic.shift(model._coefficients[:size], model._radius, midpoint, radius)
    return model._make(*kept, lower)
