"""Truncated Taylor arithmetic against the peers: same problems, one run, one pinned core.

Univariate: exp(sin x)·log(2 + cos x)/√(1 + x²), one point and a batch of 10⁴ points, orders 5 to 100.
Multivariate: product, exp and quotient of dense series in n variables to total degree N.

Timed is what a user writes, from the point (or the operands) to the finished series. Reading the coefficients out
of a peer's own container is not timed; "first" is the first call together with any compilation.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from operator import methodcaller
from time import perf_counter
from types import SimpleNamespace
from typing import Any

from side_by_side import OURS, Task, Unsupported, absent, options, run, system

import numpy as np  # isort: skip  (side_by_side sets the thread counts first)
from taylor_problems import REFERENCES, Multivariate, Univariate  # isort: skip

METHODS = SimpleNamespace(**{name: methodcaller(name) for name in ("exp", "sin", "cos", "log", "sqrt")})


@system(OURS, "taylorad", Univariate)
def taylorad_univariate(problem: Univariate) -> Task:
    import taylorad as ta

    def series_at_the_point() -> np.ndarray:
        return problem.function(ta.Taylor.variable(problem.point, order=problem.order), np).coefficients

    return Task(series_at_the_point, np.asarray)


@system(OURS, "taylorad", Multivariate)
def taylorad_multivariate(problem: Multivariate) -> Task:
    import taylorad as ta

    def series(coefficients: np.ndarray) -> ta.MultivariateTaylor:
        return ta.MultivariateTaylor(coefficients, variables=problem.variables, order=problem.order)

    operation = problem.apply(*map(series, problem.operands), exp=np.exp)
    return Task(
        lambda: operation().coefficients,
        lambda result: np.array([series(result).coefficient(exponents) for exponents in problem.monomials]),
    )


@system("AlgoPy", "algopy", Univariate)
def algopy_univariate(problem: Univariate) -> Task:
    import algopy

    def series_at_the_point() -> Any:
        seed = np.zeros((problem.order + 1, 1, *np.shape(problem.point)))
        seed[0, 0], seed[1, 0] = problem.point, 1.0
        return problem.function(algopy.UTPM(seed), algopy)

    return Task(series_at_the_point, lambda result: result.data[:, 0])


@system("JAX jet", "jax", Univariate)
def jax_univariate(problem: Univariate) -> Task:
    import jax

    compiled, seconds = compile_jet(problem)
    point = jax.numpy.asarray(problem.point)
    return Task(
        lambda: jax.block_until_ready(compiled(point)),
        lambda result: np.stack([np.asarray(part) for part in (result[0], *result[1])]),
        compilation=seconds,
    )


def compile_jet(problem: Univariate) -> tuple[Callable, float]:
    """The jitted jet in float64 and the seconds spent on tracing and compilation."""
    import jax
    from jax.experimental.jet import jet

    jax.config.update("jax_enable_x64", True)
    xp = jax.numpy

    def series(x: Any) -> Any:
        seed = [xp.ones_like(x)] + [xp.zeros_like(x)] * (problem.order - 1)
        return jet(lambda x: problem.function(x, xp), (x,), (seed,), factorial_scaled=False)

    point = xp.asarray(problem.point)
    start = perf_counter()
    compiled = jax.jit(series).lower(point).compile()
    return compiled, perf_counter() - start


absent("JAX jet", "jax", Multivariate, "univariate series only")
absent("AlgoPy", "algopy", Multivariate, "univariate series only")


@system("python-flint (arb)", "python-flint", Univariate)
def flint_univariate(problem: Univariate) -> Task:
    import flint

    point, length = problem.single_point(), problem.order + 1
    flint.ctx.prec, flint.ctx.cap = 53, length
    return Task(
        lambda: problem.function(flint.arb_series([point, 1], prec=length), METHODS),
        lambda result: np.array([float(result[k].mid()) for k in range(length)]),
        note="53-bit balls: every coefficient carries an error bound",
    )


absent("python-flint", "python-flint", Multivariate, "exact polynomials (fmpq_mpoly), no truncated series")


@system("DACE", "daceypy", Univariate)
def dace_univariate(problem: Univariate) -> Task:
    from daceypy import DA

    point = problem.single_point()
    DA.init(problem.order, 1)
    return Task(
        lambda: problem.function(point + DA(1), METHODS),
        lambda result: np.array([result.getCoefficient([k]) for k in range(problem.order + 1)]),
    )


@system("DACE", "daceypy", Multivariate)
def dace_multivariate(problem: Multivariate) -> Task:
    from daceypy import DA

    DA.init(problem.order, problem.variables)
    operands = DA(0.0), DA(0.0)
    for operand, values in zip(operands, problem.operands, strict=True):
        for exponents, value in zip(problem.monomials, values, strict=True):
            operand.setCoefficient(exponents, value)
    return Task(
        problem.apply(*operands, exp=METHODS.exp),
        lambda result: np.array([result.getCoefficient(exponents) for exponents in problem.monomials]),
    )


@system("GTPSA", "madng-tpsa", Univariate)
def gtpsa_univariate(problem: Univariate) -> Task:
    from madng_tpsa import Descriptor

    point = problem.single_point()
    if problem.order > 63:
        raise Unsupported("orders up to 63")
    descriptor = Descriptor(1, problem.order)
    return Task(
        lambda: problem.function(descriptor.var(1, point), METHODS),
        lambda result: np.array([result.get((k,)) for k in range(problem.order + 1)]),
    )


@system("GTPSA", "madng-tpsa", Multivariate)
def gtpsa_multivariate(problem: Multivariate) -> Task:
    from madng_tpsa import Descriptor

    descriptor = Descriptor(problem.variables, problem.order)
    operands = descriptor.zero(), descriptor.zero()
    for operand, values in zip(operands, problem.operands, strict=True):
        operand.from_dict(dict(zip(problem.monomials, values, strict=True)))
    return Task(
        problem.apply(*operands, exp=METHODS.exp),
        lambda result: np.array([result.get(exponents) for exponents in problem.monomials]),
    )


def problems(only: str | None, quick: bool) -> list[Any]:
    """Every problem of the run; `quick` leaves out the long ones."""
    orders = (5, 20) if quick else (5, 10, 20, 50, 100)
    shapes = ((4, 10), (10, 4)) if quick else ((4, 10), (6, 6), (3, 20), (10, 4))
    univariate = [Univariate(n, batch, orders[-1]) for batch in (False, True) for n in orders]
    multivariate = [Multivariate(operation, *shape) for shape in shapes for operation in REFERENCES]
    return {"univariate": univariate, "multivariate": multivariate, None: univariate + multivariate}[only]


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--only", choices=("univariate", "multivariate"))
    arguments = parser.parse_args()
    return run([(problem,) for problem in problems(arguments.only, arguments.quick)], arguments)


if __name__ == "__main__":
    sys.exit(main())
