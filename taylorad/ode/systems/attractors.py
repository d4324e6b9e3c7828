"""Limit cycles and strange attractors: Van der Pol, Duffing, Lorenz, Rössler."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from taylorad.ode.systems.system import System

__all__ = [
    "van_der_pol_field",
    "duffing_field",
    "lorenz_field",
    "rossler_field",
    "van_der_pol",
    "duffing",
    "lorenz",
    "rossler",
]


def van_der_pol_field(t: float, y: NDArray[Any], mu: float) -> NDArray[Any]:
    """q'' = μ(1 − q²) q' − q, y = (q, q'); stiff for large μ."""
    return np.array([y[1], mu * (1 - y[0] ** 2) * y[1] - y[0]])


def duffing_field(
    t: float, y: NDArray[Any], delta: float, alpha: float, beta: float, gamma: float, omega: float
) -> NDArray[Any]:
    """q'' + δq' + αq + βq³ = γ cos ωt, y = (q, q'); depends on time."""
    return np.array([y[1], gamma * np.cos(omega * t) - delta * y[1] - alpha * y[0] - beta * y[0] ** 3])


def lorenz_field(t: float, y: NDArray[Any], sigma: float, rho: float, beta: float) -> NDArray[Any]:
    """x' = σ(y − x), y' = x(ρ − z) − y, z' = xy − βz."""
    return np.array([sigma * (y[1] - y[0]), y[0] * (rho - y[2]) - y[1], y[0] * y[1] - beta * y[2]])


def rossler_field(t: float, y: NDArray[Any], a: float, b: float, c: float) -> NDArray[Any]:
    """x' = −y − z, y' = x + ay, z' = b + z(x − c)."""
    return np.array([-y[1] - y[2], y[0] + a * y[1], b + y[2] * (y[0] - c)])


van_der_pol = System(
    "van_der_pol",
    van_der_pol_field,
    (1.0,),
    np.array([2.0, 0.0]),
    (0.0, 20.0),
    "Hairer, Nørsett, Wanner: Solving Ordinary Differential Equations I, 2nd ed., I.16; numbers of this package",
)

duffing = System(
    "duffing",
    duffing_field,
    (0.05, 0.0, 1.0, 7.5, 1.0),
    np.array([3.0, 4.0]),
    (0.0, 20.0),
    "Ueda: Randomly transitional phenomena in the system governed by Duffing's equation, Journal of Statistical "
    "Physics 20 (1979) 181–196: δ = 0.05, γ = 7.5; initial state of this package",
)

lorenz = System(
    "lorenz",
    lorenz_field,
    (10.0, 28.0, 8 / 3),
    np.array([0.0, 1.0, 0.0]),
    (0.0, 20.0),
    "Lorenz: Deterministic nonperiodic flow, Journal of the Atmospheric Sciences 20 (1963) 130–141",
)

rossler = System(
    "rossler",
    rossler_field,
    (0.2, 0.2, 5.7),
    np.array([1.0, 1.0, 1.0]),
    (0.0, 100.0),
    "Rössler: An equation for continuous chaos, Physics Letters A 57 (1976) 397–398; initial state of this package",
)
