"""Registers of numbers from many places: whole loads where neighbours are wanted, shuffles of a few loads elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from taylorad.compile.series.packing import Array, Source
from taylorad.compile.series.text import TYPES, Text, literal, type_of

Entry = tuple[Array | None, int]  # None: zero
Held = tuple[str, dict[int, int]]  # a register, and which of its lanes goes to which lane


def slots(lanes: Sequence[Sequence[Source]], width: int) -> list[list[Source]]:
    """The terms of each lane's sum in an order in which those of one slot lie close together."""
    count = len(lanes[0])
    if count <= 2:
        rows = [sorted(terms, key=lambda term: -term[0]) for terms in lanes]
        return [[row[t] for row in rows] for t in range(count)]
    result, rest = _in_line(lanes)
    for _ in range(len(rest[0])):
        chosen: list[Source | None] = [None] * len(lanes)
        _choose(rest, chosen, lambda lane, array, at: (array, at - lane))
        while any(c is None for c in chosen):
            _choose(rest, chosen, lambda lane, array, at: (array, at // width))
        result.append([c for c in chosen if c is not None])
    return result


def _in_line(lanes: Sequence[Sequence[Source]]) -> tuple[list[list[Source]], list[list[Source]]]:
    """Slots of one entry or of neighbouring entries of an array, and what is left of the lanes."""
    result: list[list[Source]] = []
    rest = [list(terms) for terms in lanes]
    for step in (0, 1):
        found: dict[tuple, dict[int, Source]] = {}
        for lane, terms in enumerate(rest):
            for term in terms:
                found.setdefault((term[1], term[2] - step * lane), {})[lane] = term
        for row in found.values():
            if len(row) == len(lanes):
                result.append([row[lane] for lane in range(len(lanes))])
                for lane, terms in enumerate(rest):
                    terms.remove(row[lane])
    return result, rest


def _choose(rest: list[list[Source]], chosen: list[Source | None], place: Callable[[int, Array, int], tuple]) -> None:
    """For lanes without a term one of the commonest place."""
    found: Counter[tuple] = Counter()
    places = []
    for lane, terms in enumerate(rest):
        row = [] if chosen[lane] is not None else [place(lane, array, at) for _, array, at in terms]
        places.append(row)
        found.update(set(row))
    best = found.most_common(1)[0][0]
    for lane, row in enumerate(places):
        if best in row:
            chosen[lane] = rest[lane].pop(row.index(best))


class Gathering:
    """Writes loads of registers from arrays.

    Parameters
    ----------
    text : Text
    base : callable (array) -> its address
    length : callable (array) -> how many entries it has
    """

    def __init__(self, text: Text, base: Callable[[Array], str], length: Callable[[Array], int]):
        self.text, self.base, self.length = text, base, length

    def weighted(self, lanes: Sequence[Sequence[Source]], dtype: np.dtype) -> str:
        """The sum of each lane's terms, as many in every lane."""
        text, width, total = self.text, len(lanes), ""
        for slot in slots(lanes, width):
            x = self.loaded([(array, at) for _, array, at in slot], dtype)
            numbers = np.array([c for c, _, _ in slot])
            if not total:
                total = self.scaled(x, numbers, dtype)
            elif np.all(np.abs(numbers) == 1) and np.all(numbers == numbers[0]):
                total = text.binary("add" if numbers[0] > 0 else "subtract", total, x, dtype, width)
            else:
                total = text.fma(x, vector(numbers, dtype), total, dtype, width)
        return total

    def scaled(self, x: str, numbers: np.ndarray, dtype: np.dtype) -> str:
        """x times a number in each lane."""
        width = len(numbers)
        if np.all(numbers == 1):
            return x
        if np.all(numbers == -1):
            return self.text.negative(x, dtype, width)
        return self.text.binary("multiply", x, vector(numbers, dtype), dtype, width)

    def loaded(self, entries: Sequence[Entry], dtype: np.dtype) -> str:
        """A register with these entries in its lanes."""
        width = len(entries)
        array, first = entries[0]
        if array is not None and all(e == (array, first + i) for i, e in enumerate(entries)):
            return self.text.load(self.base(array), first, dtype, width)
        if all(e == entries[0] for e in entries):
            if array is None:
                return literal(0, dtype, width)
            return self.text.splat(self.text.load(self.base(array), first, dtype), dtype, width)
        held = [one for array in dict.fromkeys(a for a, _ in entries) for one in self._held(array, entries, dtype)]
        while len(held) > 1:
            joined = [self._joined(a, b, width, dtype) for a, b in zip(held[::2], held[1::2], strict=False)]
            held = joined + held[2 * len(joined) :]
        name, lanes = held[0]
        if all(lanes[i] == i for i in range(width)):
            return name
        return self._shuffled(name, "poison", [lanes[i] for i in range(width)], width, dtype)

    def _held(self, array: Array | None, entries: Sequence[Entry], dtype: np.dtype) -> list[Held]:
        """The entries in one array, in registers as they lie there."""
        width = len(entries)
        wanted = {lane: at for lane, (where, at) in enumerate(entries) if where == array}
        if array is None:
            return [(literal(0, dtype, width), {lane: lane for lane in wanted})]
        n = self.length(array)
        narrow = min(width, 1 << (n.bit_length() - 1))
        result = []
        for start in windows(set(wanted.values()), narrow, n):
            inside = {lane: at - start for lane, at in wanted.items() if start <= at < start + narrow}
            wanted = {lane: at for lane, at in wanted.items() if lane not in inside}
            x = self.text.load(self.base(array), start, dtype, narrow)
            result.append((self._widened(x, narrow, width, dtype), inside))
        return result

    def _widened(self, x: str, narrow: int, width: int, dtype: np.dtype) -> str:
        if narrow == width:
            return x
        if narrow == 1:
            return self.text.splat(x, dtype, width)
        return self._shuffled(x, "poison", [*range(narrow), *[-1] * (width - narrow)], narrow, dtype)

    def _joined(self, a: Held, b: Held, width: int, dtype: np.dtype) -> Held:
        (first, left), (second, right) = a, b
        order = [left[i] if i in left else width + right[i] if i in right else -1 for i in range(width)]
        return self._shuffled(first, second, order, width, dtype), {i: i for i in (*left, *right)}

    def _shuffled(self, a: str, b: str, order: Sequence[int], width: int, dtype: np.dtype) -> str:
        t = type_of(dtype, width)
        mask = ", ".join("i32 poison" if i < 0 else f"i32 {i}" for i in order)
        return self.text.new(f"shufflevector {t} {a}, {t} {b}, <{len(order)} x i32> <{mask}>")


def windows(positions: set[int], width: int, n: int) -> list[int]:
    """Where registers begin that hold all positions of an array of n entries."""
    low, high = min(positions), max(positions)
    if high - low < width:
        aligned = low // width * width
        fits = high < aligned + width <= n
        return [aligned if fits else min(low, n - width)]
    starts: list[int] = []
    for p in sorted(positions):
        if not starts or p >= starts[-1] + width:
            starts.append(min(p // width * width, n - width))
    return starts


def vector(numbers: np.ndarray, dtype: np.dtype) -> str:
    """A constant register."""
    if len(numbers) == 1 or np.all(numbers == numbers[0]):
        return literal(numbers[0], dtype, len(numbers))
    return "<" + ", ".join(f"{TYPES[dtype.char]} {literal(x, dtype)}" for x in numbers) + ">"
