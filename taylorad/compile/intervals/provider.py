"""Which operations on intervals run as compiled code, and how they are called.

Each is compiled when it is first needed, and its results are then compared with exact ones: if the code does not round
outward (a compiler's mistake, an emulator), NumPy's way is used, with a warning.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from ctypes import CFUNCTYPE, c_int64, c_void_p
from math import prod
from struct import pack, unpack
from typing import Any

import numpy as np

from taylorad.compile.intervals import operations, powers, reductions, trial
from taylorad.compile.intervals.entry import DOUBLE, FEW, NARROW, entry_text, function_of, matmul_text
from taylorad.compile.intervals.loops import PARAMETERS, elementwise_text
from taylorad.compile.intervals.text import is_x86, module_text, run_text
from taylorad.compile.native import target
from taylorad.compile.native.build import build
from taylorad.compile.native.layout import Layout, layout
from taylorad.rings.interval.environment import check
from taylorad.rings.interval.plain import as_doubles

Ends = tuple[np.ndarray, np.ndarray]


def is_supported() -> bool:
    """Whether this processor has a known rounding mode and fused operations."""
    if not target.is_available():
        return False
    machine = target.machine()
    return "+fma" in machine.features if is_x86() else machine.triple.startswith(("aarch64", "arm64"))


class NativeIntervalArithmetic:
    """Functions on ends; one that cannot be had, or has no way for its operands, returns None."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __getattr__(self, name: str) -> Callable:
        make = MAKERS.get(name)
        if make is None:
            raise AttributeError(name)
        with self._lock:
            if name not in self.__dict__:
                self.__dict__[name] = _tried(name, make(name))
            found: Callable = self.__dict__[name]
            return found


def _tried(name: str, function: Callable) -> Callable:
    """The function if its results on a few operands are enclosures."""
    if not is_x86():  # where only the direction of rounding is set here, not the handling of subnormal numbers
        function = _checked(function)
    if trial.encloses(name, function):
        return function
    warnings.warn(
        f"compiled interval arithmetic is not used for {name}: on this machine its results are no enclosures. "
        "NumPy in rounding to nearest is used instead, which is slower",
        RuntimeWarning,
        stacklevel=4,
    )
    return _nothing


def _nothing(*_: Any) -> None:
    """No result."""


def _checked(function: Callable) -> Callable:
    """A function that wants rounding to nearest and subnormal numbers before it begins."""

    def call(*operands: Any) -> Any:
        check()
        return function(*operands)

    return call


# ----------------------------------------------------------------------------------------------------- elementwise


def _elementwise(name: str) -> Callable:
    operation, operands = operations.ELEMENTWISE[name]
    return _function(name, elementwise_text(operation, operands), 2 * operands)


def _function(name: str, loop: str, inputs: int) -> Callable:
    """The function of Python that brings its arguments into the form the machine code takes, if need be."""
    found = layout()
    parts = [loop, run_text(PARAMETERS)] + ([] if found is None else [entry_text(inputs, found)])
    module = build(module_text(parts))
    strict = function_of(module, inputs, _nothing, name)

    def fitted(*arrays: Any) -> Any:
        return strict(*_alike(arrays))

    return function_of(module, inputs, fitted, name)


def _alike(arrays: Any) -> list:
    """Plain float64 arrays of one shape in C order, those of shape () as they are."""
    plain = [np.require(as_doubles(x), DOUBLE, ("C", "A", "E")) for x in arrays]
    shape = np.broadcast_shapes(*(x.shape for x in plain))
    return [x if x.shape in ((), shape) else np.array(np.broadcast_to(x, shape), order="C") for x in plain]


def _power(name: str) -> Callable:
    functions = [_function(name, powers.power_text(negative), 3) for negative in (False, True)]

    def integer_power(inf: Any, sup: Any, exponent: int) -> Ends | None:
        """For exponents other than 0, between -2⁶² and 2⁶²."""
        if not 1 <= abs(exponent) < 1 << 62:
            return None
        found: Ends = functions[exponent < 0](inf, sup, unpack("<d", pack("<q", abs(exponent)))[0])
        return found

    return integer_power


# ------------------------------------------------------------------------------------------------------ reductions


def _compiled(loop: str, parameters: list[tuple[str, str]], entry: Callable[[Layout], str]) -> tuple[Any, Callable]:
    """A module, with the function of Python in machine code where there can be one, and its function `run`."""
    found = layout()
    module = build(module_text([loop, run_text(parameters)] + ([] if found is None else [entry(found)])))
    kinds = {"ptr": c_void_p, "i64": c_int64}
    run = CFUNCTYPE(None, *(kinds[kind] for kind, _ in parameters))(module.address("run"))
    run.module = module  # type: ignore[attr-defined]
    return module, run


def _sum(name: str) -> Callable:
    module, run = _compiled(reductions.sum_text(), reductions.ROWS, lambda found: entry_text(2, found, reduces=True))

    def sum_over(inf: np.ndarray, sup: np.ndarray, axis: int) -> Ends:
        """Over one axis."""
        if axis == 0:
            ends: Ends = over_rows(inf, sup)
            return ends
        shape = inf.shape
        outer, terms, inner = _count(shape[:axis]), shape[axis], _count(shape[axis + 1 :])
        inf, sup = (np.ascontiguousarray(x, DOUBLE) for x in (inf, sup))
        results = _results(shape[:axis] + shape[axis + 1 :])
        run(_starts(inf, sup), pack("2q", inner, inner), _starts(*results), terms, inner, outer)
        return results

    def over_first(inf: Any, sup: Any) -> Ends:
        inf, sup = as_doubles(inf), as_doubles(sup)
        found = sum_over(inf[None], sup[None], 1)
        return found[0][0], found[1][0]

    over_rows = over_first if layout() is None else function_of(module, 2, over_first, name)
    return sum_over


def _dot(name: str) -> Callable:
    module, run = _compiled(reductions.dot_text(), reductions.ROWS, lambda found: entry_text(4, found, reduces=True))

    def dot(*ends: Any) -> Ends | None:
        """Over the first axis, of equal length everywhere."""
        arrays = [as_doubles(x) for x in ends]
        if any(x.ndim == 0 or len(x) != len(arrays[0]) for x in arrays):
            return None
        inner = np.broadcast_shapes(*(x.shape[1:] for x in arrays))
        rows = [_rows(x, inner) for x in arrays]
        results = _results(inner)
        steps = pack("4q", *(x.strides[0] // 8 for x in rows))
        run(_starts(*rows), steps, _starts(*results), len(rows[0]), _count(inner), 1)
        return results

    return dot if layout() is None else function_of(module, 4, dot, name)


def _rows(x: np.ndarray, inner: tuple[int, ...]) -> np.ndarray:
    """x with rows of a shape in C order."""
    if x.shape[1:] != inner or x.strides[0] % 8 or not x.flags.aligned or (len(x) and not x[0].flags.c_contiguous):
        return np.array(np.broadcast_to(x, (len(x), *inner)), order="C")
    return x


def _matmul(name: str) -> Callable:
    module, run = _compiled(reductions.matmul_text(), reductions.MATMUL, matmul_text)

    def matmul(a_inf: np.ndarray, a_sup: np.ndarray, b_inf: np.ndarray, b_sup: np.ndarray) -> Ends | None:
        """Of bounded matrices."""
        if not all(map(_is_bounded, (a_inf, a_sup, b_inf, b_sup))):
            return None
        if b_inf.shape[1] < NARROW and a_inf.size > FEW:  # rows of the result are worked on in vectors
            found = product(b_inf.T, b_sup.T, a_inf.T, a_sup.T)
            return found[0].T, found[1].T
        return product(a_inf, a_sup, b_inf, b_sup)

    def product(a_inf: np.ndarray, a_sup: np.ndarray, b_inf: np.ndarray, b_sup: np.ndarray) -> Ends:
        given = [np.ascontiguousarray(x, DOUBLE) for x in (a_inf, a_sup, b_inf, b_sup)]
        (rows, terms), columns = a_inf.shape, b_inf.shape[1]
        results = _results((rows, columns))
        run(_starts(*given), _starts(*results), rows, terms, columns)
        return results

    return matmul if layout() is None else function_of(module, 4, matmul, name)


def _is_bounded(x: np.ndarray) -> bool:
    return bool(np.logical_and.reduce(np.isfinite(x), axis=None))


def _count(shape: tuple[int, ...]) -> int:
    return prod(shape)


def _results(shape: tuple[int, ...]) -> Ends:
    return np.empty(shape), np.empty(shape)


def _starts(*arrays: np.ndarray) -> bytes:
    return pack(f"{len(arrays)}P", *(x.__array_interface__["data"][0] for x in arrays))


MAKERS: dict[str, Callable[[str], Callable]] = dict.fromkeys(operations.ELEMENTWISE, _elementwise) | {
    "integer_power": _power,
    "sum": _sum,
    "dot": _dot,
    "matmul": _matmul,
}
