"""Running all checks, and the report: a table for the terminal, Markdown, and data."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taylorad.validate import points
from taylorad.validate.balls import flint
from taylorad.validate.bounds import BOUNDS, composed_bound
from taylorad.validate.composed import COMPOSED
from taylorad.validate.derivatives import METHOD, check_composed
from taylorad.validate.functions import check
from taylorad.validate.result import Result, Worst

__all__ = ["Report", "as_data", "markdown", "names", "run", "table", "write"]


@dataclass(frozen=True)
class Report:
    """The outcome of `run`.

    Attributes
    ----------
    results : tuple of Result
        Two for every function of the table (by order), five for every composed one; one less each if quick.
    quick : bool
    planned : int
        How many functions were to be checked.
    complete : bool
        Whether it was not interrupted.
    """

    results: tuple[Result, ...]
    quick: bool
    planned: int
    complete: bool

    @property
    def is_good(self) -> bool:
        """Whether every result is within its bounds."""
        return all(result.is_good for result in self.results)


def names() -> list[str]:
    """What can be validated: functions of the table, then composed ones.

    Examples
    --------
    >>> names()[:3], names()[-1]
    (['sqrt', 'cbrt', 'constant_power'], 'Rastrigin')
    """
    return [*points.names(), *COMPOSED]


def run(
    functions: Iterable[str] | None = None, quick: bool = False, progress: Callable[[Any], Iterable[str]] = iter
) -> Report:
    """Check functions against their enclosures; Ctrl-C ends it earlier.

    Parameters
    ----------
    functions : names, optional
        Of `names`; all by default.
    quick : bool
        Orders to 20 and a few points each, instead of orders to 40 and a hundred.
    progress : callable
        Wraps the sequence of names, to show a bar.

    Raises
    ------
    ValueError
        An unknown name.
    MissingArbError
        python-flint is not installed.
    """
    chosen = names() if functions is None else _known(functions)
    flint()
    results: list[Result] = []
    try:
        for name in progress(chosen):
            results += _checked(name, quick)
    except KeyboardInterrupt:
        return Report(tuple(results), quick, len(chosen), False)
    return Report(tuple(results), quick, len(chosen), True)


def _known(functions: Iterable[str]) -> list[str]:
    """The names, each once, or an error."""
    chosen = list(dict.fromkeys(name.strip() for name in functions))
    known = names()
    for name in chosen:
        if name not in known:
            raise ValueError(f"nothing is called {name!r} here; the names are {', '.join(known)}")
    return chosen


def _checked(name: str, quick: bool) -> list[Result]:
    """The rows of a function; one that fails where it could not be computed or enclosed."""
    try:
        return check_composed(name, quick) if name in COMPOSED else check(name, quick)
    except ArithmeticError as error:
        worst = Worst(math.inf, (), str(error))
        bound = composed_bound(name, "order 20") if name in COMPOSED else BOUNDS[name]["order 20"]
        return [Result(name, "order 20", 0, 0, 0, worst, worst, bound, METHOD)]


# --------------------------------------------------------------------------------------------------------------- output


def table(report: Report) -> str:
    """The aligned table, the reasons of large bounds, and the closing lines."""
    header = (
        f"{'function':<18}{'what':<14}{'points':>7}{'numbers':>9}{'ulps':>10}{'allowed':>9}{'conditioned':>13}"
        f"{'allowed':>9}  worst at"
    )
    lines = [header, "-" * len(header)]
    for row in report.results:
        lines.append(
            f"{row.name:<18}{row.kind:<14}{row.points:>7}{row.count:>9}{figure(row.plain.ulps):>10}"
            f"{figure(row.bound.plain):>9}{figure(row.conditioned.ulps):>13}{figure(row.bound.conditioned):>9}  "
            f"{'' if row.is_good else 'FAILED '}{place(row.plain)}"
        )
    return "\n".join([*lines, "", *_reasons(report.results), *_closing(report)])


def _reasons(results: Sequence[Result]) -> list[str]:
    """A line for each reason, with the functions it is given for."""
    given: dict[str, list[str]] = {}
    for row in results:
        if row.bound.reason and row.name not in given.setdefault(row.bound.reason, []):
            given[row.bound.reason].append(row.name)
    return [f"{', '.join(functions)}: {reason}" for reason, functions in given.items()]


def _closing(report: Report) -> list[str]:
    lines = [
        f"{row.name}, {row.kind}: {figure(row.plain.ulps)} ulps at {place(row.plain)}, "
        f"{figure(row.conditioned.ulps)} conditioned ulps at {place(row.conditioned)}"
        for row in report.results
        if not row.is_good
    ]
    if not report.complete:
        done = len({row.name for row in report.results})
        lines.append(f"interrupted after {done} of {report.planned} functions")
    good = sum(row.is_good for row in report.results)
    count = sum(row.count for row in report.results)
    lines.append(f"{good} of {len(report.results)} checks within their bounds, {count} numbers compared")
    return lines


def figure(ulps: float) -> str:
    """Three digits."""
    return f"{ulps:.3g}".replace("e+0", "e").replace("e+", "e")


def place(worst: Worst) -> str:
    """Where an error is: arguments and result."""
    at = ", ".join(map(number, worst.at))
    return f"({at}) {worst.where}".strip() if worst.at else worst.where


def number(argument: complex) -> str:
    """Six digits, and all of them next to an integer."""
    text = f"{argument:.6g}"
    is_next = isinstance(argument, float) and argument != float(text) == round(argument)
    return repr(argument) if is_next else text


def markdown(report: Report) -> str:
    """Two tables, for functions of the table and for composed ones, as validation/enclosures/table.md."""
    orders = "orders to 20, few points" if report.quick else "orders to 40"
    lines = [
        "# Worst errors against Arb's enclosures, in ulps",
        "",
        f"Written by `python -m taylorad validate --output` ({orders}); README.md says what is measured.",
        "",
        "| function | what | points | numbers | ulps | allowed | at | conditioned | allowed | at | enclosed by |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in report.results:
        cells = [
            row.name, row.kind, str(row.points), str(row.count), figure(row.plain.ulps), figure(row.bound.plain),
            place(row.plain), figure(row.conditioned.ulps), figure(row.bound.conditioned), place(row.conditioned),
            row.method,
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "Where many ulps are allowed:", "", *(f"* {line}" for line in _reasons(report.results))]
    return "\n".join([*lines, "", *_closing(report), ""])


def as_data(report: Report) -> dict[str, Any]:
    """The same as plain data, for JSON; arguments as text that gives the same doubles again."""

    def worst(found: Worst) -> dict[str, Any]:
        ulps = found.ulps if math.isfinite(found.ulps) else None  # JSON knows no infinity
        return {"ulps": ulps, "at": [repr(a) for a in found.at], "where": found.where}

    rows = [
        {
            "name": row.name,
            "kind": row.kind,
            "points": row.points,
            "numbers": row.count,
            "out_of_range": row.skipped,
            "plain": worst(row.plain) | {"allowed": row.bound.plain},
            "conditioned": worst(row.conditioned) | {"allowed": row.bound.conditioned},
            "reason": row.bound.reason,
            "method": row.method,
            "good": row.is_good,
        }
        for row in report.results
    ]
    return {"quick": report.quick, "complete": report.complete, "good": report.is_good, "results": rows}


def write(report: Report, target: str | Path) -> None:
    """Write the report, as JSON if the name ends in ``.json``, else as Markdown."""
    target = Path(target)
    text = json.dumps(as_data(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    target.write_text(text if target.suffix == ".json" else markdown(report), encoding="utf-8")
