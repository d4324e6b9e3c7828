"""The reference problems of validation/ode, as arguments of `solve_ivp`, and what rounding errors come to in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from taylorad import ode
from taylorad.ode.systems import load

_FILE = Path(__file__).resolve().parents[2] / "validation" / "ode" / "references.json"
EPS = 2.0**-52


@dataclass(frozen=True)
class Reference:
    """``y' = fun(t, y, *args)`` on a span with its end state, correct to double precision."""

    name: str
    fun: Any
    args: tuple
    span: tuple[float, float]
    y0: np.ndarray
    end: np.ndarray

    def solve(self, **options: Any) -> Any:
        return ode.solve_ivp(self.fun, self.span, self.y0, args=self.args, **options)

    def error(self, **options: Any) -> np.ndarray:
        """Absolute errors of the components of the end state."""
        return np.abs(self.solve(**options).y[:, -1] - self.end)


def number(text: str) -> complex | float:
    return complex(*map(float, text.split())) if " " in text else float(text)


def _read(entry: dict) -> Reference:
    span = float(entry["t_span"][0]), float(entry["t_span"][1])
    y0, end = (np.array([number(text) for text in entry[key]]) for key in ("initial_state", "end_state"))
    parameters = tuple(float(text) for text in entry["parameters"])
    return Reference(entry["name"], load(entry["system"]).fun, parameters, span, y0, end)


REFERENCES = {entry["name"]: _read(entry) for entry in json.loads(_FILE.read_text(encoding="utf-8"))["references"]}


def rounding(problem: Reference) -> np.ndarray:
    """What the roundings of all steps come to at the end, (n,): each is an ulp of the state or of its increment.

    At ten points, evenly spaced in the number of steps, the state is moved by 2⁻³⁶ of |y| + |h y'|, h being the step
    there, and the integration ended from both sides; 2⁻¹⁷ of the difference is the effect of one ulp. Those of m steps,
    of random sign, come to √m times the largest of these.
    """
    whole = problem.solve(dense_output=True)
    generator, m = np.random.default_rng(0), whole.t.size - 1
    largest = np.zeros(problem.y0.size)
    for step in np.unique(np.linspace(0, m - 1, 10).astype(int)):
        t, y, h = whole.t[step], whole.y[:, step], whole.t[step + 1] - whole.t[step]
        slope = whole.sol.derivative(t)
        off = 2.0**-36 * (np.abs(y) + np.abs(h * slope)) * generator.choice([-1, 1], y.size)
        starts, span = (y + off, y - off), (t, problem.span[1])
        ends = [ode.solve_ivp(problem.fun, span, start, args=problem.args).y[:, -1] for start in starts]
        largest = np.maximum(largest, np.abs(ends[0] - ends[1]) / 2.0**17)
    return largest * np.sqrt(m) + EPS * np.abs(whole.y[:, -1])
