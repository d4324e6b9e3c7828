"""From Arb's balls to doubles below and above them."""

from __future__ import annotations

import math
from typing import Any

INF = math.inf


def below(number: Any) -> float:
    """The largest double not above an exact Arb number; -inf for nan."""
    from flint import arb

    guess = float(number)
    if math.isnan(guess):
        return -INF
    return math.nextafter(guess, -INF) if arb(guess) > number else guess


def above(number: Any) -> float:
    """The smallest double not below an exact Arb number; inf for nan."""
    from flint import arb

    guess = float(number)
    if math.isnan(guess):
        return INF
    return math.nextafter(guess, INF) if arb(guess) < number else guess


def ends(ball: Any) -> tuple[float, float]:
    """Doubles around a ball, the nearest ones when the working precision is at least 53 bits; entire for nan."""
    return below(ball.lower()), above(ball.upper())


def ball_of(inf: float, sup: float) -> Any:
    """A ball that contains [inf, sup]; all reals for infinite ends."""
    from flint import arb

    if inf == sup:
        return arb(inf)
    if math.isinf(inf) or math.isinf(sup):
        return arb(0, INF)
    return arb(inf).union(arb(sup))
