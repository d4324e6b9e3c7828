"""Taylor's method for ``scipy.integrate.solve_ivp``: ``method=taylorad.ode.Taylor``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import DenseOutput, OdeSolver

from taylorad.ode.dense import TaylorSolution
from taylorad.ode.march import IntegrationError
from taylorad.ode.start import checked_state, march


class Taylor(OdeSolver):
    """Taylor's method as one of SciPy's.

    SciPy looks for events at the ends of steps only, and these are long: where events matter, `taylorad.ode.solve_ivp`
    finds all of them.

    Parameters
    ----------
    fun, t0, y0, t_bound, vectorized
        As SciPy calls it.
    rtol, atol : float or array_like
        As in `taylorad.ode.solve_ivp`, rounding error by default. (SciPy's own default would be 1e-3 and 1e-6.)
    max_step, first_step : float, optional
    order : int, optional
    jit : bool

    Examples
    --------
    >>> import numpy as np, taylorad as ta
    >>> from scipy.integrate import solve_ivp
    >>> solution = solve_ivp(lambda t, y: [y[1], -y[0]], (0, 10), [0.0, 1.0], method=ta.ode.Taylor)
    >>> bool(abs(solution.y[0, -1] - np.sin(10)) < 1e-14)
    True
    """

    def __init__(
        self,
        fun: Callable,
        t0: float,
        y0: Any,
        t_bound: float,
        vectorized: bool = False,
        *,
        rtol: Any = None,
        atol: Any = 0.0,
        max_step: float = math.inf,
        first_step: float | None = None,
        order: int | None = None,
        jit: bool = True,
        **others: Any,
    ):
        if others:
            import warnings

            names = ", ".join(sorted(others))
            warnings.warn(f"taylorad.ode.Taylor has no use for these options: {names}", stacklevel=3)
        y = checked_state(y0)
        super().__init__(fun, t0, y, t_bound, vectorized, support_complex=True)
        self._run = march(
            fun,
            t0,
            y,
            rtol=rtol,
            atol=atol,
            order=order,
            max_step=max_step,
            first_step=first_step,
            jit=jit,
        )
        self._run.control.end = t_bound
        self._last: TaylorSolution | None = None

    def _step_impl(self) -> tuple[bool, str | None]:
        run = self._run
        try:
            run.run(1)
        except IntegrationError as error:
            return False, str(error)
        stepper, control = run.stepper, run.control
        row = (control.row - 1) % control.rows
        self._last = TaylorSolution(
            np.array([stepper.times[0], control.time]), stepper.lows[:1].copy(), stepper.coefficients[row][None].copy()
        )
        self.t, self.y = control.time, stepper.state.copy()
        self.nfev = run.expansions
        return True, None

    def _dense_output_impl(self) -> DenseOutput:
        assert self._last is not None
        return _Step(self.t_old, self.t, self._last)


class _Step(DenseOutput):
    """The polynomial of one step."""

    def __init__(self, t_old: float, t: float, solution: TaylorSolution):
        super().__init__(t_old, t)
        self._solution = solution

    def _call_impl(self, t: np.ndarray) -> np.ndarray:
        return self._solution(t)
