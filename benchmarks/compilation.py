"""Compilation as a problem: of functions over more and more variables, and of longer and longer Python loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from side_by_side import Problem, Task

import numpy as np  # isort: skip  (side_by_side sets the thread counts first)
from derivatives import Derivative  # isort: skip
from helmholtz import Helmholtz
from reverse_mode import Rosenbrock, RosenbrockLoop


class Loop(RosenbrockLoop):
    """Rosenbrock's function as a Python loop of n − 1 steps that do not depend on each other."""

    @property
    def steps(self) -> int:
        return self.n - 1

    @property
    def title(self) -> str:
        return f"{self.name}, {self.steps} steps: {self.quantity}"


@dataclass(frozen=True)
class Pendulum(Derivative):
    """a² + v² after a Python loop of `steps`, each from the one before: v ← v − h sin a, a ← a + h v."""

    steps: int = 100
    name = "pendulum in a Python loop"
    h = 0.05

    @property
    def size(self) -> int:
        return self.steps

    @property
    def title(self) -> str:
        return f"{self.name}, {self.steps} steps: {self.quantity}"

    @property
    def point(self) -> np.ndarray:
        return np.array([1.0, 0.5])

    def function(self, xp: Any, constant: Callable = np.asarray) -> Callable[[Any], Any]:
        def f(x: Any) -> Any:
            a, v = x[0], x[1]
            for _ in range(self.steps):
                v = v - self.h * xp.sin(a)
                a = a + self.h * v
            return a * a + v * v

        return f

    def reference(self) -> np.ndarray:
        """The Hessian, by the same steps for a, v, their gradients and Hessians."""
        (a, v), (da, dv) = self.point.astype(np.longdouble), np.eye(2, dtype=np.longdouble)
        d2a = d2v = np.zeros((2, 2), dtype=np.longdouble)
        h = np.longdouble(self.h)
        for _ in range(self.steps):
            s, c = np.sin(a), np.cos(a)
            v, dv, d2v = v - h * s, dv - h * c * da, d2v - h * (c * d2a - s * np.outer(da, da))
            a, da, d2a = a + h * v, da + h * dv, d2a + h * d2v
        return 2 * (np.outer(da, da) + a * d2a + np.outer(dv, dv) + v * d2v)


@dataclass(frozen=True)
class Compilation(Problem):
    """From a function to its first result; nothing compiled before is used again."""

    of: Derivative

    @property
    def title(self) -> str:
        return f"compiling {self.of.title}"

    @property
    def family(self) -> str:
        return f"compiling {self.of.family}"

    @property
    def size(self) -> int:
        return self.of.size

    def difference(self, result: Any) -> float:
        return self.of.difference(result)


def compiling(prepare: Callable[[Derivative], Task], problem: Compilation) -> Task:
    """All of it, every time: preparing the derivative and computing it once."""

    def whole() -> Any:
        task = prepare(problem.of)
        return task.read(task.run())

    return Task(whole, np.asarray)


def growing(quick: bool) -> list[list[Compilation]]:
    """Compilations of one function each, of growing size; they take turns, since their growth is looked at."""
    sizes, steps = ((50, 100), (25, 50)) if quick else ((50, 100, 200), (25, 50, 100, 200))
    families = [[form(n, "Hessian") for n in sizes] for form in (Helmholtz, Rosenbrock)]
    families += [[Loop(n + 1, "Hessian") for n in steps], [Pendulum(2, "Hessian", n) for n in steps]]
    return [[Compilation(problem) for problem in family] for family in families]


def length(problem: Compilation) -> int:
    """The steps of a loop, otherwise the number of variables."""
    return getattr(problem.of, "steps", problem.size)
