"""`sensitivity`: what each input contributes to the uncertainty of a result, as theorems.

For a box X with centre c, ``h = X - c``, and f with gradient ``∇f`` and Hessian H,

    f(x) ∈ f(c) + Σ_j ∂_j f(c) h_j + R    for all x in X,    R = ½ Σ_jk H_jk(X) h_j h_k,

by Taylor's theorem, every letter an enclosure. Where f has kinks, R comes from the mean value form, and where it may
jump, from its range. Sources: Saltelli et al., Global Sensitivity Analysis: The Primer (2008), chapter 1; Neumaier,
Interval Methods for Systems of Equations (1990), section 2.3; Kearfott, Rigorous Global Search (1996), section 1.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from taylorad.algebras.interval import Interval, UndecidedError, as_interval
from taylorad.algebras.interval.decorations import DAC
from taylorad.trace import joined, plain
from taylorad.trace.everyday import followed
from taylorad.verified import forms
from taylorad.verified.derivatives import as_box, hessian, jacobian, jet, value
from taylorad.verified.enclosure import Enclosure, enclose
from taylorad.verified.findings import Sensitivity

SAMPLES, PIECES = 16, 64  # for ranges along one input: points tried, and pieces where a bound is off by 0.1 %


def sensitivity(
    f: Callable,
    box: Any,
    names: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    *,
    order: int = 2,
    pieces: int = 1,
) -> Sensitivity:
    """How much each input of f contributes to the uncertainty of each of its results, over a box.

    Parameters
    ----------
    f : callable (x) -> array
        A function of one array, as everywhere in this package. Names are labels only.
    box : Interval, or dict of names and intervals
        The inputs with their tolerances: an interval array of any shape, usually (n,); or a dict, or a list of pairs,
        of a name and an interval each, which may be an `Interval`, text, or a tuple of two ends. f is then called
        with an array of shape (n,), in the order of the dict.
    names, outputs : sequences of str, optional
        Of the inputs and of the entries of the result.
    order, pieces : int
        As for `enclose`, of which ranges are; `pieces` counts for the range over the whole box only.

    Returns
    -------
    Sensitivity
        Prints as a table; `Sensitivity.tornado` draws it.

    Raises
    ------
    ValueError
        For an empty box, or names that are not as many as the inputs.
    UndecidedError
        If f takes a branch (``if x > 0``) that depends on the point of the box: write it with ``np.where``.

    Examples
    --------
    The current in a resistor of 100 Ω ± 5 % at 10 V ± 1 %:

    >>> import taylorad as ta
    >>> s = ta.verified.sensitivity(lambda x: x[0] / x[1], {"voltage": (9.9, 10.1), "resistance": (95, 105)})
    >>> s.monotone
    array([ 1, -1])
    >>> s.range.contains(0.1), [s.names[j] for j in s.ranking]
    (np.True_, ['resistance', 'voltage'])
    """
    box, labels = _labelled(box, names)
    study = _Study(f, as_box(box).reshape(-1), box.shape, order, pieces)
    count = int(np.prod(study.shape, dtype=int))
    if outputs is not None and len(outputs) != count:
        raise ValueError(f"outputs must name the {count} results of f, got {len(outputs)} names")
    results = tuple(outputs) if outputs is not None else _default_names("f", study.shape)
    return study.findings(labels, results)


def _labelled(box: Any, names: Sequence[str] | None) -> tuple[Interval, tuple[str, ...]]:
    """The box as an interval array, and a name for each entry."""
    if isinstance(box, Mapping):
        box = list(box.items())
    if (
        isinstance(box, list)
        and box
        and all(isinstance(p, tuple) and len(p) == 2 and isinstance(p[0], str) for p in box)
    ):
        names = [name for name, _ in box] if names is None else names
        box = np.stack([_single(name, given) for name, given in box])
    box = as_interval(box)
    if names is None:
        return box, _default_names("x", box.shape)
    if len(names) != box.size:
        raise ValueError(f"names must name the {box.size} inputs, got {len(names)} names")
    return box, tuple(names)


def _single(name: str, given: Any) -> Interval:
    result = Interval(*given) if isinstance(given, tuple) and len(given) == 2 else as_interval(given)
    if result.shape != ():
        raise ValueError(f"the input {name!r} must be one interval, got an array of shape {result.shape}")
    return result.bare


def _default_names(letter: str, shape: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(letter + (f"[{', '.join(map(str, i))}]" if i else "") for i in np.ndindex(shape))


class _Study:
    """The quantities of one sensitivity study; functions take and give arrays of one axis."""

    def __init__(self, f: Callable, box: Interval, inputs: tuple[int, ...], order: int, pieces: int):
        self.f, self.box, self.inputs, self.order, self.pieces = f, box, inputs, order, pieces
        self.centre = box.midpoint
        self.offset = box.bare - self.centre
        natural = value(self.entire, box)
        assert natural.codes is not None
        self.shape = natural.shape
        self.continuous = np.ravel(natural.codes) >= DAC

    def entire(self, x: Any) -> Any:
        """The result of f, in its own shape."""
        return plain(joined(followed(self.f, np.reshape(x, self.inputs))))

    def every(self, x: Any) -> Any:
        """All entries of the result."""
        return np.reshape(self.entire(x), (-1,))

    def entry(self, i: int) -> Callable:
        """One entry of the result."""
        return lambda x: self.every(x)[i]

    def along(self, i: int, j: int) -> Callable:
        """One entry as a function of input j, the others at the centre."""
        varied = np.arange(self.box.size) == j
        return lambda t: self.every(np.where(varied, t, self.centre))[i]

    # ---------------------------------------------------------------------------------------------- derivatives

    def derivatives(self) -> tuple[Interval, Interval, Interval, Interval]:
        """Value and gradient at the centre, gradient and Hessian over the box."""
        nominal, slopes = jet(self.every, Interval(self.centre), 1)
        over, curvature = jacobian(self.every, self.box).bare, self.curvature(len(self.continuous))
        spread = slopes + np.sum(curvature * self.offset, axis=-1)
        smooth = self.continuous[:, None] & np.all(curvature.is_bounded, axis=-1) & ~slopes.is_empty
        inf, sup = (np.where(smooth, a, b) for a, b in zip(over.intersection(spread).ends, over.ends, strict=True))
        return nominal, slopes, Interval._make(inf, sup), curvature

    def curvature(self, results: int) -> Interval:
        """The Hessian over the box, entire where its branches cannot be decided and where there is none."""
        try:
            found = hessian(self.every, self.box).bare
        except UndecidedError:
            return Interval.entire((results, self.box.size, self.box.size))
        return _where(found.is_empty, Interval.entire(), found)

    def remainders(
        self, nominal: Interval, slopes: Interval, over: Interval, curvature: Interval, ranges: Interval
    ) -> tuple[Interval, np.ndarray]:
        """The narrowest of the remainders that hold, and the names of the forms they come from."""
        first = np.sum(slopes * self.offset, axis=-1)
        products = self.offset[:, None] * self.offset
        products[np.diag_indices(self.box.size)] = np.square(self.offset)
        found = {
            "second order": np.sum(curvature * products, axis=(-2, -1)) / 2,
            "mean value": np.sum((over - slopes) * self.offset, axis=-1),
            "range": ranges - nominal - first,
        }
        smooth = np.all(curvature.is_bounded, axis=(-2, -1)) & self.continuous
        usable = {"second order": smooth, "mean value": self.continuous, "range": np.ones_like(smooth)}
        widths = [np.where(usable[name] & ~r.is_empty, r.width, np.inf) for name, r in found.items()]
        chosen = np.argmin(widths, axis=0)
        stacked: Any = np.stack(list(found.values()))
        ends = (end[chosen, np.arange(len(chosen))] for end in stacked.ends)
        known = np.isfinite(np.min(widths, axis=0))
        inf, sup = (np.where(known, end, limit) for end, limit in zip(ends, (-np.inf, np.inf), strict=True))
        return Interval._make(inf, sup), np.where(known, np.array(list(found))[chosen], "none")

    # --------------------------------------------------------------------------------------------------- ranges

    def range(self, i: int, over: Interval, signs: np.ndarray) -> tuple[Interval, Interval, Enclosure]:
        """The range of one result and its inner estimate: by `enclose`, and on the faces that monotone inputs leave."""
        found = enclose(self.entry(i), self.box, self.order, pieces=self.pieces)
        faces = forms.faces(self.box.bare, over[i]) if np.any(signs) and np.all(self.box.is_bounded) else None
        if faces is None:
            return found.interval, found.inner, found
        least, greatest = (self.on_face(i, face) for face in faces)
        inner, (low, high) = found.inner, (least.ends[1], greatest.ends[0])
        if all(np.all(face.is_degenerate) for face in faces) and low <= high:
            inner = inner.hull(Interval._make(low, high))
        return found.interval.intersection(Interval._make(least.ends[0], greatest.ends[1])), inner, found

    def on_face(self, i: int, face: Interval) -> Interval:
        """The range of one result over a face of the box."""
        if np.all(face.is_degenerate):
            return jet(self.entry(i), face, 0)[0]
        return enclose(self.entry(i), face, self.order, pieces=self.pieces, samples=1).interval

    def swings(self, over: Interval) -> tuple[Any, Any, Any]:
        """Of all results along all inputs."""
        rows = [[self.swing(i, j, over) for j in range(self.box.size)] for i in range(len(self.continuous))]
        first, second, third = (_stacked([_stacked([s[k] for s in row]) for row in rows]) for k in range(3))
        return first, second, third

    def swing(self, i: int, j: int, over: Interval) -> tuple[Interval, Interval, Interval]:
        """Range along one input, its inner estimate, and bounds of its width."""
        moves = not self.continuous[i] or not (over[i, j].magnitude == 0 or self.box[j].is_degenerate)
        options: dict[str, Any] = {"pieces": PIECES if moves else 1, "tolerance": 1e-3, "samples": SAMPLES}
        found = enclose(self.along(i, j), self.box[j], self.order, **options)
        inf, sup = found.inner.ends
        width = Interval(0.0 if found.inner.is_empty else max((Interval(sup) - inf).inf, 0.0), np.inf)
        if not found.interval.is_empty:
            width = width.intersection(Interval(0.0, found.interval.width))
        if self.continuous[i]:
            low, high = self.box[j].ends
            width = width.intersection(np.abs(over[i, j]) * (Interval(high) - low))
        return found.interval, found.inner, width

    # -------------------------------------------------------------------------------------------------- results

    def findings(self, names: tuple[str, ...], outputs: tuple[str, ...]) -> Sensitivity:
        """All of them together."""
        nominal, slopes, over, curvature = self.derivatives()
        slopes = _where(nominal.is_empty[:, None] | slopes.is_empty, Interval.entire(), slopes)
        signs = self.signs(over)
        ranges, inner, found = zip(*(self.range(i, over, signs[i]) for i in range(len(signs))), strict=True)
        swing, swing_inner, width = self.swings(over)
        whole = _stacked(ranges)
        remainder, used = self.remainders(nominal, slopes, over, curvature, whole)
        size = np.abs(self.offset)
        return Sensitivity(
            box=self.box.bare.reshape(self.inputs),
            names=names,
            outputs=outputs,
            nominal=nominal.reshape(self.shape),
            range=whole.reshape(self.shape),
            inner=_stacked(inner).reshape(self.shape),
            jacobian=self.matrix(over),
            monotone=self.matrix(signs),
            contribution=self.matrix(slopes * self.offset),
            swing=self.matrix(swing),
            swing_inner=self.matrix(swing_inner),
            swing_width=self.matrix(width),
            remainder=remainder.reshape(self.shape),
            remainder_form=used.reshape(self.shape) if self.shape else str(used[0]),
            interactions=self.matrix((np.abs(curvature) * (size[:, None] * size) / 2).sup),
            condition=self.matrix(_condition(self.box.bare, over, whole)),
            condition_at_centre=self.matrix(_condition(Interval(self.centre), slopes, nominal)),
            reasons=tuple(map(_missing, nominal, found)),
            notes=tuple(tuple(self.notes(i, curvature[i], whole[i])) for i in range(len(signs))),
        )

    def matrix(self, entries: Any) -> Any:
        """Entries for each result and input, in the shapes of both."""
        return np.reshape(entries, (*self.shape, *self.inputs * (np.ndim(entries) - 1)))

    def signs(self, over: Interval) -> np.ndarray:
        """1 where a result is proved not to fall with an input, -1 where it is proved not to rise, else 0."""
        inf, sup = over.ends
        signs = np.where(inf >= 0, 1, np.where(sup <= 0, -1, 0))
        return np.where(self.continuous[:, None], signs, 0)

    def notes(self, i: int, curvature: Interval, whole: Interval) -> list[str]:
        """What is weaker than it could be, and why."""
        found = []
        if not self.continuous[i]:
            found.append("not proved to be continuous: no trends, remainder from the range")
        elif not np.all(curvature.is_bounded):
            found.append("second derivatives are not bounded, perhaps at a kink: remainder without them")
        if whole.contains(0.0):
            found.append("the range contains 0: no relative condition numbers over the box")
        return found


def _missing(nominal: Interval, found: Enclosure) -> str:
    if nominal.is_empty:
        return "it is not defined at the centre of the box"
    return "" if found.proved else found.reason.replace("f is", "it is", 1)


def _condition(x: Interval, slopes: Interval, values: Interval) -> Interval:
    """``x_j ∂_j f / f``, entire where f may be 0 or is unknown."""
    unknown = np.asarray(values.contains(0.0) | values.is_empty)[:, None]
    quotients = x * slopes / _where(unknown[:, 0], Interval(1.0), values)[:, None]
    return _where(unknown, Interval.entire(), quotients)


def _stacked(rows: Any) -> Any:
    return np.stack(rows)


def _where(condition: np.ndarray, x: Interval, y: Interval) -> Any:
    return np.where(condition, x, y)
