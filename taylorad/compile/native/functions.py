"""Functions in native code: which symbol computes a NumPy or SciPy function, and where it is.

One number at a time the functions are those of the C library, and SciPy's own (`scipy.special.cython_special`). Several
numbers at a time `libmvec` computes the elementary functions to 4 units in the last place, where the system has it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

INTRINSICS = {
    "sqrt": "sqrt",
    "fabs": "fabs",
    "absolute": "fabs",
    "abs": "fabs",
    "floor": "floor",
    "ceil": "ceil",
    "trunc": "trunc",
    "rint": "rint",
    "round": "rint",
    "copysign": "copysign",
}
COMPOSED = frozenset(
    ("sign", "remainder", "mod", "reciprocal", "positive", "radians", "deg2rad", "degrees", "rad2deg", "isnan")
) | frozenset(("isfinite", "isinf", "signbit", "fmin", "fmax", "logaddexp", "heaviside"))
LIBRARY = {
    "exp": "exp",
    "exp2": "exp2",
    "expm1": "expm1",
    "log": "log",
    "log2": "log2",
    "log10": "log10",
    "log1p": "log1p",
    "cbrt": "cbrt",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "arctan2": "atan2",
    "hypot": "hypot",
    "power": "pow",
    "float_power": "pow",
    "fmod": "fmod",
    "nextafter": "nextafter",
    "erf": "erf",
    "erfc": "erfc",
}
_SPECIAL_ALIASES = {"digamma": "psi"}
_TWO_ARGUMENTS = frozenset(("atan2", "hypot", "pow", "fmod", "nextafter"))
_BLAS = ("dgemm", "sgemm", "dgemv", "sgemv")
_SYSTEM = ("malloc", "free", "memset", "memcpy", "memmove")
_PREFIX = {512: "e", 256: "d", 128: "b"}
_NAME = re.compile(rb"[A-Za-z_][\w.]{2,80}(?=\0)")
_DOUBLES = re.compile(r'"double \((double(?:, double)*), int __pyx_skip_dispatch\)"')


@dataclass(frozen=True)
class Function:
    """How a function is called.

    Attributes
    ----------
    symbol : str
        Name for the linker.
    arguments : int
        How many numbers it takes.
    special : bool
        SciPy's: one more integer argument (0), float64 only.
    """

    symbol: str
    arguments: int
    special: bool = False

    @property
    def inside(self) -> float:
        """A point where the function is finite and cheap, for lanes that do not matter."""
        return 1.5 if self.symbol.startswith("acosh") else 0.5


@cache
def function(name: str) -> Function | None:
    """The function of the C library or SciPy with NumPy's or SciPy's name, None if there is none."""
    if name in LIBRARY:
        symbol = LIBRARY[name]
        return Function(symbol, 2 if symbol in _TWO_ARGUMENTS else 1)
    found = _special(name)
    return None if found is None else Function(f"taylorad_special_{name}", found[1], True)


def supported(name: str, dtype: Any) -> bool:
    """Whether native code can call a function on numbers of a type."""
    if np.dtype(dtype) not in (np.dtype(np.float64), np.dtype(np.float32)):
        return False
    return name in INTRINSICS or name in COMPOSED or function(name) is not None


@cache
def vector_symbol(symbol: str, lanes: int, bits: int) -> str | None:
    """libmvec's name of a C function on `lanes` numbers in registers of `bits`, None if it has none."""
    library = _vector_library()
    if library is None or bits not in _PREFIX:
        return None
    arguments = 2 if symbol.removesuffix("f") in _TWO_ARGUMENTS else 1
    name = f"_ZGV{_PREFIX[bits]}N{lanes}{'v' * arguments}_{symbol}"
    return name if hasattr(library, name) else None


def external_symbols(object_bytes: bytes) -> dict[str, int]:
    """The addresses of all functions outside of an object that it may refer to.

    An object's names end with a zero byte; one that ends another is stored once, so all ends of names are tried.
    """
    known = _candidates()
    words = {word.decode() for word in _NAME.findall(object_bytes)}
    ends = {word[start:] for word in words for start in range(len(word))}
    return {name: known[name]() for name in ends & known.keys()}


@cache
def _candidates() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for library, names in (
        (_library("m"), [n + end for n in set(LIBRARY.values()) for end in ("", "f")]),
        (_library("c"), list(_SYSTEM)),
        (_vector_library(), _vector_names()),
    ):
        for name in names:
            if library is not None and hasattr(library, name):
                found[name] = lambda library=library, name=name: _address(library, name)
    for name in _special_table():
        found[f"taylorad_special_{name}"] = lambda name=name: _special(name)[0]  # type: ignore[index]
    for name in _BLAS:
        found[f"taylorad_blas_{name}"] = lambda name=name: _pointer(_blas_table()[name])
    return found


def _vector_names() -> list[str]:
    widths = [("e", 8, 16), ("d", 4, 8), ("b", 2, 4)]
    symbols = sorted(set(LIBRARY.values()))
    return [
        f"_ZGV{letter}N{lanes}{'vv' if symbol in _TWO_ARGUMENTS else 'v'}_{symbol}{end}"
        for letter, doubles, floats in widths
        for lanes, end in ((doubles, ""), (floats, "f"))
        for symbol in symbols
    ]


def _address(library: Any, name: str) -> int:
    return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0


@cache
def _library(name: str) -> Any:
    found = ctypes.util.find_library(name)
    try:
        return ctypes.CDLL(found) if found else ctypes.CDLL(None)
    except OSError:  # pragma: no cover - a C library under another name
        return None


@cache
def _vector_library() -> Any:
    try:
        return ctypes.CDLL("libmvec.so.1")
    except OSError:  # pragma: no cover - not on this system
        return None


@cache
def _blas_table() -> dict[str, Any]:
    from scipy.linalg import cython_blas

    return dict(cython_blas.__pyx_capi__)


@cache
def _special_capsules() -> dict[str, Any]:
    from scipy.special import cython_special

    return dict(cython_special.__pyx_capi__)


@cache
def _special_table() -> dict[str, tuple[Any, int]]:
    table: dict[str, tuple[Any, int]] = {}
    for key, capsule in _special_capsules().items():
        match = _DOUBLES.search(repr(capsule))
        name = re.sub(r"^__pyx_fuse_(?:\d_)*\d", "", key)
        if match and name not in LIBRARY:
            table[name] = capsule, match.group(1).count("double")
    for alias, name in _SPECIAL_ALIASES.items():
        if name in table:
            table[alias] = table[name]
    return table


def _special(name: str) -> tuple[int, int] | None:
    found = _special_table().get(name)
    return None if found is None else (_pointer(found[0]), found[1])


def _pointer(capsule: Any) -> int:
    api = ctypes.pythonapi
    api.PyCapsule_GetName.restype, api.PyCapsule_GetName.argtypes = ctypes.c_char_p, [ctypes.py_object]
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return api.PyCapsule_GetPointer(capsule, api.PyCapsule_GetName(capsule)) or 0
