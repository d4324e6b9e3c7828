"""Populations and chemical reactions: Lotka–Volterra, the Brusselator, Robertson's stiff reaction."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from taylorad.ode.systems.system import System

__all__ = ["lotka_volterra_field", "brusselator_field", "robertson_field", "lotka_volterra", "brusselator", "robertson"]


def lotka_volterra_field(t: float, y: NDArray[Any], a: float, b: float, c: float, d: float) -> NDArray[Any]:
    """Prey u' = u(a − bv) and predators v' = v(du − c), y = (u, v)."""
    return np.array([y[0] * (a - b * y[1]), y[1] * (d * y[0] - c)])


def _lotka_volterra_invariant(y: NDArray[Any]) -> Any:
    return 2 * np.log(y[0]) - y[0] + np.log(y[1]) - y[1]


def brusselator_field(t: float, y: NDArray[Any], a: float, b: float) -> NDArray[Any]:
    """u' = a + u²v − (b + 1)u, v' = bu − u²v; the state (a, b/a) loses stability at b = 1 + a²."""
    reaction = y[0] ** 2 * y[1]
    return np.array([a + reaction - (b + 1) * y[0], b * y[0] - reaction])


def robertson_field(t: float, y: NDArray[Any], k1: float, k2: float, k3: float) -> NDArray[Any]:
    """A → B, 2B → B + C, B + C → A + C with rates k1, k2, k3; very stiff."""
    first, second, third = k1 * y[0], k2 * y[1] ** 2, k3 * y[1] * y[2]
    return np.array([third - first, first - second - third, second])


def _mass(y: NDArray[Any]) -> Any:
    return y[0] + y[1] + y[2]


lotka_volterra = System(
    "lotka_volterra",
    lotka_volterra_field,
    (1.0, 1.0, 2.0, 1.0),
    np.array([2.0, 2.0]),
    (0.0, 20.0),
    "Hairer, Lubich, Wanner: Geometric Numerical Integration, 2nd ed., I.1.1 (there the predators come first)",
    {"first_integral": _lotka_volterra_invariant},
)

brusselator = System(
    "brusselator",
    brusselator_field,
    (1.0, 3.0),
    np.array([1.5, 3.0]),
    (0.0, 20.0),
    "Hairer, Nørsett, Wanner: Solving Ordinary Differential Equations I, 2nd ed., II.4",
)

robertson = System(
    "robertson",
    robertson_field,
    (0.04, 3e7, 1e4),
    np.array([1.0, 0.0, 0.0]),
    (0.0, 40.0),
    "Robertson 1966; Hairer, Wanner: Solving Ordinary Differential Equations II, 2nd ed., IV.1",
    {"mass": _mass},
)
