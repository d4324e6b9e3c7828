"""Dense output: the solution between steps is its Taylor polynomial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

CHUNK = 1 << 21  # numbers that are looked at together


def horner(coefficients: Any, s: Any) -> Any:
    """``Σ_k x_k s^k`` for coefficients (order + 1, m, n) and s (m, 1): the part beyond x_0 is summed first."""
    total = coefficients[-1]
    for part in coefficients[-2:0:-1]:
        total = total * s + part
    return coefficients[0] + total * s if len(coefficients) > 1 else coefficients[0]


class TaylorSolution:
    """A solution as a function of time, piece by piece a Taylor polynomial; what SciPy calls ``OdeSolution``.

    Parameters
    ----------
    ts : array (m + 1,)
        Where the steps begin and end, in the direction of integration.
    lows : array (m,)
        Step i begins at the exact sum ``ts[i] + lows[i]``.
    coefficients : array (m, order + 1, n)
        Normalised: ``y(ts[i] + lows[i] + s) = Σ_k coefficients[i, k] s^k``.

    Attributes
    ----------
    ts, coefficients : as given
    t_min, t_max : float
    order : int

    Examples
    --------
    >>> import numpy as np, taylorad as ta
    >>> solution = ta.ode.solve_ivp(lambda t, y: [y[1], -y[0]], (0, 10), [0.0, 1.0], dense_output=True)
    >>> bool(abs(solution.sol(7.0)[0] - np.sin(7.0)) < 1e-14)
    True
    """

    def __init__(self, ts: Any, lows: Any, coefficients: Any):
        self.ts, self.lows, self.coefficients = ts, lows, coefficients
        self.t_min, self.t_max = min(ts[0], ts[-1]), max(ts[0], ts[-1])
        self._ascending = bool(ts[-1] >= ts[0])

    @property
    def order(self) -> int:
        """The degree of the polynomials."""
        return self.coefficients.shape[1] - 1

    def __repr__(self) -> str:
        return f"<solution on [{self.t_min}, {self.t_max}]: {len(self.coefficients)} polynomials of order {self.order}>"

    def __call__(self, t: Any) -> Any:
        """The state at one time, shape (n,), or at many, shape (n, len(t)).

        Outside [t_min, t_max] the first or last polynomial is continued, as by SciPy.
        """
        return self._evaluated(t, self.coefficients)

    def derivative(self, t: Any, order: int = 1) -> Any:
        """A derivative of the solution with respect to time; the same shapes."""
        if order < 0:
            raise ValueError(f"the order of a derivative must not be negative, got {order}")
        x = self.coefficients
        for _ in range(order):
            x = x[:, 1:] * np.arange(1, x.shape[1])[:, None] if x.shape[1] > 1 else 0 * x
        return self._evaluated(t, x)

    def _evaluated(self, t: Any, coefficients: Any) -> Any:
        times = np.asarray(t)
        if times.ndim > 1:
            raise ValueError(f"t must be a number or one-dimensional, got shape {times.shape}")
        flat = times.reshape(-1)
        if len(coefficients) == 0:
            raise ValueError("the solution has no steps")
        width = max(1, CHUNK // (coefficients.shape[1] * coefficients.shape[2]))
        parts = [self._block(flat[i : i + width], coefficients) for i in range(0, max(len(flat), 1), width)]
        result = np.concatenate(parts).T
        return result[:, 0] if times.ndim == 0 else result

    def _block(self, t: Any, coefficients: Any) -> Any:
        ts = self.ts if self._ascending else -self.ts
        where = np.searchsorted(ts[1:-1], t if self._ascending else -t, side="left")
        s = (t - self.ts[where]) - self.lows[where]
        return horner(np.moveaxis(coefficients[where], 1, 0), s[:, None])

    @property
    def interpolants(self) -> Sequence[TaylorSolution]:
        """The pieces, each a solution on one step."""
        return [
            TaylorSolution(self.ts[i : i + 2], self.lows[i : i + 1], self.coefficients[i : i + 1])
            for i in range(len(self.coefficients))
        ]
