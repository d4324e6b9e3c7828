"""Mechanics: oscillators, pendulums, the free rigid body and the Hénon–Heiles potential."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from taylorad.ode.systems.system import System

__all__ = [
    "harmonic_oscillator_field",
    "damped_oscillator_field",
    "pendulum_field",
    "double_pendulum_field",
    "double_pendulum_energy",
    "rigid_body_field",
    "henon_heiles_field",
    "harmonic_oscillator",
    "damped_oscillator",
    "pendulum",
    "double_pendulum",
    "rigid_body",
    "henon_heiles",
]


def harmonic_oscillator_field(t: float, y: NDArray[Any], omega: float) -> NDArray[Any]:
    """q'' = −ω² q, y = (q, q')."""
    return np.array([y[1], -(omega**2) * y[0]])


def _harmonic_energy(y: NDArray[Any]) -> Any:
    return (y[0] ** 2 + y[1] ** 2) / 2


def damped_oscillator_field(t: float, y: NDArray[Any], omega: float, ratio: float) -> NDArray[Any]:
    """q'' = −2ζω q' − ω² q, y = (q, q'), with damping ratio ζ."""
    return np.array([y[1], -2 * ratio * omega * y[1] - omega**2 * y[0]])


def pendulum_field(t: float, y: NDArray[Any]) -> NDArray[Any]:
    """θ'' = −sin θ, y = (θ, θ')."""
    return np.array([y[1], -np.sin(y[0])])


def _pendulum_energy(y: NDArray[Any]) -> Any:
    return y[1] ** 2 / 2 - np.cos(y[0])


def double_pendulum_field(
    t: float, y: NDArray[Any], mass1: float, mass2: float, length1: float, length2: float, gravity: float
) -> NDArray[Any]:
    """Double pendulum in the plane, y = (θ₁, θ₂, θ₁', θ₂'); both angles are measured from the downward vertical.

    The solution for (θ₁'', θ₂'') of Lagrange's equations, with Δ = θ₁ − θ₂:
    (m₁ + m₂) l₁ θ₁'' + m₂ l₂ cos Δ θ₂'' = −m₂ l₂ sin Δ θ₂'² − (m₁ + m₂) g sin θ₁ and
    l₁ cos Δ θ₁'' + l₂ θ₂'' = l₁ sin Δ θ₁'² − g sin θ₂.
    """
    angle1, angle2, rate1, rate2 = y
    cosine, sine = np.cos(angle1 - angle2), np.sin(angle1 - angle2)
    total = mass1 + mass2
    first = -mass2 * length2 * sine * rate2**2 - total * gravity * np.sin(angle1)
    second = length1 * sine * rate1**2 - gravity * np.sin(angle2)
    inertia = mass1 + mass2 * sine**2
    acceleration1 = (first - mass2 * cosine * second) / (length1 * inertia)
    acceleration2 = (total * second - cosine * first) / (length2 * inertia)
    return np.array([rate1, rate2, acceleration1, acceleration2])


def double_pendulum_energy(
    y: NDArray[Any], mass1: float, mass2: float, length1: float, length2: float, gravity: float
) -> Any:
    """Energy of `double_pendulum_field`, zero potential at the height of the pivot."""
    angle1, angle2, rate1, rate2 = y
    kinetic = (mass1 + mass2) / 2 * (length1 * rate1) ** 2 + mass2 / 2 * (length2 * rate2) ** 2
    kinetic = kinetic + mass2 * length1 * length2 * rate1 * rate2 * np.cos(angle1 - angle2)
    potential = -(mass1 + mass2) * gravity * length1 * np.cos(angle1) - mass2 * gravity * length2 * np.cos(angle2)
    return kinetic + potential


def _standard_double_pendulum_energy(y: NDArray[Any]) -> Any:
    return double_pendulum_energy(y, 1.0, 1.0, 1.0, 1.0, 9.81)


def rigid_body_field(t: float, y: NDArray[Any], a: float, b: float, c: float) -> NDArray[Any]:
    """Euler's equations of the free rigid body, y₁' = a y₂y₃, y₂' = b y₁y₃, y₃' = c y₁y₂.

    For the components of the angular momentum a = 1/I₃ − 1/I₂, b = 1/I₁ − 1/I₃, c = 1/I₂ − 1/I₁. With (1, −1, −k²)
    and y(0) = (0, 1, 1) the solution is Jacobi's (sn t, cn t, dn t) of modulus k.
    """
    return np.array([a * y[1] * y[2], b * y[0] * y[2], c * y[0] * y[1]])


def _jacobi_circle(y: NDArray[Any]) -> Any:
    return y[0] ** 2 + y[1] ** 2


def _jacobi_ellipse(y: NDArray[Any]) -> Any:
    return 0.51 * y[0] ** 2 + y[2] ** 2


def henon_heiles_field(t: float, y: NDArray[Any]) -> NDArray[Any]:
    """Star in the potential (x² + y²)/2 + x²y − y³/3, y = (x, y, x', y')."""
    return np.array([y[2], y[3], -y[0] - 2 * y[0] * y[1], -y[1] - y[0] ** 2 + y[1] ** 2])


def _henon_heiles_energy(y: NDArray[Any]) -> Any:
    kinetic = (y[2] ** 2 + y[3] ** 2) / 2
    return kinetic + (y[0] ** 2 + y[1] ** 2) / 2 + y[0] ** 2 * y[1] - y[1] ** 3 / 3


harmonic_oscillator = System(
    "harmonic_oscillator",
    harmonic_oscillator_field,
    (1.0,),
    np.array([1.0, 0.0]),
    (0.0, 20.0),
    "Hooke's law; the solution is (cos t, −sin t)",
    {"energy": _harmonic_energy},
)

damped_oscillator = System(
    "damped_oscillator",
    damped_oscillator_field,
    (2.0, 0.1),
    np.array([1.0, 0.0]),
    (0.0, 20.0),
    "linear damping; numbers of this package",
)

pendulum = System(
    "pendulum",
    pendulum_field,
    (),
    np.array([3.0, 0.0]),
    (0.0, 20.0),
    "mathematical pendulum, let go 0.14 rad from the top; numbers of this package",
    {"energy": _pendulum_energy},
)

double_pendulum = System(
    "double_pendulum",
    double_pendulum_field,
    (1.0, 1.0, 1.0, 1.0, 9.81),
    np.array([2.0, 2.5, 0.0, 0.0]),
    (0.0, 10.0),
    "Landau, Lifshitz: Mechanics, § 5, problem 1 (the Lagrangian); numbers of this package; chaotic",
    {"energy": _standard_double_pendulum_energy},
)

rigid_body = System(
    "rigid_body",
    rigid_body_field,
    (1.0, -1.0, -0.51),
    np.array([0.0, 1.0, 1.0]),
    (0.0, 20.0),
    "Hairer, Nørsett, Wanner: Solving Ordinary Differential Equations I, 2nd ed., II.10, problem JACB",
    {"circle": _jacobi_circle, "ellipse": _jacobi_ellipse},
)

henon_heiles = System(
    "henon_heiles",
    henon_heiles_field,
    (),
    np.array([0.0, 0.1, 0.5, 0.0]),
    (0.0, 1000.0),
    "Hénon, Heiles: The applicability of the third integral of motion, Astronomical Journal 69 (1964) 73–79; "
    "initial state of this package, energy 0.1297, between their 1/8 and 1/6: regular and chaotic orbits",
    {"energy": _henon_heiles_energy},
)
