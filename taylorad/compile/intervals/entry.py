"""Operations as functions of Python in machine code, for arrays of any shape.

The function takes float64 arrays of one shape, in C order, and single numbers (Python's or NumPy's floats, arrays of
shape ()); it makes the two arrays of the result and runs the loop. One that reduces takes arrays only, and works on
their rows along the first axis: each row is in C order, but the rows may be any distance apart. Anything else goes to a
Python function. Offsets and addresses come from `taylorad.compile.native.layout`.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.compile.intervals.code import BOUNDED, NO_ROWS, SHAPES, EntryCode
from taylorad.compile.native.entry import CONTIGUOUS_AND_ALIGNED, FASTCALL_WITH_KEYWORDS
from taylorad.compile.native.layout import Layout, addresses, layout

DOUBLE = np.dtype(np.float64)
ALIGNED = 0x100  # NPY_ARRAY_ALIGNED
NARROW, FEW = 8, 1000  # a matrix with fewer columns is slow work, unless the other one has few elements
MANY = 4096  # elements from which on other threads may run meanwhile: that costs about 40 ns


def entry_text(inputs: int, found: Layout, reduces: bool = False) -> str:
    """The LLVM text of `ptr @entry(ptr self, ptr args, i64 count, ptr keywords)` for so many arrays."""
    code = EntryCode(found)
    _opening(code, inputs)
    for i in range(inputs):
        _rows(code, i) if reduces else _argument(code, i)
    _sizes(code, reduces)
    _results(code)
    counts = "i64 %terms, i64 %n, i64 1" if reduces else "i64 %n"
    code.line("%work = mul i64 %terms, %n")
    _run(code, f"call void @run(ptr %in, ptr %steps, ptr %out, {counts})")
    _deliver(code)
    shapes = SHAPES.format(rank=found.rank, dimensions=found.dimensions, no_rows=NO_ROWS)
    return code.text(shapes)


def matmul_text(found: Layout) -> str:
    """The same for products of two bounded matrices in C order."""
    code = EntryCode(found)
    _opening(code, 4)
    sizes = [_matrix(code, i) for i in range(4)]
    for x, y in ((sizes[0], sizes[1]), (sizes[2], sizes[3]), (sizes[0][1:], sizes[2][:1])):
        for m, n in zip(x, y, strict=True):
            code.require(code.equal("i64", m, n))
    elements = [code.new(f"mul i64 {rows}, {columns}") for rows, columns in sizes]
    wide = code.new(f"icmp sge i64 {sizes[2][1]}, {NARROW}")
    code.require(code.new(f"or i1 {wide}, {code.new(f'icmp sle i64 {elements[0]}, {FEW}')}"))
    for i, count in enumerate(elements):
        code.require(code.new(f"call i1 @bounded(ptr {code.load('ptr', '%in', 8 * i)}, i64 {count})"))
    (rows, terms), columns = sizes[0], sizes[2][1]
    code.line(f"%n = mul i64 {rows}, {columns}")
    code.line(f"%work = mul i64 {terms}, %n")
    code.line("%dimensions = alloca [2 x i64]")
    code.store("i64", rows, "%dimensions", 0)
    code.store("i64", columns, "%dimensions", 8)
    code.line("%rank = add i32 2, 0")
    _results(code)
    _run(code, f"call void @run(ptr %in, ptr %out, i64 {rows}, i64 {terms}, i64 {columns})")
    _deliver(code)
    return code.text(BOUNDED)


def _matrix(code: EntryCode, i: int) -> tuple[str, str]:
    """Argument i is a float64 matrix in C order: its numbers of rows and columns."""
    see = code.layout
    argument = code.load("ptr", "%args", 8 * i)
    code.require(code.equal("ptr", code.load("ptr", argument, see.type), code.slot("ndarray")))
    _is_plain(code, argument, CONTIGUOUS_AND_ALIGNED)
    code.require(code.equal("i32", code.load("i32", argument, see.rank), 2))
    code.store("ptr", code.load("ptr", argument, see.data), "%in", 8 * i)
    dimensions = code.load("ptr", argument, see.dimensions)
    return code.load("i64", dimensions, 0), code.load("i64", dimensions, 8)


def _opening(code: EntryCode, inputs: int) -> None:
    code.block("start")
    code.line(f"%in = alloca [{inputs} x ptr]")
    code.line(f"%steps = alloca [{inputs} x i64]")
    code.line("%out = alloca [2 x ptr]")
    code.line("%shaped = alloca ptr")  # the first array that is not a single number
    code.line("store ptr null, ptr %shaped")
    items = code.layout.items
    code.line(f"%table = getelementptr i8, ptr {code.load('ptr', '%self', items)}, i64 {code.layout.contents}")
    code.line(f"%fallback = load ptr, ptr {code.at('%self', items + 8)}")
    code.require(code.equal("i64", "%count", inputs))
    code.require(code.equal("ptr", "%keywords", "null"))


def _argument(code: EntryCode, i: int) -> None:
    """Argument i is a float64 array, of the shape met before if any, or a single number."""
    see = code.layout
    argument = code.load("ptr", "%args", 8 * i)
    kind = code.load("ptr", argument, see.type)
    code.branch(code.equal("ptr", kind, code.slot("ndarray")), f"array{i}", f"number{i}")
    code.block(f"number{i}")
    python, numpy = (code.equal("ptr", kind, code.slot(name)) for name in ("float", "float64"))
    code.require(code.new(f"or i1 {python}, {numpy}"))
    code.store("ptr", code.at(argument, see.number), "%in", 8 * i)
    code.store("i64", 0, "%steps", 8 * i)
    code.line(f"br label %next{i}")
    code.block(f"array{i}")
    _is_plain(code, argument, CONTIGUOUS_AND_ALIGNED)
    code.store("ptr", code.load("ptr", argument, see.data), "%in", 8 * i)
    single = code.equal("i32", code.load("i32", argument, see.rank), 0)
    code.store("i64", code.new(f"select i1 {single}, i64 0, i64 1"), "%steps", 8 * i)
    code.branch(single, f"next{i}", f"shape{i}")
    code.block(f"shape{i}")
    _is_like_the_first(code, i, argument)


def _rows(code: EntryCode, i: int) -> None:
    """Argument i is a float64 array, of the shape met before if any, whose rows are in C order."""
    see = code.layout
    argument = code.load("ptr", "%args", 8 * i)
    code.require(code.equal("ptr", code.load("ptr", argument, see.type), code.slot("ndarray")))
    _is_plain(code, argument, ALIGNED)
    code.require(code.new(f"icmp sgt i32 {code.load('i32', argument, see.rank)}, 0"))
    step = code.new(f"call i64 @row_step(ptr {argument})")
    code.require(code.new(f"icmp ne i64 {step}, {NO_ROWS}"))
    code.store("ptr", code.load("ptr", argument, see.data), "%in", 8 * i)
    code.store("i64", step, "%steps", 8 * i)
    _is_like_the_first(code, i, argument)


def _is_plain(code: EntryCode, argument: str, required: int) -> None:
    """An array of float64 with some flags."""
    see = code.layout
    code.require(code.equal("ptr", code.load("ptr", argument, see.descriptor), code.slot("")))
    flags = code.new(f"and i32 {code.load('i32', argument, see.flags)}, {required}")
    code.require(code.equal("i32", flags, required))


def _is_like_the_first(code: EntryCode, i: int, argument: str) -> None:
    """An array has the shape of the first one that is not a single number."""
    before = code.new("load ptr, ptr %shaped")
    code.branch(code.equal("ptr", before, "null"), f"first{i}", f"other{i}")
    code.block(f"other{i}")
    code.require(code.new(f"call i1 @same_shape(ptr {before}, ptr {argument})"))
    code.line(f"br label %next{i}")
    code.block(f"first{i}")
    code.line(f"store ptr {argument}, ptr %shaped")
    code.line(f"br label %next{i}")
    code.block(f"next{i}")


def _sizes(code: EntryCode, reduces: bool) -> None:
    """The shape of the results; %n is the number of their elements, %terms that of the rows."""
    see = code.layout
    code.line("%first = load ptr, ptr %shaped")
    code.branch(code.equal("ptr", "%first", "null"), "single", "several")
    code.block("several")
    rank, dimensions = code.load("i32", "%first", see.rank), code.load("ptr", "%first", see.dimensions)
    terms = "1"
    if reduces:
        terms = code.new(f"load i64, ptr {dimensions}")
        rank, dimensions = code.new(f"sub i32 {rank}, 1"), code.at(dimensions, 8)
    several = code.new(f"call i64 @elements(ptr {dimensions}, i64 {code.new(f'zext i32 {rank} to i64')})")
    code.line("br label %make")
    code.block("single")
    code.line("br label %make")
    code.block("make")
    code.line(f"%rank = phi i32 [ {rank}, %several ], [ 0, %single ]")
    code.line(f"%dimensions = phi ptr [ {dimensions}, %several ], [ null, %single ]")
    code.line(f"%n = phi i64 [ {several}, %several ], [ 1, %single ]")
    code.line(f"%terms = phi i64 [ {terms}, %several ], [ 1, %single ]")


def _results(code: EntryCode) -> None:
    """Two new arrays in a tuple."""
    see = code.layout
    subtype, function = code.slot("ndarray"), code.slot("PyArray_New")
    for k in range(2):
        code.line(
            f"%result{k} = call ptr {function}(ptr {subtype}, i32 %rank, ptr %dimensions, i32 {DOUBLE.num}, "
            "ptr null, ptr null, i32 0, i32 0, ptr null)"
        )
        code.branch(code.equal("ptr", f"%result{k}", "null"), f"failed{k}", f"made{k}")
        code.block(f"made{k}")
        code.store("ptr", code.load("ptr", f"%result{k}", see.data), "%out", 8 * k)
    code.line("%tuple = call ptr " + code.slot("PyTuple_New") + "(i64 2)")
    code.branch(code.equal("ptr", "%tuple", "null"), "failed2", "ready")
    code.block("ready")


def _run(code: EntryCode, call: str) -> None:
    """The loop; other threads may run during a long one."""
    save, restore = code.slot("PyEval_SaveThread"), code.slot("PyEval_RestoreThread")
    code.branch(code.new(f"icmp sgt i64 %work, {MANY}"), "long", "brief")
    code.block("long")
    thread = code.new(f"call ptr {save}()")
    code.line(call)
    code.line(f"call void {restore}(ptr {thread})")
    code.line("br label %deliver")
    code.block("brief")
    code.branch(code.equal("i64", "%n", 0), "deliver", "some")
    code.block("some")
    code.line(call)
    code.line("br label %deliver")


def _deliver(code: EntryCode) -> None:
    """Return the tuple; the ways out where something fails."""
    code.block("deliver")
    put = code.slot("PyTuple_SetItem")
    for k in range(2):
        code.new(f"call i32 {put}(ptr %tuple, i64 {k}, ptr %result{k})")
    code.line("ret ptr %tuple")
    code.block("failed2")
    code.line(f"call void {code.slot('Py_DecRef')}(ptr %result1)")
    code.line("br label %failed1")
    code.block("failed1")
    code.line(f"call void {code.slot('Py_DecRef')}(ptr %result0)")
    code.line("br label %failed0")
    code.block("failed0")
    code.line("ret ptr null")  # with the exception that is set: there is no memory
    code.block("refuse")
    call = code.slot("PyObject_Vectorcall")
    code.line(f"ret ptr {code.new(f'call ptr {call}(ptr %fallback, ptr %args, i64 %count, ptr %keywords)')}")


def function_of(module: Any, inputs: int, fallback: Callable, name: str) -> Callable:
    """The operation of a module with `entry` and `run`, as a function of Python."""
    found = layout()
    if found is None:
        return _through_ctypes(module, inputs, fallback)
    label = name.encode()
    method = struct.pack("@PPiP", _contents(label), module.address("entry"), FASTCALL_WITH_KEYWORDS, 0)  # PyMethodDef
    owner = (addresses(0, [DOUBLE]), fallback, method, label, module)
    prototype = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    builtin: Callable = prototype(("PyCFunction_NewEx", ctypes.pythonapi))(_contents(method), owner, None)
    return builtin


def _contents(data: bytes) -> int:
    return ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0


def _through_ctypes(module: Any, inputs: int, fallback: Callable) -> Callable:
    """The same without code made at run time."""
    run = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)(module.address("run"))
    pointers, steps, results = ctypes.c_void_p * inputs, ctypes.c_int64 * inputs, ctypes.c_void_p * 2

    def compiled(*args: Any, **keywords: Any) -> Any:
        arrays = [np.array(x) if type(x) in (float, np.float64) else x for x in args]
        plain = all(type(x) is np.ndarray and x.dtype == DOUBLE and x.flags.carray for x in arrays)
        shapes = {x.shape for x in arrays if x.ndim} if plain else set()
        if keywords or not plain or len(args) != inputs or len(shapes) > 1:
            return fallback(*args, **keywords)
        found = tuple(np.empty(next(iter(shapes), ())) for _ in range(2))
        if found[0].size:
            starts = pointers(*(x.ctypes.data for x in arrays))
            run(
                starts,
                steps(*(int(x.ndim > 0) for x in arrays)),
                results(*(x.ctypes.data for x in found)),
                found[0].size,
            )
        return found

    compiled.module = module  # type: ignore[attr-defined]
    return compiled
