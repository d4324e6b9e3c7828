"""Machine code as a Python function: a real builtin, made at run time, that checks its arguments and calls a kernel.

A kernel is `i32 @NAME(ptr inputs, ptr outputs)`: arrays of pointers to C-contiguous numbers; its result is 0 if all is
well. `entry` writes, in LLVM's text, a C function in CPython's fast calling convention that compares type, dtype, shape
and flags of every argument with a fixed signature, allocates the results, calls the kernel and returns them. Whatever
does not fit (other arguments, keywords, a status other than 0) goes to a Python callable, with the very same arguments.

The code depends on the signature only: kernel, fallback and the addresses of Python's and NumPy's functions are read
from the function's `self`, a tuple. So one compilation serves all kernels of a signature, and its text is the same in
every process. Offsets in Python's and NumPy's structures are checked against real objects first; where they do not
hold (other interpreters, builds without a GIL, 32 bits) the same behaviour is had through ctypes, some µs slower.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from taylorad.compile.native.code import Code
from taylorad.compile.native.layout import SLOTS, Layout, addresses, layout

Signature = tuple[tuple[tuple[int, ...], np.dtype], ...]
CONTIGUOUS_AND_ALIGNED = 0x1 | 0x100  # NPY_ARRAY_C_CONTIGUOUS, NPY_ARRAY_ALIGNED
FASTCALL_WITH_KEYWORDS = 0x80 | 0x02  # METH_FASTCALL | METH_KEYWORDS


class Built(Protocol):
    """Compiled code."""

    def address(self, name: str, /) -> int:
        """Where a function is."""


Build = Callable[[str], Built]


# -------------------------------------------------------------------------------------------------- the code


class _Code(Code):
    """The code of one entry, for given types of arrays."""

    def __init__(self, found: Layout, dtypes: Sequence[np.dtype]) -> None:
        super().__init__(found)
        self.dtypes = dtypes

    def slot(self, name: str) -> str:
        """An entry of the table of addresses."""
        return self.load("ptr", "%table", 8 * SLOTS[name])

    def descriptor(self, dtype: np.dtype) -> str:
        return self.load("ptr", "%table", 8 * (len(SLOTS) + self.dtypes.index(dtype)))

    def unless(self, bad: str, target: str) -> None:
        """Go on, in a new block, unless a condition holds."""
        self.count += 1
        self.line(f"br i1 {bad}, label %{target}, label %go{self.count}")
        self.block(f"go{self.count}")

    def require(self, *conditions: str) -> None:
        """Leave the matter to the fallback unless all conditions hold."""
        every = conditions[0]
        for condition in conditions[1:]:
            every = self.new(f"and i1 {every}, {condition}")
        self.unless(self.new(f"xor i1 {every}, true"), "refuse")

    def unless_null(self, x: str) -> None:
        self.unless(self.equal("ptr", x, "null"), "failed")


def entry_text(inputs: Signature, outputs: Signature, release_gil: bool, conditional: bool, found: Layout) -> str:
    """The LLVM text of `ptr @entry(ptr self, ptr args, i64 count, ptr keywords)` for a signature."""
    code = _Code(found, _dtypes(inputs, outputs))
    shapes = [
        f"@shape{k} = private constant [{len(s)} x i64] [{', '.join(f'i64 {n}' for n in s)}]"
        for k, (s, _) in enumerate(outputs)
    ]
    _opening(code, len(inputs), len(outputs))
    for i, (shape, dtype) in enumerate(inputs):
        _check(code, i, shape, dtype)
    if conditional:
        _check_context(code)
    for k, (shape, dtype) in enumerate(outputs):
        _allocate(code, k, shape, dtype)
    _run(code, release_gil)
    _deliver(code, outputs)
    _ways_out(code, outputs)
    opening = "define ptr @entry(ptr %self, ptr %args, i64 %count, ptr %keywords) {"
    return "\n".join([*shapes, opening, *code.lines, "}", ""])


def _opening(code: _Code, inputs: int, outputs: int) -> None:
    code.block("start")
    code.line(f"%inputs = alloca [{max(inputs, 1)} x ptr]")
    code.line(f"%outputs = alloca [{max(outputs, 1)} x ptr]")  # data of the results
    code.line(f"%results = alloca [{max(outputs, 1)} x ptr]")  # the objects
    code.line(f"%numbers = alloca [{max(outputs, 1)} x [2 x i64]], align 16")  # data of those of shape ()
    items = code.layout.items
    code.line(f"%table = getelementptr i8, ptr {code.load('ptr', '%self', items)}, i64 {code.layout.contents}")
    code.line(f"%fallback = load ptr, ptr {code.at('%self', items + 8)}")
    for k in range(outputs):
        code.store("ptr", "null", "%results", 8 * k)
    code.require(code.equal("i64", "%count", inputs), code.equal("ptr", "%keywords", "null"))


def _check(code: _Code, i: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Argument i is a plain array of this shape and dtype; a float will do for a single float64."""
    see = code.layout
    argument = code.load("ptr", "%args", 8 * i)
    kind = code.load("ptr", argument, see.type)
    is_array = code.equal("ptr", kind, code.slot("ndarray"))
    if shape == () and dtype == np.float64:
        _accept_number(code, i, argument, kind, is_array)
    else:
        code.require(is_array)
    flags = code.new(f"and i32 {code.load('i32', argument, see.flags)}, {CONTIGUOUS_AND_ALIGNED}")
    code.require(
        code.equal("ptr", code.load("ptr", argument, see.descriptor), code.descriptor(dtype)),
        code.equal("i32", code.load("i32", argument, see.rank), len(shape)),
        code.equal("i32", flags, CONTIGUOUS_AND_ALIGNED),
    )
    if shape:
        dimensions = code.load("ptr", argument, see.dimensions)
        code.require(*(code.equal("i64", code.load("i64", dimensions, 8 * a), n) for a, n in enumerate(shape)))
    code.store("ptr", code.load("ptr", argument, see.data), "%inputs", 8 * i)
    code.line(f"br label %next{i}")
    code.block(f"next{i}")


def _accept_number(code: _Code, i: int, argument: str, kind: str, is_array: str) -> None:
    code.line(f"br i1 {is_array}, label %array{i}, label %number{i}")
    code.block(f"number{i}")
    python, numpy = (code.equal("ptr", kind, code.slot(name)) for name in ("float", "float64"))
    code.require(code.new(f"or i1 {python}, {numpy}"))
    code.store("ptr", code.at(argument, code.layout.number), "%inputs", 8 * i)
    code.line(f"br label %next{i}")
    code.block(f"array{i}")


def _check_context(code: _Code) -> None:
    """The context variable in `self` has the value in `self`."""
    items = code.layout.items
    variable, expected = (code.load("ptr", "%self", items + 8 * i) for i in (2, 3))
    code.line("%found = alloca ptr")
    error = code.new(f"call i32 {code.slot('PyContextVar_Get')}(ptr {variable}, ptr null, ptr %found)")
    code.unless(code.new(f"icmp slt i32 {error}, 0"), "failed")
    value = code.new("load ptr, ptr %found")
    code.line(f"call void {code.slot('Py_DecRef')}(ptr {value})")
    code.require(code.equal("ptr", value, expected))


def _allocate(code: _Code, k: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """A new array for result k, or room on the stack for a single number."""
    if shape == ():
        code.store("ptr", code.at("%numbers", 16 * k), "%outputs", 8 * k)
        return
    subtype, function = code.slot("ndarray"), code.slot("PyArray_New")
    array = code.new(
        f"call ptr {function}(ptr {subtype}, i32 {len(shape)}, ptr @shape{k}, i32 {dtype.num}, "
        "ptr null, ptr null, i32 0, i32 0, ptr null)"
    )
    code.unless_null(array)
    code.store("ptr", array, "%results", 8 * k)
    code.store("ptr", code.load("ptr", array, code.layout.data), "%outputs", 8 * k)


def _run(code: _Code, release_gil: bool) -> None:
    """Call the kernel; its status decides."""
    kernel = code.slot("kernel")
    save, restore = code.slot("PyEval_SaveThread"), code.slot("PyEval_RestoreThread")
    thread = code.new(f"call ptr {save}()") if release_gil else ""
    status = code.new(f"call i32 {kernel}(ptr %inputs, ptr %outputs)")
    if release_gil:
        code.line(f"call void {restore}(ptr {thread})")
    code.unless(code.new(f"icmp ne i32 {status}, 0"), "drop")


def _deliver(code: _Code, outputs: Signature) -> None:
    """Return the only result, or a tuple of all."""
    scalar = code.slot("PyArray_Scalar")
    for k, (shape, dtype) in enumerate(outputs):
        if shape == ():
            place = code.at("%numbers", 16 * k)
            number = code.new(f"call ptr {scalar}(ptr {place}, ptr {code.descriptor(dtype)}, ptr null)")
            code.unless_null(number)
            code.store("ptr", number, "%results", 8 * k)
    if len(outputs) == 1:
        code.line(f"ret ptr {code.load('ptr', '%results', 0)}")
        return
    new, put = code.slot("PyTuple_New"), code.slot("PyTuple_SetItem")
    every = code.new(f"call ptr {new}(i64 {len(outputs)})")
    code.unless_null(every)
    for k in range(len(outputs)):
        code.new(f"call i32 {put}(ptr {every}, i64 {k}, ptr {code.load('ptr', '%results', 8 * k)})")
    code.line(f"ret ptr {every}")


def _ways_out(code: _Code, outputs: Signature) -> None:
    """An exception of the allocation: lack of memory is passed on. Everything else is left to the fallback."""
    code.block("failed")
    match, memory = code.slot("PyErr_ExceptionMatches"), code.slot("MemoryError")
    code.line(f"%pending = call i32 {match}(ptr {memory})")
    _drop(code, outputs)
    code.line("%hopeless = icmp ne i32 %pending, 0")
    code.line("br i1 %hopeless, label %raise, label %forget")
    code.block("raise")
    code.line("ret ptr null")
    code.block("forget")
    code.line(f"call void {code.slot('PyErr_Clear')}()")
    code.line("br label %refuse")
    code.block("drop")
    _drop(code, outputs)
    code.line("br label %refuse")
    code.block("refuse")
    call = code.slot("PyObject_Vectorcall")
    code.line(f"ret ptr {code.new(f'call ptr {call}(ptr %fallback, ptr %args, i64 %count, ptr %keywords)')}")


def _drop(code: _Code, outputs: Signature) -> None:
    release = code.slot("Py_DecRef")  # which accepts null
    for k in range(len(outputs)):
        code.line(f"call void {release}(ptr {code.load('ptr', '%results', 8 * k)})")


# ------------------------------------------------------------------------------------------------- the functions


def entry(
    address: int,
    inputs: Sequence[tuple[Sequence[int], Any]],
    outputs: Sequence[tuple[Sequence[int], Any]],
    fallback: Callable,
    build: Build,
    *,
    release_gil: bool = True,
    only_while: tuple[ContextVar, Any] | None = None,
    keep: Any = None,
    name: str = "compiled",
) -> Callable:
    """A function of Python that runs the kernel at an address on new results and returns these.

    Positional arguments that are exactly `numpy.ndarray`, C-contiguous, aligned, of the given shapes and dtypes reach
    the kernel (a Python float or `numpy.float64` does for shape () and float64). One result is returned as it is,
    several as a tuple; results of shape () as NumPy scalars. If an argument does not fit, there are keywords, the
    kernel's status is not 0, or results cannot be allocated for another reason than memory, the outcome is
    `fallback(*args, **keywords)`.

    Parameters
    ----------
    address : int
        Of `i32 kernel(ptr inputs, ptr outputs)`.
    inputs, outputs : sequences of (shape, dtype)
        dtypes of plain numbers or bool, in native byte order.
    fallback : callable
    build : callable
        Compiles LLVM text; the result has `address(name)`. Called once for each signature and `build`.
    release_gil : bool
        Whether other threads may run during the kernel. Costs about 40 ns.
    only_while : (context variable, value), optional
        Everything goes to the fallback unless the variable has this very object as its value. Costs about 8 ns.
    keep : object
        Kept alive with the function, such as the owner of the kernel's code.
    name : str
        The function's `__name__`.

    Raises
    ------
    TypeError
        A dtype is not one of numbers or bool in native byte order.
    MemoryError
        By the function, if there is no room for its results.
    """
    taken, given = _signature(inputs), _signature(outputs)
    found = layout()
    if found is None:
        function = _through_ctypes(address, taken, given, fallback, release_gil, only_while)
        function.__dict__["keep"], function.__name__ = keep, name
        return function
    module = _compiled(taken, given, release_gil, only_while is not None, build, found)
    label = name.encode()
    start = module.address("entry")
    method = struct.pack("@PPiP", _contents(label), start, FASTCALL_WITH_KEYWORDS, 0)  # a PyMethodDef
    table = addresses(address, _dtypes(taken, given))
    owner = (table, fallback, *(only_while or (None, None)), method, label, module, keep)
    prototype = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    builtin: Callable = prototype(("PyCFunction_NewEx", ctypes.pythonapi))(_contents(method), owner, None)
    return builtin


def _contents(data: bytes) -> int:
    return ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0


@lru_cache(maxsize=512)
def _compiled(
    inputs: Signature, outputs: Signature, release_gil: bool, conditional: bool, build: Build, found: Layout
) -> Built:
    return build(entry_text(inputs, outputs, release_gil, conditional, found))


def _signature(arrays: Sequence[tuple[Sequence[int], Any]]) -> Signature:
    signature = tuple((tuple(int(n) for n in shape), np.dtype(dtype)) for shape, dtype in arrays)
    for _, dtype in signature:
        if dtype.kind not in "biufc" or dtype is not np.dtype(dtype.type):
            raise TypeError(f"compiled code takes plain numbers and bool in native byte order, not {dtype!r}")
    return signature


def _dtypes(inputs: Signature, outputs: Signature) -> list[np.dtype]:
    return list(dict.fromkeys(dtype for _, dtype in inputs + outputs))


def _through_ctypes(
    address: int,
    inputs: Signature,
    outputs: Signature,
    fallback: Callable,
    release_gil: bool,
    only_while: tuple[ContextVar, Any] | None,
) -> Callable:
    """The same function without code made at run time."""
    prototype = (ctypes.CFUNCTYPE if release_gil else ctypes.PYFUNCTYPE)(
        ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p
    )
    kernel = prototype(address)
    pointers_in, pointers_out = ctypes.c_void_p * max(len(inputs), 1), ctypes.c_void_p * max(len(outputs), 1)

    def compiled(*args: Any, **keywords: Any) -> Any:
        given = [_fitting(x, *expected) for x, expected in zip(args, inputs, strict=False)]
        fitting = [x for x in given if x is not None]
        if keywords or not len(args) == len(inputs) == len(fitting) or not _holds(only_while):
            return fallback(*args, **keywords)
        try:
            results = [np.empty(shape, dtype) for shape, dtype in outputs]
        except ValueError:
            return fallback(*args)
        starts = (pointers_in(*(x.ctypes.data for x in fitting)), pointers_out(*(x.ctypes.data for x in results)))
        if kernel(*starts) != 0:
            return fallback(*args)
        final = tuple(x if x.ndim else x[()] for x in results)
        return final[0] if len(final) == 1 else final

    return compiled


def _holds(condition: tuple[ContextVar, Any] | None) -> bool:
    if condition is None:
        return True
    variable, value = condition
    try:
        return variable.get() is value
    except LookupError:  # it has no value and no default
        return False


def _fitting(x: Any, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray | None:
    """x as the kernel can read it, None if it does not fit the signature exactly."""
    if type(x) in (float, np.float64) and shape == () and dtype == np.float64:
        return np.array(x)
    if type(x) is not np.ndarray or x.dtype is not dtype or x.shape != shape:
        return None
    return x if x.flags.c_contiguous and x.flags.aligned else None
