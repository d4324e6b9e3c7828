"""What operations on whole series are made of: room for series, copies, loops over parts, products of parts.

Every operation is `i32 run(s, numbers, inputs, outputs, batch)`: `s` are the tables of a structure, `numbers` the
coefficients of the equation that are not integers; the unknowns' degree-0 parts, of shape (batch,), follow the
arguments. `i32 run_one(inputs, outputs)` is the same for one series, with numbers and tables as last inputs. `width`
series are worked on at a time, and arrays have the shape (terms, batch). One at a time (width 1) it is (batch, terms),
and operands of products are also kept in padded arrays (see `rows`). The result is 1 if a coefficient that came out is
not finite: then entries may be nan where inf met a zero that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from taylorad.compile.multivariate.tables import Field
from taylorad.compile.multivariate.text import Function

Written = tuple[str, set[Field]]
"""The text of an operation, and the functions it calls by way of the tables."""

PARAMETERS = [("ptr", "s"), ("ptr", "numbers"), ("ptr", "inputs"), ("ptr", "outputs"), ("i64", "batch")]
RUN_ONE = """
declare i64 @llvm.smin.i64(i64, i64)
define i32 @run_one(ptr %inputs, ptr %outputs) {{
  %n = getelementptr ptr, ptr %inputs, i64 {numbers}
  %s = getelementptr ptr, ptr %inputs, i64 {tables}
  %a = load ptr, ptr %n
  %b = load ptr, ptr %s
  %r = call i32 @run(ptr %b, ptr %a, ptr %inputs, ptr %outputs, i64 1)
  ret i32 %r
}}
"""


@dataclass
class Series:
    """Where the coefficients of one series stand, in the package's order and, if need be, padded."""

    place: str
    padded: str | None = None


class Operation:
    """Writes one operation.

    Parameters
    ----------
    number : str
        "double" or "float".
    width : int
        How many series are worked on at a time.
    vector : int
        Numbers in a vector where entries are treated alike.

    Attributes
    ----------
    functions : set of Field
        What the operation calls.
    """

    def __init__(self, number: str, width: int, vector: int):
        self.code = Function("run", PARAMETERS, number, "i32")
        self.width, self.vector = width, vector
        code = self.code
        self.order, self.size = code.integer("%s", Field.ORDER), code.integer("%s", Field.SIZE)
        self.starts = code.pointer("%s", Field.STARTS)
        self.length = code.times(self.size, width)
        self.padded = code.integer("%s", Field.PADDED)
        self.functions: set[Field] = set()
        self.spaces: list[tuple[str, str]] = []

    # ------------------------------------------------------------------------------------------------------- memory

    def series(self, place: str = "", padded: bool = False) -> Series:
        """Room for a series, or that of one that has some already."""
        return Series(
            place or self._space(self.length), self._space(self.padded) if padded and self.width == 1 else None
        )

    def _space(self, length: str) -> str:
        name = f"%room{len(self.spaces)}"
        self.spaces.append((name, length))
        return name

    def text(
        self,
        inputs: int,
        outputs: int,
        body: Callable[[list[str], list[str]], None],
        *,
        checked: bool = True,
        started: bool = False,
    ) -> Written:
        """The code that runs `body` on the places of inputs and outputs, `width` series at a time.

        The results are `checked` for nan and inf; they may be `started` with degree-0 parts among the inputs.
        """
        code = self.code
        ins, outs = [f"%input{i}" for i in range(inputs)], [f"%output{i}" for i in range(outputs)]
        own = [self._space(self.length) for _ in range(inputs + outputs if self.width > 1 else 0)]
        bad = code.slot("i32")
        inner = self._apart(lambda: body(ins, outs), lambda: self._check(outs, bad) if checked else None)
        code.put(bad, "i32", "1")  # no memory
        with self._memory():
            code.put(bad, "i32", "0")
            direct = code.new(f"icmp eq i64 %batch, {self.width}")
            with code.loop(0, "%batch", self.width) as begin:
                last = code.subtract("%batch", self.width)
                lane = code.new(f"call i64 @llvm.smin.i64(i64 {begin}, i64 {last})")
                self._choose(ins, "%inputs", own[:inputs], lane, direct)
                self._choose(outs, "%outputs", own[inputs:], lane, direct)
                self._copies("%inputs", own[:inputs], lane, direct, inwards=True)
                self._start(outs if started else [], inputs, lane)
                self._insert(inner)
                self._copies("%outputs", own[inputs:], lane, direct, inwards=False)
        status, given = code.get(bad, "i32"), inputs + started * outputs
        return code.finish(f"i32 {status}") + RUN_ONE.format(numbers=given, tables=given + 1), self.functions

    def _apart(self, *writers: Callable[[], None]) -> tuple[list[str], str]:
        """The lines that some functions write, from the block "run" on, and the block they end in."""
        code = self.code
        (lines, code.lines), (here, code.here) = (code.lines, []), (code.here, "run")
        for write in writers:
            write()
        (inner, code.lines), (last, code.here) = (code.lines, lines), (code.here, here)
        return inner, last

    def _insert(self, inner: tuple[list[str], str]) -> None:
        code = self.code
        code.line("br label %run")
        code.block("run")
        code.lines += inner[0]
        code.here = inner[1]

    @contextmanager
    def _memory(self) -> Iterator[None]:
        """Run the body if there is memory for all series."""
        code = self.code
        self._allocate()
        with code.when(code.new("icmp ne ptr %memory, null")):
            yield
            code.line(f"call void {code.pointer('%s', Field.FREE)}(ptr %memory)")

    def _allocate(self) -> None:
        code, total = self.code, "0"
        offsets = []
        for _, length in self.spaces:
            offsets.append(total)
            total = code.new(f"add i64 {total}, {length}")
        bytes_each = 4 if code.number == "float" else 8
        code.line(f"%memory = call ptr {code.pointer('%s', Field.MALLOC)}(i64 {code.times(total, bytes_each)})")
        for (name, _), offset in zip(self.spaces, offsets, strict=True):
            code.line(f"{name} = getelementptr {code.number}, ptr %memory, i64 {offset}")

    def _choose(self, names: list[str], table: str, own: list[str], lane: str, direct: str) -> None:
        """Name the places of the series that are worked on."""
        code = self.code
        for i, name in enumerate(names):
            given = code.pointer(table, i)
            if self.width == 1:
                code.line(f"{name} = getelementptr {code.number}, ptr {given}, i64 {code.times(lane, self.size)}")
            else:
                code.line(f"{name} = select i1 {direct}, ptr {given}, ptr {own[i]}")

    def _start(self, outs: list[str], first: int, lane: str) -> None:
        """Copy the degree-0 parts of unknowns from inputs."""
        code = self.code
        for i, out in enumerate(outs):
            start = code.load(code.at(code.pointer("%inputs", first + i), lane), self.width)
            code.store(start, out, self.width)

    def _copies(self, table: str, own: list[str], lane: str, direct: str, inwards: bool) -> None:
        """Copy series from a batch and back, unless they are worked on in place."""
        if own:
            with self.code.when(self.code.new(f"xor i1 {direct}, true")):
                for i, local in enumerate(own):
                    self._copy(self.code.pointer(table, i), local, lane, inwards)

    def _copy(self, array: str, local: str, lane: str, inwards: bool) -> None:
        """Between an array of shape (terms, batch) and one of shape (terms, width)."""
        code = self.code
        array = code.at(array, lane)
        with code.loop(0, self.size) as i:
            outside, inside = code.at(array, code.times(i, "%batch")), code.at(local, code.times(i, self.width))
            source, target = (outside, inside) if inwards else (inside, outside)
            code.store(code.load(source, self.width), target, self.width)

    def _check(self, outs: list[str], bad: str) -> None:
        """Note whether some coefficient is not finite: then 0 times it is nan."""
        code = self.code
        sums = {w: code.slot(code.kind(w)) for w in self._widths()}
        for w, slot in sums.items():
            code.put(slot, code.kind(w), "zeroinitializer" if w > 1 else "0.0")
        for out in outs:
            for index, w in self._entries("0", self.length):
                zero = code.broadcast("0.0", w)
                code.accumulate(sums[w], code.load(code.at(out, index), w), zero, w)
        for w, slot in sums.items():
            total = code.get(slot, code.kind(w))
            for i in range(w):
                entry = total if w == 1 else code.new(f"extractelement {code.kind(w)} {total}, i64 {i}")
                wrong = code.new(f"fcmp uno {code.number} {entry}, 0.0")
                code.put(bad, "i32", code.new(f"select i1 {wrong}, i32 1, i32 {code.get(bad, 'i32')}"))

    # ------------------------------------------------------------------------------------------------------ entries

    def _widths(self) -> tuple[int, ...]:
        return (self.vector, 1) if self.width == 1 else (self.width,)

    def _entries(self, begin: str, end: str) -> Iterator[tuple[str, int]]:
        """Loops over entries begin … end − 1, one after the other: yields (index, how many at once)."""
        code = self.code
        for w in self._widths():
            middle = end
            if w == self.vector and self.width == 1:
                whole = code.new(f"and i64 {code.subtract(end, begin)}, {-w}")
                middle = code.add(begin, whole)
            with code.loop(begin, middle, w) as index:
                yield index, w
            begin = middle

    def part_entries(self, k: str) -> Iterator[tuple[str, int]]:
        """The same for the entries of part k."""
        code = self.code
        begin, end = code.integer(self.starts, k), code.integer(self.starts, code.add(k, 1))
        return self._entries(code.times(begin, self.width), code.times(end, self.width))

    def shared(self, value: str, w: int) -> str:
        """A number of each series (a vector of `width`) for w entries."""
        return self.code.broadcast(value, w) if self.width == 1 else value

    def fill(self, x: Series, k: str) -> None:
        """Make part k zero."""
        for index, w in self.part_entries(k):
            zero = "zeroinitializer" if w > 1 else "0.0"
            self.code.store(zero, self.code.at(x.place, index), w)

    def clear(self, every: list[Series]) -> None:
        """Make padded arrays zero."""
        for x in every:
            if x.padded is not None:
                for index, w in self._entries("0", self.padded):
                    zero = "zeroinitializer" if w > 1 else "0.0"
                    self.code.store(zero, self.code.at(x.padded, index), w)

    # ----------------------------------------------------------------------------------------------------- products

    def spread(self, every: list[Series], begin: str, end: str | None = None) -> None:
        """Parts begin … end (or begin only) of some series are known now: put them into the padded arrays, too."""
        pairs = [(x.place, x.padded) for x in every if x.padded is not None]
        if not pairs:
            return
        code, places = self.code, self.code.pointer("%s", Field.PLACES)
        first = code.integer(self.starts, begin)
        last = code.integer(self.starts, code.add(end or begin, 1))
        middle = code.add(first, code.new(f"and i64 {code.subtract(last, first)}, -4"))
        for start, stop, step in ((first, middle, 4), (middle, last, 1)):
            with code.loop(start, stop, step) as e:
                for i in range(step):
                    index = code.add(e, i)
                    target = code.integer(places, index, "i32")
                    for place, padded in pairs:
                        code.store(code.load(code.at(place, index)), code.at(padded, target))

    def convolve(self, z: Series, u: Series, v: Series, k: str) -> None:
        """Part k of u v; parts that are not known yet have to be zero."""
        self._multiply(Field.SQUARE if u is v else Field.PART, z, u, v, f", i64 {k}")

    def multiply(self, z: Series, u: Series, v: Series) -> None:
        """All parts of u v."""
        self._multiply(Field.SQUARE_WHOLE if u is v else Field.WHOLE, z, u, v, "")

    def _multiply(self, field: Field, z: Series, u: Series, v: Series, rest: str) -> None:
        places = [z.place, u.padded or u.place] + ([] if u is v else [v.padded or v.place])
        self.functions.add(field)
        function, listed = self.code.pointer("%s", field), ", ".join(f"ptr {x}" for x in places)
        self.code.line(f"call void {function}(ptr %s, {listed}{rest})")
