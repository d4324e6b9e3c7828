"""Decisions between steps: the first length, rejections, vanishing tails, and when to give up."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.ode.control import SHORTEST, Status, exponent, is_finite, precision_of
from taylorad.ode.dense import horner
from taylorad.ode.generic import GenericStepper
from taylorad.ode.stepper import NativeStepper, NoMachineCode, Stepper

WITHIN = (0.11, 0.37, 0.62, 0.83)  # parts of a step
TAIL_NOISE = 1e-12  # relative error of a step of which nothing is known
ROUNDINGS = 16  # of the right-hand side, as large as they are found, that a defect may be
SHORT, MOST_SHORT = 256, 2000  # rounding errors of the time, and how many such steps there may be in a row
NOISE = 32  # rounding errors of the largest component: a defect below may be rounding


class IntegrationError(RuntimeError):
    """An integration cannot go on; what was computed until then is kept by whoever catches it."""


class March:
    """Makes steps with a stepper, and decides where it asks.

    Parameters
    ----------
    stepper : Stepper
    longest : float
        Bound on the length of steps.
    first : float, optional
        Length of the first step.

    Attributes
    ----------
    rejected : int
        Steps that were made again.
    event_rounding : array (events,)
        How large the rounding errors of event functions were found to be.
    """

    def __init__(self, stepper: Stepper, longest: float = math.inf, first: float | None = None):
        self.stepper, self.control = stepper, stepper.control
        self.capacity = len(stepper.times)
        self.longest, self.first = longest, first
        self.cap = math.inf
        self.rejected = self.expansions = 0
        self.event_rounding: Any = np.zeros(len(stepper.problem.events))
        self._short = 0  # how many steps in a row hardly changed the time
        self.is_new = True

    def restart(self) -> None:
        """Forget the step before: the state was changed."""
        self.is_new, self.cap = True, math.inf
        self.control.reach = 0 * self.control.low
        self.stepper.expected[...] = 0
        self.control.checked = self.control.flagged = self.control.reached = 0

    def run(self, limit: int) -> Status:
        """Up to `limit` steps; the status is END, LIMIT or EVENT.

        Raises
        ------
        IntegrationError
            The solution cannot be continued; `control.steps` steps were made and are valid.
        """
        control = self.control
        control.steps, control.flagged, control.reached = 0, 0, 0
        if control.rows > limit:  # all steps of this run, and the beginning of the next, have rows
            control.row = 0
        if control.end == control.time:
            return Status.END
        if self.is_new:
            self._begin()
        while True:
            control.limit = limit if self.cap == math.inf else min(limit, control.steps + 1)
            control.longest = min(self.longest, self.cap)
            before = control.steps
            status = self._steps()
            self.expansions += control.steps - before + 1
            if control.steps > before:
                self._count_short()
            if status in (Status.END, Status.EVENT):
                return status
            if status != Status.LIMIT:
                _DECISIONS[status](self)
                continue
            if self.cap < math.inf:
                natural = control.steps and abs(self.stepper.lengths[control.steps - 1]) < 0.99 * self.cap
                self.cap = math.inf if natural else 2 * self.cap
            if control.steps >= limit:
                return status

    def _count_short(self) -> None:
        """Give up where steps do not get on: a solution that slides along a jump, for example."""
        length = abs(self.stepper.lengths[self.control.steps - 1])
        self._short = (
            self._short + 1 if length <= SHORT * precision_of(self.stepper.state) * abs(self.control.time) else 0
        )
        if self._short > MOST_SHORT:
            self._stop("steps do not get on, as where the right-hand side jumps back and forth")

    def _steps(self) -> Status:
        """Steps by machine code; one without it where there is none, as where |y| begins at 0."""
        try:
            return self.stepper.run()
        except NoMachineCode:
            assert isinstance(self.stepper, NativeStepper)
            single = GenericStepper.following(self.stepper)
            status = single.run()
            self.stepper.take_over(single)
            return status

    # ------------------------------------------------------------------------------------------------- the first step

    def coefficients(self) -> Any:
        """Those of the solution at the current state, (order + 1, n).

        Raises
        ------
        IntegrationError
            They are not finite.
        """
        control = self.control
        kept = control.checked, control.flagged, control.reached
        control.checked = control.flagged = control.reached = 0
        control.watch, control.limit = 1, control.steps + 1
        try:
            self._steps()
        finally:
            control.watch = 0
            control.checked, control.flagged, control.reached = kept
        self.expansions += 1
        return self.stepper.current().copy()

    def _begin(self) -> None:
        """Find the scale of components within a step, from lengths that do not need it."""
        sizes, control = self.stepper.magnitudes(self.coefficients()), self.control
        norms = list(sizes.max(axis=1))
        if not all(norm < math.inf for norm in norms):
            raise IntegrationError(
                f"the Taylor coefficients of the solution at t = {_shown(control.time)} are not finite: "
                "the right-hand side has a singularity there"
            )
        control.scale = self._unscaled(norms)
        scale = self.stepper.length(sizes, control.scale)
        if 0 < scale < math.inf:
            control.scale = scale
        if self.first is not None:
            control.forced = self.first
        if self.stepper.problem.events:
            self._round_events()
        self.is_new = False

    def _unscaled(self, norms: list) -> float:
        """``(‖x_1‖/‖x_p‖)^{1/(p-1)}/e²``, by other degrees where these vanish."""
        powers = [exponent(norm) for norm in norms]
        first = max(powers[1], powers[0])
        found = [(first - e) / (k - 1) for k, e in enumerate(powers) if k > 1 and e > -math.inf]
        if not found or first == -math.inf:
            return float(min(abs(self.control.end - self.control.time), self.longest, 1.0))
        return 2.0 ** max(min(min(found) - 2 / math.log(2), 1000.0), -1000.0)

    # ------------------------------------------------------------------------------------------------------ decisions

    def _tail(self) -> None:
        """The solution is a polynomial, it seems: as far as its own terms reach, or to the end."""
        x, control = self.stepper.current(), self.control
        norms = [exponent(np.max(m, initial=0)) for m in self.stepper.magnitudes(x)]
        if any(math.isnan(e) or e == math.inf for e in norms):
            self._stop_at_singularity("its coefficients are not finite")
        known = [(k, e) for k, e in enumerate(norms) if e > -math.inf]
        reach = [(known[0][1] - e) / (k - known[0][0]) for k, e in known[1:] if k > 1]
        remaining = abs((control.end - control.time) - control.low)
        if reach:
            length = 4 * 2.0 ** max(min(min(reach), 1000.0), -1000.0)
        else:
            length = remaining if remaining < math.inf else max(10 * control.scale, 1.0)
        length = min(length, remaining, control.longest)
        while not self._is_polynomial(x, length) and control.time + length / 4 * SHORTEST != control.time:
            length = length / 4
        if control.time + length / 4 * SHORTEST == control.time and not np.all(is_finite(self._slope(x, length))):
            self._stop_at_singularity("the right-hand side is not finite beyond")
        control.forced = length

    def _slope(self, x: Any, s: Any) -> Any:
        """The right-hand side on the solution's polynomial."""
        control, problem = self.control, self.stepper.problem
        s = s if control.end > control.time else -s
        with np.errstate(all="ignore"):
            return problem.slope(control.time + (control.low + s), horner(x[:, None], s)[0], *problem.args)

    def _is_polynomial(self, x: Any, length: Any) -> bool:
        """Whether the right-hand side agrees with the solution's polynomial at some points within a step."""
        sign = 1 if self.control.end > self.control.time else -1
        slopes = x[1:] * np.arange(1, len(x)).reshape(-1, 1)
        for part in WITHIN:
            slope, s = self._slope(x, length * part), sign * length * part
            expected = horner(slopes[:, None], s)[0]
            size = np.maximum(np.abs(x[0]), length * np.maximum(np.abs(slope), np.abs(expected)))
            if not np.all(length * np.abs(slope - expected) <= TAIL_NOISE * size):
                return False
        return True

    def _reject(self) -> None:
        """The solution is not what the last step said, or it has a jump: a shorter step, unless it is rounding."""
        stepper, found = self.stepper, self.stepper.current()
        defect, off = stepper.defect(found)
        largest = np.max(stepper.magnitudes(found[0]), initial=0)
        harmless = bool(np.max(defect) * self.control.scale <= NOISE * precision_of(stepper.state) * largest)
        rounding, _ = self._rounding(stepper.problem.slope, stepper.magnitudes)
        self._retry(
            harmless or bool(np.all(defect[off] <= ROUNDINGS * rounding[off])),
            "the derivative at the end of a step disagrees with the right-hand side",
        )

    def _gap(self) -> None:
        """An event function is not what its polynomial said: a shorter step, unless it is rounding."""
        gap, off = self.stepper.gap()
        rounding = self._round_events()
        self._retry(bool(np.all(gap[off] <= ROUNDINGS * rounding[off])), "an event function is not smooth")

    def _round_events(self) -> Any:
        """What rounding does to the event functions here; their own rounding errors are kept, the largest so far."""
        problem = self.stepper.problem

        def events(t: Any, y: Any, *args: Any) -> Any:
            return np.array([problem.event(i, t, y, *args) for i in range(len(problem.events))])

        rounding, own = self._rounding(events, np.abs)
        self.event_rounding = np.fmax(self.event_rounding, own)
        return rounding

    def _rounding(self, function: Callable, size: Callable) -> tuple[Any, Any]:
        """What rounding does to a function here, t and y being rounded, and by its own errors alone.

        The latter are seen by a computation in higher precision.
        """
        time, y, args = self.control.time + self.control.low, self.stepper.state, self.stepper.problem.args
        total: Any = 0
        own: Any = 0
        eps = precision_of(y)
        with np.errstate(all="ignore"):
            exact = function(time, y, *args)
            for factor in (1, 1 + 4 * eps, 1 - 4 * eps):
                near = function(time * factor, y * factor, *args)
                total = np.maximum(total, size(near - exact))
                with contextlib.suppress(Exception):  # of functions that take double precision only
                    better = function(time * factor, extended(y * factor), *args)
                    own = np.maximum(own, size((better - near).astype(near.dtype)))
        return np.maximum(total, own), own

    def _retry(self, harmless: bool, why: str) -> None:
        """Halve the last step, unless it is as good as rounding allows, or meets a jump exactly."""
        step = self.control.steps - 1
        begin, h = self.stepper.times[step], abs(self.stepper.lengths[step])
        if harmless or begin + h / 2 * SHORTEST == begin:
            self.control.checked, self.cap = 0, 2 * self.cap
        else:
            self._halve(h, why)

    def _not_finite(self) -> None:
        control = self.control
        self._halve(abs(self.stepper.lengths[control.steps - 1]), "it becomes infinite")

    def _halve(self, h: float, why: str) -> None:
        self.stepper.back()
        self.rejected += 1
        if self.control.time + h / 2 * SHORTEST == self.control.time:
            self._stop_at_singularity(why)
        self.control.forced = h / 2
        self.cap = h / 2

    def _collapse(self) -> None:
        control = self.control
        own = (
            self.stepper.length(self.stepper.magnitudes(self.stepper.current()), control.reach)
            if self.stepper.problem.events
            else 0
        )
        if control.time + own * SHORTEST != control.time and own < math.inf:
            control.forced = min(own, control.reach)  # only an event function has a singularity here
        else:
            self._stop_at_singularity("the next step would be too short to change t")

    def _stop_at_singularity(self, why: str) -> None:
        distance = self._distance()
        where = "" if distance is None else f"; by its radius of convergence there is a singularity near t = {distance}"
        self._stop(why + where)

    def _stop(self, why: str) -> None:
        raise IntegrationError(f"the solution cannot be continued beyond t = {_shown(self.control.time)}: {why}")

    def _distance(self) -> str | None:
        """Where the nearest singularity is, from the growth of the last coefficients."""
        x = np.asarray(self.stepper.magnitudes(self.stepper.current()))
        radii = []
        for row in x.T:
            known = [k for k in range(1, len(row)) if 0 < row[k] < math.inf and 0 < row[k - 1] < math.inf]
            if known:
                k = known[-1]
                radii.append(2.0 ** max(min(exponent(row[k - 1]) - exponent(row[k]), 1000.0), -1000.0))
        if not radii:
            return None
        sign = 1.0 if self.control.end > self.control.time else -1.0
        return _shown(float(self.control.time) + sign * min(radii))


def _shown(t: Any) -> str:
    return f"{float(t):.15g}"


def extended(y: Any) -> Any:
    """The same state in NumPy's extended precision; as it is, if it has more digits than floats already."""
    return y if y.dtype == object else y.astype(np.result_type(y.dtype, np.longdouble))


_DECISIONS = {
    Status.TAIL: March._tail,
    Status.DEFECT: March._reject,
    Status.GAP: March._gap,
    Status.NOT_FINITE: March._not_finite,
    Status.COLLAPSE: March._collapse,
}
