"""Products of single series in several variables: short convolutions of rows, in vectors.

A monomial is a *prefix* (the powers of all variables but the last two) and a *row*, the monomials of degree m in the
last two, m + 1 numbers that also stand together in the package's own order of coefficients. Then

    z[γ, m] = Σ_{α+β=γ} Σ_{i+j=m} u[α, i] ∗ v[β, j]

where ∗ is the convolution of two rows: for each number of the shorter row, that number times the longer row moved
along. Rows are copied to a *padded* array, each with zeros on both sides, so that a moved row is one load. Rows of up
to eight numbers have straight code, longer ones loops. Zeros times inf give nan in neighbours: callers test for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from taylorad.compile.multivariate.tables import STRAIGHT, Field
from taylorad.compile.multivariate.text import Function

TILES = (1, 2, 3, 4)  # vectors of a long row that are kept in registers at once
CHAINS = 4  # independent sums hide the latency of an addition


def row(m: int) -> int:
    """Where the row of degree m ≤ STRAIGHT begins in a prefix's part of a padded array."""
    return m * (m + 1)


@dataclass(frozen=True)
class Form:
    """What the text depends on.

    Attributes
    ----------
    number : str
        "double" or "float".
    lanes : int
        Numbers in the widest vector.
    square : bool
        Whether the two operands are one.
    narrow : bool
        Whether places in a padded array are below 2¹⁶, and pairs of them 32 bits.
    """

    number: str
    lanes: int
    square: bool
    narrow: bool


class _Code(Function):
    """A function with the parameters s, z, u, v (without v for a square), and some integers."""

    def __init__(self, name: str, form: Form, integers: list[str]):
        pointers = ["s", "z", "u"] if form.square else ["s", "z", "u", "v"]
        super().__init__(name, [*(("ptr", p) for p in pointers), *(("i64", i) for i in integers)], form.number)
        self.form = form
        self.second = "%u" if form.square else "%v"


def short_text(form: Form) -> str:
    """`part(s, z, u, v, k)`: the rows of degree below STRAIGHT in part k of u v; u and v padded, z not.

    With `square`, u u from `part(s, z, u, k)`. For k ≥ STRAIGHT the function at `Field.LONG` is called for the rest.
    """
    rows = [_straight(f"rows{m}", (m,), form) for m in range(STRAIGHT)]
    return "\n".join([*rows, _part(form)])


def whole_text(form: Form) -> str:
    """`whole(s, z, u, v)`: all parts; for rows of degree below STRAIGHT every list of pairs is read once only.

    For the others the function at `Field.LONG` is called.
    """
    rows = [_straight(f"rows{m}", tuple(range(m + 1)), form) for m in range(STRAIGHT)]
    return "\n".join([*rows, _whole(form)])


def long_text(form: Form) -> str:
    """`long(s, z, u, v, k)`: the rows of degree STRAIGHT and above in part k."""
    tiles = [_tile(vectors, form) for vectors in TILES]
    return "\n".join([*tiles, _long(form), "declare i64 @llvm.smin.i64(i64, i64)", ""])


class _Sums:
    """Some vectors of running totals, used in turn."""

    def __init__(self, code: _Code, width: int, vectors: int, chains: int):
        self.code, self.width, self.turn = code, width, 0
        self.chains = [[code.slot(code.kind(width)) for _ in range(vectors)] for _ in range(chains)]

    def clear(self) -> None:
        for chain in self.chains:
            for slot in chain:
                self.code.put(slot, self.code.kind(self.width), "zeroinitializer" if self.width > 1 else "0.0")

    def add(self, number: str, longer: str, offset: str | int) -> None:
        """Add the number at an address times the row at another, moved by an offset."""
        code, chain = self.code, self.chains[self.turn % len(self.chains)]
        factor = code.broadcast(code.load(number), self.width)
        start = code.at(longer, offset)
        for v, slot in enumerate(chain):
            code.accumulate(slot, factor, code.load(code.at(start, v * self.width), self.width), self.width)
        self.turn += 1

    def totals(self) -> list[str]:
        code, kind = self.code, self.code.kind(self.width)
        sums = [code.get(slot, kind) for slot in self.chains[0]]
        for chain in self.chains[1:]:
            sums = [code.operate("fadd", x, code.get(s, kind), self.width) for x, s in zip(sums, chain, strict=True)]
        return sums


# ------------------------------------------------------------------------------------------------------ short rows


def _shape(m: int, lanes: int) -> tuple[int, int]:
    """Width of a vector, and how many of them hold m + 1 numbers."""
    width = 1
    while width < min(m + 1, lanes):
        width *= 2
    return width, -(-(m + 1) // width)


def _straight(name: str, degrees: tuple[int, ...], form: Form) -> str:
    """The rows of some degrees of all prefixes of degree d."""
    code = _Code(name, form, ["d"])
    shapes = [_shape(m, form.lanes) for m in degrees]
    chains = max(1, CHAINS // sum(vectors for _, vectors in shapes))
    sums = [_Sums(code, *shape, chains) for shape in shapes]

    def add_pairs(begin: str, end: str, step: int) -> None:
        with code.loop(begin, end, step) as t:
            for i in range(step):
                x, y = _pair(code, code.add(t, i))
                for m, total in zip(degrees, sums, strict=True):
                    _convolve_rows(code, total, m, x, y)

    with _prefixes(code) as (g, begin, end):
        for total in sums:
            total.clear()
        length = code.subtract(end, begin)
        count = code.shift(length, 1) if form.square else length
        end = code.add(begin, count)
        unrolled = max(1, CHAINS // sum((m + 1) * (m + 2) // 2 for m in degrees))
        middle = begin
        if unrolled > 1:
            middle = code.add(begin, code.new(f"and i64 {count}, {-unrolled}"))
            add_pairs(begin, middle, unrolled)
        add_pairs(middle, end, 1)
        finished = _twice_and_middle(code, sums, degrees, length, end) if form.square else [x.totals() for x in sums]
        for m, totals, (width, _) in zip(degrees, finished, shapes, strict=True):
            _write(code, _row(code, g, m), totals, width, m + 1)
    return code.finish()


def _convolve_rows(code: _Code, sums: _Sums, m: int, x: str, y: str) -> None:
    for i in range(m + 1):
        shorter, longer, first, second = (x, y, i, m - i) if i <= m - i else (y, x, m - i, i)
        for e in range(first + 1):
            sums.add(code.at(shorter, row(first) + e), longer, row(second) - e)


def _twice_and_middle(
    code: _Code, sums: list[_Sums], degrees: tuple[int, ...], length: str, half: str
) -> list[list[str]]:
    """Twice the sums, and the square of the prefix that is half of the target, if there is one."""
    middles = [_Sums(code, total.width, len(total.chains[0]), 1) for total in sums]
    for middle in middles:
        middle.clear()
    with code.when(code.new(f"trunc i64 {length} to i1")):
        x, _ = _pair(code, half)
        for m, total, middle in zip(degrees, sums, middles, strict=True):
            for i in range((m + 1) // 2):
                for e in range(i + 1):
                    total.add(code.at(x, row(i) + e), x, row(m - i) - e)
            if m % 2 == 0:
                for e in range(m // 2 + 1):
                    middle.add(code.at(x, row(m // 2) + e), x, row(m // 2) - e)
    return [_doubled(code, total, middle) for total, middle in zip(sums, middles, strict=True)]


def _doubled(code: _Code, total: _Sums, middle: _Sums) -> list[str]:
    width = total.width
    twice = [code.operate("fadd", t, t, width) for t in total.totals()]
    return [code.operate("fadd", t, c, width) for t, c in zip(twice, middle.totals(), strict=True)]


# ------------------------------------------------------------------------------------------------------- long rows


def _tile(vectors: int, form: Form) -> str:
    """Entries t, t + 1, … (as many as `vectors` hold) of all rows of degree m of the prefixes of degree d."""
    code = _Code(f"tile{vectors}", form, ["d", "m", "t"])
    lanes, square = form.lanes, form.square
    sums = _Sums(code, lanes, vectors, 2)
    room = code.new(f"alloca [{vectors * lanes} x {form.number}], align 64")
    left = code.subtract(code.add("%m", 1), "%t")
    count = code.new(f"call i64 @llvm.smin.i64(i64 {left}, i64 {vectors * lanes})")
    with _prefixes(code) as (g, begin, end):
        sums.clear()
        if square:
            length = code.subtract(end, begin)
            end = code.add(begin, code.shift(length, 1))
        with code.loop(begin, end) as t:
            x, y = _pair(code, t)
            _unequal_rows(code, sums, x, y)
            _equal_rows(code, sums, x, y)
        totals = sums.totals()
        if square:
            totals = _twice_and_middle_of_tile(code, sums, length, end)
        for v, total in enumerate(totals):
            code.store(total, code.at(room, v * lanes), lanes)
        target = code.at(_row(code, g, "%m"), "%t")
        with code.loop(0, count) as i:
            code.store(code.load(code.at(room, i)), code.at(target, i))
    return code.finish()


def _unequal_rows(code: _Code, sums: _Sums, x: str, y: str) -> None:
    """Rows of degrees i < m − i of either operand times those of degree m − i of the other."""
    both = x != y
    rows = code.pointer("%s", Field.ROWS)
    with code.loop(0, code.shift(code.add("%m", 1), 1)) as i:
        first, second = code.integer(rows, i), code.integer(rows, code.subtract("%m", i))
        second = code.add(second, "%t")
        short, long = (code.at(x, first), code.at(y, second)), (code.at(y, first), code.at(x, second))
        with code.loop(0, code.add(i, 1)) as e:
            back = code.subtract(0, e)
            sums.add(code.at(short[0], e), short[1], back)
            if both:
                sums.add(code.at(long[0], e), long[1], back)


def _equal_rows(code: _Code, sums: _Sums, x: str, y: str) -> None:
    odd = code.new("trunc i64 %m to i1")
    with code.when(code.new(f"xor i1 {odd}, true")):
        half = code.shift("%m", 1)
        start = code.integer(code.pointer("%s", Field.ROWS), half)
        short, long = code.at(x, start), code.at(y, code.add(start, "%t"))
        with code.loop(0, code.add(half, 1)) as e:
            sums.add(code.at(short, e), long, code.subtract(0, e))


def _twice_and_middle_of_tile(code: _Code, sums: _Sums, length: str, half: str) -> list[str]:
    middle = _Sums(code, sums.width, len(sums.chains[0]), 1)
    middle.clear()
    with code.when(code.new(f"trunc i64 {length} to i1")):
        x, _ = _pair(code, half)
        _unequal_rows(code, sums, x, x)
        _equal_rows(code, middle, x, x)
    return _doubled(code, sums, middle)


# ------------------------------------------------------------------------------------------------------ whole parts


def _operands(form: Form) -> str:
    return "ptr %s, ptr %z, ptr %u" + ("" if form.square else ", ptr %v")


def _part(form: Form) -> str:
    code = _Code("part", form, ["k"])
    for m in range(STRAIGHT):
        with code.when(code.less("%k", m, "sge")):
            code.line(f"call void @rows{m}({_operands(form)}, i64 {code.subtract('%k', m)})")
    with code.when(code.less("%k", STRAIGHT, "sge")):
        long = code.pointer("%s", Field.SQUARE_LONG if form.square else Field.LONG)
        code.line(f"call void {long}({_operands(form)}, i64 %k)")
    return code.finish()


def _whole(form: Form) -> str:
    code = _Code("whole", form, [])
    order = code.integer("%s", Field.ORDER)
    for m in range(STRAIGHT - 1):
        with code.when(code.less(order, m, "sge")):
            code.line(f"call void @rows{m}({_operands(form)}, i64 {code.subtract(order, m)})")
    with code.loop(0, code.subtract(order, STRAIGHT - 2)) as d:
        code.line(f"call void @rows{STRAIGHT - 1}({_operands(form)}, i64 {d})")
    with code.when(code.less(order, STRAIGHT, "sge")):
        long = code.pointer("%s", Field.SQUARE_LONG if form.square else Field.LONG)
        with code.loop(STRAIGHT, code.add(order, 1)) as k:
            code.line(f"call void {long}({_operands(form)}, i64 {k})")
    return code.finish()


def _long(form: Form) -> str:
    code = _Code("long", form, ["k"])
    tile = form.lanes * TILES[-1]
    with code.loop(0, code.subtract("%k", STRAIGHT - 1)) as d:
        m = code.subtract("%k", d)
        with code.loop(0, code.add(m, 1), tile) as t:
            left = code.subtract(m, t)
            for vectors in TILES:
                fits = code.less(left, (vectors - 1) * form.lanes, "sge")
                if vectors < TILES[-1]:
                    fits = code.new(f"and i1 {fits}, {code.less(left, vectors * form.lanes)}")
                with code.when(fits):
                    code.line(f"call void @tile{vectors}({_operands(form)}, i64 {d}, i64 {m}, i64 {t})")
    return code.finish()


# ---------------------------------------------------------------------------------------------------------- pieces


@contextmanager
def _prefixes_of(code: _Code, d: str) -> Iterator[str]:
    """A loop over the numbers of the prefixes of degree d."""
    first = code.pointer("%s", Field.FIRST)
    with code.loop(code.integer(first, d), code.integer(first, code.add(d, 1))) as g:
        yield g


@contextmanager
def _prefixes(code: _Code) -> Iterator[tuple[str, str, str]]:
    """The same for degree %d, with the places where a prefix's list of pairs begins and ends."""
    lists = code.pointer("%s", Field.LISTS)
    with _prefixes_of(code, "%d") as g:
        yield g, code.integer(lists, g), code.integer(lists, code.add(g, 1))


def _row(code: _Code, g: str, m: int | str) -> str:
    """Address in z of the row of degree m of prefix g."""
    place = code.new(f"add i64 {code.times(g, code.add(code.integer('%s', Field.ORDER), 1))}, {m}")
    return code.at("%z", code.integer(code.pointer("%s", Field.RUNS), place, "i32"))


def _pair(code: _Code, t: str) -> tuple[str, str]:
    """Addresses of the two prefixes of pair t."""
    bits = 16 if code.form.narrow else 32
    packed = code.integer(code.pointer("%s", Field.PAIRS), t, f"i{2 * bits}")
    first = code.new(f"and i64 {packed}, {(1 << bits) - 1}")
    return code.at("%u", first), code.at(code.second, code.shift(packed, bits))


def _pieces(length: int, lanes: int) -> list[tuple[int, int]]:
    """`length` numbers as (start, width) of vectors."""
    pieces, start, width = [], 0, lanes
    while start < length:
        while width > length - start:
            width //= 2
        pieces.append((start, width))
        start += width
    return pieces


def _write(code: _Code, target: str, totals: list[str], width: int, length: int) -> None:
    """Store the first `length` of the numbers in some vectors."""
    for i, total in enumerate(totals):
        for start, piece in _pieces(min(width, length - i * width), width):
            value = total
            if piece < width:
                chosen = ", ".join(f"i32 {start + j}" for j in range(piece))
                kind = code.kind(width)
                if piece == 1:
                    value = code.new(f"extractelement {kind} {total}, i64 {start}")
                else:
                    value = code.new(f"shufflevector {kind} {total}, {kind} poison, <{piece} x i32> <{chosen}>")
            code.store(value, code.at(target, i * width + start), piece)
