"""Where CPython and NumPy keep what machine code reads: offsets in their structures, and NumPy's table of functions.

The offsets are those of the public C headers; before they are used, real objects are compared with them. Anything that
does not fit (other interpreters, builds without a GIL, 32 bits, another binary interface of NumPy) gives None.
"""

from __future__ import annotations

import ctypes
import importlib
import struct
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

PYTHON = (
    "PyEval_SaveThread",
    "PyEval_RestoreThread",
    "PyObject_Vectorcall",
    "Py_DecRef",
    "PyTuple_New",
    "PyTuple_SetItem",
    "PyErr_Clear",
    "PyErr_ExceptionMatches",
    "PyContextVar_Get",
)
NUMPY = {"PyArray_New": 93, "PyArray_Scalar": 60}  # places in NumPy's table of functions, part of its binary interface
OBJECTS = {"ndarray": np.ndarray, "float": float, "float64": np.float64, "MemoryError": MemoryError}
SLOTS = {name: i for i, name in enumerate(("kernel", *PYTHON, *NUMPY, *OBJECTS))}


@dataclass(frozen=True)
class Layout:
    """Offsets, in bytes, of what the code reads: in any object, an array, a float, a tuple, a bytes object."""

    type: int
    data: int
    rank: int
    dimensions: int
    descriptor: int
    flags: int
    number: int
    items: int
    contents: int

    def holds(self) -> bool:
        """Whether some real objects look like this."""
        arrays = np.zeros((2, 3, 5)), np.zeros((7, 4), np.float32, order="F"), np.zeros((), bool)
        numbers = 1.25, np.float64(-3.5)
        items: tuple[Any, ...] = ([], 3.0)
        contents = b"taylorad"
        return (
            all(self._holds_of_array(a) for a in arrays)
            and all(_read(ctypes.c_double, x, self.number) == x for x in numbers)
            and all(_read(ctypes.c_size_t, x, self.type) == id(type(x)) for x in (*arrays, *numbers))
            and all(_read(ctypes.c_size_t, items, self.items + 8 * i) == id(x) for i, x in enumerate(items))
            and ctypes.string_at(id(contents) + self.contents, len(contents)) == contents
        )

    def _holds_of_array(self, a: np.ndarray) -> bool:
        words = (_read(ctypes.c_size_t, a, offset) for offset in (self.data, self.descriptor))
        integers = (_read(ctypes.c_int, a, offset) for offset in (self.rank, self.flags))
        if (*words, *integers) != (a.ctypes.data, id(a.dtype), a.ndim, a.flags.num):
            return False
        dimensions, strides = (_read(ctypes.c_size_t, a, self.dimensions + i) for i in (0, 8))
        if a.ndim and strides - dimensions != 8 * a.ndim:  # one block of both: only then is it safe to look there
            return False
        return a.ndim == 0 or (ctypes.c_ssize_t * a.ndim).from_address(dimensions)[:] == list(a.shape)


def _read(kind: Any, x: Any, offset: int) -> Any:
    return kind.from_address(id(x) + offset).value


@cache
def layout() -> Layout | None:
    """What objects look like in this interpreter, None if code made at run time cannot rely on it."""
    without_gil = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    if sys.implementation.name != "cpython" or without_gil or ctypes.sizeof(ctypes.c_void_p) != 8:
        return None
    header = object.__basicsize__
    data, rank, dimensions, descriptor, flags = (header + i for i in (0, 8, 16, 40, 48))  # PyArrayObject_fields
    found = Layout(
        type=header - 8,
        data=data,
        rank=rank,
        dimensions=dimensions,
        descriptor=descriptor,
        flags=flags,
        number=header,
        items=tuple.__basicsize__,
        contents=bytes.__basicsize__ - 1,
    )
    return found if found.holds() and numpy_functions() is not None else None


@cache
def numpy_functions() -> Any:
    """NumPy's table of C functions, None if it is not that of NumPy 2."""
    module = importlib.import_module("numpy._core._multiarray_umath")
    prototype = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    pointer = prototype(("PyCapsule_GetPointer", ctypes.pythonapi))(module._ARRAY_API, None)
    table = ctypes.cast(pointer, ctypes.POINTER(ctypes.c_void_p))
    version = ctypes.CFUNCTYPE(ctypes.c_uint)(table[0] or 0)()
    return table if version >> 24 == 2 and table[2] == id(np.ndarray) else None


def addresses(kernel: int, dtypes: Sequence[np.dtype]) -> bytes:
    """The table the code reads: see `SLOTS`; descriptors of the dtypes come last."""
    python = [ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0 for name in PYTHON]
    numpy = [numpy_functions()[i] for i in NUMPY.values()]
    words = [kernel, *python, *numpy, *map(id, OBJECTS.values()), *map(id, dtypes)]
    return struct.pack(f"={len(words)}Q", *words)
