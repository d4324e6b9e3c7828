"""Decorations: what is known of the function whose range an interval encloses (IEEE 1788-2015, section 11).

====  ====  =================================================================================
code  name  the function, on the box that was put in
====  ====  =================================================================================
16    com   is defined and continuous, the box and all intermediate results are bounded
12    dac   is defined and continuous
8     def   is defined
4     trv   nothing is known (also of the empty set)
0     ill   was applied to something that is no interval
====  ====  =================================================================================

The decoration of a result is the least of those of the operands and of the operation itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

ILL, TRV, DEF, DAC, COM = 0, 4, 8, 12, 16
NAMES = {ILL: "ill", TRV: "trv", DEF: "def", DAC: "dac", COM: "com"}
CODES = {name: code for code, name in NAMES.items()}


def codes_of(decoration: Any) -> np.ndarray:
    """Codes from names (or codes)."""
    array = np.asarray(decoration)
    if array.dtype.kind in "ui":
        return array.astype(np.uint8)
    unknown = [name for name in array.ravel().tolist() if name not in CODES]
    if unknown:
        raise ValueError(f"a decoration is one of com, dac, def and trv, got {unknown[0]!r}")
    if "ill" in array:
        raise ValueError("ill is the decoration of what is no interval: write Interval('[nai]') for that")
    return np.vectorize(CODES.__getitem__, otypes=[np.uint8])(array) if array.size else array.astype(np.uint8)


def names_of(codes: np.ndarray) -> Any:
    """Names from codes: a string for one, else an array of strings."""
    if codes.ndim == 0:
        return NAMES[int(codes)]
    return np.vectorize(NAMES.__getitem__, otypes=["U3"])(codes) if codes.size else codes.astype("U3")


def limited(codes: Any, inf: np.ndarray, sup: np.ndarray) -> np.ndarray:
    """Codes no better than the set allows: trv for the empty set, dac for unbounded ones."""
    least = np.where(np.isnan(inf), TRV, np.where(np.isinf(inf) | np.isinf(sup), DAC, COM))
    return np.minimum(codes, least).astype(np.uint8)


def of_result(operands: Any, inf: Any, sup: Any, local: Any = COM) -> np.ndarray | None:
    """Codes of a result: the least of those of the operands and of the operation itself; None if all are bare."""
    if all(x.codes is None for x in operands):
        return None
    inf, sup = np.asarray(inf), np.asarray(sup)
    codes = np.broadcast_to(np.asarray(local, np.uint8), inf.shape)
    for x in operands:
        codes = np.minimum(codes, limited(np.uint8(COM), *x.ends) if x.codes is None else x.codes)
    return limited(codes, inf, sup)
