"""Integrators behind one interface: `reset(y)` to t = 0, `until(t)`, `state` and `steps` since the reset."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

from ode_problems import Case

os.environ["TAYLORAD_CACHE"] = "0"

import numpy as np  # isort: skip  (side_by_side sets the thread counts first)

EPSILON = 2.0**-52


class Taylorad:
    """`ta.ode.integrator`, with compilation from nothing; its default tolerance is 2⁻⁵²."""

    def __init__(self, case: Case, tolerance: float | None = None, fun: Callable | None = None):
        import taylorad as ta
        from taylorad.ode import native

        native._modules.clear()  # the cache on disk is off
        y = case.initial_state
        self.integrator = ta.ode.integrator(fun or case.fun, y.size, args=case.args, y=y, rtol=tolerance)
        self._before = 0

    def reset(self, y: Any) -> None:
        self.integrator.set_state(0.0, y)
        self._before = self.integrator.steps

    def until(self, t: float) -> None:
        self.integrator.propagate_until(t)

    @property
    def state(self) -> Any:
        return self.integrator.state

    @property
    def steps(self) -> int:
        return self.integrator.steps - self._before


class Vectorised(Taylorad):
    """The same from a right-hand side that is written with arrays over all pairs of bodies."""

    def __init__(self, case: Case):
        from side_by_side import Unsupported

        if case.bodies is None:
            raise Unsupported("no N-body problem")
        super().__init__(case, fun=case.bodies.vectorised)


class Heyoka:
    """`heyoka.taylor_adaptive`, with compilation from nothing: its caches in memory and on disk are not used."""

    def __init__(self, case: Case, tolerance: float = EPSILON, **options: Any):
        import heyoka

        heyoka.llvm_state.clear_memcache()
        heyoka.llvm_state.set_diskcache_enabled(False)
        self._where = case.order_in_heyoka
        y = case.initial_state[self._where]
        self.integrator = heyoka.taylor_adaptive(case.equations(heyoka), y.tolist(), tol=tolerance, **options)
        self._steps = 0

    def reset(self, y: Any) -> None:
        self.integrator.time = 0.0
        self.integrator.state[:] = y[self._where]
        self._steps = 0

    def until(self, t: float) -> None:
        self._steps += self.integrator.propagate_until(t)[3]

    @property
    def state(self) -> Any:
        y = np.empty(self._where.size)
        y[self._where] = self.integrator.state
        return y

    @property
    def steps(self) -> int:
        return self._steps


class Rebound:
    """REBOUND's IAS15, of order 15, with its default tolerance: bodies in space, those of a plane at z = 0."""

    def __init__(self, case: Case):
        from side_by_side import Unsupported

        if case.bodies is None:
            raise Unsupported("no N-body problem")
        import rebound

        self._bodies, self._module = case.bodies, rebound
        self.reset(case.initial_state)

    def reset(self, y: Any) -> None:
        simulation = self._module.Simulation()
        simulation.integrator, simulation.G = "ias15", self._bodies.gravitation
        missing = 3 - self._bodies.dimension
        numbers = np.pad(y.reshape(2, -1, self._bodies.dimension), ((0, 0), (0, 0), (0, missing)))
        positions, velocities = numbers.tolist()
        for mass, (x, y, z), (vx, vy, vz) in zip(self._bodies.masses, positions, velocities, strict=True):
            simulation.add(m=mass, x=x, y=y, z=z, vx=vx, vy=vy, vz=vz)
        self._simulation = simulation

    def until(self, t: float) -> None:
        self._simulation.integrate(t)

    @property
    def state(self) -> Any:
        particles = self._simulation.particles
        numbers = np.array([[p.xyz for p in particles], [p.vxyz for p in particles]])
        return numbers[:, :, : self._bodies.dimension].ravel()

    @property
    def steps(self) -> int:
        return self._simulation.steps_done


class SciPy:
    """`solve_ivp` with DOP853, from the way of writing the function that takes NumPy the least time."""

    def __init__(self, case: Case, tolerance: float = 1e-13, fun: Callable | None = None):
        self._fun, self._args, self._tolerance = fun or case.quickest_in_numpy, case.args, tolerance
        self.reset(case.initial_state)

    def reset(self, y: Any) -> None:
        self._time, self.state, self.steps = 0.0, y, 0

    def until(self, t: float) -> None:
        from scipy.integrate import solve_ivp

        options = {"rtol": self._tolerance, "atol": 1e-3 * self._tolerance, "args": self._args}
        solution = solve_ivp(self._fun, (self._time, t), self.state, "DOP853", t_eval=None, **options)
        if not solution.success:
            raise RuntimeError(solution.message)
        self._time, self.state = t, solution.y[:, -1]
        self.steps += len(solution.t) - 1


class OdeDop853:
    """`scipy.integrate.ode` with dop853: the loop over steps is compiled, and does not count them."""

    steps = 0

    def __init__(self, case: Case, tolerance: float, fun: Callable):
        from scipy.integrate import ode

        options = {"rtol": tolerance, "atol": 1e-3 * tolerance, "nsteps": 10**9}
        self._integrator = ode(fun).set_integrator("dop853", **options)

    def reset(self, y: Any) -> None:
        self._integrator.set_initial_value(y, 0.0)

    def until(self, t: float) -> None:
        self._integrator.integrate(t)
        if not self._integrator.successful():
            raise RuntimeError(f"dop853 stopped at t = {self._integrator.t}")

    @property
    def state(self) -> Any:
        return self._integrator.y


def built(make: Callable[[], Any], seconds: float = 3.0) -> tuple[Any, float]:
    """A code and the least time it takes to make it, until it has gone a little way, of at most three builds."""
    times: list[float] = []
    while not times or (len(times) < 3 and sum(times) + times[-1] < seconds):
        start = perf_counter()
        code = make()
        times.append(perf_counter() - start)
    return code, min(times)
