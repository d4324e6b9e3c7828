"""Steps without machine code: for numbers of any ring, and for functions that cannot be compiled.

The same steps as `driver` writes, on arrays of the state's own number type: mpmath numbers at the precision in force,
NumPy's extended precision, and double precision. The right-hand side is recorded anew at every step, so that branches
need no guards.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from taylorad.algebras.recurrence import QUIET
from taylorad.ode.control import (
    FRACTION,
    KEPT,
    SHORTEST,
    Control,
    Status,
    exponent,
    is_finite,
    precision_of,
)
from taylorad.ode.dense import horner
from taylorad.ode.events import in_double_precision
from taylorad.ode.online import Online, series_along
from taylorad.ode.problem import Problem
from taylorad.ode.roots import exclude
from taylorad.ode.stepper import Setting, Stepper


class FreeControl:
    """`Control` with numbers of any type."""

    def __init__(self, zero: Any, **values: Any):
        for name in Control.names():
            setattr(self, name, 0)
        self.low = zero
        self.__dict__.update(values)


class GenericStepper(Stepper):
    """Steps in Python; parameters as for `NativeStepper`."""

    def __init__(self, problem: Problem, t: Any, y: Any, setting: Setting):
        self.problem, self.order, order = problem, setting.order, setting.order
        rows, capacity, recorded = setting.rows, setting.capacity, setting.recorded
        self.absolute, self.relative = setting.absolute, np.maximum(setting.relative, precision_of(y))
        zero = abs(y[0] * 0)
        self.control = FreeControl(zero, time=t + zero, rows=rows, state_stride=int(recorded), scale=0.0)
        self.state, n = y.copy(), y.size
        self.carry, self.carry_before, self.predicted = (y * 0 for _ in range(3))
        self.coefficients = np.zeros((rows, order + 1, n), y.dtype)
        self.observed = np.zeros((rows, len(problem.events), order), np.asarray(abs(y[:1])).dtype)
        self.expected = np.zeros((len(problem.events), 4), self.observed.dtype)
        times = np.asarray(abs(y[:1])).dtype
        self.times, self.lows, self.lengths = (np.zeros(capacity, times) for _ in range(3))
        self.states = np.zeros((capacity if recorded else 1, n), y.dtype)

    @classmethod
    def following(cls, old: Stepper) -> GenericStepper:
        """The same integration from where another stepper is, for one step."""
        control, y = old.control, old.state
        weights = _one_each(old.absolute, y), _one_each(old.relative, y)
        new = cls(old.problem, control.time, y, Setting(old.order, 2, 1, True, *weights))
        for name in ("low", "end", "longest", "scale", "reach", "forced", "tightness", "checked"):
            setattr(new.control, name, getattr(control, name))
        for name in ("flagged", "found", "reached", "watch"):
            setattr(new.control, name, getattr(control, name))
        new.control.limit = min(1, control.limit - control.steps)
        new.carry, new.predicted, new.expected = old.carry.copy(), old.predicted.copy(), old.expected.copy()
        return new

    def set_parameters(self, problem: Problem) -> None:
        """Go on with other arguments."""
        self.problem = problem

    @property
    def _events(self) -> list[Any]:
        problem = self.problem
        return [
            lambda t, y, i=i: problem.event(i, t, y, *problem.args)  # type: ignore[misc]
            for i in range(len(problem.events))
        ]

    def magnitudes(self, x: Any) -> Any:
        """Absolute values."""
        return np.abs(x)

    # --------------------------------------------------------------------------------------------------------- steps

    def run(self) -> Status:
        """Make steps."""
        with np.errstate(**QUIET):
            while True:
                status = self._step()
                if status is not None:
                    return status

    def _step(self) -> Status | None:
        control, problem = self.control, self.problem
        time = control.time + control.low
        online = Online(lambda t, y: problem.slope(t, y, *problem.args), time, self.state, self.order)
        x = online.coefficients
        online.first()
        self.coefficients[control.row][:2] = x[:2]
        for i, g in enumerate(self._events):
            self.observed[control.row][i][0] = g(time, self.state)
        if control.checked and np.any(self.defect(x)[1]):
            return Status.DEFECT
        if control.checked and np.any(self.gap()[1]):
            return Status.GAP
        if control.flagged or control.reached:
            return Status.EVENT if control.flagged else Status.END
        if control.steps >= control.limit:
            return Status.LIMIT
        online.rest()
        self.coefficients[control.row] = online.coefficients
        self._observe(online.coefficients, time)
        if control.watch:
            return Status.COEFFICIENTS
        return self._advance(self.coefficients[control.row])

    def _advance(self, x: Any) -> Status | None:
        control = self.control
        length = control.forced if control.forced > 0 else self._length(x)
        if not length < math.inf:
            return Status.TAIL
        control.forced = 0
        length = min(length, control.longest)
        remaining = (control.end - control.time) - control.low
        last = length * (1 + 2.0**-30) >= abs(remaining)
        h = remaining if last else (length if remaining > 0 else -length) + 0 * control.low
        if not last and control.time + h * SHORTEST == control.time:
            return Status.COLLAPSE
        found = int(self._may_have_events(h))
        control.flagged, control.found = found | control.found, found
        self._record(h)
        self._move(x, h)
        control.scale, control.checked, control.reached = abs(h), 1, int(last)
        control.reach = max(abs(h), control.reach * KEPT)
        control.time, control.low = (control.end + 0 * control.low, 0 * control.low) if last else self._later(h)
        control.steps += 1
        control.row = (control.row + 1) % control.rows
        return None if np.all(is_finite(self.state)) else Status.NOT_FINITE

    def _length(self, x: Any) -> Any:
        """The next length, by the solution and by the event functions."""
        control, scale = self.control, self.control.scale
        length = self.length(np.abs(x), scale)
        tolerance = (math.log2(FRACTION) - control.tightness) / self.order
        for g in np.abs(self.observed[control.row]) if length < math.inf else ():
            size = max(g[0], g[1] * scale, g[2] * scale * scale)
            for k in range(max(self.order - 3, 3), self.order if size > 0 else 0):
                length = min(length, 2.0 ** min(tolerance - exponent(g[k] / size) / k, 1000.0))
        return length

    def _later(self, h: Any) -> tuple[Any, Any]:
        time, low = self.control.time, self.control.low
        new = time + h
        lost = (time - (new - (new - time))) + (h - (new - time))
        high = new + (low + lost)
        return high, (low + lost) - (high - new)

    def _record(self, h: Any) -> None:
        control = self.control
        self.times[control.steps], self.lows[control.steps] = control.time, control.low
        self.lengths[control.steps] = h

    def _move(self, x: Any, h: Any) -> None:
        """y + h Q, with the rounding error of the sum carried along."""
        q = x[1:]
        mean = horner(q[:, None], h)[0]
        degrees = np.arange(1, len(q) + 1).reshape(-1, 1)
        self.predicted = horner((q * degrees)[:, None], h)[0]
        self.carry_before = self.carry
        change = h * mean + self.carry
        new = self.state + change
        self.carry = change - (new - self.state)
        self.state = new
        if self.control.state_stride:
            self.states[self.control.steps] = new

    def back(self) -> None:
        """Undo the last step of this run."""
        self.state, self.carry = self.state.copy(), self.carry.copy()
        super().back()

    def _observe(self, x: Any, time: Any) -> None:
        """The coefficients of the event functions in this step."""
        for i, g in enumerate(self._events):
            self.observed[self.control.row][i] = series_along(g, time, x, self.order - 1)

    def _may_have_events(self, h: Any) -> bool:
        row = self.observed[self.control.row]
        if not len(row):
            return False
        jumps = bool(np.any(row[:, 0] * self.expected[:, 0] < 0))
        self.expected[:, 3] = self.expected[:, 0]
        powers = h ** np.arange(self.order)
        self.expected[:, 0] = (row * powers).sum(axis=1)
        self.expected[:, 1] = np.abs(row * powers).sum(axis=1)
        self.expected[:, 2] = np.abs(row[:, 1])
        return jumps or not all(exclude(*in_double_precision(coefficients, h)) for coefficients in row)


def _one_each(weights: Any, y: Any) -> Any:
    """Tolerances of components from those of their real and imaginary parts."""
    return weights[::2] if len(weights) == 2 * y.size else weights
