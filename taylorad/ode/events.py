"""Events: roots of functions g(t, y) along the solution, all of them, from their Taylor polynomials in each step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from taylorad.ode.control import EPS, is_finite
from taylorad.ode.dense import horner
from taylorad.ode.roots import Roots, roots
from taylorad.ode.stepper import Stepper


class Events:
    """What has been found of several event functions.

    Parameters
    ----------
    functions : sequence of callables
        With SciPy's attributes: ``terminal`` (False, True, or after how many events to stop) and ``direction`` (from
        which side: positive, negative, or 0 for both and for touching).

    Attributes
    ----------
    times, states : list of lists
        Of the events found, for each function.
    """

    def __init__(self, functions: Sequence[Callable]):
        self.directions = [float(getattr(g, "direction", 0) or 0) for g in functions]
        self.stops = [_count_to_stop(getattr(g, "terminal", None), i) for i, g in enumerate(functions)]
        self.times: list[list[Any]] = [[] for _ in functions]
        self.states: list[list[Any]] = [[] for _ in functions]
        self._before: list[Roots | None] = [None for _ in functions]
        self._seen = -1

    def look(self, stepper: Stepper, step: int, rounding: Any) -> Any:
        """Find the events of the last step, number `step` of the integration; where to stop within it, or None.

        `rounding` is what rounding may do to the event functions.
        """
        control = stepper.control
        last, row = control.steps - 1, (control.row - 1) % control.rows
        h = stepper.lengths[last]
        following = self._seen == step - 1
        found = []
        for i, coefficients in enumerate(stepper.observed[row]):
            before = self._before[i] if following else None
            if before is not None and not control.found and before.sign_after * coefficients[0] > 0:
                continue  # flagged for the step before only, and the sign is that after it
            if not np.all(is_finite(coefficients)):  # outside the domain of an event function nothing happens
                self._before[i] = None
                continue
            last_value, noise = stepper.expected[i, 3], 2 * rounding[i]
            sign = float(np.sign(last_value)) if abs(last_value) > noise else 0.0
            sign = before.sign_after if before is not None else sign
            result = roots(
                *in_double_precision(coefficients, h),
                include_start=step == 0,
                sign_before=sign or None,
                starts_on_root=before is not None and before.ends_on_root,
                uncertainty=uncertainty_of(coefficients, control.reach, noise),
            )
            self._before[i] = result
            for s, direction in zip(result.s, result.direction, strict=True):
                if self._counts(i, direction):
                    place = refined(coefficients, s, direction)
                    found.append((abs(place), i, place))
        self._seen = step
        return self._entered(stepper, last, row, sorted(found, key=lambda event: event[:2]))

    def _counts(self, i: int, direction: int) -> bool:
        return self.directions[i] == 0 or self.directions[i] * direction > 0

    def _entered(self, stepper: Stepper, last: int, row: int, found: list) -> Any:
        x = stepper.coefficients[row]
        for _, i, s in found:
            self.times[i].append(stepper.times[last] + (stepper.lows[last] + s))
            self.states[i].append(horner(x[:, None], np.array([[s]]))[0])
            if self.stops[i] is not None and len(self.times[i]) >= self.stops[i]:
                return s
        return None


def in_double_precision(coefficients: Any, h: Any) -> tuple[np.ndarray, float]:
    """A polynomial for `roots`, a multiple of it in double precision if it has another."""
    if coefficients.dtype == np.float64:
        return coefficients, float(h)
    largest = max(abs(c) for c in coefficients) or 1
    return np.array([float(c / largest) for c in coefficients]), float(h)


def uncertainty_of(coefficients: Any, reach: Any, noise: Any) -> float:
    """What rounding does to an event function, also in a step much shorter than usual."""
    if coefficients.dtype != np.float64:
        return 0.0
    return 4 * EPS * float(abs(coefficients[0]) + abs(coefficients[1]) * reach) + float(noise)


def refined(coefficients: Any, s: float, direction: int) -> Any:
    """A root in the precision of the polynomial, from one in double precision; of the derivative if it is double."""
    if coefficients.dtype == np.float64:
        return s
    degrees = np.arange(len(coefficients))
    g = coefficients if direction else (coefficients * degrees)[1:]
    slope = (g * degrees[: len(g)])[1:]
    place, last = s + 0 * abs(g[0]), math.inf
    for _ in range(64):
        derivative = horner(slope[:, None], place)[0]
        change = horner(g[:, None], place)[0] / derivative if derivative != 0 else 0 * place
        if not abs(change) < last:
            break
        place, last = place - change, abs(change)
    return place


def _count_to_stop(terminal: Any, number: int) -> int | None:
    """After how many events to stop: None for never.

    Raises
    ------
    ValueError
        `terminal` is neither a truth value nor a positive whole number.
    """
    if terminal is None or terminal is False or (isinstance(terminal, int) and terminal == 0):
        return None
    if terminal is True:
        return 1
    if int(terminal) == terminal and terminal > 0:
        return int(terminal)
    raise ValueError(f"The `terminal` attribute of event {number} must be a boolean or a positive integer")
