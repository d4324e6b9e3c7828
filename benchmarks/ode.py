"""Taylor integration beside heyoka, REBOUND's IAS15 and SciPy's DOP853 in one run, at the tolerance of rounding error.

Of each problem and code: time of a step, of the whole, how many steps, the time from equations to machine code, the
error of an end state against 30 digits, and the relative error of the energy: codes differ in the length of
their steps, so that no number alone says which is better. `--only` chooses problems, "loose" (time against error at
loose tolerances) or "dop853" (against SciPy, the time for machine code included).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from side_by_side import OURS, SYSTEMS, Finding, Row, System, Task, options, run

import numpy as np  # noqa: F401  # isort: skip  (side_by_side sets the thread counts first)
from ode_codes import Heyoka, Rebound, Taylorad, Vectorised, built  # isort: skip
from ode_precision import against_scipy, loose
from ode_problems import Motion, Outcome, judged, written

MICRO, MILLI = 1e-6, 1e-3
HEYOKA, COMPACT, ACCURATE, IAS15 = "heyoka", "heyoka, compact", "heyoka, high acc.", "REBOUND IAS15"
VECTORISED = f"{OURS}, vectorised"
PROBLEMS = {
    "solar": [Motion("outer Solar System")],
    "pleiades": [Motion("Pleiades")],
    "nbody": [Motion("8 bodies", 8), Motion("16 bodies", 16), Motion("32 bodies", 32)],
    "small": [Motion("Lorenz"), Motion("Van der Pol"), Motion("Hénon–Heiles")],
    "kepler": [Motion("Kepler")],
}
OUTCOMES: dict[tuple[str, str], Outcome] = {}
BUILDS: dict[tuple[str, str], float] = {}


def prepare(name: str, make: Callable[[Any], Any], problem: Motion) -> Task:
    """Build the code; what is timed goes from t = 0 to the end."""
    case = problem.case
    code, seconds = built(partial(make, case))
    BUILDS[problem.title, name] = seconds

    def whole() -> int:
        code.reset(case.initial_state)
        code.until(case.end)
        return code.steps

    def read(steps: int) -> Outcome:
        OUTCOMES[problem.title, name] = outcome = judged(code, case, steps)
        return outcome

    return Task(whole, read, compilation=seconds)


CODES: dict[str, Callable[[Any], Any]] = {
    OURS: Taylorad,
    VECTORISED: Vectorised,
    HEYOKA: Heyoka,
    COMPACT: partial(Heyoka, compact_mode=True),
    ACCURATE: partial(Heyoka, high_accuracy=True),
    IAS15: Rebound,
}
DISTRIBUTIONS = {OURS: "taylorad", VECTORISED: "taylorad", IAS15: "rebound"}
SYSTEMS[:] = [
    System(name, DISTRIBUTIONS.get(name, "heyoka"), Motion, partial(prepare, name, make))
    for name, make in CODES.items()
]


# --------------------------------------------------------------------------------------------------------- tables


COLUMNS: tuple[tuple[str, int, Callable[[Row, Outcome, Row, Outcome], str]], ...] = (
    ("µs/step", 10, lambda row, found, us, ours: f"{row.minimum / found.steps / MICRO:.3f}"),
    ("ratio", 8, lambda row, found, us, ours: f"{row.minimum / found.steps * ours.steps / us.minimum:.2f}"),
    ("steps", 9, lambda row, found, us, ours: f"{found.steps}"),
    ("whole ms", 11, lambda row, found, us, ours: f"{row.minimum / MILLI:.3f}"),
    ("ratio", 8, lambda row, found, us, ours: f"{row.ratio:.2f}"),
    ("(median)", 10, lambda row, found, us, ours: f"{row.median_ratio:.2f}"),
    ("build ms", 11, lambda row, found, us, ours: f"{row.compilation / MILLI:.0f}"),
    ("end state", 11, lambda row, found, us, ours: f"{found.error:.1e}"),
    ("energy: end", 13, lambda row, found, us, ours: f"{found.drift:.1e}" if found.drift >= 0 else "-"),
    ("all along", 11, lambda row, found, us, ours: f"{found.spread:.1e}" if found.spread >= 0 else "-"),
)


def table(rows: list[Row], problem: Motion) -> Iterable[Finding]:
    """Steps and errors of all codes on a problem."""
    timed = [row for row in rows if row.problem == problem.title and row.samples]
    us = next((row for row in timed if row.system == OURS), None)
    yield Finding(f"\n{problem.title}")
    if us is None:
        yield Finding(f"  {OURS} was not timed", failed=True)
        return
    yield Finding("  " + " " * 20 + "".join(f"{name:>{width}}" for name, width, _ in COLUMNS))
    for row in timed:
        found, ours = OUTCOMES[row.problem, row.system], OUTCOMES[row.problem, OURS]
        cells = "".join(f"{cell(row, found, us, ours):>{width}}" for _, width, cell in COLUMNS)
        yield Finding(f"  {row.system:20}{cells}", {"system": row.system, "problem": row.problem, **written(found)})


# -------------------------------------------------------------------------------------------------------- targets


@dataclass(frozen=True)
class Measured:
    """A code on a problem, as targets speak of it."""

    name: str
    step: float
    whole: float
    build: float
    outcome: Outcome


def measured(rows: list[Row], problem: Motion, name: str) -> Measured | None:
    row = next((r for r in rows if (r.problem, r.system) == (problem.title, name) and r.minimum), None)
    if row is None or row.minimum is None:
        return None
    found = OUTCOMES[problem.title, name]
    return Measured(name, row.minimum / found.steps, row.minimum, BUILDS[problem.title, name], found)


def verdict(text: str, value: float, target: float) -> Finding:
    met = "met" if value <= target else "MISSED"
    values = {"value": value, "target": target}
    return Finding(f"{text:74}{value:>10.3g} (target: at most {target:g}; {met})", values)


def best(rows: list[Row], problem: Motion) -> Measured | None:
    """The mode of heyoka with the quickest step."""
    modes = [m for name in (HEYOKA, COMPACT) if (m := measured(rows, problem, name))]
    return min(modes, key=lambda m: m.step, default=None)


STEP_TARGETS = {"solar": 0.33, "pleiades": 0.4, "nbody": 0.4, "small": 0.8}
BUILD_TARGETS = {"solar": 0.5, "nbody": 1.0}


def targets(rows: list[Row], group: str) -> Iterable[Finding]:
    """What issue 5 asks of a group."""
    for problem in PROBLEMS[group]:
        ours, peer = measured(rows, problem, OURS), best(rows, problem)
        if ours is None or peer is None:
            yield Finding(f"{problem.title}: not measured")
            continue
        if group in STEP_TARGETS:
            text = f"{problem.name}: a step, ours / {peer.name}"
            yield verdict(text, ours.step / peer.step, STEP_TARGETS[group])
            yield verdict(
                f"{problem.name}: the whole, ours / {peer.name}", ours.whole / peer.whole, STEP_TARGETS[group]
            )
        if group in BUILD_TARGETS:
            yield verdict(f"{problem.name}: build in seconds", ours.build, BUILD_TARGETS[group])
        if group == "solar":
            ratio = ours.outcome.spread / peer.outcome.spread
            yield verdict(f"{problem.name}: energy error all along, ours / {peer.name}", ratio, 1.0)
        if group == "kepler":
            yield verdict(f"{problem.name}: energy error all along", ours.outcome.spread, 1e-14)
            yield verdict(f"{problem.name}: the whole, ours / {peer.name}", ours.whole / peer.whole, 1.0)


def closing(only: list[str], quick: bool, rows: list[Row]) -> Iterable[Finding]:
    """Tables of steps and errors, targets, then the groups that are about time at equal error."""
    groups = [name for name in only if name in PROBLEMS]
    if groups:
        yield Finding("ratio: peer / ours; end state: relative error; energy: root mean square of relative errors")
    for name in groups:
        for problem in PROBLEMS[name]:
            if not quick or any(row.problem == problem.title for row in rows):
                yield from table(rows, problem)
    yield Finding("")
    for name in groups:
        yield from targets(rows, name)
    if "loose" in only:
        yield from loose(quick)
    if "dop853" in only:
        yield from against_scipy(quick)


def main() -> int:
    parser = options(__doc__)
    names = [*PROBLEMS, "loose", "dop853"]
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    arguments = parser.parse_args()
    only = arguments.only
    problems = [[problem] for name in only for problem in PROBLEMS.get(name, ())]
    return run(problems, arguments, partial(closing, only, arguments.quick))


if __name__ == "__main__":
    sys.exit(main())
