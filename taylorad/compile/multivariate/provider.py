"""Which operations run as compiled code, and how they are called from Python.

The code of an operation serves all structures: what differs are tables. It is compiled when it is first needed, once
for single series and once for batches. A single series that is worked on often gets a Python function in machine code.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from ctypes import CFUNCTYPE, c_char_p, c_int32, c_int64, c_void_p
from functools import partial
from math import comb
from struct import pack
from typing import Any

import numpy as np

from taylorad.algebras.recurrence import QUIET, divide_block, solve_block
from taylorad.algebras.structure import MultivariateStructure, common_dtype
from taylorad.compile.multivariate import lanes, operations, rows
from taylorad.compile.multivariate.plan import Plan, plan_of
from taylorad.compile.multivariate.tables import STRAIGHT, Field, Tables
from taylorad.compile.native import target
from taylorad.compile.native.build import build
from taylorad.compile.native.entry import entry
from taylorad.rules.equation import Equation

MOST_PAIRS = 1 << 22  # pairs of prefixes, see `rows`; above, the tables would take too much memory
MOST_LISTED = 100_000  # products of terms; above, batches do not stay in the cache, and go one series at a time
WIDTH = {"double": 8, "float": 16}  # series in a batch that are worked on at once
NUMBERS = {np.dtype(np.float64): "double", np.dtype(np.float32): "float"}
Planned = tuple[Plan, list[float]]
BLOCK = 32  # series that are copied together when they are worked on one by one
OFTEN = 20  # calls after which a function in machine code is made for an operation on single series
FLOAT64 = np.dtype(np.float64)


class NativeArithmetic:
    """Compiled products, quotients and solutions of equations; None where NumPy's way is to be used."""

    fewest_products = 2000  # below, NumPy's way takes no longer than the first calls with their compilation

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._known: dict[Hashable, Any] = {}
        self._calls: dict[Hashable, int] = {}
        self._quick: dict[Hashable, Callable] = {}

    def product(self, structure: MultivariateStructure, u: Any, v: Any) -> Any:
        """``u v`` of coefficient arrays of equal shape."""
        kind, operands = ("square", (u,)) if u is v else ("product", (u, v))
        quick = self._quick.get((structure, kind))
        if quick is not None and (result := quick(*operands)) is not None:
            return result
        number = self._number(structure, operands)
        if number is None:
            return None
        results, finite = self._run(structure, number, kind, [], operands, 1)
        return results[0] if finite else None

    def quotient(self, structure: MultivariateStructure, u: Any, v: Any) -> Any:
        """``u / v``, v₀ ≠ 0."""
        quick = self._quick.get((structure, "quotient"))
        if quick is not None and (result := quick(u, v)) is not None:
            return result
        number = self._number(structure, (u, v))
        if number is None:
            return None
        results, finite = self._run(structure, number, "quotient", [], (u, v), 1)
        if not finite:
            _mend(structure, results, (u, v), lambda *operands: [divide_block(structure, *operands)])
        return results[0]

    def solve(self, structure: MultivariateStructure, equation: Equation, arguments: Any, start: Any) -> Any:
        """The unknowns of an equation, a list of coefficient arrays."""
        x = arguments[0]
        planned = self._planned(equation) if x.__class__ is np.ndarray and x.dtype in NUMBERS else None
        if planned is None or (equation.parameters and common_dtype(x, *equation.parameters) != x.dtype):
            return None
        plan, numbers = planned
        operands = (*arguments, *start)
        quick = self._quick.get((structure, plan))
        if quick is not None and (found := quick(*operands, *numbers)) is not None:
            return [found] if len(start) == 1 else list(found)
        number = self._number(structure, arguments)
        if number is None or any(getattr(s, "dtype", None) != x.dtype or s.shape != x.shape[1:] for s in start):
            return None
        results, finite = self._run(structure, number, plan, numbers, operands, len(start))
        if not finite:
            n = len(arguments)
            _mend(structure, results, operands, lambda *x: solve_block(structure, equation, x[:n], x[n:]))
        return results

    # ---------------------------------------------------------------------------------------------------- machinery

    def _number(self, structure: MultivariateStructure, arrays: Sequence[Any]) -> str | None:
        """LLVM's name of the type of all arrays; None if compiled code is not for them."""
        first = arrays[0]
        for a in arrays:
            if a.__class__ is not np.ndarray or a.dtype is not first.dtype or a.shape != first.shape:
                return None
        n, order = structure.variables, structure.order
        if n == 1 or first.size == 0 or comb(2 * n - 4 + order, order) > MOST_PAIRS:
            return None
        return NUMBERS.get(first.dtype)

    def _planned(self, equation: Equation) -> Planned | None:
        """The plan and the numbers of an equation; one without parameters is met again."""
        if equation.parameters:
            return plan_of(equation)
        planned: Planned | None = self._once(equation, lambda: plan_of(equation))
        return planned

    def _run(
        self, structure: Any, number: str, kind: Any, numbers: list[float], inputs: Sequence[Any], count: int
    ) -> tuple[list, bool]:
        """`count` results, and whether all of them are finite."""
        shape, dtype = inputs[0].shape, inputs[0].dtype
        if len(shape) == 1 and number == "double":
            self._count_call(structure, kind, inputs, count)
        constants = np.array(numbers, dtype)
        batch = inputs[0].size // structure.size
        width = WIDTH[number] if batch >= WIDTH[number] and structure.products <= MOST_LISTED else 1
        words, function, _ = self._ready(structure, kind, number, width)

        def call(given: list, results: list, batch: int) -> bool:
            given = [np.ascontiguousarray(x) for x in given]
            status = function(_start(words), _start(constants), _starts(given), _starts(results), batch)
            return bool(status == 0)

        results = [np.empty(shape, dtype) for _ in range(count)]
        if width > 1 or batch == 1:
            return results, call([*inputs], results, batch)
        return results, all([call(*block) for block in _turned(structure.size, inputs, results)])

    def _count_call(self, structure: Any, kind: Any, inputs: Sequence[Any], count: int) -> None:
        """After some calls, make a function in machine code for one series in double precision."""
        key = structure, kind
        self._calls[key] = self._calls.get(key, 0) + 1
        if self._calls[key] == OFTEN:
            self._quick[key] = self._entry(structure, kind, inputs, count)

    def _entry(self, structure: Any, kind: Any, inputs: Sequence[Any], count: int) -> Callable:
        words, _, module = self._ready(structure, kind, "double", 1)
        numbers = kind.numbers if isinstance(kind, Plan) else 0
        taken = [(x.shape, FLOAT64) for x in inputs] + ([((numbers,), FLOAT64)] if numbers else [])
        tables = [(words.shape, words.dtype)] * (1 if numbers else 2)  # without numbers, anything will do for them
        given = [((structure.size,), FLOAT64)] * count
        address = module.address("run_one")
        call = entry(address, [*taken, *tables], given, lambda *_: None, build, keep=(module, words))
        if not numbers:
            return lambda *x: call(*x, words, words)
        return lambda *x: call(*x[:-numbers], np.array(x[-numbers:]), words)

    def _once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        try:
            return self._known[key]
        except KeyError:
            with self._lock:
                if key not in self._known:
                    self._known[key] = make()
                return self._known[key]

    def _ready(self, structure: Any, kind: Any, number: str, width: int) -> tuple[np.ndarray, Callable, Any]:
        """The tables of a structure, the function of an operation, and its module."""
        key = structure, kind, number, width
        found: tuple[np.ndarray, Callable, Any] = self._once(key, lambda: self._linked(*key))
        return found

    def _linked(self, structure: Any, kind: Any, number: str, width: int) -> tuple[np.ndarray, Callable, Any]:
        function, module, fields = self._once((kind, number, width), lambda: _operation(kind, number, width))
        tables = self._once((structure, number, width), lambda: Tables(structure, batched=width > 1))
        if width == 1 and structure.order >= STRAIGHT:
            fields = fields | {LONGER[field] for field in fields if field in LONGER}
        for field in fields:
            part = self._once(
                (field, number, width, tables.narrow), partial(_function, field, number, width, tables.narrow)
            )
            tables.words[field] = part.address(NAMES[field])
        return tables.words, function, module


def _turned(size: int, inputs: Sequence[Any], results: list) -> Iterator[tuple[list, list, int]]:
    """Blocks of a batch as arrays (batch, terms): inputs, results to be filled (which are then copied), how many."""
    flat = [x.reshape(size if x.shape == inputs[0].shape else 1, -1) for x in inputs]
    for begin in range(0, flat[0].shape[1], BLOCK):
        block = slice(begin, begin + BLOCK)
        given = [np.ascontiguousarray(x[:, block]).T for x in flat]  # near each other first, then turned
        found = [np.empty(given[0].shape, given[0].dtype) for _ in results]
        yield given, found, len(given[0])
        for result, f in zip(results, found, strict=True):
            result.reshape(size, -1)[:, block] = np.ascontiguousarray(f.T)


def _mend(structure: Any, results: list, operands: Sequence[Any], general: Callable[..., list]) -> None:
    """Compute the series that are not finite once more, in the general way."""
    flat = [r.reshape(structure.size, -1) for r in results]
    lanes = np.flatnonzero(~np.all([np.isfinite(r).all(axis=0) for r in flat], axis=0))
    chosen = [x.reshape(-1, flat[0].shape[1])[:, lanes] for x in operands]
    with np.errstate(**QUIET):
        found = general(*(x if len(x) > 1 else x[0] for x in chosen))
    for r, f in zip(flat, found, strict=True):
        r[:, lanes] = f


def _vector(number: str) -> int:
    return min(8, target.machine().vector_bits // (64 if number == "double" else 32))


NAMES = {
    Field.PART: "part",
    Field.SQUARE: "part",
    Field.LONG: "long",
    Field.SQUARE_LONG: "long",
    Field.WHOLE: "whole",
    Field.SQUARE_WHOLE: "whole",
}
LONGER = {
    Field.PART: Field.LONG,
    Field.WHOLE: Field.LONG,
    Field.SQUARE: Field.SQUARE_LONG,
    Field.SQUARE_WHOLE: Field.SQUARE_LONG,
}


def _function(field: Field, number: str, width: int, narrow: bool) -> Any:
    """The module of a function that multiplies."""
    square = field in (Field.SQUARE, Field.SQUARE_LONG, Field.SQUARE_WHOLE)
    if width > 1:
        return build(lanes.part_text(number, width, square))
    write = {"part": rows.short_text, "long": rows.long_text, "whole": rows.whole_text}[NAMES[field]]
    return build(write(rows.Form(number, _vector(number), square, narrow)))


def _operation(kind: Any, number: str, width: int) -> tuple[Any, Any, set[Field]]:
    """The Python function of an operation, its module, and what it calls."""
    vector = _vector(number)
    if isinstance(kind, Plan):
        text, fields = operations.equation_text(kind, number, width, vector)
    elif kind == "quotient":
        text, fields = operations.quotient_text(number, width, vector)
    else:
        text, fields = operations.product_text(number, width, vector, kind == "square")
    module = build(text)
    prototype = CFUNCTYPE(c_int32, c_void_p, c_void_p, c_char_p, c_char_p, c_int64)
    return prototype(module.address("run")), module, fields


def _start(array: np.ndarray) -> int:
    start: int = array.__array_interface__["data"][0]
    return start


def _starts(arrays: list) -> bytes:
    return pack(f"{len(arrays)}P", *map(_start, arrays))
