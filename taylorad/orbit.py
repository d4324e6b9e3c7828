"""The main job of the integrator on real data: the outer Solar System over thousands of years.

Sun, Jupiter, Saturn, Uranus, Neptune and Pluto as point masses (`ode.systems.outer_solar_system` names the sources), to
machine precision. The energy, summed in extended precision where the machine has it, says how far that was reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from taylorad import ode
from taylorad.ode.systems.solar import BODIES

SAMPLES = 1000  # times at which the energy is looked at
PATH = 250.0  # years that are drawn: a revolution of Pluto
POINTS = 2000


@dataclass(frozen=True)
class Orbit:
    """The outcome of `integrate`.

    Attributes
    ----------
    years : float
        From the beginning, signed; less than was asked for if it was interrupted.
    steps : int
    order : int
    compilation, seconds : float
        Time spent compiling, and integrating.
    times, errors : arrays (m,)
        Relative errors of the energy at some times, in years.
    positions : array (bodies, 3)
        At the end, in AU.
    path : array (bodies, 3, points)
        Over the first 250 years.
    complete : bool
        Whether the end was reached.
    """

    years: float
    steps: int
    order: int
    compilation: float
    seconds: float
    times: np.ndarray
    errors: np.ndarray
    positions: np.ndarray
    path: np.ndarray
    complete: bool

    @property
    def rms(self) -> float:
        """Root mean square of the energy's relative error."""
        return float(np.sqrt(np.mean(self.errors**2)))


def integrate(years: float, progress: Callable[[Iterable], Iterable] = iter) -> Orbit:
    """Integrate the outer Solar System; Ctrl-C ends it earlier.

    Parameters
    ----------
    years : float
        How long, backward if negative.
    progress : callable
        Wraps the sequence of times, to show a bar.
    """
    system = ode.systems.outer_solar_system
    n, bodies = system.initial_state.size, len(BODIES)
    begin = perf_counter()
    walk = ode.integrator(system.fun, n, args=system.parameters, y=system.initial_state)
    compilation = perf_counter() - begin
    path = walk.propagate_grid(np.linspace(0.0, np.sign(years) * min(abs(years), PATH), POINTS)).T
    walk.set_state(0.0, system.initial_state)
    walk.steps = 0
    times, states, seconds, complete = [0.0], [system.initial_state], 0.0, True
    try:
        for t in progress(np.linspace(0.0, years, SAMPLES + 1)[1:]):
            begin = perf_counter()
            walk.propagate_until(t)
            seconds += perf_counter() - begin
            times.append(walk.time)
            states.append(walk.state)
    except KeyboardInterrupt:
        complete = False
    energies = system.invariants["energy"](np.array(states, dtype=np.longdouble).T)
    return Orbit(
        years=times[-1],
        steps=walk.steps,
        order=walk.order,
        compilation=compilation,
        seconds=seconds,
        times=np.array(times),
        errors=((energies - energies[0]) / energies[0]).astype(float),
        positions=states[-1][: n // 2].reshape(bodies, 3),
        path=path[: n // 2].reshape(bodies, 3, POINTS),
        complete=complete,
    )


def table(orbit: Orbit) -> str:
    """What was done, the errors of the energy, and where the bodies are."""
    each = orbit.seconds / max(orbit.steps, 1)
    rows: list[tuple[str, Any]] = [
        ("years", f"{orbit.years:g}"),
        ("steps", f"{orbit.steps}, order {orbit.order}"),
        ("time", f"{orbit.seconds:.3f} s, {1e6 * each:.2f} µs a step; compiled in {orbit.compilation:.2f} s"),
        (
            "energy error",
            f"{orbit.errors[-1]:.1e} at the end, {np.abs(orbit.errors).max():.1e} at most, "
            f"{orbit.rms:.1e} root mean square (relative)",
        ),
    ]
    lines = ["the outer Solar System: Sun (with the inner planets), Jupiter, Saturn, Uranus, Neptune, Pluto", ""]
    lines += [f"{name:<14}{text}" for name, text in rows]
    header = f"{'AU at the end':<14}{'x':>20}{'y':>20}{'z':>20}"
    lines += ["", header, "-" * len(header)]
    for name, position in zip(BODIES, orbit.positions, strict=True):
        lines.append(f"{name:<14}" + "".join(f"{x:>20.13f}" for x in position))
    return "\n".join(lines)


def as_data(orbit: Orbit) -> dict[str, Any]:
    """The same as plain data, for JSON."""
    return {
        "years": orbit.years,
        "complete": orbit.complete,
        "steps": orbit.steps,
        "order": orbit.order,
        "compilation_seconds": orbit.compilation,
        "seconds": orbit.seconds,
        "energy_error": {
            "end": float(orbit.errors[-1]),
            "largest": float(np.abs(orbit.errors).max()),
            "rms": orbit.rms,
        },
        "positions": {name: x.tolist() for name, x in zip(BODIES, orbit.positions, strict=True)},
    }
