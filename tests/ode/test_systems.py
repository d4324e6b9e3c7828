"""The ready-made systems: right-hand sides against mpmath, invariants, and what is known of their numbers."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf
from numpy.typing import NDArray

from taylorad.ode import systems
from taylorad.ode.systems import System, solar
from validation.ode.catalogue import CATALOGUE
from validation.ode.problems import Problem
from validation.ode.series import solution_series

REFERENCES = json.loads(
    (Path(__file__).resolve().parents[2] / "validation" / "ode" / "references.json").read_text(encoding="utf-8")
)["references"]
BY_NAME = {entry["name"]: entry for entry in REFERENCES}

# The 28 values of the Test Set for IVP Solvers (Mazzia, Magherini, release 2.4, problem plei) at t = 3:
# all x, all y, all x', all y'.
PLEIADES_END = [
    *(0.3706139143970502, 3.237284092057233, -3.222559032418324, 0.6597091455775310, 0.3425581707156584),
    *(1.562172101400631, -0.7003092922212495, -3.943437585517392, -3.271380973972550, 5.225081843456543),
    *(-2.590612434977470, 1.198213693392275, -0.2429682344935824, 1.091449240428980, 3.417003806314313),
    *(1.354584501625501, -2.590065597810775, 2.025053734714242, -1.155815100160448, -0.8072988170223021),
    *(0.5952396354208710, -3.741244961234010, 0.3773459685750630, 0.9386858869551073, 0.3667922227200571),
    *(-0.3474046353808490, 2.344915448180937, -1.947020434263292),
]


def exact_slope(problem: Problem, t: float, y: NDArray[Any]) -> NDArray[Any]:
    """f(t, y) by the right-hand side of the references, at 40 digits, from doubles."""
    state = np.ravel(np.column_stack([y.real, y.imag])) if problem.is_complex else y
    with mp.workdps(40):
        parameters, _, _ = problem.values()
        parts = solution_series(problem.fun(*parameters), mpf(t), [mpf(x) for x in state.tolist()], 1)
        slope = np.array([float(c[1]) for c in parts])
    return slope[0::2] + 1j * slope[1::2] if problem.is_complex else slope


def is_standard(problem: Problem) -> bool:
    """Whether a reference has its system's parameters, initial state and start."""
    system = systems.load(problem.system)
    state = extended(list(problem.initial_state)).astype(system.initial_state.dtype)
    same = tuple(map(float, problem.parameters)) == system.parameters and np.array_equal(state, system.initial_state)
    return same and float(problem.span[0]) == system.interval[0]


def points(system: System, count: int = 5) -> list[tuple[float, NDArray[Any]]]:
    """Times and states in general position near the initial state."""
    generator = np.random.default_rng(5)
    size = np.abs(system.initial_state)
    scale = np.where(size > 0, size, 0.01 * (size.max() if system.name == "robertson" else 1.0))
    drawn = []
    for _ in range(count):
        shift = 0.3 * scale * generator.standard_normal(size.shape)
        state = system.initial_state + (shift * np.exp(0.7j) if np.iscomplexobj(system.initial_state) else shift)
        drawn.append((generator.uniform(1, 2), state))
    return drawn


def extended(texts: list[str]) -> NDArray[Any]:
    """Numbers of references.json as long doubles."""
    parts = [[np.longdouble(part) for part in text.split()] for text in texts]
    return np.array([x[0] + 1j * x[1] if len(x) == 2 else x[0] for x in parts])


@pytest.mark.parametrize("problem", CATALOGUE, ids=lambda problem: problem.name)
def test_the_right_hand_side_is_that_of_the_references(problem: Problem) -> None:
    system = systems.load(problem.system)
    parameters = [float(p) for p in problem.parameters]
    for t, y in points(system):
        computed = system.fun(t, y, *parameters)
        exact = exact_slope(problem, t, y)
        assert computed.shape == y.shape
        # Ten roundings of 1e-16, and terms that cancel at most three digits at points in general position.
        np.testing.assert_allclose(computed, exact, rtol=1e-12)


def test_every_system_has_a_reference() -> None:
    assert {problem.system for problem in CATALOGUE} == set(systems.names())
    assert set(BY_NAME) == {problem.name for problem in CATALOGUE}


@pytest.mark.parametrize("name", systems.names())
def test_a_system_is_complete_and_its_initial_state_read_only(name: str) -> None:
    system = systems.load(name)
    assert system is getattr(systems, name)
    assert name in systems.__all__
    assert name in repr(system)
    assert system.source
    assert system.interval[0] != system.interval[1]
    assert np.isfinite(system.initial_state).all()
    slope = system.fun(system.interval[0], system.initial_state, *system.parameters)
    assert slope.shape == system.initial_state.shape
    assert np.isfinite(slope).all()
    with pytest.raises(ValueError, match="read-only"):
        system.initial_state[0] = 0
    with pytest.raises(TypeError):
        system.invariants["new"] = abs  # type: ignore[index]


def test_an_unknown_name_is_answered_with_the_closest_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown system 'lorentz': choose from lorenz"):
        systems.load("lorentz")


@pytest.mark.parametrize("name", systems.names())
def test_some_reference_has_the_standard_parameters_and_initial_state(name: str) -> None:
    """Both were typed twice, here as doubles and there as decimals."""
    assert any(is_standard(problem) for problem in CATALOGUE if problem.system == name)


@pytest.mark.parametrize("entry", REFERENCES, ids=lambda entry: entry["name"])
def test_two_runs_of_a_reference_agree_to_more_digits_than_are_written(entry: dict[str, Any]) -> None:
    assert entry["agreement_of_runs"] >= 33
    assert entry.get("agreement_with_closed_form", 33) >= 33
    assert len(entry["end_state"]) == len(entry["initial_state"]) == systems.load(entry["system"]).initial_state.size


INVARIANTS = [
    (problem.name, label)
    for problem in CATALOGUE
    for label in systems.load(problem.system).invariants
    if tuple(map(float, problem.parameters)) == systems.load(problem.system).parameters
]


@pytest.mark.parametrize(("name", "label"), INVARIANTS, ids=map("-".join, INVARIANTS))
def test_an_invariant_has_the_same_value_at_both_ends_of_a_reference(name: str, label: str) -> None:
    entry = BY_NAME[name]
    states = [extended(entry[key]) for key in ("initial_state", "end_state")]
    invariant = systems.load(entry["system"]).invariants[label]
    start, end = (np.asarray(invariant(state)) for state in states)
    # Constants such as 1 − μ and the decimal initial data are doubles, and Arenstorf's orbit starts 0.006 from the
    # Moon, where a shift of 5e-17 changes the potential by 2e-14. Vanishing momenta are sums of terms below ten.
    np.testing.assert_allclose(end, start, rtol=1e-13, atol=1e-15)
    both = invariant(np.stack(states, axis=-1))
    np.testing.assert_allclose(both, np.stack([start, end], axis=-1), rtol=1e-15, atol=1e-15)  # another order of sums


def closure(name: str) -> float:
    """The greatest difference of the end and the initial state of a reference, at 40 digits."""
    entry = BY_NAME[name]
    with mp.workdps(40):
        return max(float(abs(mpf(a) - mpf(b))) for a, b in zip(entry["end_state"], entry["initial_state"], strict=True))


@pytest.mark.parametrize("name", ["arenstorf_decimal", "arenstorf_three_loops_decimal"])
def test_arenstorfs_orbits_close_to_the_digits_given(name: str) -> None:
    assert closure(name) < 1e-25  # printed with 27 to 30 digits; measured 5e-27 and 3e-26


def test_the_figure_eight_closes_to_the_eight_digits_given() -> None:
    assert closure("figure_eight") < 1e-7  # measured 4e-8


def test_the_pleiades_end_where_the_test_set_says() -> None:
    end = np.array([float(text) for text in BY_NAME["pleiades"]["end_state"]])
    positions, velocities = end.reshape(2, 7, 2)
    there = np.concatenate([positions.T.ravel(), velocities.T.ravel()])
    # Sixteen digits are printed; measured difference 3e-15.
    np.testing.assert_allclose(there, PLEIADES_END, rtol=1e-14)


def test_the_planets_have_the_semimajor_axes_of_the_solar_system() -> None:
    state, masses = systems.outer_solar_system.initial_state, solar.MASSES
    positions, velocities = state.reshape(2, 6, 3)
    q, v = positions[1:] - positions[0], velocities[1:] - velocities[0]
    gravity = solar.GRAVITATION * (masses[0] + np.array(masses[1:]))
    axes = 1 / (2 / np.linalg.norm(q, axis=1) - (v**2).sum(axis=1) / gravity)  # vis viva
    # Mean elements of JPL's table for 1800–2050; an osculating axis is off by up to one percent.
    np.testing.assert_allclose(axes, [5.2029, 9.5367, 19.189, 30.070, 39.482], rtol=0.01)
    assert np.abs(systems.outer_solar_system.invariants["momentum"](state)).max() < 1e-5 * np.abs(state[18:]).max()


@pytest.mark.parametrize("eccentricity", [0.0, 0.3, 0.9, 0.999])
def test_keplers_solution_solves_keplers_equation(eccentricity: float) -> None:
    times = np.array([-40.0, -3.0, -1e-3, 0.0, 1e-9, 0.01, 0.5, 3.0, np.pi, 6.0, 7.0, 40.0])
    states = systems.kepler_solution(times, eccentricity)
    for t, state in zip(times.tolist(), states.T, strict=True):
        exact, rates = kepler_in_forty_digits(t, eccentricity)
        # Relative to the state, the error of t (1e-16·|t|, reduced by a rounded 2π) times the rates, and roundings.
        np.testing.assert_array_less(np.abs(state - exact), 4e-16 * ((1 + abs(t)) * np.abs(rates).max() + 4))


def kepler_in_forty_digits(t: float, eccentricity: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """State and its rate of change, with Kepler's equation solved by bisection."""
    with mp.workdps(40):
        e, mean = mpf(eccentricity), mpf(t)
        lower, upper = mean - 1, mean + 1
        for _ in range(140):
            middle = (lower + upper) / 2
            lower, upper = (middle, upper) if middle - e * mp.sin(middle) < mean else (lower, middle)
        c, s, b = mp.cos(lower), mp.sin(lower), mp.sqrt(1 - e * e)
        rate = 1 / (1 - e * c)
        state = [c - e, b * s, -s * rate, b * c * rate]
        cube = (state[0] ** 2 + state[1] ** 2) ** mpf(1.5)
        rates = [state[2], state[3], -state[0] / cube, -state[1] / cube]
    return np.array(list(map(float, state))), np.array(list(map(float, rates)))


def test_keplers_orbits_have_energy_minus_half_and_period_two_pi() -> None:
    for eccentricity in (0.0, 0.5, 0.9):
        start = systems.kepler_initial(eccentricity)
        assert systems.kepler.invariants["energy"](start) == pytest.approx(-0.5, rel=1e-14)
        momentum = systems.kepler.invariants["angular_momentum"](start)
        assert momentum == pytest.approx(np.sqrt(1 - eccentricity**2), rel=1e-15)
        np.testing.assert_allclose(systems.kepler_solution(0.0, eccentricity), start, rtol=4e-16)  # two roundings
        assert systems.kepler_solution(np.zeros((2, 3)), eccentricity).shape == (4, 2, 3)
        later = systems.kepler_solution(2 * np.pi, eccentricity)
        np.testing.assert_allclose(later, start, rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize("eccentricity", [-0.1, 1.0, np.nan])
def test_an_orbit_that_is_no_ellipse_is_refused(eccentricity: float) -> None:
    with pytest.raises(ValueError, match="an ellipse has an eccentricity of at least 0 and less than 1"):
        systems.kepler_initial(eccentricity)
    with pytest.raises(ValueError, match="an ellipse"):
        systems.kepler_solution(1.0, eccentricity)


@pytest.mark.parametrize("dimension", [1, 2, 3, 4])
def test_bodies_in_any_dimension_obey_newton(dimension: int) -> None:
    generator = np.random.default_rng(dimension)
    masses, gravitation = generator.uniform(1, 3, 4), 0.75
    state = generator.standard_normal(2 * 4 * dimension)
    exact = newton_in_forty_digits(masses.tolist(), gravitation, state, dimension)
    slope = systems.nbody(masses, gravitation, dimension)(0.0, state)
    # Fifty roundings; a sum of three attractions may cancel two digits.
    np.testing.assert_allclose(slope, exact.astype(float), rtol=1e-12)
    with mp.workdps(40):
        precise = systems.nbody(masses, gravitation, dimension)(0.0, np.array([mpf(x) for x in state.tolist()]))
        assert all(abs(a - b) <= mpf(10) ** -36 * (1 + abs(b)) for a, b in zip(precise, exact, strict=True))


def newton_in_forty_digits(
    masses: list[float], gravitation: float, state: NDArray[Any], dimension: int
) -> NDArray[Any]:
    """Velocities and accelerations body by body, each from all others."""
    with mp.workdps(40):
        y = [mpf(x) for x in state.tolist()]
        q = [y[dimension * i : dimension * (i + 1)] for i in range(len(masses))]
        slope = y[len(masses) * dimension :]
        for i, axis in itertools.product(range(len(masses)), range(dimension)):
            others = [j for j in range(len(masses)) if j != i]
            cubes = {j: mp.norm([b - a for a, b in zip(q[i], q[j], strict=True)]) ** 3 for j in others}
            slope.append(sum(mpf(gravitation) * mpf(masses[j]) * (q[j][axis] - q[i][axis]) / cubes[j] for j in others))
    return np.array(slope)


def test_energy_and_momenta_are_the_textbook_sums() -> None:
    generator = np.random.default_rng(7)
    masses, state = np.array([1.5, 2.0, 4.0]), generator.standard_normal(18)
    q, v = state.reshape(2, 3, 3)
    pairs = itertools.combinations(range(3), 2)
    potential = sum(0.5 * masses[i] * masses[j] / np.linalg.norm(q[i] - q[j]) for i, j in pairs)
    energy = (masses[:, None] * v**2).sum() / 2 - potential
    # Sums of at most nine terms: a few roundings.
    assert systems.nbody_energy(masses, 0.5)(state) == pytest.approx(energy, rel=1e-14)
    np.testing.assert_allclose(systems.nbody_momentum(masses)(state), masses @ v, rtol=1e-13)
    turning = (masses[:, None] * np.cross(q, v)).sum(axis=0)
    np.testing.assert_allclose(systems.nbody_angular_momentum(masses)(state), turning, rtol=1e-13)


def test_angular_momentum_has_a_component_for_every_plane() -> None:
    state = np.random.default_rng(8).standard_normal(2 * 2 * 4)
    q, v = state.reshape(2, 2, 4)
    wedge = sum(m * (np.outer(a, b) - np.outer(b, a)) for m, a, b in zip((1.0, 2.0), q, v, strict=True))
    components = systems.nbody_angular_momentum([1.0, 2.0], dimension=4)(state)
    np.testing.assert_allclose(components, wedge[np.triu_indices(4, 1)], rtol=1e-13)  # two products and a sum
    assert systems.nbody_angular_momentum([1.0, 2.0], dimension=1)(state[:4]).shape == (0,)


def test_the_jacobi_constant_at_the_triangular_point_is_three_minus_the_product_of_the_masses() -> None:
    mu = 0.2
    point = np.array([0.5 - mu, np.sqrt(0.75), 0.0, 0.0])
    assert systems.jacobi_constant(point, mu) == pytest.approx(3 - mu * (1 - mu), rel=1e-15)
    np.testing.assert_allclose(systems.arenstorf.fun(0.0, point, mu), 0, atol=1e-15)  # an equilibrium of sums near one
