"""Time at equal error: against error at loose tolerances, and beside SciPy's DOP853 with our compilation included."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from statistics import median
from time import perf_counter
from typing import Any

from side_by_side import OURS, Finding

import numpy as np  # isort: skip  (side_by_side sets the thread counts first)
from ode_codes import Heyoka, OdeDop853, SciPy, Taylorad
from ode_problems import Case, case, relative_error, written

MILLI = 1e-3
LOOSE = "Sun, Jupiter, Saturn"
AT = 1e-6  # the tolerance of the target
TOLERANCES = (1e-2, 1e-3, 1e-4, 1e-5, AT, 1e-7, 1e-8, 1e-9, 1e-10)
ENDS = np.linspace(1550, 2000, 10)  # years; one end may be lucky: errors oscillate
ROUNDS, SLOT, BUDGET = 15, 0.003, 1.0  # times a code is timed, seconds of one, and of all (never below three)
FACTOR = 50  # of SciPy's time, at least


# ------------------------------------------------------------------------------------------- loose tolerances


@dataclass
class Point:
    """A code at a tolerance."""

    code: Any
    tolerance: float
    build: float
    error: float = np.nan
    steps: int = 0
    samples: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return min(self.samples)


def compiled_function(problem: Case) -> Callable:
    """The right-hand side in machine code, for peers that call it."""
    import taylorad as ta

    compiled = ta.jit(problem.fun)
    compiled(0.0, problem.initial_state)
    return compiled


def curves(problem: Case) -> dict[str, Callable[[float], Any]]:
    """How to make each code at a tolerance; those of SciPy get the function compiled by `ta.jit`, too."""
    fun = compiled_function(problem)
    modes = {"heyoka": {}, "heyoka, compact": {"compact_mode": True}} if find_spec("heyoka") else {}
    return {
        OURS: partial(Taylorad, problem),
        **{name: partial(Heyoka, problem, **mode) for name, mode in modes.items()},
        "SciPy DOP853": partial(SciPy, problem),
        "SciPy DOP853, f compiled": partial(SciPy, problem, fun=fun),
        "SciPy ode dop853, f compiled": partial(OdeDop853, problem, fun=fun),
    }


def made(make: Callable[[float], Any], tolerance: float) -> Point:
    start = perf_counter()
    code = make(tolerance)
    return Point(code, tolerance, perf_counter() - start)


def end_states(code: Any, problem: Case) -> list[Any]:
    """Of runs from neighbouring initial states, at each of `ENDS`."""
    states = []
    for y in problem.initial_states:
        code.reset(y)
        for t in ENDS:
            code.until(t)
            states.append(np.array(code.state))
    return states


def measure(problem: Case, points: list[Point]) -> None:
    """Errors, as root mean squares over ends and starts, then times, codes and tolerances taking turns."""
    y, end, exact = problem.known
    tight = Taylorad(problem)
    tight.until(end)
    if not relative_error(tight.state, exact) < 1e-11:
        raise ArithmeticError(f"what all are compared with is wrong at t = {end}, which is known to 30 digits")
    states = end_states(tight, problem)
    for point in points:
        errors = [relative_error(a, b) for a, b in zip(end_states(point.code, problem), states, strict=True)]
        point.error, point.steps = float(np.sqrt(np.mean(np.square(errors)))), point.code.steps
    for turn in range(ROUNDS):
        for point in points if turn < 3 else [p for p in points if p.seconds * turn < BUDGET]:
            count = 1 if not point.samples else max(1, round(SLOT / point.seconds))
            start = perf_counter()
            for _ in range(count):
                point.code.reset(y)
                point.code.until(ENDS[-1])
            point.samples.append((perf_counter() - start) / count)


def front(points: list[Point]) -> list[Point]:
    """Those for which no other is both more accurate and quicker, the most accurate first."""
    chosen: list[Point] = []
    for point in sorted(points, key=lambda p: p.error):
        if not chosen or point.seconds < chosen[-1].seconds:
            chosen.append(point)
    return chosen


def seconds_at(points: list[Point], error: float) -> float:
    """Time to an error, along straight lines between the logarithms; nan beyond the tolerances measured."""
    logs = [np.log([getattr(p, name) for p in front(points)]) for name in ("error", "seconds")]
    return float(np.exp(np.interp(np.log(error), *logs, left=np.nan, right=np.nan)))


def loose(quick: bool) -> Iterable[Finding]:
    """Times and errors of all codes, and ratios of times at equal errors."""
    problem = case(LOOSE)
    tolerances = TOLERANCES[::2] if quick else TOLERANCES
    families = {name: [made(make, tolerance) for tolerance in tolerances] for name, make in curves(problem).items()}
    measure(problem, [point for points in families.values() for point in points])
    yield Finding(f"\n{LOOSE}, {ENDS[-1]:.0f} years: tolerance, error (of positions and velocities), time")
    for name, points in families.items():
        yield Finding(f"  {name}")
        for p in points:
            text = f"    {p.tolerance:8.0e}{p.error:12.1e}{p.seconds / MILLI:12.3f} ms{p.steps or '-':>8} steps"
            values = {"system": name, "tolerance": p.tolerance, "error": p.error, "seconds": p.seconds}
            yield Finding(f"{text}   built in {p.build / MILLI:.0f} ms", values)
    yield from at_equal_errors(families)
    for name in (name for name in (OURS, "heyoka") if name in families):
        seconds = seconds_of_one_step(families[name][len(tolerances) // 2].code, problem.initial_state)
        yield Finding(f"  {name}: to go to an initial state and a step further, {seconds * 1e6:.1f} µs")


def seconds_of_one_step(code: Any, y: Any) -> float:
    """What a short run costs, however short."""
    times = []
    for _ in range(300):
        start = perf_counter()
        code.reset(y)
        code.until(1e-3)
        times.append(perf_counter() - start)
    return min(times)


def at_equal_errors(families: dict[str, list[Point]]) -> Iterable[Finding]:
    """Peer / ours at decades of the error, and at the one that the peer has at the target's tolerance."""
    decades = 10.0 ** np.arange(-1, -12, -1)
    yield Finding("\ntime of the peer / ours at equal error")
    yield Finding("  " + " " * 30 + "".join(f"{error:>8.0e}" for error in decades))
    ours = families[OURS]
    for name, points in list(families.items())[1:]:
        ratios = [seconds_at(points, error) / seconds_at(ours, error) for error in decades]
        cells = "".join(f"{ratio:8.2f}" if ratio == ratio else f"{'-':>8}" for ratio in ratios)
        yield Finding(f"  {name:30}{cells}", {"system": name, "ratios": [r if r == r else None for r in ratios]})
    for name, points in list(families.items())[1:]:
        at = next(p for p in points if p.tolerance == AT)
        ratio = at.seconds / seconds_at(ours, at.error)
        met = "met" if ratio > 1 else "MISSED" if ratio <= 1 else "not measured: ours has no such error"
        text = f"{name} at its tolerance {AT:.0e} (error {at.error:.1e}), time / ours: {ratio:.3g}"
        yield Finding(
            f"  {text} (target: above 1; {met})", {"system": name, "ratio": ratio if ratio == ratio else None}
        )


# ---------------------------------------------------------------------------------------- SciPy at tight tolerance


@dataclass(frozen=True)
class Run:
    """One code from nothing to the end of a problem: seconds to build, seconds to run, errors."""

    build: float
    seconds: float
    steps: int
    error: float
    drift: float


LONG = {  # how far: SciPy takes 15 to 130 seconds
    "outer Solar System": 2e4,
    "Pleiades": 100.0,
    "16 bodies": 8e3,
    "32 bodies": 1.6e4,
    "Lorenz": 2e3,
    "Van der Pol": 1e4,
    "Hénon–Heiles": 2e4,
    "Kepler": 2e4,
}
TIGHT = (1e-10, 1e-11, 1e-12, 1e-13, 1e-14, None)  # of ours: the loosest that is as accurate as SciPy is taken


def single(make: Callable[[Case], Any], problem: Case, end: float, repeats: int) -> Run:
    """The median of a few runs, each from nothing."""
    y, known_end, exact = problem.known
    builds, times = [], []
    for _ in range(repeats):
        start = perf_counter()
        code = make(problem)
        built = perf_counter()
        code.reset(problem.initial_state)
        code.until(end)
        times.append(perf_counter() - built)
        builds.append(built - start)
    steps, drift = code.steps, np.nan
    if problem.energy:
        states = np.array([problem.initial_state, code.state]).astype(np.longdouble).T
        before, after = problem.energy(states)
        drift = abs(float(after / before - 1))
    code.reset(y)
    code.until(known_end)
    return Run(median(builds), median(times), steps, relative_error(code.state, exact), drift)


def against_scipy(quick: bool) -> Iterable[Finding]:
    """DOP853 at rtol = 1e-13 beside ours, which has to be as accurate."""
    yield Finding(f"\nSciPy's DOP853, rtol = 1e-13; factor: its time / ours with our build (target: at least {FACTOR})")
    for name, longest in LONG.items():
        problem, end = case(name), longest / (20 if quick else 1)
        scipy = single(SciPy, problem, end, 1)
        for tolerance in TIGHT:
            make = partial(Taylorad, tolerance=tolerance)
            if as_accurate(single(make, problem, end, 1), scipy):
                break
        yield from compared(name, end, single(make, problem, end, 5), scipy, tolerance)


def as_accurate(ours: Run, scipy: Run) -> bool:
    """Whether neither the error of the end state nor that of the energy is larger."""
    return ours.error <= scipy.error and not ours.drift > scipy.drift


def compared(name: str, end: float, ours: Run, scipy: Run, tolerance: float | None) -> Iterable[Finding]:
    yield Finding(f"\n{name}, t from 0 to {end:.7g}")
    for who, run in ((OURS, ours), ("SciPy DOP853", scipy)):
        build = f", build {run.build:.3f} s, rtol = {tolerance or 2**-52:.1e}" if who == OURS else ""
        text = f"{run.seconds:10.4f} s, {run.steps} steps of {run.seconds / run.steps * 1e6:.3f} µs{build}"
        drift = f", energy at the end {run.drift:.1e}" if run.drift >= 0 else ""
        yield Finding(
            f"  {who:14}{text}; end state {run.error:.1e}{drift}",
            written(run),
        )
    factor, without = scipy.seconds / (ours.build + ours.seconds), scipy.seconds / ours.seconds
    accurate = as_accurate(ours, scipy)
    needed = FACTOR * ours.build / (scipy.seconds - FACTOR * ours.seconds) * end if without > FACTOR else np.inf
    met = "met" if factor >= FACTOR and accurate else "MISSED"
    remark = "ours is no less accurate" if accurate else "ours is LESS accurate"
    text = (
        f"  factor {factor:.0f} ({met}), without the build {without:.0f}, {FACTOR} from t = {needed:.3g} on; {remark}"
    )
    yield Finding(text, {"factor": factor, "without build": without, "target": FACTOR})
