"""Compares the Taylor coefficients of every function with forty digits and writes table.md: the worst error found.

An error is in units of the coefficient's natural scale, the least log-concave sequence above the coefficients'
magnitudes. Points and exact coefficients are those of tests/points.py and tests/oracles.py.

    python validation/coefficients/run.py
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests import test_table
from tests.points import Point, all_rows, is_complex

HEADER = """# Worst error of a coefficient, in units of its natural scale

| function | points | highest order | worst error | at | degree |
|---|---|---|---|---|---|
"""


def measure(case: tuple[str, Point]) -> tuple[str, Point, int, float]:
    """The degree and size of the worst error of a function at a point."""
    name, point = case
    ours = test_table.computed(name, point, np.complex128 if is_complex(point) else np.float64)
    k, size = test_table.worst(test_table.errors(ours, name, point, 2.0**-1022))
    return name, point, k % (point.order + 1), size


def main() -> None:
    """Write the table beside this script."""
    with ProcessPoolExecutor() as pool:
        measured = list(pool.map(measure, all_rows(), chunksize=8))
    lines = []
    for name in sorted({name for name, *_ in measured}):
        rows = [row for row in measured if row[0] == name]
        _, point, k, size = max(rows, key=lambda row: row[3])
        order = max(row[1].order for row in rows)
        at = ", ".join(f"{a:g}" for a in point.arguments)
        lines.append(f"| {name} | {len(rows)} | {order} | {size:.1e} | {at} | {k} |\n")
    Path(__file__).with_name("table.md").write_text(HEADER + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
