"""What a check found: the worst errors and where they are."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Bound", "Result", "Tally", "Worst"]


@dataclass(frozen=True)
class Bound:
    """The ulps that are allowed, plain and conditioned (see `measure`), and why where they are many."""

    plain: float
    conditioned: float
    reason: str = ""


@dataclass(frozen=True)
class Worst:
    """The largest error, and where: the arguments, and which result there."""

    ulps: float = 0.0
    at: tuple[Any, ...] = ()
    where: str = ""


@dataclass(frozen=True)
class Result:
    """One row of the report.

    Attributes
    ----------
    name, kind : str
        The function, and what of it was compared: "coefficients", "gradient", …
    points, count, skipped : int
        Points, compared numbers, and numbers that leave the range of doubles.
    plain, conditioned : Worst
        The largest errors in each of the two ulps.
    bound : Bound
    method : str
        How the truth was enclosed.
    """

    name: str
    kind: str
    points: int
    count: int
    skipped: int
    plain: Worst
    conditioned: Worst
    bound: Bound
    method: str

    @property
    def is_good(self) -> bool:
        """Whether both errors are within their bounds, and something was compared."""
        within = self.plain.ulps <= self.bound.plain and self.conditioned.ulps <= self.bound.conditioned
        return within and self.count > 0


@dataclass
class Tally:
    """Collects errors."""

    points: int = 0
    count: int = 0
    skipped: int = 0
    plain: Worst = field(default_factory=Worst)
    conditioned: Worst = field(default_factory=Worst)

    def add(self, plain: float | None, conditioned: float | None, at: tuple[Any, ...], where: str) -> None:
        """One number's errors; None where its range left nothing to compare."""
        if plain is None or conditioned is None:
            self.skipped += 1
            return
        self.count += 1
        if not plain <= self.plain.ulps:
            self.plain = Worst(math.inf if plain != plain else plain, at, where)
        if not conditioned <= self.conditioned.ulps:
            self.conditioned = Worst(math.inf if conditioned != conditioned else conditioned, at, where)

    def result(self, name: str, kind: str, bound: Bound, method: str) -> Result:
        """The row."""
        return Result(name, kind, self.points, self.count, self.skipped, self.plain, self.conditioned, bound, method)
