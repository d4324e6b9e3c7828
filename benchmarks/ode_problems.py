"""Initial value problems of `ode.py`: functions, heyoka's equations, references, and errors in extended precision.

End states are compared with 30 digits (`validation/ode/references.json`) where these exist, otherwise with heyoka in
extended precision. Energies are evaluated in extended precision: their errors are those of the states.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from side_by_side import Problem

import numpy as np  # isort: skip  (side_by_side sets the thread counts first)

REFERENCES = Path(__file__).parents[1] / "validation" / "ode" / "references.json"
PERIODS = 1000  # of Kepler's problem


@dataclass(frozen=True)
class Bodies:
    """Masses, constant of gravitation and dimension of space of an N-body problem."""

    masses: tuple[float, ...]
    gravitation: float = 1.0
    dimension: int = 3

    def vectorised(self, t: float, y: Any) -> Any:
        """The same right-hand side as `systems.nbody`, by arrays over all pairs."""
        n = len(self.masses)
        positions = y[: y.size // 2].reshape(n, self.dimension)
        distances = positions[None] - positions[:, None]
        cubes = ((distances * distances).sum(axis=-1) + np.eye(n)) ** 1.5
        pull = (self.gravitation * np.array(self.masses) / cubes)[..., None] * distances
        return np.concatenate([y[y.size // 2 :], pull.sum(axis=1).ravel()])

    def body_by_body(self) -> Any:
        """Where in (all positions, all velocities) the numbers of heyoka's state are: position, velocity of a body."""
        shape = 2, len(self.masses), self.dimension
        return np.arange(np.prod(shape)).reshape(shape).transpose(1, 0, 2).ravel()


@dataclass(frozen=True, eq=False)
class Case:
    """An initial value problem from t = 0.

    Attributes
    ----------
    fun, args, initial_state
        ``fun(t, y, *args)``, in the way it is written in `taylorad.ode.systems`.
    equations : callable
        ``equations(heyoka)`` gives heyoka's list of (variable, expression).
    end : float
        What is timed goes from 0 to here.
    energy : callable, optional
        Constant of the motion, of states (n, times).
    reference : name in references.json, optional
    starts, samples : int
        How many neighbouring initial states, and how many times of each run, energy errors are averaged over.
    checked_until : float
        The end that is compared where there is no reference.
    """

    fun: Callable
    args: tuple
    initial_state: Any
    equations: Callable
    end: float
    energy: Callable | None = None
    reference: str | None = None
    bodies: Bodies | None = None
    starts: int = 4
    samples: int = 250
    checked_until: float = 10.0

    @property
    def initial_states(self) -> list[Any]:
        return [self.initial_state * (1 + 1e-3 * k) for k in range(self.starts)]

    @cached_property
    def order_in_heyoka(self) -> Any:
        if self.bodies and self.bodies.dimension == 3:
            return self.bodies.body_by_body()
        return np.arange(self.initial_state.size)

    @property
    def quickest_in_numpy(self) -> Callable:
        """The way to write the function that takes NumPy the least time."""
        return self.bodies.vectorised if self.bodies else self.fun

    @cached_property
    def known(self) -> tuple[Any, float, Any]:
        """Initial state, end and end state of the reference."""
        if self.reference is None:
            return self.initial_state, self.checked_until, self._extended()
        found = next(r for r in json.loads(REFERENCES.read_text())["references"] if r["name"] == self.reference)
        begin, end, t = found["initial_state"], found["end_state"], float(found["t_span"][1])
        return np.array(begin, dtype=float), t, np.array([np.longdouble(x) for x in end])

    def _extended(self) -> Any:
        """The end state by heyoka in extended precision; without heyoka by SciPy, in double precision."""
        try:
            import heyoka
        except ModuleNotFoundError:
            from scipy.integrate import solve_ivp

            span, y = (0.0, self.checked_until), self.initial_state
            fun, options = self.quickest_in_numpy, {"args": self.args, "rtol": 1e-13, "atol": 1e-15}
            return solve_ivp(fun, span, y, "DOP853", **options).y[:, -1]
        extended, where = np.longdouble, self.order_in_heyoka
        y, options = self.initial_state[where].astype(extended), {"fp_type": extended, "compact_mode": True}
        integrator = heyoka.taylor_adaptive(self.equations(heyoka), list(y), **options)
        integrator.propagate_until(extended(self.checked_until))
        y[where] = integrator.state.copy()
        return y


@dataclass
class Outcome:
    """What a code's results are worth.

    The error of the end state is relative to its largest component; `drift` is the relative error of the energy at
    the end of a run, `spread` that all along it, both as root mean squares (over neighbouring initial states).
    """

    error: float = np.nan
    drift: float = np.nan
    spread: float = np.nan
    steps: int = 0


def written(record: Any) -> dict[str, Any]:
    """The fields of a record for a JSON file, which has no nan."""
    return {key: None if value != value else value for key, value in vars(record).items()}


def judged(code: Any, case: Case, steps: int) -> Outcome:
    """Errors of a code; the runs for it are not the timed ones."""
    begin, end, exact = case.known
    code.reset(begin)
    code.until(end)
    found = Outcome(error=relative_error(code.state, exact), steps=steps)
    if case.energy:
        errors = np.array([energy_errors(code, case, y) for y in case.initial_states])
        found.drift, found.spread = (float(np.sqrt(np.mean(e**2))) for e in (errors[:, -1], errors))
    return found


def relative_error(y: Any, exact: Any) -> float:
    """Largest error of a component, relative to the largest component."""
    return float(np.max(np.abs(y - exact)) / np.max(np.abs(exact)))


def energy_errors(code: Any, case: Case, y: Any) -> Any:
    """Relative errors of the energy at equidistant times of a run."""
    states = [np.array(y)]
    code.reset(y)
    for t in np.linspace(0, case.end, case.samples + 1)[1:]:
        code.until(t)
        states.append(np.array(code.state))
    assert case.energy is not None
    energies = case.energy(np.array(states).astype(np.longdouble).T)
    return energies[1:] / energies[0] - 1


# --------------------------------------------------------------------------------------------- heyoka's equations


def in_space(bodies: Bodies, heyoka: Any) -> Any:
    """heyoka's own N-body model."""
    return heyoka.model.nbody(len(bodies.masses), masses=list(bodies.masses), Gconst=bodies.gravitation)


def in_the_plane(bodies: Bodies, heyoka: Any) -> Any:
    """By hand, each pair once: heyoka's model has three dimensions only."""
    m, n = bodies.masses, len(bodies.masses)
    q, v = ([heyoka.make_vars(*(f"{name}{axis}{i}" for axis in "xy")) for i in range(n)] for name in "qv")
    terms: list[Any] = [([], []) for _ in range(n)]
    for i in range(n):
        for j in range(i + 1, n):
            distance = [b - a for a, b in zip(q[i], q[j], strict=True)]
            inverse_cube = heyoka.sum([d * d for d in distance]) ** -1.5
            for axis, d in enumerate(distance):
                pull = inverse_cube * d
                terms[i][axis].append(m[j] * pull)
                terms[j][axis].append(-m[i] * pull)
    moves = [(x, u) for body in zip(q, v, strict=True) for x, u in zip(*body, strict=True)]
    pulls = [(u, heyoka.sum(t)) for body in zip(v, terms, strict=True) for u, t in zip(*body, strict=True)]
    return moves + pulls


def lorenz(heyoka: Any) -> Any:
    x, y, z = heyoka.make_vars("x", "y", "z")
    return [(x, 10.0 * (y - x)), (y, x * (28.0 - z) - y), (z, x * y - 8 / 3 * z)]


def van_der_pol(heyoka: Any) -> Any:
    x, v = heyoka.make_vars("x", "v")
    return [(x, v), (v, (1.0 - x * x) * v - x)]


def henon_heiles(heyoka: Any) -> Any:
    x, y, u, v = heyoka.make_vars("x", "y", "u", "v")
    return [(x, u), (y, v), (u, -x - 2.0 * x * y), (v, y * y - y - x * x)]


def kepler(heyoka: Any) -> Any:
    x, y, u, v = heyoka.make_vars("x", "y", "u", "v")
    cube = (x * x + y * y) ** -1.5
    return [(x, u), (y, v), (u, -x * cube), (v, -y * cube)]


# ---------------------------------------------------------------------------------------------------- the problems


def planets(n: int) -> tuple[Bodies, Any]:
    """A sun and n - 1 planets on nearly circular, a little inclined orbits; the inmost takes 2π."""
    generator = np.random.default_rng(5)
    radii, angles = 1 + 0.35 * np.arange(n - 1), generator.uniform(0, 2 * np.pi, n - 1)
    tilts = generator.uniform(-0.05, 0.05, n - 1)
    along, across = np.cos(angles), np.sin(angles)
    flat = np.zeros(n - 1)
    positions = radii * np.array([along, across * np.cos(tilts), across * np.sin(tilts)])
    velocities = radii**-0.5 * np.array([-across, along * np.cos(tilts), along * np.sin(tilts)])
    masses = np.concatenate([[1.0], generator.uniform(1e-6, 1e-5, n - 1)])
    states = [np.column_stack([flat[:3], numbers]) for numbers in (positions, velocities)]
    states = [numbers - (numbers @ masses / masses.sum())[:, None] for numbers in states]
    return Bodies(tuple(masses.tolist())), np.concatenate([numbers.T.ravel() for numbers in states])


def from_catalogue(name: str, equations: Callable, end: float, **options: Any) -> Case:
    """A system of `taylorad.ode.systems`."""
    from taylorad.ode import systems

    system = systems.load(name)
    state = options.pop("initial_state", system.initial_state)
    energy = system.invariants.get("energy")
    return Case(system.fun, system.parameters, np.array(state), equations, end, energy, **options)


def solar(name: str, count: int, end: float, **options: Any) -> Case:
    from taylorad.ode.systems.solar import GRAVITATION, MASSES

    bodies = Bodies(MASSES[:count], GRAVITATION)
    return from_catalogue(name, lambda heyoka: in_space(bodies, heyoka), end, bodies=bodies, **options)


def pleiades() -> Case:
    bodies = Bodies((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), dimension=2)
    equations = lambda heyoka: in_the_plane(bodies, heyoka)  # noqa: E731
    return from_catalogue("pleiades", equations, 3.0, bodies=bodies, reference="pleiades", starts=8, samples=30)


def many_bodies(n: int) -> Case:
    from taylorad.ode import systems

    bodies, y = planets(n)
    fun, energy = systems.nbody(bodies.masses), systems.nbody_energy(bodies.masses)
    equations = lambda heyoka: in_space(bodies, heyoka)  # noqa: E731
    return Case(fun, (), y, equations, 200.0, energy, bodies=bodies, starts=2, samples=50)


@cache
def case(name: str) -> Case:
    """The problem of a name."""
    match name:
        case "outer Solar System":
            return solar("outer_solar_system", 6, 1e4, checked_until=100.0)
        case "Sun, Jupiter, Saturn":
            return solar("sun_jupiter_saturn", 3, 200.0, reference="sun_jupiter_saturn")
        case "Pleiades":
            return pleiades()
        case "8 bodies" | "16 bodies" | "32 bodies":
            return many_bodies(int(name.split()[0]))
        case "Lorenz":
            return from_catalogue("lorenz", lorenz, 2000.0, initial_state=[1.0, 1.0, 1.0], reference="lorenz_10")
        case "Van der Pol":
            return from_catalogue("van_der_pol", van_der_pol, 2000.0, reference="van_der_pol")
        case "Hénon–Heiles":
            state = [0.0, 0.1, 0.5, 0.0]
            return from_catalogue("henon_heiles", henon_heiles, 5000.0, initial_state=state, reference="henon_heiles")
        case "Kepler":
            end = 2 * np.pi * PERIODS
            return from_catalogue("kepler", kepler, end, reference="kepler_0.5", starts=16, samples=PERIODS)
    raise ValueError(f"no problem {name!r}")


@dataclass(frozen=True)
class Motion(Problem):
    """A case, by name, so that it can be sent to another process."""

    name: str
    size: int = 1

    @property
    def title(self) -> str:
        return f"{self.name}, t from 0 to {self.case.end:.7g}"

    @property
    def family(self) -> str:
        return "many bodies" if self.size > 1 else self.title

    @property
    def case(self) -> Case:
        return case(self.name)

    def difference(self, result: Outcome) -> float:
        return result.error
