"""Ranges of well-known functions over boxes: plain intervals, the forms of `enclose`, subdivision; writes table.md.

python validation/ranges/run.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from taylorad import Interval
from taylorad.verified import Enclosure, enclose

HERE = Path(__file__).parent
PIECES = 512
HEADER = f"""# Ranges over boxes

Written by `python validation/ranges/run.py`. Every enclosure holds for all points of the box. "Plain" is interval
arithmetic; "best form" is the intersection of mean value, monotonicity, second order and convexity forms (`order=2`)
over the whole box; "order 6" has Taylor models of order 6 besides; "pieces" is what remains after at most {PIECES}
boxes. "Values taken" are values at points that were tried, themselves enclosed: the true range lies between them and
the enclosure. The last columns are the overestimation, the width of the enclosure beyond that of the values taken,
relative to the latter: 0 means that the range is known to rounding.

| function | box | plain | best form, by | order 6 | pieces: boxes | values taken | plain | best | order 6 | pieces |
|---|---|---|---|---|---|---|---|---|---|---|
"""


def six_hump_camel(x: Any) -> Any:
    """(4 - 2.1 x² + x⁴/3) x² + x y + (4 y² - 4) y²; 2.1 is the double."""
    return (4 - 2.1 * x[0] ** 2 + x[0] ** 4 / 3) * x[0] ** 2 + x[0] * x[1] + (4 * x[1] ** 2 - 4) * x[1] ** 2


def styblinski_tang(x: Any) -> Any:
    """Σ (x⁴ - 16 x² + 5 x)/2."""
    return np.sum(x**4 - 16 * x**2 + 5 * x) / 2


def trid(x: Any) -> Any:
    """Σ (x_i - 1)² - Σ x_i x_{i-1}."""
    return np.sum((x - 1) ** 2) - np.sum(x[1:] * x[:-1])


def rosenbrock(x: Any) -> Any:
    """100 (y - x²)² + (1 - x)²."""
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def booth(x: Any) -> Any:
    """(x + 2y - 7)² + (2x + y - 5)²."""
    return (x[0] + 2 * x[1] - 7) ** 2 + (2 * x[0] + x[1] - 5) ** 2


def himmelblau(x: Any) -> Any:
    """(x² + y - 11)² + (x + y² - 7)²."""
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def mccormick(x: Any) -> Any:
    """sin(x + y) + (x - y)² - 1.5 x + 2.5 y + 1."""
    return np.sin(x[0] + x[1]) + (x[0] - x[1]) ** 2 - 1.5 * x[0] + 2.5 * x[1] + 1


def kinetics(x: Any) -> Any:
    """A e^(-E/T) of an Arrhenius law."""
    return x[0] * np.exp(-x[1] / x[2])


PROBLEMS: list[tuple[str, Callable, Any, Any]] = [
    ("x(1-x)", lambda x: x * (1 - x), 0, 1),
    ("six-hump camel", six_hump_camel, [-3, -2], [3, 2]),
    ("Styblinski–Tang, 2", styblinski_tang, [-5] * 2, [5] * 2),
    ("Trid, 3", trid, [-9] * 3, [9] * 3),
    ("Trid, 6", trid, [-36] * 6, [36] * 6),
    ("Rosenbrock", rosenbrock, [-2, -1], [2, 3]),
    ("Booth", booth, [-10] * 2, [10] * 2),
    ("Himmelblau", himmelblau, [-5] * 2, [5] * 2),
    ("McCormick", mccormick, [-1.5, -3], [4, 4]),
    ("Arrhenius law", kinetics, [0.9, 980, 290], [1.1, 1020, 310]),
]


def shown(x: Interval) -> str:
    """Ends with six digits, outward."""
    return format(x, ".6g")


def best_form(result: Enclosure) -> str:
    """The forms that gave the lower and the upper bound."""
    names = []
    for end in (0, 1):
        bound = float(result.interval.ends[end])
        names.append(next(name for name, form in result.forms.items() if float(form.ends[end]) == bound))
    return names[0] if names[0] == names[1] else " / ".join(names)


def excess(outer: Interval, inner: Interval) -> str:
    """Relative overestimation."""
    if outer.is_entire:
        return "∞"
    over = (float(outer.width) - float(inner.width)) / float(inner.width)
    return "0" if over < 1e-15 else f"{over:.1e}"


def row(name: str, f: Callable, inf: Any, sup: Any) -> str:
    """A line of the table."""
    box = Interval(inf, sup)
    begin = time.perf_counter()
    whole, high, divided = enclose(f, box), enclose(f, box, order=6), enclose(f, box, pieces=PIECES)
    plain = whole.forms["natural"]
    print(f"{name}: {time.perf_counter() - begin:.1f} s, {divided.interval}, {divided.inner}")
    enclosures = [plain, whole.interval, high.interval, divided.interval]
    cells = [
        name,
        shown(box) if box.ndim == 0 else f"{shown(box[0])} …",
        shown(plain),
        f"{shown(whole.interval)}, {best_form(whole)}",
        shown(high.interval),
        f"{shown(divided.interval)}: {divided.pieces}",
        shown(divided.inner),
        *(excess(e, divided.inner) for e in enclosures),
    ]
    return "| " + " | ".join(cells) + " |\n"


def main() -> None:
    """Write the table."""
    table = "".join(row(*problem) for problem in PROBLEMS)
    (HERE / "table.md").write_text(HEADER + table, encoding="utf-8")


if __name__ == "__main__":
    main()
