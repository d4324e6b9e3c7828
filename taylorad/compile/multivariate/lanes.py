"""Products of many series at once: a vector holds one coefficient of as many series, and pairs of terms are listed."""

from __future__ import annotations

from taylorad.compile.multivariate.tables import Field
from taylorad.compile.multivariate.text import Function

CHAINS = 4  # independent sums hide the latency of an addition


def part_text(number: str, lanes: int, square: bool) -> str:
    """`part(s, z, u, v, k)`: part k of u v, arrays of shape (terms, lanes).

    With `square`, u u from `part(s, z, u, k)`.
    """
    pointers = ["s", "z", "u"] if square else ["s", "z", "u", "v"]
    code = Function("part", [*(("ptr", p) for p in pointers), ("i64", "k")], number)
    kind, v = code.kind(lanes), "%u" if square else "%v"
    starts, terms, pairs = (code.pointer("%s", f) for f in (Field.STARTS, Field.TERMS, Field.TERM_PAIRS))
    sums = [code.slot(kind) for _ in range(CHAINS)]
    with code.loop(code.integer(starts, "%k"), code.integer(starts, code.add("%k", 1))) as r:
        begin, end = code.integer(terms, r), code.integer(terms, code.add(r, 1))
        length = code.subtract(end, begin)
        if square:
            end = code.add(begin, code.shift(length, 1))
            length = code.shift(length, 1)
        for slot in sums:
            code.put(slot, kind, "zeroinitializer")
        middle = code.add(begin, code.new(f"and i64 {length}, {-CHAINS}"))
        with code.loop(begin, middle, CHAINS) as t:
            for i, slot in enumerate(sums):
                code.accumulate(slot, *_factors(code, pairs, code.add(t, i), v, lanes), lanes)
        with code.loop(middle, end) as t:
            code.accumulate(sums[0], *_factors(code, pairs, t, v, lanes), lanes)
        total = code.get(sums[0], kind)
        for slot in sums[1:]:
            total = code.operate("fadd", total, code.get(slot, kind), lanes)
        if square:
            total = _with_middle(code, total, sums[0], r, end, lanes)
        code.store(total, code.at("%z", code.times(r, lanes)), lanes)
    return code.finish()


def _factors(code: Function, pairs: str, t: str, v: str, lanes: int) -> tuple[str, str]:
    packed = code.integer(pairs, t)
    first, second = code.new(f"and i64 {packed}, 4294967295"), code.shift(packed, 32)
    return tuple(code.load(code.at(x, code.times(i, lanes)), lanes) for x, i in (("%u", first), (v, second)))  # type: ignore[return-value]


def _with_middle(code: Function, total: str, slot: str, r: str, half: str, lanes: int) -> str:
    """Twice the sum, and the square of the term that is half of the target, if there is one."""
    kind = code.kind(lanes)
    code.put(slot, kind, code.operate("fadd", total, total, lanes))
    terms, pairs = (code.pointer("%s", f) for f in (Field.TERMS, Field.TERM_PAIRS))
    rest = code.subtract(code.integer(terms, code.add(r, 1)), code.integer(terms, r))
    with code.when(code.new(f"trunc i64 {rest} to i1")):
        code.accumulate(slot, *_factors(code, pairs, half, "%u", lanes), lanes)
    return code.get(slot, kind)
