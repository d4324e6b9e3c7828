"""``integrator``: a compiled stepper to hold and use many times."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.ode.control import Status
from taylorad.ode.dense import TaylorSolution
from taylorad.ode.march import IntegrationError
from taylorad.ode.problem import Problem
from taylorad.ode.start import FEW, checked_args, checked_state, march


def integrator(
    fun: Callable,
    n: int,
    *,
    args: tuple | None = None,
    t: Any = 0.0,
    y: Any = None,
    rtol: Any = None,
    atol: Any = 0.0,
    order: int | None = None,
    max_step: float = math.inf,
    jit: bool = True,
) -> Integrator:
    """A stepper for ``y' = fun(t, y, *args)``, compiled once.

    Parameters
    ----------
    fun, args, rtol, atol, order, max_step, jit
        As in `solve_ivp`.
    n : int
        How many components y has.
    t : float
        The initial time.
    y : array_like (n,), optional
        The initial state; without it, `set_state` comes first.

    Returns
    -------
    Integrator

    Examples
    --------
    >>> import numpy as np, taylorad as ta
    >>> it = ta.ode.integrator(lambda t, y, w: [y[1], -(w**2) * y[0]], 2, args=(1.0,), y=[0.0, 1.0])
    >>> it.propagate_until(np.pi / 2)
    >>> print(it.time, it.state.round(14) + 0.0)
    1.5707963267948966 [1. 0.]
    >>> it.parameters = (2.0,)  # nothing is compiled again
    >>> it.set_state(0.0, [0.0, 2.0])
    >>> it.propagate_grid([0.1, 0.2]).round(8)
    array([[0.19866933, 1.96013316],
           [0.38941834, 1.84212199]])
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"n must be how many components y has, a positive whole number, got {n!r}")
    options = dict(rtol=rtol, atol=atol, order=order, max_step=max_step, jit=jit)
    made = Integrator(fun, int(n), checked_args(args), options)
    if y is not None:
        made.set_state(t, y)
    return made


class Integrator:
    """See `integrator`.

    Attributes
    ----------
    time : float
    state : array (n,)
        A copy.
    parameters : tuple
        Further arguments of the function; others of the same shapes may be assigned.
    coefficients : array (order + 1, n)
        Taylor coefficients of the solution at the current time and state.
    order : int
    last_step : float
        Signed length of the last step, 0 before the first.
    steps : int
        How many were made.
    """

    def __init__(self, fun: Callable, n: int, args: tuple, options: dict):
        self._fun, self._n, self._args, self._options = fun, n, args, options
        self._run: Any = None
        self._kind: Any = None
        self.steps = 0

    def __repr__(self) -> str:
        where = "no state yet" if self._run is None else f"t = {self.time}"
        return f"<integrator of {self._n} equation(s): {where}>"

    # ---------------------------------------------------------------------------------------------------- the state

    def set_state(self, t: Any, y: Any) -> None:
        """Go to another point.

        Raises
        ------
        ValueError
            y has not n components, or is not finite.
        """
        state = checked_state(y)
        if state.shape != (self._n,):
            raise ValueError(f"y must have the shape ({self._n},) this integrator was made for, got {state.shape}")
        if not abs(t) < math.inf:
            raise ValueError(f"t must be finite, got {t}")
        if self._run is None or state.dtype != self._kind:
            self._run = march(self._fun, t, state, args=self._args, keeps="few", **self._options)
            self._kind = state.dtype
        stepper, control = self._run.stepper, self._run.control
        stepper.state = _put(stepper.state, state)
        stepper.carry = _put(stepper.carry, state * 0)
        control.time, control.low = t + 0 * control.low, 0 * control.low
        control.steps = 0
        self._run.restart()

    @property
    def time(self) -> Any:
        """The current time."""
        return self._started().control.time

    @property
    def state(self) -> np.ndarray:
        """The current state."""
        return self._started().stepper.state.copy()

    @property
    def order(self) -> int:
        """Of the Taylor polynomials."""
        return self._started().stepper.order

    @property
    def last_step(self) -> Any:
        """Signed length of the last step."""
        run = self._started()
        return run.stepper.lengths[run.control.steps - 1] if run.control.steps else 0.0

    @property
    def parameters(self) -> tuple:
        """Further arguments of the function."""
        return self._args

    @parameters.setter
    def parameters(self, args: tuple) -> None:
        args = checked_args(args)
        if self._run is not None:
            old, new = Problem(self._fun, self._args), Problem(self._fun, args)
            if not self._args:
                raise ValueError("this integrator was made without parameters: make one with `args=`")
            if old.kind != new.kind:
                raise ValueError(
                    "parameters must have the shapes and types of those the integrator was made with, and what is no "
                    "floating-point number must stay the same: make another integrator with `args=`"
                )
            self._run.stepper.set_parameters(new)
            self._run.restart()
        self._args = args

    @property
    def coefficients(self) -> np.ndarray:
        """Taylor coefficients at the current time and state."""
        return self._started().coefficients()

    def _started(self) -> Any:
        if self._run is None:
            raise RuntimeError("this integrator has no state yet: call set_state(t, y) first")
        return self._run

    # ------------------------------------------------------------------------------------------------------ movement

    def step(self, *, backward: bool = False, max_step: float = math.inf) -> Any:
        """One step of natural length, or of `max_step` if that is shorter; its signed length.

        Raises
        ------
        IntegrationError
            The solution cannot be continued; time and state are those it was continued to.
        """
        run = self._started()
        run.control.end = -math.inf if backward else math.inf
        longest, run.longest = run.longest, min(run.longest, max_step)
        try:
            run.run(1)
        finally:
            run.longest = longest
            self.steps += int(run.control.steps)
        return self.last_step

    def propagate_until(self, t: Any, *, max_steps: int | None = None) -> None:
        """Go to a time, forward or backward.

        Raises
        ------
        IntegrationError
            The solution cannot be continued, or `max_steps` do not suffice; time and state are those reached.
        """
        for _ in self._runs(t, max_steps):
            pass

    def propagate_for(self, dt: Any, *, max_steps: int | None = None) -> None:
        """Go on for a span of time; `propagate_until` with ``time + dt``."""
        self.propagate_until(self.time + dt, max_steps=max_steps)

    def propagate_grid(self, ts: Any) -> np.ndarray:
        """The states at given times, shape (len(ts), n); the state becomes that at the last one.

        Times must be sorted in the direction of integration. They do not shorten the steps but the last.

        Raises
        ------
        ValueError
            The times are not sorted, or begin on the other side of the current time.
        """
        times = np.asarray(ts)
        times = times.astype(float) if times.dtype.kind in "biu" else times
        if times.ndim != 1:
            raise ValueError(f"ts must be one-dimensional, got shape {times.shape}")
        run = self._started()
        result = np.zeros((len(times), self._n), run.stepper.state.dtype)
        if not len(times):
            return result
        sign = 1 if times[-1] >= self.time else -1
        if np.any(np.diff(times) * sign < 0) or (times[0] - self.time) * sign < 0:
            raise ValueError("ts must be sorted and lie on one side of the current time")
        done = int(np.searchsorted(sign * times, sign * self.time, side="right"))
        result[:done] = run.stepper.state
        for _ in self._runs(times[-1], None, FEW + 1):
            reached = int(np.searchsorted(sign * times, sign * self.time, side="right"))
            if reached > done:
                result[done:reached] = self._last(int(run.control.steps))(times[done:reached]).T
                done = reached
        return result

    def dense_output(self, t: Any) -> Any:
        """The solution within the last step, shape (n,), or (n, len(t)) at several times.

        Raises
        ------
        ValueError
            A time does not lie in the last step.
        """
        run = self._started()
        if not run.control.steps:
            raise ValueError("there was no step yet: dense output is that of the last step")
        last = self._last(1)
        times = np.asarray(t)
        if np.any(times < last.t_min) or np.any(times > last.t_max):
            raise ValueError(f"dense output is that of the last step, on [{last.t_min}, {last.t_max}], got {t}")
        return last(t)

    def _last(self, count: int) -> TaylorSolution:
        """The last steps, which must be of the last run."""
        stepper, control = self._run.stepper, self._run.control
        rows = [(control.row - count + i) % control.rows for i in range(count)]
        first = control.steps - count
        ts = np.concatenate([stepper.times[first : control.steps], [control.time]])
        return TaylorSolution(ts, stepper.lows[first : control.steps], stepper.coefficients[rows])

    def _runs(self, t: Any, max_steps: int | None, rows: int = 2) -> Any:
        """Runs to a time; yields after each, which makes fewer steps than `rows` unless these are 2."""
        run = self._started()
        if not abs(t) < math.inf:
            raise ValueError(f"t must be finite, got {t}")
        run.control.end = t
        left = math.inf if max_steps is None else max_steps
        run.control.rows, run.control.row = rows, 0
        while True:
            try:
                status = run.run(int(min(left, run.capacity if rows == 2 else rows - 1)))
            finally:
                self.steps += int(run.control.steps)
            left -= run.control.steps
            if run.control.steps:
                yield
            if status == Status.END:
                return
            if left <= 0:
                raise IntegrationError(f"max_steps = {max_steps} steps were made and t is {run.control.time}")


def _put(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """New numbers in the same memory."""
    old[...] = new
    return old
