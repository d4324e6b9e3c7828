"""The command line: ``python -m taylorad nist``, ``series``, ``orbit`` and ``validate``.

Results go to standard output, everything else to standard error. A mistake of the user is one line, ``taylorad: error:
…``, and exit code 2; Ctrl-C prints what is done so far and exits with 130; a closed pipe is quiet.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, NoReturn

import mpmath
import numpy as np

import taylorad as ta
from taylorad import figures, nist, orbit, validate
from taylorad.expressions import ExpressionError, parse

__all__ = ["main"]

LARGEST_ORDER = 1000
LONGEST_ORBIT = 1e9  # years; the planets' motion is chaotic long before
FAILED, MISTAKE, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141


class UsageError(Exception):
    """A mistake of the user; the message is one line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        options = _parser().parse_args(_protect_signs(sys.argv[1:] if arguments is None else arguments))
        code = int(options.run(options))
        sys.stdout.flush()
    except (UsageError, ExpressionError, figures.FigureError) as error:
        print(f"taylorad: error: {error}", file=sys.stderr)
        return MISTAKE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains when it exits
        return BROKEN_PIPE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="taylorad", description="Derivatives of any order of NumPy functions.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"taylorad {ta.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=_Parser)

    command = commands.add_parser(
        "nist",
        help="fit NIST's certified regression problems by Newton's method with exact Hessians",
        description="Fit NIST's 27 certified nonlinear regression problems from both published start points, "
        "by Newton's method in a trust region with exact Hessians, and count the correct digits.",
        allow_abbrev=False,
    )
    command.add_argument("--problem", nargs="+", action="extend", metavar="NAME", help="only these problems")
    command.add_argument("--plot", metavar="FILE", help="draw the data and the fitted curves")
    command.add_argument("--json", action="store_true", help="print JSON instead of the table")
    command.set_defaults(run=_run_nist)

    command = commands.add_parser(
        "series",
        help="print the Taylor series of an expression",
        description="Print Taylor coefficients, derivatives and the estimated radius of convergence of an expression, "
        "for example: taylorad series 'exp(sin(x))' --at 0.5 --order 10",
        allow_abbrev=False,
    )
    command.add_argument("expression", metavar="EXPRESSION", help="of + - * / **, numbers, NumPy and SciPy functions")
    command.add_argument("--at", required=True, metavar="X", help="the point, a number or an expression like pi/4")
    command.add_argument("--order", required=True, metavar="N", help=f"the highest degree, from 0 to {LARGEST_ORDER}")
    command.add_argument("--variable", default="x", metavar="NAME", help="name of the variable (default: x)")
    command.add_argument("--plot", metavar="FILE", help="draw the function and some of its Taylor polynomials")
    command.add_argument("--json", action="store_true", help="print JSON instead of the table")
    command.set_defaults(run=_run_series)

    command = commands.add_parser(
        "orbit",
        help="integrate the outer Solar System by Taylor's method",
        description="Integrate Sun, Jupiter, Saturn, Uranus, Neptune and Pluto to machine precision, and print steps, "
        "time and the error of the energy.",
        allow_abbrev=False,
    )
    command.add_argument(
        "--years", default="10000", metavar="N", help="how long, backward if negative (default: 10000)"
    )
    command.add_argument("--plot", metavar="FILE", help="draw the orbits and the error of the energy")
    command.add_argument("--json", action="store_true", help="print JSON instead of the table")
    command.set_defaults(run=_run_orbit)
    command = commands.add_parser(
        "validate",
        help="compare the package's results with rigorous enclosures",
        description="Compare Taylor coefficients, gradients, Hessians and Hessian-vector products with enclosures by "
        "Arb (pip install 'taylorad[verified]'), in ulps. The exit code is 1 if a stated bound is exceeded.",
        allow_abbrev=False,
    )
    command.add_argument("--quick", action="store_true", help="orders to 20 and a few points: ten seconds")
    command.add_argument("--functions", nargs="+", action="extend", metavar="NAME", help="only these functions")
    command.add_argument("--json", action="store_true", help="print JSON instead of the table")
    command.add_argument(
        "--output", metavar="FILE", help="write the report as well: Markdown, or JSON if FILE is .json"
    )
    command.set_defaults(run=_run_validate)
    return parser


def _protect_signs(arguments: Sequence[str]) -> list[str]:
    """Let ``-1e-3`` and ``-x**2`` be values: to argparse, what begins with a space is never an option."""
    return [f" {text}" if text[:1] == "-" and text[1:2] not in ("", "-", "h") else text for text in arguments]


# ---------------------------------------------------------------------------------------------------------------- nist


def _run_nist(options: argparse.Namespace) -> int:
    try:
        problems = [nist.load(name.strip()) for name in options.problem or nist.names()]
    except ValueError as error:
        raise UsageError(str(error)) from None
    problems = list({problem.name: problem for problem in problems}.values())
    if options.plot is not None:
        figures.check_target(options.plot)
    results: list[nist.Result] = []
    is_complete = True
    try:
        for problem, start in _with_progress([(problem, start) for problem in problems for start in (1, 2)]):
            results.append(nist.fit(problem, start))
    except KeyboardInterrupt:
        is_complete = False
    print(_nist_json(results, is_complete) if options.json else _nist_table(results, 2 * len(problems)))
    if not is_complete:
        return INTERRUPTED
    if options.plot is not None:
        figures.save(figures.fits_figure(problems, results), options.plot)
    return 0


def _with_progress(runs: Any, unit: str = "run") -> Iterable[Any]:
    """Show a bar on a terminal."""
    from tqdm import tqdm

    return tqdm(runs, unit=unit, leave=False, disable=not sys.stderr.isatty())


def _nist_table(results: Sequence[nist.Result], planned: int) -> str:
    """The aligned table, the reasons of the runs that fell short, and the closing line."""
    header = f"{'problem':<10}{'start':>6}{'iterations':>12}{'sum of squares':>20}{'digits':>8}{'seconds':>9}"
    lines = [header, "-" * len(header)]
    for result in results:
        lines.append(
            f"{result.problem:<10}{result.start:>6}{result.iterations:>12}{result.rss:>20.10e}"
            f"{result.digits:>8.1f}{result.seconds:>9.2f}"
        )
    lines.append("")
    lines += [f"{run.problem}, start {run.start}: {run.reason}" for run in results if not run.is_good]
    if len(results) < planned:
        lines.append(f"interrupted after {len(results)} of {planned} runs")
    good = sum(result.is_good for result in results)
    lines.append(f"{good} of {len(results)} runs reached 8 or more correct digits")
    return "\n".join(lines)


def _nist_json(results: Sequence[nist.Result], is_complete: bool) -> str:
    good = sum(result.is_good for result in results)
    runs = [asdict(result) | {"parameters": result.parameters.tolist()} for result in results]
    return _as_json({"runs": runs, "good": good, "total": len(results), "complete": is_complete})


# -------------------------------------------------------------------------------------------------------------- series


def _run_series(options: argparse.Namespace) -> int:
    order, at = _order(options.order), _point(options.at)
    text = options.expression.strip()
    function = parse(text, [options.variable])
    if options.plot is not None:
        figures.check_target(options.plot)
    series = _series(function, text, at, order)
    print(_series_json(series, text, at) if options.json else _series_table(series, text, at, options.variable))
    if options.plot is not None:
        figures.save(figures.series_figure(function, series, at, text, options.variable), options.plot)
    return 0


def _order(text: str) -> int:
    try:
        order = int(text)
    except ValueError:
        raise UsageError(f"--order must be a whole number, not {text.strip()!r}") from None
    if not 0 <= order <= LARGEST_ORDER:
        raise UsageError(f"--order must lie between 0 and {LARGEST_ORDER}, not {order}")
    return order


def _point(text: str) -> float:
    if text.strip().lower().lstrip("+-") in ("inf", "infinity", "nan"):
        raise UsageError(f"--at must be a finite number, not {text.strip()!r}")
    try:
        return float(parse(text, [])())
    except ExpressionError as error:
        raise UsageError(f"--at must be a finite number: {error}") from None


def _series(function: Any, text: str, at: float, order: int) -> ta.Taylor:
    """The series of an expression, or an error of one line where it has none."""
    where = f"{text!r} at {at:g}"
    try:
        with np.errstate(all="warn"), warnings.catch_warnings():  # domain errors follow NumPy's error state
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.simplefilter("error", ta.DomainWarning)
            series = ta.taylor(function, at, order)
    except (ta.DomainWarning, ta.UnsupportedFunctionError, ArithmeticError, TypeError, ValueError) as error:
        raise UsageError(f"cannot expand {where}: {' '.join(str(error).split())}") from None
    if not np.isfinite(series.coefficients).all():
        degree = int(np.argmin(np.isfinite(series.coefficients)))
        raise UsageError(f"cannot expand {where}: the coefficient of degree {degree} is not finite")
    return series


def _derivatives(series: ta.Taylor) -> list[mpmath.mpf]:
    """Derivatives k!·c_k with the exponent range of mpmath, since k! leaves that of floats at k = 171."""
    with mpmath.workdps(30):
        return [mpmath.mpf(float(c)) * mpmath.factorial(k) for k, c in enumerate(series.coefficients)]


def _series_table(series: ta.Taylor, text: str, at: float, variable: str) -> str:
    """One line for each degree, and the radius of convergence."""
    lines = [f"{text} at {variable} = {at!r}", "", f"{'k':>4}  {'coefficient':>24}  {'derivative':>24}"]
    for k, (coefficient, derivative) in enumerate(zip(series.coefficients, _derivatives(series), strict=True)):
        lines.append(f"{k:>4}  {float(coefficient):>24.16e}  {_scientific(derivative):>24}")
    lines += ["", f"estimated radius of convergence: {float(series.radius_of_convergence()):.6g}"]
    return "\n".join(lines)


def _scientific(number: mpmath.mpf) -> str:
    value = float(number)
    if math.isfinite(value):
        return f"{value:.16e}"
    return str(mpmath.nstr(number, 17, strip_zeros=False))


def _series_json(series: ta.Taylor, text: str, at: float) -> str:
    return _as_json(
        {
            "expression": text,
            "at": at,
            "order": series.order,
            "coefficients": [float(c) for c in series.coefficients],
            "derivatives": [float(d) for d in _derivatives(series)],
            "radius_of_convergence": float(series.radius_of_convergence()),
        }
    )


# --------------------------------------------------------------------------------------------------------------- orbit


def _run_orbit(options: argparse.Namespace) -> int:
    years = _years(options.years)
    if options.plot is not None:
        figures.check_target(options.plot)
    found = orbit.integrate(years, lambda times: _with_progress(times, "part"))
    print(_as_json(orbit.as_data(found)) if options.json else orbit.table(found))
    if not found.complete:
        print(f"taylorad: interrupted after {found.years:g} of {years:g} years", file=sys.stderr)
        return INTERRUPTED
    if options.plot is not None:
        figures.save(figures.orbit_figure(found), options.plot)
    return 0


def _years(text: str) -> float:
    try:
        years = float(text)
    except ValueError:
        raise UsageError(f"--years must be a number, not {text.strip()!r}") from None
    if not 0 < abs(years) <= LONGEST_ORBIT:
        raise UsageError(f"--years must not be zero nor beyond {LONGEST_ORBIT:g}, got {text.strip()}")
    return years


# ------------------------------------------------------------------------------------------------------------ validate


def _run_validate(options: argparse.Namespace) -> int:
    try:
        if options.output is not None:
            open(options.output, "a").close()  # before minutes of work
        report = validate.run(options.functions, options.quick, lambda names: _with_progress(names, "function"))
        if options.output is not None:
            validate.write(report, options.output)
    except (validate.MissingArbError, ValueError, OSError) as error:
        raise UsageError(str(error)) from None
    print(_as_json(validate.as_data(report)) if options.json else validate.table(report))
    return INTERRUPTED if not report.complete else 0 if report.is_good else FAILED


def _as_json(data: Any) -> str:
    """Strict JSON: numbers that are not finite become null."""
    return json.dumps(_finite(data), indent=2, allow_nan=False)


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data
