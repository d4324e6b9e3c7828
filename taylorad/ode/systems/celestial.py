"""Celestial mechanics: N bodies in any dimension, Kepler's problem, the restricted three-body problem, Pleiades.

Bodies attract each other as q_i'' = G Σ_j m_j (q_j − q_i)/|q_j − q_i|³. The state of n bodies is all positions, then
all velocities, body by body: (q_1, …, q_n, v_1, …, v_n), flattened to 2·n·dimension numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from taylorad.ode.systems.system import Field, Invariant, System

__all__ = [
    "nbody",
    "nbody_energy",
    "nbody_momentum",
    "nbody_angular_momentum",
    "nbody_system",
    "kepler_field",
    "kepler_initial",
    "kepler_solution",
    "complex_kepler_field",
    "restricted_three_body_field",
    "jacobi_constant",
    "kepler",
    "complex_kepler",
    "arenstorf",
    "figure_eight",
    "pythagorean_three_body",
    "pleiades",
]

_HNW = "Hairer, Nørsett, Wanner: Solving Ordinary Differential Equations I, 2nd ed., Springer 1993"


def nbody(masses: Sequence[float] | NDArray[Any], G: float = 1.0, dimension: int = 3) -> Field:
    """Right-hand side ``fun(t, y)`` of Newton's equations of n bodies.

    Parameters
    ----------
    masses : sequence of float, length n
    G : float
        Constant of gravitation in the units of masses, positions and time.
    dimension : int
        Dimension of space; y has 2·n·dimension elements, positions before velocities.

    Examples
    --------
    >>> fun = nbody([1.0, 1.0], dimension=2)
    >>> fun(0.0, np.array([-1.0, 0, 1, 0, 0, -0.5, 0, 0.5]))
    array([ 0.  , -0.5 ,  0.  ,  0.5 ,  0.25,  0.  , -0.25,  0.  ])
    """
    masses = np.asarray(masses).tolist()
    n = len(masses)

    def fun(t: float, y: NDArray[Any]) -> NDArray[Any]:
        positions = y[: n * dimension].reshape(n, dimension)
        accelerations = [np.zeros(dimension) for _ in range(n)]
        for i in range(n):
            for j in range(i + 1, n):
                distance = positions[j] - positions[i]
                pull = G * distance / np.sum(distance * distance) ** 1.5
                accelerations[i] = accelerations[i] + masses[j] * pull
                accelerations[j] = accelerations[j] - masses[i] * pull
        return np.concatenate([y[n * dimension :], *accelerations])

    return fun


def _bodies(y: NDArray[Any], n: int, dimension: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Positions and velocities, shape (n, dimension) or (n, dimension, times)."""
    positions, velocities = np.reshape(y, (2, n, dimension, *np.shape(y)[1:]))
    return positions, velocities


def nbody_energy(masses: Sequence[float] | NDArray[Any], G: float = 1.0, dimension: int = 3) -> Invariant:
    """Function of y: the energy ``Σ m_i |v_i|²/2 − Σ_{i<j} G m_i m_j / |q_j − q_i|``.

    Examples
    --------
    >>> float(nbody_energy([1.0, 1.0], dimension=2)(np.array([-1.0, 0, 1, 0, 0, -0.5, 0, 0.5])))
    -0.25
    """
    masses = np.asarray(masses).tolist()

    def energy(y: NDArray[Any]) -> Any:
        positions, velocities = _bodies(y, len(masses), dimension)
        total = sum(m / 2 * np.sum(v * v, axis=0) for m, v in zip(masses, velocities, strict=True))
        for i, j in itertools.combinations(range(len(masses)), 2):
            distance = positions[j] - positions[i]
            total = total - G * masses[i] * masses[j] / np.sum(distance * distance, axis=0) ** 0.5
        return total

    return energy


def nbody_momentum(masses: Sequence[float] | NDArray[Any], dimension: int = 3) -> Invariant:
    """Function of y: the momentum Σ m_i v_i, shape (dimension,) or (dimension, times)."""
    masses = np.asarray(masses).tolist()

    def momentum(y: NDArray[Any]) -> Any:
        _, velocities = _bodies(y, len(masses), dimension)
        return sum(m * v for m, v in zip(masses, velocities, strict=True))

    return momentum


def nbody_angular_momentum(masses: Sequence[float] | NDArray[Any], dimension: int = 3) -> Invariant:
    """Function of y: the angular momentum Σ m_i q_i ∧ v_i.

    In the plane a number; in space the vector Σ m_i q_i × v_i; in another dimension its components
    Σ m_i (q_a v_b − q_b v_a) for a < b.
    """
    masses = np.asarray(masses).tolist()
    planes = [(1, 2), (2, 0), (0, 1)] if dimension == 3 else list(itertools.combinations(range(dimension), 2))

    def angular_momentum(y: NDArray[Any]) -> Any:
        positions, velocities = _bodies(y, len(masses), dimension)
        moments = [(m * q, v) for m, q, v in zip(masses, positions, velocities, strict=True)]
        components = [sum(q[a] * v[b] - q[b] * v[a] for q, v in moments) for a, b in planes]
        return components[0] if dimension == 2 else np.array(components)

    return angular_momentum


def nbody_system(
    name: str,
    masses: Sequence[float],
    initial_state: ArrayLike,
    interval: tuple[float, float],
    source: str,
    G: float = 1.0,
    dimension: int = 2,
) -> System:
    """System of n bodies with energy, momentum and angular momentum as invariants."""
    invariants = {
        "energy": nbody_energy(masses, G, dimension),
        "momentum": nbody_momentum(masses, dimension),
        "angular_momentum": nbody_angular_momentum(masses, dimension),
    }
    return System(name, nbody(masses, G, dimension), (), np.asarray(initial_state), interval, source, invariants)


def kepler_field(t: float, y: NDArray[Any]) -> NDArray[Any]:
    """Kepler's problem q'' = −q/|q|³ in the plane, y = (x, y, x', y')."""
    cube = (y[0] ** 2 + y[1] ** 2) ** 1.5
    return np.array([y[2], y[3], -y[0] / cube, -y[1] / cube])


def kepler_initial(eccentricity: float) -> NDArray[np.float64]:
    """State at the pericentre of an ellipse of semi-major axis 1, whose period is 2π.

    (1 − e, 0, 0, √((1 + e)/(1 − e))).

    Raises
    ------
    ValueError
        Unless 0 <= eccentricity < 1.

    Examples
    --------
    >>> kepler_initial(0.6)
    array([0.4, 0. , 0. , 2. ])
    """
    e = _checked(eccentricity)
    return np.array([1 - e, 0.0, 0.0, np.sqrt((1 + e) / (1 - e))])


def _checked(eccentricity: float) -> float:
    if not 0 <= eccentricity < 1:
        raise ValueError(f"an ellipse has an eccentricity of at least 0 and less than 1, not {eccentricity}")
    return float(eccentricity)


def kepler_solution(t: ArrayLike, eccentricity: float) -> NDArray[np.float64]:
    """State at time t from `kepler_initial(eccentricity)` at time 0, by Kepler's equation E − e sin E = t.

    x = cos E − e, y = √(1 − e²) sin E, E' = 1/(1 − e cos E). Newton's method starts right of the root, where the
    equation is convex, and so always converges. The error is that of t modulo 2π, about ``1e-16·|t|``, times the
    greatest acceleration.

    Parameters
    ----------
    t : array_like
    eccentricity : float

    Returns
    -------
    ndarray, shape (4,) + shape of t

    Examples
    --------
    >>> kepler_solution(np.pi, 0.6).round(12) + 0.0
    array([-1.6,  0. ,  0. , -0.5])
    """
    e = _checked(eccentricity)
    t = np.asarray(t, dtype=float)
    mean = t - 2 * np.pi * np.rint(t / (2 * np.pi))
    size = np.abs(mean)
    anomaly = np.minimum(size + e, np.pi)
    for _ in range(60):  # at most 21 for e = 1 − 1e-12
        step = (anomaly - e * np.sin(anomaly) - size) / (1 - e * np.cos(anomaly))
        anomaly = anomaly - step
        if np.all(np.abs(step) <= 4e-16 * anomaly):
            break
    anomaly = np.copysign(anomaly, mean)
    c, s, b = np.cos(anomaly), np.sin(anomaly), np.sqrt((1 - e) * (1 + e))
    rate = 1 / (1 - e * c)
    return np.array([c - e, b * s, -s * rate, b * c * rate])


def _kepler_energy(y: NDArray[Any]) -> Any:
    return (y[2] ** 2 + y[3] ** 2) / 2 - 1 / (y[0] ** 2 + y[1] ** 2) ** 0.5


def _kepler_angular_momentum(y: NDArray[Any]) -> Any:
    return y[0] * y[3] - y[1] * y[2]


def complex_kepler_field(t: float, y: NDArray[Any]) -> NDArray[Any]:
    """Kepler's problem with a complex position z: z'' = −z/|z|³, y = (z, z')."""
    return np.array([y[1], -y[0] / abs(y[0]) ** 3])


def _complex_kepler_energy(y: NDArray[Any]) -> Any:
    return abs(y[1]) ** 2 / 2 - 1 / abs(y[0])


def _complex_kepler_angular_momentum(y: NDArray[Any]) -> Any:
    return (np.conj(y[0]) * y[1]).imag


def restricted_three_body_field(t: float, y: NDArray[Any], mu: float) -> NDArray[Any]:
    """Planar circular restricted three-body problem in the rotating frame, y = (x, y, x', y').

    Masses 1 − μ at (−μ, 0) and μ at (1 − μ, 0), with distances r₁ and r₂:
    x'' = x + 2y' − (1 − μ)(x + μ)/r₁³ − μ(x − 1 + μ)/r₂³ and y'' = y − 2x' − (1 − μ)y/r₁³ − μy/r₂³.
    """
    first = (1 - mu) / ((y[0] + mu) ** 2 + y[1] ** 2) ** 1.5
    second = mu / ((y[0] - (1 - mu)) ** 2 + y[1] ** 2) ** 1.5
    along = y[0] + 2 * y[3] - first * (y[0] + mu) - second * (y[0] - (1 - mu))
    across = y[1] - 2 * y[2] - first * y[1] - second * y[1]
    return np.array([y[2], y[3], along, across])


def jacobi_constant(y: NDArray[Any], mu: float) -> Any:
    """Jacobi's integral x² + y² + 2(1 − μ)/r₁ + 2μ/r₂ − x'² − y'² of `restricted_three_body_field`."""
    first = ((y[0] + mu) ** 2 + y[1] ** 2) ** 0.5
    second = ((y[0] - (1 - mu)) ** 2 + y[1] ** 2) ** 0.5
    return y[0] ** 2 + y[1] ** 2 + 2 * (1 - mu) / first + 2 * mu / second - y[2] ** 2 - y[3] ** 2


def _arenstorf_constant(y: NDArray[Any]) -> Any:
    return jacobi_constant(y, 0.012277471)


def _paired(*columns: Sequence[float]) -> NDArray[np.float64]:
    """Coordinates x, y of all bodies as x_1, y_1, x_2, y_2, …"""
    return np.transpose(columns).ravel()


kepler = System(
    "kepler",
    kepler_field,
    (),
    kepler_initial(0.5),
    (0.0, 20 * np.pi),
    "Kepler's problem, eccentricity 0.5, ten periods",
    {"energy": _kepler_energy, "angular_momentum": _kepler_angular_momentum},
)

complex_kepler = System(
    "complex_kepler",
    complex_kepler_field,
    (),
    np.array([0.7, 1.3j]),
    (0.0, 20.0),
    "Kepler's problem in the complex plane; numbers of this package",
    {"energy": _complex_kepler_energy, "angular_momentum": _complex_kepler_angular_momentum},
)

arenstorf = System(
    "arenstorf",
    restricted_three_body_field,
    (0.012277471,),
    np.array([0.994, 0.0, 0.0, -2.00158510637908252240537862224]),
    (0.0, 17.0652165601579625588917206249),
    f"{_HNW}, p. 129–130: Arenstorf's orbit, periodic; Earth and Moon",
    {"jacobi_constant": _arenstorf_constant},
)

figure_eight = nbody_system(
    "figure_eight",
    (1.0, 1.0, 1.0),
    (
        *(0.97000436, -0.24308753, -0.97000436, 0.24308753, 0.0, 0.0),
        *(0.466203685, 0.43236573, 0.466203685, 0.43236573, -0.93240737, -0.86473146),
    ),
    (0.0, 6.32591398),
    "Chenciner, Montgomery: A remarkable periodic solution of the three-body problem in the case of equal masses, "
    "Annals of Mathematics 152 (2000) 881–901, numbers by C. Simó: periodic to eight digits",
)

pythagorean_three_body = nbody_system(
    "pythagorean_three_body",
    (3.0, 4.0, 5.0),
    (1.0, 3.0, -2.0, -1.0, 1.0, -1.0, *[0.0] * 6),
    (0.0, 70.0),
    "Szebehely, Peters: Complete solution of a general problem of three bodies, Astronomical Journal 72 (1967) 876–883 "
    "(Burrau 1913): at rest at the corners of a right triangle; close encounters, so chaotic",
)

pleiades = nbody_system(
    "pleiades",
    (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0),
    np.concatenate(
        [
            _paired((3.0, 3.0, -1.0, -3.0, 2.0, -2.0, 2.0), (3.0, -3.0, 2.0, 0.0, 0.0, -4.0, 4.0)),
            _paired((0.0, 0.0, 0.0, 0.0, 0.0, 1.75, -1.5), (0.0, 0.0, 0.0, -1.25, 1.0, 0.0, 0.0)),
        ]
    ),
    (0.0, 3.0),
    f"{_HNW}, p. 245: seven stars in the plane with masses 1 to 7 (there all x before all y)",
)
