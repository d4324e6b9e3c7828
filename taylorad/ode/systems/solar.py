"""The outer Solar System: the Sun with the mass of the inner planets, Jupiter, Saturn, Uranus, Neptune and Pluto.

Units: astronomical unit, solar mass, Julian year. The masses are those of Hairer, Lubich, Wanner: Geometric Numerical
Integration, 2nd ed., Springer 2006, I.2.4 (m₀ = 1.00000597682 takes in the inner planets). Positions and velocities
(AU, AU per day, barycentric) are those of Applegate, Douglas, Gürsel, Hunter, Seidelmann, Sussman: The outer Solar
System for 200 million years, Astronomical Journal 92 (1986) 176–194, as REBOUND and heyoka use them.
"""

from __future__ import annotations

import numpy as np

from taylorad.ode.systems.celestial import nbody_system

__all__ = ["BODIES", "MASSES", "GRAVITATION", "outer_solar_system", "sun_jupiter_saturn"]

BODIES = ("Sun", "Jupiter", "Saturn", "Uranus", "Neptune", "Pluto")
MASSES = (1.00000597682, 0.000954786104043, 0.000285583733151, 0.0000437273164546, 0.0000517759138449, 1 / 1.3e8)
_DAYS = 365.25  # of a Julian year
GRAVITATION = 0.01720209895**2 * _DAYS**2  # Gauss's constant squared, AU³/(solar mass · year²)

_POSITIONS = np.array(
    [
        [-4.06428567034226e-3, -6.08813756435987e-3, -1.66162304225834e-6],
        [+3.40546614227466e0, +3.62978190075864e0, +3.42386261766577e-2],
        [+6.60801554403466e0, +6.38084674585064e0, -1.36145963724542e-1],
        [+1.11636331405597e1, +1.60373479057256e1, +3.61783279369958e-1],
        [-3.01777243405203e1, +1.91155314998064e0, -1.53887595621042e-1],
        [-2.13858977531573e1, +3.20719104739886e1, +2.49245689556096e0],
    ]
)
_VELOCITIES = _DAYS * np.array(
    [
        [+6.69048890636161e-6, -6.33922479583593e-6, -3.13202145590767e-9],
        [-5.59797969310664e-3, +5.51815399480116e-3, -2.66711392865591e-6],
        [-4.17354020307064e-3, +3.99723751748116e-3, +1.67206320571441e-5],
        [-3.25884806151064e-3, +2.06438412905916e-3, -2.17699042180559e-5],
        [-2.17471785045538e-4, -3.11361111025884e-3, +3.58344705491441e-5],
        [-1.76936577252484e-3, -2.06720938381724e-3, +6.58091931493844e-4],
    ]
)
_SOURCE = (
    "masses: Hairer, Lubich, Wanner: Geometric Numerical Integration, I.2.4; "
    "positions and velocities: Applegate et al., Astronomical Journal 92 (1986) 176–194; AU, solar masses, years"
)

outer_solar_system = nbody_system(
    "outer_solar_system",
    MASSES,
    np.concatenate([_POSITIONS, _VELOCITIES]).ravel(),
    (0.0, 1e4),
    _SOURCE,
    G=GRAVITATION,
    dimension=3,
)

sun_jupiter_saturn = nbody_system(
    "sun_jupiter_saturn",
    MASSES[:3],
    np.concatenate([_POSITIONS[:3], _VELOCITIES[:3]]).ravel(),
    (0.0, 1e4),
    _SOURCE,
    G=GRAVITATION,
    dimension=3,
)
