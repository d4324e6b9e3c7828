"""``solve_ivp``: SciPy's signature and result, Taylor's method."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult

from taylorad.ode.control import Status
from taylorad.ode.dense import TaylorSolution, horner
from taylorad.ode.events import Events
from taylorad.ode.march import IntegrationError, March
from taylorad.ode.problem import checked_events
from taylorad.ode.start import checked_args, checked_state, march

FINISHED = "The solver successfully reached the end of the integration interval."
LARGEST_TIME = 1e150  # squares of steps must not overflow
STOPPED = "A termination event occurred."


class OdeResult(OptimizeResult):
    """What `solve_ivp` returns: SciPy's result object, a dictionary whose entries are attributes too."""


def solve_ivp(
    fun: Callable,
    t_span: Sequence[Any],
    y0: Any,
    *,
    rtol: Any = None,
    atol: Any = 0.0,
    t_eval: Any = None,
    events: Any = None,
    dense_output: bool = False,
    args: tuple | None = None,
    max_step: float = math.inf,
    first_step: float | None = None,
    order: int | None = None,
    jit: bool = True,
    progress: bool = False,
) -> OdeResult:
    """Solve ``y' = fun(t, y, *args)``, ``y(t0) = y0`` by Taylor's method.

    Parameters
    ----------
    fun : callable
        ``fun(t, y, *args)``, an everyday NumPy function of a number and an array (n,) that returns n numbers.
    t_span : pair of numbers
        From where to where, forward or backward.
    y0 : array_like (n,)
        Real or complex. Numbers of mpmath, or of extended precision, are computed with as they are.
    rtol, atol : float or array_like (n,)
        The error of a step in component i is kept below a fraction of ``atol + rtol·|y_i|``, ``|y_i|`` being its
        largest value within the step. The default is rounding error, 2⁻⁵² (in higher precision, its), and no atol:
        components of any size keep their digits.
    t_eval : array_like, optional
        Times at which to give the solution, instead of where steps end.
    events : callable or sequence of callables, optional
        Functions ``g(t, y, *args)`` of which all roots along the solution are found, also double ones and several in
        a step. Their attributes ``terminal`` and ``direction`` mean what they mean in SciPy.
    dense_output : bool
        Whether to give the solution as a function, `TaylorSolution`.
    args : tuple, optional
        More arguments of `fun` and of the events.
    max_step, first_step : float, optional
        The longest step, and the first one.
    order : int, optional
        Of the Taylor polynomials; by default the cheapest for the tolerance, 20 at 2⁻⁵².
    jit : bool
        Whether `fun` is compiled to machine code. What it captures is constant for the integration.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    OdeResult
        SciPy's: t (m,), y (n, m), sol, t_events, y_events, status (0: the end was reached, 1: a terminal event, -1:
        it failed), message, success; nfev counts expansions of `fun` into Taylor series. After a failure, it holds
        the solution up to there.

    Raises
    ------
    ValueError
        Shapes do not fit, or numbers are not what they must be.

    References
    ----------
    À. Jorba and M. Zou, "A software package for the numerical integration of ODEs by means of high-order Taylor
    methods", Experimental Mathematics 14 (2005), 99-117.

    Examples
    --------
    >>> import numpy as np, taylorad as ta
    >>> def kepler(t, y):
    ...     r = np.linalg.norm(y[:2])
    ...     return np.concatenate([y[2:], -y[:2] / r**3])
    >>> solution = ta.ode.solve_ivp(kepler, (0, 2 * np.pi), [1.0, 0.0, 0.0, 1.0])
    >>> bool(np.abs(solution.y[:, -1] - solution.y[:, 0]).max() < 1e-14)
    True
    """
    begin, end = _checked_span(t_span)
    y = checked_state(y0)
    args = checked_args(args)
    functions = checked_events(events)
    times = None if t_eval is None else _checked_times(t_eval, begin, end)
    keeps = "coefficients" if dense_output or functions or times is not None else "states"
    run = march(
        fun,
        begin,
        y,
        args=args,
        events=functions,
        rtol=rtol,
        atol=atol,
        order=order,
        max_step=max_step,
        first_step=first_step,
        keeps=keeps,
        jit=jit,
    )
    run.control.end = end
    collected = _Collected(run, begin, end, y, times, Events(functions), dense_output)
    status, message = _integrate(run, collected, progress)
    return collected.result(status, message, bool(functions), dense_output)


def _integrate(run: March, collected: _Collected, progress: bool) -> tuple[int, str]:
    """Run to the end; SciPy's status and message."""
    with _bar(run, progress) as bar:
        while True:
            try:
                status = run.run(run.capacity)
            except IntegrationError as error:
                if collected.take(bool(run.control.flagged)):
                    return 1, STOPPED
                return -1, str(error)
            if collected.take(status == Status.EVENT):
                return 1, STOPPED
            bar(run.control.time)
            if status == Status.END:
                return 0, FINISHED


class _Collected:
    """What is kept of the steps."""

    def __init__(self, run: March, begin: Any, end: Any, y: Any, t_eval: Any, events: Events, dense: bool):
        self.run, self.events, self.dense = run, events, dense
        self.sign = 1 if end >= begin else -1
        self.t_eval, self.done = t_eval, 0
        self.steps = 0
        self.ts: list[Any] = [np.array([begin], dtype=run.stepper.times.dtype)] if t_eval is None else []
        self.ys: list[Any] = [y[None].astype(run.stepper.state.dtype)] if t_eval is None else []
        self.knots: list[Any] = [np.array([begin], dtype=run.stepper.times.dtype)]
        self.lows: list[Any] = []
        self.pieces: list[Any] = []
        if t_eval is not None:
            self._take_start(begin, y)

    def _take_start(self, begin: Any, y: Any) -> None:
        """Times to be evaluated at that are the start itself."""
        count = int(np.sum(self.t_eval == begin))
        if count:
            self.ts.append(self.t_eval[:count])
            self.ys.append(np.repeat(y[None], count, axis=0))
            self.done = count

    def take(self, flagged: bool = False) -> bool:
        """Keep the steps of a run; whether a terminal event has stopped the integration."""
        stepper, control = self.run.stepper, self.run.control
        count = int(control.steps)
        if count == 0:
            return False
        self.steps += count
        stop = self.events.look(stepper, self.steps - 1, self.run.event_rounding) if flagged else None
        ends = np.concatenate([stepper.times[1:count], [control.time]]).astype(stepper.times.dtype)
        if stop is not None:
            ends[-1] = stepper.times[count - 1] + (stepper.lows[count - 1] + stop)
        if self.dense or self.t_eval is not None or self.events.times:
            self._keep_pieces(count, ends, stop)
        elif self.t_eval is None:
            self.ts.append(ends)
            self.ys.append(stepper.states[:count].copy())
        return stop is not None

    def _keep_pieces(self, count: int, ends: Any, stop: Any) -> None:
        stepper = self.run.stepper
        x, lows = stepper.coefficients[:count], stepper.lows[:count]
        final = stepper.state[None].copy() if stop is None else horner(x[-1][:, None], np.array([[stop]]))
        if self.t_eval is None:
            self.ts.append(ends)
            self.ys.append(np.concatenate([x[1:, 0], final]))
        else:
            self._evaluate(ends)
        if self.dense:
            self.knots.append(ends)
            self.lows.append(lows.copy())
            self.pieces.append(x.copy())

    def _evaluate(self, ends: Any) -> None:
        """The solution at those of the times asked for that these steps reach."""
        stepper, wanted = self.run.stepper, self.t_eval
        reached = int(np.searchsorted(self.sign * wanted, self.sign * ends[-1], side="right"))
        if reached <= self.done:
            return
        t = wanted[self.done : reached]
        self.done = reached
        count = len(ends)
        knots = np.concatenate([stepper.times[:count], ends[-1:]])
        solution = TaylorSolution(knots, stepper.lows[:count], stepper.coefficients[:count])
        self.ts.append(t)
        self.ys.append(solution(t).T)

    def result(self, status: int, message: str, has_events: bool, dense: bool) -> OdeResult:
        """SciPy's result object."""
        run = self.run
        n, dtype = run.stepper.state.size, run.stepper.state.dtype
        t = np.concatenate(self.ts) if self.ts else np.zeros(0)
        y = np.concatenate(self.ys).T if self.ys else np.zeros((n, 0), dtype)
        sol = None
        if dense and self.pieces:
            sol = TaylorSolution(np.concatenate(self.knots), np.concatenate(self.lows), np.concatenate(self.pieces))
        return OdeResult(
            t=t,
            y=y,
            sol=sol,
            t_events=[np.array(times) for times in self.events.times] if has_events else None,
            y_events=[np.array(states).reshape(-1, n) for states in self.events.states] if has_events else None,
            nfev=run.expansions,
            njev=0,
            nlu=0,
            status=status,
            message=message,
            success=status >= 0,
        )


# ------------------------------------------------------------------------------------------------------------ arguments


def _checked_span(t_span: Sequence[Any]) -> tuple[Any, Any]:
    try:
        begin, end = t_span
        finite = abs(begin) < math.inf and abs(end) < math.inf
    except (TypeError, ValueError):
        raise ValueError(f"`t_span` must be a pair (t0, t1) of times, got {t_span!r}") from None
    if not finite:
        raise ValueError(f"the times in `t_span` must be finite, got {t_span!r}")
    if max(abs(float(begin)), abs(float(end))) > LARGEST_TIME:
        raise ValueError(f"the times in `t_span` must not exceed {LARGEST_TIME:g}, got {t_span!r}: take a larger unit")
    if begin == end:
        raise ValueError(f"`t_span` must be a pair of different times, got {t_span!r}")
    return begin, end


def _checked_times(t_eval: Any, begin: Any, end: Any) -> Any:
    times = np.asarray(t_eval)
    if times.ndim != 1:
        raise ValueError("`t_eval` must be 1-dimensional.")
    if times.dtype.kind in "biu":
        times = times.astype(float)
    if not np.all((times >= min(begin, end)) & (times <= max(begin, end))):
        raise ValueError("Values in `t_eval` are not within `t_span`.")
    steps = np.diff(times)
    if np.any(steps <= 0 if end > begin else steps >= 0):
        raise ValueError("Values in `t_eval` are not properly sorted.")
    return times


@contextlib.contextmanager
def _bar(run: March, shown: bool) -> Iterator[Callable[[Any], None]]:
    """A progress bar over time: a function to be told the time."""
    if not shown:
        yield lambda time: None
        return
    from tqdm import tqdm

    begin, length = float(run.control.time), float(run.control.end - run.control.time)
    with tqdm(total=1.0, bar_format="{l_bar}{bar}| {elapsed}<{remaining}") as bar:
        yield lambda time: bar.update((float(time) - begin) / length - bar.n)
