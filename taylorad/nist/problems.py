"""The 27 nonlinear regression problems of the NIST Statistical Reference Datasets, read from NIST's own files.

Everything comes out of the published text: the data, both start points, the certified parameters with their standard
deviations, the certified residual sum of squares, and the model itself, whose formula `taylorad.expressions` turns
into a function. Square brackets are parentheses there, ``log[y] = …`` declares the response, ``pi = 3.14…`` a constant,
and the closing ``+ e`` is the error term.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taylorad.expressions import parse

__all__ = ["Problem", "load", "names"]

_PARAMETER = re.compile(r"^\s*b\d+\s*=(.*)$")


@dataclass(frozen=True)
class Problem:
    """A regression problem ``y = model(b, x)`` with its certified solution.

    Attributes
    ----------
    name, level, response_formula, formula : str
        Name of the data set, NIST's level of difficulty (``Lower``, ``Average``, ``Higher``), both sides of the model.
    predictor_names : tuple of str
    predictors : ndarray, shape (predictors, observations)
    response : ndarray, shape (observations,)
        Already transformed where the model says so, as in ``log[y] = …``.
    starts : ndarray, shape (2, parameters)
    certified, standard_deviations : ndarray, shape (parameters,)
        Eleven digits each.
    certified_rss : float
        Residual sum of squares at the certified parameters.
    """

    name: str
    level: str
    response_formula: str
    formula: str
    predictor_names: tuple[str, ...]
    predictors: NDArray[np.float64]
    response: NDArray[np.float64]
    starts: NDArray[np.float64]
    certified: NDArray[np.float64]
    standard_deviations: NDArray[np.float64]
    certified_rss: float
    _function: Callable[..., Any]

    def model(self, b: Any, predictors: Any = None) -> Any:
        """Value of the model with parameters b, at the observations unless predictors are given."""
        return self._function(*b, *(self.predictors if predictors is None else predictors))

    def residuals(self, b: Any) -> Any:
        """``y − model(b)``, one for each observation."""
        return self.response - self.model(b)

    def rss(self, b: Any) -> Any:
        """Residual sum of squares ``Σ (y − model(b))²``."""
        return (self.residuals(b) ** 2).sum()


def names() -> tuple[str, ...]:
    """Names of all problems, in alphabetic order."""
    files = resources.files(__package__).joinpath("data").iterdir()
    return tuple(sorted(file.name.removesuffix(".dat") for file in files if file.name.endswith(".dat")))


def load(name: str) -> Problem:
    """Read one problem by its name, in any case of letters.

    Raises
    ------
    ValueError
        If there is no such problem; the message names the closest ones.

    Examples
    --------
    >>> problem = load("Misra1a")
    >>> problem.formula
    'b1*(1-exp[-b2*x])'
    >>> problem.starts.shape, problem.response.shape
    ((2, 2), (14,))
    """
    by_lower = {known.lower(): known for known in names()}
    if name.lower() not in by_lower:
        close = difflib.get_close_matches(name.lower(), list(by_lower), n=3) or list(by_lower)
        raise ValueError(f"unknown problem {name!r}: choose from {', '.join(by_lower[key] for key in close)}")
    return _load(by_lower[name.lower()])


@functools.cache
def _load(known: str) -> Problem:
    text = resources.files(__package__).joinpath("data", f"{known}.dat").read_text(encoding="ascii")
    return _read(known, text)


def _read(name: str, text: str) -> Problem:
    """Build a problem from the text of NIST's file."""
    columns, data = _table(text)
    rows = np.array([row.split() for row in _matches(_PARAMETER, text)], dtype=float)
    response, formula, constants = _model(text)
    parameters = [f"b{index + 1}" for index in range(len(rows))]
    observed = dict(zip(columns, data, strict=True))
    of_y = parse(_parentheses(response), ["y"])
    of_all = parse(_parentheses(formula), [*constants, *parameters, *columns[1:]])
    return Problem(
        name=name,
        level=_search(r"(\w+) Level of Difficulty", text),
        response_formula=response,
        formula=formula,
        predictor_names=tuple(columns[1:]),
        predictors=data[1:],
        response=of_y(observed["y"]),
        starts=rows[:, :2].T,
        certified=rows[:, 2],
        standard_deviations=rows[:, 3],
        certified_rss=float(_search(r"Residual Sum of Squares:\s*(\S+)", text)),
        _function=functools.partial(of_all, *constants.values()),
    )


def _table(text: str) -> tuple[list[str], NDArray[np.float64]]:
    """Column names and the transposed data below the last line that starts with ``Data:``."""
    header, *lines = text[text.rindex("\nData:") + 1 :].splitlines()
    data = np.array([line.split() for line in lines if line.strip()], dtype=float)
    return header.removeprefix("Data:").split(), np.ascontiguousarray(data.T)


def _model(text: str) -> tuple[str, str, dict[str, float]]:
    """Left side, right side without the error term, and the constants of the section ``Model:``."""
    section = text[text.index("\nModel:") :]
    lines = section[: re.search(r"Starting values", section, re.IGNORECASE).start()].splitlines()  # type: ignore[union-attr]
    body = [line for line in lines if not re.search(r"Model:|\d+ Parameters", line)]
    statements = re.split(r"(?=\b[a-z]\w*(?:\[\w+\])?\s*=)", " ".join(" ".join(body).split()))
    constants: dict[str, float] = {}
    for statement in filter(None, map(str.strip, statements)):
        left, right = (side.strip() for side in statement.split("="))
        if not re.search(r"\by\b", left):
            constants[left] = float(right)
            continue
        response, formula = left, re.sub(r"\s*\+\s*e$", "", right)
    return response, formula, constants


def _parentheses(formula: str) -> str:
    return formula.translate(str.maketrans("[]{}", "()()"))


def _matches(pattern: re.Pattern[str], text: str) -> list[str]:
    return [match.group(1) for line in text.splitlines() if (match := pattern.match(line))]


def _search(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"not a NIST regression file: nothing matches {pattern!r}")
    return match.group(1)
