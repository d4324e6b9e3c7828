"""The record of a ready-made system: a plain NumPy right-hand side with its standard numbers and their source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Field", "Invariant", "System"]

Field = Callable[..., NDArray[Any]]
Invariant = Callable[[NDArray[Any]], Any]


@dataclass(frozen=True, eq=False)
class System:
    """An initial value problem ``y' = fun(t, y, *parameters)`` with its standard numbers.

    Attributes
    ----------
    name : str
    fun : callable
        Right-hand side, a plain NumPy function of t, y and the parameters.
    parameters : tuple of float
        Standard parameters, to be passed as ``args``.
    initial_state : ndarray, shape (n,)
        Read-only, real or complex.
    interval : tuple of two floats
        Standard start and end.
    source : str
        Where the equations and the numbers come from.
    invariants : mapping of str to callable
        Functions of y alone that are constant along a solution with the standard parameters. They take a state of
        shape (n,) or states of shape (n, times), as SciPy's ``solution.y``. What they return rounds as y does: with
        a y of long doubles they measure a drift below double rounding.

    Examples
    --------
    >>> from scipy.integrate import solve_ivp
    >>> from taylorad.ode import systems
    >>> lorenz = systems.lorenz
    >>> solution = solve_ivp(lorenz.fun, (0, 1), lorenz.initial_state, args=lorenz.parameters)
    >>> solution.y.shape[0], lorenz.parameters[:2]
    (3, (10.0, 28.0))
    """

    name: str
    fun: Field
    parameters: tuple[float, ...]
    initial_state: NDArray[Any]
    interval: tuple[float, float]
    source: str
    invariants: Mapping[str, Invariant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = np.asarray(self.initial_state)
        state = np.array(given, dtype=np.result_type(given, np.float64))
        state.flags.writeable = False
        object.__setattr__(self, "initial_state", state)
        object.__setattr__(self, "invariants", MappingProxyType(dict(self.invariants)))

    def __repr__(self) -> str:
        return f"System({self.name!r}, {self.initial_state.size} equations, interval {self.interval})"
