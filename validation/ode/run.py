"""Integrates every problem of references.json and writes table.md: errors of end states, of taylorad and of SciPy.

python validation/ode/run.py
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from taylorad import ode

HERE = Path(__file__).parent
HEADER = """# Errors of end states, relative to the largest component

`taylorad` at its default tolerance (2⁻⁵²), beside SciPy's DOP853 with rtol = 1e-13, atol = 1e-16·max|y0|, against
[references.json](references.json). The time includes compilation.

| problem | from, to | steps | error | ms | DOP853: steps | error | ms |
|---|---|---|---|---|---|---|---|
"""


def number(text: str) -> complex | float:
    """A number of references.json."""
    return complex(*map(float, text.split())) if " " in text else float(text)


def row(entry: dict[str, Any]) -> tuple[str, float]:
    """A line of the table, and our error."""
    fun = ode.systems.load(entry["system"]).fun
    y0, end = (np.array([number(x) for x in entry[key]]) for key in ("initial_state", "end_state"))
    span, args = [float(t) for t in entry["t_span"]], tuple(float(p) for p in entry["parameters"])
    cells, errors = [], []
    for solve, options in (
        (ode.solve_ivp, {}),
        (solve_ivp, {"method": "DOP853", "rtol": 1e-13, "atol": 1e-16 * np.abs(y0).max()}),
    ):
        begin = time.perf_counter()
        solution = solve(fun, span, y0, args=args, **options)
        seconds = time.perf_counter() - begin
        errors.append(float(np.abs(solution.y[:, -1] - end).max() / np.abs(end).max()))
        cells.append(f"{solution.t.size - 1} | {errors[-1]:.1e} | {1e3 * seconds:.0f}")
    return f"| {entry['name']} | {span[0]:g}, {span[1]:g} | {cells[0]} | {cells[1]} |\n", errors[0]


def main() -> None:
    """Write the table beside this script."""
    entries = json.loads((HERE / "references.json").read_text(encoding="utf-8"))["references"]
    rows, errors = zip(*map(row, entries), strict=True)
    below = sum(error < 1e-14 for error in errors)
    closing = f"\n{below} of {len(rows)} errors are below 1e-14; the other problems amplify rounding errors.\n"
    (HERE / "table.md").write_text(HEADER + "".join(rows) + closing, encoding="utf-8")


if __name__ == "__main__":
    main()
