"""Helmholtz free energy of a mixed fluid (Peng-Robinson): function, gradient, Hessian and H·v, n = 1 to 1000.

f(x) = R T Σ xᵢ log(xᵢ/(1 − bᵀx)) − xᵀA x/(√8 bᵀx) · log((1 + (1+√2) bᵀx)/(1 + (1−√2) bᵀx))

The function of Table 4 in Baydin, Pearlmutter, Radul, Siskind, "Automatic differentiation in machine learning: a
survey", JMLR 18 (2018), with the constants of its DiffSharp code: R = T = 1, A and b uniform in (0, 0.1). The point is
scaled to bᵀx = ½, inside the domain at every n. A cheap gradient costs a multiple of f that does not grow with n.

Two forms. "Helmholtz" is vectorised: 18 array operations at every n, in NumPy 5 to 10 µs up to n = 200, so that the
time of an eager gradient is overhead. "Helmholtz by entries" is a plain Python loop over i and j, as in the survey's
program: its work grows like n², in f as in the gradient, and on it the ratio gradient/f has to be flat.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from math import sqrt
from typing import Any

from side_by_side import OURS, SYSTEMS, Finding, Row, Task, Unsupported, options, run, system

import mpmath  # isort: skip  (side_by_side sets the thread counts first)
import numpy as np  # isort: skip
from derivatives import Derivative, casadi_derivative, jax_derivative, quotient, verdict  # isort: skip

R = T = 1.0
QUANTITIES = ("f", "gradient", "Hessian", "hvp")
QUICK_SIZES = (1, 8, 50)
UNROLLED = 16  # the largest n at which JAX compiles the loop: 2 s for the gradient, and it grows like n²
FLATNESS = 1.5
FLAT_FROM = 8  # the n from which the ratio gradient/f has to be flat


@lru_cache(maxsize=4)
def constants(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A of shape (n, n), symmetric; b and the point x of shape (n,)."""
    random = np.random.default_rng(20180153)
    half, b, x = random.uniform(0, 0.05, (n, n)), random.uniform(0, 0.1, n), random.uniform(0.5, 1.5, n)
    return half + half.T, b, x * (0.5 / (b @ x))


def free_energy(x: Any, A: Any, b: Any, xp: Any) -> Any:
    """f(x) with `dot` and `log` of a namespace."""
    bx = xp.dot(b, x)
    attraction = xp.dot(x, A @ x) / (sqrt(8) * bx)
    return R * T * xp.dot(x, xp.log(x / (1 - bx))) - attraction * xp.log(
        (1 + (1 + sqrt(2)) * bx) / (1 + (1 - sqrt(2)) * bx)
    )


def free_energy_by_entries(x: Any, A: np.ndarray, b: np.ndarray, log: Callable) -> Any:
    """f(x), entry by entry."""
    bx = entropy = quadratic = 0.0
    for i in range(len(b)):
        bx += b[i] * x[i]
    for i in range(len(b)):
        row = 0.0
        for j in range(len(b)):
            row += A[i, j] * x[j]
        quadratic += x[i] * row
        entropy += x[i] * log(x[i] / (1 - bx))
    attraction = quadratic / (sqrt(8) * bx)
    return R * T * entropy - attraction * log((1 + (1 + sqrt(2)) * bx) / (1 + (1 - sqrt(2)) * bx))


@lru_cache(maxsize=1)
def closed_form(n: int) -> dict[str, Any]:
    """f, gradient and Hessian in extended precision, derived by hand.

    With β = bᵀx, q = xᵀA x, S = Σ xᵢ and φ(β) = log(…)/(√8 β):
    f = RT (Σ xᵢ log xᵢ − S log(1−β)) − q φ, and (β φ)' = 1/(1 + 2β − β²) gives φ' and φ''.
    """
    A, b, x = (values.astype(np.longdouble) for values in constants(n))
    beta, Ax, S, root = b @ x, A @ x, x.sum(), np.sqrt(np.longdouble(2))
    D, q = 1 + 2 * beta - beta**2, x @ Ax
    phi = np.log((1 + (1 + root) * beta) / (1 + (1 - root) * beta)) / (2 * root * beta)
    phi1 = (1 / D - phi) / beta
    phi2 = (-2 * (1 - beta) / D**2 - 2 * phi1) / beta
    ones, bb, mixed = np.ones_like(b), np.outer(b, b), np.outer(Ax, b)
    entropy = np.diag(1 / x) + (np.outer(ones, b) + np.outer(b, ones)) / (1 - beta) + S / (1 - beta) ** 2 * bb
    return {
        "f": R * T * (x @ np.log(x) - S * np.log(1 - beta)) - q * phi,
        "gradient": R * T * (np.log(x) + 1 - np.log(1 - beta) + S / (1 - beta) * b) - 2 * phi * Ax - q * phi1 * b,
        "Hessian": R * T * entropy - 2 * phi * A - 2 * phi1 * (mixed + mixed.T) - q * phi2 * bb,
    }


def prove_closed_form(n: int = 3) -> None:
    """Compare the closed form with numerical differentiation in 40 digits; extended precision allows 1e-17."""
    A, b, x = (values.tolist() for values in constants(n))

    def f(*x: Any) -> Any:
        bx, q = mpmath.fdot(b, x), sum(A[i][j] * x[i] * x[j] for i in range(n) for j in range(n))
        ratio = (1 + (1 + mpmath.sqrt(2)) * bx) / (1 + (1 - mpmath.sqrt(2)) * bx)
        return R * T * sum(y * mpmath.log(y / (1 - bx)) for y in x) - q / (mpmath.sqrt(8) * bx) * mpmath.log(ratio)

    def partial_derivative(*indices: int) -> float:
        return float(mpmath.diff(f, tuple(map(mpmath.mpf, x)), tuple(indices.count(i) for i in range(n))))

    with mpmath.workdps(40):
        gradient = [partial_derivative(i) for i in range(n)]
        hessian = [[partial_derivative(i, j) for j in range(n)] for i in range(n)]
    np.testing.assert_allclose(closed_form(n)["gradient"].astype(float), gradient, rtol=1e-14)
    np.testing.assert_allclose(closed_form(n)["Hessian"].astype(float), hessian, rtol=1e-14)


@dataclass(frozen=True)
class Helmholtz(Derivative):
    name = "Helmholtz"
    sizes = (1, 8, 16, 24, 32, 40, 48, 50, 100, 200, 500, 1000)
    quantities = QUANTITIES
    statement = "vectorised; at small n both times are overhead, and their ratio falls once f has work to do"

    def function(self, xp: Any, constant: Callable = np.asarray) -> Callable[[Any], Any]:
        A, b, _ = constants(self.n)
        return partial(free_energy, A=constant(A), b=constant(b), xp=xp)

    @property
    def point(self) -> np.ndarray:
        return constants(self.n)[2]

    def reference(self) -> np.ndarray:
        if self.quantity == "hvp":
            return closed_form(self.n)["Hessian"] @ self.direction
        return closed_form(self.n)[self.quantity]


class HelmholtzByEntries(Helmholtz):
    """The same function as a Python loop over the entries of A."""

    name = "Helmholtz by entries"
    sizes = (1, 8, 16, 24, 32, 40, 50, 100)
    quantities = ("f", "gradient")
    statement = "the work of f and of its gradient grows like n², and the ratio of their times has to be flat"

    def function(self, xp: Any, constant: Callable = np.asarray) -> Callable[[Any], Any]:
        A, b, _ = constants(self.n)
        return partial(free_energy_by_entries, A=A, b=b, log=xp.log)


FORMS = {"vectorised": Helmholtz, "entries": HelmholtzByEntries}


@system("JAX (jit)", "jax", Helmholtz)
def jax_where_it_compiles(problem: Helmholtz) -> Task:
    if isinstance(problem, HelmholtzByEntries) and problem.n > UNROLLED:
        raise Unsupported(f"skipped: unrolls the loop, compiling takes seconds from n = {UNROLLED}, growing like n²")
    return jax_derivative(problem)


system("CasADi SX", "casadi", Helmholtz)(partial(casadi_derivative, "SX"))
system("CasADi MX", "casadi", Helmholtz)(partial(casadi_derivative, "MX"))


@system("PyTorch (eager)", "torch", Helmholtz)
def torch_derivative(problem: Helmholtz) -> Task:
    """The calls of `torch.autograd`: in eager mode they are 2 to 5 times faster than those of `torch.func`."""
    import torch

    torch.set_num_threads(1)
    f, x, v = problem.function(torch, torch.as_tensor), torch.tensor(problem.point), torch.tensor(problem.direction)
    functional = torch.autograd.functional

    def gradient() -> Any:
        variable = x.clone().requires_grad_()
        return torch.autograd.grad(f(variable), variable)[0]

    calls = {
        "f": partial(f, x),
        "gradient": gradient,
        "Hessian": partial(functional.hessian, f, x, vectorize=True),
        "hvp": lambda: functional.vhp(f, x, v)[1],  # vᵀH; its documentation recommends it over hvp
    }
    return Task(calls[problem.quantity], lambda result: result.numpy())


def flatness(rows: list[Row], form: type[Helmholtz], sizes: list[int]) -> Iterable[Finding]:
    """The ratio gradient/f of every system at every n; how flat it is, and how much of that is growth."""
    title = f"largest/smallest and last/first over n >= {FLAT_FROM}"
    yield Finding(f"  {'gradient/f':19} n =" + "".join(f"{n:>9}" for n in sizes) + f"   {title}")
    for name in dict.fromkeys(entry.name for entry in SYSTEMS if issubclass(form, entry.problem)):
        ratios = [quotient(rows, (form(n, "gradient"), name), (form(n, "f"), name)) for n in sizes]
        yield spread(f"  {name:23}", ratios, sizes, {"form": form.name, "system": name})


def spread(label: str, ratios: list[float | None], sizes: list[int], values: dict[str, Any]) -> Finding:
    """A line of ratios, with largest/smallest and last/first of those from `FLAT_FROM` on."""
    cells = "".join(f"{ratio:9.3g}" if ratio else f"{'-':>9}" for ratio in ratios)
    large = [ratio for n, ratio in zip(sizes, ratios, strict=True) if n >= FLAT_FROM and ratio]
    flat, growth = (max(large) / min(large), large[-1] / large[0]) if len(large) > 1 else (None, None)
    text = label + cells + (f"{flat:10.3g}{growth:10.3g}" if flat else "")
    return Finding(text, {**values, "n": sizes, "ratios": ratios, "flatness": flat, "growth": growth})


def operation_counts(form: type[Helmholtz], sizes: list[int]) -> Finding:
    """Array operations of the gradient's program divided by those of f's: no machine and no noise in it."""
    import taylorad as ta

    def count(f: Callable, x: np.ndarray) -> int:
        return ta.record(f, x).operations.total()

    ratios = []
    for n in sizes:
        f, x = form(n, "f").function(np), form(n, "f").point
        ratios.append(count(ta.grad(f), x) / count(f, x))
    return spread(f"  {OURS + ', operations':23}", ratios, sizes, {"form": form.name, "system": OURS, "count": True})


def closing(rows: list[Row], forms: dict[type[Helmholtz], list[int]]) -> Iterable[Finding]:
    """What every form says about gradient/f, and the target for the form whose work grows."""
    for form, sizes in forms.items():
        lines = [*flatness(rows, form, sizes), operation_counts(form, sizes)]
        yield from (Finding(f"{form.name}: {form.statement}"), *lines, Finding(""))
        if form is HelmholtzByEntries:
            flat = next(line.values["flatness"] for line in lines if line.values.get("system") == OURS)
            text = f"flatness of {OURS}, {form.name}: largest/smallest gradient/f over n >= {FLAT_FROM}"
            yield Finding(f"{text}: {verdict(flat, FLATNESS)}", {"flatness": flat, "target": FLATNESS})


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=list(FORMS))
    parser.add_argument("--sizes", type=int, nargs="+", metavar="N", help="numbers of variables, for every form")
    parser.add_argument("--quantities", nargs="+", choices=QUANTITIES, help="for every form")
    arguments = parser.parse_args()
    prove_closed_form()
    chosen, quick = arguments.sizes, QUICK_SIZES if arguments.quick else ()
    forms = {form: sorted(chosen or quick or form.sizes) for form in map(FORMS.__getitem__, arguments.forms)}
    groups = (
        [form(n, quantity) for quantity in arguments.quantities or form.quantities]
        for form, sizes in forms.items()
        for n in sizes
    )
    return run(groups, arguments, lambda rows: closing(rows, forms))


if __name__ == "__main__":
    sys.exit(main())
