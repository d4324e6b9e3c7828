"""Derivatives of a scalar function as problems, in taylorad, in eager and in compiled peers.

A problem is a function written once against a namespace, a point, a direction, a quantity and a reference in closed
form. Each quantity is computed by the call its package documents for it; where there are several, by the fastest.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import numpy as np
from side_by_side import OURS, Problem, Row, Task, system

BASES = {"gradient": "f", "Hessian": "gradient", "hvp": "gradient", "hvp at a fixed point": "gradient"}


@dataclass(frozen=True)
class Derivative(Problem):
    """`quantity` (f, gradient, Hessian, hvp: H·v) of a scalar function of `n` variables; `name` is the function's."""

    n: int
    quantity: str
    name = ""

    @abstractmethod
    def function(self, xp: Any, constant: Callable = np.asarray) -> Callable[[Any], Any]:
        """The function over the namespace `xp`; `constant` turns an array of constants into one of the package."""

    @property
    @abstractmethod
    def point(self) -> np.ndarray: ...

    @property
    def direction(self) -> np.ndarray:
        return np.cos(np.arange(self.n))

    @abstractmethod
    def reference(self) -> np.ndarray:
        """The quantity from its closed form, in extended precision (np.longdouble)."""

    @property
    def size(self) -> int:
        return self.n

    @property
    def title(self) -> str:
        return f"{self.name}, n = {self.n}: {self.quantity}"

    @property
    def family(self) -> str:
        return f"{self.name}: {self.quantity}"

    @property
    def base(self) -> Problem | None:
        return replace(self, quantity=BASES[self.quantity]) if self.quantity in BASES else None

    def difference(self, result: Any) -> float:
        """Largest difference of an entry, relative to it or to the median entry other than 0, whichever is larger."""
        values, reference = np.asarray(result), np.asarray(self.reference())
        if values.shape != reference.shape or values.dtype != np.float64:
            raise ValueError(f"{values.dtype} of shape {values.shape}, not float64 of shape {reference.shape}")
        if not np.all(np.isfinite(values)):
            return float("inf")
        sizes = np.abs(np.atleast_1d(reference))
        return float(np.max(np.abs(values - reference) / np.maximum(sizes, np.median(sizes[sizes > 0]))))


@system(OURS, "taylorad", Derivative)
def taylorad_derivative(problem: Derivative) -> Task:
    import taylorad as ta

    f, x, v = problem.function(np), problem.point, problem.direction
    makers = {
        "f": lambda: partial(f, x),
        "gradient": lambda: partial(ta.grad(f), x),
        "Hessian": lambda: partial(ta.hessian(f), x),
        "hvp": lambda: partial(ta.hvp(f), x, v),
        "hvp at a fixed point": lambda: partial(ta.linearize(ta.grad(f), x)[1], v),
    }
    return Task(makers[problem.quantity](), np.asarray)


@system("autograd", "autograd", Derivative)
def autograd_derivative(problem: Derivative) -> Task:
    import autograd
    import autograd.numpy

    f, x, v = problem.function(autograd.numpy), problem.point, problem.direction
    hessian_times = autograd.make_hvp(f)
    makers = {
        "f": lambda: partial(f, x),
        "gradient": lambda: partial(autograd.grad(f), x),
        "Hessian": lambda: partial(autograd.hessian(f), x),
        "hvp": lambda: lambda: hessian_times(x)[0](v),  # a little faster than hessian_vector_product
        "hvp at a fixed point": lambda: partial(hessian_times(x)[0], v),
    }
    return Task(makers[problem.quantity](), np.asarray)


def jax_derivative(problem: Derivative) -> Task:
    """Compiled ahead; from device arrays to a device array."""
    import jax

    jax.config.update("jax_enable_x64", True)
    f, x, v = (
        problem.function(jax.numpy, jax.numpy.asarray),
        *map(jax.numpy.asarray, (problem.point, problem.direction)),
    )
    calls = {
        "f": (f, x),
        "gradient": (jax.grad(f), x),
        "Hessian": (jax.hessian(f), x),
        "hvp": (lambda x, v: jax.jvp(jax.grad(f), (x,), (v,))[1], x, v),
    }
    call, *arguments = calls[problem.quantity]
    start = perf_counter()
    compiled = jax.jit(call).lower(*arguments).compile()
    return Task(lambda: jax.block_until_ready(compiled(*arguments)), np.asarray, compilation=perf_counter() - start)


def casadi_derivative(kind: str, problem: Derivative, dense: bool = True) -> Task:
    """A `casadi.Function` of SX (scalar expressions) or MX (matrix expressions), between buffers that are NumPy arrays.

    Buffers are its fastest call: every result is written to the same array. Not `dense`: the nonzeros alone.
    """
    import casadi as ca

    symbol, start = getattr(ca, kind).sym, perf_counter()
    x, v = symbol("x", problem.n), symbol("v", problem.n)
    y = problem.function(SimpleNamespace(dot=ca.dot, log=ca.log, sin=ca.sin, sum=ca.sum1), ca.DM)(x)
    expressions = {
        "f": lambda: y,
        "gradient": lambda: ca.gradient(y, x),
        "Hessian": lambda: ca.hessian(y, x)[0],
        "hvp": lambda: ca.jtimes(ca.gradient(y, x), x, v),
    }
    symbols, arguments = (
        ([x, v], [problem.point, problem.direction]) if problem.quantity == "hvp" else ([x], [problem.point])
    )
    expression = expressions[problem.quantity]()
    function = ca.Function("quantity", symbols, [ca.densify(expression) if dense else expression])
    buffer, evaluate = function.buffer()
    result = np.empty(function.nnz_out(0))
    for i, argument in enumerate(arguments):
        buffer.set_arg(i, memoryview(argument))
    buffer.set_res(0, memoryview(result))
    shape = {"f": (), "Hessian": (problem.n, problem.n)}.get(problem.quantity, (problem.n,))
    run = partial(evaluate)
    run.kept = function, buffer, arguments, result  # CasADi keeps their addresses only
    return Task(
        run,
        lambda _: ca.DM(function.sparsity_out(0), result).full().reshape(shape),
        compilation=perf_counter() - start,
    )


def minimum(rows: list[Row], problem: Problem, name: str = OURS) -> float | None:
    """The time of a system on a problem; None if it was not measured."""
    return next((row.minimum for row in rows if (row.problem, row.system) == (problem.title, name)), None)


def quotient(rows: list[Row], left: tuple[Problem, str], right: tuple[Problem, str]) -> float | None:
    """The time of one (problem, system) divided by that of another."""
    above, below = minimum(rows, *left), minimum(rows, *right)
    return above / below if above and below else None


def verdict(value: float | None, target: float) -> str:
    """A measured ratio beside its target."""
    if value is None:
        return f"not measured (target: at most {target:g})"
    return f"{value:.3g} (target: at most {target:g}; {'met' if value <= target else 'MISSED'})"
