"""What an evaluation gives: ends and a decoration; and the way from a function's name to a kernel."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from taylorad.rings.interval.kernels import KERNELS, Pair, kernel_for

TRV, DEF, DAC, COM = np.uint8(4), np.uint8(8), np.uint8(12), np.uint8(16)


class Enclosure(NamedTuple):
    """Ends of a range, nan where it is empty, and the local decoration: trv 4, def 8, dac 12.

    Whether dac is com (16) depends on bounds alone and is left to the caller; but functions with jumps, arctan2 among
    them, say com where they have none, and dac means dac.
    """

    inf: np.ndarray
    sup: np.ndarray
    local: np.ndarray


def decorated(pair: Pair, continuous: Any, defined: Any = False) -> Enclosure:
    """An enclosure with its decoration: dac where continuous, def where merely defined, else trv."""
    inf, sup = np.asarray(pair[0], float), np.asarray(pair[1], float)
    local = np.where(continuous, DAC, np.where(defined, DEF, TRV))
    return Enclosure(inf, sup, np.where(np.isnan(inf), TRV, local))


def known_range(name: str, *arguments: Pair) -> Pair | None:
    """The range by the best kernel that knows ranges of a function, None without one."""
    for kernel in KERNELS:
        if name in kernel.ranges and kernel.available():
            return kernel.range(name, *arguments)
    return None


def values_of(name: str, *arguments: Any) -> Pair:
    """Bounds of values at points by the best kernel that knows them."""
    return kernel_for(name).values(name, *arguments)
