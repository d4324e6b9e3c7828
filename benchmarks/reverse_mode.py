"""What an eager gradient costs, beside autograd in one run: time against the function, memory against its length.

Time: Rosenbrock's function in vectorised NumPy (n = 100 and 10⁶) and as a Python loop (n = 100), and a logistic
regression (10⁴ × 50). Memory: the peak of a reverse sweep over N elementwise operations on 10³ numbers, which grows
like N; with checkpoints it does not.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable, Iterable
from functools import cache, partial
from math import log
from typing import Any

from side_by_side import OURS, TOLERANCE, Finding, Problem, Row, options, run

import numpy as np  # isort: skip  (side_by_side sets the thread counts first)
from derivatives import Derivative, quotient, verdict  # isort: skip

QUANTITIES = ("f", "gradient", "hvp", "hvp at a fixed point")
LARGE = 1_000_000
ENTRIES = 1000  # of the array that a chain works on
SNAPSHOTS = 20  # with 20 snapshots 4 evaluations of each step suffice for 10⁴ steps: (20 + 4 choose 4) = 10626
PEER = "autograd"


class Rosenbrock(Derivative):
    """Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)² in vectorised NumPy."""

    name = "Rosenbrock"

    def function(self, xp: Any, constant: Callable = np.asarray) -> Callable[[Any], Any]:
        return lambda x: xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    @property
    def point(self) -> np.ndarray:
        return 1.2 + 0.5 * np.sin(np.arange(self.n))

    def reference(self) -> np.ndarray:
        """With r = x₊ − x²: ∂f = (−400 x r − 2 (1 − x), 0) + (0, 200 r), its derivative along v, and by each entry."""
        x, v = (values.astype(np.longdouble) for values in (self.point, self.direction))
        left, dx = x[:-1], v[:-1]
        r, dr = x[1:] - left**2, v[1:] - 2 * left * dx
        if self.quantity == "f":
            return np.sum(100 * r**2 + (1 - left) ** 2)
        if self.quantity == "gradient":
            return shifted_sum(-400 * left * r - 2 * (1 - left), 200 * r)
        if self.quantity == "Hessian":
            beside = np.diag(-400 * left, 1)
            return np.diag(shifted_sum(-400 * (r - 2 * left**2) + 2, 200 + 0 * left)) + beside + beside.T
        return shifted_sum(-400 * (dx * r + left * dr) + 2 * dx, 200 * dr)


def shifted_sum(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(left, 0) + (0, right)."""
    return np.append(left, 0) + np.insert(right, 0, 0)


class RosenbrockLoop(Rosenbrock):
    """The same function, number by number."""

    name = "Rosenbrock in a Python loop"

    def function(self, xp: Any, constant: Callable = np.asarray) -> Callable[[Any], Any]:
        def f(x: Any) -> Any:
            total = 0.0
            for i in range(self.n - 1):
                total += 100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2
            return total

        return f


class Logistic(Derivative):
    """Σ log(1 + exp(−yᵢ (Xw)ᵢ)), the negative log-likelihood of labels y = ±1, over n weights and 10⁴ data."""

    name = "logistic regression, 10⁴ data"

    @staticmethod
    @cache
    def data(n: int) -> tuple[np.ndarray, np.ndarray]:
        """X of shape (10⁴, n) and y of shape (10⁴,)."""
        random = np.random.default_rng(20240229)
        X = random.normal(size=(10_000, n))
        return X, np.sign(X @ np.ones(n) + random.normal(size=10_000))

    def function(self, xp: Any, constant: Callable = np.asarray) -> Callable[[Any], Any]:
        X, y = map(constant, self.data(self.n))
        return lambda w: xp.sum(xp.log(1 + xp.exp(-y * (X @ w))))

    @property
    def point(self) -> np.ndarray:
        return np.linspace(-0.1, 0.2, self.n)

    def reference(self) -> np.ndarray:
        """∂f = −Xᵀ(y s) with s = 1/(1 + exp(y Xw)), H v = Xᵀ(s (1 − s) Xv)."""
        X, y, w, v = (values.astype(np.longdouble) for values in (*self.data(self.n), self.point, self.direction))
        s = 1 / (1 + np.exp(y * (X @ w)))
        if self.quantity == "f":
            return np.sum(-np.log(1 - s))
        return -(y * s) @ X if self.quantity == "gradient" else (s * (1 - s) * (X @ v)) @ X


def targets(rows: list[Row]) -> Iterable[Finding]:
    """The ratios this version aims at, next to what was measured."""
    small, big = partial(Rosenbrock, 100), partial(Rosenbrock, LARGE)
    wanted: list[tuple[str, tuple[Problem, str], tuple[Problem, str], float]] = [
        ("Rosenbrock, n = 100: gradient, ours/autograd", (small("gradient"), OURS), (small("gradient"), PEER), 0.5),
        (f"Rosenbrock, n = {LARGE}: gradient/f", (big("gradient"), OURS), (big("f"), OURS), 4),
        ("Rosenbrock, n = 100: hvp/gradient", (small("hvp"), OURS), (small("gradient"), OURS), 3),
        (f"Rosenbrock, n = {LARGE}: hvp/gradient", (big("hvp"), OURS), (big("gradient"), OURS), 3),
    ]
    for text, left, right, target in wanted:
        value = quotient(rows, left, right)
        yield Finding(f"{text:46} {verdict(value, target)}", {"ratio": value, "target": target})


def ratios(rows: list[Row], groups: list[list[Derivative]]) -> Iterable[Finding]:
    """gradient/f and hvp/gradient of both systems, and ours/autograd."""
    titles = ("gradient/f", "hvp/gradient", "gradient/f", "hvp/gradient", "f", "gradient", "hvp")
    yield Finding(f"{'':36}{OURS:>28}{PEER:>28}{'ours/autograd':>42}")
    yield Finding(f"{'':36}" + "".join(f"{title:>14}" for title in titles))
    for group in groups:
        f, gradient, hvp = (type(group[0])(group[0].n, quantity) for quantity in ("f", "gradient", "hvp"))
        pairs = [((a, name), (b, name)) for name in (OURS, PEER) for a, b in ((gradient, f), (hvp, gradient))]
        pairs += [((problem, OURS), (problem, PEER)) for problem in (f, gradient, hvp)]
        values = [quotient(rows, *pair) for pair in pairs]
        cells = "".join(f"{value:14.3g}" if value else f"{'-':>14}" for value in values)
        yield Finding(f"{f.name + f', n = {f.n}':36}{cells}", {"problem": f.name, "n": f.n, "ratios": values})


def chain(x: Any, length: int, step: Callable) -> Any:
    for _ in range(length):
        x = step(x)
    return x


def chain_gradient(x: np.ndarray, length: int) -> np.ndarray:
    """The gradient of Σ sin(sin(… x)): the product of the cosines on the way."""
    product = np.ones_like(x)
    for _ in range(length):
        x, product = np.sin(x), product * np.cos(x)
    return product


def sweeps() -> Iterable[tuple[str, Callable[[int], Callable]]]:
    """Each system's `length -> gradient function` of a chain of sines."""
    import taylorad as ta

    yield OURS, lambda length: ta.grad(lambda x: np.sum(chain(x, length, np.sin)))
    name = f"{OURS}, {SNAPSHOTS} snapshots"
    yield name, lambda length: ta.grad(lambda x: np.sum(ta.checkpointed_loop(np.sin, x, length, SNAPSHOTS)))
    try:
        import autograd
        import autograd.numpy as anp
    except ModuleNotFoundError as error:
        yield f"{PEER}: not installed (no module {error.name})", None
    else:
        yield PEER, lambda length: autograd.grad(lambda x: anp.sum(chain(x, length, anp.sin)))


def peak_memory(gradient: Callable, x: np.ndarray, length: int) -> int:
    """Bytes allocated at the worst moment of a checked gradient, above those before it."""
    gradient(x)  # imports and caches are not part of a sweep
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    result = gradient(x)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    if np.max(np.abs(result / chain_gradient(x, length) - 1)) > TOLERANCE:
        raise ArithmeticError("wrong gradient, memory not reported")
    return peak


def memory(lengths: list[int]) -> Iterable[Finding]:
    """A line for each system and length: bytes per operation, and the power of N with which the peak grows."""
    x = np.linspace(0.5, 1.5, ENTRIES)
    yield Finding(f"\npeak memory of a gradient over N operations on {ENTRIES} numbers ({x.nbytes} bytes)")
    yield Finding(f"  {'':24}{'N':>8}{'peak MB':>12}{'bytes/N':>12}{'growth':>10}  (peak ~ N^growth: 1 is linear)")
    for name, make in sweeps():
        previous = None
        for length in lengths if make else ():
            try:
                peak = peak_memory(make(length), x, length)
            except Exception as error:  # a peer's own error must not end the run
                yield Finding(f"  {name:24}{length:8}  FAILED: {type(error).__name__}: {error}", {}, OURS in name)
                continue
            growth = log(peak / previous[1]) / log(length / previous[0]) if previous else None
            previous = length, peak
            text = f"  {name:24}{length:8}{peak / 1e6:12.3f}{peak / length:12.0f}"
            values = {"system": name, "operations": length, "peak": peak, "growth": growth}
            yield Finding(text + (f"{growth:10.2f}" if growth else f"{'-':>10}"), values)
        if make is None:
            yield Finding(f"  {name}")


def closing(groups: list[list[Derivative]], lengths: list[int], rows: list[Row]) -> Iterable[Finding]:
    yield from ratios(rows, groups)
    yield Finding("")
    yield from targets(rows)
    yield from memory(lengths)


def main() -> int:
    arguments = options(__doc__).parse_args()
    functions = (Rosenbrock, 100), (Rosenbrock, LARGE), (RosenbrockLoop, 100), (Logistic, 50)
    groups = [[function(n, quantity) for quantity in QUANTITIES] for function, n in functions]
    lengths = [10, 100, 1000] if arguments.quick else [10, 100, 1000, 10_000]
    return run(groups, arguments, partial(closing, groups, lengths))


if __name__ == "__main__":
    sys.exit(main())
