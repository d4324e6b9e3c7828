"""Integer powers of intervals, by squaring and multiplying in twice the precision.

A bound is an unevaluated sum H + L ≥ s ``|x|``ᵏ, with s the sign of H: for a power of an inf this is done with -inf, so
that every step rounds upward. L collects what H's rounding added (a product less its rounded value is a double, found
by a fused operation), and only H + L is rounded at the end. So the result is the tightest one unless xⁿ is within
about n²·2⁻¹⁰⁵ of a double, relatively, without being one, or H or L underflows. L ≤ 0 throughout.

For negative exponents an end is an upper bound of -1/(H + L), H + L from the other end. q = -1/H rounded upward is one,
and so is the double q' below it if ``|q'|`` (H + L) ≤ s, which two fused operations decide.
"""

from __future__ import annotations

from math import inf

from taylorad.compile.intervals.loops import PARAMETERS, operand
from taylorad.compile.intervals.operations import absolute, unless
from taylorad.compile.intervals.text import Pair, Upward, Value, widest


class _Bound:
    """H + L in variables."""

    def __init__(self, f: Upward, start: Value) -> None:
        self.f, self.size = f, f.magnitude(start)
        self.high, self.low = f.slot(f.type), f.slot(f.type)
        f.put(self.high, f.type, start)
        f.put(self.low, f.type, f.constant(0.0))

    def get(self) -> tuple[Value, Value]:
        return self.f.get(self.high, self.f.type), self.f.get(self.low, self.f.type)

    def put(self, product: Value, low: Value) -> None:
        self.f.put(self.high, self.f.type, product)
        self.f.put(self.low, self.f.type, low)

    def square(self) -> None:
        """(H + L)²; for the negative of a power L² is left out, which moves the bound upward."""
        f, (high, low) = self.f, self.get()
        size = f.magnitude(high)
        product = f.product(high, size)
        error = f.fused(high, size, f.opposite(product))
        mixed = f.fused(size, f.plus(low, low), error)
        positive = f.compare("ogt", high, f.constant(0.0))
        last = f.choose(positive, f.product(low, low), f.constant(0.0))
        self.put(product, f.plus(mixed, last))

    def multiply(self) -> None:
        """(H + L) ``|x|``."""
        f, (high, low) = self.f, self.get()
        product = f.product(high, self.size)
        error = f.fused(high, self.size, f.opposite(product))
        self.put(product, f.fused(low, self.size, error))

    def result(self) -> Value:
        """H + L rounded upward."""
        f, (high, low) = self.f, self.get()
        endless = f.compare("oeq", high, f.constant(inf))
        return f.choose(endless, f.constant(inf), f.plus(high, low))

    def reciprocal(self) -> Value:
        """-1/(H + L) rounded upward; infinity for 0."""
        f, (high, low) = self.f, self.get()
        zero, one = f.constant(0.0), f.constant(1.0)
        total = f.plus(high, low)
        rest = f.plus(f.minus(high, total), low)
        found = f.quotient(f.opposite(one), total)
        positive = f.compare("ogt", total, zero)
        for _ in range(2):  # L is less than a step, so that q is at most two steps too large
            size = f.magnitude(found)
            next_size = f.choose(positive, f.above(size), f.below(size))
            left = f.fused(next_size, total, f.choose(positive, f.opposite(one), one))
            valid = f.compare("ole", f.fused(next_size, rest, left), zero)
            found = f.choose(valid, f.choose(positive, f.opposite(next_size), next_size), found)
        found = f.choose(f.compare("oeq", high, f.constant(inf)), zero, found)
        return f.choose(f.compare("oeq", total, zero), f.constant(inf), found)


def power_text(negative: bool) -> str:
    """`loop` for powers: the third array holds the bits of n ≥ 1, an integer; the exponent is n or -n."""
    f = Upward("loop", PARAMETERS)
    lanes = widest()
    ends = [operand(f, k, lanes) for k in range(2)]
    results = [f.pointer("%out", k) for k in range(2)]
    n = f.integer(f.pointer("%in", 2), 0)
    odd = f.new(f"trunc i64 {n} to i1")
    zeros = f.new(f"call i64 @llvm.ctlz.i64(i64 {n}, i1 true)")
    steps = f.subtract(63, zeros)
    whole = f.new(f"and i64 %count, {-lanes}")
    for begin, end, width in (("0", whole, lanes), (whole, "%count", 1)):
        f.lanes = width
        with f.loop(begin, end, width) as i:
            low, high = (f.load(f.at(base, f.times(i, step)), width) for base, step in ends)
            x = Pair(f.opposite(low), high)
            bounds = _power(f, x, n, odd, steps)
            found = _reciprocal(f, x, odd, bounds) if negative else Pair(*(b.result() for b in bounds))
            found = unless(f, f.compare("uno", x.sup, x.sup), found)
            f.store(f.opposite(found.minus_inf), f.at(results[0], i), width)
            f.store(found.sup, f.at(results[1], i), width)
    return "declare i64 @llvm.ctlz.i64(i64, i1)\n" + f.finish()


def _power(f: Upward, x: Pair, n: Value, odd: Value, steps: Value) -> list[_Bound]:
    even = absolute(f, x)
    start = [f.new(f"select i1 {odd}, {f.type} {p}, {f.type} {q}") for p, q in zip(_ends(x), _ends(even), strict=True)]
    bounds = [_Bound(f, s) for s in start]
    with f.loop("0", steps) as i:
        for bound in bounds:
            bound.square()
        place = f.subtract(f.subtract(steps, 1), i)
        with f.when(f.new(f"trunc i64 {f.new(f'lshr i64 {n}, {place}')} to i1")):
            for bound in bounds:
                bound.multiply()
    return bounds


def _reciprocal(f: Upward, x: Pair, odd: Value, bounds: list[_Bound]) -> Pair:
    """The whole line for an odd power with 0 inside; empty for [0, 0]."""
    zero = f.constant(0.0)
    found = Pair(bounds[1].reciprocal(), bounds[0].reciprocal())
    inside = f.both(f.compare("ogt", x.minus_inf, zero), f.compare("ogt", x.sup, zero))
    every = odd if f.lanes == 1 else f.broadcast_truth(odd)
    found = unless(f, f.both(inside, every), found, inf)
    return unless(f, f.both(f.compare("oeq", x.minus_inf, zero), f.compare("oeq", x.sup, zero)), found)


def _ends(x: Pair) -> tuple[Value, Value]:
    return x.minus_inf, x.sup
