"""Sums and products of matrices of intervals: loops that add up while rounding upward.

A sum keeps what rounding added (it is below 0) as a second sum: where t is s + x rounded upward, s + x = t + (x + (s
- t)), so the last t plus all those x + (s - t), rounded upward, bounds the sum of the x. It is nearly always the
tightest bound, if x and s are exchanged where x is larger.

A product of bounded intervals a·b has two candidates for each end: sup = max(sup a·u, inf a·v), where u is sup b, but
inf b if a ≤ 0, and v is inf b, but sup b if a ≥ 0; -inf is the same with -sup a, -inf a and the other ends of b. A
fused operation adds each candidate to the sum, so there is one rounding for every term.
"""

from __future__ import annotations

from math import inf, nan

from taylorad.compile.intervals import operations
from taylorad.compile.intervals.text import Pair, Upward, Value, widest

ROWS = [("ptr", "in"), ("ptr", "steps"), ("ptr", "out"), ("i64", "terms"), ("i64", "inner"), ("i64", "outer")]
MATMUL = [("ptr", "in"), ("ptr", "out"), ("i64", "rows"), ("i64", "terms"), ("i64", "columns")]
BLOCK = 4  # vectors of a row that are summed at once

# ------------------------------------------------------------------------------------------------------------ sums


class _Sum:
    """A sum and what its rounding added, in variables."""

    def __init__(self, f: Upward) -> None:
        self.f, self.type = f, f.type
        self.total, self.rest = f.slot(f.type), f.slot(f.type)
        self.clear()

    def clear(self) -> None:
        for slot in (self.total, self.rest):
            self.f.put(slot, self.type, self.f.constant(0.0))

    def add(self, x: Value) -> None:
        f, before = self.f, self.f.get(self.total, self.type)
        after = f.plus(before, x)
        ordered = f.compare("oge", f.magnitude(before), f.magnitude(x))  # then the differences are nearly always exact
        large, small = f.choose(ordered, before, x), f.choose(ordered, x, before)
        f.put(self.total, self.type, after)
        self.add_rest(f.plus(small, f.minus(large, after)))

    def add_rest(self, x: Value) -> None:
        self.f.put(self.rest, self.type, self.f.plus(self.f.get(self.rest, self.type), x))

    def result(self) -> Value:
        """nan if there was one among the terms; an infinite sum has lost its rest."""
        f, total = self.f, self.f.get(self.total, self.type)
        found = f.plus(total, f.get(self.rest, self.type))
        found = f.choose(f.compare("uno", found, found), f.constant(inf), found)
        return f.choose(f.compare("uno", total, total), f.constant(nan), found)


def sum_text() -> str:
    """`loop` for sums over the middle axis of arrays (outer, terms, inner); with outer > 1 they are in C order.

    Rows are in C order, and the table `steps` says how many doubles they are apart.
    """
    f = Upward("loop", ROWS)
    arrays, results = ([f.pointer(table, k) for k in range(2)] for table in ("%in", "%out"))
    steps = [f.integer("%steps", k) for k in range(2)]
    joined = f.new(f"or i64 {f.new(f'xor i64 {steps[0]}, 1')}, {f.new(f'xor i64 {steps[1]}, 1')}")
    joined = f.new(f"or i64 {joined}, {f.new('xor i64 %inner, 1')}")
    single = f.new(f"icmp eq i64 {joined}, 0")  # numbers one after another
    with f.loop("0", "%outer") as i:
        bases = [f.at(a, f.times(i, f.times("%terms", "%inner"))) for a in arrays]
        places = [f.at(r, f.times(i, "%inner")) for r in results]
        with f.when(single):
            _sum_row(f, bases, places)
        with f.when(f.new(f"xor i1 {single}, true")):
            _sum_columns(f, list(zip(bases, steps, strict=True)), places)
    return f.finish()


def _sum_row(f: Upward, bases: list[Value], places: list[Value]) -> None:
    lanes = widest()
    whole = f.new(f"and i64 %terms, {-lanes}")
    f.lanes = lanes
    sums = [_Sum(f) for _ in range(2)]
    with f.loop("0", whole, lanes) as j:
        _add_terms(f, sums, [f.at(b, j) for b in bases])
    f.lanes = 1
    singles = [_Sum(f) for _ in range(2)]
    with f.loop(whole, "%terms") as j:
        _add_terms(f, singles, [f.at(b, j) for b in bases])
    copies = [[f.copy(slot, s.type) for slot in (s.total, s.rest)] for s in sums]
    with f.loop("0", str(lanes)) as j:
        for one, (total, rest) in zip(singles, copies, strict=True):
            one.add(f.load(f.at(total, j)))
            one.add_rest(f.load(f.at(rest, j)))
    _store(f, [s.result() for s in singles], places)


def _sum_columns(f: Upward, rows: list[tuple[Value, Value]], places: list[Value]) -> None:
    lanes = widest()
    whole = f.new(f"and i64 %inner, {-lanes}")
    for begin, end, width in (("0", whole, lanes), (whole, "%inner", 1)):
        f.lanes = width
        sums = [_Sum(f) for _ in range(2)]
        with f.loop(begin, end, width) as column:
            for s in sums:
                s.clear()
            with f.loop("0", "%terms") as j:
                _add_terms(f, sums, [f.at(b, f.add(f.times(j, step), column)) for b, step in rows])
            _store(f, [s.result() for s in sums], [f.at(p, column) for p in places])
    f.lanes = 1


def _add_terms(f: Upward, sums: list[_Sum], addresses: list[Value]) -> None:
    low, high = (f.load(a, f.lanes) for a in addresses)
    sums[0].add(f.opposite(low))
    sums[1].add(high)


def _store(f: Upward, ends: list[Value], places: list[Value]) -> None:
    f.store(f.opposite(ends[0]), places[0], f.lanes)
    f.store(ends[1], places[1], f.lanes)


# -------------------------------------------------------------------------------------------- products of vectors


def dot_text() -> str:
    """`loop` for Σ_j a_j b_j, of arrays (terms, inner) whose rows are in C order, `steps` doubles apart; outer is 1."""
    f = Upward("loop", ROWS)
    arrays = [(f.pointer("%in", k), f.integer("%steps", k)) for k in range(4)]
    results = [f.pointer("%out", k) for k in range(2)]
    lanes = widest()
    whole = f.new(f"and i64 %inner, {-lanes}")
    for begin, end, width in (("0", whole, lanes), (whole, "%inner", 1)):
        f.lanes = width
        slots = [f.slot(f.type) for _ in range(2)]
        with f.loop(begin, end, width) as column:
            for s in slots:
                f.put(s, f.type, f.constant(0.0))
            with f.loop("0", "%terms") as j:
                ends = [f.load(f.at(f.at(a, f.times(j, stride)), column), width) for a, stride in arrays]
                a, b = (Pair(f.opposite(ends[k]), ends[k + 1]) for k in (0, 2))
                found = operations.fma(f, a, b, Pair(*(f.get(s, f.type) for s in slots)))
                f.put(slots[0], f.type, found.minus_inf)
                f.put(slots[1], f.type, found.sup)
            _store(f, [f.get(s, f.type) for s in slots], [f.at(r, column) for r in results])
    return f.finish()


# ------------------------------------------------------------------------------------------- products of matrices


def matmul_text() -> str:
    """`loop` for the product of bounded matrices in C order."""
    f = Upward("loop", MATMUL)
    arrays = [f.pointer("%in", k) for k in range(4)]
    results = [f.pointer("%out", k) for k in range(2)]
    lanes = widest()
    blocks = f.new(f"and i64 %columns, {-BLOCK * lanes}")
    vectors = f.new(f"and i64 %columns, {-lanes}")
    with f.loop("0", "%rows") as i:
        row = [f.at(a, f.times(i, "%terms")) for a in arrays[:2]]
        places = [f.at(r, f.times(i, "%columns")) for r in results]
        for begin, end, width, count in (
            ("0", blocks, lanes, BLOCK),
            (blocks, vectors, lanes, 1),
            (vectors, "%columns", 1, 1),
        ):
            f.lanes = width
            _row_times_columns(f, row, arrays[2:], places, begin, end, count)
    return f.finish()


def _row_times_columns(
    f: Upward, row: list[Value], columns: list[Value], places: list[Value], begin: str, end: str, count: int
) -> None:
    width = f.lanes
    slots = [[f.slot(f.type) for _ in range(2)] for _ in range(count)]
    with f.loop(begin, end, width * count) as column:
        for slot in (s for pair in slots for s in pair):
            f.put(slot, f.type, f.constant(0.0))
        with f.loop("0", "%terms") as j:
            f.lanes = 1
            low, high = (f.load(f.at(a, j)) for a in row)
            bases = _candidates(f, low, high, columns)
            f.lanes = width
            factors = [f.broadcast(x, width) for x in (f.negative(low), f.negative(high), low, high)]
            offset = f.add(f.times(j, "%columns"), column)
            starts = [f.at(base, offset) for base in bases]
            for k, pair in enumerate(slots):
                ends = [f.load(f.at(s, k * width), width) for s in starts]
                for slot, i in ((pair[0], 0), (pair[1], 2)):
                    total = f.get(slot, f.type)
                    first, second = (f.fused(factors[n], ends[n], total) for n in (i, i + 1))
                    f.put(slot, f.type, f.larger(first, second))
        for k, pair in enumerate(slots):
            at = [f.at(p, f.add(column, k * width)) for p in places]
            _store(f, [f.get(s, f.type) for s in pair], at)


def _candidates(f: Upward, low: Value, high: Value, columns: list[Value]) -> list[Value]:
    """Where the ends of b begin that -inf a, -sup a, inf a and sup a are multiplied with."""
    inf_b, sup_b = columns
    zero = f.constant(0.0)
    positive, negative = f.compare("oge", low, zero), f.compare("ole", high, zero)
    choices = ((positive, inf_b, sup_b), (negative, sup_b, inf_b), (positive, sup_b, inf_b), (negative, inf_b, sup_b))
    return [f.new(f"select i1 {condition}, ptr {x}, ptr {y}") for condition, x, y in choices]
