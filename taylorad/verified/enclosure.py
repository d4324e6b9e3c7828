"""`enclose`: the range of a function over a box, from the best of several forms, with an inner estimate beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from taylorad.algebras.interval import Interval, UndecidedError
from taylorad.transforms import expand
from taylorad.verified.bounds import Component, Found
from taylorad.verified.derivatives import as_box, value


@dataclass(frozen=True)
class Enclosure:
    """What `enclose` found.

    Attributes
    ----------
    interval : Interval, shape of f(x)
        Contains f(x) for every x of the box.
    inner : Interval
        Contained in the hull of the range: f takes values at least as small as its lower and as great as its upper end,
        at points that were tried. The difference to `interval` bounds the overestimation. Empty where the values at
        the points could not be told apart, as for a box that is one point.
    proved : bool
        Whether f is proved to be defined on the whole box. If not, `interval` holds for the points at which it is, and
        `reason` says what is missing.
    reason : str
        Empty where nothing is missing.
    forms : dict
        The enclosure by each form on the whole box: "natural" (plain interval arithmetic), "mean value",
        "monotonicity", "second order", "convexity", "Taylor model", and "pieces" after subdivision.
    pieces : int
        Boxes the range was put together of.
    """

    function: Callable = field(repr=False)
    box: Interval = field(repr=False)
    order: int = field(repr=False)
    interval: Interval
    inner: Interval
    proved: bool
    reason: str
    forms: dict[str, Interval] = field(repr=False)
    pieces: int = 1

    @property
    def overestimation(self) -> Any:
        """By how much `interval` may be too wide: its width less that of `inner`, relative to the latter."""
        outer, inner = np.asarray(self.interval.width), np.asarray(self.inner.width)
        inner = np.where(self.inner.is_empty, 0.0, inner)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(outer == inner, 0.0, (outer - inner) / inner)[()]

    @property
    def series(self) -> Any:
        """Enclosures of all normalized partial derivatives up to `order`, over the box: a MultivariateTaylor."""
        return expand(self.function, self.box, self.order)


def enclose(
    f: Callable, box: Any, order: int = 2, *, pieces: int = 1, tolerance: float = 1e-12, samples: int = 64
) -> Enclosure:
    """Bounds of the range of f over a box, that hold for every point of it.

    Parameters
    ----------
    f : callable (x) -> array
        A function of one array, made of functions of the table.
    box : Interval
        Of any shape.
    order : int
        The highest derivatives that are used: 0 for plain interval arithmetic, 1 for mean value form and monotonicity,
        2 for second order form and convexity as well, from 3 on Taylor models of that order too. The best bounds of
        all are taken, for lower and upper end each.
    pieces : int
        How many boxes the box may be divided into: those that hold the bounds are halved first.
    tolerance : float
        Subdivision stops where the overestimation is proved to be less, relative to the width of the range.
    samples : int
        At most so many points are tried for the inner estimate, besides two local searches.

    Returns
    -------
    Enclosure

    Raises
    ------
    ValueError
        For an empty box, or a negative order.

    Examples
    --------
    >>> import taylorad as ta
    >>> e = ta.verified.enclose(lambda x: x * (1 - x), ta.Interval(0, 1))
    >>> e.interval, e.forms["natural"], e.proved
    (Interval("[0, 0.25]"), Interval("[0, 1]"), True)
    """
    if order < 0 or pieces < 1:
        raise ValueError(f"order must be 0 or more and pieces 1 or more, got {order} and {pieces}")
    box = as_box(box)
    try:
        values = value(f, box)
    except UndecidedError as undecided:
        if pieces == 1:
            return _unknown(f, box, order, str(undecided))
        values = None
    shape = () if values is None else values.shape
    parts = [Component(f, box, order, i, shape) for i in np.ndindex(shape)]
    found = [part.range(pieces, tolerance, samples) for part in parts]
    return _joined(f, box, order, shape, found)


def _unknown(f: Callable, box: Interval, order: int, reason: str) -> Enclosure:
    line = Interval.entire()
    return Enclosure(f, box, order, line, Interval.empty(), False, reason, {"natural": line})


def _joined(f: Callable, box: Interval, order: int, shape: tuple, found: list[Found]) -> Enclosure:
    """The enclosures of all entries of the result as one."""

    def stacked(rows: list) -> Any:
        return np.reshape(np.stack(rows), shape)

    names = [name for name in found[0].forms if all(name in part.forms for part in found)]
    reasons = sorted({part.reason for part in found if part.reason})
    return Enclosure(
        f,
        box,
        order,
        stacked([part.interval for part in found]),
        stacked([part.inner for part in found]),
        all(part.proved for part in found),
        "; ".join(reasons),
        {name: stacked([part.forms[name] for part in found]) for name in names},
        max(part.pieces for part in found),
    )
