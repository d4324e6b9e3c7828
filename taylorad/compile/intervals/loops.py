"""Loops over arrays of intervals: one operation on every element.

The operands come as a table of pointers, -inf's array and sup's array by turns, with a step of 1, or 0 for a single
number, which is copied to a vector of equal numbers. Results are not empty: there is at least one element.
"""

from __future__ import annotations

from collections.abc import Callable

from taylorad.compile.intervals.text import Pair, Upward, widest

PARAMETERS = [("ptr", "in"), ("ptr", "steps"), ("ptr", "out"), ("i64", "count")]


def elementwise_text(operation: Callable[..., Pair], operands: int) -> str:
    """`loop` for an operation."""
    f = Upward("loop", PARAMETERS)
    lanes = widest()
    ends = [operand(f, k, lanes) for k in range(2 * operands)]
    results = [f.pointer("%out", k) for k in range(2)]
    whole = f.new(f"and i64 %count, {-lanes}")
    for begin, end, width in (("0", whole, lanes), (whole, "%count", 1)):
        f.lanes = width
        with f.loop(begin, end, width) as i:
            values = [f.load(f.at(base, f.times(i, step)), width) for base, step in ends]
            pairs = [Pair(f.opposite(values[k]), values[k + 1]) for k in range(0, 2 * operands, 2)]
            found = operation(f, *pairs)
            f.store(f.opposite(found.minus_inf), f.at(results[0], i), width)
            f.store(found.sup, f.at(results[1], i), width)
    return f.finish()


def operand(f: Upward, k: int, lanes: int) -> tuple[str, str]:
    """Where an array is, and its step; a single number is repeated in a vector."""
    base, step = f.pointer("%in", k), f.integer("%steps", k)
    room = f.slot(f"<{lanes} x double>")
    f.put(room, f"<{lanes} x double>", f.broadcast(f.load(base), lanes))
    single = f.new(f"icmp eq i64 {step}, 0")
    return f.new(f"select i1 {single}, ptr {room}, ptr {base}"), step
