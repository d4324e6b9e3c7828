"""End states of initial value problems with 32 correct digits, computed in mpmath apart from taylorad.

Every problem is integrated twice, at order 40 with 45 digits and tolerance 1e-41 and at order 50 with 55 digits and
tolerance 1e-51 (more digits where the problem loses some), and kept only if both agree to 33 digits in every component
and, where there is a closed form, with that too.

    python validation/ode/references.py                     writes references.json
    python validation/ode/references.py pleiades            computes one and replaces it there
    python validation/ode/references.py --check             recomputes the quick ones and compares
    python validation/ode/references.py --check pleiades    recomputes those named
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from mpmath import mp, mpf

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from validation.ode.catalogue import CATALOGUE
from validation.ode.problems import Problem, Values
from validation.ode.series import integrate

FILE = Path(__file__).with_name("references.json")
PROBLEMS = {problem.name: problem for problem in CATALOGUE}
RUNS = (45, 55)  # digits
DIGITS_WRITTEN, DIGITS_AGREED = 32, 33
QUICK = ["duffing_ueda", "elementary_functions", "kepler_0.5", "landau_zener", "lorenz_10", "mixed_scales"]
ABOUT = (
    "End states with 32 correct digits, by validation/ode/references.py. The numbers of a problem are the doubles "
    "nearest to its strings, or with numbers = decimal the strings themselves. Complex: 'real imaginary'."
)


def solve(problem: Problem, digits: int) -> Values:
    """The end state in real numbers, at a working precision of digits, order digits - 5, tolerance 10^(4 - digits)."""
    with mp.workdps(digits):
        parameters, state, span = problem.values()
        return integrate(problem.fun(*parameters), span, state, digits - 5, mpf(10) ** (4 - digits))


def closed_form(problem: Problem) -> Values:
    """The end state by the closed form at 60 digits."""
    assert problem.closed_form is not None
    with mp.workdps(60):
        parameters, state, (start, end) = problem.values()
        return problem.closed_form(start, end, state, *parameters)


def agreement(x: Values, y: Values) -> float:
    """The least number of common digits of two states, component by component; zeros must agree exactly."""
    errors = [abs(a - b) / abs(b) if b else abs(a) * mp.inf for a, b in zip(x, y, strict=True) if a != b]
    return float(-mp.log10(max(errors))) if errors else float(RUNS[0])


def reference(name: str) -> tuple[dict[str, Any], float]:
    """The entry of a problem in references.json and the seconds it took."""
    started = time.perf_counter()
    problem = PROBLEMS[name]
    rough, state = (solve(problem, digits + problem.guard) for digits in RUNS)
    agreed = {"agreement_of_runs": agreement(rough, state)}
    if problem.closed_form is not None:
        agreed["agreement_with_closed_form"] = agreement(state, closed_form(problem))
    if min(agreed.values()) < DIGITS_AGREED:
        raise ArithmeticError(f"{problem.name}: only {agreed} digits agree: give it a larger guard")
    with mp.workdps(60):
        written = [mp.nstr(x, DIGITS_WRITTEN, strip_zeros=False, min_fixed=0, max_fixed=0) for x in state]
    if problem.is_complex:
        written = [" ".join(written[i : i + 2]) for i in range(0, len(written), 2)]
    entry = {
        "name": problem.name,
        "system": problem.system,
        "parameters": problem.parameters,
        "initial_state": problem.initial_state,
        "t_span": problem.span,
        "numbers": problem.numbers,
        "end_state": written,
        **{key: round(value, 1) for key, value in agreed.items()},
    }
    return entry, time.perf_counter() - started


def compute(names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The entries of problems as they become ready, computed on all cores."""
    with ProcessPoolExecutor() as pool:
        for future in as_completed([pool.submit(reference, name) for name in names]):
            entry, seconds = future.result()
            agreed = ", ".join(str(value) for key, value in entry.items() if key.startswith("agreement"))
            print(f"{entry['name']:30}{seconds:6.1f} s   agreed digits {agreed}", flush=True)
            yield entry


def stored() -> dict[str, dict[str, Any]]:
    """The entries of references.json by name."""
    if not FILE.exists():
        return {}
    return {entry["name"]: entry for entry in json.loads(FILE.read_text(encoding="utf-8"))["references"]}


def write(names: Sequence[str]) -> None:
    """Compute problems and put them into references.json one by one; entries of no problem go."""
    known = stored()
    for entry in compute(names):
        known[entry["name"]] = entry
        entries = [known[name] for name in PROBLEMS if name in known]
        FILE.write_text(json.dumps({"about": ABOUT, "references": entries}, indent=1) + "\n", encoding="utf-8")


def check(names: Sequence[str]) -> None:
    """Recompute problems and compare every digit with references.json."""
    known = stored()
    for entry in compute(names):
        if json.loads(json.dumps(entry)) != known.get(entry["name"]):
            raise SystemExit(f"{entry['name']} differs from {FILE.name}")
    print(f"{len(names)} problems as in {FILE.name}")


def main() -> None:
    """Write references.json, or compare with it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="problems to compute; all, or some quick ones to check"
    )
    parser.add_argument("--check", action="store_true", help="compare with references.json instead of writing it")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - PROBLEMS.keys()
    if unknown:
        parser.error(f"no such problem: {', '.join(sorted(unknown))}; there are {', '.join(PROBLEMS)}")
    if arguments.check:
        check(arguments.names or QUICK)
    else:
        write(arguments.names or list(PROBLEMS))


if __name__ == "__main__":
    main()
