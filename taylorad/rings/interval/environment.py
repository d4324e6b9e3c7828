"""Whether floating-point arithmetic is what proofs with NumPy rest on: rounding to nearest, with subnormal numbers.

Some libraries leave a thread in another rounding mode, or flush subnormal numbers to zero. What a status register says
is beside the point: `check` does some arithmetic and looks at the results.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

__all__ = ["RoundingModeError", "check", "nearest"]

_ONE, _TINY, _LARGER, _SMALLEST = map(float.fromhex, ("0x1p0", "0x1p-60", "0x1.8p-53", "0x1p-1022"))
_READ_RIGHTLY = (0.1).hex() == "0x1.999999999999ap-4" and (-0.3).hex() == "-0x1.3333333333333p-2"
"""Whether Python read decimal numbers to nearest when it compiled this file: else others are wrong, too."""


class RoundingModeError(RuntimeError):
    """Floating-point arithmetic of this thread does not round to nearest, or it flushes subnormal numbers to zero."""


def check() -> None:
    """Make sure that this thread rounds to nearest and keeps subnormal numbers.

    Costs about 0.2 µs.

    Raises
    ------
    RoundingModeError
        If it does not. Some library has changed the processor's state.

    Examples
    --------
    >>> check()
    """
    half = _SMALLEST * 0.5
    to_nearest = _ONE + _TINY == _ONE < _ONE + _LARGER and -_ONE - _TINY == -_ONE
    if to_nearest and half > 0.0 and half + half == _SMALLEST and _READ_RIGHTLY:
        return
    raise RoundingModeError(_diagnosis())


def _diagnosis() -> str:
    half = _SMALLEST * 0.5
    if not _READ_RIGHTLY:
        return (
            "taylorad was compiled while another library had changed the rounding mode, so that Python has read its "
            "decimal numbers wrongly: delete its __pycache__ folders, start Python anew, and load taylorad first"
        )
    if _ONE + _TINY != _ONE:
        found = "arithmetic rounds upward"
    elif -_ONE - _TINY != -_ONE:
        found = "arithmetic rounds downward"
    elif _ONE + _LARGER == _ONE:
        found = "arithmetic rounds toward zero"
    else:
        found = f"2**-1022 / 2 gives {half!r}: subnormal numbers are flushed to zero"
    return (
        "enclosures computed with NumPy need rounding to nearest and subnormal numbers, "
        f"but in this thread {found}; a library loaded before has changed the processor's state. "
        "Compute within `taylorad.rings.interval.environment.nearest()`, or have the library restore the state "
        "(in C: fesetenv(FE_DFL_ENV))"
    )


@contextmanager
def nearest() -> Iterator[None]:
    """Round to nearest and keep subnormal numbers inside a `with` block, in this thread; the state before comes back.

    Raises
    ------
    RoundingModeError
        Where the C library cannot be asked to do it (on Linux it can), if the state is not the right one already.

    Examples
    --------
    >>> with nearest():
    ...     check()
    """
    library = _library()
    if library is None:
        check()
        yield
        return
    before = ctypes.create_string_buffer(256)  # a fenv_t has 32 bytes on x86-64, 8 on ARM
    library.fegetenv(before)
    library.fesetenv(ctypes.c_void_p(-1))  # FE_DFL_ENV of glibc and musl
    try:
        check()
        yield
    finally:
        library.fesetenv(before)


@cache
def _library() -> Any:
    """The C library with the functions of fenv.h, None where they are unknown."""
    name = ctypes.util.find_library("m")
    if not sys.platform.startswith("linux") or name is None:
        return None
    return ctypes.CDLL(name)
