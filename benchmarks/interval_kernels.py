"""Kernels of interval functions compared: time an interval for arrays of 1, 10^3 and 10^5, and excess width.

Run: python benchmarks/interval_kernels.py [--count 100000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from taylorad.rings.interval.functions import evaluate
from taylorad.rings.interval.kernels import ARB, CRIVAL, KERNELS

FUNCTIONS = ("exp", "log", "sin", "tan", "arctan", "tanh", "erf", "pow")
SIZES = (1, 1000, 100_000)


def intervals(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Intervals of width 0 to 0.5 in (0, 10)."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0.01, 10, count)
    return x, x + rng.uniform(0, 0.5, count)


def best_time(call: Callable[[], Any], repeats: int) -> float:
    """The least of several times of a call, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def call_of(kernel: Any, name: str, x: tuple[np.ndarray, np.ndarray]) -> Callable[[], Any] | None:
    """A kernel's ranges, or its values at both ends; None for functions it does not know."""
    arguments = (x, x) if name == "pow" else (x,)
    if name in kernel.ranges:
        return lambda: kernel.range(name, *arguments)
    if name in kernel.points:
        return lambda: [kernel.values(name, *(pair[side] for pair in arguments)) for side in (0, 1)]
    return None


def speed(count: int) -> list[tuple[str, str, list[float]]]:
    """Rows (kernel, function, nanoseconds an interval for each size)."""
    rows = []
    for kernel in KERNELS:
        for name in FUNCTIONS if kernel.available() else ():
            row = []
            for size in SIZES:
                size = min(size, count if kernel is CRIVAL else count // 100)
                call = call_of(kernel, name, intervals(size))
                if call is not None:
                    row.append(best_time(call, 200 if size == 1 else 3) / size * 1e9)
            if row:
                rows.append((kernel.name, name, row))
    return rows


def excess(kernel: Any, name: str, count: int) -> tuple[float, float]:
    """Mean and largest number of doubles by which bounds at points are further out than Arb's, or further in (< 0)."""
    x = intervals(count)[0]
    arguments = (x, x) if name == "pow" else (x,)
    low, high = kernel.values(name, *arguments)
    least, most = ARB.values(name, *arguments)
    steps = np.concatenate([(least - low) / np.spacing(np.abs(least)), (high - most) / np.spacing(np.abs(most))])
    return float(steps.mean()), float(steps.max())


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=SIZES[-1])
    count = parser.parse_args().count
    print(f"{'kernel':14}{'function':10}" + "".join(f"{f'n = {n}':>14}" for n in SIZES) + "   ns an interval")
    for kernel, name, row in speed(count):
        print(f"{kernel:14}{name:10}" + "".join(f"{t:14.0f}" for t in row))
    print("\nbeyond the tightest doubles, at points: mean and largest number of units in the last place")
    for kernel in KERNELS[:-1]:
        for name in FUNCTIONS:
            if kernel.available() and name in kernel.points:
                mean, largest = excess(kernel, name, min(count, 1000))
                print(f"{kernel.name:14}{name:10}{mean:10.2f}{largest:8.0f}")
    print("\nevaluate(), everything included, best kernels; ns an interval")
    for name in ("exp", "sin", "gamma", "erfcx", "j0", "digamma", "lambertw"):
        times = [best_time(partial(evaluate, name, intervals(n)), 5) / n * 1e9 for n in (1, 100)]
        print(f"{name:14}{times[0]:14.0f}{times[1]:14.0f}")


if __name__ == "__main__":
    main()
