"""Compiled interval arithmetic: loops that round upward, in vectors of the machine's width.

`register` makes `taylorad.rings.interval.arithmetic` use it. Everything is loaded when it is first needed; without
llvmlite, or on a processor without fused operations, NumPy's way remains.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from taylorad.rings.interval import arithmetic

__all__ = ["register"]


class WhenNeeded:
    """Stands for the compiled arithmetic until it is first used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Callable:
        with self._lock:
            if arithmetic.compiled is self:
                from taylorad.compile.intervals.provider import NativeIntervalArithmetic, is_supported

                arithmetic.compiled = NativeIntervalArithmetic() if is_supported() else None
        return getattr(arithmetic.compiled, name, _nothing)


def _nothing(*_: Any) -> None:
    """No result: NumPy's way is used."""


def register() -> None:
    """Use compiled interval arithmetic from now on, if llvmlite is there."""
    if arithmetic.compiled is None:
        arithmetic.compiled = WhenNeeded()
