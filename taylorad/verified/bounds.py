"""Bounds of one entry of a function's result: all forms over one box, and over the pieces of it."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

import numpy as np

from taylorad.algebras import TaylorModel
from taylorad.algebras.interval import Interval, UndecidedError
from taylorad.algebras.interval.decorations import DAC, DEF
from taylorad.trace import joined
from taylorad.verified import forms
from taylorad.verified.derivatives import jet, value
from taylorad.verified.sampling import inner_estimate, tried_points

Range = dict[str, Interval]


@dataclass
class Found:
    """The bounds of one entry, as the fields of `Enclosure`."""

    interval: Interval
    inner: Interval
    proved: bool
    reason: str
    forms: Range
    pieces: int


class Component:
    """One entry of the result of a function, over a box."""

    def __init__(self, f: Callable, box: Interval, order: int, index: tuple, shape: tuple):
        self.f = (lambda x: joined(f(x))) if shape == () else (lambda x: joined(f(x))[index])
        self.box, self.order, self.at = box, order, forms.Points(self.f)
        self.undecided = ""

    def range(self, pieces: int, tolerance: float, samples: int) -> Found:
        """Bounds over the box, by subdivision where that is asked for."""
        points = tried_points(self.f, self.box, samples)
        inner = inner_estimate(self.at, points)
        bounds, codes = self.bounds(self.box, points)
        whole = _best(bounds)
        count_of_pieces = 1
        if pieces > 1:
            whole, count_of_pieces, codes = self.divided(whole, codes, inner, points, pieces, tolerance)
            bounds["pieces"] = whole
        proved = codes >= DEF
        reason = ""
        if not proved:
            reason = self.undecided or "f is not proved to be defined on the whole box: its bounds hold where it is"
        if proved and codes < DAC:
            reason = "f is not proved to be continuous: only plain interval arithmetic could be used where it may jump"
        return Found(whole, inner, bool(proved), reason, bounds, count_of_pieces)

    # ------------------------------------------------------------------------------------------------- one box

    def bounds(self, box: Interval, points: list[np.ndarray], taken: Interval | None = None) -> tuple[Range, int]:
        """The enclosure by each form over one box, and the decoration of f on it.

        With values that are `taken` elsewhere, the first form that stays between them is enough.
        """
        try:
            natural = value(self.f, box)
        except UndecidedError as undecided:
            self.undecided = str(undecided)
            return {"natural": Interval.entire()}, DEF - 1
        found = {"natural": natural.bare}
        codes = int(np.asarray(natural.codes).min(initial=16))
        if self.order == 0 or codes < DAC or (taken is not None and natural.subset(taken)):
            return found, codes
        with suppress(UndecidedError):  # a branch in f that depends on rounding: what was found before it holds
            self.by_derivatives(box, points, found)
        return found, codes

    def by_derivatives(self, box: Interval, points: list[np.ndarray], found: Range) -> None:
        """Add the forms that use derivatives."""
        _, slopes, *second = jet(self.f, box, min(self.order, 2))
        if _is_known(slopes):
            found["mean value"] = forms.mean_value(self.at, box, slopes)
        faces = forms.faces(box, slopes)
        if faces is not None:
            least, greatest = (_best(self.bounds(face.decorated("com"), points)[0]) for face in faces)
            found["monotonicity"] = Interval._make(least.ends[0], greatest.ends[1])
        if second and _is_known(slopes) and _is_known(second[0]):
            found["second order"] = forms.second_order(self.at, box, second[0])
            contacts = [box.midpoint, *(p for p in points[:2] if np.all(box.contains(p)))]
            found["convexity"] = forms.convexity(self.at, box, second[0], contacts)
        if self.order >= 3:
            model = _by_taylor_model(self.f, box, self.order)
            if model is not None:
                found["Taylor model"] = model

    # --------------------------------------------------------------------------------------------- subdivision

    def divided(
        self, whole: Interval, codes: int, inner: Interval, points: list, pieces: int, tolerance: float
    ) -> tuple[Interval, int, int]:
        """Halve the boxes that hold the lower or the upper bound, in turn."""
        boxes = {0: (self.box, whole, codes)}
        number = count(1)
        queues: list[list] = [[(float(whole.inf), 0)], [(-float(whole.sup), 0)]]
        slack = tolerance * max(float(inner.width), np.finfo(float).tiny) if not inner.is_empty else 0.0
        while len(boxes) < pieces:
            side = self.worse_side(boxes, queues, inner)
            if side is None or self.gap(queues, inner, side) <= slack:
                break
            _, key = heapq.heappop(queues[side])
            for half in self.halves(boxes.pop(key)[0]):
                bounds, half_codes = self.bounds(half, points, inner)
                part, name = _best(bounds), next(number)
                boxes[name] = (half, part, half_codes)
                heapq.heappush(queues[0], (float(part.inf), name))
                heapq.heappush(queues[1], (-float(part.sup), name))
        parts = [part for _, part, _ in boxes.values()]
        hull = Interval.empty()
        for part in parts:
            hull = hull.hull(part)
        return hull.intersection(whole), len(boxes), min(c for _, _, c in boxes.values())

    def halves(self, box: Interval) -> list[Interval]:
        """Both halves across the side along which f may change most."""
        widths = np.ravel(np.minimum(box.width, 1e150))
        try:
            slopes = jet(self.f, box, 1)[1].magnitude
        except UndecidedError:
            slopes = np.ones_like(widths)
        effect = np.where(widths > 0, np.clip(slopes, 1e-150, 1e150) * widths, -1.0)
        i = np.unravel_index(int(np.argmax(effect)), box.shape)
        low, high = box.ends
        middle = np.asarray(box.midpoint)[i]
        left, right = high.copy(), low.copy()
        left[i], right[i] = middle, middle
        return [Interval._make(low, left).decorated("com"), Interval._make(right, high).decorated("com")]

    def worse_side(self, boxes: dict, queues: list[list], inner: Interval) -> int | None:
        """The side of the range whose bound is further from values that are taken; None if no box can be halved."""
        for queue in queues:
            while queue and queue[0][1] not in boxes:
                heapq.heappop(queue)
        gaps = [self.gap(queues, inner, side) for side in (0, 1)]
        side = int(gaps[1] > gaps[0])
        widths = np.asarray(boxes[queues[side][0][1]][0].width)
        return side if np.any(widths > 0) else None

    @staticmethod
    def gap(queues: list[list], inner: Interval, side: int) -> float:
        """How much one bound may be off."""
        bound = queues[side][0][0]
        if inner.is_empty or not np.isfinite(bound):
            return np.inf
        taken = float(inner.ends[0]) if side == 0 else -float(inner.ends[1])
        return taken - bound


def _is_known(derivatives: Interval) -> bool:
    """Whether derivatives exist, as far as their enclosures say: none is unbounded, or empty as that of √x at 0."""
    return bool(np.all(derivatives.is_bounded & ~derivatives.is_empty))


def _best(bounds: Range) -> Interval:
    """The intersection of all forms; each contains the range, so that it is not empty where f is defined."""
    result, *others = bounds.values()
    for other in others:
        result = result.intersection(other)
    return result


def _by_taylor_model(f: Callable, box: Interval, order: int) -> Interval | None:
    models = TaylorModel.variables(np.ravel(box.bare), order)
    try:
        result = f(np.reshape(np.stack(models), box.shape))
        return result.bound() if isinstance(result, TaylorModel) else None
    except (ArithmeticError, TypeError, ValueError):  # a pole or a branch in the model's wider range
        return None
