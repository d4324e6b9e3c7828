"""What rigour costs: products and exponentials of Taylor models against those of plain truncated series.

Dense models in 3 variables of order 10 on [-½, ½]³, one at a time and 1000 at once. The first row is `TaylorModel`; its
own non-rigorous counterpart, and DACE and GTPSA (which compute one series at a time), follow. "ratio" below 1 is what a
proof costs: 0.5 means twice the time.

    python benchmarks/taylor_models.py [--quick] [--json FILE]
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from side_by_side import OURS, SYSTEMS, Finding, Row, System, Task, options, run

import numpy as np  # isort: skip  (side_by_side sets the thread counts first)
from taylor_arithmetic import dace_multivariate, gtpsa_multivariate  # isort: skip
from taylor_problems import Multivariate  # isort: skip

PLAIN = "MultivariateTaylor"
ALLOWED = 5.0  # times the plain operation


@dataclass(frozen=True)
class Models(Multivariate):
    """`operation` on `batch` pairs of dense series, or models of no remainder."""

    batch: int = 1

    @property
    def title(self) -> str:
        count = "one" if self.batch == 1 else f"{self.batch} at once"
        return f"{self.operation} in {self.variables} variables, order {self.order}, {count}"

    def stacked(self) -> list[np.ndarray]:
        """Coefficients (number of monomials, batch), or of one series."""
        if self.batch == 1:
            return [np.array(values) for values in self.operands]
        return [np.repeat(values[:, None], self.batch, axis=1) for values in self.operands]


def first(coefficients: np.ndarray) -> np.ndarray:
    """Of a batch, the first."""
    return coefficients if coefficients.ndim == 1 else coefficients[:, 0]


def models(problem: Models) -> Task:
    import taylorad as ta
    from taylorad.algebras.taylor_model import TaylorModel

    box = ta.Interval([-0.5] * problem.variables, [0.5] * problem.variables)
    polynomials = [ta.MultivariateTaylor(c, problem.variables, problem.order) for c in problem.stacked()]
    left, right = (TaylorModel(p, np.zeros(p.shape), box) for p in polynomials)

    def product() -> Any:
        left._sizes = right._sizes = None  # what a model knows of itself after its first use
        return left * right

    def exponential() -> Any:
        left._sizes = None
        return np.exp(left)

    operation = product if problem.operation == "product" else exponential
    note = f"remainder {np.max(operation().remainder.sup):.1e}"
    return Task(operation, lambda result: first(result.polynomial.coefficients), note=note)


def plain(problem: Models) -> Task:
    import taylorad as ta

    left, right = (ta.MultivariateTaylor(c, problem.variables, problem.order) for c in problem.stacked())
    return Task(problem.apply(left, right, exp=np.exp), lambda result: first(result.coefficients))


def one_by_one(prepare: Any) -> Any:
    """A system without batches: `batch` times the same."""

    def prepared(problem: Models) -> Task:
        task = prepare(problem)

        def loop() -> Any:
            for _ in range(problem.batch):
                result = task.run()
            return result

        return Task(loop, task.read)

    return prepared


SYSTEMS[:] = [
    System(OURS, "taylorad", Models, models),
    System(PLAIN, "taylorad", Models, plain),
    System("GTPSA", "madng-tpsa", Models, one_by_one(gtpsa_multivariate)),
    System("DACE", "daceypy", Models, one_by_one(dace_multivariate)),
]


def price(rows: list[Row]) -> list[Finding]:
    """How many times the plain operation each problem takes, and whether that is within what is allowed."""
    findings = []
    for row in rows:
        if row.system == PLAIN and row.ratio:
            times = 1 / row.ratio
            verdict = "within" if times <= ALLOWED else "NOT within"
            text = f"{row.problem}: {times:.1f} times the plain operation, {verdict} {ALLOWED:g}"
            findings.append(Finding(text, {"problem": row.problem, "times": times}))
    return findings


def main() -> int:
    arguments = options(__doc__).parse_args()
    problems = [Models(operation, 3, 10, batch) for batch in (1, 1000) for operation in ("product", "exp")]
    return run([(problem,) for problem in problems], arguments, price)


if __name__ == "__main__":
    sys.exit(main())
