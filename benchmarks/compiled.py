"""Compiled code beside compiled peers in one run: what `ta.jit` makes of derivatives and series, and what it costs.

Helmholtz: f, gradient, Hessian and H·v of the vectorised Helmholtz energy, and the ratio gradient/f from n = 8 to 200.
Rosenbrock: gradient and dense Hessian. Compilation: seconds from the function to its first Hessian, anew each time, as
it grows with the number of variables and with the length of a Python loop. Series: univariate and multivariate Taylor
arithmetic. Calls: what a call costs beyond its arithmetic. Code kept on disk by earlier runs is not used.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from math import log
from time import perf_counter
from typing import Any

from side_by_side import OURS, SYSTEMS, Finding, Problem, Row, System, Task, Unsupported, options, run

os.environ["TAYLORAD_CACHE"] = "0"

import numpy as np  # isort: skip  (side_by_side sets the thread counts first)
from derivatives import Derivative, casadi_derivative, jax_derivative, minimum, quotient, verdict  # isort: skip
from compilation import Compilation, Loop, Pendulum, compiling, growing, length
from helmholtz import FLATNESS, Helmholtz, flatness
from reverse_mode import Rosenbrock
from taylor_arithmetic import (
    dace_multivariate,
    flint_univariate,
    gtpsa_multivariate,
    jax_univariate,
    taylorad_multivariate,
)
from taylor_problems import Multivariate, Univariate, UnivariateShort

MICRO, MILLI = 1e-6, 1e-3
GRADIENT = 2.0  # largest gradient/f
OVERHEAD = 1.5 * MICRO  # of a call
LINEAR = 1.0  # largest power with which compilation may grow
JAX_STEPS = (25, 100)  # of a loop that JAX compiles here: at 100 it takes many seconds
REPETITIONS = 1_000_000  # of a kernel alone
REPEAT = """
define void @repeat(ptr %kernel, ptr %inputs, ptr %outputs, i64 %count) {
start:
  br label %loop
loop:
  %i = phi i64 [ 0, %start ], [ %next, %loop ]
  %status = call i32 %kernel(ptr %inputs, ptr %outputs)
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, %count
  br i1 %more, label %loop, label %end
end:
  ret void
}
"""


@dataclass(frozen=True)
class Doubling(Problem):
    """2 x of three numbers: nearly all of it is the call."""

    title = "x * 2 of 3 numbers"
    point = np.array([0.5, -1.25, 3.0])

    def difference(self, result: Any) -> float:
        return float(np.max(np.abs(np.asarray(result) / (2 * self.point) - 1)))


def jitted(f: Callable, *arguments: Any) -> Task:
    """f compiled by taylorad, and called with these arguments; those of the compilation are a little different."""
    import taylorad as ta

    start = perf_counter()
    compiled = ta.jit(f)
    compiled(*(np.multiply(0.999, x) for x in arguments))
    seconds = perf_counter() - start
    machine_code = type(compiled.versions[-1].executor).__name__ == "NativeExecutor"
    note = "" if machine_code else "through NumPy, no machine code"
    return Task(partial(compiled, *arguments), np.asarray, compilation=seconds, note=note)


def taylorad_derivative(problem: Derivative) -> Task:
    import taylorad as ta

    f, x = problem.function(np), problem.point
    transform = {"f": lambda f: f, "gradient": ta.grad, "Hessian": ta.hessian, "hvp": ta.hvp}[problem.quantity]
    return jitted(transform(f), x, *([problem.direction] if problem.quantity == "hvp" else []))


def taylorad_univariate(problem: Univariate) -> Task:
    import taylorad as ta

    def series(x: Any) -> Any:
        return ta.taylor(lambda y: problem.function(y, np), x, order=problem.order).coefficients

    return jitted(series, problem.point)


def taylorad_compiled_multivariate(problem: Multivariate) -> Task:
    """What `x * y` and `np.exp(x)` of series run; it is compiled at the first use of a number of variables."""
    from taylorad.compile.multivariate import register

    register()
    task, start = taylorad_multivariate(problem), perf_counter()
    task.run()
    return Task(task.run, task.read, compilation=perf_counter() - start)


def taylorad_doubling(problem: Doubling) -> Task:
    return jitted(lambda x: x * 2, problem.point)


def numpy_doubling(problem: Doubling) -> Task:
    return Task(partial(np.multiply, problem.point, 2), np.asarray)


def jax_doubling(problem: Doubling) -> Task:
    import jax

    jax.config.update("jax_enable_x64", True)
    start, x = perf_counter(), jax.numpy.asarray(problem.point)
    compiled = jax.jit(lambda x: x * 2).lower(x).compile()
    return Task(lambda: jax.block_until_ready(compiled(x)), np.asarray, compilation=perf_counter() - start)


def casadi_sparse_hessian(problem: Rosenbrock) -> Task:
    if problem.quantity != "Hessian":
        raise Unsupported("a gradient is not sparse")
    return replace(casadi_derivative("SX", problem, dense=False), note="only the entries other than 0")


def taylorad_afresh(problem: Derivative) -> Task:
    """Also without the code that checks arguments, which functions of the same signature share."""
    from taylorad.compile.native import entry

    entry._compiled.cache_clear()
    return taylorad_derivative(problem)


def jax_at_two_lengths(problem: Derivative) -> Task:
    if isinstance(problem, Loop | Pendulum) and problem.steps not in JAX_STEPS:
        raise Unsupported(f"skipped: measured for {' and '.join(map(str, JAX_STEPS))} steps")
    return jax_derivative(problem)


SPARSE = "CasADi SX, sparse"
CASADI_SX, CASADI_MX = partial(casadi_derivative, "SX"), partial(casadi_derivative, "MX")
SYSTEMS[:] = [  # in place of those of the programs the problems come from
    System(OURS, "taylorad", Derivative, taylorad_derivative),
    System("JAX (jit)", "jax", Derivative, jax_derivative),
    System("CasADi SX", "casadi", Derivative, CASADI_SX),
    System(SPARSE, "casadi", Rosenbrock, casadi_sparse_hessian),
    System("CasADi MX", "casadi", Derivative, CASADI_MX),
    System(OURS, "taylorad", Compilation, partial(compiling, taylorad_afresh)),
    System("JAX (jit)", "jax", Compilation, partial(compiling, jax_at_two_lengths)),
    System("CasADi SX", "casadi", Compilation, partial(compiling, CASADI_SX)),
    System("CasADi MX", "casadi", Compilation, partial(compiling, CASADI_MX)),
    System(OURS, "taylorad", Univariate, taylorad_univariate),
    System("python-flint (arb)", "python-flint", Univariate, flint_univariate),
    System("JAX jet", "jax", Univariate, jax_univariate),
    System(OURS, "taylorad", Multivariate, taylorad_compiled_multivariate),
    System("GTPSA", "madng-tpsa", Multivariate, gtpsa_multivariate),
    System("DACE", "daceypy", Multivariate, dace_multivariate),
    System(OURS, "taylorad", Doubling, taylorad_doubling),
    System("NumPy", "numpy", Doubling, numpy_doubling),
    System("JAX (jit)", "jax", Doubling, jax_doubling),
]


@dataclass(frozen=True)
class Target:
    """What a problem may take, in seconds, and how many times less than the fastest peer."""

    problem: Problem
    seconds: float
    times: float | None = None


TARGETS = {
    "helmholtz": [
        Target(Helmholtz(50, "f"), 3 * MICRO),
        Target(Helmholtz(50, "gradient"), 4.5 * MICRO),
        Target(Helmholtz(50, "Hessian"), 14 * MICRO, 3),
        Target(Helmholtz(50, "hvp"), 7 * MICRO),
        Target(Helmholtz(200, "Hessian"), 210 * MICRO),
    ],
    "rosenbrock": [
        Target(Rosenbrock(100, "gradient"), 2 * MICRO),
        Target(Rosenbrock(100, "Hessian"), 10 * MICRO),
    ],
    "compilation": [
        Target(Compilation(Helmholtz(50, "Hessian")), 300 * MILLI),
        Target(Compilation(Helmholtz(200, "Hessian")), 300 * MILLI),
        Target(Compilation(Rosenbrock(100, "Hessian")), 300 * MILLI),
        Target(Compilation(Loop(101, "Hessian")), 1.0),
        Target(Compilation(Pendulum(2, "Hessian", 100)), 1.0),
    ],
    "univariate": [
        Target(Univariate(20, False, 20), 3 * MICRO),
        Target(UnivariateShort(10, True, 10), 400 * MICRO),
    ],
    "multivariate": [
        Target(Multivariate("product", 4, 10), 10 * MICRO),
        Target(Multivariate("product", 6, 6), 5 * MICRO),
        Target(Multivariate("product", 3, 20), 40 * MICRO),
        Target(Multivariate("exp", 3, 20), 120 * MICRO),
    ],
    "calls": [],
}
FLAT_SIZES = (8, 20, 50, 100, 200)
MORE_QUANTITIES = {50: ("Hessian", "hvp"), 200: ("Hessian",)}


def groups(only: list[str], quick: bool) -> Iterable[list[Problem]]:
    """Problems measured in turns; those of peers with one global setting are alone."""
    if "helmholtz" in only:
        for n in flat_sizes(quick):
            yield [Helmholtz(n, quantity) for quantity in ("f", "gradient", *MORE_QUANTITIES.get(n, ()))]
    if "rosenbrock" in only:
        yield [Rosenbrock(100, "gradient"), Rosenbrock(100, "Hessian")]
    if "compilation" in only:
        yield from growing(quick)
    for kind in ("univariate", "multivariate"):
        if kind in only:
            yield from ([target.problem] for target in TARGETS[kind])
    if "calls" in only:
        yield [Doubling()]


def flat_sizes(quick: bool) -> tuple[int, ...]:
    return (8, 50) if quick else FLAT_SIZES


def in_units(seconds: float) -> str:
    """In microseconds, milliseconds or seconds."""
    unit, name = next(((u, n) for u, n in ((1, "s"), (MILLI, "ms")) if seconds >= u), (MICRO, "µs"))
    return f"{seconds / unit:.3g} {name}"


def compared(rows: list[Row], target: Target) -> Iterable[Finding]:
    """A measured time beside its target and beside the fastest peer with the same result."""
    title, ours = target.problem.title, minimum(rows, target.problem)
    if ours is None:
        yield Finding(f"{title:62} not measured (target: at most {in_units(target.seconds)})")
        return
    peers = {row.system: row.minimum for row in rows if row.problem == title and row.system != OURS and row.minimum}
    sparse = peers.pop(SPARSE, None)
    fastest = min(peers, key=peers.get, default=None)
    times = peers[fastest] / ours if fastest else None
    met = "met" if ours <= target.seconds else "MISSED"
    text = f"{title:62}{in_units(ours):>9} (target: at most {in_units(target.seconds)}; {met})"
    text += f", fastest peer/ours: {times:.3g} ({fastest})" if fastest else ", no peer measured"
    if target.times and times:
        text += f" (target: at least {target.times:g}; {'met' if times >= target.times else 'MISSED'})"
    text += f", {SPARSE}/ours: {sparse / ours:.3g}" if sparse else ""
    yield Finding(text, {"seconds": ours, "target": target.seconds, "fastest peer": fastest, "times": times})


def gradient_ratios(rows: list[Row], quick: bool) -> Iterable[Finding]:
    """gradient/f of every system, and of ours whether it is small and flat."""
    lines = list(flatness(rows, Helmholtz, list(flat_sizes(quick))))
    ours = next(line.values for line in lines if line.values.get("system") == OURS)
    largest = max(filter(None, ours["ratios"]), default=None)
    yield from lines
    yield Finding(f"largest gradient/f of {OURS}: {verdict(largest, GRADIENT)}", {"ratio": largest, "target": GRADIENT})
    text = f"flatness of {OURS}, largest/smallest gradient/f: {verdict(ours['flatness'], FLATNESS)}"
    yield Finding(text, {"flatness": ours["flatness"], "target": FLATNESS})


def growth(rows: list[Row], quick: bool) -> Iterable[Finding]:
    """The power of the size with which the seconds of a compilation grow, from the smallest size to the largest."""
    for family in growing(quick):
        for name in dict.fromkeys(entry.name for entry in SYSTEMS if entry.problem is Compilation):
            measured = [problem for problem in family if minimum(rows, problem, name)]
            first, last = (measured[0], measured[-1]) if len(measured) > 1 else (None, None)
            ratio = quotient(rows, (last, name), (first, name)) if first else None
            power = log(ratio) / log(length(last) / length(first)) if ratio else None
            times = ", ".join(f"{length(p)}: {in_units(minimum(rows, p, name))}" for p in measured) or "-"
            found = verdict(power, LINEAR) if name == OURS else f"{power:.3g}" if power else "-"
            text = f"{family[0].family:47} {name:12}{times:55} power {found}"
            yield Finding(text, {"family": family[0].family, "system": name, "power": power})


def overhead(rows: list[Row]) -> Iterable[Finding]:
    """What a call takes beyond the machine code that it runs."""
    call, kernel = minimum(rows, Doubling()), seconds_of_kernel()
    if call is None or kernel is None:
        yield Finding("overhead of a call: not measured")
        return
    beyond, met = call - kernel, "met" if call - kernel <= OVERHEAD else "MISSED"
    text = f"a call {call / MICRO:.3f} µs, its machine code alone {kernel / MICRO:.4f} µs ({REPETITIONS} repetitions)"
    yield Finding(
        f"{text}, overhead {beyond / MICRO:.3f} µs (target: at most {OVERHEAD / MICRO:g}; {met})",
        {"call": call, "kernel": kernel, "target": OVERHEAD},
    )


def seconds_of_kernel() -> float | None:
    """The machine code of `Doubling` alone: called 10⁶ times by machine code, the best of ten."""
    import ctypes

    import taylorad as ta
    from taylorad.compile.native.build import build

    x, y = Doubling.point, np.empty(3)
    executor = ta.jit(lambda x: x * 2).lower(x).executor
    if not hasattr(executor, "native"):
        return None
    module = build(REPEAT)
    prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    repeat = prototype(module.address("repeat"))
    pointers = [(ctypes.c_void_p * 1)(array.ctypes.data) for array in (x, y)]
    times = []
    for _ in range(10):
        start = perf_counter()
        repeat(executor.native.address, *pointers, REPETITIONS)
        times.append(perf_counter() - start)
    return min(times) / REPETITIONS if np.array_equal(y, 2 * x) else None


def closing(only: list[str], quick: bool, rows: list[Row]) -> Iterable[Finding]:
    """Targets beside what was measured, then ratios, growth and the cost of a call."""
    for name in only:
        for target in TARGETS[name]:
            if not quick or any(row.problem == target.problem.title for row in rows):
                yield from compared(rows, target)
    if "helmholtz" in only:
        yield from (Finding(""), *gradient_ratios(rows, quick))
    if "compilation" in only:
        yield from (Finding("\ncompilation ~ size^power"), *growth(rows, quick))
    if "calls" in only:
        yield from (Finding(""), *overhead(rows))


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--only", nargs="+", choices=TARGETS, default=list(TARGETS))
    arguments = parser.parse_args()
    only, quick = arguments.only, arguments.quick
    return run(groups(only, quick), arguments, partial(closing, only, quick))


if __name__ == "__main__":
    sys.exit(main())
