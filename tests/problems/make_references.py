"""Writes references.json: value, gradient and Hessian of every problem, to 20 digits of which at least 40 were found.

Central differences at 150 digits, with steps 1e-30 and 1e-31: errors of the order of 1e-60 and rounding of 1e-88 of the
largest element. Both steps must agree to 40 digits of the largest element; below that an element is zero.

    python -m tests.problems.make_references
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from pathlib import Path

import mpmath

from tests.problems import PROBLEMS, Problem
from tests.problems.multiprecision import Namespace, vector

mp = mpmath.mp
FILE = Path(__file__).with_name("references.json")
WORKING, CHECKED, WRITTEN = 150, 40, 20
STEPS = "1e-30", "1e-31"


def differences(problem: Problem, step: str) -> tuple[list, list]:
    """Gradient and rows of the Hessian's upper triangle.

    ``f_ij = (f(+i+j) + f(-i-j) - f(+i) - f(-i) - f(+j) - f(-j) + 2 f)/(2h²)``, second order in h.
    """
    h, n = mp.mpf(step), len(problem.x)

    def f(sign: int, *moved: int) -> mpmath.mpf:
        x = vector(problem.x)
        for i in moved:
            x[i] += sign * h
        return problem.f(Namespace(), x)

    centre, plus, minus = f(0), [f(1, i) for i in range(n)], [f(-1, i) for i in range(n)]
    single = [p + m for p, m in zip(plus, minus, strict=True)]
    gradient = [(p - m) / (2 * h) for p, m in zip(plus, minus, strict=True)]
    hessian = [
        [(f(1, i, j) + f(-1, i, j) - single[i] - single[j] + 2 * centre) / (2 * h**2) for j in range(i, n)]
        for i in range(n)
    ]
    return gradient, hessian


def agreed(fine: list, coarse: list, name: str) -> list[str]:
    """Elements as strings, after both steps agree to `CHECKED` digits of the largest."""
    floor = mp.mpf(10) ** -CHECKED * max(map(abs, fine))
    if any(abs(a - b) > floor for a, b in zip(fine, coarse, strict=True)):
        raise ArithmeticError(f"{name}: the steps disagree")
    return [mp.nstr(a, WRITTEN) if abs(a) > floor else "0" for a in fine]


def reference(index: int) -> dict:
    """The entry of a problem, by its place in the collection (functions made by functions cannot be sent)."""
    problem = PROBLEMS[index]
    with mp.workdps(WORKING):
        value = mp.convert(problem.f(Namespace(), vector(problem.x)))
        (coarse, coarse_rows), (fine, fine_rows) = (differences(problem, step) for step in STEPS)
        flat = agreed([*chain(*fine_rows)], [*chain(*coarse_rows)], problem.name)
        return {
            "x": [repr(e) for e in problem.x.tolist()],
            "value": mp.nstr(value, WRITTEN) if abs(value) > mp.mpf(10) ** -CHECKED else "0",
            "gradient": agreed(fine, coarse, problem.name),
            "hessian": [[flat.pop(0) for _ in row] for row in fine_rows],
        }


def main() -> None:
    """Write the file beside this script."""
    with ProcessPoolExecutor(2) as pool:
        entries = list(pool.map(reference, range(len(PROBLEMS))))
    lines = [f"{json.dumps(p.name)}: {json.dumps(e)}" for p, e in zip(PROBLEMS, entries, strict=True)]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
