"""Ready-made systems of ordinary differential equations: plain NumPy right-hand sides, standard numbers, sources.

Each is a `System`: ``systems.lorenz.fun`` is the function of (t, y, *parameters), beside it are ``parameters``,
``initial_state``, ``interval``, ``invariants`` and ``source``. ``names()`` lists them, ``load(name)`` fetches one by
name, ``nbody(masses, G, dimension)`` makes the right-hand side of any N-body problem.
"""

from __future__ import annotations

import difflib

from taylorad.ode.systems.attractors import duffing, lorenz, rossler, van_der_pol
from taylorad.ode.systems.celestial import (
    arenstorf,
    complex_kepler,
    figure_eight,
    jacobi_constant,
    kepler,
    kepler_initial,
    kepler_solution,
    nbody,
    nbody_angular_momentum,
    nbody_energy,
    nbody_momentum,
    nbody_system,
    pleiades,
    pythagorean_three_body,
)
from taylorad.ode.systems.challenges import elementary_functions, mixed_scales
from taylorad.ode.systems.linear import airy, bessel, exponential_decay, landau_zener, two_level
from taylorad.ode.systems.mechanics import (
    damped_oscillator,
    double_pendulum,
    double_pendulum_energy,
    harmonic_oscillator,
    henon_heiles,
    pendulum,
    rigid_body,
)
from taylorad.ode.systems.reactions import brusselator, lotka_volterra, robertson
from taylorad.ode.systems.solar import outer_solar_system, sun_jupiter_saturn
from taylorad.ode.systems.system import System

__all__ = [
    "System",
    "names",
    "load",
    # celestial mechanics
    "nbody",
    "nbody_system",
    "nbody_energy",
    "nbody_momentum",
    "nbody_angular_momentum",
    "kepler_initial",
    "kepler_solution",
    "jacobi_constant",
    "kepler",
    "complex_kepler",
    "arenstorf",
    "figure_eight",
    "pythagorean_three_body",
    "pleiades",
    "sun_jupiter_saturn",
    "outer_solar_system",
    # mechanics
    "double_pendulum_energy",
    "harmonic_oscillator",
    "damped_oscillator",
    "pendulum",
    "double_pendulum",
    "rigid_body",
    "henon_heiles",
    # attractors, populations and reactions
    "van_der_pol",
    "duffing",
    "lorenz",
    "rossler",
    "lotka_volterra",
    "brusselator",
    "robertson",
    # linear
    "exponential_decay",
    "bessel",
    "airy",
    "two_level",
    "landau_zener",
    # made for testing
    "elementary_functions",
    "mixed_scales",
]

_SYSTEMS = {value.name: value for value in list(globals().values()) if isinstance(value, System)}


def names() -> tuple[str, ...]:
    """Names of all systems, in alphabetic order.

    Examples
    --------
    >>> names()[:3]
    ('airy', 'arenstorf', 'bessel')
    """
    return tuple(sorted(_SYSTEMS))


def load(name: str) -> System:
    """The system of a name.

    Raises
    ------
    ValueError
        If there is no such system; the message names the closest ones.

    Examples
    --------
    >>> load("pleiades")
    System('pleiades', 28 equations, interval (0.0, 3.0))
    """
    if name not in _SYSTEMS:
        close = difflib.get_close_matches(name, names(), n=3) or names()
        raise ValueError(f"unknown system {name!r}: choose from {', '.join(close)}")
    return _SYSTEMS[name]
