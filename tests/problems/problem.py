"""A test problem, and the decorator that collects them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Minimum:
    """What is published of a minimum. It guards the formula: a typo moves it.

    value : f at the minimum, with the published digits; "0" means zero. None where only the minimiser is published.
    at : the minimiser.
    start : where only the value is published, the point it is reached from (of the size it is published for); without
        it, the point of the problem.
    corner : the function has no derivative at the minimiser.
    """

    value: str | None
    at: Sequence[float] | None = None
    start: Sequence[float] | None = None
    corner: bool = False


@dataclass(frozen=True)
class Problem:
    """A function ``f(np, x)`` of a vector, written against a namespace so that it runs in any precision.

    x : the point where derivatives are taken: the published starting point unless `source` says otherwise.
    source : the publication and its problem number.
    """

    name: str
    f: Callable[[Any, Any], Any]
    x: np.ndarray
    source: str
    minimum: Minimum | None = None


class Collection(list[Problem]):
    """The problems of one module."""

    def add(self, source: str, x: Sequence[float], minimum: Minimum | None = None, name: str = "") -> Callable:
        """Decorate a function ``f(np, x)``."""

        def register(f: Callable) -> Callable:
            self.append(Problem(name or f.__name__, f, np.array(x, dtype=float), source, minimum))
            return f

        return register
