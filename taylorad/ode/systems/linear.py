"""Linear equations: decay, Bessel, Airy, and quantum systems with two levels (complex)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from taylorad.ode.systems.system import System

__all__ = [
    "exponential_decay_field",
    "bessel_field",
    "airy_field",
    "two_level_field",
    "landau_zener_field",
    "exponential_decay",
    "bessel",
    "airy",
    "two_level",
    "landau_zener",
]


def exponential_decay_field(t: float, y: NDArray[Any], rate: float) -> NDArray[Any]:
    """y' = −rate·y, in any dimension."""
    return -rate * y


def bessel_field(t: float, y: NDArray[Any], order: float) -> NDArray[Any]:
    """Bessel's equation q'' + q'/t + (1 − ν²/t²)q = 0, y = (q, q'); singular at t = 0."""
    return np.array([y[1], (order**2 / t**2 - 1) * y[0] - y[1] / t])


def airy_field(t: float, y: NDArray[Any]) -> NDArray[Any]:
    """Airy's equation q'' = t q, y = (q, q')."""
    return np.array([y[1], t * y[0]])


def two_level_field(t: float, y: NDArray[Any], detuning: float, coupling: float) -> NDArray[Any]:
    """Schrödinger's equation i ψ' = Hψ with H = [[−δ, Ω], [Ω, δ]]/2: Rabi oscillations; y = ψ, complex."""
    hamiltonian = np.array([[-detuning, coupling], [coupling, detuning]]) / 2
    return -1j * (hamiltonian @ y)


def landau_zener_field(t: float, y: NDArray[Any], rate: float, coupling: float) -> NDArray[Any]:
    """Schrödinger's equation i ψ' = Hψ with H = [[αt/2, Δ], [Δ, −αt/2]]; y = ψ, complex."""
    sweep = rate * t / 2
    return -1j * np.array([sweep * y[0] + coupling * y[1], coupling * y[0] - sweep * y[1]])


def _norm(y: NDArray[Any]) -> Any:
    return (np.conj(y) * y).real.sum(axis=0)


exponential_decay = System(
    "exponential_decay",
    exponential_decay_field,
    (1.0,),
    np.array([1e-10]),
    (0.0, 50.0),
    "the solution is 1e-10·exp(−t): a small state that stays small; numbers of this package",
)

bessel = System(
    "bessel",
    bessel_field,
    (2.5,),
    np.array([1.0, 0.0]),
    (1.0, 30.0),
    "NIST Digital Library of Mathematical Functions, 10.2.1; numbers of this package",
)

airy = System(
    "airy",
    airy_field,
    (),
    np.array([1.0, 0.0]),
    (0.0, -20.0),
    "NIST Digital Library of Mathematical Functions, 9.2.1; backward in time; numbers of this package",
)

two_level = System(
    "two_level",
    two_level_field,
    (0.5, 1.0),
    np.array([1.0 + 0.0j, 0.0]),
    (0.0, 20.0),
    "Cohen-Tannoudji, Diu, Laloë: Quantum Mechanics I, chapter IV.C (Rabi's formula); numbers of this package",
    {"norm": _norm},
)

landau_zener = System(
    "landau_zener",
    landau_zener_field,
    (1.0, 0.5),
    np.array([1.0 + 0.0j, 0.0]),
    (-10.0, 10.0),
    "Zener: Non-adiabatic crossing of energy levels, Proceedings of the Royal Society A 137 (1932) 696–702; "
    "numbers of this package",
    {"norm": _norm},
)
