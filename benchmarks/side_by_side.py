"""Systems side by side: the same problem, in one run, on one core, checked before it is timed.

The systems take turns (A B A B …), so that a change of the machine's speed meets all of them, and every result is
compared with its problem's reference: a time without a correct result is never printed. A system that is missing,
that cannot do a problem or that fails is a line with the reason. Import this module before numpy: it sets the
thread counts.
"""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NPROC"):
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["JAX_PLATFORMS"] = "cpu"

import argparse
import gc
import json
import platform
import statistics
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

OURS = "taylorad"
TOLERANCE = 1e-6  # wrong mathematics is far above it; DACE at order 100 loses digits to 2e-7 and is still right


class Problem(Protocol):
    """What is computed, and how far a result is from the reference."""

    @property
    def title(self) -> str: ...

    def difference(self, result: Any) -> float: ...


class Unsupported(Exception):
    """The system has no way to do the problem; the message says why."""


@dataclass(frozen=True)
class Task:
    """A problem made ready in one system: `run` is timed, `read` turns its result into what the problem compares."""

    run: Callable[[], Any]
    read: Callable[[Any], Any]
    compilation: float = 0.0  # seconds spent before `run` can be called
    note: str = ""


@dataclass(frozen=True)
class System:
    """A package and its `prepare(problem) -> Task` for one class of problems."""

    name: str
    distribution: str
    problem: type
    prepare: Callable[[Any], Task]


SYSTEMS: list[System] = []


def system(name: str, distribution: str, problem: type) -> Callable[[Callable], Callable]:
    """Register `prepare(problem) -> Task` as the way a system does one class of problems."""

    def register(prepare: Callable[[Any], Task]) -> Callable[[Any], Task]:
        SYSTEMS.append(System(name, distribution, problem, prepare))
        return prepare

    return register


def absent(name: str, distribution: str, problem: type, reason: str) -> None:
    """Register that a system cannot do a class of problems."""

    @system(name, distribution, problem)
    def prepare(_: Any) -> Task:
        raise Unsupported(reason)


@dataclass
class Row:
    """One system on one problem: seconds a call, and the ratio peer/ours (above 1 where taylorad is faster)."""

    problem: str
    system: str
    note: str = ""
    failed: bool = False
    difference: float | None = None
    first_call: float | None = None  # with compilation
    minimum: float | None = None
    median: float | None = None
    ratio: float | None = None
    median_ratio: float | None = None
    samples: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Effort:
    """`repeats` turns of about `slot` seconds each, fewer (never below 3) once a system has used `budget` seconds."""

    repeats: int
    slot: float
    budget: float


def prepared(entry: System, problem: Problem) -> tuple[Row, Task | None]:
    """The task and its row, already compared with the reference; no task if there is nothing right to measure."""
    row = Row(problem.title, entry.name)
    try:
        task = entry.prepare(problem)
        start = perf_counter()
        result = task.run()
        row.first_call = task.compilation + perf_counter() - start
        row.difference, row.note = problem.difference(task.read(result)), task.note
    except ModuleNotFoundError as error:
        row.note = f"not installed (no module {error.name})"
    except Unsupported as reason:
        row.note = str(reason)
    except Exception as error:  # a peer's own error must not end the run
        row.note, row.failed = f"FAILED: {type(error).__name__}: {error}", True
    else:
        if row.difference < TOLERANCE:
            return row, task
        row.note, row.failed = f"WRONG: relative difference {row.difference:.1e}, not timed", True
    return row, None


def seconds_per_call(run: Callable[[], Any], number: int) -> float:
    start = perf_counter()
    for _ in range(number):
        run()
    return (perf_counter() - start) / number


def calls_in(seconds: float, run: Callable[[], Any]) -> int:
    """How many calls fill a slot; the calls made to find out are the warm-up."""
    number = 1
    while (elapsed := seconds_per_call(run, number)) * number < seconds / 2:
        number *= 2
    return max(1, round(seconds / elapsed))


def measure(problem: Problem, effort: Effort) -> list[Row]:
    """All systems on one problem, taking turns."""
    entries = [prepared(entry, problem) for entry in SYSTEMS if isinstance(problem, entry.problem)]
    live = [(row, task.run, calls_in(effort.slot, task.run)) for row, task in entries if task]
    gc.collect()
    gc.disable()
    for turn in range(effort.repeats):
        for row, run, number in live:
            if turn < 3 or sum(row.samples) * number < effort.budget:
                row.samples.append(seconds_per_call(run, number))
    gc.enable()
    rows = [row for row, _ in entries]
    summarise(rows)
    return rows


def summarise(rows: list[Row]) -> None:
    """Minimum and median of each row, and their ratios to ours."""
    timed = [row for row in rows if row.samples]
    for row in timed:
        row.minimum, row.median = min(row.samples), statistics.median(row.samples)
    ours = next((row for row in timed if row.system == OURS), None)
    for row in timed if ours else ():
        row.ratio, row.median_ratio = row.minimum / ours.minimum, row.median / ours.median


def print_table(rows: list[Row]) -> None:
    """One problem: times in microseconds, the first call with compilation in milliseconds."""
    print(f"\n{rows[0].problem}")
    columns = ("min µs", 12), ("median µs", 12), ("ratio", 8), ("(median)", 9), ("rel. diff.", 11), ("first ms", 10)
    print("  " + f"{'':22}" + "".join(f"{name:>{width}}" for name, width in columns))
    for row in rows:
        if row.minimum is None:
            print(f"  {row.system:22}  {row.note}")
            continue
        ratios = f"{row.ratio:8.3g}{row.median_ratio:9.3g}" if row.ratio else f"{'-':>8}{'-':>9}"
        times = f"{row.minimum * 1e6:12.1f}{row.median * 1e6:12.1f}"
        tail = f"{row.difference:11.0e}{row.first_call * 1e3:10.1f}  {row.note}"
        print(f"  {row.system:22}{times}{ratios}{tail}".rstrip())
    sys.stdout.flush()


def pin_to_one_core() -> str:
    """Keep a pinning made outside (taskset), otherwise take the last core allowed."""
    if not hasattr(os, "sched_setaffinity"):
        return "not pinned (this system has no sched_setaffinity)"
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return f"pinned to {core}"


def environment() -> dict[str, str]:
    """What the numbers belong to: interpreter, machine, versions."""
    versions = {}
    for name in sorted({"numpy", *(entry.distribution for entry in SYSTEMS)}):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "no distribution installed"
    return {"python": platform.python_version(), "processor": processor(), "core": pin_to_one_core(), **versions}


def processor() -> str:
    """The processor's name where Linux tells it, otherwise the architecture."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def options(description: str | None) -> argparse.ArgumentParser:
    """The options every benchmark has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer problems and repeats: does it run?")
    parser.add_argument("--json", metavar="FILE", help="write every row, with all samples, to FILE")
    return parser


def run(problems: Iterable[Problem], arguments: argparse.Namespace) -> int:
    """Measure and print problem by problem; 1 if taylorad failed or was wrong."""
    effort = Effort(5, 0.005, 0.5) if arguments.quick else Effort(25, 0.02, 4.0)
    described, rows = environment(), []
    print("\n".join(f"{key:14} {value}" for key, value in described.items()))
    print(f"\nratio: time of the system / time of {OURS}, above 1 where {OURS} is faster")
    for problem in problems:
        rows.append(measure(problem, effort))
        print_table(rows[-1])
    flat = [row for table in rows for row in table]
    if arguments.json:
        report = {"environment": described, "rows": [asdict(row) for row in flat]}
        Path(arguments.json).write_text(json.dumps(report, indent=1), encoding="utf-8")
    return int(any(row.failed and row.system == OURS for row in flat))
