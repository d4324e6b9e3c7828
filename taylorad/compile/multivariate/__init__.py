"""Compiled arithmetic of series in several variables: products, quotients and every elementary function.

`register` makes `MultivariateTaylor` use it: for float64 and float32 coefficients, where a product of two series has at
least 2000 multiplications. Sums are added up in another order than by NumPy; nothing else differs. Everything is loaded
when it is first needed; without llvmlite NumPy's way remains.
"""

from __future__ import annotations

import threading
from typing import Any

from taylorad.algebras import structure

__all__ = ["register"]

FEWEST_PRODUCTS = 2000  # below, NumPy's way takes no longer than the first calls with their compilation


class WhenNeeded:
    """Stands for the compiled arithmetic until it is first used."""

    fewest_products = FEWEST_PRODUCTS

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def _load(self) -> Any:
        with self._lock:
            if structure.compiled_arithmetic is self:
                from taylorad.compile.multivariate.provider import NativeArithmetic
                from taylorad.compile.native.target import is_available

                structure.compiled_arithmetic = NativeArithmetic() if is_available() else None
            return structure.compiled_arithmetic

    def product(self, *operands: Any) -> Any:
        loaded = self._load()
        return loaded and loaded.product(*operands)

    def quotient(self, *operands: Any) -> Any:
        loaded = self._load()
        return loaded and loaded.quotient(*operands)

    def solve(self, *operands: Any) -> Any:
        loaded = self._load()
        return loaded and loaded.solve(*operands)


def register() -> None:
    """Use compiled arithmetic for series in several variables from now on, if llvmlite is there."""
    if structure.compiled_arithmetic is None:
        structure.compiled_arithmetic = WhenNeeded()
