"""Systems made for testing: many elementary functions at once, and components of very different size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from taylorad.ode.systems.system import System

__all__ = ["elementary_functions_field", "mixed_scales_field", "elementary_functions", "mixed_scales"]


def elementary_functions_field(t: float, y: NDArray[Any]) -> NDArray[Any]:
    """Many functions at once, y = (u, v, w).

    u' = exp(sin t) − tanh u + log(1 + u²), v' = √(1 + u²) cos v − arctan(tv)/(1 + v²),
    w' = (1 + v²)^¾ − w log(2 + cos w).
    """
    u, v, w = y
    first = np.exp(np.sin(t)) - np.tanh(u) + np.log1p(u**2)
    second = np.sqrt(1 + u**2) * np.cos(v) - np.arctan(t * v) / (1 + v**2)
    third = (1 + v**2) ** 0.75 - w * np.log(2 + np.cos(w))
    return np.array([first, second, third])


def mixed_scales_field(t: float, y: NDArray[Any], large: float, small: float) -> NDArray[Any]:
    """A hardening spring of amplitude L drives a damped cubic of size s; y = (p, p', q).

    p'' = −p − p³/L², q' = −q/2 − q³/s² + (s/L) p.
    """
    p, velocity, q = y
    return np.array([velocity, -p - p**3 / large**2, -q / 2 - q**3 / small**2 + small / large * p])


def _spring_energy(y: NDArray[Any]) -> Any:
    return y[1] ** 2 / 2 + y[0] ** 2 / 2 + y[0] ** 4 / 4e12


elementary_functions = System(
    "elementary_functions",
    elementary_functions_field,
    (),
    np.array([0.5, 0.0, 1.0]),
    (0.0, 10.0),
    "made for this package",
)

mixed_scales = System(
    "mixed_scales",
    mixed_scales_field,
    (1e6, 1e-6),
    np.array([1e6, 0.0, 1e-6]),
    (0.0, 20.0),
    "made for this package: a component of 1e-6 beside one of 1e6",
    {"spring_energy": _spring_energy},
)
