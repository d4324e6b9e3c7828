"""Systems side by side: the same problem, in one run, on one core, checked before it is timed.

The systems take turns (A B A B …), so that a change of the machine's speed meets all of them, and every result is
compared with its problem's reference: a time without a correct result is never printed. A system that is missing,
that cannot do a problem, that would take longer than the limit or that fails is a line with the reason. Import this
module before numpy: it sets the thread counts.
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
import multiprocessing
import platform
import statistics
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from time import perf_counter
from typing import Any

OURS = "taylorad"
MEMORY_LIMIT = 4 << 30  # bytes of address space in a trial
STARTUP = 10.0  # seconds a trial may take to start Python and import the package
TOLERANCE = 1e-6  # wrong mathematics is far above it; DACE at order 100 loses digits to 2e-7 and is still right


class Problem(ABC):
    """What is computed, and how far a result is from the reference."""

    size: int = 1  # grows within a family

    @property
    @abstractmethod
    def title(self) -> str: ...

    @abstractmethod
    def difference(self, result: Any) -> float: ...

    @property
    def family(self) -> str:
        """Problems of one family differ by size only: a system beyond the limit at one is not tried at a larger one."""
        return self.title

    @property
    def base(self) -> Problem | None:
        """The problem whose time in the same system is the unit of "× base": for a gradient its function."""
        return None


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
    compilation: float | None = None
    first_call: float | None = None  # with compilation
    minimum: float | None = None
    median: float | None = None
    ratio: float | None = None
    median_ratio: float | None = None
    base_ratio: float | None = None  # minimum / minimum of the same system on the problem's base
    samples: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """A line printed at the end of a run: what follows from the rows, or a measurement that is not a time."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)
    failed: bool = False


@dataclass(frozen=True)
class Effort:
    """`repeats` turns of about `slot` seconds each, fewer (never below 3) once a system has used `budget` seconds.

    Short slots: on a machine with other work one of them is likely to run undisturbed.

    A system that needs more than `limit` seconds to prepare and solve a problem once is not timed.
    """

    repeats: int
    slot: float
    budget: float
    limit: float


class Pace:
    """What systems took for the smaller problems of a family, to keep the larger ones from taking hours."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.seconds: dict[tuple[str, str], tuple[int, float]] = {}
        self.beyond: dict[tuple[str, str], str] = {}

    def require(self, entry: System, problem: Problem) -> None:
        """Raise if the system is known or found to be beyond the limit.

        Where cubic growth leads near the limit another process tries first: compiled code cannot be interrupted.
        """
        key = entry.name, problem.family
        if key in self.beyond:
            raise Unsupported(self.beyond[key])
        size, seconds = self.seconds.get(key, (problem.size, 0.0))
        if seconds * (problem.size / size) ** 3 > self.limit / 4 and (reason := outcome(entry, problem, self.limit)):
            self.beyond[key] = f"skipped: {reason} at {problem.title}"
            raise Unsupported(f"skipped: {reason}")

    def record(self, entry: System, problem: Problem, seconds: float) -> None:
        self.seconds[entry.name, problem.family] = problem.size, seconds


def outcome(entry: System, problem: Problem, limit: float) -> str:
    """Why a fresh process cannot prepare and solve the problem once; empty if it can."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=trial, args=(entry, problem, sender), daemon=True)
    process.start()
    sender.close()
    try:
        return receiver.recv() if receiver.poll(limit + STARTUP) else f"more than {limit:g} s"
    except EOFError:
        return "a process of its own died"
    finally:
        process.kill()
        process.join()


def trial(entry: System, problem: Problem, sender: Any) -> None:
    """In the other process: solve the problem once; errors other than a lack of memory are left for the real run."""
    if os.name == "posix":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    reason = ""
    try:
        entry.prepare(problem).run()
    except Exception as error:
        if isinstance(error, MemoryError) or "alloc" in str(error):
            reason = f"more than {MEMORY_LIMIT >> 30} GiB"
    sender.send(reason)


def prepared(entry: System, problem: Problem, pace: Pace) -> tuple[Row, Task | None]:
    """The task and its row, already compared with the reference; no task if there is nothing right to measure."""
    row = Row(problem.title, entry.name)
    try:
        pace.require(entry, problem)
        begin = perf_counter()
        task = entry.prepare(problem)
        start = perf_counter()
        result = task.run()
        row.compilation, row.first_call = task.compilation, task.compilation + perf_counter() - start
        pace.record(entry, problem, perf_counter() - begin)
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


def measure(problems: Sequence[Problem], effort: Effort, pace: Pace) -> list[list[Row]]:
    """All systems on all problems of a group, taking turns; a list of rows for each problem."""
    entries = [[prepared(e, problem, pace) for e in SYSTEMS if isinstance(problem, e.problem)] for problem in problems]
    live = [(row, task.run, calls_in(effort.slot, task.run)) for table in entries for row, task in table if task]
    gc.collect()
    gc.freeze()  # so that the collections between turns are short
    gc.disable()
    for turn in range(effort.repeats):
        for row, run, number in live:
            if turn < 3 or sum(row.samples) * number < effort.budget:
                row.samples.append(seconds_per_call(run, number))
        gc.collect()
    gc.enable()
    gc.unfreeze()
    tables = [[row for row, _ in table] for table in entries]
    for table in tables:
        summarise(table)
    compare_with_bases(problems, tables)
    return tables


def summarise(rows: list[Row]) -> None:
    """Minimum and median of each row, and their ratios to ours."""
    timed = [row for row in rows if row.samples]
    for row in timed:
        row.minimum, row.median = min(row.samples), statistics.median(row.samples)
    ours = next((row for row in timed if row.system == OURS), None)
    for row in timed if ours else ():
        row.ratio, row.median_ratio = row.minimum / ours.minimum, row.median / ours.median


def compare_with_bases(problems: Sequence[Problem], tables: list[list[Row]]) -> None:
    """The ratio of each row to the row of the same system on the problem's base, if the group has it."""
    minima = {(row.problem, row.system): row.minimum for table in tables for row in table}
    for problem, table in zip(problems, tables, strict=True):
        for row in table if problem.base else ():
            unit = minima.get((problem.base.title, row.system))
            row.base_ratio = row.minimum / unit if row.minimum and unit else None


def microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:.{1 if seconds > 1e-5 else 3}f}"


COLUMNS: tuple[tuple[str, int, Callable[[Row], str]], ...] = (
    ("min µs", 12, lambda row: microseconds(row.minimum)),
    ("median µs", 12, lambda row: microseconds(row.median)),
    ("ratio", 10, lambda row: f"{row.ratio:.3g}" if row.ratio else "-"),
    ("(median)", 10, lambda row: f"{row.median_ratio:.3g}" if row.median_ratio else "-"),
    ("× base", 10, lambda row: f"{row.base_ratio:.3g}" if row.base_ratio else "-"),
    ("rel. diff.", 11, lambda row: f"{row.difference:.0e}"),
    ("compile ms", 12, lambda row: f"{row.compilation * 1e3:.1f}" if row.compilation else "-"),
    ("first ms", 10, lambda row: f"{row.first_call * 1e3:.1f}"),
)


def print_table(rows: list[Row]) -> None:
    """One problem: times in microseconds, first call and compilation in milliseconds; no columns of dashes."""
    timed = [row for row in rows if row.samples]
    columns = [column for column in COLUMNS if any(column[2](row) != "-" for row in timed)]
    print(f"\n{rows[0].problem}")
    print("  " + f"{'':22}" + "".join(f"{name:>{width}}" for name, width, _ in columns))
    for row in rows:
        cells = "".join(f"{cell(row):>{width}}" for _, width, cell in columns if row.samples)
        print(f"  {row.system:22}{cells}  {row.note}".rstrip())
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
    return {
        "python": platform.python_version(),
        "processor": processor(),
        "core": pin_to_one_core(),
        "load": load(),
        **versions,
    }


def load() -> str:
    """Processes that wanted a core in the last minute: on a machine that does other work, run again."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores" if hasattr(os, "getloadavg") else "unknown"


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
    parser.add_argument(
        "--limit", metavar="SECONDS", type=float, default=60.0, help="to prepare and solve a problem once (default: 60)"
    )
    return parser


def run(
    groups: Iterable[Sequence[Problem]],
    arguments: argparse.Namespace,
    closing: Callable[[list[Row]], Iterable[Finding]] = lambda rows: (),
) -> int:
    """Measure and print group by group, then what `closing` finds; 1 if taylorad failed or was wrong."""
    limit = arguments.limit
    effort = Effort(10, 0.002, 0.5, min(limit, 10.0)) if arguments.quick else Effort(100, 0.005, 4.0, limit)
    described, rows, findings, pace = environment(), [], [], Pace(effort.limit)
    print("\n".join(f"{key:14} {value}" for key, value in described.items()))
    print(f"\nratio: time of the system / time of {OURS}, above 1 where {OURS} is faster")
    for group in groups:
        for table in measure(group, effort, pace):
            print_table(table)
            rows += table
    print()
    for finding in closing(rows):
        findings.append(finding)
        print(finding.text, flush=True)
    if arguments.json:
        report = {"environment": described, "rows": [asdict(row) for row in rows]}
        report["findings"] = [asdict(finding) for finding in findings]
        Path(arguments.json).write_text(json.dumps(report, indent=1), encoding="utf-8")
    return int(any(row.failed and row.system == OURS for row in rows) or any(finding.failed for finding in findings))
