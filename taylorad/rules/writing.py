"""NumPy's functions that write into an array they are given, as plain assignments that any duck array takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.rules.piecewise import value


def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    if where is True:
        dst[...] = src
    else:
        mask = np.broadcast_to(value(where), np.shape(dst))
        dst[mask] = np.broadcast_to(src, np.shape(dst))[mask]


def _put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    places = np.ravel(value(ind))
    if mode != "raise":
        places = places % np.size(a) if mode == "wrap" else np.clip(places, 0, np.size(a) - 1)
    a.flat[places] = np.ravel(v)


def _place(arr: Any, mask: Any, vals: Any) -> None:
    arr.flat[np.flatnonzero(value(mask))] = np.ravel(vals)


def _putmask(a: Any, mask: Any, values: Any) -> None:
    chosen = np.flatnonzero(value(mask))
    a.flat[chosen] = np.ravel(values)[chosen % np.size(values)]


def _put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    numbers = np.arange(np.size(arr)).reshape(np.shape(arr))
    chosen = np.take_along_axis(numbers.ravel() if axis is None else numbers, value(indices), axis or 0)
    arr.flat[chosen.ravel()] = np.ravel(np.broadcast_to(values, chosen.shape))


def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    diagonal = np.zeros(np.shape(a), dtype=bool)
    np.fill_diagonal(diagonal, True, wrap)
    a.flat[np.flatnonzero(diagonal)] = np.ravel(val)


WRITING: dict[str, Callable] = {
    "copyto": _copyto,
    "put": _put,
    "place": _place,
    "putmask": _putmask,
    "put_along_axis": _put_along_axis,
    "fill_diagonal": _fill_diagonal,
}
"""The array is the first argument; nothing is returned."""
