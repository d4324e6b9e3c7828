"""The two sweeps over a program: tangents forward, cotangents backward.

Both are loops over the list of nodes and work on duck arrays: a cotangent may be a number, a series (reverse over
Taylor: see `taylorad.transforms.reverse`), a batch of cotangents (a dual number with many directions), or a value
that an outer program traces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.algebras.edges import has_nan, is_nan, is_zero
from taylorad.algebras.recurrence import QUIET
from taylorad.rings import boxed, encloses, innermost
from taylorad.rules.kinks import unsettled
from taylorad.trace.node import Node
from taylorad.trace.operation import doubled, fits, lifted, zeros
from taylorad.trace.operations import INPUT

if TYPE_CHECKING:
    from taylorad.trace.program import Program


class Pullback:
    """One reverse sweep: cotangents of all nodes, accumulated from the outputs to the inputs.

    Parameters
    ----------
    program : Program
    compensated : bool
        Sum cotangents with the rounding error of each addition carried along (Knuth's two-sum), for programs in which
        very many terms meet in one variable.
    reach : list, optional
        For each node where results depend on it at all (`Reach`): a cotangent stays 0 elsewhere, although the slope
        be infinite or nan, as in the branch of a `where` that was not taken. `run` turns to it when it meets nan.
    """

    def __init__(self, program: Program, compensated: bool = False, reach: list | None = None):
        self.program, self.compensated, self.reach = program, compensated, reach
        self.reached: Any = True  # of the node being pulled back
        self.parts: dict[str, Pullback] = {}  # what is "infinite" or "unknown", swept back by itself: see `singular`
        count = len(program.nodes)
        self.cotangents: list[Any] = [None] * count
        self.writeable = bytearray(count)
        self.owned = False  # whether the cotangent being pulled back may be written to
        self.errors: dict[int, Any] = {}
        self.objects = any([node.dtype.hasobject for node in program.inputs])

    def add(self, node: Any, xbar: Any, fresh: bool = False) -> None:
        """Add a contribution to a node's cotangent, summed over the axes along which the node was repeated.

        `fresh`: nothing else refers to the array, so it may be written to later.
        """
        if self.objects:
            xbar = boxed(xbar)
        if xbar.shape != node.shape:
            xbar = unbroadcast(xbar, node.shape)
        if xbar.dtype is not node.dtype and xbar.dtype.kind == "c" and node.dtype.kind not in "cO":
            xbar, fresh = np.real(xbar), False  # a real variable has no imaginary direction
        i = node.index
        before = self.cotangents[i]
        if before is None:
            self.cotangents[i], self.writeable[i] = xbar, fresh
        elif self.compensated:
            self._add_compensated(i, before, xbar)
        elif self.writeable[i] and before.__class__ is np.ndarray and before.dtype is xbar.dtype:
            np.add(before, xbar, out=before) if xbar.__class__ in _PLAIN else self._set(i, before + xbar)
        else:
            self._set(i, before + xbar)

    def _set(self, i: int, cotangent: Any) -> None:
        self.cotangents[i], self.writeable[i] = cotangent, True

    def _add_compensated(self, i: int, a: Any, b: Any) -> None:
        total = a + b
        virtual = total - a
        error = (a - (total - virtual)) + (b - virtual)
        self._set(i, total)
        self.errors[i] = self.errors[i] + error if i in self.errors else error

    def add_at(self, node: Any, key: Any, xbar: Any) -> None:
        """Add a contribution to the entries of a node's cotangent at a basic index, in place."""
        if xbar.dtype.kind == "c" and node.dtype.kind not in "cO":
            xbar = np.real(xbar)
        i = node.index
        before = self.cotangents[i]
        if before is None:
            before = zeros(xbar, node.shape)
            before[key] = xbar
            self._set(i, before)
        elif self.compensated:
            part = zeros(xbar, node.shape)
            part[key] = xbar
            self._add_compensated(i, before, part)
        elif self.writeable[i] and before.__class__ is xbar.__class__ is np.ndarray and before.dtype is xbar.dtype:
            before[key] += xbar
        elif not (self.writeable[i] and hasattr(before, "add_at") and before.add_at(key, xbar)):
            if getattr(xbar, "level", (-3, 0)) > getattr(before, "level", (-3, 0)):
                before = lifted(before, xbar)
            elif not self.writeable[i] or before.dtype != np.result_type(before.dtype, xbar.dtype):
                before = before + zeros(xbar, node.shape)
            before[key] = before[key] + xbar
            self._set(i, before)

    def own_copy(self, ybar: Any) -> Any:
        """The cotangent of the node at hand, as an array that may be written to."""
        if isinstance(ybar, np.generic):  # of an array without axes
            return np.array(ybar)
        return ybar if self.owned else ybar.copy()

    def add_product(self, node: Any, slope: Any, ybar: Any, again: bool = False, twice: bool = False) -> None:
        """Add ``slope·ȳ``, or ``2 slope·ȳ``, to a node's cotangent; ȳ may be written over if not needed `again`."""
        if ybar.__class__ is np.ndarray and self.reach is None and 0 in ybar.strides and is_repeated(ybar):
            number = ybar[(0,) * ybar.ndim]
            number = 2 * number if twice else number
            if getattr(slope, "shape", ()) == () and not hasattr(slope, "level"):
                self.add(node, repeating(slope * number, ybar.shape))
                return
            if slope.shape == ybar.shape:
                self.add(node, slope * number, True)
                return
        xbar = self.times(slope, ybar, again)
        self.add(node, doubled(xbar) if twice else xbar, True)

    def times(self, slope: Any, ybar: Any, again: bool = False) -> Any:
        """``slope·ȳ`` as a fresh array, in the memory of ȳ if that is not needed `again`."""
        if self.reach is not None:
            return self.each(slope * ybar, lambda y: np.where(self.reached, y, 0))
        if self.owned and not again and ybar.__class__ is np.ndarray and fits(slope, ybar):
            return np.multiply(slope, ybar, out=ybar)
        return slope * ybar

    def negative(self, ybar: Any, again: bool) -> Any:
        """``-ȳ`` as a fresh array."""
        if self.owned and not again and ybar.__class__ is np.ndarray:
            return np.negative(ybar, out=ybar)
        return -ybar

    def over(self, ybar: Any, divisor: Any) -> Any:
        """``ȳ/divisor``."""
        xbar = ybar / divisor
        return xbar if self.reach is None else self.each(xbar, lambda y: np.where(self.reached, y, 0))

    def is_batch(self, ybar: Any) -> bool:
        """Whether a dual number holds many cotangents."""
        return hasattr(ybar, "coefficients") and ybar.level[0] > self.program.tag

    def each(self, ybar: Any, function: Callable) -> Any:
        """A function of a cotangent, or of every one of a batch."""
        return ybar._new(function(ybar.coefficients)) if self.is_batch(ybar) else function(ybar)

    def _mended(self, first: Any, second: Any) -> Any:
        """The cotangents of a first sweep; where they are nan, those of a second."""
        if self.is_batch(second):
            return second._new(self._mended(first.coefficients, second.coefficients))
        return np.where(is_nan(first), second, first)

    def part(self, name: str) -> Pullback:
        """The sweep of what is to be multiplied by infinity, or by an unknown number."""
        if name not in self.parts:
            part = self.parts[name] = Pullback(self.program)
            part.parts = dict.fromkeys(("infinite", "unknown"), part)
        return self.parts[name]

    @property
    def is_part(self) -> bool:
        """Whether this is the sweep of a part."""
        return self.parts.get("infinite") is self

    def run(self, seeds: Sequence[tuple[Any, Any]]) -> list[Any]:
        """The cotangents of the inputs, None where there are none; `seeds` are pairs (node, cotangent)."""
        with np.errstate(**QUIET):
            results = self._sweep(seeds)
            if self.reach is None and any(map(has_nan, results)):
                careful = Pullback(self.program, self.compensated, Reach(self.program).of(seeds))
                pairs = zip(results, careful._sweep(seeds), strict=True)
                results = [a if b is None else self._mended(a, b) for a, b in pairs]
        return results

    def _sweep(self, seeds: Sequence[tuple[Any, Any]]) -> list[Any]:
        nodes, cotangents, writeable = self.program.nodes, self.cotangents, self.writeable
        errors, parts, careful = self.errors, self.parts, self.reach is not None
        ring = ring_of(self.program)
        for node, ybar in seeds:
            self.add(node, ybar if ring is None else enclosed(ring, ybar))
        for i in range(max([node.index for node, _ in seeds], default=-1), -1, -1):
            ybar = cotangents[i]
            if ybar is None or (node := nodes[i]).operation is INPUT:
                continue
            cotangents[i], self.owned = None, writeable[i] == 1
            if errors and i in errors:
                ybar, self.owned = ybar + errors.pop(i), True
            if careful:
                self._enter(i, ybar)
            node.operation.pull(node, ybar, self)
            if parts:
                for part in parts.values():
                    part.pull_one(node)
        return [self._total(node) for node in self.program.inputs]

    def _enter(self, i: int, ybar: Any) -> None:
        assert self.reach is not None
        self.reached = self.reach[i]

    def pull_one(self, node: Node) -> None:
        """Pull back the cotangent of one node, if there is one."""
        ybar = self.cotangents[node.index]
        if ybar is not None:
            self.cotangents[node.index] = None
            self.owned = bool(self.writeable[node.index])
            node.operation.pull(node, ybar, self)

    def _total(self, node: Node) -> Any:
        """What a sweep has found for an independent variable."""
        total, i = self.cotangents[node.index], node.index
        if i in self.errors:
            total = total + self.errors[i]
        for name, part in self.parts.items():
            if part is not self and part.cotangents[i] is not None:
                times = np.inf if name == "infinite" else np.nan
                total = total + self.each(part.cotangents[i], lambda b, times=times: unsettled(b, times))
        return _in_type(total, node.dtype)


def ring_of(program: Program) -> Any:
    """An interval among the values of a program, None if they are numbers."""
    return next((innermost(x) for x in program.input_values if encloses(x)), None)


def enclosed(ring: Any, seed: Any) -> Any:
    """A tangent or cotangent to start with, as intervals: no sweep over intervals may round."""
    if encloses(seed):
        return seed
    if not hasattr(seed, "level"):
        return ring.lift(seed)
    return seed._new(ring.lift(seed.coefficients)) if hasattr(seed, "coefficients") else seed


class Reach(Pullback):
    """The sweep that finds what results depend on at all: every slope counts as a number other than 0."""

    def __init__(self, program: Program):
        super().__init__(program, reach=[None] * len(program.nodes))
        self.parts = dict.fromkeys(("infinite", "unknown"), self)

    def of(self, seeds: Sequence[tuple[Any, Any]]) -> list:
        """For each node a mask of the entries that results depend on; for a batch of results a mask for each."""
        rng = np.random.default_rng(1)
        self._sweep([(node, self.each(ybar, lambda y: _noise(y, rng))) for node, ybar in seeds])
        assert self.reach is not None
        return self.reach

    def _enter(self, i: int, ybar: Any) -> None:
        assert self.reach is not None
        self.reach[i] = ~is_zero(ybar.coefficients if self.is_batch(ybar) else ybar)

    def times(self, slope: Any, ybar: Any, again: bool = False) -> Any:
        """A fresh array of the shape of the product."""
        return 0.7 * np.broadcast_to(ybar, np.broadcast_shapes(np.shape(slope), ybar.shape))

    def over(self, ybar: Any, divisor: Any) -> Any:
        """A fresh array of the shape of the quotient."""
        return self.times(divisor, ybar)


def _noise(y: Any, rng: np.random.Generator) -> Any:
    """Random numbers where y is not 0."""
    return np.where(is_zero(y), 0.0, rng.uniform(0.5, 1.5, y.shape))


_PLAIN = (np.ndarray, np.float64, np.float32)


def is_repeated(x: np.ndarray) -> bool:
    """Whether an array repeats one number without having memory for more."""
    return x.size > 1 and not any(x.strides)


def repeating(number: Any, shape: tuple[int, ...]) -> np.ndarray:
    """An array of equal entries, to be read only."""
    x = np.ndarray(shape, number.dtype, np.array(number), strides=(0,) * len(shape))
    x.flags.writeable = False
    return x


def push(program: Program, tangents: Sequence[Any]) -> list[Any]:
    """Tangents of the outputs (None: zero) from those of the inputs, one forward sweep over what outputs depend on."""
    values: list[Any] = [None] * len(program.nodes)
    own = bytearray(len(values))  # whether nothing else refers to a tangent
    ring = ring_of(program)
    for node, tangent in zip(program.inputs, tangents, strict=True):
        values[node.index] = tangent if ring is None or tangent is None else enclosed(ring, tangent)
    with np.errstate(**QUIET):
        for node, places, used_up, reads in program.schedule:
            given = [None if place is None else values[place] for place in places]
            if any(tangent is not None for tangent in given):
                values[node.index] = _pushed(node, given, places, used_up, reads, own)
            for place in used_up:
                values[place] = None
    return [values[o.index] if isinstance(o, Node) else None for o in program.outputs]


def _pushed(node: Node, given: list, places: list, used_up: list[int], reads: bool, own: bytearray) -> Any:
    """The tangent of one node, in the memory of an operand's tangent that is its own and not needed again."""
    operation = node.operation
    if operation.in_place:
        spare = None
        for place in used_up:
            if own[place] and places.count(place) == 1 and given[places.index(place)].shape == node.shape:
                spare = given[places.index(place)]
        result = operation.push(node, given, spare)  # type: ignore[call-arg]
        if result.__class__ is np.ndarray:
            own[node.index] = result is spare or (result.base is None and not any(result is t for t in given))
    else:
        for place in places:
            if place is not None:
                own[place] = False  # the result may be a view of it
        if operation.writes and given[0] is not None and not _takes_over(node, used_up):
            given[0] = given[0].copy()
        result = operation.push(node, given)
    return result.copy() if reads and result.shape != () else result


def _takes_over(store: Node, used_up: list[int]) -> bool:
    """Whether a store may write into the tangent of its array: another store made it, and nothing reads it later."""
    target = store.operands[0]
    return target.operation.writes and target.index in used_up


def unbroadcast(xbar: Any, shape: tuple[int, ...]) -> Any:
    """The cotangent of an array of a smaller shape that was repeated: the sum over the repetitions."""
    extra = len(xbar.shape) - len(shape)
    if extra > 0:
        xbar = np.sum(xbar, axis=tuple(range(extra)))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and xbar.shape[i] != 1)
    if axes:
        xbar = np.sum(xbar, axis=axes, keepdims=True)
    return xbar if xbar.shape == shape else np.broadcast_to(xbar, shape)


def _in_type(xbar: Any, dtype: Any) -> Any:
    """A cotangent in the number type of its variable."""
    return xbar if xbar is None or xbar.dtype == dtype or dtype == object else xbar.astype(dtype)
